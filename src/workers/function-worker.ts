import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FunctionSource } from './function-source';
import { isStopped, isThrottled, knownVisibility, propsProblems, timingOf, writtenProblems } from './private/function-checks';
import { grantConsume } from './private/function-grants';
import { createFunction } from './private/function-parts';
import { warnOfFilters, warnOfImage, warnOfReceives, warnOfStoppedFunction, warnOfThrottling, warnOfVisibility } from './private/function-warnings';
import { warnOfUnknownKey } from './private/queue-work';
import { WorkerFunction } from './worker-function';
import { metricOptionProblems } from '../private/metric-options';
import { checkWhenWritten, refuse, throwProblems } from '../private/problems';
import { forgetUsesBeforeSynth } from '../private/uses';
import { raiseDefaultVisibility } from '../private/visibility-timeouts';

/** Properties of FunctionWorker. */
export interface FunctionWorkerProps {
  /** Where the messages come from, and how many the function gets at a time. */
  readonly source: FunctionSource;

  /**
   * The function that processes the messages.
   *
   * If you change from a new function to an existing one, the log group that was created is kept, with its logs.
   */
  readonly function: WorkerFunction;
}

/**
 * A Lambda function that processes the messages of a queue.
 *
 * Lambda polls the queue, invokes the function with a batch, and deletes the messages that the function has processed. The function reports the others
 * (`reportBatchItemFailures`): only these return to the queue, and after `maxReceiveCount` receives to its dead-letter queue. Messages are
 * delivered at least once, so the function must be able to process a message twice.
 *
 * The visibility timeout of the queue must be at least 6 times the timeout of the function, plus the batching window. If nobody specified it, it is
 * raised to that, with several functions to the greatest. One that was specified and is shorter is an error. So is a default if an aspect raises the timeout of the function later.
 *
 * It grants `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and `kms:Decrypt` on a customer key of the queue,
 * to the role of the function. For a `WorkQueue` with `largePayloads`, it grants all of its `grantConsumeMessages`. Lambda does not poll through a VPC endpoint: a queue
 * that is restricted to one has to except the role.
 *
 * Lambda has no idle cost, but polls the queue all the time, and SQS bills these requests. Each invocation runs for at most 15 minutes: for longer
 * work, use `FargateWorkers` or `Ec2Workers`.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another, the queue, or the function
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 * @example
 * import * as cdk from 'aws-cdk-lib';
 * import * as lambda from 'aws-cdk-lib/aws-lambda';
 * import * as queues from 'cdk-decouple/queues';
 * import * as workers from 'cdk-decouple/workers';
 *
 * const jobs = new queues.WorkQueue(this, 'Jobs');
 * new workers.FunctionWorker(this, 'Resizer', {
 *   source: workers.FunctionSource.queue(jobs, { concurrency: workers.FunctionConcurrency.maximum(10) }),
 *   function: workers.WorkerFunction.create({
 *     runtime: lambda.Runtime.NODEJS_22_X,
 *     handler: 'index.handler',
 *     code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
 *     timeout: cdk.Duration.seconds(30),
 *   }),
 * });
 */
export class FunctionWorker extends Construct implements iam.IGrantable {
  /** The source of the work. */
  public readonly source: FunctionSource;

  /** The queue that Lambda polls. Its metrics say how much work waits. */
  public readonly queue: sqs.IQueue;

  /** The function, created or existing. */
  public readonly function: lambda.IFunction;

  /** The same function with all methods of `lambda.Function`, such as `addEnvironment`, if it is new; undefined for an existing one. */
  public readonly createdFunction?: lambda.Function;

  /** What polls the queue and invokes the function. */
  public readonly eventSourceMapping: lambda.EventSourceMapping;

  /** The log group of a new function; undefined for an existing one, and where the options of the new function name another one. */
  public readonly logGroup?: logs.LogGroup;

  /** The role of a new function; undefined for an existing one, and where the options of the new function name another one. */
  public readonly role?: iam.Role;

  /** The role of the function, so that `bucket.grantRead(worker)` works. */
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, props: FunctionWorkerProps) {
    super(scope, id);
    throwProblems(this, 'FunctionWorker', propsProblems(this, props));
    this.source = props.source;
    this.queue = props.source.sourceQueue;

    const parts = createFunction(this, props.function);
    this.function = parts.handler;
    this.createdFunction = parts.createdFunction;
    this.logGroup = parts.logGroup;
    this.role = parts.role;
    this.grantPrincipal = parts.grantee.principal;

    warnOfUnknownKey(this, 'FunctionWorker', this.queue);
    grantConsume(this, this.queue, this);
    // Not SqsEventSource: its mapping is a child of the function, where a second worker on the same queue would collide with it, and is no member.
    this.eventSourceMapping = new lambda.EventSourceMapping(this, 'EventSourceMapping', { target: this.function, ...this.source._mapping() });
    // Lambda checks the permissions when the mapping is created. Not grant.applyBefore(): a grant on an imported key has nothing to depend on.
    this.eventSourceMapping.node.addDependency(this.function.role!, ...parts.grantee.policy ? [parts.grantee.policy] : []);

    const timing = timingOf(this.function, this.eventSourceMapping);
    raiseDefaultVisibility(this.queue, knownVisibility(timing));
    warnOfVisibility(this, this.queue, timing);
    if (props.function.functionProps) warnOfImage(this, props.function.functionProps);
    warnOfFilters(this, props.source._mapping().filters?.length ?? 0);
    forgetUsesBeforeSynth(this);
    checkWhenWritten(this, 'FunctionWorker', () => {
      const problems = writtenProblems(this.queue, this.function, this.eventSourceMapping);
      if (problems.length === 0) {
        warnOfReceives(this, this.queue);
        if (isStopped(this.function, this.eventSourceMapping)) warnOfStoppedFunction(this, this.queue);
        if (isThrottled(this.queue, this.function, this.eventSourceMapping)) warnOfThrottling(this, this.queue);
      }
      return problems;
    });
  }

  /**
   * The invocations that ended with an error: sum over 5 minutes unless you give others. A function that reports the failures of a batch
   * has no error; watch the age of the oldest message of the queue and its dead letters too.
   *
   * @throws Error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    refuse(this, 'FunctionWorker', metricOptionProblems('metricErrors', options));
    return this.function.metricErrors(options);
  }

  /**
   * The invocations that were throttled: sum over 5 minutes unless you give others. The messages return to the queue, and each time counts as a receive.
   *
   * @throws Error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  public metricThrottles(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    refuse(this, 'FunctionWorker', metricOptionProblems('metricThrottles', options));
    return this.function.metricThrottles(options);
  }

  /**
   * How long an invocation takes: average over 5 minutes unless you give others.
   *
   * @throws Error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
   */
  public metricDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    refuse(this, 'FunctionWorker', metricOptionProblems('metricDuration', options));
    return this.function.metricDuration(options);
  }
}
