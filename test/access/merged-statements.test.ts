import { App, Aws, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, QueueSubscription } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';
import { letIn } from '../support/let-in';
import { synthApp } from '../support/template';

const OWN = '111122223333';
const THEIRS = '444455556666';

/** With the flag, CDK merges statements that it takes for equal but for their principals. */
describe.each([['as they are', false], ['merged', true]])('statements %s', (_, minimize) => {
  let stack: Stack;
  beforeEach(() => {
    const app = new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': minimize } });
    stack = new Stack(app, 'Stack', { env: { account: OWN, region: 'eu-west-1' } });
  });

  /** Each service, source and account that a policy lets in, as `service source account`; a statement lets in every combination. */
  const admitted = (type: string): string[][] => Object.values<any>(templateOf(stack).Resources).filter(resource => resource.Type === type)
    .map(({ Properties: { PolicyDocument, KeyPolicy } }) => (PolicyDocument ?? KeyPolicy).Statement
      .filter(({ Principal }: any) => Principal?.Service !== undefined)
      .flatMap(({ Principal, Condition }: any) => combinations(list(Principal.Service), list(Condition.ArnLike['aws:SourceArn']), list(Condition.StringEquals['aws:SourceAccount']))));
  const pair = (service: string, arn: string, account: string = OWN) => `${service}.amazonaws.com ${JSON.stringify(stack.resolve(arn))} ${JSON.stringify(account)}`;
  const ofQueue = (queue: sqs.IQueue) => admitted('AWS::SQS::QueuePolicy')[policiesOf(stack).indexOf(JSON.stringify(stack.resolve(queue.queueUrl)))];

  test('a bucket and a topic on one queue', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const bucket = new s3.Bucket(stack, 'Bucket');
    const orders = new FanOut(stack, 'Orders');
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(jobs));
    orders.addSubscription(new QueueSubscription(jobs));
    expect(ofQueue(jobs).sort()).toEqual([pair('s3', bucket.bucketArn), pair('sns', orders.topicArn)].sort());
  });

  test('a rule and a topic on one queue and its dead-letter queue', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const rule = new events.Rule(stack, 'Rule', { schedule: events.Schedule.cron({}) });
    const orders = new FanOut(stack, 'Orders');
    rule.addTarget(new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue }));
    orders.addSubscription(new QueueSubscription(jobs));
    const both = [pair('events', rule.ruleArn), pair('sns', orders.topicArn)].sort();
    expect(ofQueue(jobs).sort()).toEqual(both);
    expect(ofQueue(jobs.deadLetterQueue!).sort()).toEqual(both);
  });

  test('a bucket and alarms as publishers of one topic', () => {
    const bucket = new s3.Bucket(stack, 'Bucket');
    letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), ServiceSource.bucket(bucket), ServiceSource.alarms());
    const alarms = `arn:${stack.partition}:cloudwatch:eu-west-1:${OWN}:alarm:*`;
    expect(admitted('AWS::SNS::TopicPolicy')).toEqual([[pair('s3', bucket.bucketArn), pair('cloudwatch', alarms)]]);
    expect(admitted('AWS::KMS::Key')).toEqual([[pair('s3', `arn:${stack.partition}:s3:::*`), pair('cloudwatch', alarms)]]);
  });

  test('buckets of two accounts', () => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Ours', { bucketArn: 'arn:aws:s3:::ours', account: OWN, region: 'eu-west-1' });
    const other = s3.Bucket.fromBucketAttributes(stack, 'Theirs', { bucketArn: 'arn:aws:s3:::theirs', account: THEIRS, region: 'eu-west-1' });
    jobs.allowService(ServiceSource.bucket(bucket));
    jobs.allowService(ServiceSource.bucket(other));
    expect(ofQueue(jobs)).toEqual([pair('s3', 'arn:aws:s3:::ours'), pair('s3', 'arn:aws:s3:::theirs', THEIRS)]);
    const any = `arn:${stack.partition}:s3:::*`;
    expect(admitted('AWS::KMS::Key')).toEqual([[pair('s3', any), pair('s3', any, THEIRS)]]);
  });

  test('a source added after the policy was rendered', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const topics = ['A', 'B'].map(id => new sns.Topic(stack, id));
    const bucket = new s3.Bucket(stack, 'Bucket');
    for (const source of [ServiceSource.topic(topics[0]), ServiceSource.bucket(bucket), ServiceSource.topic(topics[1])]) {
      jobs.allowService(source);
      templateOf(stack);
    }
    expect(ofQueue(jobs).sort()).toEqual([pair('s3', bucket.bucketArn), ...topics.map(topic => pair('sns', topic.topicArn))].sort());
  });

  test('the same sources on two queues stay with each', () => {
    const queues = ['One', 'Two'].map(id => new WorkQueue(stack, id));
    const topics = ['A', 'B'].map(id => new sns.Topic(stack, id));
    queues.forEach((queue, index) => queue.allowService(ServiceSource.topic(topics[index])));
    queues.forEach((queue, index) => expect(ofQueue(queue)).toEqual([pair('sns', topics[index].topicArn)]));
  });

  test('two services with the same source and key are merged at most into what both were allowed', () => {
    const key = new kms.Key(stack, 'Key');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key) });
    const sourceArn = `arn:aws:codebuild:eu-west-1:${OWN}:rule/one`;
    for (const service of ['codebuild.amazonaws.com', 'profile.amazonaws.com']) jobs.allowService(ServiceSource.of({ service, sourceArn }));
    const both = [pair('codebuild', sourceArn), pair('profile', sourceArn)];
    expect(ofQueue(jobs).sort()).toEqual(both);
    expect(admitted('AWS::KMS::Key')[0].sort()).toEqual(both);
  });

  describe('a source ARN that does not tell its account has a statement with its own', () => {
    const from = (sourceArn: string, sourceAccount: string) => ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn, sourceAccount });
    test.each([
      ['a wildcard', 'arn:aws:profile:eu-west-1:*:domains/theirs'],
      ['a wildcard in the account', 'arn:aws:profile:eu-west-1:11112222333?:domains/theirs'],
      ['no account', 'arn:aws:profile:eu-west-1::domains/theirs'],
    ])('%s', (__, wide) => {
      const jobs = new WorkQueue(stack, 'Jobs');
      const exact = `arn:aws:profile:eu-west-1:${OWN}:domains/ours`;
      jobs.allowService(from(exact, OWN));
      jobs.allowService(from(wide, THEIRS));
      expect(ofQueue(jobs)).toEqual([pair('profile', exact), pair('profile', wide, THEIRS)]);
    });
    test('an ARN that is one token, of a service that is not known', () => {
      const jobs = new WorkQueue(stack, 'Jobs');
      const unknown = new sns.Topic(stack, 'Topic').topicArn;
      jobs.allowService(from(`arn:aws:profile:eu-west-1:${OWN}:domains/ours`, OWN));
      jobs.allowService(from(unknown, THEIRS));
      expect(ofQueue(jobs)).toEqual([pair('profile', `arn:aws:profile:eu-west-1:${OWN}:domains/ours`), pair('profile', unknown, THEIRS)]);
    });
    test('twelve digits, or a token in their place, share one', () => {
      const jobs = new WorkQueue(stack, 'Jobs');
      const arns = [`arn:aws:profile:eu-west-1:${OWN}:domains/ours`, `arn:aws:profile:eu-west-1:${Aws.PARTITION}:domains/token`];
      arns.forEach(arn => jobs.allowService(from(arn, OWN)));
      expect(ofQueue(jobs)).toEqual(arns.map(arn => pair('profile', arn)));
      expect(JSON.stringify(templateOf(stack)).match(/"profile.amazonaws.com"/g)).toHaveLength(1);
    });
  });
});

/** As it is now: the assembly of the assertions module is that of the first time. */
const templateOf = (stack: Stack) => synthApp(stack)[stack.stackName];
const list = (value: any): any[] => [value].flat();
const combinations = (services: any[], arns: any[], accounts: any[]) => services.flatMap(service => arns.flatMap(
  arn => accounts.map(account => `${service} ${JSON.stringify(arn)} ${JSON.stringify(account)}`)));
/** The queues of the queue policies of a stack, in the order of the template. */
const policiesOf = (stack: Stack) => Object.values<any>(templateOf(stack).Resources).filter(({ Type }) => Type === 'AWS::SQS::QueuePolicy')
  .map(({ Properties }) => JSON.stringify(Properties.Queues[0]));
