import { Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { removalPolicies, rows } from './change';
import { givenKey } from './changes-queues';
import {
  Buffering, DeliveryBucket, DeliveryBucketOptions, DeliveryEncryption, DeliveryLogging, DynamicPartitioning, GlueTableSchema, LogGroupOptions,
  RecordConversion, RecordTransform, ServerAccessLogs, SourceBackup, SourceBackupOptions, SourceCapacity, StreamDelivery, StreamDeliveryProps,
  StreamSource, StreamSourceOptions,
} from '../../src/delivery';

type Props = StreamDeliveryProps;
const given = {
  bucket: (stack: Stack, name = 'given') => s3.Bucket.fromBucketName(stack, `Bucket-${name}`, `${name}-bucket`),
  stream: (stack: Stack) => kinesis.Stream.fromStreamArn(stack, 'GivenStream', `arn:aws:kinesis:${stack.region}:${stack.account}:stream/given`),
  logGroup: (stack: Stack) => logs.LogGroup.fromLogGroupName(stack, 'GivenLogGroup', 'given'),
  handler: (stack: Stack, name = 'given') => lambda.Function.fromFunctionArn(stack, `Function-${name}`, `arn:aws:lambda:eu-west-1:111122223333:function:${name}`),
};

const source = (options: StreamSourceOptions): Props => ({ source: StreamSource.create(options) });
const destination = (options: DeliveryBucketOptions): Props => ({ destination: DeliveryBucket.create(options) });
const backup = (options: SourceBackupOptions): Props => ({ backup: SourceBackup.allRecords(options) });
const logging = (options: LogGroupOptions): Props => ({ logging: DeliveryLogging.create(options) });
const transform = (stack: Stack, options: Partial<RecordTransform> = {}): Props => ({ transform: { handler: given.handler(stack), ...options } });
const query = (options?: Parameters<typeof DynamicPartitioning.fromQuery>[1]): Props => ({ partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, options) });
const table: GlueTableSchema = { databaseName: 'db', tableName: 'clicks' };
const gzip = new firehose.ParquetOutputFormat({ compression: firehose.ParquetCompression.GZIP });
const zlib = new firehose.OrcOutputFormat({ compression: firehose.OrcCompression.ZLIB });
const parquet = (schema: Partial<GlueTableSchema> = {}): Props => ({ conversion: RecordConversion.toParquet({ schema: { ...table, ...schema } }) });

const encryptions = (props: (encryption: DeliveryEncryption) => Props) => ({
  'DeliveryEncryption.serviceManaged()': () => props(DeliveryEncryption.serviceManaged()),
  'DeliveryEncryption.customerManaged()': () => props(DeliveryEncryption.customerManaged()),
  'DeliveryEncryption.customerManaged(key)': (stack: Stack) => props(DeliveryEncryption.customerManaged(givenKey(stack))),
});
const withKey = { encryption: DeliveryEncryption.customerManaged() };
const bufferings = (props: (buffering: Buffering) => Props, buffering: Buffering) => ({ nothing: () => props({}), another: () => props(buffering) });
const texts = (props: (text?: string) => Props, text: string) => ({ nothing: () => props(), [`'${text}'`]: () => props(text) });
const schema = (prop: keyof GlueTableSchema, value: string | boolean) => ({ one: () => parquet(), another: () => parquet({ [prop]: value }) });

export const CHANGES_DELIVERY = rows<Props>('StreamDelivery', (stack, props) => new StreamDelivery(stack, 'Subject', props), {
  'StreamDeliveryProps.source': { 'StreamSource.create()': () => ({}), 'StreamSource.existing(stream)': stack => ({ source: StreamSource.existing(given.stream(stack)) }) },
  'StreamDeliveryProps.destination': {
    'DeliveryBucket.create()': () => ({}),
    'DeliveryBucket.existing(bucket)': stack => ({ destination: DeliveryBucket.existing(given.bucket(stack)) }),
    'DeliveryBucket.existing(another)': stack => ({ destination: DeliveryBucket.existing(given.bucket(stack, 'other')) }),
  },
  'StreamDeliveryProps.backup': { 'SourceBackup.allRecords()': () => ({}), 'SourceBackup.none(reason)': () => ({ backup: SourceBackup.none('not needed here') }) },
  'StreamDeliveryProps.prefix': texts(prefix => ({ prefix }), 'clicks/'),
  'StreamDeliveryProps.errorOutputPrefix': texts(errorOutputPrefix => ({ errorOutputPrefix }), 'failed/!{firehose:error-output-type}/'),
  'StreamDeliveryProps.timeZone': { 'nothing': () => ({}), 'TimeZone.EUROPE_BERLIN': () => ({ timeZone: TimeZone.EUROPE_BERLIN }) },
  'StreamDeliveryProps.fileExtension': texts(fileExtension => ({ fileExtension }), '.json.gz'),
  'StreamDeliveryProps.buffering': bufferings(buffering => ({ buffering }), { interval: Duration.seconds(60), size: Size.mebibytes(1) }),
  'StreamDeliveryProps.compression': { 'nothing': () => ({}), 'Compression.SNAPPY': () => ({ compression: firehose.Compression.SNAPPY }) },
  'StreamDeliveryProps.transform': { 'nothing': () => ({}), 'a function': stack => transform(stack) },
  'StreamDeliveryProps.conversion': {
    'nothing': () => ({}), 'RecordConversion.toParquet(…)': () => parquet(), 'RecordConversion.toOrc(…)': () => ({ conversion: RecordConversion.toOrc({ schema: table }) }),
  },
  'StreamDeliveryProps.partitioning': {
    'nothing': () => ({}),
    'DynamicPartitioning.fromQuery(…)': () => query(),
    'DynamicPartitioning.fromTransform(…)': stack => ({ ...transform(stack), partitioning: DynamicPartitioning.fromTransform(['b']) }),
    'DynamicPartitioning.fromQueryAndTransform(…)': stack => ({ ...transform(stack), partitioning: DynamicPartitioning.fromQueryAndTransform({ a: '.a' }, ['b']) }),
  },
  'StreamDeliveryProps.newLineDelimiter': { false: () => ({}), true: () => ({ newLineDelimiter: true }) },
  'StreamDeliveryProps.logging': {
    'DeliveryLogging.create()': () => ({}),
    'DeliveryLogging.existing(logGroup)': stack => ({ logging: DeliveryLogging.existing(given.logGroup(stack)) }),
    'DeliveryLogging.none(reason)': () => ({ logging: DeliveryLogging.none('not needed here') }),
  },
  'Buffering.interval': bufferings(buffering => ({ buffering }), { interval: Duration.seconds(60) }),
  'Buffering.size': bufferings(buffering => ({ buffering }), { size: Size.mebibytes(1) }),

  'StreamSourceOptions.capacity': {
    'SourceCapacity.onDemand()': () => source({ capacity: SourceCapacity.onDemand() }),
    'SourceCapacity.provisioned(1)': () => source({ capacity: SourceCapacity.provisioned(1) }),
    'SourceCapacity.provisioned(2)': () => source({ capacity: SourceCapacity.provisioned(2) }),
  },
  'StreamSourceOptions.retention': { 'Duration.hours(24)': () => source({}), 'Duration.days(7)': () => source({ retention: Duration.days(7) }) },
  'StreamSourceOptions.encryption': encryptions(encryption => source({ encryption })),
  'StreamSourceOptions.removalPolicy': removalPolicies(removalPolicy => source({ ...withKey, removalPolicy })),

  'DeliveryBucketOptions.encryption': encryptions(encryption => destination({ encryption })),
  'DeliveryBucketOptions.lifecycleRules': { nothing: () => ({}), none: () => destination({ lifecycleRules: [] }), one: () => destination({ lifecycleRules: [{ expiration: Duration.days(90) }] }) },
  'DeliveryBucketOptions.serverAccessLogs': {
    'nothing': () => ({}), 'ServerAccessLogs.to(bucket)': stack => destination({ serverAccessLogs: ServerAccessLogs.to(given.bucket(stack), 'access/') }),
  },
  'DeliveryBucketOptions.removalPolicy': removalPolicies(removalPolicy => destination({ ...withKey, removalPolicy })),
  'ExistingBucketOptions.encryptionKey': {
    'nothing': stack => ({ destination: DeliveryBucket.existing(given.bucket(stack)) }),
    'a key': stack => ({ destination: DeliveryBucket.existing(given.bucket(stack), { encryptionKey: givenKey(stack) }) }),
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

  'ConversionOptions.schema': { 'one table': () => parquet(), 'another table': () => parquet({ tableName: 'other' }) },
  'ConversionOptions.input': {
    'nothing': () => parquet(), 'InputFormat.HIVE_JSON': () => ({ conversion: RecordConversion.toParquet({ schema: table, input: firehose.InputFormat.HIVE_JSON }) }),
  },
  'ParquetConversionOptions.output': {
    nothing: () => parquet(),
    GZIP: () => ({ conversion: RecordConversion.toParquet({ schema: table, output: gzip }) }),
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
