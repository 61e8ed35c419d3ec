import * as lambda from 'aws-cdk-lib/aws-lambda';

/** The function that processes messages. */
export class WorkerFunction {
  /**
   * A new function.
   *
   * It takes every option of `lambda.Function`. What differs from its defaults:
   * - The architecture is Arm, which costs less for the same work. An image of `Code.fromAssetImage()` needs `platform: ecr_assets.Platform.LINUX_ARM64`.
   * - Its logs are kept for one month, in a log group of its own that is kept when the stack is deleted. Specify `logGroup` for another one.
   * - Its role can write to that log group, receive from the queue, manage network interfaces if there is a VPC, and do nothing else. Specify `role` for another one,
   *   which gets these permissions too. For a role of another stack, they are in a policy of the worker. With `logRetention`, the log group is not known: its own
   *   role can write to every log group, and a specified role gets no permission to write logs.
   *
   * Tracing is off, as in `lambda.Function`. `onFailure` and `deadLetterQueue` have no effect on the messages of a queue, because Lambda invokes the function synchronously.
   *
   * Each worker creates a function of its own, also from the same value. For one function on several queues, pass `existing(worker.function)` to the others.
   *
   * @param props the options; the timeout is 1 second to 15 minutes, 3 seconds by default
   */
  public static create(props: lambda.FunctionProps): WorkerFunction {
    return new WorkerFunction(props);
  }

  /**
   * A function that exists already: any function of the CDK, such as one that bundles its code, an alias or a version of it, or an imported function with its role. Its logs and
   * options stay as they are.
   */
  public static existing(handler: lambda.IFunction): WorkerFunction {
    return new WorkerFunction(undefined, handler);
  }

  private constructor(
    /** The options of a new function; undefined for an existing one. */
    public readonly functionProps?: lambda.FunctionProps,
    /** The function that exists already; undefined for a new one. */
    public readonly existingFunction?: lambda.IFunction,
  ) {}
}
