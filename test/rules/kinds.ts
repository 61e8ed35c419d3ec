import { NamedTest, inFile } from './named-tests';

/** A kind of publisher, subscriber, producer or consumer. */
export interface Kind {
  readonly kind: string;
  /** The lines that connect it. */
  readonly calls: readonly [string, ...string[]];
  /** Another line that does the same. */
  readonly or?: string;
  /** The policies, the keys and the dead letters that the line brings. */
  readonly wired: string;
  readonly tests: readonly [NamedTest, ...NamedTest[]];
  /** The test of `test/flow` in which a message arrived, or why there is none. */
  readonly emulator: { readonly delivered: NamedTest } | { readonly notEmulated: string };
}

/** Kinds under one heading. */
interface KindsOf {
  readonly heading: string;
  readonly introduction: string;
  readonly kinds: readonly Kind[];
}

const services = inFile('queues/services.test.ts');
const targets = inFile('queues/destinations-and-targets.test.ts');
const inPlace = inFile('queues/in-place-of-a-queue.test.ts');
const users = inFile('queues/users-at-synthesis.test.ts');
const topic = inFile('fanout/topic.test.ts');
const fanOut = inFile('fanout/fan-out.test.ts');
const fifoFanOut = inFile('fanout/fifo-fan-out.test.ts');
const queueSubscription = inFile('fanout/queue-subscription.test.ts');
const subscriptions = inFile('fanout/subscriptions.test.ts');
const grantPublish = inFile('fanout/grant-publish.test.ts');
const publishers = inFile('fanout/publishers-at-synthesis.test.ts');
const protocols = inFile('fanout/protocols.test.ts');
const regions = inFile('fanout/regions.test.ts');
const workers = inFile('policies/workers.test.ts');
const workerKeys = inFile('workers/keys.test.ts');
const allowedAccounts = inFile('policies/accounts.test.ts');
const allowedGrants = inFile('policies/grants.test.ts');
const allowedServices = inFile('policies/services.test.ts');
const allowedFanOut = inFile('policies/fanout.test.ts');
const invariants = inFile('policies/invariants.test.ts');
const flowOfQueues = inFile('flow/queues.flow.ts');
const flowOfFanOut = inFile('flow/fan-out.flow.ts');
const flowOfFifo = inFile('flow/fifo.flow.ts');
const flowOfRedrive = inFile('flow/redrive.flow.ts');
const flowOfBuckets = inFile('flow/s3-events.flow.ts');

const SENDS = '%s > sends to a queue encrypted with %s that allows it, and to no other';
const PUBLISHES = 'a publisher of a topic > %s publishes to a topic with %s, and to no other';
const NOTIFIES = 'a service that notifies topics > %s: publishes to the topic that allows it, and to no other';
const MOVES = 'a subscription of the CDK > of %s moves what it cannot deliver to %s, for this topic alone';
const UNTIL_GRANTED = '%s > cannot use the key of %s, which is refused until it is granted';
const EXACTLY = 'a queue encrypted with %s > %s allows exactly that';
const DELIVERS_ALL = 'the example fan-out > brings every subscriber every message that its filter lets pass, and no other';

const ONE_ACCOUNT = { notEmulated: 'the emulator knows one account' };
const ONE_REGION = { notEmulated: 'the emulator knows one Region' };
const NO_SERVICE = { notEmulated: 'the emulator has no such service; a simulator evaluates the policies' };
const QUEUES_ONLY = { notEmulated: 'the emulator delivers to queues only' };

const INTO_QUEUES: KindsOf = {
  heading: 'Producers of queues',
  introduction: '`jobs` is a `WorkQueue`. Its own dead letters are those that a consumer cannot process.',
  kinds: [
    {
      kind: 'role, user, function, task, instance',
      calls: ['jobs.grantSendMessages(producer)'],
      wired: 'exact actions in the policy of the producer, on the queue and on a customer key',
      tests: [allowedGrants(EXACTLY, 'grantSendMessages')],
      emulator: { delivered: flowOfQueues('the same with short times > delays a message by the delivery delay') },
    },
    {
      kind: 'account, organization, role of another account',
      calls: ['jobs.grantSendMessages(new iam.OrganizationPrincipal(id))'],
      wired: 'the policies of the queue and of a customer key; for an imported one, a warning with the statement',
      tests: [
        allowedGrants('principals of another account > %s > sends to and works on a queue encrypted with %s, with the permission of its own account as well', 'an organization'),
        allowedAccounts('a queue shared with other accounts > %s: both sides are needed, on the queue and on its key', 'one role each, which need not exist yet'),
      ],
      emulator: ONE_ACCOUNT,
    },
    {
      kind: 'topic',
      calls: ['topic.addSubscription(new fanout.QueueSubscription(jobs))'],
      or: 'jobs.allowService(access.ServiceSource.topic(topic))',
      wired: 'the policies of the queue, its dead-letter queue and their keys, for the topic and its account; dead letters of the subscription',
      tests: [allowedServices(SENDS, 'a topic'), allowedFanOut('a queue takes from each of twenty-five topics, in one statement, and from no other')],
      emulator: { delivered: flowOfFanOut(DELIVERS_ALL) },
    },
    {
      kind: 'S3 bucket',
      calls: ['bucket.addEventNotification(event, new s3n.SqsDestination(jobs))'],
      or: 'jobs.allowService(access.ServiceSource.bucket(bucket))',
      wired: 'the policies of the queue and of a customer key, for the bucket and its account. S3 has no dead letters',
      tests: [allowedServices(SENDS, 'a bucket'), targets('the destination of bucket notifications > allows the bucket alone, on queue and key, before the notification is set')],
      emulator: { delivered: flowOfBuckets('events of a bucket > reach the queue with a customer key, by prefix and suffix, and from this bucket alone') },
    },
    {
      kind: 'EventBridge rule',
      calls: ['rule.addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue }))'],
      or: 'jobs.allowService(access.ServiceSource.rule(rule))',
      wired: 'the policies of both queues and of their keys, for the rule and its account; a warning without dead letters of the target',
      tests: [allowedServices(SENDS, 'a rule'), targets('the target of a rule > allows the rule alone, on the queue and its dead-letter queue')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'event bus, with its dead letters',
      calls: ["jobs.allowService(access.ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: bus.eventBusArn }))"],
      wired: 'the policies of the queue and of a customer key; refused at synthesis without this line',
      tests: [users('the dead-letter queue of an event bus > has to let it send, %s a customer key')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'EventBridge Scheduler, with the dead letters of a schedule',
      calls: ['jobs.grantSendMessages(role)'],
      wired: 'the CDK lets the role of the target send; the line adds a customer key, without which it is refused at synthesis',
      tests: [users(UNTIL_GRANTED, 'a schedule whose dead letters it takes')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'function, with its dead letters',
      calls: ['jobs.grantSendMessages(handler)'],
      wired: 'the CDK lets the function send; the line adds a customer key, without which it is refused at synthesis',
      tests: [users(UNTIL_GRANTED, 'a function whose dead letters it takes'), inPlace('%s in place of a queue > it takes the dead letters of a function', 'a work queue')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'HTTP API',
      calls: ["new HttpSqsIntegration('Jobs', { queue: jobs })", 'jobs.grantSendMessages(role)'],
      wired: 'the CDK creates a role that can send; the grant adds a customer key, without which it is refused at synthesis',
      tests: [users(UNTIL_GRANTED, 'an HTTP API')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'any other service that sends in its own name',
      calls: ['jobs.allowService(access.ServiceSource.of({ service, sourceArn }))'],
      wired: 'the policies of the queue and of a customer key, for the source and its account',
      tests: [allowedServices(SENDS, 'a pipe'), services('each source has one statement for the queue, and one without references for its key > a resource of any other service')],
      emulator: NO_SERVICE,
    },
  ],
};

const INTO_TOPICS: KindsOf = {
  heading: 'Publishers of topics',
  introduction: '`orders` is a `FanOut` or a `FifoFanOut`. A service, or another account, needs a topic with a customer key.',
  kinds: [
    {
      kind: 'role, user, function, task, instance',
      calls: ['orders.grantPublish(producer)'],
      wired: '`sns:Publish` in the policy of the producer and, with a customer key, two actions on it',
      tests: [allowedGrants('publishing to a %s topic > with the AWS managed key takes sns:Publish alone', 'standard'), allowedGrants('publishing with a customer key takes both of its actions')],
      emulator: { delivered: flowOfFanOut(DELIVERS_ALL) },
    },
    {
      kind: 'account, organization, role of another account',
      calls: ['orders.grantPublish(new iam.AccountPrincipal(id))'],
      wired: 'the policies of the topic and of its customer key; for an imported one, a warning with the statement',
      tests: [
        allowedGrants('principals of another account > %s > publishes to a topic with a customer key', 'an account'),
        allowedAccounts('a topic shared with other accounts > %s publishes, too', 'an organization'),
      ],
      emulator: ONE_ACCOUNT,
    },
    {
      kind: 'S3 bucket',
      calls: ['bucket.addEventNotification(event, new s3n.SnsDestination(orders))'],
      or: 'orders.allowService(access.ServiceSource.bucket(bucket))',
      wired: 'the policies of the topic and of its key, for the bucket and its account; refused for a FIFO topic',
      tests: [allowedServices(PUBLISHES, 'a bucket'), topic('what the CDK adds is completed > a bucket notification, with the flags %p')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'CloudWatch alarm',
      calls: ['orders.allowService(access.ServiceSource.alarms())', 'alarm.addAlarmAction(new SnsAction(orders))'],
      wired: 'the policies of the topic and of its key, for the alarms of the account and Region; refused at synthesis without the first line',
      tests: [allowedServices(PUBLISHES, 'alarms'), topic('what the CDK adds is completed > an alarm is found when the template is written, and let in by allowService')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'EventBridge rule',
      calls: ['rule.addTarget(new targets.SnsTopic(orders, { authorizeUsingRole: true }))'],
      wired: 'the CDK creates a role, which is granted `sns:Publish` and the key; refused without a role and for a FIFO topic',
      tests: [topic('what the CDK adds is completed > a rule with a role publishes')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'notification rule of the developer tools',
      calls: ['new NotificationRule(this, id, { source, events, targets: [orders] })'],
      wired: 'the policy of the topic, without conditions, and a warning; the policy of its key, for requests through SNS',
      tests: [
        topic('what the CDK adds is completed > a notification rule of the developer tools, without a condition, and with a warning'),
        allowedServices('a service that notifies topics > a notification rule: as AWS documents it'),
      ],
      emulator: NO_SERVICE,
    },
    {
      kind: 'backup vault',
      calls: ['orders.allowService(access.ServiceSource.backupVault(vault))'],
      or: 'new backup.BackupVault(this, id, { notificationTopic: orders })',
      wired: 'the policies of the topic and of its key, for the vault and its account; refused for a FIFO topic',
      tests: [allowedServices(NOTIFIES), allowedServices('a service that notifies topics > as %s of the CDK writes it, completed')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'budgets, cost anomalies',
      calls: ['orders.allowService(access.ServiceSource.budgets())', 'orders.allowService(access.ServiceSource.costAnomalies())'],
      wired: 'the policies of the topic and of its key, for the account; a warning for a FIFO topic',
      tests: [allowedServices(NOTIFIES)],
      emulator: NO_SERVICE,
    },
    {
      kind: 'events of databases (Amazon RDS)',
      calls: ['orders.allowService(access.ServiceSource.databaseEvents())'],
      wired: 'the policies of the topic and of its key, for the databases of the account and Region; refused for a FIFO topic',
      tests: [allowedServices(NOTIFIES)],
      emulator: NO_SERVICE,
    },
    {
      kind: 'email identity, configuration set, receipt rules (Amazon SES)',
      calls: ['orders.allowService(access.ServiceSource.emailIdentity(identity))', 'orders.allowService(access.ServiceSource.emailConfigurationSet(set))', 'orders.allowService(access.ServiceSource.emailReceiptRules(ruleSet))'],
      wired: 'the policies of the topic and of its key, for the source and its account; refused for a FIFO topic',
      tests: [allowedServices(NOTIFIES), allowedServices('a service that notifies topics > as %s of the CDK writes it, completed')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'construct of the CDK that grants to a service by its name, such as a backup vault',
      calls: ['orders.allowService(access.ServiceSource.of({ service, sourceArn }))'],
      wired: 'the policies of the topic and of its key, for the source and its account; refused without this line, before the construct',
      tests: [grantPublish('a service > that allowService let in needs no more statements, so that constructs of the CDK can grant to it by name')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'Auto Scaling group',
      calls: ['orders.grantPublish(new iam.ArnPrincipal(serviceLinkedRoleArn))'],
      wired: 'a statement in the policy of a customer key, without which it is refused at synthesis; `Ec2Workers` adds it for its notifications',
      tests: [
        publishers('an Auto Scaling group > whose role cannot use the customer key is refused until it is granted'),
        workerKeys('notifications to an encrypted topic > with a key of this app, %s: Auto Scaling is allowed to use it, once'),
      ],
      emulator: NO_SERVICE,
    },
    {
      kind: 'function with its dead letters, task of a state machine',
      calls: ['orders.grantPublish(handler)'],
      wired: 'the CDK lets the role publish; the line adds a customer key, without which it is refused at synthesis',
      tests: [
        publishers('%s > cannot use the key of the topic, which is refused until it is granted', 'a function whose dead letters it takes'),
        publishers('%s > cannot use the key of the topic, which is refused until it is granted', 'a task of a state machine'),
      ],
      emulator: NO_SERVICE,
    },
    {
      kind: 'any other service that publishes in its own name',
      calls: ['orders.allowService(access.ServiceSource.of({ service, sourceArn }))'],
      wired: 'the policies of the topic and of its key, for the source and its account',
      tests: [allowedServices(PUBLISHES, 'a pipe'), allowedServices('a publisher of a topic > a FIFO topic takes a pipe')],
      emulator: NO_SERVICE,
    },
  ],
};

const OUT_OF_TOPICS: KindsOf = {
  heading: 'Subscribers of topics',
  introduction: 'Each subscription has filters, dead letters and the checks of its protocol. It is created after the policies that it needs. `subs` is `aws-cdk-lib/aws-sns-subscriptions`.',
  kinds: [
    {
      kind: 'new queue',
      calls: ['orders.addQueue(id)'],
      wired: 'a work queue; the policies of both queues and of their keys; dead letters of the queue and of the subscription',
      tests: [fanOut('addQueue > makes a work queue and subscribes it, raw and filtered where asked for'), allowedFanOut('a %s fan-out > delivers to a queue encrypted with %s, and to its dead-letter queue', 'standard')],
      emulator: { delivered: flowOfFanOut(DELIVERS_ALL) },
    },
    {
      kind: 'FIFO queue of a FIFO topic',
      calls: ['ledger.addQueue(id)'],
      wired: 'as a new queue, with the deduplication and the throughput of the topic',
      tests: [fifoFanOut('addQueue > FIFO queues inherit deduplication and throughput, both of their properties'), allowedFanOut('a %s fan-out > delivers to a queue encrypted with %s, and to its dead-letter queue', 'FIFO')],
      emulator: { delivered: flowOfFifo('the example FIFO fan-out, which recognizes duplicates by their content > keeps the order within each account, in every FIFO queue, and brings each booking once') },
    },
    {
      kind: 'standard queue of a FIFO topic',
      calls: ['ledger.addQueue(id, { ordering: queues.Ordering.standard() })'],
      wired: 'as a new queue; the dead letters of the subscription are a FIFO queue of its own',
      tests: [fifoFanOut('addQueue > a standard queue: its subscription gets a FIFO dead-letter queue of its own'), allowedFanOut('a FIFO fan-out delivers to a standard queue, whose dead letters are of its own kind')],
      emulator: { delivered: flowOfFifo('the example FIFO fan-out, which recognizes duplicates by their content > brings the standard queue raw bookings') },
    },
    {
      kind: 'existing queue',
      calls: ['orders.addSubscription(new fanout.QueueSubscription(queue))'],
      or: 'orders.addSubscription(new subs.SqsSubscription(queue))',
      wired: 'the policies of the queue, its dead-letter queue and their keys; for imported ones, warnings with the statements',
      tests: [
        queueSubscription('defaults > of a work queue: its dead-letter queue, complete policies, in that order'),
        subscriptions('a subscription of the CDK by %s > gets a dead-letter queue that SNS can reach, and waits for its policy', 'sqs'),
        allowedFanOut('an imported queue and key > refuse until they have the statements that the warnings give'),
      ],
      emulator: { delivered: flowOfFanOut('a fan-out over several stacks > delivers to queues with a customer key in stacks of their own') },
    },
    {
      kind: 'queue of another account',
      calls: ['orders.addSubscription(new fanout.QueueSubscription(queue))'],
      wired: '`sns:Subscribe` in the policy of the topic, for this queue; the policies of the queue and of its key, for the topic and its account',
      tests: [
        allowedFanOut('sns:Subscribe for other accounts > each subscribes its own queues, and none those of another (minimizePolicies: %p)'), allowedFanOut('over several stacks > a topic of another account'),
        allowedAccounts('the example order-bus, in two accounts > the bus delivers to the queues and dead letters of both accounts'),
      ],
      emulator: ONE_ACCOUNT,
    },
    {
      kind: 'queue of another Region',
      calls: ['orders.addSubscription(new fanout.QueueSubscription(queue, { subscriptionDeadLetters }))'],
      wired: 'as an existing queue, with the principal of an opt-in Region; dead letters in the Region of the topic',
      tests: [
        allowedFanOut('across Regions > from %s to %s the dead letters are delivered where the topic is, within its Region'),
        regions('two Regions of one account > a queue with a name in the stack of the topic takes them, under a policy and a key that name the topic'),
      ],
      emulator: ONE_REGION,
    },
    {
      kind: 'account, organization or role that subscribes on its own',
      calls: ['orders.grantSubscribe(subscriber)'],
      wired: '`sns:Subscribe` in the policy of the role, or of the topic',
      tests: [
        allowedGrants('subscribing takes sns:Subscribe alone, for a role of the account and for another account'),
        allowedAccounts('a topic shared with other accounts > %s subscribes with the permission of both sides, and only what the conditions allow', 'an organization'),
      ],
      emulator: ONE_ACCOUNT,
    },
    {
      kind: 'function',
      calls: ['orders.addSubscription(new subs.LambdaSubscription(handler))'],
      wired: 'the permission of the function, also for an opt-in Region; dead letters of the subscription',
      tests: [allowedFanOut('a subscription of the CDK > of a function lets each of its topics invoke it, and no other'), allowedFanOut(MOVES, 'a function')],
      emulator: QUEUES_ONLY,
    },
    {
      kind: 'delivery stream',
      calls: ['orders.addSubscription(new subs.FirehoseSubscription(stream))'],
      wired: 'the role of the CDK, before which nothing is subscribed; dead letters of the subscription',
      tests: [
        subscriptions('a subscription of the CDK by %s > gets a dead-letter queue that SNS can reach, and waits for its policy', 'firehose'),
        subscriptions('a delivery stream with a role of the user: the subscription waits for the policy of the role'),
      ],
      emulator: QUEUES_ONLY,
    },
    {
      kind: 'URL',
      calls: ['orders.addSubscription(new subs.UrlSubscription(url))'],
      wired: 'the retry policy that is given; dead letters of the subscription. The endpoint confirms',
      tests: [allowedFanOut(MOVES, 'a URL'), subscriptions('the delivery policy of a URL stays')],
      emulator: QUEUES_ONLY,
    },
    {
      kind: 'e-mail address',
      calls: ['orders.addSubscription(new subs.EmailSubscription(address))'],
      wired: 'dead letters of the subscription. The reader confirms',
      tests: [allowedFanOut(MOVES, 'an e-mail address')],
      emulator: QUEUES_ONLY,
    },
    {
      kind: 'phone number',
      calls: ['orders.addSubscription(new subs.SmsSubscription(number))'],
      wired: 'dead letters of the subscription, also the one that the CDK forgets',
      tests: [allowedFanOut(MOVES, 'a phone number')],
      emulator: QUEUES_ONLY,
    },
    {
      kind: 'mobile device',
      calls: ['orders.addSubscription(new fanout.MobilePushSubscription(endpointArn))'],
      wired: 'dead letters of the subscription. The platform application and its endpoint exist already',
      tests: [protocols('a mobile device > is subscribed by the ARN of its platform endpoint, with a dead-letter queue')],
      emulator: QUEUES_ONLY,
    },
  ],
};

const OUT_OF_QUEUES: KindsOf = {
  heading: 'Consumers of queues',
  introduction: '`jobs` is a `WorkQueue`.',
  kinds: [
    {
      kind: 'role, user, task, instance',
      calls: ['jobs.grantConsumeMessages(consumer)'],
      wired: 'exact actions in the policy of the consumer, on the queue and on a customer key',
      tests: [allowedGrants(EXACTLY, 'grantConsumeMessages')],
      emulator: { delivered: inFile('flow/load.flow.ts')("20 subscribers under load, with consumers that crash > loses none of ${PUBLISHED.toLocaleString('en')} messages: each is processed or a dead letter for each of its subscribers") },
    },
    {
      kind: 'function',
      calls: ['handler.addEventSource(new SqsEventSource(jobs))'],
      wired: 'the mapping of the CDK; exact actions in the policy of the function, on the queue and on a customer key',
      tests: [invariants('%s > every function that is fed by a queue may work on it'), inPlace('%s in place of a queue > SqsEventSource reads from it', 'a work queue')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'EC2 instances that scale on the queue',
      calls: ['new workers.Ec2Workers(this, id, { queue: jobs, vpc, scaling })'],
      wired: 'a role with exact actions on the queue and on its key, and on the group of the instances',
      tests: [workers('workers on a queue encrypted with %s > and %s: their own queue, key and group, and nothing else')],
      emulator: { notEmulated: 'the emulator starts no instances; the scaling is evaluated in `test/workers`' },
    },
    {
      kind: 'reader of dead letters',
      calls: ['jobs.grantConsumeDeadLetters(inspector)'],
      wired: 'exact actions on the dead-letter queue, on its key and on that of the queue',
      tests: [allowedGrants(EXACTLY, 'grantConsumeDeadLetters')],
      emulator: { delivered: flowOfQueues('the same with short times > collects the dead letters of several queues in a shared one, each after its receives') },
    },
    {
      kind: 'operator who moves dead letters back',
      calls: ['jobs.grantRedrive(operator)'],
      wired: 'exact actions on both queues and on their keys',
      tests: [allowedGrants(EXACTLY, 'grantRedrive')],
      emulator: { delivered: flowOfRedrive("redrive in the example dead-letter queue > brings a dead letter back to where it came from, by the operator alone (${name}${fifo ? ', FIFO with a customer key' : ''})") },
    },
  ],
};

export const KINDS: readonly KindsOf[] = [INTO_QUEUES, INTO_TOPICS, OUT_OF_TOPICS, OUT_OF_QUEUES];
