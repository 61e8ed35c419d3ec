import { Annotations, App, CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption } from '../../src/access';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { WITH_FLAGS } from '../support/flag-differences';
import { problemsOf, readError } from '../support/problems';
import { statementsOf } from '../support/resources';
import { errorOf, newStack, synth, synthApp, warningsOf } from '../support/template';

type Method = 'grantSendMessages' | 'grantConsumeMessages' | 'grantConsumeDeadLetters' | 'grantPurge' | 'grantRedrive';

const SEND = ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
const CONSUME = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
const PURGE = ['sqs:PurgeQueue', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
const REDRIVE = ['sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:CancelMessageMoveTask', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const WRITE_KEY = ['kms:GenerateDataKey', 'kms:Decrypt'];

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const allow = (Action: string | string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const statements = (type: string) => statementsOf(stack, type);
const role = (scope = stack) => new iam.Role(scope, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
const resolve = (value: unknown) => stack.resolve(value);

describe('to a role: exact actions', () => {
  const each: [Method, (jobs: WorkQueue) => object[], (jobs: WorkQueue) => object[]][] = [
    ['grantSendMessages', jobs => [allow(SEND, resolve(jobs.queueArn))], jobs => [allow(WRITE_KEY, resolve(jobs.encryptionMasterKey!.keyArn))]],
    ['grantConsumeMessages', jobs => [allow(CONSUME, resolve(jobs.queueArn))], jobs => [allow('kms:Decrypt', resolve(jobs.encryptionMasterKey!.keyArn))]],
    ['grantConsumeDeadLetters', jobs => [allow(CONSUME, resolve(jobs.deadLetterQueue!.queueArn))], jobs => [allow('kms:Decrypt', resolve(jobs.encryptionMasterKey!.keyArn))]],
    ['grantPurge', jobs => [allow(PURGE, resolve(jobs.queueArn))], () => []],
    ['grantRedrive',
      jobs => [allow(REDRIVE, resolve(jobs.deadLetterQueue!.queueArn)), allow('sqs:SendMessage', resolve(jobs.queueArn))],
      jobs => [allow('kms:Decrypt', resolve(jobs.encryptionMasterKey!.keyArn)), allow(WRITE_KEY, resolve(jobs.encryptionMasterKey!.keyArn))]],
  ];

  test.each(each)('%s', (method, queueStatements) => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const grant = jobs[method](role());
    expect(grant.success).toBe(true);
    expect(statements('AWS::IAM::Policy')).toEqual(queueStatements(jobs));
    // Nothing but TLS in the policies of the queues.
    expect(statements('AWS::SQS::QueuePolicy').map(s => s.Effect)).toEqual(['Deny', 'Deny']);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each(each)('%s with a customer key', (method, queueStatements, keyStatements) => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    jobs[method](role());
    const got = statements('AWS::IAM::Policy');
    // With flags the two of one key are one.
    const expected = [...queueStatements(jobs), ...WITH_FLAGS ? keyStatements(jobs).slice(-1) : keyStatements(jobs)];
    expect(got).toHaveLength(expected.length);
    expect(got).toEqual(expect.arrayContaining(expected));
    expect(statements('AWS::KMS::Key').map(s => s.Action)).toEqual(['kms:*']);
  });
});

test('with a dead-letter queue under another key, both keys are granted', () => {
  const shared = new SharedDeadLetterQueue(stack, 'Shared', { encryption: Encryption.customerManaged() });
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: DeadLetters.shared(shared) });
  jobs.grantConsumeDeadLetters(role());
  expect(statements('AWS::IAM::Policy')).toEqual([
    allow(CONSUME, resolve(shared.queueArn)),
    ...WITH_FLAGS
      ? [allow('kms:Decrypt', [resolve(jobs.encryptionMasterKey!.keyArn), resolve(shared.encryptionMasterKey!.keyArn)])]
      : [allow('kms:Decrypt', resolve(shared.encryptionMasterKey!.keyArn)), allow('kms:Decrypt', resolve(jobs.encryptionMasterKey!.keyArn))],
  ]);
});

test('redrive under two keys', () => {
  const shared = new SharedDeadLetterQueue(stack, 'Shared', { encryption: Encryption.customerManaged() });
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: DeadLetters.shared(shared) });
  jobs.grantRedrive(role());
  expect(statements('AWS::IAM::Policy')).toEqual(expect.arrayContaining([
    allow('kms:Decrypt', resolve(shared.encryptionMasterKey!.keyArn)), allow(WRITE_KEY, resolve(jobs.encryptionMasterKey!.keyArn)),
  ]));
});

test.each<[Method, string[], string[]]>([
  ['grantSendMessages', SEND, WRITE_KEY], ['grantConsumeMessages', CONSUME, ['kms:Decrypt']], ['grantConsumeDeadLetters', CONSUME, ['kms:Decrypt']], ['grantPurge', PURGE, []],
])('%s to another account is in the policies of queue and key', (method, actions, keyActions) => {
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  jobs[method](new iam.AccountPrincipal('999988887777'));
  const principal = { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::999988887777:root']] } };
  const queue = method === 'grantConsumeDeadLetters' ? jobs.deadLetterQueue! : jobs;
  expect(statements('AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Allow')).toEqual([
    { ...allow(actions, resolve(queue.queueArn)), Principal: principal },
  ]);
  expect(statements('AWS::KMS::Key').slice(1)).toEqual(keyActions.length === 0 ? [] : [
    { ...allow(keyActions.length === 1 ? keyActions[0] : keyActions, '*'), Principal: principal },
  ]);
  expect(warningsOf(stack)).toEqual([]);
});

test('redrive is refused to another account: SQS takes its calls from the own account only', () => {
  stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const jobs = new WorkQueue(stack, 'Jobs');
  expect(problemsOf(() => jobs.grantRedrive(new iam.AccountPrincipal('999988887777')))).toMatchObject([
    { prop: 'grantRedrive(grantee)', got: expect.stringContaining('account 999988887777'), allowed: expect.stringContaining('account 111122223333') },
  ]);
  expect(statements('AWS::SQS::QueuePolicy').map(s => s.Effect)).toEqual(['Deny', 'Deny']);
});
test('redrive to a principal of the same account, and where the account is not known', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  expect(jobs.grantRedrive(new iam.AccountPrincipal('111122223333')).success).toBe(true);
});

test('one role may do everything: no queue policy statement exceeds 7 actions, merged or not', () => {
  stack = new Stack(new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': true } }), 'Stack');
  const jobs = new WorkQueue(stack, 'Jobs');
  const other = new iam.AccountPrincipal('999988887777');
  jobs.grantSendMessages(other);
  jobs.grantConsumeMessages(other);
  jobs.grantPurge(other);
  const [merged] = statements('AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Allow');
  expect([...merged.Action].sort()).toEqual([...new Set([...SEND, ...CONSUME, ...PURGE])].sort());
  expect(merged.Action).toHaveLength(7);
});

describe('principals with a wildcard, which no resource policy takes', () => {
  test.each<[string, iam.IPrincipal, string]>([
    ['every account', new iam.AccountPrincipal('*'), 'arn:${AWS::Partition}:iam::*:root'],
    ['some accounts', new iam.AccountPrincipal('11112222333?'), 'arn:${AWS::Partition}:iam::11112222333?:root'],
    ['an account that is none', new iam.AccountPrincipal('1234'), 'arn:${AWS::Partition}:iam::1234:root'],
    ['roles by the beginning of their name', new iam.ArnPrincipal('arn:aws:iam::999988887777:role/worker-*'), 'arn:aws:iam::999988887777:role/worker-*'],
    ['one among several', new iam.CompositePrincipal(new iam.AccountPrincipal('999988887777'), new iam.ArnPrincipal('arn:aws:iam::*:role/worker')), 'arn:aws:iam::*:role/worker'],
    ['one with a condition', new iam.ArnPrincipal('arn:aws:iam::*:role/worker').withConditions({ StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } }), 'arn:aws:iam::*:role/worker'],
  ])('%s: refused', (_, principal, got) => {
    const jobs = new WorkQueue(stack, 'Jobs');
    expect(problemsOf(() => jobs.grantSendMessages(principal))).toMatchObject([
      { prop: 'grantSendMessages(grantee)', got: expect.stringContaining(got), allowed: expect.stringContaining('without wildcards') },
    ]);
    expect(statements('AWS::SQS::QueuePolicy').map(s => s.Effect)).toEqual(['Deny', 'Deny']);
  });
  test('everyone with a condition on the ARN takes their place', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    jobs.grantSendMessages(new iam.AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::999988887777:role/worker-*' } }));
    expect(statements('AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Allow')).toMatchObject([{ Principal: { AWS: '*' } }]);
  });
  test('a role by its unique id, and one of a parameter, have none', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const parameter = new CfnParameter(stack, 'Role').valueAsString;
    for (const arn of ['AROA1234567890EXAMPLE', parameter, `arn:aws:iam::${parameter}:role/r`]) expect(jobs.grantSendMessages(new iam.ArnPrincipal(arn)).success).toBe(true);
  });
  test.each<[string, () => iam.IGrantable]>([
    ['a managed policy', () => new iam.ManagedPolicy(stack, 'Policy')], ['a policy', () => new iam.Policy(stack, 'Policy', { roles: [role()] })],
  ])('%s, which no policy can name, is added to', (_, make) => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    expect(jobs.grantSendMessages(make()).success).toBe(true);
    expect(JSON.stringify(statements('AWS::IAM::ManagedPolicy').concat(statements('AWS::IAM::Policy')))).toContain('sqs:SendMessage');
  });
  test('an account that is only known at deployment has none', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    expect(jobs.grantSendMessages(new iam.AccountPrincipal(Lazy.string({ produce: () => '999988887777' }))).success).toBe(true);
  });
});

describe('service principals', () => {
  test.each<[Method]>([['grantSendMessages'], ['grantConsumeMessages'], ['grantConsumeDeadLetters'], ['grantPurge'], ['grantRedrive']])('%s refuses one by name alone', method => {
    const jobs = new WorkQueue(stack, 'Jobs');
    expect(readError(errorOf(() => jobs[method](new iam.ServicePrincipal('s3.amazonaws.com'))))).toMatchObject({
      construct: 'WorkQueue',
      path: 'Stack/Jobs',
      problems: [{
        prop: `${method}(grantee)`, got: expect.stringContaining('s3.amazonaws.com'), allowed: expect.stringContaining('aws:SourceArn'), fix: expect.stringContaining('allowService('),
      }],
    });
    expect(stack.node.tryFindChild('Jobs')).toBe(jobs);
    expect(statements('AWS::SQS::QueuePolicy').map(s => s.Effect)).toEqual(['Deny', 'Deny']);
  });
  test('one among several is refused', () => {
    const principal = new iam.CompositePrincipal(new iam.AccountPrincipal('111122223333'), new iam.ServicePrincipal('sns.amazonaws.com'));
    expect(problemsOf(() => new WorkQueue(stack, 'Jobs').grantSendMessages(principal))).toMatchObject([{ prop: 'grantSendMessages(grantee)', got: expect.stringContaining('service principal') }]);
  });
  test('one with conditions is taken', () => {
    const principal = new iam.ServicePrincipal('sns.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': '111122223333' } } });
    new WorkQueue(stack, 'Jobs').grantSendMessages(principal);
    expect(statements('AWS::SQS::QueuePolicy').find(s => s.Effect === 'Allow')).toMatchObject({ Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } });
  });
});

test('a function imported without its role cannot be named in a policy', () => {
  const imported = lambda.Function.fromFunctionArn(stack, 'Function', 'arn:aws:lambda:us-east-1:111122223333:function:f');
  expect(problemsOf(() => new WorkQueue(stack, 'Jobs').grantConsumeMessages(imported))).toMatchObject([{ prop: 'grantConsumeMessages(grantee)', got: expect.stringContaining('no policy can name') }]);
});

test('an organization', () => {
  new WorkQueue(stack, 'Jobs').grantSendMessages(new iam.OrganizationPrincipal('o-1234567890'));
  expect(statements('AWS::SQS::QueuePolicy').find(s => s.Effect === 'Allow')).toMatchObject({ Principal: { AWS: '*' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } } });
});

describe('on an imported dead-letter queue', () => {
  const DEAD = 'arn:aws:sqs:us-east-1:111122223333:dead';
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/abc';
  const imported = (keyArn?: string) => new WorkQueue(stack, 'Jobs', {
    deadLetters: DeadLetters.existing(sqs.Queue.fromQueueAttributes(stack, 'Dead', { queueArn: DEAD, keyArn })),
  });

  test.each<[Method]>([['grantConsumeDeadLetters'], ['grantRedrive']])('%s to a role of the app needs nothing of its owner', method => {
    imported(KEY)[method](role());
    expect(statements('AWS::IAM::Policy')).toEqual(expect.arrayContaining([
      allow(method === 'grantRedrive' ? REDRIVE : CONSUME, DEAD), allow('kms:Decrypt', KEY),
    ]));
    expect(warningsOf(stack)).toEqual([]);
  });

  test('to another account, its owner has to add the statements that the warnings carry', () => {
    const jobs = imported(KEY);
    jobs.grantConsumeDeadLetters(new iam.AccountPrincipal('999988887777'));
    const statement = (actions: string | string[], resource: string) => JSON.stringify({
      Action: actions, Effect: 'Allow', Principal: { AWS: 'arn:${AWS::Partition}:iam::999988887777:root' }, Resource: resource,
    }, undefined, 2);
    expect(warningsOf(stack)).toEqual([
      {
        path: '/Stack/Jobs',
        text: `grantConsumeDeadLetters() cannot reach the policy of 'Stack/Dead' because it is imported; add this statement to it:\n${statement(CONSUME, DEAD)} [ack: cdk-decouple:WorkQueue.importedPolicy]`,
      },
      {
        path: '/Stack/Jobs',
        text: `grantConsumeDeadLetters() cannot reach the policy of 'Stack/Dead/Key' because it is imported; add this statement to it:\n${statement('kms:Decrypt', '*')} [ack: cdk-decouple:WorkQueue.importedKey]`,
      },
    ]);
  });

  test('to a role of another account, which CDK cannot change either', () => {
    imported().grantConsumeDeadLetters(iam.Role.fromRoleArn(stack, 'Other', 'arn:aws:iam::999988887777:role/r'));
    expect(warningsOf(stack).map(w => w.text)).toEqual([expect.stringContaining('arn:aws:iam::999988887777:role/r')]);
  });

  test('the warnings can be acknowledged: afterwards, or before on what the queue is in', () => {
    const before = imported(KEY);
    before.grantConsumeDeadLetters(new iam.AccountPrincipal('999988887777'));
    for (const id of ['importedPolicy', 'importedKey']) Annotations.of(before).acknowledgeWarning(`cdk-decouple:WorkQueue.${id}`, 'Done by hand.');
    expect(warningsOf(stack)).toEqual([]);

    stack = newStack();
    for (const id of ['importedPolicy', 'importedKey']) Annotations.of(stack).acknowledgeWarning(`cdk-decouple:WorkQueue.${id}`, 'Done by hand.');
    imported(KEY).grantConsumeDeadLetters(new iam.AccountPrincipal('999988887777'));
    expect(warningsOf(stack)).toEqual([]);
  });

  test('an account only known at deployment is not known to be another', () => {
    const account = new CfnParameter(stack, 'Account').valueAsString;
    imported().grantConsumeDeadLetters(new iam.AccountPrincipal(account));
    // An account has no policy of its own to add to, so that its owner has to in any case.
    expect(warningsOf(stack)).toHaveLength(1);
  });
});

describe('to an imported role that the CDK does not change', () => {
  const PLACE = { account: '111122223333', region: 'eu-west-1' };
  const fixed = (account = PLACE.account) => iam.Role.fromRoleArn(stack, 'Fixed', `arn:aws:iam::${account}:role/fixed`, { mutable: false });
  const statementsIn = () => warningsOf(stack).map(({ text }) => {
    expect(text).toMatch(/Stack\/Fixed.*\[ack: cdk-decouple:WorkQueue\.immutableRole\]$/s);
    const { Action, Resource, ...rest } = JSON.parse(/\{\n[^]*\n\}/.exec(text)![0]);
    expect(rest).toEqual({ Effect: 'Allow' });
    return { Action, Resource };
  });

  test.each<[Method, (string | string[])[]]>([
    ['grantSendMessages', [SEND, WRITE_KEY]],
    ['grantConsumeMessages', [CONSUME, 'kms:Decrypt']],
    ['grantConsumeDeadLetters', [CONSUME, 'kms:Decrypt']],
    ['grantPurge', [PURGE]],
    ['grantRedrive', [REDRIVE, 'kms:Decrypt', 'sqs:SendMessage', WRITE_KEY]],
  ])('%s changes nothing, and the warnings carry the statements for the role', (method, actions) => {
    stack = newStack({ env: PLACE });
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    jobs[method](fixed());
    expect(statements('AWS::IAM::Policy')).toEqual([]);
    expect(statements('AWS::SQS::QueuePolicy').map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny']);
    expect(statementsIn().map(({ Action }) => Action)).toEqual(actions);
  });

  test('also with conditions, and on imported keys and queues', () => {
    stack = newStack({ env: PLACE });
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
    const failed = sqs.Queue.fromQueueArn(stack, 'Failed', 'arn:aws:sqs:eu-west-1:111122223333:failed');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key), deadLetters: DeadLetters.existing(failed) });
    jobs.grantConsumeDeadLetters(new iam.PrincipalWithConditions(fixed(), { StringEquals: { 'aws:PrincipalTag/team': 'ops' } }));
    expect(statementsIn()).toEqual([{ Action: CONSUME, Resource: failed.queueArn }, { Action: 'kms:Decrypt', Resource: key.keyArn }]);
  });

  test.each<[string, () => iam.IGrantable]>([
    ['that it may change', () => iam.Role.fromRoleArn(stack, 'Imported', 'arn:aws:iam::111122223333:role/imported')],
    ['whose grants go to the resources', () => iam.Role.fromRoleArn(stack, 'Fixed', 'arn:aws:iam::111122223333:role/fixed', { mutable: false, addGrantsToResources: true })],
    ['of another account, which the queue policy allows', () => fixed('444455556666')],
    ['of this app whose policies the user writes', () => role().withoutPolicyUpdates()],
  ])('no warning of ours for one %s', (_, grantee) => {
    stack = newStack({ env: PLACE });
    // The CDK returns the policy document of a key as a dependable, which it is not.
    new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() }).grantSendMessages(grantee());
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('dead letters under the AWS managed key', () => {
  const PLACE = { account: '111122223333', region: 'eu-west-1' };
  const OTHER_ACCOUNT = '444455556666';
  const queues: [string, () => sqs.IQueue][] = [
    ['a queue of the app', () => new sqs.Queue(stack, 'Failed', { encryption: sqs.QueueEncryption.KMS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) })],
    ['an imported queue', () => sqs.Queue.fromQueueAttributes(stack, 'Failed', {
      queueArn: 'arn:aws:sqs:eu-west-1:111122223333:failed', keyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/aws/sqs',
    })],
  ];

  describe.each(queues)('%s', (_, make) => {
    test.each<[string, () => iam.IPrincipal]>([
      ['an account', () => new iam.AccountPrincipal(OTHER_ACCOUNT)],
      ['a role of another account', () => new iam.ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:role/consumer`)],
      ['an organization', () => new iam.OrganizationPrincipal('o-1234567890')],
    ])('cannot be shared with %s: nobody can change the policy of that key', (__, grantee) => {
      stack = newStack({ env: PLACE });
      const jobs = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.existing(make()) });
      expect(problemsOf(() => jobs.grantConsumeDeadLetters(grantee()))).toMatchObject([{
        prop: 'grantConsumeDeadLetters(grantee)', got: expect.stringContaining('AWS managed key'), fix: expect.stringContaining('customer key'),
      }]);
      expect(new Set(statements('AWS::SQS::QueuePolicy').map(({ Effect }) => Effect))).toEqual(new Set(['Deny']));
      expect(warningsOf(stack)).toEqual([]);
    });

    test.each<[string, () => iam.IPrincipal]>([
      ['the account itself', () => new iam.AccountPrincipal(PLACE.account)],
      ['a role of the app', () => role()],
      ['everyone of the account', () => new iam.AnyPrincipal().withConditions({ StringEquals: { 'aws:PrincipalAccount': PLACE.account } })],
    ])('can be consumed by %s', (__, grantee) => {
      stack = newStack({ env: PLACE });
      const jobs = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.existing(make()) });
      expect(() => jobs.grantConsumeDeadLetters(grantee())).not.toThrow();
    });
  });
});

describe('on a key that is not made by the app', () => {
  const withKey = (key: kms.IKey) => new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key) });
  const imported = () => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');

  test('a role of the app needs nothing of its owner', () => {
    withKey(imported()).grantSendMessages(role());
    expect(statements('AWS::IAM::Policy')[1]).toEqual(allow(WRITE_KEY, 'arn:aws:kms:us-east-1:111122223333:key/abc'));
    expect(warningsOf(stack)).toEqual([]);
  });
  test.each<[Method, string]>([['grantSendMessages', 'kms:GenerateDataKey'], ['grantConsumeMessages', 'kms:Decrypt']])('%s to another account does', (method, action) => {
    withKey(imported())[method](new iam.AccountPrincipal('999988887777'));
    const [{ path, text }] = warningsOf(stack);
    expect(path).toBe('/Stack/Jobs');
    expect(text).toContain(`${method}() cannot reach the policy of 'Stack/Key' because it is imported; add this statement to it:\n{`);
    expect(text).toContain(action);
    expect(text).toContain('[ack: cdk-decouple:WorkQueue.importedKey]');
    expect(statements('AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Allow')).toHaveLength(1);
  });
  test('a dead-letter consumer of another account needs the own key too', () => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(imported()), deadLetters: DeadLetters.shared(shared) });
    jobs.grantConsumeDeadLetters(new iam.AccountPrincipal('999988887777'));
    expect(warningsOf(stack).map(w => w.text)).toEqual([expect.stringContaining('\'Stack/Key\'')]);
  });
  test('an alias by its name alone does not tell the key: nothing was granted, or with the flag whatever key has that name', () => {
    withKey(kms.Alias.fromAliasName(stack, 'Key', 'alias/orders')).grantSendMessages(role());
    if (!WITH_FLAGS) {
      expect(warningsOf(stack).map(w => w.text)).toEqual([expect.stringContaining('[ack: cdk-decouple:WorkQueue.importedKey]')]);
      return;
    }
    expect(warningsOf(stack)).toEqual([]);
    expect(statements('AWS::IAM::Policy')[1].Condition).toEqual({ 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/orders' } });
  });
  test('an alias of a key of the app grants on the key', () => {
    const key = new kms.Key(stack, 'Key');
    withKey(key.addAlias('alias/orders')).grantSendMessages(role());
    expect(statements('AWS::IAM::Policy')[1]).toEqual(allow(WRITE_KEY, resolve(key.keyArn)));
    expect(warningsOf(stack)).toEqual([]);
  });
});

test.each([[['Role', 'Queue']], [['Queue', 'Role']]])('role and queue in stacks of their own, made in the order %j', order => {
  const app = new App();
  const stacks = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
  const jobs = new WorkQueue(stacks.Queue, 'Jobs', { encryption: Encryption.customerManaged() });
  const grantee = role(stacks.Role);
  jobs.grantSendMessages(grantee);
  jobs.grantConsumeMessages(grantee);
  jobs.grantConsumeDeadLetters(grantee);
  jobs.grantPurge(grantee);
  jobs.grantRedrive(grantee);
  expect(() => synthApp(app)).not.toThrow();
  expect(stacks.Queue.dependencies).toEqual([]);
});

test('a grant can be awaited', () => {
  const grant = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() }).grantRedrive(role());
  const after = new sqs.Queue(stack, 'After', { retentionPeriod: Duration.days(1) });
  grant.applyBefore(after);
  expect(synth(stack).Resources[stack.getLogicalId(after.node.defaultChild as sqs.CfnQueue)].DependsOn).toEqual([expect.stringContaining('RoleDefaultPolicy')]);
});
