import { CfnResource, IResolveContext, Reference, Stack } from 'aws-cdk-lib';
import { ReferenceResolver } from './reference-resolver';

/** The properties that are part of a name or an ARN. */
type Properties = Record<string, string | undefined>;

interface Naming {
  readonly service: string;
  /** The property with the name, and other properties that are part of the ARN. */
  readonly properties: [string, ...string[]];
  /** The return value of `Ref` and of each attribute. */
  readonly returns: Record<string, 'arn' | 'name'>;
  /** The last part of the ARN; the name if omitted. */
  readonly resource?: (name: string, properties: Properties) => string;
  /** The parts that are empty in the ARN. */
  readonly empty?: { readonly region: ''; readonly account?: '' };
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
const NAMED: Record<string, Naming> = {
  'AWS::SQS::Queue': { service: 'sqs', properties: ['queueName'], returns: { Arn: 'arn', QueueName: 'name' } },
  'AWS::SNS::Topic': { service: 'sns', properties: ['topicName'], returns: { Ref: 'arn', TopicArn: 'arn', TopicName: 'name' } },
  'AWS::S3::Bucket': { service: 's3', properties: ['bucketName'], returns: { Ref: 'name', Arn: 'arn' }, empty: { region: '', account: '' } },
  'AWS::Kinesis::Stream': { service: 'kinesis', properties: ['name'], returns: { Ref: 'name', Arn: 'arn' }, resource: name => `stream/${name}` },
  'AWS::KinesisFirehose::DeliveryStream': {
    service: 'firehose', properties: ['deliveryStreamName'], returns: { Ref: 'name', Arn: 'arn' }, resource: name => `deliverystream/${name}`,
  },
  'AWS::IAM::Role': {
    service: 'iam', properties: ['roleName', 'path'], returns: { Ref: 'name', Arn: 'arn' }, resource: (name, { path }) => `role${path ?? '/'}${name}`, empty: { region: '' },
  },
  'AWS::IAM::User': {
    service: 'iam', properties: ['userName', 'path'], returns: { Ref: 'name', Arn: 'arn' }, resource: (name, { path }) => `user${path ?? '/'}${name}`, empty: { region: '' },
  },
  'AWS::Events::EventBus': { service: 'events', properties: ['name'], returns: { Ref: 'name', Arn: 'arn' }, resource: name => `event-bus/${name}` },
  // `Ref` of a rule has its event bus in front of the name, unless that is the default one.
  'AWS::Events::Rule': {
    service: 'events', properties: ['name', 'eventBusName'], returns: { Arn: 'arn' }, resource: (name, { eventBusName }) => ['rule', ...bus(eventBusName), name].join('/'),
  },
};

/** Resolves a reference to a resource with a physical name to the name, or to the ARN with the name. */
export const PHYSICAL_NAMES = new ReferenceResolver((reference, context) => {
  const named = nameOrArn(reference, context);
  return named === undefined ? undefined : context.resolve(named);
});

function nameOrArn({ target, displayName }: Reference, context: IResolveContext): string | undefined {
  const naming = CfnResource.isCfnResource(target) ? NAMED[target.cfnResourceType] : undefined;
  const returned = naming?.returns[displayName];
  if (naming === undefined || returned === undefined) return undefined;
  const properties: Properties = Object.fromEntries(naming.properties.map(key => [key, (target as unknown as Properties)[key]]));
  const name = properties[naming.properties[0]];
  if (!name || !Object.values(properties).every(value => value === undefined || isKnown(context.resolve(value)))) return undefined;
  if (returned === 'name') return name;
  return Stack.of(target).formatArn({ service: naming.service, resource: naming.resource?.(name, properties) ?? name, ...naming.empty });
}

/** Whether only pseudo parameters, such as the account and the Region, are unknown until deployment. */
function isKnown(resolved: unknown): boolean {
  return resolved !== undefined && !/"Fn::(?!Join")|"Ref":"(?!AWS::(?!NoValue))/.test(JSON.stringify(resolved));
}

function bus(name: string = 'default'): string[] {
  const last = name.split('event-bus/').pop()!;
  return last === 'default' ? [] : [last];
}
