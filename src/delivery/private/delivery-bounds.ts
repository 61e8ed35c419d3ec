import { Duration, Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Bound, BoundsOf } from '../../private/bounds';
import { Buffering } from '../buffering';
import { DynamicPartitioning, DynamicPartitioningOptions } from '../destinations/dynamic-partitioning';
import { RecordTransform } from '../record-transform';
import { KinesisSourceOptions } from '../sources/kinesis-source';
import { SourceCapacity } from '../sources/source-capacity';

/**
 * A data stream that is created.
 *
 * @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
 */
export const DATA_STREAM = {
  retention: Bound.duration({
    min: Duration.hours(24),
    max: Duration.days(365),
    step: Duration.hours(1),
    default: Duration.hours(24),
    readToken: value => value.toHours(),
    fix: 'Specify a time in this range, or omit it for 24 hours.',
  }),
} satisfies BoundsOf<KinesisSourceOptions>;

/** `SourceCapacity.provisioned()`. The upper bound is the quota of the account. */
export const CAPACITY = {
  shardCount: Bound.number({ min: 1, fix: 'Specify at least one shard, or use SourceCapacity.onDemand().' }),
} satisfies BoundsOf<SourceCapacity>;

/** The bounds of a buffer in seconds, of which 900 are always the most. */
export function bufferingInterval(min: number, byDefault: number, fix: string) {
  return Bound.duration({ min: Duration.seconds(min), max: Duration.seconds(900), default: Duration.seconds(byDefault), fix });
}

/** The bounds of a buffer in whole MiB. */
export function bufferingSize(min: number, max: number, byDefault: number, fix: string) {
  return Bound.size({
    min: Size.mebibytes(min),
    max: Size.mebibytes(max),
    step: Size.mebibytes(1),
    default: Size.mebibytes(byDefault),
    readToken: value => value.toMebibytes(),
    fix,
  });
}

function bufferingBounds(interval: { readonly min: number }, size: { readonly min: number; readonly default: number }, why: string = '') {
  const fix = `${why} Omit it for the default.`.trim();
  return { interval: bufferingInterval(interval.min, 300, fix), size: bufferingSize(size.min, 128, size.default, fix) };
}

/**
 * Records that are delivered as they are.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
 */
export const BUFFERING = bufferingBounds({ min: 0 }, { min: 1, default: 5 }) satisfies BoundsOf<Buffering>;

/**
 * With conversion.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html
 */
export const CONVERTED_BUFFERING = bufferingBounds({ min: 0 }, { min: 64, default: 128 }, 'Conversion needs a larger buffer.') satisfies BoundsOf<Buffering>;

/**
 * With dynamic partitioning.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 */
export const PARTITIONED_BUFFERING = bufferingBounds(
  { min: 60 }, { min: 64, default: 128 }, 'Dynamic partitioning needs a larger buffer.',
) satisfies BoundsOf<Buffering>;

/**
 * Of a backup.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
 */
export const BACKUP_BUFFERING = bufferingBounds({ min: 60 }, { min: 1, default: 5 }, 'The backup cannot be written without buffering.') satisfies BoundsOf<Buffering>;

/**
 * Of a transform function.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
 */
export const TRANSFORM_BUFFERING = {
  interval: bufferingInterval(0, 60, 'Specify a time in this range, or omit it for 60 seconds.'),
  // Firehose takes fractions of a MiB here.
  size: Bound.size({
    min: Size.mebibytes(0.2),
    max: Size.mebibytes(3),
    step: Size.bytes(0),
    default: Size.mebibytes(1),
    readToken: value => value.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
    fix: 'Specify a size in this range, or omit it for 1 MiB.',
  }),
} satisfies BoundsOf<Buffering>;

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_ProcessorParameter.html */
export const TRANSFORM = {
  retries: Bound.number({ min: 0, fix: 'Specify 0 for no retry, or omit it for 3.' }),
} satisfies BoundsOf<RecordTransform>;

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_RetryOptions.html */
export const PARTITIONING = {
  retryDuration: Bound.duration({
    min: Duration.seconds(0), max: Duration.seconds(7200), default: Duration.seconds(300), fix: 'Specify a time in this range, or omit it for 300 seconds.',
  }),
} satisfies BoundsOf<DynamicPartitioningOptions>;

/** The names of the partition keys that a transform function returns. */
export const PARTITION_KEYS = {
  transformKeys: Bound.count({ min: 1, fix: 'List the names that the transform function returns in metadata.partitionKeys.' }),
} satisfies BoundsOf<DynamicPartitioning>;

/** The partition keys that one delivery takes from queries: a limit that CDK applies as well. */
export const MAX_QUERY_KEYS = 50;
/** The longest parameter of a processor, which all queries together are. */
export const MAX_QUERY_LENGTH = 5120;
/** A prefix as it is given, and as Firehose evaluates it. */
export const MAX_PREFIX_LENGTH = 1024;
export const MAX_EVALUATED_PREFIX_LENGTH = 512;

const DAYS_FIX = 'S3 counts whole days: specify a time such as Duration.days(30).';
const days = (min: number) => Bound.duration({
  min: Duration.days(min), step: Duration.days(1), readToken: value => value.toDays(), fix: DAYS_FIX,
});

/** A rule of a bucket that is created. */
export const LIFECYCLE_RULE = {
  abortIncompleteMultipartUploadAfter: days(1), expiration: days(1), noncurrentVersionExpiration: days(1),
} satisfies BoundsOf<s3.LifecycleRule>;

/** S3 allows 0 days for some storage classes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Transition.html */
export const TRANSITION = { transitionAfter: days(0) } satisfies BoundsOf<s3.Transition>;
