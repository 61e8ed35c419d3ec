import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Buffering } from '../buffering';
import { DeliveryBucket } from '../delivery-bucket';

/**
 * Options of the backup of records that could not be delivered to an HTTP endpoint.
 */
export interface FailedRecordsBackupOptions {
  /**
   * The bucket. A bucket created here is kept when another one is given instead.
   *
   * @default DeliveryBucket.create()
   */
  readonly bucket?: DeliveryBucket;

  /**
   * What the keys of records begin with that could not be delivered or transformed.
   *
   * @default 'errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/'
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly errorOutputPrefix?: string;

  /**
   * How much is collected before an object is written: 60 to 900 seconds and 1 to 128 MiB, in whole seconds and MiB.
   *
   * @default - 300 seconds and 5 MiB
   */
  readonly buffering?: Buffering;

  /**
   * How the objects are compressed.
   *
   * @default firehose.Compression.GZIP
   */
  readonly compression?: firehose.Compression;
}

/**
 * Options of the backup of all records.
 */
export interface AllRecordsBackupOptions extends FailedRecordsBackupOptions {
  /**
   * What the keys of the objects begin with. An empty prefix means the `yyyy/MM/dd/HH/` of Firehose.
   *
   * @default 'source/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/'
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly prefix?: string;
}

/**
 * Which records Firehose writes to S3 besides delivering them to an HTTP endpoint. Firehose always needs a bucket for this.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointDestinationConfiguration.html
 */
export class HttpEndpointBackup {
  /**
   * The records that Firehose could not deliver within the retry duration, or could not transform. The bucket costs nothing while every
   * record is delivered.
   */
  public static failedRecords(options: FailedRecordsBackupOptions = {}): HttpEndpointBackup {
    return new HttpEndpointBackup('FailedDataOnly', options);
  }

  /**
   * Every record. It costs what is stored in the bucket.
   */
  public static allRecords(options: AllRecordsBackupOptions = {}): HttpEndpointBackup {
    return new HttpEndpointBackup('AllData', options);
  }

  private constructor(
    /** Which records are backed up, as in the Firehose API: `FailedDataOnly` or `AllData`. */
    public readonly s3BackupMode: string,
    /** @internal */
    public readonly _options: AllRecordsBackupOptions,
  ) {}
}
