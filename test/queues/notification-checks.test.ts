import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { WorkQueue } from '../../src/queues';
import { newStack, synthApp } from '../support/template';

const { EventType } = s3;
const REFUSED = /cdk-decouple WorkQueue at '[^']*' has a problem:\n  - notifications: got /;

let stack: Stack;
let bucket: s3.Bucket;
let jobs: WorkQueue;
beforeEach(() => {
  stack = newStack();
  bucket = new s3.Bucket(stack, 'Bucket');
  jobs = new WorkQueue(stack, 'Jobs');
});
const notify = (event: s3.EventType, filter?: s3.NotificationKeyFilter, to = jobs, from: s3.IBucket = bucket) =>
  from.addEventNotification(event, new s3n.SqsDestination(to), ...filter ? [filter] : []);

describe('notifications of one bucket that S3 refuses', () => {
  test.each<[string, s3.EventType, s3.NotificationKeyFilter | undefined, s3.EventType, s3.NotificationKeyFilter | undefined]>([
    ['the same events', EventType.OBJECT_CREATED, undefined, EventType.OBJECT_CREATED, undefined],
    ['an event within a group of them', EventType.OBJECT_CREATED, undefined, EventType.OBJECT_CREATED_PUT, undefined],
    ['a group with one of its events', EventType.OBJECT_CREATED_PUT, undefined, EventType.OBJECT_CREATED, undefined],
    ['a filter and none', EventType.OBJECT_CREATED, { prefix: 'in/' }, EventType.OBJECT_CREATED, undefined],
    ['a prefix within the other', EventType.OBJECT_CREATED, { prefix: 'in/' }, EventType.OBJECT_CREATED, { prefix: 'in/jpg/' }],
    ['a suffix within the other', EventType.OBJECT_CREATED, { suffix: '.tar.gz' }, EventType.OBJECT_CREATED, { suffix: '.gz' }],
    ['a prefix and a suffix, which one object can have', EventType.OBJECT_CREATED, { prefix: 'in/' }, EventType.OBJECT_CREATED, { suffix: '.jpg' }],
    ['one suffix below two prefixes that contain each other', EventType.OBJECT_CREATED, { prefix: 'a', suffix: '.jpg' }, EventType.OBJECT_CREATED, { prefix: 'ab', suffix: '.jpg' }],
  ])('%s', (_, event, filter, otherEvent, otherFilter) => {
    notify(event, filter);
    synthApp(stack);
    notify(otherEvent, otherFilter, new WorkQueue(stack, 'More'));
    expect(() => synthApp(stack)).toThrow(REFUSED);
  });

  test('to one queue twice', () => {
    notify(EventType.OBJECT_REMOVED);
    notify(EventType.OBJECT_REMOVED);
    expect(() => synthApp(stack)).toThrow("got s3:ObjectRemoved:* to the queue 'Stack/Jobs/Queue', and s3:ObjectRemoved:* to the queue 'Stack/Jobs/Queue'; allowed:");
  });

  test('beside another kind of destination, whichever came first', () => {
    bucket.addEventNotification(EventType.OBJECT_CREATED, new s3n.SnsDestination(new sns.Topic(stack, 'Topic')), { prefix: 'in/' });
    notify(EventType.OBJECT_CREATED_PUT, { prefix: 'in/new/', suffix: '.jpg' });
    expect(() => synthApp(stack)).toThrow("got s3:ObjectCreated:Put with prefix 'in/new/' and suffix '.jpg' to the queue 'Stack/Jobs/Queue', and s3:ObjectCreated:* with prefix 'in/' to the topic 'Stack/Topic';");
    const other = new s3.Bucket(stack, 'Other');
    notify(EventType.OBJECT_CREATED, undefined, jobs, other);
    const handler = new lambda.Function(stack, 'Handler', { code: lambda.Code.fromInline('x'), handler: 'x', runtime: lambda.Runtime.PYTHON_3_13 });
    other.addEventNotification(EventType.OBJECT_CREATED, new s3n.LambdaDestination(handler));
    expect(() => synthApp(stack)).toThrow(/at 'Stack\/Other'[^]* to the function 'Stack\/Handler'/);
  });

  test('all of them are told, each once', () => {
    [1, 2, 3].forEach(() => notify(EventType.OBJECT_CREATED));
    const message = (() => {
      try { synthApp(stack); } catch (error) { return (error as Error).message; }
      return '';
    })();
    expect(message.match(/notifications: got/g)).toHaveLength(3);
    expect(message.match(/cdk-decouple WorkQueue/g)).toHaveLength(1);
  });

  test('of an imported bucket', () => {
    const imported = s3.Bucket.fromBucketName(stack, 'Imported', 'uploads');
    notify(EventType.OBJECT_CREATED, undefined, jobs, imported);
    notify(EventType.OBJECT_CREATED, undefined, new WorkQueue(stack, 'More'), imported);
    expect(() => synthApp(stack)).toThrow(REFUSED);
  });

  test('with the queues in another stack', () => {
    const other = new Stack(stack.node.root as App, 'Other');
    notify(EventType.OBJECT_CREATED, undefined, new WorkQueue(other, 'A'));
    notify(EventType.OBJECT_CREATED, undefined, new WorkQueue(other, 'B'));
    expect(() => synthApp(stack)).toThrow(REFUSED);
    expect(() => synthApp(stack)).toThrow("to the queue 'Other/A/Queue', and s3:ObjectCreated:* to the queue 'Other/B/Queue'");
  });

  test('to an imported queue, which is named by its ARN', () => {
    const imported = sqs.Queue.fromQueueArn(stack, 'Theirs', 'arn:aws:sqs:eu-west-1:111122223333:theirs');
    bucket.addEventNotification(EventType.OBJECT_CREATED, new s3n.SqsDestination(imported));
    notify(EventType.OBJECT_CREATED);
    expect(() => synthApp(stack)).toThrow('to the queue arn:aws:sqs:eu-west-1:111122223333:theirs, and');
  });

  test('with a filter only known at deployment, which is the same', () => {
    const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
    notify(EventType.OBJECT_CREATED, { prefix });
    notify(EventType.OBJECT_CREATED, { prefix }, new WorkQueue(stack, 'More'));
    expect(() => synthApp(stack)).toThrow(/with prefix '\$\{Prefix\}'/);
  });
});

describe('notifications of one bucket that S3 takes', () => {
  test.each<[string, s3.EventType, s3.NotificationKeyFilter | undefined, s3.EventType, s3.NotificationKeyFilter | undefined]>([
    ['other events', EventType.OBJECT_CREATED, undefined, EventType.OBJECT_REMOVED, undefined],
    ['other events of one group', EventType.OBJECT_CREATED_PUT, undefined, EventType.OBJECT_CREATED_POST, undefined],
    ['other prefixes', EventType.OBJECT_CREATED, { prefix: 'in/' }, EventType.OBJECT_CREATED, { prefix: 'out/' }],
    ['other suffixes', EventType.OBJECT_CREATED, { suffix: '.jpg' }, EventType.OBJECT_CREATED, { suffix: '.png' }],
    ['other suffixes below one prefix', EventType.OBJECT_CREATED, { prefix: 'in/', suffix: '.jpg' }, EventType.OBJECT_CREATED, { prefix: 'in/', suffix: '.png' }],
    ['other prefixes with one suffix', EventType.OBJECT_CREATED, { prefix: 'in/', suffix: '.jpg' }, EventType.OBJECT_CREATED, { prefix: 'out/', suffix: '.jpg' }],
  ])('%s', (_, event, filter, otherEvent, otherFilter) => {
    notify(event, filter);
    notify(otherEvent, otherFilter);
    notify(event, filter, jobs, new s3.Bucket(stack, 'Other'));
    expect(() => synthApp(stack)).not.toThrow();
  });

  test('filters only known at deployment may be apart', () => {
    const value = (id: string) => new CfnParameter(stack, id).valueAsString;
    notify(EventType.OBJECT_CREATED, { prefix: value('One') });
    notify(EventType.OBJECT_CREATED, { prefix: value('Other') });
    notify(EventType.OBJECT_CREATED, { prefix: 'in/' });
    expect(() => synthApp(stack)).not.toThrow();
  });
});
