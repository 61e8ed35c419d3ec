import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as fc from 'fast-check';
import { Encryption } from '../../../../src/access';
import { DeadLetters, Deduplication, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../../../src/queues';
import { Family, Step } from '../draws';
import { plainQueues } from '../existing';
import { alarmOn, metricOptions } from '../metrics';
import { oneFault, step } from '../queues';
import {
  Field, Mode, either, leaf, nothing, oneOf, struct, textTokens, value,
} from '../values';
import { Layer, World } from '../world';

const workQueue = (text: string, props: (world: World) => WorkQueueProps) => value(text,
  world => world.make('topic', (scope, id) => new WorkQueue(scope, id, props(world))));

const standard = workQueue('a work queue', () => ({}));
const standardQueues = [
  standard,
  workQueue('one with a key', () => ({ encryption: Encryption.customerManaged() })),
  workQueue('one with a key of the base stack', world => ({ encryption: Encryption.customerManaged(world.once('key', 'base', (scope, id) => new kms.Key(scope, id))) })),
  workQueue('one with shared dead letters', world => ({ deadLetters: DeadLetters.shared(world.once('shared', 'topic', (scope, id) => new SharedDeadLetterQueue(scope, id))) })),
];
const withoutDeadLetters = workQueue('one without dead letters', () => ({ deadLetters: DeadLetters.none('It is a test') }));
const contentBased = workQueue('a FIFO work queue', () => ({ ordering: Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED }) }));
const explicit = workQueue('one with explicit deduplication', () => ({ ordering: Ordering.fifo() }));

/** Where events go that EventBridge cannot deliver. The policy of a queue of the CDK names the rule, so the two share a stack. */
const eventDeadLetters = (fifo: boolean, layer: Layer): Field => fifo
  ? leaf('deadLetterQueue', oneOf(...plainQueues(false, layer), value('undefined', () => undefined)))
  : leaf('deadLetterQueue', oneOf(
    ...plainQueues(false, layer), value('undefined', () => undefined),
    value('shared dead letters', world => world.once('shared', 'topic', (scope, id) => new SharedDeadLetterQueue(scope, id))),
  ));

const group = (fifo: boolean): Field => {
  const texts = (...all: string[]) => oneOf(...all.map(text => value(`'${text.length > 20 ? `${text.length} characters` : text}'`, () => text)));
  return leaf('messageGroupId', fc.oneof(texts('orders', 'x', 'x'.repeat(128)), textTokens('orders'), ...fifo ? [] : [nothing]));
};

const targetProps = (fifo: boolean, layer: Layer): Field => struct({
  messageGroupId: group(fifo),
  message: leaf('message', oneOf(
    value("fromObject({ kind: 'nightly' })", () => events.RuleTargetInput.fromObject({ kind: 'nightly' })), value('fromEventPath', () => events.RuleTargetInput.fromEventPath('$.detail')),
    value("fromText('go')", () => events.RuleTargetInput.fromText('go')), value('undefined', () => undefined),
  )),
  deadLetterQueue: eventDeadLetters(fifo, layer),
}, fifo ? ['messageGroupId'] : []);

/** Rules in the stack of the queue and in a later one, one of them for two queues. */
const rules = (layer: Layer) => leaf('rule', oneOf(
  value(`a rule in '${layer}'`, world => world.make(layer, (scope, id) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) }))),
  value(`a named rule in '${layer}'`, world => world.make(layer, (scope, id) => new events.Rule(scope, id, { ruleName: id, schedule: events.Schedule.rate(Duration.hours(1)) }))),
  value(`one rule in '${layer}'`, world => world.once('rule', layer, (scope, id) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) }))),
));

/** What the CDK checks itself is not drawn: of the faults, those that arrive at the queue are left. */
const targetsOfRules = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(
  fc.tuple(fc.constantFrom(...mode === 'fault' ? ['fifo'] : ['standard', 'none', 'fifo']), fc.constantFrom('topic' as const, 'queue' as const)), { minLength: 1, maxLength: 2 },
).chain(kinds => oneFault(mode,
  ...kinds.map(([kind, layer]) => (inner: Mode) => step(inner, 'targets.SqsQueue', 'topic', struct({
    rule: rules(layer),
    queue: kind === 'fifo'
      ? leaf('addToResourcePolicy(statement)', oneOf(contentBased), oneOf(explicit))
      : leaf('queue', kind === 'none' ? oneOf(withoutDeadLetters) : oneOf(...standardQueues)),
    props: targetProps(kind === 'fifo', layer),
  }, ['rule', 'queue', ...kind === 'fifo' ? ['props'] : []]), (_, { rule, queue, props }) => rule?.addTarget(new targets.SqsQueue(queue, props)))),
));

/** Not in the stack of the keys, which would come to depend on that of the queue. */
const buckets = leaf('bucket', oneOf(...(['topic', 'queue'] as const).flatMap(layer => [
  value(`a bucket in '${layer}'`, world => world.make(layer, (scope, id) => new s3.Bucket(scope, id, { removalPolicy: RemovalPolicy.DESTROY }))),
  value(`a named bucket in '${layer}'`, world => world.make(layer, (scope, id) => new s3.Bucket(scope, id, { bucketName: id.toLowerCase() }))),
])));

const small = workQueue('one for small messages', () => ({ maxMessageSize: Size.kibibytes(63) }));
const notified: Field = either(
  leaf('workQueue', oneOf(...standardQueues, withoutDeadLetters)),
  leaf('addToResourcePolicy(statement)', oneOf(standard, workQueue('one for 64 KiB', () => ({ maxMessageSize: Size.kibibytes(64) }))), oneOf(contentBased, explicit, small)),
);

const destinations = (mode: Mode): fc.Arbitrary<Step[]> => fc.integer({ min: 1, max: 2 }).chain(count => oneFault(mode,
  ...[...Array(count)].map(() => (inner: Mode) => step(inner, 's3n.SqsDestination', 'topic', struct({ bucket: buckets, workQueue: notified }, ['bucket', 'workQueue']), (_, { bucket, workQueue: queue }) => {
    if (!bucket) return;
    // Bound first: the bucket makes a resource of its own before it asks, which is not the library's to take back.
    const bound = new s3n.SqsDestination(queue).bind(bucket, bucket);
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, { bind: () => bound });
  })),
));

const queueMetrics = (mode: Mode): fc.Arbitrary<Step[]> => fc.boolean().chain(shared => oneFault(mode,
  inner => fc.constantFrom('metricDeadLetters', ...shared ? [] : ['metricBacklog'])
    .chain(method => step(inner, `${shared ? 'SharedDeadLetterQueue' : 'WorkQueue'}.${method}`, 'topic', metricOptions(method),
      (_, options, world, [it]) => alarmOn(world, it[method](options)))),
).map((steps): Step[] => [
  shared
    ? { what: 'SharedDeadLetterQueue', layer: 'topic', given: value('{}', () => ({})), use: scope => new SharedDeadLetterQueue(scope, 'It') }
    : { what: 'WorkQueue', layer: 'topic', given: value('{}', () => ({})), use: scope => new WorkQueue(scope, 'It') },
  ...steps,
]));

export const EVENTS: Family[] = [
  { name: 'targets of rules', share: { valid: 90, fault: 90, wild: 120 }, steps: targetsOfRules },
  { name: 'destinations of notifications', share: { valid: 60, fault: 60, wild: 60 }, steps: destinations },
  { name: 'metrics of queues', share: { valid: 40, fault: 40, wild: 20 }, steps: queueMetrics },
];
