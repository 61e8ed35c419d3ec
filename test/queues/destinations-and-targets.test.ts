import { App, CfnParameter, Lazy, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption } from '../../src/access';
import { DeadLetters, Deduplication, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../src/queues';
import { problemsOf, refusedProps } from '../support/problems';
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
  const notify = (bucket: s3.Bucket, jobs: WorkQueue) => bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(jobs));

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
    expect(notification.Properties.NotificationConfiguration.QueueConfigurations[0].QueueArn).toEqual(stack.resolve(jobs.queueArn));
    expect(notification.DependsOn).toEqual(expect.arrayContaining([stack.getLogicalId(jobs.node.findChild('Queue').node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy)]));
  });

  test.each(orders)('in another stack: no cycle, and a warning (%j)', order => {
    const { Source } = stacks(order);
    notify(new s3.Bucket(Source, 'Bucket'), make(customer));
    notify(new s3.Bucket(Source, 'Named', { bucketName: 'uploads' }), new WorkQueue(stack, 'More', customer));
    expect(warningsOf(stack).map(warning => warning.text)).toEqual([expect.stringContaining('accepts s3.amazonaws.com for every bucket of account ${AWS::AccountId}:')]);
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
    expect(errorOf(() => notify(bucket, jobs))).toMatch(/addToResourcePolicy\(statement\): got 'Other\/Bucket' in account 999988887777.* Specify a queueName/);
    notify(new s3.Bucket(other, 'Named', { bucketName: 'reports' }), new WorkQueue(stack, 'More', { queueName: 'more' }));
    // Nothing was built for the one that was refused.
    expect(services('AWS::SQS::QueuePolicy')).toEqual([expect.objectContaining({ Resource: stack.resolve((stack.node.findChild('More') as WorkQueue).queueArn) })]);
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
  });
});

describe('the target of a rule', () => {
  const every = (scope = stack, id = 'Rule', props?: events.RuleProps) => new events.Rule(scope, id, { eventPattern: { source: ['orders'] }, ...props });
  const aim = (jobs: WorkQueue, props?: targets.SqsQueueProps, rule = every()) => {
    rule.addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue?.fifo ? undefined : jobs.deadLetterQueue, ...props }));
    return rule;
  };
  const target = () => resources('AWS::Events::Rule')[0].Properties.Targets[0];

  test('allows the rule alone, on the queue and its dead-letter queue', () => {
    const jobs = make();
    const rule = aim(jobs);
    expect(target()).toEqual({
      Id: 'Target0', Arn: stack.resolve(jobs.queueArn), DeadLetterConfig: { Arn: stack.resolve(jobs.deadLetterQueue!.queueArn) },
    });
    expect(services('AWS::SQS::QueuePolicy').map(s => [s.Action, s.Resource, s.Condition])).toEqual([jobs.deadLetterQueue!, jobs].map(queue => [
      'sqs:SendMessage',
      stack.resolve(queue.queueArn),
      { ArnLike: { 'aws:SourceArn': stack.resolve(rule.ruleArn) }, StringEquals: { 'aws:SourceAccount': OWN } },
    ]));
    expect(() => synthApp(stack)).not.toThrow();
  });

  test('an imported key of both queues is warned of once', () => {
    const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111122223333:key/abc');
    aim(make({ encryption: Encryption.customerManaged(key) }));
    expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining("cannot send to 'Stack/Jobs/Queue':")]);
  });

  test('one key of both queues has one statement, and two have one each', () => {
    const jobs = make(customer);
    aim(jobs);
    const shared = new SharedDeadLetterQueue(stack, 'Shared', customer);
    aim(new WorkQueue(stack, 'More', { ...customer, deadLetters: DeadLetters.shared(shared) }), undefined, every(stack, 'Other'));
    const statements = resources('AWS::KMS::Key').map(key => key.Properties.KeyPolicy.Statement.filter((s: any) => s.Principal.Service).length);
    expect(jobs.deadLetterQueue!.encryptionMasterKey!.node).toBe(jobs.encryptionMasterKey!.node);
    expect(statements).toEqual([1, 1, 1]);
    expect(() => synthApp(stack)).not.toThrow();
  });

  test.each([[Ordering.fifo()]])('a FIFO queue with explicit deduplication is refused (%#)', ordering => {
    const jobs = make({ ordering });
    expect(refusedProps(() => aim(jobs))).toEqual(['addToResourcePolicy(statement)']);
    expect(services('AWS::SQS::QueuePolicy')).toEqual([]);
  });

  test.each([[undefined, 1], ['orders', 0]])('a FIFO queue needs a message group, which is checked when the template is written (%s)', (messageGroupId, problems) => {
    aim(make({ ordering: content }), { messageGroupId });
    const written = problems === 0 ? expect(() => synthApp(stack)).not : expect(() => synthApp(stack));
    written.toThrow(/messageGroupId: got no message group in a target of the rule 'Stack\/Rule'; allowed: .*1 to 128 characters/);
  });

  test('a FIFO queue for dead letters is refused', () => {
    const jobs = make({ ordering: content });
    expect(problemsOf(() => aim(jobs, { messageGroupId: 'orders', deadLetterQueue: jobs.deadLetterQueue }))).toEqual([
      expect.objectContaining({ got: "the dead letters of a rule, and the FIFO queue 'Stack/Jobs/DeadLetterQueue'", allowed: expect.stringContaining('a standard queue') }),
    ]);
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
    // The dead-letter queues: with a customer key, the CDK does not tell the rule to the queue, and every rule is let in.
    expect(warningsOf(stack).filter(warning => warning.text.includes('for every rule of account ${AWS::AccountId}:'))).toHaveLength(5);
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
    aim(jobs, { deadLetterQueue: undefined }, every(other));
    const { Stack: template } = synthApp(app);
    const [logicalId] = Object.entries<any>(template.Resources).find(([, resource]) => resource.Type === 'AWS::Events::Rule')!;
    expect(services('AWS::SQS::QueuePolicy', template).map(s => s.Condition.ArnLike['aws:SourceArn'])).toEqual([{ 'Fn::GetAtt': [logicalId, 'Arn'] }]);
  });
});
