import { Aspects, Duration, Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { problemsOf } from '../support/problems';
import { resourcesOf } from '../support/resources';
import { newStack, propertiesOf, synthApp } from '../support/template';

/** What the dead-letter queue of a work queue allows, each time it is read. */
function reader() {
  const stack = newStack();
  const jobs = new WorkQueue(stack, 'Jobs', { queueName: 'jobs' });
  const resource = jobs.node.defaultChild as sqs.CfnQueue;
  const deadLetters = jobs.deadLetterQueue!.node.defaultChild as sqs.CfnQueue;
  const arn = (name: unknown) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ...[name].flat()]] });
  return { resource, arn, read: () => Stack.of(jobs).resolve(deadLetters.redriveAllowPolicy) };
}

test('a template that was read before the queue got another name is right the next time', () => {
  const { resource, arn, read } = reader();
  for (const name of ['jobs', 'renamed', 'jobs']) {
    resource.queueName = name;
    expect(read()).toEqual({ redrivePermission: 'byQueue', sourceQueueArns: [arn(`:${name}`)] });
    expect(read()).toEqual({ redrivePermission: 'byQueue', sourceQueueArns: [arn(`:${name}`)] });
  }
});

test('a name that is a token alone is looked up each time: it may come to nothing', () => {
  const { resource, arn, read } = reader();
  let name: string | undefined = 'late';
  resource.queueName = Lazy.uncachedString({ produce: () => name });
  expect(read().sourceQueueArns).toEqual([arn(':late')]);
  name = undefined;
  expect(read()).toEqual({ redrivePermission: 'allowAll' });
  name = 'later';
  expect(read().sourceQueueArns).toEqual([arn(':later')]);
});

test('letters and a token are a name', () => {
  const { resource, arn, read } = reader();
  resource.queueName = `jobs-${Fn.ref('AWS::StackName')}`;
  expect(read().sourceQueueArns).toEqual([arn([':jobs-', { Ref: 'AWS::StackName' }])]);
  resource.queueName = undefined;
  expect(read()).toEqual({ redrivePermission: 'allowAll' });
});

describe('a name put there by an escape hatch', () => {
  test.each<[string, (resource: sqs.CfnQueue) => void]>([
    ['over the property', resource => resource.addPropertyOverride('QueueName', 'over')],
    ['over the path of the property', resource => resource.addOverride('Properties.QueueName', 'over')],
    ['over all properties', resource => resource.addOverride('Properties', { QueueName: 'over' })],
    ['over one that was set on the L1', resource => {
      resource.addPropertyOverride('QueueName', 'over');
      resource.queueName = 'under';
    }],
  ])('%s is the one that the policy names', (_, override) => {
    const { resource, arn, read } = reader();
    expect(read().sourceQueueArns).toEqual([arn(':jobs')]);
    override(resource);
    expect(propertiesOf(resource.node.scope!).QueueName).toBe('over');
    expect(read()).toEqual({ redrivePermission: 'byQueue', sourceQueueArns: [arn(':over')] });
  });

  test('may be only known at deployment', () => {
    const { resource, arn, read } = reader();
    resource.addPropertyOverride('QueueName', { Ref: 'Name' });
    expect(read().sourceQueueArns).toEqual([arn([':', { Ref: 'Name' }])]);
    resource.addPropertyOverride('QueueName', { 'Fn::Sub': 'jobs-${AWS::StackName}' });
    expect(read().sourceQueueArns).toEqual([arn([':', { 'Fn::Sub': 'jobs-${AWS::StackName}' }])]);
  });

  test.each<[string, (resource: sqs.CfnQueue) => void]>([
    ['deleted', resource => resource.addPropertyDeletionOverride('QueueName')],
    ['null, which other languages give', resource => resource.addPropertyOverride('QueueName', null)],
  ])('and %s: every queue is allowed, as with a name that nobody knows', (_, override) => {
    const { resource, read } = reader();
    override(resource);
    expect(read()).toEqual({ redrivePermission: 'allowAll' });
  });

  test('that is another property changes nothing', () => {
    const { resource, arn, read } = reader();
    resource.addPropertyOverride('VisibilityTimeout', 77);
    expect(read()).toEqual({ redrivePermission: 'byQueue', sourceQueueArns: [arn(':jobs')] });
  });

  test('by an aspect, on two queues of one shared dead-letter queue', () => {
    const stack = newStack();
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    const queues = ['A', 'B'].map(id => new WorkQueue(stack, id, { deadLetters: DeadLetters.shared(shared) }));
    Aspects.of(stack).add({
      visit: node => {
        const queue = queues.find(({ node: { defaultChild } }) => defaultChild === node);
        if (queue) (node as sqs.CfnQueue).addPropertyOverride('QueueName', `org-${queue.node.id}`);
      },
    });
    const [{ sourceQueueArns }] = resourcesOf(synthApp(stack).Stack).map(({ Properties }) => Properties.RedriveAllowPolicy).filter(Boolean);
    expect(sourceQueueArns).toEqual([':org-A', ':org-B'].map(end => ({ 'Fn::Join': ['', expect.arrayContaining([end])] })));
  });
});

test('a policy put there by an escape hatch counts', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Existing', { retentionPeriod: Duration.days(14) });
  (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride('RedriveAllowPolicy', { redrivePermission: 'denyAll' });
  expect(problemsOf(() => new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.existing(queue) }))).toMatchObject([
    { prop: 'deadLetters', got: expect.stringContaining("'Stack/Existing', which denies") },
  ]);
});
