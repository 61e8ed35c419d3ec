import { App, Aws, Lazy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { CustomServiceSourceOptions, ServiceSource } from '../../src/access';
import { sourceProblems } from '../../src/access/private/source-problems';
import { newStack } from '../support/template';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const HERE = { account: ACCOUNT, region: 'eu-west-1' };
const GOOD = { service: 'profile.amazonaws.com', sourceArn: `arn:aws:profile:eu-west-1:${ACCOUNT}:domains/customers` };

const stackIn = (env = HERE) => new Stack(new App(), 'Stack', { env });
const token = (value: string) => Lazy.string({ produce: () => value });

describe('the options of a source', () => {
  const problems = (options: Partial<CustomServiceSourceOptions>) => sourceProblems(ServiceSource.of({ ...GOOD, ...options }), { scope: stackIn(), what: 'queue' });

  test.each<[string, Partial<CustomServiceSourceOptions>]>([
    ['a service of a Region', { service: 'sns.me-south-1.amazonaws.com' }],
    ['a service of the China Regions', { service: 'states.amazonaws.com.cn' }],
    ['a service that is a token', { service: token('x') }],
    ['wildcards in the last parts of the ARN', { sourceArn: 'arn:aws:profile:*:*:domains/*' }],
    ['an ARN with tokens', { sourceArn: `arn:${Aws.PARTITION}:profile:${Aws.REGION}:${Aws.ACCOUNT_ID}:domains/a` }],
    ['the account of the ARN', { sourceAccount: ACCOUNT }],
    ['an account for an ARN without one', { sourceArn: 'arn:aws:s3:::uploads', sourceAccount: OTHER }],
    ['an account that is a token', { sourceAccount: token(OTHER) }],
  ])('may be %s', (_, options) => {
    expect(problems(options)).toEqual([]);
  });

  test.each<[string, Partial<CustomServiceSourceOptions>, string, string, string]>([
    ['no domain', { service: 'profile' }, 'service', '\'profile\'', 'a service principal'],
    ['a wildcard', { service: '*' }, 'service', '\'*\'', 'a service principal'],
    ['nothing', { service: '' }, 'service', '\'\'', 'a service principal'],
    ['no ARN', { sourceArn: 'customers' }, 'sourceArn', '\'customers\'', 'a full ARN'],
    ['every ARN', { sourceArn: '*' }, 'sourceArn', '\'*\'', 'a full ARN'],
    ['an ARN of every service', { sourceArn: 'arn:aws:*:*:*:*' }, 'sourceArn', '\'arn:aws:*:*:*:*\'', 'a full ARN'],
    ['an ARN without a resource', { sourceArn: `arn:aws:profile:eu-west-1:${ACCOUNT}:` }, 'sourceArn', `'arn:aws:profile:eu-west-1:${ACCOUNT}:'`, 'a full ARN'],
    ['an account of 11 digits', { sourceAccount: ACCOUNT.slice(1) }, 'sourceAccount', `'${ACCOUNT.slice(1)}'`, '12 digits'],
    ['an account of 13 digits', { sourceAccount: `${ACCOUNT}0` }, 'sourceAccount', `'${ACCOUNT}0'`, '12 digits'],
    ['another account than that of the ARN', { sourceAccount: OTHER }, 'sourceAccount', `'${OTHER}'`, `${ACCOUNT}, the account in sourceArn`],
  ])('may not be %s', (_, options, prop, got, allowed) => {
    expect(problems(options)).toMatchObject([{ prop, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) }]);
  });

  test('have all of their problems named at once', () => {
    expect(problems({ service: '', sourceArn: '', sourceAccount: '' }).map(({ prop }) => prop)).toEqual(['service', 'sourceArn', 'sourceAccount']);
  });
});

describe('the Region of a bucket', () => {
  const bucketIn = (region: string) => s3.Bucket.fromBucketAttributes(newStack(), 'Bucket', { bucketName: 'uploads', region });

  test('has to be that of the queue or topic', () => {
    expect(sourceProblems(ServiceSource.bucket(bucketIn('us-east-1')), { scope: stackIn(), what: 'topic' })).toEqual([{
      prop: '',
      got: 'a bucket in Region us-east-1, and a topic in Region eu-west-1',
      allowed: 'a bucket in the Region of the topic',
      fix: expect.stringContaining('EventBridge'),
    }]);
    expect(sourceProblems(ServiceSource.bucket(bucketIn('eu-west-1')), { scope: stackIn(), what: 'topic' })).toEqual([]);
    expect(sourceProblems(ServiceSource.bucket(bucketIn(Aws.REGION)), { scope: stackIn(), what: 'topic' })).toEqual([]);
  });

  test('is compared with that of an imported queue, not of its stack', () => {
    const queue = sqs.Queue.fromQueueArn(stackIn(), 'Queue', `arn:aws:sqs:us-east-1:${ACCOUNT}:jobs`);
    expect(sourceProblems(ServiceSource.bucket(bucketIn('us-east-1')), { scope: queue, what: 'queue' })).toEqual([]);
    expect(sourceProblems(ServiceSource.bucket(bucketIn('eu-west-1')), { scope: queue, what: 'queue' })).toHaveLength(1);
  });

  test('does not matter for a service that sends to other Regions', () => {
    const topic = new sns.Topic(stackIn({ account: ACCOUNT, region: 'us-east-1' }), 'Topic');
    const rule = events.Rule.fromEventRuleArn(newStack(), 'Rule', `arn:aws:events:us-east-1:${ACCOUNT}:rule/nightly`);
    for (const source of [ServiceSource.topic(topic), ServiceSource.rule(rule)]) {
      expect(sourceProblems(source, { scope: stackIn(), what: 'queue' })).toEqual([]);
    }
  });
});

describe('the account of a source, with a customer key', () => {
  const setUp = () => {
    const app = new App();
    const [keys, queues] = [new Stack(app, 'Keys'), new Stack(app, 'Queues')];
    const elsewhere = new sns.Topic(queues, 'Source').topicArn;
    const source = (sourceAccount?: string) => ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn: 'arn:aws:profile:*:*:domains/a', sourceAccount });
    return { source, elsewhere, scope: queues, other: new kms.Key(keys, 'Key'), own: new kms.Key(queues, 'Key') };
  };

  test('has to be written out where the key is in another stack', () => {
    const { source, elsewhere, scope, other } = setUp();
    expect(sourceProblems(source(elsewhere), { scope, what: 'queue', key: other })).toEqual([{
      prop: '',
      got: 'a sourceAccount only known at deployment, and a customer key of another stack',
      allowed: 'a sourceAccount of 12 digits, or a key in the stack of the queue',
      fix: expect.stringContaining('account as a literal'),
    }]);
  });

  test('may be a reference within a stack, and be written out anywhere', () => {
    const { source, elsewhere, scope, other, own } = setUp();
    expect(sourceProblems(source(elsewhere), { scope, what: 'queue', key: own })).toEqual([]);
    expect(sourceProblems(source(elsewhere), { scope, what: 'queue' })).toEqual([]);
    expect(sourceProblems(source(OTHER), { scope, what: 'queue', key: other })).toEqual([]);
  });
});

test.each([[false, true], [true, false]])('a topic that is FIFO %p is standard %p', (fifo, expected) => {
  expect(ServiceSource.topic(new sns.Topic(newStack(), 'Topic', { fifo }))._isStandardTopic).toBe(expected);
});
