import { Stack } from 'aws-cdk-lib';
import { synth } from './template';

/** A resource as the template has it. Its properties are whatever CloudFormation takes. */
export interface WrittenResource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
}

/** A statement as the template has it. */
export interface WrittenStatement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  /** Absent in the policies of roles. */
  readonly Principal: any;
  readonly Condition: any;
}

/** What a template is read as. */
type Written = { readonly Resources: Record<string, WrittenResource> };

/** The resources of a type, or all of them, in a stack or in a template that was written before. */
export function resourcesOf(from: Stack | Written, type?: string): WrittenResource[] {
  const template: Written = from instanceof Stack ? synth(from) : from;
  return Object.values(template.Resources).filter(({ Type }) => type === undefined || Type === type);
}

/** The statements of all policies of a type; those of the keys for `AWS::KMS::Key`. */
export function statementsOf(from: Stack | Written, type: string): WrittenStatement[] {
  return resourcesOf(from, type).flatMap(({ Properties }) => (Properties.PolicyDocument ?? Properties.KeyPolicy).Statement);
}
