import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Encryption } from '../../src/access';
import {
  DeliveryBucket, DeliveryLogging, DynamicPartitioning, KinesisSource, RecordConversion, ServerAccessLogs, SourceBackup, SourceCapacity,
} from '../../src/delivery';
import { newStack } from '../support/template';

const stack = newStack();
const key = new kms.Key(stack, 'Key');
const bucket = new s3.Bucket(stack, 'Bucket');
const stream = new kinesis.Stream(stack, 'Stream');
const logGroup = new logs.LogGroup(stack, 'LogGroup');
const schema = { databaseName: 'db', tableName: 'table' };

test.each<[object, object]>([
  [Encryption.serviceManaged(), { isCustomerManaged: false, encryptionKey: undefined }],
  [Encryption.customerManaged(), { isCustomerManaged: true, encryptionKey: undefined }],
  [Encryption.customerManaged(key), { isCustomerManaged: true, encryptionKey: key }],
  [DeliveryBucket.create(), { existingBucket: undefined }],
  [DeliveryBucket.existing(bucket), { existingBucket: bucket }],
  [DeliveryLogging.create(), { existingLogGroup: undefined, reason: undefined }],
  [DeliveryLogging.existing(logGroup), { existingLogGroup: logGroup, reason: undefined }],
  [DeliveryLogging.none('the metrics tell'), { existingLogGroup: undefined, reason: 'the metrics tell' }],
  [DynamicPartitioning.fromQuery({ customer: '.id' }), { queryKeys: ['customer'], transformKeys: [] }],
  [DynamicPartitioning.fromTransform(['day']), { queryKeys: [], transformKeys: ['day'] }],
  [DynamicPartitioning.fromQueryAndTransform({ customer: '.id' }, ['day']), { queryKeys: ['customer'], transformKeys: ['day'] }],
  [RecordConversion.toParquet({ schema }), { schema, inputFormat: firehose.InputFormat.OPENX_JSON, outputFormat: firehose.OutputFormat.PARQUET }],
  [RecordConversion.toOrc({ schema }), { schema, inputFormat: firehose.InputFormat.OPENX_JSON, outputFormat: firehose.OutputFormat.ORC }],
  [ServerAccessLogs.to(bucket), { destinationBucket: bucket, prefix: undefined }],
  [ServerAccessLogs.to(bucket, 'logs/'), { destinationBucket: bucket, prefix: 'logs/' }],
  [SourceBackup.allRecords(), { backupMode: firehose.BackupMode.ALL, reason: undefined }],
  [SourceBackup.none('the stream keeps them'), { backupMode: undefined, reason: 'the stream keeps them' }],
  [SourceCapacity.onDemand(), { streamMode: kinesis.StreamMode.ON_DEMAND, shardCount: undefined }],
  [SourceCapacity.provisioned(2), { streamMode: kinesis.StreamMode.PROVISIONED, shardCount: 2 }],
  [KinesisSource.create(), { existingStream: undefined }],
  [KinesisSource.existing(stream), { existingStream: stream }],
])('a choice tells what was chosen (%#)', (choice, expected) => {
  expect(Object.fromEntries(Object.keys(expected).map(name => [name, choice[name as keyof object]]))).toEqual(expected);
});
