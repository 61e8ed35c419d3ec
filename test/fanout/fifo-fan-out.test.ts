import { App, CfnParameter, Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, ENV, REGION, newStack, only, refusal, resourceOf, resources, tree, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FifoFanOut, FifoFanOutProps, FilterPolicy, QueueSubscription, Replay, SubscriptionDeadLetters } from '../../src/fanout';
import { Deduplication, FifoThroughput, Ordering } from '../../src/queues';

const create = (options?: FifoFanOutProps, stack: Stack = newStack()) => new FifoFanOut(stack, 'Ledger', options);
const STACK_GUID = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };

describe('the topic', () => {
  test.each([
    ['without props', (stack: Stack) => new FifoFanOut(stack, 'Ledger')],
    ['with no props', (stack: Stack) => new FifoFanOut(stack, 'Ledger', {})],
    ['with FifoFanOutTopic.create()', (stack: Stack) => create(undefined, stack)],
  ])('has exactly these defaults, %s', (_, make) => {
    const stack = newStack();
    const fanOut = make(stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({
      FifoTopic: true,
      ContentBasedDeduplication: false,
      FifoThroughputScope: 'MessageGroup',
      KmsMasterKeyId: 'alias/aws/sns',
      SignatureVersion: '2',
      TopicName: { 'Fn::Join': ['', [expect.stringMatching(/^Stack-Ledger-[A-F0-9]{8}-$/), STACK_GUID, '.fifo']] },
    });
    expect(fanOut.ordering).toMatchObject({ isFifo: true, deduplication: Deduplication.EXPLICIT, throughput: FifoThroughput.HIGH });
    expect(fanOut.masterKey).toBeUndefined();
    expect(fanOut.subscriptions).toEqual([]);
  });

  test('its name has the identifier of the stack, so that one template can be deployed twice, and fits 256 characters', () => {
    const stack = newStack();
    new FifoFanOut(new Stack(stack, 'x'.repeat(120)), 'y'.repeat(200));
    const nested = stack.node.children[0] as Stack;
    const [readable, guid, suffix] = only(nested, 'AWS::SNS::Topic').Properties.TopicName['Fn::Join'][1];
    expect(guid).toEqual(STACK_GUID);
    // Such an identifier has 36 characters.
    expect(readable.length + 36 + suffix.length).toBeLessThanOrEqual(256);
  });

  test('every option reaches it', () => {
    const stack = newStack();
    const fanOut = create({
      displayName: 'Ledger',
      topicName: 'ledger.fifo',
      deduplication: Deduplication.CONTENT_BASED,
      throughput: FifoThroughput.STANDARD,
      archiveRetention: Duration.days(30),
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate: 1 }],
      maxMessageSize: Size.kibibytes(1),
      signatureVersion: '1',
      encryption: Encryption.customerManaged(),
    }, stack);
    const role = stack.resolve(fanOut.deliveryStatusRole!.roleArn);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({
      FifoTopic: true,
      DisplayName: 'Ledger',
      TopicName: 'ledger.fifo',
      ContentBasedDeduplication: true,
      FifoThroughputScope: 'Topic',
      ArchivePolicy: { MessageRetentionPeriod: 30 },
      DeliveryStatusLogging: [{ Protocol: 'sqs', FailureFeedbackRoleArn: role, SuccessFeedbackRoleArn: role, SuccessFeedbackSampleRate: '1' }],
      KmsMasterKeyId: stack.resolve(fanOut.masterKey!.keyArn),
      MaximumMessageSize: 1024,
      SignatureVersion: '1',
    });
    expect(fanOut.ordering).toMatchObject({ deduplication: Deduplication.CONTENT_BASED, throughput: FifoThroughput.STANDARD });
  });

  test.each([[Duration.days(1), 1], [Duration.hours(48), 2], [Duration.seconds(86_400), 1], [Duration.days(365), 365]])('an archive of %s', (archiveRetention, days) => {
    const stack = newStack();
    create({ archiveRetention }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties.ArchivePolicy).toEqual({ MessageRetentionPeriod: days });
  });

  test.each([['a.fifo'], [`${'x'.repeat(251)}.fifo`]])('a name %s', topicName => {
    const stack = newStack();
    create({ topicName }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties.TopicName).toBe(topicName);
  });

  test('a name only known at deployment', () => {
    const stack = newStack();
    create({ topicName: new CfnParameter(stack, 'Name').valueAsString }, stack);
    expect(JSON.stringify(only(stack, 'AWS::SNS::Topic').Properties.TopicName)).toContain('"Ref":"Name"');
  });

  const ARCHIVE = { prop: 'archiveRetention', allowed: expect.stringMatching(/^1 day to 365 days \(inclusive\), in whole days/) };
  const NAME = { prop: 'topicName', allowed: expect.stringMatching(/^1 to 251 letters, digits, hyphens and underscores, followed by \.fifo$/) };
  test.each<[string, FifoFanOutProps, object]>([
    ['an archive of 0', { archiveRetention: Duration.days(0) }, ARCHIVE],
    ['an archive of less than a day', { archiveRetention: Duration.hours(23) }, ARCHIVE],
    ['an archive of 366 days', { archiveRetention: Duration.days(366) }, ARCHIVE],
    ['an archive of a day and a half', { archiveRetention: Duration.hours(36) }, ARCHIVE],
    ['an archive only known at deployment', { archiveRetention: Duration.days(Lazy.number({ produce: () => 3 })) }, ARCHIVE],
    ['an archive only known at deployment, in seconds', { archiveRetention: Duration.seconds(Lazy.number({ produce: () => 86_400 })) }, ARCHIVE],
    ['a name without .fifo', { topicName: 'ledger' }, NAME],
    ['a name with another character before fifo', { topicName: 'ledgerXfifo' }, NAME],
    ['a name of .fifo alone', { topicName: '.fifo' }, NAME],
    ['a name of 252 before .fifo', { topicName: `${'x'.repeat(252)}.fifo` }, NAME],
    ['a display name of 101', { displayName: 'x'.repeat(101) }, { prop: 'displayName', allowed: expect.stringMatching(/ to 100 characters \(inclusive\)$/) }],
  ])('refuses %s', (_, options, expected) => {
    const stack = newStack();
    expect(refusal(() => create(options, stack))).toMatchObject({ construct: 'FifoFanOut', path: 'Stack/Ledger', problems: [expected] });
    expect(tree(stack)).toEqual(['Stack']);
  });

  test('a bucket as publisher is refused', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    const fanOut = create({ encryption: Encryption.customerManaged() }, stack);
    expect(refusal(() => fanOut.allowService(ServiceSource.bucket(bucket))).problems).toMatchObject([{ prop: 'allowService(source)', got: 'a bucket' }]);
  });
});

describe('an existing topic', () => {
  test.each([[true, Deduplication.CONTENT_BASED], [false, Deduplication.EXPLICIT], [undefined, Deduplication.EXPLICIT]])(
    'with content-based deduplication %p: the queues inherit it', (contentBasedDeduplication, deduplication) => {
      const stack = newStack();
      const topic = new sns.Topic(stack, 'Topic', { fifo: true, contentBasedDeduplication });
      const fanOut = FifoFanOut.fromTopic(stack, 'Ledger', topic);
      expect(fanOut.ordering.deduplication).toBe(deduplication);
      expect(resourceOf(fanOut.addQueue('Books')).Properties.ContentBasedDeduplication).toBe(contentBasedDeduplication ?? false);
    });

  test('imported, with a replay from an archive that is not known', () => {
    const stack = newStack({ env: ENV });
    const topic = sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:t.fifo`, contentBasedDeduplication: true });
    const fanOut = FifoFanOut.fromTopic(stack, 'Ledger', topic);
    fanOut.addQueue('Books', { replay: Replay.since(new Date(0)) });
    expect(only(stack, 'AWS::SNS::Subscription').Properties.ReplayPolicy).toEqual({ PointType: 'Timestamp', StartingPoint: '1970-01-01T00:00:00.000Z' });
    expect(warnings(stack)).toEqual([]);
  });
});

describe('addQueue', () => {
  test('FIFO queues inherit deduplication and throughput, both of their properties', () => {
    const stack = newStack();
    const fanOut = create({ deduplication: Deduplication.CONTENT_BASED }, stack);
    const work = fanOut.addQueue('Books');
    expect(work.ordering).toBe(fanOut.ordering);
    for (const queue of [work, work.deadLetterQueue!]) {
      expect(resourceOf(queue).Properties).toMatchObject({
        FifoQueue: true, ContentBasedDeduplication: true, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId',
      });
    }
    expect(fanOut.subscriptions[0].deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
  });

  test('standard throughput sets neither of the two', () => {
    const stack = newStack();
    const { Properties } = resourceOf(create({ throughput: FifoThroughput.STANDARD }, stack).addQueue('Books'));
    expect(Properties.FifoQueue).toBe(true);
    expect([Properties.DeduplicationScope, Properties.FifoThroughputLimit]).toEqual([undefined, undefined]);
  });

  test('an explicit ordering wins, undefined inherits', () => {
    const fanOut = create({ deduplication: Deduplication.CONTENT_BASED });
    expect(fanOut.addQueue('A', { ordering: Ordering.fifo({ throughput: FifoThroughput.STANDARD }) }).ordering)
      .toMatchObject({ deduplication: Deduplication.EXPLICIT, throughput: FifoThroughput.STANDARD });
    expect(fanOut.addQueue('B', { ordering: undefined }).ordering).toBe(fanOut.ordering);
  });

  test('a standard queue: its subscription gets a FIFO dead-letter queue of its own', () => {
    const stack = newStack();
    const fanOut = create({}, stack);
    const work = fanOut.addQueue('Search', { ordering: Ordering.standard() });
    const [subscription] = fanOut.subscriptions;
    const { deadLetterQueue } = subscription;
    expect(resourceOf(work).Properties.FifoQueue).toBeUndefined();
    expect(resourceOf(work.deadLetterQueue!).Properties.FifoQueue).toBeUndefined();
    expect(deadLetterQueue).not.toBe(work.deadLetterQueue);
    expect(resourceOf(deadLetterQueue!).Properties).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 1_209_600 });
    expect(resourceOf(subscription).Properties.RedrivePolicy).toEqual({ deadLetterTargetArn: stack.resolve(deadLetterQueue!.queueArn) });
  });

  test('filter, raw delivery, replay', () => {
    const stack = newStack();
    const fanOut = create({ archiveRetention: Duration.days(7) }, stack);
    fanOut.addQueue('Books', {
      filterPolicy: FilterPolicy.onBody({ kind: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter()) }),
      rawMessageDelivery: true,
      replay: Replay.between(new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')),
      subscriptionDeadLetters: SubscriptionDeadLetters.none('an archive is kept'),
    });
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({
      FilterPolicyScope: 'MessageBody',
      RawMessageDelivery: true,
      ReplayPolicy: { PointType: 'Timestamp', StartingPoint: '2026-01-01T00:00:00.000Z', EndingPoint: '2026-01-02T00:00:00.000Z' },
    });
  });

  test('a replay without archive is refused before anything is made', () => {
    const stack = newStack();
    const fanOut = create({}, stack);
    const queue = new sqs.Queue(stack, 'Queue', { fifo: true });
    const before = tree(stack);
    const replay = Replay.since(new Date(0));
    const expected = { construct: 'QueueSubscription', problems: [{ prop: 'replay', allowed: expect.stringContaining('archive'), fix: expect.stringContaining('archiveRetention') }] };
    expect(refusal(() => fanOut.addQueue('Books', { replay }))).toMatchObject(expected);
    expect(refusal(() => fanOut.addSubscription(new QueueSubscription(queue, { replay })))).toMatchObject(expected);
    expect(tree(stack)).toEqual(before);
  });
});

describe('100 subscriptions', () => {
  const expected = {
    construct: 'QueueSubscription', problems: [{ prop: 'topic', got: expect.stringContaining('101'), allowed: expect.stringMatching(/^at most 100 /) }],
  };

  test('the hundredth is taken, the next refused, and what was refused before does not count', () => {
    const stack = newStack();
    const fanOut = create({}, stack);
    const importing = (id: string) => sqs.Queue.fromQueueArn(stack, id, `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}.fifo`);
    refusal(() => fanOut.addQueue('Refused', { filterPolicy: FilterPolicy.onAttributes({}) }));
    for (let i = 0; i < 99; i++) fanOut.addSubscription(new QueueSubscription(importing(`I${i}`)));
    fanOut.addQueue('Hundredth');
    expect(fanOut.subscriptions).toHaveLength(100);
    const last = importing('Last');
    const before = tree(stack);
    expect(refusal(() => fanOut.addSubscription(new QueueSubscription(last)))).toMatchObject(expected);
    expect(refusal(() => fanOut.addQueue('Last'))).toMatchObject(expected);
    expect(tree(stack)).toEqual(before);
    expect(Object.keys(resources(stack, 'AWS::SNS::Subscription'))).toHaveLength(100);
  });
});

test('two in one stack have names of their own', () => {
  const app = new App();
  const stack = newStack({}, app);
  new FifoFanOut(stack, 'A').addQueue('Q');
  new FifoFanOut(stack, 'B').addQueue('Q');
  const names = Object.values(resources(stack, 'AWS::SNS::Topic')).map(topic => JSON.stringify(topic.Properties.TopicName));
  expect(new Set(names).size).toBe(2);
  Template.fromStack(stack).resourceCountIs('AWS::SQS::Queue', 4);
  app.synth();
});
