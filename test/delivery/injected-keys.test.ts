import { App, IPropertyInjector, PropertyInjectors, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Json, deliver, newStack, refused, rendered, resourcesOf, warningIds } from './support';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, ServerAccessLogs, SourceBackup } from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';
import { synthApp } from '../support/template';

const OURS = '111111111111';
const THEIRS = '222222222222';
const env = { account: OURS, region: 'eu-west-1' };
const arnOf = (account: string) => `arn:aws:kms:eu-west-1:${account}:key/11111111-2222-3333-4444-555555555555`;
const IDS = { bucket: s3.Bucket.PROPERTY_INJECTION_ID, stream: kinesis.Stream.PROPERTY_INJECTION_ID, logGroup: logs.LogGroup.PROPERTY_INJECTION_ID };

/** The two ways to write an injector: what is given wins, or what the organization says. */
const below = (injected: object) => (given: object) => ({ ...injected, ...given });
const above = (injected: object) => (given: object) => ({ ...given, ...injected });
type Way = typeof below;

const injector = (constructUniqueId: string, inject: IPropertyInjector['inject']): IPropertyInjector => ({ constructUniqueId, inject });

/** A stack of an organization whose buckets, streams and log groups have a key. */
function organization(way: Way, on: 'app' | 'stack', keyOf = (stack: Stack): kms.IKey => new kms.Key(stack, 'OrgKey')) {
  const app = new App();
  const stack = new Stack(app, 'Stack', { env });
  const encryptionKey = keyOf(stack);
  PropertyInjectors.of(on === 'app' ? app : stack).add(
    injector(IDS.bucket, way({ encryption: s3.BucketEncryption.KMS, encryptionKey })),
    injector(IDS.stream, way({ encryption: kinesis.StreamEncryption.KMS, encryptionKey })),
    injector(IDS.logGroup, way({ encryptionKey })),
  );
  return { app, stack, key: encryptionKey, arn: stack.resolve(encryptionKey.keyArn) };
}

/** Everything made, and encrypted alike. */
function all(encryption: Encryption): S3StreamProps {
  const bucket = DeliveryBucket.create({ encryption });
  const logging = DeliveryLogging.create({ encryption });
  return { source: KinesisSource.create({ encryption }), bucket: bucket, backup: SourceBackup.allRecords({ bucket }), logging };
}

const role = (stack: Stack) => new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
const keyPolicy = (stack: Stack): Json[] => {
  const [key] = resourcesOf(Template.fromStack(stack).toJSON(), 'AWS::KMS::Key');
  return key.Properties.KeyPolicy.Statement;
};

describe.each<[string, Way, 'app' | 'stack']>([
  ['below the props, on the app', below, 'app'], ['above the props, on the app', above, 'app'],
  ['below the props, on the stack', below, 'stack'], ['above the props, on the stack', above, 'stack'],
])('a key that a property injector spreads %s', (_, way, on) => {
  const { arn, key, stack } = organization(way, on);
  const delivery = s3Stream(stack, 'Clicks');
  const producer = role(stack);
  delivery.grantWrite(producer);
  const { s3: destination, statement, template } = rendered(stack, delivery);

  test('encrypts everything that is made', () => {
    template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn } }] },
    });
    template.hasResourceProperties('AWS::Kinesis::Stream', { StreamEncryption: { EncryptionType: 'KMS', KeyId: arn } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: arn });
    template.resourceCountIs('AWS::KMS::Key', 1);
  });

  test('is told by the construct', () => {
    expect([delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey, delivery.logGroupKey]).toEqual([key, key, key, key]);
  });

  test('is allowed to the role for the stream and both buckets, and used by the delivery stream', () => {
    expect(statement('DecryptStream')).toMatchObject({ Action: 'kms:Decrypt', Resource: arn });
    for (const [sid, bucket, configuration] of [['Bucket', delivery.bucket!, destination], ['BackupBucket', delivery.backupBucket!, destination.S3BackupConfiguration]] as const) {
      expect(statement(`Encrypt${sid}`)).toMatchObject({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: arn,
        Condition: { StringLike: { 'kms:EncryptionContext:aws:s3:arn': [stack.resolve(bucket.bucketArn), stack.resolve(bucket.arnForObjects('*'))] } },
      });
      expect(configuration.EncryptionConfiguration).toEqual({ KMSEncryptionConfig: { AWSKMSKeyARN: arn } });
    }
  });

  test('is allowed to CloudWatch Logs', () => {
    expect(keyPolicy(stack).map(({ Principal }) => JSON.stringify(Principal)).filter(one => one.includes('logs.eu-west-1'))).toHaveLength(1);
  });

  test('is part of grantWrite()', () => {
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(producer.roleName)],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:GenerateDataKey', Resource: arn })]) },
    });
    expect(warningIds(stack)).toEqual([]);
  });
});

describe('an injector that says nothing about encryption', () => {
  const template = (injectors: IPropertyInjector[], make: (stack: Stack) => void = stack => { s3Stream(stack, 'Clicks'); }) => {
    const stack = new Stack(new App({ propertyInjectors: injectors }), 'Stack');
    make(stack);
    return Template.fromStack(stack).toJSON();
  };

  test.each([[below], [above]])('changes nothing of it: %p', way => {
    const silent = Object.values(IDS).map(id => injector(id, way({})));
    expect(template(silent)).toEqual(template([]));
    expect(template([]).Conditions).toBeUndefined();
  });

  test('leaves the condition of another stream in place', () => {
    const both = template([], stack => { new kinesis.Stream(stack, 'Other'); s3Stream(stack, 'Clicks'); new kinesis.Stream(stack, 'Third'); });
    expect(Object.keys(both.Conditions)).toEqual(['AwsCdkKinesisEncryptedStreamsUnsupportedRegions']);
    const after = template([], stack => { s3Stream(stack, 'Clicks'); new kinesis.Stream(stack, 'Third'); });
    expect(Object.keys(after.Conditions)).toEqual(['AwsCdkKinesisEncryptedStreamsUnsupportedRegions']);
  });
});

test('what an injector leaves to the L2 is a key too', () => {
  const stack = newStack();
  PropertyInjectors.of(stack).add(
    injector(IDS.bucket, above({ encryption: s3.BucketEncryption.KMS })), injector(IDS.stream, above({ encryption: kinesis.StreamEncryption.KMS })),
  );
  const { delivery, sids, template } = deliver({}, stack);
  template.resourceCountIs('AWS::KMS::Key', 3);
  expect(sids).toEqual(expect.arrayContaining(['DecryptStream', 'EncryptBucket', 'EncryptBackupBucket']));
  expect([delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey]).toEqual([
    (delivery.dataStream! as kinesis.Stream).encryptionKey, delivery.bucket!.encryptionKey, delivery.backupBucket!.encryptionKey,
  ]);
});

test('a key that an injector puts in place of a given one is the one that counts', () => {
  const { arn, key, stack } = organization(above, 'app');
  const own = Encryption.customerManaged(kms.Key.fromKeyArn(stack, 'Own', arnOf(OURS)));
  const { delivery, statement } = deliver({
    source: KinesisSource.create({ encryption: own }),
    bucket: DeliveryBucket.create({ encryption: own }),
    logging: DeliveryLogging.create({ encryption: own }),
  }, stack);
  expect([statement('DecryptStream').Resource, statement('EncryptBucket').Resource]).toEqual([arn, arn]);
  expect([delivery.dataStreamKey, delivery.bucketKey, delivery.logGroupKey]).toEqual([key, key, key]);
  expect(warningIds(stack)).toEqual([]);
});

test('a given key wins over one below the props', () => {
  const { stack } = organization(below, 'app');
  const own = kms.Key.fromKeyArn(stack, 'Own', arnOf(OURS));
  const encryption = Encryption.customerManaged(own);
  const { delivery } = deliver({
    source: KinesisSource.create({ encryption }), bucket: DeliveryBucket.create({ encryption }), logging: DeliveryLogging.create({ encryption }),
  }, stack);
  expect([delivery.dataStreamKey, delivery.bucketKey, delivery.logGroupKey]).toEqual([own, own, own]);
});

test('a key that an injector takes away needs no statement', () => {
  const none = { encryption: undefined, encryptionKey: undefined, bucketKeyEnabled: undefined };
  const stack = new Stack(new App({ propertyInjectors: Object.values(IDS).map(id => injector(id, above(none))) }), 'Stack');
  const encryption = Encryption.customerManaged();
  const { delivery, sids, template } = deliver({
    source: KinesisSource.create({ encryption }), bucket: DeliveryBucket.create({ encryption }), logging: DeliveryLogging.create({ encryption }),
  }, stack);
  expect(sids.filter(sid => /^(Encrypt|Decrypt)/.test(sid))).toEqual([]);
  expect([delivery.dataStreamKey, delivery.bucketKey, delivery.logGroupKey]).toEqual([undefined, undefined, undefined]);
  expect(JSON.stringify(template.findResources('AWS::KMS::Key'))).not.toContain('logs.');
});

describe.each(['app', 'stack'] as const)('the key of the service, asked for below an injector on the %s', on => {
  test('wins over the key of the injector', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack', { env });
    const encryptionKey = new kms.Key(stack, 'OrgKey');
    PropertyInjectors.of(on === 'app' ? app : stack).add(
      injector(IDS.bucket, below({ encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true })),
      injector(IDS.stream, below({ encryption: kinesis.StreamEncryption.KMS, encryptionKey })), injector(IDS.logGroup, below({ encryptionKey })),
    );
    const { delivery, sids, template } = deliver(all(Encryption.serviceManaged()), stack);
    template.hasResourceProperties('AWS::Kinesis::Stream', { StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' } });
    template.allResourcesProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.absent() });
    expect(sids.filter(sid => /^(Encrypt|Decrypt)/.test(sid))).toEqual([]);
    expect([delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey, delivery.logGroupKey].every(key => key === undefined)).toBe(true);
    expect(keyPolicy(stack)).toHaveLength(1);
  });
});

describe('a key that is made, and that an injector replaces', () => {
  const props = () => all(Encryption.customerManaged());

  test('is not left behind', () => {
    const { key, stack } = organization(above, 'app');
    s3Stream(stack, 'Views', props());
    const { delivery, template } = deliver(props(), stack);
    template.resourceCountIs('AWS::KMS::Key', 1);
    expect([delivery.dataStreamKey, delivery.bucketKey, delivery.backupBucketKey, delivery.logGroupKey]).toEqual([key, key, key, key]);
  });

  test('is not left behind where the injector asks for the key of the service', () => {
    const none = { encryption: undefined, encryptionKey: undefined, bucketKeyEnabled: undefined };
    const stack = new Stack(new App({ propertyInjectors: Object.values(IDS).map(id => injector(id, above(none))) }), 'Stack');
    deliver(props(), stack).template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('stays for what it encrypts', () => {
    const { stack } = organization(below, 'app');
    deliver(props(), stack).template.resourceCountIs('AWS::KMS::Key', 5);
  });
});

describe('an injected key that is imported', () => {
  test('of this account: CloudWatch Logs has to be allowed by hand', () => {
    const { stack } = organization(below, 'app', one => kms.Key.fromKeyArn(one, 'OrgKey', arnOf(OURS)));
    const { delivery, statement } = deliver({}, stack);
    expect(statement('EncryptBucket').Resource).toBe(arnOf(OURS));
    expect(delivery.logGroupKey!.keyArn).toBe(arnOf(OURS));
    expect(warningIds(stack)).toEqual(['FirehoseStream.logGroupKeyPolicy']);
  });

  test('of another account: its owner is told what to add for the buckets, and the role has a name', () => {
    const { stack } = organization(below, 'app', one => kms.Key.fromKeyArn(one, 'OrgKey', arnOf(THEIRS)));
    const { template } = deliver({ logging: DeliveryLogging.none('metrics') }, stack);
    template.hasResourceProperties('AWS::IAM::Role', { RoleName: Match.stringLikeRegexp('-eu-west-1$') });
    expect(warningIds(stack)).toContain('FirehoseStream.bucketKeyPolicy');
  });

  test.each<[string, (stack: Stack) => kms.IKey, string]>([
    ['an alias', stack => kms.Alias.fromAliasName(stack, 'OrgAlias', 'alias/lake'), '\'alias/lake\''],
    ['a key of another Region', stack => kms.Key.fromKeyArn(stack, 'OrgKey', arnOf(OURS).replace('eu-west-1', 'us-east-1')), 'Region us-east-1'],
  ])('%s is refused where a policy has to name it', (_, make, got) => {
    for (const [id, prop] of [[IDS.bucket, 'destination.bucket.encryption'], [IDS.stream, 'source.encryption']]) {
      const stack = newStack({ env });
      PropertyInjectors.of(stack).add(injector(id, above({ encryption: 'KMS', encryptionKey: make(stack) })));
      expect(refused({}, stack)).toEqual([expect.objectContaining({ prop, got: expect.stringContaining(got) })]);
    }
  });

  test('for the backup alone is refused by its name there', () => {
    const stack = newStack({ env });
    const alias = kms.Alias.fromAliasName(stack, 'OrgAlias', 'alias/lake');
    PropertyInjectors.of(stack).add({
      constructUniqueId: IDS.bucket, inject: (props, { id }) => id === 'BackupBucket' ? { ...props, encryption: s3.BucketEncryption.KMS, encryptionKey: alias } : props,
    });
    expect(refused({}, stack).map(({ prop }) => prop)).toEqual(['destination.backup.bucket.encryption']);
  });
});

test('a key in a stack of its own', () => {
  const app = new App();
  const keys = new Stack(app, 'Keys', { env });
  const key = new kms.Key(keys, 'Key');
  const ours = new Stack(app, 'Ours', { env });
  PropertyInjectors.of(app).add(
    injector(IDS.bucket, below({ encryption: s3.BucketEncryption.KMS, encryptionKey: key })), injector(IDS.logGroup, below({ encryptionKey: key })),
  );
  const delivery = s3Stream(ours, 'Clicks');
  const templates = synthApp(app);
  expect(delivery.logGroupKey).toBe(key);
  expect(JSON.stringify(templates.Keys.Resources)).toContain('kms:EncryptionContext:aws:logs:arn');
  expect(JSON.stringify(templates.Ours.Resources)).toContain('EncryptBackupBucket');
});

test('two deliveries beside an existing bucket and stream under one injector', () => {
  const { arn, stack } = organization(above, 'app');
  const props: S3StreamProps = {
    source: KinesisSource.existing(new kinesis.Stream(stack, 'Source')), bucket: DeliveryBucket.existing(new s3.Bucket(stack, 'Lake')),
  };
  s3Stream(stack, 'Views', props);
  const { statement } = deliver({ ...props, backup: SourceBackup.none('kept upstream') }, stack);
  expect([statement('DecryptStream').Resource, statement('EncryptBucket').Resource]).toEqual([arn, arn]);
  expect(keyPolicy(stack).filter(({ Principal }) => JSON.stringify(Principal).includes('logs.'))).toHaveLength(1);
});

test.each([
  ['a customer key', above({ encryption: s3.BucketEncryption.KMS }), 'a customer key'],
  ['the key of S3', above({ encryption: s3.BucketEncryption.KMS_MANAGED }), 'the key alias/aws/s3'],
  ['two layers of keys', above({ encryption: s3.BucketEncryption.DSSE_MANAGED }), 'the key alias/aws/s3'],
])('a bucket of access logs that an injector gives %s is refused', (_, inject, got) => {
  const stack = newStack();
  PropertyInjectors.of(stack).add(injector(IDS.bucket, inject));
  const bucket = DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(new s3.Bucket(stack, 'Logs')) });
  expect(refused({ bucket }, stack)).toEqual([expect.objectContaining({ prop: 'destination.bucket.serverAccessLogs.bucket', got: `a bucket with ${got}` })]);
});
