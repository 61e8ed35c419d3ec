import { Annotations as CdkAnnotations, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack, problem } from './support';
import { DeliveryBucket, DeliveryEncryption, DeliveryLogging, StreamDelivery, StreamDeliveryProps, StreamSource } from '../../src/delivery';
import { withPartitionRef } from '../support/flag-differences';

const env = { account: '111111111111', region: 'eu-west-1' };
const STREAM = 'arn:aws:kinesis:eu-west-1:111111111111:stream/clicks';
const keyIn = (stack: Stack, region = env.region) => kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${region}:111111111111:key/11111111-2222-3333-4444-555555555555`);
const alias = (stack: Stack, name = 'alias/lake') => kms.Alias.fromAliasName(stack, 'Alias', name);
const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cdk-decouple')).map(({ entry }) => String(entry.data));

/** Each place a key is given at, by the prop its errors name. */
const places: [string, (stack: Stack, key: kms.IKey) => StreamDeliveryProps][] = [
  ['destination.encryption.key', (_, key) => ({ destination: DeliveryBucket.create({ encryption: DeliveryEncryption.customerManaged(key) }) })],
  ['source.encryption.key', (_, key) => ({ source: StreamSource.create({ encryption: DeliveryEncryption.customerManaged(key) }) })],
  ['logging.encryption.key', (_, key) => ({ logging: DeliveryLogging.create({ encryption: DeliveryEncryption.customerManaged(key) }) })],
  ['destination.encryptionKey', (stack, key) => ({ destination: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake'), { encryptionKey: key }) })],
  ['destination.bucket.encryptionKey', (stack, key) => ({ destination: DeliveryBucket.existing(s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', encryptionKey: key })) })],
  ['source.stream.encryptionKey', (stack, key) => ({ source: StreamSource.existing(kinesis.Stream.fromStreamAttributes(stack, 'Source', { streamArn: STREAM, encryptionKey: key })) })],
];

describe.each(places)('%s', (prop, props) => {
  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['its name', stack => alias(stack)],
    ['its ARN', stack => kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:alias/lake')],
  ])('an alias by %s is refused: a policy that names it allows nothing', (_, make) => {
    const stack = newStack({ env });
    const message = problem(props(stack, make(stack)), stack);
    expect(message).toContain(`${prop}: got the alias 'alias/lake', of which only the name is known`);
    expect(message).toContain('give the key itself');
  });

  test('a key of another Region is refused', () => {
    const stack = newStack({ env });
    expect(problem(props(stack, keyIn(stack, 'us-east-1')), stack)).toContain(`${prop}: got a key in region us-east-1; allowed: a key in region eu-west-1`);
  });

  test('an alias of a known key stands for the key', () => {
    const stack = newStack({ env });
    const key = new kms.Key(stack, 'Key');
    const { template } = deliver(props(stack, key.addAlias('alias/lake')), stack);
    const [policy]: any[] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
    expect(JSON.stringify(policy)).not.toContain('alias/');
    if (!prop.startsWith('logging')) expect(JSON.stringify(policy)).toContain(JSON.stringify(stack.resolve(key.keyArn)));
    expect(warnings(stack)).toEqual([]);
  });
});

describe('new resources', () => {
  test.each(places.slice(0, 3))('%s: an asymmetric key is refused', (prop, props) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048, keyUsage: kms.KeyUsage.ENCRYPT_DECRYPT });
    expect(problem(props(stack, key), stack)).toContain(`${prop}: got a key of kind RSA_2048`);
  });

  test.each(places.slice(0, 3))('%s: the AWS managed key is refused', (prop, props) => {
    const stack = newStack();
    expect(problem(props(stack, alias(stack, 'alias/aws/s3')), stack)).toContain(`${prop}: got alias/aws/s3; allowed: a customer key`);
  });
});

test.each(places.slice(3))('%s: the AWS managed key needs no statement and no warning', (_, props) => {
  const stack = newStack({ env });
  const { sids } = deliver(props(stack, alias(stack, 'alias/aws/s3')), stack);
  expect(sids.filter(sid => /^(Encrypt|Decrypt)/.test(sid))).toEqual([]);
  expect(warnings(stack)).toEqual([]);
});

describe('a key that is not known', () => {
  test('of an imported bucket and stream: what the role would need is said', () => {
    const stack = newStack({ env });
    deliver({
      source: StreamSource.existing(kinesis.Stream.fromStreamArn(stack, 'Source', STREAM)),
      destination: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake')),
    }, stack);
    const [stream, bucket] = warnings(stack).sort().reverse();
    expect(warnings(stack)).toHaveLength(2);
    ['StreamDelivery.streamKey', '"kms:Decrypt"', '<ARN of the key>', 'kinesis.eu-west-1.amazonaws.com', STREAM].forEach(part => expect(stream + bucket).toContain(part));
    ['StreamDelivery.bucketKey', 'Stack/Lake', 'kms:GenerateDataKey', 's3.eu-west-1.amazonaws.com', 'arn:${AWS::Partition}:s3:::lake/*'].forEach(part => expect(withPartitionRef(stream + bucket)).toContain(part));
  });

  test('can be acknowledged', () => {
    const stack = newStack();
    const delivery = new StreamDelivery(stack, 'Clicks', { destination: DeliveryBucket.existing(s3.Bucket.fromBucketName(stack, 'Lake', 'lake')) });
    CdkAnnotations.of(delivery).acknowledgeWarning('cdk-decouple:StreamDelivery.bucketKey');
    expect(warnings(stack)).toEqual([]);
    expect(delivery.bucketKey).toBeUndefined();
  });

  test('of what this app made is none', () => {
    const stack = newStack();
    deliver({
      source: StreamSource.existing(new kinesis.Stream(stack, 'Source')),
      destination: DeliveryBucket.existing(new s3.Bucket(stack, 'Lake')),
    }, stack);
    expect(warnings(stack)).toEqual([]);
  });
});

test.each([
  ['us-east-1', '111111111111'], ['eu-west-1', '222222222222'],
])('a log group in %s and %s is refused', (region, account) => {
  const stack = newStack({ env });
  const group = logs.LogGroup.fromLogGroupArn(stack, 'Group', `arn:aws:logs:${region}:${account}:log-group:errors:*`);
  expect(problem({ logging: DeliveryLogging.existing(group) }, stack)).toContain(`logging.logGroup: got a log group in account ${account} and Region ${region}`);
});
