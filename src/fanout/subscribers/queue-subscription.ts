import { Aspects, Names } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { completeSubscription, placeIn } from '../private/bind-subscription';
import { QueueSubscriptionOptions } from '../private/queue-subscription-options';
import { APPLIED } from '../private/subscription-checks';
import { Replay } from '../replay';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/**
 * Properties of a queue subscription.
 */
export interface QueueSubscriptionProps extends QueueSubscriptionOptions {
  /**
   * Which messages to deliver again from the archive of a FIFO topic.
   *
   * @default - no archived messages
   */
  readonly replay?: Replay;
}

/**
 * Subscribes a queue to a topic, with everything that delivery requires: queue policy, key policy and dead letters.
 *
 * Pass it to `addSubscription` of a fan-out or of any `sns.ITopic`. The subscription, the policies and a dedicated dead-letter queue are created in the stack of
 * the queue. That stack depends on the stack of the topic, and never the other way around.
 *
 * The queue accepts messages only from this topic, by `aws:SourceArn` and `aws:SourceAccount`. One policy statement names all topics of the queue.
 * An imported queue or key cannot be changed: a warning contains the statement to add. A warning also tells you when an imported topic of another account
 * must allow the subscription, and when the owner of a queue in another account must confirm it. If this app creates the topic, its policy allows the
 * other account to subscribe this queue (`sns:Subscribe`, limited by `sns:Endpoint`).
 *
 * @throws Error when you add it: for a FIFO queue and a standard topic, a queue encrypted with `alias/aws/sqs`, a filter policy that SNS refuses,
 * a queue that is already subscribed to the topic, the 101st subscription of a FIFO topic, a replay without an archive, a topic or queue of another account or
 * Region without a name, a topic of another stage in the same environment, or a dead-letter queue that SNS cannot use
 * @example
 * import * as sqs from 'aws-cdk-lib/aws-sqs';
 * import * as fanout from 'cdk-decouple/fanout';
 *
 * declare const orders: fanout.FanOut;
 * declare const queue: sqs.IQueue;
 *
 * orders.addSubscription(new fanout.QueueSubscription(queue, { rawMessageDelivery: true }));
 */
export class QueueSubscription implements sns.ITopicSubscription {
  /**
   * @param queue the queue: a FIFO queue for a FIFO topic only, a standard queue for both kinds
   */
  constructor(
    /** The queue. */
    public readonly queue: sqs.IQueue,
    private readonly props: QueueSubscriptionProps = {},
  ) {}

  /**
   * Creates the resources and policies of the subscription. A topic calls this method once.
   */
  public bind(topic: sns.ITopic): sns.TopicSubscriptionConfig {
    return this.bindUnderQueue(topic);
  }

  /** @internal */
  public _bindWith(topic: sns.ITopic, deadLetters?: SubscriptionDeadLetters): sns.TopicSubscriptionConfig {
    return this.bindUnderQueue(topic, deadLetters);
  }

  private bindUnderQueue(topic: sns.ITopic, applied?: SubscriptionDeadLetters): sns.TopicSubscriptionConfig {
    return this._bindIn(this.queue as unknown as Construct, Names.nodeUniqueId(topic.node), topic, applied);
  }

  /**
   * Like `bind`, but with the scope and the id of the subscription, and with the dead letters of `SubscriptionDeadLetters.applyTo`.
   * @internal
   */
  public _bindIn(scope: Construct, id: string, topic: sns.ITopic, applied?: SubscriptionDeadLetters): sns.TopicSubscriptionConfig {
    const { filterPolicy, rawMessageDelivery, subscriptionDeadLetters, replay } = this.props;
    const place = placeIn(scope, id, 'QueueSubscription', 'queue', this.queue.queueArn);
    const config = completeSubscription({
      construct: 'QueueSubscription',
      place,
      topic,
      queue: this.queue,
      config: { protocol: sns.SubscriptionProtocol.SQS, endpoint: this.queue.queueArn, rawMessageDelivery, ...filterPolicy?._subscriptionProps() },
      replay,
      deadLetters: applied ?? subscriptionDeadLetters,
      deadLettersProp: applied ? APPLIED : 'subscriptionDeadLetters',
    });
    // The L2 has no replay policy, and is created after this.
    if (replay) Aspects.of(place).add({ visit: node => { if (sns.CfnSubscription.isCfnSubscription(node)) node.replayPolicy = replay._render(); } });
    return config;
  }
}
