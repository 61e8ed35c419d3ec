import { AlarmState, stateOf } from './alarms';
import { Alarm, Design, StepPolicy, TrackingPolicy } from './design';
import { MetricQuery } from './metric-math';
import { Circumstances, play } from './simulator';

// Each rule by itself, on designs that are written here, with figures that are computed by hand; and the same without the rule, which has other figures.

const WAITING = 'ApproximateNumberOfMessagesVisible';
const metric = (MetricName: string, Period = 60, Stat = 'Average'): MetricQuery[] => [{ Id: 'm', MetricStat: { Metric: { Namespace: 'AWS/SQS', MetricName }, Stat, Period } }];

function alarm(options: Partial<Alarm> = {}): Alarm {
  return { metrics: metric(WAITING), period: 1, evaluationPeriods: 1, datapointsToAlarm: 1, breaches: value => value >= 1, missingData: 'notBreaching', ...options };
}
function steps(adjustment: number, options: Partial<StepPolicy> = {}): StepPolicy {
  return { alarm: alarm(), threshold: 1, above: true, steps: [{ lower: 0, adjustment }], cooldown: 0, ...options };
}
/** Removes a worker in each minute without a message. */
const STOP = steps(-1, { above: false, steps: [{ upper: 0, adjustment: -1 }], alarm: alarm({ breaches: value => value < 1 }) });

function tracking(options: Partial<TrackingPolicy> = {}): TrackingPolicy {
  return { metrics: metric(WAITING), target: 10, scaleInCooldown: 0, scaleOutCooldown: 0, ...options };
}
function design(options: Partial<Design>): Design {
  return { service: 'ec2', tracking: [], steps: [], schedule: [], warmup: 0, min: 0, max: 10, scaleIn: 'finishes', stopTimeout: 0, ...options };
}

/** Workers that start at once and never finish a message: what is waiting stays, but for one message for each worker. */
const STUCK: Partial<Circumstances> = { pending: 0, boot: 1000, processing: 1000 };
const stuck = (options: Partial<Design>, given: Pick<Circumstances, 'arrivals' | 'until'> & Partial<Circumstances>) => (
  play(design(options), { ...STUCK, ...given }).wanted
);
const burst = (count: number, at: number) => Array<number>(count).fill(at);
const first = (sizes: number[], holds: (size: number) => boolean) => sizes.findIndex(holds);

describe('an alarm', () => {
  const state = (points: (number | undefined)[], options: Partial<Alarm> = {}, before: AlarmState = 'OK') => stateOf(alarm({ evaluationPeriods: 3, datapointsToAlarm: 3, ...options }), points, before);
  const _ = undefined;

  test.each<[string, (number | undefined)[], AlarmState]>([
    ['three of three', [0, 0, 1, 1, 1], 'ALARM'],
    ['two of three', [1, 1, 0, 1, 1], 'OK'],
    ['one before in place of a missing one', [1, 1, _, 1], 'ALARM'],
    ['two before in place of two', [1, _, 1, _, 1], 'ALARM'],
    ['one before that does not breach', [0, 1, _, 1], 'OK'],
  ])('%s', (_name, points, expected) => {
    expect(state(points)).toBe(expected);
  });

  // The rows of the table in the CloudWatch documentation, for 3 out of 3.
  test.each<[(number | undefined)[], Record<Alarm['missingData'], AlarmState>]>([
    [[0, _, 1, _, 1], { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    [[0, _, _, _, _], { missing: 'OK', ignore: 'OK', breaching: 'OK', notBreaching: 'OK' }],
    [[_, _, _, _, _], { missing: 'INSUFFICIENT_DATA', ignore: 'INSUFFICIENT_DATA', breaching: 'ALARM', notBreaching: 'OK' }],
    [[0, 1, 1, _, 1], { missing: 'ALARM', ignore: 'ALARM', breaching: 'ALARM', notBreaching: 'ALARM' }],
    [[_, _, 1, _, _], { missing: 'ALARM', ignore: 'INSUFFICIENT_DATA', breaching: 'ALARM', notBreaching: 'OK' }],
  ])('with %j as documented, by how missing data is treated', (points, expected) => {
    for (const missingData of ['missing', 'ignore', 'breaching', 'notBreaching'] as const) {
      expect([missingData, state(points, { missingData }, 'INSUFFICIENT_DATA')]).toEqual([missingData, expected[missingData]]);
    }
  });

  test('two of three datapoints', () => {
    expect(state([1, 0, 1], { datapointsToAlarm: 2 })).toBe('ALARM');
    expect(state([0, 0, 1], { datapointsToAlarm: 2 })).toBe('OK');
  });
});

describe('target tracking', () => {
  const tracked = (count: number, options: Partial<Circumstances> = {}) => (
    stuck({ tracking: [tracking()], min: 1 }, { arrivals: burst(count, 5), until: 30, ...options })
  );

  // One of the messages is held by the worker that is there.
  test('adds in proportion after three minutes above the target, rounded up: 25 for 10 are 3', () => {
    const wanted = tracked(26);
    // Minutes 5, 6 and 7 are above, and the decision is at the end of the third.
    expect(wanted.slice(5, 9)).toEqual([1, 1, 3, 8]);
  });

  test('without that rule it would add after one minute', () => {
    expect(tracked(26, { highMinutes: 1 })[5]).toBe(3);
  });

  test('does nothing at the target', () => {
    expect(new Set(tracked(11))).toEqual(new Set([1]));
    expect(Math.max(...tracked(12))).toBeGreaterThan(1);
  });

  /** Ten workers from the beginning, of which the metric wants two fifths. */
  const tenFirst = { schedule: [{ minute: 1, min: 10 }, { minute: 2, min: 0 }] };
  const falling = (share: number, options: Partial<Circumstances> = {}) => (
    stuck({ tracking: [tracking()], ...tenFirst }, { arrivals: burst(share, 0), until: 40, ...options })
  );

  test('removes in proportion after fifteen minutes more than 10% below the target, rounded down', () => {
    const wanted = falling(4);
    expect(first(wanted, size => size < 10 && size > 0)).toBe(14);
    // 4 of 10: of 10 workers 6 go, then 2.4 of 4, and so on.
    expect(wanted.slice(13, 18)).toEqual([10, 4, 2, 1, 1]);
  });

  test('without that rule it would remove sooner', () => {
    expect(first(falling(4, { low: { share: 0.9, minutes: 5 } }), size => size < 10 && size > 0)).toBe(4);
  });

  test('does not remove at 9 of 10, and does at 8', () => {
    expect(falling(9).at(-1)).toBe(10);
    expect(falling(8).at(-1)).toBeLessThan(10);
    expect(falling(8, { low: { share: 0.7, minutes: 15 } }).at(-1)).toBe(10);
  });

  test('does nothing while its metric is missing, and begins again when it returns', () => {
    const gap = { gaps: [{ from: 4, to: 12, of: 'queue' as const }] };
    expect(first(tracked(25, gap), size => size > 1)).toBe(14);
    expect(first(tracked(25), size => size > 1)).toBe(7);
  });

  test('scales in only when all of its policies do', () => {
    const high = tracking({ metrics: metric('NumberOfMessagesReceived'), target: 0 });
    const idle = { arrivals: [], until: 30 };
    expect(stuck({ tracking: [tracking()], ...tenFirst }, idle).at(-1)).toBe(0);
    expect(stuck({ tracking: [tracking(), high], ...tenFirst }, idle).at(-1)).toBe(10);
  });
});

describe('a warm-up', () => {
  const after = (warmup: number) => stuck({ steps: [steps(2)], warmup }, { arrivals: burst(5, 0), until: 9 });

  test('of 3 minutes: what has been added is not counted, and so not added again', () => {
    expect(after(3)).toEqual([2, 2, 2, 2, 4, 4, 4, 4, 6]);
  });

  test('without it the same alarm adds each minute', () => {
    expect(after(0)).toEqual([2, 4, 6, 8, 10, 10, 10, 10, 10]);
  });

  test('keeps a group from scaling in', () => {
    const schedule = [{ minute: 1, min: 2 }, { minute: 2, min: 0 }];
    const sizes = (warmup: number) => stuck({ steps: [STOP], warmup, schedule }, { arrivals: [], until: 10 });
    expect(sizes(3)).toEqual([2, 2, 2, 2, 1, 0, 0, 0, 0, 0]);
    expect(sizes(0)).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('a cooldown of a service', () => {
  const after = (cooldown: number) => stuck({ service: 'ecs', steps: [steps(2, { cooldown })] }, { arrivals: burst(5, 0), until: 9 });

  test('of 3 minutes: what a policy has added counts as added', () => {
    expect(after(3)).toEqual([2, 2, 2, 2, 4, 4, 4, 4, 6]);
  });

  test('without it the same alarm adds each minute', () => {
    expect(after(0)).toEqual([2, 4, 6, 8, 10, 10, 10, 10, 10]);
  });

  test('does not keep another step from adding what it has more', () => {
    const two = [{ lower: 0, upper: 9, adjustment: 2 }, { lower: 9, adjustment: 5 }];
    const given = { arrivals: [...burst(5, 0), ...burst(20, 2)], until: 6 };
    const wanted = stuck({ service: 'ecs', steps: [steps(0, { steps: two, cooldown: 60 })] }, given);
    expect(wanted).toEqual([2, 2, 5, 5, 5, 5]);
  });

  test('of 4 minutes: a policy removes again after it', () => {
    const stop = (cooldown: number) => ({ ...STOP, cooldown });
    const schedule = [{ minute: 1, min: 3 }, { minute: 2, min: 0 }];
    const sizes = (cooldown: number) => stuck({ service: 'ecs', steps: [stop(cooldown)], schedule }, { arrivals: [], until: 10 });
    expect(sizes(4)).toEqual([3, 2, 2, 2, 2, 1, 1, 1, 1, 0]);
    expect(sizes(0)).toEqual([3, 2, 1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('steps', () => {
  const one = (count: number) => {
    const ladder = [{ lower: 0, upper: 10, adjustment: 1 }, { lower: 10, upper: 20, adjustment: 2 }, { lower: 20, adjustment: 3 }];
    const policy = steps(0, { threshold: 5, steps: ladder, alarm: alarm({ breaches: value => value >= 5 }) });
    return stuck({ steps: [policy], warmup: 60 }, { arrivals: burst(count, 0), until: 1 })[0];
  };

  test.each([[4, 0], [5, 1], [14, 1], [15, 2], [24, 2], [25, 3], [99, 3]])('%i messages: %i workers', (count, expected) => {
    expect(one(count)).toBe(expected);
  });

  test('the larger capacity of two policies wins', () => {
    expect(stuck({ steps: [steps(1), steps(4)], warmup: 60 }, { arrivals: burst(5, 0), until: 1 })).toEqual([4]);
  });

  test('an alarm of 5 minutes looks at the last 5 each minute, by its statistic', () => {
    const slow = (statistic: string) => alarm({ metrics: metric(WAITING, 300, statistic), period: 5, breaches: value => value >= 4 });
    const of = (statistic: string) => steps(1, { alarm: slow(statistic) });
    const from = (statistic: string) => first(stuck({ steps: [of(statistic)], warmup: 60 }, { arrivals: burst(5, 6), until: 20 }), size => size > 0);
    // 5 messages from minute 6 on: the average of 5 minutes is 4 after four of them.
    expect(from('Average')).toBe(9);
    expect(from('Maximum')).toBe(6);
    expect(from('Sum')).toBe(6);
  });
});

test('metrics that arrive late are seen late', () => {
  const from = (late: number) => first(stuck({ steps: [steps(1)] }, { arrivals: burst(5, 3), until: 20, late }), size => size > 0);
  expect([0, 1, 2].map(from)).toEqual([3, 4, 5]);
});

test('SQS publishes nothing of a queue that nobody has used for 6 hours, and begins again late', () => {
  const from = (returnsLate: number) => first(stuck({ steps: [steps(1)] }, { arrivals: [500], until: 540, returnsLate }), size => size > 0);
  expect([0, 15].map(from)).toEqual([500, 515]);
});

test('a schedule changes the limits, and the number of workers with them', () => {
  const wanted = stuck({ schedule: [{ minute: 3, min: 2 }, { minute: 6, max: 1, min: 0 }] }, { arrivals: [], until: 8 });
  expect(wanted).toEqual([0, 0, 2, 2, 2, 1, 1, 1]);
});

describe('the queue', () => {
  /** Two workers from the first minute on, of which one is left from minute 3 on. */
  const ended = (scaleIn: Design['scaleIn'], options: Partial<Circumstances> = {}, stopTimeout = 0) => play(
    design({ scaleIn, stopTimeout, schedule: [{ minute: 1, min: 2 }, { minute: 3, min: 0, max: 1 }] }),
    { arrivals: [1, 1], until: 40, pending: 0, boot: 0, processing: 10, visibility: 15, ...options },
  );

  test('a worker that finishes and one that is protected lose no work', () => {
    for (const scaleIn of ['finishes', 'isProtected'] as const) {
      expect([scaleIn, ended(scaleIn).redelivered, ended(scaleIn).latencies]).toEqual([scaleIn, 0, [10, 10]]);
    }
  });

  test('a worker that is stopped does: the message returns after its visibility timeout', () => {
    const { redelivered, latencies } = ended('stops');
    // Received at 1 and hidden until 16, when the other worker has been free for 5 minutes.
    expect([redelivered, latencies]).toEqual([1, [25, 10]]);
  });

  test('unless the rest of the work is within the stop timeout', () => {
    expect(ended('stops', {}, 8).redelivered).toBe(0);
    expect(ended('stops', {}, 7.9).redelivered).toBe(1);
  });

  test('a worker without a message ends first if the others are protected', () => {
    const one = (scaleIn: Design['scaleIn']) => ended(scaleIn, { arrivals: [1] }).instanceMinutes;
    // The worker without a message lives for 2 minutes, the other one to the end; without protection the busy one ends after its message.
    expect(one('isProtected')).toBe(2 + 39);
    expect(one('finishes')).toBe(10 + 39);
  });

  test('a poison message is received as often as the queue allows, and is a dead letter then', () => {
    const poison = { arrivals: [{ at: 1, poison: true }, { at: 1 }], processing: 1, visibility: 4, maxReceiveCount: 3 };
    const worked = (until: number) => play(design({ schedule: [{ minute: 1, min: 1 }] }), { until, pending: 0, boot: 0, ...poison });
    const { deadLetters, left, latencies, redelivered } = worked(40);
    // Poison from 1 to 2, and the other message from 2 to 3.
    expect([deadLetters, left, latencies, redelivered]).toEqual([1, 0, [2], 0]);
    // Received at 1, 5 and 9, and dead when it is asked for at 13.
    expect([worked(13).left, worked(14).left]).toEqual([1, 0]);
  });

  test('a message that nobody receives is left', () => {
    expect(play(design({}), { arrivals: [1], until: 10 })).toMatchObject({ left: 1, latencies: [], waits: [], launches: 0, instanceMinutes: 0 });
  });
});
