import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  ACCOUNT, allowing, canDeliver, expectAllowedWithTwins, expectDelivered, PARTNER, REGION, reportAtEnd, Request, statementsInWarnings, World,
} from './harness';
import { Encryption } from '../../src/access';
import { DirectPut, FirehoseStream } from '../../src/delivery';
import { FanOut, FifoFanOut, MobilePushSubscription, QueueSubscription, SubscriberStacks, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';

const SNS = 'sns.amazonaws.com';

reportAtEnd('fan-out');

function newApp(): App {
  return new App({ analyticsReporting: false });
}

/** Expects that the topic of each subscription reaches its queue and its dead-letter queue. */
async function expectSubscribed(world: World, subscriptions: sns.Subscription[]): Promise<void> {
  for (const subscription of subscriptions) {
    const { topicArn, endpoint, redrivePolicy } = subscription.node.defaultChild as sns.CfnSubscription;
    const resolve = (value: unknown) => world.resolve(Stack.of(subscription), value);
    for (const to of new Set([resolve(endpoint), ...redrivePolicy ? [resolve(redrivePolicy).deadLetterTargetArn] : []])) {
      await expectDelivered(world, { service: SNS, source: resolve(topicArn), to });
    }
  }
}

describe.each([
  ['standard', (stack: Stack, id: string) => new FanOut(stack, id)],
  ['FIFO', (stack: Stack, id: string) => new FifoFanOut(stack, id)],
])('a %s fan-out', (_, make) => {
  const keys: [string, (stack: Stack) => Encryption | undefined][] = [
    ['keys that SQS owns', () => undefined],
    ['a customer key made for it', () => Encryption.customerManaged()],
    ['a customer key given', stack => Encryption.customerManaged(new kms.Key(stack, 'Given'))],
  ];

  test.each(keys)('delivers to a queue encrypted with %s, and to its dead-letter queue', async (_kind, encryptionIn) => {
    const stack = new Stack(newApp(), 'Stack');
    const encryption = encryptionIn(stack);
    const orders = make(stack, 'Orders');
    orders.addQueue('Billing', { encryption });
    const elsewhere = make(stack, 'Other').addQueue('Elsewhere', { encryption });
    const world = await World.of(stack);
    await expectSubscribed(world, orders.subscriptions);
    expect(await canDeliver(world, { service: SNS, source: world.arn(orders), to: world.arn(elsewhere) })).toBe(false);
  });

  test('with dedicated and with existing subscription dead letters', async () => {
    const stack = new Stack(newApp(), 'Stack');
    const orders = make(stack, 'Orders');
    const fifo = orders instanceof FifoFanOut;
    const encryption = Encryption.customerManaged(new kms.Key(stack, 'Key'));
    const existing = new sqs.Queue(stack, 'Undelivered', { fifo: fifo || undefined, enforceSSL: true, encryptionMasterKey: new kms.Key(stack, 'UndeliveredKey') });
    orders.addQueue('Own', { encryption, subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    orders.addQueue('Given', { encryption, subscriptionDeadLetters: SubscriptionDeadLetters.existing(existing) });
    orders.addQueue('None', { encryption, subscriptionDeadLetters: SubscriptionDeadLetters.none('lost messages are sent again') });
    const world = await World.of(stack);
    await expectSubscribed(world, orders.subscriptions);
  });

  test('with dead letters shared by its queues', async () => {
    const stack = new Stack(newApp(), 'Stack');
    const orders = make(stack, 'Orders');
    const ordering = orders instanceof FifoFanOut ? Ordering.fifo() : Ordering.standard();
    const shared = new SharedDeadLetterQueue(stack, 'Failed', { ordering, encryption: Encryption.customerManaged() });
    for (const id of ['Billing', 'Audit']) orders.addQueue(id, { ordering, deadLetters: DeadLetters.shared(shared) });
    const world = await World.of(stack);
    await expectSubscribed(world, orders.subscriptions);
  });
});

test('a FIFO fan-out delivers to a standard queue, whose dead letters are of its own kind', async () => {
  const stack = new Stack(newApp(), 'Stack');
  const ledger = new FifoFanOut(stack, 'Ledger');
  ledger.addQueue('Search', { ordering: Ordering.standard(), encryption: Encryption.customerManaged() });
  await expectSubscribed(await World.of(stack), ledger.subscriptions);
});

test('a queue takes from each of twenty-five topics, in one statement, and from no other', async () => {
  const stack = new Stack(newApp(), 'Stack');
  const queue = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  const fanOuts = Array.from({ length: 25 }, (_, index) => new FanOut(stack, `FanOut${index}`));
  fanOuts.forEach(fanOut => fanOut.addSubscription(new QueueSubscription(queue)));
  const world = await World.of(stack);
  const to = world.arn(queue);
  for (const fanOut of fanOuts) expect(await canDeliver(world, { service: SNS, source: world.arn(fanOut), to })).toBe(true);
  await expectDelivered(world, { service: SNS, source: world.arn(fanOuts[24]), to });
  expect(world.resourcePolicy(to).Statement).toHaveLength(2);
});

describe('a subscription of the CDK', () => {
  const handlerIn = (stack: Stack) => new lambda.Function(stack, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'),
  });
  const kinds: [string, (stack: Stack, props?: subs.SubscriptionProps) => sns.ITopicSubscription][] = [
    ['a function', (stack, props) => new subs.LambdaSubscription(handlerIn(stack), props)],
    ['an e-mail address', (_, props) => new subs.EmailSubscription('audit@example.com', props)],
    ['a URL', (_, props) => new subs.UrlSubscription('https://example.com/orders', props)],
    ['a phone number', (_, props) => new subs.SmsSubscription('+15555550100', props)],
  ];
  const deadLetterQueues: [string, (stack: Stack) => sqs.IQueue | undefined][] = [
    ['the default dead-letter queue', () => undefined],
    ['a plain queue', stack => new sqs.Queue(stack, 'Dead', { enforceSSL: true })],
    ['a plain queue with a customer key', stack => new sqs.Queue(stack, 'Dead', { enforceSSL: true, encryptionMasterKey: new kms.Key(stack, 'DeadKey') })],
    ['a work queue with a customer key', stack => new WorkQueue(stack, 'Dead', { encryption: Encryption.customerManaged() })],
  ];

  test.each(kinds.flatMap(([kind, make]) => deadLetterQueues.map(([name, queueIn]) => [kind, name, make, queueIn] as const)))(
    'of %s moves what it cannot deliver to %s, for this topic alone', async (_kind, _name, make, queueIn) => {
      const stack = new Stack(newApp(), 'Stack');
      const [orders, other] = ['Orders', 'Other'].map(id => new FanOut(stack, id));
      const { deadLetterQueue } = orders.addSubscription(make(stack, { deadLetterQueue: queueIn(stack) }));
      const world = await World.of(stack);
      const to = world.arn(deadLetterQueue!);
      await expectDelivered(world, { service: SNS, source: world.arn(orders), to });
      expect(await canDeliver(world, { service: SNS, source: world.arn(other), to })).toBe(false);
    },
  );

  test('of a queue shares one customer key with the topic and the dead-letter queue', async () => {
    const stack = new Stack(newApp(), 'Stack');
    const encryptionMasterKey = new kms.Key(stack, 'Key');
    const [queue, deadLetterQueue] = ['Queue', 'Dead'].map(id => new sqs.Queue(stack, id, { enforceSSL: true, encryptionMasterKey }));
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(encryptionMasterKey) });
    orders.addSubscription(new subs.SqsSubscription(queue, { deadLetterQueue }));
    await expectSubscribed(await World.of(stack), orders.subscriptions);
  });

  test('of a function lets each of its topics invoke it, and no other', async () => {
    const stack = new Stack(newApp(), 'Stack');
    const handler = handlerIn(stack);
    const [orders, refunds, other] = ['Orders', 'Refunds', 'Other'].map(id => new FanOut(stack, id));
    for (const fanOut of [orders, refunds]) fanOut.addSubscription(new subs.LambdaSubscription(handler));
    const world = await World.of(stack);
    // The ARN of the topic tells its account.
    const invoke = (topic: FanOut): Request => ({
      principal: SNS, action: 'lambda:InvokeFunction', resource: world.arn(handler), context: { 'aws:SourceArn': world.arn(topic) },
    });
    // Lambda accepts TLS only, and its permissions have no statement for it.
    for (const topic of [orders, refunds]) await expectAllowedWithTwins(world, invoke(topic), { notOurs: true });
    expect(await world.may(invoke(other))).toBe('ImplicitlyDenied');
  });
});

test('the dead letters of a mobile device are delivered, for this topic alone', async () => {
  const stack = new Stack(newApp(), 'Stack');
  const [orders, other] = ['Orders', 'Other'].map(id => new FanOut(stack, id));
  const dead = new WorkQueue(stack, 'Dead', { encryption: Encryption.customerManaged() });
  const push = new MobilePushSubscription(`arn:aws:sns:${REGION}:${ACCOUNT}:endpoint/GCM/shop/1`, { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) });
  const subscriptions = [push, new subs.EmailSubscription('audit@example.com', { json: true })].map(subscription => orders.addSubscription(subscription));
  const world = await World.of(stack);
  for (const { deadLetterQueue } of subscriptions) {
    const to = world.arn(deadLetterQueue!);
    await expectDelivered(world, { service: SNS, source: world.arn(orders), to });
    expect(await canDeliver(world, { service: SNS, source: world.arn(other), to })).toBe(false);
  }
});

test('a delivery stream of SNS: the role can put records into it, and into no other', async () => {
  const stack = new Stack(newApp(), 'Stack');
  const [archive, other] = ['Archive', 'Other'].map(id => new FirehoseStream(stack, id, { source: new DirectPut() }));
  const orders = new FanOut(stack, 'Orders');
  const subscription = orders.addSubscription(new subs.FirehoseSubscription(archive, { rawMessageDelivery: true }));
  const world = await World.of(stack);
  const role = world.resolve(stack, (subscription.node.defaultChild as sns.CfnSubscription).subscriptionRoleArn);
  await expectAllowedWithTwins(world, { principal: SNS, action: 'sts:AssumeRole', resource: role });
  for (const action of ['firehose:PutRecord', 'firehose:PutRecordBatch', 'firehose:DescribeDeliveryStream']) {
    await expectAllowedWithTwins(world, { principal: role, action, resource: world.arn(archive) });
    expect(await world.may({ principal: role, action, resource: world.arn(other) })).toBe('ImplicitlyDenied');
  }
  const allowed = ['DescribeDeliveryStream', 'ListDeliveryStreams', 'ListTagsForDeliveryStream', 'PutRecord', 'PutRecordBatch'];
  expect(world.named(role)).toEqual(allowed.map(action => `firehose:${action}`));
});

test('delivery status logs are written by SNS to the two log groups of the topic, and to no other', async () => {
  const stack = new Stack(newApp(), 'Stack');
  const loggingConfigs = [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate: 10 }];
  const [orders, other] = ['Orders', 'Other'].map(id => new FanOut(stack, id, { loggingConfigs }));
  const world = await World.of(stack);
  const role = world.arn(orders.deliveryStatusRole!);
  await expectAllowedWithTwins(world, { principal: SNS, action: 'sts:AssumeRole', resource: role });
  const logGroup = (topic: FanOut, suffix = '') => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:sns/${REGION}/${ACCOUNT}/${world.arn(topic).split(':')[5]}${suffix}`;
  const ask = (action: string, group: string): Request => ({ principal: role, action, resource: `${group}:log-stream:2026-01-31` });
  for (const suffix of ['', '/Failure']) {
    for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
      const request = ask(action, logGroup(orders, suffix));
      expect(await world.may(request)).toBe('Allowed');
      // Of the two resources in the statement it is the one of this log group that allows it.
      const [policy] = world.policiesFor(request).identityPolicies;
      const [statement] = policy.Statement;
      const others = statement.Resource.filter((resource: string) => resource !== `${logGroup(orders, suffix)}:*`);
      expect(others).toHaveLength(1);
      const twin = { ...policy, Statement: [{ ...statement, Resource: others }] };
      expect(await world.may({ ...request, identityPolicies: [twin] })).toBe('ImplicitlyDenied');
      for (const group of [logGroup(other, suffix), `${logGroup(orders, suffix)}-other`]) expect(await world.may(ask(action, group))).toBe('ImplicitlyDenied');
    }
    for (const action of ['logs:GetLogEvents', 'logs:DeleteLogStream']) expect(await world.may(ask(action, logGroup(orders, suffix)))).toBe('ImplicitlyDenied');
  }
  expect(world.named(role)).toEqual(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']);
});

describe('redrive of what SNS could not deliver', () => {
  // StartMessageMoveTask takes the dead-letter queue of a queue only, and moves to a queue of the same kind.
  test.each([
    ['a function', false],
    ['a standard subscriber of a FIFO topic', true],
  ])('for %s: the operator moves from the dead-letter queue to the retry queue, and nowhere else', async (_, fifo) => {
    const stack = new Stack(newApp(), 'Stack');
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const retry = new WorkQueue(stack, 'Retry', { encryption: Encryption.customerManaged(), ordering: fifo ? Ordering.fifo() : undefined });
    const undelivered = SubscriptionDeadLetters.existing(retry.deadLetterQueue!);
    const topic = fifo ? new FifoFanOut(stack, 'Ledger') : new FanOut(stack, 'Orders');
    if (topic instanceof FifoFanOut) topic.addQueue('Search', { ordering: Ordering.standard(), subscriptionDeadLetters: undelivered });
    else topic.addSubscription(undelivered.applyTo(new subs.EmailSubscription('audit@example.com')));
    retry.grantRedrive(operator);
    const world = await World.of(stack);
    const [principal, queue, dead] = [operator, retry, topic.subscriptions[0].deadLetterQueue!].map(construct => world.arn(construct));
    expect(world.properties(queue).RedrivePolicy.deadLetterTargetArn).toBe(dead);
    expect(world.properties(queue).FifoQueue).toBe(world.properties(dead).FifoQueue);
    await expectDelivered(world, { service: SNS, source: world.arn(topic), to: dead });
    for (const action of ['sqs:StartMessageMoveTask', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
      await expectAllowedWithTwins(world, { principal, action, resource: dead });
    }
    await expectAllowedWithTwins(world, { principal, action: 'sqs:SendMessage', resource: queue });
    expect(await world.may({ principal, action: 'sqs:ReceiveMessage', resource: queue })).toBe('ImplicitlyDenied');
  });
});

describe('over several stacks', () => {
  test.each([
    ['topic, key, queue', ['Topics', 'Keys', 'Queues']],
    ['queue, key, topic', ['Queues', 'Keys', 'Topics']],
  ])('made in the order %s', async (_, order) => {
    const app = newApp();
    const stacks = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
    const key = new kms.Key(stacks.Keys, 'Key');
    const queue = new WorkQueue(stacks.Queues, 'Jobs', { encryption: Encryption.customerManaged(key) });
    const orders = new FanOut(stacks.Topics, 'Orders');
    orders.addSubscription(new QueueSubscription(queue));
    await expectSubscribed(await World.of(app), orders.subscriptions);
  });

  test('a topic of another account', async () => {
    const app = newApp();
    const topics = new Stack(app, 'Topics', { env: { account: PARTNER, region: REGION } });
    const queues = new Stack(app, 'Queues', { env: { account: ACCOUNT, region: REGION } });
    const topic = new sns.Topic(topics, 'Orders', { topicName: 'orders' });
    const queue = new WorkQueue(queues, 'Jobs', { encryption: Encryption.customerManaged() });
    const subscription = topic.addSubscription(new QueueSubscription(queue));
    const world = await World.of(app);
    expect(world.arn(topic)).toContain(PARTNER);
    await expectSubscribed(world, [subscription]);
  });

  test('a topic of a Region that has to be opted into, under the principal of that Region alone', async () => {
    const app = newApp();
    const stack = new Stack(app, 'Queues', { env: { account: ACCOUNT, region: REGION } });
    const source = `arn:aws:sns:eu-south-1:${ACCOUNT}:orders`;
    const queue = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    const topic = sns.Topic.fromTopicArn(stack, 'Orders', source);
    topic.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('the next test has them') }));
    const world = await World.of(app);
    await expectDelivered(world, { service: 'sns.eu-south-1.amazonaws.com', source, to: world.arn(queue) });
  });
});

describe('across Regions', () => {
  const OPT_IN = ['eu-south-1', 'af-south-1'];
  const REGIONS = [['us-east-1', REGION], ['eu-south-1', REGION], [REGION, 'eu-south-1'], ['eu-south-1', 'af-south-1']];
  /** The principal of the opt-in Region; of two, that of the subscriber. */
  const principalFor = (topicRegion: string, region: string) => {
    const optIn = [region, topicRegion].find(one => OPT_IN.includes(one));
    return optIn ? `sns.${optIn}.amazonaws.com` : SNS;
  };

  test.each(REGIONS)('from %s to %s a function is invoked, by this topic alone', async (topicRegion, region) => {
    const app = newApp();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: topicRegion } });
    const handlers = new Stack(app, 'Handlers', { env: { account: ACCOUNT, region } });
    const handler = new lambda.Function(handlers, 'Handler', {
      runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'),
    });
    const [orders, other] = ['orders', 'other'].map(topicName => new FanOut(topics, topicName, { topicName }));
    orders.addSubscription(SubscriptionDeadLetters.none('the next test has them').applyTo(new subs.LambdaSubscription(handler)));
    const world = await World.of(app);
    const invoke = (topic: FanOut): Request => ({
      principal: principalFor(topicRegion, region), action: 'lambda:InvokeFunction', resource: world.arn(handler), context: { 'aws:SourceArn': world.arn(topic) },
    });
    // LambdaSubscription also allows sns.amazonaws.com, for the same topic.
    const request = invoke(orders);
    expect(await world.may(request)).toBe('Allowed');
    const { Statement, ...policy } = world.policiesFor(request).resourcePolicy;
    const twin = { ...policy, Statement: Statement.filter(({ Principal }: any) => Principal.Service !== request.principal) };
    expect(Statement.length - twin.Statement.length).toBe(1);
    expect(await world.decide(request, { ...world.policiesFor(request), resourcePolicy: twin })).toBe('ImplicitlyDenied');
    const strangers = [invoke(other), { ...request, context: {} }, { ...request, principal: 'sns.me-south-1.amazonaws.com' }, { ...request, action: 'lambda:UpdateFunctionCode' }];
    for (const stranger of strangers) expect(await world.may(stranger)).toBe('ImplicitlyDenied');
  });

  test.each(REGIONS)('from %s to %s the dead letters are delivered where the topic is, within its Region', async (topicRegion, queueRegion) => {
    const app = newApp();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: topicRegion } });
    const queues = new Stack(app, 'Queues', { env: { account: ACCOUNT, region: queueRegion } });
    const dead = new sqs.Queue(topics, 'Dead', { queueName: 'dead', enforceSSL: true, encryptionMasterKey: new kms.Key(topics, 'Key') });
    const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
    const queue = new WorkQueue(queues, 'Jobs', { encryption: Encryption.customerManaged() });
    const subscriptionDeadLetters = SubscriptionDeadLetters.existing(dead);
    const subscription = orders.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters }));
    const world = await World.of(app);
    const source = world.arn(orders);
    await expectDelivered(world, { service: SNS, source, to: world.arn(dead) });
    const { redrivePolicy } = subscription.node.defaultChild as sns.CfnSubscription;
    expect(world.resolve(queues, redrivePolicy)).toEqual({ deadLetterTargetArn: world.arn(dead) });
    await expectDelivered(world, { service: principalFor(topicRegion, queueRegion), source, to: world.arn(queue) });
  });
});

describe('sns:Subscribe for other accounts', () => {
  const THIRD = '777788889999';
  const ask = (topic: string, account: string, endpoint: string, protocol = 'sqs'): Request => ({
    principal: `arn:aws:iam::${account}:role/Deployment`,
    action: 'sns:Subscribe',
    resource: topic,
    context: { 'sns:Endpoint': endpoint, 'sns:Protocol': protocol },
    identityPolicies: [allowing(['sns:Subscribe'], topic)],
  });

  test.each([[false], [true]])('each subscribes its own queues, and none those of another (minimizePolicies: %p)', async minimize => {
    const app = new App({ analyticsReporting: false, context: { '@aws-cdk/aws-iam:minimizePolicies': minimize } });
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: REGION } });
    const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
    const queues = [PARTNER, THIRD, PARTNER].map((account, index) => {
      const queue = new WorkQueue(new Stack(app, `Queues${index}`, { env: { account, region: REGION } }), 'Jobs', { queueName: `jobs-${index}` });
      orders.addSubscription(new QueueSubscription(queue));
      return queue;
    });
    const world = await World.of(app);
    const topic = world.arn(orders);
    const [first, theirs, second] = queues.map(queue => world.arn(queue));
    for (const [account, endpoint] of [[PARTNER, first], [PARTNER, second], [THIRD, theirs]]) {
      // The statement of the L2 for TLS denies sns:Publish alone.
      await expectAllowedWithTwins(world, ask(topic, account, endpoint), { notOurs: true });
    }
    for (const [account, endpoint, protocol] of [
      [PARTNER, `${first}-other`], [PARTNER, first.replace(REGION, 'eu-central-1')], [PARTNER, first.replace(PARTNER, THIRD)],
      [THIRD, first], [PARTNER, theirs], [PARTNER, first, 'https'],
    ]) expect(await world.may(ask(topic, account, endpoint, protocol))).toBe('ImplicitlyDenied');
  });

  test('a work queue whose name is made at deployment, and no other of that stack', async () => {
    const app = newApp();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: REGION } });
    const queues = new Stack(app, 'Queues', { env: { account: PARTNER, region: REGION } });
    const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
    const [jobs, other] = ['Jobs', 'Other'].map(id => new WorkQueue(queues, id));
    orders.addSubscription(new QueueSubscription(jobs));
    const world = await World.of(app);
    const topic = world.arn(orders);
    expect(await world.may(ask(topic, PARTNER, world.arn(jobs)))).toBe('Allowed');
    expect(await world.may(ask(topic, PARTNER, world.arn(other)))).toBe('ImplicitlyDenied');
  });
});

describe('an imported queue and key', () => {
  const to = `arn:aws:sqs:${REGION}:${ACCOUNT}:imported`;
  const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-4333-8444-555555555555`;

  test('refuse until they have the statements that the warnings give', async () => {
    const stack = new Stack(newApp(), 'Stack');
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    const queue = sqs.Queue.fromQueueAttributes(stack, 'Imported', { queueArn: to, keyArn });
    orders.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('none here') }));
    const before = await World.of(stack);
    const delivery = { service: SNS, source: before.arn(orders), to, key: keyArn };
    expect(await canDeliver(before, delivery)).toBe(false);

    const statements = statementsInWarnings(before, stack);
    const policyOf = (service: string) => ({
      Version: '2012-10-17',
      Statement: [
        ...statements.filter(({ Action }) => JSON.stringify(Action).includes(`${service}:`)),
        ...service === 'sqs' ? [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: to, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] : [],
      ],
    });
    const after = await World.of(stack, {}, { [to]: policyOf('sqs'), [keyArn]: policyOf('kms') });
    await expectDelivered(after, delivery);
  });
});

test.each([['aws-cn', 'cn-north-1'], ['aws-us-gov', 'us-gov-west-1'], ['aws', 'xx-nowhere-1']])('in the partition %s', async (partition, region) => {
  const stack = new Stack(newApp(), 'Stack');
  const orders = new FanOut(stack, 'Orders');
  orders.addQueue('Billing', { encryption: Encryption.customerManaged() });
  const world = await World.of(stack, { partition, region });
  expect(world.arn(orders)).toMatch(`arn:${partition}:sns:${region}:`);
  await expectSubscribed(world, orders.subscriptions);
});

describe('subscriber stacks', () => {
  test.each<[string, (home: Stack) => Encryption | undefined]>([
    ['keys that SQS owns', () => undefined],
    ['keys of their own', () => Encryption.customerManaged()],
    ['a key of the stack of the topic', home => Encryption.customerManaged(new kms.Key(home, 'Key'))],
  ])('let exactly their topic in, to queues with %s', async (_, encryptionIn) => {
    const app = newApp();
    const home = new Stack(app, 'Home');
    const encryption = encryptionIn(home);
    const [orders, refunds] = ['Orders', 'Refunds'].map(id => new FanOut(home, id));
    const subscribers = new SubscriberStacks(app, 'Subscribers', { topic: orders, stackCount: 2 });
    const others = new SubscriberStacks(app, 'Others', { topic: refunds, stackCount: 1 });
    const queues = ['Tenant1', 'Tenant2', 'Tenant3', 'Tenant4'].map(id => subscribers.addQueue(id, { encryption }));
    others.addQueue('Tenant1', { encryption });
    const world = await World.of(app);
    expect(new Set(queues.map(queue => Stack.of(queue))).size).toBe(2);
    await expectSubscribed(world, [...orders.subscriptions, ...refunds.subscriptions]);
    for (const queue of queues) {
      expect(await canDeliver(world, { service: SNS, source: world.arn(refunds), to: world.arn(queue) })).toBe(false);
    }
  });
});
