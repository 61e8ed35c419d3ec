import { Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { as, expectBothConditions, expectReference, newStack, pending, propertiesOf, statementsFor } from './support';
import { ServiceSource } from '../../src/access';
import { QueueSubscription } from '../../src/fanout';
import { Encryption, Ordering, WorkQueue, WorkQueueProps } from '../../src/queues';
import { synthApp } from '../support/template';

const jobsIn = (stack: Stack) => new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
const bucketIn = (stack: Stack, queue: sqs.IQueue) => new s3.Bucket(stack, 'Bucket').addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(queue));
const ruleIn = (stack: Stack, queue: sqs.IQueue) =>
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.expression('rate(1 day)'), targets: [new targets.SqsQueue(queue)] });
const subscriptionIn = (stack: Stack, queue: sqs.IQueue) => new sns.Topic(stack, 'Topic').addSubscription(new SqsSubscription(queue));

/** Both policies let a service in, each with both conditions. */
function expectComplete(stack: Stack, service: string): void {
  expectBothConditions(statementsFor(stack, 'AWS::SQS::QueuePolicy', service));
  expectBothConditions(statementsFor(stack, 'AWS::KMS::Key', service));
}

test('what is expected below is what sources of the work queue have today', () => {
  const stack = newStack();
  const jobs = jobsIn(stack);
  jobs.allowService(ServiceSource.bucket(new s3.Bucket(stack, 'Bucket')));
  jobs.allowService(ServiceSource.rule(new events.Rule(stack, 'Rule', { schedule: events.Schedule.expression('rate(1 day)') })));
  new QueueSubscription(stack, 'Subscription', { topic: new sns.Topic(stack, 'Topic'), queue: jobs.queue });
  for (const service of ['s3', 'events', 'sns']) expectComplete(stack, `${service}.amazonaws.com`);
});

describe('a work queue in place of its queue', () => {
  pending('s3n.SqsDestination completes both policies', /grantSendMessages is not a function/, () => {
    const stack = newStack();
    bucketIn(stack, as(jobsIn(stack)));
    expectComplete(stack, 's3.amazonaws.com');
  });

  pending('targets.SqsQueue completes both policies', /grantSendMessages is not a function/, () => {
    const stack = newStack();
    ruleIn(stack, as(jobsIn(stack)));
    expectComplete(stack, 'events.amazonaws.com');
  });

  pending('SqsSubscription completes both policies', /addToResourcePolicy is not a function/, () => {
    const stack = newStack();
    subscriptionIn(stack, as(jobsIn(stack)));
    expectComplete(stack, 'sns.amazonaws.com');
  });

  pending('SqsEventSource reads from it', /Either eventSourceArn or kafkaBootstrapServers must be set/, () => {
    const stack = newStack();
    const jobs = jobsIn(stack);
    const handler = new lambda.Function(stack, 'Handler', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}') });
    handler.addEventSource(new SqsEventSource(as(jobs)));
    const mapping = handler.node.findAll().find(one => lambda.CfnEventSourceMapping.isCfnEventSourceMapping(one))!;
    expectReference(stack, propertiesOf(mapping).EventSourceArn, jobs.queue.queueArn);
  });
});

describe('the queue of a work queue', () => {
  pending('s3n.SqsDestination is completed by the source account', /sqs:SendMessage.* without aws:SourceAccount/, () => {
    const stack = newStack();
    bucketIn(stack, jobsIn(stack).queue);
    expectComplete(stack, 's3.amazonaws.com');
  });

  pending('targets.SqsQueue is completed by both conditions', /sqs:SendMessage.* without aws:SourceArn/, () => {
    const stack = newStack();
    ruleIn(stack, jobsIn(stack).queue);
    expectComplete(stack, 'events.amazonaws.com');
  });

  pending('SqsSubscription is completed by the source account', /sqs:SendMessage.* without aws:SourceAccount/, () => {
    const stack = newStack();
    subscriptionIn(stack, jobsIn(stack).queue);
    expectComplete(stack, 'sns.amazonaws.com');
  });

  // CDK's own destination binds the queue within, and the work queue learns nothing of it.
  const notify = (stack: Stack, props?: WorkQueueProps, times: number = 1) => () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    const { queue } = new WorkQueue(stack, 'Jobs', props);
    for (let i = 0; i < times; i++) bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(queue));
    synthApp(stack);
  };

  pending('notifications of one bucket that overlap are refused with s3n.SqsDestination', /Received function did not throw/, () => {
    expect(notify(newStack(), undefined, 2)).toThrow(/cdk-decouple [^]*notifications: got /);
  });

  pending('a bucket on a FIFO queue is refused with s3n.SqsDestination', /Received function did not throw/, () => {
    expect(notify(newStack(), { ordering: Ordering.fifo() })).toThrow(/cdk-decouple /);
  });

  pending('a bucket on a queue whose messages may not reach 64 KiB is refused with s3n.SqsDestination', /Received function did not throw/, () => {
    expect(notify(newStack(), { maxMessageSize: Size.kibibytes(63) })).toThrow(/cdk-decouple /);
  });
});
