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
const fargate = inFile('policies/fargate.test.ts');
const functionWorker = inFile('policies/function-worker.test.ts');
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
const flowOfBucketEvents = inFile('flow/bucket-events.flow.ts');
const flowOfRequests = inFile('flow/request-response.flow.ts');
const allowedBucketEvents = inFile('policies/bucket-events.test.ts');
const allowedRequests = inFile('policies/request-response.test.ts');
const recipe = inFile('docs/cookbook.test.ts');

const SENDS = '%s > sends to a queue encrypted with %s that allows it, and to no other';
const PUBLISHES = 'a publisher of a topic > %s publishes to a topic with %s, and to no other';
const NOTIFIES = 'a service that notifies topics > %s: publishes to the topic that allows it, and to no other';
const MOVES = 'a subscription of the CDK > of %s moves what it cannot deliver to %s, for this topic alone';
const UNTIL_GRANTED = '%s > cannot use the key of %s, which is refused until it is granted';
const EXACTLY = 'a queue encrypted with %s > %s allows exactly that';
const DELIVERS_ALL = 'the example fan-out > brings every subscriber every message that its filter lets pass, and no other';

const REACH_QUEUES = 'through %s > events reach a queue encrypted with %s and its dead-letter queue, and no other queue';
const REACH_EACH = 'the events of a bucket for many queues > reach, through ${name}, each queue that wants them, once, and no other';
const BY_GRANTS = 'the same with short times > takes messages from a producer, and gives them to a consumer and to a reader of dead letters, each by its grant alone';
const OWN_REPLIES = 'durable reply queues with %s > each requester consumes its own replies only, and responders reply to all';
const ANSWERS = 'the example request-response > answers ${BRANCHES.length * REQUESTS_EACH} requests of ${BRANCHES.length} requesters by ${RESPONDERS} responders that crash: each reply reaches its requester, none is lost';

const ONE_ACCOUNT = { notEmulated: 'the emulator knows one account' };
const ONE_REGION = { notEmulated: 'the emulator knows one Region' };
const NO_SERVICE = { notEmulated: 'the emulator has no such service; a simulator evaluates the policies' };
const QUEUES_ONLY = { notEmulated: 'the emulator delivers to queues only' };

const INTO_QUEUES: KindsOf = {
  heading: 'Producers of queues',
  introduction: '`jobs` is a `WorkQueue`. Its own dead letters are those that a consumer cannot process. `prices` is a `RequestResponse`.',
  kinds: [
    {
      kind: 'role, user, function, task, instance',
      calls: ['jobs.grantSendMessages(producer)'],
      wired: 'exact actions in the policy of the producer, on the queue and on a customer key',
      tests: [allowedGrants(EXACTLY, 'grantSendMessages')],
      emulator: { delivered: flowOfQueues(BY_GRANTS) },
    },
    {
      kind: 'the same, with payloads of more than 1 MiB',
      calls: ['new queues.WorkQueue(this, id, { largePayloads: queues.LargePayloads.dedicated() })', 'jobs.grantSendMessages(producer)'],
      wired: 'a bucket for the payloads; exact actions on the queue, on its payloads and on a customer key',
      tests: [allowedGrants('large payloads > of a queue encrypted with %s > %s allows exactly that', 'grantSendMessages')],
      emulator: { notEmulated: 'the client libraries write and read the payloads; a simulator evaluates the policies' },
    },
    {
      kind: 'requester with a durable reply queue',
      calls: ['prices.addRequester(id).grantRequest(requester)'],
      wired: 'a reply queue; exact actions on the requests, on this reply queue alone and on a customer key',
      tests: [allowedRequests(OWN_REPLIES)],
      emulator: { delivered: flowOfRequests(ANSWERS) },
    },
    {
      kind: 'requester with a temporary reply queue',
      calls: ['prices.grantRequest(requester)'],
      wired: 'exact actions on the requests, and on the queues under the name prefix; a function that deletes orphaned reply queues',
      tests: [allowedRequests('temporary reply queues > a requester may create, tag, consume and delete those under the prefix; a responder may reply; the sweeper may look and delete')],
      emulator: { delivered: flowOfRequests('temporary reply queues > a requester creates its queue, receives its replies and deletes the queue') },
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
      kind: 'S3 bucket, through EventBridge, for queues that overlap',
      calls: ['new fanout.BucketEventFanOut(this, id, { bucket }).addQueue(id, { objects })'],
      wired: 'the notifications of the bucket; a rule for each queue; the policies of both queues and of their keys, for the rule and its account; dead letters of the rule',
      tests: [allowedBucketEvents(REACH_QUEUES, 'EventBridge')],
      emulator: { delivered: flowOfBucketEvents(REACH_EACH, 'EventBridge') },
    },
    {
      kind: 'S3 bucket, through a topic, for queues that overlap',
      calls: ['new fanout.BucketEventFanOut(this, id, { bucket, route: fanout.BucketEventRoute.topic() }).addQueue(id, { objects })'],
      wired: 'the notifications of the bucket; a topic with a key that S3 can use; a subscription for each queue, with a filter policy on the body; the policies and the dead letters of a subscription',
      tests: [allowedBucketEvents(REACH_QUEUES, 'a topic')],
      emulator: { delivered: flowOfBucketEvents(REACH_EACH, 'a topic') },
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
      kind: 'EventBridge Scheduler, for messages that the application schedules',
      calls: ['jobs.grantSendMessages(sender)'],
      wired: 'exact actions in the policy of the role of the schedules, on the queue and on a customer key',
      tests: [recipe('EventBridge Scheduler > sends with a role that can send, send dead letters and use the key, for its own group only')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'changes of a DynamoDB table, by EventBridge Pipes',
      calls: ['jobs.grantSendMessages(pipeRole)'],
      wired: 'exact actions in the policy of the role of the pipe, on the queue and on a customer key',
      tests: [recipe('DynamoDB to a queue: the role of one pipe reads the stream and sends, and the pipe is created after its policy')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'state machine that waits for a worker',
      calls: ['new tasks.SqsSendMessage(this, id, { queue: jobs, messageBody, integrationPattern })'],
      wired: 'the CDK lets the state machine send and use a customer key',
      tests: [recipe('Step Functions: the state machine can send and use the key, and the worker can answer')],
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
      tests: [users(UNTIL_GRANTED, 'an HTTP API'), recipe('API Gateway > sends the body as the message, with a role that can send and use the key')],
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
      emulator: { delivered: flowOfFanOut('the example fan-out > is published to by the shop, and by none of its consumers') },
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
      kind: 'queues in stacks of their own',
      calls: ['new fanout.SubscriberStacks(this, id, { topic: orders, stackCount }).addQueue(id)'],
      wired: 'as a new queue, in the stack that its ID belongs to',
      tests: [inFile('fanout/subscriber-stacks.test.ts')('1,000 subscribers: no cycle, and templates that CloudFormation accepts')],
      emulator: { delivered: flowOfFanOut('a fan-out over several stacks > delivers to the queues of subscriber stacks') },
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
  introduction: '`jobs` is a `WorkQueue`, and `prices` is a `RequestResponse`.',
  kinds: [
    {
      kind: 'role, user, task, instance',
      calls: ['jobs.grantConsumeMessages(consumer)'],
      wired: 'exact actions in the policy of the consumer, on the queue and on a customer key',
      tests: [allowedGrants(EXACTLY, 'grantConsumeMessages')],
      emulator: { delivered: flowOfQueues(BY_GRANTS) },
    },
    {
      kind: 'responder',
      calls: ['prices.grantRespond(responder)'],
      wired: 'exact actions on the requests, on all reply queues and on a customer key',
      tests: [allowedRequests(OWN_REPLIES)],
      emulator: { delivered: flowOfRequests(ANSWERS) },
    },
    {
      kind: 'pipe that starts a state machine',
      calls: ['jobs.grantConsumeMessages(pipeRole)'],
      wired: 'exact actions in the policy of the role of the pipe, on the queue and on a customer key',
      tests: [recipe('Pipes: a role that consumes and starts executions, and a pipe that waits for its policy')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'function',
      calls: ['handler.addEventSource(new SqsEventSource(jobs))'],
      wired: 'the mapping of the CDK; exact actions in the policy of the function, on the queue and on a customer key',
      tests: [invariants('%s > every function that is fed by a queue may work on it'), inPlace('%s in place of a queue > SqsEventSource reads from it', 'a work queue')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'function, with everything that it needs of the queue',
      calls: ['new workers.FunctionWorker(this, id, { source: workers.FunctionSource.queue(jobs), function: handler })'],
      wired: 'the mapping, with failures of single messages; exact actions in the policy of the function, on the queue and on its key; a default visibility timeout is raised to what the function needs',
      tests: [functionWorker('a function on %s > uses its own queue, key and logs, and nothing else'), invariants('%s > every function that is fed by a queue may work on it')],
      emulator: NO_SERVICE,
    },
    {
      kind: 'EC2 instances that scale on the queue',
      calls: ['new workers.Ec2Workers(this, id, { queue: jobs, vpc, command, scaling })'],
      wired: 'a role with exact actions on the queue and on its key, and on the group of the instances',
      tests: [workers('workers on a queue encrypted with %s > and %s: their own queue, key and group, and nothing else')],
      emulator: { notEmulated: 'the emulator starts no instances; `test/flow` runs the poller of a shell command, the scaling is evaluated in `test/workers`' },
    },
    {
      kind: 'Fargate tasks that scale on the queue',
      calls: ['new workers.FargateWorkers(this, id, { queue: jobs, vpc, command, scaling })'],
      wired: 'a role with exact actions on the queue and on its key, and on the tasks of the cluster',
      tests: [fargate('workers on a queue encrypted with %s > and %s: their own queue, key and the tasks of their cluster, and nothing else')],
      emulator: { notEmulated: 'the emulator starts no tasks; the scaling is evaluated in `test/workers`' },
    },
    {
      kind: 'reader of dead letters',
      calls: ['jobs.grantConsumeDeadLetters(inspector)'],
      wired: 'exact actions on the dead-letter queue, on its key and on that of the queue',
      tests: [allowedGrants(EXACTLY, 'grantConsumeDeadLetters')],
      emulator: { delivered: flowOfQueues(BY_GRANTS) },
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
