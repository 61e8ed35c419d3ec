import { App, CfnParameter, Lazy, PhysicalName, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ENV, REGION, line, newStack, only, problem, resources, statementIn, statements, tree, warnings } from './support';
import { ServiceSource } from '../../src/access';
import { FanOut, FanOutTopic, FifoFanOut, FifoFanOutTopic, StandardTopicOptions, TopicEncryption } from '../../src/fanout';
import { Encryption } from '../../src/queues';

const create = (options?: StandardTopicOptions, stack: Stack = newStack()) =>
  new FanOut(stack, 'Orders', { topic: FanOutTopic.create(options) });
const refused = (options: any) => {
  const stack = newStack();
  const message = problem(() => create(options, stack));
  expect(tree(stack)).toEqual(['Stack']);
  return message;
};

describe('a new topic', () => {
  test.each([
    ['without props', (stack: Stack) => new FanOut(stack, 'Orders')],
    ['with no props', (stack: Stack) => new FanOut(stack, 'Orders', {})],
    ['with FanOutTopic.create()', (stack: Stack) => create(undefined, stack)],
    ['with empty publishers', (stack: Stack) => create({ publishers: [], loggingConfigs: [] }, stack)],
  ])('has exactly these defaults, %s', (_, make) => {
    const stack = newStack();
    const fanOut = make(stack);
    expect(only(stack, 'AWS::SNS::Topic')).toEqual({
      Type: 'AWS::SNS::Topic',
      Properties: { KmsMasterKeyId: 'alias/aws/sns', SignatureVersion: '2' },
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
    expect(statements(stack, 'AWS::SNS::TopicPolicy')).toEqual([{
      Sid: 'AllowPublishThroughSSLOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: stack.resolve(fanOut.topic.topicArn),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }]);
    expect(Object.keys(Template.fromStack(stack).toJSON().Resources)).toHaveLength(2);
    expect(fanOut.encryptionKey).toBeUndefined();
    expect(fanOut.subscriptions).toEqual([]);
  });

  test('the removal policy is that of the topic and of a key made for it', () => {
    const stack = newStack();
    create({ encryption: TopicEncryption.customerManaged(), removalPolicy: RemovalPolicy.RETAIN }, stack);
    for (const type of ['AWS::SNS::Topic', 'AWS::KMS::Key']) {
      expect(only(stack, type)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('refuses a removal policy that a topic does not have', () => {
    expect(problem(() => create({ removalPolicy: RemovalPolicy.SNAPSHOT }))).toContain('topic.removalPolicy: got \'snapshot\'');
  });

  test('every option reaches the topic', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/logs`);
    create({
      displayName: 'Orders',
      topicName: 'orders',
      tracingConfig: sns.TracingConfig.ACTIVE,
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole: role, successFeedbackSampleRate: 0 }],
      encryption: TopicEncryption.awsManaged(),
    }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({
      DisplayName: 'Orders',
      TopicName: 'orders',
      TracingConfig: 'Active',
      DeliveryStatusLogging: [{ Protocol: 'sqs', FailureFeedbackRoleArn: `arn:aws:iam::${ACCOUNT}:role/logs`, SuccessFeedbackSampleRate: '0' }],
      KmsMasterKeyId: 'alias/aws/sns',
      SignatureVersion: '2',
    });
  });

  test('a customer key is made, rotates, and is exposed', () => {
    const stack = newStack();
    const fanOut = create({ encryption: TopicEncryption.customerManaged() }, stack);
    expect(only(stack, 'AWS::KMS::Key')).toMatchObject({
      DeletionPolicy: 'Delete', Properties: { EnableKeyRotation: true, Description: 'Encrypts the messages of Stack/Orders' },
    });
    expect(only(stack, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual(stack.resolve(fanOut.encryptionKey!.keyArn));
    expect(TopicEncryption.customerManaged().isCustomerManaged).toBe(true);
    expect(TopicEncryption.awsManaged().isCustomerManaged).toBe(false);
  });

  test('a given customer key is used, and none is made', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Given');
    const fanOut = create({ encryption: TopicEncryption.customerManaged(key) }, stack);
    expect(fanOut.encryptionKey).toBe(key);
    expect(only(stack, 'AWS::KMS::Key')).toBeDefined();
    expect(only(stack, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual(stack.resolve(key.keyArn));
  });

  test('two in one stack, and the same key for both', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    for (const id of ['A', 'B']) {
      new FanOut(stack, id, { topic: FanOutTopic.create({ encryption: TopicEncryption.customerManaged(key), publishers: [ServiceSource.alarms()] }) }).addQueue('Q');
    }
    new FanOut(stack, 'C').addQueue('Q');
    Template.fromStack(stack).resourceCountIs('AWS::SNS::Topic', 3);
    // The two topics say the same of CloudWatch.
    expect(statements(stack, 'AWS::KMS::Key', 'cloudwatch.amazonaws.com')).toHaveLength(1);
  });

  test.each([
    ['displayName', 'x'.repeat(100)], ['displayName', ''], ['displayName', 'x'], ['topicName', 'x'], ['topicName', 'x'.repeat(256)], ['topicName', 'A-z_9'],
  ])('%s %p is allowed', (prop, value) => {
    const stack = newStack();
    create({ [prop]: value }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties[prop === 'displayName' ? 'DisplayName' : 'TopicName']).toBe(value);
  });

  test.each([0, 100])('a sample rate of %p is allowed', successFeedbackSampleRate => {
    const stack = newStack();
    create({ loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate }] }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties.DeliveryStatusLogging).toEqual([{ Protocol: 'sqs', SuccessFeedbackSampleRate: `${successFeedbackSampleRate}` }]);
  });

  test('names only known at deployment pass through', () => {
    const stack = newStack();
    const name = new CfnParameter(stack, 'Name').valueAsString;
    create({ displayName: name, topicName: name }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toMatchObject({ DisplayName: { Ref: 'Name' }, TopicName: { Ref: 'Name' } });
  });

  const NAMES = '1 to 256 letters, digits, hyphens and underscores';
  const NAME_FIX = 'Correct the name, or leave it out: a generated one cannot collide.';
  const DISPLAY = ['a text of at most 100 characters', 'Shorten it, or leave it out.'] as const;
  const ENCRYPTIONS = 'TopicEncryption.awsManaged() or TopicEncryption.customerManaged()';
  const RATE = ['a whole number from 0 to 100 (inclusive)', 'Give the share of successful deliveries to log, in per cent.'] as const;
  const LOGGING = ['an sns.LoggingConfig', 'Give a protocol and roles, or leave it out.'] as const;
  const PROTOCOL = ["'http/s', 'sqs', 'lambda', 'firehose', 'application'", 'Use a value of sns.LoggingProtocol.'] as const;
  const ROLE = ['a role', 'Give an iam.Role that SNS can assume, or leave it out.'] as const;
  const SOURCE = ['a ServiceSource with a service principal, a full ARN and a 12-digit account', 'Use ServiceSource.bucket(), alarms() or of().'] as const;
  const KEY = ['a kms.IKey', 'Give a kms.Key, or one imported with kms.Key.fromKeyArn().'] as const;
  test.each<[string, any, string]>([
    ['displayName of 101', { displayName: 'x'.repeat(101) }, line('topic.displayName', '101 characters', ...DISPLAY)],
    ['displayName null', { displayName: null }, line('topic.displayName', 'null', ...DISPLAY)],
    ['displayName number', { displayName: 7 }, line('topic.displayName', '7', ...DISPLAY)],
    ['topicName empty', { topicName: '' }, line('topic.topicName', "''", NAMES, NAME_FIX)],
    ['topicName of 257', { topicName: 'x'.repeat(257) }, line('topic.topicName', `'${'x'.repeat(257)}'`, NAMES, NAME_FIX)],
    ['topicName of a FIFO topic', { topicName: 'orders.fifo' }, line('topic.topicName', "'orders.fifo'", NAMES, NAME_FIX)],
    ['topicName number', { topicName: 12 }, line('topic.topicName', '12', NAMES, NAME_FIX)],
    ['encryption of another kind', { encryption: {} }, line('topic.encryption', 'an object of another kind (object)', ENCRYPTIONS, `Use ${ENCRYPTIONS}.`)],
    ['encryption null', { encryption: null, publishers: [ServiceSource.alarms()] }, line('topic.encryption', 'null', ENCRYPTIONS, `Use ${ENCRYPTIONS}.`)],
    ['a key that is none', { encryption: TopicEncryption.customerManaged('x' as any) }, line('topic.encryption.key', "'x'", ...KEY)],
    ['a key that is null', { encryption: TopicEncryption.customerManaged(null as any) }, line('topic.encryption.key', 'null', ...KEY)],
    ['the encryption of a queue', { encryption: Encryption.customerManaged() }, line('topic.encryption', 'an object of another kind (object)', ENCRYPTIONS, `Use ${ENCRYPTIONS}.`)],
    ['topicName GENERATE_IF_NEEDED', { topicName: PhysicalName.GENERATE_IF_NEEDED }, line('topic.topicName', 'PhysicalName.GENERATE_IF_NEEDED', NAMES,
      'Give a name, or leave it out where no stack in another account or Region refers to the topic.')],
    ['another tracing', { tracingConfig: 'x' }, line('topic.tracingConfig', "'x'", "'PassThrough', 'Active'", 'Use a value of sns.TracingConfig.')],
    ['a logging config that is null', { loggingConfigs: [null] }, line('topic.loggingConfigs[0]', 'null', ...LOGGING)],
    ['a logging config that is missing', { loggingConfigs: [{ protocol: 'sqs' }, undefined] }, line('topic.loggingConfigs[1]', 'nothing', ...LOGGING)],
    ['a logging config that is a text', { loggingConfigs: ['sqs'] }, line('topic.loggingConfigs[0]', "'sqs'", ...LOGGING)],
    ['another protocol', { loggingConfigs: [{ protocol: 'smtp' }] }, line('topic.loggingConfigs[0].protocol', "'smtp'", ...PROTOCOL)],
    ['no protocol', { loggingConfigs: [{}] }, line('topic.loggingConfigs[0].protocol', 'nothing', ...PROTOCOL)],
    ['a role that is none', { loggingConfigs: [{ protocol: 'sqs', successFeedbackRole: 'arn' }] }, line('topic.loggingConfigs[0].successFeedbackRole', "'arn'", ...ROLE)],
    ['a role that is null', { loggingConfigs: [{ protocol: 'sqs', failureFeedbackRole: null }] }, line('topic.loggingConfigs[0].failureFeedbackRole', 'null', ...ROLE)],
    ['loggingConfigs of another kind', { loggingConfigs: {} }, line('topic.loggingConfigs', 'an object of another kind (object)', 'an array of sns.LoggingConfig', 'Write [ ] around it.')],
    ['a sample rate of -1', { loggingConfigs: [{ protocol: 'sqs', successFeedbackSampleRate: -1 }] }, line('topic.loggingConfigs[0].successFeedbackSampleRate', '-1', ...RATE)],
    ['a sample rate of 101', { loggingConfigs: [{ protocol: 'sqs', successFeedbackSampleRate: 101 }] }, line('topic.loggingConfigs[0].successFeedbackSampleRate', '101', ...RATE)],
    ['publishers of another kind', { publishers: ServiceSource.alarms() }, line('topic.publishers', 'an object of another kind (object)', 'an array of ServiceSource', 'Write [ ] around it.')],
    ['a publisher of another kind', { publishers: ['s3'] }, line('topic.publishers[0]', "'s3'", ...SOURCE)],
    ['a publisher that is missing', { publishers: [undefined] }, line('topic.publishers[0]', 'nothing', ...SOURCE)],
    ['a publisher without ARN', { publishers: [ServiceSource.alarms(), ServiceSource.of({ service: 'ses.amazonaws.com', sourceArn: '*' })] },
      line('topic.publishers[1]', "sourceArn '*'", ...SOURCE)],
    ['publishers with the AWS managed key', { publishers: [ServiceSource.alarms()], encryption: TopicEncryption.awsManaged() },
      line('topic.encryption', 'TopicEncryption.awsManaged() together with 1 of publishers', 'a customer key wherever an AWS service publishes',
        'Use TopicEncryption.customerManaged(), or leave encryption out: a key is then made.')],
  ])('refuses %s', (_, options, expected) => {
    expect(refused(options)).toBe(`cdk-decouple FanOut at 'Stack/Orders' has a problem:\n${expected}`);
  });

  describe('a customer key that SNS cannot use', () => {
    test.each<[string, (stack: Stack) => kms.IKey, string]>([
      ['of another Region', stack => kms.Key.fromKeyArn(stack, 'K', `arn:aws:kms:us-east-1:${ACCOUNT}:key/1`),
        line('topic.encryption.key', 'a key in region us-east-1', `a key in region ${REGION}, where the topic is`, 'SNS encrypts with keys of its own Region only; use a key, or a replica of it, there.')],
      ['AWS managed, by name', stack => kms.Alias.fromAliasName(stack, 'K', 'alias/aws/sns'),
        line('topic.encryption.key', 'alias/aws/sns', 'a customer key', 'Nobody can change the policy of the AWS managed key; use TopicEncryption.awsManaged(), or a key of yours.')],
      ['AWS managed, of another service, by ARN', stack => kms.Key.fromKeyArn(stack, 'K', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/aws/sqs`),
        line('topic.encryption.key', 'alias/aws/sqs', 'a customer key', 'Nobody can change the policy of the AWS managed key; use TopicEncryption.awsManaged(), or a key of yours.')],
      ['asymmetric', stack => new kms.Key(stack, 'K', { keySpec: kms.KeySpec.RSA_2048 }),
        line('topic.encryption.key', 'a key of kind RSA_2048', 'a symmetric encryption key', 'SNS encrypts with symmetric keys only; make the key without keySpec.')],
    ])('%s', (_, key, expected) => {
      for (const fifo of [false, true]) {
        const stack = newStack({ env: ENV });
        const encryption = TopicEncryption.customerManaged(key(stack));
        expect(problem(() => fifo
          ? new FifoFanOut(stack, 'Orders', { topic: FifoFanOutTopic.create({ encryption }) })
          : new FanOut(stack, 'Orders', { topic: FanOutTopic.create({ encryption }) }))).toBe(`cdk-decouple ${fifo ? 'Fifo' : ''}FanOut at 'Stack/Orders' has a problem:\n${expected}`);
      }
    });

    test.each<[string, (stack: Stack) => kms.IKey]>([
      ['of an unknown Region', stack => kms.Key.fromKeyArn(stack, 'K', new CfnParameter(stack, 'Arn').valueAsString)],
      ['symmetric, said so', stack => new kms.Key(stack, 'K', { keySpec: kms.KeySpec.SYMMETRIC_DEFAULT })],
      ['by an alias of its own', stack => kms.Alias.fromAliasName(stack, 'K', 'alias/orders')],
    ])('but not %s', (_, key) => {
      const stack = newStack({ env: ENV });
      expect(() => create({ encryption: TopicEncryption.customerManaged(key(stack)) }, stack)).not.toThrow();
    });
  });

  test('a topic of the other kind of fan-out is refused', () => {
    const stack = newStack();
    expect(problem(() => new FanOut(stack, 'Orders', { topic: FifoFanOutTopic.create() as any }))).toContain('allowed: FanOutTopic.create() or FanOutTopic.existing().');
    expect(problem(() => new FifoFanOut(stack, 'Orders', { topic: FanOutTopic.create() as any }))).toContain('allowed: FifoFanOutTopic.create() or FifoFanOutTopic.existing().');
    expect(tree(stack)).toEqual(['Stack']);
  });

  test('EventBridge, topics and rules are refused as publishers', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Other');
    const message = problem(() => create({
      publishers: [ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/x` }), ServiceSource.topic(topic)],
    }, stack));
    expect(message.split('\n').slice(1)).toEqual([
      line('topic.publishers[0]', 'EventBridge', 'a service that SNS supports conditions for', 'Let the rule publish with a role of its own, and grantPublish to that role.'),
      line('topic.publishers[1]', 'another topic', 'a service that publishes', 'SNS does not deliver from one topic to another; subscribe the queues to both.'),
    ]);
  });

  test('all that is wrong is said at once', () => {
    expect(refused({ displayName: 'x'.repeat(101), topicName: '', publishers: [1] })).toMatch(/^cdk-decouple FanOut at 'Stack\/Orders' has 3 problems:\n/);
  });

  test('what was refused leaves the id free', () => {
    const stack = newStack();
    problem(() => create({ topicName: '' }, stack));
    expect(() => create({}, stack)).not.toThrow();
  });

  test.each(['x', 7, {}])('a topic that is %p is refused', topic => {
    const stack = newStack();
    expect(problem(() => new FanOut(stack, 'Orders', { topic: topic as any }))).toContain('allowed: FanOutTopic.create() or FanOutTopic.existing().');
    expect(problem(() => new FifoFanOut(stack, 'Orders', { topic: topic as any }))).toContain('allowed: FifoFanOutTopic.create() or FifoFanOutTopic.existing().');
    expect(tree(stack)).toEqual(['Stack']);
  });
});

describe('publishers', () => {
  // Not by addEventNotification(): SnsDestination writes a statement of its own, which makes two stacks depend on each other.
  function notify(bucket: s3.Bucket, topic: sns.ITopic) {
    (bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = { topicConfigurations: [{ event: 's3:ObjectCreated:*', topic: topic.topicArn }] };
  }

  test('a bucket: topic policy and key policy', () => {
    const app = new App();
    const stack = newStack({}, app);
    const bucket = new s3.Bucket(stack, 'Uploads');
    const fanOut = create({ publishers: [ServiceSource.bucket(bucket)] }, stack);
    expect(fanOut.encryptionKey).toBeInstanceOf(kms.Key);
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com')[0]).toEqual({
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: stack.resolve(fanOut.topic.topicArn),
      Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(bucket.bucketArn) }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')[0]).toEqual({
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::*']] } },
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      },
    });
    expect(warnings(stack)).toEqual([]);
    app.synth();
  });

  test('alarms: of this account and Region', () => {
    const stack = newStack({ env: ENV });
    create({ publishers: [ServiceSource.alarms()] }, stack);
    const condition = {
      ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`]] } },
      StringEquals: { 'aws:SourceAccount': ACCOUNT },
    };
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 'cloudwatch.amazonaws.com')).toMatchObject([{ Action: 'sns:Publish', Condition: condition }]);
    expect(statements(stack, 'AWS::KMS::Key', 'cloudwatch.amazonaws.com')).toMatchObject([{ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: condition }]);
  });

  test('any other service, with the key given', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const sourceArn = `arn:aws:ses:${REGION}:${ACCOUNT}:identity/x`;
    create({
      publishers: [ServiceSource.of({ service: 'ses.amazonaws.com', sourceArn, sourceAccount: ACCOUNT })],
      encryption: TopicEncryption.customerManaged(key),
    }, stack);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(statements(stack, type, 'ses.amazonaws.com')).toMatchObject([{
        Condition: { ArnLike: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      }]);
    }
  });

  test('several buckets share a statement', () => {
    const stack = newStack();
    const buckets = ['A', 'B', 'C'].map(id => new s3.Bucket(stack, id));
    create({ publishers: buckets.map(bucket => ServiceSource.bucket(bucket)) }, stack);
    const [statement, ...rest] = statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com');
    expect(rest).toEqual([]);
    expect(statement.Condition.ArnLike['aws:SourceArn']).toEqual(buckets.map(bucket => stack.resolve(bucket.bucketArn)));
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')).toHaveLength(1);
  });

  test.each(['bucket first', 'topic first'])('a bucket in another stack: every bucket of the account, said so, without cycle (%s)', order => {
    const app = new App();
    const [first, second] = ['First', 'Second'].map(id => new Stack(app, id));
    const [bucketStack, topicStack] = order === 'bucket first' ? [first, second] : [second, first];
    const bucket = new s3.Bucket(bucketStack, 'Uploads');
    const fanOut = create({ publishers: [ServiceSource.bucket(bucket)] }, topicStack);
    notify(bucket, fanOut.topic);
    expect(warnings(app)).toMatchObject([{ path: fanOut.node.path, id: 'FanOut.sourceWidened' }]);
    app.synth();
  });

  test.each([
    ['FanOut', (stack: Stack, key: kms.IKey) => create({ publishers: [ServiceSource.alarms()], encryption: TopicEncryption.customerManaged(key) }, stack)],
    ['FifoFanOut', (stack: Stack, key: kms.IKey) => new FifoFanOut(stack, 'Orders', {
      topic: FifoFanOutTopic.create({ publishers: [ServiceSource.alarms()], encryption: TopicEncryption.customerManaged(key) }),
    })],
  ])('an imported key of a %s: the warning carries the statement', (construct, make) => {
    const stack = newStack({ env: ENV });
    make(stack, kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`));
    const [{ id, path, text }, ...rest] = warnings(stack);
    expect([id, path, rest]).toEqual([`${construct}.importedKey`, 'Stack/Orders', []]);
    expect(text).toContain("key 'Stack/Key' cannot be changed");
    expect(statementIn(text)).toEqual({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnLike: { 'aws:SourceArn': `arn:\${AWS::Partition}:cloudwatch:${REGION}:${ACCOUNT}:alarm:*` },
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
      },
    });
  });
});

describe('an existing topic', () => {
  test('made by the app: it is not changed, and its key is exposed', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const topic = new sns.Topic(stack, 'Given', { masterKey: key });
    const fanOut = new FanOut(stack, 'Orders', { topic: FanOutTopic.existing(topic) });
    expect(fanOut.topic).toBe(topic);
    expect(fanOut.encryptionKey).toBe(key);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({ KmsMasterKeyId: stack.resolve(key.keyArn) });
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('imported', () => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders', { topic: FanOutTopic.existing(sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${ACCOUNT}:orders`)) });
    fanOut.addQueue('Billing');
    expect(resources(stack, 'AWS::SNS::Topic')).toEqual({});
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:orders`, Region: REGION });
    expect(fanOut.encryptionKey).toBeUndefined();
  });

  const KIND_FIX = 'An imported topic is taken for a FIFO topic when its ARN visibly ends in .fifo; write the name out, or use FanOut.';
  test.each<[string, string, string, string, (stack: Stack) => sns.ITopic]>([
    ['FanOut', 'the FIFO topic', 'a standard topic', 'Use FifoFanOut for it.', stack => new sns.Topic(stack, 'T', { fifo: true })],
    ['FanOut', 'the FIFO topic', 'a standard topic', 'Use FifoFanOut for it.', stack => sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${ACCOUNT}:x.fifo`)],
    ['FifoFanOut', 'the standard topic', 'a FIFO topic', 'Use FanOut for it.', stack => new sns.Topic(stack, 'T')],
    ['FifoFanOut', 'the standard topic', 'a FIFO topic', KIND_FIX, stack => sns.Topic.fromTopicArn(stack, 'T', new CfnParameter(stack, 'Arn').valueAsString)],
  ])('of the other kind is refused by %s: %s', (construct, got, allowed, fix, make) => {
    const stack = newStack();
    const topic = make(stack);
    const before = tree(stack);
    const message = problem(() => construct === 'FanOut'
      ? new FanOut(stack, 'Orders', { topic: FanOutTopic.existing(topic) })
      : new FifoFanOut(stack, 'Orders', { topic: FifoFanOutTopic.existing(topic) }));
    expect(message).toBe(`cdk-decouple ${construct} at 'Stack/Orders' has a problem:\n${line('topic', `${got} 'Stack/T'`, allowed, fix)}`);
    expect(tree(stack)).toEqual(before);
  });

  // `undefined` is not taken for `create()`: what should exist must not be made silently.
  test.each([
    [undefined, 'null'], [null, 'null'], ['arn:aws:sns:x', "'arn:aws:sns:x'"], [{}, 'an object of another kind (object)'],
  ])('%p is refused', (topic, got) => {
    const stack = newStack();
    const expected = line('topic', got, 'an sns.ITopic', 'Pass the topic, or import it with Topic.fromTopicArn().');
    expect(problem(() => new FanOut(stack, 'Orders', { topic: FanOutTopic.existing(topic as any) }))).toContain(expected);
    expect(problem(() => new FifoFanOut(stack, 'Orders', { topic: FifoFanOutTopic.existing(topic as any) }))).toContain(expected);
    expect(tree(stack)).toEqual(['Stack']);
  });

  test('a L1 topic is refused', () => {
    const stack = newStack();
    expect(problem(() => new FanOut(stack, 'Orders', { topic: FanOutTopic.existing(new sns.CfnTopic(stack, 'T') as any) }))).toContain('allowed: an sns.ITopic');
  });

  test('an import whose account and Region are only known at deployment is told by the end of its ARN', () => {
    const stack = newStack();
    const arn = stack.formatArn({ service: 'sns', resource: 'ledger.fifo' });
    const fanOut = new FifoFanOut(stack, 'Ledger', { topic: FifoFanOutTopic.existing(sns.Topic.fromTopicArn(stack, 'T', arn)) });
    fanOut.addQueue('Books');
    expect(only(stack, 'AWS::SNS::Subscription').Properties.Region).toBeUndefined();
  });

  test('a lazy name is not measured', () => {
    expect(() => create({ topicName: Lazy.string({ produce: () => 'orders' }) })).not.toThrow();
  });
});
