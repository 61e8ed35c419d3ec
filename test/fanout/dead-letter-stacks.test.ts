import { App, NestedStack, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { cycleIn, cycles } from './references';
import { ACCOUNT, REGION, refusal, statements, tree } from './support';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';

/** Makes parts in an order: CDK finds what depends on what from the references, whichever came first. */
function inOrder<T extends Record<string, () => unknown>>(order: (keyof T)[], parts: T): { [K in keyof T]: ReturnType<T[K]> } {
  const made: Partial<Record<keyof T, unknown>> = {};
  order.forEach(name => made[name] = parts[name]());
  return made as { [K in keyof T]: ReturnType<T[K]> };
}

const sends = (stack: Stack) => statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com');

test('the check finds a circle', () => {
  const circle = { A: { Properties: { B: { 'Fn::GetAtt': ['B', 'Arn'] } } }, B: { DependsOn: ['C'] }, C: { Properties: { Name: { 'Fn::Sub': 'x-${A.Name}' } } } };
  expect(cycleIn({ Resources: circle })).toEqual(['A', 'B', 'C', 'A']);
  expect(cycleIn({ Resources: { ...circle, C: { Properties: { Name: { Ref: 'AWS::StackName' } } } } })).toEqual([]);
});

describe.each([[false], [true]])('a shared dead-letter queue elsewhere (FIFO: %p)', fifo => {
  const ordering = fifo ? Ordering.fifo() : undefined;
  const make = (stack: Stack): FanOut | FifoFanOut => fifo ? new FifoFanOut(stack, 'Orders') : new FanOut(stack, 'Orders');

  test('in the parent stack, with the fan-out nested: a dead-letter queue for each subscription', () => {
    const app = new App();
    const parent = new Stack(app, 'Parent');
    const shared = new SharedDeadLetterQueue(parent, 'Dead', { ordering });
    const nested = new NestedStack(parent, 'Nested');
    const fanOut = make(nested);
    const work = fanOut.addQueue('Billing', { deadLetters: DeadLetters.shared(shared) });
    const [{ deadLetterQueue }] = fanOut.subscriptions;
    expect(work.deadLetterQueue!.node).toBe(shared.node);
    expect(deadLetterQueue!.node.path).toBe('Parent/Nested/Orders/Billing/Subscription/DeadLetterQueue');
    expect(deadLetterQueue!.fifo).toBe(fifo);
    expect(sends(parent)).toEqual([]);
    expect(sends(nested)).toHaveLength(2);
    expect(cycles(app)).toEqual({});
  });

  test.each([[['dead', 'topic']], [['topic', 'dead']]] as ('dead' | 'topic')[][][])('in a central stack, made in the order %p', order => {
    const app = new App();
    const { dead, topic } = inOrder(order, { dead: () => new Stack(app, 'Central'), topic: () => new Stack(app, 'Topics') });
    const { shared, fanOut } = inOrder(order.map(name => ({ dead: 'shared', topic: 'fanOut' } as const)[name]), {
      shared: () => new SharedDeadLetterQueue(dead, 'Dead', { ordering }), fanOut: () => make(topic),
    });
    const before = tree(app);
    for (const explicit of [SubscriptionDeadLetters.sameAsQueue(), SubscriptionDeadLetters.existing(shared)]) {
      expect(refusal(() => fanOut.addQueue('Billing', { deadLetters: DeadLetters.shared(shared), subscriptionDeadLetters: explicit }))).toMatchObject({
        construct: 'QueueSubscription',
        path: 'Topics/Orders/Billing/Subscription',
        problems: [{ prop: 'subscriptionDeadLetters', got: expect.stringContaining("'Central/Dead'"), allowed: expect.stringContaining('in the stack of the subscription or of the topic') }],
      });
    }
    expect(tree(app)).toEqual(before);
    fanOut.addQueue('Billing', { deadLetters: DeadLetters.shared(shared) });
    expect(fanOut.subscriptions[0].deadLetterQueue!.node.path).toBe('Topics/Orders/Billing/Subscription/DeadLetterQueue');
    expect(cycles(app)).toEqual({});
    expect(topic.dependencies).toEqual([dead]);
    expect(dead.dependencies).toEqual([]);
  });

  test('in a central stack, with queues in a third', () => {
    const app = new App();
    const [central, topics, queues] = ['Central', 'Topics', 'Queues'].map(id => new Stack(app, id));
    const deadLetters = DeadLetters.shared(new SharedDeadLetterQueue(central, 'Dead', { ordering }));
    const fanOut = make(topics);
    fanOut.addQueue('Own', { deadLetters });
    fanOut.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs', { ordering, deadLetters })));
    expect(cycles(app)).toEqual({});
    expect(fanOut.subscriptions.map(({ deadLetterQueue }) => Stack.of(deadLetterQueue!))).toEqual([topics, queues]);
    expect(sends(central)).toEqual([]);
  });

  test('in the stack of the topic, with the queue in another: the default is the same as the queue', () => {
    const app = new App();
    const [topics, queues] = ['Topics', 'Queues'].map(id => new Stack(app, id));
    const shared = new SharedDeadLetterQueue(topics, 'Dead', { ordering });
    const fanOut = make(topics);
    const subscription = fanOut.addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs', { ordering, deadLetters: DeadLetters.shared(shared) })));
    expect(subscription.deadLetterQueue!.node).toBe(shared.node);
    expect(cycles(app)).toEqual({});
    expect([sends(topics).length, sends(queues).length]).toEqual([1, 1]);
    expect(topics.dependencies).toEqual([]);
  });

  test('in the stack of the topic that is the parent, with the queue nested', () => {
    const app = new App();
    const parent = new Stack(app, 'Parent');
    const shared = new SharedDeadLetterQueue(parent, 'Dead', { ordering });
    const fanOut = make(parent);
    const nested = new NestedStack(parent, 'Nested');
    expect(fanOut.addSubscription(new QueueSubscription(new WorkQueue(nested, 'Jobs', { ordering, deadLetters: DeadLetters.shared(shared) }))).deadLetterQueue!.node).toBe(shared.node);
    expect(cycles(app)).toEqual({});
  });
});

test.each([['dead first', true], ['dead last', false]])('a plain queue whose dead-letter queue is elsewhere, %s: its own', (_, first) => {
  const app = new App();
  const early = new Stack(app, 'Early');
  const late = new Stack(app, 'Late');
  const [central, topics] = first ? [early, late] : [late, early];
  const dead = new sqs.Queue(central, 'Dead');
  const queue = new sqs.Queue(topics, 'Queue', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 } });
  const { deadLetterQueue } = new FanOut(topics, 'Orders').addSubscription(new QueueSubscription(queue));
  expect(deadLetterQueue!.node.path).toEqual(expect.stringMatching(new RegExp(`^${topics.node.id}/Queue/\\w+OrdersTopic\\w+/DeadLetterQueue$`)));
  expect(cycles(app)).toEqual({});
});

test('an imported dead-letter queue can be named anywhere: its owner adds the statement', () => {
  const app = new App();
  const [central, topics] = ['Central', 'Topics'].map(id => new Stack(app, id));
  const dead = sqs.Queue.fromQueueArn(central, 'Dead', `arn:aws:sqs:${REGION}:${ACCOUNT}:dead`);
  const fanOut = new FanOut(topics, 'Orders');
  fanOut.addQueue('Billing', { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) });
  expect(fanOut.subscriptions[0].deadLetterQueue!.node).toBe(dead.node);
  expect(cycles(app)).toEqual({});
});

test('an imported topic is no resource that a stack could depend on: the central queue takes its statement', () => {
  const app = new App();
  const [central, topics] = ['Central', 'Topics'].map(id => new Stack(app, id));
  const shared = new SharedDeadLetterQueue(central, 'Dead');
  const topic = sns.Topic.fromTopicArn(topics, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:t`);
  const fanOut = FanOut.fromTopic(topics, 'Orders', topic);
  fanOut.addQueue('Billing', { deadLetters: DeadLetters.shared(shared) });
  expect(fanOut.subscriptions[0].deadLetterQueue!.node).toBe(shared.node);
  expect(sends(central)).toHaveLength(1);
  expect(cycles(app)).toEqual({});
});

test('a queue of another stack than a plain topic is subscribed in its own stack', () => {
  const app = new App();
  const [topics, queues] = ['Topics', 'Queues'].map(id => new Stack(app, id));
  const topic = new sns.Topic(topics, 'Topic');
  const queue = new sqs.Queue(queues, 'Queue');
  expect(Stack.of(topic.addSubscription(new QueueSubscription(queue)))).toBe(queues);
  expect(cycles(app)).toEqual({});
  expect(queues.dependencies).toEqual([topics]);
  expect(topics.dependencies).toEqual([]);
});
