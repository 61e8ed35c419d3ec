import { App, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { ACCOUNT, canDeliver, Delivery, expectAllowedWithTwins, expectDelivered, expectNothingElse, keyOf, OTHER_ACCOUNT, PARTNER, REGION, reportAtEnd, World } from './harness';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { Ordering, WorkQueue } from '../../src/queues';
import { letIn } from '../support/let-in';

reportAtEnd('services');

const PIPE = `arn:aws:pipes:${REGION}:${ACCOUNT}:pipe/orders`;
const SCHEDULE = `arn:aws:scheduler:${REGION}:${PARTNER}:schedule/default/nightly`;
const ALARM = `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:TooManyDeadLetters`;

interface Source {
  readonly source: ServiceSource;
  readonly delivery: (world: World) => Omit<Delivery, 'to'>;
}

function ofConstruct(service: string, construct: IConstruct, source: ServiceSource): Source {
  return { source, delivery: world => ({ service, source: world.arn(construct), sourceAccount: ACCOUNT }) };
}

const bucketSource = (stack: Stack) => {
  const bucket = new s3.Bucket(stack, 'Bucket');
  return ofConstruct('s3.amazonaws.com', bucket, ServiceSource.bucket(bucket));
};
const ruleSource = (stack: Stack) => {
  const rule = new events.Rule(stack, 'Rule', { eventPattern: { source: ['orders'] } });
  return ofConstruct('events.amazonaws.com', rule, ServiceSource.rule(rule));
};
const topicSource = (stack: Stack) => {
  const topic = new sns.Topic(stack, 'Source');
  return ofConstruct('sns.amazonaws.com', topic, ServiceSource.topic(topic));
};
const pipeSource = () => ({
  source: ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: PIPE }),
  delivery: () => ({ service: 'pipes.amazonaws.com', source: PIPE, sourceAccount: ACCOUNT }),
});
const scheduleSource = () => ({
  source: ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: SCHEDULE, sourceAccount: PARTNER }),
  delivery: () => ({ service: 'scheduler.amazonaws.com', source: SCHEDULE, sourceAccount: PARTNER }),
});

const queueSources: [string, (stack: Stack) => Source][] = [
  ['a bucket', bucketSource], ['a rule', ruleSource], ['a topic', topicSource], ['a pipe', pipeSource], ['a schedule of another account', scheduleSource],
];
const encryptions: [string, (stack: Stack) => Encryption | undefined][] = [
  ['keys that SQS owns', () => undefined],
  ['a key made for it', () => Encryption.customerManaged()],
  ['a key given', stack => Encryption.customerManaged(new kms.Key(stack, 'Key'))],
];

describe.each(queueSources)('%s', (_, make) => {
  test.each(encryptions)('sends to a queue encrypted with %s that allows it, and to no other', async (_kind, encryption) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { source, delivery } = make(stack);
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: encryption(stack) });
    jobs.allowService(source);
    const other = new WorkQueue(stack, 'Other', { encryption: jobs.encryptionMasterKey && Encryption.customerManaged(jobs.encryptionMasterKey) });
    const world = await World.of(stack);
    await expectDelivered(world, { ...delivery(world), to: world.arn(jobs) });
    for (const queue of [other, jobs.deadLetterQueue!]) {
      expect(await canDeliver(world, { ...delivery(world), to: world.arn(queue) })).toBe(false);
    }
  });
});

test('every source of a queue sends, each in its own name alone', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  const sources = queueSources.map(([, make]) => make(stack));
  sources.forEach(({ source }) => jobs.allowService(source));
  const world = await World.of(stack);
  const to = world.arn(jobs);
  const sent = sources.map(({ delivery }) => delivery(world));
  for (const one of sent) {
    expect(await canDeliver(world, { ...one, to })).toBe(true);
    await expectNothingElse(world, { ...one, to });
    for (const { service } of sent.filter(other => other.service !== one.service)) {
      expect(await canDeliver(world, { ...one, service, to })).toBe(false);
    }
  }
});

test('two sources of one service in two accounts: each ARN and each account is let in', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const jobs = new WorkQueue(stack, 'Jobs');
  const own = SCHEDULE.replace(PARTNER, ACCOUNT);
  jobs.allowService(ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: own }));
  jobs.allowService(ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: SCHEDULE, sourceAccount: PARTNER }));
  const world = await World.of(stack);
  const delivery = { service: 'scheduler.amazonaws.com', to: world.arn(jobs) };
  await expectDelivered(world, { ...delivery, source: own });
  await expectDelivered(world, { ...delivery, source: SCHEDULE });
  expect(await canDeliver(world, { ...delivery, source: SCHEDULE.replace(PARTNER, OTHER_ACCOUNT) })).toBe(false);
});

// The ARN of a bucket does not tell its account: a list of ARNs beside a list of accounts would let each name in from either.
test('two buckets of two accounts: the name of one is not let in from the account of the other', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  const sources = [[ACCOUNT, 'orders-of-ours'], [PARTNER, 'orders-of-theirs']];
  for (const [account, bucketName] of sources) {
    jobs.allowService(ServiceSource.bucket(s3.Bucket.fromBucketAttributes(stack, bucketName, { bucketName, account })));
  }
  const world = await World.of(stack);
  const delivery = { service: 's3.amazonaws.com', to: world.arn(jobs) };
  for (const [sourceAccount, name] of sources) await expectDelivered(world, { ...delivery, source: `arn:aws:s3:::${name}`, sourceAccount });
  expect(await canDeliver(world, { ...delivery, source: 'arn:aws:s3:::orders-of-ours', sourceAccount: PARTNER })).toBe(false);
  expect(await canDeliver(world, { ...delivery, source: 'arn:aws:s3:::orders-of-theirs', sourceAccount: ACCOUNT })).toBe(false);
});

test('a source whose ARN is only known at deployment: the queue names it, and the key its account', async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const rule = new events.Rule(stack, 'Rule', { eventPattern: { source: ['orders'] } });
  const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
  jobs.allowService(ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: rule.ruleArn }));
  const world = await World.of(stack);
  await expectDelivered(world, { service: 'events.amazonaws.com', source: world.arn(rule), to: world.arn(jobs), keyForAnySource: true });
});

test('a bucket of another stack without a name: every bucket of the account is let in, and none of another', async () => {
  const app = new App({ analyticsReporting: false });
  const bucket = new s3.Bucket(new Stack(app, 'Buckets'), 'Bucket');
  const jobs = new WorkQueue(new Stack(app, 'Queues'), 'Jobs', { encryption: Encryption.customerManaged() });
  jobs.allowService(ServiceSource.bucket(bucket));
  const world = await World.of(app);
  const delivery = { service: 's3.amazonaws.com', source: world.arn(bucket), sourceAccount: ACCOUNT, to: world.arn(jobs) };
  expect(await canDeliver(world, delivery)).toBe(true);
  await expectNothingElse(world, delivery);
  expect(await canDeliver(world, { ...delivery, source: 'arn:aws:s3:::another' })).toBe(true);
  expect(await canDeliver(world, { ...delivery, sourceAccount: OTHER_ACCOUNT })).toBe(false);
  expect(await canDeliver(world, { ...delivery, source: ALARM })).toBe(false);
});

test('a bucket of another stack with a name is let in alone', async () => {
  const app = new App({ analyticsReporting: false });
  const bucket = new s3.Bucket(new Stack(app, 'Buckets'), 'Bucket', { bucketName: 'orders-of-today' });
  const jobs = new WorkQueue(new Stack(app, 'Queues'), 'Jobs', { encryption: Encryption.customerManaged() });
  jobs.allowService(ServiceSource.bucket(bucket));
  const world = await World.of(app);
  await expectDelivered(world, { service: 's3.amazonaws.com', source: world.arn(bucket), sourceAccount: ACCOUNT, to: world.arn(jobs) });
});

describe('a publisher of a topic', () => {
  const publishers: [string, (stack: Stack) => Source][] = [
    ['a bucket', bucketSource],
    ['alarms', () => ({ source: ServiceSource.alarms(), delivery: () => ({ service: 'cloudwatch.amazonaws.com', source: ALARM }) })],
    ['a pipe', pipeSource],
    ['a schedule of another account', scheduleSource],
  ];
  const encryption: [string, (stack: Stack) => Encryption | undefined][] = [
    ['a customer key that is created for it', () => Encryption.customerManaged()],
    ['a key given', stack => Encryption.customerManaged(new kms.Key(stack, 'Key'))],
  ];
  const all = publishers.flatMap(([who, make]) => encryption.map(([how, key]) => [who, how, make, key] as const));

  test.each(all)('%s publishes to a topic with %s, and to no other', async (who, _how, make, key) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { source, delivery } = make(stack);
    const orders = letIn(new FanOut(stack, 'Orders', { encryption: key(stack) }), source);
    const other = new FanOut(stack, 'Other', { encryption: Encryption.customerManaged(orders.masterKey) });
    const world = await World.of(stack);
    const published = { ...delivery(world), to: world.arn(orders) };
    // Of alarms every one of the account and Region is meant.
    if (who === 'alarms') {
      await expectEveryAlarm(world, published);
    } else {
      await expectDelivered(world, published);
    }
    expect(await canDeliver(world, { ...published, to: world.arn(other) })).toBe(false);
  });

  async function expectEveryAlarm(world: World, published: Delivery) {
    expect(await canDeliver(world, published)).toBe(true);
    await expectNothingElse(world, published);
    expect(await canDeliver(world, { ...published, source: `${ALARM}2` })).toBe(true);
    for (const source of [ALARM.replace(ACCOUNT, OTHER_ACCOUNT), ALARM.replace(REGION, 'us-east-1'), ALARM.replace('alarm:', 'insight-rule/'), SCHEDULE]) {
      expect(await canDeliver(world, { ...published, source, sourceAccount: ACCOUNT })).toBe(false);
    }
    for (const context of [{ 'aws:SourceAccount': OTHER_ACCOUNT }, { 'aws:SourceArn': undefined }, { 'aws:SourceAccount': undefined }, { 'aws:SecureTransport': 'false' }]) {
      expect(await canDeliver(world, { ...published, context })).toBe(false);
    }
  }

  test('a FIFO topic takes a pipe', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { source, delivery } = pipeSource();
    const ledger = letIn(new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }), source);
    ledger.addQueue('Balances', { ordering: Ordering.fifo() });
    const world = await World.of(stack);
    await expectDelivered(world, { ...delivery(), to: world.arn(ledger) });
  });

  test('and its topic delivers on to a queue under the same key', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const { source, delivery } = bucketSource(stack);
    const key = new kms.Key(stack, 'Key');
    const uploads = letIn(new FanOut(stack, 'Uploads', { encryption: Encryption.customerManaged(key) }), source);
    const queue = uploads.addQueue('Scan', { encryption: Encryption.customerManaged(key) });
    const world = await World.of(stack);
    await expectDelivered(world, { ...delivery(world), to: world.arn(uploads) });
    await expectDelivered(world, { service: 'sns.amazonaws.com', source: world.arn(uploads), to: world.arn(queue) });
    expect(await canDeliver(world, { ...delivery(world), to: world.arn(queue) })).toBe(false);
  });
});

/** What each service says of itself when it publishes, as AWS documents it. */
describe('a service that notifies topics', () => {
  const from = (service: string, source: string, more: Partial<Delivery> = {}) => ({ service, source, ...more });
  const own = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
  /** Every source of the account is allowed. */
  const every = { everySource: true };
  /** AWS documents only the account. */
  const account = { ...every, context: { 'aws:SourceArn': undefined } };

  const notifiers: Record<string, { readonly make: (stack: Stack) => ServiceSource; readonly sent: Omit<Delivery, 'to'> }> = {
    'a backup vault': {
      make: stack => ServiceSource.backupVault(backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'nightly')),
      sent: from('backup.amazonaws.com', own('backup', 'backup-vault:nightly')),
    },
    'budgets': { make: () => ServiceSource.budgets(), sent: from('budgets.amazonaws.com', `arn:aws:budgets::${ACCOUNT}:budget/monthly`, every) },
    'cost anomalies': { make: () => ServiceSource.costAnomalies(), sent: from('costalerts.amazonaws.com', own('ce', ''), account) },
    'database events': { make: () => ServiceSource.databaseEvents(), sent: from('events.rds.amazonaws.com', own('rds', 'db:orders'), every) },
    'an email identity': {
      make: stack => ServiceSource.emailIdentity(ses.EmailIdentity.fromEmailIdentityName(stack, 'Identity', 'example.com')),
      sent: from('ses.amazonaws.com', own('ses', 'identity/example.com')),
    },
    'a configuration set': {
      make: stack => ServiceSource.emailConfigurationSet(ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', 'receipts')),
      sent: from('ses.amazonaws.com', own('ses', 'configuration-set/receipts')),
    },
    'receipt rules': {
      make: stack => ServiceSource.emailReceiptRules(ses.ReceiptRuleSet.fromReceiptRuleSetName(stack, 'Rules', 'inbox')),
      sent: from('ses.amazonaws.com', own('ses', 'receipt-rule-set/inbox:receipt-rule/store'), every),
    },
    'trails': {
      make: () => ServiceSource.of({ service: 'cloudtrail.amazonaws.com' }), sent: from('cloudtrail.amazonaws.com', own('cloudtrail', 'trail/all'), every),
    },
    'repositories of AWS CodeCommit': {
      make: () => ServiceSource.of({ service: 'codecommit.amazonaws.com' }), sent: from('codecommit.amazonaws.com', own('codecommit', 'shop'), every),
    },
    ...Object.fromEntries(['redshift', 'glacier', 'ds'].map(name => [name, {
      make: () => ServiceSource.of({ service: `${name}.amazonaws.com` }), sent: from(`${name}.amazonaws.com`, own(name, ''), account),
    }])),
  };

  test.each(Object.entries(notifiers))('%s: publishes to the topic that allows it, and to no other', async (_, { make, sent }) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const orders = letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), make(stack));
    const other = new FanOut(stack, 'Other', { encryption: Encryption.customerManaged(orders.masterKey) });
    const world = await World.of(stack);
    await expectDelivered(world, { ...sent, to: world.arn(orders) });
    expect(await canDeliver(world, { ...sent, to: world.arn(other) })).toBe(false);
    if (!sent.everySource || sent.context) return;
    // Of every source the account, the Region and the service count.
    expect(await canDeliver(world, { ...sent, source: `${sent.source}2`, to: world.arn(orders) })).toBe(true);
    for (const [part, another] of [[REGION, 'us-east-1'], [ACCOUNT, OTHER_ACCOUNT], [sent.source.split(':')[2], 'lambda']]) {
      const source = sent.source.replace(`:${part}:`, `:${another}:`);
      if (source !== sent.source) expect(await canDeliver(world, { ...sent, source, sourceAccount: ACCOUNT, to: world.arn(orders) })).toBe(false);
    }
  });

  const constructs: Record<string, { readonly use: (stack: Stack, topic: FanOut) => unknown; readonly sent: Omit<Delivery, 'to'> }> = {
    'BackupVault': {
      use: (stack, topic) => new backup.BackupVault(stack, 'Vault', { notificationTopic: topic, backupVaultName: 'nightly' }),
      sent: from('backup.amazonaws.com', own('backup', 'backup-vault:nightly'), every),
    },
    'BackupVault that allowService names': {
      use: (stack, topic) => topic.allowService(ServiceSource.backupVault(new backup.BackupVault(stack, 'Vault', { notificationTopic: topic, backupVaultName: 'nightly' }))),
      sent: from('backup.amazonaws.com', own('backup', 'backup-vault:nightly')),
    },
    'TopicGrants for a service that is not known': {
      use: (_, topic) => sns.TopicGrants.fromTopic(topic).publish(new iam.ServicePrincipal('profile.amazonaws.com')),
      sent: from('profile.amazonaws.com', own('profile', 'domains/customers'), account),
    },
    'Trail': {
      use: (stack, topic) => new cloudtrail.Trail(stack, 'Trail', { snsTopic: topic, trailName: 'all' }),
      sent: from('cloudtrail.amazonaws.com', own('cloudtrail', 'trail/all'), every),
    },
    'EventDestination': {
      use: (stack, topic) => new ses.ConfigurationSetEventDestination(stack, 'Events', {
        configurationSet: ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', 'receipts'), destination: ses.EventDestination.snsTopic(topic),
      }),
      sent: from('ses.amazonaws.com', own('ses', 'configuration-set/receipts')),
    },
  };
  test.each(Object.entries(constructs))('as %s of the CDK writes it, completed', async (_, { use, sent }) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    use(stack, orders);
    const world = await World.of(stack);
    await expectDelivered(world, { ...sent, to: world.arn(orders) });
  });

  // AWS documents no condition on its source: what keeps others out is the principal, and on the key SNS.
  test('a notification rule: as AWS documents it', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    orders.bindAsNotificationRuleTarget(stack);
    const world = await World.of(stack);
    const principal = 'codestar-notifications.amazonaws.com';
    await expectAllowedWithTwins(world, { principal, action: 'sns:Publish', resource: world.arn(orders) });
    expect(await world.allowed({ principal, resource: world.arn(orders) })).toEqual(['sns:Publish']);
    const throughSns = { principal, resource: keyOf(world, world.arn(orders))!, context: { 'kms:ViaService': `sns.${REGION}.amazonaws.com` } };
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) await expectAllowedWithTwins(world, { ...throughSns, action });
    expect(await world.allowed(throughSns)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });
});
