import { Aspects, Names } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FilterPolicy } from '../filter-policy';
import { completeSubscription, placeIn } from '../private/bind-subscription';
import { Replay } from '../replay';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/**
 * How a queue is subscribed.
 */
export interface QueueSubscriptionOptions {
  /**
   * Which messages reach the queue.
   *
   * @default - all of them
   */
  readonly filterPolicy?: FilterPolicy;

  /**
   * Whether the queue receives the message as it was published, instead of within SNS's JSON envelope.
   *
   * With raw delivery, a message with more than 10 attributes is not delivered at all, because SQS takes no more.
   *
   * @default false
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
   */
  readonly rawMessageDelivery?: boolean;

  /**
   * Where the messages go that SNS cannot deliver. A dedicated queue that is no longer asked for is deleted with its messages, unless the
   * removal policy of the subscribed queue keeps it.
   *
   * @default SubscriptionDeadLetters.sameAsQueue() where the queue is known to have a dead-letter queue of the kind of the topic that SNS can send to,
   * in the Region of the topic, in the stack of the subscription or of the topic; SubscriptionDeadLetters.dedicated() otherwise. With a topic of
   * another Region than the stack of the subscription, often neither is possible: the default is then refused
   */
  readonly subscriptionDeadLetters?: SubscriptionDeadLetters;
}

/**
 * Properties of a queue subscription.
 */
export interface QueueSubscriptionProps extends QueueSubscriptionOptions {
  /**
   * Which messages to deliver again from the archive of a FIFO topic.
   *
   * @default - only messages that are published from now on
   */
  readonly replay?: Replay;
}

/**
 * The subscription of a queue to a topic, with everything it needs to deliver: queue policy, key policy, dead letters.
 *
 * Give it to `addSubscription` of a fan-out or of any `sns.ITopic`. Subscription, policies and a dedicated dead-letter queue are created in the stack of
 * the queue, which then depends on that of the topic and never the other way round.
 *
 * The queue accepts this topic alone, by `aws:SourceArn` and `aws:SourceAccount`; every topic that feeds the queue is added to
 * the same policy statement. An imported queue or key cannot be changed: a warning carries the statement to add. A warning also tells where an imported topic of
 * another account has to allow the subscription, and where the owner of a queue in another account has to confirm it. A topic of this app then gets a
 * statement that allows the other account to subscribe this queue (`sns:Subscribe`, limited by `sns:Endpoint`).
 *
 * @throws Error when it is added: for a FIFO queue on a standard topic, a queue encrypted with `alias/aws/sqs`, a filter policy that SNS refuses,
 * a queue that is subscribed to the topic already, the 101st subscription of a FIFO topic, a replay without an archive, a topic or queue of another account or
 * Region without a name, or a dead-letter queue of another kind or account than the subscription, of another Region than the topic, or of a
 * stack that would come to depend on itself
 * @example
 * declare const orders: FanOut;
 *
 * orders.addSubscription(new QueueSubscription(queue, { rawMessageDelivery: true }));
 */
export class QueueSubscription implements sns.ITopicSubscription {
  /**
   * @param queue the queue: FIFO only with a FIFO topic, standard with either
   */
  constructor(
    /** The queue. */
    public readonly queue: sqs.IQueue,
    private readonly props: QueueSubscriptionProps = {},
  ) {}

  /**
   * Creates what the subscription needs. A topic calls this once.
   */
  public bind(topic: sns.ITopic): sns.TopicSubscriptionConfig {
    return this._bindIn(this.queue as unknown as Construct, Names.nodeUniqueId(topic.node), topic);
  }

  /**
   * As `bind`, with the place of the subscription in the construct tree.
   * @internal
   */
  public _bindIn(scope: Construct, id: string, topic: sns.ITopic): sns.TopicSubscriptionConfig {
    const { filterPolicy, rawMessageDelivery, subscriptionDeadLetters, replay } = this.props;
    const place = placeIn(scope, id, 'QueueSubscription', 'queue', this.queue.queueArn);
    const config = completeSubscription({
      construct: 'QueueSubscription',
      place,
      topic,
      queue: this.queue,
      config: { protocol: sns.SubscriptionProtocol.SQS, endpoint: this.queue.queueArn, rawMessageDelivery, ...filterPolicy?._subscriptionProps() },
      replay,
      deadLetters: subscriptionDeadLetters,
      deadLettersProp: 'subscriptionDeadLetters',
    });
    // The L2 has no replay policy, and is created after this.
    if (replay) Aspects.of(place).add({ visit: node => { if (sns.CfnSubscription.isCfnSubscription(node)) node.replayPolicy = replay._render(); } });
    return config;
  }
}
