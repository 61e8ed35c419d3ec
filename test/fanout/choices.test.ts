import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FilterPolicy, Replay, SubscriptionDeadLetters } from '../../src/fanout';
import { newStack } from '../support/template';

const stack = newStack();

test('a filter policy tells what it is on, as the template does', () => {
  expect(FilterPolicy.onAttributes({}).filterPolicyScope).toBe('MessageAttributes');
  expect(FilterPolicy.onBody({}).filterPolicyScope).toBe('MessageBody');
});

test('a replay tells its start and its end', () => {
  const [start, end] = ['2026-01-01', '2026-02-01'].map(date => new Date(`${date}T00:00:00Z`));
  expect(Replay.since(start)).toMatchObject({ start, end: undefined });
  expect(Replay.between(start, end)).toMatchObject({ start, end });
});

test.each([
  [SubscriptionDeadLetters.sameAsQueue(), false],
  [SubscriptionDeadLetters.dedicated(), true],
  [SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Queue')), false],
  [SubscriptionDeadLetters.none('metrics only'), false],
])('the dead letters of a subscription tell whether they have a queue alone (%#)', ({ isDedicated }, expected) => {
  expect(isDedicated).toBe(expected);
});
