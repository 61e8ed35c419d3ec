import { Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServiceSource } from '../../src/access';
import {
  DeliveryBucket, DeliveryEncryption, DeliveryLogging, DynamicPartitioning, RecordConversion, SourceBackup, StreamDelivery, StreamSource,
} from '../../src/delivery';
import { FanOut, FanOutTopic, FifoFanOut, FifoFanOutTopic, FilterPolicy, QueueSubscription } from '../../src/fanout';
import { DeadLetters, Encryption, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { Ec2Workers, QueueScaling } from '../../src/workers';
import { workerScript } from '../support/constructs';
import { refusedProps } from '../support/problems';
import { errorOf, newStack, synth } from '../support/template';

// What newcomers tried from JavaScript, which no draw had. Each ended in a TypeError, an error of the CDK, or was taken for something else.

const TOKENS: [string, any][] = [['Lazy.any', Lazy.any({ produce: () => 'x' })], ['asNumber', Token.asNumber({ Ref: 'X' })], ['asList', Token.asList({ Ref: 'X' })]];
const deliver = (props: any) => (stack: Stack) => new StreamDelivery(stack, 'It', props);
const subscribe = (props: any) => (stack: Stack) => new FanOut(stack, 'It').addQueue('Queue', props);
const topic = (options: any) => (stack: Stack) => new FifoFanOut(stack, 'It', { topic: FifoFanOutTopic.create(options) });
const work = (props: any) => (stack: Stack) => new Ec2Workers(stack, 'It', {
  vpc: new ec2.Vpc(stack, 'Vpc'), queue: new WorkQueue(stack, 'Jobs').queue, scaling: QueueScaling.onBacklog({ backlogPerInstance: 5, max: 4 }), userData: workerScript(), ...props,
});
const transform = (stack: Stack, rest: object) => {
  const handler = new lambda.Function(stack, 'Tidy', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('x') });
  return deliver({ transform: { handler, ...rest } })(stack);
};

describe('an object of a sibling class is refused', () => {
  const any: any = { filter: FilterPolicy.onAttributes({}), queues: Encryption.customerManaged(), logging: DeliveryLogging.none('not needed') };
  test.each<[string, (stack: Stack) => unknown]>([
    ['filterPolicy', subscribe({ filterPolicy: any.queues })],
    ['replay', stack => topic({ archiveRetention: Duration.days(2) })(stack).addQueue('Queue', { replay: any.filter })],
    ['subscriptionDeadLetters', subscribe({ subscriptionDeadLetters: DeadLetters.none('not needed') })],
    ['topic', stack => new FanOut(stack, 'It', { topic: FifoFanOutTopic.create() as any })],
    ['scaling', work({ scaling: any.filter })],
    ['inFlight', work({ inFlight: any.filter })],
    ['partitioning', deliver({ partitioning: any.filter })],
    ['conversion', deliver({ conversion: any.filter })],
    ['backup', deliver({ backup: DeliveryBucket.create() })],
    ['backup.bucket', deliver({ backup: SourceBackup.allRecords({ bucket: any.logging }) })],
    ['source', deliver({ source: DeliveryBucket.create() })],
    ['source', deliver({ source: any.logging })],
    ['destination', deliver({ destination: any.logging })],
    ['destination', deliver({ destination: ServiceSource.alarms() })],
    ['logging', deliver({ logging: ServiceSource.alarms() })],
    ['source.encryption', deliver({ source: StreamSource.create({ encryption: any.queues }) })],
    ['destination.encryption', deliver({ destination: DeliveryBucket.create({ encryption: any.queues }) })],
    ['logging.encryption', deliver({ logging: DeliveryLogging.create({ encryption: any.queues }) })],
    ['encryption', stack => new WorkQueue(stack, 'It', { encryption: DeliveryEncryption.customerManaged() as any })],
    ['encryption', stack => new SharedDeadLetterQueue(stack, 'It', { encryption: DeliveryEncryption.customerManaged() as any })],
    ['topic.publishers[0]', stack => new FanOut(stack, 'It', { topic: FanOutTopic.create({ publishers: [DeliveryBucket.create() as any] }) })],
  ])('as %s', (prop, make) => {
    expect(errorOf(() => make(newStack()))).toContain(`- ${prop}: got an object of another kind (object); allowed: `);
  });

  test('but one of another copy of the library is taken', () => {
    const copy = jest.requireActual('../../src/fanout/filter-policy').FilterPolicy;
    expect(copy).toBe(FilterPolicy);
    let other: typeof FilterPolicy;
    jest.isolateModules(() => { other = jest.requireActual('../../src/fanout/filter-policy').FilterPolicy; });
    expect(other!).not.toBe(FilterPolicy);
    const stack = newStack();
    const stringFilter = sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] });
    subscribe({ filterPolicy: other!.onAttributes({ kind: stringFilter }) })(stack);
    expect(JSON.stringify(synth(stack))).toContain('"FilterPolicy":{"kind":["paid"]}');
  });
});

describe('what is given in place of props is refused', () => {
  const FILTER: any = FilterPolicy.onAttributes({});
  test.each<[string, (given: any) => (stack: Stack) => unknown]>([
    ['props', given => stack => new WorkQueue(stack, 'It', given)],
    ['props', given => stack => new SharedDeadLetterQueue(stack, 'It', given)],
    ['props', given => stack => new FanOut(stack, 'It', given)],
    ['props', given => stack => new FifoFanOut(stack, 'It', given)],
    ['props', given => stack => new QueueSubscription(stack, 'It', given)],
    ['props', given => stack => new StreamDelivery(stack, 'It', given)],
    ['props', given => stack => new Ec2Workers(stack, 'It', given)],
    ["addQueue('Queue').props", given => stack => new FanOut(stack, 'It').addQueue('Queue', given)],
    ["addQueue('Queue').props", given => stack => new FifoFanOut(stack, 'It').addQueue('Queue', given)],
    ["addExistingQueue('Queue').options", given => stack => new FanOut(stack, 'It').addExistingQueue('Queue', new WorkQueue(stack, 'Jobs').queue, given)],
  ])('as %s', (prop, make) => {
    for (const given of [FILTER, Duration.minutes(3), 'oops', 3, []]) {
      expect(errorOf(() => make(given)(newStack()))).toMatch(new RegExp(`- ${prop.replace(/[()]/g, '\\$&')}: got .*; allowed: an object of props\\. `));
    }
  });

  test('and options of a transform likewise', () => {
    expect(errorOf(() => transform(newStack(), { buffering: 5 }))).toContain('- transform.buffering: got 5; allowed: an object of options. ');
  });
});

describe('a token of another type is refused', () => {
  test.each<[string, (given: any) => (stack: Stack) => unknown]>([
    ['prefix', prefix => deliver({ prefix })],
    ['errorOutputPrefix', errorOutputPrefix => deliver({ errorOutputPrefix })],
    ['backup.prefix', prefix => deliver({ backup: SourceBackup.allRecords({ prefix }) })],
    ['topic.topicName', topicName => topic({ topicName })],
    ['topic.displayName', displayName => topic({ displayName })],
    ['conversion.schema.tableName', tableName => deliver({ conversion: RecordConversion.toParquet({ schema: { databaseName: 'web', tableName } }) })],
    ['conversion.schema.catalogId', catalogId => deliver({ conversion: RecordConversion.toParquet({ schema: { databaseName: 'web', tableName: 'clicks', catalogId } }) })],
  ])('as the text %s', (prop, make) => {
    for (const [, token] of TOKENS) expect(errorOf(() => make(token)(newStack()))).toContain(`- ${prop}: got `);
  });

  test('as a number', () => {
    const nothing: any = Lazy.any({ produce: () => undefined });
    expect(errorOf(() => transform(newStack(), { retries: nothing }))).toContain('- transform.retries: got a value only known at deployment; allowed: a whole number');
    for (const [prop, scaling] of [['backlogPerInstance', { backlogPerInstance: nothing, max: 4 }], ['max', { backlogPerInstance: 4, max: nothing }]] as const) {
      expect(errorOf(() => work({ scaling: QueueScaling.onBacklog(scaling) })(newStack()))).toContain(`- scaling.${prop}: got `);
    }
  });
});

test.each<[string, DynamicPartitioning]>([
  ['partitioning.keys', DynamicPartitioning.fromTransform([null as any])],
  ['partitioning.queries.k', DynamicPartitioning.fromQuery({ k: Symbol('s') as any })],
  ['partitioning.queries.k', DynamicPartitioning.fromQuery({ k: Object.create(null) })],
])('%s that is no text is refused', (prop, partitioning) => {
  expect(errorOf(() => deliver({ partitioning })(newStack()))).toContain(`- ${prop}: got `);
});

test('a blank statistic of a metric is refused', () => {
  const jobs = new WorkQueue(newStack(), 'Jobs');
  expect(refusedProps(() => jobs.metricDeadLetters({ statistic: ' ' }))).toEqual(['metricDeadLetters(options.statistic)']);
});

describe('an imported resource with the ARN of something else is refused', () => {
  const [QUEUE, TOPIC] = ['arn:aws:sqs:eu-west-1:111122223333:it', 'arn:aws:sns:eu-west-1:111122223333:it'];
  test.each<[string, 'sns' | 'sqs', string, (stack: Stack) => unknown]>([
    ['queue', 'sns', 'sqs', stack => new FanOut(stack, 'It').addExistingQueue('Queue', sqs.Queue.fromQueueArn(stack, 'Q', TOPIC))],
    ['queue', 'sns', 'sqs', stack => work({ queue: sqs.Queue.fromQueueArn(stack, 'Q', TOPIC) })(stack)],
    ['topic', 'sqs', 'sns', stack => new FanOut(stack, 'It', { topic: FanOutTopic.existing(sns.Topic.fromTopicArn(stack, 'T', QUEUE)) })],
    ['source.stream', 'sqs', 'kinesis', stack => deliver({ source: StreamSource.existing(kinesis.Stream.fromStreamArn(stack, 'S', QUEUE)) })(stack)],
    ['deadLetters', 'sns', 'sqs', stack => new WorkQueue(stack, 'It', { deadLetters: DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Q', TOPIC)) })],
  ])('as %s: %s', (prop, given, service, make) => {
    expect(errorOf(() => make(newStack()))).toContain(`- ${prop}: got an ARN of ${given}; allowed: an ARN of ${service}. `);
  });

  test('while one that is not known is taken', () => {
    const stack = newStack();
    const queue = sqs.Queue.fromQueueArn(stack, 'Q', Lazy.string({ produce: () => QUEUE }));
    expect(() => new FanOut(stack, 'It', {}).addExistingQueue('Queue', queue)).not.toThrow();
  });
});

test('a bucket is not mistaken for props', () => {
  const stack = newStack();
  expect(errorOf(() => new StreamDelivery(stack, 'It', new s3.Bucket(stack, 'B') as any))).toContain('- props: got ');
});
