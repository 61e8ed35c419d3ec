import type { Template } from 'aws-cdk-lib/assertions';
import { MetricQuery } from './metric-math';

// What scales a group or a service, as it is written in a template.

/** An alarm on metrics. */
export interface Alarm {
  readonly metrics: MetricQuery[];
  /** In minutes. */
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly breaches: (value: number) => boolean;
  readonly missingData: 'notBreaching' | 'breaching' | 'ignore' | 'missing';
}

/** A change of the capacity by a number of workers, for a metric that is within bounds relative to the threshold of the alarm. */
interface Step {
  readonly lower?: number;
  readonly upper?: number;
  readonly adjustment: number;
}

/** A step scaling policy with the alarm that invokes it. */
export interface StepPolicy {
  readonly alarm: Alarm;
  readonly threshold: number;
  /** Whether the alarm is for values above its threshold. */
  readonly above: boolean;
  readonly steps: Step[];
  /** In minutes. */
  readonly cooldown: number;
}

/** A target tracking policy. */
export interface TrackingPolicy {
  readonly metrics: MetricQuery[];
  readonly target: number;
  /** In minutes. */
  readonly scaleInCooldown: number;
  readonly scaleOutCooldown: number;
}

/** A change of the limits, each day at a minute of the day. */
export interface ScheduledLimits {
  readonly minute: number;
  readonly min?: number;
  readonly max?: number;
}

/** What becomes of the message of a worker that a scale-in ends. */
export type ScaleIn =
  /** The worker leaves the group, finishes its message and ends. */
  | 'finishes'
  /** The worker is not ended before it has finished its message. */
  | 'isProtected'
  /** The worker ends after `stopTimeout`, whether or not it has finished. */
  | 'stops';

/** What scales the workers of a queue. */
export interface Design {
  readonly service: 'ec2' | 'ecs';
  readonly tracking: TrackingPolicy[];
  readonly steps: StepPolicy[];
  readonly schedule: ScheduledLimits[];
  /** The warm-up of an instance, in minutes. */
  readonly warmup: number;
  readonly min: number;
  readonly max: number;
  readonly scaleIn: ScaleIn;
  /** In minutes. */
  readonly stopTimeout: number;
}

/** The kinds of workers, by the types of their resources. */
const EC2 = 'AWS::AutoScaling', ECS = 'AWS::ApplicationAutoScaling';

/** The metrics that AWS names by a word, with what they stand for. */
const PREDEFINED: Record<string, [string, string]> = { ECSServiceAverageCPUUtilization: ['AWS/ECS', 'CPUUtilization'] };

interface WrittenStep {
  readonly ScalingAdjustment: number;
  readonly MetricIntervalLowerBound?: number;
  readonly MetricIntervalUpperBound?: number;
}

interface WrittenSteps {
  readonly AdjustmentType: string;
  readonly Cooldown?: number;
  readonly StepAdjustments: WrittenStep[];
}

interface WrittenTracking {
  readonly TargetValue: number;
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string };
  readonly CustomizedMetricSpecification?: Partial<WrittenMetric> & { readonly Metrics?: MetricQuery[] };
  readonly ScaleInCooldown?: number;
  readonly ScaleOutCooldown?: number;
}

interface WrittenMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Statistic: string;
}

/** A policy of a group has its steps in itself, that of a service in its configuration. */
interface WrittenPolicy extends Partial<WrittenSteps> {
  readonly PolicyType: string;
  readonly TargetTrackingConfiguration?: WrittenTracking;
  readonly StepScalingPolicyConfiguration?: WrittenSteps;
  readonly TargetTrackingScalingPolicyConfiguration?: WrittenTracking;
}

interface WrittenAlarm extends Partial<WrittenMetric> {
  readonly Metrics?: MetricQuery[];
  readonly Period?: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly TreatMissingData?: Alarm['missingData'];
  readonly AlarmActions: { readonly Ref: string }[];
}

interface WrittenGroup {
  readonly DefaultInstanceWarmup?: number;
  readonly MinSize: string;
  readonly MaxSize: string;
}

interface WrittenTarget {
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
  readonly ScheduledActions?: {
    readonly Schedule: string;
    readonly ScalableTargetAction: { readonly MinCapacity?: number; readonly MaxCapacity?: number };
  }[];
}

interface WrittenScheduledAction {
  readonly Recurrence: string;
  readonly MinSize?: number;
  readonly MaxSize?: number;
}

interface WrittenTask {
  readonly ContainerDefinitions: { readonly StopTimeout?: number }[];
}

function propertiesOf<P>(template: Template, type: string): Record<string, P> {
  return Object.fromEntries(Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]));
}

/** The alarms, policies and schedules of the one group or service of workers in a template. */
export function designOf(template: Template): Design {
  const policies = { ...propertiesOf<WrittenPolicy>(template, `${EC2}::ScalingPolicy`), ...propertiesOf<WrittenPolicy>(template, `${ECS}::ScalingPolicy`) };
  const alarms = Object.values(propertiesOf<WrittenAlarm>(template, 'AWS::CloudWatch::Alarm'));
  const limits = limitsOf(template);
  return {
    ...limits,
    tracking: Object.values(policies).filter(({ PolicyType }) => PolicyType === 'TargetTrackingScaling').map(trackingOf),
    steps: alarms.map(alarm => stepsOf(alarm, policies[alarm.AlarmActions[0].Ref])),
    ...scaleInOf(template, limits.service),
  };
}

function limitsOf(template: Template): Pick<Design, 'service' | 'warmup' | 'min' | 'max' | 'schedule'> {
  const [group] = Object.values(propertiesOf<WrittenGroup>(template, `${EC2}::AutoScalingGroup`));
  if (group) {
    return {
      service: 'ec2',
      warmup: (group.DefaultInstanceWarmup ?? 0) / 60,
      min: Number(group.MinSize),
      max: Number(group.MaxSize),
      schedule: Object.values(propertiesOf<WrittenScheduledAction>(template, `${EC2}::ScheduledAction`))
        .map(({ Recurrence, MinSize, MaxSize }) => ({ minute: minuteOf(Recurrence), min: MinSize, max: MaxSize })),
    };
  }
  const [target] = Object.values(propertiesOf<WrittenTarget>(template, `${ECS}::ScalableTarget`));
  return {
    service: 'ecs',
    warmup: 0,
    min: target.MinCapacity,
    max: target.MaxCapacity,
    schedule: (target.ScheduledActions ?? [])
      .map(({ Schedule, ScalableTargetAction: limits }) => ({ minute: minuteOf(Schedule), min: limits.MinCapacity, max: limits.MaxCapacity })),
  };
}

/** The minute of the day of a daily schedule: `30 8 * * *` or `cron(30 8 * * ? *)`. */
function minuteOf(schedule: string): number {
  const [, minute, hour] = /^(?:cron\()?(\d+) (\d+) \* \* (?:\*|\? \*\))$/.exec(schedule) ?? [];
  if (hour === undefined) throw new Error(`not a daily schedule: ${schedule}`);
  return Number(hour) * 60 + Number(minute);
}

function trackingOf(policy: WrittenPolicy): TrackingPolicy {
  const tracking = (policy.TargetTrackingConfiguration ?? policy.TargetTrackingScalingPolicyConfiguration)!;
  const { CustomizedMetricSpecification: custom, PredefinedMetricSpecification: predefined } = tracking;
  return {
    metrics: custom?.Metrics ?? oneMetric(custom as WrittenMetric ?? predefinedMetric(predefined!.PredefinedMetricType), 60),
    target: tracking.TargetValue,
    scaleInCooldown: (tracking.ScaleInCooldown ?? DEFAULT_COOLDOWN) / 60,
    scaleOutCooldown: (tracking.ScaleOutCooldown ?? DEFAULT_COOLDOWN) / 60,
  };
}

/**
 * The default cooldown of policies for ECS, in seconds.
 * https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
 */
const DEFAULT_COOLDOWN = 300;

function predefinedMetric(type: string): WrittenMetric {
  const [Namespace, MetricName] = PREDEFINED[type];
  return { Namespace, MetricName, Statistic: 'Average' };
}

function oneMetric({ Namespace, MetricName, Statistic }: WrittenMetric, Period: number): MetricQuery[] {
  return [{ Id: 'metric', MetricStat: { Metric: { Namespace, MetricName }, Stat: Statistic, Period } }];
}

function stepsOf(written: WrittenAlarm, policy: WrittenPolicy): StepPolicy {
  const { AdjustmentType, StepAdjustments, Cooldown } = policy.StepScalingPolicyConfiguration ?? policy as WrittenSteps;
  if (AdjustmentType !== 'ChangeInCapacity') throw new Error(`adjustment type ${AdjustmentType}`);
  return {
    alarm: alarmOf(written),
    threshold: written.Threshold,
    above: written.ComparisonOperator.startsWith('Greater'),
    steps: StepAdjustments.map(({ ScalingAdjustment, MetricIntervalLowerBound, MetricIntervalUpperBound }) => (
      { adjustment: ScalingAdjustment, lower: MetricIntervalLowerBound, upper: MetricIntervalUpperBound }
    )),
    cooldown: (Cooldown ?? DEFAULT_COOLDOWN) / 60,
  };
}

function alarmOf(written: WrittenAlarm): Alarm {
  const metrics = written.Metrics ?? oneMetric(written as WrittenMetric, written.Period!);
  const period = metrics.find(({ MetricStat }) => MetricStat)!.MetricStat!.Period!;
  return {
    metrics,
    period: period / 60,
    evaluationPeriods: written.EvaluationPeriods,
    datapointsToAlarm: written.DatapointsToAlarm ?? written.EvaluationPeriods,
    breaches: comparison(written),
    missingData: written.TreatMissingData ?? 'missing',
  };
}

function comparison({ ComparisonOperator, Threshold }: WrittenAlarm): (value: number) => boolean {
  const operators: Record<string, (value: number) => boolean> = {
    GreaterThanOrEqualToThreshold: value => value >= Threshold,
    GreaterThanThreshold: value => value > Threshold,
    LessThanOrEqualToThreshold: value => value <= Threshold,
    LessThanThreshold: value => value < Threshold,
  };
  if (!operators[ComparisonOperator]) throw new Error(ComparisonOperator);
  return operators[ComparisonOperator];
}

/** ECS stops a container 30 seconds after SIGTERM, unless the task definition says another time. */
const STOP_TIMEOUT = 30;

/** Whether workers of ECS turn their protection on shows in the permissions for it. */
function scaleInOf(template: Template, service: Design['service']): Pick<Design, 'scaleIn' | 'stopTimeout'> {
  if (service === 'ec2') {
    const hooked = Object.keys(template.findResources(`${EC2}::LifecycleHook`)).length > 0;
    return { scaleIn: hooked ? 'finishes' : 'stops', stopTimeout: 0 };
  }
  const [{ ContainerDefinitions: [{ StopTimeout }] }] = Object.values(propertiesOf<WrittenTask>(template, 'AWS::ECS::TaskDefinition'));
  const protects = JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy')).includes('ecs:UpdateTaskProtection');
  return { scaleIn: protects ? 'isProtected' : 'stops', stopTimeout: (StopTimeout ?? STOP_TIMEOUT) / 60 };
}
