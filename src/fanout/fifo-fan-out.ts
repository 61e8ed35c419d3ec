import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FifoFanOutTopic } from './fifo-fan-out-topic';
import { grantPublish } from './private/publish-grant';
import { checkPublishersAtSynth } from './private/publishers-at-synthesis';
import { Subscribers } from './private/subscribers';
import { Replay } from './replay';
import { QueueSubscription, QueueSubscriptionOptions } from './subscribers/queue-subscription';
import { at, fail, throwProblems } from '../private/problems';
import { Ordering } from '../queues/ordering';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of a FIFO fan-out.
 */
export interface FifoFanOutProps {
  /**
   * The topic, with what all its FIFO queues inherit: deduplication and throughput. One made here is deleted when another is given
   * instead, unless its `removalPolicy` keeps it.
   *
   * @default FifoFanOutTopic.create()
   */
  readonly topic?: FifoFanOutTopic;
}

/**
 * How a queue is subscribed to a FIFO topic.
 */
export interface FifoQueueSubscriptionOptions extends QueueSubscriptionOptions {
  /**
   * What to deliver again from the topic's archive.
   *
   * @default - only what is published from now on
   */
  readonly replay?: Replay;
}

/**
 * Options of a queue that a FIFO fan-out makes: those of the work queue, and those of its subscription.
 *
 * `ordering` is inherited from the topic; give `Ordering.standard()` for a subscriber that does not need order.
 */
export interface FifoFanOutQueueProps extends WorkQueueProps, FifoQueueSubscriptionOptions {}

/**
 * A FIFO topic whose messages go, in order within each message group, to FIFO queues, and to standard queues where a subscriber
 * needs no order.
 *
 * At most 100 subscriptions. Costs nothing at rest by default; an archive is billed by size.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html
 * @example
 * const ledger = new FifoFanOut(this, 'Ledger', {
 *   topic: FifoFanOutTopic.create({ deduplication: Deduplication.CONTENT_BASED, archiveRetention: Duration.days(30) }),
 * });
 * ledger.addQueue('Bookkeeping');
 * ledger.addQueue('Search', { ordering: Ordering.standard() });
 */
export class FifoFanOut extends Construct {
  /**
   * The topic. Alarms, buckets and rules that are wired to it by actions, destinations and targets of the CDK are checked when the template is
   * written: those whose messages would not arrive are an error.
   */
  public readonly topic: sns.ITopic;

  /** The customer key of the topic, given or made; undefined with the AWS managed key. */
  public readonly encryptionKey?: kms.IKey;

  /** What the FIFO queues of this fan-out inherit. */
  public readonly ordering: Ordering;

  private readonly subscribers: Subscribers;
  private readonly withoutArchive: boolean;

  constructor(scope: Construct, id: string, props: FifoFanOutProps = {}) {
    super(scope, id);
    const choice = props.topic ?? FifoFanOutTopic.create();
    throwProblems(this, 'FifoFanOut', at('topic', choice._check(this)));

    const { topic, encryptionKey } = choice._bindFifo(this);
    this.topic = topic;
    this.encryptionKey = encryptionKey;
    this.ordering = Ordering.fifo({ deduplication: choice._deduplication, throughput: choice._throughput });
    this.withoutArchive = choice._withoutArchive;
    this.subscribers = new Subscribers(this, 'FifoFanOut', topic);
    checkPublishersAtSynth(this, 'FifoFanOut', topic);
  }

  /** The subscriptions, in the order they were added; a copy. */
  public get subscriptions(): QueueSubscription[] {
    return this.subscribers.all;
  }

  /**
   * The subscription of a subscriber, by the id it was added with.
   *
   * @throws Error for an id that was not added, naming those that were
   */
  public findSubscription(id: string): QueueSubscription {
    return this.subscribers.find(id);
  }

  /**
   * Makes a queue with its dead-letter queue, FIFO as the topic unless `ordering` says otherwise, and subscribes it.
   *
   * @throws Error for the 101st subscription, a replay without an archive, and for what the queue and its subscription refuse
   */
  public addQueue(id: string, props: FifoFanOutQueueProps = {}): WorkQueue {
    this.checkReplay('addQueue', id, props);
    return this.subscribers.addQueue(id, { ...props, ordering: props.ordering ?? this.ordering }, props);
  }

  /**
   * Subscribes a queue that exists, FIFO or standard, in this stack or another, made by this app or imported.
   *
   * The subscription and the queue's policy are in the stack of the queue, which then depends on that of the topic. An imported
   * queue cannot be changed: a warning carries the policy statement to add. A queue of another account needs a topic with a `topicName`,
   * whose policy then allows that account to subscribe this queue (`sns:Subscribe`, limited by `sns:Endpoint`).
   *
   * @throws Error for the 101st subscription, a queue subscribed already, a replay without an archive, a queue of another account or
   * Region while the topic has no `topicName`, and for what the subscription refuses
   */
  public addExistingQueue(id: string, queue: sqs.IQueue, options: FifoQueueSubscriptionOptions = {}): QueueSubscription {
    this.checkReplay('addExistingQueue', id, options);
    return this.subscribers.addExistingQueue(id, queue, options);
  }

  /**
   * Allows publishing: `sns:Publish`, and with a customer key `kms:GenerateDataKey` and `kms:Decrypt` on it.
   *
   * An imported topic or key cannot be changed: where their policy has to name the principal, a warning carries the statement.
   *
   * A role of another account or Region may use the keys of the account and Region of the topic, and those through SNS alone, because a key
   * has no name that its template could state.
   *
   * @throws Error for a bare service principal, a principal with wildcards, a role of another account without a name, and for a service,
   * another account or an organization with the AWS managed key
   */
  public grantPublish(grantee: iam.IGrantable): iam.Grant {
    return grantPublish(this, 'FifoFanOut', this.topic, this.encryptionKey, grantee);
  }

  private checkReplay(method: string, id: string, options: FifoQueueSubscriptionOptions): void {
    if (options.replay === undefined || !this.withoutArchive) return;
    fail(this, 'FifoFanOut', {
      prop: `${method}('${id}').replay`, got: 'a replay, while the topic has no archive', allowed: 'a replay from a topic with archiveRetention', fix: 'Give FifoFanOutTopic.create() an archiveRetention, or leave replay out.',
    });
  }
}
