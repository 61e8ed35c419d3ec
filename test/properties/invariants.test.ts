import { CfnResource, Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkError } from './support/draws';
import { brokenReferences, brokenValues } from './support/graph';
import { violations } from './support/invariants';
import { wholeAppViolations } from './support/whole-app';
import { World, removeOutput } from './support/world';
import { FanOut, FifoFanOut, QueueSubscription } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { s3Stream } from '../support/s3-stream';

// The invariants themselves: each is shown to see what it is there for, in a template that is spoilt on purpose.

afterAll(removeOutput);

function violationsOf(make: (scope: Construct) => void, spoil: (resources: any) => void = () => undefined): string[] {
  const world = new World({ environment: 'unknown', groups: [['base', 'topic', 'queue']] });
  make(world.stack('topic'));
  const templates = world.synth();
  Object.values(templates).forEach(template => spoil(Object.values(template.Resources)));
  return violations(world, templates, true);
}

const all = (type: string) => (resources: any[]) => resources.filter(resource => resource.Type === type);
const workQueue = (scope: Construct) => { new WorkQueue(scope, 'Jobs'); };
const fanOut = (scope: Construct) => { new FanOut(scope, 'Out').addQueue('Queue'); };

test('good templates have no violations', () => {
  expect(violationsOf(scope => {
    workQueue(scope);
    fanOut(scope);
    new FifoFanOut(scope, 'Ledger').addQueue('Queue');
    new SharedDeadLetterQueue(scope, 'Failed');
    s3Stream(scope, 'Clicks');
  })).toEqual([]);
});

test.each<[string, (scope: Construct) => void, (resources: any[]) => void, RegExp]>([
  ['a queue without dead letters', workQueue, r => all('AWS::SQS::Queue')(r).forEach(q => { delete q.Properties.RedrivePolicy; }), /no dead letters/],
  ['a queue without TLS', workQueue, r => all('AWS::SQS::QueuePolicy')(r).forEach(p => { p.Properties.PolicyDocument.Statement[0].Condition.Bool['aws:SecureTransport'] = 'true'; }), /without TLS/],
  ['two policies on a queue', scope => {
    const queue = new WorkQueue(scope, 'Jobs');
    // The library refuses a second sqs.QueuePolicy, but does not know this one.
    const statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Principal: { AWS: '444455556666' }, Resource: queue.queueArn };
    new CfnResource(scope, 'Second', { type: 'AWS::SQS::QueuePolicy', properties: { Queues: [queue.queueUrl], PolicyDocument: { Statement: [statement] } } });
  }, () => undefined, /has 2 policies/],
  ['a service without its source', fanOut, r => all('AWS::SQS::QueuePolicy')(r).forEach(p => p.Properties.PolicyDocument.Statement.forEach((s: any) => { if (s.Effect === 'Allow') delete s.Condition.StringEquals; })), /without its source/],
  ['everyone', workQueue, r => all('AWS::SQS::QueuePolicy')(r).forEach(({ Properties: { PolicyDocument: { Statement } } }) => {
    Statement.push({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sqs:SendMessage', Resource: Statement[0].Resource });
  }), /lets everyone in/],
  ['half of high throughput', scope => { new WorkQueue(scope, 'Jobs', { ordering: Ordering.fifo() }); }, r => { delete all('AWS::SQS::Queue')(r)[0].Properties.DeduplicationScope; }, /one half/],
  ['no source of redrive', workQueue, r => { all('AWS::SQS::Queue')(r).find(q => q.Properties.RedriveAllowPolicy).Properties.RedriveAllowPolicy.sourceQueueArns = []; }, /redrive sources/],
  ['a source that redrive does not name', workQueue, r => { all('AWS::SQS::Queue')(r).find(q => q.Properties.QueueName).Properties.QueueName = 'another'; }, /may not use its dead-letter queue/],
  ['dead letters of the other kind', scope => { new WorkQueue(scope, 'Jobs', { ordering: Ordering.fifo() }); }, r => { delete all('AWS::SQS::Queue')(r).find(q => q.Properties.RedrivePolicy).Properties.FifoQueue; }, /FIFO|two kinds/i],
  ['dead letters that are gone before', workQueue, r => { all('AWS::SQS::Queue')(r).forEach(q => { q.Properties.MessageRetentionPeriod = 60; }); }, /keeps messages 60 s/],
  ['a subscription that does not wait', fanOut, r => { delete all('AWS::SNS::Subscription')(r)[0].DependsOn; }, /does not wait for the policy/],
  ['a topic that the queue does not accept', fanOut, r => all('AWS::SQS::QueuePolicy')(r).forEach(p => { p.Properties.PolicyDocument.Statement = p.Properties.PolicyDocument.Statement.filter((s: any) => s.Effect === 'Deny'); }), /does not accept it/],
  ['a key that SNS may not use', scope => {
    const queue = new sqs.Queue(scope, 'Jobs', { encryptionMasterKey: new kms.Key(scope, 'Key'), enforceSSL: true });
    new FanOut(scope, 'Out').addSubscription(new QueueSubscription(queue));
  }, r => { all('AWS::KMS::Key')(r).forEach(k => { k.Properties.KeyPolicy.Statement.splice(1); }); }, /key does not let SNS/],
  ['a standard topic to a FIFO queue', scope => { new FifoFanOut(scope, 'Out').addQueue('Queue'); }, r => {
    all('AWS::SNS::Topic')(r).forEach(t => { t.Properties = {}; });
  }, /standard topic to a FIFO queue/],
  ['a delivery that does not wait', scope => { s3Stream(scope, 'Clicks'); }, r => { delete all('AWS::KinesisFirehose::DeliveryStream')(r)[0].DependsOn; }, /does not wait for the policy of its role/],
  ['Firehose for any account', scope => { s3Stream(scope, 'Clicks'); }, r => all('AWS::IAM::Role')(r).forEach(role => { delete role.Properties.AssumeRolePolicyDocument.Statement[0].Condition; }), /for any account/],
  ['a number out of range', workQueue, r => { all('AWS::SQS::Queue')(r)[0].Properties.VisibilityTimeout = 43_201; }, /greater than the maximum/],
  ['an unknown property', workQueue, r => { all('AWS::SQS::Queue')(r)[0].Properties.Colour = 'red'; }, /Colour/],
])('%s is seen', (_, make, spoil, expected) => {
  expect(violationsOf(make, spoil).join('\n')).toMatch(expected);
});

describe('of an app as a whole', () => {
  const ARN = 'arn:aws:sqs:eu-west-1:111122223333:jobs';
  const found = (Resources: any, region: string = 'eu-west-1') => wholeAppViolations([{ stackName: 'Stack', template: { Resources }, account: '111122223333', region }]).join();
  const queuePolicy = (statement: object) => ({ Policy: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [], PolicyDocument: { Statement: [{ Effect: 'Allow', Resource: ARN, ...statement }] } } } });
  const role = (statement: object) => ({ Policy: { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument: { Statement: [{ Effect: 'Allow', ...statement }] } } } });
  const source = (arns: string[], accounts: string[]) => ({
    Action: 'sqs:SendMessage', Principal: { Service: 's3.amazonaws.com' }, Condition: { ArnLike: { 'aws:SourceArn': arns }, StringEquals: { 'aws:SourceAccount': accounts } },
  });
  const deadLetters = (region: string) => ({
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: 'arn:aws:sns:eu-west-1:111122223333:orders', Endpoint: ARN, RedrivePolicy: { deadLetterTargetArn: `arn:aws:sqs:${region}:111122223333:dead` },
      },
    },
  });
  const queue = (DeletionPolicy: string) => ({
    Key: { Type: 'AWS::KMS::Key', DeletionPolicy, Properties: { Description: 'Encrypts the messages of Stack/Jobs', KeyPolicy: { Statement: [] } } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] }, RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:111122223333:dead' } } },
  });
  const delivery = (Resource: unknown) => ({
    ...role({ Action: 'kms:GenerateDataKey', Resource }),
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [] } } },
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: { 'Fn::GetAtt': ['Key', 'Arn'] } } }] } } },
    Delivery: { Type: 'AWS::KinesisFirehose::DeliveryStream', Properties: { ExtendedS3DestinationConfiguration: { BucketARN: { 'Fn::GetAtt': ['Bucket', 'Arn'] }, RoleARN: 'arn:aws:iam::111122223333:role/r' } } },
  });
  const withRole = (resources: any) => ({ ...resources, Policy: { ...resources.Policy, Properties: { ...resources.Policy.Properties, Roles: ['r'] } } });
  test.each<[string, string, string, RegExp]>([
    ['a role that may use every key', found(role({ Action: 'kms:Decrypt', Resource: 'arn:aws:kms:us-east-1:111122223333:key/1' })), found(role({ Action: ['kms:Decrypt'], Resource: '*' })), /may use every key/],
    ['every key of an account', found(role({ Action: 'kms:Decrypt', Resource: 'arn:aws:kms:eu-west-1:1:key/*', Condition: { StringEquals: { 'kms:ViaService': 'sqs' } } })), found(role({ Action: 'kms:Decrypt', Resource: 'arn:aws:kms:eu-west-1:1:key/*' })), /may use every key/],
    ['any endpoint', found(queuePolicy({ Action: 'sns:Subscribe', Condition: { StringEquals: { 'sns:Endpoint': ARN } } })), found(queuePolicy({ Action: 'sns:Subscribe', Condition: { StringEquals: { 'sns:Protocol': 'sqs' } } })), /any endpoint/],
    ['a bucket for an account that is not its own', found(queuePolicy(source(['arn:aws:s3:::a', 'arn:aws:s3:::b'], ['111122223333']))), found(queuePolicy(source(['arn:aws:s3:::a', 'arn:aws:s3:::b'], ['111122223333', '444455556666']))), /not listed with it/],
    ['a wildcard for an account', found(queuePolicy(source(['arn:aws:ses:a:111122223333:b', 'arn:aws:ses:a:444455556666:b'], ['111122223333', '444455556666']))), found(queuePolicy(source(['arn:aws:ses:a:*:b', 'arn:aws:ses:a:444455556666:b'], ['111122223333', '444455556666']))), /not listed with it/],
    ['dead letters in another Region', found(deadLetters('eu-west-1')), found(deadLetters('us-east-1')), /dead letters in 111122223333 us-east-1/],
    ['a key that is deleted before dead letters', found(queue('Retain')), found(queue('Delete')), /deleted before/],
    ['a role without the key of its bucket', found(withRole(delivery({ 'Fn::GetAtt': ['Key', 'Arn'] }))), found(withRole(delivery('arn:aws:kms:eu-west-1:111122223333:key/other'))), /lacks kms:GenerateDataKey/],
  ])('%s is seen', (_, good, spoilt, expected) => {
    expect(good).toBe('');
    expect(spoilt).toMatch(expected);
  });

  test('a pair that nobody allowed, and one that is refused, are seen', () => {
    const world = new World({ environment: 'eu-west-1', groups: [['base', 'topic', 'queue']] });
    world.notesSources = true;
    const made = new WorkQueue(world.stack('topic'), 'Jobs');
    const allow = (arn: string) => made.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.ServicePrincipal('pipes.amazonaws.com')],
      resources: [made.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': arn }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    }));
    const [one, other] = ['one', 'other'].map(name => `arn:aws:pipes:eu-west-1:111122223333:pipe/${name}`);
    world.allow(made, 'pipes.amazonaws.com', made, one, '111122223333');
    const problems = () => wholeAppViolations(world.deployed(world.synth()), world).join();
    expect(problems()).toMatch(/refuses pipes/);
    allow(one);
    expect(problems()).toBe('');
    allow(other);
    expect(problems()).toMatch(/admits pipes.*other.*nobody allowed/);
  });
});

test.each<[string, any, RegExp]>([
  ['Ref', { Ref: 'Nowhere' }, /refers to Nowhere/],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Nowhere', 'Arn'] }, /refers to Nowhere/],
  ['Fn::Sub', { 'Fn::Sub': '${Nowhere.Arn} ${AWS::Region} ${!Literal}' }, /refers to Nowhere/],
  ['Fn::If', { 'Fn::If': ['Never', 1, 2] }, /condition Never/],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Nothing', 'a', 'b'] }, /mapping Nothing/],
  ['a circle', { Ref: 'It' }, /a circle: It -> It/],
])('a broken %s is seen', (_, value, expected) => {
  expect(brokenReferences({ Resources: { It: { Type: 'A::B::C', Properties: { value } } } }).join('\n')).toMatch(expected);
});

test.each([null, NaN, 'x${Token[TOKEN.1]}', '[object Object]', -1.8881545897087985e+289, 'arn:undefined'])('the value %p is seen', value => {
  expect(brokenValues({ Resources: { It: { value } } })).toHaveLength(1);
});

test('an error of ours passes, and no other', () => {
  const good = (() => {
    const world = new World({ environment: 'unknown', groups: [['base', 'topic', 'queue']] });
    try {
      return new WorkQueue(world.stack('topic'), 'Jobs', { visibilityTimeout: Duration.days(2), deadLetters: DeadLetters.none('') });
    } catch (error) {
      return error as Error;
    }
  })() as Error;
  expect(() => checkError(good, 'here')).not.toThrow();
  expect(() => checkError(new TypeError(good.message), 'here')).toThrow(/another error/);
  expect(() => checkError(new Error(good.message.replace(' at \'', ' of \'')), 'here')).toThrow(/begins with/);
  expect(() => checkError(new Error(good.message.replace('; allowed:', ';')), 'here')).toThrow(/has the line/);
  expect(() => checkError(new Error(good.message.replace('2 problems', 'a problem')), 'here')).toThrow(/begins with/);
});

test('a plain L2 has what the library mends', () => {
  const found = violationsOf(scope => {
    const topic = new sns.Topic(scope, 'Topic');
    const queue = new sqs.Queue(scope, 'Queue');
    queue.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.ServicePrincipal('sns.amazonaws.com')], resources: [queue.queueArn] }));
    topic.addSubscription({ bind: () => ({ protocol: sns.SubscriptionProtocol.SQS, endpoint: queue.queueArn, subscriberId: 'Subscription', subscriberScope: scope }) });
  });
  expect(found.join('\n')).toMatch(/without its source[^]*does not accept it[^]*does not wait/);
});
