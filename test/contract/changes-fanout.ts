import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { removalPolicies, rows } from './change';
import { deadLetters, givenKey, givenQueue, givenTopic, workQueueProps } from './changes-queues';
import { Encryption, ServiceSource } from '../../src/access';
import {
  BucketEventFanOut, BucketEventFanOutProps, BucketEventQueueProps, BucketEventRoute, FanOut, FanOutProps, FanOutQueueProps, FifoFanOut,
  FifoFanOutProps, FifoFanOutQueueProps, FilterPolicy, MobilePushSubscription, MobilePushSubscriptionProps, QueueSubscription,
  QueueSubscriptionProps, Replay, SubscriberStacks, SubscriberStacksProps, SubscriptionDeadLetters,
} from '../../src/fanout';
import { Deduplication, FifoThroughput, Ordering } from '../../src/queues';

const fanOut = (stack: Stack, props?: FanOutProps) => new FanOut(stack, 'Subject', props).addQueue('Subscriber');
const fifoFanOut = (stack: Stack, props?: FifoFanOutProps) => new FifoFanOut(stack, 'Subject', props).addQueue('Subscriber');
const fifoTopic = (stack: Stack) => givenTopic(stack, 'given-topic.fifo');

/** What a standard and a FIFO topic have in common. */
const topicProps = (props: string, suffix: string): Record<string, Record<string, (stack: Stack) => FanOutProps & FifoFanOutProps>> => ({
  [`${props}.encryption`]: {
    'Encryption.serviceManaged()': () => ({ encryption: Encryption.serviceManaged() }),
    'Encryption.customerManaged()': () => ({ encryption: Encryption.customerManaged() }),
    'Encryption.customerManaged(key)': stack => ({ encryption: Encryption.customerManaged(givenKey(stack)) }),
  },
  [`${props}.displayName`]: { 'nothing': () => ({}), 'a text': () => ({ displayName: 'Orders' }) },
  [`${props}.topicName`]: {
    'nothing': () => ({}), 'one name': () => ({ topicName: `one${suffix}` }), 'another name': () => ({ topicName: `other${suffix}` }),
  },
  [`${props}.maxMessageSize`]: { 'nothing': () => ({}), '1 MiB': () => ({ maxMessageSize: Size.mebibytes(1) }) },
  [`${props}.signatureVersion`]: { 'nothing': () => ({}), 'another version': () => ({ signatureVersion: '1' }) },
  [`${props}.loggingConfigs`]: {
    'nothing': () => ({}),
    'a configuration without a role': () => ({ loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS }] }),
    'a configuration': stack => ({
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole: iam.Role.fromRoleArn(stack, 'Feedback', 'arn:aws:iam::111122223333:role/feedback') }],
    }),
  },
  [`${props}.removalPolicy`]: removalPolicies(removalPolicy => ({ removalPolicy, encryption: Encryption.customerManaged() })),
});

const withReplay = <P>(props: (replay?: Replay) => P) => ({
  'nothing': () => props(),
  'Replay.since(time)': () => props(Replay.since(new Date('2026-01-31T00:00:00Z'))),
  'Replay.between(time, time)': () => props(Replay.between(new Date('2026-01-31T00:00:00Z'), new Date('2026-02-01T00:00:00Z'))),
});

const filterPolicy = {
  'nothing': () => ({}),
  'FilterPolicy.onAttributes(…)': () => ({ filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.existsFilter() }) }),
  'FilterPolicy.onBody(…)': () => ({ filterPolicy: FilterPolicy.onBody({ kind: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter()) }) }),
};
const rawMessageDelivery = { false: () => ({}), true: () => ({ rawMessageDelivery: true }) };

const subscriptionDeadLetters = (existing: string): Record<string, (stack: Stack) => QueueSubscriptionProps> => ({
  'SubscriptionDeadLetters.sameAsQueue()': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue() }),
  'SubscriptionDeadLetters.dedicated()': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() }),
  'SubscriptionDeadLetters.existing(queue)': stack => ({ subscriptionDeadLetters: SubscriptionDeadLetters.existing(givenQueue(stack, existing)) }),
  'SubscriptionDeadLetters.none(reason)': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.none('not needed here') }),
});

/** A queue of a standard topic is a standard queue. */
const subscriberProps = Object.fromEntries(Object.entries(workQueueProps('')).filter(([prop]) => !/ordering$|^FifoOrderingOptions/.test(prop)));

/** The topic and the queue of a subscription, and its props. */
interface Subscribing extends QueueSubscriptionProps {
  readonly topic?: sns.ITopic;
  readonly queue?: sqs.IQueue;
}

const bucketEvents = (stack: Stack, props?: Partial<BucketEventFanOutProps>) =>
  new BucketEventFanOut(stack, 'Subject', { bucket: new s3.Bucket(stack, 'Images'), ...props }).addQueue('Subscriber');

const bucketEventOptions: Record<string, Record<string, (stack: Stack) => BucketEventQueueProps>> = {
  'BucketEventOptions.events': {
    'nothing': () => ({}),
    'other types': () => ({ events: [s3.EventType.OBJECT_CREATED_COPY, s3.EventType.OBJECT_REMOVED] }),
  },
  'BucketEventOptions.objects': { 'nothing': () => ({}), 'a filter': () => ({ objects: [{ prefix: 'in/', suffix: '.jpg' }] }) },
  'BucketEventOptions.subscriptionDeadLetters': subscriptionDeadLetters('given'),
};

const subscribe = (stack: Stack, { topic, queue, ...props }: Subscribing) =>
  (topic ?? fifoTopic(stack)).addSubscription(new QueueSubscription(queue ?? givenQueue(stack), props));

/** The effects are those on the first of the stacks, as that of the topic has no resources. */
const subscriberStacks = (stack: Stack, { topic, ...props }: Partial<SubscriberStacksProps>) => {
  const subscribers = new SubscriberStacks(stack, 'Subject', { topic: topic ?? givenTopic(stack), stackCount: 2, ...props });
  for (let index = 1; index <= 8; index++) subscribers.addQueue(`Subscriber${index}`);
};

export const CHANGES_FANOUT = [
  ...rows<FanOutProps>('FanOut', fanOut, {
    ...topicProps('FanOutProps', ''),
    'FanOutProps.tracingConfig': { 'nothing': () => ({}), 'TracingConfig.ACTIVE': () => ({ tracingConfig: sns.TracingConfig.ACTIVE }) },
  }),
  ...rows<FanOutQueueProps>('FanOut.addQueue', (stack, props) => new FanOut(stack, 'Subject').addQueue('Subscriber', props), {
    'FanOutQueueProps.filterPolicy': filterPolicy,
    'FanOutQueueProps.rawMessageDelivery': rawMessageDelivery,
    'FanOutQueueProps.subscriptionDeadLetters': subscriptionDeadLetters('given'),
    ...subscriberProps,
    'WorkQueueProps.deadLetters': deadLetters(),
  }),
  ...rows<FifoFanOutProps>('FifoFanOut', fifoFanOut, {
    ...topicProps('FifoFanOutProps', '.fifo'),
    'FifoFanOutProps.deduplication': {
      'Deduplication.EXPLICIT': () => ({}), 'Deduplication.CONTENT_BASED': () => ({ deduplication: Deduplication.CONTENT_BASED }),
    },
    'FifoFanOutProps.throughput': { 'FifoThroughput.HIGH': () => ({}), 'FifoThroughput.STANDARD': () => ({ throughput: FifoThroughput.STANDARD }) },
    'FifoFanOutProps.archiveRetention': { 'nothing': () => ({}), 'Duration.days(30)': () => ({ archiveRetention: Duration.days(30) }) },
  }),
  ...rows<FifoFanOutQueueProps>('FifoFanOut.addQueue', (stack, props) =>
    new FifoFanOut(stack, 'Subject', { archiveRetention: Duration.days(30) }).addQueue('Subscriber', props), {
    'QueueSubscriptionProps.replay': withReplay(replay => ({ replay })),
    ...workQueueProps('.fifo'),
    'WorkQueueProps.deadLetters': deadLetters(Ordering.fifo()),
    'QueueSubscriptionProps.subscriptionDeadLetters': subscriptionDeadLetters('given.fifo'),
  }),
  ...rows<Subscribing>('QueueSubscription', subscribe, {
    'QueueSubscriptionProps.filterPolicy': filterPolicy,
    'QueueSubscriptionProps.rawMessageDelivery': rawMessageDelivery,
    'QueueSubscriptionProps.replay': withReplay(replay => ({ replay })),
  }),
  ...rows<MobilePushSubscriptionProps>('MobilePushSubscription', (stack, props) =>
    givenTopic(stack, 'given-topic').addSubscription(new MobilePushSubscription('arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/shop/1', props)), {
    'MobilePushSubscriptionProps.filterPolicy': filterPolicy,
    'MobilePushSubscriptionProps.subscriptionDeadLetters': Object.fromEntries(Object.entries(subscriptionDeadLetters('given')).filter(([choice]) => !choice.includes('sameAsQueue'))),
  }),
  ...rows<Partial<BucketEventFanOutProps>>('BucketEventFanOut', bucketEvents, {
    'BucketEventFanOutProps.bucket': {
      'a bucket': () => ({}), 'an imported bucket': stack => ({ bucket: s3.Bucket.fromBucketName(stack, 'Imported', 'images') }),
    },
    'BucketEventFanOutProps.route': {
      'BucketEventRoute.eventBridge()': () => ({ route: BucketEventRoute.eventBridge() }),
      'BucketEventRoute.topic()': () => ({ route: BucketEventRoute.topic() }),
      'BucketEventRoute.topic(props)': stack => ({ route: BucketEventRoute.topic({ encryption: Encryption.customerManaged(givenKey(stack)) }) }),
    },
  }),
  ...rows<BucketEventQueueProps>('BucketEventFanOut.addQueue', (stack, props) =>
    new BucketEventFanOut(stack, 'Subject', { bucket: new s3.Bucket(stack, 'Images') }).addQueue('Subscriber', props), {
    ...bucketEventOptions,
    ...subscriberProps,
    'WorkQueueProps.deadLetters': deadLetters(),
  }),
  ...rows<BucketEventQueueProps>('BucketEventFanOut.addQueue with a topic', (stack, props) =>
    new BucketEventFanOut(stack, 'Subject', { bucket: new s3.Bucket(stack, 'Images'), route: BucketEventRoute.topic() }).addQueue('Subscriber', props), {
    ...bucketEventOptions,
  }),
  ...rows<Partial<SubscriberStacksProps>>('SubscriberStacks', subscriberStacks, {
    'SubscriberStacksProps.topic': { 'one topic': () => ({}), 'another topic': stack => ({ topic: givenTopic(stack, 'another-topic') }) },
    'SubscriberStacksProps.stackCount': { 1: () => ({ stackCount: 1 }), 2: () => ({ stackCount: 2 }), 3: () => ({ stackCount: 3 }) },
    'SubscriberStacksProps.stackProps': { 'nothing': () => ({}), 'a description': () => ({ stackProps: { description: 'Subscribers' } }) },
  }),
  ...rows<ServiceSource>('FanOut.allowService', (stack, source) => new FanOut(stack, 'Subject', { encryption: Encryption.customerManaged() }).allowService(source), {
    'CustomServiceSourceOptions.service': {
      'ServiceSource.alarms()': () => ServiceSource.alarms(),
      'ServiceSource.backupVault(vault)': stack => ServiceSource.backupVault(backup.BackupVault.fromBackupVaultName(stack, 'GivenVault', 'given-vault')),
      'ServiceSource.budgets()': () => ServiceSource.budgets(),
      'ServiceSource.costAnomalies()': () => ServiceSource.costAnomalies(),
      'ServiceSource.databaseEvents()': () => ServiceSource.databaseEvents(),
      'ServiceSource.emailIdentity(identity)': stack => ServiceSource.emailIdentity(ses.EmailIdentity.fromEmailIdentityName(stack, 'GivenIdentity', 'example.com')),
      'ServiceSource.emailConfigurationSet(set)': stack => ServiceSource.emailConfigurationSet(ses.ConfigurationSet.fromConfigurationSetName(stack, 'GivenSet', 'given-set')),
      'ServiceSource.emailReceiptRules(ruleSet)': stack => ServiceSource.emailReceiptRules(ses.ReceiptRuleSet.fromReceiptRuleSetName(stack, 'GivenRules', 'given-rules')),
      'one service': () => ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/default/one' }),
    },
  }),
];
