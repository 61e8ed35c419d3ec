import { App, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, canDeliver, expectDelivered, REGION, reportAtEnd, statementsInWarnings, World } from './harness';
import { Encryption } from '../../src/access';
import { BucketEventDelivery, BucketEventFanOut, BucketEventRoute, SubscriptionDeadLetters } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';

reportAtEnd('bucket events');

const EVENTS = 'events.amazonaws.com';
const newApp = () => new App({ analyticsReporting: false });

const encryptions: [string, (stack: Stack) => Encryption | undefined][] = [
  ['keys that SQS owns', () => undefined],
  ['a customer key made for it', () => Encryption.customerManaged()],
  ['a customer key given', stack => Encryption.customerManaged(new kms.Key(stack, 'Given'))],
];

/** The source of each delivery: its rules, or the topic. */
function sources(world: World, { topic }: BucketEventFanOut, { rules }: BucketEventDelivery): { service: string; source: string }[] {
  return topic ? [{ service: 'sns.amazonaws.com', source: world.arn(topic) }] : rules.map(rule => ({ service: EVENTS, source: world.arn(rule) }));
}

describe.each([['EventBridge', () => BucketEventRoute.eventBridge()], ['a topic', () => BucketEventRoute.topic()]])('through %s', (_, route) => {
  test.each(encryptions)('events reach a queue encrypted with %s and its dead-letter queue, and no other queue', async (_kind, encryptionIn) => {
    const stack = new Stack(newApp(), 'Stack');
    const encryption = encryptionIn(stack);
    const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Images'), route: route() });
    uploads.addQueue('Thumbnails', { encryption, events: [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_REMOVED] });
    uploads.addQueue('Index', { encryption, subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    const elsewhere = new WorkQueue(stack, 'Elsewhere', { encryption });
    const world = await World.of(stack);
    for (const delivery of uploads.deliveries) {
      const others = [elsewhere, ...uploads.topic ? [] : uploads.deliveries.filter(other => other !== delivery).map(({ queue }) => queue)];
      for (const source of sources(world, uploads, delivery)) {
        for (const queue of [delivery.queue, delivery.deadLetterQueue!]) await expectDelivered(world, { ...source, to: world.arn(queue) });
        for (const queue of others) expect(await canDeliver(world, { ...source, to: world.arn(queue) })).toBe(false);
      }
    }
  });

  test('of a bucket in another stack, to a queue in a third one', async () => {
    const app = newApp();
    const [data, stack, jobs] = ['Data', 'Stack', 'Jobs'].map(id => new Stack(app, id));
    const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(data, 'Images', { bucketName: 'images' }), route: route() });
    uploads.addQueue('Index');
    const delivery = uploads.addExistingQueue(new WorkQueue(jobs, 'Thumbnails', { encryption: Encryption.customerManaged() }));
    const world = await World.of(stack);
    for (const source of sources(world, uploads, delivery)) {
      for (const queue of [delivery.queue, delivery.deadLetterQueue!]) await expectDelivered(world, { ...source, to: world.arn(queue) });
    }
    if (uploads.topic) await expectDelivered(world, { service: 's3.amazonaws.com', source: 'arn:aws:s3:::images', sourceAccount: ACCOUNT, to: world.arn(uploads.topic) });
  });
});

test.each<[string, (stack: Stack) => s3.IBucket]>([
  ['of this stack', stack => new s3.Bucket(stack, 'Images')],
  ['that is imported', stack => s3.Bucket.fromBucketName(stack, 'Images', 'images')],
])('a bucket %s publishes to the topic, and no other bucket does', async (_, make) => {
  const stack = new Stack(newApp(), 'Stack', { env: { account: ACCOUNT, region: REGION } });
  const bucket = make(stack);
  const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket, route: BucketEventRoute.topic() });
  uploads.addQueue('Thumbnails');
  const world = await World.of(stack);
  const delivery = { service: 's3.amazonaws.com', sourceAccount: ACCOUNT, to: world.arn(uploads.topic!) };
  await expectDelivered(world, { ...delivery, source: bucket.node.defaultChild ? world.arn(bucket) : 'arn:aws:s3:::images' });
  expect(await canDeliver(world, { ...delivery, source: 'arn:aws:s3:::others' })).toBe(false);
});

test('with the statements in the warnings, events reach an imported queue with an imported key', async () => {
  const stack = new Stack(newApp(), 'Stack', { env: { account: ACCOUNT, region: REGION } });
  const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
  const queueArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:theirs`;
  const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Images') });
  const { rules: [rule] } = uploads.addExistingQueue(sqs.Queue.fromQueueAttributes(stack, 'Theirs', { queueArn, keyArn }));
  const before = await World.of(stack);
  const delivery = { service: EVENTS, source: before.arn(rule), to: queueArn, key: keyArn };
  expect(await canDeliver(before, delivery)).toBe(false);

  const statements = statementsInWarnings(before, stack);
  const policyOf = (service: string) => ({
    Version: '2012-10-17',
    Statement: [
      ...statements.filter(({ Action }) => JSON.stringify(Action).includes(`${service}:`)),
      ...service === 'sqs' ? [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: queueArn, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }] : [],
    ],
  });
  const after = await World.of(stack, {}, { [queueArn]: policyOf('sqs'), [keyArn]: policyOf('kms') });
  await expectDelivered(after, delivery);
});
