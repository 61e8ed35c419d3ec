import { App, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, refusal, statements, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { ROLE_SERVICES, SERVICES } from '../../src/access/private/service-catalog';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';
import { letIn } from '../support/let-in';

const PARTITION = { Ref: 'AWS::Partition' };
const arn = (parts: string) => ({ 'Fn::Join': ['', ['arn:', PARTITION, `:${parts}`]] });
const every = (service: string, resources: string) => arn(`${service}:${REGION}:${ACCOUNT}:${resources}`);
const withKey = (stack: Stack) => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
const conditionsIn = (stack: Stack, type: string, service: string) => statements(stack, type, service).map(({ Condition }) => Condition);
const ownAccount = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };
const limitedTo = (source: unknown) => ({ ArnLike: { 'aws:SourceArn': source }, ...ownAccount });

interface Publisher {
  readonly service: string;
  readonly make: (stack: Stack) => ServiceSource;
  /** The ARN in the policy of the topic, and in that of the key; undefined without one. */
  readonly source?: unknown;
  readonly onKey?: unknown;
}

/** The services for which AWS documents `aws:SourceAccount` alone. */
const accountOnly = ['costalerts.amazonaws.com', 'redshift.amazonaws.com', 'glacier.amazonaws.com', 'codecommit.amazonaws.com', 'ds.amazonaws.com'];

const PUBLISHERS: Record<string, Publisher> = {
  'backupVault': {
    service: 'backup.amazonaws.com',
    make: stack => ServiceSource.backupVault(backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'nightly')),
    source: every('backup', 'backup-vault:nightly'),
    onKey: every('backup', 'backup-vault:*'),
  },
  'budgets': { service: 'budgets.amazonaws.com', make: () => ServiceSource.budgets(), source: arn(`budgets::${ACCOUNT}:*`), onKey: arn(`budgets::${ACCOUNT}:*`) },
  'costAnomalies': { service: 'costalerts.amazonaws.com', make: () => ServiceSource.costAnomalies() },
  'databaseEvents': { service: 'events.rds.amazonaws.com', make: () => ServiceSource.databaseEvents(), source: every('rds', '*'), onKey: every('rds', '*') },
  'emailIdentity': {
    service: 'ses.amazonaws.com',
    make: stack => ServiceSource.emailIdentity(ses.EmailIdentity.fromEmailIdentityName(stack, 'Identity', 'example.com')),
    source: every('ses', 'identity/example.com'),
    onKey: every('ses', '*'),
  },
  'emailConfigurationSet': {
    service: 'ses.amazonaws.com',
    make: stack => ServiceSource.emailConfigurationSet(ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', 'receipts')),
    source: every('ses', 'configuration-set/receipts'),
    onKey: every('ses', '*'),
  },
  'emailReceiptRules': {
    service: 'ses.amazonaws.com',
    make: stack => ServiceSource.emailReceiptRules(ses.ReceiptRuleSet.fromReceiptRuleSetName(stack, 'Rules', 'inbox')),
    source: every('ses', 'receipt-rule-set/inbox:receipt-rule/*'),
    onKey: every('ses', '*'),
  },
  ...Object.fromEntries(accountOnly.map(service => [`of, for ${service}`, { service, make: () => ServiceSource.of({ service }) }])),
  'of, for AWS CloudTrail': {
    service: 'cloudtrail.amazonaws.com', make: () => ServiceSource.of({ service: 'cloudtrail.amazonaws.com' }), source: every('cloudtrail', 'trail/*'), onKey: every('cloudtrail', 'trail/*'),
  },
  'of, for a service that is not in the catalog': { service: 'profile.amazonaws.com', make: () => ServiceSource.of({ service: 'profile.amazonaws.com' }) },
};

test.each(Object.entries(PUBLISHERS))('ServiceSource.%s: one statement in the policy of the topic, and one in that of the key', (_, { service, make, source, onKey }) => {
  const stack = newStack({ env: ENV });
  letIn(withKey(stack), make(stack));
  expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', service)).toEqual([source === undefined ? ownAccount : limitedTo(source)]);
  expect(conditionsIn(stack, 'AWS::KMS::Key', service)).toEqual([onKey === undefined ? ownAccount : limitedTo(onKey)]);
  expect(warnings(stack)).toEqual([]);
});

test('sources without an ARN share a statement, also of several accounts; one with an ARN has its own', () => {
  const stack = newStack({ env: ENV });
  const service = 'redshift.amazonaws.com';
  const sourceArn = `arn:aws:redshift:${REGION}:${ACCOUNT}:cluster:sales`;
  const sources = [{}, { sourceAccount: OTHER_ACCOUNT }, { sourceArn }].map(options => ServiceSource.of({ service, ...options }));
  letIn(withKey(stack), ...sources);
  expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', service)).toEqual([
    { StringEquals: { 'aws:SourceAccount': [ACCOUNT, OTHER_ACCOUNT] } }, { ArnLike: { 'aws:SourceArn': sourceArn }, ...ownAccount },
  ]);
});

describe('a resource in another stack', () => {
  const inAnother = (make: (stack: Stack) => ServiceSource) => {
    const stack = newStack({ env: ENV });
    letIn(withKey(stack), make(new Stack(stack.node.root as App, 'Other', { env: ENV })));
    return stack;
  };
  test.each<[string, (stack: Stack) => ServiceSource, string, unknown]>([
    ['a vault, which always has a name', stack => ServiceSource.backupVault(new backup.BackupVault(stack, 'Vault', { backupVaultName: 'nightly' })), 'backup.amazonaws.com', every('backup', 'backup-vault:nightly')],
    ['an identity', stack => ServiceSource.emailIdentity(new ses.EmailIdentity(stack, 'Identity', { identity: ses.Identity.domain('example.com') })), 'ses.amazonaws.com', every('ses', 'identity/example.com')],
    ['a configuration set', stack => ServiceSource.emailConfigurationSet(new ses.ConfigurationSet(stack, 'Set', { configurationSetName: 'receipts' })), 'ses.amazonaws.com', every('ses', 'configuration-set/receipts')],
    ['a rule set', stack => ServiceSource.emailReceiptRules(new ses.ReceiptRuleSet(stack, 'Rules', { receiptRuleSetName: 'inbox' })), 'ses.amazonaws.com', every('ses', 'receipt-rule-set/inbox:receipt-rule/*')],
  ])('with a name is named: %s', (_, make, service, source) => {
    const stack = inAnother(make);
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', service)).toEqual([limitedTo(source)]);
    expect(warnings(stack)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => ServiceSource]>([
    ['a configuration set', stack => ServiceSource.emailConfigurationSet(new ses.ConfigurationSet(stack, 'Set'))],
    ['a rule set', stack => ServiceSource.emailReceiptRules(new ses.ReceiptRuleSet(stack, 'Rules'))],
  ])('without a name stands for all of the account and Region, with a warning: %s', (_, make) => {
    const stack = inAnother(make);
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'ses.amazonaws.com')).toEqual([limitedTo(every('ses', '*'))]);
    expect(warnings(stack)).toEqual([expect.objectContaining({ id: 'FanOut.sourceWidened' })]);
  });
});

describe('a construct of the CDK that names only the service', () => {
  const trail = (stack: Stack, topic: sns.ITopic) => new cloudtrail.Trail(stack, 'Trail', { snsTopic: topic });
  const vault = (stack: Stack, topic: sns.ITopic) => new backup.BackupVault(stack, 'Vault', { notificationTopic: topic });
  const facade = (_: Stack, topic: sns.ITopic) => sns.TopicGrants.fromTopic(topic).publish(new iam.ServicePrincipal('backup.amazonaws.com'));
  const cases: [string, (stack: Stack, topic: sns.ITopic) => unknown, string, unknown][] = [
    ['a vault', vault, 'backup.amazonaws.com', every('backup', 'backup-vault:*')],
    ['a trail', trail, 'cloudtrail.amazonaws.com', every('cloudtrail', 'trail/*')],
    ['the facade of the grants', facade, 'backup.amazonaws.com', every('backup', 'backup-vault:*')],
  ];

  test.each(cases)('%s: its resources in the account and Region can publish, and use the key', (_, use, service, source) => {
    const stack = newStack({ env: ENV });
    use(stack, withKey(stack));
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(conditionsIn(stack, type, service)).toEqual([limitedTo(source)]);
    expect(warnings(stack)).toEqual([]);
  });

  test.each(cases)('%s is refused with the AWS managed key', (_, use) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    expect(refusal(() => use(stack, orders)).problems).toMatchObject([{ prop: 'encryption' }]);
  });

  test('an imported topic gets a warning with the statement', () => {
    const stack = newStack({ env: ENV });
    vault(stack, FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:orders`)));
    expect(warnings(stack)).toEqual([expect.objectContaining({ id: 'FanOut.importedPolicy', text: expect.stringContaining('backup-vault:*') })]);
  });

  test('a condition of the user is not left out', () => {
    const orders = withKey(newStack({ env: ENV }));
    const overTls = new iam.ServicePrincipal('backup.amazonaws.com', { conditions: { Bool: { 'aws:SecureTransport': 'true' } } });
    expect(refusal(() => orders.grantPublish(overTls)).problems).toMatchObject([{ prop: 'grantPublish(grantee)' }]);
  });

  test('a configuration set that publishes its events is named', () => {
    const stack = newStack({ env: ENV });
    const set = new ses.ConfigurationSet(stack, 'Set', { configurationSetName: 'receipts' });
    set.addEventDestination('Events', { destination: ses.EventDestination.snsTopic(withKey(stack)) });
    const [{ ArnLike }] = conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'ses.amazonaws.com');
    expect(JSON.stringify(ArnLike)).toContain(':configuration-set/');
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'ses.amazonaws.com')).toMatchObject([ownAccount]);
    expect(conditionsIn(stack, 'AWS::KMS::Key', 'ses.amazonaws.com')).toMatchObject([ownAccount]);
  });

  test('a notification rule of a build project publishes, with a warning', () => {
    const stack = newStack({ env: ENV });
    const project = new codebuild.Project(stack, 'Project', { buildSpec: codebuild.BuildSpec.fromObject({ version: '0.2' }) });
    project.notifyOnBuildFailed('Failed', withKey(stack));
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'codestar-notifications.amazonaws.com')).toEqual([undefined]);
    expect(warnings(stack)).toEqual([expect.objectContaining({ id: 'FanOut.notificationRule' })]);
  });

  test('a notification rule with a condition of the user is as written', () => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    orders.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'], resources: [orders.topicArn], principals: [new iam.ServicePrincipal('codestar-notifications.amazonaws.com')], conditions: ownAccount,
    }));
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'codestar-notifications.amazonaws.com')).toEqual([ownAccount]);
    expect(conditionsIn(stack, 'AWS::KMS::Key', 'codestar-notifications.amazonaws.com')).toEqual([{ StringEquals: { ...ownAccount.StringEquals, 'kms:ViaService': `sns.${REGION}.amazonaws.com` } }]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('what AWS does not support is refused', () => {
  const source = (service: string, sourceArn?: string, sourceAccount?: string) => ServiceSource.of({ service, sourceArn, sourceAccount });

  test.each<[string, ServiceSource, string]>([
    ['a vault of another account', source('backup.amazonaws.com', `arn:aws:backup:${REGION}:${OTHER_ACCOUNT}:backup-vault:nightly`), 'AWS Backup of account'],
    ['budgets of another account', source('budgets.amazonaws.com', undefined, OTHER_ACCOUNT), 'AWS Budgets of account'],
    ['an identity of another Region', source('ses.amazonaws.com', `arn:aws:ses:us-east-1:${ACCOUNT}:identity/example.com`), 'Amazon SES in Region us-east-1'],
    ['AWS Config, which takes no encrypted topic', source('config.amazonaws.com'), 'AWS Config'],
    ['a notification rule, for which AWS documents no condition', source('codestar-notifications.amazonaws.com'), 'a notification rule'],
    ...Object.keys(ROLE_SERVICES).map((service): [string, ServiceSource, string] => [`${service}, which has a role`, source(service), service]),
  ])('%s', (_, from, got) => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    expect(refusal(() => orders.allowService(from)).problems).toEqual([expect.objectContaining({ prop: 'allowService(source)', got: expect.stringContaining(got) })]);
  });

  const standardOnly = Object.entries(SERVICES).filter(([, { fifo, sendsTo }]) => fifo === false && sendsTo.includes('topic')).map(([service]) => service);
  test.each(standardOnly)('%s and a FIFO topic', service => {
    const ledger = new FifoFanOut(newStack({ env: ENV }), 'Ledger', { encryption: Encryption.customerManaged() });
    expect(refusal(() => ledger.allowService(source(service))).problems).toMatchObject([{ fix: expect.stringContaining('FIFO') }]);
  });
  test('they are those that AWS documents', () => {
    expect(standardOnly).toEqual(['s3.amazonaws.com', 'backup.amazonaws.com', 'events.rds.amazonaws.com', 'ses.amazonaws.com']);
  });

  const topicsOnly = Object.entries(SERVICES).filter(([, { sendsTo }]) => !sendsTo.includes('queue')).map(([service]) => service);
  test.each([...topicsOnly, ...Object.keys(ROLE_SERVICES)])('%s and a queue', service => {
    const jobs = new WorkQueue(newStack({ env: ENV }), 'Jobs');
    expect(refusal(() => jobs.allowService(source(service))).problems[0]).toMatchObject({ prop: 'allowService(source)' });
  });
});

test('a grant to a service that notifies topics only is refused by a queue, before anything is granted', () => {
  const stack = newStack({ env: ENV });
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  const service = new iam.ServicePrincipal('backup.amazonaws.com', { conditions: ownAccount });
  for (const grant of ['grantSendMessages', 'grantRedrive'] as const) {
    expect(refusal(() => jobs[grant](service)).problems).toMatchObject([{ prop: `${grant}(grantee)`, got: 'AWS Backup' }]);
  }
  for (const type of ['AWS::SQS::QueuePolicy', 'AWS::KMS::Key']) expect(statements(stack, type, 'backup.amazonaws.com')).toEqual([]);
});

test('AWS Config publishes to a topic that is not encrypted', () => {
  const stack = newStack({ env: ENV });
  const fanOut = FanOut.fromTopic(stack, 'Changes', new sns.Topic(stack, 'Topic'));
  fanOut.allowService(ServiceSource.of({ service: 'config.amazonaws.com' }));
  expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'config.amazonaws.com')).toEqual([limitedTo(every('config', '*'))]);
});

test('a service that does not say whether it publishes to FIFO topics does, with a warning', () => {
  const stack = newStack({ env: ENV });
  letIn(new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }), ServiceSource.budgets(), ServiceSource.alarms());
  expect(warnings(stack)).toEqual([expect.objectContaining({ id: 'FifoFanOut.serviceOrder' })]);
});
