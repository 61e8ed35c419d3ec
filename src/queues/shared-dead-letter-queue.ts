import { Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { Encryption } from './encryption';
import { Ordering } from './ordering';
import { maximumPerMinute } from './private/metric-options';
import { redriveAllow } from './private/redrive-allow';
import { acknowledgeDeadLetterQueue } from '../private/acknowledge';
import { Problems } from '../private/problems';
import { checkRemovalPolicy } from '../private/removal-policy';

/**
 * Properties of a shared dead-letter queue.
 */
export interface SharedDeadLetterQueueProps {
  /**
   * The kind of the queues that share it: a FIFO queue needs a FIFO dead-letter queue.
   *
   * @default Ordering.standard()
   */
  readonly ordering?: Ordering;

  /**
   * How dead letters are encrypted at rest.
   *
   * @default Encryption.sqsManaged(), which is free
   */
  readonly encryption?: Encryption;

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

/** `RedriveAllowPolicy` names at most this many sources. */
const MAX_NAMED_SOURCES = 10;

/**
 * A dead-letter queue for several work queues.
 *
 * While at most 10 queues of the same stack use it, only they may (`RedriveAllowPolicy`); beyond that, or once a queue of
 * another stack uses it, every queue of the account and Region may. Costs nothing at rest with the default encryption.
 *
 * @throws Error naming every prop that is out of bounds
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export class SharedDeadLetterQueue extends Construct {
  /** The queue. */
  public readonly queue: sqs.Queue;

  /** The customer key, when one is used. */
  public readonly encryptionKey?: kms.IKey;

  private readonly sources = new Map<Construct, string>();

  constructor(scope: Construct, id: string, props: SharedDeadLetterQueueProps = {}) {
    super(scope, id);
    const ordering = props.ordering ?? Ordering.standard();
    const encryption = props.encryption ?? Encryption.sqsManaged();
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;

    const problems = new Problems(this, 'SharedDeadLetterQueue');
    if (problems.instance('ordering', ordering, '_queueProps', 'Ordering.standard() or Ordering.fifo()')) ordering._check(problems);
    if (problems.instance('encryption', encryption, '_encryptionProps', 'Encryption.sqsManaged() or Encryption.customerManaged()')) encryption._check(problems, this);
    problems.seconds('retention', props.retention, {
      min: Duration.seconds(60), max: Duration.days(14), fix: 'Give a retention in this range, or leave it out for 14 days.',
    });
    checkRemovalPolicy(problems, props.removalPolicy);
    problems.throwIfAny();

    this.encryptionKey = encryption._key(this, removalPolicy, `Encrypts the dead letters of ${this.node.path}`);
    this.queue = new sqs.Queue(this, 'Queue', {
      ...ordering._queueProps(),
      ...encryption._encryptionProps(this.encryptionKey),
      enforceSSL: true,
      retentionPeriod: props.retention ?? Duration.days(14),
      removalPolicy,
    });
    acknowledgeDeadLetterQueue(this.queue);
    redriveAllow(this.queue, Lazy.any({
      produce: () => {
        // A source that was refused after it was made, and taken out of the tree, does not count.
        const sources = [...this.sources].filter(([source]) => isAttached(source));
        // The ARN of a queue in another stack could only be had by a reference, which would be circular.
        const foreign = sources.some(([source]) => Stack.of(source) !== Stack.of(this));
        return foreign || sources.length === 0 || sources.length > MAX_NAMED_SOURCES
          ? { redrivePermission: sqs.RedrivePermission.ALLOW_ALL }
          : { redrivePermission: sqs.RedrivePermission.BY_QUEUE, sourceQueueArns: sources.map(([, arn]) => arn) };
      },
    }), 'Use DeadLetters.shared() with the SharedDeadLetterQueue itself, which then allows the queue.');
  }

  /**
   * The dead letters waiting: `ApproximateNumberOfMessagesVisible`, maximum over 1 minute. Alarm on 1 or more.
   *
   * @param options override the statistic, period or label
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.queue.metricApproximateNumberOfMessagesVisible(maximumPerMinute(options));
  }

  /**
   * Told by each work queue that uses this one.
   * @internal
   */
  public _addSource(source: Construct, arn: string): void {
    this.sources.set(source, arn);
  }
}

/** Whether a construct, and every one it is in, is still in the tree. */
function isAttached(construct: IConstruct): boolean {
  const parent = construct.node.scope;
  return !parent || (parent.node.tryFindChild(construct.node.id) === construct && isAttached(parent));
}
