import { Duration, Token } from 'aws-cdk-lib';
import { Bound, checkBounds } from '../private/bounds';
import { describeDuration } from '../private/describe';
import { Problem, unless } from '../private/problems';
import { QueueScalingOptions } from './private/queue-scaling-options';
import { BACKLOG_SCALING, LATENCY_SCALING, QUEUE_SCALING, SCALING_STEP, STEP_SCALING } from './private/worker-bounds';

/** Properties of scaling by the time that a message may take. */
export interface LatencyScalingProps extends QueueScalingOptions {
  /** The time that a message may take from being sent to being processed: known at synthesis, and at least `processingTime`. */
  readonly acceptable: Duration;

  /**
   * The mean time that one worker spends on one message: more than 0 seconds (at least 0.001 milliseconds), and known at synthesis.
   *
   * A worker that processes several messages at once spends less time on each: if a message takes 2 seconds and a
   * worker has 8 threads, it is 250 milliseconds.
   */
  readonly processingTime: Duration;
}

/** Properties of scaling by the number of messages for each worker. */
export interface BacklogScalingProps extends QueueScalingOptions {
  /**
   * The target number of messages, waiting or in progress, for each worker: at least 1. A fraction is allowed.
   *
   * For EC2 instances, AWS calls it the backlog per instance.
   */
  readonly backlogPerWorker: number;
}

/** A number of workers for a number of messages. */
export interface ScalingStep {
  /** From how many messages on, waiting or in progress: a whole number, at least 1 and more than in the step before, known at synthesis. */
  readonly messages: number;

  /** How many workers there are: a whole number, at least 1, more than in the step before and at most `max`, known at synthesis. */
  readonly workers: number;
}

/** Properties of scaling by steps. */
export interface StepScalingProps extends QueueScalingOptions {
  /**
   * How many workers there are for how many messages: 1 to 19 steps, in rising order.
   *
   * A step also holds for more messages, up to the next one. If the minimum is 0 and there are fewer messages than in the first step, one worker processes them.
   * With more than 10 workers, a step that is less than 10 percent below the one before does not end workers.
   */
  readonly steps: ScalingStep[];
}

/**
 * How many workers a queue gets: a target backlog for each of them, or steps, within a minimum and a maximum.
 *
 * A worker of `Ec2Workers` is an instance, and one of `FargateWorkers` is a task. The value creates no resource, and you can use it for several groups of workers.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-using-sqs-queue.html
 */
export class QueueScaling {
  /**
   * Enough workers to process a message within a time, as long as the messages arrive steadily.
   *
   * It is a target and not a limit: after a burst, the last messages can take more than twice that time, because workers are removed while the backlog falls.
   *
   * The target backlog per worker is the acceptable latency divided by the processing time: with 60 seconds and 250
   * milliseconds, it is 240 messages.
   */
  public static onLatency(props: LatencyScalingProps): QueueScaling {
    const { acceptable, processingTime } = props;
    const target = (LATENCY_SCALING.acceptable.known(acceptable) ?? NaN) / (LATENCY_SCALING.processingTime.known(processingTime) ?? NaN);
    return new QueueScaling(props, target, [
      ...checkBounds(LATENCY_SCALING, props),
      ...unless(!(target < 1), () => ({
        prop: 'acceptable',
        got: describeDuration(acceptable),
        allowed: `at least scaling.processingTime, which is ${describeDuration(processingTime)}`,
        fix: 'A message cannot be finished in less time than it takes to process, with any number of workers. Accept a longer latency, or process messages faster.',
      })),
    ], processingTime);
  }

  /** Enough workers to keep the backlog of each at a number of messages. */
  public static onBacklog(props: BacklogScalingProps): QueueScaling {
    return new QueueScaling(props, props.backlogPerWorker, checkBounds(BACKLOG_SCALING, props));
  }

  /**
   * As many workers as you define for a number of messages.
   *
   * A target tracking policy keeps the number of workers at that of the step, so it reacts as with a backlog: it adds workers after about 3 minutes,
   * and removes them after about 15.
   */
  public static onSteps(props: StepScalingProps): QueueScaling {
    return new QueueScaling(props, undefined, stepsProblems(props), undefined, props.steps.map(step => ({ ...step })));
  }

  /** The minimum number of workers. */
  public readonly min: number;

  /** The maximum number of workers. */
  public readonly max: number;

  /** How long a new worker counts as starting. */
  public readonly cooldown: Duration;

  /** How long the last worker stays while no message waits and none is in progress. */
  public readonly idleTime: Duration;

  private constructor(
    options: QueueScalingOptions,
    /** The target number of messages, waiting or in progress, for each worker: the target value of the scaling policy; undefined with steps. */
    public readonly backlogPerWorker: number | undefined,
    private readonly targetProblems: Problem[],
    /** The mean time that one worker spends on one message; undefined unless it was given. */
    public readonly processingTime?: Duration,
    /** How many workers there are for how many messages; undefined with a target backlog. */
    public readonly steps?: ScalingStep[],
  ) {
    this.min = options.min ?? QUEUE_SCALING.min.default;
    this.max = options.max;
    this.cooldown = options.cooldown ?? QUEUE_SCALING.cooldown.default;
    this.idleTime = options.idleTime ?? QUEUE_SCALING.idleTime.default;
  }

  /**
   * Whether there can be no worker at all. A minimum that is only known at deployment may be 0.
   *
   * @internal
   */
  public get _mayReachZero(): boolean {
    return Token.isUnresolved(this.min) || this.min === 0;
  }

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public _check(): Problem[] {
    const [min, max] = [QUEUE_SCALING.min.known(this.min), QUEUE_SCALING.max.known(this.max)];
    return [
      ...this.targetProblems,
      ...checkBounds<QueueScalingOptions>(QUEUE_SCALING, this),
      ...unless(min === undefined || max === undefined || min <= max, () => ({
        prop: 'min', got: `${min}`, allowed: `at most scaling.max, which is ${max}`, fix: 'Lower the minimum or increase the maximum.',
      })),
    ];
  }
}

/** What is wrong with the steps: each by itself, and the order of those that are not. */
function stepsProblems({ steps, max }: StepScalingProps): Problem[] {
  const most = QUEUE_SCALING.max.known(max);
  return [
    ...STEP_SCALING.steps.check('steps', steps),
    ...steps.flatMap((step, index) => [
      ...checkBounds<ScalingStep>(SCALING_STEP, step).map(problem => ({ ...problem, prop: `steps[${index}].${problem.prop}` })),
      ...risingProblems(SCALING_STEP.messages, `steps[${index}].messages`, step.messages, steps[index - 1]?.messages),
      ...risingProblems(SCALING_STEP.workers, `steps[${index}].workers`, step.workers, steps[index - 1]?.workers),
      ...unless(most === undefined || !(step.workers > most), () => ({
        prop: `steps[${index}].workers`, got: `${step.workers}`, allowed: `at most scaling.max, which is ${most}`, fix: 'Increase the maximum, or omit the step.',
      })),
    ]),
  ];
}

function risingProblems(bound: Bound<number>, prop: string, value: number, before: number | undefined): Problem[] {
  const [known, previous] = [bound.known(value), bound.known(before)];
  return unless(known === undefined || previous === undefined || known > previous, () => ({
    prop, got: `${known}`, allowed: `more than in the step before, which has ${previous}`, fix: 'Specify the steps in rising order.',
  }));
}
