import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FanOutTopic, FifoFanOutTopic, FilterPolicy, Replay, SubscriptionDeadLetters, TopicEncryption } from '../../src/fanout';
import { newStack } from '../support/template';

const stack = newStack();
const key = new kms.Key(stack, 'Key');
const topic = new sns.Topic(stack, 'Topic');

test.each([
  [TopicEncryption.awsManaged(), { isCustomerManaged: false, masterKey: undefined }],
  [TopicEncryption.customerManaged(), { isCustomerManaged: true, masterKey: undefined }],
  [TopicEncryption.customerManaged(key), { isCustomerManaged: true, masterKey: key }],
])('an encryption tells whose key it is, and which (%#)', ({ isCustomerManaged, masterKey }, expected) => {
  expect({ isCustomerManaged, masterKey }).toEqual(expected);
});

test.each([
  [FanOutTopic.create(), { existingTopic: undefined, tracingConfig: undefined }],
  [FanOutTopic.create({ tracingConfig: sns.TracingConfig.ACTIVE }), { existingTopic: undefined, tracingConfig: sns.TracingConfig.ACTIVE }],
  [FanOutTopic.existing(topic), { existingTopic: topic, tracingConfig: undefined }],
])('a standard topic tells whether it exists, and its tracing (%#)', ({ existingTopic, tracingConfig }, expected) => {
  expect({ existingTopic, tracingConfig }).toEqual(expected);
});

test.each([
  [FifoFanOutTopic.create(), { existingTopic: undefined, archiveRetention: undefined }],
  [FifoFanOutTopic.create({ archiveRetention: Duration.days(30) }), { existingTopic: undefined, archiveRetention: Duration.days(30) }],
  [FifoFanOutTopic.existing(topic), { existingTopic: topic, archiveRetention: undefined }],
])('a FIFO topic tells whether it exists, and its archive (%#)', ({ existingTopic, archiveRetention }, expected) => {
  expect({ existingTopic, archiveRetention }).toEqual(expected);
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
