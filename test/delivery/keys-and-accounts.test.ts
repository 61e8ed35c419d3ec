import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack, statementsOf, warningIds, warningTexts } from './support';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, ServerAccessLogs, SourceBackup } from '../../src/delivery';
import { WITH_FLAGS, withPartitionRef, writtenPartitions } from '../support/flag-differences';
import { refusedProps } from '../support/problems';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const OURS = '111111111111';
const THEIRS = '222222222222';
const KEY = (account: string) => `arn:aws:kms:eu-west-1:${account}:key/11111111-2222-3333-4444-555555555555`;
const env = { account: OURS, region: 'eu-west-1' };
const customer = (key?: kms.IKey) => Encryption.customerManaged(key);

/** Everything with a key of its own, or with the given one. */
const encrypted = (key?: kms.IKey): S3StreamProps => ({
  source: KinesisSource.create({ encryption: customer(key) }),
  bucket: DeliveryBucket.create({ encryption: customer(key) }),
  backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: customer(key) }) }),
  logging: DeliveryLogging.create({ encryption: customer(key) }),
});

describe('customer keys', () => {
  const { delivery, s3: destination, stack, statement, template } = deliver(encrypted(), newStack({ env }));

  test('are made with rotation, one for each, and retained', () => {
    template.resourceCountIs('AWS::KMS::Key', 4);
    template.allResources('AWS::KMS::Key', { Properties: { EnableKeyRotation: true }, DeletionPolicy: 'Retain' });
    expect(new Set([delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey, delivery.logGroupKey]).size).toBe(4);
  });

  test('encrypt the data stream, which only Kinesis may decrypt for the role', () => {
    const key = stack.resolve(delivery.dataStreamKey!.keyArn);
    template.hasResourceProperties('AWS::Kinesis::Stream', { StreamEncryption: { EncryptionType: 'KMS', KeyId: key } });
    expect(statement('DecryptStream')).toEqual({
      Sid: 'DecryptStream',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: key,
      Condition: { StringEquals: { 'kms:ViaService': 'kinesis.eu-west-1.amazonaws.com', 'kms:EncryptionContext:aws:kinesis:arn': stack.resolve(delivery.dataStream!.streamArn) } },
    });
  });

  test.each(['Bucket', 'BackupBucket'] as const)('encrypt the objects of %s with a bucket key, through S3 and for that bucket only', sid => {
    const bucket = sid === 'Bucket' ? delivery.bucket! : delivery.backupBucket!;
    const key = stack.resolve((sid === 'Bucket' ? delivery.bucketKey : delivery.backupBucketKey)!.keyArn);
    const config = sid === 'Bucket' ? destination : destination.S3BackupConfiguration;
    expect(config.EncryptionConfiguration).toEqual({ KMSEncryptionConfig: { AWSKMSKeyARN: key } });
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }] },
    });
    expect(statement(`Encrypt${sid}`)).toMatchObject({
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: key,
      Condition: {
        StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [stack.resolve(bucket.bucketArn), stack.resolve(bucket.arnForObjects('*'))] },
      },
    });
  });

  test('let CloudWatch Logs encrypt log groups of this account only', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: stack.resolve(delivery.logGroupKey!.keyArn) });
    expect(statementsOf(template, 'AWS::KMS::Key')).toContainEqual(expect.objectContaining({
      Principal: { Service: { 'Fn::Join': ['', ['logs.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] } },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey'],
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:111111111111:log-group:*']] } } },
    }));
  });

  test('have no statement for the role: its own policy is enough', () => {
    expect(JSON.stringify(template.findResources('AWS::KMS::Key'))).not.toContain('Role');
    expect(warningIds(stack)).toEqual([]);
  });

  test('one for all, imported: CloudWatch Logs has to be allowed by hand', () => {
    const imported = newStack({ env });
    const { template: once } = deliver(encrypted(kms.Key.fromKeyArn(imported, 'Key', KEY(OURS))), imported);
    once.resourceCountIs('AWS::KMS::Key', 0);
    expect(warningIds(imported)).toEqual(['FirehoseStream.logGroupKeyPolicy']);
    expect(withPartitionRef(warningTexts(imported)['FirehoseStream.logGroupKeyPolicy'])).toContain('"kms:EncryptionContext:aws:logs:arn": "arn:${AWS::Partition}:logs:eu-west-1:111111111111:log-group:*"');
  });
});

describe('existing resources', () => {
  test('stream, buckets, keys and log group are used and not changed', () => {
    const stack = newStack({ env });
    const stream = kinesis.Stream.fromStreamAttributes(stack, 'Stream', { streamArn: `arn:aws:kinesis:eu-west-1:${OURS}:stream/clicks`, encryptionKey: kms.Key.fromKeyArn(stack, 'StreamKey', KEY(OURS)) });
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'lake', encryptionKey: kms.Key.fromKeyArn(stack, 'BucketKey', KEY(OURS)) });
    const backup = s3.Bucket.fromBucketName(stack, 'Backup', 'backup');
    const group = logs.LogGroup.fromLogGroupName(stack, 'Errors', '/errors');
    const props: S3StreamProps = {
      source: KinesisSource.existing(stream),
      bucket: DeliveryBucket.existing(bucket),
      backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(backup, bucket.encryptionKey) }),
      logging: DeliveryLogging.existing(group),
    };
    const { delivery, s3: destination, sids, statement, template } = deliver(props, stack);
    const second = s3Stream(stack, 'Views', props);
    expect([delivery.dataStream!, delivery.bucket!, delivery.backupBucket, delivery.logGroup]).toEqual([stream, bucket, backup, group]);
    expect(delivery.backupBucketKey).toBe(bucket.encryptionKey);
    expect(sids).toEqual(['ReadStream', 'DecryptStream', 'ListBucket', 'WriteBucket', 'EncryptBucket', 'ListBackupBucket', 'WriteBackupBucket', 'EncryptBackupBucket', 'LogErrors']);
    expect(destination.CloudWatchLoggingOptions.LogGroupName).toBe('/errors');
    expect(statement('WriteBucket').Action).not.toContain('s3:PutObjectAcl');
    ['AWS::Kinesis::Stream', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::KMS::Key', 'AWS::Logs::LogGroup'].forEach(type => template.resourceCountIs(type, 0));
    // Two deliveries share the log group, each with log streams of its own.
    expect(second.logGroup).toBe(group);
    expect(JSON.stringify(statement('LogErrors').Resource)).toContain('ClicksLogGroup');
    expect(warningIds(stack)).toEqual([]);
  });

  test('a bucket and key in another account: the policies to add are said', () => {
    const stack = newStack({ env });
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', account: THEIRS, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY(THEIRS)) });
    const { statement } = deliver({ bucket: DeliveryBucket.existing(bucket) }, stack);
    expect(statement('WriteBucket').Action).toContain('s3:PutObjectAcl');
    expect(statement('WriteBackupBucket').Action).not.toContain('s3:PutObjectAcl');
    const { 'FirehoseStream.bucketPolicy': onBucket, 'FirehoseStream.bucketKeyPolicy': onKey, ...others } = warningTexts(stack);
    expect(others).toEqual({});
    ['s3:PutObjectAcl', 's3:GetBucketLocation', 'arn:${AWS::Partition}:s3:::lake/*', '"AWS"'].forEach(part => expect(withPartitionRef(onBucket)).toContain(part));
    ['kms:GenerateDataKey', 's3.eu-west-1.amazonaws.com', '"Resource": "*"'].forEach(part => expect(onKey).toContain(part));
  });

  test('a bucket with a stated account beside an unknown one may be in another', () => {
    const stack = newStack();
    deliver({ bucket: DeliveryBucket.existing(s3.Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', account: THEIRS })) }, stack);
    expect(warningIds(stack)).toContain('FirehoseStream.bucketPolicy');
  });

  test('a bucket and key of this app in another account get the statements', () => {
    const app = new App();
    const theirs = new Stack(app, 'Theirs', { env: { ...env, account: THEIRS } });
    const ours = new Stack(app, 'Ours', { env });
    const key = new kms.Key(theirs, 'Key', { alias: 'lake' });
    const bucket = new s3.Bucket(theirs, 'Lake', { bucketName: 'lake' });
    s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, kms.Key.fromKeyArn(ours, 'Imported', KEY(THEIRS))) });
    const template = Template.fromStack(theirs);
    expect(statementsOf(template, 'AWS::S3::BucketPolicy').map(({ Action }) => Action)).toEqual([
      ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject', 's3:PutObjectAcl'],
    ]);
    expect(JSON.stringify(template.findResources('AWS::KMS::Key'))).not.toContain('GenerateDataKey"');
    expect(key.keyArn).toBeDefined();
    expect(warningIds(ours)).not.toContain('FirehoseStream.bucketPolicy');
  });

  test('a stream in another account warns', () => {
    const stack = newStack({ env });
    deliver({ source: KinesisSource.existing(kinesis.Stream.fromStreamArn(stack, 'Stream', `arn:aws:kinesis:eu-west-1:${THEIRS}:stream/clicks`)) }, stack);
    expect(warningIds(stack)).toContain('FirehoseStream.dataStreamInAnotherAccount');
  });
});

describe('each in a stack of its own', () => {
  const parts = (app: App) => {
    const stacks = ['Keys', 'Streams', 'Buckets', 'Functions', 'Logs'].map(id => new Stack(app, id));
    const key = new kms.Key(stacks[0], 'Key');
    return {
      key,
      stream: new kinesis.Stream(stacks[1], 'Stream', { encryptionKey: key }),
      bucket: new s3.Bucket(stacks[2], 'Bucket', { encryptionKey: key }),
      accessLogs: new s3.Bucket(stacks[2], 'AccessLogs'),
      fn: new lambda.Function(stacks[3], 'Fn', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'i.h', code: lambda.Code.fromInline('x') }),
      group: new logs.LogGroup(stacks[4], 'Group'),
    };
  };

  test.each([['before'], ['after']])('made %s the delivery', order => {
    const app = new App();
    const early = order === 'before' ? parts(app) : undefined;
    const stack = new Stack(app, 'Delivery');
    const { key, stream, bucket, accessLogs, fn, group } = early ?? parts(app);
    s3Stream(stack, 'Clicks', {
      source: KinesisSource.existing(stream),
      bucket: DeliveryBucket.existing(bucket),
      backup: SourceBackup.allRecords({
        bucket: DeliveryBucket.create({ encryption: customer(key), serverAccessLogs: ServerAccessLogs.to(accessLogs) }),
      }),
      transform: { handler: fn },
      logging: DeliveryLogging.existing(group),
    });
    s3Stream(stack, 'Views', { ...encrypted(key) });
    const assembly = app.synth();
    expect(assembly.getStackByName('Delivery').dependencies.map(({ id }) => id).sort()).toEqual(expect.arrayContaining(['Buckets', 'Functions', 'Keys', 'Logs', 'Streams']));
    ['Keys', 'Streams', 'Buckets', 'Functions', 'Logs'].forEach(name => {
      expect(assembly.getStackByName(name).dependencies.map(({ id }) => id)).not.toContain('Delivery');
    });
  });
});

describe('grantWrite', () => {
  const role = (stack: Stack) => new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });

  test('allows putting records, and with a key its data keys through Kinesis', () => {
    const stack = newStack();
    const delivery = s3Stream(stack, 'Clicks', { source: KinesisSource.create({ encryption: customer() }) });
    const grant = delivery.grantWrite(role(stack));
    expect(grant.success).toBe(true);
    const arn = stack.resolve(delivery.dataStream!.streamArn);
    expect(statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy')).toEqual([
      { Effect: 'Allow', Action: ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:ListShards'], Resource: arn },
      {
        Effect: 'Allow',
        Action: 'kms:GenerateDataKey',
        Resource: stack.resolve(delivery.dataStreamKey!.keyArn),
        Condition: { StringEquals: { 'kms:ViaService': expect.anything(), 'kms:EncryptionContext:aws:kinesis:arn': arn } },
      },
    ]);
  });

  test('without a key there is nothing about keys', () => {
    const stack = newStack();
    const delivery = s3Stream(stack, 'Clicks');
    delivery.grantWrite(role(stack));
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain('kms:');
  });

  test('refuses a service without conditions', () => {
    const stack = newStack();
    const delivery = s3Stream(stack, 'Clicks');
    expect(refusedProps(() => delivery.grantWrite(new iam.ServicePrincipal('iot.amazonaws.com')))).toEqual(['grantWrite(grantee)']);
  });

  test('to another account is written into the policies of stream and key, with the conditions', () => {
    const stack = newStack({ env });
    const delivery = s3Stream(stack, 'Clicks', { source: KinesisSource.create({ encryption: customer() }) });
    delivery.grantWrite(new iam.AccountPrincipal(THEIRS));
    const template = Template.fromStack(stack);
    expect(statementsOf(template, 'AWS::Kinesis::ResourcePolicy')).toEqual([expect.objectContaining({ Action: ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:ListShards'] })]);
    expect(statementsOf(template, 'AWS::KMS::Key')).toContainEqual(expect.objectContaining({
      Action: 'kms:GenerateDataKey',
      Condition: {
        StringEquals: { 'kms:ViaService': 'kinesis.eu-west-1.amazonaws.com' },
        StringLike: { 'kms:EncryptionContext:aws:kinesis:arn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':kinesis:eu-west-1:111111111111:stream/*']] } },
      },
    }));
    expect(warningIds(stack)).toEqual([]);
  });

  test('of an imported stream to another account warns with the policies', () => {
    const stack = newStack({ env });
    const stream = kinesis.Stream.fromStreamAttributes(stack, 'Stream', { streamArn: `arn:aws:kinesis:eu-west-1:${OURS}:stream/clicks`, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY(OURS)) });
    s3Stream(stack, 'Clicks', { source: KinesisSource.existing(stream) }).grantWrite(new iam.AccountPrincipal(THEIRS));
    const { 'FirehoseStream.importedPolicy': text } = warningTexts(stack);
    ['kinesis:PutRecords', 'kms:GenerateDataKey'].forEach(part => expect(text).toContain(part));
  });
});

describe('partitions and Regions', () => {
  test.each([
    ['us-gov-west-1', 'amazonaws.com'], ['eu-west-1', 'amazonaws.com'], ['us-east-1', 'amazonaws.com'],
  ])('%s', (region, suffix) => {
    const { statement, template } = deliver(encrypted(), newStack({ env: { account: OURS, region } }));
    expect(statement('EncryptBucket').Condition.StringEquals['kms:ViaService']).toBe(`s3.${region}.${suffix}`);
    expect(writtenPartitions(template.toJSON())).toEqual(WITH_FLAGS ? [region === 'us-gov-west-1' ? 'aws-us-gov' : 'aws'] : []);
    expect(template.toJSON().Mappings).toBeUndefined();
  });

  test.each([['cn-north-1'], ['us-iso-east-1'], ['eusc-de-east-1'], ['mars-north-1'], [undefined]])('both spellings where they may differ: %s', region => {
    const { statement } = deliver(encrypted(), newStack(region ? { env: { account: OURS, region } } : {}));
    expect(statement('EncryptBucket').Condition.StringEquals['kms:ViaService']).toHaveLength(2);
    expect(JSON.stringify(statement('DecryptStream').Condition)).toContain('AWS::URLSuffix');
  });
});


describe('a key that is made', () => {
  const made = (removalPolicy?: RemovalPolicy) => {
    const { delivery, template } = deliver({
      source: KinesisSource.create({ encryption: customer(), removalPolicy }),
      bucket: DeliveryBucket.create({ encryption: customer(), removalPolicy }),
      backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: customer(), removalPolicy }) }),
      logging: DeliveryLogging.create({ encryption: customer(), removalPolicy }),
    });
    const { dataStreamKey, bucketKey, backupBucketKey, logGroupKey } = delivery;
    const { Resources } = template.toJSON();
    const idOf = (key?: kms.IKey) => Stack.of(delivery).getLogicalId(key!.node.defaultChild as kms.CfnKey);
    return [dataStreamKey, bucketKey, backupBucketKey, logGroupKey].map(key => Resources[idOf(key)]);
  };

  test.each([
    [undefined, 'Retain', 'Retain'], [RemovalPolicy.RETAIN, 'Retain', 'Retain'], [RemovalPolicy.DESTROY, 'Delete', 'Delete'],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'Retain'],
  ])('is removed with what it encrypts: %s', (removalPolicy, deletion, replace) => {
    const keys = made(removalPolicy);
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      expect(key).toMatchObject({ DeletionPolicy: deletion, UpdateReplacePolicy: replace, Properties: { EnableKeyRotation: true } });
    }
  });
});
