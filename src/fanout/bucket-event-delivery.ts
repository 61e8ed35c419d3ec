import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/**
 * A queue that receives events of a bucket, and what was created for it.
 */
export class BucketEventDelivery {
  /** @internal */
  public static _of(queue: sqs.IQueue, by: Partial<Pick<BucketEventDelivery, 'rules' | 'subscription' | 'deadLetterQueue'>>): BucketEventDelivery {
    return new BucketEventDelivery(queue, by.rules ?? [], by.subscription, by.deadLetterQueue);
  }

  private constructor(
    /** The queue. */
    public readonly queue: sqs.IQueue,
    /** The rules of EventBridge: one, or several that share no event for event types with different conditions. Empty with a topic. */
    public readonly rules: events.Rule[],
    /** The subscription to the topic; undefined with EventBridge. */
    public readonly subscription?: sns.Subscription,
    /** The queue for events that cannot be delivered; undefined with `SubscriptionDeadLetters.none()`. */
    public readonly deadLetterQueue?: sqs.IQueue,
  ) {}
}
