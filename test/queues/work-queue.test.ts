import { App, Aspects, Aws, CfnParameter, CfnResource, Duration, IPropertyInjector, Lazy, NestedStack, PhysicalName, RemovalPolicy, Size, Stack, Tags, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { Encryption } from '../../src/access';
import { DeadLetters, Deduplication, FifoThroughput, Ordering, WorkQueue, WorkQueueProps } from '../../src/queues';
import { WITH_FLAGS } from '../support/flag-differences';
import { readError } from '../support/problems';
import { ResolvedTemplate } from '../support/resolver';
import { resourcesOf } from '../support/resources';
import { errorOf, newStack, propertiesOf, resourceOf, synth, synthApp, warningsOf } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (props?: WorkQueueProps) => new WorkQueue(stack, 'Jobs', props);
const refusal = (props: WorkQueueProps) => {
  const { construct, path, problems } = readError(errorOf(() => make(props)));
  expect([construct, path]).toEqual(['WorkQueue', 'Stack/Jobs']);
  // Nothing half-built is left, and the id is free.
  expect(stack.node.tryFindChild('Jobs')).toBeUndefined();
  new WorkQueue(stack, 'Jobs');
  expect(() => synth(stack)).not.toThrow();
  return problems;
};
const parameter = () => new CfnParameter(stack, 'Parameter', { type: 'Number' }).valueAsNumber;

describe('defaults', () => {
  test('of the queue', () => {
    const jobs = make();
    expect(resourceOf(jobs)).toEqual({
      Type: 'AWS::SQS::Queue',
      UpdateReplacePolicy: 'Delete',
      DeletionPolicy: 'Delete',
      Properties: {
        QueueName: { 'Fn::Join': ['', [expect.stringMatching(/^Stack-Jobs-[0-9A-F]{8}-$/), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }]] },
        SqsManagedSseEnabled: true,
        VisibilityTimeout: 30,
        DelaySeconds: 0,
        MessageRetentionPeriod: 345_600,
        ReceiveMessageWaitTimeSeconds: 20,
        MaximumMessageSize: 1_048_576,
        RedrivePolicy: { deadLetterTargetArn: stack.resolve(jobs.deadLetterQueue!.queueArn), maxReceiveCount: 5 },
      },
    });
  });

  test('of the dead-letter queue', () => {
    const jobs = make();
    const { 'Fn::Join': [, name] } = propertiesOf(jobs).QueueName;
    const resource = resourceOf(jobs.deadLetterQueue!);
    delete resource.Metadata;
    expect(resource).toEqual({
      Type: 'AWS::SQS::Queue',
      UpdateReplacePolicy: 'Delete',
      DeletionPolicy: 'Delete',
      Properties: {
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 1_209_600,
        RedriveAllowPolicy: {
          redrivePermission: 'byQueue',
          sourceQueueArns: [{
            'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, `:${name[0]}`, name[1]]],
          }],
        },
      },
    });
  });

  test('both queues take TLS only', () => {
    const jobs = make();
    for (const queue of [jobs, jobs.deadLetterQueue as sqs.Queue]) {
      const policies = resourcesOf(stack, 'AWS::SQS::QueuePolicy').filter(r => JSON.stringify(r.Properties.Queues) === JSON.stringify([stack.resolve(queue.queueUrl)]));
      expect(policies.map(r => r.Properties.PolicyDocument.Statement)).toEqual([[{
        Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sqs:*', Resource: stack.resolve(queue.queueArn), Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }]]);
    }
  });

  test('the resolved values are readable', () => {
    const jobs = make();
    expect(jobs.maxReceiveCount).toBe(5);
    expect(jobs.ordering.isFifo).toBe(false);
    expect(jobs.encryptionMasterKey).toBeUndefined();
    expect(jobs.deadLetterQueue).toBe(jobs.node.findChild('DeadLetterQueue'));
  });

  test('undefined is the default', () => {
    const explicit = newStack();
    new WorkQueue(explicit, 'Jobs', { ordering: undefined, encryption: undefined, deadLetters: undefined, visibilityTimeout: undefined, deliveryDelay: undefined, retention: undefined, receiveMessageWaitTime: undefined, maxMessageSize: undefined, queueName: undefined, removalPolicy: undefined });
    make();
    expect(synth(explicit)).toEqual(synth(stack));
  });

  test('no warnings', () => {
    make();
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('overrides', () => {
  test.each<[keyof WorkQueueProps, Duration | Size | string, string, number | string]>([
    ['visibilityTimeout', Duration.minutes(3), 'VisibilityTimeout', 180],
    ['visibilityTimeout', Duration.seconds(0), 'VisibilityTimeout', 0],
    ['visibilityTimeout', Duration.hours(12), 'VisibilityTimeout', 43_200],
    ['deliveryDelay', Duration.minutes(15), 'DelaySeconds', 900],
    ['deliveryDelay', Duration.seconds(0), 'DelaySeconds', 0],
    ['retention', Duration.seconds(60), 'MessageRetentionPeriod', 60],
    ['retention', Duration.days(13), 'MessageRetentionPeriod', 1_123_200],
    ['receiveMessageWaitTime', Duration.seconds(0), 'ReceiveMessageWaitTimeSeconds', 0],
    ['receiveMessageWaitTime', Duration.seconds(20), 'ReceiveMessageWaitTimeSeconds', 20],
    ['maxMessageSize', Size.kibibytes(1), 'MaximumMessageSize', 1024],
    ['maxMessageSize', Size.mebibytes(1), 'MaximumMessageSize', 1_048_576],
    ['queueName', 'jobs_1-A', 'QueueName', 'jobs_1-A'],
    ['queueName', 'j'.repeat(80), 'QueueName', 'j'.repeat(80)],
  ])('%s %s', (prop, value, property, expected) => {
    expect(propertiesOf(make({ [prop]: value }))[property]).toEqual(expected);
  });

  test('the longest retention, with the dead letters of a FIFO queue, which start anew', () => {
    const jobs = make({ ordering: Ordering.fifo(), retention: Duration.days(14) });
    expect(propertiesOf(jobs).MessageRetentionPeriod).toBe(1_209_600);
  });

  test('a name of one\'s own is the one the dead-letter queue allows', () => {
    expect(propertiesOf(make({ queueName: 'jobs' }).deadLetterQueue!).RedriveAllowPolicy.sourceQueueArns).toEqual([
      { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':jobs']] },
    ]);
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete', 'Delete'], [RemovalPolicy.RETAIN, 'Retain', 'Retain'], [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'Retain'],
  ])('removal policy %s, for both queues and the key', (removalPolicy, deletion, replace) => {
    const jobs = make({ removalPolicy, encryption: Encryption.customerManaged() });
    for (const made of [jobs, jobs.deadLetterQueue!, jobs.encryptionMasterKey!]) {
      expect(resourceOf(made)).toMatchObject({ DeletionPolicy: deletion, UpdateReplacePolicy: replace });
    }
  });
});

describe('bounds', () => {
  test.each<[keyof WorkQueueProps, Duration | Size | RemovalPolicy | string, string, string]>([
    ['visibilityTimeout', Duration.seconds(43_201), '12 hours 1 second', '0 seconds to 12 hours (inclusive), in whole seconds'],
    ['visibilityTimeout', Duration.millis(500), '500 milliseconds', '0 seconds to 12 hours (inclusive), in whole seconds'],
    ['deliveryDelay', Duration.seconds(901), '15 minutes 1 second', '0 seconds to 15 minutes (inclusive), in whole seconds'],
    ['retention', Duration.seconds(59), '59 seconds', '1 minute to 14 days (inclusive), in whole seconds'],
    ['retention', Duration.seconds(0), '0 seconds', '1 minute to 14 days (inclusive), in whole seconds'],
    ['retention', Duration.seconds(1_209_601), '14 days 1 second', '1 minute to 14 days (inclusive), in whole seconds'],
    ['receiveMessageWaitTime', Duration.seconds(21), '21 seconds', '0 seconds to 20 seconds (inclusive), in whole seconds'],
    ['maxMessageSize', Size.bytes(1023), '1023 bytes', '1 KiB to 1 MiB (inclusive), in whole bytes'],
    ['maxMessageSize', Size.bytes(1_048_577), '1048577 bytes', '1 KiB to 1 MiB (inclusive), in whole bytes'],
    ['maxMessageSize', Size.bytes(0), '0 bytes', '1 KiB to 1 MiB (inclusive), in whole bytes'],
    ['maxMessageSize', Size.mebibytes(0.1), '0.1 MiB', '1 KiB to 1 MiB (inclusive), in whole bytes'],
    ['queueName', '', "''", '1 to 80 letters, digits, hyphens and underscores'],
    ['queueName', 'j'.repeat(81), `'${'j'.repeat(81)}'`, '1 to 80 letters, digits, hyphens and underscores'],
    ['queueName', 'jobs.fifo', "'jobs.fifo'", '1 to 80 letters, digits, hyphens and underscores'],
    ['queueName', 'jöbs', "'jöbs'", '1 to 80 letters, digits, hyphens and underscores'],
    ['removalPolicy', RemovalPolicy.SNAPSHOT, 'RemovalPolicy.SNAPSHOT', 'RETAIN_ON_UPDATE_OR_DELETE'],
  ])('%s %s is refused', (prop, value, got, allowed) => {
    expect(refusal({ [prop]: value })).toMatchObject([{ prop, got, allowed: expect.stringContaining(allowed) }]);
  });

  test('everything wrong is said at once', () => {
    const problems = refusal({
      visibilityTimeout: Duration.days(1),
      deliveryDelay: Duration.hours(1),
      retention: Duration.days(15),
      receiveMessageWaitTime: Duration.minutes(1),
      maxMessageSize: Size.mebibytes(2),
      queueName: 'a b',
      removalPolicy: RemovalPolicy.SNAPSHOT,
      deadLetters: DeadLetters.dedicated({ maxReceiveCount: 0, retention: Duration.seconds(1) }),
      encryption: Encryption.customerManaged(),
      dataKeyReuse: Duration.seconds(1),
    });
    expect(problems.map(({ prop }) => prop).sort()).toEqual([
      'dataKeyReuse', 'deadLetters.maxReceiveCount', 'deadLetters.retention', 'deliveryDelay', 'maxMessageSize', 'queueName', 'receiveMessageWaitTime',
      'removalPolicy', 'retention', 'visibilityTimeout',
    ]);
  });
});

describe('tokens', () => {
  test('durations in seconds, sizes in bytes and counts reach the template', () => {
    const value = parameter();
    const jobs = make({
      visibilityTimeout: Duration.seconds(value),
      deliveryDelay: Duration.seconds(value),
      retention: Duration.seconds(value),
      receiveMessageWaitTime: Duration.seconds(value),
      maxMessageSize: Size.bytes(value),
      deadLetters: DeadLetters.dedicated({ maxReceiveCount: value, retention: Duration.seconds(value) }),
      encryption: Encryption.customerManaged(),
      dataKeyReuse: Duration.seconds(value),
    });
    const ref = { Ref: 'Parameter' };
    expect(propertiesOf(jobs)).toMatchObject({
      VisibilityTimeout: ref,
      DelaySeconds: ref,
      MessageRetentionPeriod: ref,
      ReceiveMessageWaitTimeSeconds: ref,
      MaximumMessageSize: ref,
      RedrivePolicy: { maxReceiveCount: ref },
      KmsDataKeyReusePeriodSeconds: ref,
    });
    expect(propertiesOf(jobs.deadLetterQueue!).MessageRetentionPeriod).toEqual(ref);
    expect(Token.isUnresolved(jobs.maxReceiveCount)).toBe(true);
  });

  test('a lazy value is read at synth', () => {
    expect(propertiesOf(make({ retention: Duration.seconds(Lazy.number({ produce: () => 77 })) })).MessageRetentionPeriod).toBe(77);
  });

  test.each<[string, (value: number) => WorkQueueProps]>([
    ['visibilityTimeout', value => ({ visibilityTimeout: Duration.minutes(value) })],
    ['retention', value => ({ retention: Duration.days(value) })],
    ['maxMessageSize', value => ({ maxMessageSize: Size.kibibytes(value) })],
  ])('%s in another unit cannot be converted', (prop, props) => {
    expect(refusal(props(parameter()))).toMatchObject([{ prop, got: expect.stringMatching(/only known at deployment, in another unit/) }]);
  });

  test('a name', () => {
    const name = new CfnParameter(stack, 'Name').valueAsString;
    const plain = make({ queueName: name });
    const ordered = new WorkQueue(stack, 'Ordered', { ordering: Ordering.fifo(), queueName: `${name}.fifo` });
    expect(propertiesOf(plain).QueueName).toEqual({ Ref: 'Name' });
    expect(propertiesOf(ordered).QueueName).toEqual({ 'Fn::Join': ['', [{ Ref: 'Name' }, '.fifo']] });
  });

  test.each<[string, string, WorkQueueProps]>([
    ['not followed', '', { ordering: Ordering.fifo() }], ['followed', '.fifo', {}],
  ])('a name %s by .fifo', (words, suffix, props) => {
    const name = new CfnParameter(stack, 'Name').valueAsString;
    expect(refusal({ ...props, queueName: `${name}${suffix}` })).toMatchObject([{ prop: 'queueName', got: `a value only known at deployment, ${words} by .fifo` }]);
  });

  test('a name that CDK would make when needed, which it refuses to put into a policy', () => {
    expect(refusal({ queueName: PhysicalName.GENERATE_IF_NEEDED })).toMatchObject([{ prop: 'queueName', got: 'PhysicalName.GENERATE_IF_NEEDED' }]);
  });
});

describe('FIFO', () => {
  test('is inherited by the dead-letter queue, high throughput in both of its properties', () => {
    const jobs = make({ ordering: Ordering.fifo() });
    const fifo = { FifoQueue: true, ContentBasedDeduplication: false, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
    expect(propertiesOf(jobs)).toMatchObject(fifo);
    expect(propertiesOf(jobs.deadLetterQueue!)).toMatchObject(fifo);
    expect(propertiesOf(jobs).QueueName).toEqual({
      'Fn::Join': ['', [expect.stringMatching(/^Stack-Jobs-[0-9A-F]{8}-$/), expect.anything(), '.fifo']],
    });
    expect(JSON.stringify(propertiesOf(jobs.deadLetterQueue!).RedriveAllowPolicy)).toContain('.fifo');
    expect(jobs.fifo && jobs.deadLetterQueue!.fifo).toBe(true);
  });

  test('standard throughput sets neither', () => {
    const jobs = make({ ordering: Ordering.fifo({ throughput: FifoThroughput.STANDARD, deduplication: Deduplication.CONTENT_BASED }) });
    for (const queue of [jobs, jobs.deadLetterQueue!]) {
      const properties = propertiesOf(queue);
      expect(properties).toMatchObject({ FifoQueue: true, ContentBasedDeduplication: true });
      expect(properties).not.toHaveProperty('DeduplicationScope');
      expect(properties).not.toHaveProperty('FifoThroughputLimit');
    }
    expect(jobs.ordering).toMatchObject({ isFifo: true, deduplication: Deduplication.CONTENT_BASED, throughput: FifoThroughput.STANDARD });
  });

  test('a standard queue says nothing of FIFO', () => {
    expect(Object.keys(propertiesOf(make({ ordering: Ordering.standard() }))).filter(key => /fifo|dedup/i.test(key))).toEqual([]);
    expect(Ordering.standard()).toMatchObject({ isFifo: false, deduplication: undefined, throughput: undefined });
  });

  test.each([['jobs.fifo'], [`${'j'.repeat(75)}.fifo`]])('takes the name %s', queueName => {
    expect(propertiesOf(make({ ordering: Ordering.fifo(), queueName })).QueueName).toBe(queueName);
  });

  test.each(['jobs', '.fifo', `${'j'.repeat(76)}.fifo`, 'a.b.fifo', ''])('refuses the name %p', queueName => {
    expect(refusal({ ordering: Ordering.fifo(), queueName })).toMatchObject([
      { prop: 'queueName', got: `'${queueName}'`, allowed: '1 to 75 letters, digits, hyphens and underscores, followed by .fifo' },
    ]);
  });
});

describe('in the app', () => {
  test('two in one stack, and one in a nested stack', () => {
    make();
    new WorkQueue(stack, 'More');
    new WorkQueue(new NestedStack(stack, 'Nested'), 'Jobs');
    const names = resourcesOf(synthApp(stack).Stack, 'AWS::SQS::Queue').map(({ Properties }) => JSON.stringify(Properties.QueueName)).filter(Boolean);
    expect(new Set(names).size).toBe(2);
  });

  test('logical ids', () => {
    make({ encryption: Encryption.customerManaged() });
    new WorkQueue(stack, 'Ordered', { ordering: Ordering.fifo(), deadLetters: DeadLetters.none('No one would look.') });
    expect(Object.keys(synth(stack).Resources).sort()).toMatchSnapshot();
  });

  test('synthesising twice gives the same bytes', () => {
    const bytes = () => {
      const again = newStack();
      new WorkQueue(again, 'Jobs', { encryption: Encryption.customerManaged(), ordering: Ordering.fifo() });
      return JSON.stringify(synth(again));
    };
    expect(bytes()).toBe(bytes());
  });

  const PARTITIONS: Record<string, string> = {
    'us-east-1': 'aws', 'cn-north-1': 'aws-cn', 'us-gov-west-1': 'aws-us-gov', 'us-iso-east-1': 'aws-iso', 'eusc-de-east-1': 'aws-eusc',
  };

  test.each(['us-east-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'eusc-de-east-1', 'xx-nowhere-1'])('in %s', region => {
    const there = new Stack(new App(), 'Stack', { env: { account: '111122223333', region } });
    const jobs = new WorkQueue(there, 'Jobs', { encryption: Encryption.customerManaged() });
    const [arn, ...others] = propertiesOf(jobs.deadLetterQueue!).RedriveAllowPolicy.sourceQueueArns;
    expect(others).toEqual([]);
    const partition = 'of-the-region';
    expect(new ResolvedTemplate(synth(there), { region, partition }).resolve(arn)).toMatch(new RegExp(
      `^arn:${WITH_FLAGS && PARTITIONS[region] ? PARTITIONS[region] : partition}:sqs:${region}:111122223333:Stack-Jobs-[0-9A-F]{8}-[0-9a-f-]{36}$`));
    expect(synth(there)).toBeDefined();
  });

  test('property injectors of an organization reach the queues and the key', () => {
    class Injector implements IPropertyInjector {
      constructor(public readonly constructUniqueId: string, private readonly extra: object) {}
      public inject(original: object) {
        return { ...original, ...this.extra };
      }
    }
    const app = new App({
      propertyInjectors: [
        new Injector(sqs.Queue.PROPERTY_INJECTION_ID, { visibilityTimeout: Duration.seconds(99) }),
        new Injector(kms.Key.PROPERTY_INJECTION_ID, { pendingWindow: Duration.days(7) }),
      ],
    });
    const jobs = new WorkQueue(new Stack(app, 'Stack'), 'Jobs', { encryption: Encryption.customerManaged() });
    expect(propertiesOf(jobs).VisibilityTimeout).toBe(99);
    expect(propertiesOf(jobs.deadLetterQueue!).VisibilityTimeout).toBe(99);
    expect(propertiesOf(jobs.encryptionMasterKey!).PendingWindowInDays).toBe(7);
  });

  test('aspects and tags reach what it makes', () => {
    const jobs = make({ encryption: Encryption.customerManaged() });
    const seen: string[] = [];
    Aspects.of(stack).add({
      visit: (node: IConstruct) => {
        if (node instanceof CfnResource) seen.push(node.cfnResourceType);
      },
    });
    Tags.of(stack).add('team', 'orders');
    for (const made of [jobs, jobs.deadLetterQueue!, jobs.encryptionMasterKey!]) {
      expect(propertiesOf(made).Tags).toEqual([{ Key: 'team', Value: 'orders' }]);
    }
    expect(seen.sort()).toEqual(['AWS::KMS::Key', 'AWS::SQS::Queue', 'AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'AWS::SQS::QueuePolicy']);
  });

  test('it makes no outputs, exports, tags or parameters', () => {
    make();
    const { Outputs, Parameters, Resources } = synth(stack);
    expect(Outputs).toBeUndefined();
    expect(Object.keys(Parameters)).toEqual(['BootstrapVersion']);
    expect(JSON.stringify(Resources)).not.toContain('"Tags"');
  });

  test('all of its children hang on it', () => {
    make();
    expect(stack.node.children.map((child: Construct) => child.node.id)).toEqual(['Jobs']);
  });

  test('its name is valid only in its own stack: another environment is told so by CDK, and a name of one\'s own works', () => {
    const app = new App();
    const east = new Stack(app, 'East', { env: { account: '111122223333', region: 'us-east-1' } });
    const west = new Stack(app, 'West', { env: { account: '111122223333', region: 'us-west-2' } });
    const named = new WorkQueue(east, 'Named', { queueName: 'named' });
    new CfnResource(west, 'User', { type: 'Test::User', properties: { Queue: named.queueArn } });
    expect(JSON.stringify(synthApp(app).West.Resources.User.Properties)).toContain(':sqs:us-east-1:111122223333:named');
  });

  test('references of another stack', () => {
    const app = new App();
    const user = new Stack(app, 'User');
    const owner = new Stack(app, 'Owner');
    const jobs = new WorkQueue(owner, 'Jobs');
    new CfnResource(user, 'User', { type: 'Test::User', properties: { Queue: jobs.queueArn, Account: Aws.ACCOUNT_ID } });
    expect(() => synthApp(app)).not.toThrow();
  });
});
