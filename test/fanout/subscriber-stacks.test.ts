import { App, CfnResource, DefaultStackSynthesizer, Duration, Lazy, NestedStack, Stack, Stage, Tags } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ENV, refusal, refusedAtSynth, resources, tree, warnings } from './support';
import { Encryption } from '../../src/access';
import { FanOut, FifoFanOut, FilterPolicy, Replay, SubscriberQueueProps, SubscriberStacks, SubscriberStacksProps, SubscriptionDeadLetters } from '../../src/fanout';
import { assignedStack } from '../../src/fanout/private/stack-assignment';
import { DeadLetters, Deduplication, Ordering, SharedDeadLetterQueue } from '../../src/queues';

const MEGABYTE = 1_000_000;

const idsUpTo = (count: number) => Array.from({ length: count }, (_, index) => `Tenant${index + 1}`);

/** A topic in a stack, with subscriber stacks beside it. */
function setUp(props: Partial<SubscriberStacksProps> = {}) {
  const app = new App({ analyticsReporting: false, treeMetadata: false, stackTraces: false });
  const home = new Stack(app, 'Home');
  const orders = new FanOut(home, 'Orders');
  const subscribers = new SubscriberStacks(app, 'Subscribers', { topic: orders, stackCount: 3, ...props });
  return { app, home, orders, subscribers };
}

/** Ids that belong to one of the stacks. */
const idsOf = (stack: number, stackCount: number) => idsUpTo(1000).filter(id => assignedStack(id, stackCount) === stack);

/** The templates of the subscriber stacks, written. */
const templatesOf = ({ app, subscribers }: ReturnType<typeof setUp>) => {
  const { stacks } = app.synth();
  return subscribers.stacks.map(({ artifactId }) => stacks.find(({ id }) => id === artifactId)!.template);
};

/** The stack and the type of each resource, by logical id. */
function resourcesByStack(ids: string[], stackCount: number): Record<string, string> {
  const made = setUp({ stackCount });
  ids.forEach(id => made.subscribers.addQueue(id));
  return Object.fromEntries(templatesOf(made).flatMap(({ Resources }, index) =>
    Object.entries<any>(Resources).map(([id, { Type }]) => [`Stack${index + 1} ${id}`, Type])));
}

test('1,000 subscribers: no cycle, and templates that CloudFormation accepts', () => {
  const made = setUp({ stackCount: 17 });
  const start = Date.now();
  idsUpTo(1000).forEach(id => made.subscribers.addQueue(id));
  const built = Date.now() - start;
  const templates = templatesOf(made);
  console.info(`1,000 subscribers in 17 stacks: built in ${built} ms, synthesized in ${Date.now() - start - built} ms`);

  const counts = templates.map(({ Resources }) => Object.keys(Resources).length);
  expect(Math.max(...counts)).toBeLessThanOrEqual(500);
  expect(counts.reduce((sum, count) => sum + count)).toBe(17 + 5 * 1000);
  expect(Math.max(...templates.map(template => JSON.stringify(template, undefined, 1).length))).toBeLessThan(MEGABYTE);
  expect(made.home.dependencies).toEqual([]);
  made.subscribers.stacks.forEach(stack => expect(stack.dependencies).toEqual([made.home]));
  expect(resources(made.home, 'AWS::SNS::Subscription')).toEqual({});
  expect(made.orders.subscriptions).toHaveLength(1000);
  expect(warnings(made.app)).toEqual([]);
});

describe('the stack of an id', () => {
  test('is contract: a change moves deployed queues, which lose their messages', () => {
    expect(Object.fromEntries(['Billing', 'Audit', 'Search', 'Tenant1', 'Tenant2', 'ä ö'].map(id => [id, assignedStack(id, 20)]))).toMatchInlineSnapshot(`
{
  "Audit": 20,
  "Billing": 2,
  "Search": 18,
  "Tenant1": 16,
  "Tenant2": 7,
  "ä ö": 20,
}
`);
  });

  test('is only ever left for a new stack', () => {
    const ids = idsUpTo(500);
    const moved = ids.filter(id => assignedStack(id, 10) !== assignedStack(id, 11));
    expect(moved.length).toBeGreaterThan(20);
    expect(moved.length).toBeLessThan(80);
    moved.forEach(id => expect(assignedStack(id, 11)).toBe(11));
  });

  test('is one of the stacks', () => {
    expect(new Set(idsUpTo(100).map(id => assignedStack(id, 4)))).toEqual(new Set([1, 2, 3, 4]));
    expect(assignedStack('Billing', 1)).toBe(1);
  });
});

describe('logical ids', () => {
  const ids = idsUpTo(12);
  const all = resourcesByStack(ids, 3);

  test('are contract', () => {
    expect(resourcesByStack(['Billing', 'Audit'], 2)).toMatchInlineSnapshot(`
{
  "Stack1 AuditDeadLetterQueue5CD9B28D": "AWS::SQS::Queue",
  "Stack1 AuditDeadLetterQueuePolicy8DDE88E4": "AWS::SQS::QueuePolicy",
  "Stack1 AuditHomeOrdersTopicF44A931AF190434C": "AWS::SNS::Subscription",
  "Stack1 AuditQueue405FAD88": "AWS::SQS::Queue",
  "Stack1 AuditQueuePolicy8D9A9E55": "AWS::SQS::QueuePolicy",
  "Stack1 cdkdecouplePlaceholder": "AWS::CloudFormation::WaitConditionHandle",
  "Stack2 BillingDeadLetterQueue44936FE8": "AWS::SQS::Queue",
  "Stack2 BillingDeadLetterQueuePolicy258E69CF": "AWS::SQS::QueuePolicy",
  "Stack2 BillingHomeOrdersTopicF44A931A3B51B939": "AWS::SNS::Subscription",
  "Stack2 BillingQueue8B703BAB": "AWS::SQS::Queue",
  "Stack2 BillingQueuePolicyA3E1E4BA": "AWS::SQS::QueuePolicy",
  "Stack2 cdkdecouplePlaceholder": "AWS::CloudFormation::WaitConditionHandle",
}
`);
  });

  test.each<[string, string[]]>([
    ['removed from the middle', ids.filter(id => id !== 'Tenant6')],
    ['added in the middle', [...ids.slice(0, 6), 'New', ...ids.slice(6)]],
    ['added first', ['New', ...ids]],
    ['reordered', [...ids].reverse()],
  ])('stay with an id %s', (_, changed) => {
    const after = resourcesByStack(changed, 3);
    const touched = (id: string) => /Tenant6|New/.test(id);
    const others = (found: Record<string, string>) => Object.fromEntries(Object.entries(found).filter(([id]) => !touched(id)));
    expect(others(after)).toEqual(others(all));
    expect(Object.keys(others(all))).toHaveLength(3 + 11 * 5);
    expect(Object.keys(after)).toHaveLength(3 + changed.length * 5);
  });
});

describe('the stacks', () => {
  test('have the account, Region, tags and termination protection of the stack of the topic', () => {
    const app = new App();
    const home = new Stack(app, 'Home', { env: ENV, terminationProtection: true, tags: { team: 'orders', stage: 'test' } });
    const { stacks } = new SubscriberStacks(app, 'Subscribers', { topic: new FanOut(home, 'Orders'), stackCount: 2 });
    expect(stacks).toHaveLength(2);
    stacks.forEach(stack => {
      expect(stack).toMatchObject({ ...ENV, terminationProtection: true });
      expect(stack.tags.tagValues()).toEqual({ team: 'orders', stage: 'test' });
    });
    expect(stacks.map(({ stackName }) => stackName)).toMatchInlineSnapshot(`
[
  "SubscribersStack1343F0BAE",
  "SubscribersStack2E2890CF7",
]
`);
  });

  test('have the props that they are given', () => {
    const app = new App();
    const home = new Stack(app, 'Home', { terminationProtection: true, tags: { team: 'orders', stage: 'test' } });
    const { stacks } = new SubscriberStacks(app, 'Subscribers', {
      topic: new FanOut(home, 'Orders', { topicName: 'orders' }),
      stackCount: 2,
      stackProps: { env: ENV, stackName: 'tenants', terminationProtection: false, tags: { stage: 'live' }, description: 'Tenants' },
    });
    stacks.forEach(stack => {
      expect(stack).toMatchObject({ ...ENV, terminationProtection: false });
      expect(stack.templateOptions.description).toBe('Tenants');
      expect(stack.tags.tagValues()).toEqual({ team: 'orders', stage: 'live' });
    });
    expect(stacks.map(({ stackName }) => stackName)).toEqual(['tenants-1', 'tenants-2']);
  });

  test('can be deployed without a queue', () => {
    const templates = templatesOf(setUp());
    expect(templates).toHaveLength(3);
    templates.forEach(({ Resources }) => expect(Object.values<any>(Resources).map(({ Type }) => Type)).toEqual(['AWS::CloudFormation::WaitConditionHandle']));
  });

  test('need no assets but their templates', () => {
    const made = setUp();
    made.subscribers.addQueue('Billing');
    const assembly = made.app.synth();
    expect(assembly.stacks).toHaveLength(4);
    expect(assembly.nestedAssemblies).toEqual([]);
    expect(made.app.node.findAll().filter(node => node instanceof NestedStack)).toEqual([]);
  });

  test.each<[string, (home: Stack) => Stack]>([
    ['the stack of the topic', home => home],
    ['a nested stack with the topic', home => new NestedStack(home, 'Nested')],
  ])('can be created in %s', (_, place) => {
    const app = new App();
    const home = new Stack(app, 'Home', { env: ENV });
    const scope = place(home);
    Tags.of(home).add('team', 'orders');
    const subscribers = new SubscriberStacks(scope, 'Subscribers', { topic: new FanOut(scope, 'Orders'), stackCount: 2 });
    const queue = subscribers.addQueue('Billing');
    app.synth();
    expect(home.dependencies).toEqual([]);
    expect(Stack.of(queue)).toMatchObject(ENV);
    expect(Stack.of(queue).dependencies).toEqual([home]);
    expect(Object.values(resources(Stack.of(queue), 'AWS::SQS::Queue')).map(({ Properties: { Tags: tags } }) => tags)).toEqual(
      Array(2).fill([{ Key: 'team', Value: 'orders' }]));
  });

  test('are deployed after the topic, in each stage', () => {
    const app = new App();
    for (const name of ['Test', 'Live']) {
      const stage = new Stage(app, name, { env: ENV });
      const orders = new FanOut(new Stack(stage, 'Home'), 'Orders');
      const subscribers = new SubscriberStacks(stage, 'Subscribers', { topic: orders, stackCount: 2 });
      idsUpTo(4).forEach(id => subscribers.addQueue(id));
      const { stacks } = stage.synth();
      expect(stacks[0].stackName).toBe(`${name}-Home`);
      expect(stacks.slice(1)).toHaveLength(2);
      stacks.slice(1).forEach(stack => {
        expect(stack.stackName).toMatch(new RegExp(`^${name}-Subscribers`));
        expect(stack.dependencies.map(({ id }) => id)).toContain(stacks[0].id);
      });
    }
  });

  test('in another stage than the topic are of no use, which the queue says', () => {
    const app = new App();
    const orders = new FanOut(new Stack(new Stage(app, 'Test'), 'Home'), 'Orders');
    const subscribers = new SubscriberStacks(new Stage(app, 'Live'), 'Subscribers', { topic: orders, stackCount: 1 });
    const before = tree(app);
    expect(refusal(() => subscribers.addQueue('Billing'))).toMatchObject({ construct: 'QueueSubscription', problems: [{ prop: 'topic' }] });
    expect(tree(app)).toEqual(before);
  });

  describe('synthesizer', () => {
    const make = (app: App, stackSynthesizer?: DefaultStackSynthesizer, synthesizer?: DefaultStackSynthesizer) => {
      const topic = new FanOut(new Stack(app, 'Home', { synthesizer: stackSynthesizer }), 'Orders');
      return new SubscriberStacks(app, 'Subscribers', { topic, stackCount: 2, stackProps: { synthesizer } });
    };
    const custom = () => new DefaultStackSynthesizer({ qualifier: 'custom' });

    test('is that of the app', () => {
      const { stacks } = make(new App({ defaultStackSynthesizer: custom() }));
      expect(stacks.map(({ synthesizer }) => synthesizer.bootstrapQualifier)).toEqual(['custom', 'custom']);
    });

    test('can be specified', () => {
      const { stacks } = make(new App(), custom(), custom());
      expect(stacks.map(({ synthesizer }) => synthesizer.bootstrapQualifier)).toEqual(['custom', 'custom']);
    });

    test('has to be specified if the stack of the topic has one of its own', () => {
      const app = new App();
      expect(refusal(() => make(app, custom()))).toMatchObject({ construct: 'SubscriberStacks', problems: [{ prop: 'stackProps.synthesizer', got: expect.stringContaining('hnb659fds'), allowed: expect.stringContaining('custom') }] });
      expect(tree(app).filter(path => path.startsWith('Subscribers'))).toEqual([]);
    });
  });
});

describe('props that are refused', () => {
  test.each<[string, Partial<SubscriberStacksProps>, string]>([
    ['no stack', { stackCount: 0 }, 'stackCount'],
    ['one more than the quota', { stackCount: 2001 }, 'stackCount'],
    ['half a stack', { stackCount: 1.5 }, 'stackCount'],
    ['a number of stacks only known at deployment', { stackCount: Lazy.number({ produce: () => 3 }) }, 'stackCount'],
    ['an empty name', { stackProps: { stackName: '' } }, 'stackProps.stackName'],
    ['a name with an underscore', { stackProps: { stackName: 'the_tenants' } }, 'stackProps.stackName'],
    ['a name that begins with a digit', { stackProps: { stackName: '1st' } }, 'stackProps.stackName'],
    ['a name without room for the number', { stackProps: { stackName: 'x'.repeat(127) } }, 'stackProps.stackName'],
    ['a name only known at deployment', { stackProps: { stackName: Lazy.string({ produce: () => 'tenants' }) } }, 'stackProps.stackName'],
  ])('%s', (_, props, prop) => {
    const { app, orders } = setUp();
    const before = tree(app);
    expect(refusal(() => new SubscriberStacks(app, 'More', { topic: orders, stackCount: 2, ...props }))).toMatchObject({
      construct: 'SubscriberStacks', path: 'More', problems: [{ prop }],
    });
    expect(tree(app)).toEqual(before);
  });

  test('all at once', () => {
    expect(refusal(() => setUp({ stackCount: 0, stackProps: { stackName: '' } })).problems.map(({ prop }) => prop)).toEqual(['stackCount', 'stackProps.stackName']);
  });

  test('not the longest name', () => {
    const { subscribers } = setUp({ stackCount: 10, stackProps: { stackName: 'x'.repeat(125) } });
    expect(subscribers.stacks[9].stackName).toHaveLength(128);
  });

  test('not the largest number of stacks', () => {
    const { subscribers } = setUp({ stackCount: 2000 });
    expect(subscribers.stacks).toHaveLength(2000);
    expect(subscribers.addQueue('Billing').node.path).toBe(`Subscribers/Stack${assignedStack('Billing', 2000)}/Billing`);
  });
});

describe('addQueue', () => {
  test('returns the queue, which is reached by its id', () => {
    const { subscribers } = setUp();
    const queue = subscribers.addQueue('Billing');
    expect(subscribers.queues).toEqual({ Billing: queue });
    subscribers.queues.Other = queue;
    expect(Object.keys(subscribers.queues)).toEqual(['Billing']);
    expect(Stack.of(queue)).toBe(subscribers.stacks[assignedStack('Billing', 3) - 1]);
  });

  test('has the props of the queue and of its subscription', () => {
    const { app, subscribers } = setUp();
    const stack = Stack.of(subscribers.addQueue('Billing', {
      queueName: 'billing',
      filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) }),
      rawMessageDelivery: true,
      subscriptionDeadLetters: SubscriptionDeadLetters.dedicated(),
    }));
    app.synth();
    expect(Object.values(resources(stack, 'AWS::SQS::Queue')).map(({ Properties }) => Properties.QueueName)).toContain('billing');
    expect(Object.keys(resources(stack, 'AWS::SQS::Queue'))).toHaveLength(3);
    expect(Object.values(resources(stack, 'AWS::SNS::Subscription'))).toMatchObject([{ Properties: { FilterPolicy: { kind: ['paid'] }, RawMessageDelivery: true } }]);
  });

  test('refuses a name that another queue of these stacks has, in whatever stack it is', () => {
    const { app, subscribers } = setUp();
    const [[first], [second]] = [idsOf(1, 3), idsOf(2, 3)];
    subscribers.addQueue(first, { queueName: 'billing' });
    const before = tree(app);
    expect(refusal(() => subscribers.addQueue(second, { queueName: 'billing' }))).toMatchObject({
      construct: 'SubscriberStacks', problems: [{ prop: 'addQueue(props).queueName', got: `'billing', which is also the name of 'Subscribers/Stack1/${first}'` }],
    });
    expect(tree(app)).toEqual(before);
    subscribers.addQueue(second, { queueName: 'more-billing' });
    expect(refusedAtSynth(app)).toEqual([]);
  });

  test.each([['an empty id', ''], ['an id only known at deployment', Lazy.string({ produce: () => 'Billing' })], ['an id that is used', 'Billing']])('refuses %s', (_, id) => {
    const { app, subscribers } = setUp();
    subscribers.addQueue('Billing');
    const before = tree(app);
    expect(refusal(() => subscribers.addQueue(id))).toMatchObject({ construct: 'SubscriberStacks', path: 'Subscribers', problems: [{ prop: 'addQueue(id)' }] });
    expect(tree(app)).toEqual(before);
    expect(Object.keys(subscribers.queues)).toEqual(['Billing']);
  });

  test('leaves nothing behind when the queue or its subscription is refused', () => {
    const { app, orders, subscribers } = setUp();
    const before = tree(app);
    const refused: SubscriberQueueProps[] = [{ queueName: 'two words' }, { ordering: Ordering.fifo() }, { replay: Replay.since(new Date(0)) }];
    refused.forEach(props => expect(refusal(() => subscribers.addQueue('Billing', props)).problems).toHaveLength(1));
    expect(tree(app)).toEqual(before);
    expect([orders.subscriptions, subscribers.queues]).toEqual([[], {}]);
    subscribers.addQueue('Billing');
    expect(refusedAtSynth(app)).toEqual([]);
  });
});

describe('a full stack', () => {
  const oneStack = () => setUp({ stackCount: 1 });
  const shared = (home: Stack) => ({ deadLetters: DeadLetters.shared(new SharedDeadLetterQueue(home, 'Failed')) });

  test.each<[string, number, (home: Stack) => SubscriberQueueProps]>([
    ['99 queues with dead-letter queues', 99, () => ({})],
    ['165 queues that share one in the stack of the topic', 165, shared],
  ])('has %s', (_, count, propsIn) => {
    const made = oneStack();
    const props = propsIn(made.home);
    idsUpTo(count).forEach(id => made.subscribers.addQueue(id, props));
    const before = tree(made.app);
    expect(refusal(() => made.subscribers.addQueue('More', props))).toMatchObject({
      construct: 'SubscriberStacks', problems: [{ prop: 'addQueue(id)', got: expect.stringContaining('Subscribers/Stack1'), allowed: expect.stringContaining('500') }],
    });
    expect(tree(made.app)).toEqual(before);
    expect(made.orders.subscriptions).toHaveLength(count);
    const [{ Resources }] = templatesOf(made);
    expect(Object.keys(Resources).length).toBeLessThanOrEqual(500);
    expect(made.home.dependencies).toEqual([]);
  });

  test('counts what the user adds to it', () => {
    const { subscribers } = oneStack();
    const [stack] = subscribers.stacks;
    for (let index = 0; index < 492; index++) new CfnResource(stack, `Other${index}`, { type: 'AWS::CloudWatch::Alarm' });
    subscribers.addQueue('Last');
    expect(refusal(() => subscribers.addQueue('More')).problems).toMatchObject([{ prop: 'addQueue(id)' }]);
  });

  test('is relieved by a second construct, in which nothing else moves', () => {
    const { app, orders, subscribers, home } = oneStack();
    idsUpTo(99).forEach(id => subscribers.addQueue(id));
    const more = new SubscriberStacks(app, 'More', { topic: orders, stackCount: 1 });
    more.addQueue('Tenant100');
    app.synth();
    expect(more.stacks[0].dependencies).toEqual([home]);
    expect(orders.subscriptions).toHaveLength(100);
  });
});

test('two fan-outs and two calls for one, with the same ids', () => {
  const { app, home, orders, subscribers } = setUp();
  const other = new FanOut(home, 'Refunds');
  const sets = [subscribers, new SubscriberStacks(app, 'More', { topic: orders, stackCount: 2 }), new SubscriberStacks(home, 'Refunders', { topic: other, stackCount: 2 })];
  for (const set of sets) idsUpTo(5).forEach(id => set.addQueue(id));
  app.synth();
  const arnOf = (set: SubscriberStacks) => set.stacks.flatMap(stack => Object.values(resources(stack, 'AWS::SNS::Subscription')).map(({ Properties }) => JSON.stringify(Properties.TopicArn)));
  expect(sets.map(set => new Set(arnOf(set)).size)).toEqual([1, 1, 1]);
  expect(sets.map(arnOf).map(({ length }) => length)).toEqual([5, 5, 5]);
  expect(arnOf(sets[0])[0]).toBe(arnOf(sets[1])[0]);
  expect(arnOf(sets[0])[0]).not.toBe(arnOf(sets[2])[0]);
  expect([orders.subscriptions.length, other.subscriptions.length]).toEqual([10, 5]);
});

test('topic, queues and dead letters share a customer key of the stack of the topic', () => {
  const app = new App();
  const home = new Stack(app, 'Home');
  const encryption = Encryption.customerManaged(new kms.Key(home, 'Key'));
  const deadLetters = DeadLetters.shared(new SharedDeadLetterQueue(home, 'Failed', { encryption }));
  const subscribers = new SubscriberStacks(app, 'Subscribers', { topic: new FanOut(home, 'Orders', { encryption }), stackCount: 3 });
  idsUpTo(15).forEach((id, index) => subscribers.addQueue(id, { encryption, deadLetters: index % 2 === 0 ? deadLetters : undefined }));
  app.synth();
  expect(home.dependencies).toEqual([]);
  subscribers.stacks.forEach(stack => expect(stack.dependencies).toEqual([home]));
  const [{ Properties }] = Object.values(resources(home, 'AWS::KMS::Key'));
  expect(Properties.KeyPolicy.Statement.filter(({ Principal }: any) => Principal.Service === 'sns.amazonaws.com')).toHaveLength(1);
});

test('a queue can have a key of its own', () => {
  const { app, subscribers } = setUp();
  const stack = Stack.of(subscribers.addQueue('Billing', { encryption: Encryption.customerManaged() }));
  app.synth();
  expect(Object.keys(resources(stack, 'AWS::KMS::Key'))).toHaveLength(1);
});

test('the quota of filter policies is that of the topic, over all stacks', () => {
  const { app, subscribers } = setUp({ stackCount: 10 });
  const filterPolicy = FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.existsFilter() });
  idsUpTo(200).forEach(id => subscribers.addQueue(id, { filterPolicy }));
  expect(warnings(app)).toEqual([]);
  subscribers.addQueue('More', { filterPolicy });
  expect(warnings(app).map(({ id }) => id)).toEqual(['QueueSubscription.filterPolicies']);
});

describe('another topic than a standard fan-out', () => {
  test('a FIFO fan-out has at most 100 subscriptions, whose queues inherit its ordering', () => {
    const app = new App();
    const home = new Stack(app, 'Home');
    const ledger = new FifoFanOut(home, 'Ledger', { deduplication: Deduplication.CONTENT_BASED });
    const subscribers = new SubscriberStacks(app, 'Subscribers', { topic: ledger, stackCount: 4 });
    idsUpTo(99).forEach(id => subscribers.addQueue(id));
    expect(subscribers.queues.Tenant1.ordering).toBe(ledger.ordering);
    const standard = subscribers.addQueue('Search', { ordering: Ordering.standard() });
    expect(standard.fifo).toBe(false);
    const before = tree(app);
    expect(refusal(() => subscribers.addQueue('More'))).toMatchObject({ construct: 'QueueSubscription', problems: [{ prop: 'topic', allowed: expect.stringContaining('100') }] });
    expect(tree(app)).toEqual(before);
    app.synth();
    expect(home.dependencies).toEqual([]);
  });

  test.each([[true, Deduplication.CONTENT_BASED], [false, Deduplication.EXPLICIT]])('a FIFO topic of the CDK (content-based deduplication: %p)', (contentBasedDeduplication, deduplication) => {
    const app = new App();
    const topic = new sns.Topic(new Stack(app, 'Home'), 'Topic', { fifo: true, contentBasedDeduplication });
    const queue = new SubscriberStacks(app, 'Subscribers', { topic, stackCount: 2 }).addQueue('Books');
    expect(queue.ordering).toMatchObject({ isFifo: true, deduplication });
    expect(refusedAtSynth(app)).toEqual([]);
  });

  test('a replay of the archive', () => {
    const app = new App();
    const ledger = new FifoFanOut(new Stack(app, 'Home'), 'Ledger', { archiveRetention: Duration.days(1) });
    const queue = new SubscriberStacks(app, 'Subscribers', { topic: ledger, stackCount: 2 }).addQueue('Books', { replay: Replay.since(new Date(0)) });
    expect(Object.values(resources(Stack.of(queue), 'AWS::SNS::Subscription'))).toMatchObject([{ Properties: { ReplayPolicy: { PointType: 'Timestamp' } } }]);
  });

  test('an imported topic: the stacks are those of its account and Region', () => {
    const app = new App();
    const home = new Stack(app, 'Home', { env: ENV });
    const topic = sns.Topic.fromTopicArn(home, 'Topic', `arn:aws:sns:${ENV.region}:${ENV.account}:orders`);
    const { stacks, queues } = new SubscriberStacks(app, 'Subscribers', { topic, stackCount: 2 });
    expect([stacks.map(({ environment }) => environment), queues]).toEqual([Array(2).fill(home.environment), {}]);
    expect(stacks[0].dependencies).toEqual([]);
  });
});

test('the ids of one stack are about a share of all', () => {
  expect(idsOf(1, 10).length).toBeGreaterThan(70);
  expect(idsOf(1, 10).length).toBeLessThan(130);
});
