import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { KeyUse, keyProblems } from '../private/keys';
import { Problem, at } from '../private/problems';

/** How a key is created where none was specified. */
interface NewKey {
  readonly description: string;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * How data is encrypted at rest: in queues, topics, streams, buckets and log groups. There is no choice without encryption.
 *
 * One value can be given to several constructs.
 */
export class Encryption {
  /**
   * Encryption with the key that the service manages. No monthly charge.
   *
   * - Queue: keys that SQS owns (SSE-SQS). Free; every AWS service, and other accounts, can send.
   * - Topic: `alias/aws/sns`. KMS requests are billed. Principals of the account can publish. AWS services and other accounts cannot, because
   *   nobody can change the policy of that key.
   * - Data stream: `alias/aws/kinesis`. KMS requests are billed. Principals of other accounts cannot use the stream, for the same reason.
   * - Firehose stream with direct put: a key that AWS owns. Free; whoever may put records can.
   * - Bucket: S3 managed keys (SSE-S3). Free; whoever may access the objects can.
   * - Log group: keys of CloudWatch Logs. Free; whoever may access the log group can.
   *
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   * @see https://docs.aws.amazon.com/streams/latest/dev/costs-performance.html
   * @see https://docs.aws.amazon.com/firehose/latest/dev/encryption.html
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection.html
   */
  public static serviceManaged(): Encryption {
    return new Encryption(false);
  }

  /**
   * Encryption with a customer key. The key is billed by the month, and its requests are billed.
   *
   * Whoever is granted access, and each service that is let in, receives the permissions that it needs on the key. Its policy must trust the
   * account, as the policies of all keys created by the CDK do. The AWS managed keys (`alias/aws/…`) are refused, because their policies
   * cannot be changed.
   *
   * If you specify a key later, the key that was created before leaves the template. What is encrypted with it cannot be read after it is
   * deleted; the removal policy of the construct says whether it is.
   *
   * @param key a symmetric key in the Region of the resource; by default a new key with yearly rotation is created for each construct
   */
  public static customerManaged(key?: kms.IKey): Encryption {
    return new Encryption(true, key);
  }

  private constructor(
    /** Whether a customer key is used. */
    public readonly isCustomerManaged: boolean,
    /** The customer key that was specified; undefined if a key is created for each construct, and with the key of the service. */
    public readonly encryptionKey?: kms.IKey,
  ) {}

  /**
   * What is wrong with the customer key.
   * @internal
   */
  public _check(scope: Construct, use: Omit<KeyUse, 'instead'>): Problem[] {
    if (!this.encryptionKey) return [];
    return at('key', keyProblems(scope, this.encryptionKey, { ...use, instead: 'Encryption.serviceManaged()' }));
  }

  /**
   * The customer key, created under `scope` if none was specified; undefined with the key of the service.
   * @internal
   */
  public _key(scope: Construct, id: string, { description, removalPolicy }: NewKey): kms.IKey | undefined {
    if (!this.isCustomerManaged) return undefined;
    return this.encryptionKey ?? new kms.Key(scope, id, { enableKeyRotation: true, removalPolicy, description });
  }
}
