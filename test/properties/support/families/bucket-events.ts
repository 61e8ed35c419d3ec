import { Stack, Stage } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as fc from 'fast-check';
import { Encryption } from '../../../../src/access';
import { BucketEventFanOut, BucketEventRoute, SubscriptionDeadLetters } from '../../../../src/fanout';
import { FILTER_POLICY, OBJECT_FILTER } from '../../../../src/fanout/private/fanout-bounds';
import { Family, Step } from '../draws';
import { awsManagedQueue, plainQueues, queuesWithDeadLetters } from '../existing';
import { topicFields } from '../fan-outs';
import { customerManaged, oneFault, orNothing, reasons, step, workQueueProps } from '../queues';
import { Field, Mode, Value, args, either, leaf, map, oneOf, struct, textTokens, value } from '../values';
import { Layer } from '../world';

const { EventType } = s3;

/** Rules and subscriptions refer to the bucket or the topic, and a bucket refers to the topic that it notifies. */
const buckets = (topic: boolean): Field => leaf('bucket', oneOf(
  ...(topic ? ['topic', 'queue'] as const : ['base', 'topic'] as const).flatMap((layer: Layer) => [
    value(`a bucket in '${layer}'`, world => world.make(layer, (scope, id) => new s3.Bucket(scope, id))),
    value(`a named bucket in '${layer}'`, world => world.make(layer, (scope, id) => new s3.Bucket(scope, id, { bucketName: id.toLowerCase() }))),
  ]),
  value('a bucket by its name', world => world.make('topic', (scope, id) => s3.Bucket.fromBucketName(scope, id, `theirs-${id.toLowerCase()}`))),
), oneOf(
  value('a bucket of another stage', world => world.make('topic', (_, id) => new s3.Bucket(new Stack(new Stage(world.app, `Stage${id}`), 'Stack'), 'Bucket'))),
), oneOf(
  value('a bucket of another Region', world => world.make('topic', (scope, id) => s3.Bucket.fromBucketAttributes(scope, id, { bucketName: 'far', region: 'us-west-2' }))),
));

/** A field whose faults are named as those of another prop. */
const under = (prop: string, field: Field): Field => ({
  canFail: field.canFail,
  draw: mode => field.draw(mode).map(({ text, make, faults }) => new Value(text, make, faults.map(fault => `${prop}.${fault}`))),
});

const routes = (topic: boolean): Field => topic
  ? map(under('route', struct({
    ...topicFields(false),
    encryption: either(customerManaged, leaf('encryption',
      oneOf(value('Encryption.customerManaged()', () => Encryption.customerManaged())), oneOf(value('Encryption.serviceManaged()', () => Encryption.serviceManaged())))),
  })), 'BucketEventRoute.topic', props => BucketEventRoute.topic(props))
  : leaf('route', oneOf(value('BucketEventRoute.eventBridge()', () => BucketEventRoute.eventBridge()), value('undefined', () => undefined)));

const listOf = (...events: s3.EventType[]) => value(JSON.stringify(events), () => events);
const onBoth = Object.values(EventType).filter(type => !/Replication:|ReducedRedundancy/.test(type));
const eventTypes = (prop: string, topic: boolean): Field => leaf(`${prop}.events`,
  fc.uniqueArray(fc.constantFrom(...topic ? Object.values(EventType) : onBoth), { minLength: 1, maxLength: 4 }).map(types => listOf(...types)),
  oneOf(listOf(), ...topic ? [] : [listOf(EventType.OBJECT_CREATED, EventType.REPLICATION), listOf(EventType.REDUCED_REDUNDANCY_LOST_OBJECT)]));

const PARTS = ['uploads/', '.jpg', 'my photos/', 'a', 'aa', 'ü+&%"\\', '/'];
const UNDOCUMENTED = ['(1)', '*', '~a', "it's", '!'];
const { max: MAX } = OBJECT_FILTER.prefix;
const parts = (prop: string, topic: boolean): Field => leaf(prop,
  fc.oneof(fc.constantFrom(...PARTS, ...topic ? [] : UNDOCUMENTED).map(part => value(`'${part}'`, () => part)), oneOf(value(`${MAX} characters`, () => 'x'.repeat(MAX)))),
  fc.oneof(fc.constantFrom('', '\ud83d', ...topic ? UNDOCUMENTED : []).map(part => value(JSON.stringify(part), () => part)), oneOf(value(`${MAX + 1} characters`, () => 'x'.repeat(MAX + 1)))),
  // Alone, and as it is, it is accepted.
  textTokens('uploads/'));

function objects(prop: string, topic: boolean): Field {
  const first = (inner: string) => struct({ prefix: parts(`${prop}.objects[0].prefix`, topic), suffix: parts(`${prop}.objects[0].suffix`, topic) }, [inner]);
  const { max } = FILTER_POLICY.combinations;
  const many = value(`${max} prefixes`, () => Array.from({ length: max }, (_, index) => ({ prefix: `${index}/` })));
  return either(
    map(either(first('prefix'), first('suffix')), 'a list of one', filter => [filter]),
    leaf(`${prop}.objects`, oneOf(value('two filters', () => [{ prefix: 'a/', suffix: '.jpg' }, { suffix: '.png' }]), ...topic ? [] : [many]),
      oneOf(value('[]', () => []), value('[{}]', () => [{}]), ...topic ? [many] : [])),
  );
}

/** Which events a queue receives, and where those go that cannot be delivered. */
const eventFields = (prop: string, topic: boolean, layer: 'topic' | 'queue'): Record<string, Field> => ({
  events: eventTypes(prop, topic),
  objects: objects(prop, topic),
  subscriptionDeadLetters: either(
    leaf('subscriptionDeadLetters', oneOf(value('SubscriptionDeadLetters.dedicated()', () => SubscriptionDeadLetters.dedicated()))),
    map(leaf('subscriptionDeadLetters', oneOf(...plainQueues(false, layer).slice(0, 4)), oneOf(...plainQueues(true, layer), ...awsManagedQueue(layer))),
      'SubscriptionDeadLetters.existing', queue => SubscriptionDeadLetters.existing(queue)),
    map(reasons('subscriptionDeadLetters'), 'SubscriptionDeadLetters.none', reason => SubscriptionDeadLetters.none(reason)),
  ),
});

const newQueue = (index: number, topic: boolean): Field => map(
  args(workQueueProps(false, 'topic'), struct(eventFields(`addQueue('Queue${index}')`, topic, 'topic'))), '', ([queue, events]) => ({ ...queue, ...events }));

const existingQueue = (topic: boolean, layer: 'topic' | 'queue'): Field => struct({
  queue: leaf('queue', oneOf(...plainQueues(false, layer), ...queuesWithDeadLetters(layer)), oneOf(...awsManagedQueue(layer), ...plainQueues(true, layer).slice(0, 1))),
  options: orNothing(struct(eventFields('addExistingQueue(options)', topic, layer))),
}, ['queue']);

/** The events of a bucket for one to four queues. */
const fanOut = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(
  fc.boolean(), fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
).chain(([topic, own]) => oneFault(mode,
  inner => step(inner, 'BucketEventFanOut', 'topic', struct({ bucket: buckets(topic), route: routes(topic) }, ['bucket', ...topic ? ['route'] : []]),
    (scope, props) => new BucketEventFanOut(scope, 'Uploads', props)),
  ...own.map((makes, index) => (inner: Mode) => makes
    ? step(inner, 'BucketEventFanOut.addQueue', 'topic', orNothing(newQueue(index, topic)), (_, props, __, made) => made[0]?.addQueue(`Queue${index}`, props))
    : fc.constantFrom('topic', 'queue').chain(layer => step(inner, 'BucketEventFanOut.addExistingQueue', layer, existingQueue(topic, layer),
      (_, { queue, options }, __, made) => made[0]?.addExistingQueue(queue, options)))),
));

export const BUCKET_EVENTS: Family[] = [
  { name: 'events of a bucket', share: { valid: 120, fault: 120, wild: 90 }, steps: fanOut },
];
