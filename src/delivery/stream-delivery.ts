import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Buffering } from './buffering';
import { DeliveryBucket } from './delivery-bucket';
import { DeliveryLogging } from './delivery-logging';
import { DynamicPartitioning } from './dynamic-partitioning';
import { BoundBucket, BoundLogging, BoundStreamSource } from './private/bound';
import { allowFromOtherAccount, roleNameForOthers, warnOfUnknownKeys } from './private/cross-account';
import { checkDelivery } from './private/delivery-checks';
import { buildDeliveryStream } from './private/delivery-stream';
import { grantWriteToStream } from './private/grant-write';
import { invokeFunction, mayDiffer, readSchema, readStream, writeBucket, writeLogs } from './private/permissions';
import { checkAtSynth } from './private/synth-checks';
import { warnAboutProps } from './private/warn-about-props';
import { RecordConversion } from './record-conversion';
import { RecordTransform } from './record-transform';
import { SourceBackup } from './source-backup';
import { StreamSource } from './stream-source';
import { metricOptions } from '../private/metric-options';
import { at, fail, throwProblems } from '../private/problems';

/**
 * Properties of a delivery from a Kinesis data stream to S3.
 *
 * There is no encryption of the delivery stream itself: Firehose refuses it with a Kinesis source, which is encrypted
 * where it is kept, in the data stream.
 */
export interface StreamDeliveryProps {
  /**
   * The data stream. Changing which one it is replaces the delivery stream, which goes on from the newest record; a data stream made here
   * is kept.
   *
   * @default StreamSource.create(): on demand, 24 hours, encrypted with `alias/aws/kinesis`; billed by the hour
   */
  readonly source?: StreamSource;

  /**
   * The bucket the records go to. One made here is kept when another is given instead.
   *
   * @default DeliveryBucket.create()
   */
  readonly destination?: DeliveryBucket;

  /**
   * What is kept of the records as they came. Once deployed, Firehose refuses to turn it off.
   *
   * @default SourceBackup.allRecords()
   */
  readonly backup?: SourceBackup;

  /**
   * What the keys of the objects begin with: at most 512 characters when evaluated. Expressions have the form
   * `!{namespace:value}` with the namespaces `timestamp`, `firehose`, `partitionKeyFromQuery` and `partitionKeyFromLambda`.
   * Without a timestamp, Firehose adds `yyyy/MM/dd/HH/`; so does an empty prefix.
   *
   * @default 'data/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/', with every partition key after `data/`
   * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
   */
  readonly prefix?: string;

  /**
   * What the keys of records begin with that could not be transformed, converted or delivered. With expressions it has to have
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
   * What the keys of the objects end with, in place of the extension of the format: a period and up to 127 of the characters
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
   * @default - records are delivered as they came
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
   * is rolled back. Add a second `StreamDelivery` that reads the same data stream, and remove the first when it has delivered everything.
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
   * Where errors are reported. A log group made here is kept when it is no longer asked for.
   *
   * @default DeliveryLogging.create()
   */
  readonly logging?: DeliveryLogging;
}

/**
 * Delivers a Kinesis data stream to S3 with Amazon Data Firehose, and keeps every source record in a second bucket.
 *
 * At rest it costs the data stream, by the hour; buckets, log group and delivery stream cost by volume. One role, with exactly
 * the permissions the props call for, reads the stream and writes the buckets; only Firehose acting for this account can
 * assume it. It needs `iam:CreatePolicy` of whoever deploys, since its policy is a managed one.
 */
export class StreamDelivery extends Construct {
  /** The data stream. */
  public readonly stream: kinesis.IStream;
  /** The customer key of the data stream; nothing when it has none. */
  public readonly streamKey?: kms.IKey;
  /** The delivery stream. */
  public readonly deliveryStream: firehose.DeliveryStream;
  /** The bucket the records go to. */
  public readonly bucket: s3.IBucket;
  /** The customer key of the bucket; nothing when it has none. */
  public readonly bucketKey?: kms.IKey;
  /** The bucket of the source records; nothing without backup. */
  public readonly backupBucket?: s3.IBucket;
  /** The customer key of the bucket of the source records; nothing when it has none. */
  public readonly backupBucketKey?: kms.IKey;
  /** The log group of the errors; nothing without logging. */
  public readonly logGroup?: logs.ILogGroup;
  /** The customer key of a new log group; nothing when there is none, and of a log group that exists already. */
  public readonly logGroupKey?: kms.IKey;
  /** The role Firehose assumes to read the stream and to write the buckets. */
  public readonly role: iam.Role;
  /** What the role may do. The delivery stream is created after it. */
  public readonly policy: iam.ManagedPolicy;

  private readonly source: BoundStreamSource;

  /**
   * @throws Error with all problems of the props, before anything is built
   */
  constructor(scope: Construct, id: string, props: StreamDeliveryProps = {}) {
    super(scope, id);
    throwProblems(this, 'StreamDelivery', [...at('source', props.source?._check(this) ?? []), ...checkDelivery(this, props)]);
    warnAboutProps(this, props);

    this.source = (props.source ?? StreamSource.create())._bind(this);
    const destination = (props.destination ?? DeliveryBucket.create())._bind(this, 'Bucket', 'destination');
    const backupOptions = (props.backup ?? SourceBackup.allRecords())._options;
    const backup = backupOptions && (backupOptions.bucket ?? DeliveryBucket.create())._bind(this, 'BackupBucket', 'backup.bucket');
    const logging = (props.logging ?? DeliveryLogging.create())._bind(this);
    this.stream = this.source.stream;
    this.streamKey = this.source.key;
    this.bucket = destination.bucket;
    this.bucketKey = destination.key;
    this.backupBucket = backup?.bucket;
    this.backupBucketKey = backup?.key;
    this.logGroup = logging?.logGroup;
    this.logGroupKey = logging?.key;

    const buckets: [string, BoundBucket][] = [['Bucket', destination], ...(backup ? [['BackupBucket', backup] as [string, BoundBucket]] : [])];
    this.role = new iam.Role(this, 'Role', {
      // The account as external id is how Firehose proves for whom it acts; aws:SourceArn is not documented for it.
      // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
        conditions: { StringEquals: { 'sts:ExternalId': Stack.of(this).account } },
      }),
      description: `Reads the data stream and writes the buckets of ${this.node.path}`,
      roleName: roleNameForOthers(this, this.source, buckets.map(([, bound]) => bound)),
    });
    const { deliveryStream, logStreamNames } = buildDeliveryStream(this, {
      props, source: this.source, destination, backup, backupOptions, logging, role: this.role,
    });
    this.deliveryStream = deliveryStream;

    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      roles: [this.role],
      statements: this.statements(props, destination, backup, logging, logStreamNames),
    });
    // CloudFormation sees that the delivery stream needs its role, not that it needs the policy: created before it, the
    // delivery stream fails. https://github.com/aws/aws-cdk/issues/10783
    this.deliveryStream.node.addDependency(this.policy);
    allowFromOtherAccount(this, this.role, this.source, buckets);
    warnOfUnknownKeys(this, this.source, buckets);
    checkAtSynth(this, deliveryStream, { source: this.source, destination, backup });
  }

  /**
   * Allows a principal to put records into the data stream: `kinesis:PutRecord`, `kinesis:PutRecords` and
   * `kinesis:ListShards` on the stream, and with a customer key `kms:GenerateDataKey` on it, through Kinesis for this stream.
   *
   * @throws Error when the grantee is an AWS service without conditions
   */
  public grantWrite(grantee: iam.IGrantable): iam.Grant {
    return grantWriteToStream(this, this.source, grantee);
  }

  /**
   * Any metric of the delivery stream, by its name in the namespace `AWS/Firehose`.
   *
   * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metric', metricName, 'Average', options);
  }

  /**
   * Age in seconds of the oldest record that is not in the bucket yet: `DeliveryToS3.DataFreshness`, maximum over 5 minutes.
   *
   * Normal up to the buffering interval. It has no data while no records arrive.
   */
  public metricDataFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricDataFreshness', 'DeliveryToS3.DataFreshness', 'Maximum', options);
  }

  /**
   * Share of the writes to the bucket that succeeded, 0 to 1: `DeliveryToS3.Success`, average over 5 minutes.
   *
   * Records that a transformation or conversion rejects are not counted here: they are written to the error prefix with success.
   */
  public metricDeliverySuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricDeliverySuccess', 'DeliveryToS3.Success', 'Average', options);
  }

  /**
   * Number of records written to the bucket: `DeliveryToS3.Records`, sum over 5 minutes.
   */
  public metricDeliveredRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricDeliveredRecords', 'DeliveryToS3.Records', 'Sum', options);
  }

  /**
   * How far Firehose is behind the newest record of the data stream, in milliseconds: `KinesisMillisBehindLatest`, maximum
   * over 5 minutes. Records are lost when it reaches the retention of the stream.
   */
  public metricMillisBehindLatest(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricMillisBehindLatest', 'KinesisMillisBehindLatest', 'Maximum', options);
  }

  /**
   * Age in seconds of the oldest record that is not in the backup bucket yet: `BackupToS3.DataFreshness`, maximum over 5
   * minutes.
   *
   * @throws Error without backup, since the metric would never have data
   */
  public metricBackupDataFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this.requireBackup('metricBackupDataFreshness()');
    return this.metricOf('metricBackupDataFreshness', 'BackupToS3.DataFreshness', 'Maximum', options);
  }

  /**
   * Share of the writes to the backup bucket that succeeded, 0 to 1: `BackupToS3.Success`, average over 5 minutes.
   *
   * @throws Error without backup, since the metric would never have data
   */
  public metricBackupSuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    this.requireBackup('metricBackupSuccess()');
    return this.metricOf('metricBackupSuccess', 'BackupToS3.Success', 'Average', options);
  }

  private metricOf(method: string, metricName: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deliveryStream.metric(metricName, metricOptions(this, 'StreamDelivery', method, options, { statistic, period: Duration.minutes(5) }));
  }

  private requireBackup(prop: string) {
    if (this.backupBucket) return;
    fail(this, 'StreamDelivery', { prop, got: 'a delivery without backup', allowed: 'a delivery with SourceBackup.allRecords()', fix: 'Leave the metric out, or turn the backup on.' });
  }

  private statements(
    props: StreamDeliveryProps,
    destination: BoundBucket,
    backup: BoundBucket | undefined,
    logging: BoundLogging | undefined,
    logStreamNames: string[],
  ): iam.PolicyStatement[] {
    const foreign = ({ bucket }: BoundBucket) => mayDiffer(bucket.env.account, Stack.of(this).account);
    return [
      ...readStream(this.source),
      ...writeBucket('Bucket', destination, foreign(destination)),
      ...(backup ? writeBucket('BackupBucket', backup, foreign(backup)) : []),
      ...(logging ? [writeLogs(this, logging.target, logStreamNames)] : []),
      ...(props.transform ? [invokeFunction(props.transform.handler)] : []),
      ...(props.conversion ? readSchema(this, props.conversion.schema) : []),
    ];
  }
}
