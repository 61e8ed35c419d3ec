import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Dependable } from 'constructs';
import { OwnQueue, completeGrants } from './own-queue';

/**
 * A queue that contains the L2, which completes everything that is added to its policy and its key.
 *
 * jsii hides the base class, and adds its members to the two public classes.
 * @internal
 */
export abstract class OuterQueue extends sqs.QueueBase {
  // The inner queue has the policy; a second policy would replace it.
  protected readonly autoCreatePolicy = false;

  /** @internal */
  protected abstract readonly _inner: OwnQueue;

  /**
   * The customer key itself; `encryptionMasterKey` is a view of it.
   * @internal
   */
  public get _key(): kms.IKey | undefined {
    return this._inner.key;
  }

  public get queueArn(): string {
    return this._inner.queueArn;
  }

  public get queueUrl(): string {
    return this._inner.queueUrl;
  }

  public get queueName(): string {
    return this._inner.queueName;
  }

  public get fifo(): boolean {
    return this._inner.fifo;
  }

  public get encryptionType(): sqs.QueueEncryption | undefined {
    return this._inner.encryptionType;
  }

  /**
   * The customer key of the queue: specified, created, or set by a property injector. Undefined with SQS-managed encryption.
   *
   * It is not the same object as the key that you specified, but shares its node: statements without conditions that the CDK adds for a service are
   * left out, because the exact statements are there already.
   */
  public get encryptionMasterKey(): kms.IKey | undefined {
    return this._inner.encryptionMasterKey;
  }

  /**
   * Adds a statement to the queue policy.
   *
   * A statement that lets a service send is completed: its source and account are added to the one statement for the service, and the service can use
   * a customer key for them. A statement that also allows other actions keeps them, and gets the account. A statement that names only the account gets
   * no source, because not every service sends `aws:SourceArn`.
   *
   * @throws Error for a service principal without a condition on its source, for everyone without a condition that says who, for a service and another
   * principal in one statement, and for messages that would never arrive: from a bucket or a standard
   * topic to a FIFO queue, from a rule to a FIFO queue without content-based deduplication, from a bucket of another Region, from a bucket to a queue
   * with a maximum message size of less than 64 KiB, from alarms and other services that notify only topics, from a service that sends with a role, and
   * from any service to a queue that a property injector encrypts with `alias/aws/sqs`
   */
  public override addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    return this._inner.addToResourcePolicy(statement);
  }

  /** Grants actions on the customer key; of the actions that the CDK requests, only those that SQS needs. */
  public override grantOnKey(grantee: iam.IGrantable, ...actions: string[]): iam.GrantOnKeyResult {
    return this._inner.grantOnKey(grantee, ...actions);
  }

  /** Grants the specified actions on the queue, and none on its key. */
  public override grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    return this._inner.grant(grantee, ...actions);
  }

  /**
   * Makes this construct behave as the queue inside it.
   *
   * Its default child is the L1, because `applyRemovalPolicy` throws for anything else. Its grants are those of the queue. A dependency on it is a dependency
   * on the queue and its policy only: its dead-letter queue and the subscriptions inside it can depend on resources that depend on the queue.
   * @internal
   */
  protected _standForInner(): void {
    this.node.defaultChild = this._inner.node.defaultChild;
    completeGrants(this.grants, this._inner);
    Dependable.implement(this, { dependencyRoots: [this._inner] });
  }
}
