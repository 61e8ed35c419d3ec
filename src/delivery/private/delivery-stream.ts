import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BoundBucket, BoundLogging, BoundStreamSource } from './bound';
import { literalParts } from './checks';
import { deferCidrMapping } from './cidr-mapping';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { bufferingBounds } from './delivery-checks';
import { mayBeElsewhere } from './permissions';
import { DEFAULT_BACKUP_ERROR_PREFIX, DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX, defaultPrefix } from './prefixes';
import { processors } from './processors';
import { acknowledgeKinesisSource } from '../../private/acknowledge';
import { sortedDeep } from '../../private/sorted';
import { RecordConversion } from '../record-conversion';
import { SourceBackupOptions } from '../source-backup';
import { StreamDeliveryProps } from '../stream-delivery';

export interface DeliveryStreamParts {
  readonly props: StreamDeliveryProps;
  readonly source: BoundStreamSource;
  readonly destination: BoundBucket;
  readonly backup?: BoundBucket;
  readonly backupOptions?: SourceBackupOptions;
  readonly logging?: BoundLogging;
  readonly role: iam.Role;
}

/** Makes the delivery stream, and the log streams it writes to. */
export function buildDeliveryStream(scope: Construct, parts: DeliveryStreamParts) {
  const { props, destination, backup, backupOptions, logging } = parts;
  // The grants of the L2 are wider than what Firehose asks for (s3:DeleteObject*, kms:ReEncrypt*, wildcards); this keeps
  // them from the role, which has a policy of its own.
  const role = parts.role.withoutPolicyUpdates();
  const { errorOutputPrefix, partitioning, conversion } = props;
  const buffering = bufferingBounds(props);
  const prefix = props.prefix ?? defaultPrefix(scope, partitioning);
  const loggingConfig = logging ? new firehose.EnableLogging(logging.target) : new firehose.DisableLogging();

  deferCidrMapping(scope);
  const deliveryStream = new firehose.DeliveryStream(scope, 'DeliveryStream', {
    role,
    source: new firehose.KinesisStreamSource(streamWithoutGrants(scope, parts.source)),
    destination: new firehose.S3Bucket(withoutGrants(scope, 'BucketReference', destination), {
      role,
      encryptionKey: keyWithoutGrants(scope, 'BucketKeyReference', destination),
      // The L2 reads the text of a prefix, which it cannot with a token; that one is put in below.
      dataOutputPrefix: Token.isUnresolved(prefix) ? partitioning ? literalParts(defaultPrefix(scope, partitioning)) : '' : prefix,
      errorOutputPrefix: Token.isUnresolved(errorOutputPrefix) ? DEFAULT_ERROR_PREFIX : errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
      timeZone: props.timeZone,
      fileExtension: props.fileExtension,
      bufferingInterval: props.buffering?.interval ?? buffering.interval.default,
      bufferingSize: props.buffering?.size ?? buffering.size.default,
      compression: conversion ? undefined : props.compression ?? firehose.Compression.GZIP,
      dataFormatConversion: conversion && {
        schemaConfiguration: schemaConfiguration(scope, conversion),
        inputFormat: inputFormat(scope, conversion),
        outputFormat: conversion.outputFormat,
      },
      dynamicPartitioning: partitioning && { enabled: true, retryDuration: partitioning._retryDuration },
      processors: processors(scope, { partitioning, transform: props.transform, newLineDelimiter: props.newLineDelimiter ?? false, role }),
      loggingConfig,
      s3Backup: backup && {
        mode: firehose.BackupMode.ALL,
        bucket: withoutGrants(scope, 'BackupBucketReference', backup),
        encryptionKey: keyWithoutGrants(scope, 'BackupBucketKeyReference', backup),
        dataOutputPrefix: backupOptions?.prefix ?? DEFAULT_BACKUP_PREFIX,
        errorOutputPrefix: backupOptions?.errorOutputPrefix ?? DEFAULT_BACKUP_ERROR_PREFIX,
        bufferingInterval: backupOptions?.buffering?.interval ?? BACKUP_BUFFERING.interval.default,
        bufferingSize: backupOptions?.buffering?.size ?? BACKUP_BUFFERING.size.default,
        compression: backupOptions?.compression ?? firehose.Compression.GZIP,
        loggingConfig,
      },
    }),
  });
  acknowledgeKinesisSource(deliveryStream);
  const resource = deliveryStream.node.defaultChild as firehose.CfnDeliveryStream;
  if (Token.isUnresolved(prefix)) resource.addPropertyOverride('ExtendedS3DestinationConfiguration.Prefix', prefix);
  if (Token.isUnresolved(errorOutputPrefix)) resource.addPropertyOverride('ExtendedS3DestinationConfiguration.ErrorOutputPrefix', errorOutputPrefix);

  const logStreamNames = logging
    ? logging.target.node.children.filter(child => child instanceof logs.LogStream).map(child => (child as logs.LogStream).logStreamName)
    : [];
  return { deliveryStream, logStreamNames };
}

/**
 * A bucket or key of another account would get the grants of the L2 in its own policy, which withoutPolicyUpdates() cannot keep out. A key
 * of another account or Region looks up the name of the role, which it need not have.
 */
function withoutGrants(scope: Construct, id: string, { bucket, key }: BoundBucket): s3.IBucket {
  return mayBeElsewhere(scope, bucket, key, bucket.encryptionKey) ? s3.Bucket.fromBucketArn(scope, id, bucket.bucketArn) : bucket;
}

function keyWithoutGrants(scope: Construct, id: string, { key }: BoundBucket): kms.IKey | undefined {
  return key && mayBeElsewhere(scope, key) ? kms.Key.fromKeyArn(scope, id, key.keyArn) : key;
}

function streamWithoutGrants(scope: Construct, { stream, key }: BoundStreamSource): kinesis.IStream {
  return mayBeElsewhere(scope, stream, key, stream.encryptionKey) ? kinesis.Stream.fromStreamArn(scope, 'StreamReference', stream.streamArn) : stream;
}

/** The input format with its map of columns in an order of its own. */
function inputFormat(scope: Construct, conversion: RecordConversion): firehose.IInputFormat {
  return { createInputFormatConfig: () => sortedDeep(scope, conversion.inputFormat.createInputFormatConfig()) };
}

/** In place of `firehose.SchemaConfiguration`, which can only be had from a CfnTable and so not for a table that exists already. */
function schemaConfiguration(scope: Construct, conversion: RecordConversion): firehose.SchemaConfiguration {
  const { databaseName, tableName, catalogId, region, versionId } = conversion.schema;
  return {
    bind: (_scope: Construct, options: firehose.SchemaConfigurationBindOptions) => ({
      roleArn: options.role.roleArn,
      catalogId: catalogId ?? Stack.of(scope).account,
      region: region ?? Stack.of(scope).region,
      databaseName,
      tableName,
      versionId: versionId ?? 'LATEST',
    }),
  } as unknown as firehose.SchemaConfiguration;
}
