import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Encryption } from '../../access/encryption';
import { Problem, at, unless } from '../../private/problems';

/** What is wrong with the encryption of a queue, beside the bounds of its props. */
export function encryptionProblems(scope: Construct, encryption: Encryption, dataKeyReuse: Duration | undefined): Problem[] {
  return [
    ...at('encryption', encryption._check(scope, { service: 'SQS', what: 'queue' })),
    ...unless(dataKeyReuse === undefined || encryption.isCustomerManaged, () => ({
      prop: 'dataKeyReuse',
      got: 'a time, without a customer key',
      allowed: 'a time for a queue with a customer key',
      fix: 'Keys that SQS owns have no data key reuse. Set encryption to Encryption.customerManaged(), even if a property injector supplies the key; otherwise omit dataKeyReuse.',
    })),
  ];
}

/** The props of a queue that is encrypted with a customer key; without one, with keys that SQS owns. */
export function encryptionProps(key: kms.IKey | undefined, dataKeyReuse: Duration | undefined): sqs.QueueProps {
  return key
    ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse }
    : { encryption: sqs.QueueEncryption.SQS_MANAGED };
}
