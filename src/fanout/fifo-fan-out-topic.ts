import { Duration } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TopicOptions } from './fan-out-topic';
import { FIFO_TOPIC, TOPIC_NAME } from './private/fanout-bounds';
import { BoundTopic, existingTopicProblems, makeTopic, topicProblems } from './private/topics';
import { checkBounds } from '../private/bounds';
import { stackUniqueName } from '../private/names';
import { Problem } from '../private/problems';
import { Deduplication, FifoThroughput } from '../queues/ordering';

/**
 * Options of a FIFO topic that a fan-out makes.
 */
export interface FifoTopicOptions extends TopicOptions {
  /**
   * How duplicates are recognized within 5 minutes, by the topic and by the FIFO queues made for it.
   *
   * @default Deduplication.EXPLICIT
   */
  readonly deduplication?: Deduplication;

  /**
   * Whether the limit of 300 messages a second and the deduplication apply to a message group (HIGH) or to the whole topic
   * (STANDARD, 3,000 messages or 20 MB a second). FIFO queues made for the topic inherit it.
   *
   * @default FifoThroughput.HIGH
   * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-ordering.html
   */
  readonly throughput?: FifoThroughput;

  /**
   * How long published messages are archived for replay: 1 to 365 whole days. Archived messages are billed by size.
   *
   * A topic with an archive cannot be deleted until the archive is removed.
   *
   * @default - no archive
   * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
   */
  readonly archiveRetention?: Duration;
}

/**
 * The topic of a FIFO fan-out: made by it, or one that exists.
 */
export class FifoFanOutTopic {
  /**
   * A new FIFO topic, encrypted, TLS only.
   */
  public static create(options: FifoTopicOptions = {}): FifoFanOutTopic {
    return new FifoFanOutTopic(options);
  }

  /**
   * A FIFO topic that exists. It is not changed: its policy, encryption, archive and publishers are its owner's. Only where this app
   * makes it and a queue of another account is subscribed does its policy allow that account to.
   *
   * The FIFO queues made for it inherit its deduplication.
   */
  public static existing(topic: sns.ITopic): FifoFanOutTopic {
    return new FifoFanOutTopic({}, topic);
  }

  private constructor(
    private readonly options: FifoTopicOptions,
    /** The existing topic; undefined when the fan-out creates one. */
    public readonly existingTopic?: sns.ITopic,
  ) {}

  /** How long published messages are archived; undefined without an archive, and for a topic that exists. */
  public get archiveRetention(): Duration | undefined {
    return this.options.archiveRetention;
  }

  /** @internal */
  public get _deduplication(): Deduplication {
    if (this.existingTopic) return this.existingTopic.contentBasedDeduplication ? Deduplication.CONTENT_BASED : Deduplication.EXPLICIT;
    return this.options.deduplication ?? Deduplication.EXPLICIT;
  }

  /** @internal */
  public get _throughput(): FifoThroughput {
    return this.options.throughput ?? FifoThroughput.HIGH;
  }

  /**
   * Whether it is known that there is no archive to replay from.
   * @internal
   */
  public get _withoutArchive(): boolean {
    return this.existingTopic === undefined && this.options.archiveRetention === undefined;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.existingTopic) return existingTopicProblems(this.existingTopic, true);
    return [...topicProblems(scope, this.options, true), ...checkBounds(FIFO_TOPIC, this.options)];
  }

  /**
   * Named apart from that of `FanOutTopic`, so that one is not taken for the other.
   * @internal
   */
  public _bindFifo(scope: Construct): BoundTopic {
    if (this.existingTopic) return { topic: this.existingTopic, encryptionKey: this.existingTopic.masterKey };
    return makeTopic(scope, this.options, {
      fifo: true,
      // CloudFormation generates no name that ends in .fifo, and the one the L2 makes up collides when a template is deployed twice.
      topicName: this.options.topicName ?? stackUniqueName(scope, TOPIC_NAME.max, '.fifo'),
      contentBasedDeduplication: this._deduplication === Deduplication.CONTENT_BASED,
      fifoThroughputScope: this._throughput === FifoThroughput.HIGH ? sns.FifoThroughputScope.MESSAGE_GROUP : sns.FifoThroughputScope.TOPIC,
      messageRetentionPeriodInDays: this.options.archiveRetention?.toDays(),
    });
  }
}
