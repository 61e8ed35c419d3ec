import { App, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { StreamDelivery, StreamDeliveryProps } from '../../src/delivery';

export function newStack(props: StackProps = {}): Stack {
  return new Stack(new App(), 'Stack', props);
}

export function handler(scope: Stack, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(scope, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({})'), ...props,
  });
}

export function deliver(props?: StreamDeliveryProps, stack: Stack = newStack()) {
  const delivery = new StreamDelivery(stack, 'Clicks', props);
  return { stack, delivery, ...rendered(stack, delivery) };
}

/** The properties of the delivery stream and the statements of its role. */
export function rendered(stack: Stack, delivery: StreamDelivery) {
  const template = Template.fromStack(stack);
  const resources = template.toJSON().Resources;
  const stream: any = resources[stack.getLogicalId(delivery.deliveryStream.node.defaultChild as any)];
  const statements: any[] = resources[stack.getLogicalId(delivery.policy.node.defaultChild as any)].Properties.PolicyDocument.Statement;
  return {
    template,
    stream,
    s3: stream.Properties.ExtendedS3DestinationConfiguration,
    statement: (sid: string) => statements.find(statement => statement.Sid === sid),
    sids: statements.map(statement => statement.Sid),
  };
}

/** The statements of every policy of a type. */
export function statementsOf(template: Template, type: string): any[] {
  const resources = Object.values(template.findResources(type));
  const policies = resources.map(({ Properties }) => Properties.PolicyDocument ?? Properties.KeyPolicy ?? Properties.ResourcePolicy);
  return policies.flatMap(({ Statement }) => Statement);
}

/** The error of a delivery with these props. */
export function problem(props: any, stack: Stack = newStack()): string {
  try {
    new StreamDelivery(stack, 'Clicks', props);
  } catch (error) {
    // Nothing half-built is left behind.
    expect(stack.node.tryFindChild('Clicks')).toBeUndefined();
    return (error as Error).message;
  }
  throw new Error('no error');
}
