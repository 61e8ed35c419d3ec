import { Annotations, App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, resources, statementIn, statements, tree, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { letIn } from '../support/let-in';
import { synthApp } from '../support/template';

type WrittenResource = ReturnType<typeof only>;

const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];
const role = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
const ORGANISATION = new iam.OrganizationPrincipal('o-1234567890');

/** Statements of the topic policy that allow, without the id that CDK gives them. */
const allowed = (stack: Stack) => statements(stack, 'AWS::SNS::TopicPolicy').filter(s => s.Effect === 'Allow').map(({ Sid, ...rest }) => rest);

describe('a service', () => {
  const service = new iam.ServicePrincipal('backup.amazonaws.com');
  const unknown = new iam.ServicePrincipal('profile.amazonaws.com');
  const source = ServiceSource.of({ service: 'backup.amazonaws.com', sourceArn: `arn:aws:backup:${REGION}:${ACCOUNT}:backup-vault:*` });
  const KEYED = { encryption: Encryption.customerManaged() };

  test('that allowService let in needs no more statements, so that constructs of the CDK can grant to it by name', () => {
    const stack = newStack({ env: ENV });
    const fanOut = new FanOut(stack, 'Orders', KEYED);
    fanOut.allowService(source);
    new backup.BackupVault(stack, 'Vault', { notificationTopic: fanOut });
    expect(fanOut.grantPublish(service).success).toBe(true);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(statements(stack, type, 'backup.amazonaws.com')).toMatchObject([{ Condition: { ArnLike: expect.anything(), StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    }
  });

  test.each([
    ['only another was let in', ServiceSource.alarms()],
    ['none was let in', undefined],
  ])('that AWS documents no condition for is refused where %s', (_, other) => {
    const fanOut = new FanOut(newStack({ env: ENV }), 'Orders', KEYED);
    if (other) fanOut.allowService(other);
    expect(refusal(() => fanOut.grantPublish(unknown)).problems).toMatchObject([{ prop: 'grantPublish(grantee)', got: expect.stringContaining('profile.amazonaws.com') }]);
  });

  test('by the facade gets the account of the topic as a condition, on the topic and on the key', () => {
    const stack = newStack({ env: ENV });
    sns.TopicGrants.fromTopic(new FanOut(stack, 'Orders', KEYED)).publish(service);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(statements(stack, type, 'backup.amazonaws.com')).toMatchObject([{ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    }
  });
});

describe.each([
  ['FanOut', (stack: Stack, encryption?: Encryption) => new FanOut(stack, 'Orders', { encryption })],
  ['FifoFanOut', (stack: Stack, encryption?: Encryption) => new FifoFanOut(stack, 'Orders', { encryption })],
])('%s.grantPublish', (construct, make) => {
  test('exactly sns:Publish with the AWS managed key', () => {
    const stack = newStack();
    const fanOut = make(stack);
    expect(fanOut.grantPublish(role(stack)).success).toBe(true);
    expect(only(stack, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sns:Publish', Resource: stack.resolve(fanOut.topicArn) },
    ]);
    expect(allowed(stack)).toEqual([]);
  });

  test('exactly two actions more with a customer key', () => {
    const stack = newStack();
    const fanOut = make(stack, Encryption.customerManaged());
    fanOut.grantPublish(role(stack));
    expect(only(stack, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sns:Publish', Resource: stack.resolve(fanOut.topicArn) },
      { Effect: 'Allow', Action: KEY_ACTIONS, Resource: stack.resolve(fanOut.masterKey!.keyArn) },
    ]);
  });

  test('another account with a customer key: in both policies', () => {
    const stack = newStack({ env: ENV });
    make(stack, Encryption.customerManaged()).grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT));
    const principal = { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${OTHER_ACCOUNT}:root`]] } };
    expect(allowed(stack)).toMatchObject([{ Action: 'sns:Publish', Principal: principal }]);
    expect(statements(stack, 'AWS::KMS::Key').filter(s => [s.Action].flat().includes('kms:GenerateDataKey'))).toMatchObject([{ Action: KEY_ACTIONS, Principal: principal }]);
    expect(warnings(stack)).toEqual([]);
  });

  describe('a role elsewhere', () => {
    const elsewhere = (stack: Stack, env: { account: string; region: string }, roleName?: string) => new iam.Role(new Stack(stack.node.root as App, 'Other', { env }), 'Role', {
      roleName, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    const keyed = (stack: Stack) => construct === 'FanOut'
      ? new FanOut(stack, 'Orders', { topicName: 'orders', encryption: Encryption.customerManaged() })
      : new FifoFanOut(stack, 'Orders', { topicName: 'orders.fifo', encryption: Encryption.customerManaged() });
    const written = (scope: iam.IRole | Stack, stack: string, type: string): WrittenResource =>
      Object.values<WrittenResource>(synthApp(scope)[stack].Resources).find(({ Type }) => Type === type)!;
    const onKeys = (scope: iam.Role) => written(scope, 'Other', 'AWS::IAM::Policy').Properties.PolicyDocument.Statement.filter((statement: { Action: string[] }) => /^kms:/.test(statement.Action[0]));
    const through = { StringEquals: { 'kms:ViaService': `sns.${REGION}.amazonaws.com` } };
    const limited = [{
      Effect: 'Allow', Action: KEY_ACTIONS, Condition: through, Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:kms:${REGION}:${ACCOUNT}:key/*`]] },
    }];

    test('in another account may use the keys of the account and Region of the topic, through SNS alone', () => {
      const stack = newStack({ env: ENV });
      const role2 = elsewhere(stack, { account: OTHER_ACCOUNT, region: REGION }, 'r');
      keyed(stack).grantPublish(role2);
      expect(onKeys(role2)).toEqual(limited);
      expect(written(stack, 'Stack', 'AWS::KMS::Key').Properties.KeyPolicy.Statement[1]).toMatchObject({
        Action: KEY_ACTIONS,
        Condition: { ...through, ArnEquals: { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${OTHER_ACCOUNT}:role/r`]] } } },
      });
    });
    test('in another Region of the account, too', () => {
      const stack = newStack({ env: ENV });
      const role2 = elsewhere(stack, { account: ACCOUNT, region: 'ap-south-2' });
      keyed(stack).grantPublish(role2);
      expect(onKeys(role2)).toEqual(limited);
    });
    test('in another account needs a name', () => {
      const stack = newStack({ env: ENV });
      const role2 = elsewhere(stack, { account: OTHER_ACCOUNT, region: REGION });
      const fanOut = keyed(stack);
      expect(refusal(() => fanOut.grantPublish(role2)).problems).toMatchObject([{ prop: 'grantPublish(grantee)', got: expect.stringContaining("'Other/Role'") }]);
      expect(role2.node.tryFindChild('DefaultPolicy')).toBeUndefined();
    });
  });

  test.each<[string, iam.IGrantable, string]>([
    ['another account', new iam.AccountPrincipal(OTHER_ACCOUNT), `a principal of account ${OTHER_ACCOUNT}`],
    ['a role of another account by ARN', new iam.ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:role/x`), `a principal of account ${OTHER_ACCOUNT}`],
    ['an organization', ORGANISATION, 'principals of any account'],
    ['everybody on one condition', new iam.AnyPrincipal().withConditions({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } }), 'principals of any account'],
    ['a service with conditions', new iam.ServicePrincipal('s3.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }), 'the service principal s3.amazonaws.com'],
  ])('refuses %s with the AWS managed key', (_, grantee, got) => {
    const stack = newStack({ env: ENV });
    const fanOut = make(stack);
    const before = tree(stack);
    expect(refusal(() => fanOut.grantPublish(grantee))).toMatchObject({
      construct, path: 'Stack/Orders', problems: [{ prop: 'grantPublish(grantee)', got: expect.stringContaining(got), fix: expect.stringContaining('Encryption.customerManaged()') }],
    });
    expect(tree(stack)).toEqual(before);
    expect(allowed(stack)).toEqual([]);
  });

  test('refuses every user of an identity provider', () => {
    const users = new iam.FederatedPrincipal('cognito-identity.amazonaws.com', {}, 'sts:AssumeRoleWithWebIdentity');
    expect(refusal(() => make(newStack(), Encryption.customerManaged()).grantPublish(users)).problems).toMatchObject([{ prop: 'grantPublish(grantee)', got: expect.stringMatching(/^everyone/) }]);
  });
  test('a bucket that publishes is in the Region of the topic', () => {
    const stack = newStack({ env: ENV });
    const far = s3.Bucket.fromBucketAttributes(stack, 'B', { bucketName: 'uploads', region: 'us-east-2' });
    expect(refusal(() => letIn(new FanOut(stack, 'X', { encryption: Encryption.customerManaged() }), ServiceSource.bucket(far))).problems)
      .toMatchObject([{ prop: 'allowService(source)', got: expect.stringMatching(`us-east-2.*${REGION}`) }]);
  });
  test('refuses roles of every account', () => {
    const stack = newStack({ env: ENV });
    const anywhere = new iam.AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } });
    expect(refusal(() => make(stack, Encryption.customerManaged()).grantPublish(anywhere)).problems).toMatchObject([{ prop: 'grantPublish(grantee)', got: expect.stringMatching(/^everyone/) }]);
    expect(allowed(stack)).toEqual([]);
  });

  test.each([['profile.amazonaws.com', /^Call allowService/], ['events.amazonaws.com', /^An EventBridge rule.*authorizeUsingRole/]])('says what to do for %s alone', (service, expected) => {
    const fanOut = new FanOut(newStack(), 'Orders', { encryption: Encryption.customerManaged() });
    const [{ fix }] = refusal(() => fanOut.grantPublish(new iam.ServicePrincipal(service))).problems;
    expect(fix).toMatch(expected);
    expect(/EventBridge/.test(fix)).toBe(service === 'events.amazonaws.com');
  });

  test.each<[string, iam.IPrincipal]>([
    ['AnyPrincipal', new iam.AnyPrincipal()],
    ['StarPrincipal', new iam.StarPrincipal()],
    ['AnyPrincipal over TLS', new iam.AnyPrincipal().withConditions({ Bool: { 'aws:SecureTransport': 'true' } })],
  ])('a statement for everyone is refused like a grant: %s', (_, everyone) => {
    const stack = newStack();
    const fanOut = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    const statement = (conditions?: iam.Conditions) => new iam.PolicyStatement({ actions: ['sns:Publish'], principals: [everyone], resources: [fanOut.topicArn], conditions });
    expect(refusal(() => fanOut.addToResourcePolicy(statement())).problems)
      .toEqual([expect.objectContaining({ prop: 'addToResourcePolicy(statement)', got: expect.stringMatching(/^everyone, with/), allowed: expect.stringContaining('aws:PrincipalOrgID') })]);
    expect(fanOut.addToResourcePolicy(statement({ StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } })).statementAdded).toBe(true);
  });

  test.each([['AnyPrincipal', new iam.AnyPrincipal()], ['StarPrincipal', new iam.StarPrincipal()]])('refuses everyone: %s', (_, everyone) => {
    const stack = newStack({ env: ENV });
    expect(refusal(() => make(stack, Encryption.customerManaged()).grantPublish(everyone)).problems).toMatchObject([{ prop: 'grantPublish(grantee)', got: expect.stringMatching(/^everyone/) }]);
    expect(allowed(stack)).toEqual([]);
  });

  test.each<[string, iam.IGrantable]>([
    ['the account', new iam.AccountPrincipal(ACCOUNT)],
    ['a role of the account by ARN', new iam.ArnPrincipal(`arn:aws:iam::${ACCOUNT}:role/x`)],
    ['everybody of the account', new iam.AnyPrincipal().withConditions({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } })],
    ['a role only known at deployment', new iam.ArnPrincipal(new Stack(new App(), 'X').formatArn({ service: 'iam', resource: 'role/x', region: '' }))],
    ['a federated user, whose account IAM does not tell', new iam.FederatedPrincipal('cognito-identity.amazonaws.com', { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:pool' } })],
    ['an id that is no ARN', new iam.ArnPrincipal('AROAEXAMPLE')],
  ])('%s may publish with the AWS managed key', (_, grantee) => {
    const stack = newStack({ env: ENV });
    make(stack).grantPublish(grantee);
    expect(allowed(stack)).toHaveLength(1);
  });

  test('an account in a stack whose account is not known is not known to be another', () => {
    const stack = newStack();
    expect(() => make(stack).grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT))).not.toThrow();
  });

  test('a bare service principal is refused', () => {
    const stack = newStack();
    const fanOut = make(stack, Encryption.customerManaged());
    expect(refusal(() => fanOut.grantPublish(new iam.ServicePrincipal('s3.amazonaws.com')))).toMatchObject({
      construct, path: 'Stack/Orders', problems: [{ prop: 'grantPublish(grantee)', got: expect.stringContaining('without conditions'), fix: expect.stringContaining('allowService') }],
    });
    expect(allowed(stack)).toEqual([]);
  });

  test('a service with conditions may, with a customer key', () => {
    const stack = newStack({ env: ENV });
    make(stack, Encryption.customerManaged())
      .grantPublish(new iam.ServicePrincipal('ses.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }));
    expect(allowed(stack)).toMatchObject([{ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    expect(statements(stack, 'AWS::KMS::Key', 'ses.amazonaws.com')).toMatchObject([{ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('existing topics', () => {
  const imported = (stack: Stack, account = ACCOUNT, keyArn?: string) => FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn: `arn:aws:sns:${REGION}:${account}:t`, keyArn }));

  test('imported, a role of the same account: its own policy is enough', () => {
    const stack = newStack({ env: ENV });
    imported(stack, ACCOUNT, `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`).grantPublish(role(stack));
    expect(only(stack, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sns:Publish', Resource: `arn:aws:sns:${REGION}:${ACCOUNT}:t` },
      { Effect: 'Allow', Action: KEY_ACTIONS, Resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1` },
    ]);
    expect(warnings(stack)).toEqual([]);
  });

  test('imported, in a stack whose account is not known: no false alarm for a role', () => {
    const stack = newStack();
    imported(stack).grantPublish(role(stack));
    expect(warnings(stack)).toEqual([]);
  });

  test('imported from another account: the warnings carry the statements for its topic and its key', () => {
    const stack = newStack({ env: ENV });
    imported(stack, OTHER_ACCOUNT, `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/1`).grantPublish(role(stack));
    const [topic, key, ...rest] = warnings(stack);
    const principal = { AWS: `\${${stack.getLogicalId(stack.node.findChild('Role').node.defaultChild as iam.CfnRole)}.Arn}` };
    expect([topic.path, topic.id, key.path, key.id, rest]).toEqual(['Stack/Orders', 'FanOut.importedPolicy', 'Stack/Orders', 'FanOut.importedKey', []]);
    expect(topic.text).toContain("'Stack/Topic'");
    expect(statementIn(topic.text)).toEqual({ Effect: 'Allow', Action: 'sns:Publish', Principal: principal, Resource: `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:t` });
    expect(key.text).toContain("'Stack/Topic/Key'");
    expect(statementIn(key.text)).toEqual({ Effect: 'Allow', Action: KEY_ACTIONS, Principal: principal, Resource: '*' });
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:FanOut.importedPolicy', 'is there');
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:FanOut.importedKey', 'is there');
    expect(warnings(stack)).toEqual([]);
  });

  test('imported from another account without its key: a warning carries what a customer key asks of the publisher', () => {
    const stack = newStack({ env: ENV });
    imported(stack, OTHER_ACCOUNT).grantPublish(role(stack));
    const [, { id, path, text }, ...rest] = warnings(stack);
    expect([id, path, rest]).toEqual(['FanOut.unknownKey', 'Stack/Orders', []]);
    expect(statementIn(text)).toEqual({ Effect: 'Allow', Action: KEY_ACTIONS, Resource: '<ARN of the key>' });
    const own = newStack({ env: ENV });
    imported(own).grantPublish(role(own));
    expect(warnings(own)).toEqual([]);
  });

  test.each<[string, iam.IGrantable, unknown]>([
    ['an account', new iam.AccountPrincipal(OTHER_ACCOUNT), undefined],
    ['the same account, which has no policy of its own', new iam.AccountPrincipal(ACCOUNT), undefined],
    ['an organization', ORGANISATION, { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }],
  ])('imported, %s: the warning carries the statement, conditions and all', (_, grantee, condition) => {
    const stack = newStack({ env: ENV });
    imported(stack).grantPublish(grantee);
    const [{ id, text }, ...rest] = warnings(stack);
    expect([id, rest]).toEqual(['FanOut.importedPolicy', []]);
    expect(statementIn(text)).toMatchObject({ Action: 'sns:Publish', Resource: `arn:aws:sns:${REGION}:${ACCOUNT}:t` });
    expect(statementIn(text).Condition).toEqual(condition);
  });

  test.each<[string, string]>([['of another account', OTHER_ACCOUNT], ['of the same account', ACCOUNT]])('imported with the AWS managed key, %s: not for who is elsewhere', (_, account) => {
    const stack = newStack({ env: ENV });
    const orders = imported(stack, account, `arn:aws:kms:${REGION}:${account}:alias/aws/sns`);
    const elsewhere = account === ACCOUNT ? new iam.AccountPrincipal(OTHER_ACCOUNT) : role(stack);
    expect(refusal(() => orders.grantPublish(elsewhere)).problems).toMatchObject([{
      prop: 'grantPublish(grantee)', got: expect.stringContaining('AWS managed key'), fix: expect.stringContaining('owner of the topic'),
    }]);
    expect(refusal(() => orders.allowService(ServiceSource.alarms())).problems).toMatchObject([{ prop: 'encryption', got: expect.stringContaining('AWS managed key') }]);
    expect(warnings(stack)).toEqual([]);
  });

  test('imported with the AWS managed key: who is in its account may publish', () => {
    const stack = newStack({ env: ENV });
    imported(stack, ACCOUNT, `arn:aws:kms:${REGION}:${ACCOUNT}:alias/aws/sns`).grantPublish(role(stack));
    expect(warnings(stack)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => FanOut | FifoFanOut, string]>([
    ['FanOut', stack => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), 'FanOut.immutableRole'],
    ['FifoFanOut', stack => new FifoFanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), 'FifoFanOut.immutableRole'],
    ['an imported topic', stack => imported(stack, ACCOUNT, `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`), 'FanOut.immutableRole'],
  ])('%s: for an imported role that the CDK does not change, the warnings carry the statements for that role', (_, make, id) => {
    const stack = newStack({ env: ENV });
    const fixed = iam.Role.fromRoleArn(stack, 'Fixed', `arn:aws:iam::${ACCOUNT}:role/fixed`, { mutable: false });
    const orders = make(stack);
    orders.grantPublish(fixed);
    orders.grantSubscribe(fixed);
    expect(warnings(stack).map(warning => [warning.id, statementIn(warning.text).Action])).toEqual([[id, 'sns:Publish'], [id, KEY_ACTIONS], [id, 'sns:Subscribe']]);
    expect(resources(stack, 'AWS::IAM::Policy')).toEqual({});
  });

  test('a FIFO import warns under its own name', () => {
    const stack = newStack({ env: ENV });
    FifoFanOut.fromTopic(stack, 'Ledger', sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:t.fifo`))
      .grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT));
    expect(warnings(stack).map(warning => warning.id)).toEqual(['FifoFanOut.importedPolicy']);
  });

  test('made by the app: its policy is written, and it is seen to have the AWS managed key', () => {
    const stack = newStack({ env: ENV });
    const plain = FanOut.fromTopic(stack, 'Plain', new sns.Topic(stack, 'Topic'));
    plain.grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT));
    expect(allowed(stack)).toHaveLength(1);
    expect(warnings(stack)).toEqual([]);
    const alias = kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/sns');
    const managed = FanOut.fromTopic(stack, 'Managed', new sns.Topic(stack, 'Other', { masterKey: alias }));
    expect(refusal(() => managed.grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT))).problems).toMatchObject([{ got: expect.stringContaining('AWS managed key') }]);
  });
});

test('the producer is in a stack of its own, in either order, with a customer key', () => {
  for (const order of [['Topics', 'Producers'], ['Producers', 'Topics']]) {
    const app = new App();
    const [topics, producers] = order[0] === 'Topics' ? order.map(id => new Stack(app, id)) : order.map(id => new Stack(app, id)).reverse();
    new FanOut(topics, 'Orders', { encryption: Encryption.customerManaged() }).grantPublish(role(producers));
    expect(() => app.synth()).not.toThrow();
    expect(producers.dependencies).toEqual([topics]);
    expect(Template.fromStack(producers).findResources('AWS::IAM::Policy')).not.toEqual({});
  }
});

describe.each([
  ['FanOut', (stack: Stack, topicName?: string) => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(), topicName })],
  ['FifoFanOut', (stack: Stack, topicName?: string) => new FifoFanOut(stack, 'Orders', { encryption: Encryption.customerManaged(), topicName: topicName && `${topicName}.fifo` })],
  ['FanOut.fromTopic', (stack: Stack, topicName?: string) => FanOut.fromTopic(stack, 'Orders', new sns.Topic(stack, 'Topic', { topicName }))],
])('%s.grantSubscribe', (_, make) => {
  test('allows a role of the stack, in its own policy', () => {
    const stack = newStack({ env: ENV });
    expect(make(stack).grantSubscribe(role(stack)).success).toBe(true);
    expect(statements(stack, 'AWS::IAM::Policy')).toMatchObject([{ Action: 'sns:Subscribe', Effect: 'Allow' }]);
    expect(allowed(stack)).toEqual([]);
  });

  test('allows another account, in the policy of the topic', () => {
    const stack = newStack({ env: ENV });
    make(stack).grantSubscribe(new iam.AccountPrincipal(OTHER_ACCOUNT));
    expect(allowed(stack)).toMatchObject([{ Action: 'sns:Subscribe' }]);
  });

  test('allows an organization, with the conditions of the principal', () => {
    const stack = newStack({ env: ENV });
    const fanOut = make(stack);
    const ofQueues = ORGANISATION.withConditions({ StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': 'arn:aws:sqs:*' } });
    fanOut.grantSubscribe(ofQueues);
    expect(allowed(stack)).toEqual([{
      Effect: 'Allow',
      Action: 'sns:Subscribe',
      Principal: { AWS: '*' },
      Resource: stack.resolve(fanOut.topicArn),
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890', 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': 'arn:aws:sqs:*' } },
    }]);
  });

  test('allows an organization to subscribe to an imported topic by the statement in a warning', () => {
    const stack = newStack({ env: ENV });
    FanOut.fromTopic(stack, 'Imported', sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:t`)).grantSubscribe(ORGANISATION);
    const [{ id, text }, ...rest] = warnings(stack);
    expect([id, rest]).toEqual(['FanOut.importedPolicy', []]);
    expect(statementIn(text)).toMatchObject({ Action: 'sns:Subscribe', Principal: { AWS: '*' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } });
  });

  test.each<[string, iam.IGrantable, RegExp]>([
    ['everyone', new iam.AnyPrincipal(), /^everyone/],
    ['everyone over TLS', new iam.StarPrincipal().withConditions({ Bool: { 'aws:SecureTransport': 'true' } }), /^everyone/],
    ['a service', new iam.ServicePrincipal('backup.amazonaws.com'), /backup\.amazonaws\.com/],
  ])('refuses %s, as a grant, as a statement and by the facade', (__, grantee, got) => {
    const stack = newStack({ env: ENV });
    const fanOut = make(stack);
    const statement = new iam.PolicyStatement({ actions: ['sns:Subscribe'], principals: [grantee.grantPrincipal], resources: [fanOut.topicArn] });
    expect(refusal(() => fanOut.grantSubscribe(grantee)).problems).toMatchObject([{ prop: 'grantSubscribe(grantee)', got: expect.stringMatching(got) }]);
    expect(refusal(() => fanOut.addToResourcePolicy(statement)).problems).toMatchObject([{ prop: 'addToResourcePolicy(statement)', got: expect.stringMatching(got) }]);
    expect(() => sns.TopicGrants.fromTopic(fanOut).subscribe(grantee)).toThrow(/cdk-decouple/);
    expect(allowed(stack)).toEqual([]);
  });

  test('everyone of an organization, and a statement that denies everyone, are accepted', () => {
    const stack = newStack({ env: ENV });
    const fanOut = make(stack);
    fanOut.grantSubscribe(ORGANISATION);
    const everyone = { actions: ['sns:Subscribe'], principals: [new iam.AnyPrincipal()], resources: [fanOut.topicArn] };
    expect(fanOut.addToResourcePolicy(new iam.PolicyStatement({ ...everyone, effect: iam.Effect.DENY })).statementAdded).toBe(true);
    expect(allowed(stack)).toHaveLength(1);
  });

  test('an imported role of a third account, in a stack of another account, refers to no topic: the policy of the topic names it', () => {
    const app = new App();
    const [own, other] = [new Stack(app, 'Own', { env: ENV }), new Stack(app, 'Other', { env: { account: OTHER_ACCOUNT, region: REGION } })];
    make(own).grantSubscribe(iam.Role.fromRoleArn(other, 'Third', 'arn:aws:iam::333333333333:role/third'));
    expect(() => synthApp(app)).not.toThrow();
    expect(allowed(own)).toMatchObject([{ Action: 'sns:Subscribe', Principal: { AWS: 'arn:aws:iam::333333333333:role/third' } }]);
  });

  test.each([['account', { account: OTHER_ACCOUNT, region: REGION }], ['Region', { account: ACCOUNT, region: 'us-east-1' }]])(
    'names the topic for a role of another %s', (__, env) => {
      const app = new App();
      const [own, other] = [new Stack(app, 'Own', { env: ENV }), new Stack(app, 'Other', { env })];
      const theirs = new iam.Role(other, 'Role', { roleName: 'theirs', assumedBy: new iam.AccountRootPrincipal() });
      const unnamed = make(own);
      for (const method of ['grantPublish', 'grantSubscribe'] as const) {
        expect(refusal(() => unnamed[method](theirs)).problems).toMatchObject([{ prop: `${method}(grantee)`, allowed: expect.stringContaining('topicName') }]);
      }
      const named = new Stack(app, 'Named', { env: ENV });
      make(named, 'orders').grantSubscribe(theirs);
      expect(() => synthApp(app)).not.toThrow();
      expect(allowed(named)).toHaveLength(env.account === ACCOUNT ? 0 : 1);
    });
});
