import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { SelfCompleting, bindSubscription } from './private/bind-subscription';
import { Problem, blankProblems } from '../private/problems';
import { deadLetterQueueOf } from '../private/queue-facts';

/**
 * Where SNS sends messages that it cannot deliver to a subscriber: the subscriber was deleted, does not answer, or its policy refuses them.
 *
 * It is the one class for messages that were not delivered. `DeadLetters` of a queue is for other messages: those were delivered and could not be
 * processed. The rules of a `BucketEventFanOut` use it too. For the target of another EventBridge rule, give the target of the CDK a `deadLetterQueue`.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export class SubscriptionDeadLetters {
  /**
   * The dead-letter queue of the subscribed queue, which then receives both kinds of messages. Creates no resource.
   *
   * It must be in the Region of the topic, because a subscription is in the Region of its topic.
   *
   * If this app creates the dead-letter queue, it must be in the stack of the subscription or of the topic. Its policy names the topic, so a queue in a
   * third stack could make stacks depend on each other.
   *
   * A message that SNS sends there has no source queue, so a redrive must name its destination.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
   */
  public static sameAsQueue(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('same');
  }

  /**
   * A new dead-letter queue that only this subscription uses. Like the topic, it is a standard or a FIFO queue. No idle cost.
   *
   * SQS cannot redrive it, because it is not the dead-letter queue of another queue. For a redrive, use `existing()` with the dead-letter queue of a retry
   * queue.
   *
   * It keeps messages for 14 days. It uses the customer key of the subscribed queue, and the removal policy of that queue if this app creates it
   * (`RemovalPolicy.DESTROY` otherwise). It is created in the stack of the subscription, which must be in the Region of the topic.
   */
  public static dedicated(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('dedicated');
  }

  /**
   * An existing queue of the same kind as the topic, standard or FIFO. It cannot be the subscribed queue.
   *
   * It must be in the account of the stack that creates the subscription, and in the Region of the topic, which is also the Region of
   * the subscription. A queue that this app creates in another Region needs a `queueName`.
   *
   * If this app creates the queue, it must be in the stack of the subscription or of the topic, as with `sameAsQueue`. An imported queue
   * can be anywhere in that account and Region.
   */
  public static existing(queue: sqs.IQueue): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('existing', queue);
  }

  /**
   * No dead-letter queue: a message that cannot be delivered is lost.
   *
   * @param reason why losing it is acceptable; for readers of the code
   */
  public static none(reason: string): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('none', undefined, reason);
  }

  private constructor(
    /** @internal */
    public readonly _kind: 'same' | 'dedicated' | 'existing' | 'none',
    private readonly queue?: sqs.IQueue,
    /** Why there are none; undefined when there are. */
    public readonly reason?: string,
  ) {}

  /**
   * Wraps a subscription so that it uses these dead letters instead of its own, such as `none(reason)`.
   *
   * `QueueSubscription` and `addQueue` also have the prop `subscriptionDeadLetters`, which these dead letters replace.
   *
   * @example
   * import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
   * import * as fanout from 'cdk-decouple/fanout';
   *
   * declare const orders: fanout.FanOut;
   *
   * const audit = new subscriptions.EmailSubscription('audit@example.com');
   * orders.addSubscription(fanout.SubscriptionDeadLetters.none('every order is in the archive').applyTo(audit));
   */
  public applyTo(subscription: sns.ITopicSubscription): sns.ITopicSubscription {
    const bindWith: SelfCompleting['_bindWith'] = (topic, deadLetters = this, owner) =>
      bindSubscription(owner, topic.fifo ? 'FifoFanOut' : 'FanOut', topic, subscription, deadLetters);
    const applied: SelfCompleting = { bind: topic => bindWith(topic, this, topic), _bindWith: bindWith };
    return applied;
  }

  /** Whether a dead-letter queue is created that only the subscription uses. */
  public get isDedicated(): boolean {
    return this._kind === 'dedicated';
  }

  /**
   * The queue that receives the messages; undefined if it has to be created, and if there is none.
   * @internal
   */
  public _target(subscribed: sqs.IQueue | undefined): sqs.IQueue | undefined {
    return this._kind === 'same' ? subscribed && deadLetterQueueOf(subscribed) : this.queue;
  }

  /** @internal */
  public _check(): Problem[] {
    return blankProblems('', this.reason, 'State in SubscriptionDeadLetters.none(reason) why it is acceptable to lose a message that cannot be delivered.');
  }
}
