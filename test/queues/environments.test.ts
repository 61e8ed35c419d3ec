import { App, Duration, PhysicalName, Stack, StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption, ServiceSource } from '../../src/access';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../src/queues';
import { referenceToOutput } from '../support/flag-differences';
import { problemsOf, refusedProps } from '../support/problems';
import { resourcesOf, statementsOf } from '../support/resources';
import { propertiesOf, synth, synthApp } from '../support/template';

const HERE = { account: '111122223333', region: 'eu-west-1' };

describe('a role in another account or Region', () => {
  let app: App;
  let stack: Stack;
  beforeEach(() => {
    app = new App();
    stack = new Stack(app, 'Stack', { env: HERE });
  });
  const role = (props: StackProps) => new iam.Role(new Stack(app, 'Other', props), 'Role', { roleName: 'r', assumedBy: new iam.AccountRootPrincipal() });
  const jobs = (props?: WorkQueueProps) => new WorkQueue(stack, 'Jobs', props);

  test.each<[string, StackProps]>([
    ['account 999988887777, Region eu-west-1', { env: { ...HERE, account: '999988887777' } }],
    ['account 111122223333, Region us-east-1', { env: { ...HERE, region: 'us-east-1' } }],
    ['account only known at deployment, Region only known at deployment', {}],
  ])('in %s needs a queueName', (place, props) => {
    const grantee = role(props);
    const queue = jobs();
    const before = synth(stack);
    for (const method of ['grantSendMessages', 'grantConsumeMessages', 'grantPurge'] as const) {
      expect(problemsOf(() => queue[method](grantee))).toMatchObject([{
        prop: `${method}(grantee)`,
        got: expect.stringMatching(`'Other/Role' in ${place}, .* in account 111122223333, Region eu-west-1$`),
        allowed: expect.stringContaining('the same account and Region'),
        fix: expect.stringContaining('Specify a queueName'),
      }]);
    }
    expect(problemsOf(() => queue.grantConsumeDeadLetters(grantee))).toMatchObject([
      { prop: 'grantConsumeDeadLetters(grantee)', fix: expect.stringContaining('DeadLetters.existing()') },
    ]);
    expect(synth(stack)).toEqual(before);
    expect(synth(Stack.of(grantee)).Resources).toEqual({ [stack.getLogicalId(grantee.node.defaultChild as iam.CfnRole)]: expect.anything() });
  });

  describe('with a key made here, the role may use the keys of that account and Region, through SQS alone', () => {
    type Template = Parameters<typeof statementsOf>[0];
    const key = (template: Template) => statementsOf(template, 'AWS::KMS::Key');
    const ofRole = (template: Template) => statementsOf(template, 'AWS::IAM::Policy').filter(({ Action }) => [Action].flat()[0].startsWith('kms:'));
    const WRITE = ['kms:GenerateDataKey', 'kms:Decrypt'];
    const through = { StringEquals: { 'kms:ViaService': 'sqs.eu-west-1.amazonaws.com' } };
    const limited = (actions: string | string[]) => [{
      Effect: 'Allow', Action: actions, Condition: through, Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':kms:eu-west-1:111122223333:key/*']] },
    }];
    const named = (): WorkQueue => jobs({ queueName: 'jobs', encryption: Encryption.customerManaged() });

    test.each<['grantSendMessages' | 'grantConsumeMessages', string | string[]]>([['grantSendMessages', WRITE], ['grantConsumeMessages', 'kms:Decrypt']])('%s in another account, which the key names by the role', (method, actions) => {
      named()[method](role({ env: { ...HERE, account: '999988887777' } }));
      const templates = synthApp(app);
      expect(ofRole(templates.Other)).toEqual(limited(actions));
      expect(key(templates.Stack).slice(1)).toEqual([{
        Effect: 'Allow',
        Action: actions,
        Resource: '*',
        Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::999988887777:root']] } },
        Condition: { ...through, ArnEquals: { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::999988887777:role/r']] } } },
      }]);
    });
    test.each<['grantSendMessages' | 'grantConsumeMessages', string | string[]]>([['grantSendMessages', WRITE], ['grantConsumeMessages', 'kms:Decrypt']])('%s in another Region, which the key need not name', (method, actions) => {
      named()[method](role({ env: { ...HERE, region: 'us-east-1' } }));
      const templates = synthApp(app);
      expect(ofRole(templates.Other)).toEqual(limited(actions));
      expect(key(templates.Stack)).toHaveLength(1);
    });
    test.each<[string, (principal: iam.Role) => iam.IGrantable, object]>([
      ['with conditions', principal => new iam.PrincipalWithConditions(principal, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }), { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }],
      ['with session tags', principal => new iam.SessionTagsPrincipal(principal), {}],
      ['that is made late', principal => new iam.LazyRole(Stack.of(principal), 'Late', { roleName: 'r', assumedBy: new iam.AccountRootPrincipal() }), {}],
    ])('and a role %s', (_, wrap, conditions) => {
      named().grantSendMessages(wrap(role({ env: { ...HERE, account: '999988887777' } })));
      const templates = synthApp(app);
      expect(ofRole(templates.Other)).toEqual(limited(WRITE));
      expect(key(templates.Stack).slice(1)).toMatchObject([
        { Principal: { AWS: expect.anything() }, Condition: { ...through, ...conditions, ArnEquals: expect.anything() } },
      ]);
      expect(JSON.stringify(templates)).not.toContain('GetStackOutput');
    });
    test('with a key of the app that was given, and a stack that depends on it', () => {
      const given = new kms.Key(stack, 'Given');
      const grantee = role({ env: { ...HERE, account: '999988887777' } });
      Stack.of(grantee).addStackDependency(stack);
      jobs({ queueName: 'jobs', encryption: Encryption.customerManaged(given) }).grantSendMessages(grantee);
      const templates = synthApp(app);
      expect(ofRole(templates.Other)).toEqual(limited(WRITE));
      expect(key(templates.Stack)[1].Condition.ArnEquals).toBeDefined();
    });
    test('in China, whose suffix is not documented, through either name of SQS', () => {
      stack = new Stack(app, 'China', { env: { ...HERE, region: 'cn-north-1' } });
      named().grantConsumeMessages(role({ env: { ...HERE, region: 'cn-northwest-1' } }));
      expect(ofRole(synthApp(app).Other)[0].Condition.StringEquals['kms:ViaService']).toEqual([
        'sqs.cn-north-1.amazonaws.com', { 'Fn::Join': ['', ['sqs.cn-north-1.', { Ref: 'AWS::URLSuffix' }]] },
      ]);
    });
    test('in the account and Region of the key, the key itself', () => {
      const queue = named();
      queue.grantConsumeMessages(role({ env: HERE }));
      expect(ofRole(synthApp(app).Other)).toEqual([{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: referenceToOutput(expect.stringContaining('Key')) }]);
    });
  });

  describe('a role of another account without a name, which the policies have to state', () => {
    const unnamed = (props: iam.RoleProps | object = {}) => new iam.Role(new Stack(app, 'Other', { env: { ...HERE, account: '999988887777' } }), 'Role', { assumedBy: new iam.AccountRootPrincipal(), ...props });
    test('is refused', () => {
      const queue = jobs({ queueName: 'jobs' });
      const grantee = unnamed();
      expect(problemsOf(() => queue.grantSendMessages(grantee))).toMatchObject([
        { prop: 'grantSendMessages(grantee)', got: expect.stringContaining("'Other/Role' of account 999988887777"), allowed: expect.stringContaining('with a name') },
      ]);
      expect(grantee.node.tryFindChild('DefaultPolicy')).toBeUndefined();
    });
    test('will do with a generated one, and in another Region of the account', () => {
      const queue = jobs({ queueName: 'jobs', encryption: Encryption.customerManaged() });
      queue.grantSendMessages(unnamed({ roleName: PhysicalName.GENERATE_IF_NEEDED }));
      queue.grantSendMessages(new iam.Role(new Stack(app, 'Far', { env: { ...HERE, region: 'us-east-1' } }), 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
      expect(() => synthApp(app)).not.toThrow();
    });
  });

  test('and has one: its policy names the account and the role, which need not exist yet', () => {
    const queue = jobs({ queueName: 'jobs' });
    queue.grantSendMessages(role({ env: { ...HERE, account: '999988887777' } }));
    const templates = synthApp(app);
    expect(JSON.stringify(templates.Other)).toContain(':sqs:eu-west-1:111122223333:jobs');
    expect(statementsOf(templates.Stack, 'AWS::SQS::QueuePolicy').find(({ Effect }) => Effect === 'Allow')).toEqual({
      Effect: 'Allow',
      Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
      Resource: stack.resolve(queue.queueArn),
      Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::999988887777:root']] } },
      Condition: { ArnEquals: { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::999988887777:role/r']] } } },
    });
  });
  test('and a dead-letter queue of theirs has one', () => {
    const dead = new sqs.Queue(stack, 'Dead', { queueName: PhysicalName.GENERATE_IF_NEEDED, retentionPeriod: Duration.days(14) });
    jobs({ queueName: 'jobs', deadLetters: DeadLetters.existing(dead) }).grantConsumeDeadLetters(role({ env: { ...HERE, account: '999988887777' } }));
    expect(JSON.stringify(synthApp(app).Other)).toContain(':sqs:eu-west-1:111122223333:stack');
  });
  test('redrive across Regions leaves nothing half-granted', () => {
    const grantee = role({ env: { ...HERE, region: 'us-east-1' } });
    const queue = jobs();
    expect(refusedProps(() => queue.grantRedrive(grantee))).toEqual(['grantRedrive(grantee)']);
    expect(grantee.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });
  test('redrive from a queue with a name into one without leaves nothing half-granted', () => {
    const grantee = role({ env: { ...HERE, region: 'us-east-1' } });
    const dead = new sqs.Queue(stack, 'Dead', { queueName: 'dead', retentionPeriod: Duration.days(14) });
    const queue = jobs({ deadLetters: DeadLetters.existing(dead) });
    expect(problemsOf(() => queue.grantRedrive(grantee))).toMatchObject([
      { prop: 'grantRedrive(grantee)', got: expect.stringContaining("'Other/Role' in account 111122223333, Region us-east-1") },
    ]);
    expect(grantee.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });
  test('a stack that takes references to another Region needs no name', () => {
    app = new App();
    stack = new Stack(app, 'Stack', { env: HERE, crossRegionReferences: true });
    jobs().grantSendMessages(role({ env: { ...HERE, region: 'us-east-1' }, crossRegionReferences: true }));
    expect(() => synthApp(app)).not.toThrow();
  });
  test('an imported role of a third account is only named in the policy of the queue', () => {
    const other = new Stack(app, 'Other', { env: { ...HERE, account: '999988887777' } });
    jobs().grantSendMessages(iam.Role.fromRoleArn(other, 'Role', 'arn:aws:iam::444455556666:role/r'));
    expect(() => synthApp(app)).not.toThrow();
    expect(JSON.stringify(synth(stack))).toContain('arn:aws:iam::444455556666:role/r');
  });
});

describe('what a property injector of the organization makes of a queue', () => {
  const injected = (change: (props: sqs.QueueProps, stack: Stack) => sqs.QueueProps) => {
    const stack: Stack = new Stack(new App(), 'Stack', {
      propertyInjectors: [{ constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID, inject: (props: sqs.QueueProps) => change(props, stack) }],
    });
    return stack;
  };

  test('its key is the key that grants and services are wired to', () => {
    let key: kms.Key;
    const stack = injected(props => ({ ...props, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key }));
    key = new kms.Key(stack, 'Key');
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    const jobs = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.shared(shared) });
    expect(jobs.encryptionMasterKey?.node).toBe(key?.node);
    expect(shared.encryptionMasterKey?.node).toBe(key?.node);
    jobs.allowService(ServiceSource.topic(new sns.Topic(stack, 'Topic')));
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    jobs.grantConsumeDeadLetters(role);
    expect(propertiesOf(key).KeyPolicy.Statement).toContainEqual(expect.objectContaining({ Principal: { Service: 'sns.amazonaws.com' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }));
    expect(propertiesOf(role.node.findChild('DefaultPolicy')).PolicyDocument.Statement).toContainEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: stack.resolve(key.keyArn) });
  });

  test('a key that was made and that no queue uses is not left behind', () => {
    let key: kms.Key;
    const stack = injected(props => ({ ...props, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key }));
    key = new kms.Key(stack, 'Key');
    new SharedDeadLetterQueue(stack, 'Shared', { encryption: Encryption.customerManaged() });
    new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
  });

  test('a key that was made and that the dead-letter queue alone uses stays', () => {
    let key: kms.Key;
    const stack = injected(props => props.visibilityTimeout ? { ...props, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key } : props);
    key = new kms.Key(stack, 'Key');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    expect(jobs.encryptionMasterKey?.node).toBe(key?.node);
    expect(jobs.deadLetterQueue?.encryptionMasterKey?.node).toBe(jobs.node.findChild('Key').node);
  });

  test('a key of the user that it takes away is not told', () => {
    const stack = injected(props => ({ ...props, encryption: sqs.QueueEncryption.SQS_MANAGED, encryptionMasterKey: undefined }));
    expect(new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() }).encryptionMasterKey).toBeUndefined();
  });

  test('with alias/aws/sqs, services are refused', () => {
    const stack = injected(props => ({ ...props, encryption: sqs.QueueEncryption.KMS_MANAGED }));
    const jobs = new WorkQueue(stack, 'Jobs');
    expect(jobs.encryptionMasterKey).toBeUndefined();
    expect(problemsOf(() => jobs.allowService(ServiceSource.topic(new sns.Topic(stack, 'Topic'))))).toMatchObject([
      { prop: 'allowService(source)', got: expect.stringMatching(/sns\.amazonaws\.com.*alias\/aws\/sqs/), allowed: expect.stringContaining('SSE-SQS') },
    ]);
  });

  test('its name is the one that the redrive-allow policy names', () => {
    const stack = injected(props => ({ ...props, queueName: props.deadLetterQueue ? 'org-jobs' : undefined }));
    const jobs = new WorkQueue(stack, 'Jobs');
    const { sourceQueueArns: [arn] } = propertiesOf(jobs.deadLetterQueue!).RedriveAllowPolicy;
    expect(arn['Fn::Join'][1].at(-1)).toBe(':org-jobs');
  });

  test('no name: every queue may use the dead-letter queue', () => {
    const stack = injected(props => ({ ...props, queueName: undefined }));
    expect(propertiesOf(new WorkQueue(stack, 'Jobs').deadLetterQueue!).RedriveAllowPolicy).toEqual({ redrivePermission: 'allowAll' });
  });

  test('retention that loses dead letters is refused', () => {
    const stack = injected(props => ({ ...props, retentionPeriod: Duration.days(14) }));
    expect(problemsOf(() => new WorkQueue(stack, 'Jobs'))).toMatchObject([
      { prop: 'retention', got: expect.stringContaining('14 days'), allowed: expect.stringContaining('14 days') },
    ]);
    expect(stack.node.tryFindChild('Jobs')).toBeUndefined();
    new WorkQueue(stack, 'Ordered', { ordering: Ordering.fifo() });
  });

  test('a dead-letter queue of its own is the one that is told', () => {
    let dead: sqs.Queue | undefined;
    const stack = injected(props => dead ? { ...props, deadLetterQueue: { queue: dead, maxReceiveCount: 3 } } : props);
    dead = new sqs.Queue(stack, 'Dead', { retentionPeriod: Duration.days(14) });
    const jobs = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.none('The organization has one.') });
    expect(jobs.deadLetterQueue).toBe(dead);
    expect(jobs.maxReceiveCount).toBe(3);
  });
});
