import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ServiceSource } from '../../src/access';
import { allowService, allowServiceOnKey } from '../../src/access/private/service-statements';
import { newStack, synth, warningsOf } from '../support/template';

let stack: Stack;
let reporter: Construct;
beforeEach(() => {
  stack = newStack();
  reporter = new Construct(stack, 'Reporter');
});

const services = (): any[] => Object.values<any>(synth(stack).Resources)
  .flatMap(resource => (resource.Properties?.PolicyDocument ?? resource.Properties?.KeyPolicy)?.Statement ?? [])
  .filter(statement => statement.Principal?.Service);
const OWN = { Ref: 'AWS::AccountId' };
const alarms = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':cloudwatch:', { Ref: 'AWS::Region' }, ':', OWN, ':alarm:*']] };

test('alarms publish to a topic of the account', () => {
  const topic = new sns.Topic(stack, 'Topic');
  expect(allowService(reporter, 'Thing', topic, ServiceSource.alarms())).toHaveLength(1);
  expect(services()).toEqual([expect.objectContaining({
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: stack.resolve(topic.topicArn),
    Condition: { ArnLike: { 'aws:SourceArn': alarms }, StringEquals: { 'aws:SourceAccount': OWN } },
  })]);
});

test('alarms use the key of a topic', () => {
  const key = new kms.Key(stack, 'Key');
  allowServiceOnKey(reporter, 'Thing', key, new sns.Topic(stack, 'Topic', { masterKey: key }), ServiceSource.alarms());
  expect(services()).toEqual([{
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: '*',
    Condition: { ArnLike: { 'aws:SourceArn': alarms }, StringEquals: { 'aws:SourceAccount': OWN } },
  }]);
});

test('buckets publish to a topic', () => {
  const topic = new sns.Topic(stack, 'Topic');
  const buckets = ['One', 'Two'].map(id => new s3.Bucket(stack, id));
  buckets.forEach(bucket => allowService(reporter, 'Thing', topic, ServiceSource.bucket(bucket)));
  expect(services()).toEqual([expect.objectContaining({
    Action: 'sns:Publish',
    Condition: {
      ArnLike: { 'aws:SourceArn': buckets.map(bucket => stack.resolve(bucket.bucketArn)) }, StringEquals: { 'aws:SourceAccount': OWN },
    },
  })]);
});

test.each<[string, () => sqs.IQueue | sns.ITopic, string, string]>([
  ['queue', () => sqs.Queue.fromQueueArn(stack, 'Target', 'arn:aws:sqs:us-east-1:111122223333:q'), 'sqs:SendMessage', 'arn:aws:sqs:us-east-1:111122223333:q'],
  ['topic', () => sns.Topic.fromTopicArn(stack, 'Target', 'arn:aws:sns:us-east-1:111122223333:t'), 'sns:Publish', 'arn:aws:sns:us-east-1:111122223333:t'],
])('an imported %s: the warning carries the statement, for each source', (_, target, action, resource) => {
  const imported = target();
  for (const bucketName of ['uploads', 'reports']) {
    expect(allowService(reporter, 'Thing', imported, ServiceSource.bucket(s3.Bucket.fromBucketName(stack, bucketName, bucketName)))).toEqual([]);
  }
  const statement = (bucket: string) => JSON.stringify({
    Action: action,
    Condition: {
      ArnLike: { 'aws:SourceArn': `arn:\${AWS::Partition}:s3:::${bucket}` }, StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
    },
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Resource: resource,
  }, undefined, 2);
  expect(warningsOf(stack)).toEqual(['uploads', 'reports'].map(bucket => ({
    path: '/Stack/Reporter',
    text: `the policy of 'Stack/Target' cannot be changed from here because it is imported; add this statement to it:\n${statement(bucket)} [ack: cdk-decouple:Thing.importedPolicy]`,
  })));
});

test('buckets of two accounts have a statement each, since their ARNs do not tell the account', () => {
  const topic = new sns.Topic(stack, 'Topic');
  const bucketOf = (bucketName: string, account?: string) => s3.Bucket.fromBucketAttributes(stack, bucketName, { bucketName, account });
  for (const bucket of [bucketOf('ours'), bucketOf('theirs', '444455556666'), bucketOf('theirs-too', '444455556666')]) {
    allowService(reporter, 'Thing', topic, ServiceSource.bucket(bucket));
  }
  const arn = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:s3:::${name}`]] });
  expect(services().map(({ Condition }) => Condition)).toEqual([
    { ArnLike: { 'aws:SourceArn': arn('ours') }, StringEquals: { 'aws:SourceAccount': OWN } },
    { ArnLike: { 'aws:SourceArn': [arn('theirs'), arn('theirs-too')] }, StringEquals: { 'aws:SourceAccount': '444455556666' } },
  ]);
});

test('two targets have a statement each', () => {
  const source = ServiceSource.bucket(s3.Bucket.fromBucketName(stack, 'Bucket', 'uploads'));
  allowService(reporter, 'Thing', new sqs.Queue(stack, 'One'), source);
  allowService(reporter, 'Thing', new sqs.Queue(stack, 'Two'), source);
  expect(services()).toHaveLength(2);
});

test('a target that does not say what to wait for', () => {
  const queue = new sqs.Queue(stack, 'Queue');
  jest.spyOn(queue, 'addToResourcePolicy').mockReturnValue({ statementAdded: true });
  expect(allowService(reporter, 'Thing', queue, ServiceSource.bucket(s3.Bucket.fromBucketName(stack, 'Bucket', 'uploads')))).toEqual([]);
});

test('what is sent to is in the Region of its stack, where it does not tell its own', () => {
  const key = new kms.Key(stack, 'Key');
  const topic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:af-south-1:111122223333:t');
  allowServiceOnKey(reporter, 'Thing', key, reporter, ServiceSource.topic(topic));
  expect(services()[0].Principal).toEqual({ Service: 'sns.amazonaws.com' });
});
