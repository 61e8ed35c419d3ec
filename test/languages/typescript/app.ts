import { App, BootstraplessSynthesizer, Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as notifications from 'aws-cdk-lib/aws-s3-notifications';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as access from 'cdk-decouple/access';
import * as delivery from 'cdk-decouple/delivery';
import * as fanout from 'cdk-decouple/fanout';
import * as queues from 'cdk-decouple/queues';
import * as workers from 'cdk-decouple/workers';

// The same app as in the folders beside this one; scripts/languages.ts compares the templates.
const app = new App();
const stack = new Stack(app, 'Shop', {
  description: 'A shop: orders, payments, pictures and clicks',
  synthesizer: new BootstraplessSynthesizer(),
});

function service(id: string): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
const encryption = access.Encryption.customerManaged(key);

// Orders: one topic, and subscribers of every kind.
const orders = new fanout.FanOut(stack, 'Orders', {
  displayName: 'Orders',
  encryption,
  tracingConfig: sns.TracingConfig.ACTIVE,
});
const billing = orders.addQueue('Billing', {
  encryption,
  deadLetters: queues.DeadLetters.dedicated({ maxReceiveCount: 3, retention: Duration.days(10) }),
  filterPolicy: fanout.FilterPolicy.onAttributes({
    kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid', 'refunded'] }),
    total: sns.SubscriptionFilter.numericFilter({ greaterThanOrEqualTo: 1 }),
  }),
});
const warehouse = orders.addQueue('Warehouse', {
  rawMessageDelivery: true,
  visibilityTimeout: Duration.minutes(5),
  filterPolicy: fanout.FilterPolicy.onBody({
    shipping: sns.FilterOrPolicy.policy({
      country: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.stringFilter({ allowlist: ['DE', 'FR'] })),
      express: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter()),
    }),
  }),
});
const shared = new queues.SharedDeadLetterQueue(stack, 'SharedDeadLetters', { retention: Duration.days(12) });
const audit = orders.addQueue('Audit', {
  deadLetters: queues.DeadLetters.shared(shared, 10),
  subscriptionDeadLetters: fanout.SubscriptionDeadLetters.dedicated(),
  retention: Duration.days(10),
});
const legacy = new sqs.Queue(stack, 'Legacy', { enforceSSL: true });
orders.addSubscription(new fanout.QueueSubscription(legacy, {
  rawMessageDelivery: true,
  subscriptionDeadLetters: fanout.SubscriptionDeadLetters.existing(shared),
}));
const notifier = new lambda.Function(stack, 'Notifier', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => {};'),
});
orders.addSubscription(new subscriptions.LambdaSubscription(notifier));
const email = new subscriptions.EmailSubscription('orders@example.com');
orders.addSubscription(fanout.SubscriptionDeadLetters.none('every order is in the audit queue').applyTo(email));

// The ledger: in order, with an archive.
const ledger = new fanout.FifoFanOut(stack, 'Ledger', {
  deduplication: queues.Deduplication.CONTENT_BASED,
  throughput: queues.FifoThroughput.STANDARD,
  archiveRetention: Duration.days(30),
});
const balances = ledger.addQueue('Balances', { visibilityTimeout: Duration.minutes(1) });
const statements = ledger.addQueue('Statements', { replay: fanout.Replay.since(new Date('2026-01-31T00:00:00Z')) });
const search = ledger.addQueue('Search', { ordering: queues.Ordering.standard(), rawMessageDelivery: true });

// Queues that AWS services send to.
const uploads = new s3.Bucket(stack, 'Uploads', { enforceSSL: true });
const pictures = new queues.WorkQueue(stack, 'Pictures', { visibilityTimeout: Duration.minutes(10), encryption });
uploads.addEventNotification(s3.EventType.OBJECT_CREATED, new notifications.SqsDestination(pictures), { prefix: 'pictures/' });
const reports = new queues.WorkQueue(stack, 'Reports', { deadLetters: queues.DeadLetters.none('the next night brings another') });
new events.Rule(stack, 'EveryNight', {
  schedule: events.Schedule.cron({ hour: '3', minute: '0' }),
  targets: [new targets.SqsQueue(reports)],
});
const rejected = new queues.WorkQueue(stack, 'RejectedProfiles', { maxMessageSize: Size.kibibytes(64) });
rejected.allowService(access.ServiceSource.of({
  service: 'profile.amazonaws.com',
  sourceArn: 'arn:aws:profile:eu-west-1:111122223333:domains/customers',
}));
const payments = new queues.WorkQueue(stack, 'Payments', {
  ordering: queues.Ordering.fifo({ deduplication: queues.Deduplication.EXPLICIT, throughput: queues.FifoThroughput.HIGH }),
  encryption: access.Encryption.customerManaged(),
  dataKeyReuse: Duration.minutes(10),
  deliveryDelay: Duration.seconds(5),
  receiveMessageWaitTime: Duration.seconds(10),
});

// Workers, which scale from zero and by the backlog.
const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
const resizers = new workers.Ec2Workers(stack, 'Resizers', {
  vpc,
  queue: pictures,
  scaling: workers.QueueScaling.onLatency({
    acceptable: Duration.minutes(5),
    processingTime: Duration.seconds(40),
    max: 10,
    idleTime: Duration.minutes(30),
  }),
  inFlight: workers.InFlightProtection.lifecycleHook({ timeout: Duration.minutes(20) }),
  instanceTypes: [new ec2.InstanceType('c7g.large'), new ec2.InstanceType('m7g.large')],
  purchasing: workers.Purchasing.spot({ onDemandBase: 1, onDemandPercentage: 20 }),
  rootVolumeSize: Size.gibibytes(30),
  command: workers.WorkerCommand.shell('/opt/resize', { setup: 'dnf install -y ImageMagick', timeout: Duration.minutes(4), concurrency: 2 }),
});
uploads.grantRead(resizers);
resizers.connections.allowInternally(ec2.Port.tcp(9100));
const cashierScript = ec2.UserData.forLinux();
cashierScript.addCommands(`HOOK=${workers.InFlightProtection.HOOK_NAME} QUEUE_URL=${payments.queueUrl} /opt/cashier &`);
const cashiers = new workers.Ec2Workers(stack, 'Cashiers', {
  vpc,
  queue: payments,
  scaling: workers.QueueScaling.onBacklog({ backlogPerWorker: 25, min: 1, max: 4, cooldown: Duration.minutes(3) }),
  inFlight: workers.InFlightProtection.instanceProtection(),
  image: workers.WorkerImage.amazonLinux2023(ec2.InstanceArchitecture.X86_64),
  detailedMonitoring: true,
  sessionManager: false,
  userData: cashierScript,
});

// Clicks: from a data stream to a bucket, by page and customer, in Parquet.
const accessLogs = new s3.Bucket(stack, 'AccessLogs', { enforceSSL: true });
const tidy = new lambda.Function(stack, 'Tidy', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  timeout: Duration.minutes(1),
  code: lambda.Code.fromInline('exports.handler = async ({ records }) => ({ records });'),
});
const clicks = new delivery.FirehoseStream(stack, 'Clicks', {
  source: delivery.KinesisSource.create({
    capacity: delivery.SourceCapacity.provisioned(2),
    retention: Duration.days(3),
    encryption,
  }),
  destination: new delivery.S3Destination({
    bucket: delivery.DeliveryBucket.create({
      encryption,
      serverAccessLogs: delivery.ServerAccessLogs.to(accessLogs, 'clicks/'),
      lifecycleRules: [{ expiration: Duration.days(365) }],
    }),
    backup: delivery.SourceBackup.allRecords({ compression: firehose.Compression.SNAPPY }),
    transform: { handler: tidy, retries: 2, buffering: { interval: Duration.seconds(90), size: Size.mebibytes(2) } },
    partitioning: delivery.DynamicPartitioning.fromQuery({ page: '.page', customer: '.customer' }),
    conversion: delivery.RecordConversion.toParquet({ schema: { databaseName: 'web', tableName: 'clicks' } }),
    timeZone: TimeZone.EUROPE_BERLIN,
  }),
  logging: delivery.DeliveryLogging.create({ retention: logs.RetentionDays.ONE_WEEK }),
});

// Sales: put directly, and sent to an endpoint outside of AWS.
const collectorKey = new secretsmanager.Secret(stack, 'CollectorKey', {
  generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'api_key' },
});
const collector = new delivery.HttpEndpointDestination({
  url: 'https://collector.example.com/sales',
  name: 'collector',
  accessKey: collectorKey,
  buffering: { interval: Duration.seconds(30), size: Size.mebibytes(1) },
  contentEncoding: delivery.HttpContentEncoding.GZIP,
  retryDuration: Duration.minutes(30),
  commonAttributes: { site: 'shop', country: 'DE', stage: 'live' },
  backup: delivery.HttpEndpointBackup.allRecords({ bucket: delivery.DeliveryBucket.existing(uploads), prefix: 'sales/' }),
});
const sales = new delivery.FirehoseStream(stack, 'Sales', {
  source: new delivery.DirectPut({ encryption: access.Encryption.customerManaged() }),
  destination: collector,
});

// The events of buckets, for queues that overlap: through EventBridge and through a topic.
const photos = new s3.Bucket(stack, 'Photos', { enforceSSL: true });
const photoEvents = new fanout.BucketEventFanOut(stack, 'PhotoEvents', { bucket: photos });
const thumbnails = photoEvents.addQueue('Thumbnails', {
  objects: [{ prefix: 'raw/', suffix: '.jpg' }, { prefix: 'raw/', suffix: '.png' }],
  visibilityTimeout: Duration.minutes(3),
});
const catalog = new queues.WorkQueue(stack, 'Catalog');
photoEvents.addExistingQueue(catalog, {
  events: [s3.EventType.OBJECT_CREATED_PUT, s3.EventType.OBJECT_REMOVED],
  subscriptionDeadLetters: fanout.SubscriptionDeadLetters.dedicated(),
});
const removals = new fanout.BucketEventFanOut(stack, 'Removals', {
  bucket: uploads,
  route: fanout.BucketEventRoute.topic({ encryption, displayName: 'Removals' }),
});
const removed = removals.addQueue('Cleanup', { events: [s3.EventType.OBJECT_REMOVED], objects: [{ prefix: 'pictures/' }] });

// Subscribers of the orders in stacks of their own.
const tenants = new fanout.SubscriberStacks(stack, 'Tenants', {
  topic: orders,
  stackCount: 2,
  stackProps: { synthesizer: new BootstraplessSynthesizer() },
});
for (const tenant of ['tenant-1', 'tenant-2', 'tenant-3']) {
  tenants.addQueue(tenant, { rawMessageDelivery: true });
}

// Large payloads through a bucket.
const documents = new queues.WorkQueue(stack, 'Documents', {
  encryption,
  largePayloads: queues.LargePayloads.dedicated({ expiration: Duration.days(60) }),
});
documents.allowService(access.ServiceSource.bucket(accessLogs));
const contracts = new queues.WorkQueue(stack, 'Contracts', {
  largePayloads: queues.LargePayloads.existing(uploads, 'contracts/'),
});

// Workers of the other kinds, with their options.
const archivePassword = new secretsmanager.Secret(stack, 'ArchivePassword');
const archivers = new workers.FargateWorkers(stack, 'Archivers', {
  vpc,
  queue: catalog,
  command: workers.WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/shop/archiver:1'), {
    command: ['archive', '--follow'],
    environment: { LEVEL: 'info' },
    secrets: { PASSWORD: ecs.Secret.fromSecretsManager(archivePassword) },
  }),
  scaling: workers.QueueScaling.onBacklog({ backlogPerWorker: 50, max: 6 }),
  cpu: 1024,
  memory: Size.gibibytes(4),
  architecture: ecs.CpuArchitecture.X86_64,
  purchasing: workers.Purchasing.spot({ onDemandBase: 1, onDemandPercentage: 25 }),
  inFlight: workers.TaskProtection.none('a picture can be archived twice'),
  stopTimeout: Duration.minutes(1),
});
photos.grantRead(archivers);
const indexer = new workers.FunctionWorker(stack, 'Indexer', {
  source: workers.FunctionSource.queue(thumbnails, {
    batchSize: 100,
    maxBatchingWindow: Duration.seconds(20),
    concurrency: workers.FunctionConcurrency.maximum(5),
    filters: [lambda.FilterCriteria.filter({ body: { size: lambda.FilterRule.exists() } })],
  }),
  function: workers.WorkerFunction.create({
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    timeout: Duration.seconds(20),
    memorySize: 256,
    code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
  }),
});
photos.grantRead(indexer);
const cleaner = new workers.FunctionWorker(stack, 'Cleaner', {
  source: workers.FunctionSource.queue(removed, {
    concurrency: workers.FunctionConcurrency.provisionedPollers({ minimumPollers: 2, maximumPollers: 20 }),
    reportBatchItemFailures: false,
  }),
  function: workers.WorkerFunction.existing(notifier),
});

// The same work by workers of each kind: one line changes, which kinds.test.ts compares.
const mailScaling = workers.QueueScaling.onLatency({ acceptable: Duration.minutes(2), processingTime: Duration.millis(500), max: 8 });
const mailCommand = workers.WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/shop/mailer:1'));
const mailFunction = workers.WorkerFunction.create({
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  timeout: Duration.seconds(30),
  code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
});
function mailsOnEc2(scope: Construct): void {
  const mails = new queues.WorkQueue(scope, 'Mails', { encryption });
  orders.addSubscription(new fanout.QueueSubscription(mails));
  const mailers = new workers.Ec2Workers(scope, 'Mailers', { queue: mails, vpc, command: mailCommand, scaling: mailScaling });
  uploads.grantRead(mailers);
}
function mailsOnFargate(scope: Construct): void {
  const mails = new queues.WorkQueue(scope, 'Mails', { encryption });
  orders.addSubscription(new fanout.QueueSubscription(mails));
  const mailers = new workers.FargateWorkers(scope, 'Mailers', { queue: mails, vpc, command: mailCommand, scaling: mailScaling });
  uploads.grantRead(mailers);
}
function mailsOnLambda(scope: Construct): void {
  const mails = new queues.WorkQueue(scope, 'Mails', { encryption });
  orders.addSubscription(new fanout.QueueSubscription(mails));
  const mailers = new workers.FunctionWorker(scope, 'Mailers', { source: workers.FunctionSource.queue(mails), function: mailFunction });
  uploads.grantRead(mailers);
}
mailsOnEc2(new Construct(stack, 'MailsOnEc2'));
mailsOnFargate(new Construct(stack, 'MailsOnFargate'));
mailsOnLambda(new Construct(stack, 'MailsOnLambda'));

// Requests, with durable and with temporary reply queues.
const prices = new queues.RequestResponse(stack, 'Prices', {
  requests: { visibilityTimeout: Duration.minutes(1) },
  replies: queues.ReplyQueues.durable({ retention: Duration.hours(1) }),
});
const storefront = prices.addRequester('Storefront');
const quotes = new queues.RequestResponse(stack, 'Quotes', {
  replies: queues.ReplyQueues.temporary({
    orphanedAfter: Duration.hours(2),
    sweepInterval: Duration.minutes(30),
    logRetention: logs.RetentionDays.ONE_WEEK,
  }),
});

// Who may do what.
const website = service('Website');
orders.grantPublish(website);
ledger.grantPublish(website);
payments.grantSendMessages(website);
documents.grantSendMessages(website);
contracts.grantSendMessages(website);
storefront.grantRequest(website);
quotes.grantRequest(website);
clicks.grantWrite(website);
sales.grantPutRecords(website);
sales.grant(website, 'firehose:DescribeDeliveryStream', 'firehose:ListTagsForDeliveryStream');
const office = service('Office');
for (const queue of [billing, warehouse, audit, balances, statements, search, reports, rejected, thumbnails, catalog, documents]) {
  queue.grantConsumeMessages(office);
}
prices.grantRespond(office);
quotes.grantRespond(office);
const operator = service('Operator');
payments.grantRedrive(operator);
billing.grantConsumeDeadLetters(operator);

// Alarms, which notify a topic with a customer key.
const incidents = new fanout.FanOut(stack, 'Incidents', { encryption });
incidents.allowService(access.ServiceSource.alarms());
incidents.allowService(access.ServiceSource.databaseEvents());
incidents.addQueue('Pager');
function alarm(id: string, metric: cloudwatch.IMetric, threshold: number) {
  const { GREATER_THAN_THRESHOLD: comparisonOperator } = cloudwatch.ComparisonOperator;
  const created = new cloudwatch.Alarm(stack, id, { metric, threshold, comparisonOperator, evaluationPeriods: 1 });
  created.addAlarmAction(new actions.SnsAction(incidents));
}
alarm('BillingDeadLetters', billing.metricDeadLetters(), 0);
alarm('SharedDeadLettersAlarm', shared.metricDeadLetters({ period: Duration.minutes(15) }), 0);
alarm('PaymentsBacklog', payments.metricBacklog({ label: 'Payments that wait' }), 1000);
alarm('ResizersBacklog', resizers.metricBacklogPerWorker(), 30);
alarm('CashiersInService', cashiers.metricInServiceInstances(), 3);
alarm('ArchiversRunning', archivers.metricRunningTasks(), 5);
alarm('IndexerErrors', indexer.metricErrors(), 0);
alarm('CleanerThrottles', cleaner.metricThrottles({ label: 'Removals that wait' }), 10);
alarm('ClicksFreshness', clicks.metricDataFreshness(), 900);
alarm('SalesFreshness', collector.metricDataFreshness(sales), 900);
alarm('SweeperErrors', quotes.metricSweeperErrors(), 0);

app.synth();
