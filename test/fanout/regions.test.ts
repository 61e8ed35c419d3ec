import { App, CfnParameter, Duration, Stack, Stage } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FirehoseSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { cycles } from './references';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, resourceOf, statementIn, statements, tree, warnings } from './support';
import { Encryption } from '../../src/access';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, WorkQueue } from '../../src/queues';

const TOPIC_REGION = 'us-east-1';
const SNS = 'sns.amazonaws.com';

/** A topic in one Region, and a stack for its queues in another; in the accounts given. */
function twoRegions({ topicRegion = TOPIC_REGION, queueRegion = REGION, queueAccount = ACCOUNT } = {}) {
  const app = new App();
  const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: topicRegion } });
  const queues = new Stack(app, 'Queues', { env: { account: queueAccount, region: queueRegion } });
  const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
  return { app, topics, queues, orders };
}

/** Dead letters in the Region of the queue, where they have to be in another. */
const elsewhere = (region: string) => ({ prop: 'subscriptionDeadLetters', got: expect.stringContaining(REGION), allowed: expect.stringContaining(region) });

describe('two Regions of one account', () => {
  test.each<[string, (work: WorkQueue, stack: Stack) => SubscriptionDeadLetters | undefined]>([
    ['the default', () => undefined],
    ['a dedicated queue', () => SubscriptionDeadLetters.dedicated()],
    ['that of the queue', () => SubscriptionDeadLetters.sameAsQueue()],
    ['an existing queue beside the queue', (_, stack) => SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Dead'))],
    ['an imported queue beside the queue', (_, stack) => SubscriptionDeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Dead', `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`))],
  ])('%s would be in the Region of the queue: refused, and nothing is left behind', (_, make) => {
    const { app, queues, orders } = twoRegions();
    const work = new WorkQueue(queues, 'Jobs');
    const subscriptionDeadLetters = make(work, queues);
    const before = tree(app);
    const subscription = new QueueSubscription(work, { subscriptionDeadLetters });
    expect(refusal(() => orders.addSubscription(subscription)).problems).toMatchObject([elsewhere(TOPIC_REGION)]);
    expect(tree(app)).toEqual(before);
  });

  test('the default of a queue without dead letters is refused as well, and of a FIFO topic asks for a FIFO queue', () => {
    const { queues, orders } = twoRegions();
    expect(refusal(() => orders.addSubscription(new QueueSubscription(new sqs.Queue(queues, 'Q')))).problems).toMatchObject([elsewhere(TOPIC_REGION)]);
    const ledger = new FifoFanOut(Stack.of(orders), 'Ledger', { topicName: 'ledger.fifo' });
    expect(refusal(() => ledger.addSubscription(new QueueSubscription(new WorkQueue(queues, 'F', { ordering: Ordering.fifo() })))).problems)
      .toMatchObject([{ ...elsewhere(TOPIC_REGION), fix: expect.stringMatching(/FIFO queue .*queueName.* us-east-1/) }]);
  });

  test('a queue with a name in the stack of the topic takes them, under a policy and a key that name the topic', () => {
    const { app, topics, queues, orders } = twoRegions();
    const dead = new sqs.Queue(topics, 'Dead', { queueName: 'orders-undelivered', encryptionMasterKey: new kms.Key(topics, 'Key') });
    const subscription = orders.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) }));
    expect(subscription.deadLetterQueue!.node).toBe(dead.node);
    expect(only(queues, 'AWS::SNS::Subscription').Properties).toMatchObject({
      Region: TOPIC_REGION,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sqs:${TOPIC_REGION}:${ACCOUNT}:orders-undelivered`]] } },
    });
    expect(statements(topics, 'AWS::SQS::QueuePolicy', SNS)).toEqual([expect.objectContaining({
      Action: 'sqs:SendMessage',
      Resource: topics.resolve(dead.queueArn),
      Condition: { ArnLike: { 'aws:SourceArn': topics.resolve(orders.topicArn) }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })]);
    expect(statements(topics, 'AWS::KMS::Key', SNS)).toHaveLength(1);
    expect(warnings(app)).toEqual([]);
    expect(queues.dependencies).toEqual([topics]);
    expect(topics.dependencies).toEqual([]);
    expect(cycles(app)).toEqual({});
  });

  test('a queue without a name there cannot be named from here', () => {
    const { topics, queues, orders } = twoRegions();
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(new sqs.Queue(topics, 'Dead'));
    expect(refusal(() => orders.addSubscription(new QueueSubscription(new sqs.Queue(queues, 'Jobs'), { subscriptionDeadLetters }))).problems)
      .toMatchObject([{ prop: 'subscriptionDeadLetters', got: expect.stringMatching(/^'Topics\/Dead' in aws:\/\/111111111111\/us-east-1.*queueName/) }]);
  });

  test('with crossRegionReferences it needs none', () => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: TOPIC_REGION }, crossRegionReferences: true });
    const queues = new Stack(app, 'Queues', { env: ENV, crossRegionReferences: true });
    const dead = new sqs.Queue(topics, 'Dead');
    new sns.Topic(topics, 'Topic').addSubscription(new QueueSubscription(new sqs.Queue(queues, 'Queue'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) }));
    expect(statements(topics, 'AWS::SQS::QueuePolicy', SNS)).toHaveLength(1);
    expect(() => app.synth()).not.toThrow();
  });

  test('none, with a reason, needs no queue', () => {
    const { queues, orders } = twoRegions();
    orders.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters: SubscriptionDeadLetters.none('only a cache is warmed') }));
    expect(only(queues, 'AWS::SNS::Subscription').Properties.RedrivePolicy).toBeUndefined();
  });

  test('an imported queue of the Region of the topic is taken, and the warning carries its statement', () => {
    const { queues, orders } = twoRegions();
    const arn = `arn:aws:sqs:${TOPIC_REGION}:${ACCOUNT}:dead`;
    orders.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(sqs.Queue.fromQueueArn(queues, 'Dead', arn)) }));
    expect(only(queues, 'AWS::SNS::Subscription').Properties.RedrivePolicy).toEqual({ deadLetterTargetArn: arn });
    const [{ id, text }, ...rest] = warnings(queues);
    expect([id, rest]).toEqual(['QueueSubscription.importedPolicy', []]);
    expect(statementIn(text)).toMatchObject({ Principal: { Service: SNS }, Action: 'sqs:SendMessage', Resource: arn, Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } });
  });

  test('two subscriptions share one there', () => {
    const { topics, queues, orders } = twoRegions();
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(new sqs.Queue(topics, 'Dead', { queueName: 'dead' }));
    for (const id of ['A', 'B']) orders.addSubscription(new QueueSubscription(new WorkQueue(queues, id), { subscriptionDeadLetters }));
    expect(statements(topics, 'AWS::SQS::QueuePolicy', SNS)).toHaveLength(1);
  });

  // Both directions, and both of Regions that have to be opted into.
  test.each([['me-south-1', REGION], [REGION, 'me-south-1'], ['me-south-1', 'af-south-1']])('from %s to %s: the dead letters stay in one Region, under the principal of the service', (topicRegion, queueRegion) => {
    const { app, topics, queues, orders } = twoRegions({ topicRegion, queueRegion });
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(new sqs.Queue(topics, 'Dead', { queueName: 'dead', encryptionMasterKey: new kms.Key(topics, 'Key') }));
    orders.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters }));
    expect(statements(topics, 'AWS::SQS::QueuePolicy').flatMap(({ Principal }) => Principal.Service ?? [])).toEqual([SNS]);
    expect(statements(topics, 'AWS::KMS::Key').flatMap(({ Principal }) => Principal.Service ?? [])).toEqual([SNS]);
    app.synth();
  });

  test('in two stages nothing waits for the other', () => {
    const app = new App();
    const topics = new Stack(new Stage(app, 'One'), 'Topics', { env: { account: ACCOUNT, region: TOPIC_REGION } });
    const queues = new Stack(new Stage(app, 'Two'), 'Queues', { env: ENV });
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(new sqs.Queue(topics, 'Dead', { queueName: 'dead' }));
    new FanOut(topics, 'Orders', { topicName: 'orders' }).addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters }));
    expect(() => app.synth()).not.toThrow();
    expect(queues.dependencies).toEqual([]);
  });

  test('a queue and its dead letters in the Region of the topic, subscribed from elsewhere: the default is the same as the queue', () => {
    const { app, topics, orders } = twoRegions();
    const work = new WorkQueue(topics, 'Jobs', { queueName: 'jobs', deadLetters: DeadLetters.existing(new sqs.Queue(topics, 'Dead', { queueName: 'dead', retentionPeriod: Duration.days(14) })) });
    const subscription = orders.addSubscription(new QueueSubscription(work));
    expect(subscription.deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
    app.synth();
  });

  test('an imported queue elsewhere, subscribed where the topic is: a dedicated queue beside the topic', () => {
    const stack = newStack({ env: ENV });
    const queue = sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${TOPIC_REGION}:${ACCOUNT}:q`);
    const { deadLetterQueue } = new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue));
    expect(deadLetterQueue!.node.path).toMatch(/^Stack\/\w+\/StackTopic\w+\/DeadLetterQueue$/);
  });
});

describe('two accounts', () => {
  test('of one Region: the dead letters are in the account of the subscription', () => {
    const { app, topics, queues, orders } = twoRegions({ topicRegion: REGION, queueAccount: OTHER_ACCOUNT });
    const work = new WorkQueue(queues, 'Jobs');
    expect(orders.addSubscription(new QueueSubscription(work)).deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(new sqs.Queue(topics, 'Dead', { queueName: 'dead' }));
    expect(refusal(() => orders.addSubscription(new QueueSubscription(new WorkQueue(queues, 'More'), { subscriptionDeadLetters }))).problems)
      .toMatchObject([{ prop: 'subscriptionDeadLetters', got: expect.stringContaining(ACCOUNT), allowed: expect.stringContaining(OTHER_ACCOUNT) }]);
    app.synth();
  });

  test('of two Regions: in the account of the subscription and the Region of the topic', () => {
    const { app, topics, queues, orders } = twoRegions({ queueAccount: OTHER_ACCOUNT });
    const there = new Stack(app, 'There', { env: { account: OTHER_ACCOUNT, region: TOPIC_REGION } });
    const add = (dead?: sqs.IQueue) => orders.addSubscription(new QueueSubscription(queue, {
      subscriptionDeadLetters: dead && SubscriptionDeadLetters.existing(dead),
    }));
    const queue = new WorkQueue(queues, 'Jobs');
    expect(refusal(() => add()).problems).toMatchObject([elsewhere(TOPIC_REGION)]);
    const otherAccount = { prop: 'subscriptionDeadLetters', got: expect.stringContaining(ACCOUNT), allowed: expect.stringContaining(OTHER_ACCOUNT) };
    const otherRegion = { prop: 'subscriptionDeadLetters', got: expect.stringContaining('eu-central-1'), allowed: expect.stringContaining(TOPIC_REGION) };
    expect(refusal(() => add(new sqs.Queue(topics, 'Dead', { queueName: 'dead' }))).problems).toMatchObject([otherAccount]);
    expect(refusal(() => add(sqs.Queue.fromQueueArn(queues, 'Both', `arn:aws:sqs:eu-central-1:${ACCOUNT}:dead`))).problems).toMatchObject([otherAccount, otherRegion]);
    const dead = new sqs.Queue(there, 'Dead', { queueName: 'dead' });
    expect(add(dead).deadLetterQueue!.node).toBe(dead.node);
    expect(statements(there, 'AWS::SQS::QueuePolicy', SNS)).toMatchObject([{
      Condition: {
        ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sns:${TOPIC_REGION}:${ACCOUNT}:orders`]] } },
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
      },
    }]);
    expect(cycles(app)).toEqual({});
  });
});

describe('imported topics of another Region', () => {
  const importing = (stack: Stack, arn = `arn:aws:sns:${TOPIC_REGION}:${ACCOUNT}:orders`) => FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicArn(stack, 'Topic', arn));

  test('a queue made here has no dead letters there: refused, and nothing is left behind', () => {
    const stack = newStack({ env: ENV });
    const orders = importing(stack);
    const before = tree(stack);
    expect(refusal(() => orders.addQueue('Billing')).problems).toMatchObject([elsewhere(TOPIC_REGION)]);
    expect(refusal(() => orders.addQueue('Billing', { subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue() })).problems).toMatchObject([elsewhere(TOPIC_REGION)]);
    expect(tree(stack)).toEqual(before);
  });

  test('one there takes them', () => {
    const stack = newStack({ env: ENV });
    const dead = sqs.Queue.fromQueueArn(stack, 'Dead', `arn:aws:sqs:${TOPIC_REGION}:${ACCOUNT}:dead`);
    importing(stack).addQueue('Billing', { encryption: Encryption.customerManaged(), subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) });
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ Region: TOPIC_REGION, RedrivePolicy: { deadLetterTargetArn: dead.queueArn } });
  });

  test.each<[string, () => Stack, (stack: Stack) => string | undefined]>([
    ['the Region of the stack is not known', () => newStack(), () => undefined],
    ['the ARN of the topic is not known', () => newStack({ env: ENV }), stack => new CfnParameter(stack, 'Arn').valueAsString],
    ['the Region of the topic is that of the stack', () => newStack({ env: ENV }), stack => `arn:aws:sns:${stack.region}:${ACCOUNT}:orders`],
  ])('%s: the same Region is assumed', (_, make, arnIn) => {
    const stack = make();
    const orders = importing(stack, arnIn(stack));
    const work = orders.addQueue('Billing');
    expect(orders.subscriptions[0].deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
    orders.addQueue('Audit', { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Dead', new CfnParameter(stack, 'DeadArn').valueAsString));
    expect(() => orders.addQueue('Search', { subscriptionDeadLetters })).not.toThrow();
    expect(resourceOf(orders.subscriptions[2]).Properties.RedrivePolicy).toEqual({ deadLetterTargetArn: { Ref: 'DeadArn' } });
  });

  test('dead letters whose Region is not known are taken where that of the topic is', () => {
    const stack = newStack({ env: ENV });
    const dead = sqs.Queue.fromQueueArn(stack, 'Dead', new CfnParameter(stack, 'DeadArn').valueAsString);
    expect(() => importing(stack).addQueue('Billing', { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) })).not.toThrow();
  });
});

test('a delivery stream of another Region than its topic is refused', () => {
  const { app, topics, queues, orders } = twoRegions();
  const streamArn = (stack: Stack) => stack.formatArn({ service: 'firehose', resource: 'deliverystream', resourceName: 'archive' });
  const subscribe = (stack: Stack) => orders.addSubscription(SubscriptionDeadLetters.none('not tested here').applyTo(
    new FirehoseSubscription(firehose.DeliveryStream.fromDeliveryStreamArn(stack, 'Stream', streamArn(stack)))));
  expect(refusal(() => subscribe(queues)).problems).toMatchObject([
    { prop: 'topic', got: expect.stringMatching(`${TOPIC_REGION}.*delivery stream in Region ${REGION}`), allowed: expect.stringContaining('the Region of the topic') },
  ]);
  subscribe(topics);
  app.synth();
});
