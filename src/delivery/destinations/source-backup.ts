import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { checkBounds } from '../../private/bounds';
import { Problem, at, blankProblems } from '../../private/problems';
import { Buffering } from '../buffering';
import { DeliveryBucket } from '../delivery-bucket';
import { BACKUP_BUFFERING } from '../private/delivery-bounds';
import { DEFAULT_BACKUP_ERROR_PREFIX, DEFAULT_BACKUP_PREFIX, checkPrefixes } from '../private/prefixes';

/**
 * Options of the backup of source records.
 */
export interface SourceBackupOptions {
  /**
   * The bucket. A bucket created here is kept when another one is given instead.
   *
   * @default DeliveryBucket.create()
   */
  readonly bucket?: DeliveryBucket;

  /**
   * What the keys of the objects begin with. An empty prefix means the `yyyy/MM/dd/HH/` of Firehose. In the bucket of the delivered records, it has to differ from
   * their prefix.
   *
   * @default 'source/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/'
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly prefix?: string;

  /**
   * What the keys of records that could not be backed up begin with.
   *
   * @default 'source-errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/'
   */
  readonly errorOutputPrefix?: string;

  /**
   * How much is collected before an object is written: 60 to 900 seconds and 1 to 128 MiB.
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
 * Which source records are kept, as they were before any transformation, conversion or partitioning.
 */
export class SourceBackup {
  /**
   * Every source record, in a bucket of its own. You pay for what is stored in it.
   *
   * Once deployed, it cannot be turned off: Firehose refuses, and the deployment fails.
   */
  public static allRecords(options: SourceBackupOptions = {}): SourceBackup {
    return new SourceBackup(options);
  }

  /**
   * No backup: records that a wrong transformation or conversion drops are lost when the data stream no longer keeps them.
   *
   * @param reason why you can do without, for readers of the code
   */
  public static none(reason: string): SourceBackup {
    return new SourceBackup({}, { reason });
  }

  private constructor(private readonly options: SourceBackupOptions, private readonly off?: { readonly reason: string }) {}

  /** Which records are backed up; undefined when none are. */
  public get backupMode(): firehose.BackupMode | undefined {
    return this.off ? undefined : firehose.BackupMode.ALL;
  }

  /** Why there is no backup; undefined when there is. */
  public get reason(): string | undefined {
    return this.off?.reason;
  }

  /**
   * Nothing when there is no backup.
   * @internal
   */
  public get _options(): SourceBackupOptions | undefined {
    return this.off ? undefined : this.options;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.off) return blankProblems('reason', this.off.reason, 'Say why this is right.');
    const { bucket, buffering, errorOutputPrefix, prefix } = this.options;
    return [
      ...at('bucket', bucket?._check(scope) ?? []),
      ...at('buffering', checkBounds<Buffering>(BACKUP_BUFFERING, buffering ?? {})),
      ...checkPrefixes(scope, {
        prefix: prefix ?? DEFAULT_BACKUP_PREFIX, errorOutputPrefix: errorOutputPrefix ?? DEFAULT_BACKUP_ERROR_PREFIX, partitioningAllowed: false,
      }),
    ];
  }
}
