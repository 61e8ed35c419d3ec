import { App, Aws, CfnParameter, Lazy, PhysicalName, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ENV, REGION, newStack, only, refusal, refusedAtSynth, resources, statementIn, statements, tree, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FanOutProps, FifoFanOut } from '../../src/fanout';
import { letIn } from '../support/let-in';

const create = (options?: FanOutProps, stack: Stack = newStack()) =>
  new FanOut(stack, 'Orders', options);
const refused = (options: FanOutProps) => {
  const stack = newStack();
  const { construct, path, problems } = refusal(() => create(options, stack));
  expect({ construct, path }).toEqual({ construct: 'FanOut', path: 'Stack/Orders' });
  expect(tree(stack)).toEqual(['Stack']);
  return problems;
};

describe('a new topic', () => {
  test.each([
    ['without props', (stack: Stack) => new FanOut(stack, 'Orders')],
    ['with no props', (stack: Stack) => new FanOut(stack, 'Orders', {})],
    ['with props that say nothing', (stack: Stack) => create({ encryption: undefined, loggingConfigs: [] }, stack)],
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
      Resource: stack.resolve(fanOut.topicArn),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }]);
    expect(Object.keys(Template.fromStack(stack).toJSON().Resources)).toHaveLength(2);
    expect(fanOut.masterKey).toBeUndefined();
    expect(fanOut.subscriptions).toEqual([]);
  });

  test('the removal policy is that of the topic and of a key made for it', () => {
    const stack = newStack();
    create({ encryption: Encryption.customerManaged(), removalPolicy: RemovalPolicy.RETAIN }, stack);
    for (const type of ['AWS::SNS::Topic', 'AWS::KMS::Key']) {
      expect(only(stack, type)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  test('refuses a removal policy that a topic does not have', () => {
    expect(refused({ removalPolicy: RemovalPolicy.SNAPSHOT })).toMatchObject([{ prop: 'removalPolicy' }]);
  });

  test('every option reaches the topic', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/logs`);
    create({
      displayName: 'Orders',
      topicName: 'orders',
      tracingConfig: sns.TracingConfig.ACTIVE,
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole: role, successFeedbackSampleRate: 0 }],
      maxMessageSize: Size.kibibytes(512),
      signatureVersion: '1',
      encryption: Encryption.serviceManaged(),
    }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({
      DisplayName: 'Orders',
      TopicName: 'orders',
      TracingConfig: 'Active',
      DeliveryStatusLogging: [{ Protocol: 'sqs', FailureFeedbackRoleArn: `arn:aws:iam::${ACCOUNT}:role/logs`, SuccessFeedbackSampleRate: '0' }],
      KmsMasterKeyId: 'alias/aws/sns',
      MaximumMessageSize: 512 * 1024,
      SignatureVersion: '1',
    });
  });

  test.each([Size.kibibytes(1), Size.mebibytes(1), Size.bytes(1025)])('messages of up to %s are allowed', maxMessageSize => {
    const app = new App();
    const stack = newStack({}, app);
    create({ maxMessageSize }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties.MaximumMessageSize).toBe(maxMessageSize.toBytes());
    app.synth();
  });

  test.each(['1', '2', Aws.NO_VALUE])('signature version %s is allowed', signatureVersion => {
    const stack = newStack();
    create({ signatureVersion }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties.SignatureVersion).toEqual(stack.resolve(signatureVersion));
  });

  test('a customer key is made, rotates, and is exposed', () => {
    const stack = newStack();
    const fanOut = create({ encryption: Encryption.customerManaged() }, stack);
    expect(only(stack, 'AWS::KMS::Key')).toMatchObject({
      DeletionPolicy: 'Delete', Properties: { EnableKeyRotation: true, Description: 'Encrypts the messages of Stack/Orders' },
    });
    expect(only(stack, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual(stack.resolve(fanOut.masterKey!.keyArn));
    expect(Encryption.customerManaged().isCustomerManaged).toBe(true);
    expect(Encryption.serviceManaged().isCustomerManaged).toBe(false);
  });

  test('a given customer key is used, and none is made', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Given');
    const fanOut = create({ encryption: Encryption.customerManaged(key) }, stack);
    expect(fanOut.masterKey!.node).toBe(key.node);
    expect(only(stack, 'AWS::KMS::Key')).toBeDefined();
    expect(only(stack, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual(stack.resolve(key.keyArn));
  });

  test('two in one stack, and the same key for both', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    for (const id of ['A', 'B']) {
      letIn(new FanOut(stack, id, { encryption: Encryption.customerManaged(key) }), ServiceSource.alarms()).addQueue('Q');
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

  describe('delivery status logs', () => {
    const given = (stack: Stack, id: string) => iam.Role.fromRoleArn(stack, id, `arn:aws:iam::${ACCOUNT}:role/${id}`);
    const [failure, success] = ['failure', 'success'].map(id => `arn:aws:iam::${ACCOUNT}:role/${id}`);

    test('have one role with exact actions for all that have none', () => {
      const app = new App();
      const stack = newStack({ env: ENV }, app);
      const fanOut = create({
        loggingConfigs: [
          { protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate: 100 },
          { protocol: sns.LoggingProtocol.LAMBDA },
          { protocol: sns.LoggingProtocol.HTTP, successFeedbackSampleRate: 0 },
        ],
      }, stack);
      const role = stack.resolve(fanOut.deliveryStatusRole!.roleArn);
      expect(only(stack, 'AWS::SNS::Topic').Properties.DeliveryStatusLogging).toEqual([
        { Protocol: 'sqs', FailureFeedbackRoleArn: role, SuccessFeedbackRoleArn: role, SuccessFeedbackSampleRate: '100' },
        { Protocol: 'lambda', FailureFeedbackRoleArn: role },
        { Protocol: 'http/s', FailureFeedbackRoleArn: role, SuccessFeedbackSampleRate: '0' },
      ]);
      expect(only(stack, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement).toEqual([{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sts:AssumeRole' }]);
      const [{ Resource, ...statement }, ...more] = only(stack, 'AWS::IAM::ManagedPolicy').Properties.PolicyDocument.Statement;
      expect([statement, more]).toEqual([{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'] }, []]);
      const logGroups = ['', '/Failure'].map(suffix => stack.resolve(`arn:${stack.partition}:logs:${REGION}:${ACCOUNT}:log-group:sns/${REGION}/${ACCOUNT}/${fanOut.topicName}${suffix}:*`));
      // A feature flag sorts them.
      expect(Resource).toHaveLength(2);
      expect(Resource).toEqual(expect.arrayContaining(logGroups));
      app.synth();
    });

    test.each<[string, (stack: Stack) => Partial<sns.LoggingConfig>, object]>([
      ['both roles', stack => ({ failureFeedbackRole: given(stack, 'failure'), successFeedbackRole: given(stack, 'success') }), { FailureFeedbackRoleArn: failure, SuccessFeedbackRoleArn: success }],
      ['one of the two, without a rate', stack => ({ failureFeedbackRole: given(stack, 'failure') }), { FailureFeedbackRoleArn: failure }],
      ['that for failures, and a rate', stack => ({ failureFeedbackRole: given(stack, 'failure'), successFeedbackSampleRate: 1 }), { FailureFeedbackRoleArn: failure, SuccessFeedbackRoleArn: failure, SuccessFeedbackSampleRate: '1' }],
      ['that for successes', stack => ({ successFeedbackRole: given(stack, 'success') }), { FailureFeedbackRoleArn: success, SuccessFeedbackRoleArn: success }],
    ])('keep %s of the user', (_, config, expected) => {
      const stack = newStack();
      const fanOut = create({ loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, ...config(stack) }] }, stack);
      expect(only(stack, 'AWS::SNS::Topic').Properties.DeliveryStatusLogging).toEqual([{ Protocol: 'sqs', ...expected }]);
      expect(fanOut.deliveryStatusRole).toBeUndefined();
      expect(resources(stack, 'AWS::IAM::Role')).toEqual({});
    });

    const logged = (failureFeedbackRole: iam.IRole, stack: Stack) => create({
      loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole }],
    }, stack);
    const ROLE = 'loggingConfigs[0].failureFeedbackRole';
    const SNS = new iam.ServicePrincipal('sns.amazonaws.com');
    const ACTIONS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
    const makeRole = (stack: Stack, assumedBy: iam.IPrincipal, actions: string[], more: Partial<iam.RoleProps> = {}) => {
      const role = new iam.Role(stack, 'Role', { assumedBy, ...more });
      actions.forEach(action => role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: ['*'] })));
      return role;
    };

    test('refuse a role of another account', () => {
      const stack = newStack({ env: ENV });
      const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::222222222222:role/logs');
      expect(refusal(() => logged(role, stack))).toMatchObject({ construct: 'FanOut', problems: [{ prop: ROLE, got: expect.stringContaining('222222222222'), allowed: expect.stringContaining(ACCOUNT) }] });
      expect(() => logged(role, newStack())).not.toThrow();
    });

    test('an imported role gets one warning with its trust policy and its permissions', () => {
      const stack = newStack({ env: ENV });
      const role = given(stack, 'logs');
      const fanOut = create({ topicName: 'orders', loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole: role, successFeedbackRole: role }] }, stack);
      const [{ id, path, text }, ...others] = warnings(stack);
      expect([id, path, others]).toEqual(['FanOut.importedRole', fanOut.node.path, []]);
      const group = `arn:\${AWS::Partition}:logs:${REGION}:${ACCOUNT}:log-group:sns/${REGION}/${ACCOUNT}/orders`;
      expect(JSON.parse(text.slice(text.indexOf('[\n')))).toEqual([
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'sns.amazonaws.com' } },
        { Effect: 'Allow', Action: ACTIONS, Resource: [`${group}:*`, `${group}/Failure:*`] },
      ]);
    });

    test.each<[string, (stack: Stack) => iam.IRole]>([
      ['with the permissions', stack => makeRole(stack, SNS, ACTIONS)],
      ['with the permissions for log groups that exist', stack => makeRole(stack, SNS, ACTIONS.slice(1))],
      ['with wildcards', stack => makeRole(stack, new iam.CompositePrincipal(new iam.AccountRootPrincipal(), SNS), ['logs:*'])],
      ['with a managed policy', stack => makeRole(stack, SNS, [], { managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonSNSRole')] })],
      ['with a policy inside', stack => makeRole(stack, SNS, [], {
        inlinePolicies: { Logs: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ACTIONS, resources: ['*'] })] }) },
      })],
      ['that is not changed', stack => makeRole(stack, SNS, ACTIONS).withoutPolicyUpdates()],
    ])('take a role of this app %s', (_, make) => {
      const stack = newStack({ env: ENV });
      logged(make(stack), stack);
      expect(refusedAtSynth(stack)).toEqual([]);
      expect(warnings(stack)).toEqual([]);
    });

    test.each<[string, (stack: Stack) => iam.IRole, object[]]>([
      ['that another service assumes', stack => makeRole(stack, new iam.ServicePrincipal('lambda.amazonaws.com'), ACTIONS), [{ prop: ROLE, allowed: expect.stringContaining('sns.amazonaws.com') }]],
      ['that cannot create log streams', stack => makeRole(stack, SNS, [ACTIONS[0], ACTIONS[2]]), [{ prop: ROLE, got: expect.stringContaining(ACTIONS[1]) }]],
      ['with neither', stack => makeRole(stack, new iam.AccountRootPrincipal(), []), [{ prop: ROLE }, { prop: ROLE, got: expect.stringContaining(ACTIONS.slice(1).join(', ')) }]],
    ])('find a role of this app %s when the template is written', (_, make, problems) => {
      const stack = newStack({ env: ENV });
      logged(make(stack), stack);
      expect(refusedAtSynth(stack)).toMatchObject([{ construct: 'FanOut', problems }]);
    });

    test('keep the role of the user beside an item that has none', () => {
      const stack = newStack();
      const failureFeedbackRole = given(stack, 'failure');
      const loggingConfigs = [{ protocol: sns.LoggingProtocol.SQS, failureFeedbackRole }, { protocol: sns.LoggingProtocol.LAMBDA }];
      const fanOut = create({ loggingConfigs }, stack);
      expect(only(stack, 'AWS::SNS::Topic').Properties.DeliveryStatusLogging).toEqual([
        { Protocol: 'sqs', FailureFeedbackRoleArn: failure }, { Protocol: 'lambda', FailureFeedbackRoleArn: stack.resolve(fanOut.deliveryStatusRole!.roleArn) },
      ]);
    });

    test('of two fan-outs in one stack, and of a FIFO topic', () => {
      const stack = newStack();
      const loggingConfigs = [{ protocol: sns.LoggingProtocol.SQS }];
      const fanOuts = [create({ loggingConfigs }, stack), new FanOut(stack, 'Refunds', { loggingConfigs }), new FifoFanOut(stack, 'Ledger', { loggingConfigs })];
      const roles = fanOuts.map(({ deliveryStatusRole }) => deliveryStatusRole);
      expect(new Set(roles).size).toBe(3);
      expect(roles).not.toContain(undefined);
      Template.fromStack(stack).resourceCountIs('AWS::IAM::ManagedPolicy', 3);
    });

    test('are not changed for an existing topic', () => {
      const stack = newStack();
      expect(FanOut.fromTopic(stack, 'Orders', new sns.Topic(stack, 'T')).deliveryStatusRole).toBeUndefined();
    });
  });

  test('names only known at deployment pass through', () => {
    const stack = newStack();
    const name = new CfnParameter(stack, 'Name').valueAsString;
    create({ displayName: name, topicName: name }, stack);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toMatchObject({ DisplayName: { Ref: 'Name' }, TopicName: { Ref: 'Name' } });
  });

  const NAME = { prop: 'topicName', allowed: expect.stringMatching(/^1 to 256 letters, digits, hyphens and underscores$/) };
  const RATE = { prop: 'loggingConfigs[0].successFeedbackSampleRate', allowed: expect.stringMatching(/\b0 to 100 \(inclusive\)/) };
  const SIZE = { prop: 'maxMessageSize', allowed: expect.stringMatching(/^1 KiB to 1 MiB \(inclusive\), in whole bytes$/) };
  const sampled = (successFeedbackSampleRate: number) => ({ loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate }] });
  test.each<[string, FanOutProps, object]>([
    ['displayName of 101', { displayName: 'x'.repeat(101) }, { prop: 'displayName', allowed: expect.stringMatching(/ to 100 characters \(inclusive\)$/) }],
    ['topicName empty', { topicName: '' }, NAME],
    ['topicName of 257', { topicName: 'x'.repeat(257) }, NAME],
    ['topicName of a FIFO topic', { topicName: 'orders.fifo' }, NAME],
    ['topicName of a FIFO topic, only known at deployment', { topicName: `${Aws.STACK_NAME}.fifo` }, NAME],
    ['topicName with a letter that is not ASCII', { topicName: 'ä' }, NAME],
    ['topicName GENERATE_IF_NEEDED', { topicName: PhysicalName.GENERATE_IF_NEEDED }, NAME],
    ['a sample rate of -1', sampled(-1), RATE],
    ['a sample rate of 101', sampled(101), RATE],
    ['a sample rate of a half', sampled(0.5), RATE],
    ['a sample rate that is no number', sampled(NaN), RATE],
    ['a protocol for the second time', { loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS }, { protocol: sns.LoggingProtocol.SQS }] }, { prop: 'loggingConfigs[1].protocol', got: expect.stringContaining("'sqs'") }],
    ['a maximum message size of 1,023 bytes', { maxMessageSize: Size.bytes(1023) }, SIZE],
    ['a maximum message size of more than 1 MiB', { maxMessageSize: Size.bytes(1024 * 1024 + 1) }, SIZE],
    ['a maximum message size with half a byte', { maxMessageSize: Size.bytes(2000.5) }, SIZE],
    ['a maximum message size only known at deployment, in another unit', { maxMessageSize: Size.kibibytes(Token.asNumber({ Ref: 'K' })) }, { prop: 'maxMessageSize', allowed: expect.stringContaining('Size.bytes()') }],
    ['signature version 3', { signatureVersion: '3' }, { prop: 'signatureVersion', got: "'3'", allowed: "'1' or '2'" }],
    ['an empty signature version', { signatureVersion: '' }, { prop: 'signatureVersion' }],
    ['a sample rate only known at deployment', sampled(Lazy.number({ produce: () => 50 })), RATE],
  ])('refuses %s', (_, options, expected) => {
    expect(refused(options)).toMatchObject([expected]);
  });

  describe('a customer key that SNS cannot use', () => {
    test.each<[string, (stack: Stack) => kms.IKey, RegExp]>([
      ['of another Region', stack => kms.Key.fromKeyArn(stack, 'K', `arn:aws:kms:us-east-1:${ACCOUNT}:key/1`), new RegExp(REGION)],
      ['AWS managed, by name', stack => kms.Alias.fromAliasName(stack, 'K', 'alias/aws/sns'), /customer key/],
      ['AWS managed, of another service, by ARN', stack => kms.Key.fromKeyArn(stack, 'K', `arn:aws:kms:${REGION}:${ACCOUNT}:alias/aws/sqs`), /customer key/],
      ['asymmetric', stack => new kms.Key(stack, 'K', { keySpec: kms.KeySpec.RSA_2048 }), /symmetric/],
    ])('%s', (_, key, allowed) => {
      for (const fifo of [false, true]) {
        const stack = newStack({ env: ENV });
        const encryption = Encryption.customerManaged(key(stack));
        const error = refusal(() => fifo
          ? new FifoFanOut(stack, 'Orders', { encryption })
          : new FanOut(stack, 'Orders', { encryption }));
        expect(error).toMatchObject({
          construct: fifo ? 'FifoFanOut' : 'FanOut', path: 'Stack/Orders', problems: [{ prop: 'encryption.key', allowed: expect.stringMatching(allowed) }],
        });
      }
    });

    test.each<[string, (stack: Stack) => kms.IKey]>([
      ['of an unknown Region', stack => kms.Key.fromKeyArn(stack, 'K', new CfnParameter(stack, 'Arn').valueAsString)],
      ['symmetric, said so', stack => new kms.Key(stack, 'K', { keySpec: kms.KeySpec.SYMMETRIC_DEFAULT })],
      ['by an alias of its own', stack => kms.Alias.fromAliasName(stack, 'K', 'alias/orders')],
    ])('but not %s', (_, key) => {
      const stack = newStack({ env: ENV });
      expect(() => create({ encryption: Encryption.customerManaged(key(stack)) }, stack)).not.toThrow();
    });
  });


  test('all that is wrong is said at once', () => {
    expect(refused({ displayName: 'x'.repeat(101), topicName: '', loggingConfigs: [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate: 101 }] })).toHaveLength(3);
  });

  test('what was refused leaves the id free', () => {
    const stack = newStack();
    refusal(() => create({ topicName: '' }, stack));
    expect(() => create({}, stack)).not.toThrow();
  });
});

describe('allowService', () => {
  const customerKey = { encryption: Encryption.customerManaged() };
  const service = (name: string, sourceArn: string) => ServiceSource.of({ service: `${name}.amazonaws.com`, sourceArn });

  test.each<[string, FanOutProps, (stack: Stack) => ServiceSource, object]>([
    ['a source without an ARN', customerKey, () => service('ses', '*'), { prop: 'allowService(source).sourceArn', allowed: expect.stringContaining('full ARN') }],
    ['a service with the AWS managed key', {}, () => ServiceSource.alarms(), { prop: 'encryption', allowed: expect.stringContaining('customer key'), fix: expect.stringContaining('customerManaged') }],
    ['EventBridge', customerKey, () => service('events', `arn:aws:events:${REGION}:${ACCOUNT}:rule/x`), { prop: 'allowService(source)', got: 'EventBridge', fix: expect.stringContaining('authorizeUsingRole') }],
    ['another topic', customerKey, stack => ServiceSource.topic(new sns.Topic(stack, 'Other')), { prop: 'allowService(source)', got: 'another topic' }],
  ])('refuses %s, and changes nothing', (_, props, source, expected) => {
    const stack = newStack();
    const fanOut = create(props, stack);
    const given = source(stack);
    const before = Template.fromStack(stack).toJSON();
    expect(refusal(() => fanOut.allowService(given))).toMatchObject({ construct: 'FanOut', path: 'Stack/Orders', problems: [expected] });
    expect(Template.fromStack(stack).toJSON()).toEqual(before);
  });

  test('returns what a publisher has to wait for', () => {
    const stack = newStack();
    const fanOut = create(customerKey, stack);
    expect(fanOut.allowService(ServiceSource.alarms())).toEqual([fanOut.node.findChild('Topic').node.findChild('Policy')]);
  });

  // Not by addEventNotification(): SnsDestination writes a statement of its own, which makes two stacks depend on each other.
  function notify(bucket: s3.Bucket, topic: sns.ITopic) {
    (bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = { topicConfigurations: [{ event: 's3:ObjectCreated:*', topic: topic.topicArn }] };
  }

  test('a bucket: topic policy and key policy', () => {
    const app = new App();
    const stack = newStack({}, app);
    const bucket = new s3.Bucket(stack, 'Uploads');
    const fanOut = letIn(create(customerKey, stack), ServiceSource.bucket(bucket));
    expect(fanOut.masterKey).toBeInstanceOf(kms.Key);
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com')[0]).toEqual({
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: stack.resolve(fanOut.topicArn),
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
    letIn(create(customerKey, stack), ServiceSource.alarms());
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
    letIn(create({ encryption: Encryption.customerManaged(key) }, stack),
      ServiceSource.of({ service: 'ses.amazonaws.com', sourceArn, sourceAccount: ACCOUNT }));
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(statements(stack, type, 'ses.amazonaws.com')).toMatchObject([{
        Condition: { ArnLike: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      }]);
    }
  });

  test('several buckets share a statement', () => {
    const stack = newStack();
    const buckets = ['A', 'B', 'C'].map(id => new s3.Bucket(stack, id));
    letIn(create(customerKey, stack), ...buckets.map(bucket => ServiceSource.bucket(bucket)));
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
    const fanOut = letIn(create(customerKey, topicStack), ServiceSource.bucket(bucket));
    notify(bucket, fanOut);
    expect(warnings(app)).toMatchObject([{ path: fanOut.node.path, id: 'FanOut.sourceWidened' }]);
    app.synth();
  });

  test.each([
    ['FanOut', (stack: Stack, key: kms.IKey) => letIn(create({ encryption: Encryption.customerManaged(key) }, stack), ServiceSource.alarms())],
    ['FifoFanOut', (stack: Stack, key: kms.IKey) => letIn(new FifoFanOut(stack, 'Orders', { encryption: Encryption.customerManaged(key) }), ServiceSource.alarms())],
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
    const fanOut = FanOut.fromTopic(stack, 'Orders', topic);
    expect(fanOut.topicArn).toBe(topic.topicArn);
    expect(fanOut.masterKey!.node).toBe(key.node);
    expect(only(stack, 'AWS::SNS::Topic').Properties).toEqual({ KmsMasterKeyId: stack.resolve(key.keyArn) });
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test('imported', () => {
    const stack = newStack();
    const fanOut = FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${ACCOUNT}:orders`));
    fanOut.addQueue('Billing');
    expect(resources(stack, 'AWS::SNS::Topic')).toEqual({});
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:orders`, Region: REGION });
    expect(fanOut.masterKey).toBeUndefined();
  });

  test.each<['FanOut' | 'FifoFanOut', string, RegExp, (stack: Stack) => sns.ITopic]>([
    ['FanOut', 'a standard topic', /FifoFanOut\.fromTopic\(\)/, stack => new sns.Topic(stack, 'T', { fifo: true })],
    ['FanOut', 'a standard topic', /FifoFanOut\.fromTopic\(\)/, stack => sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${ACCOUNT}:x.fifo`)],
    ['FifoFanOut', 'a FIFO topic', /FanOut/, stack => new sns.Topic(stack, 'T')],
    ['FifoFanOut', 'a FIFO topic', /ends in \.fifo/, stack => sns.Topic.fromTopicArn(stack, 'T', new CfnParameter(stack, 'Arn').valueAsString)],
  ])('of the other kind is refused by %s, which needs %s and says what to do: %p', (construct, allowed, fix, make) => {
    const stack = newStack();
    const topic = make(stack);
    const before = tree(stack);
    const error = refusal(() => construct === 'FanOut'
      ? FanOut.fromTopic(stack, 'Orders', topic)
      : FifoFanOut.fromTopic(stack, 'Orders', topic));
    expect(error).toMatchObject({
      construct, path: 'Stack/Orders', problems: [{ prop: 'topic', got: expect.stringContaining("'Stack/T'"), allowed, fix: expect.stringMatching(fix) }],
    });
    expect(tree(stack)).toEqual(before);
  });

  test('an ARN of another service is refused', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`);
    expect(refusal(() => FanOut.fromTopic(stack, 'Orders', topic)).problems).toMatchObject([{ prop: 'topic', allowed: 'an ARN of sns' }]);
  });

  test('an import whose account and Region are only known at deployment is told by the end of its ARN', () => {
    const stack = newStack();
    const arn = stack.formatArn({ service: 'sns', resource: 'ledger.fifo' });
    const fanOut = FifoFanOut.fromTopic(stack, 'Ledger', sns.Topic.fromTopicArn(stack, 'T', arn));
    fanOut.addQueue('Books');
    expect(only(stack, 'AWS::SNS::Subscription').Properties.Region).toBeUndefined();
  });

  test('a lazy name is not measured', () => {
    expect(() => create({ topicName: Lazy.string({ produce: () => 'orders' }) })).not.toThrow();
  });
});
