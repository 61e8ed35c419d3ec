import { App, CfnResource, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { FirehoseStream } from '../../src/delivery';
import { ReportedProblem, problemsOf, readError } from '../support/problems';
import { S3StreamProps, s3Stream } from '../support/s3-stream';
import { errorOf, warningsOf } from '../support/template';

/** Whatever stands in a template. */
export type Json = ReturnType<Template['toJSON']>[string];

export function newStack(props: StackProps = {}): Stack {
  return new Stack(new App(), 'Stack', props);
}

export function handler(scope: Stack, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(scope, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({})'), ...props,
  });
}

export function deliver(props?: S3StreamProps, stack: Stack = newStack()) {
  const delivery = s3Stream(stack, 'Clicks', props);
  return { stack, delivery, ...rendered(stack, delivery) };
}

/** The L1 of a construct. */
export const resourceOf = ({ node }: IConstruct) => node.defaultChild as CfnResource;

/** The resources of a type in a template. */
export function resourcesOf(template: Json, type: string): Json[] {
  return Object.values<Json>(template.Resources).filter(({ Type }) => Type === type);
}

/** The types of all resources in a template, sorted. */
export const typesIn = (template: Json): string[] => Object.values<Json>(template.Resources).map(({ Type }) => Type).sort();

/** The properties of the delivery stream and the statements of its role. */
export function rendered(stack: Stack, delivery: FirehoseStream) {
  const template = Template.fromStack(stack);
  const propertiesOf = (construct: IConstruct): Json => template.toJSON().Resources[stack.getLogicalId(resourceOf(construct))];
  const stream = propertiesOf(delivery);
  const statements: Json[] = propertiesOf(delivery.policy!).Properties.PolicyDocument.Statement;
  return {
    template,
    stream,
    s3: stream.Properties.ExtendedS3DestinationConfiguration,
    statement: (sid: string) => statements.find(({ Sid }) => Sid === sid),
    sids: statements.map(({ Sid }) => Sid),
  };
}

/** The types of the processors of a destination, in order. */
export const processorTypes = (destination: Json): string[] => destination.ProcessingConfiguration.Processors.map(({ Type }: Json) => Type);

/** The statements of every policy of a type. */
export function statementsOf(template: Template, type: string): Json[] {
  const policies = resourcesOf(template.toJSON(), type)
    .map(({ Properties }) => Properties.PolicyDocument ?? Properties.KeyPolicy ?? Properties.ResourcePolicy);
  return policies.flatMap(({ Statement }) => Statement);
}

/** What is refused of a delivery with these props. Nothing half-built is left behind. */
export function refused(props: S3StreamProps, stack: Stack = newStack()): ReportedProblem[] {
  const problems = problemsOf(() => s3Stream(stack, 'Clicks', props));
  expect(stack.node.tryFindChild('Clicks')).toBeUndefined();
  return problems;
}

/** What is refused of a delivery when its template is written. */
export function refusedAtSynthesis(delivery: FirehoseStream): ReportedProblem[] {
  return delivery.node.validate().flatMap(message => readError(message).problems);
}

/** The construct that an error is about, as its class and path. */
export function reporter(action: () => unknown): { construct: string; path: string } {
  const { construct, path } = readError(errorOf(action));
  return { construct, path };
}

/** The ids of our warnings, in order. */
export function warningIds(stack: Stack): string[] {
  return warningsOf(stack).flatMap(({ text }) => /cdk-decouple:([\w.]+)/.exec(text)?.[1] ?? []);
}

/** The texts of our warnings by their ids. */
export function warningTexts(stack: Stack): Record<string, string> {
  return Object.fromEntries(warningsOf(stack).map(({ text }) => [/cdk-decouple:([\w.]+)/.exec(text)?.[1] ?? text, text]));
}
