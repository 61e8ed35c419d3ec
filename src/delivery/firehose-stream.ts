import { Duration, Resource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DeliveryLogging } from './delivery-logging';
import { S3Destination } from './destinations/s3-destination';
import { DestinationBinding, SourceBinding } from './private/binding';
import { BoundLogging } from './private/bound';
import { deferCidrMapping } from './private/cidr-mapping';
import { checkGrant, checkGrantPutRecords, grantWriteToStream, requireAdded } from './private/grant-write';
import { ownDestination, ownSource } from './private/parts';
import { createRole } from './private/role';
import { hasBackup, metricPrefix, requireForMetric } from './private/stream-metrics';
import { checkWrittenKeys } from './private/written-keys';
import { KinesisSource } from './sources/kinesis-source';
import { acknowledgeKinesisSource } from '../private/acknowledge';
import { metricOptions } from '../private/metric-options';
import { Problem, at, throwProblems, unless } from '../private/problems';

/**
 * Properties of a Firehose stream.
 */
export interface FirehoseStreamProps {
  /**
   * Where the records come from. A change between a Kinesis data stream and direct put, and from one data stream to another, replaces the
   * Firehose stream, which goes on from the newest record; a data stream created here is kept.
   *
   * Sources of the CDK work as well: the data stream of a `firehose.KinesisStreamSource` is checked and read like that of
   * `KinesisSource.existing()`.
   *
   * @default KinesisSource.create(): on demand, 24 hours, encrypted with `alias/aws/kinesis`; billed by the hour
   */
  readonly source?: firehose.ISource;

  /**
   * Where the records go. A bucket created here is kept when another destination is given instead.
   *
   * Destinations of the CDK work as well: without a `role` and `loggingConfig` of their own they get those of this stream. They grant more to
   * the role than Firehose needs.
   *
   * @default new S3Destination(): a new bucket, and a backup of all source records in another one
   */
  readonly destination?: firehose.IDestination;

  /**
   * Where Firehose reports records it could not transform, convert or deliver. A log group created here is kept when it is no longer asked for.
   *
   * @default DeliveryLogging.create()
   */
  readonly logging?: DeliveryLogging;
}

/** As errors name it. */
const CONSTRUCT = 'FirehoseStream';

/**
 * Delivers records from a source to a destination: by default from a Kinesis data stream to an S3 bucket, with a backup of all source records.
 *
 * Firehose bills for the volume that it delivers. The role and its policy have exactly the permissions that Firehose needs, and the stream
 * is created after them.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/what-is-this-service.html
 */
export class FirehoseStream extends Resource implements firehose.IDeliveryStream {
  /** The data stream that Firehose reads; undefined for another source. */
  public readonly dataStream?: kinesis.IStream;
  /** The customer key of the data stream; undefined when it has none. */
  public readonly dataStreamKey?: kms.IKey;
  /** The bucket that the records are delivered to; undefined for a destination other than `S3Destination`. */
  public readonly bucket?: s3.IBucket;
  /** The customer key of the bucket; undefined when it has none. */
  public readonly bucketKey?: kms.IKey;
  /** The bucket of the backup; undefined without one, and for the backup of a destination of the CDK. */
  public readonly backupBucket?: s3.IBucket;
  /** The customer key of `backupBucket`; undefined when it has none. */
  public readonly backupBucketKey?: kms.IKey;
  /** The log group of the errors; undefined without logging, and where a destination of the CDK has its own. */
  public readonly logGroup?: logs.ILogGroup;
  /** The customer key of a new log group; undefined when there is none, and for a log group that exists already. */
  public readonly logGroupKey?: kms.IKey;
  /** The role that Firehose assumes to read the source and to write to the destination. */
  public readonly role: iam.Role;
  /**
   * What the role may do, which is there before the Firehose stream; undefined where the CDK grants everything, to a source and a destination
   * of its own.
   */
  public readonly policy?: iam.ManagedPolicy;

  private readonly inner: firehose.DeliveryStream;
  private readonly source: SourceBinding;
  private metricPrefix?: string;
  private hasBackup = false;

  /**
   * @throws Error with all problems of the props, before anything is created
   */
  constructor(scope: Construct, id: string, props: FirehoseStreamProps = {}) {
    super(scope, id);
    const source = ownSource(props.source ?? KinesisSource.create());
    const destination = ownDestination(props.destination ?? new S3Destination());
    const { _logging, _logsItself } = destination;
    throwProblems(this, CONSTRUCT, [
      ...at('source', source._check(this)),
      ...at('destination', destination._check(this)),
      ...at('logging', props.logging?._check(this) ?? []),
      ...unless(props.logging === undefined || !(_logging ?? _logsItself), twoLoggings),
    ]);

    this.source = source._attach(this, { construct: CONSTRUCT, prefix: 'source.' });
    const bound = destination._attach(this, { construct: CONSTRUCT, prefix: 'destination.' });
    const logging = _logsItself ? undefined : (_logging ?? props.logging ?? DeliveryLogging.create())._bind(this);
    const { dataStream } = this.source;
    this.dataStream = dataStream?.stream;
    this.dataStreamKey = dataStream?.key;
    const [bucket, backup] = ['bucket', 'backup.bucket'].map(prop => bound.buckets.find(one => one.prop === prop)?.bound);
    this.bucket = bucket?.bucket;
    this.bucketKey = bucket?.key;
    this.backupBucket = backup?.bucket;
    this.backupBucketKey = backup?.key;
    this.logGroup = logging?.logGroup;
    this.logGroupKey = logging?.key;

    const does = dataStream && bucket ? 'Reads the data stream and writes the buckets of' : 'Delivers the records of';
    this.role = createRole(this, 'Role', `${does} ${this.node.path}`, [...this.source.resources, ...bound.resources]);
    deferCidrMapping(this);
    this.inner = this.createStream(bound, logging);
    this.node.defaultChild = this.inner.node.defaultChild;
    if (dataStream) acknowledgeKinesisSource(this.inner);

    const statements = [...this.source.statements(), ...bound.statements()];
    if (statements.length > 0) this.policy = new iam.ManagedPolicy(this, 'Policy', { roles: [this.role], statements });
    // CloudFormation sees that the Firehose stream needs its role, not that it needs the policies: created before them, it fails. The L1,
    // since a bucket that the CDK creates beside it is in those policies. https://github.com/aws/aws-cdk/issues/10783
    this.node.defaultChild?.node.addDependency(...[this.policy, this.role.node.tryFindChild('DefaultPolicy')].filter(one => one !== undefined));
    bound.allowRole(this.role);
    this.source.allowRole(this.role);
    checkWrittenKeys(this, this.inner, { source: dataStream, buckets: bound.buckets });
  }

  /** The ARN of the Firehose stream. */
  public get deliveryStreamArn(): string {
    return this.inner.deliveryStreamArn;
  }

  /** The name of the Firehose stream. */
  public get deliveryStreamName(): string {
    return this.inner.deliveryStreamName;
  }

  /** A reference to the Firehose stream. */
  public get deliveryStreamRef(): firehose.DeliveryStreamReference {
    return this.inner.deliveryStreamRef;
  }

  /** The role that Firehose assumes. */
  public get grantPrincipal(): iam.IPrincipal {
    return this.inner.grantPrincipal;
  }

  /** The network connections of Firehose: its IP addresses in the Region. */
  public get connections(): ec2.Connections {
    return this.inner.connections;
  }

  /**
   * Allows a principal any actions on the Firehose stream.
   *
   * An SNS subscription to the stream calls this method, with `firehose:PutRecord` and `firehose:PutRecordBatch`: it needs direct put.
   *
   * @param actions such as `firehose:DescribeDeliveryStream`
   * @throws Error for `firehose:PutRecord*` with a source other than direct put, and when the grantee has no policy of its own, such as an AWS service
   * or an account, or is in another account
   */
  public grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    checkGrant(this, this.source, grantee, actions);
    return requireAdded(this, 'grant', this.inner.grant(grantee, ...actions));
  }

  /**
   * Allows a principal to put records into a Firehose stream with direct put: `firehose:PutRecord` and `firehose:PutRecordBatch`.
   *
   * @throws Error with another source, and when the grantee has no policy of its own, such as an AWS service or an account, or is in another account
   */
  public grantPutRecords(grantee: iam.IGrantable): iam.Grant {
    checkGrantPutRecords(this, this.source, grantee);
    return requireAdded(this, 'grantPutRecords', this.inner.grantPutRecords(grantee));
  }

  /**
   * Allows a principal to put records into the data stream: `kinesis:PutRecord`, `kinesis:PutRecords` and
   * `kinesis:ListShards` on the data stream, and with a customer key `kms:GenerateDataKey` on it, through Kinesis for this data stream.
   *
   * @throws Error without a data stream, and when the grantee is an AWS service without conditions
   */
  public grantWrite(grantee: iam.IGrantable): iam.Grant {
    return grantWriteToStream(this, this.source.dataStream, grantee);
  }

  /**
   * Any metric of the Firehose stream, by its name in the namespace `AWS/Firehose`: the average over 5 minutes.
   *
   * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metric', metricName, 'Average', options);
  }

  /**
   * Volume in bytes that producers put with direct put: `IncomingBytes`, sum over 5 minutes.
   */
  public metricIncomingBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricIncomingBytes', 'IncomingBytes', 'Sum', options);
  }

  /**
   * Number of records that producers put with direct put: `IncomingRecords`, sum over 5 minutes.
   */
  public metricIncomingRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('metricIncomingRecords', 'IncomingRecords', 'Sum', options);
  }

  /**
   * Age in seconds of the oldest record that is not delivered yet: `DataFreshness` of the destination, such as `DeliveryToS3.DataFreshness`,
   * maximum over 5 minutes.
   *
   * Normal up to the buffering interval. It has no data while no records arrive.
   *
   * @throws Error for a destination other than S3 and an HTTP endpoint
   */
  public metricDataFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deliveryMetric('metricDataFreshness', 'DataFreshness', 'Maximum', options);
  }

  /**
   * Share of the deliveries that succeeded, 0 to 1: `Success` of the destination, such as `DeliveryToS3.Success`, average over 5 minutes.
   *
   * With S3, records that a transformation or conversion rejects are not counted here: they are written to the error prefix with success.
   *
   * @throws Error for a destination other than S3 and an HTTP endpoint
   */
  public metricDeliverySuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deliveryMetric('metricDeliverySuccess', 'Success', 'Average', options);
  }

  /**
   * Number of records delivered: `Records` of the destination, such as `DeliveryToS3.Records`, sum over 5 minutes.
   *
   * @throws Error for a destination other than S3 and an HTTP endpoint
   */
  public metricDeliveredRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.deliveryMetric('metricDeliveredRecords', 'Records', 'Sum', options);
  }

  /**
   * How far Firehose is behind the newest record of the data stream, in milliseconds: `KinesisMillisBehindLatest`, maximum
   * over 5 minutes. Records are lost when it reaches the retention of the data stream.
   *
   * @throws Error without a data stream, since the metric would never have data
   */
  public metricMillisBehindLatest(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const method = 'metricMillisBehindLatest';
    requireForMetric(this, method, this.dataStream !== undefined, 'without a data stream', 'with a KinesisSource');
    return this.metricOf(method, 'KinesisMillisBehindLatest', 'Maximum', options);
  }

  /**
   * Volume in bytes written to the bucket of the backup: `BackupToS3.Bytes`, sum over 5 minutes.
   *
   * @throws Error without a backup, since the metric would never have data
   */
  public metricBackupToS3Bytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.backupMetric('metricBackupToS3Bytes', 'Bytes', 'Sum', options);
  }

  /**
   * Age in seconds of the oldest record that is not in the bucket of the backup yet: `BackupToS3.DataFreshness`, maximum over 5 minutes.
   *
   * @throws Error without a backup, since the metric would never have data
   */
  public metricBackupToS3DataFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.backupMetric('metricBackupToS3DataFreshness', 'DataFreshness', 'Maximum', options);
  }

  /**
   * Number of records written to the bucket of the backup: `BackupToS3.Records`, sum over 5 minutes.
   *
   * @throws Error without a backup, since the metric would never have data
   */
  public metricBackupToS3Records(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.backupMetric('metricBackupToS3Records', 'Records', 'Sum', options);
  }

  /**
   * Share of the writes to the bucket of the backup that succeeded, 0 to 1: `BackupToS3.Success`, average over 5 minutes.
   *
   * @throws Error without a backup, since the metric would never have data
   */
  public metricBackupToS3Success(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.backupMetric('metricBackupToS3Success', 'Success', 'Average', options);
  }

  /** In the role of this stream, where the source and the destination add what the L1 gets and grant nothing. */
  private createStream(bound: DestinationBinding, logging?: BoundLogging): firehose.DeliveryStream {
    return new firehose.DeliveryStream(this, 'DeliveryStream', {
      role: this.role,
      source: {
        grantRead: () => this.source.grantRead?.(this.role) ?? iam.Grant.drop(this.role, 'the policy of the role has it'),
        _bind: stream => this.source.configuration(this.role.roleArn, stream),
      },
      destination: {
        bind: stream => {
          const configuration = bound.configuration(stream, this.role, logging);
          this.metricPrefix = metricPrefix(configuration);
          this.hasBackup = hasBackup(configuration);
          return configuration;
        },
      },
    });
  }

  private deliveryMetric(method: string, name: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    requireForMetric(this, method, this.metricPrefix !== undefined, 'with a destination whose metrics are not known', 'with an S3 bucket or an HTTP endpoint as its destination');
    return this.metricOf(method, `${this.metricPrefix}.${name}`, statistic, options);
  }

  private backupMetric(method: string, name: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    requireForMetric(this, method, this.hasBackup, 'without a backup', 'with SourceBackup.allRecords()');
    return this.metricOf(method, `BackupToS3.${name}`, statistic, options);
  }

  private metricOf(method: string, metricName: string, statistic: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.inner.metric(metricName, metricOptions(this, CONSTRUCT, method, options, { statistic, period: Duration.minutes(5) }));
  }
}

function twoLoggings(): Problem {
  return {
    prop: 'logging',
    got: 'the logging of the stream beside that of its destination',
    allowed: 'one of them',
    fix: 'Omit logging, or that of the destination.',
  };
}
