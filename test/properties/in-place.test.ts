import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as fc from 'fast-check';
import { violations } from './support/invariants';
import { World, removeOutput, scenesOfUsers } from './support/world';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';

// The statements of the CDK's own targets, destinations and subscriptions arrive at the work queue and at the fan-out, which complete them.

afterAll(removeOutput);

const rule = (world: World) => new events.Rule(world.stack('topic'), 'Rule', { eventPattern: { source: ['orders'] } });
const bucket = (world: World) => new s3.Bucket(world.stack('topic'), 'Bucket');

const names = (use: (world: World, jobs: WorkQueue, out: FanOut) => void) => {
  fc.assert(fc.property(scenesOfUsers, scene => {
    const world = new World(scene);
    const jobs = new WorkQueue(world.stack('topic'), 'Jobs', { encryption: Encryption.customerManaged() });
    const out = new FanOut(world.stack('topic'), 'Out', { encryption: Encryption.customerManaged() });
    use(world, jobs, out);
    expect(violations(world, world.synth(), true)).toEqual([]);
  }), { seed: 20_261_121, numRuns: 3, endOnFailure: true });
};
const TITLE = '%s on a work queue or fan-out with customer keys names each source, in every draw';

test.each<[string, (world: World, jobs: WorkQueue, out: FanOut) => void]>([
  ['s3n.SnsDestination', (world, _, out) => { bucket(world).addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SnsDestination(out)); }],
  ['targets.SnsTopic', (world, _, out) => { rule(world).addTarget(new targets.SnsTopic(out, { authorizeUsingRole: true })); }],
  ['SnsAction of an alarm', (world, jobs, out) => {
    const alarm = new cloudwatch.Alarm(world.stack('topic'), 'Alarm', { metric: jobs.metricApproximateNumberOfMessagesVisible(), threshold: 1, evaluationPeriods: 1 });
    alarm.addAlarmAction(new actions.SnsAction(out));
    out.allowService(ServiceSource.alarms());
  }],
])(TITLE, (_, use) => names(use));

test.each<[string, (world: World, jobs: WorkQueue, out: FanOut) => void]>([
  ['s3n.SqsDestination', (world, jobs) => { bucket(world).addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(jobs)); }],
  ['targets.SqsQueue', (world, jobs) => { rule(world).addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue })); }],
  ['subscriptions.SqsSubscription', (_, jobs, out) => { out.addSubscription(new subscriptions.SqsSubscription(jobs)); }],
])(TITLE, (_, use) => names(use));
