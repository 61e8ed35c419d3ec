import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { newStack, warnings } from './support';
import { FanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';

/** A queue with statements of its owner, about 3,000 bytes each, that one topic feeds. */
function fed(statements: number) {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue', { enforceSSL: true });
  for (let i = 0; i < statements; i++) {
    queue.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.AccountPrincipal('111111111111')],
      resources: [queue.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': Array.from({ length: 15 }, (_, n) => `arn:aws:sns:eu-central-1:111111111111:${`${i}-${n}-`.padEnd(150, 't')}`) } },
    }));
  }
  new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') }));
  return warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize');
}

test('one topic beside large statements of others is measured', () => {
  expect(fed(2)).toHaveLength(0);
  expect(fed(3)).toHaveLength(1);
});

test('one topic beside the statement for TLS is not written out to be measured', () => {
  const stack = newStack();
  const orders = new FanOut(stack, 'Orders');
  const written = jest.spyOn(iam.PolicyDocument.prototype, 'toJSON');
  const billing = orders.addQueue('Billing');
  expect(written).not.toHaveBeenCalled();
  new FanOut(stack, 'Returns').addSubscription(new QueueSubscription(billing));
  expect(written).toHaveBeenCalled();
  written.mockRestore();
});

/** A queue of someone else's that a topic feeds, with so many bytes in its policy besides. */
function beside(resource: 'Queue' | 'DeadLetters', padding: number, arn = 'arn:aws:sqs:eu-central-1:111111111111:x.amazonaws.com') {
  const stack = newStack();
  const [queue, dead] = ['Queue', 'DeadLetters'].map(id => new sqs.Queue(stack, id));
  const padded = resource === 'Queue' ? queue : dead;
  padded.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'x'.repeat(padding), actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('111111111111')], resources: [arn],
  }));
  new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) }));
  return warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize').map(({ text }) => ({ bytes: Number(/about (\d+) bytes/.exec(text)![1]), text }));
}

test.each(['Queue', 'DeadLetters'] as const)('8192 bytes are the most that SQS takes: %s', resource => {
  const [{ bytes, text }] = beside(resource, 9000);
  expect(text).toContain(`the policy of 'Stack/${resource}' has about`);
  const most = 9000 - (bytes - 8192);
  expect(beside(resource, most)).toEqual([]);
  expect(beside(resource, most + 1)).toEqual([expect.objectContaining({ bytes: 8193 })]);
});

test('a queue is warned of once, however many topics come after', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue');
  queue.addToResourcePolicy(new iam.PolicyStatement({ sid: 'x'.repeat(9000), actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('111111111111')], resources: ['*'] }));
  for (const id of ['A', 'B', 'C']) {
    new sns.Topic(stack, `Topic${id}`).addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') }));
  }
  expect(warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize')).toHaveLength(1);
});

test('what is only known at deployment is as long as it usually is', () => {
  const [written] = beside('Queue', 9000);
  const [known] = beside('Queue', 9000, `arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:x.${Aws.URL_SUFFIX}`);
  expect(known.bytes).toBe(written.bytes);
});

test('one topic beside one large statement and that for TLS is measured', () => {
  const stack = newStack();
  const queue = new sqs.Queue(stack, 'Queue', { enforceSSL: true });
  queue.addToResourcePolicy(new iam.PolicyStatement({ sid: 'x'.repeat(9000), actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('111111111111')], resources: ['*'] }));
  new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') }));
  expect(warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize')).toHaveLength(1);
});
