import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Change, removalPolicies, rows } from './change';
import { givenKey } from './changes-queues';
import { Encryption } from '../../src/access';
import {
  AllRecordsBackupOptions, DeliveryBucket, DeliveryLogging, DirectPut, DirectPutProps, HttpContentEncoding, HttpEndpointBackup,
  HttpEndpointDestination, HttpEndpointDestinationProps,
} from '../../src/delivery';

type Props = Partial<HttpEndpointDestinationProps>;

const url = 'https://collector.example.com';
const failed = (options: AllRecordsBackupOptions): Props => ({ backup: HttpEndpointBackup.failedRecords(options) });
const all = (options: AllRecordsBackupOptions): Props => ({ backup: HttpEndpointBackup.allRecords(options) });
const secret = (stack: Stack, name: string) =>
  secretsmanager.Secret.fromSecretCompleteArn(stack, `Secret-${name}`, `arn:aws:secretsmanager:${stack.region}:${stack.account}:secret:${name}-a1b2c3`);
const handler = (stack: Stack) => lambda.Function.fromFunctionArn(stack, 'Function', `arn:aws:lambda:eu-west-1:${stack.account}:function:given`);

const ENDPOINT = rows<Props>('HttpEndpointDestination', (stack, props) => new firehose.DeliveryStream(stack, 'Subject', {
  destination: new HttpEndpointDestination({ url, ...props }),
}), {
  'HttpEndpointDestinationProps.url': { 'one URL': () => ({}), 'another URL': () => ({ url: 'https://other.example.com' }) },
  'HttpEndpointDestinationProps.name': { 'nothing': () => ({}), "'collector'": () => ({ name: 'collector' }) },
  'HttpEndpointDestinationProps.accessKey': {
    'nothing': () => ({}), 'a secret': stack => ({ accessKey: secret(stack, 'one') }), 'another secret': stack => ({ accessKey: secret(stack, 'other') }),
  },
  'HttpEndpointDestinationProps.backup': {
    'HttpEndpointBackup.failedRecords()': () => ({}), 'HttpEndpointBackup.allRecords()': () => ({ backup: HttpEndpointBackup.allRecords() }),
  },
  'HttpEndpointDestinationProps.buffering': { nothing: () => ({}), another: () => ({ buffering: { interval: Duration.seconds(0), size: Size.mebibytes(1) } }) },
  'HttpEndpointDestinationProps.retryDuration': { 'nothing': () => ({}), 'Duration.seconds(0)': () => ({ retryDuration: Duration.seconds(0) }) },
  'HttpEndpointDestinationProps.contentEncoding': {
    'HttpContentEncoding.NONE': () => ({}), 'HttpContentEncoding.GZIP': () => ({ contentEncoding: HttpContentEncoding.GZIP }),
  },
  'HttpEndpointDestinationProps.commonAttributes': { nothing: () => ({}), one: () => ({ commonAttributes: { site: 'shop' } }) },
  'HttpEndpointDestinationProps.transform': { 'nothing': () => ({}), 'a function': stack => ({ transform: { handler: handler(stack) } }) },
  'HttpEndpointDestinationProps.logging': {
    'DeliveryLogging.create()': () => ({}), 'DeliveryLogging.none(reason)': () => ({ logging: DeliveryLogging.none('not needed here') }),
  },

  'FailedRecordsBackupOptions.bucket': {
    'DeliveryBucket.create()': () => ({}),
    'DeliveryBucket.existing(bucket)': stack => failed({ bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Bucket', 'given-bucket')) }),
  },
  'FailedRecordsBackupOptions.errorOutputPrefix': { 'nothing': () => ({}), "'failed/'": () => failed({ errorOutputPrefix: 'failed/' }) },
  'FailedRecordsBackupOptions.buffering': { nothing: () => ({}), another: () => failed({ buffering: { interval: Duration.seconds(60) } }) },
  'FailedRecordsBackupOptions.compression': { 'nothing': () => ({}), 'Compression.SNAPPY': () => failed({ compression: firehose.Compression.SNAPPY }) },
  'AllRecordsBackupOptions.prefix': { 'nothing': () => all({}), "'all/'": () => all({ prefix: 'all/' }) },
});

const withKey = { encryption: Encryption.customerManaged() };

const DIRECT_PUT = rows<DirectPutProps>('DirectPut', (stack, props) => new firehose.DeliveryStream(stack, 'Subject', {
  source: new DirectPut(props), destination: new HttpEndpointDestination({ url }),
}), {
  'DirectPutProps.encryption': {
    'Encryption.serviceManaged()': () => ({}),
    'Encryption.customerManaged()': () => withKey,
    'Encryption.customerManaged(key)': stack => ({ encryption: Encryption.customerManaged(givenKey(stack)) }),
  },
  'DirectPutProps.removalPolicy': removalPolicies(removalPolicy => ({ ...withKey, removalPolicy })),
});

export const CHANGES_HTTP_ENDPOINT: Change[] = [...ENDPOINT, ...DIRECT_PUT];
