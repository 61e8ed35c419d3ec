import { App, CfnParameter, Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeadLetters, Deduplication, Encryption, EventDeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueDestination, WorkQueueProps, WorkQueueTarget, WorkQueueTargetProps } from '../../src/queues';
import { errorOf, newStack, synth, synthApp, warningsOf } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const make = (props?: WorkQueueProps) => new WorkQueue(stack, 'Jobs', props);
const resources = (type: string, template = synth(stack)): any[] => Object.values<any>(template.Resources).filter(resource => resource.Type === type);
const services = (type: string, template?: any): any[] => resources(type, template)
  .flatMap(resource => (resource.Properties.PolicyDocument ?? resource.Properties.KeyPolicy).Statement)
  .filter(statement => statement.Principal?.Service);
const OWN = { Ref: 'AWS::AccountId' };
const customer = { encryption: Encryption.customerManaged() };
const content = Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED });
const stacks = (order: string[]) => {
  const app = new App();
  const made = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
  stack = made.Queue;
  return made;
};
const orders = [[['Queue', 'Source']], [['Source', 'Queue']]];

describe('the destination of bucket notifications', () => {
  const notify = (bucket: s3.Bucket, jobs: WorkQueue) => bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new WorkQueueDestination(jobs));

  test('allows the bucket alone, on queue and key, before the notification is set', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    const jobs = make(customer);
    notify(bucket, jobs);
    const [queue, ...others] = services('AWS::SQS::QueuePolicy');
    expect(others).toEqual([]);
    expect(queue).toMatchObject({
      Action: 'sqs:SendMessage', Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(bucket.bucketArn) }, StringEquals: { 'aws:SourceAccount': OWN } },
    });
    expect(services('AWS::KMS::Key')).toEqual([expect.objectContaining({ Condition: expect.objectContaining({ StringEquals: { 'aws:SourceAccount': OWN } }) })]);
    const [notification] = resources('Custom::S3BucketNotifications');
    expect(notification.Properties.NotificationConfiguration.QueueConfigurations[0].QueueArn).toEqual(stack.resolve(jobs.queue.queueArn));
    expect(notification.DependsOn).toEqual(expect.arrayContaining([stack.getLogicalId(jobs.queue.node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy)]));
  });

  test.each(orders)('in another stack: no cycle, and a warning (%j)', order => {
    const { Source } = stacks(order);
    notify(new s3.Bucket(Source, 'Bucket'), make(customer));
    notify(new s3.Bucket(Source, 'Named', { bucketName: 'uploads' }), new WorkQueue(stack, 'More', customer));
    expect(warningsOf(stack).map(warning => warning.text)).toEqual([expect.stringContaining('accepts s3.amazonaws.com for every bucket of account ${AWS::AccountId}: naming')]);
    const templates = synthApp(stack);
    expect(JSON.stringify(services('AWS::SQS::QueuePolicy', templates.Queue)[1])).toContain(':s3:::uploads');
    expect(stack.dependencies).toEqual([]);
  });

  test('in another account, the queue needs a name', () => {
    const app = new App();
    stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const other = new Stack(app, 'Other', { env: { account: '999988887777', region: 'eu-west-1' } });
    const jobs = make();
    const bucket = new s3.Bucket(other, 'Bucket', { bucketName: 'uploads' });
    expect(errorOf(() => notify(bucket, jobs))).toMatch(/WorkQueueDestination: got 'Other\/Bucket\/Notifications' in account 999988887777.* Give the WorkQueue a queueName/);
    notify(new s3.Bucket(other, 'Named', { bucketName: 'reports' }), new WorkQueue(stack, 'More', { queueName: 'more' }));
    // Nothing was built for the one that was refused.
    expect(services('AWS::SQS::QueuePolicy')).toEqual([expect.objectContaining({ Resource: stack.resolve((stack.node.findChild('More') as WorkQueue).queue.queueArn) })]);
  });

  test.each([[undefined], ['jobs']])('in another Region is refused, and a name of the queue (%s) does not help', queueName => {
    const app = new App();
    stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const other = new Stack(app, 'Other', { env: { account: '111122223333', region: 'us-east-1' } });
    const jobs = make({ queueName });
    expect(errorOf(() => notify(new s3.Bucket(other, 'Bucket', { bucketName: 'uploads' }), jobs))).toMatch(
      /^cdk-decouple WorkQueue at 'Stack\/Jobs' has a problem:\n.*got a bucket in Region us-east-1, and a queue in Region eu-west-1;/);
    // Nothing was built for the one that was refused.
    const near = new s3.Bucket(stack, 'Near');
    notify(near, jobs);
    expect(services('AWS::SQS::QueuePolicy').map(({ Condition }) => Condition.ArnLike['aws:SourceArn'])).toEqual([stack.resolve(near.bucketArn)]);
  });

  test('what never arrives is refused', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    expect(errorOf(() => notify(bucket, make({ ordering: Ordering.fifo() })))).toContain('S3 does not send to FIFO queues');
    expect(errorOf(() => notify(bucket, new WorkQueue(stack, 'Small', { maxMessageSize: Size.kibibytes(1) })))).toContain('maxMessageSize of at least 64 KiB');
    const l1 = new s3.CfnBucket(stack, 'L1');
    expect(errorOf(() => new WorkQueueDestination(new WorkQueue(stack, 'W')).bind(stack, l1))).toContain('in place of a bucket');
  });

  test.each([[null, 'null'], [undefined, 'nothing'], [{}, 'an object of another kind (object)']])('%p is no work queue', (value, got) => {
    expect(errorOf(() => notify(new s3.Bucket(stack, 'Bucket'), value as any))).toContain(
      `WorkQueueDestination at 'Stack/Bucket/Notifications' has a problem:\n  - workQueue: got ${got}; allowed: a WorkQueue. Pass the WorkQueue itself, not its .queue.`);
  });
  test('nor is its queue', () => {
    expect(errorOf(() => notify(new s3.Bucket(stack, 'Bucket'), make().queue as any))).toContain('Pass the WorkQueue itself');
  });
});

describe('the target of a rule', () => {
  const every = (scope = stack, id = 'Rule', props?: events.RuleProps) => new events.Rule(scope, id, { eventPattern: { source: ['orders'] }, ...props });
  const aim = (jobs: WorkQueue, props?: WorkQueueTargetProps, rule = every()) => {
    rule.addTarget(new WorkQueueTarget(jobs, props));
    return rule;
  };
  const target = () => resources('AWS::Events::Rule')[0].Properties.Targets[0];

  test('allows the rule alone, on the queue and its dead-letter queue', () => {
    const jobs = make();
    const rule = aim(jobs);
    expect(target()).toEqual({
      Id: 'Target0', Arn: stack.resolve(jobs.queue.queueArn), DeadLetterConfig: { Arn: stack.resolve(jobs.deadLetterQueue!.queueArn) },
    });
    expect(services('AWS::SQS::QueuePolicy').map(s => [s.Action, s.Resource, s.Condition])).toEqual([jobs.deadLetterQueue!, jobs.queue].map(queue => [
      'sqs:SendMessage',
      stack.resolve(queue.queueArn),
      { ArnLike: { 'aws:SourceArn': stack.resolve(rule.ruleArn) }, StringEquals: { 'aws:SourceAccount': OWN } },
    ]));
    expect(() => synthApp(stack)).not.toThrow();
  });

  test('an imported key of both queues is warned of once', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
    aim(make({ encryption: Encryption.customerManaged({ key }) }));
    expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining('cannot send to \'Stack/Jobs/Queue\':')]);
  });

  test('one key of both queues has one statement, and two have one each', () => {
    const jobs = make(customer);
    aim(jobs);
    const shared = new SharedDeadLetterQueue(stack, 'Shared', customer);
    aim(new WorkQueue(stack, 'More', { ...customer, deadLetters: DeadLetters.shared(shared) }), undefined, every(stack, 'Other'));
    const statements = resources('AWS::KMS::Key').map(key => key.Properties.KeyPolicy.Statement.filter((s: any) => s.Principal.Service).length);
    expect(jobs.deadLetterQueue!.encryptionMasterKey).toBe(jobs.encryptionKey);
    expect(statements).toEqual([1, 1, 1]);
    expect(() => synthApp(stack)).not.toThrow();
  });

  test('overrides', () => {
    const dead = new sqs.Queue(stack, 'Dead');
    aim(make({ ordering: content }), {
      messageGroupId: 'orders', input: events.RuleTargetInput.fromText('x'), deadLetters: EventDeadLetters.existing(dead), retryAttempts: 0, maxEventAge: Duration.minutes(1),
    });
    expect(target()).toEqual(expect.objectContaining({
      Input: '"x"',
      SqsParameters: { MessageGroupId: 'orders' },
      DeadLetterConfig: { Arn: stack.resolve(dead.queueArn) },
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    }));
  });
  test.each<[WorkQueueTargetProps, object]>([[{ retryAttempts: 185 }, { MaximumRetryAttempts: 185 }], [{ maxEventAge: Duration.hours(24) }, { MaximumEventAgeInSeconds: 86_400 }]])('retry policy %j', (props, policy) => {
    aim(make(), props);
    expect(target().RetryPolicy).toEqual(policy);
  });
  test('null in place of props is none; a standard queue may have message groups, and a token is taken', () => {
    aim(make(), null as any);
    aim(new WorkQueue(stack, 'Fair'), { messageGroupId: new CfnParameter(stack, 'Group').valueAsString }, every(stack, 'Other'));
    expect(resources('AWS::Events::Rule').map(rule => rule.Properties.Targets[0].SqsParameters)).toEqual([undefined, { MessageGroupId: { Ref: 'Group' } }]);
  });

  test.each<[string, WorkQueueProps, WorkQueueTargetProps | undefined]>([
    ['the work queue has none', { deadLetters: DeadLetters.none('Why not.') }, undefined],
    ['none are wanted', {}, { deadLetters: EventDeadLetters.none('A lost event is only a lost event.') }],
  ])('no dead letters where %s', (_, queueProps, props) => {
    aim(make(queueProps), props);
    expect(target()).not.toHaveProperty('DeadLetterConfig');
    expect(services('AWS::SQS::QueuePolicy')).toHaveLength(1);
  });

  test('its reason can be asked for', () => {
    expect(EventDeadLetters.none('why').reason).toBe('why');
    expect(EventDeadLetters.sameAsQueue().reason).toBeUndefined();
  });

  test('an imported dead-letter queue: the warning carries the statement', () => {
    const dead = sqs.Queue.fromQueueArn(stack, 'Dead', 'arn:aws:sqs:us-east-1:111122223333:dead');
    aim(make(), { deadLetters: EventDeadLetters.existing(dead) });
    expect(warningsOf(stack)).toEqual([{ path: '/Stack/Jobs', text: expect.stringMatching(/^the policy of 'Stack\/Dead' cannot be changed[^]*"aws:SourceAccount"[^]*WorkQueue\.importedPolicy\]$/) }]);
  });

  test.each<[WorkQueueProps, WorkQueueTargetProps, string]>([
    [{ ordering: Ordering.fifo() }, { messageGroupId: 'g', deadLetters: EventDeadLetters.none('x') }, 'workQueue: got a FIFO queue with Deduplication.EXPLICIT; allowed: a standard queue, or a FIFO queue with Deduplication.CONTENT_BASED.'],
    [{ ordering: content }, { deadLetters: EventDeadLetters.none('x') }, 'messageGroupId: got nothing; allowed: 1 to 128 characters.'],
    [{}, { messageGroupId: '' }, 'messageGroupId: got \'\';'],
    [{}, { messageGroupId: 'g'.repeat(129) }, `messageGroupId: got '${'g'.repeat(129)}';`],
    [{}, { messageGroupId: 5 as any }, 'messageGroupId: got 5;'],
    [{ ordering: content }, { messageGroupId: 'g' }, 'deadLetters: got the FIFO queue \'Stack/Jobs/DeadLetterQueue\'; allowed: a standard queue, as EventBridge takes no FIFO queue for dead letters.'],
    [{}, { input: 'x' as any }, 'input: got \'x\'; allowed: an events.RuleTargetInput'],
    [{}, { retryAttempts: 186 }, 'retryAttempts: got 186; allowed: a whole number from 0 to 185 (inclusive).'],
    [{}, { retryAttempts: -1 }, 'retryAttempts: got -1;'],
    [{}, { maxEventAge: Duration.seconds(59) }, 'maxEventAge: got 59 seconds; allowed: 1 minute to 1 day (inclusive)'],
    [{}, { maxEventAge: Duration.seconds(86_401) }, 'maxEventAge: got 1 day 1 second;'],
    [{}, { deadLetters: {} as any }, 'deadLetters: got an object of another kind (object); allowed: EventDeadLetters.sameAsQueue(), existing() or none(reason).'],
    [{}, { deadLetters: EventDeadLetters.none(' ') }, 'deadLetters: got \' \'; allowed: a text that is not empty.'],
    [{}, { deadLetters: EventDeadLetters.none(undefined as any) }, 'deadLetters: got \'\';'],
    [{}, { deadLetters: EventDeadLetters.existing(null as any) }, 'deadLetters: got null; allowed: EventDeadLetters.sameAsQueue()'],
    [{ deadLetters: DeadLetters.none('x') }, { deadLetters: EventDeadLetters.sameAsQueue() }, 'deadLetters: got sameAsQueue(), but the queue has no dead-letter queue;'],
  ])('%#: refuses %j', (queueProps, props, message) => {
    const jobs = make(queueProps);
    const rule = every();
    expect(errorOf(() => aim(jobs, props, rule))).toContain(`cdk-decouple WorkQueueTarget at 'Stack/Jobs' has a problem:\n  - ${message}`);
    expect(stack.node.tryFindChild('Jobs')).toBe(jobs);
    expect(services('AWS::SQS::QueuePolicy')).toEqual([]);
  });
  test.each([1, 128])('a message group of %d characters', length => {
    aim(make(), { messageGroupId: 'g'.repeat(length) });
  });
  test('dead letters under alias/aws/sqs, or in another Region, are refused', () => {
    stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const managed = new sqs.Queue(stack, 'Managed', { encryption: sqs.QueueEncryption.KMS_MANAGED });
    const jobs = make();
    const rule = every();
    expect(errorOf(() => aim(jobs, { deadLetters: EventDeadLetters.existing(managed) }, rule))).toContain('got the queue \'Stack/Managed\', encrypted with alias/aws/sqs');
    const far = sqs.Queue.fromQueueArn(stack, 'Far', 'arn:aws:sqs:us-east-1:111122223333:far');
    expect(errorOf(() => aim(jobs, { deadLetters: EventDeadLetters.existing(far) }, rule))).toContain('got a queue in region us-east-1; allowed: a queue in region eu-west-1');
  });
  test('what is no work queue is refused', () => {
    expect(errorOf(() => aim(make().queue as any))).toContain('WorkQueueTarget at \'Stack/Rule\' has a problem:\n  - workQueue: got an object of another kind (object); allowed: a WorkQueue.');
  });

  test.each(orders)('in another stack: no cycle (%j)', order => {
    const { Source } = stacks(order);
    const key = new kms.Key(Source, 'Key');
    aim(make(customer), undefined, every(Source));
    const bus = new events.EventBus(Source, 'Bus', { eventBusName: 'orders' });
    const unnamed = new events.EventBus(Source, 'Unnamed');
    const on = (id: string, props: events.RuleProps) => aim(
      new WorkQueue(stack, id, customer), undefined, every(Source, id, { ruleName: id, ...props }));
    on('Default', {});
    on('Named', { eventBus: bus });
    on('ByArn', { eventBus: events.EventBus.fromEventBusArn(Source, 'I', 'arn:aws:events:us-east-1:111122223333:event-bus/central') });
    on('ByName', { eventBus: events.EventBus.fromEventBusName(Source, 'N', 'default') });
    on('Unknown', { eventBus: unnamed });
    on('Parameter', { eventBus: events.EventBus.fromEventBusName(Source, 'P', new CfnParameter(Source, 'BusName').valueAsString) });
    on('Lazy', { eventBus: events.EventBus.fromEventBusName(Source, 'L', Lazy.string({ produce: () => 'late' })) });
    on('Token', { ruleName: new CfnParameter(Source, 'RuleName').valueAsString });
    expect(key).toBeDefined();
    const { Queue } = synthApp(stack);
    const named = services('AWS::SQS::QueuePolicy', Queue).map(s => s.Condition.ArnLike['aws:SourceArn']['Fn::Join'][1].at(-1));
    expect([...new Set(named)].sort()).toEqual([
      ':rule/*', ':rule/ByName', ':rule/Default', ':rule/central/ByArn', ':rule/orders/Named',
    ]);
    // Queue and dead-letter queue each.
    expect(warningsOf(stack).filter(warning => warning.text.includes('for every rule of account ${AWS::AccountId}:'))).toHaveLength(10);
    expect(stack.dependencies).toEqual([]);
  });

  test('with the dead-letter queue in a stack of its own', () => {
    const { Queue, Dead } = stacks(['Queue', 'Dead']);
    aim(make({ deadLetters: DeadLetters.shared(new SharedDeadLetterQueue(Dead, 'Shared', customer)) }), undefined, every(Queue));
    expect(() => synthApp(stack)).not.toThrow();
    expect(Dead.dependencies).toEqual([]);
  });

  test('in another Region, CDK makes a rule beside the queue, which alone is allowed', () => {
    const app = new App();
    stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const other = new Stack(app, 'Other', { env: { account: '111122223333', region: 'us-east-1' } });
    const jobs = make();
    aim(jobs, undefined, every(other));
    const { Stack: template } = synthApp(app);
    const [logicalId] = Object.entries<any>(template.Resources).find(([, resource]) => resource.Type === 'AWS::Events::Rule')!;
    expect(services('AWS::SQS::QueuePolicy', template).map(s => s.Condition.ArnLike['aws:SourceArn'])).toEqual(Array(2).fill({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
  });
});
