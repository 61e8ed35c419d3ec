import { App, CfnElement, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { HttpEndpointDestination, HttpEndpointDestinationProps } from '../../../src/delivery';

export const URL = 'https://collector.example.com/clicks';
export const HERE = { account: '111111111111', region: 'eu-west-1' };
export const THEIRS = '222222222222';

export type EndpointProps = Partial<HttpEndpointDestinationProps>;

export function stackHere(): Stack {
  return new Stack(new App(), 'Stack', { env: HERE });
}

/** A stream of the CDK with an endpoint of ours. */
export function streamTo(stack: Stack, props: EndpointProps = {}, id: string = 'Clicks'): firehose.DeliveryStream {
  return new firehose.DeliveryStream(stack, id, { destination: new HttpEndpointDestination({ url: URL, ...props }) });
}

/** What the template has of a stream: the properties of the endpoint, and the statements of the policy that the stream waits for. */
export function endpointOf(stream: firehose.DeliveryStream) {
  const stack = Stack.of(stream);
  const template = Template.fromStack(stack);
  const { Resources } = template.toJSON();
  const resource = Resources[stack.resolve((stream.node.defaultChild as CfnElement).logicalId)];
  const statements = (resource.DependsOn as string[]).flatMap(id => Resources[id].Properties?.PolicyDocument?.Statement ?? []);
  return {
    template,
    resource,
    endpoint: resource.Properties.HttpEndpointDestinationConfiguration,
    statement: (sid: string) => statements.find(statement => statement.Sid === sid),
    sids: statements.map(statement => statement.Sid),
  };
}

/** The endpoint of a stream in a stack of its own. */
export function endpoint(props: EndpointProps = {}, stack: Stack = stackHere()) {
  return endpointOf(streamTo(stack, props));
}

export function functionIn(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({})'),
  });
}
