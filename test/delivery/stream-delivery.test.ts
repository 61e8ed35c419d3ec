import { App, Aspects, Duration, IPropertyInjector, RemovalPolicy, Size, Stack, Tags, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Json, deliver, handler, newStack, processorTypes, rendered, warningIds } from './support';
import { Encryption } from '../../src/access';
import {
  DeliveryBucket, DeliveryLogging, DynamicPartitioning, FirehoseStream, KinesisSource, RecordConversion, SourceBackup, SourceCapacity,
} from '../../src/delivery';
import { refusedProps } from '../support/problems';
import { s3Stream } from '../support/s3-stream';

const HOUR = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/';
const READ_ACTIONS = ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'];
const schema = { databaseName: 'web', tableName: 'clicks' };

describe('defaults', () => {
  const { delivery, s3: destination, sids, stack, statement, stream, template } = deliver();
  const arn = (of: { arn: string }) => stack.resolve(of.arn);

  test('the data stream is on demand, keeps 24 hours, is encrypted and retained', () => {
    template.hasResource('AWS::Kinesis::Stream', {
      Properties: { RetentionPeriodHours: 24, StreamModeDetails: { StreamMode: 'ON_DEMAND' }, StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }, ShardCount: Match.absent() },
      DeletionPolicy: 'Retain',
    });
  });

  test('both buckets are private, encrypted, versioned, owner enforced, tidied up and retained', () => {
    template.resourceCountIs('AWS::S3::Bucket', 2);
    template.allResources('AWS::S3::Bucket', {
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        LifecycleConfiguration: { Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }] },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        VersioningConfiguration: { Status: 'Enabled' },
      },
      DeletionPolicy: 'Retain',
    });
  });

  test('both buckets refuse what does not come by TLS, and nothing else is said in their policies', () => {
    template.resourceCountIs('AWS::S3::BucketPolicy', 2);
    template.allResourcesProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } }, Resource: Match.anyValue() }] },
    });
  });

  test('the delivery stream reads the data stream and writes both buckets', () => {
    expect(stream.Properties.DeliveryStreamType).toBe('KinesisStreamAsSource');
    expect(stream.Properties.DeliveryStreamEncryptionConfigurationInput).toBeUndefined();
    expect(stream.Properties.KinesisStreamSourceConfiguration).toEqual({
      KinesisStreamARN: arn({ arn: delivery.dataStream!.streamArn }), RoleARN: arn({ arn: delivery.role.roleArn }),
    });
    expect(destination).toMatchObject({
      BucketARN: arn({ arn: delivery.bucket!.bucketArn }),
      RoleARN: arn({ arn: delivery.role.roleArn }),
      BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 5 },
      CompressionFormat: 'GZIP',
      Prefix: `data/${HOUR}`,
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/',
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: {
        BucketARN: arn({ arn: delivery.backupBucket!.bucketArn }),
        BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 5 },
        CompressionFormat: 'GZIP',
        Prefix: `source/${HOUR}`,
        ErrorOutputPrefix: 'source-errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/',
      },
    });
    ['ProcessingConfiguration', 'DataFormatConversionConfiguration', 'DynamicPartitioningConfiguration', 'EncryptionConfiguration', 'FileExtension', 'CustomTimeZone']
      .forEach(absent => expect(destination[absent]).toBeUndefined());
  });

  test('errors are logged for 30 days, each bucket in its own log stream', () => {
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30, KmsKeyId: Match.absent() }, DeletionPolicy: 'Retain' });
    template.resourceCountIs('AWS::Logs::LogStream', 2);
    const group = stack.resolve(delivery.logGroup!.logGroupName);
    expect(destination.CloudWatchLoggingOptions).toMatchObject({ Enabled: true, LogGroupName: group });
    expect(destination.S3BackupConfiguration.CloudWatchLoggingOptions).toMatchObject({ Enabled: true, LogGroupName: group });
    expect(destination.CloudWatchLoggingOptions.LogStreamName).not.toEqual(destination.S3BackupConfiguration.CloudWatchLoggingOptions.LogStreamName);
    expect(statement('LogErrors').Action).toBe('logs:PutLogEvents');
    expect(JSON.stringify(statement('LogErrors').Resource)).not.toContain('*');
    [destination, destination.S3BackupConfiguration].forEach(({ CloudWatchLoggingOptions }) => {
      expect(JSON.stringify(statement('LogErrors').Resource)).toContain(JSON.stringify(CloudWatchLoggingOptions.LogStreamName));
    });
  });

  test('only Firehose acting for this account can assume the role', () => {
    template.resourceCountIs('AWS::IAM::Role', 1);
    template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: Match.absent(),
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'firehose.amazonaws.com' }, Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } } } }] },
    });
  });

  test('the role has exactly what is documented', () => {
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 1);
    expect(sids).toEqual(['ReadStream', 'ListBucket', 'WriteBucket', 'ListBackupBucket', 'WriteBackupBucket', 'LogErrors']);
    expect(statement('ReadStream')).toMatchObject({ Action: READ_ACTIONS, Resource: arn({ arn: delivery.dataStream!.streamArn }) });
    for (const [sid, bucket] of [['Bucket', delivery.bucket!], ['BackupBucket', delivery.backupBucket!]] as const) {
      expect(statement(`List${sid}`)).toMatchObject({ Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: arn({ arn: bucket.bucketArn }) });
      expect(statement(`Write${sid}`)).toMatchObject({ Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], Resource: arn({ arn: bucket.arnForObjects('*') }) });
    }
  });

  test('the delivery stream is created after the policy of its role', () => {
    expect(stream.DependsOn).toEqual([stack.getLogicalId(delivery.policy!.node.defaultChild as iam.CfnManagedPolicy)]);
  });

  test('there is no key, no warning and no unused part', () => {
    template.resourceCountIs('AWS::KMS::Key', 0);
    [delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey, delivery.logGroupKey].forEach(key => expect(key).toBeUndefined());
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(template.toJSON().Mappings).toBeUndefined();
    expect(template.toJSON().Conditions?.AwsCdkKinesisEncryptedStreamsUnsupportedRegions).toBeUndefined();
  });
});

describe('overrides', () => {
  test('provisioned shards, retention and removal', () => {
    const source = KinesisSource.create({
      capacity: SourceCapacity.provisioned(2), retention: Duration.days(7), removalPolicy: RemovalPolicy.DESTROY,
    });
    deliver({ source }).template.hasResource('AWS::Kinesis::Stream', {
      Properties: { ShardCount: 2, StreamModeDetails: { StreamMode: 'PROVISIONED' }, RetentionPeriodHours: 168 }, DeletionPolicy: 'Delete',
    });
  });

  test('on demand and service managed when said', () => {
    const source = KinesisSource.create({ capacity: SourceCapacity.onDemand(), encryption: Encryption.serviceManaged() });
    deliver({ source }).template.hasResourceProperties('AWS::Kinesis::Stream', { StreamModeDetails: { StreamMode: 'ON_DEMAND' }, StreamEncryption: { KeyId: 'alias/aws/kinesis' } });
  });

  test('a bucket that is removed, and the other that is not', () => {
    const { delivery, template } = deliver({ bucket: DeliveryBucket.create({ removalPolicy: RemovalPolicy.DESTROY }) });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
    expect(delivery.bucket!).not.toBe(delivery.backupBucket);
  });

  test('prefixes, time zone, extension and compression of both buckets', () => {
    const { s3: destination } = deliver({
      prefix: 'a/!{timestamp:yyyy}/',
      errorOutputPrefix: 'b/!{firehose:random-string}/!{firehose:error-output-type}/',
      timeZone: TimeZone.ASIA_TOKYO,
      fileExtension: '.json.gz',
      compression: firehose.Compression.SNAPPY,
      buffering: { interval: Duration.seconds(0), size: Size.mebibytes(1) },
      backup: SourceBackup.allRecords({
        prefix: '', errorOutputPrefix: 'x/!{firehose:error-output-type}/', compression: firehose.Compression.ZIP, buffering: { interval: Duration.seconds(900), size: Size.mebibytes(128) },
      }),
    });
    expect(destination).toMatchObject({
      Prefix: 'a/!{timestamp:yyyy}/',
      ErrorOutputPrefix: 'b/!{firehose:random-string}/!{firehose:error-output-type}/',
      CustomTimeZone: 'Asia/Tokyo',
      FileExtension: '.json.gz',
      CompressionFormat: 'Snappy',
      BufferingHints: { IntervalInSeconds: 0, SizeInMBs: 1 },
      S3BackupConfiguration: { Prefix: '', ErrorOutputPrefix: 'x/!{firehose:error-output-type}/', CompressionFormat: 'ZIP', BufferingHints: { IntervalInSeconds: 900, SizeInMBs: 128 } },
    });
  });

  test('no backup and no logging', () => {
    const { delivery, s3: destination, sids, template } = deliver({ backup: SourceBackup.none('kept upstream'), logging: DeliveryLogging.none('metrics suffice') });
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.resourceCountIs('AWS::Logs::LogGroup', 0);
    expect(destination.S3BackupMode).toBeUndefined();
    expect(destination.S3BackupConfiguration).toBeUndefined();
    expect(destination.CloudWatchLoggingOptions).toBeUndefined();
    expect(sids).toEqual(['ReadStream', 'ListBucket', 'WriteBucket']);
    expect([delivery.backupBucket, delivery.backupBucketKey, delivery.logGroup]).toEqual([undefined, undefined, undefined]);
    expect(refusedProps(() => delivery.metricBackupToS3DataFreshness())).toEqual(['metricBackupToS3DataFreshness()']);
    expect(refusedProps(() => delivery.metricBackupToS3Success())).toEqual(['metricBackupToS3Success()']);
  });

  test('retention and removal of the log group', () => {
    deliver({ logging: DeliveryLogging.create({ retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY }) })
      .template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 365 }, DeletionPolicy: 'Delete' });
  });

  test('a line break after each record', () => {
    expect(deliver({ newLineDelimiter: true }).s3.ProcessingConfiguration).toEqual({ Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord', Parameters: [] }] });
  });

  test('conversion to Parquet', () => {
    const { s3: destination, statement } = deliver({ conversion: RecordConversion.toParquet({ schema }) });
    expect(destination.CompressionFormat).toBeUndefined();
    expect(destination.BufferingHints).toEqual({ IntervalInSeconds: 300, SizeInMBs: 128 });
    expect(destination.DataFormatConversionConfiguration).toMatchObject({
      Enabled: true,
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
      SchemaConfiguration: { CatalogId: { Ref: 'AWS::AccountId' }, Region: { Ref: 'AWS::Region' }, DatabaseName: 'web', TableName: 'clicks', VersionId: 'LATEST' },
    });
    expect(statement('ReadSchema').Action).toEqual(['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions']);
    expect(statement('ReadSchema').Resource.map((one: Json) => one['Fn::Join'][1].slice(-1)[0])).toEqual([':catalog', ':database/web', ':table/web/clicks']);
    expect(statement('ReadSchemaRegistry')).toBeUndefined();
  });

  test('conversion to ORC with a catalog elsewhere and the schema registry', () => {
    const { s3: destination, statement } = deliver({
      conversion: RecordConversion.toOrc({
        schema: { ...schema, catalogId: '111111111111', region: 'eu-west-1', versionId: '3', schemaRegistry: true },
        input: firehose.InputFormat.HIVE_JSON,
        output: new firehose.OrcOutputFormat({ compression: firehose.OrcCompression.ZLIB }),
      }),
    });
    expect(destination.DataFormatConversionConfiguration).toMatchObject({
      InputFormatConfiguration: { Deserializer: { HiveJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { OrcSerDe: { Compression: 'ZLIB' } } },
      SchemaConfiguration: { CatalogId: '111111111111', Region: 'eu-west-1', VersionId: '3' },
    });
    expect(statement('ReadSchema').Resource[2]['Fn::Join'][1].slice(-1)[0]).toBe(':glue:eu-west-1:111111111111:table/web/clicks');
    expect(statement('ReadSchemaRegistry')).toMatchObject({ Action: 'glue:GetSchemaVersion', Resource: '*' });
  });

  test('Parquet with an output of one\'s own', () => {
    const output = new firehose.ParquetOutputFormat({ compression: firehose.ParquetCompression.GZIP });
    expect(deliver({ conversion: RecordConversion.toParquet({ schema, output }) }).s3.DataFormatConversionConfiguration.OutputFormatConfiguration)
      .toEqual({ Serializer: { ParquetSerDe: { Compression: 'GZIP' } } });
  });
});

describe('transform', () => {
  test('the function is invoked, and nothing more is allowed', () => {
    const stack = newStack();
    const fn = handler(stack);
    const { s3: destination, statement, delivery } = deliver({ transform: { handler: fn } }, stack);
    const arn = stack.resolve(fn.functionArn);
    expect(destination.ProcessingConfiguration).toEqual({
      Enabled: true,
      Processors: [{ Type: 'Lambda', Parameters: [{ ParameterName: 'LambdaArn', ParameterValue: arn }, { ParameterName: 'RoleArn', ParameterValue: stack.resolve(delivery.role.roleArn) }] }],
    });
    expect(statement('Transform')).toMatchObject({
      Action: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'], Resource: [arn, { 'Fn::Join': ['', [arn, ':$LATEST']] }],
    });
  });

  test.each([
    ['0.2 MiB', Size.mebibytes(0.2), '0.2'], ['512 KiB', Size.kibibytes(512), '0.5'], ['3 MiB', Size.mebibytes(3), '3'],
  ])('no retry, no waiting and %s', (_, size, text) => {
    const stack = newStack();
    const transform = { handler: handler(stack), retries: 0, buffering: { interval: Duration.seconds(0), size } };
    const { s3: destination } = deliver({ transform }, stack);
    expect(destination.ProcessingConfiguration.Processors[0].Parameters).toEqual(expect.arrayContaining([
      { ParameterName: 'NumberOfRetries', ParameterValue: '0' },
      { ParameterName: 'BufferSizeInMBs', ParameterValue: text },
      { ParameterName: 'BufferIntervalInSeconds', ParameterValue: '0' },
    ]));
  });

  test.each<[string, (stack: Stack) => lambda.IFunction]>([
    ['a version', stack => handler(stack).currentVersion],
    ['an alias', stack => handler(stack).addAlias('live')],
    ['an imported alias', stack => lambda.Function.fromFunctionArn(stack, 'F', 'arn:aws:lambda:eu-west-1:111111111111:function:f:live')],
  ])('%s is not qualified again', (_, make) => {
    const stack = newStack();
    const fn = make(stack);
    expect(deliver({ transform: { handler: fn } }, stack).statement('Transform').Resource).toEqual(stack.resolve(fn.functionArn));
  });

  test('an imported function gets $LATEST', () => {
    const stack = newStack();
    const fn = lambda.Function.fromFunctionArn(stack, 'F', 'arn:aws:lambda:eu-west-1:111111111111:function:f');
    expect(deliver({ transform: { handler: fn } }, stack).statement('Transform').Resource).toEqual([fn.functionArn, `${fn.functionArn}:$LATEST`]);
  });

  test.each([
    ['a size', { size: Size.mebibytes(2) }, '2', '60'], ['an interval', { interval: Duration.seconds(30) }, '1', '30'],
  ])('%s alone is given with the default of the other', (_, buffering, size, interval) => {
    const stack = newStack();
    const [{ Parameters }] = deliver({ transform: { handler: handler(stack), buffering } }, stack).s3.ProcessingConfiguration.Processors;
    expect(Parameters.slice(2)).toEqual([
      { ParameterName: 'BufferSizeInMBs', ParameterValue: size }, { ParameterName: 'BufferIntervalInSeconds', ParameterValue: interval },
    ]);
  });

  test('an empty buffer is left to Firehose', () => {
    const stack = newStack();
    const [{ Parameters }] = deliver({ transform: { handler: handler(stack), buffering: {} } }, stack).s3.ProcessingConfiguration.Processors;
    expect(Parameters).toHaveLength(2);
  });

  test.each([
    ['eu-west-1', '111111111111', 0], ['eu-west-1', '222222222222', 1], ['us-east-1', '111111111111', 1],
  ])('a function in %s and %s warns, or not', (region, account, times) => {
    const stack = newStack({ env: { region: 'eu-west-1', account: '111111111111' } });
    const fn = lambda.Function.fromFunctionArn(stack, 'F', `arn:aws:lambda:${region}:${account}:function:f`);
    deliver({ transform: { handler: fn } }, stack);
    expect(warningIds(stack)).toEqual(Array(times).fill('FirehoseStream.transformElsewhere'));
  });

  test.each([[Duration.minutes(5), 0], [Duration.seconds(301), 1]])('a timeout of %s warns %d times', (timeout, times) => {
    const stack = newStack();
    deliver({ transform: { handler: handler(stack, { timeout }) } }, stack);
    expect(warningIds(stack)).toEqual(Array(times).fill('FirehoseStream.transformTimeout'));
  });
});

describe('dynamic partitioning', () => {
  test('by queries', () => {
    const { s3: destination } = deliver({ partitioning: DynamicPartitioning.fromQuery({ customer: '.customer_id', country: '.geo.country' }) });
    expect(destination).toMatchObject({
      Prefix: `data/country=!{partitionKeyFromQuery:country}/customer=!{partitionKeyFromQuery:customer}/${HOUR}`,
      BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 128 },
      DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 300 } },
    });
    expect(destination.ProcessingConfiguration.Processors).toEqual([{
      Type: 'MetadataExtraction',
      Parameters: [
        { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{"country":(.geo.country),"customer":(.customer_id)}' }, { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
      ],
    }]);
  });

  test.each([
    ['.customer // "none"'], ['if .a then "x" else "y" end'], ['.a, .b'], ['.a | ascii_downcase'], ['.a as $x | $x'],
  ])('by the query %s, which jq takes as a value in parentheses only', query => {
    const { s3: destination } = deliver({ partitioning: DynamicPartitioning.fromQuery({ a: query, b: query }) });
    expect(destination.ProcessingConfiguration.Processors[0].Parameters[0].ParameterValue).toBe(`{"a":(${query}),"b":(${query})}`);
  });

  test('by the transform function', () => {
    const stack = newStack();
    const { s3: destination } = deliver({ partitioning: DynamicPartitioning.fromTransform(['customer']), transform: { handler: handler(stack) } }, stack);
    expect(destination.Prefix).toBe(`data/customer=!{partitionKeyFromLambda:customer}/${HOUR}`);
    expect(processorTypes(destination)).toEqual(['Lambda']);
  });

  test('by both, with the defaults', () => {
    const stack = newStack();
    const partitioning = DynamicPartitioning.fromQueryAndTransform({ country: '.country' }, ['customer']);
    expect(deliver({ partitioning, transform: { handler: handler(stack) } }, stack).s3.Prefix)
      .toBe(`data/country=!{partitionKeyFromQuery:country}/customer=!{partitionKeyFromLambda:customer}/${HOUR}`);
  });

  test('by both, after splitting and before the line break', () => {
    const stack = newStack();
    const partitioning = DynamicPartitioning.fromQueryAndTransform({ country: '.country' }, ['customer'], { deaggregation: firehose.RecordDeAggregationProcessor.json() });
    const prefix = '!{partitionKeyFromLambda:customer}/!{partitionKeyFromQuery:country}/';
    const { s3: destination } = deliver({ partitioning, prefix, newLineDelimiter: true, transform: { handler: handler(stack) } }, stack);
    expect(destination.Prefix).toBe(prefix);
    expect(processorTypes(destination)).toEqual(['RecordDeAggregation', 'Lambda', 'MetadataExtraction', 'AppendDelimiterToRecord']);
  });
});

describe('timestamps that are not what they look like', () => {
  test.each([
    ['YYYY', 'year of the week'], ['DD', 'day of the year'], ['hh', 'half-day'],
  ])('%s', (pattern, meaning) => {
    const { stack } = deliver({ prefix: `!{timestamp:${pattern}}/` });
    Annotations.fromStack(stack).hasWarning('/Stack/Clicks', Match.stringLikeRegexp(meaning));
  });

  test.each([['yyyy-MM-dd-HH-mm'], ['\'Day\'dd']])('%s is fine', pattern => {
    const { stack } = deliver({ prefix: `YYYY/!{timestamp:${pattern}}/` });
    expect(warningIds(stack)).toEqual([]);
  });

  test('in the backup', () => {
    const { stack } = deliver({ backup: SourceBackup.allRecords({ prefix: '!{timestamp:YYYY}/' }) });
    expect(warningIds(stack)).toEqual(['FirehoseStream.timestampPattern']);
  });
});

describe('metrics', () => {
  test.each<[string, (delivery: FirehoseStream) => cloudwatch.Metric, string, string]>([
    ['data freshness', d => d.metricDataFreshness(), 'DeliveryToS3.DataFreshness', 'Maximum'],
    ['success', d => d.metricDeliverySuccess(), 'DeliveryToS3.Success', 'Average'],
    ['records', d => d.metricDeliveredRecords(), 'DeliveryToS3.Records', 'Sum'],
    ['lag', d => d.metricMillisBehindLatest(), 'KinesisMillisBehindLatest', 'Maximum'],
    ['backup freshness', d => d.metricBackupToS3DataFreshness(), 'BackupToS3.DataFreshness', 'Maximum'],
    ['backup success', d => d.metricBackupToS3Success(), 'BackupToS3.Success', 'Average'],
    ['any', d => d.metric('SucceedProcessing.Records'), 'SucceedProcessing.Records', 'Average'],
  ])('%s', (_, metric, metricName, statistic) => {
    const { delivery, stack } = deliver();
    expect(metric(delivery)).toMatchObject({ namespace: 'AWS/Firehose', metricName, statistic, period: Duration.minutes(5) });
    expect(stack.resolve(metric(delivery).dimensions)).toEqual({ DeliveryStreamName: stack.resolve(delivery.deliveryStreamName) });
  });

  test('the user\'s statistic wins', () => {
    expect(deliver().delivery.metricDataFreshness({ statistic: 'p99', period: Duration.minutes(1) })).toMatchObject({ statistic: 'p99', period: Duration.minutes(1) });
  });
});

describe('an organization reaches what is made', () => {
  test('aspects, tags and property injectors', () => {
    const app = new App();
    const seen: string[] = [];
    const injector = (constructUniqueId: string, more: object): IPropertyInjector => ({
      constructUniqueId, inject: (props, { id }) => { seen.push(id); return { ...props, ...more }; },
    });
    const stack = new Stack(app, 'Stack', {
      propertyInjectors: [
        injector(s3.Bucket.PROPERTY_INJECTION_ID, { transferAcceleration: true }),
        injector(firehose.DeliveryStream.PROPERTY_INJECTION_ID, { deliveryStreamName: 'injected' }),
      ],
    });
    Tags.of(app).add('team', 'data');
    iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'));
    Aspects.of(app).add({ visit: node => { if (node instanceof kinesis.CfnStream) node.retentionPeriodHours = 48; } });
    const { stream, template } = deliver({}, stack);
    expect(seen).toEqual(['Bucket', 'BackupBucket', 'DeliveryStream']);
    expect(stream.Properties).toMatchObject({ DeliveryStreamName: 'injected', Tags: [{ Key: 'team', Value: 'data' }] });
    template.allResourcesProperties('AWS::S3::Bucket', { AccelerateConfiguration: { AccelerationStatus: 'Enabled' } });
    template.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: 48 });
    template.hasResourceProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
  });
});

test('any number in one stack, and the same bytes twice', () => {
  const synth = () => {
    const stack = newStack();
    s3Stream(stack, 'Clicks');
    s3Stream(stack, 'Views', { newLineDelimiter: true });
    return JSON.stringify(Template.fromStack(stack).toJSON());
  };
  expect(synth()).toBe(synth());
  expect(synth().match(/AWS::KinesisFirehose::DeliveryStream/g)).toHaveLength(2);
});

test('everything in one stack with keys', () => {
  const stack = newStack();
  const key = new kms.Key(stack, 'Key');
  const { delivery } = deliver({ source: KinesisSource.create({ encryption: Encryption.customerManaged(key) }) }, stack);
  expect(delivery.dataStreamKey).toBe(key);
  expect(rendered(stack, delivery).sids).toContain('DecryptStream');
});
