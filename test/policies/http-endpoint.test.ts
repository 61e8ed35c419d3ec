import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ACCOUNT, PARTNER, REGION, Request, World, expectAllowedWithTwins, keyPolicy, reportAtEnd, statementsInWarnings } from './harness';
import { Encryption } from '../../src/access';
import { DirectPut, HttpEndpointDestination, HttpEndpointDestinationProps } from '../../src/delivery';

reportAtEnd('http-endpoint');

const LIST_BUCKET = ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'];
const WRITE_BUCKET = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'];
/** What the CDK writes into the policy of a key for the secrets it encrypts. */
const PATTERNS = ['kms:ReEncrypt*', 'kms:GenerateDataKey*'];
const PUT = ['firehose:PutRecord', 'firehose:PutRecordBatch'];

const newStack = () => new Stack(new App({ analyticsReporting: false }), 'Stack', { env: { account: ACCOUNT, region: REGION } });
const viaSecretsManager = (secret: string) => ({ 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, 'kms:EncryptionContext:SecretARN': secret });

/** A stream of the CDK with direct put and an endpoint, beside another one with a secret of its own. */
async function streamTo(props: (stack: Stack) => Partial<HttpEndpointDestinationProps> = () => ({})) {
  const stack = newStack();
  const to = (id: string, given: Partial<HttpEndpointDestinationProps>) => new firehose.DeliveryStream(stack, id, {
    source: new DirectPut({ encryption: Encryption.customerManaged() }),
    destination: new HttpEndpointDestination({ url: 'https://collector.example.com', ...given }),
  });
  const stream = to('Clicks', props(stack));
  to('Other', { accessKey: new secretsmanager.Secret(stack, 'OtherKey', { encryptionKey: new kms.Key(stack, 'OtherSecretKey') }) });
  const producer = new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
  stream.grantPutRecords(producer);
  const world = await World.of(stack, {}, {}, PATTERNS);
  const { HttpEndpointDestinationConfiguration: destination } = world.properties(world.arn(stream));
  const [role, bucket]: string[] = [destination.RoleARN, destination.S3Configuration.BucketARN];
  return { stack, stream, world, producer: world.arn(producer), destination, role, bucket };
}

test('by default: writes the bucket of its backup and its log streams, and nothing else', async () => {
  const { bucket, destination, role, world } = await streamTo();
  expect(await world.matrix(role)).toEqual({ [bucket]: LIST_BUCKET, [`${bucket}/data/object`]: WRITE_BUCKET });
  expect(world.named(role)).toEqual(['logs:PutLogEvents', ...LIST_BUCKET, ...WRITE_BUCKET].sort());
  const logStreams = [destination, destination.S3Configuration].map(({ CloudWatchLoggingOptions: { LogGroupName, LogStreamName } }) =>
    `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LogGroupName}:log-stream:${LogStreamName}`);
  const requests: Request[] = [
    ...LIST_BUCKET.map(action => ({ principal: role, action, resource: bucket })),
    ...WRITE_BUCKET.map(action => ({ principal: role, action, resource: `${bucket}/errors/object` })),
    ...logStreams.map(resource => ({ principal: role, action: 'logs:PutLogEvents', resource })),
  ];
  for (const request of requests) await expectAllowedWithTwins(world, request);
  expect(await world.may({ principal: role, action: 'logs:PutLogEvents', resource: `${logStreams[0]}-another` })).toBe('ImplicitlyDenied');
});

test('its role trusts Firehose alone, for this account alone', async () => {
  const { role, world } = await streamTo();
  const request = { principal: 'firehose.amazonaws.com', action: 'sts:AssumeRole', resource: role, context: { 'sts:ExternalId': ACCOUNT } };
  await expectAllowedWithTwins(world, request);
  for (const context of [{ 'sts:ExternalId': PARTNER }, {}]) expect(await world.may({ ...request, context })).toBe('ImplicitlyDenied');
});

describe('the access key', () => {
  test('reads the value of its secret alone', async () => {
    const { role, stack, world } = await streamTo(scope => ({ accessKey: new secretsmanager.Secret(scope, 'AccessKey') }));
    const [secret, other] = ['AccessKey', 'OtherKey'].map(id => world.arn(stack.node.findChild(id)));
    expect((await world.matrix(role))[secret]).toEqual(['secretsmanager:GetSecretValue']);
    await expectAllowedWithTwins(world, { principal: role, action: 'secretsmanager:GetSecretValue', resource: secret });
    expect(await world.may({ principal: role, action: 'secretsmanager:GetSecretValue', resource: other })).toBe('ImplicitlyDenied');
    expect(world.named(role).filter(action => /^(kms|secretsmanager):/.test(action))).toEqual(['secretsmanager:GetSecretValue']);
  });

  test('with a customer key: decrypts that secret, through Secrets Manager', async () => {
    const { role, stack, world } = await streamTo(scope => ({
      accessKey: new secretsmanager.Secret(scope, 'AccessKey', { encryptionKey: new kms.Key(scope, 'SecretKey') }),
    }));
    const [secret, key, other, otherKey] = ['AccessKey', 'SecretKey', 'OtherKey', 'OtherSecretKey'].map(id => world.arn(stack.node.findChild(id)));
    const request = { principal: role, action: 'kms:Decrypt', resource: key, context: viaSecretsManager(secret) };
    await expectAllowedWithTwins(world, request);
    expect(await world.allowed(request)).toEqual(['kms:Decrypt']);
    const denied: Request[] = [
      { ...request, context: viaSecretsManager(other) },
      { ...request, context: {} },
      { ...request, resource: otherKey, context: viaSecretsManager(other) },
      { ...request, action: 'kms:GenerateDataKey' },
      { ...request, action: 'kms:Encrypt' },
    ];
    for (const one of denied) expect(await world.may(one)).toBe('ImplicitlyDenied');
  });

  test('imported by its name: reads what has six characters after it', async () => {
    const { role, world } = await streamTo(scope => ({ accessKey: secretsmanager.Secret.fromSecretNameV2(scope, 'AccessKey', 'collector') }));
    const secret = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}`;
    const request = { principal: role, action: 'secretsmanager:GetSecretValue', resource: secret('collector-a1b2c3') };
    expect(await world.may(request)).toBe('Allowed');
    for (const name of ['collector', 'collector-a1b2c3d', 'collector-other-a1b2c3', 'other-a1b2c3']) {
      expect(await world.may({ ...request, resource: secret(name) })).toBe('ImplicitlyDenied');
    }
  });

  test('of another account, with its key: their policies let the role in, and no other', async () => {
    const app = new App({ analyticsReporting: false });
    const ours = new Stack(app, 'Ours', { env: { account: ACCOUNT, region: REGION } });
    const secret = `arn:aws:secretsmanager:${REGION}:${PARTNER}:secret:collector-a1b2c3`;
    const key = `arn:aws:kms:${REGION}:${PARTNER}:key/11111111-2222-4333-8444-555555555555`;
    const stream = new firehose.DeliveryStream(ours, 'Clicks', {
      destination: new HttpEndpointDestination({
        url: 'https://collector.example.com',
        accessKey: secretsmanager.Secret.fromSecretAttributes(ours, 'AccessKey', { secretCompleteArn: secret, encryptionKey: kms.Key.fromKeyArn(ours, 'Key', key) }),
      }),
    });
    const before = await World.of(app);
    const role = before.properties(before.arn(stream)).HttpEndpointDestinationConfiguration.RoleARN;
    // Both are imported: their owner adds what the warning says.
    const added = statementsInWarnings(before, ours);
    const on = (action: string) => added.filter(({ Action }) => Action === action);
    const policy = { Version: '2012-10-17', Statement: on('secretsmanager:GetSecretValue') };
    const after = await World.of(app, {}, { [secret]: policy, [key]: keyPolicy(PARTNER, on('kms:Decrypt')) });
    const itself = { 'aws:PrincipalArn': role };
    const requests: Request[] = [
      { principal: role, action: 'secretsmanager:GetSecretValue', resource: secret, context: itself },
      { principal: role, action: 'kms:Decrypt', resource: key, context: { ...viaSecretsManager(secret), ...itself } },
    ];
    const untouched = await World.of(app, {}, { [key]: keyPolicy(PARTNER, []) });
    for (const request of requests) {
      expect(await untouched.may(request)).toBe('ImplicitlyDenied');
      await expectAllowedWithTwins(after, request);
    }
  });

  test('of this account with a key of another one: the policy of the key lets the role in', async () => {
    // Another account is referred to by a custom resource without this flag, which no simulation can read.
    const app = new App({ analyticsReporting: false, context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak' } });
    const theirs = new Stack(app, 'Theirs', { env: { account: PARTNER, region: REGION } });
    const ours = new Stack(app, 'Ours', { env: { account: ACCOUNT, region: REGION } });
    const key = new kms.Key(theirs, 'Key');
    const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:collector-a1b2c3`;
    const accessKey = secretsmanager.Secret.fromSecretAttributes(ours, 'AccessKey', { secretCompleteArn: secret, encryptionKey: key });
    const stream = new firehose.DeliveryStream(ours, 'Clicks', { destination: new HttpEndpointDestination({ url: 'https://collector.example.com', accessKey }) });
    const world = await World.of(app);
    const role = world.properties(world.arn(stream)).HttpEndpointDestinationConfiguration.RoleARN;
    const request = { principal: role, action: 'kms:Decrypt', resource: world.arn(key), context: { ...viaSecretsManager(secret), 'aws:PrincipalArn': role } };
    await expectAllowedWithTwins(world, request);
  });
});

describe('direct put', () => {
  test('producers put records into the stream alone, and need no permission on its key', async () => {
    const { producer, stream, world } = await streamTo();
    const arn = world.arn(stream);
    expect(await world.matrix(producer)).toEqual({ [arn]: PUT });
    for (const action of PUT) await expectAllowedWithTwins(world, { principal: producer, action, resource: arn });
    expect(world.named(producer)).toEqual(PUT);
  });

  test('the role of the endpoint may use neither the stream nor its key', async () => {
    const { role, world } = await streamTo();
    expect(world.named(role).filter(action => /^(firehose|kms|kinesis):/.test(action))).toEqual([]);
  });
});
