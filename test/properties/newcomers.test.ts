import { Lazy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { KinesisSource } from '../../src/delivery';
import { BucketEventFanOut, FanOut, QueueSubscription, SubscriberStacks } from '../../src/fanout';
import { DeadLetters, RequestResponse, WorkQueue } from '../../src/queues';
import { Ec2Workers, Ec2WorkersProps, QueueScaling } from '../../src/workers';
import { workerScript } from '../support/constructs';
import { problemsOf, refusedProps } from '../support/problems';
import { S3StreamProps, s3Stream } from '../support/s3-stream';
import { errorOf, newStack } from '../support/template';

// What newcomers tried, which no draw had. Each ended in an error of the CDK, or was taken for something else.

const deliver = (props: S3StreamProps) => (stack: Stack) => s3Stream(stack, 'It', props);
const work = (props: Partial<Ec2WorkersProps>) => (stack: Stack) => new Ec2Workers(stack, 'It', {
  vpc: new ec2.Vpc(stack, 'Vpc'), queue: new WorkQueue(stack, 'Jobs'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 5, max: 4 }), userData: workerScript(), ...props,
});

test('a blank statistic of a metric is refused', () => {
  const jobs = new WorkQueue(newStack(), 'Jobs');
  expect(refusedProps(() => jobs.metricDeadLetters({ statistic: ' ' }))).toEqual(['metricDeadLetters(options.statistic)']);
});

describe.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('the id %s, which every object of JavaScript has, is refused', id => {
  const METHODS: [string, (stack: Stack) => (id: string) => unknown][] = [
    ['FanOut.addQueue', stack => name => new FanOut(stack, 'It').addQueue(name)],
    ['BucketEventFanOut.addQueue', stack => name => new BucketEventFanOut(stack, 'It', { bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'images') }).addQueue(name)],
    ['SubscriberStacks.addQueue', stack => name => new SubscriberStacks(stack, 'It', { topic: new FanOut(stack, 'Topic'), stackCount: 2 }).addQueue(name)],
    ['RequestResponse.addRequester', stack => name => new RequestResponse(stack, 'It').addRequester(name)],
  ];

  test.each(METHODS)('by %s', (_, method) => {
    const [problem, ...others] = problemsOf(() => method(newStack())(id));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ prop: expect.stringMatching(/^add(Queue|Requester)\(id\)$/), got: expect.stringContaining(`'${id}', which every object`) });
    expect(() => method(newStack())(`${id}s`)).not.toThrow();
  });
});

describe('an imported resource with the ARN of something else is refused', () => {
  const [QUEUE, TOPIC] = ['arn:aws:sqs:eu-west-1:111122223333:it', 'arn:aws:sns:eu-west-1:111122223333:it'];
  test.each<[string, 'sns' | 'sqs', string, (stack: Stack) => unknown]>([
    ['queue', 'sns', 'sqs', stack => new FanOut(stack, 'It').addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(stack, 'Q', TOPIC)))],
    ['queue', 'sns', 'sqs', stack => work({ queue: sqs.Queue.fromQueueArn(stack, 'Q', TOPIC) })(stack)],
    ['topic', 'sqs', 'sns', stack => FanOut.fromTopic(stack, 'It', sns.Topic.fromTopicArn(stack, 'T', QUEUE))],
    ['source.stream', 'sqs', 'kinesis', stack => deliver({ source: KinesisSource.existing(kinesis.Stream.fromStreamArn(stack, 'S', QUEUE)) })(stack)],
    ['deadLetters', 'sns', 'sqs', stack => new WorkQueue(stack, 'It', { deadLetters: DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Q', TOPIC)) })],
  ])('as %s: %s', (prop, given, service, make) => {
    expect(errorOf(() => make(newStack()))).toContain(`- ${prop}: got an ARN of ${given}; allowed: an ARN of ${service}. `);
  });

  test('while one that is not known is taken', () => {
    const stack = newStack();
    const queue = sqs.Queue.fromQueueArn(stack, 'Q', Lazy.string({ produce: () => QUEUE }));
    expect(() => new FanOut(stack, 'It', {}).addSubscription(new QueueSubscription(queue))).not.toThrow();
  });
});
