import assert from 'node:assert/strict';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { aws_s3 as s3 } from 'aws-cdk-lib';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { matchesPattern } from './event-patterns';
import { Refusal, refusals, refusalsFor } from './gate';
import { drain, send } from './messages';
import { seedFrom, seeded } from './random';
import { describe, it } from './runner';
import { templateOf } from './templates';
import { Encryption } from '../../src/access';
import { BucketEventFanOut, BucketEventOptions, BucketEventRoute } from '../../src/fanout';

const { EventType } = s3;
const SEED = seedFrom('CDK_DECOUPLE_SEED');

/** What happens to an object: as S3 names it, and as EventBridge does. */
const HAPPENINGS = {
  'ObjectCreated:Put': { 'detail-type': 'Object Created', 'detail': { reason: 'PutObject' } },
  'ObjectCreated:Post': { 'detail-type': 'Object Created', 'detail': { reason: 'POST Object' } },
  'ObjectCreated:Copy': { 'detail-type': 'Object Created', 'detail': { reason: 'CopyObject' } },
  'ObjectCreated:CompleteMultipartUpload': { 'detail-type': 'Object Created', 'detail': { reason: 'CompleteMultipartUpload' } },
  'ObjectRemoved:Delete': { 'detail-type': 'Object Deleted', 'detail': { 'reason': 'DeleteObject', 'deletion-type': 'Permanently Deleted' } },
  'ObjectRemoved:DeleteMarkerCreated': { 'detail-type': 'Object Deleted', 'detail': { 'reason': 'DeleteObject', 'deletion-type': 'Delete Marker Created' } },
  'LifecycleExpiration:Delete': { 'detail-type': 'Object Deleted', 'detail': { 'reason': 'Lifecycle Expiration', 'deletion-type': 'Permanently Deleted' } },
  'LifecycleTransition': { 'detail-type': 'Object Storage Class Changed', 'detail': {} },
  'ObjectTagging:Put': { 'detail-type': 'Object Tags Added', 'detail': {} },
  'ObjectRestore:Completed': { 'detail-type': 'Object Restore Completed', 'detail': {} },
};
type Happening = keyof typeof HAPPENINGS;

interface Event {
  readonly happening: Happening;
  readonly key: string;
}

/** The queues, which overlap, and what each receives, in plain code. */
const QUEUES: Record<string, { readonly options: BucketEventOptions; readonly receives: (event: Event) => boolean }> = {
  All: { options: {}, receives: ({ happening }) => happening.startsWith('ObjectCreated:') },
  Prefix: { options: { objects: [{ prefix: 'uploads/' }] }, receives: ({ happening, key }) => happening.startsWith('ObjectCreated:') && key.startsWith('uploads/') },
  Suffix: { options: { objects: [{ suffix: '.jpg' }] }, receives: ({ happening, key }) => happening.startsWith('ObjectCreated:') && key.endsWith('.jpg') },
  Both: {
    options: { objects: [{ prefix: 'uploads/', suffix: '.jpg' }, { prefix: 'my photos/', suffix: '/x' }] },
    receives: ({ happening, key }) => happening.startsWith('ObjectCreated:')
      && ((key.startsWith('uploads/') && key.endsWith('.jpg')) || (key.startsWith('my photos/') && key.endsWith('/x'))),
  },
  Encoded: {
    options: { objects: [{ prefix: 'ü+&日', suffix: '100%.jpg' }] },
    receives: ({ happening, key }) => happening.startsWith('ObjectCreated:') && key.startsWith('ü+&日') && key.endsWith('100%.jpg'),
  },
  Copied: { options: { events: [EventType.OBJECT_CREATED_COPY, EventType.OBJECT_CREATED_POST] }, receives: ({ happening }) => /:(Copy|Post)$/.test(happening) },
  Gone: {
    options: { events: [EventType.OBJECT_REMOVED, EventType.LIFECYCLE_EXPIRATION_DELETE], objects: [{ prefix: 'uploads/' }] },
    receives: ({ happening, key }) => /^(ObjectRemoved:|LifecycleExpiration:Delete)/.test(happening) && key.startsWith('uploads/'),
  },
  Moved: {
    options: { events: [EventType.LIFECYCLE_TRANSITION, EventType.OBJECT_TAGGING, EventType.OBJECT_RESTORE_COMPLETED], objects: [{ suffix: '.jpg' }] },
    receives: ({ happening, key }) => /^(LifecycleTransition|ObjectTagging|ObjectRestore)/.test(happening) && key.endsWith('.jpg'),
  },
};

const template = (route: () => BucketEventRoute) => templateOf(stack => {
  const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Images'), route: route() });
  Object.entries(QUEUES).forEach(([id, { options }], index) => {
    uploads.addQueue(id, { ...options, encryption: index % 2 ? Encryption.customerManaged() : undefined });
  });
});

const KEYS = ['uploads/', 'uploads', 'Uploads/', 'my photos/', 'my+photos/', 'ü+&日', 'other/uploads/', ''].flatMap(start =>
  ['a.jpg', '.jpg', 'a.JPG', 'a.jpg.txt', 'x', '/x', '100%.jpg', 'deep/b.jpg', '*.jpg', 'a\\b.jpg'].map(end => start + end));

/** Form encoding, as in the records of S3, with the slashes of the key. */
function recordKey(key: string): string {
  return new URLSearchParams({ key }).toString().slice('key='.length).replaceAll('%2F', '/');
}

/** Delivers to the queue with an ARN, if the policies of the queue and of its key allow it. */
async function deliver({ emulator }: Deployment, queueArn: string, body: unknown, refused: Refusal[]): Promise<void> {
  assert.deepEqual(refused, []);
  const { QueueUrl } = await emulator.sqs.send(new GetQueueUrlCommand({ QueueName: queueArn.split(':').pop() }));
  await send(emulator, QueueUrl!, { body: JSON.stringify(body) });
}

/** What S3 and SNS do. */
async function throughTopic(deployment: Deployment, { happening, key }: Event): Promise<void> {
  const [stack] = deployment.stacks;
  const [{ TopicConfigurations }] = stack.idsOf('Custom::S3BucketNotifications').map(id => stack.propertiesOf(id).NotificationConfiguration);
  const notified = TopicConfigurations.filter(({ Events, Filter }: { Events: string[]; Filter?: unknown }) => {
    assert.equal(Filter, undefined);
    return Events.some(event => event.endsWith('*') ? `s3:${happening}`.startsWith(event.slice(0, -1)) : `s3:${happening}` === event);
  });
  // S3 refuses more than one.
  assert.ok(notified.length <= 1);
  if (notified.length > 0) await publish(deployment, { Records: [{ eventName: happening, s3: { object: { key: recordKey(key) } } }] });
}

/** What SNS does. */
async function publish(deployment: Deployment, body: unknown): Promise<void> {
  const [stack] = deployment.stacks;
  for (const id of stack.idsOf('AWS::SNS::Subscription')) {
    const { FilterPolicy, FilterPolicyScope, RawMessageDelivery, TopicArn, Endpoint } = stack.propertiesOf(id);
    assert.deepEqual([FilterPolicyScope, RawMessageDelivery], ['MessageBody', true]);
    if (matchesPattern(FilterPolicy, body)) await deliver(deployment, Endpoint, body, await refusals(deployment.stacks, TopicArn, Endpoint));
  }
}

/** What S3 and EventBridge do. */
async function throughEventBridge(deployment: Deployment, { happening, key }: Event, bucket?: string): Promise<void> {
  const [stack] = deployment.stacks;
  const { detail, ...rest } = HAPPENINGS[happening];
  const name = bucket ?? stack.nameOf(stack.idsOf('AWS::S3::Bucket')[0]);
  const event = { source: 'aws.s3', ...rest, detail: { ...detail, bucket: { name }, object: { key } } };
  for (const id of stack.idsOf('AWS::Events::Rule')) {
    const { EventPattern, Targets } = stack.propertiesOf(id);
    if (!matchesPattern(EventPattern, event)) continue;
    for (const { Arn } of Targets) {
      const source = { 'aws:SourceArn': stack.arnOf(id), 'aws:SourceAccount': stack.account };
      await deliver(deployment, Arn, event, await refusalsFor(deployment.stacks, 'events.amazonaws.com', source, Arn));
    }
  }
}

async function received(deployment: Deployment, id: string): Promise<unknown[]> {
  return (await drain(deployment.emulator, deployment.queue(`Uploads${id}Queue`))).map(({ Body }) => JSON.parse(Body!));
}

const eventOfRecord = ({ Records: [{ eventName, s3: { object } }] }: any): string => `${eventName} ${decodeURIComponent(object.key.replaceAll('+', ' '))}`;
const eventOfDetail = ({ 'detail-type': type, detail: { bucket, object, ...detail } }: any): string => {
  const [happening] = Object.entries(HAPPENINGS).find(([, one]) => JSON.stringify([one['detail-type'], one.detail]) === JSON.stringify([type, detail]))!;
  return `${happening} ${object.key}`;
};

const ROUTES = [
  { name: 'EventBridge', route: () => BucketEventRoute.eventBridge(), happens: throughEventBridge, read: eventOfDetail },
  { name: 'a topic', route: () => BucketEventRoute.topic(), happens: throughTopic, read: eventOfRecord },
];

describe('the events of a bucket for many queues', () => {
  for (const { name, route, happens, read } of ROUTES) {
    it(`reach, through ${name}, each queue that wants them, once, and no other`, async () => {
      const emulator = await Emulator.start();
      try {
        const deployment = await deploy(emulator, template(route));
        const draw = seeded(SEED);
        const all = Object.keys(HAPPENINGS).flatMap(happening => KEYS.map(key => ({ happening, key }) as Event));
        // The rarest ones always.
        const events = all.filter(event => QUEUES.Encoded.receives(event) || event.key === 'my photos/x' || draw() < 0.1);
        for (const event of events) await happens(deployment, event);
        for (const [id, { receives }] of Object.entries(QUEUES)) {
          const [wanted, others] = [events.filter(receives), events.filter(event => !receives(event))];
          assert.ok(wanted.length > 0 && others.length > 0, id);
          assert.deepEqual((await received(deployment, id)).map(read).sort(), wanted.map(({ happening, key }) => `${happening} ${key}`).sort(), id);
        }
      } finally {
        await emulator.stop();
      }
    });
  }

  it('do not reach them from another bucket, nor does the test event of S3', async () => {
    const emulator = await Emulator.start();
    try {
      const rules = await deploy(emulator, template(ROUTES[0].route));
      await throughEventBridge(rules, { happening: 'ObjectCreated:Put', key: 'uploads/a.jpg' }, 'another-bucket');
      for (const id of Object.keys(QUEUES)) assert.deepEqual(await received(rules, id), [], id);
    } finally {
      await emulator.stop();
    }
    const second = await Emulator.start();
    try {
      const topic = await deploy(second, template(ROUTES[1].route));
      await publish(topic, { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'images' });
      for (const id of Object.keys(QUEUES)) assert.deepEqual(await received(topic, id), [], id);
    } finally {
      await second.stop();
    }
  });

  it('need the policies: another rule of the account reaches no queue', async () => {
    const emulator = await Emulator.start();
    try {
      const { stacks } = await deploy(emulator, template(ROUTES[0].route));
      const [stack] = stacks;
      const source = { 'aws:SourceArn': `arn:aws:events:eu-west-1:${stack.account}:rule/another`, 'aws:SourceAccount': stack.account };
      for (const id of stack.idsOf('AWS::SQS::Queue')) {
        assert.deepEqual((await refusalsFor(stacks, 'events.amazonaws.com', source, stack.arnOf(id))).map(({ what }) => what), ['sqs:SendMessage'], id);
      }
    } finally {
      await emulator.stop();
    }
  });
});
