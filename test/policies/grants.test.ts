import { App, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, allowing, expectAll, expectAllowedWithTwins, KEY_ACTIONS, keyOf, keyPolicy, legsToConsume, legsToSend, PARTNER, REGION, reportAtEnd, Request, statementsInWarnings, World } from './harness';
import { Encryption } from '../../src/access';
import { FanOut, FanOutProps, FifoFanOut } from '../../src/fanout';
import { DeadLetters, LargePayloads, Ordering, WorkQueue } from '../../src/queues';

reportAtEnd('grants');

const SEND = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const REDRIVE = ['sqs:CancelMessageMoveTask', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ListMessageMoveTasks', 'sqs:ReceiveMessage', 'sqs:StartMessageMoveTask'];
const WRITE_KEY = ['kms:Decrypt', 'kms:GenerateDataKey'];
const READ_KEY = ['kms:Decrypt'];

type Json = any;

interface Scene {
  readonly stack: Stack;
  readonly jobs: WorkQueue;
  readonly role: iam.Role;
}

/** Two queues with dead letters, of which one is granted to somebody. */
function scene(encryption?: (stack: Stack) => Encryption, ordering?: Ordering): Scene {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: encryption?.(stack), ordering });
  new WorkQueue(stack, 'Other', { encryption: Encryption.customerManaged() });
  new iam.Role(stack, 'Nobody', { assumedBy: new iam.AccountRootPrincipal() });
  return { stack, jobs, role: new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }) };
}

const encryptions: [string, undefined | ((stack: Stack) => Encryption)][] = [
  ['keys that SQS owns', undefined],
  ['a customer key', stack => Encryption.customerManaged(new kms.Key(stack, 'Key'))],
];

/** What each grant allows on the queue, its dead-letter queue, and their key; and nothing else. */
const grants: [string, (queue: WorkQueue, grantee: iam.IGrantable) => void, { queue?: string[]; deadLetters?: string[]; key?: string[] }][] = [
  ['grantSendMessages', (queue, grantee) => queue.grantSendMessages(grantee), { queue: SEND, key: WRITE_KEY }],
  ['grantConsumeMessages', (queue, grantee) => queue.grantConsumeMessages(grantee), { queue: CONSUME, key: READ_KEY }],
  ['grantConsumeDeadLetters', (queue, grantee) => queue.grantConsumeDeadLetters(grantee), { deadLetters: CONSUME, key: READ_KEY }],
  ['grantPurge', (queue, grantee) => queue.grantPurge(grantee), { queue: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:PurgeQueue'] }],
  ['grantRedrive', (queue, grantee) => queue.grantRedrive(grantee), { queue: ['sqs:SendMessage'], deadLetters: REDRIVE, key: WRITE_KEY }],
];

describe.each(encryptions)('a queue encrypted with %s', (_, encryption) => {
  test.each(grants)('%s allows exactly that', async (_name, grant, expected) => {
    const { stack, jobs, role } = scene(encryption);
    grant(jobs, role);
    const world = await World.of(stack);
    const [queue, deadLetters] = [world.arn(jobs), world.arn(jobs.deadLetterQueue!)];
    const key = keyOf(world, queue);
    const allowed: [string | undefined, string[] | undefined][] = [[queue, expected.queue], [deadLetters, expected.deadLetters], [key, expected.key]];
    const entries = allowed.flatMap(([arn, actions]) => arn && actions ? [[arn, actions] as const] : []);
    expect(await world.matrix(world.arn(role))).toEqual(Object.fromEntries(entries));
    for (const [resource, actions] of entries) {
      for (const action of actions) await expectAllowedWithTwins(world, { principal: world.arn(role), action, resource });
    }
  });

  test('nobody is allowed anything without a grant', async () => {
    const { stack, role } = scene(encryption);
    const world = await World.of(stack);
    expect(await world.matrix(world.arn(role))).toEqual({});
  });
});

describe('what a task takes, with a key', () => {
  test('a producer cannot send without either of the key actions, nor a consumer work', async () => {
    const { stack, jobs, role } = scene(() => Encryption.customerManaged(), Ordering.fifo());
    jobs.grantSendMessages(role);
    const consumer = new iam.Role(stack, 'Consumer', { assumedBy: new iam.AccountRootPrincipal() });
    jobs.grantConsumeMessages(consumer);
    const world = await World.of(stack);
    const queue = world.arn(jobs);
    await expectAll(world, legsToSend(world, world.arn(role), queue));
    await expectAll(world, legsToConsume(world, world.arn(consumer), queue));
    const denied: Request[] = [
      { principal: world.arn(consumer), action: 'sqs:SendMessage', resource: queue },
      { principal: world.arn(consumer), action: 'kms:GenerateDataKey', resource: keyOf(world, queue)! },
      { principal: world.arn(role), action: 'sqs:ReceiveMessage', resource: queue },
    ];
    for (const request of denied) expect(await world.may(request)).toBe('ImplicitlyDenied');
  });

  test('dead letters under another key: redrive reads with one and writes with the other', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { jobs, failed } = withDeadLettersOfAnotherKey(stack);
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    jobs.grantRedrive(role);
    const world = await World.of(stack);
    const [queue, deadLetters] = [world.arn(jobs), world.arn(failed)];
    expect(await world.matrix(world.arn(role))).toEqual({
      [queue]: ['sqs:SendMessage'], [deadLetters]: REDRIVE, [keyOf(world, queue)!]: WRITE_KEY, [keyOf(world, deadLetters)!]: READ_KEY,
    });
  });

  test('dead letters under another key: who consumes them reads with both, since each was encrypted before it was moved', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { jobs, failed } = withDeadLettersOfAnotherKey(stack);
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    jobs.grantConsumeDeadLetters(role);
    const world = await World.of(stack);
    const [queue, deadLetters] = [world.arn(jobs), world.arn(failed)];
    expect(await world.matrix(world.arn(role))).toEqual({
      [deadLetters]: CONSUME, [keyOf(world, queue)!]: READ_KEY, [keyOf(world, deadLetters)!]: READ_KEY,
    });
  });
});

function withDeadLettersOfAnotherKey(stack: Stack): { jobs: WorkQueue; failed: sqs.Queue } {
  const failed = new sqs.Queue(stack, 'Failed', { encryptionMasterKey: new kms.Key(stack, 'FailedKey'), enforceSSL: true, retentionPeriod: Duration.days(14) });
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: DeadLetters.existing(failed) });
  return { jobs, failed };
}

describe('principals of another account', () => {
  const outsider = `arn:aws:iam::${PARTNER}:role/Sender`;
  const everything = (...resources: string[]) => [allowing(['sqs:*', 'sns:*', 'kms:*'], ...resources)];
  const grantees: [string, () => iam.IPrincipal, Request['context']][] = [
    ['a role', () => new iam.ArnPrincipal(outsider), {}],
    ['an account', () => new iam.AccountPrincipal(PARTNER), {}],
    ['an organization', () => new iam.OrganizationPrincipal('o-1234567890'), { 'aws:PrincipalOrgID': 'o-1234567890' }],
  ];

  describe.each(grantees)('%s', (_, grantee, context) => {
    test.each(encryptions)('sends to and works on a queue encrypted with %s, with the permission of its own account as well', async (_kind, encryption) => {
      const { stack, jobs } = scene(encryption);
      jobs.grantSendMessages(grantee());
      jobs.grantConsumeMessages(grantee());
      const world = await World.of(stack);
      const queue = world.arn(jobs);
      const key = keyOf(world, queue);
      const identity = everything(queue, ...key ? [key] : []);
      // Sending and working need some of the same, which two statements then allow.
      const legs = [...legsToSend(world, outsider, queue, identity), ...legsToConsume(world, outsider, queue, identity)]
        .filter(leg => leg.action !== 'kms:Decrypt').map(leg => ({ ...leg, context }));
      await expectAll(world, legs);
      for (const leg of legs) expect(await world.may({ ...leg, identityPolicies: [] })).toBe('ImplicitlyDenied');
      expect(await world.matrix(outsider, () => context, everything('*'))).toEqual({
        [queue]: [...new Set([...SEND, ...CONSUME])].sort(), ...key ? { [key]: WRITE_KEY } : {},
      });
    });

    test('publishes to a topic with a customer key', async () => {
      const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
      const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
      orders.grantPublish(grantee());
      const world = await World.of(stack);
      const topic = world.arn(orders);
      const legs = legsToSend(world, outsider, topic, everything(topic, keyOf(world, topic)!)).map(leg => ({ ...leg, context }));
      await expectAll(world, legs);
      expect(legs.map(({ action }) => action)).toEqual(['sns:Publish', ...KEY_ACTIONS]);
      expect(await world.matrix(outsider, () => context, everything('*'))).toEqual({ [topic]: ['sns:Publish'], [keyOf(world, topic)!]: WRITE_KEY });
    });
  });
});

describe.each([
  ['standard', (stack: Stack, props?: FanOutProps) => new FanOut(stack, 'Orders', props)],
  ['FIFO', (stack: Stack) => new FifoFanOut(stack, 'Orders')],
])('publishing to a %s topic', (_, make) => {
  test('with the AWS managed key takes sns:Publish alone', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const orders = make(stack);
    orders.addQueue('Billing');
    new FanOut(stack, 'Other');
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    orders.grantPublish(role);
    const world = await World.of(stack);
    expect(await world.matrix(world.arn(role))).toEqual({ [world.arn(orders)]: ['sns:Publish'] });
    await expectAllowedWithTwins(world, { principal: world.arn(role), action: 'sns:Publish', resource: world.arn(orders) });
  });
});

test('subscribing takes sns:Subscribe alone, for a role of the account and for another account', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
  const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
  new FanOut(stack, 'Other');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  orders.grantSubscribe(role);
  orders.grantSubscribe(new iam.AccountPrincipal(PARTNER));
  const world = await World.of(stack);
  const topic = world.arn(orders);
  expect(await world.matrix(world.arn(role))).toEqual({ [topic]: ['sns:Subscribe'] });
  expect(await world.may({ principal: world.arn(role), action: 'sns:Subscribe', resource: topic, identityPolicies: [] })).toBe('ImplicitlyDenied');
  const roleOf = (account: string) => ({ principal: `arn:aws:iam::${account}:role/Theirs`, identityPolicies: [allowing(['sns:*'], topic)], resource: topic });
  expect(await world.may({ ...roleOf(PARTNER), action: 'sns:Subscribe' })).toBe('Allowed');
  expect(await world.may({ ...roleOf(PARTNER), action: 'sns:Publish' })).toBe('ImplicitlyDenied');
  expect(await world.may({ ...roleOf('777788889999'), action: 'sns:Subscribe' })).toBe('ImplicitlyDenied');
});

test('publishing with a customer key takes both of its actions', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
  const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  orders.grantPublish(role);
  const world = await World.of(stack);
  const topic = world.arn(orders);
  await expectAll(world, legsToSend(world, world.arn(role), topic));
  expect(await world.matrix(world.arn(role))).toEqual({ [topic]: ['sns:Publish'], [keyOf(world, topic)!]: WRITE_KEY });
});

describe('imported resources of another account', () => {
  const topicArn = `arn:aws:sns:${REGION}:${PARTNER}:orders`;
  const queueArn = `arn:aws:sqs:${REGION}:${PARTNER}:failed`;
  const keyArn = `arn:aws:kms:${REGION}:${PARTNER}:key/11111111-2222-4333-8444-555555555555`;
  const policy = (statements: Json[]) => ({ Version: '2012-10-17', Statement: statements });
  const on = (service: string) => ({ Action }: Json) => JSON.stringify(Action).includes(`${service}:`);

  test('a topic and its key let a role publish once they have the statements of the warnings', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
    const topic = sns.Topic.fromTopicAttributes(stack, 'Imported', { topicArn, keyArn });
    const orders = FanOut.fromTopic(stack, 'Orders', topic);
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    orders.grantPublish(role);
    const before = await World.of(stack, {}, { [keyArn]: keyPolicy(PARTNER, []) });
    const statements = statementsInWarnings(before, stack);
    const after = await World.of(stack, {}, { [topicArn]: policy(statements.filter(on('sns'))), [keyArn]: keyPolicy(PARTNER, statements.filter(on('kms'))) });
    const requests = [['sns:Publish', topicArn], ...KEY_ACTIONS.map(action => [action, keyArn])].map(([action, resource]) => ({ principal: after.arn(role), action, resource }));
    for (const request of requests) {
      expect(await before.may(request)).toBe('ImplicitlyDenied');
      await expectAllowedWithTwins(after, request, { notOurs: true });
    }
  });

  test('a queue whose dead letters somebody consumes', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
    const failed = sqs.Queue.fromQueueAttributes(stack, 'Failed', { queueArn: queueArn.replace(PARTNER, ACCOUNT), keyArn });
    const jobs = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.existing(failed) });
    const consumer = `arn:aws:iam::${PARTNER}:role/Consumer`;
    jobs.grantConsumeDeadLetters(new iam.ArnPrincipal(consumer));
    const before = await World.of(stack);
    const resource = failed.queueArn;
    const after = await World.of(stack, {}, { [resource]: policy(statementsInWarnings(before, stack).filter(on('sqs'))) });
    const request = { principal: consumer, action: 'sqs:ReceiveMessage', resource, identityPolicies: [allowing(['sqs:*'], resource)] };
    expect(await before.may(request)).toBe('ImplicitlyDenied');
    await expectAllowedWithTwins(after, request, { notOurs: true });
  });
});

describe('large payloads', () => {
  const OBJECT = 'data/object';

  describe.each(encryptions)('of a queue encrypted with %s', (_, encryption) => {
    const payloadGrants: [string, (queue: WorkQueue, grantee: iam.IGrantable) => void, string[], string[], 'queue' | 'deadLetters', string[]][] = [
      ['grantSendMessages', (queue, grantee) => queue.grantSendMessages(grantee), ['s3:PutObject'], SEND, 'queue', WRITE_KEY],
      ['grantConsumeMessages', (queue, grantee) => queue.grantConsumeMessages(grantee), ['s3:DeleteObject', 's3:GetObject'], CONSUME, 'queue', READ_KEY],
      ['grantConsumeDeadLetters', (queue, grantee) => queue.grantConsumeDeadLetters(grantee), ['s3:DeleteObject', 's3:GetObject'], CONSUME, 'deadLetters', READ_KEY],
      [
        'deadLetterQueue.grantConsumeMessages', (queue, grantee) => queue.deadLetterQueue!.grantConsumeMessages(grantee),
        ['s3:DeleteObject', 's3:GetObject'], CONSUME, 'deadLetters', READ_KEY,
      ],
    ];

    test.each(payloadGrants)('%s allows exactly that', async (_name, grant, objectActions, queueActions, which, keyActions) => {
      const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
      const jobs = new WorkQueue(stack, 'Jobs', { encryption: encryption?.(stack), largePayloads: LargePayloads.dedicated() });
      const others = new WorkQueue(stack, 'Others', { largePayloads: LargePayloads.dedicated() });
      const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
      grant(jobs, role);
      const world = await World.of(stack);
      const object = `${world.arn(jobs.payloadBucket!)}/${OBJECT}`;
      const key = keyOf(world, world.arn(jobs));
      expect(await world.matrix(world.arn(role))).toEqual({
        [world.arn(which === 'queue' ? jobs : jobs.deadLetterQueue!)]: queueActions, [object]: objectActions, ...key && { [key]: keyActions },
      });
      for (const action of objectActions) await expectAllowedWithTwins(world, { principal: world.arn(role), action, resource: object });
      expect(await world.may({ principal: world.arn(role), action: objectActions[0], resource: `${world.arn(others.payloadBucket!)}/${OBJECT}` })).toBe('ImplicitlyDenied');
    });
  });

  test('of an existing bucket: the prefix, and nothing beside it', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const bucket = new s3.Bucket(stack, 'Payloads', { enforceSSL: true });
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(bucket, 'data/') });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    jobs.grantConsumeMessages(role);
    const world = await World.of(stack);
    await expectAllowedWithTwins(world, { principal: world.arn(role), action: 's3:GetObject', resource: `${world.arn(bucket)}/${OBJECT}` });
    expect(await world.may({ principal: world.arn(role), action: 's3:GetObject', resource: `${world.arn(bucket)}/other/object` })).toBe('ImplicitlyDenied');
  });

  test('a consumer of another account needs the policy of the bucket and its own', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), largePayloads: LargePayloads.dedicated() });
    const theirs = `arn:aws:iam::${PARTNER}:role/Theirs`;
    jobs.grantConsumeMessages(new iam.ArnPrincipal(theirs));
    const world = await World.of(stack);
    const resource = `${world.arn(jobs.payloadBucket!)}/${OBJECT}`;
    const request = { principal: theirs, action: 's3:GetObject', resource, identityPolicies: [allowing(['s3:*'], resource)] };
    await expectAllowedWithTwins(world, request);
    expect(await world.may({ ...request, identityPolicies: [] })).toBe('ImplicitlyDenied');
    expect(await world.may({ ...request, action: 's3:PutObject' })).toBe('ImplicitlyDenied');
  });
});
