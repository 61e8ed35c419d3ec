import { Duration } from 'aws-cdk-lib';
import { Bound, BoundsOf } from '../../private/bounds';
import { DurableReplyQueuesOptions, TemporaryReplyQueuesOptions } from '../reply-queues';

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const RETENTION = { min: Duration.minutes(1), max: Duration.days(14) };

export const DURABLE_REPLY_QUEUES = {
  retention: Bound.duration({ ...RETENTION, default: Duration.minutes(15), fix: 'Specify a retention in this range, or omit it for the default of 15 minutes.' }),
} satisfies BoundsOf<DurableReplyQueuesOptions>;

export const TEMPORARY_REPLY_QUEUES = {
  orphanedAfter: Bound.duration({
    min: Duration.minutes(10),
    max: Duration.days(14),
    default: Duration.hours(1),
    fix: 'Specify a time in this range, or omit it for the default of 1 hour; a requester renews its heartbeat at least three times in it.',
  }),
  sweepInterval: Bound.duration({
    min: Duration.minutes(1),
    max: Duration.days(1),
    step: Duration.minutes(1),
    default: Duration.minutes(15),
    readToken: undefined,
    fix: 'Specify whole minutes in this range, or omit it for the default of 15 minutes.',
  }),
} satisfies BoundsOf<TemporaryReplyQueuesOptions>;
