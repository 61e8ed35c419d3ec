import { Aws, Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { newStack, refusedAtSynth, warnings } from './support';
import { BucketEventFanOut, FanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { synthApp } from '../support/template';

const subscriptionDeadLetters = SubscriptionDeadLetters.none('not tested here');
const owner = new iam.AccountPrincipal('111111111111');

/** A statement of the owner of the queue, with so many bytes that are known, and an ARN. */
const statementOf = (padding: number, arn: string = 'arn:aws:sqs:us-east-1:111111111111:x') => new iam.PolicyStatement({
  sid: 'x'.repeat(padding), actions: ['sqs:SendMessage'], principals: [owner], resources: [arn],
});

/** A queue of someone else's that a topic feeds, as the queue or as its dead-letter queue, with so many bytes in its policy besides. */
function beside(resource: 'Queue' | 'DeadLetters', padding: number, arn?: string) {
  const stack = newStack();
  const [queue, dead] = ['Queue', 'DeadLetters'].map(id => new sqs.Queue(stack, id));
  (resource === 'Queue' ? queue : dead).addToResourcePolicy(statementOf(padding, arn));
  const topic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111111111111:orders');
  topic.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) }));
  return stack;
}

const problemsAt = (stack: Stack) => refusedAtSynth(stack).flatMap(({ problems }) => problems);
const bytesIn = (text: string) => Number(/(?:least|about) (\d+) bytes/.exec(text)![1]);
const warned = (stack: Stack) => {
  synthApp(stack);
  return warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize');
};

test.each(['Queue', 'DeadLetters'] as const)('8192 bytes are the most that SQS takes: %s', resource => {
  // The ARN of the queue is the only part that is not known.
  const [{ prop, got, allowed }] = problemsAt(beside(resource, 9000));
  expect({ prop, allowed }).toEqual({ prop: 'queue policy', allowed: 'at most 8192 bytes' });
  expect(got).toContain(`in the policy of 'Stack/${resource}'`);
  expect(got).toMatch(/largest statements are sqs:SendMessage for arn:\$\{AWS::Partition\}:iam::111111111111:root \(\d+ bytes\), /);
  const most = 9000 - (bytesIn(got) - 8192);
  expect(refusedAtSynth(beside(resource, most))).toEqual([]);
  expect(problemsAt(beside(resource, most + 1)).map(problem => bytesIn(problem.got))).toEqual([8193]);
});

test('what is only known at deployment is as long as it usually is, which is warned of', () => {
  const [{ text }] = warned(beside('Queue', 7700));
  expect(text).toContain("the policy of 'Stack/Queue' has about");
  const most = 7700 - (bytesIn(text) - 8192);
  expect(warned(beside('Queue', most))).toEqual([]);
  expect(warned(beside('Queue', most + 1)).map(warning => bytesIn(warning.text))).toEqual([8193]);
});

test('pseudo parameters are as long as their values', () => {
  const written = `arn:aws:sqs:eu-central-1:${'1'.repeat(12)}:x.amazonaws.com`;
  const [known] = warned(beside('Queue', 7700, written));
  const [parameters] = warned(beside('Queue', 7700, `arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:x.${Aws.URL_SUFFIX}`));
  expect(bytesIn(parameters.text)).toBe(bytesIn(known.text));
});

test('what an intrinsic function returns is not known', () => {
  const [plain, select] = ['x'.repeat(110), Lazy.string({ produce: () => ({ 'Fn::Select': ['0', ['a']] }) as unknown as string })]
    .map(arn => warned(beside('Queue', 7600, arn))).map(([{ text }]) => bytesIn(text));
  expect(select).toBe(plain);
});

test('a queue is told of once, however many topics come after', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue');
  queue.addToResourcePolicy(statementOf(9000));
  ['A', 'B', 'C'].forEach(id => new sns.Topic(stack, `Topic${id}`).addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters })));
  expect(problemsAt(stack)).toHaveLength(1);
});

test.each([true, false])('one topic beside one large statement is measured, with the one for TLS or without (%s)', enforceSSL => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue', { enforceSSL });
  queue.addToResourcePolicy(statementOf(9000));
  new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters }));
  expect(problemsAt(stack)).toHaveLength(1);
});

test('a queue that rules of bucket events send to is told of, there', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue');
  queue.addToResourcePolicy(statementOf(9000));
  new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Images') }).addExistingQueue(queue);
  expect(refusedAtSynth(stack)).toMatchObject([{ construct: 'BucketEventFanOut', problems: [{ prop: 'queue policy' }] }]);
});

test('one topic beside the statement for TLS is not written out to be measured', () => {
  const written = jest.spyOn(sqs.CfnQueuePolicy.prototype, '_toCloudFormation' as never);
  const writtenBy = (topics: number) => {
    const stack = newStack();
    const billing = new FanOut(stack, 'Orders').addQueue('Billing');
    for (let index = 1; index < topics; index++) new FanOut(stack, `Orders${index}`).addSubscription(new QueueSubscription(billing));
    written.mockClear();
    synthApp(stack);
    return written.mock.calls.length;
  };
  const once = writtenBy(1);
  expect(writtenBy(2)).toBe(once);
  // The queue and its dead-letter queue.
  expect(writtenBy(20)).toBe(once + 2);
  written.mockRestore();
});
