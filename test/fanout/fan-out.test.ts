import { Annotations, App, Aspects, Aws, CfnResource, Duration, IPropertyInjector, Lazy, PropertyInjectors, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, ENV, REGION, newStack, only, refusal, resourceOf, resources, tree, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FanOutQueueProps, FifoFanOut, FilterPolicy, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { letIn } from '../support/let-in';

const someFilter = () => FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.existsFilter() });

describe('addQueue', () => {
  test('makes a work queue and subscribes it, raw and filtered where asked for', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const billing = fanOut.addQueue('Billing', {
      visibilityTimeout: Duration.seconds(0),
      rawMessageDelivery: true,
      filterPolicy: someFilter(),
      subscriptionDeadLetters: SubscriptionDeadLetters.dedicated(),
    });
    const audit = fanOut.addQueue('Audit');
    expect(billing).toBeInstanceOf(WorkQueue);
    expect(resourceOf(billing).Properties.VisibilityTimeout).toBe(0);
    const endpoints = fanOut.subscriptions.map(resourceOf).map(({ Properties }) => Properties.Endpoint);
    expect(endpoints).toEqual([billing.queueArn, audit.queueArn].map(arn => stack.resolve(arn)));
    expect(resourceOf(fanOut.subscriptions[0]).Properties)
      .toMatchObject({ RawMessageDelivery: true, FilterPolicy: { kind: [{ exists: true }] } });
    expect(resourceOf(fanOut.subscriptions[1]).Properties).toMatchObject({ RawMessageDelivery: false });
    expect(resourceOf(fanOut.subscriptions[1]).Properties.FilterPolicy).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::SQS::Queue', 5);
    expect(warnings(stack)).toEqual([]);
  });

  test('the list of subscriptions is a copy', () => {
    const fanOut = new FanOut(newStack(), 'Orders');
    fanOut.addQueue('Billing');
    fanOut.subscriptions.pop();
    expect(fanOut.subscriptions).toHaveLength(1);
  });

  test('a queue without dead letters: the subscription gets its own', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    fanOut.addQueue('Cache', { deadLetters: DeadLetters.none('stale entries do no harm') });
    expect(fanOut.subscriptions[0].deadLetterQueue!.node.path).toBe('Stack/Orders/Cache/Subscription/DeadLetterQueue');
  });

  test.each<[string, FanOutQueueProps]>([
    ['the filter', { filterPolicy: FilterPolicy.onAttributes({}) }],
    ['the subscription dead letters', { subscriptionDeadLetters: SubscriptionDeadLetters.none('') }],
    ['the kind', { ordering: Ordering.fifo() }],
    ['the queue', { visibilityTimeout: Duration.hours(13) }],
    ['something unforeseen', { get retention(): Duration { throw new Error('unforeseen'); } }],
  ])('leaves nothing behind when %s is refused, and the id free', (_, props) => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const before = tree(stack);
    expect(() => fanOut.addQueue('Billing', props)).toThrow();
    expect(tree(stack)).toEqual(before);
    expect(fanOut.subscriptions).toEqual([]);
    expect(() => fanOut.addQueue('Billing')).not.toThrow();
    expect(fanOut.subscriptions).toHaveLength(1);
  });

  test('an id with a slash is freed as well', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    refusal(() => fanOut.addQueue('a/b', { filterPolicy: FilterPolicy.onAttributes({}) }));
    expect(() => fanOut.addQueue('a/b')).not.toThrow();
    expect(() => fanOut.addQueue('a/b')).toThrow('exists already');
  });

  test('a FIFO queue is refused where it was written, before anything is made', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    expect(refusal(() => fanOut.addQueue('Billing', { ordering: Ordering.fifo() }))).toMatchObject({
      construct: 'FanOut', path: 'Stack/Orders', problems: [{ prop: "addQueue('Billing').ordering", allowed: expect.stringMatching(/^Ordering\.standard\(\)/) }],
    });
  });

  test.each([
    ['an empty id', ''], ['an id only known at deployment', Lazy.string({ produce: () => 'Billing' })], ['an id that is taken', 'Taken'], ['the id of the topic', 'Topic'],
  ])('refuses %s', (_, id) => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    fanOut.addQueue('Taken');
    const before = tree(stack);
    expect(refusal(() => fanOut.addQueue(id))).toMatchObject({
      construct: 'FanOut', path: 'Stack/Orders', problems: [{ prop: 'addQueue(id)', allowed: expect.stringContaining('unique in this fan-out') }],
    });
    expect(tree(stack)).toEqual(before);
  });
});

describe('a queue that exists', () => {
  test('the subscription lives under the queue', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const queue = new sqs.Queue(stack, 'Queue');
    const subscription = fanOut.addSubscription(new QueueSubscription(queue, { rawMessageDelivery: true, filterPolicy: someFilter() }));
    expect(subscription.node.path).toMatch(/^Stack\/Queue\/StackOrdersTopic\w+\/Resource$/);
    expect(fanOut.subscriptions).toEqual([subscription]);
    expect(resourceOf(subscription).Properties).toMatchObject({ RawMessageDelivery: true, FilterPolicy: { kind: [{ exists: true }] } });
  });

  test('a queue that is refused leaves nothing, and may be subscribed to another topic', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const queue = new sqs.Queue(stack, 'Queue', { fifo: true });
    const before = tree(stack);
    expect(refusal(() => fanOut.addSubscription(new QueueSubscription(queue))).problems).toMatchObject([{ prop: 'queue' }]);
    expect(tree(stack)).toEqual(before);
    expect(() => new FifoFanOut(stack, 'Ledger').addSubscription(new QueueSubscription(queue))).not.toThrow();
  });

  test('the same queue twice, also by another import of its ARN', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const importing = (id: string) => sqs.Queue.fromQueueArn(stack, id, `arn:aws:sqs:${REGION}:${ACCOUNT}:q`);
    fanOut.addSubscription(new QueueSubscription(importing('One')));
    expect(refusal(() => fanOut.addSubscription(new QueueSubscription(importing('Two')))).problems)
      .toMatchObject([{ prop: 'queue', got: expect.stringMatching(/'Stack\/Two'.*'Stack\/One\//) }]);
    expect(fanOut.subscriptions).toHaveLength(1);
  });

  test('a queue that the fan-out made is subscribed already', () => {
    const fanOut = new FanOut(newStack(), 'Orders');
    const queue = fanOut.addQueue('Billing');
    expect(refusal(() => fanOut.addSubscription(new QueueSubscription(queue))).problems).toMatchObject([{ prop: 'queue', allowed: expect.stringContaining('once') }]);
  });

  test('a refusal in another stack leaves that stack as it was', () => {
    const app = new App();
    const fanOut = new FanOut(new Stack(app, 'Topics'), 'Orders');
    const queue = new sqs.Queue(new Stack(app, 'Queues'), 'Queue');
    const before = tree(app);
    refusal(() => fanOut.addSubscription(new QueueSubscription(queue, { filterPolicy: FilterPolicy.onAttributes({}) })));
    expect(tree(app)).toEqual(before);
    expect(() => fanOut.addSubscription(new QueueSubscription(queue))).not.toThrow();
  });
});

describe('filter policies', () => {
  test('200 give no warning, 201 give one, 202 no second', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    // Imports, which need no resources of their own.
    const queue = (i: number) => sqs.Queue.fromQueueArn(stack, `I${i}`, `arn:aws:sqs:${REGION}:${ACCOUNT}:q${i}`);
    const add = (i: number) => fanOut.addSubscription(new QueueSubscription(queue(i), { filterPolicy: someFilter() }));
    const ours = () => warnings(stack).filter(warning => warning.id === 'QueueSubscription.filterPolicies');
    for (let i = 1; i <= 200; i++) add(i);
    fanOut.addQueue('Unfiltered');
    refusal(() => fanOut.addQueue('Refused', { filterPolicy: FilterPolicy.onAttributes({}) }));
    expect(ours()).toEqual([]);
    add(201);
    add(202);
    expect(ours()).toEqual([{
      path: 'Stack/Orders/Topic',
      id: 'QueueSubscription.filterPolicies',
      text: 'more than 200 subscriptions of this topic have a filter policy, which is the quota of SNS for one topic; '
        + 'ask AWS to raise it before you deploy, or split the topic.',
    }]);
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:QueueSubscription.filterPolicies', 'raised to 500');
    expect(ours()).toEqual([]);
  });

  test('are counted for the topic, whoever subscribes, and whatever import of it', () => {
    const app = new App();
    const [one, two] = ['One', 'Two'].map(id => new Stack(app, id));
    const importing = (stack: Stack, arn: string) => sns.Topic.fromTopicArn(stack, `T${stack.node.children.length}`, arn);
    const add = (stack: Stack, arn: string, count: number) => {
      for (let i = 0; i < count; i++) {
        const queue = sqs.Queue.fromQueueArn(stack, `Q${stack.node.children.length}`, `arn:aws:sqs:${REGION}:${ACCOUNT}:q${stack.node.children.length}`);
        importing(stack, arn).addSubscription(new QueueSubscription(queue, { filterPolicy: someFilter(), subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') }));
      }
    };
    const ours = () => warnings(app).filter(warning => warning.id === 'QueueSubscription.filterPolicies');
    const literal = `arn:aws:sns:${REGION}:${ACCOUNT}:t`;
    add(one, literal, 100);
    add(two, literal, 100);
    // Another topic in each stack.
    const pseudo = `arn:aws:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:t`;
    add(one, pseudo, 101);
    add(two, pseudo, 100);
    expect(ours()).toEqual([]);
    FanOut.fromTopic(two, 'Orders', importing(two, literal)).addQueue('Billing', { filterPolicy: someFilter() });
    expect(ours()).toHaveLength(1);
    add(one, pseudo, 99);
    expect(ours()).toHaveLength(1);
    add(one, pseudo, 1);
    expect(ours()).toHaveLength(2);
  });
});

describe('CloudFormation takes 500 resources', () => {
  const count = (stack: Stack) => Object.keys(Template.fromStack(stack).toJSON().Resources).length;

  test('99 subscribers with dead letters of their own fit', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    for (let i = 0; i < 99; i++) fanOut.addQueue(`Q${i}`);
    expect(count(stack)).toBe(497);
  });

  test('165 that share one fit', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders');
    const deadLetters = DeadLetters.shared(new SharedDeadLetterQueue(stack, 'DeadLetters'));
    for (let i = 0; i < 165; i++) fanOut.addQueue(`Q${i}`, { deadLetters });
    expect(count(stack)).toBe(499);
    const redrives = Object.values(resources(stack, 'AWS::SNS::Subscription')).map(subscription => JSON.stringify(subscription.Properties.RedrivePolicy));
    expect(new Set(redrives).size).toBe(1);
  });

  test('300 over several stacks depend on the topic alone', () => {
    const app = new App();
    const fanOut = new FanOut(new Stack(app, 'Topics'), 'Orders');
    const stacks = ['A', 'B', 'C', 'D'].map(id => new Stack(app, id));
    stacks.forEach(stack => {
      for (let i = 0; i < 75; i++) fanOut.addSubscription(new QueueSubscription(new WorkQueue(stack, `Jobs${i}`)));
    });
    const assembly = app.synth();
    expect(fanOut.subscriptions).toHaveLength(300);
    expect(stacks.map(stack => Object.keys(assembly.getStackByName(stack.stackName).template.Resources).length)).toEqual([375, 375, 375, 375]);
    expect(stacks.map(stack => stack.dependencies.map(dependency => dependency.stackName))).toEqual([['Topics'], ['Topics'], ['Topics'], ['Topics']]);
    expect(Stack.of(fanOut).dependencies).toEqual([]);
  });
});

describe('an organization reaches everything', () => {
  class Injector implements IPropertyInjector {
    public constructor(public readonly constructUniqueId: string, private readonly seen: Set<string>) {}
    public inject<T>(original: T): T {
      this.seen.add(this.constructUniqueId);
      return original;
    }
  }

  const onTopics = (inject: (props: sns.TopicProps) => sns.TopicProps): IPropertyInjector => ({
    constructUniqueId: sns.Topic.PROPERTY_INJECTION_ID, inject,
  });

  test('property injectors', () => {
    const ids = [sns.Topic.PROPERTY_INJECTION_ID, sns.Subscription.PROPERTY_INJECTION_ID, sqs.Queue.PROPERTY_INJECTION_ID];
    const seen = new Set<string>();
    const app = new App({ propertyInjectors: ids.map(id => new Injector(id, seen)) });
    expect(PropertyInjectors.hasPropertyInjectors(app)).toBe(true);
    new FanOut(newStack({}, app), 'Orders').addQueue('Billing', { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  test('an injected default is what the topic gets', () => {
    const app = new App({
      propertyInjectors: [onTopics(props => ({ ...props, displayName: 'Injected' }))],
    });
    const stack = newStack({}, app);
    new FanOut(stack, 'Orders');
    expect(only(stack, 'AWS::SNS::Topic').Properties.DisplayName).toBe('Injected');
  });

  // Either way to write an injector: what is given wins, or what the organization says.
  test.each<[string, (org: sns.TopicProps, props: sns.TopicProps) => sns.TopicProps]>([
    ['before', (org, props) => ({ ...org, ...props })], ['after', (org, props) => ({ ...props, ...org })],
  ])('an injected key, spread %s the props, is that of the topic and its grants', (_, merge) => {
    const app = new App({
      propertyInjectors: [onTopics(props => merge({ masterKey: key }, props))],
    });
    const stack = newStack({}, app);
    const key = new kms.Key(stack, 'OrganisationKey');
    const fanOut = new FanOut(stack, 'Orders');
    expect(fanOut.masterKey!.node).toBe(key.node);
    fanOut.grantPublish(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(only(stack, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual(stack.resolve(key.keyArn));
    expect(JSON.stringify(only(stack, 'AWS::IAM::Policy'))).toContain('kms:GenerateDataKey');
  });

  test('an injected key is what publishers are allowed on', () => {
    const app = new App({
      propertyInjectors: [onTopics(props => ({ ...props, masterKey: key }))],
    });
    const stack = newStack({}, app);
    const key = new kms.Key(stack, 'OrganisationKey');
    letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), ServiceSource.alarms());
    expect(JSON.stringify(resourceOf(key).Properties.KeyPolicy)).toContain('cloudwatch.amazonaws.com');
  });

  // Where the organization wins, no other key is made, which would be billed; where it loses, or hands out an alias of it, the one made is used.
  test.each<[string, (made: kms.IKey, own: kms.IKey, stack: Stack) => kms.IKey, number]>([
    ['a key of its own', (_, own) => own, 1],
    ['the key that was made', made => made, 2],
    ['an alias of the key that was made', (made, _, stack) => new kms.Alias(stack, 'Alias', { aliasName: 'alias/orders', targetKey: made }), 2],
  ])('an injector that answers with %s: only keys that encrypt are made', (_, choose, count) => {
    const app = new App({
      propertyInjectors: [onTopics(props => ({ ...props, masterKey: choose(props.masterKey!, key, stack) }))],
    });
    const stack = newStack({}, app);
    const key = new kms.Key(stack, 'Own');
    const fanOut = letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(), removalPolicy: RemovalPolicy.RETAIN }), ServiceSource.alarms());
    expect(fanOut.node.tryFindChild('Key') !== undefined).toBe(count === 2);
    expect(Object.keys(resources(stack, 'AWS::KMS::Key'))).toHaveLength(count);
  });

  test('tags and aspects', () => {
    const stack = newStack();
    new FanOut(stack, 'Orders').addQueue('Billing');
    Tags.of(stack).add('team', 'orders');
    Aspects.of(stack).add({
      visit: node => {
        if (node instanceof CfnResource && node.cfnResourceType === 'AWS::SQS::Queue') node.addPropertyOverride('VisibilityTimeout', 7);
      },
    });
    for (const queue of Object.values(resources(stack, 'AWS::SQS::Queue'))) {
      expect(queue.Properties).toMatchObject({ Tags: [{ Key: 'team', Value: 'orders' }], VisibilityTimeout: 7 });
    }
    expect(only(stack, 'AWS::SNS::Topic').Properties.Tags).toEqual([{ Key: 'team', Value: 'orders' }]);
  });
});

test('nothing is tagged, exported or named by us', () => {
  const stack = newStack();
  new FanOut(stack, 'Orders').addQueue('Billing');
  const { Outputs, Resources } = Template.fromStack(stack).toJSON();
  expect(Outputs).toBeUndefined();
  expect(JSON.stringify(Resources)).not.toContain('"Tags"');
  expect(only(stack, 'AWS::SNS::Topic').Properties.TopicName).toBeUndefined();
});

test('synthesising twice gives identical bytes', () => {
  const bytes = () => {
    const app = new App();
    const stack = newStack({ env: ENV }, app);
    const fanOut = new FanOut(stack, 'Orders');
    fanOut.addQueue('Billing', { filterPolicy: someFilter() });
    fanOut.addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${REGION}:${ACCOUNT}:q`)));
    fanOut.grantPublish(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    const ledger = new FifoFanOut(stack, 'Ledger');
    ledger.addQueue('Books');
    ledger.addQueue('Search', { ordering: Ordering.standard() });
    return JSON.stringify(app.synth().getStackByName('Stack').template);
  };
  expect(bytes()).toBe(bytes());
});
