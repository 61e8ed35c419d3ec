import { App, Aspects, CfnParameter, Fn, IAspect, Lazy, Stack } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { refusedAtSynthesis, resourceOf } from './support';
import { Encryption } from '../../src/access';
import { DeliveryBucket, FirehoseStream, KinesisSource, SourceBackup } from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const env = { account: '111111111111', region: 'eu-west-1' };
const ARN = 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555';
const BUCKET_KEY = 'BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault';

let app: App;
let stack: Stack;
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Stack', { env });
});

const refusedProps = (delivery: FirehoseStream) => refusedAtSynthesis(delivery).map(({ prop }) => prop);
const clicks = (props?: S3StreamProps) => s3Stream(stack, 'Clicks', props);
const customer = (key?: kms.IKey) => Encryption.customerManaged(key);

/** As an organization does it. */
const encryptingAll = (keyId: string): IAspect => ({
  visit: node => {
    if (node instanceof kinesis.CfnStream) node.streamEncryption = { encryptionType: 'KMS', keyId };
    const serverSideEncryptionByDefault = { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keyId };
    if (node instanceof s3.CfnBucket) node.bucketEncryption = { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault }] };
  },
});
const overrideStream = (stream: kinesis.IStream, KeyId: unknown) => resourceOf(stream).addPropertyOverride('StreamEncryption', { EncryptionType: 'KMS', KeyId });
const overrideBucket = (bucket: s3.IBucket, KMSMasterKeyID?: unknown, SSEAlgorithm = 'aws:kms') =>
  resourceOf(bucket).addPropertyOverride(BUCKET_KEY, { SSEAlgorithm, KMSMasterKeyID });

describe('a key that is put after the construct is made', () => {
  test.each<[string, () => string, string]>([
    ['of the stack', () => new kms.Key(stack, 'Late').keyArn, "the key 'Stack/Late/Resource'"],
    ['of the stack, by its id', () => new kms.Key(stack, 'Late').keyId, "the key 'Stack/Late/Resource'"],
    ['of another stack', () => new kms.Key(new Stack(app, 'Keys', { env }), 'Late').keyArn, "the key 'Keys/Late/Resource'"],
    ['that is imported', () => ARN, `'${ARN}'`],
    ['known late', () => Lazy.string({ produce: () => ARN }), `'${ARN}'`],
    ['by an alias', () => 'alias/lake', "'alias/lake'"],
    ['by an alias of the stack', () => new kms.Key(stack, 'Late').addAlias('alias/lake').keyArn, 'alias/'],
    ['by the name of an alias of the stack', () => new kms.Key(stack, 'Late').addAlias('alias/lake').aliasName, 'put on'],
  ])('%s, by an aspect, is refused when the template is written', (_, key, got) => {
    const delivery = clicks();
    Aspects.of(app).add(encryptingAll(key()));
    const props = ['source.encryption', 'destination.bucket.encryption', 'destination.backup.bucket.encryption'];
    expect(() => app.synth()).toThrow(props[0]);
    expect(refusedAtSynthesis(delivery)).toEqual(props.map(prop => expect.objectContaining({
      prop, got: expect.stringContaining(got), fix: expect.stringContaining('Encryption.customerManaged(key)'),
    })));
    expect(delivery.dataStreamKey).toBeUndefined();
  });

  test('by an override is refused, for each delivery that has it', () => {
    const [delivery, other] = [clicks(), s3Stream(stack, 'Views')];
    overrideStream(delivery.dataStream!, ARN);
    overrideBucket(delivery.backupBucket!, new kms.Key(stack, 'Late').keyArn, 'aws:kms:dsse');
    expect(refusedProps(delivery)).toEqual(['source.encryption', 'destination.backup.bucket.encryption']);
    expect(refusedProps(other)).toEqual([]);
  });

  test('in place of a customer key is refused', () => {
    const imported = kms.Key.fromKeyArn(stack, 'Imported', ARN);
    const bucket = DeliveryBucket.create({ encryption: customer(imported) });
    const delivery = clicks({ source: KinesisSource.create({ encryption: customer() }), bucket });
    overrideStream(delivery.dataStream!, ARN);
    overrideBucket(delivery.bucket!, ARN.replace('555555555555', '666666666666'));
    expect(refusedProps(delivery)).toEqual(['source.encryption', 'destination.bucket.encryption']);
  });

  test('to an existing stream and bucket is refused', () => {
    const [stream, bucket] = [new kinesis.Stream(stack, 'Source'), new s3.Bucket(stack, 'Lake', { encryption: s3.BucketEncryption.S3_MANAGED })];
    const delivery = clicks({ source: KinesisSource.existing(stream), bucket: DeliveryBucket.existing(bucket) });
    overrideStream(stream, ARN);
    overrideBucket(bucket, ARN);
    expect(refusedProps(delivery)).toEqual(['source.stream.encryptionKey', 'destination.bucket.encryptionKey']);
  });
});

describe('left alone is', () => {
  test.each<[string, (delivery: FirehoseStream) => void]>([
    ['the key of the service', ({ dataStream, bucket, backupBucket }) => {
      overrideStream(dataStream!, 'alias/aws/kinesis');
      overrideBucket(bucket!, 'arn:aws:kms:eu-west-1:111111111111:alias/aws/s3');
      overrideBucket(backupBucket!);
    }],
    ['a key that only the deployment knows', ({ dataStream, bucket }) => {
      overrideStream(dataStream!, new CfnParameter(stack, 'Parameter').valueAsString);
      overrideBucket(bucket!, Fn.importValue('Key'));
    }],
    ['encryption that only the deployment knows', ({ dataStream }) => {
      resourceOf(dataStream!).addPropertyOverride('StreamEncryption', Fn.conditionIf('Encrypts', { KeyId: ARN }, { Ref: 'AWS::NoValue' }));
    }],
    ['encryption that is deleted', ({ dataStream, bucket }) => {
      resourceOf(dataStream!).addPropertyDeletionOverride('StreamEncryption');
      resourceOf(bucket!).addPropertyDeletionOverride('BucketEncryption');
    }],
    ['another property', ({ bucket }) => resourceOf(bucket!).addPropertyOverride('BucketName', 'lake')],
  ])('%s', (_, change) => {
    const delivery = clicks();
    change(delivery);
    expect(refusedProps(delivery)).toEqual([]);
  });

  test('the same key, however it is said', () => {
    const [own, imported] = [new kms.Key(new Stack(app, 'Keys', { env }), 'Key'), kms.Key.fromKeyArn(stack, 'Imported', ARN)];
    const delivery = clicks({
      source: KinesisSource.create({ encryption: customer(own) }),
      bucket: DeliveryBucket.create({ encryption: customer(imported) }),
      backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: customer(own.addAlias('alias/lake')) }) }),
    });
    overrideStream(delivery.dataStream!, own.keyId);
    overrideBucket(delivery.bucket!, ARN.split('/')[1]);
    overrideBucket(delivery.backupBucket!, 'alias/lake');
    expect(refusedProps(delivery)).toEqual([]);
    expect(() => app.synth()).not.toThrow();
  });

  test('the key of an existing bucket beside one that was given for the delivery, which Firehose uses', () => {
    const bucket = new s3.Bucket(stack, 'Lake', { encryption: s3.BucketEncryption.KMS });
    const delivery = clicks({ bucket: DeliveryBucket.existing(bucket, kms.Key.fromKeyArn(stack, 'Given', ARN)) });
    expect(refusedProps(delivery)).toEqual([]);
  });

  test('a stream whose key is an alias of a known key', () => {
    const alias = new kms.Key(stack, 'Key').addAlias('alias/lake');
    expect(refusedProps(clicks({ source: KinesisSource.existing(new kinesis.Stream(stack, 'Source', { encryptionKey: alias })) }))).toEqual([]);
  });
});
