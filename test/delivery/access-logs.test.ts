import { App, CfnParameter, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Json, deliver, newStack, refused, resourcesOf, warningTexts } from './support';
import { DeliveryBucket, ServerAccessLogs } from '../../src/delivery';
import { s3Stream } from '../support/s3-stream';

const FLAG = '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy';
const OURS = '111111111111';
const env = { account: OURS, region: 'eu-west-1' };
const logged = (bucket: s3.IBucket, prefix?: string) => ({
  bucket: DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(bucket, prefix) }),
});

/** What the policy of a bucket allows the logging service. */
function allowed(stack: Stack, bucket: s3.Bucket): Json[] {
  const policies = resourcesOf(Template.fromStack(stack).toJSON(), 'AWS::S3::BucketPolicy');
  const [policy] = policies.filter(({ Properties }) => JSON.stringify(Properties.Bucket) === JSON.stringify(stack.resolve(bucket.bucketName)));
  return policy.Properties.PolicyDocument.Statement.filter(({ Principal }: Json) => Principal.Service === 'logging.s3.amazonaws.com');
}

test.each([
  ['on', true, s3.ObjectOwnership.BUCKET_OWNER_ENFORCED], ['off', false, s3.ObjectOwnership.BUCKET_OWNER_ENFORCED], ['off', false, undefined],
])('are allowed by the policy and not by an ACL, with the feature flag %s', (_, flag, objectOwnership) => {
  const stack = new Stack(new App({ context: { [FLAG]: flag } }), 'Stack');
  const target = new s3.Bucket(stack, 'Logs', { objectOwnership });
  const { delivery, template } = deliver(logged(target, 'clicks/'), stack);
  template.hasResourceProperties('AWS::S3::Bucket', { LoggingConfiguration: { DestinationBucketName: stack.resolve(target.bucketName), LogFilePrefix: 'clicks/' } });
  expect(JSON.stringify(template.toJSON())).not.toContain('"AccessControl"');
  expect(allowed(stack, target)).toEqual([{
    Effect: 'Allow',
    Principal: { Service: 'logging.s3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: stack.resolve(target.arnForObjects('clicks/*')),
    Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(delivery.bucket!.bucketArn) }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  }]);
  expect(warningTexts(stack)).toEqual({});
});

test.each([[undefined], ['']])('without a prefix: %p', prefix => {
  const stack = newStack();
  const target = new s3.Bucket(stack, 'Logs');
  deliver(logged(target, prefix), stack);
  expect(allowed(stack, target)[0].Resource).toEqual(stack.resolve(target.arnForObjects('*')));
});

test.each<[string, StackProps]>([['before', {}], ['after', {}], ['before', { env }], ['after', { env }]])('in a bucket of another stack, made %s the delivery', (order, props) => {
  const app = new App();
  const [first, second] = [new Stack(app, 'First', props), new Stack(app, 'Second', props)];
  const [logs, ours] = order === 'before' ? [first, second] : [second, first];
  const target = new s3.Bucket(logs, 'Logs');
  s3Stream(ours, 'Clicks', logged(target, 'clicks/'));
  const assembly = app.synth();
  expect(assembly.getStackByName(ours.stackName).dependencies.map(({ id }) => id)).toContain(logs.stackName);
  expect(allowed(logs, target)[0].Condition).toEqual({
    ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::*']] } },
    StringEquals: { 'aws:SourceAccount': props.env ? OURS : { Ref: 'AWS::AccountId' } },
  });
});

test('in an imported bucket: the statement to add is said', () => {
  const stack = newStack({ env });
  deliver(logged(s3.Bucket.fromBucketName(stack, 'Logs', 'logs'), 'clicks/'), stack);
  const { 'FirehoseStream.accessLogsBucketPolicy': text, ...others } = warningTexts(stack);
  expect(others).toEqual({});
  ['logging.s3.amazonaws.com', 's3:::logs/clicks/*', 'aws:SourceArn', `"aws:SourceAccount": "${OURS}"`].forEach(part => expect(text).toContain(part));
});

test.each<[string, (stack: Stack) => s3.IBucket, string]>([
  ['of another Region', stack => s3.Bucket.fromBucketAttributes(stack, 'Logs', { bucketName: 'logs', region: 'us-east-1' }), 'Region us-east-1'],
  ['of another account', stack => s3.Bucket.fromBucketAttributes(stack, 'Logs', { bucketName: 'logs', account: '222222222222' }), 'account 222222222222'],
  ['with a customer key', stack => new s3.Bucket(stack, 'Logs', { encryption: s3.BucketEncryption.KMS }), 'customer key'],
  ['with the AWS managed key', stack => new s3.Bucket(stack, 'Logs', { encryption: s3.BucketEncryption.KMS_MANAGED }), 'alias/aws/s3'],
])('a bucket %s is refused', (_, make, part) => {
  const stack = newStack({ env });
  expect(refused(logged(make(stack)), stack)).toEqual([expect.objectContaining({ prop: 'destination.bucket.serverAccessLogs.bucket', got: expect.stringContaining(part) })]);
});

test('a blank prefix is refused', () => {
  const stack = newStack();
  expect(refused(logged(new s3.Bucket(stack, 'Logs'), ' '), stack)).toEqual([expect.objectContaining({ prop: 'destination.bucket.serverAccessLogs.prefix', got: "' '" })]);
});

test('a prefix may refer to the stack of the bucket, and to no other', () => {
  const app = new App();
  const [ours, logs] = [new Stack(app, 'Ours'), new Stack(app, 'Logs')];
  const target = new s3.Bucket(logs, 'Logs');
  const named = (stack: Stack) => new CfnParameter(stack, 'Prefix').valueAsString;
  expect(refused(logged(target, named(ours)), ours)).toEqual([expect.objectContaining({ prop: 'destination.bucket.serverAccessLogs.prefix', got: expect.stringContaining('another stack') })]);

  const own = newStack();
  const bucket = new s3.Bucket(own, 'Logs');
  deliver(logged(bucket, named(own)), own);
  expect(JSON.stringify(allowed(own, bucket)[0].Resource)).toContain('{"Ref":"Prefix"}');
});
