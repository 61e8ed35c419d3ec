import * as sqs from 'aws-cdk-lib/aws-sqs';
import { deadLetterQueueOf } from '../private/queue-facts';

/**
 * Where SNS puts the messages it cannot deliver to a subscriber: its queue is gone, or its policy refuses.
 *
 * Not to be confused with the dead letters of the queue itself, which were delivered and could not be processed.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export class SubscriptionDeadLetters {
  /**
   * The dead-letter queue of the subscribed queue receives both kinds. No further resource.
   *
   * Not where the topic is in another Region than that queue: a subscription is in the Region of its topic.
   *
   * Where this app makes it, it has to be in the stack of the subscription or of the topic: its policy names the topic, and a third
   * stack on which one of these depends would depend on itself.
   *
   * A message that SNS puts there has no source queue: a redrive has to name its destination.
   */
  public static sameAsQueue(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('same');
  }

  /**
   * A dead-letter queue for this subscription alone, of the kind of the topic. Costs nothing at rest.
   *
   * Kept for 14 days, with the customer key of the subscribed queue, and with its removal policy where this app makes that queue
   * (`RemovalPolicy.DESTROY` for an imported one). It is in the stack that makes the subscription, so that stack has to be in the Region
   * of the topic.
   */
  public static dedicated(): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('dedicated');
  }

  /**
   * A queue that exists already, of the kind of the topic; not the subscribed one.
   *
   * It has to be in the account of the stack that makes the subscription, and in the Region of the topic, which is that of the
   * subscription. A queue that this app makes in another Region needs a `queueName`.
   *
   * Where this app makes it, it has to be in the stack of the subscription or of the topic, as with `sameAsQueue`. An imported one can
   * be anywhere in that account and Region.
   */
  public static existing(queue: sqs.IQueue): SubscriptionDeadLetters {
    return new SubscriptionDeadLetters('existing', queue);
  }

  /**
   * None: a message that cannot be delivered is lost.
   *
   * @param reason why losing it is right; for the people who read the code
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

  /** Whether a dead-letter queue is made for the subscription alone. */
  public get isDedicated(): boolean {
    return this._kind === 'dedicated';
  }

  /**
   * The queue that receives, unless it has to be made or there is none.
   * @internal
   */
  public _target(subscribed: sqs.IQueue): sqs.IQueue | undefined {
    return this._kind === 'same' ? deadLetterQueueOf(subscribed) : this.queue;
  }
}
