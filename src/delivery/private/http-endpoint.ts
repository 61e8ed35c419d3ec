import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DestinationBinding, Reporter } from './binding';
import { BoundBucket, BoundLogging } from './bound';
import { bindDestination, writtenBucket } from './bucket-destination';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { HTTP_ENDPOINT, HTTP_ENDPOINT_BUFFERING } from './http-endpoint-bounds';
import { DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX } from './prefixes';
import { processors } from './processors';
import { allowSecret, readSecret, secretParts } from './secret-access';
import { sortedEntries } from '../../private/sorted';
import { Buffering } from '../buffering';
import { HttpEndpointBackup } from '../destinations/http-endpoint-backup';
import { HttpContentEncoding, HttpEndpointDestinationProps } from '../destinations/http-endpoint-destination';
import { RecordTransform } from '../record-transform';

/** `firehose.DestinationConfig` of 2.262.0 does not declare it, that of 2.276.0 does; the stream of both takes what `bind` returns. */
interface HttpEndpointConfig extends firehose.DestinationConfig {
  readonly httpEndpointDestinationConfiguration: firehose.CfnDeliveryStream.HttpEndpointDestinationConfigurationProperty;
}

/** The endpoint and its bucket, for the stream that it is bound to. */
export function attachHttpEndpoint(scope: Construct, props: HttpEndpointDestinationProps, reporter: Reporter): DestinationBinding {
  const { accessKey, transform } = props;
  const { _options: { bucket, errorOutputPrefix, prefix } } = backupOf(props);
  const backup = writtenBucket(scope, bucket, 'BackupBucket', 'backup.bucket', reporter);
  return bindDestination(scope, {
    buckets: [backup],
    prefixes: [prefix, errorOutputPrefix],
    transform,
    configuration: (_, role, logging) => {
      const [delivery, backupLog] = logging ? ['HttpDestination', 'S3Backup'].map(id => logging.target.addStream(id)) : [];
      const config: HttpEndpointConfig = {
        httpEndpointDestinationConfiguration: destinationConfiguration(scope, props, { backup: backup.bound, role, logging, delivery, backupLog }),
      };
      return config;
    },
    resources: secretParts(accessKey),
    statements: accessKey ? readSecret(scope, accessKey) : [],
    allowRole: role => accessKey && allowSecret(scope, role, accessKey),
  });
}

interface Parts {
  readonly role: iam.IRole;
  readonly backup: BoundBucket;
  readonly logging?: BoundLogging;
  readonly delivery?: logs.LogStream;
  readonly backupLog?: logs.LogStream;
}

function destinationConfiguration(
  scope: Construct, props: HttpEndpointDestinationProps, { backup, role, logging, delivery, backupLog }: Parts,
): firehose.CfnDeliveryStream.HttpEndpointDestinationConfigurationProperty {
  const { accessKey, buffering, commonAttributes, contentEncoding, name, retryDuration, transform, url } = props;
  const { roleArn } = role;
  const logTo = (logStream: logs.LogStream | undefined) => logging && logStream && {
    enabled: true, logGroupName: logging.target.logGroupName, logStreamName: logStream.logStreamName,
  };
  return {
    roleArn,
    endpointConfiguration: { url, name },
    secretsManagerConfiguration: accessKey && { enabled: true, secretArn: accessKey.secretArn, roleArn },
    requestConfiguration: {
      contentEncoding: contentEncoding ?? HttpContentEncoding.NONE,
      commonAttributes: commonAttributes && attributes(scope, commonAttributes),
    },
    bufferingHints: bufferingHints(HTTP_ENDPOINT_BUFFERING, buffering),
    retryOptions: { durationInSeconds: (retryDuration ?? HTTP_ENDPOINT.retryDuration.default).toSeconds() },
    processingConfiguration: transform && processingConfiguration(scope, transform, role),
    cloudWatchLoggingOptions: logTo(delivery),
    ...backupConfiguration(props, backup, roleArn, logTo(backupLog)),
  };
}

function backupOf({ backup }: HttpEndpointDestinationProps): HttpEndpointBackup {
  return backup ?? HttpEndpointBackup.failedRecords();
}

function backupConfiguration(
  props: HttpEndpointDestinationProps, { bucket, key }: BoundBucket, roleArn: string,
  cloudWatchLoggingOptions: firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty | undefined,
) {
  const { s3BackupMode, _options: { buffering, compression, errorOutputPrefix, prefix } } = backupOf(props);
  return {
    s3BackupMode,
    s3Configuration: {
      roleArn,
      bucketArn: bucket.bucketArn,
      prefix: s3BackupMode === 'AllData' ? prefix ?? DEFAULT_BACKUP_PREFIX : undefined,
      errorOutputPrefix: errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
      bufferingHints: bufferingHints(BACKUP_BUFFERING, buffering),
      compressionFormat: (compression ?? firehose.Compression.GZIP).value,
      encryptionConfiguration: key && { kmsEncryptionConfig: { awskmsKeyArn: key.keyArn } },
      cloudWatchLoggingOptions,
    },
  };
}

/** Firehose takes the two together only. */
function bufferingHints({ interval, size }: typeof HTTP_ENDPOINT_BUFFERING, given: Buffering | undefined) {
  return { intervalInSeconds: (given?.interval ?? interval.default).toSeconds(), sizeInMBs: (given?.size ?? size.default).toMebibytes() };
}

function attributes(scope: Construct, given: { readonly [name: string]: string }): firehose.CfnDeliveryStream.HttpEndpointCommonAttributeProperty[] {
  return sortedEntries(scope, given).map(([attributeName, attributeValue]) => ({ attributeName, attributeValue }));
}

function processingConfiguration(
  scope: Construct, transform: RecordTransform, role: iam.IRole,
): firehose.CfnDeliveryStream.ProcessingConfigurationProperty {
  const bound = processors(scope, { transform, newLineDelimiter: false, role }).map(processor => processor.bind(scope, { role }));
  return { enabled: true, processors: bound.map(({ parameters, processorType }) => ({ type: processorType, parameters })) };
}
