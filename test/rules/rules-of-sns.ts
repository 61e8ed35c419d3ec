import { inFile } from './named-tests';
import { OTHERS, SNS } from './pages';
import type { Topic } from './rule';

const fanOut = inFile('fanout/fan-out.test.ts');
const fanOutTopic = inFile('fanout/fan-out-topic.test.ts');
const fifoFanOut = inFile('fanout/fifo-fan-out.test.ts');
const topic = inFile('fanout/topic.test.ts');
const queueSubscription = inFile('fanout/queue-subscription.test.ts');
const subscriptions = inFile('fanout/subscriptions.test.ts');
const filterPolicy = inFile('fanout/filter-policy.test.ts');
const protocols = inFile('fanout/protocols.test.ts');
const regions = inFile('fanout/regions.test.ts');
const deadLetterStacks = inFile('fanout/dead-letter-stacks.test.ts');
const grantPublish = inFile('fanout/grant-publish.test.ts');
const lateChanges = inFile('fanout/late-changes.test.ts');
const sameNames = inFile('private/unique-names.test.ts');
const publishers = inFile('fanout/publishers-at-synthesis.test.ts');
const services = inFile('queues/services.test.ts');
const workerKeys = inFile('workers/keys.test.ts');
const seams = inFile('delivery/seams.test.ts');
const allowedGrants = inFile('policies/grants.test.ts');
const allowedServices = inFile('policies/services.test.ts');
const allowedFanOut = inFile('policies/fanout.test.ts');
const invariants = inFile('policies/invariants.test.ts');
const flowOfFanOut = inFile('flow/fan-out.flow.ts');
const flowOfFifo = inFile('flow/fifo.flow.ts');
const flowOfFilters = inFile('flow/filters.flow.ts');
const gate = inFile('flow/gate.flow.ts');

const DEFAULTS = 'a new topic > has exactly these defaults, %s';
const REFUSED_TOPIC = 'a new topic > refuses %s';
const EVERY_OPTION = 'a new topic > every option reaches the topic';
const FIFO_DEFAULTS = 'the topic > has exactly these defaults, %s';
const REFUSED_FIFO_TOPIC = 'the topic > refuses %s';
const REFUSED_SUBSCRIPTION = 'refused > %s';
const REFUSED_FILTER = 'what SNS refuses > %s';
const TAKEN_FILTER = 'what SNS takes > %s';
const EACH_SUBSCRIPTION = 'a subscription of the CDK by %s';
const EXAMPLE_FAN_OUT = 'the example fan-out';
const EXAMPLE_FIFO = 'the example FIFO fan-out, which recognizes duplicates by their content';

const TOPIC: Topic = {
  heading: 'topics',
  rules: [
    {
      rule: 'A name is unique in an account and Region.',
      source: SNS.createTopic,
      answers: ['refused at synthesis', 'wired'],
      tests: [sameNames('%s with one name in an account and Region are refused when the template is written', 'two topics'), fifoFanOut('two in one stack have names of their own')],
    },
    {
      rule: 'A name has up to 256 letters, digits, hyphens and underscores. That of a FIFO topic ends with `.fifo`, and that of a standard topic does not.',
      source: SNS.createTopic,
      answers: ['refused at the call'],
      tests: [
        fanOutTopic(REFUSED_TOPIC, 'topicName of 257'), fanOutTopic(REFUSED_TOPIC, 'topicName of a FIFO topic'), fifoFanOut(REFUSED_FIFO_TOPIC, 'a name without .fifo'),
        fifoFanOut(REFUSED_FIFO_TOPIC, 'a name of 252 before .fifo'),
      ],
    },
    {
      rule: 'CloudFormation generates no name with `.fifo`, so a FIFO topic needs one that is unique.',
      source: SNS.fifo,
      answers: ['wired'],
      tests: [
        fifoFanOut('the topic > its name has the identifier of the stack, so that one template can be deployed twice, and fits 256 characters'),
        fifoFanOut('two in one stack have names of their own'),
      ],
    },
    {
      rule: 'A display name has up to 100 characters.',
      source: SNS.createTopic,
      answers: ['refused at the call'],
      tests: [fanOutTopic(REFUSED_TOPIC, 'displayName of 101'), fifoFanOut(REFUSED_FIFO_TOPIC, 'a display name of 101')],
    },
    {
      rule: 'The signature of a delivery is SHA-1 unless `SignatureVersion` is 2.',
      source: SNS.signatures,
      answers: ['wired'],
      tests: [fanOutTopic(DEFAULTS), fifoFanOut(FIFO_DEFAULTS)],
    },
    {
      rule: 'A standard topic can record X-Ray segments.',
      source: SNS.tracing,
      answers: ['wired'],
      tests: [fanOutTopic(EVERY_OPTION)],
    },
    {
      rule: 'The rate of successful deliveries that are logged is 0 to 100 percent.',
      source: SNS.deliveryStatus,
      answers: ['refused at the call'],
      tests: [fanOutTopic(REFUSED_TOPIC, 'a sample rate of 101'), fanOutTopic(REFUSED_TOPIC, 'a sample rate of -1'), fanOutTopic('a new topic > delivery status logs > have one role with exact actions for all that have none')],
    },
    {
      rule: 'SNS writes delivery status logs with a role that it can assume.',
      source: SNS.deliveryStatus,
      answers: ['wired'],
      tests: [fanOutTopic('a new topic > delivery status logs > have one role with exact actions for all that have none')],
    },
    {
      rule: 'A message has up to 256 KiB, or up to 1 MiB with `MaximumMessageSize`, which limits the topic to 100 subscriptions of queues, functions and delivery streams.',
      source: SNS.largeMessages,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        protocols('what SNS supports for a protocol > %s: a topic with messages of more than 256 KiB, for SQS, Lambda and Firehose'),
        fanOutTopic('a new topic > messages of up to %s are allowed'),
        lateChanges('MaximumMessageSize > of more than 256 KiB is refused with a protocol that does not have it, at the subscription'),
        lateChanges('MaximumMessageSize > of more than 256 KiB is refused with more than 100 subscriptions'),
      ],
    },
    {
      rule: 'The limit of messages a second of a FIFO topic is for each message group (`FifoThroughputScope`) or for the topic.',
      source: SNS.fifoOrder,
      answers: ['wired'],
      tests: [fifoFanOut(FIFO_DEFAULTS), fifoFanOut('the topic > every option reaches it')],
    },
    {
      rule: 'SNS limits the topics of an account, and the calls and messages a second of a Region.',
      source: SNS.quotas,
      notHeld: 'SNS counts them. No template knows the rest of the account.',
    },
    {
      rule: 'A topic has one policy: a second one replaces the first.',
      source: SNS.access,
      answers: ['refused at synthesis', 'wired'],
      tests: [publishers('a second policy of a topic > would replace the first, and is refused'), publishers('a second policy of a topic > of an existing topic as well, and of a FIFO topic')],
    },
    {
      rule: 'A topic policy has at most 100 statements.',
      source: SNS.quotas,
      answers: ['refused at synthesis', 'wired'],
      tests: [
        publishers('a policy of %i statements is refused: %p'), fanOutTopic('allowService > several buckets share a statement'),
        queueSubscription('topics of this app, queues of other accounts > one statement for each account names its queues, nothing refers to them, and they wait for it (minimizePolicies: %p)'),
      ],
    },
    {
      rule: 'A topic policy has at most 30 KB.',
      source: SNS.quotas,
      answers: ['refused at synthesis', 'warned'],
      tests: [
        publishers('the size of a topic policy > is 30720 bytes at most, of what is known'),
        publishers('the size of a topic policy > is estimated where ARNs are only known at deployment, which is warned of'),
      ],
    },
    {
      rule: 'Requests without TLS are accepted unless the policy denies them.',
      source: SNS.security,
      answers: ['wired'],
      tests: [fanOutTopic(DEFAULTS), invariants('%s > has one policy at most on each resource, and what is not TLS is denied to everybody')],
    },
  ],
};

const ARCHIVE: Topic = {
  heading: 'archive and replay',
  rules: [
    {
      rule: 'Only a FIFO topic has an archive, which keeps messages for 1 to 365 days.',
      source: SNS.archive,
      answers: ['refused at the call'],
      tests: [fifoFanOut('the topic > an archive of %s'), fifoFanOut(REFUSED_FIFO_TOPIC, 'an archive of 366 days'), fifoFanOut(REFUSED_FIFO_TOPIC, 'an archive of less than a day')],
    },
    {
      rule: 'A topic with an archive cannot be deleted.',
      source: SNS.archive,
      notHeld: 'SNS refuses the deletion. The docstring of `archiveRetention` says so.',
    },
    {
      rule: 'A replay needs a FIFO topic with an archive.',
      source: SNS.archive,
      answers: ['refused at the call'],
      tests: [
        queueSubscription(REFUSED_SUBSCRIPTION, 'a replay of a standard topic'), queueSubscription(REFUSED_SUBSCRIPTION, 'a replay of a topic without archive'),
        fifoFanOut('addQueue > a replay without archive is refused before anything is made'),
      ],
    },
    {
      rule: 'A replay starts at a time, and can end at a later one.',
      source: SNS.archive,
      answers: ['refused at the call', 'wired'],
      tests: [queueSubscription('replay > %s is refused', 'an end before the start'), queueSubscription('replay > since a time'), queueSubscription('replay > between two times')],
    },
  ],
};

const SUBSCRIBERS: Topic = {
  heading: 'subscriptions',
  rules: [
    {
      rule: 'A standard topic does not deliver to a FIFO queue.',
      source: SNS.fifoDelivery,
      answers: ['refused at the call'],
      tests: [
        queueSubscription(REFUSED_SUBSCRIPTION, 'a FIFO queue on a standard topic'), queueSubscription(REFUSED_SUBSCRIPTION, 'an imported FIFO queue on a standard topic'),
        fanOut('addQueue > a FIFO queue is refused where it was written, before anything is made'), services('is refused > a standard topic on a FIFO queue'),
      ],
    },
    {
      rule: 'A FIFO topic delivers to queues only.',
      source: SNS.fifoDelivery,
      answers: ['refused at the call'],
      tests: [subscriptions(`${EACH_SUBSCRIPTION} > a FIFO topic delivers to queues alone`, 'lambda'), subscriptions(`${EACH_SUBSCRIPTION} > a FIFO topic delivers to queues alone`, 'firehose')],
    },
    {
      rule: 'A FIFO topic delivers to FIFO queues in order, and to standard queues.',
      source: SNS.fifoDelivery,
      answers: ['wired'],
      tests: [
        fifoFanOut('addQueue > a standard queue: its subscription gets a FIFO dead-letter queue of its own'),
        flowOfFifo(`${EXAMPLE_FIFO} > keeps the order within each account, in every FIFO queue, and brings each booking once`),
        flowOfFifo(`${EXAMPLE_FIFO} > brings the standard queue raw bookings`),
      ],
    },
    {
      rule: 'A topic does not deliver to another topic.',
      source: SNS.queues,
      answers: ['refused at the call'],
      tests: [fanOutTopic('allowService > refuses %s, and changes nothing', 'another topic')],
    },
    {
      rule: 'A FIFO topic has at most 100 subscriptions.',
      source: SNS.quotas,
      answers: ['refused at the call'],
      tests: [
        fifoFanOut('100 subscriptions > the hundredth is taken, the next refused, and what was refused before does not count'),
        queueSubscription('100 subscriptions of a FIFO topic > are counted for the topic, whoever subscribes'),
      ],
    },
    {
      rule: 'A standard topic has at most 12,500,000 subscriptions, 5 of them of delivery streams for each account.',
      source: SNS.quotas,
      answers: ['warned'],
      tests: [protocols('the delivery streams of a topic > %d of one account: warned of at %p')],
    },
    {
      rule: 'A second subscription of an endpoint is the first one: SNS compares the topic, the protocol and the endpoint.',
      source: SNS.subscribe,
      answers: ['refused at the call'],
      tests: [
        queueSubscription('refused > a queue that is subscribed to the topic already'), subscriptions('%s is subscribed once', 'an address'),
        subscriptions('a function > is subscribed once, also where the CDK subscribed it'), subscriptions('a queue that was subscribed by either class is subscribed'),
      ],
    },
    {
      rule: 'SNS starts to deliver at once, and does not repeat a delivery that a policy refuses.',
      source: SNS.retries,
      answers: ['wired'],
      tests: [
        queueSubscription('one queue, many topics > every subscription waits for the policy, not only the first'),
        subscriptions(`${EACH_SUBSCRIPTION} > gets a dead-letter queue that SNS can reach, and waits for its policy`, 'lambda'),
        gate('the gate > stops ${control.name}', 'a queue without a policy'),
      ],
    },
    {
      rule: 'SNS repeats other deliveries for 6 hours or 23 days, depending on the protocol.',
      source: SNS.retries,
      notHeld: 'The times are those of the service.',
    },
    {
      rule: 'A subscription by HTTP or HTTPS can have a retry policy of its own.',
      source: SNS.retries,
      answers: ['wired'],
      tests: [subscriptions('the delivery policy of a URL stays')],
    },
    {
      rule: 'With raw delivery, a queue receives the message as it was published; without, in a JSON envelope.',
      source: SNS.raw,
      answers: ['wired'],
      tests: [queueSubscription('overrides > raw delivery %p'), flowOfFanOut(`${EXAMPLE_FAN_OUT} > brings raw messages as they were published, and the others in the envelope of SNS`)],
    },
    {
      rule: 'With raw delivery, a message with more than 10 attributes is not delivered to a queue.',
      source: SNS.raw,
      notHeld: 'The attributes are known when a message is published. The docstring of `rawMessageDelivery` says so.',
    },
    {
      rule: 'SNS writes to a delivery stream with a role, which the subscription names.',
      source: SNS.deliveryStreams,
      answers: ['wired'],
      tests: [subscriptions('a delivery stream with a role of the user: the subscription waits for the policy of the role')],
    },
    {
      rule: 'A delivery stream that reads a data stream takes no records of SNS.',
      source: SNS.deliveryStreams,
      answers: ['refused at the call'],
      tests: [seams('our stream is a delivery stream > an SNS subscription to a stream that reads a data stream is refused')],
    },
  ],
};

const FILTERS: Topic = {
  heading: 'filter policies',
  rules: [
    {
      rule: 'A filter policy has at most 5 keys; in the body, 5 leaf keys.',
      source: SNS.filterLimits,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        filterPolicy(REFUSED_FILTER, '6 attributes'), filterPolicy(REFUSED_FILTER, '6 leaf keys under two'), filterPolicy(TAKEN_FILTER, '5 leaf keys under one'),
        lateChanges('FilterPolicy > of an escape hatch is checked as one of the subscription, and told there'),
      ],
    },
    {
      rule: 'A filter policy has at most 150 combinations of values. In the body, a value counts once for each level of its key.',
      source: SNS.filterLimits,
      answers: ['refused at the call'],
      tests: [
        filterPolicy(REFUSED_FILTER, '151 values'), filterPolicy(REFUSED_FILTER, '156 by nesting'), filterPolicy(TAKEN_FILTER, '150 by nesting: 25 values on level 3, 2 on level 1'),
        subscriptions(`${EACH_SUBSCRIPTION} > a filter policy that SNS refuses is refused`, 'email'),
      ],
    },
    {
      rule: 'A filter policy has at most 256 KB.',
      source: SNS.filterLimits,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, '262145 bytes'), filterPolicy(TAKEN_FILTER, '262144 bytes')],
    },
    {
      rule: 'A pattern has at most 3 wildcards.',
      source: SNS.filterLimits,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, '4 wildcards'), filterPolicy(TAKEN_FILTER, '3 wildcards')],
    },
    {
      rule: 'The wildcards of a filter policy have a complexity of at most 100.',
      source: SNS.filterLimits,
      answers: ['refused at the call', 'warned'],
      tests: [
        filterPolicy(REFUSED_FILTER, '101 patterns with wildcards'), filterPolicy(TAKEN_FILTER, '100 patterns with wildcards'),
        filterPolicy('the complexity of wildcards > of %s is about %d, which is warned of'),
      ],
    },
    {
      rule: 'A number in a filter policy is from -1,000,000,000 to 1,000,000,000, and a range does not end before it starts.',
      source: SNS.filters,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, 'a number too large'), filterPolicy(REFUSED_FILTER, 'a range that is upside down'), filterPolicy(TAKEN_FILTER, 'numbers at both ends')],
    },
    {
      rule: 'A condition of a filter policy is a value, or an operator that SNS knows with an operand.',
      source: SNS.filters,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, 'an unknown operator'), filterPolicy(REFUSED_FILTER, 'an empty prefix'), filterPolicy(TAKEN_FILTER, 'every operator')],
    },
    {
      rule: 'A key of a filter policy has at least one condition.',
      source: SNS.filters,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, 'an attribute without conditions'), filterPolicy(REFUSED_FILTER, 'a leaf without conditions'), filterPolicy(REFUSED_FILTER, 'no attributes')],
    },
    {
      rule: 'CloudFormation does not accept `null` as a value.',
      source: SNS.filters,
      answers: ['refused at the call'],
      tests: [filterPolicy(REFUSED_FILTER, 'null as a value'), filterPolicy(REFUSED_FILTER, 'null within an operator')],
    },
    {
      rule: 'A subscription has one filter policy, for the attributes or for the body.',
      source: SNS.filters,
      answers: ['refused at the call', 'wired'],
      tests: [
        subscriptions(`${EACH_SUBSCRIPTION} > two filter policies are refused, of which the CDK would write one`, 'sqs'), filterPolicy('on attributes'), filterPolicy('on the body, nested'),
      ],
    },
    {
      rule: 'A message passes if each key has a value that matches. A body that is not JSON does not match.',
      source: SNS.filters,
      answers: ['left to the service'],
      tests: [
        flowOfFilters('filter policies > on ${where} let through what plain code does', 'the attributes'), flowOfFilters('filter policies > on ${where} let through what plain code does', 'the body'),
        flowOfFanOut(`${EXAMPLE_FAN_OUT} > keeps a body that is no JSON from the filter on the body, and from nobody else`),
      ],
    },
    {
      rule: 'A topic has at most 200 filter policies, unless AWS raises the quota.',
      source: SNS.filterLimits,
      answers: ['warned'],
      tests: [fanOut('filter policies > 200 give no warning, 201 give one, 202 no second'), fanOut('filter policies > are counted for the topic, whoever subscribes, and whatever import of it')],
    },
    {
      rule: 'An account has at most 10,000 filter policies, and a change takes up to 15 minutes.',
      source: SNS.filterLimits,
      notHeld: 'No template knows the rest of the account. The docstring of `FilterPolicy` says how long a change takes.',
    },
  ],
};

const DEAD_LETTERS: Topic = {
  heading: 'dead letters of subscriptions',
  rules: [
    {
      rule: 'A message that SNS cannot deliver is lost without a dead-letter queue.',
      source: SNS.deadLetters,
      answers: ['wired'],
      tests: [
        queueSubscription('defaults > of a queue without dead-letter queue: one of its own, 14 days, TLS only, SSE-SQS'), queueSubscription(REFUSED_SUBSCRIPTION, 'none without reason'),
        subscriptions(`${EACH_SUBSCRIPTION} > gets a dead-letter queue that SNS can reach, and waits for its policy`, 'https'),
      ],
    },
    {
      rule: 'The dead-letter queue of a subscription is in the account and Region of the subscription, which is in the Region of its topic.',
      source: SNS.deadLetters,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        queueSubscription(REFUSED_SUBSCRIPTION, 'dead letters in another account'), queueSubscription(REFUSED_SUBSCRIPTION, 'dead letters in another Region'),
        lateChanges('RedrivePolicy > with a queue of another account or Region is refused'),
        regions('two Regions of one account > %s would be in the Region of the queue: refused, and nothing is left behind', 'the default'),
        regions('two accounts > of two Regions: in the account of the subscription and the Region of the topic'),
      ],
    },
    {
      rule: 'The dead-letter queue of a subscription is a FIFO queue for a FIFO topic, and a standard queue for a standard topic.',
      source: SNS.deadLetters,
      answers: ['refused at the call', 'refused at synthesis', 'wired'],
      tests: [
        queueSubscription(REFUSED_SUBSCRIPTION, 'a FIFO queue for dead letters of a standard topic'),
        lateChanges('RedrivePolicy > with a FIFO queue is refused, by reference and by ARN'),
        queueSubscription(REFUSED_SUBSCRIPTION, 'a standard queue for dead letters of a FIFO topic'),
        fifoFanOut('addQueue > a standard queue: its subscription gets a FIFO dead-letter queue of its own'),
        flowOfFifo(`${EXAMPLE_FIFO} > lets SNS put what it cannot deliver into FIFO dead letters, also those of the standard queue`),
      ],
    },
    {
      rule: 'The policies of the dead-letter queue and of its customer key allow SNS for the topic.',
      source: SNS.deadLetters,
      answers: ['wired'],
      tests: [
        queueSubscription('overrides > an existing one: a statement in each policy'), queueSubscription('customer keys > two keys: a statement in each'),
        allowedFanOut('a subscription of the CDK > of %s moves what it cannot deliver to %s, for this topic alone', 'a function'),
        flowOfFanOut(`${EXAMPLE_FAN_OUT} > lets SNS put what it cannot deliver into the dead letters of each subscription`),
      ],
    },
    {
      rule: 'The policy of the dead-letter queue names the topic, so one in a third stack would make stacks depend on each other.',
      source: SNS.deadLetters,
      answers: ['refused at the call'],
      tests: [
        deadLetterStacks('a shared dead-letter queue elsewhere (FIFO: %p) > in a central stack, made in the order %p'),
        subscriptions(`${EACH_SUBSCRIPTION} > a dead-letter queue of a third stack is refused in the words of the subscription`, 'lambda'),
      ],
    },
    {
      rule: 'SNS cannot use `alias/aws/sqs`, neither for the subscribed queue nor for the dead-letter queue.',
      source: SNS.deadLetters,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        queueSubscription(REFUSED_SUBSCRIPTION, 'a queue with the AWS managed key'), queueSubscription(REFUSED_SUBSCRIPTION, 'dead letters in a queue with the AWS managed key'),
        queueSubscription('alias/aws/sqs when the template is written > %s on a plain queue, on its dead-letter queue and on a dedicated one is refused'),
      ],
    },
    {
      rule: 'A queue that SNS cannot deliver to cannot take its own dead letters.',
      source: SNS.deadLetters,
      answers: ['refused at the call'],
      tests: [queueSubscription(REFUSED_SUBSCRIPTION, 'dead letters in the queue itself'), queueSubscription(REFUSED_SUBSCRIPTION, 'dead letters in the queue itself, by another import')],
    },
  ],
};

const PLACES: Topic = {
  heading: 'Regions and accounts',
  rules: [
    {
      rule: 'SNS delivers to queues and functions of other Regions, and to no other endpoint.',
      source: SNS.regions,
      answers: ['refused at the call', 'wired'],
      tests: [
        regions('a delivery stream of another Region than its topic is refused'),
        queueSubscription('Regions > a topic in %s and a queue in %s: principal %s, Region %s'),
        subscriptions('a function > of a topic in %s, itself in %s, also lets the principals %p in'),
      ],
    },
    {
      rule: 'A subscription in another Region than its topic names the Region of the topic.',
      source: OTHERS.subscription,
      answers: ['wired'],
      tests: [
        queueSubscription('Regions > a topic in %s and a queue in %s: principal %s, Region %s'), fanOutTopic('an existing topic > imported'),
        subscriptions('a function > of a topic in %s, itself in %s, also lets the principals %p in'),
      ],
    },
    {
      rule: 'To and from an opt-in Region, SNS delivers as `sns.<Region>.amazonaws.com`: the Region of the queue if it is one, or else that of the topic.',
      source: SNS.regions,
      answers: ['wired'],
      tests: [
        services('Regions > a topic in %s reaches a queue in %s as %s'),
        allowedFanOut('over several stacks > a topic of a Region that has to be opted into, under the principal of that Region alone'),
        subscriptions('a function > of a topic in %s, itself in %s, also lets the principals %p in'),
        allowedFanOut('across Regions > from %s to %s the dead letters are delivered where the topic is, within its Region'),
      ],
    },
    {
      rule: 'A function takes a permission in its own Region only.',
      source: SNS.regions,
      answers: ['refused at the call'],
      tests: [subscriptions('a function > of another Region is refused where this stack would create its permission')],
    },
    {
      rule: 'The owner of a queue subscribes it to a topic of another account if the topic policy allows `sns:Subscribe`.',
      source: SNS.accounts,
      answers: ['wired', 'warned'],
      tests: [
        queueSubscription('topics of this app, queues of other accounts > one statement for each account names its queues, nothing refers to them, and they wait for it (minimizePolicies: %p)'),
        queueSubscription('other accounts > a topic of another account: the warning carries the statement, and both can be acknowledged'),
        allowedFanOut('sns:Subscribe for other accounts > each subscribes its own queues, and none those of another (minimizePolicies: %p)'),
      ],
    },
    {
      rule: 'If the owner of the topic subscribes a queue of another account, the owner of the queue has to confirm.',
      source: SNS.accounts,
      answers: ['warned'],
      tests: [queueSubscription('other accounts > a queue of another account: the subscription has to be confirmed')],
    },
    {
      rule: 'The policy of a queue in another account names the topic and the account of the topic.',
      source: SNS.accounts,
      answers: ['wired', 'warned'],
      tests: [
        allowedFanOut('over several stacks > a topic of another account'), queueSubscription('imported queues > of account %s: the warning carries the exact statement'),
        allowedFanOut('an imported queue and key > refuse until they have the statements that the warnings give'),
      ],
    },
    {
      rule: 'CloudFormation has no references across accounts and Regions: what is named there needs a name.',
      source: OTHERS.subscription,
      answers: ['refused at the call'],
      tests: [
        inFile('fanout/stacks.test.ts')('another account or Region > %s %s: a topic needs a name, nothing is left without one, and with one it works'),
        regions('two Regions of one account > a queue without a name there cannot be named from here'),
      ],
    },
    {
      rule: 'Whoever may subscribe reads every message.',
      source: SNS.access,
      answers: ['refused at the call', 'wired'],
      tests: [
        grantPublish('%s.grantSubscribe > refuses %s, as a grant, as a statement and by the facade', 'everyone'),
        allowedGrants('subscribing takes sns:Subscribe alone, for a role of the account and for another account'),
      ],
    },
  ],
};

const PUBLISHERS: Topic = {
  heading: 'publishers and keys',
  rules: [
    {
      rule: 'The key of a topic is symmetric, and in its Region.',
      source: SNS.keys,
      answers: ['refused at the call'],
      tests: [
        fanOutTopic('a new topic > a customer key that SNS cannot use > %s', 'asymmetric'), fanOutTopic('a new topic > a customer key that SNS cannot use > %s', 'of another Region'),
      ],
    },
    {
      rule: 'A publisher needs `kms:GenerateDataKey` and `kms:Decrypt` on a customer key.',
      source: SNS.keys,
      answers: ['wired'],
      tests: [grantPublish('%s.grantPublish > exactly two actions more with a customer key', 'FanOut'), allowedGrants('publishing with a customer key takes both of its actions')],
    },
    {
      rule: 'Nobody can change the policy of `alias/aws/sns`, so neither services nor other accounts can publish.',
      source: SNS.keys,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        fanOutTopic('allowService > refuses %s, and changes nothing', 'a service with the AWS managed key'), grantPublish('%s.grantPublish > refuses %s with the AWS managed key', 'another account'),
        topic('what could not publish is refused at once, and adds nothing > with the AWS managed key: %s', 'a bucket notification'),
        publishers('a topic with the AWS managed key > %s is refused by name', 'a bucket'),
        grantPublish('existing topics > imported with the AWS managed key, %s: not for who is elsewhere', 'of another account'),
      ],
    },
    {
      rule: 'A resource whose role the CDK lets publish publishes nothing if the role cannot use the key.',
      source: SNS.keys,
      answers: ['refused at synthesis'],
      tests: [
        publishers('%s > cannot use the key of the topic, which is refused until it is granted', 'a function whose dead letters it takes'),
        publishers('%s > cannot use the key of the topic, which is refused until it is granted', 'a task of a state machine'),
      ],
    },
    {
      rule: 'An explicit topic policy replaces the default one, which lets the account publish, alarms among it.',
      source: SNS.access,
      answers: ['refused at synthesis'],
      tests: [
        topic('what the CDK adds is completed > an alarm is found when the template is written, and let in by allowService'),
        publishers('an existing topic > made here, without a key and a policy of its own: SNS lets the alarms of its account in, and of no other'),
        publishers('an existing topic > with a policy that somebody else made: it counts'),
      ],
    },
    {
      rule: 'CloudWatch publishes as `cloudwatch.amazonaws.com`, for the alarm in `aws:SourceArn` and its account.',
      source: SNS.access,
      answers: ['wired'],
      tests: [fanOutTopic('allowService > alarms: of this account and Region'), allowedServices('a publisher of a topic > %s publishes to a topic with %s, and to no other', 'alarms')],
    },
    {
      rule: 'A notification of an alarm is dropped silently if the key does not allow CloudWatch.',
      source: SNS.keys,
      answers: ['refused at synthesis'],
      tests: [
        publishers('a topic with a customer key > whose policies do not let alarms in: both are named, as one problem'),
        publishers('a topic with a customer key > a key that allows only one of the two actions is not enough; a key that is imported does not tell'),
      ],
    },
    {
      rule: 'An alarm notifies topics of its own Region only.',
      source: OTHERS.alarms,
      answers: ['refused at synthesis'],
      tests: [publishers('an alarm of another Region > is refused by its Region, %s', 'let in')],
    },
    {
      rule: 'An alarm of another account needs a statement of its own.',
      source: SNS.access,
      answers: ['refused at synthesis'],
      tests: [publishers('accounts > an alarm of another account is not among the alarms of that of the topic'), publishers('accounts > it is let in by its own statement')],
    },
    {
      rule: 'A FIFO topic refuses a message without a message group. AWS does not document that CloudWatch sets one.',
      source: SNS.fifoOrder,
      answers: ['warned'],
      tests: [publishers('a FIFO topic > an alarm gives a warning that can be acknowledged'), flowOfFifo('a FIFO fan-out with explicit deduplication > drops what has the same deduplication id, whatever its content, and wants one')],
    },
    {
      rule: 'S3 publishes as `s3.amazonaws.com`, for the bucket in `aws:SourceArn` and its account.',
      source: OTHERS.bucketPermissions,
      answers: ['wired'],
      tests: [
        fanOutTopic('allowService > a bucket: topic policy and key policy'), topic('what the CDK adds is completed > a bucket notification, with the flags %p'),
        allowedServices('a publisher of a topic > %s publishes to a topic with %s, and to no other', 'a bucket'),
      ],
    },
    {
      rule: 'S3 does not publish to FIFO topics.',
      source: OTHERS.bucketEvents,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        fifoFanOut('the topic > a bucket as publisher is refused'), topic('what could not publish is refused at once, and adds nothing > a bucket with a FIFO topic'),
        publishers('a FIFO topic > a bucket is refused'),
      ],
    },
    {
      rule: 'S3 publishes to topics of its own Region only.',
      source: OTHERS.bucketEvents,
      answers: ['refused at the call'],
      tests: [topic('what could not publish is refused at once, and adds nothing > a bucket of another Region')],
    },
    {
      rule: 'SNS supports no conditions for EventBridge: a rule publishes with a role, or its statement allows the rules of every account.',
      source: OTHERS.ruleStatements,
      answers: ['refused at the call', 'refused at synthesis', 'warned'],
      tests: [
        fanOutTopic('allowService > refuses %s, and changes nothing', 'EventBridge'), topic('what could not publish is refused at once, and adds nothing > a rule without a role, with either key'),
        topic('what the CDK adds is completed > a rule with a role publishes'),
        publishers('a rule > with a customer key that does let it in, there is a warning that can be acknowledged on the fan-out'),
      ],
    },
    {
      rule: 'EventBridge does not send to FIFO topics.',
      source: OTHERS.ruleTargets,
      answers: ['refused at synthesis'],
      tests: [publishers('a FIFO topic > a rule is refused (%p)'), publishers('a FIFO topic > a statement for EventBridge is refused as well')],
    },
    {
      rule: 'Amazon EC2 Auto Scaling publishes with its service-linked role, which cannot use a customer key unless the key allows it.',
      source: OTHERS.autoScaling,
      answers: ['refused at synthesis', 'wired', 'warned'],
      tests: [
        publishers('an Auto Scaling group > whose role cannot use the customer key is refused until it is granted'),
        workerKeys('notifications to an encrypted topic > with a key of this app, %s: Auto Scaling is allowed to use it, once'),
        workerKeys('notifications to an encrypted topic > with %s: one warning with the statement to add', 'an imported key'),
      ],
    },
    {
      rule: 'A service that may publish without a condition on its source publishes for every account (confused deputy).',
      source: OTHERS.conditions,
      answers: ['refused at the call', 'wired'],
      tests: [
        grantPublish('%s.grantPublish > a bare service principal is refused'), grantPublish('a service > by the facade gets the account of the topic as a condition, on the topic and on the key'),
        invariants('%s > lets a service in for a source alone, by ARN and account'),
      ],
    },
    {
      rule: 'Not every service sends `aws:SourceArn`: AWS documents no condition for notification rules of the developer tools.',
      source: OTHERS.conditions,
      answers: ['wired', 'warned'],
      tests: [topic('what the CDK adds is completed > a notification rule of the developer tools, without a condition, and with a warning')],
    },
    {
      rule: 'A publisher of another account needs the permission in its own policy and in the policies of the topic and of the key.',
      source: SNS.keys,
      answers: ['wired', 'warned'],
      tests: [
        grantPublish('%s.grantPublish > another account with a customer key: in both policies'), allowedGrants('principals of another account > %s > publishes to a topic with a customer key', 'an organization'),
        grantPublish('existing topics > imported from another account: the warnings carry the statements for its topic and its key'),
        allowedGrants('imported resources of another account > a topic and its key let a role publish once they have the statements of the warnings'),
      ],
    },
    {
      rule: 'A topic that everyone may publish to takes messages of everyone.',
      source: SNS.access,
      answers: ['refused at the call'],
      tests: [
        grantPublish('%s.grantPublish > refuses everyone: %s', 'AnyPrincipal'), grantPublish('%s.grantPublish > refuses every user of an identity provider'),
        topic('a statement that allows publishing in other words > is refused for everyone: %s', 'a wildcard in the action'),
      ],
    },
  ],
};

export const TOPICS_OF_SNS: readonly Topic[] = [TOPIC, ARCHIVE, SUBSCRIBERS, FILTERS, DEAD_LETTERS, PLACES, PUBLISHERS];
