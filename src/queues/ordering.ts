import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Problems } from '../private/problems';

/**
 * How a FIFO queue recognizes a message it has already accepted in the last 5 minutes.
 */
export enum Deduplication {
  /**
   * By the SHA-256 of the body. Attributes do not count, so two messages that differ only there are one.
   */
  CONTENT_BASED = 'ContentBased',

  /**
   * By the `MessageDeduplicationId` that the producer sends with every message.
   */
  EXPLICIT = 'Explicit',
}

/**
 * How much a FIFO queue can take.
 */
export enum FifoThroughput {
  /**
   * 300 calls a second for each API action, 3,000 messages a second in batches of 10, for the whole queue.
   */
  STANDARD = 'Standard',

  /**
   * The same limit for each message group instead of for the queue, up to the quota of the Region.
   *
   * Deduplication then happens within a message group. Sets `DeduplicationScope` and `FifoThroughputLimit` together:
   * either of them alone silently leaves the queue at the standard limit.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
   */
  HIGH = 'High',
}

/**
 * Options of a FIFO queue.
 */
export interface FifoOrderingOptions {
  /**
   * How duplicates are recognized within the 5 minutes of the deduplication interval.
   *
   * @default Deduplication.EXPLICIT
   */
  readonly deduplication?: Deduplication;

  /**
   * How much the queue can take.
   *
   * @default FifoThroughput.HIGH, which costs the same
   */
  readonly throughput?: FifoThroughput;
}

/**
 * Whether a queue keeps the order of its messages.
 */
export class Ordering {
  /**
   * Messages arrive at least once and in no guaranteed order, with nearly unlimited throughput.
   */
  public static standard(): Ordering {
    return new Ordering(false);
  }

  /**
   * Messages of one message group arrive in order, and a duplicate sent within 5 minutes is dropped.
   *
   * A consumer that overruns the visibility timeout still receives a message twice, so it has to be idempotent all the
   * same. A dead-letter queue takes a message out of its group's order.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
   */
  public static fifo(options: FifoOrderingOptions = {}): Ordering {
    return new Ordering(true, options?.deduplication ?? Deduplication.EXPLICIT, options?.throughput ?? FifoThroughput.HIGH);
  }

  private constructor(
    /** Whether the queue is a FIFO queue. */
    public readonly isFifo: boolean,
    /** How duplicates are recognized; undefined for a standard queue. */
    public readonly deduplication?: Deduplication,
    /** How much the queue can take; undefined for a standard queue. */
    public readonly throughput?: FifoThroughput,
  ) {}

  /** @internal */
  public _check(problems: Problems): void {
    problems.oneOf('ordering.deduplication', this.deduplication, Object.values(Deduplication), 'Use a value of Deduplication.');
    problems.oneOf('ordering.throughput', this.throughput, Object.values(FifoThroughput), 'Use a value of FifoThroughput.');
  }

  /** @internal */
  public _queueProps(): sqs.QueueProps {
    // `fifo: false` would be refused by CloudFormation, which takes `true` or nothing.
    if (!this.isFifo) return {};
    const high = this.throughput === FifoThroughput.HIGH;
    return {
      fifo: true,
      contentBasedDeduplication: this.deduplication === Deduplication.CONTENT_BASED,
      deduplicationScope: high ? sqs.DeduplicationScope.MESSAGE_GROUP : undefined,
      fifoThroughputLimit: high ? sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID : undefined,
    };
  }
}
