import { App, Aws, CfnParameter, CfnResource, PhysicalName, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { stackUniqueName } from '../../src/private/names';
import { renderPolicy, renderText } from '../../src/private/warnings';
import { newStack, synth, warningsOf } from '../support/template';

const HERE = '${AWS::Region}:${AWS::AccountId}';

const queue = (stack: Stack, queueName?: string) => new sqs.Queue(stack, 'Queue', { queueName });
const topic = (stack: Stack, topicName?: string) => new sns.Topic(stack, 'Topic', { topicName });
const bucket = (stack: Stack, bucketName?: string) => new s3.Bucket(stack, 'Bucket', { bucketName });
const stream = (stack: Stack, streamName?: string) => new kinesis.Stream(stack, 'Stream', { streamName });
const delivery = (stack: Stack, deliveryStreamName?: string) => new firehose.DeliveryStream(stack, 'Delivery', {
  deliveryStreamName, destination: new firehose.S3Bucket(s3.Bucket.fromBucketName(stack, 'Imported', 'imported')),
});
const role = (stack: Stack, roleName?: string, path?: string) => new iam.Role(stack, 'Role', { roleName, path, assumedBy: new iam.AccountRootPrincipal() });
const bus = (stack: Stack, eventBusName?: string) => new events.EventBus(stack, 'Bus', { eventBusName });
const rule = (stack: Stack, ruleName?: string, eventBus?: events.IEventBus) => new events.Rule(stack, 'Rule', { ruleName, eventBus, eventPattern: { source: ['a'] } });

/** A reference to a resource of a name, and how it is written; `undefined` for as without a name. */
const REFERENCES: [what: string, reference: (stack: Stack, name?: string) => string, text: string | undefined][] = [
  ['ARN of a queue', (s, n) => queue(s, n).queueArn, `arn:\${AWS::Partition}:sqs:${HERE}:orders`],
  ['name of a queue', (s, n) => queue(s, n).queueName, 'orders'],
  ['URL of a queue', (s, n) => queue(s, n).queueUrl, undefined],
  ['ARN of a topic', (s, n) => topic(s, n).topicArn, `arn:\${AWS::Partition}:sns:${HERE}:orders`],
  ['name of a topic', (s, n) => topic(s, n).topicName, 'orders'],
  ['ARN of a bucket', (s, n) => bucket(s, n).bucketArn, 'arn:${AWS::Partition}:s3:::orders'],
  ['ARN of the objects of a bucket', (s, n) => bucket(s, n).arnForObjects('*'), 'arn:${AWS::Partition}:s3:::orders/*'],
  ['name of a bucket', (s, n) => bucket(s, n).bucketName, 'orders'],
  ['domain name of a bucket', (s, n) => bucket(s, n).bucketRegionalDomainName, undefined],
  ['ARN of a data stream', (s, n) => stream(s, n).streamArn, `arn:\${AWS::Partition}:kinesis:${HERE}:stream/orders`],
  ['name of a data stream', (s, n) => stream(s, n).streamName, 'orders'],
  ['ARN of a delivery stream', (s, n) => delivery(s, n).deliveryStreamArn, `arn:\${AWS::Partition}:firehose:${HERE}:deliverystream/orders`],
  ['name of a delivery stream', (s, n) => delivery(s, n).deliveryStreamName, 'orders'],
  ['ARN of a role', (s, n) => role(s, n).roleArn, 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/orders'],
  ['ARN of a role with a path', (s, n) => role(s, n, '/team/').roleArn, 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/team/orders'],
  ['name of a user', (s, n) => new iam.User(s, 'User', { userName: n }).userName, 'orders'],
  ['name of a role', (s, n) => role(s, n).roleName, 'orders'],
  ['id of a role', (s, n) => role(s, n).roleId, undefined],
  ['ARN of a rule', (s, n) => rule(s, n).ruleArn, `arn:\${AWS::Partition}:events:${HERE}:rule/orders`],
  ['ARN of a rule on the default event bus', (s, n) => rule(s, n, events.EventBus.fromEventBusName(s, 'Default', 'default')).ruleArn, `arn:\${AWS::Partition}:events:${HERE}:rule/orders`],
  ['ARN of a rule on a named event bus', (s, n) => rule(s, n, bus(s, 'team')).ruleArn, `arn:\${AWS::Partition}:events:${HERE}:rule/team/orders`],
  ['ARN of a rule on an event bus given by its ARN', (s, n) => {
    const { ruleArn, node } = rule(s, n);
    (node.defaultChild as events.CfnRule).eventBusName = `arn:${Aws.PARTITION}:events:us-east-1:111122223333:event-bus/team`;
    return ruleArn;
  }, `arn:\${AWS::Partition}:events:${HERE}:rule/team/orders`],
  ['ARN of a rule on an event bus whose name is a parameter', (s, n) => {
    const named = new events.CfnEventBus(s, 'Bus', { name: new CfnParameter(s, 'BusName').valueAsString });
    return rule(s, n, events.EventBus.fromEventBusName(s, 'Imported', named.ref)).ruleArn;
  }, undefined],
];

describe.each(REFERENCES)('the %s', (_what, reference, named) => {
  const rendered = (name?: string) => {
    const stack = newStack();
    return renderText(stack, reference(stack, name));
  };

  test('is written with the name that was given, where the name tells it', () => {
    if (named === undefined) expect(rendered('orders')).toMatch(/^[^:]*\$\{(?!AWS)[^:]*$/);
    else expect(rendered('orders')).toBe(named);
  });

  test('is written with the logical id without a name', () => {
    expect(rendered()).toMatch(/\$\{(?!AWS)\w+(\.\w+)?\}/);
  });
});

test.each<[string, (stack: Stack) => string, string]>([
  ['the account and the Region', () => `orders-${Aws.ACCOUNT_ID}-${Aws.REGION}`, 'arn:${AWS::Partition}:s3:::orders-${AWS::AccountId}-${AWS::Region}'],
  ['a parameter', stack => new CfnParameter(stack, 'Name').valueAsString, '${LOGICAL.Arn}'],
  ['what CloudFormation leaves out', () => Aws.NO_VALUE, '${LOGICAL.Arn}'],
  ['the id of the stack, which nobody knows', stack => stackUniqueName(stack, 63), '${LOGICAL.Arn}'],
  ['a name that is generated when another environment needs it', () => PhysicalName.GENERATE_IF_NEEDED, '${LOGICAL.Arn}'],
])('a bucket whose name is made of %s', (_what, name, expected) => {
  const stack = newStack();
  const named = bucket(stack, name(stack));
  expect(renderText(stack, named.bucketArn)).toBe(expected.replace('LOGICAL', stack.getLogicalId(named.node.defaultChild as s3.CfnBucket)));
});

test('a resource of another stack is written with the account and Region of that stack', () => {
  const app = new App();
  const owner = new Stack(app, 'Owner', { env: { account: '111122223333', region: 'eu-west-1' } });
  const text = (name?: string) => renderText(new Stack(app, `User${name}`, { env: { account: '111122223333', region: 'eu-west-1' } }),
    new sqs.Queue(owner, `Queue${name}`, { queueName: name }).queueArn);
  // A flag of new apps has the partition of the Region written out.
  expect(text('orders')).toMatch(/^arn:(aws|\$\{AWS::Partition\}):sqs:eu-west-1:111122223333:orders$/);
  expect(text()).toMatch(/^\$\{Queueundefined\w+\.Arn\}$/);
});

test('a resource without a name of its own, such as a key, is written with its logical id', () => {
  const stack = newStack();
  const key = new kms.Key(stack, 'Key');
  expect(renderText(stack, key.keyArn)).toBe(`\${${stack.getLogicalId(key.node.defaultChild as CfnResource)}.Arn}`);
});

test('a statement of two roles has the name of the one that has a name', () => {
  const stack = newStack();
  const unnamed = new iam.Role(stack, 'Unnamed', { assumedBy: new iam.AccountRootPrincipal() });
  expect(JSON.parse(renderPolicy(stack, { Principal: { AWS: [role(stack, 'worker').roleArn, unnamed.roleArn] } }))).toEqual({
    Principal: { AWS: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/worker', `\${${stack.getLogicalId(unnamed.node.defaultChild as iam.CfnRole)}.Arn}`] },
  });
});

test('an event bus, which always has a name, is written with it', () => {
  const stack = newStack();
  expect(renderText(stack, `${bus(stack, 'orders').eventBusArn} ${Aws.REGION}`)).toBe(`arn:\${AWS::Partition}:events:${HERE}:event-bus/orders \${AWS::Region}`);
});

test('the warning of a subscription names the topic, and the template keeps the reference', () => {
  const stack = newStack();
  const orders = topic(stack, 'orders');
  FanOut.fromTopic(stack, 'Orders', orders)
    .addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(stack, 'Imported', `arn:aws:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:billing`), {
      subscriptionDeadLetters: SubscriptionDeadLetters.none('not what is tested'),
    }));
  expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining(`"aws:SourceArn": "arn:\${AWS::Partition}:sns:${HERE}:orders"`)]);
  const [subscription] = Object.values<any>(synth(stack).Resources).filter(({ Type }) => Type === 'AWS::SNS::Subscription');
  expect(subscription.Properties.TopicArn).toEqual(stack.resolve((orders.node.defaultChild as sns.CfnTopic).ref));
});
