import { App, Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as nag from 'cdk-nag';
import { handler } from './support';
import { Encryption } from '../../src/access';
import {
  DeliveryBucket, DeliveryLogging, DynamicPartitioning, KinesisSource, RecordConversion, ServerAccessLogs, SourceBackup, SourceCapacity,
} from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const PACKS = [
  nag.AwsSolutionsChecks, nag.HIPAASecurityChecks, nag.NIST80053R4Checks, nag.NIST80053R5Checks, nag.PCIDSS321Checks, nag.ServerlessChecks,
];

/** Every option at once. */
function everything(stack: Stack): S3StreamProps {
  const accessLogs = new s3.Bucket(stack, 'AccessLogs', { encryption: s3.BucketEncryption.S3_MANAGED });
  const bucket = () => DeliveryBucket.create({
    encryption: Encryption.customerManaged(),
    serverAccessLogs: ServerAccessLogs.to(accessLogs, 'clicks/'),
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1), expiration: Duration.days(90) }],
  });
  return {
    source: KinesisSource.create({
      capacity: SourceCapacity.provisioned(2), retention: Duration.days(7), encryption: Encryption.customerManaged(),
    }),
    bucket: bucket(),
    backup: SourceBackup.allRecords({
      bucket: bucket(),
      prefix: 'raw/!{timestamp:yyyy}/',
      errorOutputPrefix: 'e/!{firehose:error-output-type}/',
      compression: firehose.Compression.UNCOMPRESSED,
      buffering: { interval: Duration.seconds(60), size: Size.mebibytes(1) },
    }),
    timeZone: TimeZone.EUROPE_BERLIN,
    fileExtension: '.parquet',
    buffering: { interval: Duration.seconds(60), size: Size.mebibytes(64) },
    newLineDelimiter: true,
    transform: { handler: handler(stack), retries: 0, buffering: { interval: Duration.seconds(30), size: Size.mebibytes(0.2) } },
    conversion: RecordConversion.toParquet({ schema: { databaseName: 'web', tableName: 'clicks' } }),
    partitioning: DynamicPartitioning.fromQueryAndTransform({ country: '.country' }, ['customer'], {
      retryDuration: Duration.seconds(0), deaggregation: firehose.RecordDeAggregationProcessor.delimited('\n'),
    }),
    logging: DeliveryLogging.create({ retention: logs.RetentionDays.ONE_WEEK, encryption: Encryption.customerManaged() }),
  };
}

describe('the CloudFormation rules find nothing', () => {
  beforeEach(() => delete process.env.CDK_VALIDATION);
  const strict = (env?: { account: string; region: string }) => new Stack(new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } }), 'Stack', { env });

  test.each([
    ['defaults', () => ({})],
    ['everything', everything],
    ['ORC by the transform function', (stack: Stack): S3StreamProps => ({
      conversion: RecordConversion.toOrc({ schema: { databaseName: 'web', tableName: 'clicks', schemaRegistry: true } }),
      partitioning: DynamicPartitioning.fromTransform(['customer']),
      transform: { handler: handler(stack) },
    })],
    ['nothing beside delivery', () => ({ backup: SourceBackup.none('kept upstream'), logging: DeliveryLogging.none('metrics'), prefix: '', errorOutputPrefix: '' })],
  ])('in %s, in a known Region and without', (_, props) => {
    for (const stack of [strict(), strict({ account: '111111111111', region: 'eu-west-1' }), strict({ account: '111111111111', region: 'cn-north-1' })]) {
      s3Stream(stack, 'Clicks', props(stack));
      s3Stream(stack, 'Views');
      expect(() => (stack.node.root as App).synth()).not.toThrow();
    }
  });
});

describe('cdk-nag', () => {
  const findings = (stack: Stack) => [...new Set(PACKS.flatMap(Pack => new Pack().validateScope(stack).violations)
    .flatMap(({ ruleName, violatingResources }) => violatingResources
      .filter(({ constructPath }) => constructPath?.startsWith('Stack/Clicks/'))
      .map(({ constructPath }) => `${ruleName.replace(/^(AwsSolutions|HIPAA\.Security|NIST\.800\.53\.R[45]|PCI\.DSS\.321|Serverless)-/, '').replace(/\[.*/, '')} ${constructPath?.split('/')[2]}`)))].sort();

  test('of the defaults', () => {
    const stack = new Stack(new App(), 'Stack');
    s3Stream(stack, 'Clicks');
    expect(findings(stack)).toEqual([
      'CloudWatchLogGroupEncrypted LogGroup', // logging: customer key
      'IAM5 Policy', // the objects of a bucket
      'S1 BackupBucket', 'S1 Bucket', // serverAccessLogs
      'S3BucketDefaultLockEnabled BackupBucket', 'S3BucketDefaultLockEnabled Bucket', // DeliveryBucket.existing()
      'S3BucketLoggingEnabled BackupBucket', 'S3BucketLoggingEnabled Bucket', // serverAccessLogs
      'S3BucketReplicationEnabled BackupBucket', 'S3BucketReplicationEnabled Bucket', // DeliveryBucket.existing()
      'S3DefaultEncryptionKMS BackupBucket', 'S3DefaultEncryptionKMS Bucket', // encryption: customer key
    ]);
  });

  test('of everything', () => {
    const stack = new Stack(new App(), 'Stack');
    s3Stream(stack, 'Clicks', everything(stack));
    expect(findings(stack)).toEqual([
      'IAM5 Policy',
      'KDS3 Stream', // a warning that a customer key costs more than alias/aws/kinesis
      'S3BucketDefaultLockEnabled BackupBucket', 'S3BucketDefaultLockEnabled Bucket',
      'S3BucketReplicationEnabled BackupBucket', 'S3BucketReplicationEnabled Bucket',
    ]);
  });
});
