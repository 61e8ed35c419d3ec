import { FilterPolicy } from '../filter-policy';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/**
 * How a queue is subscribed, to any topic.
 *
 * A hidden base interface of jsii: its props are those of the public interfaces.
 * @internal
 */
export interface QueueSubscriptionOptions {
  /**
   * Which messages reach the queue.
   *
   * @default - all messages
   */
  readonly filterPolicy?: FilterPolicy;

  /**
   * Whether the queue receives the message as it was published, without the JSON envelope of SNS.
   *
   * With raw delivery, SNS does not deliver a message with more than 10 attributes, because SQS does not accept it.
   *
   * @default false
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
   */
  readonly rawMessageDelivery?: boolean;

  /**
   * Where SNS sends messages that it cannot deliver. If you stop using a dedicated queue, it is deleted with its messages unless the
   * removal policy of the subscribed queue retains it.
   *
   * @default SubscriptionDeadLetters.sameAsQueue() if the queue is known to have a dead-letter queue that SNS can use: of the same kind as the topic, in the
   * Region of the topic, and in the stack of the subscription or of the topic; otherwise SubscriptionDeadLetters.dedicated(). If the topic and the stack of the
   * subscription are in different Regions, often neither is possible, and the default is refused
   */
  readonly subscriptionDeadLetters?: SubscriptionDeadLetters;
}
