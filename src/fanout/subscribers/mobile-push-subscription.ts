import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { blankProblems, refuse } from '../../private/problems';
import { FilterPolicy } from '../filter-policy';
import { completeSubscription, placeIn, subscriberIdIn } from '../private/bind-subscription';
import { APPLIED } from '../private/subscription-checks';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

const CONSTRUCT = 'MobilePushSubscription';

/**
 * Properties of a mobile push subscription.
 */
export interface MobilePushSubscriptionProps {
  /**
   * Which messages reach the device.
   *
   * @default - all messages
   */
  readonly filterPolicy?: FilterPolicy;

  /**
   * Where SNS sends messages that it cannot deliver, after retries for 6 hours. `sameAsQueue()` is refused, because a device has no queue. If you stop using a
   * dedicated queue, it is deleted with its messages.
   *
   * @default SubscriptionDeadLetters.dedicated()
   */
  readonly subscriptionDeadLetters?: SubscriptionDeadLetters;
}

/**
 * Subscribes a mobile device to a topic, by the ARN of its platform endpoint. The CDK has no subscription for it.
 *
 * CloudFormation has no platform applications and no platform endpoints. Create the application once, in the console or with `CreatePlatformApplication`. An app
 * that registers a device calls `CreatePlatformEndpoint`. Devices that register later subscribe with the `Subscribe` API; see `grantSubscribe`.
 *
 * Pass it to `addSubscription` of a fan-out or of any standard `sns.ITopic`.
 *
 * @throws Error when you add it: for an ARN that is not of a platform endpoint, an endpoint of another Region than the topic, a FIFO topic, a topic that accepts
 * messages of more than 256 KiB, an endpoint that is already subscribed, a filter policy that SNS refuses, or a dead-letter queue that SNS cannot use
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html
 * @example
 * import * as fanout from 'cdk-decouple/fanout';
 *
 * declare const orders: fanout.FanOut;
 *
 * orders.addSubscription(new fanout.MobilePushSubscription('arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/shop/5e3e9847-3183-3f18-a7e8-671c3a57d4b3'));
 */
export class MobilePushSubscription implements sns.ITopicSubscription {
  /**
   * @param endpointArn the ARN of the platform endpoint, `arn:aws:sns:<Region>:<account>:endpoint/<platform>/<application>/<id>`
   */
  constructor(
    /** The ARN of the platform endpoint. */
    public readonly endpointArn: string,
    private readonly props: MobilePushSubscriptionProps = {},
  ) {}

  /**
   * Creates the resources and policies of the subscription. A topic calls this method once.
   */
  public bind(topic: sns.ITopic): sns.TopicSubscriptionConfig {
    return this._bindWith(topic, undefined, topic);
  }

  /** @internal */
  public _bindWith(topic: sns.ITopic, applied: SubscriptionDeadLetters | undefined, owner: IConstruct): sns.TopicSubscriptionConfig {
    const { endpointArn, props: { filterPolicy, subscriptionDeadLetters } } = this;
    refuse(owner, CONSTRUCT, blankProblems('endpoint', endpointArn, 'Specify the ARN of a platform endpoint.'));
    return completeSubscription({
      construct: CONSTRUCT,
      place: placeIn(owner as Construct, subscriberIdIn(owner, topic, endpointArn), CONSTRUCT, 'endpoint', endpointArn),
      topic,
      config: { protocol: sns.SubscriptionProtocol.APPLICATION, endpoint: endpointArn, ...filterPolicy?._subscriptionProps() },
      deadLetters: applied ?? subscriptionDeadLetters,
      deadLettersProp: applied ? APPLIED : 'subscriptionDeadLetters',
    });
  }
}
