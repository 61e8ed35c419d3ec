import { Duration, PhysicalName } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { ServiceSource } from '../../../../src/access';
import { StreamDelivery, StreamSource } from '../../../../src/delivery';
import { FanOut, FanOutTopic, TopicEncryption } from '../../../../src/fanout';
import { DeadLetters, Encryption, WorkQueue, WorkQueueDestination, WorkQueueTarget } from '../../../../src/queues';
import { Family, Step } from '../draws';
import { functionOf } from '../existing';
import { value } from '../values';
import { ACCOUNT, Layer, OTHER_ACCOUNT, World, scenesOfUsers } from '../world';

/** What is done with one queue and one topic. */
type Use = (scope: Construct, id: string, world: World, jobs: WorkQueue, out: FanOut) => void;

const role = (scope: Construct, id: string, service = 'lambda.amazonaws.com') => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal(service), roleName: PhysicalName.GENERATE_IF_NEEDED });
const rule = (scope: Construct, id: string) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) });
const pipe = (account: string) => `arn:aws:pipes:eu-west-1:${account}:pipe/mine`;

/** Where the topic and queue are, so that a service of the same account and Region comes to them. */
const USES: Record<string, Use> = {
  'WorkQueueDestination of a bucket': (scope, id, world, jobs) => {
    const bucket = new s3.Bucket(scope, id);
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new WorkQueueDestination(jobs));
    world.allow(jobs.queue, 's3.amazonaws.com', bucket, bucket.bucketArn);
  },
  'WorkQueueTarget of a rule': (scope, id, world, jobs) => {
    const made = rule(scope, id);
    made.addTarget(new WorkQueueTarget(jobs));
    world.allow(jobs.queue, 'events.amazonaws.com', made, made.ruleArn);
    world.allow(jobs.deadLetterQueue!, 'events.amazonaws.com', made, made.ruleArn);
  },
  'allowService for pipes': (_, __, world, jobs) => {
    jobs.allowService(ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: pipe(ACCOUNT) }));
    world.allow(jobs.queue, 'pipes.amazonaws.com', jobs, pipe(ACCOUNT), ACCOUNT);
  },
  'allowService for the scheduler of another account': (_, __, world, jobs) => {
    const sourceArn = pipe(OTHER_ACCOUNT).replace(':pipes:', ':scheduler:');
    jobs.allowService(ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn, sourceAccount: OTHER_ACCOUNT }));
    world.allow(jobs.queue, 'scheduler.amazonaws.com', jobs, sourceArn, OTHER_ACCOUNT);
  },
  'allowService for buckets of two accounts': (scope, id, world, jobs) => {
    for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
      const bucket = s3.Bucket.fromBucketAttributes(scope, `${id}${account}`, { bucketArn: `arn:aws:s3:::bucket-${id.toLowerCase()}-${account}`, account, region: 'eu-west-1' });
      jobs.allowService(ServiceSource.bucket(bucket));
      world.allow(jobs.queue, 's3.amazonaws.com', jobs, bucket.bucketArn, account);
    }
  },
  'FanOut.addExistingQueue': (_, id, world, jobs, out) => {
    if (out.subscriptions.some(one => one.queue === jobs.queue)) return;
    out.addExistingQueue(id, jobs.queue);
    world.allow(jobs.queue, 'sns.amazonaws.com', out, out.topic.topicArn);
    world.allow(jobs.deadLetterQueue!, 'sns.amazonaws.com', out, out.topic.topicArn);
  },
  'FanOut.addQueue': (_, id, __, ___, out) => { out.addQueue(id, { encryption: Encryption.customerManaged() }); },
  'SqsEventSource of a function': (scope, id, _, jobs) => {
    functionOf(scope, id, Duration.seconds(3)).addEventSource(new sources.SqsEventSource(jobs.queue));
  },
  'the role of a pipe from the queue to the topic': (scope, id, _, jobs, out) => {
    const grantee = role(scope, id, 'pipes.amazonaws.com');
    jobs.grantConsume(grantee);
    out.grantPublish(grantee);
  },
};

/** What is done from a stack that may be in another account or Region. */
const FROM_ELSEWHERE: Record<string, Use> = {
  'grantSend and grantPublish to a role': (scope, id, _, jobs, out) => {
    const grantee = role(scope, id);
    jobs.grantSend(grantee);
    out.grantPublish(grantee);
  },
  'StreamDelivery.grantWrite to a role': (scope, id, world) => {
    const source = StreamSource.existing(new kinesis.Stream(world.stack('topic'), `Stream${id}`, { streamName: `clicks-${id.toLowerCase()}` }));
    const delivery = new StreamDelivery(world.stack('topic'), `Delivery${id}`, { source });
    delivery.grantWrite(role(scope, id));
  },
  'grantConsume to a role': (scope, id, _, jobs) => { jobs.grantConsume(role(scope, id)); },
};

const QUEUES: Record<string, (world: World) => ConstructorParameters<typeof WorkQueue>[2]> = {
  'without a key': () => ({ queueName: 'jobs' }),
  'with a key': () => ({ queueName: 'jobs', encryption: Encryption.customerManaged() }),
  'with a key of the base stack': world => ({
    queueName: 'jobs', encryption: Encryption.customerManaged({ key: world.once('key', 'base', (scope, id) => new kms.Key(scope, id)) }),
  }),
  'with a key and dead letters at maxReceiveCount 1': () => ({
    queueName: 'jobs', encryption: Encryption.customerManaged(), deadLetters: DeadLetters.dedicated({ maxReceiveCount: 1 }),
  }),
};

/** One queue and one topic, and two to six uses of them, some of them from elsewhere. */
const mixed = (): fc.Arbitrary<Step[]> => fc.record({
  queue: fc.constantFrom(...Object.keys(QUEUES)),
  uses: fc.array(fc.constantFrom(...Object.keys(USES), ...Object.keys(FROM_ELSEWHERE)), { minLength: 2, maxLength: 6 }),
}).map(({ queue, uses }): Step[] => [
  {
    what: 'WorkQueue',
    layer: 'topic',
    given: value(queue, QUEUES[queue]),
    use: (scope, props, world) => {
      world.notesSources = true;
      const jobs = new WorkQueue(scope, 'Jobs', props);
      world.allow(jobs.queue);
      world.allow(jobs.deadLetterQueue!);
      return jobs;
    },
  },
  { what: 'FanOut', layer: 'topic', given: value('a topic with a key', () => ({ topic: FanOutTopic.create({ topicName: 'orders', encryption: TopicEncryption.customerManaged() }) })), use: (scope, props) => new FanOut(scope, 'Out', props) },
  ...uses.map((name, index): Step => {
    const layer: Layer = name in USES ? 'topic' : 'queue';
    return { what: name, layer, given: value('', () => undefined), use: (scope, _, world, [jobs, out]) => ({ ...USES, ...FROM_ELSEWHERE })[name](scope, `Use${index}`, world, jobs, out) };
  }),
]);

export const APPS: Family[] = [
  { name: 'apps of users', share: { valid: 320 }, steps: mixed, scenes: scenesOfUsers },
];
