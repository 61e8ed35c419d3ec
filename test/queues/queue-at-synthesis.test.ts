import { Annotations, App, Aspects, CfnParameter, Duration, IPropertyInjector, Lazy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServiceSource } from '../../src/access';
import { QueueSubscription } from '../../src/fanout';
import {
  DeadLetters, FifoThroughput, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps,
} from '../../src/queues';
import { problemsOf } from '../support/problems';
import { newStack, synthApp, warningsOf } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (props?: WorkQueueProps, id = 'Jobs') => new WorkQueue(stack, id, props);
const l1 = (queue: sqs.IQueue) => queue.node.defaultChild as sqs.CfnQueue;
/** The ways of changing a property after the queue was made. */
const changes: [string, (queue: sqs.IQueue, name: string, property: keyof sqs.CfnQueue, value: string | number) => void][] = [
  ['an escape hatch', (queue, name, _, value) => l1(queue).addPropertyOverride(name, value)],
  ['an aspect', (queue, _, property, value) => Aspects.of(queue.node.findChild('Queue')).add({
    visit: node => {
      if (node instanceof sqs.CfnQueue) Object.assign(node, { [property]: value });
    },
  })],
];
function injecting(extra: sqs.QueueProps): Stack {
  const injector: IPropertyInjector = {
    constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID, inject: (original: sqs.QueueProps) => ({ ...original, ...extra }),
  };
  return new Stack(new App({ propertyInjectors: [injector] }), 'Stack');
}
const refused = (construct = 'WorkQueue', path = 'Stack/Jobs') => new RegExp(`cdk-decouple ${construct} at '${path}' has a problem:\\n`);
const parameter = () => new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber;

describe('a delay that is not shorter than the retention', () => {
  const DELAY = { prop: 'deliveryDelay', allowed: expect.stringContaining('less than the retention') };

  test.each([[60, 60], [900, 60], [900, 900]])('of %d seconds in %d is refused', (delay, retention) => {
    expect(problemsOf(() => make({ deliveryDelay: Duration.seconds(delay), retention: Duration.seconds(retention) }))).toMatchObject([DELAY]);
    expect(stack.node.tryFindChild('Jobs')).toBeUndefined();
  });
  test('is told with everything else that is wrong, before anything is created', () => {
    const props = { deliveryDelay: Duration.seconds(60), retention: Duration.seconds(60), receiveMessageWaitTime: Duration.seconds(21) };
    expect(problemsOf(() => make(props))).toEqual(expect.arrayContaining([expect.objectContaining(DELAY), expect.objectContaining({ prop: 'receiveMessageWaitTime' })]));
  });
  test.each([[59, 60], [899, 900], [900, 901]])('of %d seconds in %d is shorter', (delay, retention) => {
    make({ deliveryDelay: Duration.seconds(delay), retention: Duration.seconds(retention) });
    expect(() => synthApp(stack)).not.toThrow();
  });
  test('is not compared where one is only known at deployment', () => {
    const value = parameter();
    make({ deliveryDelay: Duration.seconds(value), retention: Duration.seconds(60) });
    make({ deliveryDelay: Duration.minutes(15), retention: Duration.seconds(value) }, 'More');
    expect(() => synthApp(stack)).not.toThrow();
  });
  test.each(changes)('by %s is told when the template is written', (_, change) => {
    make({ deliveryDelay: Duration.minutes(15) }, 'Other');
    const jobs = make({ deliveryDelay: Duration.minutes(15) });
    synthApp(stack);
    change(jobs, 'MessageRetentionPeriod', 'messageRetentionPeriod', 900);
    expect(() => synthApp(stack)).toThrow(refused());
    expect(() => synthApp(stack)).toThrow(/ - deliveryDelay: got 15 minutes; allowed: .*15 minutes/);
  });
  test('by a property injector is told at once', () => {
    stack = injecting({ deliveryDelay: Duration.seconds(60) });
    expect(problemsOf(() => make({ retention: Duration.seconds(60), deadLetters: DeadLetters.none('Not here.') }))).toMatchObject([DELAY]);
  });
});

describe('retention that an escape hatch makes as long as that of the dead letters', () => {
  test.each(changes)('is told when the template is written (%s)', (_, change) => {
    const jobs = make();
    change(jobs, 'MessageRetentionPeriod', 'messageRetentionPeriod', 1_209_600);
    expect(() => synthApp(stack)).toThrow(/ - retention: got 14 days .*; allowed: .*14 days/);
  });
  test('one second less is shorter', () => {
    l1(make()).addPropertyOverride('MessageRetentionPeriod', 1_209_599);
    expect(() => synthApp(stack)).not.toThrow();
  });
  test('of a Lazy is known when the template is written, and that of a parameter is not', () => {
    let seconds = 1_209_600;
    make({ retention: Duration.seconds(Lazy.uncachedNumber({ produce: () => seconds })) });
    make({ retention: Duration.seconds(parameter()) }, 'More');
    expect(() => synthApp(stack)).toThrow(/ - retention: got 14 days .*; allowed: .*14 days/);
    seconds -= 1;
    expect(() => synthApp(stack)).not.toThrow();
  });
});

describe('receives that take longer than the retention', () => {
  const WARNING = 'a message that nobody deletes is moved to the dead-letter queue after';
  const texts = () => warningsOf(stack).map(({ text }) => text);
  const props = (visibility: number, retention: number, maxReceiveCount: number, delay = 0): WorkQueueProps => ({
    visibilityTimeout: Duration.seconds(visibility),
    retention: Duration.seconds(retention),
    deliveryDelay: Duration.seconds(delay),
    deadLetters: DeadLetters.dedicated({ maxReceiveCount }),
  });

  test.each([[12, 60, 5, 0], [60, 60, 1, 0], [20, 60, 2, 20], [43_200, 864_000, 1000, 0]])(
    '(%d seconds each in %d, %d of them, with a delay of %d) are warned of', (visibility, retention, count, delay) => {
      make(props(visibility, retention, count, delay));
      expect(texts()).toEqual([expect.stringContaining(`${WARNING} ${count} receives`)]);
      expect(texts()[0]).toContain('[ack: cdk-decouple:WorkQueue.maxReceiveCount]');
    });
  test.each([[12, 61, 5, 0], [59, 60, 1, 0], [20, 61, 2, 20], [0, 60, 1000, 0]])(
    '(%d seconds each in %d, %d of them, with a delay of %d) are in time', (visibility, retention, count, delay) => {
      make(props(visibility, retention, count, delay));
      expect(texts()).toEqual([]);
    });
  test('of a FIFO queue, and of one whose dead letters are imported', () => {
    make({ ...props(60, 60, 1), ordering: Ordering.fifo() });
    const imported = sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:us-east-1:111122223333:dead');
    make({ ...props(60, 60, 1), deadLetters: DeadLetters.existing(imported, 1) }, 'More');
    expect(warningsOf(stack).map(({ path }) => path)).toEqual(['/Stack/Jobs/Queue', '/Stack/More/Queue']);
  });
  test('do not matter without dead letters', () => {
    make({ ...props(60, 60, 1), deadLetters: DeadLetters.none('Not here.') });
    expect(texts()).toEqual([]);
  });
  test('are not counted where a part is only known at deployment', () => {
    const value = parameter();
    make({ ...props(60, 60, 1), visibilityTimeout: Duration.seconds(value) }, 'A');
    make({ ...props(60, 60, 1), retention: Duration.seconds(value) }, 'B');
    make({ ...props(60, 60, 1), deadLetters: DeadLetters.dedicated({ maxReceiveCount: value }) }, 'C');
    make({ ...props(60, 60, 1), deliveryDelay: Duration.seconds(value) }, 'D');
    expect(texts()).toEqual([]);
  });
  test.each(changes)('by %s', (_, change) => {
    change(make(), 'VisibilityTimeout', 'visibilityTimeout', 43_200);
    change(make({ deadLetters: DeadLetters.dedicated({ maxReceiveCount: 8 }) }, 'More'), 'VisibilityTimeout', 'visibilityTimeout', 43_200);
    expect(warningsOf(stack).map(({ path }) => path)).toEqual(['/Stack/More/Queue']);
  });
  test('by an escape hatch over the count, and none once it takes the dead letters away', () => {
    const jobs = make({ visibilityTimeout: Duration.hours(12) });
    l1(jobs).addPropertyOverride('RedrivePolicy.maxReceiveCount', 8);
    expect(texts()).toHaveLength(1);
    stack = newStack();
    l1(make(props(60, 60, 1))).addPropertyDeletionOverride('RedrivePolicy');
    expect(texts()).toEqual([]);
  });
  test.each<[string, (jobs: WorkQueue) => void]>([
    ['on the work queue', jobs => Annotations.of(jobs).acknowledgeWarning('cdk-decouple:WorkQueue.maxReceiveCount', 'Consumers return messages early.')],
    ['on the stack', () => Annotations.of(stack).acknowledgeWarning('cdk-decouple:WorkQueue.maxReceiveCount', 'Consumers return messages early.')],
  ])('are acknowledged %s', (_, acknowledge) => {
    acknowledge(make(props(60, 60, 1)));
    expect(texts()).toEqual([]);
  });
  test('are told once, however often the template is written', () => {
    make(props(60, 60, 1));
    synthApp(stack);
    synthApp(stack);
    expect(texts()).toHaveLength(1);
  });
});

describe('messages kept for 14 days, with a dead-letter queue that is imported', () => {
  const imported = (name = 'dead') => sqs.Queue.fromQueueArn(stack, `Imported${name}`, `arn:aws:sqs:us-east-1:111122223333:${name}`);
  const ids = () => warningsOf(stack).map(({ text }) => /\[ack: (.*)\]/.exec(text)?.[1]);

  test('are warned of', () => {
    make({ retention: Duration.days(14), deadLetters: DeadLetters.existing(imported()) });
    expect(ids()).toEqual(['cdk-decouple:WorkQueue.deadLetterRetention']);
  });
  test('by an escape hatch', () => {
    l1(make({ deadLetters: DeadLetters.existing(imported()) })).addPropertyOverride('MessageRetentionPeriod', 1_209_600);
    expect(ids()).toEqual(['cdk-decouple:WorkQueue.deadLetterRetention']);
  });
  test('but not a second less, nor in a FIFO queue, nor without dead letters, nor where only known at deployment', () => {
    make({ retention: Duration.seconds(1_209_599), deadLetters: DeadLetters.existing(imported()) });
    make({ retention: Duration.days(14), ordering: Ordering.fifo(), deadLetters: DeadLetters.existing(imported('dead.fifo')) }, 'Ordered');
    make({ retention: Duration.days(14), deadLetters: DeadLetters.none('Not here.') }, 'None');
    make({ retention: Duration.seconds(parameter()), deadLetters: DeadLetters.existing(imported('other')) }, 'Unknown');
    expect(ids()).toEqual([]);
  });
  test('are acknowledged', () => {
    const jobs = make({ retention: Duration.days(14), deadLetters: DeadLetters.existing(imported()) });
    Annotations.of(jobs).acknowledgeWarning('cdk-decouple:WorkQueue.deadLetterRetention', 'Dead letters are read at once.');
    expect(ids()).toEqual([]);
  });
});

describe('a throughput limit for each message group', () => {
  const LIMIT = / - ordering.throughput: got FifoThroughputLimit 'perMessageGroupId' with DeduplicationScope 'queue' on '(.*)'; allowed: /;
  const standard = { ordering: Ordering.fifo({ throughput: FifoThroughput.STANDARD }) };
  const half: [string, (queue: sqs.IQueue) => void][] = [
    ...changes.map(([name, change]) => [name, (queue: sqs.IQueue) => change(queue, 'FifoThroughputLimit', 'fifoThroughputLimit', 'perMessageGroupId')] as [string, (queue: sqs.IQueue) => void]),
    ['both, with the scope of the queue', queue => {
      l1(queue).fifoThroughputLimit = 'perMessageGroupId';
      l1(queue).deduplicationScope = 'queue';
    }],
  ];

  test.each(half)('without its deduplication scope is refused (%s)', (_, change) => {
    make(standard, 'Other');
    change(make(standard));
    expect(() => synthApp(stack)).toThrow(refused());
    expect(() => synthApp(stack)).toThrow(LIMIT);
  });
  test('as it is on a dead-letter queue, dedicated or shared', () => {
    half[0][1](make(standard).deadLetterQueue!);
    expect(() => synthApp(stack)).toThrow(/on 'Stack\/Jobs\/DeadLetterQueue'/);
    stack = newStack();
    half[0][1](new SharedDeadLetterQueue(stack, 'Shared', standard));
    expect(() => synthApp(stack)).toThrow(refused('SharedDeadLetterQueue', 'Stack/Shared'));
  });
  test('and so is a scope that is taken away', () => {
    l1(make({ ordering: Ordering.fifo() })).addPropertyDeletionOverride('DeduplicationScope');
    expect(() => synthApp(stack)).toThrow(LIMIT);
  });
  test('by a property injector is told at once', () => {
    stack = injecting({ fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID });
    expect(problemsOf(() => make({ ...standard, deadLetters: DeadLetters.none('Not here.') }))).toMatchObject([
      { prop: 'ordering.throughput', got: expect.stringContaining("DeduplicationScope 'queue'"), allowed: expect.stringContaining("DeduplicationScope 'messageGroup'") },
    ]);
  });
  test.each([['messageGroup'], [{ Ref: 'P' }]])('with the scope %j is taken', scope => {
    parameter();
    const queue = make(standard);
    l1(queue).addPropertyOverride('FifoThroughputLimit', 'perMessageGroupId');
    l1(queue).addPropertyOverride('DeduplicationScope', scope);
    expect(() => synthApp(stack)).not.toThrow();
  });
  test('the scope of a message group alone is taken: duplicates are told apart by group at the standard limit', () => {
    l1(make(standard)).addPropertyOverride('DeduplicationScope', 'messageGroup');
    expect(() => synthApp(stack)).not.toThrow();
  });
});

describe('alias/aws/sqs', () => {
  const ALIAS = /encryption: got alias\/aws\/sqs on '(.*)', to which (.*) sends; allowed: .*SSE-SQS/;
  const managed = (queue: sqs.IQueue, key: unknown = 'alias/aws/sqs') => {
    l1(queue).addPropertyOverride('KmsMasterKeyId', key);
    l1(queue).addPropertyDeletionOverride('SqsManagedSseEnabled');
  };
  const senders: [string, string, (jobs: WorkQueue) => unknown][] = [
    ['a topic', 'sns.amazonaws.com', jobs => new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(jobs))],
    ['a bucket', 's3.amazonaws.com', jobs => new s3.Bucket(stack, 'Bucket').addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(jobs))],
    ['a rule', 'events.amazonaws.com', jobs => new events.Rule(stack, 'Rule', { eventPattern: { source: ['x'] } }).addTarget(new targets.SqsQueue(jobs))],
    ['any service', 'profile.amazonaws.com', jobs => jobs.allowService(ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn: 'arn:aws:profile:eu-west-1:111122223333:domains/x' }))],
  ];

  test.each(senders)('set by an aspect on a queue that %s sends to is refused', (_, service, send) => {
    const jobs = make();
    make(undefined, 'Other');
    send(jobs);
    synthApp(stack);
    Aspects.of(jobs.node.findChild('Queue')).add({
      visit: node => {
        if (node instanceof sqs.CfnQueue) node.kmsMasterKeyId = 'alias/aws/sqs';
      },
    });
    expect(() => synthApp(stack)).toThrow(refused());
    expect(() => synthApp(stack)).toThrow(new RegExp(`on 'Stack/Jobs/Queue', to which ${service} sends`));
  });
  test.each<[unknown]>([
    ['alias/aws/sqs'],
    ['arn:aws:kms:eu-west-1:111122223333:alias/aws/sqs'],
    [{ 'Fn::Sub': 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sqs' }],
    [{ 'Fn::Join': ['', ['arn:aws:kms:eu-west-1:', { Ref: 'AWS::AccountId' }, ':alias/aws/sqs']] }],
  ])('set by an escape hatch is known as %j', key => {
    const jobs = make();
    senders[0][2](jobs);
    managed(jobs, key);
    expect(() => synthApp(stack)).toThrow(ALIAS);
  });
  test('set by an escape hatch before the service comes is told at once', () => {
    const jobs = make();
    managed(jobs);
    expect(problemsOf(() => senders[3][2](jobs))).toMatchObject([{ prop: 'allowService(source)', got: expect.stringContaining('alias/aws/sqs') }]);
  });
  test('is refused on a dead-letter queue that services send to, dedicated or shared', () => {
    const rule = () => new events.Rule(stack, 'Rule', { eventPattern: { source: ['x'] } });
    const jobs = make();
    rule().addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue }));
    managed(jobs.deadLetterQueue!);
    expect(() => synthApp(stack)).toThrow(/on 'Stack\/Jobs\/DeadLetterQueue', to which events.amazonaws.com sends/);
    stack = newStack();
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    rule().addTarget(new targets.SqsQueue(make({ deadLetters: DeadLetters.shared(shared) }), { deadLetterQueue: shared }));
    managed(shared);
    expect(() => synthApp(stack)).toThrow(refused('SharedDeadLetterQueue', 'Stack/Shared'));
  });
  test('is taken where only roles send, and another key where services do', () => {
    const jobs = make();
    jobs.grantSendMessages(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    jobs.grantSendMessages(new iam.AccountPrincipal('999988887777'));
    managed(jobs);
    const other = make(undefined, 'Other');
    senders[0][2](other);
    managed(other, 'alias/orders');
    expect(() => synthApp(stack)).not.toThrow();
  });
});

describe('the policy of a queue', () => {
  /** Each an account and Region of its own, so that nothing merges them. */
  const allow = (queue: sqs.IQueue, count: number) => Array.from({ length: count }, (_, i) => queue.addToResourcePolicy(new iam.PolicyStatement({
    actions: ['sqs:SendMessage'],
    principals: [new iam.AccountPrincipal(`${100_000_000_000 + i}`)],
    resources: [queue.queueArn],
    conditions: { StringEquals: { 'aws:RequestedRegion': `r${i}` } },
  })));
  const TOO_MANY = /queue policy: got 21 statements in the policy of '(.*)'; allowed: at most 20 statements\./;

  test('with 21 statements is refused', () => {
    allow(make(), 20);
    allow(make(undefined, 'Other'), 19);
    expect(() => synthApp(stack)).toThrow(refused());
    expect(() => synthApp(stack)).toThrow(TOO_MANY);
  });
  test('has 20 at most, that for TLS included', () => {
    const jobs = make();
    allow(jobs, 19);
    allow(jobs.deadLetterQueue!, 19);
    allow(new SharedDeadLetterQueue(stack, 'Shared'), 19);
    expect(() => synthApp(stack)).not.toThrow();
  });
  test('is counted on dead-letter queues, dedicated or shared', () => {
    allow(make().deadLetterQueue!, 20);
    expect(() => synthApp(stack)).toThrow(/in the policy of 'Stack\/Jobs\/DeadLetterQueue'/);
    stack = newStack();
    allow(new SharedDeadLetterQueue(stack, 'Shared'), 20);
    expect(() => synthApp(stack)).toThrow(refused('SharedDeadLetterQueue', 'Stack/Shared'));
  });
  test('is counted as it is written: CDK merges what differs in its principals alone, where the app asks for it', () => {
    const build = (minimize: boolean) => {
      stack = new Stack(new App({ postCliContext: { '@aws-cdk/aws-iam:minimizePolicies': minimize } }), 'Stack');
      const jobs = make();
      for (let i = 0; i < 30; i++) jobs.grantSendMessages(new iam.AccountPrincipal(`${100_000_000_000 + i}`));
    };
    build(true);
    expect(() => synthApp(stack)).not.toThrow();
    build(false);
    expect(() => synthApp(stack)).toThrow(/got 31 statements/);
  });
  test('is counted with what an escape hatch or an aspect puts there', () => {
    const queue = make();
    const policy = queue.node.findChild('Queue').node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy;
    policy.addPropertyOverride('PolicyDocument.Statement', Array.from({ length: 21 }, () => ({ Effect: 'Deny', Principal: '*', Action: 'sqs:*' })));
    expect(() => synthApp(stack)).toThrow(TOO_MANY);
    stack = newStack();
    const other = make();
    Aspects.of(other).add({
      visit: node => {
        if (node === other) allow(other, 20);
      },
    });
    expect(() => synthApp(stack)).toThrow(TOO_MANY);
  });
});

describe('a second policy of a queue', () => {
  const second = (queue: sqs.IQueue, scope = stack) => new sqs.QueuePolicy(scope, 'Second', { queues: [queue] }).document.addStatements(new iam.PolicyStatement({
    actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('999988887777')], resources: [queue.queueArn],
  }));
  const TWO = (path: string) => new RegExp(`queue policy: got 'Stack/Second', a second policy of '${path}'; allowed: one policy for each queue\\.`);

  test('would replace the first, and is refused', () => {
    second(make());
    make(undefined, 'Other');
    expect(() => synthApp(stack)).toThrow(refused());
    expect(() => synthApp(stack)).toThrow(TWO('Stack/Jobs/Queue'));
  });
  test('is refused on dead-letter queues, dedicated or shared', () => {
    second(make().deadLetterQueue!);
    expect(() => synthApp(stack)).toThrow(TWO('Stack/Jobs/DeadLetterQueue'));
    stack = newStack();
    second(new SharedDeadLetterQueue(stack, 'Shared'));
    expect(() => synthApp(stack)).toThrow(refused('SharedDeadLetterQueue', 'Stack/Shared'));
  });
  test('is refused in another stack, and as an L1', () => {
    const jobs = make();
    const app = stack.node.root as App;
    new sqs.CfnQueuePolicy(new Stack(app, 'More'), 'Raw', { queues: [jobs.queueUrl], policyDocument: { Statement: [] } });
    expect(() => app.synth()).toThrow(/queue policy: got 'More\/Raw', a second policy of 'Stack\/Jobs\/Queue'/);
  });
  test('of a queue of the CDK is not our business', () => {
    make();
    second(new sqs.Queue(stack, 'Plain', { enforceSSL: true }));
    expect(() => synthApp(stack)).not.toThrow();
  });
});

test('all that is wrong is told in one message', () => {
  const jobs = make({ ordering: Ordering.fifo({ throughput: FifoThroughput.STANDARD }) });
  l1(jobs).addPropertyOverride('FifoThroughputLimit', 'perMessageGroupId');
  l1(jobs).addPropertyOverride('MessageRetentionPeriod', 60);
  l1(jobs).addPropertyOverride('DelaySeconds', 60);
  expect(() => synthApp(stack)).toThrow(/cdk-decouple WorkQueue at 'Stack\/Jobs' has 2 problems:\n  - deliveryDelay: .*\n  - ordering.throughput: /);
});
