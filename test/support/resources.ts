import { Stack } from 'aws-cdk-lib';
import { synth } from './template';
import { WrittenResource, WrittenStatement, WrittenTemplate } from './written';

export type { WrittenResource, WrittenStatement } from './written';

/** What a template is read as. */
type Written = Pick<WrittenTemplate, 'Resources'>;

/** The resources of a type, or all of them, in a stack or in a template that was written before. */
export function resourcesOf(from: Stack | Written, type?: string): WrittenResource[] {
  const template: Written = from instanceof Stack ? synth(from) : from;
  return Object.values(template.Resources).filter(({ Type }) => type === undefined || Type === type);
}

/** The statements of all policies of a type; those of the keys for `AWS::KMS::Key`. */
export function statementsOf(from: Stack | Written, type: string): WrittenStatement[] {
  return resourcesOf(from, type).flatMap(({ Properties }) => (Properties.PolicyDocument ?? Properties.KeyPolicy).Statement);
}
