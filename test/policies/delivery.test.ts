import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ACCOUNT, allowing, expectAllowedWithTwins, keyPolicy, OTHER_ACCOUNT, PARTNER, REGION, reportAtEnd, Request, sibling, statementsInWarnings, World } from './harness';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, RecordConversion, SourceBackup } from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

reportAtEnd('delivery');

const READ_STREAM = ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'];
const LIST_BUCKET = ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'];
const WRITE_BUCKET = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'];
const S3_KEY = ['kms:Decrypt', 'kms:GenerateDataKey'];
const WRITE_STREAM = ['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords'];

const viaS3 = (bucket: string) => ({ 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:EncryptionContext:aws:s3:arn': bucket });
const viaKinesis = (stream: string) => ({ 'kms:ViaService': `kinesis.${REGION}.amazonaws.com`, 'kms:EncryptionContext:aws:kinesis:arn': stream });

/** A delivery beside another one of the same kind, with a role that writes to each. */
async function deliveryWith(props: (stack: Stack) => S3StreamProps = () => ({}), env?: { account: string; region: string }) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env });
  const clicks = s3Stream(stack, 'Clicks', props(stack));
  s3Stream(stack, 'Other', { source: KinesisSource.create({ encryption: Encryption.customerManaged() }) });
  const producer = new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
  clicks.grantWrite(producer);
  const world = await World.of(stack);
  return { stack, clicks, world, role: world.arn(clicks.role), producer: world.arn(producer), stream: world.arn(clicks.dataStream!) };
}

const customerKeys = (): S3StreamProps => ({
  source: KinesisSource.create({ encryption: Encryption.customerManaged() }),
  bucket: DeliveryBucket.create({ encryption: Encryption.customerManaged() }),
  backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: Encryption.customerManaged() }) }),
  logging: DeliveryLogging.create({ encryption: Encryption.customerManaged() }),
});

test('by default: reads its stream, writes both buckets and its logs, and nothing else', async () => {
  const { world, clicks, role, stream } = await deliveryWith();
  const buckets = [clicks.bucket!, clicks.backupBucket!].map(bucket => world.arn(bucket));
  expect(await world.matrix(role)).toEqual({
    [stream]: READ_STREAM,
    ...Object.fromEntries(buckets.flatMap(bucket => [[bucket, LIST_BUCKET], [`${bucket}/data/object`, WRITE_BUCKET]])),
  });
  expect(world.named(role)).toEqual([...READ_STREAM, 'logs:PutLogEvents', ...LIST_BUCKET, ...WRITE_BUCKET].sort());
  const requests: Request[] = [
    ...READ_STREAM.map(action => ({ principal: role, action, resource: stream })),
    ...buckets.flatMap(bucket => [
      ...LIST_BUCKET.map(action => ({ principal: role, action, resource: bucket })),
      ...WRITE_BUCKET.map(action => ({ principal: role, action, resource: `${bucket}/data/2026/object` })),
    ]),
  ];
  for (const request of requests) await expectAllowedWithTwins(world, request);
});

test('writes to its own log streams', async () => {
  const { world, clicks, stack, role } = await deliveryWith();
  const { ExtendedS3DestinationConfiguration: destination } = world.properties(world.arn(clicks));
  const { LogGroupName, LogStreamName } = destination.CloudWatchLoggingOptions;
  expect(LogGroupName).toBe(world.resolve(stack, clicks.logGroup!.logGroupName));
  const logStream = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LogGroupName}:log-stream:${LogStreamName}`;
  await expectAllowedWithTwins(world, { principal: role, action: 'logs:PutLogEvents', resource: logStream });
  const another = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LogGroupName}:log-stream:another`;
  expect(await world.may({ principal: role, action: 'logs:PutLogEvents', resource: another })).toBe('ImplicitlyDenied');
});

test('trusts Firehose alone, for this account alone', async () => {
  const { world, role } = await deliveryWith();
  const request = { principal: 'firehose.amazonaws.com', action: 'sts:AssumeRole', resource: role, context: { 'sts:ExternalId': ACCOUNT } };
  await expectAllowedWithTwins(world, request);
  for (const context of [{ 'sts:ExternalId': OTHER_ACCOUNT }, {}]) expect(await world.may({ ...request, context })).toBe('ImplicitlyDenied');
  for (const principal of [`arn:aws:iam::${ACCOUNT}:role/Administrator`, `arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`]) {
    expect(await world.may({ ...request, principal, identityPolicies: [allowing(['sts:*'], '*')] })).toBe('ImplicitlyDenied');
  }
});

describe('with customer keys', () => {
  test('each key through its service and for its stream or bucket alone', async () => {
    const { world, clicks, role, stream } = await deliveryWith(customerKeys);
    const [bucket, backup] = [clicks.bucket!, clicks.backupBucket!].map(one => world.arn(one));
    const keys = [clicks.dataStreamKey!, clicks.bucketKey!, clicks.backupBucketKey!, clicks.logGroupKey!];
    const [streamKey, bucketKey, backupKey, logKey] = keys.map(key => world.arn(key));
    const requests: Request[] = [
      { principal: role, action: 'kms:Decrypt', resource: streamKey, context: viaKinesis(stream) },
      // With a bucket key the encryption context is the bucket, without one the object.
      ...S3_KEY.flatMap(action => [bucket, `${bucket}/data/object`].map(context => ({ principal: role, action, resource: bucketKey, context: viaS3(context) }))),
      ...S3_KEY.map(action => ({ principal: role, action, resource: backupKey, context: viaS3(backup) })),
    ];
    for (const request of requests) await expectAllowedWithTwins(world, request);

    const contextOf = (arn: string) => ({ [streamKey]: viaKinesis(stream), [bucketKey]: viaS3(bucket), [backupKey]: viaS3(backup) })[arn] ?? {};
    const matrix = await world.matrix(role, contextOf);
    expect({ ...matrix, [logKey]: matrix[logKey] ?? [] }).toMatchObject({ [streamKey]: ['kms:Decrypt'], [bucketKey]: S3_KEY, [backupKey]: S3_KEY, [logKey]: [] });
    expect(Object.keys(matrix).filter(arn => arn.includes(':kms:'))).toHaveLength(3);
    const withoutContext = await world.matrix(role);
    expect(Object.keys(withoutContext).filter(arn => arn.includes(':kms:'))).toEqual([]);
  });

  test('the key of one bucket is not for the other, nor that of the stream for a bucket', async () => {
    const { world, clicks, role, stream } = await deliveryWith(customerKeys);
    const [bucketKey, streamKey] = [world.arn(clicks.bucketKey!), world.arn(clicks.dataStreamKey!)];
    const denied: [string, string, Request['context']][] = [
      ['kms:Decrypt', bucketKey, viaS3(world.arn(clicks.backupBucket!))],
      ['kms:Decrypt', bucketKey, viaKinesis(stream)],
      ['kms:Decrypt', streamKey, viaS3(world.arn(clicks.bucket!))],
      ['kms:Decrypt', streamKey, viaKinesis(sibling(stream))],
      ['kms:GenerateDataKey', streamKey, viaKinesis(stream)],
      ['kms:Encrypt', bucketKey, viaS3(world.arn(clicks.bucket!))],
    ];
    for (const [action, resource, context] of denied) expect(await world.may({ principal: role, action, resource, context })).toBe('ImplicitlyDenied');
  });

  test('the key of the log group is for CloudWatch Logs, for log groups of this account alone', async () => {
    const { world, clicks } = await deliveryWith(customerKeys);
    const logKey = world.arn(clicks.logGroupKey!);
    const principal = `logs.${REGION}.amazonaws.com`;
    const context = { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:clicks` };
    const actions = [
      'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
    ];
    for (const action of actions) await expectAllowedWithTwins(world, { principal, action, resource: logKey, context });
    expect(await world.allowed({ principal, resource: logKey, context })).toEqual(actions);
    for (const action of ['kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion']) {
      expect(await world.may({ principal, action, resource: logKey, context })).toBe('ImplicitlyDenied');
    }
  });
});

describe('what a transform and a conversion take', () => {
  test('invokes the latest version of its function alone', async () => {
    const { world, role, stack } = await deliveryWith(scope => ({ transform: { handler: functionIn(scope) } }));
    const handler = world.resolve(stack, (stack.node.findChild('Transform') as lambda.Function).functionArn);
    for (const resource of [handler, `${handler}:$LATEST`]) {
      for (const action of ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration']) {
        expect(await world.may({ principal: role, action, resource })).toBe('Allowed');
      }
    }
    await expectAllowedWithTwins(world, { principal: role, action: 'lambda:InvokeFunction', resource: handler });
    for (const resource of [`${handler}:1`, sibling(handler)]) {
      expect(await world.may({ principal: role, action: 'lambda:InvokeFunction', resource })).toBe('ImplicitlyDenied');
    }
    expect(world.named(role).filter(action => action.startsWith('lambda:'))).toEqual(['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction']);
  });

  test('reads the columns of its table alone', async () => {
    const { world, role } = await deliveryWith(() => ({ conversion: RecordConversion.toParquet({ schema: { databaseName: 'web', tableName: 'clicks' } }) }));
    const table = `arn:aws:glue:${REGION}:${ACCOUNT}:table/web/clicks`;
    for (const action of ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions']) {
      await expectAllowedWithTwins(world, { principal: role, action, resource: table });
      expect(await world.may({ principal: role, action, resource: `arn:aws:glue:${REGION}:${ACCOUNT}:table/web/orders` })).toBe('ImplicitlyDenied');
    }
    expect(world.named(role).filter(action => action.startsWith('glue:'))).toEqual(['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions']);
  });

  function functionIn(scope: Stack): lambda.Function {
    const code = lambda.Code.fromInline('exports.handler = async event => event;');
    return new lambda.Function(scope, 'Transform', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code });
  }
});

describe('without backup and without logs', () => {
  test('there is one bucket to write and no log', async () => {
    const { world, role } = await deliveryWith(() => ({ backup: SourceBackup.none('kept elsewhere'), logging: DeliveryLogging.none('watched by metrics') }));
    expect(Object.keys(await world.matrix(role)).filter(arn => arn.includes(':s3:'))).toHaveLength(2);
    expect(world.named(role)).toEqual([...READ_STREAM, ...LIST_BUCKET, ...WRITE_BUCKET].sort());
  });
});

describe('producers', () => {
  test('put records into the stream of the delivery alone', async () => {
    const { world, producer, stream } = await deliveryWith();
    expect(await world.matrix(producer)).toEqual({ [stream]: WRITE_STREAM });
    for (const action of WRITE_STREAM) await expectAllowedWithTwins(world, { principal: producer, action, resource: stream });
  });

  test('with a customer key: generate data keys for that stream, through Kinesis', async () => {
    const { world, clicks, producer, stream } = await deliveryWith(customerKeys);
    const key = world.arn(clicks.dataStreamKey!);
    expect(await world.matrix(producer, arn => arn === key ? viaKinesis(stream) : {})).toEqual({ [stream]: WRITE_STREAM, [key]: ['kms:GenerateDataKey'] });
    await expectAllowedWithTwins(world, { principal: producer, action: 'kms:GenerateDataKey', resource: key, context: viaKinesis(stream) });
    expect(world.named(producer)).toEqual([...WRITE_STREAM, 'kms:GenerateDataKey']);
  });

  test('of another account: with the permission of their own as well', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
    const clicks = s3Stream(stack, 'Clicks', customerKeys());
    const producer = `arn:aws:iam::${PARTNER}:role/Producer`;
    clicks.grantWrite(new iam.ArnPrincipal(producer));
    const world = await World.of(stack);
    const [stream, key] = [world.arn(clicks.dataStream!), world.arn(clicks.dataStreamKey!)];
    const identityPolicies = [allowing(['kinesis:*', 'kms:*'], stream, key)];
    const requests: Request[] = [
      ...WRITE_STREAM.map(action => ({ principal: producer, action, resource: stream, identityPolicies })),
      { principal: producer, action: 'kms:GenerateDataKey', resource: key, identityPolicies, context: viaKinesis(stream) },
    ];
    for (const request of requests) {
      await expectAllowedWithTwins(world, request);
      expect(await world.may({ ...request, identityPolicies: [] })).toBe('ImplicitlyDenied');
    }
  });
});

test('an existing stream and existing buckets of the account', async () => {
  const { world, clicks, role, stream } = await deliveryWith(stack => ({
    source: KinesisSource.existing(new kinesis.Stream(stack, 'Existing', { encryptionKey: new kms.Key(stack, 'StreamKey') })),
    bucket: DeliveryBucket.existing(new s3.Bucket(stack, 'Bucket', { encryptionKey: new kms.Key(stack, 'BucketKey'), enforceSSL: true })),
  }));
  const bucket = world.arn(clicks.bucket!);
  await expectAllowedWithTwins(world, { principal: role, action: 'kinesis:GetRecords', resource: stream });
  await expectAllowedWithTwins(world, { principal: role, action: 's3:PutObject', resource: `${bucket}/data/object` });
  await expectAllowedWithTwins(world, { principal: role, action: 'kms:Decrypt', resource: world.arn(clicks.dataStreamKey!), context: viaKinesis(stream) });
  await expectAllowedWithTwins(world, { principal: role, action: 'kms:GenerateDataKey', resource: world.arn(clicks.bucketKey!), context: viaS3(bucket) });
});

test('a bucket and its key in another account: their policies let the role in, and no other', async () => {
  const app = new App({ analyticsReporting: false });
  const theirs = new Stack(app, 'Theirs', { env: { account: PARTNER, region: REGION } });
  const ours = new Stack(app, 'Ours', { env: { account: ACCOUNT, region: REGION } });
  const bucket = new s3.Bucket(theirs, 'Bucket', { bucketName: 'clicks-of-the-partner', enforceSSL: true });
  const key = `arn:aws:kms:${REGION}:${PARTNER}:key/11111111-2222-4333-8444-555555555555`;
  const encryptionKey = kms.Key.fromKeyArn(ours, 'TheirKey', key);
  const clicks = s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, encryptionKey) });
  const before = await World.of(app);
  const [role, target] = [before.arn(clicks.role), before.arn(bucket)];
  // Their policies name the account and, as a condition, the role: a role that does not exist yet cannot be a principal.
  const itself = { 'aws:PrincipalArn': role };
  for (const action of LIST_BUCKET) await expectAllowedWithTwins(before, { principal: role, action, resource: target, context: itself });
  for (const action of [...WRITE_BUCKET, 's3:PutObjectAcl']) await expectAllowedWithTwins(before, { principal: role, action, resource: `${target}/data/object`, context: itself });

  // The key is imported: its owner adds what the warning says.
  const statements = statementsInWarnings(before, ours);
  const untouched = await World.of(app, {}, { [key]: keyPolicy(PARTNER, []) });
  const after = await World.of(app, {}, { [key]: keyPolicy(PARTNER, statements) });
  for (const action of S3_KEY) {
    const request = { principal: role, action, resource: key, context: { ...viaS3(target), ...itself } };
    expect(await untouched.may(request)).toBe('ImplicitlyDenied');
    await expectAllowedWithTwins(after, request);
  }
});

describe('keys of another account or Region', () => {
  const OTHER_REGION = 'us-east-1';
  const stacks = (env: { account: string; region: string }) => {
    // Another Region is referred to by a custom resource without this flag, which no simulation can read.
    const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak' } });
    return { app, theirs: new Stack(app, 'Theirs', { env }), ours: new Stack(app, 'Ours', { env: { account: ACCOUNT, region: REGION } }) };
  };

  test('a bucket and a stream here with a key there: its policy lets role and producer in, and no other', async () => {
    const { app, theirs, ours } = stacks({ account: PARTNER, region: REGION });
    const encryption = Encryption.customerManaged(new kms.Key(theirs, 'Key'));
    const clicks = s3Stream(ours, 'Clicks', { source: KinesisSource.create({ encryption }), bucket: DeliveryBucket.create({ encryption }) });
    const writer = new iam.Role(ours, 'Producer', { roleName: 'producer', assumedBy: new iam.AccountRootPrincipal() });
    clicks.grantWrite(writer);
    const world = await World.of(app);
    const [role, producer, stream, bucket] = [clicks.role, writer, clicks.dataStream!, clicks.bucket!].map(one => world.arn(one));
    const resource = world.arn(clicks.dataStreamKey!);
    const requests: Request[] = [
      { principal: role, action: 'kms:Decrypt', resource, context: { ...viaKinesis(stream), 'aws:PrincipalArn': role } },
      ...S3_KEY.map(action => ({ principal: role, action, resource, context: { ...viaS3(bucket), 'aws:PrincipalArn': role } })),
    ];
    for (const request of requests) await expectAllowedWithTwins(world, request);
    // The policy of a producer names the keys there by a pattern, so that its stack need not refer to the key.
    const generate = { principal: producer, action: 'kms:GenerateDataKey', resource, context: { ...viaKinesis(stream), 'aws:PrincipalArn': producer } };
    expect(await world.may(generate)).toBe('Allowed');
    for (const context of [{ ...generate.context, ...viaKinesis(sibling(stream)) }, { ...generate.context, 'aws:PrincipalArn': sibling(producer) }]) {
      expect(await world.may({ ...generate, context })).not.toBe('Allowed');
    }
    // One through the other service, and more than each needs.
    const denied: [string, string, Request['context']][] = [
      [producer, 'kms:Decrypt', viaKinesis(stream)], [producer, 'kms:GenerateDataKey', viaS3(bucket)], [role, 'kms:GenerateDataKey', viaKinesis(stream)], [role, 'kms:Encrypt', viaS3(bucket)],
    ];
    for (const [principal, action, context] of denied) {
      expect(await world.may({ principal, action, resource, context: { ...context, 'aws:PrincipalArn': principal } })).toBe('ImplicitlyDenied');
    }
  });

  test('a bucket with its key in another Region: through S3 there, by the policy of the role', async () => {
    const { app, theirs, ours } = stacks({ account: ACCOUNT, region: OTHER_REGION });
    const bucket = new s3.Bucket(theirs, 'Bucket', { bucketName: 'clicks-elsewhere', encryptionKey: new kms.Key(theirs, 'Key'), enforceSSL: true });
    const clicks = s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket) });
    const world = await World.of(app);
    const [role, target, resource] = [clicks.role, bucket, clicks.bucketKey!].map(one => world.arn(one));
    for (const action of S3_KEY) {
      await expectAllowedWithTwins(world, { principal: role, action, resource, context: { ...viaS3(target), 'kms:ViaService': `s3.${OTHER_REGION}.amazonaws.com` } });
      expect(await world.may({ principal: role, action, resource, context: viaS3(target) })).toBe('ImplicitlyDenied');
    }
  });
});

test.each([['aws-cn', 'cn-north-1', 'amazonaws.com'], ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'], ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com']])(
  'in the partition %s, Region %s, with services of %s', async (partition, region, suffix) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const clicks = s3Stream(stack, 'Clicks', customerKeys());
    const world = await World.of(stack, { partition, region });
    const bucket = world.arn(clicks.bucket!);
    const context = { 'kms:ViaService': `s3.${region}.${suffix}`, 'kms:EncryptionContext:aws:s3:arn': bucket };
    await expectAllowedWithTwins(world, { principal: world.arn(clicks.role), action: 'kms:GenerateDataKey', resource: world.arn(clicks.bucketKey!), context });
    await expectAllowedWithTwins(world, { principal: world.arn(clicks.role), action: 's3:PutObject', resource: `${bucket}/data/object` });
  },
);
