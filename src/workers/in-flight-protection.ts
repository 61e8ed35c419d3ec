import { Duration } from 'aws-cdk-lib';
import { Problems } from '../private/problems';

/** How the termination of an instance waits for its worker. */
export interface TerminationHookOptions {
  /**
   * How long the termination waits without hearing from the worker: 30 seconds to 2 hours, in whole seconds.
   *
   * The instance runs, and is billed, for this long on every scale-in if the worker never completes the hook. A worker
   * that needs longer repeats `RecordLifecycleActionHeartbeat`, up to 48 hours or 100 times this value, whichever is less.
   *
   * @default Duration.minutes(10)
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
   */
  readonly timeout?: Duration;
}

/**
 * What keeps a scale-in from ending an instance in the middle of a message.
 *
 * None of these holds against a Spot interruption, an instance found unhealthy, or a direct termination through the
 * EC2 API. What always holds is the queue: a message that was not deleted comes back after its visibility timeout, so the worker
 * must be able to meet a message twice.
 */
export class InFlightProtection {
  /**
   * The name of the termination hook, the same in every group.
   *
   * The name of a hook only has to be unique within its group. Fixed, the worker can know it: a generated name could
   * not be put into the user data, which the group depends on, and looking it up needs a permission on every group.
   */
  public static readonly HOOK_NAME = 'finish-work';

  /**
   * The longest time that a hook waits without hearing from the worker.
   *
   * @internal
   */
  public static readonly _LONGEST_TIMEOUT = Duration.hours(2);

  /**
   * A termination lifecycle hook: the instance leaves the group, finishes what it has, and says so.
   *
   * The worker's part:
   * 1. Between two receives, read `autoscaling/target-lifecycle-state` from the instance metadata.
   * 2. When that is `Terminated`, receive no more, finish the messages in hand and delete them.
   * 3. Call, until it succeeds, `autoscaling:CompleteLifecycleAction` with the result `CONTINUE`, the hook `InFlightProtection.HOOK_NAME`, its own
   *    instance id, and the group named in the metadata item `tags/instance/aws:autoscaling:groupName`. It fails until the
   *    instance has reached `Terminating:Wait`, which is a little later than the metadata says so. Call
   *    `autoscaling:RecordLifecycleActionHeartbeat` before that if the work outlasts the timeout.
   *
   * The role of the workers is granted both actions on their own group. A hook costs nothing; the instance is billed
   * until it has ended.
   */
  public static lifecycleHook(options?: TerminationHookOptions): InFlightProtection {
    return new InFlightProtection({
      actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
      timeout: options?.timeout ?? Duration.minutes(10),
    });
  }

  /**
   * Scale-in protection that the worker switches on and off for itself.
   *
   * The worker's part: call `autoscaling:SetInstanceProtection` with `true` before it receives, and with `false`
   * once it has nothing in hand. The first calls after the instance has started may be denied, or fail because it is not in
   * service yet: repeat them. A scale-in then takes an idle instance, or none. A worker that never switches it off keeps the group from
   * scaling in.
   *
   * The role of the workers is granted that action on their own group. New instances start without protection.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
   */
  public static instanceProtection(): InFlightProtection {
    return new InFlightProtection({ actions: ['autoscaling:SetInstanceProtection'] });
  }

  /**
   * No protection: a scale-in ends an instance at once, and its messages are worked on again after their visibility timeout.
   *
   * @param reason why that is all right; a text that is not empty
   */
  public static none(reason: string): InFlightProtection {
    return new InFlightProtection({ actions: [], reason: { text: reason } });
  }

  /** The actions that the workers are granted on their own group. */
  public readonly actions: string[];

  /** How long the termination waits without hearing from the worker; none without a lifecycle hook. */
  public readonly timeout?: Duration;

  /** Why there is no protection; none where there is. */
  public readonly reason?: string;

  private readonly unprotected: boolean;

  private constructor(plan: { actions: string[]; timeout?: Duration; reason?: { text: string } }) {
    this.actions = plan.actions;
    this.timeout = plan.timeout;
    this.reason = plan.reason?.text;
    this.unprotected = plan.reason !== undefined;
  }

  /**
   * Adds what is wrong to the problems of the construct that is protected.
   *
   * @internal
   */
  public _check(problems: Problems, prop: string): void {
    problems.seconds(`${prop}.timeout`, this.timeout, {
      min: Duration.seconds(30),
      max: InFlightProtection._LONGEST_TIMEOUT,
      fix: 'A worker that needs longer repeats RecordLifecycleActionHeartbeat.',
    });
    if (this.unprotected) {
      const fix = 'Say why a message may be interrupted and worked on again.';
      problems.text(`${prop}.reason`, this.reason, fix);
      problems.require(this.reason !== undefined, { prop: `${prop}.reason`, got: 'nothing', allowed: 'a text that is not empty', fix });
    }
  }
}
