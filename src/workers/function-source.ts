import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { FunctionConcurrency } from './function-concurrency';
import { QUEUE_SOURCE } from './private/function-bounds';
import { queueSourceProblems } from './private/function-checks';
import { Problem } from '../private/problems';

/** How Lambda polls a queue. */
export interface QueueSourceOptions {
  /**
   * The greatest number of messages for one invocation: 1 to 10000, of at most 6 MB together. More than 10 need a `maxBatchingWindow`, and
   * a FIFO queue has at most 10.
   *
   * @default 10
   */
  readonly batchSize?: number;

  /**
   * How long Lambda gathers messages before it invokes the function: 0 seconds to 5 minutes, in whole seconds. Not for a FIFO queue.
   *
   * The visibility timeout of the queue has to be longer by this time, because gathered messages are received already.
   *
   * @default - the function is invoked as soon as there are messages
   */
  readonly maxBatchingWindow?: Duration;

  /**
   * How many invocations the queue causes at the same time.
   *
   * @default - Lambda scales with the queue, to 1250 at most
   */
  readonly concurrency?: FunctionConcurrency;

  /**
   * The messages that the function gets, as `lambda.FilterCriteria.filter({ body: ... })`: those that match at least one filter. 1 to 5, or up to 10 with a higher quota
   * of Lambda. A filter has the key `body` alone.
   *
   * Lambda deletes all other messages from the queue. They are not delivered to any other consumer, and do not reach the dead-letter queue. Everything else of this
   * app that receives from the queue must therefore have the same filters. If a topic is subscribed without raw message delivery, the body is the envelope of SNS.
   *
   * @default - all messages
   * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
   */
  // As in the CDK.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly filters?: { [key: string]: any }[];

  /**
   * Whether the function reports which messages of a batch it could not process: `{ batchItemFailures: [{ itemIdentifier: messageId }] }`. Only these
   * return to the queue.
   *
   * A function that returns nothing has processed all messages. A function that throws has processed none, as without this. For a FIFO queue, stop at the
   * first failure, and report it with all messages that were not processed: this keeps their order.
   *
   * @default true
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
   */
  readonly reportBatchItemFailures?: boolean;

  /**
   * Whether Lambda polls the queue. With false, messages wait in the queue until their retention ends.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/** Where the work of a function comes from. */
export class FunctionSource {
  /**
   * A queue, standard or FIFO, in the Region of the function.
   *
   * Lambda polls it with at least two pollers, also while it is empty. These requests are billed by SQS, which is the idle cost of such a source.
   */
  public static queue(queue: sqs.IQueue, options: QueueSourceOptions = {}): FunctionSource {
    return new FunctionSource(queue, options);
  }

  private constructor(
    /** The queue that Lambda polls. */
    public readonly sourceQueue: sqs.IQueue,
    private readonly options: QueueSourceOptions,
  ) {}

  /** How many invocations the source causes at the same time; undefined if Lambda decides. */
  public get concurrency(): FunctionConcurrency | undefined {
    return this.options.concurrency;
  }

  /** How long Lambda gathers messages; undefined without a batching window. */
  public get maxBatchingWindow(): Duration | undefined {
    return this.options.maxBatchingWindow;
  }

  /**
   * What is wrong with it, for a function in the stack of a construct.
   *
   * @internal
   */
  public _check(scope: IConstruct): Problem[] {
    return queueSourceProblems(scope, this.sourceQueue, this.options);
  }

  /**
   * The options of the event source mapping.
   *
   * @internal
   */
  public _mapping(): lambda.EventSourceMappingOptions {
    const { concurrency, maxBatchingWindow, filters } = this.options;
    return {
      eventSourceArn: this.sourceQueue.queueArn,
      batchSize: this.options.batchSize ?? QUEUE_SOURCE.batchSize.default,
      maxBatchingWindow,
      maxConcurrency: concurrency?.maxConcurrency,
      provisionedPollerConfig: concurrency?.pollers,
      filters,
      reportBatchItemFailures: this.options.reportBatchItemFailures ?? true,
      enabled: this.options.enabled ?? true,
    };
  }
}
