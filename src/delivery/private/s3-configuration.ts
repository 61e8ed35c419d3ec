import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DestinationBinding, Reporter, WrittenBucket } from './binding';
import { BoundBucket, BoundLogging } from './bound';
import { literalParts } from './checks';
import { allowBuckets } from './cross-account';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { invokeFunction, mayBeElsewhere, mayDiffer, readSchema, writeBucket, writeLogs } from './permissions';
import { DEFAULT_BACKUP_ERROR_PREFIX, DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX, defaultPrefix } from './prefixes';
import { processors } from './processors';
import { bufferingBounds } from './s3-checks';
import { warnAboutProps } from './warn-about-props';
import { sortedDeep } from '../../private/sorted';
import { DeliveryBucket } from '../delivery-bucket';
import { RecordConversion } from '../destinations/record-conversion';
import { S3DestinationProps } from '../destinations/s3-destination';
import { SourceBackup, SourceBackupOptions } from '../destinations/source-backup';

/** The bucket, and that of the backup, for the stream that the destination is bound to. */
export function attachS3(scope: Construct, props: S3DestinationProps, reporter: Reporter): DestinationBinding {
  const create = (bucket: DeliveryBucket | undefined, sid: string, prop: string): WrittenBucket =>
    ({ sid, prop, bound: (bucket ?? DeliveryBucket.create())._bind(scope, sid, { ...reporter, prefix: `${reporter.prefix}${prop}.` }) });
  const kept = (props.backup ?? SourceBackup.allRecords())._options;
  const data = create(props.bucket, 'Bucket', 'bucket');
  const backup = kept && create(kept.bucket, 'BackupBucket', 'backup.bucket');
  const buckets = backup ? [data, backup] : [data];
  let log: iam.PolicyStatement[] = [];
  warnAboutProps(scope, { transform: props.transform, prefixes: [props.prefix, props.errorOutputPrefix, kept?.prefix, kept?.errorOutputPrefix] });
  return {
    buckets,
    resources: buckets.flatMap(({ bound: { bucket, key } }) => [bucket, key]),
    configuration: (stream, role, logging) => {
      const configuration = s3Configuration(scope, { props, data: data.bound, backup: backup?.bound, kept, logging, role }).bind(stream, {});
      log = logging ? [writeLogs(scope, logging.target, logStreamNames(logging))] : [];
      return withTokens(scope, configuration, props);
    },
    statements: () => [
      ...buckets.flatMap(({ sid, bound }) => writeBucket(sid, bound, mayDiffer(bound.bucket.env.account, Stack.of(scope).account))),
      ...log,
      ...(props.transform ? [invokeFunction(props.transform.handler)] : []),
      ...(props.conversion ? readSchema(scope, props.conversion.schema) : []),
    ],
    allowRole: role => allowBuckets(scope, role, buckets),
  };
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

function logStreamNames({ target }: BoundLogging): string[] {
  return target.node.children.filter(child => child instanceof logs.LogStream).map(({ logStreamName }) => logStreamName);
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
