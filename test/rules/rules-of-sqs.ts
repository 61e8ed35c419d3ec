import { inFile } from './named-tests';
import { OTHERS, SQS } from './pages';
import type { Topic } from './rule';

const workQueue = inFile('queues/work-queue.test.ts');
const functions = inFile('workers/function-worker.test.ts');
const deadLetters = inFile('queues/dead-letters.test.ts');
const redriveAllow = inFile('queues/redrive-allow.test.ts');
const encryption = inFile('queues/encryption.test.ts');
const services = inFile('queues/services.test.ts');
const sources = inFile('access/source-problems.test.ts');
const targets = inFile('queues/destinations-and-targets.test.ts');
const notifications = inFile('queues/notification-checks.test.ts');
const inPlace = inFile('queues/in-place-of-a-queue.test.ts');
const grants = inFile('queues/grants.test.ts');
const environments = inFile('queues/environments.test.ts');
const atSynthesis = inFile('queues/queue-at-synthesis.test.ts');
const users = inFile('queues/users-at-synthesis.test.ts');
const metrics = inFile('queues/metrics.test.ts');
const sameNames = inFile('private/unique-names.test.ts');
const policyLimits = inFile('queues/policy-limits.test.ts');
const policySize = inFile('fanout/policy-size.test.ts');
const workers = inFile('workers/ec2-workers.test.ts');
const scaleToZero = inFile('workers/scale-to-zero.test.ts');
const allowedGrants = inFile('policies/grants.test.ts');
const allowedServices = inFile('policies/services.test.ts');
const endpoints = inFile('policies/endpoints.test.ts');
const restricted = inFile('access/restricted-messages.test.ts');
const invariants = inFile('policies/invariants.test.ts');
const flowOfQueues = inFile('flow/queues.flow.ts');
const flowOfFifo = inFile('flow/fifo.flow.ts');
const flowOfRedrive = inFile('flow/redrive.flow.ts');
const flowOfBuckets = inFile('flow/s3-events.flow.ts');

const REFUSED_BY_FUNCTIONS = '%s is refused, and nothing is left behind';
const BOUNDS = 'bounds > %s %s is refused';
const OVERRIDES = 'overrides > %s %s';
const UNTIL_GRANTED = '%s > cannot use the key of %s, which is refused until it is granted';
const EACH_SOURCE = 'each source has one statement for the queue, and one without references for its key';

const LIMITS: Topic = {
  heading: 'limits of a queue',
  rules: [
    {
      rule: 'A message is kept for 60 seconds to 14 days.',
      source: SQS.messages,
      answers: ['refused at the call'],
      tests: [workQueue(BOUNDS, 'retention'), workQueue(OVERRIDES, 'retention'), deadLetters('dedicated > is not kept for %s')],
    },
    {
      rule: 'A queue delays a message by 0 seconds to 15 minutes.',
      source: SQS.delay,
      answers: ['refused at the call'],
      tests: [workQueue(BOUNDS, 'deliveryDelay'), workQueue(OVERRIDES, 'deliveryDelay'), flowOfQueues('the same with short times > delays a message by the delivery delay')],
    },
    {
      rule: 'The retention counts from when a message is sent. With a delay that is as long, no message is ever received.',
      source: SQS.delay,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        atSynthesis('a delay that is not shorter than the retention > of %d seconds in %d is refused'),
        atSynthesis('a delay that is not shorter than the retention > by %s is told when the template is written'),
      ],
    },
    {
      rule: 'A FIFO queue delays all messages alike; a message cannot have a timer of its own.',
      source: SQS.delay,
      notHeld: 'The delay of a message is a parameter of the producer. The prop `deliveryDelay` is that of the queue.',
    },
    {
      rule: 'The visibility timeout is 0 seconds to 12 hours.',
      source: SQS.visibility,
      answers: ['refused at the call'],
      tests: [
        workQueue(BOUNDS, 'visibilityTimeout'), workQueue(OVERRIDES, 'visibilityTimeout'),
        flowOfQueues('the same with short times > hides a message for the visibility timeout, then shows it again'),
      ],
    },
    {
      rule: 'A message that is worked on for longer than the visibility timeout is received again, also from a FIFO queue.',
      source: SQS.visibility,
      answers: ['warned', 'left to the service'],
      tests: [
        workers('the queue > a visibility timeout of %p seconds and %p seconds of work: warning %p'),
        flowOfQueues('the same with short times > moves what a crashed consumer never gave back (${name})', 'FailingInOrder'),
      ],
    },
    {
      rule: 'Extensions of the visibility timeout end 12 hours after the message was received.',
      source: SQS.visibility,
      notHeld: 'A consumer extends it. The message of the upper bound of `visibilityTimeout` says so.',
    },
    {
      rule: 'A receive call waits for 0 to 20 seconds. Without a value, SQS polls a subset of its servers (short polling).',
      source: SQS.polling,
      answers: ['refused at the call', 'wired'],
      tests: [
        workQueue(BOUNDS, 'receiveMessageWaitTime'), workQueue('defaults > of the queue'),
        flowOfQueues('the same with short times > waits on an empty queue for as long as the queue says'),
      ],
    },
    {
      rule: 'The maximum size of a message is 1 KiB to 1 MiB.',
      source: SQS.messages,
      answers: ['refused at the call'],
      tests: [workQueue(BOUNDS, 'maxMessageSize'), workQueue(OVERRIDES, 'maxMessageSize')],
    },
    {
      rule: 'Larger data goes to Amazon S3, and the message refers to it.',
      source: SQS.messages,
      answers: ['wired'],
      tests: [allowedGrants('large payloads > of a queue encrypted with %s > %s allows exactly that', 'grantSendMessages')],
    },
    {
      rule: 'A batch has at most 10 messages, and a message at most 10 attributes.',
      source: SQS.messages,
      notHeld: 'These are parameters of the producer, known when it sends.',
    },
    {
      rule: 'A name has up to 80 letters, digits, hyphens and underscores, `.fifo` included.',
      source: SQS.queues,
      answers: ['refused at the call'],
      tests: [workQueue(BOUNDS, 'queueName'), workQueue('FIFO > refuses the name %p'), workQueue('FIFO > takes the name %s')],
    },
    {
      rule: 'A name is unique in an account and Region.',
      source: SQS.queues,
      answers: ['refused at synthesis', 'wired'],
      tests: [
        sameNames('%s with one name in an account and Region are refused when the template is written', 'two work queues'),
        workQueue('defaults > of the queue'),
      ],
    },
    {
      rule: 'The name of a FIFO queue ends with `.fifo`, and that of a standard queue does not.',
      source: SQS.queues,
      answers: ['refused at the call', 'wired'],
      tests: [
        workQueue('FIFO > refuses the name %p', 'jobs'), workQueue('tokens > a name %s by .fifo'),
        workQueue('FIFO > is inherited by the dead-letter queue, high throughput in both of its properties'),
      ],
    },
    {
      rule: 'About 120,000 messages of a queue can be in flight.',
      source: SQS.queues,
      notHeld: 'SQS counts them while consumers work.',
    },
    {
      rule: 'SQS publishes no metrics of a queue without activity for 6 hours.',
      source: SQS.monitoring,
      answers: ['wired'],
      tests: [scaleToZero('the last instance > is started again after the metrics of the queue have stopped')],
    },
  ],
};

const FIFO: Topic = {
  heading: 'FIFO queues and fair queues',
  rules: [
    {
      rule: 'The limit for each message group (`FifoThroughputLimit`) needs deduplication for each message group (`DeduplicationScope`).',
      source: SQS.highThroughput,
      answers: ['wired', 'refused at synthesis'],
      tests: [
        workQueue('FIFO > is inherited by the dead-letter queue, high throughput in both of its properties'), workQueue('FIFO > standard throughput sets neither'),
        atSynthesis('a throughput limit for each message group > without its deduplication scope is refused (%s)'),
        atSynthesis('a throughput limit for each message group > as it is on a dead-letter queue, dedicated or shared'),
      ],
    },
    {
      rule: 'A message group has 300 calls a second for each action, and a Region a quota for the whole queue.',
      source: SQS.highThroughput,
      notHeld: 'SQS counts the calls. Producers spread their messages over message groups.',
    },
    {
      rule: 'The messages of a group are received in order, and the next ones wait for those in flight. Other groups do not wait.',
      source: SQS.exactlyOnce,
      answers: ['left to the service'],
      tests: [
        flowOfFifo('the example FIFO fan-out, which recognizes duplicates by their content > keeps the order within each account, in every FIFO queue, and brings each booking once'),
        flowOfFifo('the example FIFO fan-out, which recognizes duplicates by their content > lets no second message of an account out before the first is done, and other accounts do not wait'),
      ],
    },
    {
      rule: 'With content-based deduplication, a message with the same body is dropped; otherwise one with the same deduplication ID, which is then required.',
      source: SQS.exactlyOnce,
      answers: ['wired'],
      tests: [
        workQueue('FIFO > standard throughput sets neither'),
        flowOfFifo('the example FIFO fan-out, which recognizes duplicates by their content > drops a booking with the same content, and keeps one whose content differs'),
        flowOfFifo('a FIFO fan-out with explicit deduplication > drops what has the same deduplication id, whatever its content, and wants one'),
      ],
    },
    {
      rule: 'A duplicate is recognized within 5 minutes.',
      source: SQS.exactlyOnce,
      notHeld: 'The interval is that of the service. No property changes it.',
    },
    {
      rule: 'CloudFormation accepts `FifoQueue: true` or no value, and no FIFO property of a standard queue.',
      source: SQS.attributes,
      answers: ['wired'],
      tests: [workQueue('FIFO > a standard queue says nothing of FIFO')],
    },
    {
      rule: 'A standard queue is fair to message groups if producers send a group ID.',
      source: SQS.fair,
      notHeld: 'Fair queues have no property: producers choose them.',
    },
  ],
};

const DEAD_LETTERS: Topic = {
  heading: 'dead letters and redrive',
  rules: [
    {
      rule: 'A message is moved after `maxReceiveCount` receives, 1 to 1,000.',
      source: SQS.deadLetters,
      answers: ['refused at the call', 'wired'],
      tests: [
        deadLetters('how often a message is received > %s: not %p times', 'dedicated'), deadLetters('how often a message is received > %s: %d times', 'dedicated'),
        flowOfQueues('the example dead-letter queue > moves a poison message after exactly the receives that the template says, in full'),
      ],
    },
    {
      rule: 'For a function as consumer, `maxReceiveCount` is at least 5, because a throttled poll counts as a receive.',
      source: OTHERS.functionQueues,
      answers: ['wired', 'warned'],
      tests: [deadLetters('how often a message is received > %s: 5 times by default', 'dedicated'), functions('the receives of a message > %d: %d warnings')],
    },
    {
      rule: 'The dead-letter queue of a FIFO queue is a FIFO queue, and that of a standard queue a standard queue.',
      source: SQS.deadLetters,
      answers: ['refused at the call'],
      tests: [deadLetters('existing > is of the same kind (%s, %s)'), deadLetters('shared > is of the same kind')],
    },
    {
      rule: 'A dead-letter queue is in the account and Region of its source queue.',
      source: SQS.deadLetters,
      answers: ['refused at the call'],
      tests: [deadLetters('existing > is in the same %s', 'account'), deadLetters('existing > is in the same %s', 'Region')],
    },
    {
      rule: 'SQS refuses a source queue that the redrive-allow policy does not allow.',
      source: SQS.deadLetters,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        deadLetters('existing > that of another work queue is refused: only that one may use it'), deadLetters('existing > one that denies every queue is refused'),
        deadLetters('existing > whose redrive-allow policy names queues > %j, for one with the name %p'),
        users('a queue of the CDK that uses a dead-letter queue of ours > %s is refused, named or not'),
      ],
    },
    {
      rule: 'A redrive-allow policy names at most 10 source queues.',
      source: SQS.attributes,
      answers: ['wired'],
      tests: [deadLetters('shared > 11 are more than SQS lets it name'), deadLetters('shared > %d queues of the stack are the only ones that may use it')],
    },
    {
      rule: 'CloudFormation refuses a redrive-allow policy that refers to a queue that refers to the dead-letter queue.',
      source: SQS.deadLetters,
      answers: ['wired'],
      tests: [
        workQueue('defaults > of the dead-letter queue'), redriveAllow('a name put there by an escape hatch > %s is the one that the policy names'),
        deadLetters('shared > a queue of another stack could not be named without a circular reference'),
      ],
    },
    {
      rule: 'A message moved from a standard queue keeps its timestamp, so its dead-letter queue keeps messages longer than the queue.',
      source: SQS.deadLetters,
      answers: ['refused at the call', 'refused at synthesis', 'warned'],
      tests: [
        deadLetters('dedicated > of a standard queue is kept longer than the messages: %s against %s'),
        deadLetters('existing > the default retention of the service is too short for the default of the work queue'),
        atSynthesis('retention that an escape hatch makes as long as that of the dead letters > is told when the template is written (%s)'),
        atSynthesis('messages kept for 14 days, with a dead-letter queue that is imported > are warned of'),
      ],
    },
    {
      rule: 'The retention of a message moved from a FIFO queue starts again.',
      source: SQS.deadLetters,
      answers: ['wired'],
      tests: [deadLetters('dedicated > of a FIFO queue may be kept as long or shorter, as the time starts anew')],
    },
    {
      rule: 'A message whose retention ends before its last receive is deleted, and never becomes a dead letter.',
      source: SQS.deadLetters,
      answers: ['warned'],
      tests: [atSynthesis('receives that take longer than the retention > (%d seconds each in %d, %d of them, with a delay of %d) are warned of')],
    },
    {
      rule: '`NumberOfMessagesSent` does not count the messages that SQS moves: an alarm watches `ApproximateNumberOfMessagesVisible`.',
      source: SQS.deadLetters,
      answers: ['wired'],
      tests: [metrics('the dead letters'), metrics('the dead letters of a shared queue are those of all who share it')],
    },
    {
      rule: 'The age of the oldest message does not count a message that was received 3 times or more, and counts from the move in a dead-letter queue.',
      source: SQS.metrics,
      notHeld: 'The library has no alarm on the age.',
    },
    {
      rule: 'A message that becomes a dead letter leaves the order of its message group.',
      source: SQS.deadLetters,
      answers: ['left to the service'],
      tests: [flowOfQueues('the example dead-letter queue > moves a poison message of a FIFO queue likewise, and lets its group go on in order only then')],
    },
    {
      rule: 'A redrive task needs exact actions on the dead-letter queue, on its destination, and on the keys of both.',
      source: SQS.redrive,
      answers: ['wired'],
      tests: [
        grants('to a role: exact actions > %s', 'grantRedrive'), grants('redrive under two keys'),
        allowedGrants('what a task takes, with a key > dead letters under another key: redrive reads with one and writes with the other'),
        flowOfRedrive("redrive in the example dead-letter queue > brings a dead letter back to where it came from, by the operator alone (${name}${fifo ? ', FIFO with a customer key' : ''})"),
      ],
    },
    {
      rule: 'The destination of a redrive task is of the same kind as the dead-letter queue.',
      source: SQS.redrive,
      answers: ['left to the service'],
      tests: [flowOfRedrive('redrive in the example dead-letter queue > goes to a queue of the same kind only')],
    },
    {
      rule: 'Redrive tasks are started from the account of the queue only.',
      source: SQS.customPolicies,
      answers: ['refused at the call'],
      tests: [grants('redrive is refused to another account: SQS takes its calls from the own account only')],
    },
    {
      rule: 'A task moves at most 500 messages a second and runs for at most 36 hours; an account has at most 100 active tasks.',
      source: SQS.redrive,
      notHeld: 'The operator states the rate, and SQS counts the rest.',
    },
    {
      rule: 'SQS makes the calls of a redrive task itself: a policy that denies what does not come through a VPC endpoint must except it.',
      source: SQS.redrive,
      answers: ['wired'],
      tests: [
        endpoints('%s > %s: %s', 'SQS, which sends in a redrive task in the name of the operator'),
        endpoints('%s > %s: %s', 'SQS, which receives and deletes in a redrive task'),
        endpoints('a mutated twin of the statement of a %s is found > %s', 'no exception for calls in the name of a caller'),
      ],
    },
    {
      rule: 'Lambda polls a queue with the execution role of the function, and not through a VPC endpoint: a policy that denies that must except the role.',
      source: OTHERS.callsOfLambda,
      answers: ['refused at synthesis'],
      tests: [
        restricted('services that call with a role > %s: %s is refused unless its role is excepted', 'an event source mapping of a function in the VPC'),
        endpoints('%s > %s: %s', 'Lambda, which polls with the role that is excepted'),
      ],
    },
    {
      rule: 'A dead letter stays encrypted with the key of its source queue, which its consumer needs too.',
      source: SQS.keys,
      answers: ['wired'],
      tests: [
        allowedGrants('what a task takes, with a key > dead letters under another key: who consumes them reads with both, since each was encrypted before it was moved'),
        encryption('a key made for a queue whose dead letters go elsewhere > is kept: %s, removalPolicy %s', 'a shared queue'),
      ],
    },
    {
      rule: 'Lambda sends the dead letters of a function to standard queues only.',
      source: OTHERS.functionDeadLetters,
      answers: ['refused at synthesis'],
      tests: [users('a FIFO queue for the dead letters of %s is refused', 'a function')],
    },
    {
      rule: 'EventBridge Scheduler sends dead letters to standard queues only.',
      source: OTHERS.scheduleDeadLetters,
      answers: ['refused at synthesis'],
      tests: [users('a FIFO queue for the dead letters of %s is refused', 'a schedule')],
    },
    {
      rule: 'EventBridge sends the dead letters of a rule to standard queues only.',
      source: OTHERS.ruleDeadLetters,
      answers: ['refused at the call'],
      tests: [targets('the target of a rule > a FIFO queue for dead letters is refused')],
    },
    {
      rule: 'EventBridge discards an event that it cannot deliver to a target without dead letters.',
      source: OTHERS.ruleDeadLetters,
      answers: ['warned'],
      tests: [
        users('events that cannot be delivered > are warned of once for all rules, %s a customer key'),
        users('events that cannot be delivered > to a FIFO queue > are warned of, and need a standard queue'),
      ],
    },
  ],
};

const KEYS: Topic = {
  heading: 'encryption and keys',
  rules: [
    {
      rule: 'A queue has keys that SQS owns (SSE-SQS) or a KMS key, not both.',
      source: SQS.encryption,
      answers: ['wired'],
      tests: [encryption('by SQS, which takes no key'), encryption('with a key made for both queues')],
    },
    {
      rule: 'SQS reuses a data key for 60 seconds to 24 hours, with a KMS key only.',
      source: SQS.keys,
      answers: ['refused at the call'],
      tests: [encryption('data keys are not reused for %s'), encryption('data keys are not reused %s'), encryption('data keys are reused for %s')],
    },
    {
      rule: 'The key of a queue is symmetric, and in the Region of the queue.',
      source: SQS.keys,
      answers: ['refused at the call'],
      tests: [encryption('an asymmetric key is refused'), encryption('a key of another Region is refused')],
    },
    {
      rule: 'Nobody can change the policy of `alias/aws/sqs`, so no AWS service can send to a queue that it encrypts.',
      source: SQS.keys,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        encryption('the AWS managed key is refused'), environments('what a property injector of the organization makes of a queue > with alias/aws/sqs, services are refused'),
        atSynthesis('alias/aws/sqs > set by an aspect on a queue that %s sends to is refused', 'a topic'),
        atSynthesis('alias/aws/sqs > is refused on a dead-letter queue that services send to, dedicated or shared'),
      ],
    },
    {
      rule: 'For the same reason, no other account can receive from a queue that `alias/aws/sqs` encrypts.',
      source: SQS.keys,
      answers: ['refused at the call'],
      tests: [grants('dead letters under the AWS managed key > %s > cannot be shared with %s: nobody can change the policy of that key', 'an imported queue')],
    },
    {
      rule: 'A service that sends needs `kms:Decrypt` and `kms:GenerateDataKey` in the policy of the key, for its source and account.',
      source: SQS.keys,
      answers: ['wired'],
      tests: [
        services(`${EACH_SOURCE} > a topic`), services(`${EACH_SOURCE} > a bucket`), services(`${EACH_SOURCE} > an EventBridge rule`),
        allowedServices('%s > sends to a queue encrypted with %s that allows it, and to no other', 'a bucket'),
        allowedServices('a source whose ARN is only known at deployment: the queue names it, and the key its account'),
      ],
    },
    {
      rule: 'Only the owner of an imported key can let a service use it.',
      source: SQS.keys,
      answers: ['warned'],
      tests: [services('an imported key carries the exact statement in a warning'), targets('the target of a rule > an imported key of both queues is warned of once')],
    },
    {
      rule: 'A producer needs `kms:GenerateDataKey` and `kms:Decrypt` on the key, and a consumer `kms:Decrypt`.',
      source: SQS.keys,
      answers: ['wired'],
      tests: [
        grants('to a role: exact actions > %s with a customer key', 'grantSendMessages'), grants('to a role: exact actions > %s with a customer key', 'grantConsumeMessages'),
        allowedGrants('what a task takes, with a key > a producer cannot send without either of the key actions, nor a consumer work'),
      ],
    },
    {
      rule: 'A resource whose role the CDK lets send to the queue sends nothing if the role cannot use the key.',
      source: SQS.keys,
      answers: ['refused at synthesis'],
      tests: [
        users(UNTIL_GRANTED, 'a function whose dead letters it takes'), users(UNTIL_GRANTED, 'a schedule whose dead letters it takes'), users(UNTIL_GRANTED, 'an HTTP API'),
      ],
    },
    {
      rule: 'A role of another account needs the permission in its own policy and in the policies of the queue and of the key.',
      source: SQS.keys,
      answers: ['wired'],
      tests: [
        grants('%s to another account is in the policies of queue and key', 'grantSendMessages'),
        environments('a role in another account or Region > with a key made here, the role may use the keys of that account and Region, through SQS alone > %s in another account, which the key names by the role'),
        allowedGrants('principals of another account > %s > sends to and works on a queue encrypted with %s, with the permission of its own account as well', 'a role'),
      ],
    },
  ],
};

const POLICIES: Topic = {
  heading: 'queue policies',
  rules: [
    {
      rule: 'Requests without TLS are accepted unless the policy denies them.',
      source: SQS.security,
      answers: ['wired'],
      tests: [
        workQueue('defaults > both queues take TLS only'), invariants('%s > has one policy at most on each resource, and what is not TLS is denied to everybody'),
      ],
    },
    {
      rule: 'A queue has one policy: a second one replaces the first.',
      source: SQS.attributes,
      answers: ['wired', 'refused at synthesis'],
      tests: [
        atSynthesis('a second policy of a queue > would replace the first, and is refused'), atSynthesis('a second policy of a queue > is refused on dead-letter queues, dedicated or shared'),
        inPlace('the construct and the queue within it > have one policy'), invariants('%s > has one policy at most on each resource, and what is not TLS is denied to everybody'),
      ],
    },
    {
      rule: 'A queue policy has at most 20 statements.',
      source: SQS.policies,
      answers: ['wired', 'refused at synthesis'],
      tests: [
        atSynthesis('the policy of a queue > with 21 statements is refused'), atSynthesis('the policy of a queue > is counted on dead-letter queues, dedicated or shared'),
        services('25 topics take one statement for the queue and one for the key (minimizePolicies %s)'),
      ],
    },
    {
      rule: 'A queue policy has at most 8,192 bytes.',
      source: SQS.policies,
      answers: ['refused at synthesis', 'warned'],
      tests: [
        policyLimits('the policy of %s > has 8192 bytes at most, whoever adds the statement'), policySize('8192 bytes are the most that SQS takes: %s'),
        inFile('fanout/queue-subscription.test.ts')('the size of a queue policy > 60 topics of generated names fit, 80 likely do not: one warning'),
      ],
    },
    {
      rule: 'The sources that `allowService` adds count among the 8,192 bytes, and the principals of grants.',
      source: SQS.policies,
      answers: ['refused at synthesis', 'warned'],
      tests: [
        policyLimits('the sources of services > that are written out are counted as they are, and the error names how many there are'),
        policyLimits('the sources of services > that are only known at deployment are estimated: 60 topics of generated names fit, 80 likely do not'),
      ],
    },
    {
      rule: 'A statement of a queue policy has at most 7 actions.',
      source: SQS.policies,
      answers: ['wired'],
      tests: [grants('one role may do everything: no queue policy statement exceeds 7 actions, merged or not')],
    },
    {
      rule: 'A queue policy has at most 50 principals.',
      source: SQS.policies,
      answers: ['refused at synthesis'],
      tests: [policyLimits('the policy of %s > names 50 principals at most'), policyLimits('principals are counted once, however many statements name them')],
    },
    {
      rule: 'A queue policy has at most 10 conditions.',
      source: SQS.policies,
      notHeld: 'The documentation does not say whether a condition is a key or a block, nor whether statements count together. SQS refuses the policy at deployment.',
    },
    {
      rule: 'A principal has no wildcard in a part of its ARN, and an account of 12 digits.',
      source: OTHERS.principals,
      answers: ['refused at the call'],
      tests: [grants('principals with a wildcard, which no resource policy takes > %s: refused', 'every account')],
    },
    {
      rule: 'SQS refuses a policy that names a role of another account that does not exist yet.',
      source: OTHERS.principals,
      answers: ['wired'],
      tests: [environments('a role in another account or Region > and has one: its policy names the account and the role, which need not exist yet')],
    },
    {
      rule: 'A service that may send without a condition on its source sends for every account (confused deputy).',
      source: OTHERS.conditions,
      answers: ['refused at the call', 'wired'],
      tests: [
        grants('service principals > %s refuses one by name alone', 'grantSendMessages'), inPlace('what arrives is refused > %s', 'a service without a condition'),
        invariants('%s > lets a service in for a source alone, by ARN and account'),
      ],
    },
    {
      rule: 'A statement for everyone allows anonymous callers, unless a condition limits who they are.',
      source: SQS.security,
      answers: ['refused at the call'],
      tests: [inPlace('what arrives is refused > %s', 'everyone'), invariants('%s > lets in nobody anonymous, nobody from another account, and no service without a source')],
    },
  ],
};

const SENDERS: Topic = {
  heading: 'services that send to queues',
  rules: [
    {
      rule: 'SNS sends as `sns.amazonaws.com`, for the topic in `aws:SourceArn`.',
      source: SQS.keys,
      answers: ['wired'],
      tests: [services(`${EACH_SOURCE} > a topic`), allowedServices('%s > sends to a queue encrypted with %s that allows it, and to no other', 'a topic')],
    },
    {
      rule: 'S3 sends as `s3.amazonaws.com`, for the bucket in `aws:SourceArn`. That ARN has no account, so `aws:SourceAccount` has to name it.',
      source: OTHERS.bucketPermissions,
      answers: ['wired'],
      tests: [
        services(`${EACH_SOURCE} > a bucket`), targets('the destination of bucket notifications > allows the bucket alone, on queue and key, before the notification is set'),
        allowedServices('two buckets of two accounts: the name of one is not let in from the account of the other'),
        flowOfBuckets('events of a bucket > reach the queue with a customer key, by prefix and suffix, and from this bucket alone'),
      ],
    },
    {
      rule: 'S3 does not send to FIFO queues.',
      source: OTHERS.bucketEvents,
      answers: ['refused at the call'],
      tests: [services('is refused > a bucket on a FIFO queue'), targets('the destination of bucket notifications > what never arrives is refused')],
    },
    {
      rule: 'S3 sends to queues of its own Region only.',
      source: OTHERS.bucketEvents,
      answers: ['refused at the call'],
      tests: [
        services('a bucket and the Region of the queue > another is refused'), sources('the Region of a bucket > has to be that of the queue or topic'),
        targets('the destination of bucket notifications > in another Region is refused, and a name of the queue (%s) does not help'),
      ],
    },
    {
      rule: 'An S3 event has up to 64 KiB, which the queue must accept.',
      source: OTHERS.bucketEvents,
      answers: ['refused at the call'],
      tests: [services('is refused > a bucket on a queue that does not take its events'), services('what is allowed at the edge')],
    },
    {
      rule: 'S3 refuses notifications of a bucket that overlap in event type, prefix and suffix.',
      source: OTHERS.bucketFilters,
      answers: ['refused at synthesis'],
      tests: [
        notifications('notifications of one bucket that S3 refuses > %s', 'the same events'), notifications('notifications of one bucket that S3 refuses > %s', 'a prefix within the other'),
        notifications('notifications of one bucket that S3 refuses > beside another kind of destination, whichever came first'),
      ],
    },
    {
      rule: 'EventBridge sends as `events.amazonaws.com`, for the rule in `aws:SourceArn`.',
      source: OTHERS.ruleStatements,
      answers: ['wired'],
      tests: [
        services(`${EACH_SOURCE} > an EventBridge rule`), targets('the target of a rule > allows the rule alone, on the queue and its dead-letter queue'),
        allowedServices('%s > sends to a queue encrypted with %s that allows it, and to no other', 'a rule'),
      ],
    },
    {
      rule: 'EventBridge sends no deduplication ID, so a FIFO queue needs content-based deduplication.',
      source: OTHERS.ruleTargets,
      answers: ['refused at the call'],
      tests: [targets('the target of a rule > a FIFO queue with explicit deduplication is refused (%#)'), services('what is allowed at the edge')],
    },
    {
      rule: 'The target of a rule needs a message group for a FIFO queue.',
      source: OTHERS.ruleTargets,
      answers: ['refused at synthesis'],
      tests: [targets('the target of a rule > a FIFO queue needs a message group, which is checked when the template is written (%s)')],
    },
    {
      rule: 'An event bus sends its dead letters in its own name, and not in that of its rules.',
      source: OTHERS.ruleDeadLetters,
      answers: ['refused at synthesis'],
      tests: [users('the dead-letter queue of an event bus > has to let it send, %s a customer key'), users('the dead-letter queue of an event bus > does not do so for its rules')],
    },
    {
      rule: 'CloudWatch alarms notify topics, and not queues.',
      source: OTHERS.alarms,
      answers: ['refused at the call'],
      tests: [services('is refused > alarms'), inPlace('what arrives is refused > %s', 'alarms')],
    },
  ],
};

const FUNCTIONS: Topic = {
  heading: 'functions as consumers',
  rules: [
    {
      rule: 'A function that reads a queue needs to receive, delete and read the attributes, and to decrypt.',
      source: OTHERS.functionQueues,
      answers: ['wired'],
      tests: [inPlace('%s in place of a queue > SqsEventSource reads from it', 'a work queue'), functions('grants > include the customer key of %s', 'a queue of the CDK'), invariants('%s > every function that is fed by a queue may work on it')],
    },
    {
      rule: 'Lambda refuses a function whose timeout is longer than the visibility timeout, and recommends a visibility timeout of 6 times the timeout.',
      source: OTHERS.functionQueues,
      answers: ['wired', 'refused at the call', 'refused at synthesis', 'warned'],
      tests: [
        functions('the visibility timeout > a default is raised to what the worker needs: %s', 'the batching window is added'),
        functions('the visibility timeout > one that was specified for %s is kept, and an error a second below what is needed', 'a queue of the CDK'),
        functions('the visibility timeout > a change of %s by an aspect is checked when the template is written', 'the function'),
        functions('the visibility timeout > that of an imported queue is not known, which a warning says with what is needed'),
      ],
    },
    {
      rule: 'A batch has up to 10,000 messages, with a window if it has more than 10; a batch of a FIFO queue has up to 10, without a window.',
      source: OTHERS.functionQueues,
      answers: ['refused at the call'],
      tests: [
        functions(REFUSED_BY_FUNCTIONS, 'a large batch without a window'),
        functions(REFUSED_BY_FUNCTIONS, 'a large batch of a FIFO queue'),
        functions(REFUSED_BY_FUNCTIONS, 'a window of a FIFO queue'),
      ],
    },
    {
      rule: 'The maximum concurrency of a mapping is 2 to 1,000, and excludes provisioned pollers.',
      source: OTHERS.functionQueues,
      answers: ['refused at the call'],
      tests: [functions(REFUSED_BY_FUNCTIONS, 'a maximum of 1001'), functions('pollers are provisioned with %s', 'both by default')],
    },
    {
      rule: 'The reserved concurrency of a function is at least the maximum concurrency of its sources.',
      source: OTHERS.functionQueues,
      answers: ['refused at the call', 'refused at synthesis'],
      tests: [
        functions('the reserved concurrency > of %s is at least the maximum concurrency', 'an existing function'),
        functions('the reserved concurrency > of %d is compared with the sum of all sources when the template is written'),
      ],
    },
    {
      rule: 'Lambda polls queues of its own Region, in any account whose queue policy allows it.',
      source: OTHERS.functionQueues,
      answers: ['refused at the call', 'wired', 'warned'],
      tests: [
        functions(REFUSED_BY_FUNCTIONS, 'a queue of another Region'),
        functions('grants > reach a queue of another account of this app, whose policy names the role'),
        functions('grants > are a warning for an imported queue of another account'),
      ],
    },
    {
      rule: 'A function that reports failed messages (`ReportBatchItemFailures`) stops at the first one of a FIFO queue.',
      source: OTHERS.functionQueues,
      notHeld: 'This is the code of the function.',
    },
  ],
};

export const TOPICS_OF_SQS: readonly Topic[] = [LIMITS, FIFO, DEAD_LETTERS, KEYS, POLICIES, SENDERS, FUNCTIONS];
