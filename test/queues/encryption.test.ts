import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { Encryption } from '../../src/access';
import { QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { problemsOf } from '../support/problems';
import { resourcesOf } from '../support/resources';
import { newStack, propertiesOf, resourceOf, synthApp } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (encryption: Encryption, dataKeyReuse?: Duration) => new WorkQueue(stack, 'Jobs', { encryption, dataKeyReuse });
const refusal = (encryption: Encryption, dataKeyReuse?: Duration) => {
  const problems = problemsOf(() => make(encryption, dataKeyReuse));
  expect(stack.node.tryFindChild('Jobs')).toBeUndefined();
  return problems;
};

test('by SQS, which takes no key', () => {
  const jobs = make(Encryption.serviceManaged());
  for (const queue of [jobs, jobs.deadLetterQueue!]) {
    expect(propertiesOf(queue)).toMatchObject({ SqsManagedSseEnabled: true });
    expect(propertiesOf(queue)).not.toHaveProperty('KmsMasterKeyId');
  }
  expect(jobs.encryptionMasterKey).toBeUndefined();
});

test('with a key made for both queues', () => {
  const jobs = make(Encryption.customerManaged());
  expect(resourceOf(jobs.encryptionMasterKey!)).toMatchObject({
    DeletionPolicy: 'Delete', Properties: { EnableKeyRotation: true, Description: 'Encrypts the messages of Stack/Jobs' },
  });
  for (const queue of [jobs, jobs.deadLetterQueue!]) {
    expect(propertiesOf(queue).KmsMasterKeyId).toEqual(stack.resolve(jobs.encryptionMasterKey!.keyArn));
    expect(propertiesOf(queue)).not.toHaveProperty('SqsManagedSseEnabled');
    expect(propertiesOf(queue)).not.toHaveProperty('KmsDataKeyReusePeriodSeconds');
  }
  expect(jobs.encryptionMasterKey!.node.path).toBe('Stack/Jobs/Key');
});

test('one value serves several queues, each with a key of its own', () => {
  const encryption = Encryption.customerManaged();
  make(encryption);
  new WorkQueue(stack, 'More', { encryption });
  expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(2);
});

test.each<[string, () => kms.IKey]>([
  ['made', () => new kms.Key(stack, 'Key')],
  ['imported', () => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc')],
  ['of another account', () => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:999988887777:key/abc')],
  ['known by its alias', () => kms.Alias.fromAliasName(stack, 'Key', 'alias/orders')],
  ['behind an alias', () => new kms.Key(stack, 'Key').addAlias('alias/orders')],
  ['symmetric in so many words', () => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.SYMMETRIC_DEFAULT })],
])('with a key that is %s', (_, key) => {
  const given = key();
  const jobs = make(Encryption.customerManaged(given));
  expect(jobs.encryptionMasterKey?.node).toBe(given?.node);
  expect(propertiesOf(jobs).KmsMasterKeyId).toEqual(stack.resolve(given.keyArn));
  expect(propertiesOf(jobs.deadLetterQueue!).KmsMasterKeyId).toEqual(stack.resolve(given.keyArn));
  expect(jobs.node.tryFindChild('Key')).toBeUndefined();
});

test.each([[Duration.seconds(60), 60], [Duration.hours(24), 86_400]])('data keys are reused for %s', (dataKeyReuse, seconds) => {
  const jobs = make(Encryption.customerManaged(), dataKeyReuse);
  expect(propertiesOf(jobs).KmsDataKeyReusePeriodSeconds).toBe(seconds);
  expect(propertiesOf(jobs.deadLetterQueue!).KmsDataKeyReusePeriodSeconds).toBe(seconds);
});

test.each([[Duration.seconds(59), '59 seconds'], [Duration.seconds(86_401), '1 day 1 second'], [Duration.seconds(0), '0 seconds']])(
  'data keys are not reused for %s', (dataKeyReuse, got) => {
    expect(refusal(Encryption.customerManaged(), dataKeyReuse)).toMatchObject([
      { prop: 'dataKeyReuse', got, allowed: '1 minute to 1 day (inclusive), in whole seconds' },
    ]);
  });

test.each<[string, Encryption | undefined]>([['by default', undefined], ['with the keys of SQS', Encryption.serviceManaged()]])('data keys are not reused %s', (_, encryption) => {
  const problems = problemsOf(() => new WorkQueue(stack, 'Jobs', { encryption, dataKeyReuse: Duration.hours(1) }));
  expect(problems).toMatchObject([{
    prop: 'dataKeyReuse', got: 'a time, without a customer key', allowed: 'a time for a queue with a customer key', fix: expect.stringContaining('Encryption.customerManaged()'),
  }]);
  expect(stack.node.children).toEqual([]);
});

test('the key of a property injector takes the reuse of data keys, and no other key is left', () => {
  const injected: { key?: kms.IKey } = {};
  stack = new Stack(new App({
    propertyInjectors: [{
      constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID,
      inject: (original: sqs.QueueProps) => ({ ...original, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: injected.key }),
    }],
  }), 'Stack');
  injected.key = new kms.Key(stack, 'Injected');
  const jobs = make(Encryption.customerManaged(), Duration.hours(1));
  expect(propertiesOf(jobs)).toMatchObject({ KmsMasterKeyId: stack.resolve(injected.key.keyArn), KmsDataKeyReusePeriodSeconds: 3600 });
  expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
});

test('a key of another Region is refused', () => {
  stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
  expect(refusal(Encryption.customerManaged(key))).toMatchObject([
    { prop: 'encryption.key', got: expect.stringMatching(/^a key in region us-east-1$/i), allowed: expect.stringMatching(/^a key in region eu-west-1\b/i) },
  ]);
});

test('an asymmetric key is refused', () => {
  const key = new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 });
  expect(refusal(Encryption.customerManaged(key))).toMatchObject([{ prop: 'encryption.key', got: expect.stringContaining('RSA_2048'), allowed: 'a symmetric encryption key' }]);
});

test('the AWS managed key is refused', () => {
  const key = kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sqs');
  expect(refusal(Encryption.customerManaged(key))).toMatchObject([{ prop: 'encryption.key', got: 'alias/aws/sqs', allowed: 'a customer key' }]);
});

test.each([[['Key', 'Queue']], [['Queue', 'Key']]])('key and queue in stacks of their own, made in the order %j', order => {
  const app = new App();
  const stacks = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
  const key = new kms.Key(stacks.Key, 'Key');
  new WorkQueue(stacks.Queue, 'Jobs', { encryption: Encryption.customerManaged(key), deadLetters: DeadLetters.dedicated() });
  expect(() => synthApp(app)).not.toThrow();
  expect(stacks.Key.dependencies).toEqual([]);
});

describe('a key made for a queue whose dead letters go elsewhere', () => {
  const elsewhere: [string, () => DeadLetters][] = [
    ['a shared queue', () => DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Shared'))],
    ['an existing queue', () => DeadLetters.existing(new sqs.Queue(stack, 'Existing', { retentionPeriod: Duration.days(14) }))],
    ['an imported queue', () => DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:us-east-1:111122223333:dead'))],
  ];
  const policies = (resource: IConstruct) => [resourceOf(resource).DeletionPolicy, resourceOf(resource).UpdateReplacePolicy];
  const KEPT = ['RetainExceptOnCreate', 'Retain'];

  test.each(elsewhere.flatMap(([name, deadLetters]) => [undefined, RemovalPolicy.DESTROY, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE].map(
    removalPolicy => [name, removalPolicy, deadLetters] as const)))('is kept: %s, removalPolicy %s', (_, removalPolicy, deadLetters) => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: deadLetters(), removalPolicy });
    expect(policies(jobs.encryptionMasterKey!)).toEqual(KEPT);
    expect(policies(jobs)).toEqual(removalPolicy === RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE ? KEPT : ['Delete', 'Delete']);
  });
  test.each(elsewhere)('is kept as removalPolicy RETAIN says, even after a failed creation: %s', (_, deadLetters) => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: deadLetters(), removalPolicy: RemovalPolicy.RETAIN });
    expect(policies(jobs.encryptionMasterKey!)).toEqual(['Retain', 'Retain']);
  });
  test('is kept where a property injector sends them elsewhere', () => {
    const dead: { queue?: sqs.IQueue } = {};
    stack = new Stack(new App({
      propertyInjectors: [{
        constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID,
        inject: (original: sqs.QueueProps) => dead.queue ? { ...original, deadLetterQueue: { queue: dead.queue, maxReceiveCount: 3 } } : original,
      }],
    }), 'Stack');
    dead.queue = new sqs.Queue(stack, 'Existing', { retentionPeriod: Duration.days(14) });
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: DeadLetters.none('Not here.') });
    expect(jobs.deadLetterQueue).toBe(dead.queue);
    expect(policies(jobs.encryptionMasterKey!)).toEqual(KEPT);
  });
  test.each<[string, () => DeadLetters]>([['dedicated', () => DeadLetters.dedicated()], ['none', () => DeadLetters.none('Not here.')]])(
    'is deleted with the queues where nothing stays encrypted with it: %s', (_, deadLetters) => {
      elsewhere.forEach(([, other], i) => new WorkQueue(stack, `Other${i}`, { deadLetters: other() }));
      const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: deadLetters() });
      expect(policies(jobs.encryptionMasterKey!)).toEqual(['Delete', 'Delete']);
    });
  test('is not one that was given, nor that of the shared queue', () => {
    const key = new kms.Key(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY });
    const shared = new SharedDeadLetterQueue(stack, 'Shared', { encryption: Encryption.customerManaged() });
    new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key), deadLetters: DeadLetters.shared(shared) });
    expect([key, shared.encryptionMasterKey!].map(policies)).toEqual([['Delete', 'Delete'], ['Delete', 'Delete']]);
  });
  test('outlives the dead-letter queue of a subscription, which uses it', () => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: elsewhere[0][1]() });
    const { deadLetterQueue } = new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(jobs, { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() }));
    expect(propertiesOf(deadLetterQueue!).KmsMasterKeyId).toEqual(stack.resolve(jobs.encryptionMasterKey!.keyArn));
    // What SNS could not deliver goes with the subscription, and so never outlives the key.
    expect([policies(deadLetterQueue!), policies(jobs.encryptionMasterKey!)]).toEqual([['Delete', 'Delete'], KEPT]);
  });
});
