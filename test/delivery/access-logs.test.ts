import { App, CfnParameter, Stack, StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack, problem } from './support';
import { DeliveryBucket, ServerAccessLogs, StreamDelivery } from '../../src/delivery';

const FLAG = '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy';
const OURS = '111111111111';
const env = { account: OURS, region: 'eu-west-1' };
const logged = (bucket: s3.IBucket, prefix?: string) => ({
  destination: DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(bucket, prefix) }),
});

/** What the policy of a bucket allows the logging service. */
function allowed(stack: Stack, bucket: s3.Bucket): any[] {
  const policies: any[] = Object.values(Template.fromStack(stack).findResources('AWS::S3::BucketPolicy'));
  const [policy] = policies.filter(({ Properties }) => JSON.stringify(Properties.Bucket) === JSON.stringify(stack.resolve(bucket.bucketName)));
  return policy.Properties.PolicyDocument.Statement.filter(({ Principal }: any) => Principal.Service === 'logging.s3.amazonaws.com');
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
    Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(delivery.bucket.bucketArn) }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  }]);
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
});

test.each([[undefined], ['']])('without a prefix: %p', prefix => {
  const stack = newStack();
  const target = new s3.Bucket(stack, 'Logs');
  deliver(logged(target, prefix), stack);
  expect(allowed(stack, target)[0].Resource).toEqual(stack.resolve(target.arnForObjects('*')));
});

test('null is no prefix', () => {
  const stack = newStack();
  deliver(logged(new s3.Bucket(stack, 'Logs'), null as any), stack).template
    .hasResourceProperties('AWS::S3::Bucket', { LoggingConfiguration: { LogFilePrefix: Match.absent() } });
});

test.each<[string, StackProps]>([['before', {}], ['after', {}], ['before', { env }], ['after', { env }]])('in a bucket of another stack, made %s the delivery', (order, props) => {
  const app = new App();
  const [first, second] = [new Stack(app, 'First', props), new Stack(app, 'Second', props)];
  const [logs, ours] = order === 'before' ? [first, second] : [second, first];
  const target = new s3.Bucket(logs, 'Logs');
  new StreamDelivery(ours, 'Clicks', logged(target, 'clicks/'));
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
  const found = Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
  expect(found).toHaveLength(1);
  ['StreamDelivery.accessLogsBucketPolicy', 'logging.s3.amazonaws.com', 's3:::logs/clicks/*', 'aws:SourceArn', `"aws:SourceAccount": "${OURS}"`]
    .forEach(part => expect(found[0]).toContain(part));
});

test.each<[string, (stack: Stack) => s3.IBucket, string]>([
  ['of another Region', stack => s3.Bucket.fromBucketAttributes(stack, 'Logs', { bucketName: 'logs', region: 'us-east-1' }), 'Region us-east-1'],
  ['of another account', stack => s3.Bucket.fromBucketAttributes(stack, 'Logs', { bucketName: 'logs', account: '222222222222' }), 'account 222222222222'],
  ['with a customer key', stack => new s3.Bucket(stack, 'Logs', { encryption: s3.BucketEncryption.KMS }), 'a bucket with a customer key'],
])('a bucket %s is refused', (_, make, part) => {
  const stack = newStack({ env });
  const message = problem(logged(make(stack)), stack);
  expect(message).toContain('destination.serverAccessLogs.bucket: got');
  expect(message).toContain(part);
});

test('a prefix that is no text is refused', () => {
  const stack = newStack();
  expect(problem(logged(new s3.Bucket(stack, 'Logs'), 3 as any), stack)).toContain('destination.serverAccessLogs.prefix: got 3');
});

test('a prefix may refer to the stack of the bucket, and to no other', () => {
  const app = new App();
  const [ours, logs] = [new Stack(app, 'Ours'), new Stack(app, 'Logs')];
  const target = new s3.Bucket(logs, 'Logs');
  const named = (stack: Stack) => new CfnParameter(stack, 'Prefix').valueAsString;
  expect(problem(logged(target, named(ours)), ours)).toContain('destination.serverAccessLogs.prefix: got a prefix that refers to another stack than that of the bucket');

  const own = newStack();
  const bucket = new s3.Bucket(own, 'Logs');
  deliver(logged(bucket, named(own)), own);
  expect(JSON.stringify(allowed(own, bucket)[0].Resource)).toContain('{"Ref":"Prefix"}');
});
