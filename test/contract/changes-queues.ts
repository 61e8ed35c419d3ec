import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { removalPolicies, rows } from './change';
import { CustomServiceSourceOptions, Encryption, ServiceSource } from '../../src/access';
import {
  DeadLetters, Deduplication, DurableReplyQueuesOptions, FifoThroughput, LargePayloads, Ordering, ReplyQueues, RequestResponse, RequestResponseProps,
  RequesterProps, SharedDeadLetterQueue, SharedDeadLetterQueueProps, TemporaryReplyQueuesOptions, WorkQueue, WorkQueueProps,
} from '../../src/queues';

export const givenKey = (stack: Stack, id = 'GivenKey') => kms.Key.fromKeyArn(stack, id, `arn:aws:kms:eu-west-1:111122223333:key/${id}`);
export const givenQueue = (stack: Stack, name = 'given') => sqs.Queue.fromQueueAttributes(stack, name, {
  queueArn: `arn:aws:sqs:${stack.region}:${stack.account}:${name}`, fifo: name.endsWith('.fifo'),
});
export const givenTopic = (stack: Stack, name = 'given-topic') => sns.Topic.fromTopicArn(stack, name, `arn:aws:sns:${stack.region}:${stack.account}:${name}`);

function workQueue(stack: Stack, props: WorkQueueProps) {
  return new WorkQueue(stack, 'Subject', props);
}

function requestResponse(stack: Stack, props: RequestResponseProps) {
  const subject = new RequestResponse(stack, 'Subject', props);
  if (!props.replies?.areTemporary) subject.addRequester('Shop');
}

const encryption = {
  'Encryption.serviceManaged()': () => ({ encryption: Encryption.serviceManaged() }),
  'Encryption.customerManaged()': () => ({ encryption: Encryption.customerManaged() }),
  'Encryption.customerManaged(key)': (stack: Stack) => ({ encryption: Encryption.customerManaged(givenKey(stack)) }),
  'Encryption.customerManaged(otherKey)': (stack: Stack) => ({ encryption: Encryption.customerManaged(givenKey(stack, 'OtherKey')) }),
};

const dataKeyReuse = {
  'nothing': () => ({ encryption: Encryption.customerManaged() }),
  'Duration.hours(1)': () => ({ encryption: Encryption.customerManaged(), dataKeyReuse: Duration.hours(1) }),
};

const ordering = {
  'Ordering.standard()': () => ({ ordering: Ordering.standard() }),
  'Ordering.fifo()': () => ({ ordering: Ordering.fifo() }),
};

const fifo = (options: Parameters<typeof Ordering.fifo>[0]) => () => ({ ordering: Ordering.fifo(options) });
const time = (prop: keyof WorkQueueProps, ...seconds: number[]) => Object.fromEntries(
  seconds.map(value => [`Duration.seconds(${value})`, () => ({ [prop]: Duration.seconds(value) })]),
);

/** The props of a work queue, wherever one is made; a name ends in the suffix. */
export const workQueueProps = (suffix: string): Record<string, Record<string, (stack: Stack) => WorkQueueProps>> => ({
  'WorkQueueProps.ordering': ordering,
  'WorkQueueProps.encryption': encryption,
  'WorkQueueProps.visibilityTimeout': time('visibilityTimeout', 0, 300),
  'WorkQueueProps.deliveryDelay': time('deliveryDelay', 0, 900),
  'WorkQueueProps.retention': time('retention', 60, 86_400),
  'WorkQueueProps.receiveMessageWaitTime': time('receiveMessageWaitTime', 0, 20),
  'WorkQueueProps.maxMessageSize': { '64 KiB': () => ({ maxMessageSize: Size.kibibytes(64) }), '1 MiB': () => ({ maxMessageSize: Size.mebibytes(1) }) },
  'WorkQueueProps.largePayloads': {
    'LargePayloads.dedicated()': () => ({ largePayloads: LargePayloads.dedicated() }),
    'LargePayloads.existing(bucket)': stack => ({ largePayloads: LargePayloads.existing(s3.Bucket.fromBucketName(stack, 'GivenPayloads', 'given-payloads')) }),
  },
  'DedicatedPayloadOptions.expiration': {
    'nothing': () => ({ largePayloads: LargePayloads.dedicated() }),
    'Duration.days(60)': () => ({ largePayloads: LargePayloads.dedicated({ expiration: Duration.days(60) }) }),
  },
  'DedicatedPayloadOptions.removalPolicy': removalPolicies(removalPolicy => ({ largePayloads: LargePayloads.dedicated({ removalPolicy }) })),
  'WorkQueueProps.queueName': { 'nothing': () => ({}), 'one name': () => ({ queueName: `one${suffix}` }), 'another name': () => ({ queueName: `other${suffix}` }) },
  'WorkQueueProps.removalPolicy': removalPolicies(removalPolicy => ({ removalPolicy, encryption: Encryption.customerManaged() })),
  'WorkQueueProps.dataKeyReuse': dataKeyReuse,
  'DedicatedDeadLetterOptions.maxReceiveCount': {
    nothing: () => ({}),
    10: () => ({ deadLetters: DeadLetters.dedicated({ maxReceiveCount: 10 }) }),
  },
  'DedicatedDeadLetterOptions.retention': {
    'nothing': () => ({}),
    'Duration.days(7)': () => ({ deadLetters: DeadLetters.dedicated({ retention: Duration.days(7) }) }),
  },
  'FifoOrderingOptions.deduplication': {
    'Deduplication.EXPLICIT': fifo({ deduplication: Deduplication.EXPLICIT }),
    'Deduplication.CONTENT_BASED': fifo({ deduplication: Deduplication.CONTENT_BASED }),
  },
  'FifoOrderingOptions.throughput': {
    'FifoThroughput.HIGH': fifo({ throughput: FifoThroughput.HIGH }),
    'FifoThroughput.STANDARD': fifo({ throughput: FifoThroughput.STANDARD }),
  },
});

/** The shared dead-letter queue is there whether it is used or not: it is not what changes. */
export const deadLetters = (kind?: Ordering): Record<string, (stack: Stack) => WorkQueueProps> => {
  const withShared = (choose: (shared: SharedDeadLetterQueue, stack: Stack) => DeadLetters) => (stack: Stack) => ({
    deadLetters: choose(new SharedDeadLetterQueue(stack, 'Failed', { ordering: kind }), stack),
  });
  return {
    'DeadLetters.dedicated()': withShared(() => DeadLetters.dedicated()),
    'DeadLetters.shared(queue)': withShared(shared => DeadLetters.shared(shared)),
    'DeadLetters.existing(queue)': withShared((_, stack) => DeadLetters.existing(givenQueue(stack, kind?.isFifo ? 'given.fifo' : 'given'))),
    'DeadLetters.none(reason)': withShared(() => DeadLetters.none('not needed here')),
  };
};

export const CHANGES_QUEUES = [
  ...rows<WorkQueueProps>('WorkQueue', workQueue, { ...workQueueProps(''), 'WorkQueueProps.deadLetters': deadLetters() }),
  ...rows<SharedDeadLetterQueueProps>('SharedDeadLetterQueue', (stack, props) => new SharedDeadLetterQueue(stack, 'Subject', props), {
    'SharedDeadLetterQueueProps.ordering': ordering,
    'SharedDeadLetterQueueProps.encryption': encryption,
    'SharedDeadLetterQueueProps.dataKeyReuse': dataKeyReuse,
    'SharedDeadLetterQueueProps.retention': { 'nothing': () => ({}), 'Duration.days(7)': () => ({ retention: Duration.days(7) }) },
    'SharedDeadLetterQueueProps.removalPolicy': removalPolicies(removalPolicy => ({ removalPolicy, encryption: Encryption.customerManaged() })),
  }),
  ...rows<RequestResponseProps>('RequestResponse', requestResponse, {
    'RequestResponseProps.requests': {
      'nothing': () => ({}),
      'one with a timeout': () => ({ requests: { visibilityTimeout: Duration.minutes(5) } }),
      'one with a key': () => ({ requests: { encryption: Encryption.customerManaged() } }),
      'one with a name': () => ({ requests: { queueName: 'requests' } }),
    },
    'RequestResponseProps.replies': { 'ReplyQueues.durable()': () => ({}), 'ReplyQueues.temporary()': () => ({ replies: ReplyQueues.temporary() }) },
  }),
  ...rows<DurableReplyQueuesOptions>('RequestResponse', (stack, options) => requestResponse(stack, { replies: ReplyQueues.durable(options) }), {
    'DurableReplyQueuesOptions.retention': { 'nothing': () => ({}), 'Duration.hours(1)': () => ({ retention: Duration.hours(1) }) },
  }),
  ...rows<TemporaryReplyQueuesOptions>('RequestResponse', (stack, options) => requestResponse(stack, { replies: ReplyQueues.temporary(options) }), {
    'TemporaryReplyQueuesOptions.orphanedAfter': { 'nothing': () => ({}), 'Duration.hours(2)': () => ({ orphanedAfter: Duration.hours(2) }) },
    'TemporaryReplyQueuesOptions.sweepInterval': { 'nothing': () => ({}), 'Duration.hours(1)': () => ({ sweepInterval: Duration.hours(1) }) },
    'TemporaryReplyQueuesOptions.logRetention': { nothing: () => ({}), ONE_WEEK: () => ({ logRetention: logs.RetentionDays.ONE_WEEK }) },
  }),
  ...rows<RequesterProps>('RequestResponse', (stack, props) => new RequestResponse(stack, 'Subject').addRequester('Shop', props), {
    'RequesterProps.queueName': { 'nothing': () => ({}), 'one name': () => ({ queueName: 'one' }), 'another name': () => ({ queueName: 'other' }) },
  }),
  ...rows<ServiceSource | undefined>('WorkQueue', (stack, source) => source && workQueue(stack, { encryption: Encryption.customerManaged() }).allowService(source), {
    // Each kind of source stands for one that names a resource of its service.
    'CustomServiceSourceOptions.service': {
      'ServiceSource.topic(topic)': stack => ServiceSource.topic(givenTopic(stack)),
      'ServiceSource.bucket(bucket)': stack => ServiceSource.bucket(s3.Bucket.fromBucketName(stack, 'GivenBucket', 'given-bucket')),
      'ServiceSource.rule(rule)': stack => ServiceSource.rule(events.Rule.fromEventRuleArn(stack, 'GivenRule', 'arn:aws:events:eu-west-1:111122223333:rule/given')),
      'one service': () => custom({}),
      'another service': () => custom({ service: 'profile.amazonaws.com' }),
    },
    'CustomServiceSourceOptions.sourceArn': {
      'nothing': () => custom({ sourceArn: undefined }),
      'one ARN': () => custom({}),
      'another ARN': () => custom({ sourceArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/other' }),
    },
    'CustomServiceSourceOptions.sourceAccount': {
      'nothing': () => custom({ sourceArn: 'arn:aws:s3:::one' }),
      'an account': () => custom({ sourceArn: 'arn:aws:s3:::one', sourceAccount: '444455556666' }),
    },
  }),
];


function custom(options: Partial<CustomServiceSourceOptions>): ServiceSource {
  return ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/one', ...options });
}
