import * as fc from 'fast-check';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../../../src/fanout';
import { WorkQueue } from '../../../../src/queues';
import { Family, Step } from '../draws';
import { grantee, queueElsewhere, topicElsewhere, topics } from '../existing';
import { existingQueues, fanOutProps, fanOutQueue, fifoFanOutProps, subscriptionFields } from '../fan-outs';
import { oneFault, step, orNothing } from '../queues';
import { Field, Mode, leaf, map, oneOf, struct, value } from '../values';

/** A fan-out with one to six subscribers of all kinds. */
const fanOut = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }).chain(own => oneFault(mode,
  inner => step(inner, 'FanOut', 'topic', orNothing(fanOutProps()), (scope, props) => new FanOut(scope, 'Orders', props)),
  ...own.map((makes, index) => subscriber(makes, index, false, false)),
  inner => step(inner, 'FanOut.grantPublish', 'topic', grantee('grantPublish', 'either'), (_, principal, __, made) => made[0]?.grantPublish(principal)),
  inner => finder(inner, 'FanOut'),
));

/** A FIFO fan-out to FIFO queues and to standard ones. */
const fifoFanOut = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(
  fc.boolean(), fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 5 }),
).chain(([archived, kinds]) => oneFault(mode,
  inner => step(inner, 'FifoFanOut', 'topic', orNothing(fifoFanOutProps(archived)), (scope, props) => new FifoFanOut(scope, 'Ledger', props)),
  ...kinds.map(([makes, fifo], index) => subscriber(makes, index, true, fifo, archived)),
  inner => step(inner, 'FifoFanOut.grantPublish', 'topic', grantee('grantPublish', 'either'), (_, principal, __, made) => made[0]?.grantPublish(principal)),
  inner => finder(inner, 'FifoFanOut'),
));

/** Looks a subscriber up by its name; none is there where it was refused. */
const finder = (mode: Mode, what: string) => step(mode, `${what}.findSubscription`, 'topic', leaf('findSubscription(id)', oneOf(value("'Queue0'", () => 'Queue0')),
  oneOf(value("'Queue9'", () => 'Queue9'))), (_, id, __, [out, first]) => {
  if (id === 'Queue0' && !first) return;
  const found = out?.findSubscription(id);
  if (found && !out.subscriptions.includes(found)) throw new Error('findSubscription() found what is not among the subscriptions');
});

function subscriber(makes: boolean, index: number, topicFifo: boolean, queueFifo: boolean, archived?: boolean) {
  const what = topicFifo ? 'FifoFanOut' : 'FanOut';
  // A replay is drawn for topics that are known to have an archive.
  const replay = archived ? true : undefined;
  return (mode: Mode): fc.Arbitrary<Step> => makes
    ? step(mode, `${what}.addQueue`, 'topic', orNothing(fanOutQueue(topicFifo, queueFifo, replay)), (_, props, __, made) => made[0]?.addQueue(`Queue${index}`, props))
    : fc.constantFrom('topic', 'queue').chain(layer => step(mode, `${what}.addExistingQueue`, layer, struct({
      queue: existingQueues(queueFifo, layer),
      options: orNothing(struct(subscriptionFields(topicFifo, false, layer, replay))),
    }, ['queue']), (_, { queue, options }, __, made) => made[0]?.addExistingQueue(`Queue${index}`, queue, options)));
}

/** Topics and queues of all kinds, brought together without a fan-out. */
const subscriptions = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(
  fc.tuple(fc.boolean(), fc.boolean(), fc.constantFrom('topic' as const, 'queue' as const)), { minLength: 1, maxLength: 3 },
).chain(kinds => oneFault(mode, ...kinds.map(([topicFifo, queueFifo, layer], index) => (inner: Mode) => step(inner, 'QueueSubscription', layer, acrossRegions(inner, topicFifo, struct({
  // Of an imported FIFO topic nobody knows whether it has an archive, so that it may be replayed.
  topic: leaf('topic', oneOf(...topics(topicFifo).slice(topicFifo && layer === 'queue' ? 2 : 0)), undefined, oneOf(topicElsewhere(topicFifo))),
  // A FIFO queue only on a FIFO topic.
  queue: existingQueues(topicFifo && queueFifo, layer),
  ...subscriptionFields(topicFifo, false, layer, topicFifo && layer === 'queue' ? true : undefined),
}, ['topic', 'queue'])), (scope, props) => new QueueSubscription(scope, `Subscription${index}`, props)))));

/** The same, or with a topic of another Region and dead letters there; which of the two would be at fault could not be told. */
function acrossRegions(mode: Mode, fifo: boolean, field: Field): Field {
  if (mode !== 'valid') return field;
  const [topic, dead] = [topicElsewhere(fifo), queueElsewhere(fifo)];
  const there = map(field, 'across Regions', (given, world) => ({ ...given, topic: topic.make(world), subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead.make(world)) }));
  const draw = (inner: Mode) => fc.oneof({ arbitrary: field.draw(inner), weight: 4 }, { arbitrary: there.draw(inner), weight: 1 });
  return { canFail: field.canFail, draw };
}

/** One queue fed by many topics. */
const fanIn = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }).chain(kinds => oneFault(mode,
  ...kinds.map((fifo, index) => (inner: Mode) => step(inner, 'QueueSubscription', 'queue', struct({
    topic: leaf('topic', oneOf(...topics(fifo)), undefined, oneOf(topicElsewhere(fifo))),
    queue: leaf('queue', oneOf(value('the one queue', world => world.once('fed', 'queue', (scope, id) => new WorkQueue(scope, id)).queue))),
    // The queue has standard dead letters.
    ...subscriptionFields(fifo, !fifo, 'queue'),
  }, ['topic', 'queue']), (scope, props) => new QueueSubscription(scope, `Subscription${index}`, props))),
));

export const FAN_OUTS: Family[] = [
  { name: 'fan-outs', share: { valid: 140, fault: 140, wild: 130 }, steps: fanOut },
  { name: 'FIFO fan-outs', share: { valid: 110, fault: 110, wild: 130 }, steps: fifoFanOut },
  { name: 'subscriptions', share: { valid: 130, fault: 170, wild: 150 }, steps: subscriptions },
  { name: 'queues fed by many topics', share: { valid: 50, fault: 30, wild: 70 }, steps: fanIn },
];
