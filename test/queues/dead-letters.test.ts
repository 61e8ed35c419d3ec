import { App, Aspects, Aws, CfnParameter, Duration, Fn, Lazy, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption } from '../../src/access';
import { DeadLetters, Ordering, SharedDeadLetterQueue, SharedDeadLetterQueueProps, WorkQueue, WorkQueueProps } from '../../src/queues';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { resourcesOf, statementsOf } from '../support/resources';
import { errorOf, newStack, propertiesOf, resourceOf, synth, synthApp } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (deadLetters: DeadLetters, props: WorkQueueProps = {}) => new WorkQueue(stack, 'Jobs', { ...props, deadLetters });
const refusal = (deadLetters: DeadLetters, props?: WorkQueueProps) => {
  const problems = problemsOf(() => make(deadLetters, props));
  expect(stack.node.tryFindChild('Jobs')).toBeUndefined();
  return problems;
};
const containing = (text: string) => expect.stringContaining(text);
const redrive = (queue: WorkQueue) => propertiesOf(queue).RedrivePolicy;
const longLived = (id: string, props?: sqs.QueueProps) => new sqs.Queue(stack, id, { retentionPeriod: Duration.days(14), ...props });

describe('how often a message is received', () => {
  const factories: [string, (maxReceiveCount?: number) => DeadLetters][] = [
    ['dedicated', maxReceiveCount => DeadLetters.dedicated({ maxReceiveCount })],
    ['shared', maxReceiveCount => DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Shared'), maxReceiveCount)],
    ['existing', maxReceiveCount => DeadLetters.existing(longLived('Existing'), maxReceiveCount)],
  ];
  test.each(factories)('%s: 5 times by default', (_, factory) => {
    const jobs = make(factory());
    expect(redrive(jobs).maxReceiveCount).toBe(5);
    expect(jobs.maxReceiveCount).toBe(5);
  });
  test.each(factories.flatMap(([name, factory]) => [1, 1000].map(count => [name, count, factory] as const)))('%s: %d times', (_, count, factory) => {
    const jobs = make(factory(count));
    expect(redrive(jobs).maxReceiveCount).toBe(count);
    expect(jobs.maxReceiveCount).toBe(count);
  });
  test.each(factories.flatMap(([name, factory]) => [0, 1001, 1.5, -1, NaN].map(count => [name, count, factory] as const)))('%s: not %p times', (_, count, factory) => {
    expect(refusal(factory(count))).toMatchObject([{ prop: 'deadLetters.maxReceiveCount', got: `${count}`, allowed: containing('1 to 1000 (inclusive)') }]);
  });
});

describe('dedicated', () => {
  test.each([[Duration.seconds(61), 61], [Duration.days(14), 1_209_600]])('is kept for %s', (retention, seconds) => {
    const jobs = make(DeadLetters.dedicated({ retention }), { retention: Duration.seconds(60) });
    expect(propertiesOf(jobs.deadLetterQueue!).MessageRetentionPeriod).toBe(seconds);
  });
  test.each([
    [Duration.seconds(59), '59 seconds'], [Duration.seconds(1_209_601), '14 days 1 second'],
  ])('is not kept for %s', (retention, got) => {
    expect(refusal(DeadLetters.dedicated({ retention }), { retention: Duration.seconds(60) })).toMatchObject([
      { prop: 'deadLetters.retention', got, allowed: '1 minute to 14 days (inclusive), in whole seconds' },
    ]);
  });
  test.each([
    [Duration.days(4), undefined, '4 days', '4 days'],
    [Duration.days(1), Duration.days(2), '1 day', '2 days'],
    [undefined, Duration.days(14), '14 days', '14 days'],
    [Duration.seconds(60), Duration.seconds(60), '1 minute', '1 minute'],
  ])('of a standard queue is kept longer than the messages: %s against %s', (retention, own, got, than) => {
    expect(refusal(DeadLetters.dedicated({ retention }), { retention: own })).toMatchObject([
      { prop: 'deadLetters.retention', got: containing(got), allowed: expect.stringMatching(`more than .*${than}\\b.*at most 14 days`) },
    ]);
  });
  test('of a standard queue may be kept one second longer', () => {
    make(DeadLetters.dedicated(), { retention: Duration.seconds(1_209_599) });
  });
  test('of a FIFO queue may be kept as long or shorter, as the time starts anew', () => {
    make(DeadLetters.dedicated({ retention: Duration.minutes(1) }), { ordering: Ordering.fifo(), retention: Duration.days(14) });
  });
  test('what is only known at deployment is not compared', () => {
    const value = new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber;
    make(DeadLetters.dedicated({ retention: Duration.seconds(value) }), { retention: Duration.days(14) });
    new WorkQueue(stack, 'More', { retention: Duration.seconds(value), deadLetters: DeadLetters.dedicated({ retention: Duration.minutes(1) }) });
  });
});

describe('existing', () => {
  test('is used and not changed', () => {
    const queue = longLived('Existing');
    const unused = new sqs.Queue(newStack(), 'Existing', { retentionPeriod: Duration.days(14) });
    const jobs = make(DeadLetters.existing(queue));
    expect(jobs.deadLetterQueue).toBe(queue);
    expect(redrive(jobs).deadLetterTargetArn).toEqual(stack.resolve(queue.queueArn));
    expect(resourceOf(queue)).toEqual(resourceOf(unused));
  });

  test('is imported', () => {
    const jobs = make(DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:us-east-1:111122223333:dead')));
    expect(redrive(jobs).deadLetterTargetArn).toBe('arn:aws:sqs:us-east-1:111122223333:dead');
  });

  test('the default retention of the service is too short for the default of the work queue', () => {
    expect(refusal(DeadLetters.existing(new sqs.Queue(stack, 'Short')))).toMatchObject([{ prop: 'deadLetters', got: containing('4 days'), allowed: containing('4 days') }]);
  });
  test('its own retention counts', () => {
    expect(refusal(DeadLetters.existing(longLived('Short', { retentionPeriod: Duration.days(3) })))).toMatchObject([{ prop: 'deadLetters', got: containing('3 days') }]);
    make(DeadLetters.existing(longLived('Long', { retentionPeriod: Duration.days(5) })));
  });

  test.each([[false, true, 'standard', 'FIFO'], [true, false, 'FIFO', 'standard']])('is of the same kind (%s, %s)', (fifo, isFifo, got, allowed) => {
    const queue = longLived('Existing', fifo ? { fifo } : {});
    expect(refusal(DeadLetters.existing(queue), { ordering: isFifo ? Ordering.fifo() : Ordering.standard() })).toMatchObject([
      { prop: 'deadLetters', got: `the ${got} queue 'Stack/Existing'`, allowed: containing(`a ${allowed} queue`) },
    ]);
  });
  test('an import whose kind is only known at deployment is told with fifo', () => {
    const queueArn = new CfnParameter(stack, 'Arn').valueAsString;
    const imported = sqs.Queue.fromQueueAttributes(stack, 'Imported', { queueArn, fifo: true });
    expect(redrive(make(DeadLetters.existing(imported), { ordering: Ordering.fifo() })).deadLetterTargetArn).toEqual({ Ref: 'Arn' });
  });

  test.each([
    ['account', 'arn:aws:sqs:eu-west-1:999988887777:dead', '999988887777', '111122223333'], ['Region', 'arn:aws:sqs:us-east-1:111122223333:dead', 'us-east-1', 'eu-west-1'],
  ])('is in the same %s', (what, arn, got, allowed) => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    expect(refusal(DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Imported', arn)))).toMatchObject([
      { prop: 'deadLetters', got: expect.stringMatching(new RegExp(`a queue in ${what} ${got}$`, 'i')), allowed: expect.stringMatching(new RegExp(`a queue in ${what} ${allowed}\\b`, 'i')) },
    ]);
  });

  test('all that is wrong with it is said at once', () => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    expect(refusal(DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Imported', 'arn:aws:sqs:us-east-1:999988887777:dead.fifo')))).toMatchObject([
      { got: containing('FIFO') }, { got: containing('999988887777') }, { got: containing('us-east-1') },
    ]);
  });

  test('that of another work queue is refused: only that one may use it', () => {
    const other = new WorkQueue(stack, 'Other', { retention: Duration.days(1) });
    expect(refusal(DeadLetters.existing(other.deadLetterQueue!), { retention: Duration.days(1) })).toMatchObject([
      { prop: 'deadLetters', got: containing("'Stack/Other/DeadLetterQueue'"), allowed: containing('redrive-allow policy'), fix: containing('SharedDeadLetterQueue') },
    ]);
  });
  test('the queue of a shared one is refused: it would not learn of its source', () => {
    expect(refusal(DeadLetters.existing(new SharedDeadLetterQueue(stack, 'Shared')))).toMatchObject([{ prop: 'deadLetters', fix: containing('DeadLetters.shared()') }]);
  });
  test('one that denies every queue is refused', () => {
    const queue = longLived('Existing', { redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL } });
    expect(refusal(DeadLetters.existing(queue))).toMatchObject([{ prop: 'deadLetters', got: containing("'Stack/Existing', which denies") }]);
  });
  test.each<[string, unknown]>([
    ['every queue', { redrivePermission: sqs.RedrivePermission.ALLOW_ALL }],
    ['what is only known at deployment', Lazy.any({ produce: () => ({}) })],
  ])('one that allows %s is taken', (_, redriveAllowPolicy) => {
    const queue = longLived('Existing');
    (queue.node.defaultChild as sqs.CfnQueue).redriveAllowPolicy = redriveAllowPolicy;
    expect(make(DeadLetters.existing(queue)).deadLetterQueue).toBe(queue);
  });

  describe('whose redrive-allow policy names queues', () => {
    const naming = (sourceQueueArns: unknown, redrivePermission = 'byQueue') => {
      const queue = longLived('Existing');
      (queue.node.defaultChild as sqs.CfnQueue).redriveAllowPolicy = { redrivePermission, sourceQueueArns };
      return DeadLetters.existing(queue);
    };
    const other = [{ prop: 'deadLetters', got: containing("'Stack/Existing', whose redriveAllowPolicy names other"), fix: containing('queueName') }];
    test('others made by the app', () => {
      const queue = longLived('Existing', { redriveAllowPolicy: { sourceQueues: [new sqs.Queue(stack, 'Other')] } });
      expect(refusal(DeadLetters.existing(queue))).toMatchObject(other);
    });
    test.each<[unknown, string | undefined]>([
      [['arn:aws:sqs:us-east-1:111122223333:other'], undefined],
      [['arn:aws:sqs:us-east-1:111122223333:other'], 'jobs'],
      [[`arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:other`], 'jobs'],
    ])('%j, for one with the name %p', (arns, queueName) => {
      expect(refusal(naming(arns), { queueName })).toMatchObject(other);
    });
    test.each<[unknown, string | undefined, string?]>([
      [['arn:aws:sqs:us-east-1:111122223333:other', 'arn:aws:sqs:us-east-1:111122223333:jobs'], 'jobs'],
      [[`arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:jobs`], 'jobs'],
      [[Fn.importValue('Arn')], undefined],
      [[`arn:aws:sqs:us-east-1:111122223333:${Fn.importValue('Name')}`], undefined],
      [{ Ref: 'ArnsOfQueues' }, undefined],
      [undefined, undefined],
      [['arn:aws:sqs:us-east-1:111122223333:other'], undefined, 'allowAll'],
    ])('%j, one of which may be this one (%p)', (...[arns, queueName, permission]) => {
      expect(make(naming(arns, permission), { queueName }).deadLetterQueue!.node.id).toBe('Existing');
    });
  });
});

describe('none', () => {
  test('makes no dead-letter queue and no redrive policy', () => {
    const jobs = make(DeadLetters.none('A lost click is only a lost click.'));
    expect(propertiesOf(jobs)).not.toHaveProperty('RedrivePolicy');
    expect([jobs.deadLetterQueue, jobs.maxReceiveCount]).toEqual([undefined, undefined]);
    expect(jobs.node.children.map(child => child.node.id)).toEqual(['Queue']);
    expect(DeadLetters.none('why').reason).toBe('why');
    expect(DeadLetters.dedicated().reason).toBeUndefined();
  });
  test.each(['', ' '])('needs a reason: %p', reason => {
    expect(refusal(DeadLetters.none(reason))).toMatchObject([{ prop: 'deadLetters', got: `'${reason}'`, allowed: containing('not empty'), fix: containing('DeadLetters.none(reason)') }]);
  });
  test('takes a reason that is only known at deployment', () => {
    expect(make(DeadLetters.none(new CfnParameter(stack, 'Reason').valueAsString)).deadLetterQueue).toBeUndefined();
  });
  test.each<[string, (jobs: WorkQueue) => unknown]>([
    ['grantConsumeDeadLetters()', jobs => jobs.grantConsumeDeadLetters(new iam.AccountRootPrincipal())],
    ['grantRedrive()', jobs => jobs.grantRedrive(new iam.AccountRootPrincipal())],
    ['metricDeadLetters()', jobs => jobs.metricDeadLetters()],
  ])('%s has nothing to work on', (prop, call) => {
    const jobs = make(DeadLetters.none('Why not.'));
    expect(readError(errorOf(() => call(jobs)))).toMatchObject({ construct: 'WorkQueue', path: 'Stack/Jobs', problems: [{ prop, got: 'DeadLetters.none()' }] });
  });
});

describe('shared', () => {
  const shared = (props?: SharedDeadLetterQueueProps) => new SharedDeadLetterQueue(stack, 'Shared', props);

  test('defaults', () => {
    const queue = shared();
    const resource = resourceOf(queue);
    delete resource.Metadata;
    expect(resource).toEqual({
      Type: 'AWS::SQS::Queue',
      UpdateReplacePolicy: 'Delete',
      DeletionPolicy: 'Delete',
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600, RedriveAllowPolicy: { redrivePermission: 'allowAll' } },
    });
    expect(JSON.stringify(synth(stack).Resources)).toContain('aws:SecureTransport');
  });

  test('overrides', () => {
    const made = shared({
      ordering: Ordering.fifo(),
      encryption: Encryption.customerManaged(),
      dataKeyReuse: Duration.hours(1),
      retention: Duration.days(1),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    expect(resourceOf(made)).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        FifoQueue: true,
        FifoThroughputLimit: 'perMessageGroupId',
        DeduplicationScope: 'messageGroup',
        MessageRetentionPeriod: 86_400,
        KmsMasterKeyId: stack.resolve(made.encryptionMasterKey!.keyArn),
        KmsDataKeyReusePeriodSeconds: 3600,
      },
    });
    expect(resourceOf(made.encryptionMasterKey!)).toMatchObject({ DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true, Description: 'Encrypts the dead letters of Stack/Shared' } });
  });

  test.each([[Duration.seconds(60), 60], [Duration.days(14), 1_209_600]])('is kept for %s', (retention, seconds) => {
    expect(propertiesOf(shared({ retention })).MessageRetentionPeriod).toBe(seconds);
  });

  test.each<[SharedDeadLetterQueueProps, object]>([
    [{ retention: Duration.seconds(59) }, { prop: 'retention', got: '59 seconds', allowed: '1 minute to 14 days (inclusive), in whole seconds' }],
    [{ retention: Duration.seconds(1_209_601) }, { prop: 'retention', got: '14 days 1 second' }],
    [{ encryption: Encryption.customerManaged(), dataKeyReuse: Duration.seconds(59) }, { prop: 'dataKeyReuse', got: '59 seconds' }],
    [{ dataKeyReuse: Duration.hours(1) }, { prop: 'dataKeyReuse', got: 'a time, without a customer key', allowed: 'a time for a queue with a customer key' }],
    [{ removalPolicy: RemovalPolicy.SNAPSHOT }, { prop: 'removalPolicy', got: 'RemovalPolicy.SNAPSHOT' }],
  ])('refuses %j', (props, problem) => {
    expect(readError(errorOf(() => shared(props)))).toMatchObject({ construct: 'SharedDeadLetterQueue', path: 'Stack/Shared', problems: [problem] });
    expect(stack.node.children).toEqual([]);
    shared();
  });

  test('all that is wrong is told at once', () => {
    expect(refusedProps(() => shared({
      retention: Duration.seconds(59),
      encryption: Encryption.customerManaged(),
      dataKeyReuse: Duration.seconds(59),
      removalPolicy: RemovalPolicy.SNAPSHOT,
    })).sort()).toEqual(['dataKeyReuse', 'removalPolicy', 'retention']);
  });

  const use = (made: SharedDeadLetterQueue, count: number) => Array.from({ length: count }, (_, i) => new WorkQueue(stack, `Jobs${i}`, { deadLetters: DeadLetters.shared(made) }));

  test.each([1, 10])('%d queues of the stack are the only ones that may use it', count => {
    const made = shared();
    const queues = use(made, count);
    const policy = propertiesOf(made).RedriveAllowPolicy;
    expect(policy.redrivePermission).toBe('byQueue');
    expect(policy.sourceQueueArns.map((arn: { 'Fn::Join': [string, unknown[]] }) => arn['Fn::Join'][1].at(-2))).toEqual(
      queues.map(queue => expect.stringContaining(propertiesOf(queue).QueueName['Fn::Join'][1][0])));
  });

  test('11 are more than SQS lets it name', () => {
    const made = shared();
    use(made, 11);
    expect(propertiesOf(made).RedriveAllowPolicy).toEqual({ redrivePermission: 'allowAll' });
  });

  test('a queue of another stack could not be named without a circular reference', () => {
    const made = shared();
    use(made, 1);
    new WorkQueue(new NestedStack(stack, 'Nested'), 'Jobs', { deadLetters: DeadLetters.shared(made) });
    expect(propertiesOf(made).RedriveAllowPolicy).toEqual({ redrivePermission: 'allowAll' });
  });

  test('a queue that was refused after all, and taken out of the tree, is not named', () => {
    const made = shared();
    new WorkQueue(stack, 'Refused', { deadLetters: DeadLetters.shared(made) });
    stack.node.tryRemoveChild('Refused');
    expect(propertiesOf(made).RedriveAllowPolicy).toEqual({ redrivePermission: 'allowAll' });
  });

  test('a queue refused by its own checks is not named either', () => {
    const made = shared();
    refusal(DeadLetters.shared(made), { visibilityTimeout: Duration.days(1) });
    expect(propertiesOf(made).RedriveAllowPolicy).toEqual({ redrivePermission: 'allowAll' });
  });

  test('makes no dead-letter queue of its own for the work queue', () => {
    const made = shared();
    const jobs = make(DeadLetters.shared(made));
    expect(jobs.deadLetterQueue).toBe(made);
    expect(redrive(jobs).deadLetterTargetArn).toEqual(stack.resolve(made.queueArn));
  });

  test.each([[Ordering.fifo(), 'standard', 'FIFO'], [Ordering.standard(), 'FIFO', 'standard']])('is of the same kind', (ordering, got, allowed) => {
    const made = shared({ ordering: ordering.isFifo ? Ordering.standard() : Ordering.fifo() });
    expect(refusal(DeadLetters.shared(made), { ordering })).toMatchObject([
      { prop: 'deadLetters', got: containing(`the ${got} queue`), allowed: containing(`a ${allowed} queue`) },
    ]);
  });

  test('is kept longer than the messages', () => {
    expect(refusal(DeadLetters.shared(shared({ retention: Duration.days(4) })))).toMatchObject([{ prop: 'deadLetters', got: containing('4 days'), allowed: containing('4 days') }]);
  });

  test('two in one stack; logical ids', () => {
    shared({ encryption: Encryption.customerManaged() });
    new SharedDeadLetterQueue(stack, 'Other');
    expect(Object.keys(synth(stack).Resources).sort()).toMatchSnapshot();
  });

  test('metric', () => {
    const made = shared();
    expect(made.metricDeadLetters().toMetricConfig().metricStat).toMatchObject({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      statistic: 'Maximum',
      period: Duration.minutes(1),
      dimensions: [{ name: 'QueueName', value: made.queueName }],
    });
    expect(made.metricDeadLetters({ statistic: 'Average', period: Duration.minutes(5) }).toMetricConfig().metricStat).toMatchObject({ statistic: 'Average', period: Duration.minutes(5) });
  });
});

describe('names that are changed after the queue was made', () => {
  const rename = (name: (queue: sqs.CfnQueue) => string | undefined) => Aspects.of(stack).add({
    visit: node => {
      if (node instanceof sqs.CfnQueue) node.queueName = name(node);
    },
  });
  const arn = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, `:${name}`]] });
  const policies = () => {
    return resourcesOf(synthApp(stack).Stack).map(({ Properties }) => Properties.RedriveAllowPolicy).filter(Boolean);
  };
  test('are the ones that the redrive-allow policies name', () => {
    make(DeadLetters.dedicated());
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    new WorkQueue(stack, 'Sharing', { deadLetters: DeadLetters.shared(shared) });
    rename(queue => queue.node.scope!.node.path.replace('Stack/', 'org-').replaceAll('/', '-'));
    expect(policies()).toEqual([
      { redrivePermission: 'byQueue', sourceQueueArns: [arn('org-Jobs-Queue')] }, { redrivePermission: 'byQueue', sourceQueueArns: [arn('org-Sharing-Queue')] },
    ]);
  });
  test('and without one, every queue is allowed', () => {
    make(DeadLetters.dedicated());
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    new WorkQueue(stack, 'Sharing', { deadLetters: DeadLetters.shared(shared) });
    rename(() => undefined);
    expect(policies()).toEqual([{ redrivePermission: 'allowAll' }, { redrivePermission: 'allowAll' }]);
  });
  test('retention that an aspect makes too long is told when the template is written', () => {
    make(DeadLetters.dedicated());
    synthApp(stack);
    Aspects.of(stack).add({
      visit: node => {
        if (node instanceof sqs.CfnQueue) node.messageRetentionPeriod = 1_209_600;
      },
    });
    expect(() => synthApp(stack)).toThrow(/cdk-decouple WorkQueue at 'Stack\/Jobs' has a problem:\n  - retention: got 14 days .*; allowed: .*14 days/);
  });
});

describe('consumers of a shared dead-letter queue', () => {
  test('are granted exact actions', () => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared', { encryption: Encryption.customerManaged() });
    shared.grantConsumeMessages(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(statementsOf(stack, 'AWS::IAM::Policy').map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], stack.resolve(shared.queueArn)],
      ['kms:Decrypt', stack.resolve(shared.encryptionMasterKey!.keyArn)],
    ]);
  });
  test('are no services', () => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    expect(readError(errorOf(() => shared.grantConsumeMessages(new iam.ServicePrincipal('sns.amazonaws.com'))))).toMatchObject({
      construct: 'SharedDeadLetterQueue', path: 'Stack/Shared', problems: [{ prop: 'grantConsumeMessages(grantee)', got: containing('sns.amazonaws.com') }],
    });
  });
  test('of another account cannot name it', () => {
    const other = new Stack(stack.node.scope as App, 'Other', { env: { account: '999988887777', region: 'eu-west-1' } });
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    expect(problemsOf(() => shared.grantConsumeMessages(new iam.Role(other, 'Role', { roleName: 'r', assumedBy: new iam.AccountRootPrincipal() })))).toMatchObject([
      {
        prop: 'grantConsumeMessages(grantee)',
        got: containing("'Other/Role' in account 999988887777, Region eu-west-1"),
        allowed: containing('the same account and Region'),
        fix: containing('DeadLetters.existing()'),
      },
    ]);
  });
});

describe('stacks of their own', () => {
  test.each([[['Queue', 'Dead']], [['Dead', 'Queue']]])('made in the order %j', order => {
    const app = new App();
    const stacks = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
    const dead = new SharedDeadLetterQueue(stacks.Dead, 'Shared', { encryption: Encryption.customerManaged() });
    const existing = new sqs.Queue(stacks.Dead, 'Existing', { retentionPeriod: Duration.days(14) });
    new WorkQueue(stacks.Queue, 'A', { deadLetters: DeadLetters.shared(dead) });
    new WorkQueue(stacks.Queue, 'B', { deadLetters: DeadLetters.existing(existing) });
    const templates = synthApp(app);
    expect(Object.keys(templates.Queue.Resources).length).toBe(4);
    expect(JSON.stringify(templates.Dead)).toContain('"redrivePermission":"allowAll"');
    expect(stacks.Dead.dependencies).toEqual([]);
    expect(stacks.Queue.dependencies).toEqual([stacks.Dead]);
  });
});
