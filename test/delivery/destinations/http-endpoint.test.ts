import { App, Duration, Size, Stack, StackProps, Token } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EndpointProps, HERE, URL, endpoint, endpointOf, functionIn, stackHere, streamTo } from './support';
import { Encryption } from '../../../src/access';
import { DeliveryBucket, DeliveryLogging, HttpContentEncoding, HttpEndpointBackup, HttpEndpointDestination } from '../../../src/delivery';
import { warningsOf } from '../../support/template';

const ROLE = { 'Fn::GetAtt': [expect.stringMatching(/^Clicks\w*Role/), 'Arn'] };
const log = (name: string) => ({
  Enabled: true,
  LogGroupName: { Ref: expect.stringMatching(/^ClicksLogGroup/) },
  LogStreamName: { Ref: expect.stringMatching(new RegExp(`^ClicksLogGroup${name}`)) },
});

describe('by default', () => {
  const { endpoint: configuration, resource, sids, template } = endpoint();

  test('everything that Firehose would choose is written out, and failed records are backed up', () => {
    expect(configuration).toEqual({
      EndpointConfiguration: { Url: URL },
      RequestConfiguration: { ContentEncoding: 'NONE' },
      BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
      RetryOptions: { DurationInSeconds: 300 },
      RoleARN: ROLE,
      CloudWatchLoggingOptions: log('HttpDestination'),
      S3BackupMode: 'FailedDataOnly',
      S3Configuration: {
        BucketARN: { 'Fn::GetAtt': [expect.stringMatching(/^ClicksBackupBucket/), 'Arn'] },
        RoleARN: ROLE,
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/',
        BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 5 },
        CompressionFormat: 'GZIP',
        CloudWatchLoggingOptions: log('S3Backup'),
      },
    });
  });

  test('the stream has no other destination, and is created after the policy of its role', () => {
    expect(Object.keys(resource.Properties)).toEqual(['DeliveryStreamType', 'HttpEndpointDestinationConfiguration']);
    expect(resource.DependsOn).toEqual([expect.stringMatching(/^Clicks\w*Policy/)]);
    expect(sids).toEqual(['ListBackupBucket', 'WriteBackupBucket', 'LogErrors']);
  });

  test('the bucket is private and versioned, and bucket and log group are kept', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: { VersioningConfiguration: { Status: 'Enabled' }, PublicAccessBlockConfiguration: { BlockPublicAcls: true } },
    });
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { RetentionInDays: 30 } });
    template.resourceCountIs('AWS::IAM::Role', 1);
    template.resourceCountIs('AWS::KMS::Key', 0);
  });
});

describe('each property', () => {
  test.each<[string, EndpointProps, object]>([
    ['name', { name: 'collector' }, { EndpointConfiguration: { Url: URL, Name: 'collector' } }],
    ['contentEncoding', { contentEncoding: HttpContentEncoding.GZIP }, { RequestConfiguration: { ContentEncoding: 'GZIP' } }],
    ['commonAttributes, by name', { commonAttributes: { site: 'shop', env: 'prod', empty: '' } }, {
      RequestConfiguration: {
        ContentEncoding: 'NONE',
        CommonAttributes: [
          { AttributeName: 'empty', AttributeValue: '' }, { AttributeName: 'env', AttributeValue: 'prod' }, { AttributeName: 'site', AttributeValue: 'shop' },
        ],
      },
    }],
    ['the interval of buffering alone', { buffering: { interval: Duration.seconds(0) } }, { BufferingHints: { IntervalInSeconds: 0, SizeInMBs: 5 } }],
    ['the size of buffering alone', { buffering: { size: Size.mebibytes(64) } }, { BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 64 } }],
    ['no retry', { retryDuration: Duration.seconds(0) }, { RetryOptions: { DurationInSeconds: 0 } }],
    ['the longest retry', { retryDuration: Duration.hours(2) }, { RetryOptions: { DurationInSeconds: 7200 } }],
  ])('%s', (_, props, expected) => {
    expect(endpoint(props).endpoint).toMatchObject(expected);
  });

  test('a transform function is invoked by the role of the endpoint', () => {
    const stack = stackHere();
    const { endpoint: configuration, sids } = endpoint({ transform: { handler: functionIn(stack), retries: 0 } }, stack);
    expect(configuration.ProcessingConfiguration).toEqual({
      Enabled: true,
      Processors: [{
        Type: 'Lambda',
        Parameters: [
          { ParameterName: 'LambdaArn', ParameterValue: { 'Fn::GetAtt': [expect.stringMatching(/^Handler/), 'Arn'] } },
          { ParameterName: 'RoleArn', ParameterValue: ROLE },
          { ParameterName: 'NumberOfRetries', ParameterValue: '0' },
        ],
      }],
    });
    expect(sids).toContain('Transform');
  });

  test('tokens', () => {
    const [seconds, mebibytes] = [Token.asNumber({ Ref: 'Seconds' }), Token.asNumber({ Ref: 'Mebibytes' })];
    const { endpoint: configuration } = endpoint({
      url: `https://${Token.asString({ Ref: 'Api' })}.execute-api.eu-west-1.amazonaws.com/${Token.asString({ Ref: 'Stage' })}`,
      name: Token.asString({ Ref: 'Name' }),
      commonAttributes: { site: Token.asString({ Ref: 'Site' }) },
      retryDuration: Duration.seconds(seconds),
      buffering: { interval: Duration.seconds(seconds), size: Size.mebibytes(mebibytes) },
    });
    expect(configuration).toMatchObject({
      EndpointConfiguration: { Url: { 'Fn::Join': ['', ['https://', { Ref: 'Api' }, '.execute-api.eu-west-1.amazonaws.com/', { Ref: 'Stage' }]] }, Name: { Ref: 'Name' } },
      RequestConfiguration: { CommonAttributes: [{ AttributeName: 'site', AttributeValue: { Ref: 'Site' } }] },
      RetryOptions: { DurationInSeconds: { Ref: 'Seconds' } },
      BufferingHints: { IntervalInSeconds: { Ref: 'Seconds' }, SizeInMBs: { Ref: 'Mebibytes' } },
    });
  });
});

describe('the backup', () => {
  test('of all records has a prefix of its own', () => {
    expect(endpoint({ backup: HttpEndpointBackup.allRecords() }).endpoint).toMatchObject({
      S3BackupMode: 'AllData',
      S3Configuration: { Prefix: 'source/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/' },
    });
  });

  test('as it is asked for', () => {
    const { endpoint: configuration } = endpoint({
      backup: HttpEndpointBackup.allRecords({
        prefix: 'all/',
        errorOutputPrefix: 'failed/!{firehose:error-output-type}/',
        buffering: { interval: Duration.seconds(60), size: Size.mebibytes(128) },
        compression: firehose.Compression.UNCOMPRESSED,
      }),
    });
    expect(configuration.S3Configuration).toMatchObject({
      Prefix: 'all/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 128 },
      CompressionFormat: 'UNCOMPRESSED',
    });
  });

  test('in a bucket with a customer key is encrypted with that', () => {
    const bucket = DeliveryBucket.create({ encryption: Encryption.customerManaged() });
    const { endpoint: configuration, sids } = endpoint({ backup: HttpEndpointBackup.failedRecords({ bucket }) });
    expect(configuration.S3Configuration.EncryptionConfiguration).toEqual({
      KMSEncryptionConfig: { AWSKMSKeyARN: { 'Fn::GetAtt': [expect.stringMatching(/^ClicksBackupBucketKey/), 'Arn'] } },
    });
    expect(sids).toContain('EncryptBackupBucket');
  });

  test('in an imported bucket leaves it as it is, and says what a customer key would need', () => {
    const stack = stackHere();
    const { endpoint: configuration, template } = endpoint({
      backup: HttpEndpointBackup.failedRecords({ bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake')) }),
    }, stack);
    expect(configuration.S3Configuration.BucketARN).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::lake']] });
    template.resourceCountIs('AWS::S3::Bucket', 0);
    expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining('.bucketKey]')]);
  });

  test('warns of a pattern that is likely not meant', () => {
    const stack = stackHere();
    endpoint({ backup: HttpEndpointBackup.allRecords({ prefix: '!{timestamp:YYYY}/' }) }, stack);
    expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining('.timestampPattern]')]);
  });
});

describe('the log', () => {
  test('none: nothing is created and allowed for it', () => {
    const { endpoint: configuration, sids, template } = endpoint({ logging: DeliveryLogging.none('watched by metrics') });
    expect(JSON.stringify(configuration)).not.toContain('CloudWatchLoggingOptions');
    expect(sids).not.toContain('LogErrors');
    template.resourceCountIs('AWS::Logs::LogGroup', 0);
  });

  test('one log group for two streams', () => {
    const stack = stackHere();
    const logGroup = new logs.LogGroup(stack, 'Errors');
    const streams = ['One', 'Two'].map(id => streamTo(stack, { logging: DeliveryLogging.existing(logGroup) }, id));
    const names = streams.map(stream => endpointOf(stream).endpoint.CloudWatchLoggingOptions.LogStreamName.Ref);
    expect(new Set(names).size).toBe(2);
  });
});

describe('the access key', () => {
  test('is read from its secret by the role of the endpoint, and is not in the template', () => {
    const stack = stackHere();
    const { endpoint: configuration, sids } = endpoint({ accessKey: new secretsmanager.Secret(stack, 'AccessKey') }, stack);
    expect(configuration.SecretsManagerConfiguration).toEqual({ Enabled: true, RoleARN: ROLE, SecretARN: { Ref: expect.stringMatching(/^AccessKey/) } });
    expect(configuration.EndpointConfiguration).toEqual({ Url: URL });
    expect(sids).toContain('ReadSecret');
    expect(warningsOf(stack)).toEqual([]);
  });

  test('imported by its name: the policy allows for the six characters of its ARN', () => {
    const stack = stackHere();
    const { statement } = endpoint({ accessKey: secretsmanager.Secret.fromSecretNameV2(stack, 'AccessKey', 'collector') }, stack);
    expect(JSON.stringify(statement('ReadSecret').Resource)).toContain(':secret:collector-??????');
    expect(warningsOf(stack).map(({ text }) => text)).toEqual([expect.stringContaining('HttpEndpointDestination.secretKey]')]);
  });

  test.each<[string, StackProps, StackProps]>([
    ['the stream', {}, { env: HERE }], ['the secret', { env: HERE }, {}], ['the account of both', {}, { env: { region: HERE.region } }],
  ])('of a stack of this app: an environment of %s that is only known at deployment counts as the same', (_, env, theirEnv) => {
    const app = new App();
    const stack = new Stack(app, 'Stack', env);
    const accessKey = new secretsmanager.Secret(new Stack(app, 'Theirs', theirEnv), 'AccessKey', { secretName: 'collector' });
    const { endpoint: configuration, statement } = endpoint({ accessKey }, stack);
    expect(JSON.stringify(configuration.SecretsManagerConfiguration.SecretARN)).toMatch(/:secret:collector"/);
    expect(JSON.stringify(statement('ReadSecret').Resource)).toContain(':secret:collector-??????');
    expect(warningsOf(stack)).toEqual([]);
  });
});

test('two in one stack', () => {
  const stack = stackHere();
  const [one, two] = ['One', 'Two'].map(id => streamTo(stack, {}, id)).map(stream => endpointOf(stream).endpoint);
  expect(one.RoleARN).not.toEqual(two.RoleARN);
  expect(one.S3Configuration.BucketARN).not.toEqual(two.S3Configuration.BucketARN);
});

test('one destination for two streams', () => {
  const stack = stackHere();
  const destination = new HttpEndpointDestination({ url: URL });
  const [one, two] = ['One', 'Two'].map(id => new firehose.DeliveryStream(stack, id, { destination })).map(stream => endpointOf(stream).endpoint);
  expect(one.RoleARN).not.toEqual(two.RoleARN);
});

test('metrics are those of the stream', () => {
  const stack = stackHere();
  const destination = new HttpEndpointDestination({ url: URL });
  const stream = new firehose.DeliveryStream(stack, 'Clicks', { destination });
  const metrics = [
    destination.metricDataFreshness(stream), destination.metricDeliverySuccess(stream),
    destination.metricDeliveredRecords(stream), destination.metricAttemptedRecords(stream, { statistic: 'Average', period: Duration.minutes(1) }),
  ];
  expect(metrics.map(({ metricName, statistic, period, namespace }) => [namespace, metricName, statistic, period.toSeconds()])).toEqual([
    ['AWS/Firehose', 'DeliveryToHttpEndpoint.DataFreshness', 'Maximum', 300],
    ['AWS/Firehose', 'DeliveryToHttpEndpoint.Success', 'Average', 300],
    ['AWS/Firehose', 'DeliveryToHttpEndpoint.Records', 'Sum', 300],
    ['AWS/Firehose', 'DeliveryToHttpEndpoint.ProcessedRecords', 'Average', 60],
  ]);
  expect(Stack.of(stream).resolve(metrics[0].dimensions)).toEqual({ DeliveryStreamName: { Ref: expect.stringMatching(/^Clicks/) } });
});
