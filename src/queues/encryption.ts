import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkKey } from '../private/keys';
import { Problems } from '../private/problems';

/**
 * Options of encryption with a customer key.
 */
export interface CustomerManagedEncryptionOptions {
  /**
   * The key: symmetric, in the Region of the queue. Its policy has to trust the account, as that of every key made by the CDK does.
   *
   * Giving one later deletes the key that was made before, unless it is kept: drain the queue first.
   *
   * @default - a new symmetric key with yearly rotation, which is billed by the month
   */
  readonly key?: kms.IKey;

  /**
   * How long SQS reuses a data key before it asks KMS again: 60 seconds to 24 hours. Longer means fewer KMS requests to
   * pay for, and a longer time until a revoked permission takes effect.
   *
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  readonly dataKeyReuse?: Duration;
}

/**
 * How the messages of a queue are encrypted at rest.
 *
 * The AWS managed key `alias/aws/sqs` is not offered: nobody can change its policy, so SNS, S3 and EventBridge cannot send
 * to a queue that uses it.
 */
export class Encryption {
  /**
   * With keys that SQS owns (SSE-SQS). Free, and every AWS service can send to the queue.
   */
  public static sqsManaged(): Encryption {
    return new Encryption();
  }

  /**
   * With a key of yours (SSE-KMS). Producers, consumers, services and the dead-letter queue are wired to it.
   *
   * A key and its requests are billed. A key made here is deleted with the queues it was made for, as `removalPolicy` says. It is kept, and
   * billed until you schedule its deletion, where dead letters go to a shared or existing queue: they stay encrypted with it.
   */
  public static customerManaged(options: CustomerManagedEncryptionOptions = {}): Encryption {
    return new Encryption(options ?? {});
  }

  private constructor(private readonly customerManaged?: CustomerManagedEncryptionOptions) {}

  /** Whether a customer key is used. */
  public get isCustomerManaged(): boolean {
    return this.customerManaged !== undefined;
  }

  /** The customer key that was given; undefined when one is made for each queue, and with keys that SQS owns. */
  public get encryptionMasterKey(): kms.IKey | undefined {
    return this.customerManaged?.key;
  }

  /** @internal */
  public _check(problems: Problems, scope: Construct): void {
    problems.seconds('encryption.dataKeyReuse', this.customerManaged?.dataKeyReuse, {
      min: Duration.seconds(60),
      max: Duration.hours(24),
      fix: 'Give a time in this range, or leave it out for 5 minutes.',
    });
    checkKey(problems, scope, 'encryption.key', this.customerManaged?.key, { service: 'SQS', what: 'queue', instead: 'Encryption.sqsManaged()' });
  }

  /**
   * The key, made under `scope` when none was given.
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
