import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { describe, describeDuration } from '../private/describe';
import { Problems } from '../private/problems';
import { TargetTrackingQuery, targetTrackingQueries } from './private/backlog';
import { checkCount } from './private/lists';

/** What every way of scaling on a queue has in common. */
export interface QueueScalingOptions {
  /**
   * The least number of instances: a whole number, at least 0 and at most `max`.
   *
   * At 0 nothing runs while the queue is empty, and two more CloudWatch alarms, which are billed, start the first
   * instance and end the last. The first message after a pause then waits for that alarm and for the instance to start: some minutes,
   * and up to 15 minutes longer once the queue has been idle for more than 6 hours, because SQS stops publishing the
   * metrics of such a queue.
   *
   * @default 0
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
   */
  readonly min?: number;

  /** The greatest number of instances, and with it the most this can cost: a whole number, at least 1. */
  readonly max: number;

  /**
   * How long an instance that was just added counts as still starting: 0 seconds to 1 day, in whole seconds.
   *
   * While it does, the group does not scale in, and scales out only by what is missing beyond that instance. Give
   * the time from the start of an instance to its first message. For an Auto Scaling group this is the instance warm-up.
   *
   * @default Duration.minutes(2)
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html
   */
  readonly cooldown?: Duration;

  /**
   * How long the last instance stays while no message waits and none is in progress: 5 minutes to 6 hours, in whole minutes.
   *
   * The instance is billed for this time after each burst of messages. A burst with several instances is billed for about 15 minutes plus this time: target
   * tracking scales in to one instance when the backlog has been below the target for about 15 minutes, and only then does this time begin.
   *
   * A queue whose messages come at shorter intervals keeps one instance up; with longer intervals each message waits for an instance to start. The metrics
   * of SQS can arrive late, and a message is not seen until then: give 2 minutes more than the interval to wait through. It has no effect where `min` is above 0.
   *
   * @default Duration.minutes(15)
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   */
  readonly idleTime?: Duration;
}

/** Scaling stated as the time a message may wait. */
export interface LatencyScalingProps extends QueueScalingOptions {
  /** How long a message may take from being sent to being done. At least `processingTime`. */
  readonly acceptable: Duration;

  /**
   * The mean time that one instance spends on one message: more than zero.
   *
   * An instance that works on several messages at once spends less on each: a message that takes 2 seconds costs an
   * instance with 8 threads 250 milliseconds.
   */
  readonly processingTime: Duration;
}

/** Scaling stated as the number of messages for each instance. */
export interface BacklogScalingProps extends QueueScalingOptions {
  /** The messages, waiting or in progress, that one instance may have before it: at least 1. A fraction is allowed. */
  readonly backlogPerInstance: number;
}

/**
 * How many workers a queue gets: a target backlog for each of them, within a minimum and a maximum.
 *
 * It is a value: it makes no resource and can be used for several groups of workers.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html
 */
export class QueueScaling {
  /**
   * Enough workers for a message to be done within a time.
   *
   * The backlog per instance is the acceptable latency divided by the processing time: at 60 seconds and 250
   * milliseconds an instance may have 240 messages before it.
   */
  public static onLatency(props: LatencyScalingProps): QueueScaling {
    const { acceptable, processingTime } = props ?? {};
    const known = isKnown(acceptable) && isKnown(processingTime);
    const target = known ? millisOf(acceptable) / millisOf(processingTime) : NaN;
    return new QueueScaling(props ?? {}, target, { acceptable, processingTime });
  }

  /** Enough workers for each to have no more than a number of messages before it. */
  public static onBacklog(props: BacklogScalingProps): QueueScaling {
    return new QueueScaling(props ?? {}, props?.backlogPerInstance);
  }

  /** The least number of instances. */
  public readonly min: number;

  /** The greatest number of instances. */
  public readonly max: number;

  /** How long an instance that was just added counts as still starting. */
  public readonly cooldown: Duration;

  /** How long the last instance stays while no message waits and none is in progress. */
  public readonly idleTime: Duration;

  /** The messages, waiting or in progress, that one instance may have before it: the target value of the policy. */
  public readonly backlogPerInstance: number;

  /** The mean time that one instance spends on one message, where it was given. */
  public readonly processingTime?: Duration;

  private readonly latency?: { readonly acceptable: unknown; readonly processingTime: unknown };

  private constructor(options: QueueScalingOptions, backlogPerInstance: number, latency?: { acceptable: Duration; processingTime: Duration }) {
    this.min = options.min ?? 0;
    this.max = options.max;
    this.cooldown = options.cooldown ?? Duration.minutes(2);
    this.idleTime = options.idleTime ?? Duration.minutes(15);
    this.backlogPerInstance = backlogPerInstance;
    this.processingTime = latency?.processingTime;
    this.latency = latency;
  }

  /**
   * Whether there can be no worker at all. A minimum only known at deployment may be 0.
   *
   * @internal
   */
  public get _mayReachZero(): boolean {
    return Token.isUnresolved(this.min) || this.min === 0;
  }

  /**
   * Adds what is wrong to the problems of the construct that scales.
   *
   * @internal
   */
  public _check(problems: Problems, prop: string): void {
    if (this.latency) {
      this.checkLatency(problems, prop);
    } else {
      this.checkBacklog(problems, `${prop}.backlogPerInstance`);
    }
    const min = checkCount(problems, `${prop}.min`, this.min, 0);
    const max = checkCount(problems, `${prop}.max`, this.max, 1);
    if (min !== undefined && max !== undefined && min > max) {
      problems.add({
        prop: `${prop}.min`,
        got: `${min}`,
        allowed: `at most ${prop}.max, which is ${max}`,
        fix: 'Lower the minimum or raise the maximum.',
      });
    }
    problems.seconds(`${prop}.cooldown`, this.cooldown, {
      min: Duration.seconds(0),
      max: Duration.days(1),
      fix: 'Give the time from the start of an instance to its first message.',
    });
    checkIdleTime(problems, `${prop}.idleTime`, this.idleTime);
  }

  /**
   * The metric of the target tracking policy: the backlog divided by the capacity.
   *
   * @internal
   */
  public _metricDataQueries(queue: sqs.IQueue, capacity: cloudwatch.Metric): TargetTrackingQuery[] {
    return targetTrackingQueries(queue, capacity, this.backlogPerInstance, this._mayReachZero);
  }

  private checkLatency(problems: Problems, prop: string): void {
    const { acceptable, processingTime } = this.latency!;
    const accepted = checkTime(problems, `${prop}.acceptable`, acceptable);
    const processing = checkTime(problems, `${prop}.processingTime`, processingTime);
    if (!accepted || !processing || this.backlogPerInstance >= 1) return;
    problems.add({
      prop: `${prop}.acceptable`,
      got: describeDuration(accepted),
      allowed: `at least ${prop}.processingTime, which is ${describeDuration(processing)}`,
      fix: 'No number of instances finishes a message sooner than it takes to process: accept a longer latency, or make processing faster.',
    });
  }

  private checkBacklog(problems: Problems, prop: string): void {
    const value: unknown = this.backlogPerInstance;
    if (typeof value === 'number' && Token.isUnresolved(value)) return;
    problems.require(typeof value === 'number' && Number.isFinite(value) && value >= 1, {
      prop,
      got: describe(value),
      allowed: 'a number, at least 1',
      fix: 'Divide the acceptable latency by the mean processing time of a message, or use QueueScaling.onLatency().',
    });
  }
}

function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | null | undefined)?.toMilliseconds === 'function';
}

function isKnown(value: unknown): value is Duration {
  return isDuration(value) && !value.isUnresolved();
}

/** A fraction of a millisecond is a fine mean. */
function millisOf(value: Duration): number {
  return value.toMilliseconds({ integral: false });
}

/**
 * An alarm counts the minutes. It fills the last ones while the metrics of SQS are late, which says nothing of the messages in them: 5 minutes are more than that.
 * SQS stops publishing the metrics of a queue that nobody has used for 6 hours, and an alarm without data does not end the instance.
 */
function checkIdleTime(problems: Problems, prop: string, value: unknown): void {
  const least = Duration.minutes(5);
  const most = Duration.hours(6);
  const problem = {
    prop,
    got: isDuration(value) ? describeDuration(value) : describe(value),
    allowed: `${describeDuration(least)} to ${describeDuration(most)} (inclusive), in whole minutes`,
    fix: 'Give the longest pause between messages that one instance waits through; with min: 1 one instance runs in any case.',
  };
  if (!isDuration(value)) {
    problems.add(problem);
  } else if (value.isUnresolved()) {
    problems.require(value.unitLabel() === 'minutes', {
      ...problem, allowed: 'a token made with Duration.minutes()', fix: 'Such a value cannot be converted at synth; give it with Duration.minutes().',
    });
  } else {
    const minutes = millisOf(value) / 60_000;
    problems.require(Number.isInteger(minutes) && minutes >= least.toMinutes() && minutes <= most.toMinutes(), problem);
  }
}

function checkTime(problems: Problems, prop: string, value: unknown): Duration | undefined {
  if (isKnown(value) && millisOf(value) > 0) return value;
  problems.add({
    prop,
    got: isDuration(value) ? describeDuration(value) : describe(value),
    allowed: 'a Duration of more than 0 seconds that is known at synthesis',
    fix: isDuration(value) && value.isUnresolved()
      ? 'The target is computed at synthesis: use QueueScaling.onBacklog(), which takes a value only known at deployment.'
      : 'Give a Duration, such as Duration.seconds(60) or Duration.millis(250).',
  });
  return undefined;
}
