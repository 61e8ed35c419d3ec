import { Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { removalPolicies, rows } from './change';
import { givenKey } from './changes-queues';
import { Encryption } from '../../src/access';
import {
  Buffering, DeliveryBucket, DeliveryBucketOptions, DeliveryLogging, DirectPut, DynamicPartitioning, FirehoseStream, FirehoseStreamProps,
  GlueTableSchema, HttpEndpointDestination, KinesisSource, KinesisSourceOptions, LogGroupOptions, RecordConversion, RecordTransform, S3Destination,
  ServerAccessLogs, SourceBackup, SourceBackupOptions, SourceCapacity,
} from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

type Props = S3StreamProps & Pick<FirehoseStreamProps, 'destination'>;

function make(stack: Stack, { destination: to, ...props }: Props): FirehoseStream {
  return to ? new FirehoseStream(stack, 'Subject', { source: props.source, destination: to }) : s3Stream(stack, 'Subject', props);
}

const given = {
  bucket: (stack: Stack, name = 'given') => s3.Bucket.fromBucketName(stack, `Bucket-${name}`, `${name}-bucket`),
  stream: (stack: Stack) => kinesis.Stream.fromStreamArn(stack, 'GivenStream', `arn:aws:kinesis:${stack.region}:${stack.account}:stream/given`),
  logGroup: (stack: Stack) => logs.LogGroup.fromLogGroupName(stack, 'GivenLogGroup', 'given'),
  handler: (stack: Stack, name = 'given') => lambda.Function.fromFunctionArn(stack, `Function-${name}`, `arn:aws:lambda:eu-west-1:111122223333:function:${name}`),
};

const source = (options: KinesisSourceOptions): Props => ({ source: KinesisSource.create(options) });
const destination = (options: DeliveryBucketOptions): Props => ({ bucket: DeliveryBucket.create(options) });
const backup = (options: SourceBackupOptions): Props => ({ backup: SourceBackup.allRecords(options) });
const logging = (options: LogGroupOptions): Props => ({ logging: DeliveryLogging.create(options) });
const transform = (stack: Stack, options: Partial<RecordTransform> = {}): Props => ({ transform: { handler: given.handler(stack), ...options } });
const query = (options?: Parameters<typeof DynamicPartitioning.fromQuery>[1]): Props => ({ partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, options) });
const table: GlueTableSchema = { databaseName: 'db', tableName: 'clicks' };
const gzip = new firehose.ParquetOutputFormat({ compression: firehose.ParquetCompression.GZIP });
const zlib = new firehose.OrcOutputFormat({ compression: firehose.OrcCompression.ZLIB });
const parquet = (schema: Partial<GlueTableSchema> = {}): Props => ({ conversion: RecordConversion.toParquet({ schema: { ...table, ...schema } }) });

const encryptions = (props: (encryption: Encryption) => Props) => ({
  'Encryption.serviceManaged()': () => props(Encryption.serviceManaged()),
  'Encryption.customerManaged()': () => props(Encryption.customerManaged()),
  'Encryption.customerManaged(key)': (stack: Stack) => props(Encryption.customerManaged(givenKey(stack))),
});
const withKey = { encryption: Encryption.customerManaged() };
const bufferings = (props: (buffering: Buffering) => Props, buffering: Buffering) => ({ nothing: () => props({}), another: () => props(buffering) });
const texts = (props: (text?: string) => Props, text: string) => ({ nothing: () => props(), [`'${text}'`]: () => props(text) });
const schema = (prop: keyof GlueTableSchema, value: string | boolean) => ({ one: () => parquet(), another: () => parquet({ [prop]: value }) });

export const CHANGES_DELIVERY = rows<Props>('FirehoseStream', make, {
  'FirehoseStreamProps.source': {
    'KinesisSource.create()': () => ({}),
    'KinesisSource.existing(stream)': stack => ({ source: KinesisSource.existing(given.stream(stack)) }),
    'new DirectPut()': () => ({ source: new DirectPut() }),
  },
  'FirehoseStreamProps.destination': {
    'new S3Destination()': () => ({}),
    'new HttpEndpointDestination(…)': () => ({ destination: new HttpEndpointDestination({ url: 'https://collector.example.com/' }) }),
  },
  'S3DestinationProps.bucket': {
    'DeliveryBucket.create()': () => ({}),
    'DeliveryBucket.existing(bucket)': stack => ({ bucket: DeliveryBucket.existing(given.bucket(stack)) }),
    'DeliveryBucket.existing(another)': stack => ({ bucket: DeliveryBucket.existing(given.bucket(stack, 'other')) }),
  },
  'S3DestinationProps.backup': { 'SourceBackup.allRecords()': () => ({}), 'SourceBackup.none(reason)': () => ({ backup: SourceBackup.none('not needed here') }) },
  'S3DestinationProps.prefix': texts(prefix => ({ prefix }), 'clicks/'),
  'S3DestinationProps.errorOutputPrefix': texts(errorOutputPrefix => ({ errorOutputPrefix }), 'failed/!{firehose:error-output-type}/'),
  'S3DestinationProps.timeZone': { 'nothing': () => ({}), 'TimeZone.EUROPE_BERLIN': () => ({ timeZone: TimeZone.EUROPE_BERLIN }) },
  'S3DestinationProps.fileExtension': texts(fileExtension => ({ fileExtension }), '.json.gz'),
  'S3DestinationProps.buffering': bufferings(buffering => ({ buffering }), { interval: Duration.seconds(60), size: Size.mebibytes(1) }),
  'S3DestinationProps.compression': { 'nothing': () => ({}), 'Compression.SNAPPY': () => ({ compression: firehose.Compression.SNAPPY }) },
  'S3DestinationProps.transform': { 'nothing': () => ({}), 'a function': stack => transform(stack) },
  'S3DestinationProps.conversion': {
    'nothing': () => ({}), 'RecordConversion.toParquet(…)': () => parquet(), 'RecordConversion.toOrc(…)': () => ({ conversion: RecordConversion.toOrc({ schema: table }) }),
  },
  'S3DestinationProps.partitioning': {
    'nothing': () => ({}),
    'DynamicPartitioning.fromQuery(…)': () => query(),
    'DynamicPartitioning.fromTransform(…)': stack => ({ ...transform(stack), partitioning: DynamicPartitioning.fromTransform(['b']) }),
    'DynamicPartitioning.fromQueryAndTransform(…)': stack => ({ ...transform(stack), partitioning: DynamicPartitioning.fromQueryAndTransform({ a: '.a' }, ['b']) }),
  },
  'S3DestinationProps.newLineDelimiter': { false: () => ({}), true: () => ({ newLineDelimiter: true }) },
  'FirehoseStreamProps.logging': {
    'DeliveryLogging.create()': () => ({}),
    'DeliveryLogging.existing(logGroup)': stack => ({ logging: DeliveryLogging.existing(given.logGroup(stack)) }),
    'DeliveryLogging.none(reason)': () => ({ logging: DeliveryLogging.none('not needed here') }),
  },
  'S3DestinationProps.logging': {
    'the logging of the stream': () => ({}),
    'DeliveryLogging.none(reason)': () => ({ destination: new S3Destination({ logging: DeliveryLogging.none('not needed here') }) }),
  },
  'Buffering.interval': bufferings(buffering => ({ buffering }), { interval: Duration.seconds(60) }),
  'Buffering.size': bufferings(buffering => ({ buffering }), { size: Size.mebibytes(1) }),

  'KinesisSourceOptions.capacity': {
    'SourceCapacity.onDemand()': () => source({ capacity: SourceCapacity.onDemand() }),
    'SourceCapacity.provisioned(1)': () => source({ capacity: SourceCapacity.provisioned(1) }),
    'SourceCapacity.provisioned(2)': () => source({ capacity: SourceCapacity.provisioned(2) }),
  },
  'KinesisSourceOptions.retention': { 'Duration.hours(24)': () => source({}), 'Duration.days(7)': () => source({ retention: Duration.days(7) }) },
  'KinesisSourceOptions.encryption': encryptions(encryption => source({ encryption })),
  'KinesisSourceOptions.removalPolicy': removalPolicies(removalPolicy => source({ ...withKey, removalPolicy })),

  'DeliveryBucketOptions.encryption': encryptions(encryption => destination({ encryption })),
  'DeliveryBucketOptions.lifecycleRules': { nothing: () => ({}), none: () => destination({ lifecycleRules: [] }), one: () => destination({ lifecycleRules: [{ expiration: Duration.days(90) }] }) },
  'DeliveryBucketOptions.serverAccessLogs': {
    'nothing': () => ({}), 'ServerAccessLogs.to(bucket)': stack => destination({ serverAccessLogs: ServerAccessLogs.to(given.bucket(stack), 'access/') }),
  },
  'DeliveryBucketOptions.removalPolicy': removalPolicies(removalPolicy => destination({ ...withKey, removalPolicy })),
  'DeliveryBucket.existing(encryptionKey)': {
    'nothing': stack => ({ bucket: DeliveryBucket.existing(given.bucket(stack)) }),
    'a key': stack => ({ bucket: DeliveryBucket.existing(given.bucket(stack), givenKey(stack)) }),
  },

  'SourceBackupOptions.bucket': {
    'DeliveryBucket.create()': () => ({}), 'DeliveryBucket.existing(bucket)': stack => backup({ bucket: DeliveryBucket.existing(given.bucket(stack)) }),
  },
  'SourceBackupOptions.prefix': texts(prefix => backup({ prefix }), 'raw/'),
  'SourceBackupOptions.errorOutputPrefix': texts(errorOutputPrefix => backup({ errorOutputPrefix }), 'raw-errors/!{firehose:error-output-type}/'),
  'SourceBackupOptions.buffering': bufferings(buffering => backup({ buffering }), { interval: Duration.seconds(60) }),
  'SourceBackupOptions.compression': { 'nothing': () => ({}), 'Compression.SNAPPY': () => backup({ compression: firehose.Compression.SNAPPY }) },

  'LogGroupOptions.retention': { 'nothing': () => ({}), 'RetentionDays.ONE_WEEK': () => logging({ retention: logs.RetentionDays.ONE_WEEK }) },
  'LogGroupOptions.encryption': encryptions(encryption => logging({ encryption })),
  'LogGroupOptions.removalPolicy': removalPolicies(removalPolicy => logging({ ...withKey, removalPolicy })),

  'RecordTransform.handler': { 'one function': stack => transform(stack), 'another function': stack => transform(stack, { handler: given.handler(stack, 'other') }) },
  'RecordTransform.buffering': { nothing: stack => transform(stack), another: stack => transform(stack, { buffering: { interval: Duration.seconds(120), size: Size.mebibytes(3) } }) },
  'RecordTransform.retries': { nothing: stack => transform(stack), 0: stack => transform(stack, { retries: 0 }) },

  'ParquetConversionOptions.schema': { 'one table': () => parquet(), 'another table': () => parquet({ tableName: 'other' }) },
  'ParquetConversionOptions.input': {
    'nothing': () => parquet(), 'InputFormat.HIVE_JSON': () => ({ conversion: RecordConversion.toParquet({ schema: table, input: firehose.InputFormat.HIVE_JSON }) }),
  },
  'ParquetConversionOptions.output': {
    nothing: () => parquet(),
    GZIP: () => ({ conversion: RecordConversion.toParquet({ schema: table, output: gzip }) }),
  },
  'OrcConversionOptions.schema': {
    'one table': () => ({ conversion: RecordConversion.toOrc({ schema: table }) }),
    'another table': () => ({ conversion: RecordConversion.toOrc({ schema: { ...table, tableName: 'other' } }) }),
  },
  'OrcConversionOptions.input': {
    'nothing': () => ({ conversion: RecordConversion.toOrc({ schema: table }) }),
    'InputFormat.HIVE_JSON': () => ({ conversion: RecordConversion.toOrc({ schema: table, input: firehose.InputFormat.HIVE_JSON }) }),
  },
  'OrcConversionOptions.output': {
    nothing: () => ({ conversion: RecordConversion.toOrc({ schema: table }) }),
    ZLIB: () => ({ conversion: RecordConversion.toOrc({ schema: table, output: zlib }) }),
  },
  'GlueTableSchema.databaseName': schema('databaseName', 'other'),
  'GlueTableSchema.tableName': schema('tableName', 'other'),
  'GlueTableSchema.catalogId': schema('catalogId', '444455556666'),
  'GlueTableSchema.region': schema('region', 'us-east-1'),
  'GlueTableSchema.versionId': schema('versionId', '7'),
  'GlueTableSchema.schemaRegistry': schema('schemaRegistry', true),

  'DynamicPartitioningOptions.retryDuration': { 'nothing': () => query(), 'Duration.seconds(0)': () => query({ retryDuration: Duration.seconds(0) }) },
  'DynamicPartitioningOptions.deaggregation': { nothing: () => query(), json: () => query({ deaggregation: firehose.RecordDeAggregationProcessor.json() }) },
});
