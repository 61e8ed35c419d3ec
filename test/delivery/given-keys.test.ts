import { Annotations as CdkAnnotations, Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack, refused, resourcesOf, warningIds, warningTexts } from './support';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource } from '../../src/delivery';
import { withPartitionRef } from '../support/flag-differences';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const env = { account: '111111111111', region: 'eu-west-1' };
const STREAM = 'arn:aws:kinesis:eu-west-1:111111111111:stream/clicks';
const keyIn = (stack: Stack, region = env.region) => kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${region}:111111111111:key/11111111-2222-3333-4444-555555555555`);
const alias = (stack: Stack, name = 'alias/lake') => kms.Alias.fromAliasName(stack, 'Alias', name);

/** Each place a key is given at, by the prop its errors name. */
const places: [string, (stack: Stack, key: kms.IKey) => S3StreamProps][] = [
  ['destination.bucket.encryption.key', (_, key) => ({ bucket: DeliveryBucket.create({ encryption: Encryption.customerManaged(key) }) })],
  ['source.encryption.key', (_, key) => ({ source: KinesisSource.create({ encryption: Encryption.customerManaged(key) }) })],
  ['logging.encryption.key', (_, key) => ({ logging: DeliveryLogging.create({ encryption: Encryption.customerManaged(key) }) })],
  ['destination.bucket.encryptionKey', (stack, key) => ({ bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake'), key) })],
  ['destination.bucket.bucket.encryptionKey', (stack, key) => ({ bucket: DeliveryBucket.existing(s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', encryptionKey: key })) })],
  ['source.stream.encryptionKey', (stack, key) => ({ source: KinesisSource.existing(kinesis.Stream.fromStreamAttributes(stack, 'Source', { streamArn: STREAM, encryptionKey: key })) })],
];

describe.each(places)('%s', (prop, props) => {
  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['its name', stack => alias(stack)],
    ['its ARN', stack => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:alias/lake')],
  ])('an alias by %s is refused: a policy that names it allows nothing', (_, make) => {
    const stack = newStack({ env });
    expect(refused(props(stack, make(stack)), stack)).toEqual([expect.objectContaining({ prop, got: expect.stringContaining("the alias 'alias/lake'") })]);
  });

  test('a key of another Region is refused', () => {
    const stack = newStack({ env });
    expect(refused(props(stack, keyIn(stack, 'us-east-1')), stack)).toEqual([expect.objectContaining({
      prop, got: 'a key in Region us-east-1', allowed: expect.stringContaining('Region eu-west-1'),
    })]);
  });

  test('an alias of a known key stands for the key', () => {
    const stack = newStack({ env });
    const key = new kms.Key(stack, 'Key');
    const { template } = deliver(props(stack, key.addAlias('alias/lake')), stack);
    const [policy] = resourcesOf(template.toJSON(), 'AWS::IAM::ManagedPolicy');
    expect(JSON.stringify(policy)).not.toContain('alias/');
    if (!prop.startsWith('logging')) expect(JSON.stringify(policy)).toContain(JSON.stringify(stack.resolve(key.keyArn)));
    expect(warningIds(stack)).toEqual([]);
  });
});

describe('new resources', () => {
  test.each(places.slice(0, 3))('%s: an asymmetric key is refused', (prop, props) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048, keyUsage: kms.KeyUsage.ENCRYPT_DECRYPT });
    expect(refused(props(stack, key), stack)).toEqual([expect.objectContaining({ prop, got: 'a key of kind RSA_2048' })]);
  });

  test.each(places.slice(0, 3))('%s: the AWS managed key is refused', (prop, props) => {
    const stack = newStack();
    expect(refused(props(stack, alias(stack, 'alias/aws/s3')), stack)).toEqual([expect.objectContaining({ prop, got: 'alias/aws/s3', allowed: 'a customer key' })]);
  });
});

test.each(places.slice(3))('%s: the AWS managed key needs no statement and no warning', (_, props) => {
  const stack = newStack({ env });
  const { sids } = deliver(props(stack, alias(stack, 'alias/aws/s3')), stack);
  expect(sids.filter(sid => /^(Encrypt|Decrypt)/.test(sid))).toEqual([]);
  expect(warningIds(stack)).toEqual([]);
});

describe('a key that is not known', () => {
  test('of an imported bucket and stream: what the role would need is said', () => {
    const stack = newStack({ env });
    deliver({
      source: KinesisSource.existing(kinesis.Stream.fromStreamArn(stack, 'Source', STREAM)),
      bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake')),
    }, stack);
    const { 'FirehoseStream.dataStreamKey': ofStream, 'FirehoseStream.bucketKey': ofBucket, ...others } = warningTexts(stack);
    expect(others).toEqual({});
    ['"kms:Decrypt"', '<ARN of the key>', 'kinesis.eu-west-1.amazonaws.com', STREAM].forEach(part => expect(ofStream).toContain(part));
    ['Stack/Lake', 'kms:GenerateDataKey', 's3.eu-west-1.amazonaws.com', 'arn:${AWS::Partition}:s3:::lake/*'].forEach(part => expect(withPartitionRef(ofBucket)).toContain(part));
  });

  test('can be acknowledged', () => {
    const stack = newStack();
    const delivery = s3Stream(stack, 'Clicks', { bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake')) });
    CdkAnnotations.of(delivery).acknowledgeWarning('cdk-decouple:FirehoseStream.bucketKey');
    expect(warningIds(stack)).toEqual([]);
    expect(delivery.bucketKey).toBeUndefined();
  });

  test('of what this app made is none', () => {
    const stack = newStack();
    deliver({
      source: KinesisSource.existing(new kinesis.Stream(stack, 'Source')),
      bucket: DeliveryBucket.existing(new s3.Bucket(stack, 'Lake')),
    }, stack);
    expect(warningIds(stack)).toEqual([]);
  });
});

test.each([
  ['us-east-1', '111111111111'], ['eu-west-1', '222222222222'],
])('a log group in %s and %s is refused', (region, account) => {
  const stack = newStack({ env });
  const group = logs.LogGroup.fromLogGroupArn(stack, 'Group', `arn:aws:logs:${region}:${account}:log-group:errors:*`);
  const got = region === env.region ? `a log group in account ${account}` : `a log group in Region ${region}`;
  expect(refused({ logging: DeliveryLogging.existing(group) }, stack)).toEqual([expect.objectContaining({ prop: 'logging.logGroup', got })]);
});
