import { App, PhysicalName, Stack, StackProps, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Json, newStack, refused, resourcesOf, statementsOf, warningIds, warningTexts } from './support';
import { DeliveryBucket, SourceBackup } from '../../src/delivery';
import { withPartitionRef } from '../support/flag-differences';
import { s3Stream } from '../support/s3-stream';

const OURS = '111111111111';
const THEIRS = '222222222222';
const region = 'eu-west-1';
const ROOT = { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${OURS}:root`]] } };
const KEY = `arn:aws:kms:${region}:${THEIRS}:key/11111111-2222-3333-4444-555555555555`;

/** A bucket with a customer key in an account of its own, and the delivery in another. */
function accounts(order: 'bucket first' | 'delivery first', ours: StackProps = { env: { account: OURS, region } }) {
  const app = new App();
  const make = {
    theirs: () => new Stack(app, 'Theirs', { env: { account: THEIRS, region } }),
    ours: () => new Stack(app, 'Ours', ours),
  };
  const [first, second] = order === 'bucket first' ? [make.theirs(), make.ours()] : [make.ours(), make.theirs()];
  const [theirs, own] = order === 'bucket first' ? [first, second] : [second, first];
  const key = new kms.Key(theirs, 'Key');
  const bucket = new s3.Bucket(theirs, 'Lake', { bucketName: 'lake', encryptionKey: key });
  return { app, bucket, key, ours: own, theirs };
}

/** Statements of the template that name the account of the delivery. */
function statements(stack: Stack, type: 'AWS::KMS::Key' | 'AWS::S3::BucketPolicy'): Json[] {
  return statementsOf(Template.fromStack(stack), type).filter(one => JSON.stringify(one).includes(OURS));
}

describe.each(['bucket first', 'delivery first'] as const)('a bucket with a customer key in another account, %s', order => {
  const { app, bucket, ours, theirs } = accounts(order);
  const delivery = s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket) });
  const assembly = app.synth();
  const [role] = resourcesOf(Template.fromStack(ours).toJSON(), 'AWS::IAM::Role');
  const principal = { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${OURS}:role/${role.Properties.RoleName}`]] } };

  test('names no principal that does not exist yet', () => {
    expect(role.Properties.RoleName).toMatch(/^[\w-]{1,64}$/);
    expect(statements(theirs, 'AWS::KMS::Key')).toEqual([expect.objectContaining({
      Principal: ROOT,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnEquals: principal,
        StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
        // By its name: the bucket refers to the key, so that a reference back would close a circle.
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': ['lake', 'lake/*'].map(name => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${name}`]] })) },
      },
    })]);
    const onBucket = statements(theirs, 'AWS::S3::BucketPolicy');
    expect(onBucket.map(one => one.Action)).toEqual([
      ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject', 's3:PutObjectAcl'],
    ]);
    onBucket.forEach(one => expect(one).toMatchObject({ Principal: ROOT, Condition: { ArnEquals: principal } }));
  });

  test('is deployed before the delivery, and not the other way about', () => {
    expect(assembly.getStackByName('Ours').dependencies.map(({ id }) => id)).toContain('Theirs');
    expect(assembly.getStackByName('Theirs').dependencies.map(({ id }) => id)).not.toContain('Ours');
  });

  test('is referred to by its name, and the key by an output of its stack', () => {
    const [stream] = resourcesOf(Template.fromStack(ours).toJSON(), 'AWS::KinesisFirehose::DeliveryStream');
    const { BucketARN, EncryptionConfiguration } = stream.Properties.ExtendedS3DestinationConfiguration;
    expect(BucketARN).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::lake']] });
    expect(EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN).toHaveProperty('Fn::GetStackOutput');
    expect(delivery.bucketKey).toBe(bucket.encryptionKey);
    expect(warningIds(ours)).toEqual([]);
  });
});

test('the path of the role is part of what the policies state', () => {
  const { bucket, ours, theirs } = accounts('bucket first', {
    env: { account: OURS, region },
    propertyInjectors: [{ constructUniqueId: iam.Role.PROPERTY_INJECTION_ID, inject: props => ({ ...props, path: '/data/' }) }],
  });
  const delivery = s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket) });
  expect((delivery.role.node.defaultChild as iam.CfnRole).path).toBe('/data/');
  expect(JSON.stringify(statements(theirs, 'AWS::KMS::Key'))).toContain(`:iam::${OURS}:role/data/Ours-Clicks`);
});

test('a bucket of ours without a name, with a key of theirs', () => {
  const { app, key, ours, theirs } = accounts('bucket first');
  s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(new s3.Bucket(ours, 'Own', { encryptionKey: key })) });
  expect(() => app.synth()).not.toThrow();
  expect(statements(theirs, 'AWS::KMS::Key').slice(-1)[0].Condition.StringLike)
    .toEqual({ 'kms:EncryptionContext:aws:s3:arn': [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::*']] }] });
});

test('a key of theirs is deployed before a delivery to a bucket of ours', () => {
  const app = new App();
  const [ours, theirs] = [new Stack(app, 'Ours', { env: { account: OURS, region } }), new Stack(app, 'Theirs', { env: { account: THEIRS, region } })];
  const bucket = new s3.Bucket(ours, 'Own');
  s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, new kms.Key(theirs, 'Key', { alias: 'lake' })) });
  expect(ours.dependencies).toEqual([theirs]);
});

// CDK shortens a name to an even number of characters: a Region of either parity.
test.each(['ap-northeast-1', 'eu-west-1'])('the name of the role has at most the 64 characters of IAM, however long the path, and ends in %s', home => {
  const stack = new Stack(new App(), 'S'.repeat(120), { env: { account: OURS, region: home } });
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', account: THEIRS });
  const { role } = s3Stream(stack, 'Clicks', { bucket: DeliveryBucket.existing(bucket) });
  const { roleName } = role.node.defaultChild as iam.CfnRole;
  expect(roleName).toMatch(new RegExp(`-${home}$`));
  expect(roleName!.length).toBeLessThanOrEqual(64);
});

test('the role has a name in no other case', () => {
  const stack = newStack({ env: { account: OURS, region } });
  s3Stream(stack, 'Clicks', { bucket: DeliveryBucket.existing(new s3.Bucket(stack, 'Lake')) });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', { RoleName: Match.absent() });
});

test('imported: the statements name the account and the role as it will be called', () => {
  const stack = newStack({ env: { account: OURS, region } });
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', account: THEIRS, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY) });
  const delivery = s3Stream(stack, 'Clicks', { bucket: DeliveryBucket.existing(bucket) });
  const { roleName } = delivery.role.node.defaultChild as iam.CfnRole;
  const texts = Object.values(warningTexts(stack));
  expect(texts).toHaveLength(2);
  texts.forEach(text => {
    expect(withPartitionRef(text)).toContain(`"AWS": "arn:\${AWS::Partition}:iam::${OURS}:root"`);
    expect(withPartitionRef(text)).toContain(`"aws:PrincipalArn": "arn:\${AWS::Partition}:iam::${OURS}:role/${roleName}"`);
  });
});

test.each<[string, StackProps]>([['account', {}], ['Region', { env: { account: OURS } }]])('without a known %s of the delivery, the statements are said, not written', (_, props) => {
  const { app, bucket, ours, theirs } = accounts('bucket first', props);
  s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, kms.Key.fromKeyArn(ours, 'Imported', KEY)) });
  app.synth();
  expect(JSON.stringify(Template.fromStack(theirs).toJSON())).not.toContain('aws:PrincipalArn');
  expect(warningTexts(ours)['FirehoseStream.bucketPolicy']).toMatch(/"aws:PrincipalArn": "\$\{ClicksRole\w+\.Arn\}"/);
});

test('a bucket without a name is refused, one with a name when needed is not', () => {
  const { ours, theirs } = accounts('bucket first');
  expect(refused({ bucket: DeliveryBucket.existing(new s3.Bucket(theirs, 'Nameless')) }, ours)).toEqual([expect.objectContaining({
    prop: 'destination.bucket.bucket', fix: expect.stringContaining('PhysicalName.GENERATE_IF_NEEDED'),
  })]);
  const named = new s3.Bucket(theirs, 'Named', { bucketName: PhysicalName.GENERATE_IF_NEEDED });
  s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(named), backup: SourceBackup.none('kept upstream') });
  expect(() => (ours.node.root as App).synth()).not.toThrow();
});

test('a key of another stage is refused', () => {
  const app = new App();
  const env = { account: THEIRS, region };
  const theirs = new Stack(new Stage(app, 'Prod', { env }), 'Theirs');
  const ours = new Stack(app, 'Ours', { env: { account: OURS, region } });
  const bucket = new s3.Bucket(theirs, 'Lake', { bucketName: 'lake', encryptionKey: new kms.Key(theirs, 'Key') });
  expect(refused({ bucket: DeliveryBucket.existing(bucket) }, ours).map(({ prop }) => prop)).toEqual(['destination.bucket.bucket.encryptionKey']);
  s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, kms.Key.fromKeyArn(ours, 'Imported', KEY)) });
  expect(() => app.synth()).not.toThrow();
});

test('a bucket in another Region of the same account is deployed before the delivery', () => {
  const app = new App();
  const own = new Stack(app, 'Ours', { env: { account: OURS, region } });
  const lakes = new Stack(app, 'Lakes', { env: { account: OURS, region: 'us-east-1' } });
  const near = new Stack(app, 'Near', { env: { account: OURS, region } });
  s3Stream(own, 'Clicks', { bucket: DeliveryBucket.existing(new s3.Bucket(lakes, 'Lake', { bucketName: 'lake' })) });
  expect(own.dependencies).toEqual([lakes]);
  expect(near.dependencies).toEqual([]);
});
