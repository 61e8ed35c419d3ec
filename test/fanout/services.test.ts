import { App, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, refusal, refusedAtSynth, statementIn, statements, warnings } from './support';
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
const accountOnly = ['costalerts.amazonaws.com', 'redshift.amazonaws.com', 'glacier.amazonaws.com', 'ds.amazonaws.com'];

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
  'of, for AWS CodeCommit': {
    service: 'codecommit.amazonaws.com', make: () => ServiceSource.of({ service: 'codecommit.amazonaws.com' }), source: every('codecommit', '*'), onKey: every('codecommit', '*'),
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

describe('a sourceArn of a service', () => {
  const withArn = (service: string) => {
    const stack = newStack({ env: ENV });
    const [name] = service.split('.');
    withKey(stack).allowService(ServiceSource.of({ service, sourceArn: `arn:aws:${name}:${REGION}:${ACCOUNT}:sales` }));
    return warnings(stack);
  };
  test.each(accountOnly)('that AWS documents only aws:SourceAccount for gets a warning: %s', service => {
    expect(withArn(service)).toEqual([{ path: 'Stack/Orders', id: 'FanOut.sourceArn', text: expect.stringContaining(service) }]);
  });
  test.each(['codecommit.amazonaws.com', 'cloudtrail.amazonaws.com', 'profile.amazonaws.com'])('that sends it, or that is not known, gets none: %s', service => {
    expect(withArn(service)).toEqual([]);
  });
  test('also gets it in a statement', () => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    orders.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'],
      principals: [new iam.ServicePrincipal('glacier.amazonaws.com')],
      resources: [orders.topicArn],
      conditions: { ArnLike: { 'aws:SourceArn': `arn:aws:glacier:${REGION}:${ACCOUNT}:vaults/cold` } },
    }));
    expect(warnings(stack)).toMatchObject([{ id: 'FanOut.sourceArn' }]);
  });
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

  test.each(accountOnly)('%s gets the account, which is all that AWS documents', service => {
    const stack = newStack({ env: ENV });
    withKey(stack).grantPublish(new iam.ServicePrincipal(service));
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(conditionsIn(stack, type, service)).toEqual([ownAccount]);
    expect(warnings(stack)).toEqual([]);
  });

  describe('and a named vault', () => {
    const named = every('backup', 'backup-vault:nightly');
    const nightly = (stack: Stack, topic: sns.ITopic) => new backup.BackupVault(stack, 'Nightly', { backupVaultName: 'nightly', notificationTopic: topic });
    const published = (stack: Stack) => conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'backup.amazonaws.com');

    test('allowService replaces what the vault got, in either order, and the vault can wait for it', () => {
      const [after, before] = [newStack({ env: ENV }), newStack({ env: ENV })];
      const orders = withKey(after);
      const made = nightly(after, orders);
      made.node.addDependency(...orders.allowService(ServiceSource.backupVault(made)));
      const known = withKey(before).allowService(ServiceSource.backupVault(backup.BackupVault.fromBackupVaultName(before, 'Known', 'nightly')));
      nightly(before, before.node.findChild('Orders') as FanOut).node.addDependency(...known);
      for (const stack of [after, before]) {
        expect(published(stack)).toEqual([limitedTo(named)]);
        expect(refusedAtSynth(stack)).toEqual([]);
        expect(warnings(stack)).toEqual([]);
      }
    });

    test('every vault stays where allowService says so', () => {
      const stack = newStack({ env: ENV });
      const orders = withKey(stack);
      const made = nightly(stack, orders);
      orders.allowService(ServiceSource.of({ service: 'backup.amazonaws.com' }));
      orders.allowService(ServiceSource.backupVault(made));
      expect(published(stack)).toEqual([limitedTo([every('backup', 'backup-vault:*'), named])]);
    });

    test.each<[string, (stack: Stack, topic: FanOut) => unknown]>([
      ['another vault', vault],
      ['a trail', (stack, topic) => {
        topic.allowService(ServiceSource.of({ service: 'cloudtrail.amazonaws.com', sourceArn: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/audit` }));
        return new cloudtrail.Trail(stack, 'Trail', { snsTopic: topic, trailName: 'other' });
      }],
    ])('%s that is not named is found when the template is written', (_, use) => {
      const stack = newStack({ env: ENV });
      const orders = withKey(stack);
      orders.allowService(ServiceSource.backupVault(nightly(stack, orders)));
      const made = use(stack, orders) as Construct;
      expect(refusedAtSynth(stack)).toMatchObject([{ problems: [{ prop: 'allowService(source)', got: expect.stringContaining(`'${made.node.path}'`) }] }]);
    });
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

describe('a statement that names only the service', () => {
  const unknown = 'profile.amazonaws.com';
  const importedKey = (stack: Stack) => kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234`);
  const add = (topic: FanOut, service: string, given: Partial<iam.PolicyStatementProps> = {}) => topic.addToResourcePolicy(new iam.PolicyStatement({
    actions: ['sns:Publish'], principals: [new iam.ServicePrincipal(service)], resources: [topic.topicArn], ...given,
  }));
  const overTls = { conditions: { Bool: { 'aws:SecureTransport': 'true' } } };

  test.each<[string, Partial<iam.PolicyStatementProps>]>([
    ['a condition', overTls], ['another action', { actions: ['sns:Publish', 'sns:GetTopicAttributes'] }], ['a wildcard in the action', { actions: ['sns:Pub*'] }],
  ])('and %s gets the ARNs that AWS documents', (_, given) => {
    const stack = newStack({ env: ENV });
    add(withKey(stack), 'backup.amazonaws.com', given);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(conditionsIn(stack, type, 'backup.amazonaws.com')).toEqual([{ ...given.conditions, ...limitedTo(every('backup', 'backup-vault:*')) }]);
    }
    expect(warnings(stack)).toEqual([]);
  });

  test('a source of the user is left as it is', () => {
    const stack = newStack({ env: ENV });
    const conditions = { ...overTls.conditions, ArnLike: { 'AWS:SourceArn': 'arn:aws:backup:*:*:backup-vault:nightly' } };
    add(withKey(stack), 'backup.amazonaws.com', { conditions });
    expect(conditionsIn(stack, 'AWS::SNS::TopicPolicy', 'backup.amazonaws.com')).toEqual([{ ...conditions, ...ownAccount }]);
  });

  test('that is not known gets the account, and a warning', () => {
    const stack = newStack({ env: ENV });
    sns.TopicGrants.fromTopic(withKey(stack)).publish(new iam.ServicePrincipal(unknown));
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(conditionsIn(stack, type, unknown)).toEqual([ownAccount]);
    expect(warnings(stack)).toEqual([{ path: 'Stack/Orders', id: 'FanOut.unknownService', text: expect.stringContaining(unknown) }]);
  });

  test('that allowService let in adds nothing', () => {
    const stack = newStack({ env: ENV });
    const sourceArn = `arn:aws:profile:${REGION}:${ACCOUNT}:domains/customers`;
    const orders = letIn(withKey(stack), ServiceSource.of({ service: unknown, sourceArn }));
    expect(add(orders, unknown).statementAdded).toBe(true);
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(conditionsIn(stack, type, unknown)).toEqual([limitedTo(sourceArn)]);
    expect(warnings(stack)).toEqual([]);
  });

  test('with a condition that says who gets no warning', () => {
    const stack = newStack({ env: ENV });
    add(withKey(stack), unknown, { conditions: ownAccount });
    expect(warnings(stack)).toEqual([]);
  });

  test.each([[unknown, {}, ownAccount], ['backup.amazonaws.com', overTls, { ...overTls.conditions, ...limitedTo('arn:${AWS::Partition}:backup:eu-west-1:111111111111:backup-vault:*') }]])(
    'an imported key gets a warning with the statement: %s', (service, given, conditions) => {
      const stack = newStack({ env: ENV });
      add(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(importedKey(stack)) }), service, given);
      const [{ text, path }] = warnings(stack).filter(({ id }) => id === 'FanOut.importedKey');
      expect(path).toBe('Stack/Orders');
      expect(statementIn(text)).toEqual({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: conditions, Effect: 'Allow', Principal: { Service: service }, Resource: '*' });
    });

  test('a notification rule and an imported key too', () => {
    const stack = newStack({ env: ENV });
    new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(importedKey(stack)) }).bindAsNotificationRuleTarget(stack);
    const [{ text }] = warnings(stack).filter(({ id }) => id === 'FanOut.importedKey');
    expect(statementIn(text)).toMatchObject({ Condition: { StringEquals: { 'kms:ViaService': `sns.${REGION}.amazonaws.com` } } });
  });

  test.each([[unknown, {}], ['backup.amazonaws.com', overTls], ['codestar-notifications.amazonaws.com', {}]])(
    'an imported topic gets a warning with the statement: %s', (service, given) => {
      const stack = newStack({ env: ENV });
      const topicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:orders`;
      add(FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicArn(stack, 'Topic', topicArn)), service, given);
      const [{ text }] = warnings(stack).filter(({ id }) => id === 'FanOut.importedPolicy');
      expect(statementIn(text)).toMatchObject({ Action: 'sns:Publish', Principal: { Service: service }, Resource: topicArn });
    });
});

describe('what AWS does not support is refused', () => {
  const source = (service: string, sourceArn?: string, sourceAccount?: string) => ServiceSource.of({ service, sourceArn, sourceAccount });

  test.each<[string, ServiceSource, string]>([
    ['a vault of another account', source('backup.amazonaws.com', `arn:aws:backup:${REGION}:${OTHER_ACCOUNT}:backup-vault:nightly`), 'AWS Backup of account'],
    ['budgets of another account', source('budgets.amazonaws.com', undefined, OTHER_ACCOUNT), 'AWS Budgets of account'],
    ['an identity of another Region', source('ses.amazonaws.com', `arn:aws:ses:us-east-1:${ACCOUNT}:identity/example.com`), 'Amazon SES in Region us-east-1'],
    ['AWS CloudFormation, for which AWS documents no principal', source('cloudformation.amazonaws.com'), 'cloudformation.amazonaws.com'],
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
