import { Duration, Size } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Bound, BoundsOf } from '../../private/bounds';
import { FanOutProps } from '../fan-out';
import { FifoFanOutProps } from '../fifo-fan-out';
import { SubscriberStacksProps } from '../subscriber-stacks';

/** The same for `FifoFanOutProps`. */
export const TOPIC = {
  displayName: Bound.length({ min: 0, max: 100, fix: 'Shorten it, or omit it.' }),
  maxMessageSize: Bound.size({ min: Size.kibibytes(1), max: Size.mebibytes(1), fix: 'Put larger messages into a bucket, and publish where they are.' }),
} satisfies BoundsOf<FanOutProps>;

/** The bounds of an item of `loggingConfigs`. The L2 checks the number when it writes the template, and cannot check a token. */
export const TOPIC_LOGGING = {
  successFeedbackSampleRate: Bound.number({ min: 0, max: 100, readToken: undefined, fix: 'Specify the percentage of successful deliveries to log.' }),
} satisfies BoundsOf<sns.LoggingConfig>;

/** The bounds of `deliveryPolicy.healthyRetryPolicy` of a `UrlSubscription`. All retries together take at most 3,600 seconds. */
export const RETRY_POLICY = {
  minDelayTarget: Bound.duration({ min: Duration.seconds(1), max: Duration.hours(1), default: Duration.seconds(20), readToken: undefined, fix: 'Specify the delay of the first retries.' }),
  maxDelayTarget: Bound.duration({ min: Duration.seconds(1), max: Duration.hours(1), default: Duration.seconds(20), readToken: undefined, fix: 'Specify the delay of the last retries.' }),
  numRetries: Bound.number({ min: 0, max: 100, default: 3, readToken: undefined, fix: 'Retry less often; messages that are not delivered go to the dead-letter queue of the subscription.' }),
  numNoDelayRetries: Bound.number({ min: 0, max: 100, default: 0, readToken: undefined, fix: 'Specify a part of numRetries.' }),
  numMinDelayRetries: Bound.number({ min: 0, max: 100, default: 0, readToken: undefined, fix: 'Specify a part of numRetries.' }),
  numMaxDelayRetries: Bound.number({ min: 0, max: 100, default: 0, readToken: undefined, fix: 'Specify a part of numRetries.' }),
} satisfies BoundsOf<sns.HealthyRetryPolicy>;

/** The bounds of `deliveryPolicy.throttlePolicy` of a `UrlSubscription`. */
export const THROTTLE_POLICY = {
  maxReceivesPerSecond: Bound.number({ min: 1, readToken: undefined, fix: 'Specify a whole number of deliveries, or omit it for no limit.' }),
} satisfies BoundsOf<sns.ThrottlePolicy>;

/** The bounds of `FifoFanOutProps`. */
export const FIFO_FAN_OUT = {
  archiveRetention: Bound.duration({
    min: Duration.days(1), max: Duration.days(365), step: Duration.days(1), readToken: undefined, fix: 'Specify whole days in this range, or omit it for no archive.',
  }),
} satisfies BoundsOf<FifoFanOutProps>;

/** The bounds of an item of `objects`. The key of an object has at most 1,024 bytes. */
export const OBJECT_FILTER = {
  prefix: Bound.length({ min: 1, max: 1024, fix: 'Specify the start of the keys, or omit it.' }),
  suffix: Bound.length({ min: 1, max: 1024, fix: 'Specify the end of the keys, or omit it.' }),
} satisfies BoundsOf<s3.NotificationKeyFilter>;

/** The bounds of `SubscriberStacksProps`. */
export const SUBSCRIBER_STACKS = {
  /** The maximum is the default quota of CloudFormation for an account and Region. */
  stackCount: Bound.number({ min: 1, max: 2000, readToken: undefined, fix: 'Plan one stack for each 60 queues.' }),
} satisfies BoundsOf<SubscriberStacksProps>;

/**
 * The limits of SNS for a topic policy.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
 */
export const TOPIC_POLICY = {
  bytes: Bound.number({ min: 0, max: 30 * 1024, fix: 'Let an organization publish or subscribe instead of many accounts, or split the topic.' }),
  statements: Bound.number({ min: 0, max: 100, fix: 'Let fewer accounts subscribe or publish, or split the topic.' }),
};

/**
 * The quotas of SNS for the subscriptions of one topic.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/sns.html
 */
export const TOPIC_SUBSCRIPTIONS = {
  /** Delivery streams, for each account that subscribes them. More are warned of, because AWS may raise the quota of an account. */
  deliveryStreams: Bound.number({ min: 0, max: 5, fix: 'Let several consumers read from the destination of one delivery stream, or ask AWS to raise the quota before you deploy.' }),
};

/**
 * The limits of SNS for a filter policy.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 */
export const FILTER_POLICY = {
  /** Keys; in the body, leaf keys. */
  keys: Bound.number({ min: 1, max: 5, fix: 'Filter on fewer keys and combine attributes that belong together, or omit filterPolicy to receive every message.' }),
  /** Combinations of values; in the body, the values of a leaf count once for each level of its key. */
  combinations: Bound.number({ min: 1, max: 150, fix: 'Filter on fewer values or, in a body, on keys that are less deeply nested.' }),
  bytes: Bound.number({ min: 2, max: 256 * 1024, fix: 'Filter on fewer or shorter values.' }),
  /** The complexity of all patterns with wildcards. A key with more patterns is refused; other policies are estimated, and warned of. */
  complexity: Bound.number({ min: 0, max: 100, fix: 'Use fewer patterns with wildcards, or prefixes and suffixes.' }),
  /** Wildcards in one pattern. */
  wildcards: Bound.number({ min: 0, max: 3, fix: 'Use fewer wildcards.' }),
  /** A number that a value is compared with. */
  number: Bound.number({ min: -1_000_000_000, max: 1_000_000_000, step: 0, fix: 'Filter on a number in this range, or on a string.' }),
};

/**
 * The limits of EventBridge for the rules of bucket events.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
export const EVENT_RULES = {
  /** Rules with a wildcard on one bus. AWS does not raise this quota. */
  wildcards: Bound.number({
    min: 0, max: 30, fix: 'AWS does not raise this quota. Specify only a prefix or only a suffix, put several filters into one queue, or set route to BucketEventRoute.topic().',
  }),
  /** Characters of one pattern; a quota that AWS can raise. */
  characters: Bound.number({ min: 1, max: 2048, fix: 'Specify fewer or shorter objects, split them between two queues, or ask AWS to raise the quota before you deploy.' }),
};
