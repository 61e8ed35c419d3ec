import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as fc from 'fast-check';
import { FanOut, FanOutTopic, TopicEncryption } from '../../src/fanout';
import { Encryption, WorkQueue } from '../../src/queues';
import { violations } from '../properties/support/invariants';
import { closeEngine } from '../properties/support/validation';
import { World, removeOutput, scenesOfUsers } from '../properties/support/world';

// CDK's own targets, destinations and subscriptions write their statements past the queue and the topic inside our constructs.

afterAll(() => {
  closeEngine();
  removeOutput();
});

const rule = (world: World) => new events.Rule(world.stack('topic'), 'Rule', { eventPattern: { source: ['orders'] } });
const bucket = (world: World) => new s3.Bucket(world.stack('topic'), 'Bucket');

test.failing.each<[string, (world: World, jobs: WorkQueue, out: FanOut) => void]>([
  ['s3n.SqsDestination', (world, jobs) => { bucket(world).addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(jobs.queue)); }],
  ['s3n.SnsDestination', (world, _, out) => { bucket(world).addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SnsDestination(out.topic)); }],
  ['targets.SqsQueue', (world, jobs) => { rule(world).addTarget(new targets.SqsQueue(jobs.queue)); }],
  ['targets.SnsTopic', (world, _, out) => { rule(world).addTarget(new targets.SnsTopic(out.topic)); }],
  ['SnsAction of an alarm', (world, jobs, out) => {
    const alarm = new cloudwatch.Alarm(world.stack('topic'), 'Alarm', { metric: jobs.queue.metricApproximateNumberOfMessagesVisible(), threshold: 1, evaluationPeriods: 1 });
    alarm.addAlarmAction(new actions.SnsAction(out.topic));
  }],
  ['subscriptions.SqsSubscription', (_, jobs, out) => { out.topic.addSubscription(new subscriptions.SqsSubscription(jobs.queue)); }],
])('%s on a work queue or fan-out with customer keys names each source, in every draw', (_, use) => {
  fc.assert(fc.property(scenesOfUsers, scene => {
    const world = new World(scene);
    const jobs = new WorkQueue(world.stack('topic'), 'Jobs', { encryption: Encryption.customerManaged() });
    const out = new FanOut(world.stack('topic'), 'Out', { topic: FanOutTopic.create({ encryption: TopicEncryption.customerManaged() }) });
    use(world, jobs, out);
    expect(violations(world, world.synth(), true)).toEqual([]);
  }), { seed: 20_261_121, numRuns: 3, endOnFailure: true });
});
