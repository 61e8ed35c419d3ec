import { Arrival, Circumstances } from './simulator';

/** What arrives, and what goes wrong meanwhile. */
export interface Trace {
  readonly name: string;
  /** What it is, for the document. */
  readonly text: string;
  readonly given: Pick<Circumstances, 'arrivals' | 'until'> & Partial<Circumstances>;
}

const HOUR = 60, DAY = 24 * HOUR;

/** So many messages in each minute, at equal distances. */
function perMinute(until: number, rate: (minute: number) => number): number[] {
  return Array.from({ length: until }, (_, minute) => minute).flatMap(minute => {
    const count = Math.round(rate(minute));
    return Array.from({ length: count }, (_, index) => minute + index / count);
  });
}

const steady = (until: number) => perMinute(until, () => 10);
/** From 10 messages a minute to 100 in 2 hours, and back in 2 hours. */
const rising = perMinute(4 * HOUR, minute => 10 + 90 * (1 - Math.abs(minute - 2 * HOUR) / (2 * HOUR)));
const everySo = (interval: number, until: number) => Array.from({ length: until / interval }, (_, index) => (index + 0.5) * interval);
const poisoned: Arrival[] = steady(4 * HOUR).map((at, index) => ({ at, poison: index % 50 === 49 }));

export const TRACES: Trace[] = [
  { name: 'idle day', text: 'no message in 24 hours', given: { arrivals: [], until: DAY } },
  { name: 'one an hour', text: 'one message an hour for 24 hours', given: { arrivals: everySo(HOUR, DAY), until: DAY } },
  {
    name: 'one in 8 hours',
    text: 'one message every 8 hours for 48 hours; the metrics of the queue return 15 minutes late, the longest that AWS documents',
    given: { arrivals: everySo(8 * HOUR, 2 * DAY), until: 2 * DAY, returnsLate: 15 },
  },
  { name: 'ramp', text: 'from 10 messages a minute to 100 in 2 hours, and back in 2 hours', given: { arrivals: rising, until: 6 * HOUR } },
  {
    name: 'spike',
    text: '10 messages a minute for 4 hours, and once 1,000 in a minute in place of 10',
    given: { arrivals: perMinute(4 * HOUR, minute => minute === HOUR ? 1000 : 10), until: 6 * HOUR },
  },
  {
    name: 'spike from zero',
    text: '1,000 messages in a minute, after an hour without any',
    given: { arrivals: perMinute(2 * HOUR, minute => minute === HOUR ? 1000 : 0), until: 4 * HOUR },
  },
  {
    name: 'long work',
    text: '100 messages in a minute, each of which takes 10 minutes; the visibility timeout is 15 minutes',
    given: { arrivals: perMinute(2 * HOUR, minute => minute === HOUR ? 100 : 0), until: 6 * HOUR, processing: 10, visibility: 15 },
  },
  {
    name: 'poison',
    text: '10 messages a minute for 4 hours, of which one in 50 fails each time; the visibility timeout is 3 minutes, and the maximum receive count is 5',
    given: { arrivals: poisoned, until: 6 * HOUR, visibility: 3 },
  },
  {
    name: 'metric gaps',
    text: 'the ramp, with no metrics of the queue from minute 60 to 75 and from 150 to 155, and none of the workers from 100 to 105',
    given: {
      arrivals: rising,
      until: 6 * HOUR,
      gaps: [{ from: 60, to: 75, of: 'queue' }, { from: 150, to: 155, of: 'queue' }, { from: 100, to: 105, of: 'capacity' }],
    },
  },
];

/** What a trace does not say: 6 seconds of work for each message, and metrics of SQS that are a minute late. */
export const USUAL: Partial<Circumstances> = { processing: 0.1, visibility: 3, late: 1 };

/** How long workers take to start: an instance of a small image, and a task of a small container. */
export const START: Record<'ec2' | 'ecs', Partial<Circumstances>> = {
  ec2: { pending: 0.5, boot: 1.25 },
  ecs: { pending: 0.5, boot: 0.6 },
};
