import { Annotations, App, Aspects, CfnParameter, Duration, Lazy, PropertyInjectors, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption } from '../../src/access';
import { DeadLetters, LargePayloads, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../src/queues';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { resourcesOf, statementsOf } from '../support/resources';
import { newStack, resourceOf, synth, synthApp, warningsOf } from '../support/template';

type Json = any;

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const withPayloads = (props: WorkQueueProps = {}, scope = stack) => new WorkQueue(scope, 'Jobs', { largePayloads: LargePayloads.dedicated(), ...props });
const role = (id = 'Role', scope: Stack = stack) => new iam.Role(scope, id, { assumedBy: new iam.AccountRootPrincipal() });
const bucketOf = (from = stack): Json => resourcesOf(from, 'AWS::S3::Bucket')[0].Properties;
const encryptionOf = () => bucketOf().BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
const expirationOf = (from = stack) => bucketOf(from).LifecycleConfiguration.Rules[0].ExpirationInDays;
const onObjects = (jobs: WorkQueue, prefix = '') => stack.resolve(jobs.payloadBucket!.arnForObjects(`${prefix}*`));
const granted = (actions: string) => statementsOf(stack, 'AWS::IAM::Policy').filter(({ Action }) => [Action].flat().some(action => String(action).startsWith(actions)));

test('by default there is no bucket, and a grant is not about one', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  jobs.grantSendMessages(role());
  expect(jobs.payloadBucket).toBeUndefined();
  expect(resourcesOf(stack, 'AWS::S3::Bucket')).toEqual([]);
  expect(granted('s3:')).toEqual([]);
});

describe('a dedicated bucket', () => {
  test('is private, encrypted, TLS only, without versions, and kept', () => {
    const jobs = withPayloads();
    expect(bucketOf()).toEqual({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      LifecycleConfiguration: { Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, ExpirationInDays: 29, Status: 'Enabled' }] },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(resourceOf(jobs.payloadBucket!)).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(statementsOf(stack, 'AWS::S3::BucketPolicy')).toEqual([expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('does not change the queue', () => {
    const plain = newStack();
    new WorkQueue(plain, 'Jobs');
    withPayloads();
    const queues = (from: Stack) => Object.entries(synth(from).Resources).filter(([, { Type }]) => Type.startsWith('AWS::SQS::'));
    expect(queues(stack)).toEqual(queues(plain));
  });

  test('each of two queues in a stack has its own', () => {
    withPayloads();
    new WorkQueue(stack, 'Others', { largePayloads: LargePayloads.dedicated() });
    expect(resourcesOf(stack, 'AWS::S3::Bucket')).toHaveLength(2);
  });

  test.each([RemovalPolicy.DESTROY, RemovalPolicy.RETAIN])('follows its removalPolicy: %s', removalPolicy => {
    withPayloads({ largePayloads: LargePayloads.dedicated({ removalPolicy }) });
    expect(resourcesOf(stack, 'AWS::S3::Bucket')[0].DeletionPolicy).toBe(removalPolicy === RemovalPolicy.DESTROY ? 'Delete' : 'Retain');
  });

  test('does not follow the removal policy of the queue', () => {
    withPayloads({ removalPolicy: RemovalPolicy.DESTROY });
    expect(resourcesOf(stack, 'AWS::S3::Bucket')[0].DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('removalPolicy SNAPSHOT is refused', () => {
    expect(refusedProps(() => withPayloads({ largePayloads: LargePayloads.dedicated({ removalPolicy: RemovalPolicy.SNAPSHOT }) }))).toEqual(['largePayloads.removalPolicy']);
  });

  test.each([
    ['created', () => Encryption.customerManaged()],
    ['given', () => Encryption.customerManaged(new kms.Key(stack, 'Key'))],
  ])('is encrypted with the customer key of the queue that is %s', (_, encryption) => {
    const jobs = withPayloads({ encryption: encryption() });
    expect(bucketOf().BucketEncryption.ServerSideEncryptionConfiguration).toEqual([{
      BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: stack.resolve(jobs.encryptionMasterKey!.keyArn) },
    }]);
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
  });

  test('is encrypted with the key of a property injector', () => {
    const key = new kms.Key(stack, 'Injected');
    PropertyInjectors.of(stack).add({
      constructUniqueId: s3.Bucket.PROPERTY_INJECTION_ID,
      inject: (props: s3.BucketProps) => ({ ...props, encryption: s3.BucketEncryption.KMS, encryptionKey: key }),
    });
    const jobs = withPayloads();
    jobs.grantSendMessages(role());
    expect(encryptionOf()).toEqual({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: stack.resolve(key.keyArn) });
    expect(granted('kms:')).toEqual([{ Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: stack.resolve(key.keyArn) }]);
  });

  test('has S3 managed keys where a property injector encrypts the queue with alias/aws/sqs', () => {
    PropertyInjectors.of(stack).add({
      constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID,
      inject: (props: sqs.QueueProps) => ({ ...props, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: kms.Alias.fromAliasName(stack, `A${props.queueName ? 1 : 2}`, 'alias/aws/sqs') }),
    });
    withPayloads();
    expect(encryptionOf()).toEqual({ SSEAlgorithm: 'AES256' });
  });
});

describe('expiration', () => {
  const expiring = (expiration: Duration, props: WorkQueueProps = {}) => () => withPayloads({
    largePayloads: LargePayloads.dedicated({ expiration }), ...props,
  });

  test.each([0, NaN, 0.5])('of %p days is one problem', days => {
    expect(problemsOf(expiring(Duration.days(days)))).toEqual([expect.objectContaining({ prop: 'largePayloads.expiration' })]);
  });

  test.each<[string, () => WorkQueueProps, number]>([
    ['standard: the longer retention, twice', () => ({}), 29],
    ['FIFO: the sum of both, twice', () => ({ ordering: Ordering.fifo() }), 37],
    ['no dead letters', () => ({ deadLetters: DeadLetters.none('A lost job is only a lost job.') }), 9],
    ['short retentions', () => ({ retention: Duration.minutes(1), deadLetters: DeadLetters.dedicated({ retention: Duration.hours(12) }) }), 2],
    ['a shared dead-letter queue', () => ({ deadLetters: DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Shared', { retention: Duration.days(5) })) }), 11],
    ['an imported dead-letter queue, which may keep messages for 14 days', () => ({ deadLetters: DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Theirs', stack.formatArn({ service: 'sqs', resource: 'theirs' }))) }), 29],
    ['a retention only known at deployment', () => ({ ordering: Ordering.fifo(), retention: Duration.seconds(Lazy.number({ produce: () => 60 })) }), 57],
  ])('is by default %s', (_, props, days) => {
    withPayloads(props());
    expect(expirationOf()).toBe(days);
  });

  test.each<[string, () => WorkQueueProps, number]>([
    ['a standard queue', () => ({}), 15],
    ['a FIFO queue', () => ({ ordering: Ordering.fifo() }), 19],
    ['a queue without dead letters', () => ({ deadLetters: DeadLetters.none('A lost job is only a lost job.') }), 5],
    ['short retentions', () => ({ retention: Duration.minutes(1), deadLetters: DeadLetters.dedicated({ retention: Duration.hours(12) }) }), 1],
  ])('has a least value for %s', (_, props, least) => {
    const [problem, ...others] = problemsOf(expiring(Duration.days(least - 1), props()));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ prop: 'largePayloads.expiration', allowed: expect.stringContaining(`at least ${least} day`) });
    stack = newStack();
    expiring(Duration.days(least), props())();
    expect(expirationOf()).toBe(least);
  });

  test('is in whole days', () => {
    expect(problemsOf(expiring(Duration.hours(40 * 24 + 1)))).toEqual([expect.objectContaining({ prop: 'largePayloads.expiration', allowed: expect.stringContaining('whole days') })]);
    expiring(Duration.hours(40 * 24))();
    expect(expirationOf()).toBe(40);
  });

  test('can be only known at deployment', () => {
    const days = new CfnParameter(stack, 'Days', { type: 'Number' });
    expiring(Duration.days(days.valueAsNumber))();
    expect(expirationOf()).toEqual({ Ref: 'Days' });
    expect(refusedProps(() => new WorkQueue(stack, 'Others', { largePayloads: LargePayloads.dedicated({ expiration: Duration.hours(days.valueAsNumber) }) }))).toEqual(['largePayloads.expiration']);
  });

  test('is compared again with what an aspect makes of the retention', () => {
    const app = new App();
    stack = newStack({}, app);
    expiring(Duration.days(20))();
    expect(() => app.synth()).not.toThrow();
    Aspects.of(stack).add({
      visit: node => {
        if (sqs.CfnQueue.isCfnQueue(node)) node.messageRetentionPeriod = node.redrivePolicy ? 13 * 86_400 : 14 * 86_400;
      },
    });
    expect(() => app.synth({ force: true })).not.toThrow();

    const other = new App();
    stack = newStack({}, other);
    const jobs = expiring(Duration.days(20), { ordering: Ordering.fifo() })();
    (jobs.node.defaultChild as sqs.CfnQueue).addPropertyOverride('MessageRetentionPeriod', 13 * 86_400);
    expect(jobs.node.validate().map(message => readError(message).problems.map(({ prop }) => prop))).toEqual([['largePayloads.expiration']]);
  });
});

describe('lifecycle rules that come later', () => {
  const early = (jobs: WorkQueue) => jobs.node.validate().flatMap(message => readError(message).problems);

  test.each<[string, (bucket: s3.Bucket) => void, string]>([
    ['a rule', bucket => bucket.addLifecycleRule({ expiration: Duration.days(14) }), 'after 14 days'],
    ['a rule for some objects', bucket => bucket.addLifecycleRule({ prefix: 'a/', expiration: Duration.days(1) }), 'after 1 day'],
    ['a rule with a date', bucket => bucket.addLifecycleRule({ expirationDate: new Date('2030-01-01') }), 'on 2030-01-01'],
    ['an escape hatch', bucket => (bucket.node.defaultChild as s3.CfnBucket).addPropertyOverride('LifecycleConfiguration.Rules.0.ExpirationInDays', 2), 'after 2 days'],
    ['an aspect', bucket => Aspects.of(bucket).add({
      visit: node => {
        if (s3.CfnBucket.isCfnBucket(node)) node.lifecycleConfiguration = { rules: [{ status: 'Enabled', expirationInDays: 3 }] };
      },
    }), 'after 3 days'],
  ])('%s is refused when the template is written', (_, change, when) => {
    const jobs = withPayloads();
    expect(early(jobs)).toEqual([]);
    change(jobs.payloadBucket as s3.Bucket);
    if (when === 'after 3 days') expect(() => synthApp(stack)).toThrow(when);
    else expect(early(jobs)).toEqual([expect.objectContaining({ prop: 'payload bucket', got: expect.stringContaining(when), allowed: expect.stringContaining('at least 15 days') })]);
  });

  test.each<[string, s3.LifecycleRule]>([
    ['with more days than a message can wait', { expiration: Duration.days(15) }],
    ['that is disabled', { expiration: Duration.days(1), enabled: false }],
    ['for objects with a tag', { expiration: Duration.days(1), tagFilters: { draft: 'yes' } }],
    ['for small objects', { expiration: Duration.days(1), objectSizeLessThan: 1024 }],
    ['with days only known at deployment', { expiration: Duration.days(Lazy.number({ produce: () => ({ Ref: 'Days' }) as never })) }],
    ['for old versions, or unfinished uploads', { noncurrentVersionExpiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
  ])('a rule %s is accepted', (_, rule) => {
    const jobs = withPayloads();
    (jobs.payloadBucket as s3.Bucket).addLifecycleRule(rule);
    expect(early(jobs)).toEqual([]);
  });

  test('a retention that an aspect raises, and a rule that is long enough for the default, are compared', () => {
    const jobs = withPayloads({ ordering: Ordering.fifo() });
    (jobs.payloadBucket as s3.Bucket).addLifecycleRule({ expiration: Duration.days(19) });
    expect(early(jobs)).toEqual([]);
    (jobs.node.defaultChild as sqs.CfnQueue).messageRetentionPeriod = 5 * 86_400;
    expect(early(jobs)).toEqual([expect.objectContaining({ prop: 'payload bucket', got: expect.stringContaining('after 19 days') })]);
  });

  test('of an existing bucket: a warning for a rule whose objects can be payloads', () => {
    const bucket = new s3.Bucket(stack, 'Payloads');
    for (const keyPrefix of ['jobs/', 'mail/']) new WorkQueue(stack, keyPrefix.slice(0, -1), { largePayloads: LargePayloads.existing(bucket, keyPrefix) });
    bucket.addLifecycleRule({ prefix: 'jobs/old', expiration: Duration.days(7) });
    synthApp(stack);
    expect(warningsOf(stack)).toEqual([{ path: expect.stringContaining('Stack/jobs'), text: expect.stringContaining('deletes payloads after 7 days') }]);
    expect(warningsOf(stack)[0].text).toContain('[ack: cdk-decouple:WorkQueue.payloadExpiration]');
  });
});

describe('grants', () => {
  test('to a producer: PutObject, and nothing else of S3', () => {
    const jobs = withPayloads();
    jobs.grantSendMessages(role());
    expect(granted('s3:')).toEqual([{ Effect: 'Allow', Action: 's3:PutObject', Resource: onObjects(jobs) }]);
    expect(granted('sqs:')).toHaveLength(1);
  });

  test('to a consumer: GetObject and DeleteObject', () => {
    const jobs = withPayloads();
    jobs.grantConsumeMessages(role());
    expect(granted('s3:')).toEqual([{ Effect: 'Allow', Action: ['s3:GetObject', 's3:DeleteObject'], Resource: onObjects(jobs) }]);
  });

  test('to a function with an event source, which calls grantConsumeMessages', () => {
    const jobs = withPayloads();
    const handler = new lambda.Function(stack, 'Function', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};') });
    handler.addEventSource(new SqsEventSource(jobs));
    expect(granted('s3:').map(({ Action }) => Action)).toEqual([['s3:GetObject', 's3:DeleteObject']]);
  });

  test('through the facade of grants', () => {
    const jobs = withPayloads();
    jobs.grants.sendMessages(role());
    expect(granted('s3:')).toHaveLength(1);
  });

  test('to a consumer of dead letters: the same as to a consumer', () => {
    const jobs = withPayloads();
    jobs.grantConsumeDeadLetters(role());
    expect(granted('s3:')).toEqual([{ Effect: 'Allow', Action: ['s3:GetObject', 's3:DeleteObject'], Resource: onObjects(jobs) }]);
  });

  test('on the dead-letter queue itself: the same, for a role and for a function with an event source', () => {
    const jobs = withPayloads({ encryption: Encryption.customerManaged() });
    const dead = jobs.deadLetterQueue!;
    expect(refusedProps(() => dead.grantConsumeMessages(new iam.AnyPrincipal()))).toEqual(['grantConsumeMessages(grantee)']);
    dead.grantConsumeMessages(role());
    const handler = new lambda.Function(stack, 'Function', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};') });
    handler.addEventSource(new SqsEventSource(dead));
    const taking = { Effect: 'Allow', Action: ['s3:GetObject', 's3:DeleteObject'], Resource: onObjects(jobs) };
    expect(granted('s3:')).toEqual([taking, taking]);
    expect(granted('kms:').map(({ Action }) => Action)).toEqual(['kms:Decrypt', 'kms:Decrypt']);
  });

  test('on a shared dead-letter queue: nothing of S3, whose payloads are those of each source', () => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    const jobs = withPayloads({ deadLetters: DeadLetters.shared(shared) });
    shared.grantConsumeMessages(role());
    jobs.grantConsumeDeadLetters(role('Operator'));
    expect(granted('s3:')).toHaveLength(1);
    expect(granted('sqs:').filter(({ Action }) => Action.includes('sqs:ReceiveMessage'))).toHaveLength(2);
  });

  test.each(['grantPurge', 'grantRedrive'] as const)('%s touches no object', method => {
    withPayloads()[method](role());
    expect(granted('s3:')).toEqual([]);
  });

  test('to a service principal: the queue alone', () => {
    const jobs = withPayloads();
    jobs.grantSendMessages(new iam.ServicePrincipal('profile.amazonaws.com', {
      conditions: { ArnLike: { 'aws:SourceArn': 'arn:aws:profile:*:111122223333:*' }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    }));
    expect(statementsOf(stack, 'AWS::S3::BucketPolicy').map(({ Effect }) => Effect)).toEqual(['Deny']);
    expect(statementsOf(stack, 'AWS::SQS::QueuePolicy').filter(({ Effect }) => Effect === 'Allow')).toHaveLength(1);
  });

  test('a refused principal is granted nothing', () => {
    const jobs = withPayloads();
    expect(refusedProps(() => jobs.grantSendMessages(new iam.AnyPrincipal()))).toEqual(['grantSendMessages(grantee)']);
    expect(statementsOf(stack, 'AWS::S3::BucketPolicy').map(({ Effect }) => Effect)).toEqual(['Deny']);
  });

  test('to another account: in the policies of the queue, the bucket and the key', () => {
    const jobs = withPayloads({ encryption: Encryption.customerManaged() });
    jobs.grantConsumeMessages(new iam.AccountPrincipal('444455556666'));
    const allowed = (type: string) => statementsOf(stack, type).filter(({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal).includes('444455556666'));
    expect(allowed('AWS::S3::BucketPolicy')).toEqual([expect.objectContaining({ Action: ['s3:GetObject', 's3:DeleteObject'], Resource: onObjects(jobs) })]);
    expect(allowed('AWS::KMS::Key')).toEqual([expect.objectContaining({ Action: 'kms:Decrypt' })]);
  });

  test('to a role in another account, which no policy can name without a bucketName', () => {
    const app = new App();
    stack = newStack({ env: { account: '111122223333', region: 'eu-west-1' } }, app);
    const other = new Stack(app, 'Other', { env: { account: '444455556666', region: 'eu-west-1' } });
    const consumer = new iam.Role(other, 'Consumer', { roleName: 'consumer', assumedBy: new iam.AccountRootPrincipal() });
    const jobs = withPayloads({ queueName: 'jobs' });
    const [problem] = problemsOf(() => jobs.grantConsumeMessages(consumer));
    expect(problem).toMatchObject({ prop: 'grantConsumeMessages(grantee)', allowed: expect.stringContaining('bucketName') });
    expect(statementsOf(stack, 'AWS::SQS::QueuePolicy').map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny']);

    const bucket = new s3.Bucket(stack, 'Payloads', { bucketName: 'payloads' });
    const others = new WorkQueue(stack, 'Others', { queueName: 'others', encryption: Encryption.customerManaged(), largePayloads: LargePayloads.existing(bucket) });
    others.grantConsumeMessages(consumer);
    const { Stack: own, Other: theirs } = synthApp(stack);
    expect(JSON.stringify(theirs)).toContain(':s3:::payloads/*');
    expect(statementsOf(own, 'AWS::S3::BucketPolicy').filter(({ Effect }) => Effect === 'Allow')).toEqual([expect.objectContaining({
      Action: ['s3:GetObject', 's3:DeleteObject'], Condition: { ArnEquals: { 'aws:PrincipalArn': expect.anything() } },
    })]);
  });

  test('to a role in another account with a key: through SQS, and through S3', () => {
    const app = new App();
    stack = newStack({ env: { account: '111122223333', region: 'eu-west-1' } }, app);
    const other = new Stack(app, 'Other', { env: { account: '444455556666', region: 'eu-west-1' } });
    const consumer = new iam.Role(other, 'Consumer', { roleName: 'consumer', assumedBy: new iam.AccountRootPrincipal() });
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Payloads', { bucketName: 'payloads', encryptionKey: key });
    new WorkQueue(stack, 'Jobs', { queueName: 'jobs', encryption: Encryption.customerManaged(key), largePayloads: LargePayloads.existing(bucket) }).grantConsumeMessages(consumer);
    const via = statementsOf(synthApp(stack).Stack, 'AWS::KMS::Key').flatMap(({ Condition }: Json) => Condition?.StringEquals?.['kms:ViaService'] ?? []);
    expect(via.sort()).toEqual(['s3.eu-west-1.amazonaws.com', 'sqs.eu-west-1.amazonaws.com']);
  });
});

describe('an existing bucket', () => {
  test('is not changed, and the grants are limited to the prefix', () => {
    const unused = newStack();
    const bucket = new s3.Bucket(stack, 'Payloads');
    const before = resourceOf(new s3.Bucket(unused, 'Payloads'));
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(bucket, 'jobs/') });
    jobs.grantSendMessages(role());
    expect(jobs.payloadBucket).toBe(bucket);
    expect(resourceOf(bucket)).toEqual(before);
    expect(resourcesOf(stack, 'AWS::S3::Bucket')).toHaveLength(1);
    expect(granted('s3:')).toEqual([{ Effect: 'Allow', Action: 's3:PutObject', Resource: onObjects(jobs, 'jobs/') }]);
  });

  test('without a prefix, the grants are for all of its objects', () => {
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads')) });
    jobs.grantConsumeMessages(role());
    expect(granted('s3:')).toEqual([expect.objectContaining({ Resource: onObjects(jobs) })]);
  });

  test.each(['', ' ', 'a*', 'a?', '${a}'])('the prefix %p is refused', prefix => {
    expect(refusedProps(() => new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads'), prefix) }))).toEqual(['largePayloads.keyPrefix']);
  });

  test('the prefix can be only known at deployment', () => {
    const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads'), prefix) });
    jobs.grantSendMessages(role());
    expect(JSON.stringify(granted('s3:'))).toContain('{"Ref":"Prefix"}');
  });

  test('a prefix of the stack of the queue, for another account, with a role that reads: refused, because the stacks would depend on each other', () => {
    const app = new App();
    const env = { account: '111122223333', region: 'eu-west-1' };
    const [data, own] = ['Data', 'Own'].map(id => new Stack(app, id, { env }));
    const jobsWith = (id: string, prefix: Stack) => new WorkQueue(own, id, {
      queueName: id,
      largePayloads: LargePayloads.existing(new s3.Bucket(data, `${id}Payloads`), new CfnParameter(prefix, `${id}Prefix`).valueAsString),
    });
    const jobs = jobsWith('Jobs', own);
    jobs.grantSendMessages(role('Sender', own));
    synthApp(own);
    const others = jobsWith('Others', data);
    others.grantSendMessages(role('OtherSender', own));
    others.grantConsumeMessages(new iam.AccountPrincipal('444455556666'));
    synthApp(own);
    jobs.grantConsumeMessages(new iam.AccountPrincipal('444455556666'));
    expect(problemsOf(() => app.synth({ force: true }))).toEqual([expect.objectContaining({
      prop: 'largePayloads.keyPrefix', got: expect.stringContaining("'Own/Sender/DefaultPolicy'"), allowed: expect.stringContaining("stack 'Data'"),
    })]);
  });

  test('imported without its key: a warning with the statement for the key', () => {
    stack = newStack({ env: { account: '111122223333', region: 'eu-west-1' } }, new App());
    const theirs = s3.Bucket.fromBucketName(stack, 'Theirs', 'their-payloads');
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(theirs) });
    jobs.grantSendMessages(role('Producer'));
    jobs.grantConsumeMessages(role('Consumer'));
    const found = warningsOf(stack).map(({ text }) => ({ text, statement: JSON.parse(text.slice(text.indexOf('{\n'), text.lastIndexOf(' [ack:'))) }));
    expect(found.map(({ statement }) => statement.Action)).toEqual([['kms:GenerateDataKey', 'kms:Decrypt'], 'kms:Decrypt']);
    for (const { text, statement } of found) {
      expect(text).toContain('[ack: cdk-decouple:WorkQueue.payloadKey]');
      expect(statement).toMatchObject({ Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } });
    }
    expect(found[1].statement.Principal).toEqual({ AWS: expect.stringMatching(/^\$\{Consumer.*Arn\}$/) });
  });

  test('imported without its key: the warning can be acknowledged', () => {
    const theirs = s3.Bucket.fromBucketName(stack, 'Theirs', 'their-payloads');
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:WorkQueue.payloadKey', 'The bucket has S3 managed keys.');
    new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(theirs) }).grantSendMessages(role());
    expect(warningsOf(stack)).toEqual([]);
  });

  test('with its own key: both keys are granted', () => {
    const key = new kms.Key(stack, 'BucketKey');
    const bucket = new s3.Bucket(stack, 'Payloads', { encryptionKey: key });
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), largePayloads: LargePayloads.existing(bucket) });
    jobs.grantConsumeMessages(role());
    const keys = granted('kms:').flatMap(({ Resource }) => [Resource].flat());
    expect(keys).toEqual(expect.arrayContaining([stack.resolve(key.keyArn), stack.resolve(jobs.encryptionMasterKey!.keyArn)]));
    expect(keys).toHaveLength(2);
  });

  test('with alias/aws/s3, whose policy cannot be changed: nothing is granted on the key', () => {
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Payloads', { bucketName: 'payloads', encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/s3') });
    new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(bucket) }).grantSendMessages(role());
    expect(granted('kms:')).toEqual([]);
    expect(granted('s3:')).toHaveLength(1);
  });

  test('with the imported key of the queue: one warning, not two', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:444455556666:key/11111111-2222-4333-8444-555555555555');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key), largePayloads: LargePayloads.dedicated() });
    jobs.grantSendMessages(new iam.AccountPrincipal('777788889999'));
    expect(warningsOf(stack).map(({ text }) => text).filter(text => text.includes('WorkQueue.importedKey'))).toHaveLength(1);
  });

  test('imported from this account, no warning; from another one, a warning with the statement', () => {
    const app = new App();
    stack = newStack({ env: { account: '111122223333', region: 'eu-west-1' } }, app);
    const encryptionKey = kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/s3');
    const own = s3.Bucket.fromBucketAttributes(stack, 'Own', { bucketName: 'own-payloads', encryptionKey });
    new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(own) }).grantSendMessages(role());
    expect(warningsOf(stack)).toEqual([]);
    const theirs = s3.Bucket.fromBucketAttributes(stack, 'Theirs', { bucketName: 'their-payloads', account: '444455556666', encryptionKey });
    new WorkQueue(stack, 'Others', { largePayloads: LargePayloads.existing(theirs, 'jobs/') }).grantConsumeMessages(role('Consumer'));
    const [{ text }, ...others] = warningsOf(stack);
    expect(others).toEqual([]);
    expect(text).toContain('[ack: cdk-decouple:WorkQueue.importedPolicy]');
    for (const part of ['s3:GetObject', 's3:DeleteObject', ':s3:::their-payloads/jobs/*', '${Consumer']) expect(text).toContain(part);
    expect(granted('s3:').map(({ Action }) => Action)).toContainEqual(['s3:GetObject', 's3:DeleteObject']);
  });
});
