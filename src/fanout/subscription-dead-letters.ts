import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { bindSubscription } from './private/bind-subscription';
import { Problem, blankProblems } from '../private/problems';
import { deadLetterQueueOf } from '../private/queue-facts';

/**
 * Where SNS sends messages that it cannot deliver to a subscriber, because the queue was deleted or its policy refuses them.
 *
 * The dead letters of the queue itself are other messages: those were delivered and could not be processed.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export class SubscriptionDeadLetters {
  /**
   * The dead-letter queue of the subscribed queue, which then receives both kinds. Creates no resource.
   *
   * Refused if the topic is in another Region than that queue: a subscription is in the Region of its topic.
   *
   * If this app creates the dead-letter queue, it has to be in the stack of the subscription or of the topic: its policy names the topic, and a
   * third stack on which one of these depends would depend on itself.
   *
   * A message that SNS sends there has no source queue, so a redrive has to name its destination.
   */
  public static sameAsQueue(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('same');
  }

  /**
   * A dead-letter queue for this subscription alone, standard or FIFO as the topic. No idle cost.
   *
   * It keeps messages for 14 days. It uses the customer key of the subscribed queue, and its removal policy if this app creates that queue
   * (`RemovalPolicy.DESTROY` for an imported queue). It is in the stack that creates the subscription, so that stack has to be in the Region
   * of the topic.
   */
  public static dedicated(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('dedicated');
  }

  /**
   * An existing queue, standard or FIFO as the topic; not the subscribed queue.
   *
   * It has to be in the account of the stack that creates the subscription, and in the Region of the topic, which is also the Region of
   * the subscription. A queue that this app creates in another Region needs a `queueName`.
   *
   * If this app creates the queue, it has to be in the stack of the subscription or of the topic, as with `sameAsQueue`. An imported queue
   * can be anywhere in that account and Region.
   */
  public static existing(queue: sqs.IQueue): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('existing', queue);
  }

  /**
   * None: a message that cannot be delivered is lost.
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
   * A subscription of the CDK with these dead letters in place of its own: `none(reason)` for messages that may be lost.
   *
   * `QueueSubscription` and `addQueue` take them as `subscriptionDeadLetters`.
   *
   * @example
   * declare const orders: FanOut;
   *
   * const audit = new subscriptions.EmailSubscription('audit@example.com');
   * orders.addSubscription(SubscriptionDeadLetters.none('every order is in the archive').applyTo(audit));
   */
  public applyTo(subscription: sns.ITopicSubscription): sns.ITopicSubscription {
    return { bind: topic => bindSubscription(topic, topic.fifo ? 'FifoFanOut' : 'FanOut', topic, subscription, this) };
  }

  /** Whether a dead-letter queue is created for the subscription alone. */
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
    return blankProblems('', this.reason, 'State in SubscriptionDeadLetters.none(reason) why losing a message that cannot be delivered is right here.');
  }
}
