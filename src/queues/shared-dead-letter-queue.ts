import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { Ordering } from './ordering';
import { maximumPerMinute } from './private/metric-options';
import { OwnQueue } from './private/own-queue';
import { SHARED_DEAD_LETTER_QUEUE } from './private/queue-bounds';
import { encryptionProblems, encryptionProps } from './private/queue-encryption';
import { redriveAllow } from './private/redrive-allow';
import { standFor } from './private/stand-for';
import { checkMade } from './private/synth-checks';
import { Encryption } from '../access/encryption';
import { acknowledgeDeadLetterQueue } from '../private/acknowledge';
import { checkBounds } from '../private/bounds';
import { removeUnusedKey } from '../private/keys';
import { throwProblems } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';

/**
 * Properties of a shared dead-letter queue.
 */
export interface SharedDeadLetterQueueProps {
  /**
   * The kind of the queues that share it: a FIFO queue needs a FIFO dead-letter queue. Changing it replaces the queue, and the dead
   * letters in it are deleted unless `removalPolicy` keeps the old one.
   *
   * @default Ordering.standard()
   */
  readonly ordering?: Ordering;

  /**
   * How dead letters are encrypted at rest.
   *
   * They stay encrypted with the key of their time. A key made here that is no longer asked for is deleted, unless `removalPolicy` keeps
   * it.
   *
   * @default Encryption.serviceManaged(), which is free
   */
  readonly encryption?: Encryption;

  /**
   * How long SQS reuses a data key before it calls KMS again: 60 seconds to 24 hours. A longer time means fewer billed
   * KMS requests, but a revoked permission takes effect later. Only with a customer key.
   *
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  readonly dataKeyReuse?: Duration;

  /**
   * How long dead letters are kept: 60 seconds to 14 days.
   *
   * @default Duration.days(14)
   */
  readonly retention?: Duration;

  /**
   * What becomes of the queue, and of a key made for it, when it leaves the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A dead-letter queue for several work queues.
 *
 * While at most 10 queues of the same stack use it, only they may (`RedriveAllowPolicy`); beyond that, or once a queue of
 * another stack uses it, every queue of the account and Region may. It has no idle cost with the default encryption.
 *
 * It is an `sqs.IQueue`, whose policy and grants are completed as those of a `WorkQueue`. A moved message stays encrypted with the key of
 * the queue it came from: for a work queue with a customer key of its own, call its `grantConsumeDeadLetters` as well as
 * `grantConsumeMessages` here.
 *
 * @throws Error naming every prop that is out of bounds
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export class SharedDeadLetterQueue extends sqs.QueueBase {
  public readonly queueArn: string;
  public readonly queueUrl: string;
  public readonly queueName: string;
  public readonly fifo: boolean;
  public readonly encryptionType?: sqs.QueueEncryption;

  /**
   * The customer key, given, created, or put there by a property injector; undefined with SQS-managed encryption.
   *
   * It shares its node with the key that was given, and is not the same object: what the CDK adds to its policy for a service without a
   * condition is replaced.
   */
  public readonly encryptionMasterKey?: kms.IKey;

  /** False: the queue within has the policy. */
  protected readonly autoCreatePolicy = false;

  private readonly inner: OwnQueue;
  private readonly sources = new Set<sqs.Queue>();

  constructor(scope: Construct, id: string, props: SharedDeadLetterQueueProps = {}) {
    super(scope, id);
    const ordering = props.ordering ?? Ordering.standard();
    const encryption = props.encryption ?? Encryption.serviceManaged();
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;

    throwProblems(this, 'SharedDeadLetterQueue', [
      ...checkBounds(SHARED_DEAD_LETTER_QUEUE, props),
      ...encryptionProblems(this, encryption, props.dataKeyReuse),
      ...removalPolicyProblems(props.removalPolicy),
    ]);

    const key = encryption._key(this, 'Key', { removalPolicy, description: `Encrypts the dead letters of ${this.node.path}` });
    this.inner = new OwnQueue(this, 'Queue', {
      ...ordering._queueProps(),
      ...encryptionProps(key, props.dataKeyReuse),
      enforceSSL: true,
      retentionPeriod: props.retention ?? SHARED_DEAD_LETTER_QUEUE.retention.default,
      removalPolicy,
    }, 'SharedDeadLetterQueue');
    // What a property injector of the organization made of the queue is what the template says.
    ({ queueArn: this.queueArn, queueUrl: this.queueUrl, queueName: this.queueName, fifo: this.fifo } = this.inner);
    ({ encryptionType: this.encryptionType, encryptionMasterKey: this.encryptionMasterKey } = this.inner);
    standFor(this, this.inner);
    removeUnusedKey(this, key, this.inner.key);
    acknowledgeDeadLetterQueue(this.inner);
    checkMade(this, 'SharedDeadLetterQueue', { queue: this.inner });
    redriveAllow(this.inner, () => {
      // A source that was refused after it was made, and taken out of the tree, does not count.
      const sources = [...this.sources].filter(isAttached);
      // The ARN of a queue in another stack could only be had by a reference, which would be circular.
      return sources.some(source => Stack.of(source) !== Stack.of(this)) ? undefined : sources;
    }, 'Use DeadLetters.shared() with the SharedDeadLetterQueue itself, which then allows the queue.');
  }

  /**
   * Adds a statement to the queue policy. One that lets a service send is completed, as by `WorkQueue.addToResourcePolicy`.
   */
  public override addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    return this.inner.addToResourcePolicy(statement);
  }

  /** Grants actions on the customer key: of those that the CDK asks for, the ones that SQS needs. */
  public override grantOnKey(grantee: iam.IGrantable, ...actions: string[]): iam.GrantOnKeyResult {
    return this.inner.grantOnKey(grantee, ...actions);
  }

  /** Allows the given actions on the queue, and none on its key. */
  public override grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    return this.inner.grant(grantee, ...actions);
  }

  /**
   * The dead letters waiting: `ApproximateNumberOfMessagesVisible`, maximum over 1 minute. Alarm on 1 or more.
   *
   * @param options override the statistic, period or label
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricApproximateNumberOfMessagesVisible(maximumPerMinute(this, 'SharedDeadLetterQueue', 'metricDeadLetters', options));
  }

  /**
   * Told by each work queue that uses this one.
   * @internal
   */
  public _addSource(source: sqs.Queue): void {
    this.sources.add(source);
  }
}

/** Whether a construct, and every one it is in, is still in the tree. */
function isAttached(construct: IConstruct): boolean {
  const parent = construct.node.scope;
  return !parent || (parent.node.tryFindChild(construct.node.id) === construct && isAttached(parent));
}
