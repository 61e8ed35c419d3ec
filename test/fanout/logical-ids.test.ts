import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { newStack } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { Ordering } from '../../src/queues';
import { letIn } from '../support/let-in';

/** Logical ids are contract: a changed one replaces a resource of every user. Change the snapshot only on purpose. */
function ids(stack: Stack) {
  const all = Object.entries<{ Type: string }>(Template.fromStack(stack).toJSON().Resources);
  return Object.fromEntries(all.map(([id, resource]) => [id, resource.Type]));
}

test('FanOut', () => {
  const stack = newStack();
  const fanOut = new FanOut(stack, 'Orders');
  fanOut.addQueue('Billing');
  fanOut.addQueue('Audit', { encryption: Encryption.customerManaged(), subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
  fanOut.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'Queue')));
  expect(ids(stack)).toMatchSnapshot();
});

test('FanOut with publishers', () => {
  const stack = newStack();
  letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }), ServiceSource.bucket(new s3.Bucket(stack, 'Bucket')));
  expect(ids(stack)).toMatchSnapshot();
});

test('FifoFanOut', () => {
  const stack = newStack();
  const ledger = new FifoFanOut(stack, 'Ledger', { archiveRetention: Duration.days(1) });
  ledger.addQueue('Books');
  ledger.addQueue('Search', { ordering: Ordering.standard() });
  expect(ids(stack)).toMatchSnapshot();
});

test('a queue in another stack', () => {
  const app = new App();
  const queues = new Stack(app, 'Queues');
  new FanOut(new Stack(app, 'Topics'), 'Orders').addSubscription(new QueueSubscription(new sqs.Queue(queues, 'Queue')));
  expect(ids(queues)).toMatchSnapshot();
});
