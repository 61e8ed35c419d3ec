import { Problem, blankProblems } from '../private/problems';

/**
 * How the work in progress of Fargate tasks is protected from a scale-in and from a deployment.
 *
 * No option protects from a Spot interruption, from the maintenance of Fargate, or from a task that is stopped through the ECS API. A task then
 * receives `SIGTERM`, and `SIGKILL` after the stop timeout. The queue always protects: a message that was not deleted returns after its visibility timeout, so the
 * worker must be able to process a message twice.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
 */
export class TaskProtection {
  /**
   * Scale-in protection that the worker turns on and off for its own task.
   *
   * What the worker has to do, with the endpoint of the ECS agent in its environment:
   * 1. Before it receives, `PUT $ECS_AGENT_URI/task-protection/v1/state` with `{"ProtectionEnabled": true, "ExpiresInMinutes": 60}`, until the answer
   *    contains `protection`. An answer with `failure` or `error` means that the task is not protected.
   * 2. Repeat that before the protection expires: after 2 hours without `ExpiresInMinutes`, which is at most 2880 (48 hours).
   * 3. When it has no message left, the same with `{"ProtectionEnabled": false}`.
   *
   * A scale-in then ends an unprotected task, or none. A deployment waits until a protected task is not protected any more. If a worker never turns
   * its protection off, its task stays until the protection expires.
   *
   * The role of the tasks is granted `ecs:GetTaskProtection` and `ecs:UpdateTaskProtection` on the tasks of their cluster. New tasks start without protection. It is free.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
   */
  public static scaleInProtection(): TaskProtection {
    return new TaskProtection(['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection']);
  }

  /**
   * No protection: a scale-in or a deployment stops a task, and what it does not finish in the stop timeout is processed again after its visibility timeout.
   *
   * It is enough for a worker that finishes its messages on `SIGTERM`, in less than the stop timeout.
   *
   * @param reason why that is acceptable; a string that is not empty
   */
  public static none(reason: string): TaskProtection {
    return new TaskProtection([], reason);
  }

  private constructor(
    /** The actions that the role of the tasks is granted on the tasks of their cluster. */
    public readonly taskActions: string[],
    /** Why there is no protection; undefined where there is. */
    public readonly reason?: string,
  ) {}

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public _check(): Problem[] {
    return blankProblems('reason', this.reason, 'Say why the work on a message may be interrupted and repeated.');
  }
}
