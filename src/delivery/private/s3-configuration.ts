import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DestinationBinding, Reporter } from './binding';
import { BoundBucket, BoundLogging } from './bound';
import { bindDestination, writtenBucket } from './bucket-destination';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { mayBeElsewhere, readSchema } from './permissions';
import { DEFAULT_BACKUP_ERROR_PREFIX, DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX, defaultPrefix, literalParts } from './prefixes';
import { processors } from './processors';
import { bufferingBounds } from './s3-checks';
import { sortedDeep } from '../../private/sorted';
import { RecordConversion } from '../destinations/record-conversion';
import { S3DestinationProps } from '../destinations/s3-destination';
import { SourceBackup, SourceBackupOptions } from '../destinations/source-backup';

/** The bucket, and that of the backup, for the stream that the destination is bound to. */
export function attachS3(scope: Construct, props: S3DestinationProps, reporter: Reporter): DestinationBinding {
  const { bucket, conversion, errorOutputPrefix, prefix, transform } = props;
  const kept = (props.backup ?? SourceBackup.allRecords())._options;
  const data = writtenBucket(scope, bucket, 'Bucket', 'bucket', reporter);
  const backup = kept && writtenBucket(scope, kept.bucket, 'BackupBucket', 'backup.bucket', reporter);
  return bindDestination(scope, {
    buckets: backup ? [data, backup] : [data],
    prefixes: [prefix, errorOutputPrefix, kept?.prefix, kept?.errorOutputPrefix],
    transform,
    configuration: (stream, role, logging) => {
      const configuration = s3Configuration(scope, { props, data: data.bound, backup: backup?.bound, kept, logging, role }).bind(stream, {});
      return withTokens(scope, configuration, props);
    },
    statements: conversion ? readSchema(scope, conversion.schema) : [],
  });
}

interface S3Parts {
  readonly props: S3DestinationProps;
  readonly data: BoundBucket;
  readonly backup?: BoundBucket;
  readonly kept?: SourceBackupOptions;
  readonly logging?: BoundLogging;
  readonly role: iam.Role;
}

function s3Configuration(scope: Construct, { props, data, backup, kept, logging, role: owned }: S3Parts): firehose.S3Bucket {
  // The grants of the L2 are wider than what Firehose asks for (s3:DeleteObject*, kms:ReEncrypt*, wildcards); this keeps
  // them from the role, which has a policy of its own.
  const role = owned.withoutPolicyUpdates();
  const { errorOutputPrefix, partitioning, conversion } = props;
  const buffering = bufferingBounds(props);
  const prefix = props.prefix ?? defaultPrefix(scope, partitioning);
  const loggingConfig = logging ? new firehose.EnableLogging(logging.target) : new firehose.DisableLogging();
  return new firehose.S3Bucket(withoutGrants(scope, 'BucketReference', data), {
    role,
    encryptionKey: keyWithoutGrants(scope, 'BucketKeyReference', data),
    // The L2 reads the string, which it cannot with a token; that one is put in by withTokens().
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
      dataOutputPrefix: kept?.prefix ?? DEFAULT_BACKUP_PREFIX,
      errorOutputPrefix: kept?.errorOutputPrefix ?? DEFAULT_BACKUP_ERROR_PREFIX,
      bufferingInterval: kept?.buffering?.interval ?? BACKUP_BUFFERING.interval.default,
      bufferingSize: kept?.buffering?.size ?? BACKUP_BUFFERING.size.default,
      compression: kept?.compression ?? firehose.Compression.GZIP,
      loggingConfig,
    },
  });
}

/** The prefixes that are only known at deployment, in place of what the L2 was given for them. */
function withTokens(scope: Construct, configuration: firehose.DestinationConfig, { errorOutputPrefix, partitioning, prefix }: S3DestinationProps) {
  const rendered = configuration.extendedS3DestinationConfiguration!;
  return {
    ...configuration,
    extendedS3DestinationConfiguration: {
      ...rendered, prefix: prefix ?? defaultPrefix(scope, partitioning), errorOutputPrefix: errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
    },
  };
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
