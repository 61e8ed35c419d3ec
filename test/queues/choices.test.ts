import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeadLetters, SharedDeadLetterQueue } from '../../src/queues';
import { newStack } from '../support/template';

const stack = newStack();
const queue = new sqs.Queue(stack, 'Queue');

test.each([
  [DeadLetters.dedicated(), 5],
  [DeadLetters.dedicated({ maxReceiveCount: 1 }), 1],
  [DeadLetters.existing(queue, 1000), 1000],
  [DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Shared')), 5],
  [DeadLetters.none('metrics only'), undefined],
])('dead letters tell how often a message is received (%#)', ({ maxReceiveCount }, expected) => {
  expect(maxReceiveCount).toBe(expected);
});
