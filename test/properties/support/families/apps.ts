import { Duration, PhysicalName, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { Encryption, ServiceSource } from '../../../../src/access';
import { KinesisSource } from '../../../../src/delivery';
import { FanOut, QueueSubscription } from '../../../../src/fanout';
import { DeadLetters, WorkQueue } from '../../../../src/queues';
import { s3Stream } from '../../../support/s3-stream';
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
  'SqsDestination of a bucket': (scope, id, world, jobs) => {
    const bucket = new s3.Bucket(scope, id);
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(jobs));
    world.allow(jobs, 's3.amazonaws.com', bucket, bucket.bucketArn);
  },
  'SqsQueue of a rule': (scope, id, world, jobs) => {
    const made = rule(scope, id);
    made.addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue }));
    // For a queue with a customer key, also one that an injector gives, the CDK names no rule.
    const anyRule = Stack.of(made).formatArn({ service: 'events', resource: 'rule', resourceName: '*' });
    world.allow(jobs, 'events.amazonaws.com', made, jobs.encryptionMasterKey ? anyRule : made.ruleArn);
    world.allow(jobs.deadLetterQueue!, 'events.amazonaws.com', made, made.ruleArn);
  },
  'allowService for pipes': (_, __, world, jobs) => {
    jobs.allowService(ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: pipe(ACCOUNT) }));
    world.allow(jobs, 'pipes.amazonaws.com', jobs, pipe(ACCOUNT), ACCOUNT);
  },
  'allowService for the scheduler of another account': (_, __, world, jobs) => {
    const sourceArn = pipe(OTHER_ACCOUNT).replace(':pipes:', ':scheduler:');
    jobs.allowService(ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn, sourceAccount: OTHER_ACCOUNT }));
    world.allow(jobs, 'scheduler.amazonaws.com', jobs, sourceArn, OTHER_ACCOUNT);
  },
  'allowService for buckets of two accounts': (scope, id, world, jobs) => {
    for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
      const bucket = s3.Bucket.fromBucketAttributes(scope, `${id}${account}`, { bucketArn: `arn:aws:s3:::bucket-${id.toLowerCase()}-${account}`, account, region: 'eu-west-1' });
      jobs.allowService(ServiceSource.bucket(bucket));
      world.allow(jobs, 's3.amazonaws.com', jobs, bucket.bucketArn, account);
    }
  },
  'FanOut.addSubscription': (_, __, world, jobs, out) => {
    const subscribed = out.subscriptions.some(one => (one.node.defaultChild as sns.CfnSubscription).endpoint === jobs.queueArn);
    if (subscribed) return;
    out.addSubscription(new QueueSubscription(jobs));
    world.allow(jobs, 'sns.amazonaws.com', out, out.topicArn);
    world.allow(jobs.deadLetterQueue!, 'sns.amazonaws.com', out, out.topicArn);
  },
  'FanOut.addQueue': (_, id, __, ___, out) => { out.addQueue(id, { encryption: Encryption.customerManaged() }); },
  'SqsEventSource of a function': (scope, id, _, jobs) => {
    functionOf(scope, id, Duration.seconds(3)).addEventSource(new sources.SqsEventSource(jobs));
  },
  'the role of a pipe from the queue to the topic': (scope, id, _, jobs, out) => {
    const grantee = role(scope, id, 'pipes.amazonaws.com');
    jobs.grantConsumeMessages(grantee);
    out.grantPublish(grantee);
  },
};

/** What is done from a stack that may be in another account or Region. */
const FROM_ELSEWHERE: Record<string, Use> = {
  'grantSendMessages and grantPublish to a role': (scope, id, _, jobs, out) => {
    const grantee = role(scope, id);
    jobs.grantSendMessages(grantee);
    out.grantPublish(grantee);
  },
  'FirehoseStream.grantWrite to a role': (scope, id, world) => {
    const source = KinesisSource.existing(new kinesis.Stream(world.stack('topic'), `Stream${id}`, { streamName: `clicks-${id.toLowerCase()}` }));
    const delivery = s3Stream(world.stack('topic'), `Delivery${id}`, { source });
    delivery.grantWrite(role(scope, id));
  },
  'grantConsumeMessages to a role': (scope, id, _, jobs) => { jobs.grantConsumeMessages(role(scope, id)); },
};

const QUEUES: Record<string, (world: World) => ConstructorParameters<typeof WorkQueue>[2]> = {
  'without a key': () => ({ queueName: 'jobs' }),
  'with a key': () => ({ queueName: 'jobs', encryption: Encryption.customerManaged() }),
  'with a key of the base stack': world => ({
    queueName: 'jobs', encryption: Encryption.customerManaged(world.once('key', 'base', (scope, id) => new kms.Key(scope, id))),
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
      world.allow(jobs);
      world.allow(jobs.deadLetterQueue!);
      return jobs;
    },
  },
  { what: 'FanOut', layer: 'topic', given: value('a topic with a key', () => ({ topicName: 'orders', encryption: Encryption.customerManaged() })), use: (scope, props) => new FanOut(scope, 'Out', props) },
  ...uses.map((name, index): Step => {
    const layer: Layer = name in USES ? 'topic' : 'queue';
    return { what: name, layer, given: value('', () => undefined), use: (scope, _, world, [jobs, out]) => ({ ...USES, ...FROM_ELSEWHERE })[name](scope, `Use${index}`, world, jobs, out) };
  }),
]);

export const APPS: Family[] = [
  { name: 'apps of users', share: { valid: 320 }, steps: mixed, scenes: scenesOfUsers },
];
