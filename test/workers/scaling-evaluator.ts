import type { Template } from 'aws-cdk-lib/assertions';
import { MetricQuery, evaluateSeries, expressionOf, statsOf } from './metric-math';

/** A scaling policy with the alarm that invokes it, both as they are in a template. */
interface Step {
  readonly metrics: MetricQuery[];
  readonly periods: number;
  readonly breaches: (value: number) => boolean;
  readonly adjustment: number;
}

/** What scales a group: one target tracking policy and some step scaling policies. */
export interface Design {
  readonly tracked: MetricQuery[];
  readonly target: number;
  readonly steps: Step[];
  readonly warmup: number;
  readonly max: number;
}

/** The kinds of workers, by the types of their resources. */
const EC2 = 'AWS::AutoScaling', FARGATE = 'AWS::ApplicationAutoScaling';

/** How the services and the worker behave where a template says nothing. All in minutes. */
export interface Circumstances {
  /** The minutes in which a message is sent, in rising order. */
  readonly arrivals: number[];
  readonly until: number;
  /** How long one instance works on one message. */
  readonly processing: number;
  /** From the launch to the group's `InService`. */
  readonly pending: number;
  /** From the launch to the first receive. */
  readonly boot: number;
  /** Whether SQS leaves out the number in progress and the number received where it is zero, as its documentation may be read. */
  readonly leavesOutZeros: boolean;
  /** How far below the target the low alarm of target tracking is, and for how many minutes. AWS documents 'usually more than 10%'. */
  readonly low: { readonly share: number; readonly minutes: number };
  /** How much later than those of the group the metrics of SQS arrive. */
  readonly late: number;
  /** Whether the number of workers in service is left out while it is zero, as that of Container Insights may be. */
  readonly stops: boolean;
  /** How late the number of workers in service arrives. */
  readonly lateCapacity: number;
}

export interface Timeline {
  readonly launches: number;
  readonly instanceMinutes: number;
  /** From being sent to being received. */
  readonly waits: number[];
  /** The instances in service, by the minute. */
  readonly inService: number[];
}

const LIKELY: Omit<Circumstances, 'arrivals' | 'until'> = {
  processing: 0.5, pending: 1, boot: 3, leavesOutZeros: false, low: { share: 0.9, minutes: 15 }, late: 0, stops: false, lateCapacity: 0,
};

/** How many more datapoints than it needs an alarm reads: in place of a missing one it takes one before. AWS gives 5 for 3 as an example. */
const RANGE = 2;

interface StepScaling {
  readonly StepAdjustments: { readonly ScalingAdjustment: number }[];
}

interface TargetTracking {
  readonly TargetValue: number;
  readonly CustomizedMetricSpecification: { readonly Metrics: MetricQuery[] };
  readonly ScaleOutCooldown?: number;
}

/** What is read of the properties of a scaling policy, of a group or of a service. */
interface ScalingPolicy extends Partial<StepScaling> {
  readonly PolicyType: string;
  readonly TargetTrackingConfiguration?: TargetTracking;
  readonly StepScalingPolicyConfiguration?: StepScaling;
  readonly TargetTrackingScalingPolicyConfiguration?: TargetTracking;
}

/** What is read of the properties of an alarm. */
interface Alarm {
  readonly Metrics: MetricQuery[];
  readonly EvaluationPeriods: number;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly TreatMissingData?: string;
  readonly AlarmActions: { readonly Ref: string }[];
}

/** What is read of the properties of an Auto Scaling group. */
interface Group {
  readonly DefaultInstanceWarmup: number;
  readonly MaxSize: string;
}

/** What is read of the properties of the number of tasks of a service. */
interface ScalableTarget {
  readonly MaxCapacity: number;
}

function propertiesOf<P>(template: Template, type: string): Record<string, P> {
  return Object.fromEntries(Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]));
}

/** The alarms and policies of the one group or service of workers in a template. */
export function designOf(template: Template): Design {
  const policies = { ...propertiesOf<ScalingPolicy>(template, `${EC2}::ScalingPolicy`), ...propertiesOf<ScalingPolicy>(template, `${FARGATE}::ScalingPolicy`) };
  const alarms = Object.values(propertiesOf<Alarm>(template, 'AWS::CloudWatch::Alarm'));
  const [group] = Object.values(propertiesOf<Group>(template, `${EC2}::AutoScalingGroup`));
  const [tasks] = Object.values(propertiesOf<ScalableTarget>(template, `${FARGATE}::ScalableTarget`));
  const policy = Object.values(policies).find(({ PolicyType }) => PolicyType === 'TargetTrackingScaling')!;
  const tracking = (policy.TargetTrackingConfiguration ?? policy.TargetTrackingScalingPolicyConfiguration)!;
  return {
    tracked: tracking.CustomizedMetricSpecification.Metrics,
    target: tracking.TargetValue,
    steps: alarms.map(alarm => {
      const { StepAdjustments, StepScalingPolicyConfiguration } = policies[alarm.AlarmActions[0].Ref];
      const [{ ScalingAdjustment }] = (StepAdjustments ?? StepScalingPolicyConfiguration!.StepAdjustments);
      return { metrics: alarm.Metrics, periods: alarm.EvaluationPeriods, breaches: comparison(alarm), adjustment: ScalingAdjustment };
    }),
    // What has been started counts as started for this time, in both services.
    warmup: (group ? group.DefaultInstanceWarmup : tracking.ScaleOutCooldown!) / 60,
    max: group ? Number(group.MaxSize) : tasks.MaxCapacity,
  };
}

function comparison({ ComparisonOperator, Threshold, TreatMissingData }: Alarm): (value: number) => boolean {
  if (TreatMissingData !== 'notBreaching') throw new Error(`missing data: ${TreatMissingData}`);
  if (ComparisonOperator === 'GreaterThanOrEqualToThreshold') return value => value >= Threshold;
  if (ComparisonOperator === 'LessThanThreshold') return value => value < Threshold;
  throw new Error(ComparisonOperator);
}

/**
 * Plays a group of workers minute by minute, by what the services document:
 *
 * - An alarm is in `ALARM` while each of its last datapoints breaches. While it is, it invokes a scaling policy every minute.
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
 * - Datapoints that are missing are passed over, as far as the alarm reads back.
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * - Target tracking removes instances in proportion and rounds what it removes down; what it adds it rounds up.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
 * - Instances that warm up are not counted when a group scales out, and it does not scale in meanwhile.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
 * - Of several policies in one minute the one that leaves the largest capacity wins.
 *   https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html
 * - SQS publishes nothing of a queue that nobody has used for 6 hours. Workers use it.
 *   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
 *
 * Metrics are a minute old when an alarm sees them. Messages in progress go on during a scale-in, as with the lifecycle hook.
 */
export function play(design: Design, given: Pick<Circumstances, 'arrivals' | 'until'> & Partial<Circumstances>): Timeline {
  const { arrivals, until, processing, pending, boot, leavesOutZeros, low, late, stops, lateCapacity } = { ...LIKELY, ...given };
  const names: Record<string, (number | undefined)[]> = {
    ApproximateNumberOfMessagesVisible: [],
    ApproximateNumberOfMessagesNotVisible: [],
    NumberOfMessagesReceived: [],
    GroupInServiceInstances: [],
    RunningTaskCount: [],
  };
  const waits: number[] = [];
  const inService: number[] = [];
  let [launches, instanceMinutes, used] = [0, 0, 0];
  let instances: { readonly launched: number; busyUntil: number }[] = [];
  let waiting: number[] = [];
  const values = new Map<MetricQuery[], (number | undefined)[]>();

  for (let minute = 0; minute < until; minute++) {
    const before = waits.length;
    const sent = arrivals.filter(arrival => arrival === minute);
    waiting.push(...sent);
    for (const instance of instances) {
      for (; minute - instance.launched >= boot && waiting.length > 0 && instance.busyUntil < minute + 1;) {
        const started = Math.max(minute, instance.busyUntil);
        instance.busyUntil = started + processing;
        waits.push(started - waiting.shift()!);
      }
    }
    if (sent.length > 0 || waiting.length > 0 || instances.some(({ launched }) => minute - launched >= boot)) used = minute;

    const active = minute - used < 360;
    names.ApproximateNumberOfMessagesVisible.push(active ? waiting.length : undefined);
    const flow = (messages: number) => active && !(leavesOutZeros && messages === 0) ? messages : undefined;
    names.ApproximateNumberOfMessagesNotVisible.push(flow(instances.filter(({ busyUntil }) => busyUntil > minute + 1).length));
    names.NumberOfMessagesReceived.push(flow(waits.length - before));
    const running = instances.filter(({ launched }) => minute - launched >= pending).length;
    inService.push(running);
    names.GroupInServiceInstances.push(running);
    names.RunningTaskCount.push(stops && running === 0 ? undefined : running);

    const recent = (metrics: MetricQuery[], count: number) => {
      const points = values.get(metrics) ?? [];
      values.set(metrics, points);
      const from = Math.max(0, minute - Math.max(late, lateCapacity));
      points.splice(from, Math.max(late, lateCapacity), ...valuesOf(metrics, names, from, minute, { late, lateCapacity }));
      return points.slice(-count - RANGE);
    };
    const all = (points: (number | undefined)[], count: number, breaches: (value: number) => boolean) => {
      const found = points.slice(-count - RANGE).filter(value => value !== undefined).slice(-count);
      return found.length === count && found.every(breaches);
    };

    const now = instances.length;
    const warm = instances.filter(({ launched }) => minute - launched >= pending + design.warmup).length;
    const wanted: number[] = [];
    const tracked = recent(design.tracked, Math.max(3, low.minutes));
    if (all(tracked, 3, value => value > design.target)) wanted.push(Math.max(now, Math.ceil(warm * tracked.at(-1)! / design.target)));
    if (all(tracked, low.minutes, value => value < low.share * design.target)) {
      wanted.push(now - Math.floor(now - now * tracked.at(-1)! / design.target));
    }
    for (const step of design.steps) {
      if (!all(recent(step.metrics, step.periods), step.periods, step.breaches)) continue;
      wanted.push(step.adjustment > 0 ? Math.max(now, warm + step.adjustment) : now + step.adjustment);
    }
    const size = Math.max(0, Math.min(design.max, wanted.length > 0 ? Math.max(...wanted) : now));
    if (size > now) {
      launches += size - now;
      instances.push(...Array.from({ length: size - now }, () => ({ launched: minute + 1, busyUntil: 0 })));
    } else if (size < now && warm === now) {
      instances = instances.sort((a, b) => b.busyUntil - a.busyUntil).slice(0, size);
    }
    instanceMinutes += instances.length;
  }
  return { launches, instanceMinutes, waits, inService };
}

/**
 * The datapoints of some minutes. A repeated value may be as old as the metrics go back.
 *
 * `FILL` fills a minute whose metric has not arrived, and an alarm looks at that minute again when it has.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function valuesOf(
  metrics: MetricQuery[], names: Record<string, (number | undefined)[]>, first: number, last: number, { late, lateCapacity }: Pick<Circumstances, 'late' | 'lateCapacity'>,
): (number | undefined)[] {
  const from = Math.max(0, first - 4);
  const series = Object.fromEntries(statsOf(metrics).map(({ id, Metric }) => {
    const arrived = last - (Metric.Namespace === 'AWS/SQS' ? late : lateCapacity);
    return [id, names[Metric.MetricName].slice(from).map((value, index) => from + index > arrived ? undefined : value)];
  }));
  return evaluateSeries(expressionOf(metrics), series, last - from + 1).slice(first - from);
}
