import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keyProblems } from '../private/keys';
import { Problem, at } from '../private/problems';

/**
 * How the messages of a topic are encrypted at rest.
 */
export class TopicEncryption {
  /**
   * With the AWS managed key `alias/aws/sns`. No monthly charge.
   *
   * Principals of the same account can publish. AWS services and other accounts cannot, because nobody can change the policy
   * of that key.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  public static awsManaged(): TopicEncryption {
    return new TopicEncryption(false);
  }

  /**
   * With a customer key. Publishers that are granted, and services let in with `allowService`, may use it. A key is billed by the month.
   *
   * @param key a symmetric key in the Region of the topic; by default a key is created, with yearly rotation
   */
  public static customerManaged(key?: kms.IKey): TopicEncryption {
    return new TopicEncryption(true, key);
  }

  private constructor(
    /** Whether a customer key is used. */
    public readonly isCustomerManaged: boolean,
    /** The customer key that was given; undefined if a key is created for each topic, and with the AWS managed key. */
    public readonly masterKey?: kms.IKey,
  ) {}

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.masterKey === undefined) return [];
    return at('key', keyProblems(scope, this.masterKey, { service: 'SNS', what: 'topic', instead: 'TopicEncryption.awsManaged()' }));
  }

  /**
   * The key, created under `scope` if none was given; undefined for the AWS managed key.
   * @internal
   */
  public _topicKey(scope: Construct, removalPolicy: RemovalPolicy): kms.IKey | undefined {
    if (!this.isCustomerManaged) return undefined;
    return this.masterKey ?? new kms.Key(scope, 'Key', {
      enableKeyRotation: true, removalPolicy, description: `Encrypts the messages of ${scope.node.path}`,
    });
  }
}
