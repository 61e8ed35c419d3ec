import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CUSTOMER_MANAGED_ENCRYPTION } from './private/queue-bounds';
import { checkBounds } from '../private/bounds';
import { keyProblems } from '../private/keys';
import { Problem, at } from '../private/problems';

/**
 * Options of encryption with a customer key.
 */
export interface CustomerManagedEncryptionOptions {
  /**
   * A symmetric key in the Region of the queue. Its policy must trust the account, as the policies of all keys created by the CDK do.
   *
   * If you specify a key later, the key that was created before is deleted unless its removal policy keeps it: drain the queue first.
   *
   * @default - a new symmetric key with yearly rotation, which is billed monthly
   */
  readonly key?: kms.IKey;

  /**
   * How long SQS reuses a data key before it calls KMS again: 60 seconds to 24 hours. A longer time means fewer billed KMS requests, but a
   * revoked permission takes effect later.
   *
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  readonly dataKeyReuse?: Duration;
}

/**
 * How the messages of a queue are encrypted at rest.
 *
 * The AWS managed key `alias/aws/sqs` is not supported: its policy cannot be changed, so SNS, S3 and EventBridge cannot send to a queue that
 * uses it.
 */
export class Encryption {
  /**
   * Encryption with keys that SQS owns (SSE-SQS). It is free, and every AWS service can send to the queue.
   */
  public static sqsManaged(): Encryption {
    return new Encryption();
  }

  /**
   * Encryption with a customer key (SSE-KMS). Producers, consumers, services and the dead-letter queue receive the permissions they need on it.
   *
   * The key and its requests are billed. A key created here is deleted together with its queues, according to `removalPolicy`. If dead
   * letters go to a shared or existing queue, they stay encrypted with the key, so the key is kept and billed until you schedule its deletion.
   */
  public static customerManaged(options: CustomerManagedEncryptionOptions = {}): Encryption {
    return new Encryption(options);
  }

  private constructor(private readonly customerManaged?: CustomerManagedEncryptionOptions) {}

  /** Whether a customer key is used. */
  public get isCustomerManaged(): boolean {
    return this.customerManaged !== undefined;
  }

  /** The customer key that was specified; undefined when a key is created for each queue, and with SSE-SQS. */
  public get encryptionMasterKey(): kms.IKey | undefined {
    return this.customerManaged?.key;
  }

  /**
   * What is wrong with the options.
   * @internal
   */
  public _check(scope: Construct): Problem[] {
    const { key, ...options } = this.customerManaged ?? {};
    const use = { service: 'SQS', what: 'queue', instead: 'Encryption.sqsManaged()' };
    return [...checkBounds(CUSTOMER_MANAGED_ENCRYPTION, options), ...key ? at('key', keyProblems(scope, key, use)) : []];
  }

  /**
   * The key, created under `scope` when none was specified.
   * @internal
   */
  public _key(scope: Construct, removalPolicy: RemovalPolicy, description: string): kms.IKey | undefined {
    if (!this.customerManaged) return undefined;
    return this.customerManaged.key ?? new kms.Key(scope, 'Key', { enableKeyRotation: true, removalPolicy, description });
  }

  /** @internal */
  public _encryptionProps(key: kms.IKey | undefined): sqs.QueueProps {
    return key
      ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: this.customerManaged?.dataKeyReuse }
      : { encryption: sqs.QueueEncryption.SQS_MANAGED };
  }
}
