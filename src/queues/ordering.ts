import * as sqs from 'aws-cdk-lib/aws-sqs';

/**
 * How a FIFO queue detects a message that it already accepted in the last 5 minutes.
 */
export enum Deduplication {
  /**
   * By the SHA-256 hash of the message body. Two messages that differ only in their attributes are duplicates.
   */
  CONTENT_BASED = 'ContentBased',

  /**
   * By the `MessageDeduplicationId` that the producer sends with every message.
   */
  EXPLICIT = 'Explicit',
}

/**
 * The throughput limit of a FIFO queue.
 */
export enum FifoThroughput {
  /**
   * 300 calls per second for each API action, or 3,000 messages per second in batches of 10, for the whole queue.
   */
  STANDARD = 'Standard',

  /**
   * The same limit for each message group instead of the whole queue, up to the quota of the Region.
   *
   * Duplicates are then detected within a message group only. Sets both `DeduplicationScope` and `FifoThroughputLimit`, because the
   * queue stays at the standard limit with only one of them.
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
   * How duplicates are detected within the deduplication interval of 5 minutes.
   *
   * @default Deduplication.EXPLICIT
   */
  readonly deduplication?: Deduplication;

  /**
   * The throughput limit of the queue.
   *
   * @default FifoThroughput.HIGH, at the same cost
   */
  readonly throughput?: FifoThroughput;
}

/**
 * Whether a queue preserves the order of its messages.
 */
export class Ordering {
  /**
   * A standard queue: messages are delivered at least once and in no guaranteed order, with nearly unlimited throughput.
   */
  public static standard(): Ordering {
    return new Ordering(false);
  }

  /**
   * A FIFO queue: the messages of a message group are delivered in order, and a duplicate sent within 5 minutes is discarded.
   *
   * A consumer that exceeds the visibility timeout still receives a message twice, so consumers must be idempotent. A message that is
   * moved to a dead-letter queue leaves the order of its message group.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
   */
  public static fifo(options: FifoOrderingOptions = {}): Ordering {
    return new Ordering(true, options.deduplication ?? Deduplication.EXPLICIT, options.throughput ?? FifoThroughput.HIGH);
  }

  private constructor(
    /** Whether the queue is a FIFO queue. */
    public readonly isFifo: boolean,
    /** How duplicates are detected; undefined for a standard queue. */
    public readonly deduplication?: Deduplication,
    /** The throughput limit; undefined for a standard queue. */
    public readonly throughput?: FifoThroughput,
  ) {}

  /** @internal */
  public _queueProps(): sqs.QueueProps {
    // CloudFormation rejects `fifo: false`: it accepts only `true` or no value.
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
