import { AlarmState, EVALUATION_RANGE, stateOf } from './alarms';
import { Alarm, Design, StepPolicy, TrackingPolicy } from './design';
import { MetricQuery, evaluateQueries, statsOf } from './metric-math';
import { Message, WorkedQueue } from './queue';

/** A message that arrives at a minute. */
export interface Arrival {
  readonly at: number;
  readonly poison?: boolean;
}

/** Minutes whose metrics never arrive. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly of: 'queue' | 'capacity';
}

/** How the services and the worker behave where a template says nothing. All in minutes. */
export interface Circumstances {
  /** When messages are sent, in rising order. */
  readonly arrivals: (number | Arrival)[];
  readonly until: number;
  /** How long one worker works on one message. */
  readonly processing: number;
  /** From the launch to `InService`, or to a running task. */
  readonly pending: number;
  /** From the launch to the first receive. */
  readonly boot: number;
  /** For how long a received message is hidden from other workers. */
  readonly visibility: number;
  readonly maxReceiveCount: number;
  /** Whether SQS leaves out the number in progress and the number received where it is zero, as its documentation may be read. */
  readonly leavesOutZeros: boolean;
  /** How far below the target the low alarm of target tracking is, and for how many minutes. AWS documents 'usually more than 10%'. */
  readonly low: { readonly share: number; readonly minutes: number };
  /** For how many minutes the metric is above the target before target tracking scales out. */
  readonly highMinutes: number;
  /** How much later than those of the group the metrics of SQS arrive. */
  readonly late: number;
  /** How late the metrics of SQS return after SQS has stopped publishing them. AWS documents up to 15 minutes. */
  readonly returnsLate: number;
  /** Whether the number of workers in service is left out while it is zero, as that of Container Insights may be. */
  readonly stops: boolean;
  /** How late the number of workers in service arrives. */
  readonly lateCapacity: number;
  readonly gaps: Gap[];
}

export interface Timeline {
  readonly launches: number;
  /** The minutes from the launches to the ends. */
  readonly instanceMinutes: number;
  /** From being sent to being received. */
  readonly waits: number[];
  /** From being sent to being deleted, of the messages that are. */
  readonly latencies: number[];
  /** The workers in service, by the minute. */
  readonly inService: number[];
  /** The workers that the policies want, by the minute. */
  readonly wanted: number[];
  /** How often the number of workers that the policies want turns from rising to falling or back. */
  readonly turns: number;
  /** Messages, other than poison, that were received more than once. */
  readonly redelivered: number;
  readonly deadLetters: number;
  /** Messages that are neither deleted nor dead letters at the end. */
  readonly left: number;
}

const LIKELY: Omit<Circumstances, 'arrivals' | 'until'> = {
  processing: 0.5,
  pending: 1,
  boot: 3,
  visibility: 180,
  maxReceiveCount: 5,
  leavesOutZeros: false,
  low: { share: 0.9, minutes: 15 },
  highMinutes: 3,
  late: 0,
  returnsLate: 0,
  stops: false,
  lateCapacity: 0,
  gaps: [],
};

/** SQS stops publishing the metrics of a queue that nobody has used for this time. */
const USED_FOR = 360;

/** The namespace in the examples of AWS for a metric that a script publishes. */
const OWN_NAMESPACE = 'MyNamespace';

type Value = number | undefined;

/**
 * Plays the workers of a queue by what the services document. The queue and its workers run in continuous time, the alarms and policies once a minute.
 *
 * - An alarm invokes its scaling policy every minute while it is in `ALARM`.
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
 * - Missing datapoints are passed over, as far as the alarm reads back, and then treated as the alarm says.
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * - An alarm with a longer period looks at the last minutes, every minute.
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * - Target tracking removes workers in proportion and rounds what it removes down; what it adds it rounds up. It does nothing without data.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
 * - Instances that warm up are not counted when a group scales out, and it does not scale in meanwhile.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
 * - The cooldown of a policy for a service counts what it has added as there when it scales out, and keeps it from scaling in again.
 *   https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
 * - Of several policies in one minute the one that leaves the largest capacity wins. Target tracking scales in when all of its policies do.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html
 * - SQS publishes nothing of a queue that nobody has used for 6 hours. Workers use it.
 *   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 *
 * Metrics are a minute old when an alarm sees them.
 */
export function play(design: Design, given: Pick<Circumstances, 'arrivals' | 'until'> & Partial<Circumstances>): Timeline {
  const circumstances = { ...LIKELY, ...given };
  const { until, processing, pending, boot, visibility, maxReceiveCount } = circumstances;
  const arrivals = circumstances.arrivals.map(arrival => typeof arrival === 'number' ? { at: arrival } : arrival);
  const queue = new WorkedQueue(arrivals, { processing, visibility, maxReceiveCount, scaleIn: design.scaleIn, stopTimeout: design.stopTimeout });
  const metrics = new Metrics(circumstances);
  const scaler = new Scaler(design, circumstances, metrics);
  const [inService, wanted]: number[][] = [[], []];

  for (let count = 0; count < design.min; count++) queue.launch(-1000, pending, boot);
  for (let minute = 0; minute < until; minute++) {
    queue.run(minute, minute + 1);
    // A group does not count instances that finish their work; a service counts its running tasks.
    const counted = queue.living.filter(worker => worker.inService <= minute && (design.service === 'ecs' || !worker.ending)).length;
    inService.push(counted);
    metrics.sample(minute, queue, counted);

    const now = queue.wanted;
    const warm = queue.living.filter(worker => !worker.ending && worker.inService + design.warmup <= minute).length;
    const size = scaler.decide(minute, now, warm);
    for (let count = now; count < size; count++) queue.launch(minute + 1, pending, boot);
    if (size < now) queue.end(now - size, minute + 1);
    wanted.push(size);
  }

  const { messages, workers } = queue;
  return {
    launches: workers.filter(({ launched }) => launched >= 0).length,
    instanceMinutes: workers.reduce((sum, { launched, ended }) => sum + Math.max(0, (ended ?? until) - Math.max(0, launched)), 0),
    waits: messages.flatMap(({ sent, firstReceived }) => firstReceived === undefined ? [] : [firstReceived - sent]),
    latencies: messages.flatMap(({ sent, done }) => done === undefined ? [] : [done - sent]),
    inService,
    wanted,
    turns: turnsOf(wanted),
    redelivered: messages.filter(({ poison, receives }) => !poison && receives > 1).length,
    deadLetters: messages.filter(({ deadLetter }) => deadLetter !== undefined).length,
    left: messages.filter(isLeft).length,
  };
}

function isLeft({ done, deadLetter }: Message): boolean {
  return done === undefined && deadLetter === undefined;
}

function turnsOf(sizes: number[]): number {
  const changes = sizes.map((size, minute) => Math.sign(size - (sizes[minute - 1] ?? size))).filter(change => change !== 0);
  return changes.filter((change, index) => index > 0 && change !== changes[index - 1]).length;
}

/** The metrics that the services publish, by the minute, and those of one's own that AWS shows. */
class Metrics {
  private readonly values: Record<string, Value[]> = {
    ApproximateNumberOfMessagesVisible: [],
    ApproximateNumberOfMessagesNotVisible: [],
    NumberOfMessagesReceived: [],
    GroupInServiceInstances: [],
    RunningTaskCount: [],
    CPUUtilization: [],
    MyBacklogPerInstance: [],
  };
  private used = 0;
  private publishesFrom = 0;
  private readonly cache = new Map<MetricQuery[], Value[]>();
  private readonly stats = new Map<MetricQuery[], ReturnType<typeof statsOf>>();

  constructor(private readonly circumstances: Circumstances) {}

  public sample(minute: number, queue: WorkedQueue, running: number): void {
    const { leavesOutZeros, stops, returnsLate } = this.circumstances;
    const { received, busy } = queue.takeCounts();
    const visible = queue.waiting.length;
    if (visible > 0 || received > 0 || queue.living.some(({ ready }) => ready <= minute)) {
      if (minute - this.used >= USED_FOR) this.publishesFrom = minute + returnsLate;
      this.used = minute;
    }
    const active = minute - this.used < USED_FOR && minute >= this.publishesFrom && !this.inGap(minute, 'queue');
    const level = (value: number) => active ? value : undefined;
    const flow = (value: number) => leavesOutZeros && value === 0 ? undefined : level(value);
    const capacity = (value: Value) => this.inGap(minute, 'capacity') ? undefined : value;
    const add = (name: string, value: Value) => this.values[name].push(value);
    add('ApproximateNumberOfMessagesVisible', level(visible));
    add('ApproximateNumberOfMessagesNotVisible', flow(queue.inFlight));
    add('NumberOfMessagesReceived', flow(received));
    add('GroupInServiceInstances', capacity(running));
    add('RunningTaskCount', capacity(stops && running === 0 ? undefined : running));
    add('CPUUtilization', capacity(running === 0 ? undefined : Math.min(100, 100 * busy / running)));
    // A script of one's own asks the services, and not their metrics. It cannot divide by zero.
    add('MyBacklogPerInstance', running === 0 || this.inGap(minute, 'queue') ? undefined : visible / running);
  }

  private inGap(minute: number, of: Gap['of']): boolean {
    return this.circumstances.gaps.some(gap => gap.of === of && gap.from <= minute && minute < gap.to);
  }

  /** The last datapoints of an alarm or a policy, as far as it reads back. */
  public recent(metrics: MetricQuery[], minute: number, period: number, count: number): Value[] {
    const points = count + EVALUATION_RANGE;
    if (period !== 1) return this.evaluated(metrics, minute, period, points);
    // What has arrived by now does not change any more.
    const known = this.cache.get(metrics) ?? [];
    this.cache.set(metrics, known);
    const open = Math.max(this.circumstances.late, this.circumstances.lateCapacity);
    const from = Math.min(known.length, Math.max(0, minute - open));
    known.splice(from, Infinity, ...this.evaluated(metrics, minute, 1, minute - from + 1));
    return known.slice(-points);
  }

  /** A repeated value may be a few datapoints old. `FILL` fills what has not arrived, and an alarm looks at it again when it has. */
  private evaluated(metrics: MetricQuery[], minute: number, period: number, points: number): Value[] {
    const REPEATED = 4;
    const count = Math.min(points + REPEATED, Math.floor(minute / period) + 1);
    const series: Record<string, Value[]> = {};
    for (const { id, Metric: { Namespace, MetricName }, Stat } of this.statsOf(metrics)) {
      const values = this.values[MetricName];
      if (!values) throw new Error(`no metric ${MetricName}`);
      const arrived = minute - this.delayOf(Namespace);
      series[id] = [];
      for (let end = minute - (count - 1) * period; end <= minute; end += period) {
        const last = Math.min(end, arrived);
        series[id].push(period > 1 ? statistic(Stat, values.slice(Math.max(0, end - period + 1), last + 1)) : last === end ? values[end] : undefined);
      }
    }
    return evaluateQueries(metrics, series, count).slice(-points);
  }

  private delayOf(namespace: string): number {
    if (namespace === 'AWS/SQS') return this.circumstances.late;
    return namespace === OWN_NAMESPACE ? 0 : this.circumstances.lateCapacity;
  }

  private statsOf(metrics: MetricQuery[]): ReturnType<typeof statsOf> {
    const known = this.stats.get(metrics) ?? statsOf(metrics);
    this.stats.set(metrics, known);
    return known;
  }
}

function statistic(name: string, values: Value[]): Value {
  const found = values.filter(value => value !== undefined);
  if (found.length === 0) return undefined;
  const sum = found.reduce((total, value) => total + value, 0);
  if (name === 'Sum') return sum;
  if (name === 'Average') return sum / found.length;
  if (name === 'Maximum') return Math.max(...found);
  if (name === 'Minimum') return Math.min(...found);
  throw new Error(name);
}

/** What a policy of a service has done, for its cooldowns. */
interface Activity {
  outAt: number;
  added: number;
  inAt: number;
}

/** Decides how many workers there should be. */
class Scaler {
  private readonly states = new Map<object, AlarmState>();
  private readonly activities = new Map<object, Activity>();
  private min: number;
  private max: number;

  constructor(private readonly design: Design, private readonly circumstances: Circumstances, private readonly metrics: Metrics) {
    [this.min, this.max] = [design.min, design.max];
  }

  public decide(minute: number, now: number, warm: number): number {
    for (const scheduled of this.design.schedule) {
      if ((minute + 1) % 1440 !== scheduled.minute) continue;
      this.min = scheduled.min ?? this.min;
      this.max = scheduled.max ?? this.max;
    }
    const wanted = [...this.tracked(minute, now, warm), ...this.stepped(minute, now, warm)].filter(({ size }) => size !== now);
    const limited = (size: number) => Math.max(this.min, Math.min(this.max, size));
    const { size, policy } = wanted.reduce<Wanted>((one, other) => other.size > one.size ? other : one, wanted[0] ?? { size: now });
    const result = limited(size);
    // An Auto Scaling group does not scale in while an instance warms up, unless its limits say so.
    if (result < now && now <= this.max && this.design.service === 'ec2' && warm < now) return now;
    if (policy) this.remember(policy, minute, result - now);
    return result;
  }

  private remember(policy: object, minute: number, change: number): void {
    const activity = this.activityOf(policy);
    if (change > 0) {
      // The cooldown begins when the new workers run.
      const outAt = minute + 1 + this.circumstances.pending;
      this.activities.set(policy, { ...activity, outAt, added: this.coolsDown(policy, minute) ? activity.added + change : change });
    }
    if (change < 0) this.activities.set(policy, { ...activity, inAt: minute });
  }

  private activityOf(policy: object): Activity {
    return this.activities.get(policy) ?? { outAt: -Infinity, added: 0, inAt: -Infinity };
  }

  private cooldownOf(policy: object): { out: number; in: number } {
    const { scaleOutCooldown, scaleInCooldown, cooldown } = policy as Partial<TrackingPolicy & StepPolicy>;
    return { out: scaleOutCooldown ?? cooldown!, in: scaleInCooldown ?? cooldown! };
  }

  /** The capacity that counts when a policy scales out. */
  private base(policy: object, minute: number, now: number, warm: number): number {
    if (this.design.service === 'ec2') return warm;
    return this.coolsDown(policy, minute) ? Math.max(0, now - this.activityOf(policy).added) : now;
  }

  private coolsDown(policy: object, minute: number): boolean {
    return minute - this.activityOf(policy).outAt < this.cooldownOf(policy).out;
  }

  private mayScaleIn(policy: object, minute: number): boolean {
    return this.design.service === 'ec2' || minute - this.activityOf(policy).inAt >= this.cooldownOf(policy).in;
  }

  private tracked(minute: number, now: number, warm: number): Wanted[] {
    const { highMinutes, low } = this.circumstances;
    const policies = this.design.tracking.map(policy => {
      const { metrics, target } = policy;
      const points = this.metrics.recent(metrics, minute, 1, Math.max(highMinutes, low.minutes));
      const value = points.filter(point => point !== undefined).at(-1)!;
      const inAlarm = (periods: number, breaches: (value: number) => boolean) => stateOf(
        { evaluationPeriods: periods, datapointsToAlarm: periods, breaches, missingData: 'notBreaching' }, points, 'OK',
      ) === 'ALARM';
      if (inAlarm(highMinutes, point => point > target)) {
        return { policy, size: Math.max(now, Math.ceil(this.base(policy, minute, now, warm) * value / target)) };
      }
      if (!inAlarm(low.minutes, point => point < low.share * target)) return { policy, size: now };
      return { policy, size: this.mayScaleIn(policy, minute) ? now - Math.floor(now - now * value / target) : now };
    });
    const rising = policies.filter(({ size }) => size > now);
    if (rising.length > 0) return rising;
    return policies.every(({ size }) => size < now) ? policies : [];
  }

  private stepped(minute: number, now: number, warm: number): Wanted[] {
    return this.design.steps.flatMap(policy => {
      const { alarm, threshold, above, steps } = policy;
      const points = this.metrics.recent(alarm.metrics, minute, alarm.period, alarm.evaluationPeriods);
      if (this.stateAfter(alarm, points) !== 'ALARM') return [];
      const breach = points.filter(point => point !== undefined).at(-1)! - threshold;
      // The bound that is nearer to the threshold belongs to a step, and the other one does not.
      const step = steps.find(({ lower = -Infinity, upper = Infinity }) => (
        above ? breach >= lower && breach < upper : breach > lower && breach <= upper
      ));
      if (!step) return [];
      if (step.adjustment > 0) return [{ policy, size: Math.max(now, this.base(policy, minute, now, warm) + step.adjustment) }];
      return this.mayScaleIn(policy, minute) ? [{ policy, size: now + step.adjustment }] : [];
    });
  }

  private stateAfter(alarm: Alarm, points: Value[]): AlarmState {
    const state = stateOf(alarm, points, this.states.get(alarm) ?? 'INSUFFICIENT_DATA');
    this.states.set(alarm, state);
    return state;
  }
}

interface Wanted {
  readonly policy?: object;
  readonly size: number;
}
