import * as fc from 'fast-check';
import { FanOut, QueueSubscription } from '../../../../src/fanout';
import { WorkQueue } from '../../../../src/queues';
import { Ec2Workers } from '../../../../src/workers';
import { s3Stream } from '../../../support/s3-stream';
import { deliveryProps } from '../deliveries';
import { Family, Step } from '../draws';
import { grantee } from '../existing';
import { fanOutQueue, fanOuts, fifoFanOuts } from '../fan-outs';
import { oneFault, step, workQueueProps } from '../queues';
import { Mode, value } from '../values';
import { withScript, workersProps } from '../workers';

type Part = (mode: Mode) => fc.Arbitrary<Step>;

/** Names as users write them, some of which are taken or impossible. */
const names = fc.constantFrom('Billing', 'Billing', 'a/b', 'ä ö', 'x'.repeat(300), '', '${Token[TOKEN.1]}').map(name => value(name, () => name));

/** Everything beside one another: topic, queues, keys and buckets in one to three stacks, made in any order. */
const everything = (mode: Mode): fc.Arbitrary<Step[]> => fc.boolean().chain(fifo => oneFault(mode,
  ...fifo
    ? [((inner: Mode) => step(inner, 'FifoFanOut', 'topic', fifoFanOuts(false), (scope, make) => make(scope, 'Out'))) as Part]
    : [((inner: Mode) => step(inner, 'FanOut', 'topic', fanOuts(), (scope, make) => make(scope, 'Out'))) as Part],
  inner => step(inner, 'WorkQueue', 'queue', workQueueProps(fifo, 'queue'), (scope, props) => new WorkQueue(scope, 'Jobs', props)),
  inner => step(inner, 'FanOut.addQueue', 'topic', fanOutQueue(fifo, fifo), (_, props, __, [out]) => out?.addQueue('Own', props)),
  inner => step(inner, 'WorkQueue.grantConsumeMessages', 'queue', grantee('grantConsumeMessages', 'allowed'), (_, principal, __, [, jobs]) => jobs?.grantConsumeMessages(principal)),
  inner => step(inner, 'Ec2Workers', 'queue', workersProps(false), (scope, props, _, [, jobs]) => new Ec2Workers(scope, 'Workers', withScript(jobs && inner === 'valid' ? { ...props, queue: jobs } : props))),
  inner => step(inner, 'FirehoseStream', 'topic', deliveryProps('plain'), (scope, props) => s3Stream(scope, 'Clicks', props)),
).map(steps => [...steps, {
  what: 'FanOut.addSubscription', layer: 'queue', given: value('the work queue', () => undefined), use: (_, __, ___, [out, jobs]) => out && jobs && out.addSubscription(new QueueSubscription(jobs)),
}]));

/** Subscribers by all kinds of names. */
const named = (): fc.Arbitrary<Step[]> => fc.array(names, { minLength: 1, maxLength: 4 }).map(all => [
  { what: 'FanOut', layer: 'topic', given: value('{}', () => ({})), use: scope => new FanOut(scope, 'Out') },
  ...all.map((given): Step => ({ what: 'FanOut.addQueue', layer: 'topic', given, use: (_, name, __, [out]) => out.addQueue(name) })),
]);

export const STACKS: Family[] = [
  { name: 'everything together', share: { valid: 70, fault: 70, wild: 70 }, steps: everything },
  { name: 'names of subscribers', share: { wild: 60 }, steps: named },
];
