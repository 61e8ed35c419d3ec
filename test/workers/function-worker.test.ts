import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects, Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as assets from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption, MessagingEndpoints } from '../../src/access';
import { FanOut } from '../../src/fanout';
import { DeadLetters, LargePayloads, Ordering, WorkQueue } from '../../src/queues';
import {
  Ec2Workers, FargateWorkers, FunctionConcurrency, FunctionSource, FunctionWorker, QueueScaling, QueueSourceOptions, WorkerCommand, WorkerFunction,
} from '../../src/workers';
import { network } from '../support/constructs';
import { problemsOf, readError } from '../support/problems';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
const FUNCTION = 'AWS::Lambda::Function';
const QUEUE = 'AWS::SQS::Queue';
const env = { account: '111122223333', region: 'eu-west-1' };

interface Given {
  readonly stack?: Stack;
  readonly queue?: sqs.IQueue;
  readonly options?: QueueSourceOptions;
  readonly function?: Partial<lambda.FunctionProps>;
  readonly existing?: lambda.IFunction;
  readonly id?: string;
}

const code: lambda.FunctionProps = { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};') };

function setUp(given: Given = {}) {
  const stack = given.stack ?? (given.queue ? Stack.of(given.queue) : new Stack(new App(), 'Stack', { env }));
  const queue = given.queue ?? new WorkQueue(stack, 'Jobs');
  const worker = new FunctionWorker(stack, given.id ?? 'Worker', {
    source: FunctionSource.queue(queue, given.options),
    function: given.existing ? WorkerFunction.existing(given.existing) : WorkerFunction.create({ ...code, ...given.function }),
  });
  return { stack, queue, worker };
}

const newStack = () => new Stack(new App(), 'Stack', { env });
const mappingOf = (given: Given) => Object.values(Template.fromStack(setUp(given).stack).findResources(MAPPING))[0].Properties;
const warningsOf = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
const statementsOf = (stack: Stack) =>
  Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(policy => policy.Properties.PolicyDocument.Statement);
const visibilityOf = (queue: sqs.IQueue) => (queue.node.defaultChild as sqs.CfnQueue).visibilityTimeout;
/** The problems of the first worker that has any when the template is written. */
const lateProblems = (stack: Stack) => {
  try {
    Template.fromStack(stack);
  } catch (error) {
    const [, message] = /(cdk-decouple FunctionWorker.*(?:\n +- .*)+)/.exec((error as Error).message)!;
    return readError(message.replace(/\n +-/g, '\n  -')).problems;
  }
  return [];
};

describe('by default', () => {
  const { stack, queue, worker } = setUp();
  const template = Template.fromStack(stack);

  test('Lambda polls the queue for batches of 10, and takes failures of single messages', () => {
    expect(Object.values(template.findResources(MAPPING)).map(({ Properties }) => Properties)).toEqual([{
      EventSourceArn: stack.resolve(queue.queueArn),
      FunctionName: stack.resolve(worker.function.functionName),
      BatchSize: 10,
      Enabled: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }]);
  });

  test('the function runs on Arm, without tracing, and its logs are kept for a month', () => {
    template.hasResourceProperties(FUNCTION, {
      Architectures: ['arm64'], TracingConfig: Match.absent(), Timeout: Match.absent(), LoggingConfig: { LogGroup: stack.resolve(worker.logGroup!.logGroupName) },
    });
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' });
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  test('the role may write its own logs, receive from the queue, and nothing more', () => {
    template.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent(), Policies: Match.absent(), RoleName: Match.absent() });
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
    const [{ Properties }] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(Properties.PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stack.resolve(worker.logGroup!.logGroupArn) },
      {
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Resource: stack.resolve(queue.queueArn),
      },
    ]);
  });

  test('the mapping waits for the permissions', () => {
    const [policy] = Object.keys(template.findResources('AWS::IAM::Policy'));
    expect(Object.values(template.findResources(MAPPING))[0].DependsOn).toContain(policy);
  });

  test('everything that is created is a member, and nothing warns', () => {
    expect(worker.queue).toBe(queue);
    expect(worker.source.sourceQueue).toBe(queue);
    expect(worker.source.concurrency).toBeUndefined();
    expect(worker.role).toBe(worker.function.role);
    expect(worker.createdFunction).toBe(worker.function);
    expect(worker.grantPrincipal).toBe(worker.function.grantPrincipal);
    expect(stack.resolve(worker.eventSourceMapping.eventSourceMappingId)).toEqual({ Ref: expect.any(String) });
    expect(warningsOf(stack)).toEqual([]);
  });
});

test('each option reaches the mapping', () => {
  const stack = newStack();
  const filter = lambda.FilterCriteria.filter({ body: { kind: lambda.FilterRule.isEqual('image') } });
  const properties = mappingOf({
    stack,
    options: {
      batchSize: 10_000,
      maxBatchingWindow: Duration.minutes(5),
      concurrency: FunctionConcurrency.maximum(1000),
      filters: [filter],
      reportBatchItemFailures: false,
      enabled: false,
    },
  });
  expect(properties).toMatchObject({
    BatchSize: 10_000,
    MaximumBatchingWindowInSeconds: 300,
    ScalingConfig: { MaximumConcurrency: 1000 },
    Enabled: false,
    FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["image"]}}' }] },
  });
  expect(properties.FunctionResponseTypes).toBeUndefined();
});

test.each([
  ['both by default', {}, { MinimumPollers: 2, MaximumPollers: 200 }],
  ['a minimum', { minimumPollers: 200 }, { MinimumPollers: 200, MaximumPollers: 200 }],
  ['a maximum', { maximumPollers: 2000 }, { MinimumPollers: 2, MaximumPollers: 2000 }],
])('pollers are provisioned with %s', (_, options, written) => {
  const properties = mappingOf({ options: { concurrency: FunctionConcurrency.provisionedPollers(options) } });
  expect(properties.ProvisionedPollerConfig).toEqual(written);
  expect(properties.ScalingConfig).toBeUndefined();
});

describe('the options of a new function win', () => {
  test('architecture, tracing, memory and name', () => {
    const { stack } = setUp({ function: { architecture: lambda.Architecture.X86_64, tracing: lambda.Tracing.ACTIVE, memorySize: 512, functionName: 'resizer' } });
    Template.fromStack(stack).hasResourceProperties(FUNCTION, { Architectures: ['x86_64'], TracingConfig: { Mode: 'Active' }, MemorySize: 512, FunctionName: 'resizer' });
  });

  test('a log group: none is created, and the role may write to it alone', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Logs', { retention: logs.RetentionDays.ONE_DAY });
    const { worker } = setUp({ stack, function: { logGroup } });
    expect(worker.logGroup).toBeUndefined();
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
    template.hasResourceProperties(FUNCTION, { LoggingConfig: { LogGroup: stack.resolve(logGroup.logGroupName) } });
    template.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
    expect(statementsOf(stack)).toContainEqual({ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stack.resolve(logGroup.logGroupArn) });
  });

  test('a retention: the log group has a name that is not known, so the role may write to log groups', () => {
    // It is deprecated.
    jest.spyOn(console, 'warn').mockImplementation();
    const { worker, stack } = setUp({ function: { logRetention: logs.RetentionDays.ONE_DAY } });
    expect(worker.logGroup).toBeUndefined();
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Role'))).toContain('service-role/AWSLambdaBasicExecutionRole');
  });

  test('a role, a log group and a VPC: the role gets the permissions on all of them', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Logs');
    const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    setUp({ stack, function: { role, logGroup, vpc: network(stack) } });
    expect(statementsOf(stack)).toEqual(expect.arrayContaining([
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stack.resolve(logGroup.logGroupArn) },
      {
        Effect: 'Allow',
        Action: [
          'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses',
          'ec2:UnassignPrivateIpAddresses',
        ],
        Resource: '*',
      },
    ]));
  });

  test.each<[string, (roles: Stack) => iam.IRole]>([
    ['created', roles => new iam.Role(roles, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })],
    ['imported', roles => iam.Role.fromRoleArn(roles, 'Own', 'arn:aws:iam::111122223333:role/own')],
  ])('a role that is %s in another stack: its permissions are in a policy of the worker, which the function and the mapping wait for', (_, make) => {
    const app = new App();
    const [roles, stack] = [new Stack(app, 'Roles', { env }), new Stack(app, 'Stack', { env })];
    const role = make(roles);
    const bucket = new s3.Bucket(stack, 'Bucket');
    const queue = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    const { worker } = setUp({ stack, queue, function: { role } });
    bucket.grantRead(worker);
    const template = Template.fromStack(stack);
    const [[id, policy], ...others] = Object.entries(template.findResources('AWS::IAM::Policy'));
    expect(others).toEqual([]);
    expect(policy.Properties.Roles).toHaveLength(1);
    for (const action of ['logs:PutLogEvents', 'sqs:ReceiveMessage', 'kms:Decrypt', 's3:GetObject*']) expect(JSON.stringify(policy)).toContain(action);
    for (const type of [FUNCTION, MAPPING]) expect(Object.values(template.findResources(type))[0].DependsOn).toContain(id);
    expect(Object.keys(Template.fromStack(roles).findResources('AWS::IAM::Policy'))).toEqual([]);
  });

  test('an existing function with a role of another stack gets a policy too', () => {
    const app = new App();
    const [roles, stack] = [new Stack(app, 'Roles', { env }), new Stack(app, 'Stack', { env })];
    const role = new iam.Role(roles, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    setUp({ stack, existing: new lambda.Function(stack, 'Existing', { ...code, role }) });
    expect(statementsOf(stack)).toHaveLength(1);
  });

  test('a role: it gets the permissions on the queue and the logs', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Own', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const { worker } = setUp({ stack, function: { role } });
    expect(worker.role).toBeUndefined();
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::IAM::Role', 1);
    const written = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(written).toContain('sqs:ReceiveMessage');
    expect(written).toContain('logs:PutLogEvents');
  });

  test('a VPC: the role may manage network interfaces', () => {
    const stack = newStack();
    setUp({ stack, function: { vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }) } });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole']] }],
    });
  });
});

test('an existing function keeps its logs and options, and gets the permissions', () => {
  const stack = newStack();
  const existing = new lambda.Function(stack, 'Existing', { ...code, timeout: Duration.seconds(10) });
  const { worker, queue } = setUp({ stack, existing });
  expect([worker.function, worker.createdFunction, worker.logGroup, worker.role]).toEqual([existing, undefined, undefined, undefined]);
  const template = Template.fromStack(stack);
  template.resourceCountIs(FUNCTION, 1);
  template.hasResourceProperties(FUNCTION, { Architectures: Match.absent() });
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain('sqs:ReceiveMessage');
  expect(visibilityOf(queue)).toBe(60);
});

test('two workers in a stack, also of one function, do not collide', () => {
  const stack = newStack();
  const existing = new lambda.Function(stack, 'Existing', code);
  const queue = new WorkQueue(stack, 'Jobs');
  setUp({ stack, queue, existing, id: 'One' });
  setUp({ stack, queue: new WorkQueue(stack, 'More'), existing, id: 'Two' });
  setUp({ stack, queue, id: 'Three' });
  Template.fromStack(stack).resourceCountIs(MAPPING, 3);
});

describe('the visibility timeout', () => {
  const seconds = (timeout: number, window?: number): Given => ({
    function: { timeout: Duration.seconds(timeout) }, options: window === undefined ? {} : { maxBatchingWindow: Duration.seconds(window) },
  });

  test.each<[string, Given, number]>([
    ['a function without a timeout has 3 seconds', {}, 30],
    ['5 seconds are enough for the default', seconds(5), 30],
    ['6 seconds are not', seconds(6), 36],
    ['the batching window is added', seconds(6, 20), 56],
  ])('a default is raised to what the worker needs: %s', (_, given, expected) => {
    const { stack } = setUp(given);
    Template.fromStack(stack).hasResourceProperties(QUEUE, { VisibilityTimeout: expected });
  });

  test('the queues of the CDK, and dead-letter queues, have a default that is raised too', () => {
    const stack = newStack();
    const jobs = new WorkQueue(stack, 'Jobs');
    const [plain, failed] = [new sqs.Queue(stack, 'Plain'), jobs.deadLetterQueue!];
    setUp({ ...seconds(60), queue: plain, id: 'One' });
    setUp({ ...seconds(60), queue: failed, id: 'Two' });
    expect([plain, failed, jobs].map(visibilityOf)).toEqual([360, 360, 30]);
  });

  test('a default that is long enough is not written', () => {
    const queue = new sqs.Queue(newStack(), 'Plain');
    setUp({ ...seconds(5), queue });
    expect(visibilityOf(queue)).toBeUndefined();
  });

  test('two workers on a queue need the greatest, in either order', () => {
    for (const [first, second] of [[10, 20], [20, 10]]) {
      const queue = new WorkQueue(newStack(), 'Jobs');
      setUp({ ...seconds(first), queue, id: 'One' });
      setUp({ ...seconds(second), queue, id: 'Two' });
      expect(visibilityOf(queue)).toBe(120);
    }
  });

  test.each<[string, (stack: Stack, visibilityTimeout: Duration) => sqs.IQueue]>([
    ['a work queue', (stack, visibilityTimeout) => new WorkQueue(stack, 'Jobs', { visibilityTimeout })],
    ['a queue of the CDK', (stack, visibilityTimeout) => new sqs.Queue(stack, 'Plain', { visibilityTimeout })],
  ])('one that was specified for %s is kept, and an error a second below what is needed', (_, make) => {
    const enough = make(newStack(), Duration.seconds(56));
    setUp({ ...seconds(6, 20), queue: enough });
    expect(visibilityOf(enough)).toBe(56);

    const short = make(newStack(), Duration.seconds(55));
    expect(problemsOf(() => setUp({ ...seconds(6, 20), queue: short }))).toMatchObject([
      { prop: 'source.queue.visibilityTimeout', got: expect.stringContaining('55 seconds'), allowed: expect.stringContaining('at least 56 seconds') },
    ]);
    expect(visibilityOf(short)).toBe(55);
    expect(Stack.of(short).node.tryFindChild('Worker')).toBeUndefined();
  });

  test('a specified default is the choice of the user', () => {
    const queue = new WorkQueue(newStack(), 'Jobs', { visibilityTimeout: Duration.seconds(30) });
    expect(problemsOf(() => setUp({ ...seconds(6), queue }))).toHaveLength(1);
  });

  test('an escape hatch is the choice of the user', () => {
    const queue = new WorkQueue(newStack(), 'Jobs');
    (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride('VisibilityTimeout', 31);
    expect(problemsOf(() => setUp({ ...seconds(6), queue }))).toHaveLength(1);
  });

  test('values that are only known at deployment are accepted', () => {
    const token = Duration.seconds(Token.asNumber({ Ref: 'Seconds' }));
    const queue = new WorkQueue(newStack(), 'Jobs', { visibilityTimeout: token });
    const { stack } = setUp({ ...seconds(600), queue });
    setUp({ stack, function: { timeout: token }, queue: new WorkQueue(stack, 'Short', { visibilityTimeout: Duration.seconds(4) }), id: 'Other' });
    expect(lateProblems(stack)).toEqual([]);
  });

  test.each<[string, (given: ReturnType<typeof setUp>) => void]>([
    ['the function', ({ worker }) => { (worker.function.node.defaultChild as lambda.CfnFunction).timeout = 7; }],
    ['the function, with an escape hatch', ({ worker }) => (worker.function.node.defaultChild as lambda.CfnFunction).addPropertyOverride('Timeout', 7)],
    ['the mapping', ({ worker }) => { (worker.eventSourceMapping.node.defaultChild as lambda.CfnEventSourceMapping).maximumBatchingWindowInSeconds = 1; }],
    ['the queue', ({ queue }) => { (queue.node.defaultChild as sqs.CfnQueue).visibilityTimeout = 35; }],
  ])('a change of %s by an aspect is checked when the template is written', (_, change) => {
    const given = setUp(seconds(6));
    Aspects.of(given.stack).add({ visit: node => node === given.worker && change(given) });
    expect(lateProblems(given.stack)).toMatchObject([{ prop: 'source.queue.visibilityTimeout' }]);
  });

  test('an alias and a version of a function have its timeout', () => {
    const stack = newStack();
    const handler = new lambda.Function(stack, 'Existing', { ...code, timeout: Duration.seconds(20) });
    const one = setUp({ stack, existing: handler.addAlias('live'), id: 'One' });
    const two = setUp({ stack, existing: handler.currentVersion, queue: new WorkQueue(stack, 'Other'), id: 'Two' });
    expect([one, two].map(({ queue }) => visibilityOf(queue))).toEqual([120, 120]);
  });

  const unknown = Duration.seconds(Token.asNumber({ Ref: 'Seconds' }));
  const importedFunction = (stack: Stack) => lambda.Function.fromFunctionAttributes(stack, 'Function', {
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/theirs'),
  });

  test.each<[string, (stack: Stack) => Given, number, string]>([
    ['the timeout of a new function', () => ({ function: { timeout: unknown } }), 30, 'at least 6 times the timeout'],
    ['the timeout of an imported function', stack => ({ existing: importedFunction(stack) }), 30, 'at least 6 times the timeout'],
    ['the batching window', () => ({ ...seconds(600), options: { maxBatchingWindow: unknown } }), 3600, 'default, which is 1 hour'],
    ['the timeout, and the window is longer than the default', () => ({ function: { timeout: unknown }, options: { maxBatchingWindow: Duration.minutes(5) } }), 300, 'default, which is 5 minutes'],
  ])('what is only known at deployment is a warning, and the default is raised by the rest: %s', (_, given, expected, text) => {
    for (const make of [(stack: Stack) => new WorkQueue(stack, 'Jobs'), (stack: Stack) => new sqs.Queue(stack, 'Plain')]) {
      const stack = newStack();
      const { queue } = setUp({ stack, queue: make(stack), ...given(stack) });
      expect(visibilityOf(queue) ?? 30).toBe(expected);
      const [warning, ...others] = warningsOf(stack);
      expect(warning).toContain('cdk-decouple:FunctionWorker.visibilityTimeout');
      expect(warning).toContain(text);
      expect(others).toEqual([]);
    }
  });

  test('one that was specified does not warn, but must be as long as what is known', () => {
    const given = { ...seconds(600), options: { maxBatchingWindow: unknown } };
    const stack = newStack();
    setUp({ ...given, queue: new WorkQueue(stack, 'Enough', { visibilityTimeout: Duration.hours(1) }) });
    expect(warningsOf(stack)).toEqual([]);
    expect(problemsOf(() => setUp({ ...given, queue: new WorkQueue(newStack(), 'Short', { visibilityTimeout: Duration.seconds(3599) }) })))
      .toMatchObject([{ prop: 'source.queue.visibilityTimeout', allowed: expect.stringContaining('at least 1 hour') }]);
  });

  test('that of an imported queue warns also if the timeout of the function is not known', () => {
    const stack = newStack();
    setUp({ stack, existing: importedFunction(stack), queue: sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:111122223333:jobs') });
    expect(warningsOf(stack).filter(warning => warning.includes('FunctionWorker.visibilityTimeout'))).toHaveLength(1);
  });

  test.each<[string, Given, boolean]>([['nobody specified', {}, true], ['was specified', { queue: new WorkQueue(newStack(), 'Jobs', { visibilityTimeout: Duration.seconds(30) }) }, false]])(
    'the fix of a problem at synthesis for one that %s', (_, given, isDefault) => {
      const { stack, worker } = setUp(given);
      (worker.createdFunction!.node.defaultChild as lambda.CfnFunction).timeout = 60;
      const [{ fix }] = lateProblems(stack);
      expect(fix.includes('omit it')).toBe(!isDefault);
      expect(fix.includes('default was raised')).toBe(isDefault);
    });

  test('that of an imported queue is not known, which a warning says with what is needed', () => {
    const stack = newStack();
    setUp({ ...seconds(10), stack, queue: sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:111122223333:jobs') });
    const [key, visibility, ...others] = warningsOf(stack);
    expect(key).toContain('cdk-decouple:FunctionWorker.queueKey');
    expect(visibility).toContain('cdk-decouple:FunctionWorker.visibilityTimeout');
    expect(visibility).toContain('at least 1 minute');
    expect(others).toEqual([]);
  });
});

describe('the reserved concurrency', () => {
  const maximum = (n: number) => ({ concurrency: FunctionConcurrency.maximum(n) });

  test.each<[string, (stack: Stack, reservedConcurrentExecutions: number) => Given]>([
    ['a new function', (_, reservedConcurrentExecutions) => ({ function: { reservedConcurrentExecutions } })],
    ['an existing function', (stack, reservedConcurrentExecutions) => ({ existing: new lambda.Function(stack, 'Existing', { ...code, reservedConcurrentExecutions }) })],
  ])('of %s is at least the maximum concurrency', (_, given) => {
    const [enough, few] = [newStack(), newStack()];
    setUp({ stack: enough, options: maximum(10), ...given(enough, 10) });
    expect(lateProblems(enough)).toEqual([]);
    expect(problemsOf(() => setUp({ stack: few, options: maximum(10), ...given(few, 9) }))).toMatchObject([
      { prop: 'function.reservedConcurrentExecutions', got: '9', allowed: expect.stringContaining('at least 10') },
    ]);
  });

  test.each<[string, number, QueueSourceOptions, number]>([
    ['0 stops the function, and warns', 0, maximum(10), 1],
    ['0 without a maximum', 0, {}, 1],
    ['0 without polling', 0, { enabled: false }, 0],
    ['5', 5, {}, 0],
  ])('%s', (_, reservedConcurrentExecutions, options, count) => {
    const { stack } = setUp({ options, function: { reservedConcurrentExecutions } });
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(count);
    warnings.forEach(warning => expect(warning).toContain('cdk-decouple:FunctionWorker.stopped'));
  });

  test.each<[string, number, QueueSourceOptions, number]>([
    ['4 of the 5 batches that Lambda starts with', 4, {}, 1],
    ['5', 5, {}, 0],
    ['4 with a maximum', 4, maximum(2), 0],
    ['99 for 10 pollers', 99, { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 10 }) }, 1],
    ['100 for 10 pollers', 100, { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 10 }) }, 0],
  ])('of %s warns if messages are throttled', (_, reservedConcurrentExecutions, options, count) => {
    const { stack } = setUp({ options, function: { reservedConcurrentExecutions } });
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(count);
    warnings.forEach(warning => expect(warning).toContain('cdk-decouple:FunctionWorker.throttled'));
  });

  test('of a function on a FIFO queue does not warn: the message groups limit it', () => {
    const stack = newStack();
    setUp({ stack, queue: new WorkQueue(stack, 'Fifo', { ordering: Ordering.fifo() }), function: { reservedConcurrentExecutions: 1 } });
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each([[5, 0], [4, 2]])('of %d is compared with the sum of all sources when the template is written', (reservedConcurrentExecutions, problems) => {
    const stack = newStack();
    const existing = new lambda.Function(stack, 'Existing', { ...code, reservedConcurrentExecutions });
    setUp({ stack, existing, options: maximum(3), id: 'One' });
    setUp({ stack, existing, queue: new WorkQueue(stack, 'Other'), options: maximum(2), id: 'Two' });
    const late = () => { try { Template.fromStack(stack); return ''; } catch (error) { return (error as Error).message; } };
    expect(late().match(/function.reservedConcurrentExecutions: got 4/g) ?? []).toHaveLength(problems);
  });
});

const fifo = (options: QueueSourceOptions) => (stack: Stack): Given => ({ queue: new WorkQueue(stack, 'Fifo', { ordering: Ordering.fifo() }), options });
const imported = (arn: string) => (stack: Stack): Given => ({ stack, queue: sqs.Queue.fromQueueArn(stack, 'Imported', arn) });
const minute = { maxBatchingWindow: Duration.minutes(1) };

test.each<[string, (stack: Stack) => Given, { readonly prop: string; readonly got: string; readonly allowed: string }]>([
  ['no batch', () => ({ options: { batchSize: 0 } }), { prop: 'source.batchSize', got: '0', allowed: '1 to 10000' }],
  ['a batch that is too large', () => ({ options: { batchSize: 10_001, ...minute } }), { prop: 'source.batchSize', got: '10001', allowed: '1 to 10000' }],
  ['a large batch without a window', () => ({ options: { batchSize: 11 } }), { prop: 'source.maxBatchingWindow', got: 'nothing', allowed: 'at least 1 second' }],
  ['a large batch with an empty window', () => ({ options: { batchSize: 11, maxBatchingWindow: Duration.seconds(0) } }),
    { prop: 'source.maxBatchingWindow', got: '0 seconds', allowed: 'at least 1 second' }],
  ['a long window', () => ({ options: { maxBatchingWindow: Duration.seconds(301) } }), { prop: 'source.maxBatchingWindow', got: '5 minutes 1 second', allowed: '0 seconds to 5 minutes' }],
  ['a large batch of a FIFO queue', fifo({ batchSize: 11 }), { prop: 'source.batchSize', got: '11', allowed: '1 to 10' }],
  ['a window of a FIFO queue', fifo(minute), { prop: 'source.maxBatchingWindow', got: '1 minute', allowed: 'nothing' }],
  ['a maximum of 1', () => ({ options: { concurrency: FunctionConcurrency.maximum(1) } }), { prop: 'source.concurrency.maximum', got: '1', allowed: '2 to 1000' }],
  ['a maximum of 1001', () => ({ options: { concurrency: FunctionConcurrency.maximum(1001) } }), { prop: 'source.concurrency.maximum', got: '1001', allowed: '2 to 1000' }],
  ['one poller', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 1 }) } }),
    { prop: 'source.concurrency.minimumPollers', got: '1', allowed: '2 to 200' }],
  ['201 pollers at least', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 201 }) } }),
    { prop: 'source.concurrency.minimumPollers', got: '201', allowed: '2 to 200' }],
  ['one poller at most', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ maximumPollers: 1 }) } }),
    { prop: 'source.concurrency.maximumPollers', got: '1', allowed: '2 to 2000' }],
  ['2001 pollers', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ maximumPollers: 2001 }) } }),
    { prop: 'source.concurrency.maximumPollers', got: '2001', allowed: '2 to 2000' }],
  ['more pollers at least than at most', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 11, maximumPollers: 10 }) } }),
    { prop: 'source.concurrency.minimumPollers', got: '11', allowed: 'at most maximumPollers, which is 10' }],
  ['no filters', () => ({ options: { filters: [] } }), { prop: 'source.filters', got: 'an empty list', allowed: 'at least 1' }],
  ['a topic', imported('arn:aws:sns:eu-west-1:111122223333:q'), { prop: 'source.queue', got: 'sns', allowed: 'sqs' }],
  ['a queue of another Region', imported('arn:aws:sqs:eu-west-2:111122223333:q'), { prop: 'source.queue', got: 'Region eu-west-2', allowed: 'eu-west-1' }],
  ['a queue of another account without a name', stack => ({
    stack, queue: new sqs.Queue(new Stack(stack.node.root as App, 'Theirs', { env: { ...env, account: '444455556666' } }), 'Queue'),
  }), { prop: 'source.queue', got: 'only known at deployment', allowed: 'queueName' }],
  ['a function imported without its role', stack => ({ stack, existing: lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:111122223333:function:f') }),
    { prop: 'function', got: 'without its role', allowed: 'its role' }],
  ['a function of another Region', stack => ({ stack, existing: lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-2:111122223333:function:f') }),
    { prop: 'function', got: 'Region eu-west-2', allowed: 'eu-west-1' }],
  ['a function of another account', stack => ({ stack, existing: lambda.Function.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:444455556666:function:f') }),
    { prop: 'function', got: 'account 444455556666', allowed: '111122223333' }],
  ['a function of another stack', stack => ({ stack, existing: new lambda.Function(new Stack(stack.node.root as App, 'Other', { env }), 'Function', code) }),
    { prop: 'function', got: 'of another stack', allowed: 'stack of the worker' }],
  ['a queue of another account with the AWS managed key', stack => ({
    stack,
    queue: new sqs.Queue(new Stack(stack.node.root as App, 'Theirs', { env: { ...env, account: '444455556666' } }), 'Queue', {
      queueName: 'jobs', encryption: sqs.QueueEncryption.KMS_MANAGED,
    }),
  }), { prop: 'source.queue.encryption', got: 'AWS managed key', allowed: 'account of the queue' }],
  ['a timeout above 15 minutes', () => ({ function: { timeout: Duration.seconds(901) } }), { prop: 'function.timeout', got: '15 minutes 1 second', allowed: '15 minutes' }],
  ['a role of another account for a new function', stack => ({ function: { role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::444455556666:role/theirs') } }),
    { prop: 'function.role', got: 'account 444455556666', allowed: '111122223333' }],
  ['options that lambda.Function refuses', () => ({ function: { allowPublicSubnet: true, allowAllOutbound: true } }), { prop: 'function', got: 'refuses', allowed: 'accepts' }],
])('%s is refused, and nothing is left behind', (_, given, { prop, got, allowed }) => {
  const stack = newStack();
  const props = given(stack);
  expect(problemsOf(() => setUp({ stack, ...props }))).toEqual([
    expect.objectContaining({ prop, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) }),
  ]);
  expect(stack.node.tryFindChild('Worker')).toBeUndefined();
});

test.each<[string, (stack: Stack) => Given]>([
  ['the longest timeout', () => ({ function: { timeout: Duration.minutes(15) } })],
  ['the smallest batch', () => ({ options: { batchSize: 1 } })],
  ['the largest batch without a window', () => ({ options: { batchSize: 10 } })],
  ['the smallest large batch with the shortest window', () => ({ options: { batchSize: 11, maxBatchingWindow: Duration.seconds(1) } })],
  ['the largest batch of a FIFO queue', fifo({ batchSize: 10, concurrency: FunctionConcurrency.maximum(2) })],
  ['as many pollers at least as at most', () => ({ options: { concurrency: FunctionConcurrency.provisionedPollers({ minimumPollers: 10, maximumPollers: 10 }) } })],
  ['values only known at deployment', () => ({
    options: { batchSize: Token.asNumber({ Ref: 'Size' }), maxBatchingWindow: Duration.seconds(Token.asNumber({ Ref: 'Window' })), concurrency: FunctionConcurrency.maximum(Token.asNumber({ Ref: 'Most' })) },
    function: { reservedConcurrentExecutions: Token.asNumber({ Ref: 'Reserved' }) },
  })],
])('%s is allowed', (_, given) => {
  const stack = newStack();
  setUp({ stack, ...given(stack) });
  expect(lateProblems(stack)).toEqual([]);
});

test('one error names everything that is wrong', () => {
  const stack = newStack();
  const problems = problemsOf(() => setUp({
    stack,
    options: { batchSize: 0, concurrency: FunctionConcurrency.maximum(1), filters: [] },
    function: { timeout: Duration.seconds(6) },
    queue: new WorkQueue(stack, 'Jobs', { visibilityTimeout: Duration.seconds(1) }),
  }));
  expect(problems.map(({ prop }) => prop).sort()).toEqual([
    'source.batchSize', 'source.concurrency.maximum', 'source.filters', 'source.queue.visibilityTimeout',
  ]);
});

describe('filters', () => {
  const body = (kind: string) => lambda.FilterCriteria.filter({ body: { kind: [kind] } });
  const filters = [body('image')];
  const filtered = { filters };

  test.each<[string, QueueSourceOptions['filters'], { readonly prop: string; readonly got: string }]>([
    ['by something else than the body', [lambda.FilterCriteria.filter({ data: { kind: ['image'] } })], { prop: 'source.filters[0]', got: 'data' }],
    ['by the body and something else', [body('image'), lambda.FilterCriteria.filter({ body: { kind: ['video'] }, eventSource: ['aws:sqs'] })],
      { prop: 'source.filters[1]', got: 'eventSource' }],
    ['without a pattern', [{ body: { kind: ['image'] } }], { prop: 'source.filters[0]', got: 'without a pattern' }],
    ['that are no JSON', [{ pattern: 'image' }], { prop: 'source.filters[0]', got: 'image' }],
    ['more than 10', Array.from({ length: 11 }, (_, i) => body(`${i}`)), { prop: 'source.filters', got: '11' }],
  ])('%s are refused', (_, refused, { prop, got }) => {
    expect(problemsOf(() => setUp({ options: { filters: refused } }))).toMatchObject([{ prop, got: expect.stringContaining(got) }]);
  });

  test('with a pattern only known at deployment are accepted', () => {
    const { stack } = setUp({ options: { filters: [{ pattern: Token.asString({ Ref: 'Pattern' }) }] } });
    expect(lateProblems(stack)).toEqual([]);
  });

  test.each([[5, 0], [6, 1], [10, 1]])('%d: %d warnings', (length, count) => {
    const { stack } = setUp({ options: { filters: Array.from({ length }, (_, i) => body(`${i}`)) } });
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(count);
    warnings.forEach(warning => expect(warning).toContain('cdk-decouple:FunctionWorker.filters'));
  });

  const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, max: 2 });

  describe.each<[string, (stack: Stack, queue: sqs.IQueue) => void]>([
    ['a function without filters', (stack, queue) => setUp({ stack, queue, id: 'Other' })],
    ['a function with other filters', (stack, queue) => setUp({ stack, queue, options: { filters: [body('video')] }, id: 'Other' })],
    ['an event source of the CDK', (stack, queue) => new lambda.Function(stack, 'Other', code).addEventSource(new SqsEventSource(queue))],
    ['a pipe', (stack, queue) => new pipes.CfnPipe(stack, 'Other', { source: queue.queueArn, target: 'arn:aws:sqs:eu-west-1:111122223333:target', roleArn: 'arn:aws:iam::111122223333:role/pipe' })],
    ['EC2 workers', (stack, queue) => new Ec2Workers(stack, 'Other', { queue, vpc: network(stack), scaling, userData: ec2.UserData.custom('run') })],
    ['Fargate workers', (stack, queue) => new FargateWorkers(stack, 'Other', {
      queue, vpc: network(stack), scaling, command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker')),
    })],
  ])('and %s', (_, add) => {
    test.each<[string, (stack: Stack) => sqs.IQueue]>([
      ['a work queue', stack => new WorkQueue(stack, 'Jobs')], ['a queue of the CDK', stack => new sqs.Queue(stack, 'Plain')],
    ])('on %s are an error', (__, make) => {
      const stack = newStack();
      const queue = make(stack);
      setUp({ stack, queue, options: filtered });
      add(stack, queue);
      expect(lateProblems(stack)).toContainEqual(expect.objectContaining({ prop: 'source.filters', got: expect.stringContaining('Stack/Other') }));
    });

    test('on another queue are none', () => {
      const stack = newStack();
      setUp({ stack, options: filtered });
      add(stack, new WorkQueue(stack, 'Others'));
      expect(lateProblems(stack)).toEqual([]);
    });
  });

  test('of the other one alone are an error too', () => {
    const { stack, queue } = setUp();
    new lambda.Function(stack, 'Other', code).addEventSource(new SqsEventSource(queue, filtered));
    expect(lateProblems(stack)).toMatchObject([{ prop: 'source.filters', got: expect.stringContaining('no filters') }]);
  });

  test.each<[string, QueueSourceOptions, QueueSourceOptions]>([
    ['that are the same, in any order', { filters: [body('image'), body('video')] }, { filters: [body('video'), body('image')] }],
    ['of a function that does not poll', filtered, { enabled: false }],
    ['of one that does not poll', { ...filtered, enabled: false }, {}],
  ])('%s are accepted', (_, one, other) => {
    const { stack, queue } = setUp({ options: one });
    setUp({ stack, queue, options: other, id: 'Other' });
    expect(lateProblems(stack)).toEqual([]);
  });

  test('on one imported queue are compared, also where it is imported twice', () => {
    const stack = newStack();
    const theirs = (id: string) => sqs.Queue.fromQueueArn(stack, id, 'arn:aws:sqs:eu-west-1:111122223333:jobs');
    setUp({ stack, queue: theirs('One'), options: filtered });
    setUp({ stack, queue: theirs('Two'), id: 'Other' });
    expect(lateProblems(stack)).toMatchObject([{ prop: 'source.filters' }]);
  });

  test('on an imported queue and another one are accepted', () => {
    const stack = newStack();
    setUp({ stack, queue: sqs.Queue.fromQueueArn(stack, 'One', 'arn:aws:sqs:eu-west-1:111122223333:jobs'), options: filtered });
    setUp({ stack, queue: sqs.Queue.fromQueueArn(stack, 'Two', 'arn:aws:sqs:eu-west-1:111122223333:more'), id: 'Other' });
    expect(lateProblems(stack)).toEqual([]);
  });

  test.each<[string, boolean | undefined, QueueSourceOptions['filters'], number]>([
    ['a key of the message, without raw message delivery', undefined, filters, 1],
    ['a string', false, [lambda.FilterCriteria.filter({ body: ['ping'] })], 1],
    ['a key of the message, with raw message delivery', true, filters, 0],
    ['keys of the envelope', false, [lambda.FilterCriteria.filter({ body: { Subject: ['images'], Message: [{ prefix: '{"kind":"image"' }] } })], 0],
    ['a key that must be missing', false, [lambda.FilterCriteria.filter({ body: { kind: lambda.FilterRule.notExists() } })], 0],
    ['one of the message and one of the envelope', false, [...filters, lambda.FilterCriteria.filter({ body: { Subject: ['images'] } })], 0],
    ['any of several', false, [lambda.FilterCriteria.filter({ body: { $or: [{ kind: ['image'] }, { Subject: ['images'] }] } })], 0],
  ])('of the messages of a topic: %s', (_, rawMessageDelivery, given, count) => {
    const stack = newStack();
    const queue = new FanOut(stack, 'Events').addQueue('Queue', { rawMessageDelivery });
    setUp({ stack, queue, options: { filters: given } });
    const problems = lateProblems(stack);
    expect(problems).toHaveLength(count);
    problems.forEach(problem => expect(problem).toMatchObject({ prop: 'source.filters', got: expect.stringContaining('envelope') }));
  });

  test('of a queue that the CDK subscribes are checked too', () => {
    const { stack, queue } = setUp({ options: filtered });
    new sns.Topic(stack, 'Topic').addSubscription(new subscriptions.SqsSubscription(queue));
    expect(lateProblems(stack)).toMatchObject([{ prop: 'source.filters' }]);
  });
});

describe('a function with two mappings of a queue', () => {
  const jobs = (stack: Stack) => new WorkQueue(stack, 'Jobs');
  const theirs = (stack: Stack) => sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:111122223333:jobs');
  const functionOf = (stack: Stack) => new lambda.Function(stack, 'Existing', code);

  test.each<[string, (stack: Stack, queue: sqs.IQueue) => void]>([
    ['by two workers', (stack, queue) => {
      const existing = functionOf(stack);
      setUp({ stack, queue, existing });
      setUp({ stack, queue, existing, id: 'Other' });
    }],
    ['by a worker and an event source of the CDK', (stack, queue) => {
      const existing = functionOf(stack);
      existing.addEventSource(new SqsEventSource(queue));
      setUp({ stack, queue, existing });
    }],
    ['by the events of a new function', (stack, queue) => setUp({ stack, queue, function: { events: [new SqsEventSource(queue)] } })],
    ['by an alias', (stack, queue) => {
      const existing = functionOf(stack).addAlias('live');
      setUp({ stack, queue, existing });
      setUp({ stack, queue, existing, id: 'Other' });
    }],
    ['by an imported function', (stack, queue) => {
      const role = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/theirs');
      const existing = lambda.Function.fromFunctionAttributes(stack, 'Function', { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', role });
      setUp({ stack, queue, existing });
      setUp({ stack, queue, existing, id: 'Other' });
    }],
  ])('%s is an error, on a queue of the app and on an imported one', (_, add) => {
    for (const make of [jobs, theirs]) {
      const stack = newStack();
      add(stack, make(stack));
      expect(lateProblems(stack)).toMatchObject([{ prop: 'function', got: expect.stringContaining('EventSource') }]);
    }
  });

  test('by an alias and the function itself is accepted', () => {
    const stack = newStack();
    const [queue, existing] = [jobs(stack), functionOf(stack)];
    setUp({ stack, queue, existing });
    setUp({ stack, queue, existing: existing.addAlias('live'), id: 'Other' });
    expect(lateProblems(stack)).toEqual([]);
  });
});

test.each<[string, (directory: string) => Partial<lambda.FunctionProps>, string | undefined]>([
  ['without a platform', directory => ({ code: lambda.Code.fromAssetImage(directory) }), 'LINUX_ARM64'],
  ['without a platform, on x86', directory => ({ code: lambda.Code.fromAssetImage(directory), architecture: lambda.Architecture.X86_64 }), 'LINUX_AMD64'],
  ['with a platform', directory => ({ code: lambda.Code.fromAssetImage(directory, { platform: assets.Platform.LINUX_ARM64 }) }), undefined],
])('an image that is built %s', (_, image, platform) => {
  const directory = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch');
    const { stack } = setUp({ function: { runtime: lambda.Runtime.FROM_IMAGE, handler: lambda.Handler.FROM_IMAGE, ...image(directory) } });
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(platform ? 1 : 0);
    warnings.forEach(warning => expect(warning).toContain('cdk-decouple:FunctionWorker.imagePlatform'));
    warnings.forEach(warning => expect(warning).toContain(platform));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

describe('the receives of a message', () => {
  test.each([[4, 1], [5, 0]])('%d: %d warnings', (maxReceiveCount, count) => {
    const stack = newStack();
    setUp({ stack, queue: new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.dedicated({ maxReceiveCount }) }) });
    const warnings = warningsOf(stack);
    expect(warnings).toHaveLength(count);
    warnings.forEach(warning => expect(warning).toContain('cdk-decouple:FunctionWorker.maxReceiveCount'));
  });

  test('a queue without dead letters does not warn', () => {
    const { stack } = setUp({ queue: new sqs.Queue(newStack(), 'Plain') });
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('grants', () => {
  test('of a restricted queue: Lambda does not poll through the endpoint, so the role has to be excepted', () => {
    const restricted = (except: boolean) => {
      const stack = newStack();
      const { worker, queue } = setUp({ stack });
      const endpoints = new MessagingEndpoints(stack, 'Endpoints', { vpc: network(stack), queues: [queue] });
      endpoints.restrictQueue(queue, except ? { exceptRoles: [worker.role!] } : undefined);
      return () => Template.fromStack(stack);
    };
    expect(restricted(false)).toThrow("'Stack/Worker/EventSourceMapping'");
    expect(restricted(true)).not.toThrow();
  });

  const written = (stack: Stack) => JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));

  test.each<[string, (stack: Stack, key: kms.IKey) => sqs.IQueue]>([
    ['a work queue', (stack, key) => new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key) })],
    ['a queue of the CDK', (stack, key) => new sqs.Queue(stack, 'Plain', { encryptionMasterKey: key })],
    ['a queue of the CDK, with its alias', (stack, key) => new sqs.Queue(stack, 'Plain', { encryptionMasterKey: key.addAlias('jobs') })],
    ['an imported queue', (stack, key) => sqs.Queue.fromQueueAttributes(stack, 'Imported', { queueArn: 'arn:aws:sqs:eu-west-1:111122223333:jobs', keyArn: key.keyArn })],
  ])('include the customer key of %s', (_, make) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    setUp({ stack, queue: make(stack, key) });
    const statements = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(policy => policy.Properties.PolicyDocument.Statement);
    expect(statements).toContainEqual({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: stack.resolve(key.keyArn) });
  });

  describe('on a key that an aspect gives the queue', () => {
    const withKey = (make: (stack: Stack) => sqs.IQueue, before: (key: kms.Key, worker: FunctionWorker) => void = () => undefined) => {
      const stack = newStack();
      const key = new kms.Key(stack, 'Key');
      const { queue, worker } = setUp({ stack, queue: make(stack) });
      before(key, worker);
      Aspects.of(stack).add({ visit: node => { if (node === queue.node.defaultChild) (node as sqs.CfnQueue).kmsMasterKeyId = key.keyArn; } });
      return lateProblems(stack);
    };
    const queues: [string, (stack: Stack) => sqs.IQueue][] = [['a work queue', stack => new WorkQueue(stack, 'Jobs')], ['a queue of the CDK', stack => new sqs.Queue(stack, 'Plain')]];

    test.each(queues)('are missing, which is an error: %s', (_, make) => {
      expect(withKey(make)).toMatchObject([{ prop: 'source.queue.encryption' }]);
    });

    test.each(queues)('can be added: %s', (_, make) => {
      expect(withKey(make, (key, worker) => key.grantDecrypt(worker))).toEqual([]);
    });
  });

  test('include large payloads', () => {
    const stack = newStack();
    setUp({ stack, queue: new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.dedicated() }) });
    expect(written(stack)).toContain('s3:GetObject');
  });

  test('are a warning for an imported queue of another account', () => {
    const stack = newStack();
    setUp({ stack, queue: sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:444455556666:jobs') });
    expect(warningsOf(stack).filter(warning => warning.includes('FunctionWorker.importedPolicy') && warning.includes('sqs:ReceiveMessage'))).toHaveLength(1);
  });

  test('reach a queue of another account of this app, whose policy names the role', () => {
    const app = new App();
    const theirs = new Stack(app, 'Theirs', { env: { ...env, account: '444455556666' } });
    const stack = new Stack(app, 'Stack', { env });
    setUp({ stack, queue: new WorkQueue(theirs, 'Jobs', { queueName: 'jobs' }) });
    const { RoleName } = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'))[0].Properties;
    expect(RoleName).toEqual(expect.any(String));
    expect(JSON.stringify(Template.fromStack(theirs).findResources('AWS::SQS::QueuePolicy'))).toContain(`role/${RoleName}`);
  });

  test('on an imported key, in the policy of an imported role, are waited for', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Theirs', 'arn:aws:iam::111122223333:role/theirs');
    const existing = lambda.Function.fromFunctionAttributes(stack, 'Imported', { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', role });
    const encryptionMasterKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
    setUp({ stack, existing, queue: new sqs.Queue(stack, 'Plain', { encryptionMasterKey }) });
    const template = Template.fromStack(stack);
    const [policy] = Object.keys(template.findResources('AWS::IAM::Policy'));
    expect(written(stack)).toContain('kms:Decrypt');
    expect(Object.values(template.findResources(MAPPING))[0].DependsOn).toContain(policy);
  });

  test('for a new function are warnings for a role that is not changed: the logs, the network and the queue, also of another account', () => {
    for (const account of [env.account, '444455556666']) {
      const stack = newStack();
      const theirs = account === env.account ? stack : new Stack(stack.node.root as App, 'Theirs', { env: { ...env, account } });
      const role = iam.Role.fromRoleArn(stack, 'Fixed', 'arn:aws:iam::111122223333:role/fixed', { mutable: false });
      setUp({ stack, function: { role, vpc: network(stack) }, queue: new sqs.Queue(theirs, 'Plain', { queueName: 'jobs' }) });
      const warnings = warningsOf(stack).filter(warning => warning.includes('FunctionWorker.immutableRole'));
      expect(warnings.flatMap(warning => ['logs:PutLogEvents', 'ec2:CreateNetworkInterface', 'sqs:ReceiveMessage'].filter(action => warning.includes(action))))
        .toEqual(['logs:PutLogEvents', 'ec2:CreateNetworkInterface', 'sqs:ReceiveMessage']);
    }
  });

  test('are a warning for a role that is not changed', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Fixed', 'arn:aws:iam::111122223333:role/fixed', { mutable: false });
    const existing = lambda.Function.fromFunctionAttributes(stack, 'Imported', { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', role });
    setUp({ stack, existing, queue: new sqs.Queue(stack, 'Plain') });
    expect(warningsOf(stack).filter(warning => warning.includes('FunctionWorker.immutableRole'))).toHaveLength(1);
  });
});

describe('metrics', () => {
  const { worker } = setUp();

  test('are those of the function', () => {
    const metrics = [worker.metricErrors(), worker.metricThrottles(), worker.metricDuration()];
    expect(metrics.map(({ namespace, metricName, statistic, dimensions }) => [namespace, metricName, statistic, dimensions])).toEqual([
      ['AWS/Lambda', 'Errors', 'Sum', { FunctionName: worker.function.functionName }],
      ['AWS/Lambda', 'Throttles', 'Sum', { FunctionName: worker.function.functionName }],
      ['AWS/Lambda', 'Duration', 'Average', { FunctionName: worker.function.functionName }],
    ]);
    expect(worker.metricErrors({ period: Duration.minutes(1), statistic: 'Maximum' })).toMatchObject({ statistic: 'Maximum', period: Duration.minutes(1) });
  });

  test.each(['metricErrors', 'metricThrottles', 'metricDuration'] as const)('%s refuses a period that CloudWatch does not have', method => {
    expect(problemsOf(() => worker[method]({ period: Duration.seconds(7) }))).toMatchObject([{ prop: `${method}(options.period)` }]);
  });
});
