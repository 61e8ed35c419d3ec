import { App, CfnElement, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Encryption } from '../../../src/access';
import { DirectPut, DirectPutProps } from '../../../src/delivery';
import { problemsOf, readError } from '../../support/problems';
import { errorOf } from '../../support/template';

const HERE = { account: '111111111111', region: 'eu-west-1' };
const THEIRS = '222222222222';

const newStack = (props: StackProps = { env: HERE }) => new Stack(new App(), 'Stack', props);

/** A stream of the CDK that producers put into. */
function streamOf(stack: Stack, props?: DirectPutProps, id: string = 'Clicks'): firehose.DeliveryStream {
  const bucket = new s3.Bucket(stack, `${id}Bucket`);
  return new firehose.DeliveryStream(stack, id, { source: new DirectPut(props), destination: new firehose.S3Bucket(bucket) });
}

/** The properties of a stream in the template. */
function propertiesOf(stream: firehose.DeliveryStream) {
  const stack = Stack.of(stream);
  const template = Template.fromStack(stack);
  const { Properties } = template.toJSON().Resources[stack.resolve((stream.node.defaultChild as CfnElement).logicalId)];
  return { template, properties: Properties };
}

const put = (props?: DirectPutProps, stack: Stack = newStack()) => propertiesOf(streamOf(stack, props));
const customer = (key?: kms.IKey): DirectPutProps => ({ encryption: Encryption.customerManaged(key) });

describe('in a stream of the CDK', () => {
  test('by default: producers put into it, and AWS owns the key', () => {
    const { properties, template } = put();
    expect(properties).toMatchObject({ DeliveryStreamType: 'DirectPut', DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } });
    expect(properties).not.toHaveProperty('KinesisStreamSourceConfiguration');
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('is what the CDK makes of a stream without a source that is encrypted', () => {
    const stack = newStack();
    const ours = streamOf(stack);
    const theirs = new firehose.DeliveryStream(stack, 'Theirs', {
      encryption: firehose.StreamEncryption.awsOwnedKey(), destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')),
    });
    const [one, other] = [ours, theirs].map(stream => propertiesOf(stream).properties);
    for (const property of ['DeliveryStreamType', 'DeliveryStreamEncryptionConfigurationInput']) expect(one[property]).toEqual(other[property]);
    expect(Object.keys(one)).toEqual(Object.keys(other));
  });

  test('the CDK refuses encryption of its own beside it, which its manual says', () => {
    const stack = newStack();
    const destination = new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket'));
    const encryption = firehose.StreamEncryption.awsOwnedKey();
    expect(() => new firehose.DeliveryStream(stack, 'Clicks', { source: new DirectPut(), encryption, destination })).toThrow('source is a Kinesis data stream');
  });

  test('with a customer key that is created, rotated and kept', () => {
    const { properties, template } = put(customer());
    expect(properties.DeliveryStreamEncryptionConfigurationInput).toEqual({
      KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: { 'Fn::GetAtt': [expect.stringMatching(/^ClicksKey/), 'Arn'] },
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
  });

  test('with a customer key that goes with the stream', () => {
    const { template } = put({ ...customer(), removalPolicy: RemovalPolicy.DESTROY });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete' });
  });

  test.each<[string, (stack: Stack) => kms.IKey, unknown]>([
    ['a given key', stack => new kms.Key(stack, 'Given'), { 'Fn::GetAtt': [expect.stringMatching(/^Given/), 'Arn'] }],
    ['an imported key', stack => kms.Key.fromKeyArn(stack, 'Given', 'arn:aws:kms:eu-west-1:111111111111:key/1'), 'arn:aws:kms:eu-west-1:111111111111:key/1'],
    // Firehose takes the ARN of a key alone.
    ['the key of an alias', stack => new kms.Key(stack, 'Given').addAlias('clicks'), { 'Fn::GetAtt': [expect.stringMatching(/^Given/), 'Arn'] }],
  ])('with %s', (_, keyIn, arn) => {
    const stack = newStack();
    expect(put(customer(keyIn(stack)), stack).properties.DeliveryStreamEncryptionConfigurationInput).toEqual({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: arn });
  });

  test('one source for two streams, each with a key of its own', () => {
    const stack = newStack();
    const source = new DirectPut(customer());
    const streams = ['One', 'Two'].map(id => new firehose.DeliveryStream(stack, id, { source, destination: new firehose.S3Bucket(new s3.Bucket(stack, `${id}Bucket`)) }));
    const keys = streams.map(stream => propertiesOf(stream).properties.DeliveryStreamEncryptionConfigurationInput.KeyARN['Fn::GetAtt'][0]);
    expect(new Set(keys).size).toBe(2);
  });

  test('in an account and Region that are only known at deployment', () => {
    const stack = newStack({});
    const key = kms.Key.fromKeyArn(stack, 'Given', 'arn:aws:kms:eu-west-1:111111111111:key/1');
    expect(() => put(customer(key), stack)).not.toThrow();
  });
});

describe('a key that Firehose cannot use', () => {
  test.each<[string, (stack: Stack) => kms.IKey, string]>([
    ['of another Region', stack => kms.Key.fromKeyArn(stack, 'Given', 'arn:aws:kms:us-east-1:111111111111:key/1'), 'a key in Region eu-west-1, where the Firehose stream is'],
    ['of another account', stack => kms.Key.fromKeyArn(stack, 'Given', `arn:aws:kms:eu-west-1:${THEIRS}:key/1`), 'a key in account 111111111111, where the Firehose stream is'],
    ['that AWS manages', stack => kms.Alias.fromAliasName(stack, 'Given', 'alias/aws/kinesis'), 'a customer key'],
    ['behind an alias of which only the name is known', stack => kms.Alias.fromAliasName(stack, 'Given', 'alias/clicks'), 'a key, or an alias of a key that is known'],
    ['that is not symmetric', stack => new kms.Key(stack, 'Given', { keySpec: kms.KeySpec.RSA_2048 }), 'a symmetric encryption key'],
  ])('%s', (_, keyIn, allowed) => {
    const stack = newStack();
    expect(problemsOf(() => streamOf(stack, customer(keyIn(stack))))).toEqual([expect.objectContaining({ prop: 'encryption.key', allowed })]);
  });

  test('is said of the stream, of which nothing is left behind', () => {
    const stack = newStack();
    const key = kms.Key.fromKeyArn(stack, 'Given', `arn:aws:kms:us-east-1:${THEIRS}:key/1`);
    const { construct, path, problems } = readError(errorOf(() => streamOf(stack, { ...customer(key), removalPolicy: RemovalPolicy.SNAPSHOT })));
    expect([construct, path]).toEqual(['DirectPut', 'Stack/Clicks']);
    expect(problems.map(({ prop }) => prop)).toEqual(['encryption.key', 'encryption.key', 'removalPolicy']);
    expect(stack.node.tryFindChild('Clicks')).toBeUndefined();
  });
});
