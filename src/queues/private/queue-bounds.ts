import { Duration, Size } from 'aws-cdk-lib';
import { Bound, BoundsOf } from '../../private/bounds';
import { DedicatedDeadLetterOptions } from '../dead-letters';
import { DedicatedPayloadOptions } from '../large-payloads';
import { SharedDeadLetterQueueProps } from '../shared-dead-letter-queue';
import { WorkQueueProps } from '../work-queue';

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const RETENTION = { min: Duration.minutes(1), max: Duration.days(14) };

/** Dead letters are kept for as long as SQS allows, so that there is time to look at them. */
const DEAD_LETTER_RETENTION = Bound.duration({
  ...RETENTION, default: Duration.days(14), fix: 'Specify a retention in this range, or omit it for the default of 14 days.',
});

/** SQS applies the default itself: it is not written to the template. */
const DATA_KEY_REUSE = Bound.duration({
  min: Duration.minutes(1), max: Duration.hours(24), default: Duration.minutes(5), fix: 'Specify a time in this range, or omit it for the default of 5 minutes.',
});

export const WORK_QUEUE = {
  dataKeyReuse: DATA_KEY_REUSE,
  visibilityTimeout: Bound.duration({
    min: Duration.seconds(0),
    max: Duration.hours(12),
    default: Duration.seconds(30),
    fix: 'For longer work, extend the visibility timeout while the work runs; SQS ends it 12 hours after the receive.',
  }),
  deliveryDelay: Bound.duration({
    min: Duration.seconds(0), max: Duration.minutes(15), default: Duration.seconds(0), fix: 'For a longer delay, use EventBridge Scheduler.',
  }),
  retention: Bound.duration({ ...RETENTION, default: Duration.days(4), fix: 'Specify a retention in this range, or omit it for the default of 4 days.' }),
  receiveMessageWaitTime: Bound.duration({
    min: Duration.seconds(0), max: Duration.seconds(20), default: Duration.seconds(20), fix: 'Specify a wait time in this range; SQS polls for at most 20 seconds.',
  }),
  maxMessageSize: Bound.size({
    min: Size.kibibytes(1), max: Size.mebibytes(1), default: Size.mebibytes(1), fix: 'Store larger data in S3 and send a reference to the object.',
  }),
} satisfies BoundsOf<WorkQueueProps>;

export const SHARED_DEAD_LETTER_QUEUE = {
  dataKeyReuse: DATA_KEY_REUSE,
  retention: DEAD_LETTER_RETENTION,
} satisfies BoundsOf<SharedDeadLetterQueueProps>;

export const DEAD_LETTERS = {
  maxReceiveCount: Bound.number({
    min: 1, max: 1000, default: 5, fix: 'Specify a count in this range, or use DeadLetters.none(reason) to retry until the retention ends.',
  }),
  retention: DEAD_LETTER_RETENTION,
} satisfies BoundsOf<DedicatedDeadLetterOptions>;

/** The objects of a bucket for large payloads. Expiration also has to be longer than a message can stay in the queues. */
export const LARGE_PAYLOADS = {
  expiration: Bound.duration({
    min: Duration.days(1), step: Duration.days(1), readToken: value => value.toDays(), fix: 'S3 counts whole days; specify a time such as Duration.days(30).',
  }),
} satisfies BoundsOf<DedicatedPayloadOptions>;

/**
 * The limits of SQS for a queue policy, with the statement for TLS.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
export const QUEUE_POLICY = {
  bytes: Bound.number({ min: 0, max: 8192, fix: 'Let fewer sources send to the queue, give them shorter names, or let an organization send instead of many accounts.' }),
  /** Different principals, apart from `*`. */
  principals: Bound.number({ min: 0, max: 50, fix: 'Allow an organization, or fewer accounts whose policies allow their roles.' }),
  statements: Bound.number({ min: 0, max: 20, fix: 'The sources of one service share a statement; allow fewer services, or fewer principals of other accounts.' }),
};
