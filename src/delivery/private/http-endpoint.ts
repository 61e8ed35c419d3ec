import { Names, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BoundBucket, BoundLogging } from './bound';
import { allowFromOtherAccount, statedArn, warnOfUnknownKeys } from './cross-account';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { HTTP_ENDPOINT, HTTP_ENDPOINT_BUFFERING } from './http-endpoint-bounds';
import { invokeFunction, mayDiffer, writeBucket, writeLogs } from './permissions';
import { DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX } from './prefixes';
import { processors } from './processors';
import { allowSecretFromOtherAccount, readSecret, secretParts, warnOfUnknownSecretKey } from './secret-access';
import { warnAboutProps } from './warn-about-props';
import { byCondition } from '../../private/grants';
import { sortedEntries } from '../../private/sorted';
import { Buffering } from '../buffering';
import { DeliveryBucket } from '../delivery-bucket';
import { DeliveryLogging } from '../delivery-logging';
import { HttpEndpointBackup } from '../destinations/http-endpoint-backup';
import { HttpContentEncoding, HttpEndpointDestinationProps } from '../destinations/http-endpoint-destination';
import { RecordTransform } from '../record-transform';

const BACKUP = 'BackupBucket';

/** `firehose.DestinationConfig` of 2.262.0 does not declare it, that of 2.276.0 does; the stream of both takes what `bind` returns. */
interface HttpEndpointConfig extends firehose.DestinationConfig {
  readonly httpEndpointDestinationConfiguration: firehose.CfnDeliveryStream.HttpEndpointDestinationConfigurationProperty;
}

/** The endpoint in a stream that has no role for it. */
export function bindAlone(scope: Construct, props: HttpEndpointDestinationProps): HttpEndpointConfig {
  const backup = (backupOf(props)._options.bucket ?? DeliveryBucket.create())._bind(scope, BACKUP, 'backup.bucket');
  const logging = (props.logging ?? DeliveryLogging.create())._bind(scope);
  const { account } = Stack.of(scope);
  const role = new iam.Role(scope, 'HttpEndpointRole', {
    // The account as external id is how Firehose proves for whom it acts; aws:SourceArn is not documented for it.
    // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role
    assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', { conditions: { StringEquals: { 'sts:ExternalId': account } } }),
    description: `Delivers to the HTTP endpoint of ${scope.node.path}`,
    roleName: roleName(scope, props, backup),
  });
  const [delivery, backupLog] = logging ? ['HttpDestination', 'S3Backup'].map(id => logging.target.addStream(id)) : [];
  const policy = new iam.ManagedPolicy(scope, 'HttpEndpointPolicy', {
    roles: [role],
    statements: [
      ...writeBucket(BACKUP, backup, mayDiffer(backup.bucket.env.account, account)),
      ...(logging ? [writeLogs(scope, logging.target, [delivery, backupLog].map(({ logStreamName }) => logStreamName))] : []),
      ...(props.transform ? [invokeFunction(props.transform.handler)] : []),
      ...(props.accessKey ? readSecret(props.accessKey) : []),
    ],
  });
  allowFromOtherAccount(scope, role, undefined, [[BACKUP, backup]]);
  warnOfUnknownKeys(scope, undefined, [[BACKUP, backup]]);
  warnAboutProps(scope, { transform: props.transform, ...backupOf(props)._options });
  if (props.accessKey) {
    const roleArn = statedArn(scope, role);
    allowSecretFromOtherAccount(scope, props.accessKey, roleArn, byCondition(account, roleArn ?? role.roleArn));
    warnOfUnknownSecretKey(scope, props.accessKey);
  }
  return {
    httpEndpointDestinationConfiguration: destinationConfiguration(scope, props, { backup, role, logging, delivery, backupLog }),
    // CloudFormation sees that the stream needs its role, not that it needs the policy. https://github.com/aws/aws-cdk/issues/10783
    dependables: [policy],
  };
}

/** A name for the role, only where a policy in another account has to state it before there is the role. */
function roleName(scope: Construct, { accessKey }: HttpEndpointDestinationProps, { bucket, key }: BoundBucket): string | undefined {
  const { account, region } = Stack.of(scope);
  const foreign = [bucket, ...(key ? [key] : []), ...secretParts(accessKey)].some(one => mayDiffer(one.env.account, account));
  if (!foreign || Token.isUnresolved(account) || Token.isUnresolved(region)) return undefined;
  return `${Names.uniqueResourceName(scope, { maxLength: 63 - region.length, separator: '-' })}-${region}`;
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
