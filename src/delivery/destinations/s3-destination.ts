import { TimeZone } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { DynamicPartitioning } from './dynamic-partitioning';
import { RecordConversion } from './record-conversion';
import { SourceBackup } from './source-backup';
import { Problem, throwProblems } from '../../private/problems';
import { Buffering } from '../buffering';
import { DeliveryBucket } from '../delivery-bucket';
import { DeliveryLogging } from '../delivery-logging';
import { DestinationBinding, Reporter } from '../private/binding';
import { bindAlone } from '../private/role';
import { checkS3Destination } from '../private/s3-checks';
import { attachS3 } from '../private/s3-configuration';
import { RecordTransform } from '../record-transform';

/**
 * Properties of an S3 bucket as a destination.
 */
export interface S3DestinationProps {
  /**
   * The bucket that the records are written to. A bucket created here is kept when another one is given instead.
   *
   * @default DeliveryBucket.create()
   */
  readonly bucket?: DeliveryBucket;

  /**
   * Which source records are kept. Once deployed, Firehose refuses to turn the backup off.
   *
   * @default SourceBackup.allRecords()
   */
  readonly backup?: SourceBackup;

  /**
   * The prefix of the keys of the objects: at most 512 characters when evaluated. Expressions have the form
   * `!{namespace:value}` with the namespaces `timestamp`, `firehose`, `partitionKeyFromQuery` and `partitionKeyFromLambda`.
   * Without a timestamp, Firehose adds `yyyy/MM/dd/HH/`; so does an empty prefix.
   *
   * @default 'data/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/', with every partition key after `data/`
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly prefix?: string;

  /**
   * The prefix of records that could not be transformed, converted or delivered. With expressions it has to have
   * `!{firehose:error-output-type}`. It may only be empty when `prefix` has no expressions.
   *
   * @default 'errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/'
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly errorOutputPrefix?: string;

  /**
   * The time zone of `timestamp` in the prefixes.
   *
   * @default - UTC
   */
  readonly timeZone?: TimeZone;

  /**
   * The extension of the keys of the objects, in place of the extension of the format: a period and up to 127 of the characters
   * `0-9a-z!-_.*'()`.
   *
   * @default - the extension of the compression or conversion
   */
  readonly fileExtension?: string;

  /**
   * How much is collected before an object is written.
   *
   * @default - 300 seconds and 5 MiB; 128 MiB with conversion or partitioning
   */
  readonly buffering?: Buffering;

  /**
   * How the objects are compressed. Beside `conversion` it can only be `UNCOMPRESSED`, since the format compresses by itself.
   *
   * @default firehose.Compression.GZIP; with conversion, that of the format
   */
  readonly compression?: firehose.Compression;

  /**
   * A function that changes or drops records.
   *
   * @default - records are delivered as they are
   */
  readonly transform?: RecordTransform;

  /**
   * Conversion to Parquet or ORC.
   *
   * @default - no conversion
   */
  readonly conversion?: RecordConversion;

  /**
   * Sorting into prefixes by content. It cannot be turned on or off on an existing delivery stream: Firehose refuses, and the deployment
   * is rolled back. Add a second `FirehoseStream` that reads the same data stream, and remove the first when it has delivered everything.
   *
   * @default - no partitioning by content
   */
  readonly partitioning?: DynamicPartitioning;

  /**
   * Whether a line break is added to each record, as JSON Lines needs when the producers do not add one.
   *
   * @default false
   */
  readonly newLineDelimiter?: boolean;

  /**
   * Where Firehose reports records it could not transform, convert or write. A log group created here is kept when it is no longer asked for.
   *
   * @default - the logging of the Firehose stream; DeliveryLogging.create() in a `firehose.DeliveryStream`
   */
  readonly logging?: DeliveryLogging;
}

/**
 * An S3 bucket as the destination of a Firehose stream, with a backup of all source records in a bucket of its own.
 *
 * Each stream that is given the same `S3Destination` gets buckets of its own, except for those of `DeliveryBucket.existing()`.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html#create-destination-s3
 */
export class S3Destination implements firehose.IDestination {
  constructor(private readonly props: S3DestinationProps = {}) {}

  /**
   * Creates the buckets, the log group and a role with exactly the permissions that Firehose needs, in the scope of the stream.
   *
   * @throws Error with all problems of the props, before anything is created
   */
  public bind(scope: Construct, _options: firehose.DestinationBindOptions): firehose.DestinationConfig {
    throwProblems(scope, 'S3Destination', this._check(scope));
    return bindAlone(scope, 'S3Destination', this);
  }

  /** @internal */
  public get _logging(): DeliveryLogging | undefined {
    return this.props.logging;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    return checkS3Destination(scope, this.props);
  }

  /** @internal */
  public _attach(scope: Construct, reporter: Reporter): DestinationBinding {
    return attachS3(scope, this.props, reporter);
  }
}
