import { App, Aspects, IPropertyInjector, Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { newStack, refusedAtSynth } from './support';
import { FanOut, FanOutProps, FifoFanOut, FilterPolicy, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';

const subscriptionDeadLetters = SubscriptionDeadLetters.none('not tested here');
const topicOf = ({ node }: FanOut | FifoFanOut) => node.defaultChild as sns.CfnTopic;
const l1 = (subscription: sns.Subscription) => subscription.node.defaultChild as sns.CfnSubscription;
const found = (stack: Stack) => refusedAtSynth(stack).flatMap(({ problems }) => problems);

/** An app whose L2s of one kind get other props. */
const injecting = (constructUniqueId: string, extra: object) => {
  const injector: IPropertyInjector = { constructUniqueId, inject: original => ({ ...original, ...extra }) };
  return newStack({}, new App({ propertyInjectors: [injector] }));
};

describe('FifoTopic', () => {
  const STANDARD = { prop: 'topic', got: "FifoTopic true on 'Stack/Orders/Topic'", allowed: 'a standard topic' };
  const FIFO = { prop: 'topic', got: "FifoTopic false on 'Stack/Orders/Topic'", allowed: 'a FIFO topic' };

  test('that an escape hatch sets or deletes is refused', () => {
    const stack = newStack();
    topicOf(new FanOut(stack, 'Orders')).addPropertyOverride('FifoTopic', true);
    expect(refusedAtSynth(stack)).toMatchObject([{ construct: 'FanOut', path: 'Stack/Orders', problems: [STANDARD] }]);
    const other = newStack();
    topicOf(new FifoFanOut(other, 'Orders')).addPropertyDeletionOverride('FifoTopic');
    expect(refusedAtSynth(other)).toMatchObject([{ construct: 'FifoFanOut', path: 'Stack/Orders', problems: [FIFO] }]);
  });

  test('that an aspect or an injector changes is refused', () => {
    const stack = newStack();
    Aspects.of(new FanOut(stack, 'Orders')).add({ visit: node => { if (sns.CfnTopic.isCfnTopic(node)) node.fifoTopic = true; } });
    expect(found(stack)).toMatchObject([STANDARD]);
    const injected = injecting(sns.Topic.PROPERTY_INJECTION_ID, { fifo: true });
    new FanOut(injected, 'Orders');
    expect(found(injected)).toMatchObject([STANDARD]);
  });

  test('as it was is fine, for a topic that exists too', () => {
    const stack = newStack();
    topicOf(new FanOut(stack, 'Orders')).addPropertyOverride('FifoTopic', false);
    topicOf(new FifoFanOut(stack, 'Bookings')).addPropertyOverride('FifoTopic', true);
    FanOut.fromTopic(stack, 'Existing', new sns.Topic(stack, 'Topic'));
    expect(found(stack)).toEqual([]);
  });
});

describe('MaximumMessageSize', () => {
  const sized = (size: unknown, subscribe: (orders: FanOut) => unknown = () => undefined, props: FanOutProps = {}) => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders', props);
    subscribe(orders);
    topicOf(orders).addPropertyOverride('MaximumMessageSize', size);
    return refusedAtSynth(stack);
  };
  const email = (orders: FanOut) => orders.addSubscription(new subs.EmailSubscription('orders@example.com'));
  const queues = (count: number) => (orders: FanOut) => {
    for (let index = 0; index < count; index++) {
      const queue = sqs.Queue.fromQueueArn(orders, `Queue${index}`, `arn:aws:sqs:us-east-1:111111111111:queue${index}`);
      orders.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters }));
    }
  };

  test.each([1024, 1_048_576, { Ref: 'AWS::NoValue' }])('%p is accepted', size => {
    expect(sized(size)).toEqual([]);
  });
  test.each([1023, 1_048_577, -1, 1024.5])('%p is refused', size => {
    expect(sized(size)).toMatchObject([{ construct: 'FanOut', path: 'Stack/Orders', problems: [{ prop: 'maxMessageSize', got: expect.stringContaining(`${size}`), allowed: expect.stringMatching(/1 KiB to 1 MiB/) }] }]);
  });
  test('of more than 256 KiB is refused with a protocol that does not have it, at the subscription', () => {
    expect(sized(262_144, email)).toEqual([]);
    expect(sized(262_145, email)).toMatchObject([{ construct: 'FanOut', path: expect.stringContaining('orders@example.com'), problems: [{ prop: 'protocol', got: "'email'" }] }]);
  });
  test('of more than 256 KiB is refused with more than 100 subscriptions', () => {
    expect(sized(262_145, queues(100))).toEqual([]);
    expect(sized(262_144, queues(101))).toEqual([]);
    expect(sized(262_145, queues(101))).toMatchObject([{ path: 'Stack/Orders', problems: [{ prop: 'maxMessageSize', allowed: expect.stringMatching(/^at most 100 subscriptions/) }] }]);
  });
});

describe('FilterPolicy', () => {
  const filtered = (change: (resource: sns.CfnSubscription) => void, filterPolicy?: FilterPolicy) => {
    const stack = newStack();
    const queue = new WorkQueue(stack, 'Jobs');
    change(l1(new FanOut(stack, 'Orders').addSubscription(new QueueSubscription(queue, { filterPolicy }))));
    return refusedAtSynth(stack);
  };
  const SIX = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`k${index}`, ['v']]));

  test('of an escape hatch is checked as one of the subscription, and told there', () => {
    expect(filtered(resource => resource.addPropertyOverride('FilterPolicy', SIX))).toMatchObject([
      { construct: 'QueueSubscription', path: expect.stringMatching(/^Stack\/Jobs\/StackOrders/), problems: [{ prop: 'FilterPolicy', got: '6 keys', allowed: '1 to 5 keys' }] },
    ]);
    expect(filtered(resource => resource.addPropertyOverride('FilterPolicy.kind', ['paid']))).toEqual([]);
  });
  test('of an aspect, or of an injector, is checked', () => {
    expect(filtered(resource => { resource.filterPolicy = { kind: [] }; })).toMatchObject([{ problems: [{ prop: 'FilterPolicy', allowed: 'at least one condition' }] }]);
    const stack = injecting(sns.Subscription.PROPERTY_INJECTION_ID, { filterPolicy: { kind: new sns.SubscriptionFilter([{ startsWith: 'x' }]) } });
    new FanOut(stack, 'Orders').addQueue('Billing');
    expect(found(stack)).toMatchObject([{ prop: 'FilterPolicy', got: "the operator 'startsWith' for 'kind'" }]);
  });
  test('with nested keys needs the scope of the body', () => {
    const nested = { order: { kind: ['paid'] } };
    expect(filtered(resource => resource.addPropertyOverride('FilterPolicy', nested))).toMatchObject([{ problems: [{ prop: 'FilterPolicy', got: expect.stringContaining("'order'") }] }]);
    expect(filtered(resource => {
      resource.addPropertyOverride('FilterPolicy', nested);
      resource.addPropertyOverride('FilterPolicyScope', 'MessageBody');
    })).toEqual([]);
  });
  test('with intrinsic functions, with tokens or as a token is not known', () => {
    expect(filtered(resource => resource.addPropertyOverride('FilterPolicy', { kind: { Ref: 'Kinds' }, size: [{ 'Fn::Sub': 'x' }], id: [{ prefix: { Ref: 'Prefix' } }] }))).toEqual([]);
    expect(filtered(resource => { resource.filterPolicy = Token.asAny({ kind: [Token.asString({ Ref: 'Kind' })] }); })).toEqual([]);
    expect(filtered(resource => { resource.filterPolicy = Token.asAny({ 'Fn::Transform': 'x' }); })).toEqual([]);
    expect(filtered(resource => { resource.filterPolicy = Token.asAny(SIX); })).toMatchObject([{ problems: [{ got: '6 keys' }] }]);
  });
  test('that is deleted lets every message pass', () => {
    expect(filtered(resource => resource.addPropertyDeletionOverride('FilterPolicy'), FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.existsFilter() }))).toEqual([]);
  });
});

describe('RedrivePolicy', () => {
  const ENV = { account: '111111111111', region: 'us-east-1' };
  const redriven = (arn: (stack: Stack) => unknown, how: 'aspect' | 'override' = 'override') => {
    const stack = newStack({ env: ENV });
    const queue = new WorkQueue(stack, 'Jobs');
    const resource = l1(new FanOut(stack, 'Orders').addSubscription(new QueueSubscription(queue)));
    const deadLetterTargetArn = arn(stack);
    if (how === 'aspect') resource.redrivePolicy = { deadLetterTargetArn };
    else resource.addPropertyOverride('RedrivePolicy', { deadLetterTargetArn });
    return refusedAtSynth(stack);
  };
  const refused = (got: RegExp) => [{
    construct: 'QueueSubscription', path: expect.stringMatching(/^Stack\/Jobs\/StackOrders/), problems: [expect.objectContaining({ prop: 'RedrivePolicy', got: expect.stringMatching(got) })],
  }];

  test.each(['aspect', 'override'] as const)('with a queue that does not let SNS send is refused (%s)', how => {
    expect(redriven(stack => new sqs.Queue(stack, 'Other').queueArn, how)).toMatchObject(refused(/^'Stack\/Other', whose policy/));
  });
  test.each(['aspect', 'override'] as const)('with one that does is accepted (%s)', how => {
    const other = (stack: Stack) => {
      const queue = new sqs.Queue(stack, 'Other');
      new sns.Topic(stack, 'More').addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters }));
      return queue.queueArn;
    };
    expect(redriven(other, how)).toEqual([]);
  });
  test('with a FIFO queue is refused, by reference and by ARN', () => {
    expect(redriven(stack => new sqs.Queue(stack, 'Other', { fifo: true }).queueArn)).toMatchObject([{ problems: [{ got: "the FIFO queue 'Stack/Other'" }, { got: expect.stringContaining('whose policy') }] }]);
    expect(redriven(() => 'arn:aws:sqs:us-east-1:111111111111:other.fifo')).toMatchObject(refused(/FIFO queue 'arn:aws:sqs:us-east-1:111111111111:other.fifo'$/));
  });
  test('with a queue of another account or Region is refused', () => {
    expect(redriven(() => 'arn:aws:sqs:us-east-1:222222222222:other')).toMatchObject(refused(/222222222222:other in another account or Region$/));
    expect(redriven(() => 'arn:aws:sqs:eu-west-1:111111111111:other')).toMatchObject(refused(/in another account or Region$/));
    expect(redriven(stack => new sqs.Queue(new Stack(stack.node.root, 'Far', { env: { ...ENV, region: 'eu-west-1' } }), 'Other', { queueName: 'other' }).queueArn, 'aspect'))
      .toMatchObject([{ problems: [{ got: "'Far/Other' in another account or Region" }, { got: expect.stringContaining('whose policy') }] }]);
  });
  test('with a queue encrypted with alias/aws/sqs is refused', () => {
    expect(redriven(stack => new sqs.Queue(stack, 'Other', { encryption: sqs.QueueEncryption.KMS_MANAGED }).queueArn)).toMatchObject([
      { problems: [{ got: "'Stack/Other', encrypted with alias/aws/sqs" }, { got: expect.stringContaining('whose policy') }] },
    ]);
  });
  test('with a queue of the account that another app creates, or that is not known, is accepted', () => {
    expect(redriven(() => 'arn:aws:sqs:us-east-1:111111111111:other')).toEqual([]);
    expect(redriven(() => ({ Ref: 'DeadLetterArn' }))).toEqual([]);
    expect(redriven(() => Token.asString({ 'Fn::ImportValue': 'Dead' }))).toEqual([]);
    expect(redriven(() => 'a placeholder')).toEqual([]);
  });
  test('that is deleted, or that stays when another property changes, is left alone', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    l1(orders.addSubscription(new QueueSubscription(new WorkQueue(stack, 'A')))).addPropertyDeletionOverride('RedrivePolicy');
    l1(orders.addSubscription(new QueueSubscription(new WorkQueue(stack, 'B')))).addPropertyOverride('RawMessageDelivery', true);
    expect(found(stack)).toEqual([]);
  });
});
