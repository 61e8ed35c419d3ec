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
  new QueueSubscription(stack, 'Subscription', { topic: new sns.Topic(stack, 'Topic'), queue, subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') });
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
  orders.addQueue('Billing');
  expect(written).not.toHaveBeenCalled();
  new FanOut(stack, 'Returns').addExistingQueue('Billing', orders.findSubscription('Billing').queue);
  expect(written).toHaveBeenCalled();
  written.mockRestore();
});
