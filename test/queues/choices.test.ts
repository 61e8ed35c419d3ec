import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeadLetters, Encryption, SharedDeadLetterQueue } from '../../src/queues';
import { newStack } from '../support/template';

const stack = newStack();
const key = new kms.Key(stack, 'Key');
const queue = new sqs.Queue(stack, 'Queue');

test.each([
  [Encryption.sqsManaged(), { isCustomerManaged: false, encryptionMasterKey: undefined }],
  [Encryption.customerManaged(), { isCustomerManaged: true, encryptionMasterKey: undefined }],
  [Encryption.customerManaged({ dataKeyReuse: Duration.hours(1) }), { isCustomerManaged: true, encryptionMasterKey: undefined }],
  [Encryption.customerManaged({ key }), { isCustomerManaged: true, encryptionMasterKey: key }],
])('an encryption tells whose key it is, and which (%#)', ({ isCustomerManaged, encryptionMasterKey }, expected) => {
  expect({ isCustomerManaged, encryptionMasterKey }).toEqual(expected);
});

test.each([
  [DeadLetters.dedicated(), 5],
  [DeadLetters.dedicated({ maxReceiveCount: 1 }), 1],
  [DeadLetters.existing(queue, { maxReceiveCount: 1000 }), 1000],
  [DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Shared')), 5],
  [DeadLetters.none('metrics only'), undefined],
])('dead letters tell how often a message is received (%#)', ({ maxReceiveCount }, expected) => {
  expect(maxReceiveCount).toBe(expected);
});
