import { Size, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import { Ordering, WorkQueue, WorkQueueProps } from '../../src/queues';
import { newStack, synthApp } from '../support/template';

// CDK's own destinations take the queue inside a work queue, which then learns nothing of what sends to it.
let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

function notify(props?: WorkQueueProps, times: number = 1): () => unknown {
  const bucket = new s3.Bucket(stack, 'Bucket');
  const jobs = new WorkQueue(stack, 'Jobs', props);
  return () => {
    for (let i = 0; i < times; i++) bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(jobs.queue));
    synthApp(stack);
  };
}

test.failing('notifications of one bucket that overlap are refused with CDK\'s own SqsDestination', () => {
  expect(notify(undefined, 2)).toThrow(/cdk-decouple [^]*notifications: got /);
});

test.failing('a bucket on a FIFO work queue is refused with CDK\'s own SqsDestination', () => {
  expect(notify({ ordering: Ordering.fifo() })).toThrow(/cdk-decouple /);
});

test.failing('a bucket on a work queue whose messages may not reach 64 KiB is refused with CDK\'s own SqsDestination', () => {
  expect(notify({ maxMessageSize: Size.kibibytes(63) })).toThrow(/cdk-decouple /);
});
