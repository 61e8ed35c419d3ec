import { Duration } from 'aws-cdk-lib';
import { checkBounds } from '../private/bounds';
import { Problem, blankProblems } from '../private/problems';
import { TERMINATION_HOOK } from './private/worker-bounds';

/** How the termination of an instance waits for its worker. */
export interface TerminationHookOptions {
  /**
   * How long the termination waits without a signal from the worker: 30 seconds to 2 hours, in whole seconds.
   *
   * If the worker never completes the hook, the instance runs, and is billed, for this time on every scale-in. A worker
   * that needs longer repeats `RecordLifecycleActionHeartbeat`, up to 48 hours or 100 times this value, whichever is less.
   *
   * @default Duration.minutes(10)
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
   */
  readonly timeout?: Duration;
}

/**
 * How work in progress is protected from a scale-in.
 *
 * None of these options protects from a Spot interruption, the replacement of an unhealthy instance, or a direct termination through the
 * EC2 API. The queue always does: a message that was not deleted returns after its visibility timeout, so the worker
 * must be able to process a message twice.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
 */
export class InFlightProtection {
  /**
   * The name of the termination hook, the same in every group.
   *
   * The name of a hook has to be unique within its group only. Because it is fixed, the worker knows it: a generated name cannot
   * be part of the user data, which the group depends on, and looking it up needs a permission on every group.
   */
  public static readonly HOOK_NAME = 'finish-work';

  /**
   * A termination lifecycle hook: the instance leaves the group, finishes its messages, and completes the hook.
   *
   * With a command, the instance does it by itself. What any other worker has to do:
   * 1. Between two receives, read `autoscaling/target-lifecycle-state` from the instance metadata.
   * 2. When that is `Terminated`, stop receiving, finish the received messages and delete them.
   * 3. Call `autoscaling:CompleteLifecycleAction` until it succeeds, with the result `CONTINUE`, the hook `InFlightProtection.HOOK_NAME`, its own
   *    instance id, and the name of the group from the metadata item `tags/instance/aws:autoscaling:groupName`. It fails until the
   *    instance has reached `Terminating:Wait`, which is shortly after the metadata changes. If the work takes longer than the timeout, call
   *    `autoscaling:RecordLifecycleActionHeartbeat` before that.
   *
   * The role of the workers is granted both actions on their own group. A hook is free; the instance is billed
   * until it has ended.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html
   */
  public static lifecycleHook(options: TerminationHookOptions = {}): InFlightProtection {
    return new InFlightProtection(
      ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
      options.timeout ?? TERMINATION_HOOK.timeout.default,
    );
  }

  /**
   * Scale-in protection that the worker turns on and off for its own instance.
   *
   * With `WorkerCommand.shell()`, the instance does it by itself. What any other worker has to do: call `autoscaling:SetInstanceProtection` with `true` before it receives, and with `false`
   * when it has no message left. The first calls after the instance has started may be denied, or fail because the instance is not in
   * service yet: repeat them. A scale-in then ends an idle instance, or none. If a worker never turns the protection off, the group cannot
   * scale in.
   *
   * The role of the workers is granted that action on their own group. New instances start without protection.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
   */
  public static instanceProtection(): InFlightProtection {
    return new InFlightProtection(['autoscaling:SetInstanceProtection']);
  }

  /**
   * No protection: a scale-in ends an instance at once, and its messages are processed again after their visibility timeout.
   *
   * @param reason why that is acceptable; a string that is not empty
   */
  public static none(reason: string): InFlightProtection {
    return new InFlightProtection([], undefined, reason);
  }

  private constructor(
    /** The actions that the role of the workers is granted on its own group. */
    public readonly actions: string[],
    /** How long the termination waits without a signal from the worker; undefined without a lifecycle hook. */
    public readonly timeout?: Duration,
    /** Why there is no protection; undefined where there is. */
    public readonly reason?: string,
  ) {}

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public _check(): Problem[] {
    return [
      ...checkBounds(TERMINATION_HOOK, { timeout: this.timeout }),
      ...blankProblems('reason', this.reason, 'Say why the work on a message may be interrupted and repeated.'),
    ];
  }
}
