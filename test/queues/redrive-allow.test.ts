import { Fn, Lazy, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { WorkQueue } from '../../src/queues';
import { newStack } from '../support/template';

/** What the dead-letter queue of a work queue allows, each time it is read. */
function reader() {
  const stack = newStack();
  const jobs = new WorkQueue(stack, 'Jobs', { queueName: 'jobs' });
  const resource = jobs.queue.node.defaultChild as sqs.CfnQueue;
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
