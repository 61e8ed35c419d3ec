import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FanOut, FanOutProps } from './fan-out';
import { BucketEventChannel } from './private/bucket-event-channel';
import { notifiedTopicProblems } from './private/bucket-event-places';
import { RuleChannel } from './private/bucket-event-rules';
import { TopicChannel } from './private/bucket-event-topic';
import { topicProblems } from './private/topics';
import { Encryption } from '../access/encryption';
import { Problem, unless } from '../private/problems';

/**
 * The way of the events from a bucket to its subscribers.
 *
 * The messages of the two routes have different formats, so consumers depend on the route.
 */
export class BucketEventRoute {
  /**
   * The default event bus of EventBridge, with a rule for each subscriber. No idle cost and no key; every event of the bucket is billed, whether a rule
   * matches it or not.
   *
   * Messages are events of EventBridge, in which object keys are as they are. The bucket can have any other notifications. In most Regions, the bus can
   * have 300 rules unless AWS raises the quota, and 30 of them a prefix and a suffix together, which AWS does not raise.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
   * @see https://aws.amazon.com/eventbridge/pricing/
   */
  public static eventBridge(): BucketEventRoute {
    return new BucketEventRoute('eventBridge');
  }

  /**
   * An SNS topic with a subscription for each subscriber, which filters by the body. By default a customer key is created, which is billed by the
   * month, because S3 cannot publish to a topic with the AWS managed key. Publishes are billed at half the price of events of EventBridge; deliveries to queues
   * are free, and filtering is billed by size.
   *
   * Messages are the records of S3, as in a queue that the bucket notifies itself; object keys are URL-encoded. All event types of S3 are
   * available. The bucket notifies the topic of all objects, so S3 refuses other notifications of the same event types.
   *
   * @param props the props of the topic. `encryption` can only be `Encryption.customerManaged()`, which is the default
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
   * @see https://aws.amazon.com/sns/pricing/
   */
  public static topic(props: FanOutProps = {}): BucketEventRoute {
    return new BucketEventRoute('topic', { ...props, encryption: props.encryption ?? Encryption.customerManaged() });
  }

  private constructor(
    private readonly kind: 'topic' | 'eventBridge',
    private readonly props: FanOutProps = {},
  ) {}

  /** Whether the route is the default event bus. */
  public get isEventBridge(): boolean {
    return this.kind === 'eventBridge';
  }

  /**
   * @param bucket undefined for a bucket that is refused
   * @internal
   */
  public _check(scope: Construct, bucket: s3.IBucket | undefined): Problem[] {
    const { encryption, topicName } = this.props;
    if (this.isEventBridge) return [];
    return [
      ...topicProblems(scope, this.props, false),
      ...bucket ? notifiedTopicProblems(scope, bucket, topicName) : [],
      ...unless(encryption?.isCustomerManaged === true, () => ({
        prop: 'encryption',
        got: 'Encryption.serviceManaged()',
        allowed: 'Encryption.customerManaged()',
        fix: 'The policy of the AWS managed key cannot be changed, so S3 could not publish. Omit encryption for a new key, or use BucketEventRoute.eventBridge(), which needs none.',
      })),
    ];
  }

  /** @internal */
  public _bind(scope: Construct, bucket: s3.IBucket): BucketEventChannel {
    return this.isEventBridge ? new RuleChannel(scope, bucket) : new TopicChannel(scope, new FanOut(scope, 'Topic', this.props), bucket);
  }
}
