import { Duration } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FanOutBase, ofTopic } from './private/fan-out-base';
import { FIFO_FAN_OUT } from './private/fanout-bounds';
import { TopicOptions } from './private/topic-options';
import { QueueSubscriptionProps } from './subscribers/queue-subscription';
import { checkBounds } from '../private/bounds';
import { MAX_NAME_LENGTH, stackUniqueName } from '../private/names';
import { Deduplication, FifoThroughput, Ordering } from '../queues/ordering';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of a FIFO fan-out.
 */
export interface FifoFanOutProps extends TopicOptions {
  /**
   * How the topic, and the FIFO queues that `addQueue` creates, recognize duplicates within 5 minutes.
   *
   * @default Deduplication.EXPLICIT
   */
  readonly deduplication?: Deduplication;

  /**
   * Whether the limit of 300 messages a second and the deduplication apply to a message group (HIGH) or to the whole topic
   * (STANDARD, 3,000 messages or 20 MB a second). The FIFO queues that `addQueue` creates inherit it.
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
 * Options of a queue that a FIFO fan-out creates: the props of the work queue and the props of its subscription.
 *
 * The queue inherits `ordering` from the topic. Use `Ordering.standard()` for a subscriber that does not need order.
 */
export interface FifoFanOutQueueProps extends WorkQueueProps, QueueSubscriptionProps {}

/**
 * An SNS FIFO topic whose messages go to FIFO queues, in order within each message group, and to standard queues for subscribers that do not need
 * order.
 *
 * The topic is encrypted and accepts only TLS. You can use it wherever the CDK accepts an `sns.ITopic`. It can have up to 100 subscriptions, and only queues
 * can subscribe. There is no idle cost with the default encryption; an archive is billed by size.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html
 * @example
 * import * as cdk from 'aws-cdk-lib';
 * import * as fanout from 'cdk-decouple/fanout';
 * import * as queues from 'cdk-decouple/queues';
 *
 * const ledger = new fanout.FifoFanOut(this, 'Ledger', { deduplication: queues.Deduplication.CONTENT_BASED, archiveRetention: cdk.Duration.days(30) });
 * ledger.addQueue('Bookkeeping');
 * ledger.addQueue('Search', { ordering: queues.Ordering.standard() });
 */
export class FifoFanOut extends FanOutBase {
  /**
   * A fan-out for an existing FIFO topic, which this app creates or imports. The FIFO queues that `addQueue` creates inherit its deduplication.
   *
   * The encryption, the archive and the props of the topic do not change. Only `allowService`, `addToResourcePolicy`, `grantPublish` and subscriptions of other
   * accounts add statements to its policy. An imported topic cannot be changed: a warning contains the statement to add.
   *
   * @throws Error for a standard topic
   */
  public static fromTopic(scope: Construct, id: string, topic: sns.ITopic): FifoFanOut {
    const deduplication = topic.contentBasedDeduplication ? Deduplication.CONTENT_BASED : Deduplication.EXPLICIT;
    return new FifoFanOut(scope, id, ofTopic<FifoFanOutProps>(topic, { deduplication }));
  }

  /** The ordering that the FIFO queues of `addQueue` inherit. */
  public readonly ordering: Ordering;

  constructor(scope: Construct, id: string, props: FifoFanOutProps = {}) {
    const deduplication = props.deduplication ?? Deduplication.EXPLICIT;
    const throughput = props.throughput ?? FifoThroughput.HIGH;
    super(scope, id, props, {
      construct: 'FifoFanOut',
      fifo: true,
      problems: checkBounds(FIFO_FAN_OUT, props),
      topicProps: topicScope => ({
        fifo: true,
        // CloudFormation generates no name that ends in .fifo, and the name that the L2 generates collides when a template is deployed twice.
        topicName: props.topicName ?? stackUniqueName(topicScope, MAX_NAME_LENGTH.topic, '.fifo'),
        contentBasedDeduplication: deduplication === Deduplication.CONTENT_BASED,
        fifoThroughputScope: throughput === FifoThroughput.HIGH ? sns.FifoThroughputScope.MESSAGE_GROUP : sns.FifoThroughputScope.TOPIC,
        messageRetentionPeriodInDays: props.archiveRetention?.toDays(),
      }),
    });
    this.ordering = Ordering.fifo({ deduplication, throughput });
  }

  /**
   * Creates a queue with its dead-letter queue, and subscribes it. Both are FIFO queues unless you set `ordering`.
   *
   * @throws Error for the 101st subscription, a replay without an archive, and for everything that the queue or its subscription refuses
   */
  public addQueue(id: string, props: FifoFanOutQueueProps = {}): WorkQueue {
    return this._addQueue(id, { ...props, ordering: props.ordering ?? this.ordering }, props);
  }
}
