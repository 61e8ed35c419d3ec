import { App, IPropertyInjector, PropertyInjectors, Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Json, handler, refused, resourcesOf, typesIn, warningIds, warningTexts } from './support';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, ServerAccessLogs, SourceBackup } from '../../src/delivery';
import { problemsOf } from '../support/problems';
import { S3StreamProps, s3Stream } from '../support/s3-stream';
import { synthApp } from '../support/template';

const OURS = '111111111111';
const THEIRS = '222222222222';
const region = 'eu-west-1';
const HERE = { account: OURS, region };
const ELSEWHERE: [string, { account: string; region: string }][] = [
  ['another account', { account: THEIRS, region }], ['another Region', { account: OURS, region: 'us-east-1' }], ['both', { account: THEIRS, region: 'us-east-1' }],
];
const PARTITION = { Ref: 'AWS::Partition' };

let app: App;
let ours: Stack;
beforeEach(() => {
  app = new App();
  ours = new Stack(app, 'Ours', { env: HERE });
});

const stackIn = (env: { account: string; region: string }) => new Stack(app, 'Theirs', { env });
const customer = (key: kms.IKey) => Encryption.customerManaged(key);
const injectorOf = (constructUniqueId: string, injected: object): IPropertyInjector =>
  ({ constructUniqueId, inject: props => ({ ...props, ...injected }) });

/** The statements of all keys, but for the trust in their account. */
function onKeys(template: Json): Json[] {
  return resourcesOf(template, 'AWS::KMS::Key').flatMap(({ Properties }) => Properties.KeyPolicy.Statement.filter(({ Action }: Json) => Action !== 'kms:*'));
}

const roleOf = (template: Json) => resourcesOf(template, 'AWS::IAM::Role')[0].Properties;
const inOurs = (resource: string) => ({ 'Fn::Join': ['', ['arn:', PARTITION, `:iam::${OURS}:${resource}`]] });
const ROOT = { AWS: inOurs('root') };
const isRoleNamed = (name: string) => ({ 'aws:PrincipalArn': inOurs(`role/${name}`) });
const isRole = (template: Json) => isRoleNamed(roleOf(template).RoleName);

describe('a bucket here with a key of another account', () => {
  test.each<[string, (key: kms.IKey) => S3StreamProps]>([
    ['that is made', key => ({ bucket: DeliveryBucket.create({ encryption: customer(key) }) })],
    ['that exists', key => ({ bucket: DeliveryBucket.existing(new s3.Bucket(ours, 'Lake', { encryptionKey: key })) })],
    ['of the backup', key => ({ backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: customer(key) }) }) })],
    ['that an injector gives it', key => {
      PropertyInjectors.of(ours).add(injectorOf(s3.Bucket.PROPERTY_INJECTION_ID, { encryption: s3.BucketEncryption.KMS, encryptionKey: key }));
      return { backup: SourceBackup.none('kept upstream') };
    }],
  ])('%s: the policy of the key names the role in a condition only', (_, props) => {
    const key = new kms.Key(stackIn({ account: THEIRS, region }), 'Key');
    s3Stream(ours, 'Clicks', props(key));
    const templates = synthApp(app);
    expect(onKeys(templates.Theirs)).toEqual([{
      Effect: 'Allow',
      Principal: ROOT,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnEquals: isRole(templates.Ours),
        StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [{ 'Fn::Join': ['', ['arn:', PARTITION, ':s3:::*']] }] },
      },
    }]);
    expect(ours.dependencies.map(({ node }) => node.id)).toEqual(['Theirs']);
    expect(JSON.stringify(templates.Ours)).not.toContain('kms:ReEncrypt');
  });

  test('whose own key is another than the given one', () => {
    const theirs = stackIn({ account: THEIRS, region });
    const bucket = new s3.Bucket(ours, 'Lake', { encryptionKey: new kms.Key(theirs, 'Default') });
    s3Stream(ours, 'Clicks', { bucket: DeliveryBucket.existing(bucket, new kms.Key(ours, 'Key')) });
    expect(onKeys(synthApp(app).Theirs)).toEqual([]);
  });
});

describe.each(ELSEWHERE)('a bucket with a key in %s', (_, env) => {
  test.each<[string, (bucket: s3.IBucket) => S3StreamProps, string]>([
    ['the destination', bucket => ({ bucket: DeliveryBucket.existing(bucket) }), 'EncryptBucket'],
    ['the backup', bucket => ({ backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(bucket) }) }), 'EncryptBackupBucket'],
  ])('as %s is written to by the policy of the role', (__, props, sid) => {
    const theirs = stackIn(env);
    const bucket = new s3.Bucket(theirs, 'Lake', { bucketName: 'lake', encryptionKey: new kms.Key(theirs, 'Key') });
    s3Stream(ours, 'Clicks', props(bucket));
    const templates = synthApp(app);
    const [policy] = resourcesOf(templates.Ours, 'AWS::IAM::ManagedPolicy');
    const encrypt = policy.Properties.PolicyDocument.Statement.find(({ Sid }: Json) => Sid === sid);
    expect(encrypt.Condition.StringEquals).toEqual({ 'kms:ViaService': `s3.${env.region}.amazonaws.com` });
    expect(onKeys(templates.Theirs).map(one => one.Principal)).toEqual(env.account === OURS ? [] : [ROOT]);
    expect(roleOf(templates.Ours).RoleName === undefined).toBe(env.account === OURS);
  });
});

describe('a stream here with a key of another account', () => {
  const decrypt = (template: Json) => ({
    Effect: 'Allow',
    Principal: ROOT,
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: {
      ArnEquals: isRole(template),
      StringEquals: { 'kms:ViaService': 'kinesis.eu-west-1.amazonaws.com' },
      StringLike: { 'kms:EncryptionContext:aws:kinesis:arn': { 'Fn::Join': ['', ['arn:', PARTITION, `:kinesis:eu-west-1:${OURS}:stream/*`]] } },
    },
  });

  test.each<[string, (key: kms.IKey) => KinesisSource]>([
    ['that is made', key => KinesisSource.create({ encryption: customer(key) })],
    ['that exists', key => KinesisSource.existing(new kinesis.Stream(ours, 'Source', { encryptionKey: key }))],
    ['that an injector gives it', key => {
      const injected = { encryption: kinesis.StreamEncryption.KMS, encryptionKey: key };
      PropertyInjectors.of(ours).add(injectorOf(kinesis.Stream.PROPERTY_INJECTION_ID, injected));
      return KinesisSource.create();
    }],
  ])('%s: the policy of the key lets the role decrypt', (_, source) => {
    const key = new kms.Key(stackIn({ account: THEIRS, region }), 'Key');
    s3Stream(ours, 'Clicks', { source: source(key) });
    const templates = synthApp(app);
    expect(onKeys(templates.Theirs)).toEqual([decrypt(templates.Ours)]);
    expect(ours.dependencies.map(({ node }) => node.id)).toEqual(['Theirs']);
    expect(warningIds(ours)).toEqual([]);
  });

  test('two deliveries of one stream add a statement each', () => {
    const key = new kms.Key(stackIn({ account: THEIRS, region }), 'Key');
    const stream = new kinesis.Stream(ours, 'Source', { encryptionKey: key });
    ['Clicks', 'Views'].forEach(id => s3Stream(ours, id, { source: KinesisSource.existing(stream) }));
    expect(onKeys(synthApp(app).Theirs)).toHaveLength(2);
  });

  test('that is imported: its owner is told what to add', () => {
    const key = kms.Key.fromKeyArn(ours, 'Key', `arn:aws:kms:${region}:${THEIRS}:key/11111111-2222-3333-4444-555555555555`);
    s3Stream(ours, 'Clicks', { source: KinesisSource.create({ encryption: customer(key) }) });
    const { 'FirehoseStream.dataStreamKeyPolicy': text, ...others } = warningTexts(ours);
    expect(others).toEqual({});
    ['kms:Decrypt', `kinesis:eu-west-1:${OURS}:stream/*`, 'aws:PrincipalArn'].forEach(part => expect(text).toContain(part));
    expect(roleOf(synthApp(app).Ours).RoleName).toMatch(/-eu-west-1$/);
  });

  test('is granted to a producer by the account and a condition on the producer', () => {
    const key = new kms.Key(stackIn({ account: THEIRS, region }), 'Key');
    const delivery = s3Stream(ours, 'Clicks', { source: KinesisSource.create({ encryption: customer(key) }) });
    delivery.grantWrite(new iam.Role(ours, 'Producer', { roleName: 'producer', assumedBy: new iam.AccountRootPrincipal() }));
    const [, generate] = onKeys(synthApp(app).Theirs);
    expect(generate).toMatchObject({
      Principal: ROOT,
      Action: 'kms:GenerateDataKey',
      Condition: { ArnEquals: isRoleNamed('producer') },
    });
  });

  test('needs the name of a producer', () => {
    const key = new kms.Key(stackIn({ account: THEIRS, region }), 'Key');
    const delivery = s3Stream(ours, 'Clicks', { source: KinesisSource.create({ encryption: customer(key) }) });
    const producer = new iam.Role(ours, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
    expect(problemsOf(() => delivery.grantWrite(producer))).toEqual([expect.objectContaining({
      prop: 'grantWrite(grantee)', got: expect.stringContaining("'Ours/Producer' of account 111111111111"),
    })]);
    expect(producer.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });
});

describe('a stream of another account', () => {
  const theirStream = (props: kinesis.StreamProps) => {
    const theirs = stackIn({ account: THEIRS, region });
    return new kinesis.Stream(theirs, 'Source', { encryption: kinesis.StreamEncryption.MANAGED, ...props });
  };

  test('with a name is warned of, and its policy is not touched', () => {
    s3Stream(ours, 'Clicks', { source: KinesisSource.existing(theirStream({ streamName: 'clicks' })) });
    expect(typesIn(synthApp(app).Theirs)).toEqual(['AWS::Kinesis::Stream']);
    expect(warningIds(ours)).toEqual(['FirehoseStream.dataStreamInAnotherAccount']);
  });

  test('with a key there: the policy of the key lets the role decrypt', () => {
    const stream = theirStream({ streamName: 'clicks', encryption: kinesis.StreamEncryption.KMS });
    s3Stream(ours, 'Clicks', { source: KinesisSource.existing(stream) });
    const templates = synthApp(app);
    expect(onKeys(templates.Theirs)).toEqual([expect.objectContaining({ Principal: ROOT, Action: 'kms:Decrypt' })]);
    expect(onKeys(templates.Theirs)[0].Condition.ArnEquals).toEqual(isRole(templates.Ours));
  });

  test('without a name is refused', () => {
    expect(refused({ source: KinesisSource.existing(theirStream({})) }, ours)).toEqual([expect.objectContaining({
      prop: 'source.stream', fix: expect.stringContaining('PhysicalName.GENERATE_IF_NEEDED'),
    })]);
  });
});

test.each<[string, (key: kms.IKey) => S3StreamProps]>([
  ['source.encryption.key', key => ({ source: KinesisSource.create({ encryption: customer(key) }) })],
  ['destination.bucket.encryption.key', key => ({ bucket: DeliveryBucket.create({ encryption: customer(key) }) })],
  ['source.stream.encryptionKey', key => ({ source: KinesisSource.existing(kinesis.Stream.fromStreamAttributes(ours, 'Source', { streamArn: `arn:aws:kinesis:${region}:${OURS}:stream/clicks`, encryptionKey: key })) })],
])('%s of another stage is refused', (prop, props) => {
  const key = new kms.Key(new Stack(new Stage(app, 'Prod', { env: HERE }), 'Keys'), 'Key');
  expect(refused(props(key), ours)).toEqual([expect.objectContaining({ prop, got: expect.stringContaining('another stage') })]);
});

describe('what a delivery refers to', () => {
  const PARTS: [string, (stack: Stack, isNamed: boolean) => S3StreamProps][] = [
    ['source.stream', (stack, isNamed) => ({
      source: KinesisSource.existing(new kinesis.Stream(stack, 'Part', { encryption: kinesis.StreamEncryption.MANAGED, streamName: isNamed ? 'clicks' : undefined })),
    })],
    ['destination.bucket.bucket', (stack, isNamed) => ({ bucket: DeliveryBucket.existing(bucketIn(stack, isNamed)) })],
    ['destination.backup.bucket.bucket', (stack, isNamed) => ({ backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(bucketIn(stack, isNamed)) }) })],
    ['destination.bucket.serverAccessLogs.bucket', (stack, isNamed) => ({
      bucket: DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(bucketIn(stack, isNamed)) }),
    })],
    ['logging.logGroup', (stack, isNamed) => ({ logging: DeliveryLogging.existing(new logs.LogGroup(stack, 'Part', { logGroupName: isNamed ? 'errors' : undefined })) })],
    ['destination.transform.handler', (stack, isNamed) => ({ transform: { handler: handler(stack, { functionName: isNamed ? 'clean' : undefined }) } })],
  ];
  const bucketIn = (stack: Stack, isNamed: boolean) => new s3.Bucket(stack, 'Part', { bucketName: isNamed ? 'lake' : undefined });

  describe.each([false, true])('with a name: %p', isNamed => {
    test.each(PARTS)('%s of another stage is refused', (prop, props) => {
      const theirs = new Stack(new Stage(app, 'Prod', { env: HERE }), 'Theirs');
      expect(refused(props(theirs, isNamed), ours)).toEqual([expect.objectContaining({
        prop, got: expect.stringMatching(/^the .+ 'Prod\/Theirs\/\w+' of another stage$/), allowed: expect.stringContaining('an imported one'),
      })]);
    });

    test.each(PARTS)('%s of the same stage is taken', (_, props) => {
      const stage = new Stage(app, 'Prod', { env: HERE });
      s3Stream(new Stack(stage, 'Ours'), 'Clicks', props(new Stack(stage, 'Theirs'), isNamed));
      expect(() => stage.synth()).not.toThrow();
    });

    test.each(PARTS)('%s of another stage that is known at deployment needs a name', (prop, props) => {
      const theirs = new Stack(new Stage(app, 'Prod'), 'Theirs');
      const build = () => s3Stream(ours, 'Clicks', props(theirs, isNamed));
      if (isNamed) {
        build();
        expect(() => app.synth()).not.toThrow();
      } else {
        expect(problemsOf(build)).toEqual([expect.objectContaining({ prop, fix: expect.stringContaining('PhysicalName.GENERATE_IF_NEEDED') })]);
      }
    });
  });

  test('imported in another stage is taken', () => {
    const theirs = new Stack(new Stage(app, 'Prod', { env: HERE }), 'Theirs');
    s3Stream(ours, 'Clicks', {
      bucket: DeliveryBucket.existing(s3.Bucket.fromBucketName(theirs, 'Lake', 'lake')),
      logging: DeliveryLogging.existing(logs.LogGroup.fromLogGroupName(theirs, 'Errors', 'errors')),
    });
    expect(() => app.synth()).not.toThrow();
  });
});
