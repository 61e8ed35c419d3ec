import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { Ordering } from './ordering';
import { OuterQueue } from './private/outer-queue';
import { OwnQueue } from './private/own-queue';
import { checkMade } from './private/queue-at-synthesis';
import { SHARED_DEAD_LETTER_QUEUE } from './private/queue-bounds';
import { encryptionProblems, encryptionProps } from './private/queue-encryption';
import { redriveAllow } from './private/redrive-allow';
import { Encryption } from '../access/encryption';
import { acknowledgeDeadLetterQueue } from '../private/acknowledge';
import { checkBounds } from '../private/bounds';
import { removeUnusedKey } from '../private/keys';
import { maximumPerMinute } from '../private/metric-options';
import { throwProblems } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';

/**
 * Properties of a shared dead-letter queue.
 */
export interface SharedDeadLetterQueueProps {
  /**
   * The kind of the queues that share it: a FIFO queue needs a FIFO dead-letter queue. If you change it, the queue is replaced, and its dead
   * letters are deleted unless `removalPolicy` keeps the old queue.
   *
   * @default Ordering.standard()
   */
  readonly ordering?: Ordering;

  /**
   * How dead letters are encrypted at rest.
   *
   * A dead letter stays encrypted with the key of its source queue. If you change the encryption, a key that was created here is deleted unless
   * `removalPolicy` keeps it.
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
   * What happens to the queue and a key created for it when they are removed from the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A dead-letter queue for several work queues.
 *
 * If at most 10 queues use it, all in its stack, no other queue can use it (`RedriveAllowPolicy`). Otherwise, every queue of the account and Region
 * can use it. It has no idle cost with the default encryption. If the policy names the work queues, a queue of the CDK that uses it is refused when the
 * template is written.
 *
 * It is an `sqs.IQueue`. Its policy and grants are completed as those of a `WorkQueue` are. A moved message stays encrypted with the key of its source
 * queue: for a work queue with its own customer key, or with `largePayloads`, call `grantConsumeDeadLetters` of the work queue in addition to `grantConsumeMessages` of this queue.
 *
 * `applyRemovalPolicy` changes only the queue itself; the prop `removalPolicy` also applies to a key that is created here.
 *
 * @throws Error naming every prop that is out of bounds
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export class SharedDeadLetterQueue extends OuterQueue {
  /** @internal */
  protected readonly _inner: OwnQueue;
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
    this._inner = new OwnQueue(this, 'Queue', {
      ...ordering._queueProps(),
      ...encryptionProps(key, props.dataKeyReuse),
      enforceSSL: true,
      retentionPeriod: props.retention ?? SHARED_DEAD_LETTER_QUEUE.retention.default,
      removalPolicy,
    }, 'SharedDeadLetterQueue');
    // A property injector of the organization can have changed these.
    this._standForInner();
    removeUnusedKey(this, key, this._inner.key);
    acknowledgeDeadLetterQueue(this._inner);
    checkMade(this, 'SharedDeadLetterQueue', { queue: this._inner });
    redriveAllow(this._inner, () => {
      // A source that was refused after it was created is no longer in the tree.
      const sources = [...this.sources].filter(isAttached);
      // A queue in another stack can only be named by a reference, which would be circular.
      return sources.some(source => Stack.of(source) !== Stack.of(this)) ? undefined : sources;
    }, 'Use DeadLetters.shared() with the SharedDeadLetterQueue itself, which then allows the queue.');
  }

  /**
   * The dead letters that wait: `ApproximateNumberOfMessagesVisible`, maximum over 1 minute. Create an alarm for 1 or more.
   *
   * @param options other values for the statistic, period or label
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricApproximateNumberOfMessagesVisible(maximumPerMinute(this, 'SharedDeadLetterQueue', 'metricDeadLetters', options));
  }

  /**
   * Called by each work queue that uses this queue.
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
