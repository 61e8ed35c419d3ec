import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FilterPolicy, Replay, SubscriptionDeadLetters, TopicEncryption } from '../../src/fanout';
import { newStack } from '../support/template';

const stack = newStack();
const key = new kms.Key(stack, 'Key');

test.each([
  [TopicEncryption.awsManaged(), { isCustomerManaged: false, masterKey: undefined }],
  [TopicEncryption.customerManaged(), { isCustomerManaged: true, masterKey: undefined }],
  [TopicEncryption.customerManaged(key), { isCustomerManaged: true, masterKey: key }],
])('an encryption tells whose key it is, and which (%#)', ({ isCustomerManaged, masterKey }, expected) => {
  expect({ isCustomerManaged, masterKey }).toEqual(expected);
});

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
