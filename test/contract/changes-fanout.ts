import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { removalPolicies, rows } from './change';
import { deadLetters, givenKey, givenQueue, givenTopic, workQueueProps } from './changes-queues';
import { ServiceSource } from '../../src/access';
import {
  FanOut, FanOutQueueProps, FanOutTopic, FifoFanOut, FifoFanOutQueueProps, FifoFanOutTopic, FifoTopicOptions, FilterPolicy, QueueSubscription,
  QueueSubscriptionOptions, QueueSubscriptionProps, Replay, StandardTopicOptions, SubscriptionDeadLetters, TopicEncryption, TopicOptions,
} from '../../src/fanout';
import { Deduplication, FifoThroughput, Ordering, WorkQueue } from '../../src/queues';

const fanOut = (stack: Stack, topic?: FanOutTopic) => new FanOut(stack, 'Subject', { topic }).addQueue('Subscriber');
const fifoFanOut = (stack: Stack, topic?: FifoFanOutTopic) => new FifoFanOut(stack, 'Subject', { topic }).addQueue('Subscriber');
const fifoTopic = (stack: Stack) => givenTopic(stack, 'given-topic.fifo');

/** What a standard and a FIFO topic have in common. */
const topicOptions = (suffix: string): Record<string, Record<string, (stack: Stack) => TopicOptions>> => ({
  'TopicOptions.encryption': {
    'TopicEncryption.awsManaged()': () => ({ encryption: TopicEncryption.awsManaged() }),
    'TopicEncryption.customerManaged()': () => ({ encryption: TopicEncryption.customerManaged() }),
    'TopicEncryption.customerManaged(key)': stack => ({ encryption: TopicEncryption.customerManaged(givenKey(stack)) }),
  },
  'TopicOptions.publishers': { 'nothing': () => ({}), '[ServiceSource.alarms()]': () => ({ publishers: [ServiceSource.alarms()] }) },
  'TopicOptions.displayName': { 'nothing': () => ({}), 'a text': () => ({ displayName: 'Orders' }) },
  'TopicOptions.topicName': {
    'nothing': () => ({}), 'one name': () => ({ topicName: `one${suffix}` }), 'another name': () => ({ topicName: `other${suffix}` }),
  },
  'TopicOptions.loggingConfigs': {
    'nothing': () => ({}),
    'a configuration': stack => ({
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole: iam.Role.fromRoleArn(stack, 'Feedback', 'arn:aws:iam::111122223333:role/feedback') }],
    }),
  },
  'TopicOptions.removalPolicy': removalPolicies(removalPolicy => ({ removalPolicy, encryption: TopicEncryption.customerManaged() })),
});

const withReplay = <P>(props: (replay?: Replay) => P) => ({
  'nothing': () => props(),
  'Replay.since(time)': () => props(Replay.since(new Date('2026-01-31T00:00:00Z'))),
  'Replay.between(time, time)': () => props(Replay.between(new Date('2026-01-31T00:00:00Z'), new Date('2026-02-01T00:00:00Z'))),
});

const subscriptionDeadLetters = (existing: string): Record<string, (stack: Stack) => QueueSubscriptionOptions> => ({
  'SubscriptionDeadLetters.sameAsQueue()': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue() }),
  'SubscriptionDeadLetters.dedicated()': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() }),
  'SubscriptionDeadLetters.existing(queue)': stack => ({ subscriptionDeadLetters: SubscriptionDeadLetters.existing(givenQueue(stack, existing)) }),
  'SubscriptionDeadLetters.none(reason)': () => ({ subscriptionDeadLetters: SubscriptionDeadLetters.none('not needed here') }),
});

/** A queue of a standard topic is a standard queue. */
const subscriberProps = Object.fromEntries(Object.entries(workQueueProps('')).filter(([prop]) => !/ordering$|^FifoOrderingOptions/.test(prop)));

const subscription = (stack: Stack, props: Partial<QueueSubscriptionProps>) => new QueueSubscription(stack, 'Subject', {
  topic: fifoTopic(stack), queue: givenQueue(stack), ...props,
});

export const CHANGES_FANOUT = [
  ...rows('FanOut', fanOut, {
    'FanOutProps.topic': { 'FanOutTopic.create()': () => FanOutTopic.create(), 'FanOutTopic.existing(topic)': stack => FanOutTopic.existing(givenTopic(stack)) },
  }),
  ...rows<StandardTopicOptions>('FanOut', (stack, options) => fanOut(stack, FanOutTopic.create(options)), {
    ...topicOptions(''),
    'StandardTopicOptions.tracingConfig': { 'nothing': () => ({}), 'TracingConfig.ACTIVE': () => ({ tracingConfig: sns.TracingConfig.ACTIVE }) },
  }),
  ...rows<FanOutQueueProps>('FanOut.addQueue', (stack, props) => new FanOut(stack, 'Subject').addQueue('Subscriber', props), {
    'QueueSubscriptionOptions.filterPolicy': {
      'nothing': () => ({}),
      'FilterPolicy.onAttributes(…)': () => ({ filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.existsFilter() }) }),
      'FilterPolicy.onBody(…)': () => ({ filterPolicy: FilterPolicy.onBody({ kind: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter()) }) }),
    },
    'QueueSubscriptionOptions.rawMessageDelivery': { false: () => ({}), true: () => ({ rawMessageDelivery: true }) },
    'QueueSubscriptionOptions.subscriptionDeadLetters': subscriptionDeadLetters('given'),
    ...subscriberProps,
    'WorkQueueProps.deadLetters': deadLetters(),
  }),
  ...rows('FifoFanOut', fifoFanOut, {
    'FifoFanOutProps.topic': { 'FifoFanOutTopic.create()': () => FifoFanOutTopic.create(), 'FifoFanOutTopic.existing(topic)': stack => FifoFanOutTopic.existing(fifoTopic(stack)) },
  }),
  ...rows<FifoTopicOptions>('FifoFanOut', (stack, options) => fifoFanOut(stack, FifoFanOutTopic.create(options)), {
    ...topicOptions('.fifo'),
    'FifoTopicOptions.deduplication': {
      'Deduplication.EXPLICIT': () => ({}), 'Deduplication.CONTENT_BASED': () => ({ deduplication: Deduplication.CONTENT_BASED }),
    },
    'FifoTopicOptions.throughput': { 'FifoThroughput.HIGH': () => ({}), 'FifoThroughput.STANDARD': () => ({ throughput: FifoThroughput.STANDARD }) },
    'FifoTopicOptions.archiveRetention': { 'nothing': () => ({}), 'Duration.days(30)': () => ({ archiveRetention: Duration.days(30) }) },
  }),
  ...rows<FifoFanOutQueueProps>('FifoFanOut.addQueue', (stack, props) =>
    new FifoFanOut(stack, 'Subject', { topic: FifoFanOutTopic.create({ archiveRetention: Duration.days(30) }) }).addQueue('Subscriber', props), {
    'FifoQueueSubscriptionOptions.replay': withReplay(replay => ({ replay })),
    ...workQueueProps('.fifo'),
    'WorkQueueProps.deadLetters': deadLetters(Ordering.fifo()),
    'QueueSubscriptionOptions.subscriptionDeadLetters': subscriptionDeadLetters('given.fifo'),
  }),
  ...rows<Partial<QueueSubscriptionProps>>('QueueSubscription', subscription, {
    'QueueSubscriptionProps.topic': {
      'a FIFO topic': () => ({}),
      'another FIFO topic': stack => ({ topic: givenTopic(stack, 'other-topic.fifo') }),
      'a standard topic': stack => ({ topic: givenTopic(stack) }),
    },
    'QueueSubscriptionProps.replay': withReplay(replay => ({ replay })),
  }),
  ...rows<number>('QueueSubscription', (stack, index) => {
    // All are there before and after: they are not what changes.
    const queues = [...['One', 'Other'].map(id => new WorkQueue(stack, id).queue), givenQueue(stack)];
    return new QueueSubscription(stack, 'Subject', { topic: givenTopic(stack), queue: queues[index] });
  }, {
    'QueueSubscriptionProps.queue': { 'one queue with dead letters': () => 0, 'another queue with dead letters': () => 1, 'an imported queue': () => 2 },
  }),
];
