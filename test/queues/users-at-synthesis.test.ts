import { Annotations, App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpSqsIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption, ServiceSource } from '../../src/access';
import { DeadLetters, Deduplication, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../src/queues';
import { ReportedProblem, readError } from '../support/problems';
import { newStack, synthApp, warningsOf } from '../support/template';

// What refers to a queue without a call of one of its methods is found when the template is written.

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const customer = { encryption: Encryption.customerManaged() };
const make = (props?: WorkQueueProps, id = 'Jobs') => new WorkQueue(stack, id, props);
const handler = (props?: Partial<lambda.FunctionProps>, scope = stack) => new lambda.Function(scope, 'Handler', {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'), ...props,
});
const schedule = (deadLetterQueue: sqs.IQueue) => {
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com') });
  new Schedule(stack, 'Schedule', {
    schedule: ScheduleExpression.rate(Duration.hours(1)),
    target: new LambdaInvoke(handler(), { role, deadLetterQueue }),
  });
  return role;
};
const integrate = (queue: sqs.IQueue) => {
  new HttpApi(stack, 'Api').addRoutes({ path: '/jobs', integration: new HttpSqsIntegration('Jobs', { queue }) });
  return stack.node.findAll().find((one): one is iam.Role => one instanceof iam.Role && one.node.id === 'InvokeRole')!;
};

/** The problems of the one construct that is refused when the templates are written; none where they are written. */
function problemsAtSynthesis(): ReportedProblem[] {
  try {
    synthApp(stack);
    return [];
  } catch (error) {
    const [, message] = /(cdk-decouple [^]*)$/.exec((error as Error).message)!;
    return readError(message.trimEnd()).problems;
  }
}

describe.each<[string, (queue: sqs.IQueue) => iam.IGrantable, string]>([
  ['a function whose dead letters it takes', deadLetterQueue => handler({ deadLetterQueue }), "'Stack/Handler'"],
  ['a schedule whose dead letters it takes', schedule, "'Stack/Schedule'"],
  ['an HTTP API', integrate, "'Stack/Api/"],
])('%s', (_, use, user) => {
  const REFUSED = { prop: 'encryption', got: expect.stringContaining(user), allowed: expect.stringContaining('kms:GenerateDataKey and kms:Decrypt'), fix: expect.stringContaining('grantSendMessages(') };

  test.each<[string, () => sqs.IQueue]>([
    ['a work queue', () => make(customer)],
    ['its dead-letter queue', () => make(customer).deadLetterQueue!],
    ['a shared dead-letter queue', () => new SharedDeadLetterQueue(stack, 'Shared', customer)],
  ])('cannot use the key of %s, which is refused until it is granted', (__, queue) => {
    const given = queue();
    const grantee = use(given);
    expect(problemsAtSynthesis()).toEqual([REFUSED]);
    given.grantSendMessages(grantee);
    expect(problemsAtSynthesis()).toEqual([]);
  });

  test('needs nothing more without a customer key', () => {
    use(make());
    expect(problemsAtSynthesis()).toEqual([]);
  });

  test.each<[string, (key: kms.Key, grantee: iam.IGrantable) => void]>([
    ['the policy of the key', (key, { grantPrincipal }) => { key.addToResourcePolicy(new iam.PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], principals: [grantPrincipal], resources: ['*'] })); }],
    ['a policy for every key', (__, { grantPrincipal }) => { grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['kms:*'], resources: ['*'] })); }],
    ['a managed policy that is not read', (__, { grantPrincipal }) => { (grantPrincipal as iam.Role).addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')); }],
  ])('may use the key by %s', (__, allow) => {
    const key = new kms.Key(stack, 'Key');
    allow(key, use(make({ encryption: Encryption.customerManaged(key) })));
    expect(problemsAtSynthesis()).toEqual([]);
  });

  test('may use an imported key, whose policy is not known', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/a');
    use(make({ encryption: Encryption.customerManaged(key) }));
    expect(problemsAtSynthesis()).toEqual([]);
  });
});

test('the role of a schedule is one that the user can give', () => {
  schedule(make(customer));
  expect(problemsAtSynthesis()).toMatchObject([{ fix: expect.stringMatching(/\brole\b.*grantSendMessages\(role\)/) }]);
});

test('a function of another stack is refused and granted likewise', () => {
  const app = new App();
  stack = new Stack(app, 'Stack');
  const jobs = make(customer);
  const grantee = handler({ deadLetterQueue: jobs }, new Stack(app, 'Other'));
  expect(problemsAtSynthesis()).toMatchObject([{ prop: 'encryption', got: expect.stringContaining("'Other/Handler'") }]);
  jobs.grantSendMessages(grantee);
  expect(problemsAtSynthesis()).toEqual([]);
});

test('a function whose role is imported is not checked', () => {
  handler({ deadLetterQueue: make(customer), role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/handler') });
  expect(problemsAtSynthesis()).toEqual([]);
});

test.each<[string, (queue: sqs.IQueue) => unknown]>([
  ['a function', deadLetterQueue => handler({ deadLetterQueue })],
  ['a schedule', schedule],
])('a FIFO queue for the dead letters of %s is refused', (_, use) => {
  use(make({ ordering: Ordering.fifo() }));
  expect(problemsAtSynthesis()).toMatchObject([{ prop: 'ordering', got: expect.stringContaining("the FIFO queue 'Stack/Jobs/Queue'"), allowed: 'a standard queue' }]);
});

describe('a queue of the CDK that uses a dead-letter queue of ours', () => {
  const shared = () => {
    const queue = new SharedDeadLetterQueue(stack, 'Shared');
    make({ deadLetters: DeadLetters.shared(queue) });
    return queue;
  };
  const plain = (queue: sqs.IQueue, props?: sqs.QueueProps, scope = stack) => new sqs.Queue(scope, 'Plain', { ...props, deadLetterQueue: { queue, maxReceiveCount: 3 } });
  const REFUSED = { prop: 'deadLetterQueue', got: expect.stringContaining("the queue 'Stack/Plain'"), fix: expect.stringContaining('DeadLetters.shared()') };

  test.each<[string, () => sqs.IQueue]>([
    ['shared with a work queue', shared],
    ['of a work queue', () => make().deadLetterQueue!],
    ['of a named work queue', () => make({ queueName: 'jobs' }).deadLetterQueue!],
  ])('%s is refused, named or not', (_, queue) => {
    plain(queue());
    expect(problemsAtSynthesis()).toMatchObject([REFUSED]);
    (stack.node.findChild('Plain').node.defaultChild as sqs.CfnQueue).queueName = 'plain';
    expect(problemsAtSynthesis()).toMatchObject([REFUSED]);
  });

  test('is refused as an L1', () => {
    const deadLetterTargetArn = make().deadLetterQueue!.queueArn;
    new sqs.CfnQueue(stack, 'Raw', { redrivePolicy: { deadLetterTargetArn, maxReceiveCount: 3 } });
    expect(problemsAtSynthesis()).toMatchObject([{ got: expect.stringContaining("the queue 'Stack/Raw'") }]);
  });

  test('is refused in another stack', () => {
    const app = new App();
    stack = new Stack(app, 'Stack');
    plain(make().deadLetterQueue!, {}, new Stack(app, 'Other'));
    expect(problemsAtSynthesis()).toMatchObject([{ ...REFUSED, got: expect.stringContaining("'Other/Plain'") }]);
  });

  test('is not refused where every queue is allowed', () => {
    plain(new SharedDeadLetterQueue(stack, 'Shared'));
    expect(problemsAtSynthesis()).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['names it', { redrivePermission: 'byQueue', sourceQueueArns: ['arn:aws:sqs:eu-west-1:111122223333:plain'] }],
    ['allows every queue', { redrivePermission: 'allowAll' }],
  ])('is not refused where an escape hatch %s', (_, policy) => {
    const queue = shared();
    plain(queue, { queueName: 'plain' });
    (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride('RedriveAllowPolicy', policy);
    expect(problemsAtSynthesis()).toEqual([]);
  });
});

describe('the dead-letter queue of an event bus', () => {
  const bus = (deadLetterQueue: sqs.IQueue) => new events.EventBus(stack, 'Bus', { deadLetterQueue });
  const REFUSED = { prop: 'allowService(source)', got: expect.stringContaining("'Stack/Bus'") };

  test.each([['without', {}], ['with', customer]])('has to let it send, %s a customer key', (_, props) => {
    const jobs = make(props);
    const { eventBusArn } = bus(jobs);
    expect(problemsAtSynthesis()).toMatchObject([REFUSED]);
    jobs.allowService(ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: eventBusArn }));
    expect(problemsAtSynthesis()).toEqual([]);
  });

  test('does not do so for its rules', () => {
    const jobs = make(customer);
    new events.Rule(stack, 'Rule', { eventBus: bus(jobs), eventPattern: { source: ['orders'] }, targets: [new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue })] });
    expect(problemsAtSynthesis()).toMatchObject([REFUSED]);
  });

  test('may be any bus of the account', () => {
    const jobs = make();
    bus(jobs);
    jobs.allowService(ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: '*' }) }));
    expect(problemsAtSynthesis()).toEqual([]);
  });
});

describe('events that cannot be delivered', () => {
  const rule = (jobs: sqs.IQueue, props?: targets.SqsQueueProps, id = 'Rule') => new events.Rule(stack, id, { eventPattern: { source: ['orders'] } })
    .addTarget(new targets.SqsQueue(jobs, props));
  const warnings = () => {
    synthApp(stack);
    return warningsOf(stack);
  };

  test.each([['without', {}], ['with', customer]])('are warned of once for all rules, %s a customer key', (_, props) => {
    const jobs = make(props);
    rule(jobs);
    rule(jobs, {}, 'More');
    expect(warnings()).toEqual([{ path: '/Stack/Jobs/Queue', text: expect.stringMatching(/'Stack\/Rule', 'Stack\/More'.*targets\.SqsQueue\(jobs, \{ deadLetterQueue: jobs\.deadLetterQueue \}\)/) }]);
  });

  test('are kept by the dead-letter queue of the target', () => {
    const jobs = make();
    rule(jobs, { deadLetterQueue: jobs.deadLetterQueue });
    expect(warnings()).toEqual([]);
  });

  test.each<[string, () => sqs.IQueue, targets.SqsQueueProps]>([
    ['no dead-letter queue', () => make({ deadLetters: DeadLetters.none('A lost job is only a lost job.') }), {}],
    ['nowhere to go from a shared dead-letter queue', () => new SharedDeadLetterQueue(stack, 'Shared'), {}],
  ])('are not warned of with %s', (_, queue, props) => {
    rule(queue(), props);
    expect(warnings()).toEqual([]);
  });

  describe('to a FIFO queue', () => {
    const fifo = (deadLetters?: DeadLetters) => make({ ordering: Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED }), deadLetters });

    test('are warned of, and need a standard queue', () => {
      const jobs = fifo();
      rule(jobs, { messageGroupId: 'orders' });
      expect(warnings()).toEqual([{ path: '/Stack/Jobs/Queue', text: expect.stringMatching(/'Stack\/Rule'.*a standard queue/) }]);
    });

    test('are kept by a standard queue of the target', () => {
      rule(fifo(), { messageGroupId: 'orders', deadLetterQueue: new sqs.Queue(stack, 'Undelivered') });
      expect(warnings()).toEqual([]);
    });

    test('are not warned of where lost messages are acceptable', () => {
      rule(fifo(DeadLetters.none('A lost job is only a lost job.')), { messageGroupId: 'orders' });
      expect(warnings()).toEqual([]);
    });
  });

  test.each([['the work queue', () => stack.node.findChild('Jobs')], ['the stack', () => stack]])('are acknowledged on %s', (_, scope) => {
    rule(make());
    Annotations.of(scope()).acknowledgeWarning('cdk-decouple:WorkQueue.eventDeadLetters', 'The next event says the same.');
    expect(warnings()).toEqual([]);
  });
});
