import { App, Aws, CfnParameter, CfnResource, Duration, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Encryption, ServiceSource } from '../../src/access';
import { Deduplication, Ordering, WorkQueue, WorkQueueProps } from '../../src/queues';
import { problemsOf, readError } from '../support/problems';
import { statementsOf } from '../support/resources';
import { errorOf, newStack, synth, synthApp, warningsOf } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (props?: WorkQueueProps) => new WorkQueue(stack, 'Jobs', props);
const allowed = (type = 'AWS::SQS::QueuePolicy', template = synth(stack)) => statementsOf(template, type).filter(({ Principal }) => Principal?.Service !== undefined);
const OWN = { Ref: 'AWS::AccountId' };
const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });
const PARTITION = { Ref: 'AWS::Partition' };
const REGION = { Ref: 'AWS::Region' };

const statement = (jobs: WorkQueue, Service: unknown, arn: unknown, account: unknown = OWN) => ({
  Effect: 'Allow',
  Principal: { Service },
  Action: 'sqs:SendMessage',
  Resource: stack.resolve(jobs.queueArn),
  Condition: { ArnLike: { 'aws:SourceArn': arn }, StringEquals: { 'aws:SourceAccount': account } },
});
const keyStatement = (Service: unknown, arn: unknown, account: unknown = OWN) => ({
  Effect: 'Allow',
  Principal: { Service },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: '*',
  Condition: { ArnLike: { 'aws:SourceArn': arn }, StringEquals: { 'aws:SourceAccount': account } },
});

describe('each source has one statement for the queue, and one without references for its key', () => {
  const key = { encryption: Encryption.customerManaged() };

  test('a topic', () => {
    const jobs = make(key);
    const topic = new sns.Topic(stack, 'Topic');
    expect(jobs.allowService(ServiceSource.topic(topic))).toEqual([jobs.node.findChild('Queue').node.findChild('Policy')]);
    expect(allowed()).toEqual([statement(jobs, 'sns.amazonaws.com', stack.resolve(topic.topicArn))]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('sns.amazonaws.com', join('arn:', PARTITION, ':sns:', REGION, ':', OWN, ':*'))]);
  });

  test('a topic of another account and Region', () => {
    const jobs = make(key);
    jobs.allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-west-2:999988887777:orders')));
    expect(allowed()).toEqual([statement(jobs, 'sns.amazonaws.com', 'arn:aws:sns:us-west-2:999988887777:orders', '999988887777')]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('sns.amazonaws.com', join('arn:', PARTITION, ':sns:us-west-2:999988887777:*'), '999988887777')]);
  });

  test('a bucket', () => {
    const jobs = make(key);
    const bucket = new s3.Bucket(stack, 'Bucket');
    jobs.allowService(ServiceSource.bucket(bucket));
    expect(allowed()).toEqual([statement(jobs, 's3.amazonaws.com', stack.resolve(bucket.bucketArn))]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('s3.amazonaws.com', join('arn:', PARTITION, ':s3:::*'))]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('a bucket of another account', () => {
    const jobs = make();
    jobs.allowService(ServiceSource.bucket(s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'uploads', account: '999988887777' })));
    expect(allowed()).toEqual([statement(jobs, 's3.amazonaws.com', join('arn:', PARTITION, ':s3:::uploads'), '999988887777')]);
  });

  test('an EventBridge rule', () => {
    const jobs = make(key);
    const rule = new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.minutes(1)) });
    rule.addTarget({ bind: () => ({ arn: jobs.queueArn }) });
    jobs.allowService(ServiceSource.rule(rule));
    expect(allowed()).toEqual([statement(jobs, 'events.amazonaws.com', stack.resolve(rule.ruleArn))]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('events.amazonaws.com', join('arn:', PARTITION, ':events:', REGION, ':', OWN, ':rule/*'))]);
  });

  test('a resource of any other service', () => {
    const jobs = make(key);
    jobs.allowService(ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn: 'arn:aws:profile:us-east-1:111122223333:domains/x', sourceAccount: '111122223333' }));
    expect(allowed()).toEqual([statement(jobs, 'profile.amazonaws.com', 'arn:aws:profile:us-east-1:111122223333:domains/x', '111122223333')]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('profile.amazonaws.com', 'arn:aws:profile:us-east-1:111122223333:domains/x', '111122223333')]);
  });

  test('a resource that refers to the queue: the key policy does not refer to it in turn', () => {
    const jobs = make(key);
    const schedule = new CfnResource(stack, 'Schedule', { type: 'AWS::Scheduler::Schedule', properties: { Target: { Arn: jobs.queueArn } } });
    jobs.allowService(ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn: schedule.getAtt('Arn').toString() }));
    expect(allowed()).toEqual([statement(jobs, 'profile.amazonaws.com', { 'Fn::GetAtt': ['Schedule', 'Arn'] })]);
    expect(allowed('AWS::KMS::Key')).toEqual([keyStatement('profile.amazonaws.com', join('arn:', PARTITION, ':*:*:*:*'))]);
  });
});

test.each([false, true])('25 topics take one statement for the queue and one for the key (minimizePolicies %s)', minimize => {
  stack = new Stack(new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': minimize } }), 'Stack');
  const jobs = make({ encryption: Encryption.customerManaged() });
  const topics = Array.from({ length: 25 }, (_, i) => new sns.Topic(stack, `Topic${i}`));
  const dependables = topics.map(topic => jobs.allowService(ServiceSource.topic(topic)));
  jobs.allowService(ServiceSource.topic(topics[0]));
  expect(allowed()).toEqual([statement(jobs, 'sns.amazonaws.com', topics.map(topic => stack.resolve(topic.topicArn)))]);
  expect(allowed('AWS::KMS::Key')).toHaveLength(1);
  // Whoever starts to deliver has to wait for the policy, the last as the first.
  expect(dependables).toEqual(topics.map(() => [jobs.node.findChild('Queue').node.findChild('Policy')]));
});

test('sources of several services and accounts', () => {
  const jobs = make();
  jobs.allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'A', 'arn:aws:sns:us-east-1:111122223333:a')));
  jobs.allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'B', 'arn:aws:sns:us-east-1:999988887777:b')));
  jobs.allowService(ServiceSource.bucket(s3.Bucket.fromBucketName(stack, 'C', 'uploads')));
  expect(allowed()).toEqual([
    statement(jobs, 'sns.amazonaws.com', ['arn:aws:sns:us-east-1:111122223333:a', 'arn:aws:sns:us-east-1:999988887777:b'], ['111122223333', '999988887777']),
    statement(jobs, 's3.amazonaws.com', join('arn:', PARTITION, ':s3:::uploads')),
  ]);
});

describe('Regions', () => {
  const principal = (topicRegion: string, queueRegion: string) => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: queueRegion } });
    make({ encryption: Encryption.customerManaged() }).allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${topicRegion}:111122223333:t`)));
    const [queue] = allowed();
    const [key] = allowed('AWS::KMS::Key');
    expect(key.Principal).toEqual(queue.Principal);
    return queue.Principal.Service;
  };
  test.each([
    ['us-east-1', 'us-west-2', 'sns.amazonaws.com'],
    ['us-east-1', 'af-south-1', 'sns.af-south-1.amazonaws.com'],
    ['af-south-1', 'us-east-1', 'sns.af-south-1.amazonaws.com'],
    ['af-south-1', 'me-south-1', 'sns.me-south-1.amazonaws.com'],
    ['af-south-1', 'af-south-1', 'sns.amazonaws.com'],
    ['xx-nowhere-1', 'us-east-1', 'sns.amazonaws.com'],
    ['xx-nowhere-1', 'xx-nowhere-2', 'sns.amazonaws.com'],
  ])('a topic in %s reaches a queue in %s as %s', (topicRegion, queueRegion, expected) => {
    expect(principal(topicRegion, queueRegion)).toBe(expected);
  });
  test.each(['cn-north-1', 'us-gov-west-1', 'xx-nowhere-1'])('every kind of source in %s', region => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region } });
    const jobs = make({ encryption: Encryption.customerManaged() });
    jobs.allowService(ServiceSource.topic(new sns.Topic(stack, 'Topic')));
    jobs.allowService(ServiceSource.bucket(new s3.Bucket(stack, 'Bucket')));
    jobs.allowService(ServiceSource.rule(new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.minutes(1)) })));
    expect(allowed().map(s => s.Principal.Service)).toEqual(['sns.amazonaws.com', 's3.amazonaws.com', 'events.amazonaws.com']);
    expect(allowed().map(s => s.Condition.StringEquals['aws:SourceAccount'])).toEqual(Array(3).fill('111122223333'));
    expect(JSON.stringify(allowed())).not.toContain('arn:aws:');
  });
  test('the principal of a Region of China is taken as it is', () => {
    const jobs = make();
    jobs.allowService(ServiceSource.of({ service: 'ec2.amazonaws.com.cn', sourceArn: 'arn:aws-cn:ec2:cn-north-1:111122223333:instance/i' }));
    expect(allowed()[0].Principal.Service).toBe('ec2.amazonaws.com.cn');
  });
});

describe('sources in another stack', () => {
  const stacks = (order: string[]) => {
    const app = new App();
    const made = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
    stack = made.Queue;
    return made;
  };
  const orders = [[['Queue', 'Source']], [['Source', 'Queue']]];

  test.each(orders)('a topic: the queue depends on it (%j)', order => {
    const { Source } = stacks(order);
    const topic = new sns.Topic(Source, 'Topic', { masterKey: new kms.Key(Source, 'Key') });
    make({ encryption: Encryption.customerManaged() }).allowService(ServiceSource.topic(topic));
    expect(() => synthApp(stack)).not.toThrow();
    expect(stack.dependencies).toEqual([Source]);
  });

  test.each(orders)('a topic that shares its key with the queue (%j)', order => {
    const { Source } = stacks(order);
    const key = new kms.Key(Source, 'Key');
    const topic = new sns.Topic(Source, 'Topic', { masterKey: key });
    make({ encryption: Encryption.customerManaged(key) }).allowService(ServiceSource.topic(topic));
    expect(() => synthApp(stack)).not.toThrow();
  });

  test.each(orders)('a bucket that notifies the queue widens the statement, with a warning (%j)', order => {
    const { Source } = stacks(order);
    const bucket = new s3.Bucket(Source, 'Bucket');
    const jobs = make();
    jobs.allowService(ServiceSource.bucket(bucket));
    new CfnResource(Source, 'Notification', { type: 'Test::Notification', properties: { Queue: jobs.queueArn } });
    expect(warningsOf(stack)).toEqual([{
      path: '/Queue/Jobs',
      text: expect.stringMatching(/^bucket 'Source\/Bucket' is in another stack and its name is only known at deployment, so 'Queue\/Jobs\/Queue' accepts s3.amazonaws.com for every bucket of account .*bucketName.* \[ack: cdk-decouple:WorkQueue\.sourceWidened\]$/),
    }]);
    const { Queue } = synthApp(stack);
    expect(allowed('AWS::SQS::QueuePolicy', Queue)).toEqual([statement(jobs, 's3.amazonaws.com', join('arn:', PARTITION, ':s3:::*'))]);
  });

  test.each(orders)('a bucket that was given a name is named (%j)', order => {
    const { Source } = stacks(order);
    const jobs = make();
    jobs.allowService(ServiceSource.bucket(new s3.Bucket(Source, 'Bucket', { bucketName: 'uploads' })));
    new CfnResource(Source, 'Notification', { type: 'Test::Notification', properties: { Queue: jobs.queueArn } });
    expect(warningsOf(stack)).toEqual([]);
    const { Queue } = synthApp(stack);
    expect(allowed('AWS::SQS::QueuePolicy', Queue)).toEqual([statement(jobs, 's3.amazonaws.com', join('arn:', PARTITION, ':s3:::uploads'))]);
  });

  test('a name only known at deployment does not help', () => {
    const { Source } = stacks(['Source', 'Queue']);
    make().allowService(ServiceSource.bucket(new s3.Bucket(Source, 'Bucket', { bucketName: new CfnParameter(Source, 'Name').valueAsString })));
    expect(warningsOf(stack)).toHaveLength(1);
  });

  test('a bucket imported there is named', () => {
    const { Source } = stacks(['Source', 'Queue']);
    make().allowService(ServiceSource.bucket(s3.Bucket.fromBucketName(Source, 'Bucket', 'uploads')));
    expect(warningsOf(stack)).toEqual([]);
    expect(JSON.stringify(allowed())).toContain(':s3:::uploads');
  });

  test.each(orders)('a rule that targets the queue widens the statement, with a warning (%j)', order => {
    const { Source } = stacks(order);
    const rule = new events.Rule(Source, 'Rule', { schedule: events.Schedule.rate(Duration.minutes(1)) });
    const jobs = make({ encryption: Encryption.customerManaged() });
    rule.addTarget({ bind: () => ({ arn: jobs.queueArn }) });
    jobs.allowService(ServiceSource.rule(rule));
    expect(warningsOf(stack)[0].text).toMatch(/^rule 'Source\/Rule' is in another stack.* for every rule of account \$\{AWS::AccountId\}:.*ruleName.*event bus.* \[ack: cdk-decouple:WorkQueue\.sourceWidened\]$/);
    const { Queue } = synthApp(stack);
    expect(allowed('AWS::SQS::QueuePolicy', Queue)[0].Condition.ArnLike['aws:SourceArn']).toEqual(join('arn:', PARTITION, ':events:', REGION, ':', OWN, ':rule/*'));
  });

  test('a rule imported there is named', () => {
    const { Source } = stacks(['Source', 'Queue']);
    make().allowService(ServiceSource.rule(events.Rule.fromEventRuleArn(Source, 'Rule', 'arn:aws:events:us-east-1:111122223333:rule/r')));
    expect(warningsOf(stack)).toEqual([]);
    expect(allowed()[0].Condition.ArnLike['aws:SourceArn']).toBe('arn:aws:events:us-east-1:111122223333:rule/r');
  });
});

test('an imported key carries the exact statement in a warning', () => {
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
  const jobs = make({ encryption: Encryption.customerManaged(key) });
  jobs.allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111122223333:t')));
  const expected = JSON.stringify({
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Condition: { ArnLike: { 'aws:SourceArn': 'arn:${AWS::Partition}:sns:us-east-1:111122223333:*' }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Resource: '*',
  }, undefined, 2);
  expect(warningsOf(stack)).toEqual([{
    path: '/Stack/Jobs',
    text: 'the policy of key \'Stack/Key\' cannot be changed from here because it is imported; without this statement in it sns.amazonaws.com cannot send to '
      + `'Stack/Jobs/Queue':\n${expected} [ack: cdk-decouple:WorkQueue.importedKey]`,
  }]);
});

describe('is refused', () => {
  const refusal = (source: ServiceSource, props?: WorkQueueProps, prop = 'allowService(source)') => {
    const jobs = make(props);
    const error = readError(errorOf(() => jobs.allowService(source)));
    expect(error).toMatchObject({ construct: 'WorkQueue', path: 'Stack/Jobs', problems: [{ prop }] });
    expect(stack.node.tryFindChild('Jobs')).toBe(jobs);
    expect(allowed()).toEqual([]);
    return error.problems[0];
  };
  const bucket = () => ServiceSource.bucket(new s3.Bucket(stack, 'Bucket'));

  test('a bucket on a FIFO queue', () => {
    expect(refusal(bucket(), { ordering: Ordering.fifo() })).toMatchObject({ got: 'a bucket', allowed: expect.stringContaining('standard queue') });
  });
  test('a bucket on a queue that does not take its events', () => {
    expect(refusal(bucket(), { maxMessageSize: Size.bytes(65_535) })).toMatchObject({
      got: expect.stringContaining('maxMessageSize 65535 bytes'), allowed: expect.stringContaining('at least 64 KiB'),
    });
  });
  test('S3 by its principal alike', () => {
    expect(refusal(ServiceSource.of({ service: 's3.amazonaws.com', sourceArn: 'arn:aws:s3:::b' }), { ordering: Ordering.fifo() })).toMatchObject({ got: 'a bucket' });
  });
  test('a standard topic on a FIFO queue', () => {
    expect(refusal(ServiceSource.topic(new sns.Topic(stack, 'Topic')), { ordering: Ordering.fifo() })).toMatchObject({
      got: 'a standard topic', allowed: expect.stringContaining('FIFO topic'),
    });
  });
  test('alarms', () => {
    expect(refusal(ServiceSource.alarms())).toMatchObject({ got: 'alarms' });
  });
  test.each<[string, string, ServiceSource]>([
    ['service', "'profile'", ServiceSource.of({ service: 'profile', sourceArn: 'arn:aws:x:y:z:w' })],
    ['service', "''", ServiceSource.of({ service: '', sourceArn: 'arn:aws:x:y:z:w' })],
    ['sourceArn', "'*'", ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: '*' })],
    ['sourceArn', "'arn:aws:*:y:z:w'", ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: 'arn:aws:*:y:z:w' })],
    ['sourceArn', "''", ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: '' })],
    ['sourceAccount', "'123'", ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: 'arn:aws:x:y:z:w', sourceAccount: '123' })],
    ['sourceAccount', "''", ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: 'arn:aws:x:y:z:w', sourceAccount: '' })],
    ['sourceAccount', "'111122223333' and sourceArn 'arn:aws:x:y:222222222222:w'",
      ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: 'arn:aws:x:y:222222222222:w', sourceAccount: '111122223333' })],
  ])('a source with the %s %s', (option, got, source) => {
    expect(refusal(source, {}, `allowService(source).${option}`)).toMatchObject({ got: expect.stringContaining(got) });
  });
});

test('what is allowed at the edge', () => {
  const jobs = make({ maxMessageSize: Size.bytes(65_536) });
  jobs.allowService(ServiceSource.bucket(new s3.Bucket(stack, 'Bucket')));
  const ordered = new WorkQueue(stack, 'Ordered', { ordering: Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED }) });
  ordered.allowService(ServiceSource.topic(new sns.Topic(stack, 'Topic', { fifo: true })));
  ordered.allowService(ServiceSource.rule(new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.minutes(1)) })));
  const size = new CfnParameter(stack, 'Size', { type: 'Number' }).valueAsNumber;
  new WorkQueue(stack, 'Unknown', { maxMessageSize: Size.bytes(size) }).allowService(ServiceSource.bucket(s3.Bucket.fromBucketName(stack, 'B', 'uploads')));
  expect(allowed()).toHaveLength(4);
});

describe('the account of a source of any service', () => {
  const OTHER = '222222222222';
  const accountOf = (sourceArn: string, sourceAccount?: string) => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    make({ encryption: Encryption.customerManaged() }).allowService(ServiceSource.of({ service: 'x.amazonaws.com', sourceArn, sourceAccount }));
    const accounts = [...allowed(), ...allowed('AWS::KMS::Key')].map(({ Condition }) => Condition.StringEquals['aws:SourceAccount']);
    expect(accounts).toEqual([accounts[0], accounts[0]]);
    return accounts[0];
  };
  test.each([
    ['is that of the ARN', `arn:aws:x:y:${OTHER}:z`, undefined, OTHER],
    ['is that of the ARN, in any partition', `arn:${Aws.PARTITION}:x:y:${OTHER}:z`, undefined, OTHER],
    ['is that of the ARN, said twice', `arn:aws:x:y:${OTHER}:z`, OTHER, OTHER],
    ['is that of the queue, where the ARN has none', 'arn:aws:s3:::uploads', undefined, '111122223333'],
    ['is the one given, where the ARN has none', 'arn:aws:s3:::uploads', OTHER, OTHER],
    ['is that of the queue, where the ARN has a wildcard', 'arn:aws:x:y:*:z', undefined, '111122223333'],
    ['is that of the queue, where the ARN is only known at deployment', Aws.STACK_ID, undefined, '111122223333'],
    ['is the one given, where the ARN is only known at deployment', Aws.STACK_ID, OTHER, OTHER],
    ['is the one given, where that is only known at deployment', `arn:aws:x:y:${OTHER}:z`, Aws.ACCOUNT_ID, { Ref: 'AWS::AccountId' }],
  ])('%s', (_, sourceArn, sourceAccount, expected) => {
    expect(accountOf(sourceArn, sourceAccount)).toEqual(expected);
  });
});

describe('a bucket and the Region of the queue', () => {
  const setUp = (region?: string) => {
    const app = new App();
    stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    return new Stack(app, 'Source', { env: { account: '444455556666', region } });
  };
  test('another is refused', () => {
    const source = ServiceSource.bucket(new s3.Bucket(setUp('us-east-1'), 'Bucket', { bucketName: 'uploads' }));
    expect(problemsOf(() => make().allowService(source))).toMatchObject([
      { prop: 'allowService(source)', got: 'a bucket in Region us-east-1, and a queue in Region eu-west-1', allowed: expect.stringContaining('the Region of the queue') },
    ]);
    expect(allowed()).toEqual([]);
  });
  test('an imported one is where its attributes say', () => {
    setUp();
    const bucket = (bucketName: string, region?: string) =>
      ServiceSource.bucket(s3.Bucket.fromBucketAttributes(stack, bucketName, { bucketName, region }));
    const jobs = make();
    expect(problemsOf(() => jobs.allowService(bucket('far', 'us-east-1')))).toMatchObject([{ got: expect.stringContaining('a bucket in Region us-east-1') }]);
    jobs.allowService(bucket('near', 'eu-west-1'));
    jobs.allowService(bucket('here'));
    expect(allowed()[0].Condition.ArnLike['aws:SourceArn']).toHaveLength(2);
  });
  test.each([['eu-west-1'], [undefined]])('that of a bucket of another account may be %s', region => {
    const source = ServiceSource.bucket(new s3.Bucket(setUp(region), 'Bucket', { bucketName: 'uploads' }));
    make().allowService(source);
    expect(allowed()[0].Condition.StringEquals).toEqual({ 'aws:SourceAccount': '444455556666' });
  });
  test('topics and rules of another may send', () => {
    setUp();
    const jobs = make();
    jobs.allowService(ServiceSource.topic(sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111122223333:t')));
    jobs.allowService(ServiceSource.rule(events.Rule.fromEventRuleArn(stack, 'Rule', 'arn:aws:events:us-east-1:111122223333:rule/r')));
    expect(allowed()).toHaveLength(2);
  });
});

test('tokens in a source of any service are not checked', () => {
  const value = (id: string) => new CfnParameter(stack, id).valueAsString;
  const jobs = make();
  jobs.allowService(ServiceSource.of({ service: value('Service'), sourceArn: `arn:${Aws.PARTITION}:x:${Aws.REGION}:${Aws.ACCOUNT_ID}:y`, sourceAccount: value('Account') }));
  expect(allowed()[0].Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'Account' } });
});

test('the service can be asked for', () => {
  expect(ServiceSource.alarms().service).toBe('cloudwatch.amazonaws.com');
  expect(ServiceSource.of({ service: 'x.amazonaws.com', sourceArn: 'arn:aws:x:y:z:w' }).service).toBe('x.amazonaws.com');
});
