import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IDependable } from 'constructs';
import { DeadLetters } from './dead-letters';
import { LargePayloads } from './large-payloads';
import { Ordering } from './ordering';
import { OuterQueue } from './private/outer-queue';
import { OwnQueue } from './private/own-queue';
import { PayloadBucket } from './private/payload-bucket';
import { checkMade } from './private/queue-at-synthesis';
import { WORK_QUEUE } from './private/queue-bounds';
import { encryptionProblems, encryptionProps } from './private/queue-encryption';
import { redriveAllow } from './private/redrive-allow';
import { checkDelay, secondsWithin } from './private/retention';
import { CONSUME_ACTIONS, REDRIVE_ACTIONS, checkGrantee, grantOnQueue } from './private/work-queue-grants';
import { Encryption } from '../access/encryption';
import { ServiceSource } from '../access/service-source';
import { acknowledgeDeadLetterQueue } from '../private/acknowledge';
import { checkBounds } from '../private/bounds';
import { placeOf } from '../private/environment';
import { grantOnKey, otherAccountProblems } from '../private/grants';
import { READ_KEY, WRITE_KEY } from '../private/key-permissions';
import { isSameKey, keepForDeadLetters, removeUnusedKey } from '../private/keys';
import { maximumPerMinute } from '../private/metric-options';
import { MAX_NAME_LENGTH, nameProblems, stackUniqueName } from '../private/names';
import { Problem, at, fail, refuse, throwProblems } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';
import { recordDefaultVisibility } from '../private/visibility-timeouts';

/**
 * Properties of a work queue.
 */
export interface WorkQueueProps {
  /**
   * Whether messages keep their order. A dedicated dead-letter queue is of the same kind. If you change the kind, both queues are replaced, and
   * their messages are deleted unless `removalPolicy` keeps the old queues.
   *
   * @default Ordering.standard()
   */
  readonly ordering?: Ordering;

  /**
   * Where SQS moves the messages that consumers cannot process.
   *
   * If you change to another kind of dead letters, a dedicated dead-letter queue is deleted with its messages, unless `removalPolicy` keeps it.
   *
   * @default DeadLetters.dedicated(), which moves a message after 5 receives and keeps it for 14 days
   */
  readonly deadLetters?: DeadLetters;

  /**
   * How messages are encrypted at rest, in this queue and in a dedicated dead-letter queue.
   *
   * A message stays encrypted with the key that it was sent with. If you change the encryption, a key that was created here is deleted, and the
   * remaining messages cannot be read, unless `removalPolicy` keeps the key. If dead letters go to a shared or existing queue, the key is always kept.
   *
   * @default Encryption.serviceManaged(), which is free
   */
  readonly encryption?: Encryption;

  /**
   * How long SQS reuses a data key before it calls KMS again: 60 seconds to 24 hours, in this queue and in a dedicated dead-letter queue. A longer time means fewer billed
   * KMS requests, but a revoked permission takes effect later. Only with a customer key.
   *
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
   */
  readonly dataKeyReuse?: Duration;

  /**
   * How long a received message stays hidden from other consumers: 0 seconds to 12 hours. Specify more time than the processing takes; for a
   * Lambda consumer, at least 6 times the timeout of the function. A `FunctionWorker` raises the default to that, and refuses a shorter time.
   *
   * @default Duration.seconds(30)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   */
  readonly visibilityTimeout?: Duration;

  /**
   * How long a new message stays hidden before its first delivery (a delay queue): 0 seconds to 15 minutes, and less than `retention`.
   *
   * @default Duration.seconds(0)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
   */
  readonly deliveryDelay?: Duration;

  /**
   * How long a message is kept if no consumer deletes it: 60 seconds to 14 days. For a standard queue, less than the retention of its dead letters.
   *
   * @default Duration.days(4)
   */
  readonly retention?: Duration;

  /**
   * How long a receive call waits for a message to arrive (long polling): 0 to 20 seconds. 0 is short polling, which queries only a subset of the
   * servers and needs more requests.
   *
   * @default Duration.seconds(20)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
   */
  readonly receiveMessageWaitTime?: Duration;

  /**
   * The maximum size of a message, including its attributes: 1 KiB to 1 MiB.
   *
   * @default Size.mebibytes(1)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
   */
  readonly maxMessageSize?: Size;

  /**
   * Where the Amazon SQS Extended Client Libraries store payloads that are too large for a message: up to 2 GB.
   *
   * Producers, consumers and consumers of dead letters are granted what their library needs on the objects. If you remove it, or change to another bucket, a bucket
   * that was created is kept, and these grants are removed: consume the messages first.
   *
   * @default - no bucket; a message has at most `maxMessageSize`
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-managing-large-messages.html
   */
  readonly largePayloads?: LargePayloads;

  /**
   * The physical name: 1 to 80 letters, digits, hyphens and underscores. The name of a FIFO queue ends with `.fifo`, which counts.
   *
   * You need it only when a stack in another account or Region refers to the queue. If you change it, the queue is replaced, and its messages are
   * deleted unless `removalPolicy` keeps the old queue. The dead-letter queue is not replaced.
   *
   * @default - a unique name, generated from the construct path and the identifier that CloudFormation assigns to the stack
   */
  readonly queueName?: string;

  /**
   * What happens to the queue, a dedicated dead-letter queue, and a key created for them when they are removed from the template.
   *
   * To keep them, use `RETAIN_ON_UPDATE_OR_DELETE`. With `RETAIN`, they are also kept after a failed creation, and the next deployment fails because
   * the name of the queue is in use. Import a kept queue before you deploy a queue with the same construct path in the stack.
   *
   * If dead letters go to a shared or existing queue, a key created here is never deleted. `DESTROY` then has the effect of
   * `RETAIN_ON_UPDATE_OR_DELETE`, and the key is billed until you schedule its deletion.
   *
   * @default RemovalPolicy.DESTROY, with the messages in them
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A queue for work, with a dead-letter queue and redrive.
 *
 * It is a standard or FIFO queue with encryption, TLS only, and long polling. It has no idle cost with the default encryption.
 *
 * You can use it wherever the CDK accepts an `sqs.IQueue`: event sources, targets of rules, destinations of bucket notifications, and subscriptions.
 * The statements that these add to the queue policy are completed: a service can send only for its source (`aws:SourceArn` and
 * `aws:SourceAccount`) and, with a customer key, use the key only for that. With a customer key, `targets.SqsQueue` does not tell which rule sends,
 * so every rule of the account and Region can send.
 *
 * The grant methods allow exactly: `grantSendMessages` `sqs:SendMessage`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and
 * `kms:GenerateDataKey` and `kms:Decrypt` on a customer key; `grantConsumeMessages` `sqs:ReceiveMessage`, `sqs:DeleteMessage`,
 * `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and `kms:Decrypt` on a customer key; `grantPurge`
 * `sqs:PurgeQueue`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`. With `largePayloads`, the first also allows `s3:PutObject`, and the second
 * `s3:GetObject` and `s3:DeleteObject`, with the same actions on a customer key of the bucket; a service principal gets neither. A role of another account or Region can use all keys of the account and Region of
 * this queue, but only through SQS, because a key has no name that the template of the role can contain.
 *
 * A dependency on it is a dependency on the queue and its policy. `applyRemovalPolicy` changes only the queue itself; the prop `removalPolicy` also applies to a
 * dedicated dead-letter queue and to a key that is created here.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another; for a grant to a service principal without a source, a
 * principal with wildcards, or a role of another account without a name; for a source whose messages would never arrive
 * @example
 * import * as cdk from 'aws-cdk-lib';
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import * as queues from 'cdk-decouple/queues';
 *
 * declare const producer: iam.IGrantable;
 * declare const consumer: iam.IGrantable;
 *
 * const jobs = new queues.WorkQueue(this, 'Jobs', { visibilityTimeout: cdk.Duration.minutes(3) });
 * jobs.grantSendMessages(producer);
 * jobs.grantConsumeMessages(consumer);
 */
export class WorkQueue extends OuterQueue {
  /**
   * What is wrong with the props, for the construct that the queue is in.
   * @internal
   */
  public static _check(scope: Construct, props: WorkQueueProps): Problem[] {
    return queueProblems(scope, { ...props, ...withDefaults(props) });
  }

  /** The dead-letter queue; undefined with `DeadLetters.none()`. */
  public readonly deadLetterQueue?: sqs.IQueue;

  /** How the queue orders its messages. */
  public readonly ordering: Ordering;

  /** The number of times a message is received before it is moved to the dead-letter queue; undefined with `DeadLetters.none()`. */
  public readonly maxReceiveCount?: number;

  /** The bucket for large payloads, created or existing; undefined without `largePayloads`. */
  public readonly payloadBucket?: s3.IBucket;

  /** @internal */
  protected readonly _inner: OwnQueue;
  private readonly payloads?: PayloadBucket;

  constructor(scope: Construct, id: string, props: WorkQueueProps = {}) {
    super(scope, id, { physicalName: props.queueName });
    const { ordering, encryption, deadLetters, retention } = withDefaults(props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;
    throwProblems(this, 'WorkQueue', WorkQueue._check(this, props));

    const queueName = props.queueName ?? stackUniqueName(this, MAX_NAME_LENGTH.queue, ordering.isFifo ? '.fifo' : '');
    this.ordering = ordering;
    const key = encryption._key(this, 'Key', { removalPolicy, description: `Encrypts the messages of ${this.node.path}` });
    const common: sqs.QueueProps = { ...ordering._queueProps(), ...encryptionProps(key, props.dataKeyReuse), enforceSSL: true, removalPolicy };
    const deadLetterQueue = deadLetters._kind === 'dedicated'
      ? this.dedicatedDeadLetterQueue({ ...common, retentionPeriod: deadLetters._retention })
      : deadLetters._queue;

    this._inner = new OwnQueue(this, 'Queue', {
      ...common,
      queueName,
      visibilityTimeout: props.visibilityTimeout ?? WORK_QUEUE.visibilityTimeout.default,
      deliveryDelay: props.deliveryDelay ?? WORK_QUEUE.deliveryDelay.default,
      retentionPeriod: retention,
      receiveMessageWaitTime: props.receiveMessageWaitTime ?? WORK_QUEUE.receiveMessageWaitTime.default,
      maxMessageSizeBytes: (props.maxMessageSize ?? WORK_QUEUE.maxMessageSize.default).toBytes(),
      deadLetterQueue: deadLetterQueue && { queue: deadLetterQueue, maxReceiveCount: deadLetters._maxReceiveCount },
    }, 'WorkQueue');
    if (props.visibilityTimeout === undefined) recordDefaultVisibility(this._inner, WORK_QUEUE.visibilityTimeout.default);
    // A property injector of the organization can have changed these.
    this.deadLetterQueue = this._inner.deadLetterQueue?.queue;
    this.maxReceiveCount = this._inner.deadLetterQueue?.maxReceiveCount;
    this._standForInner();
    this.payloads = props.largePayloads?._bind(this, { queue: this._inner, deadLetterQueue: this.deadLetterQueue });
    this.payloads?.extend(this.grants);
    if (this.deadLetterQueue?.node.scope === this) this.payloads?.extendDeadLetters(this.deadLetterQueue as OwnQueue);
    this.payloadBucket = this.payloads?.bucket;
    removeUnusedKey(this, key, this._inner.key, this.deadLetterQueue?.encryptionMasterKey);
    keepForDeadLetters(this, this._inner, this.deadLetterQueue);
    checkMade(this, 'WorkQueue', { queue: this._inner, deadLetterQueue: this.deadLetterQueue });
    deadLetters._shared?._addSource(this._inner);
  }

  /**
   * Grants permissions to consume the dead letters: the actions of `grantConsumeMessages` on the dead-letter queue, and `kms:Decrypt` on its key and on
   * the key of this queue, with which a moved message stays encrypted. With `largePayloads`, also `s3:GetObject` and `s3:DeleteObject` on the objects,
   * and `kms:Decrypt` on a customer key of the bucket. `grantConsumeMessages` of a dedicated dead-letter queue grants the same; that of a shared or existing
   * one does not include the key and the objects of this queue.
   *
   * @throws Error when there is no dead-letter queue, and for another account if an existing one has the AWS managed key, whose policy nobody can change
   */
  public grantConsumeDeadLetters(grantee: iam.IGrantable): iam.Grant {
    const deadLetterQueue = this.requireDeadLetterQueue('grantConsumeDeadLetters');
    const grant = () => this.grantOnDeadLetters(deadLetterQueue, grantee);
    return this.payloads ? this.payloads.completeDeadLetters(grantee, deadLetterQueue, grant) : grant();
  }

  /**
   * Grants permissions to move dead letters back to the queue (message move tasks).
   *
   * On the dead-letter queue `sqs:StartMessageMoveTask`, `sqs:ListMessageMoveTasks`, `sqs:CancelMessageMoveTask`,
   * `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:GetQueueAttributes`; on this queue `sqs:SendMessage`; with customer keys
   * `kms:Decrypt` on the key of the dead-letter queue, and `kms:GenerateDataKey` and `kms:Decrypt` on the key of this queue.
   *
   * @throws Error when there is no dead-letter queue, and for a principal of another account
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html
   */
  public grantRedrive(grantee: iam.IGrantable): iam.Grant {
    const deadLetterQueue = this.requireDeadLetterQueue('grantRedrive');
    refuse(this, 'WorkQueue', otherAccountProblems(this, 'grantRedrive', grantee,
      'SQS accepts message move tasks only from the account of the queue; let the other account assume a role of this one.'));
    checkGrantee(this, 'grantRedrive', grantee, [deadLetterQueue, this._inner]);
    return grantOnQueue(this, 'grantRedrive', grantee, deadLetterQueue, REDRIVE_ACTIONS, READ_KEY)
      .combine(grantOnQueue(this, 'grantRedrive', grantee, this._inner, ['sqs:SendMessage'], WRITE_KEY));
  }

  /**
   * Allows an AWS service to send for one source only: `sqs:SendMessage` with `aws:SourceArn` and `aws:SourceAccount` and, with a customer key,
   * `kms:Decrypt` and `kms:GenerateDataKey` for that service.
   *
   * Call it for sources without a target, destination, or subscription of the CDK. Those call `addToResourcePolicy`.
   *
   * @returns the policies that must exist before the service can send; add them as dependencies of the resource that sends
   * @throws Error for an incomplete source, and for messages that would never arrive, as with `addToResourcePolicy`
   */
  public allowService(source: ServiceSource): IDependable[] {
    return this._inner.allowService(source);
  }

  /**
   * The messages that wait or are being processed: visible plus in flight, maximum over 1 minute.
   *
   * SQS reports no metrics for a queue without activity for 6 hours.
   */
  public metricBacklog(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    const metric = maximumPerMinute(this, 'WorkQueue', 'metricBacklog', { period: options?.period });
    return new cloudwatch.MathExpression({
      ...options,
      label: options?.label ?? 'Backlog',
      period: metric.period,
      expression: 'visible + inFlight',
      usingMetrics: {
        visible: this.metricApproximateNumberOfMessagesVisible(metric),
        inFlight: this.metricApproximateNumberOfMessagesNotVisible(metric),
      },
    });
  }

  /**
   * The dead letters that wait: `ApproximateNumberOfMessagesVisible` of the dead-letter queue, maximum over 1 minute. Create an alarm for 1 or more.
   *
   * Do not use `NumberOfMessagesSent`: it does not count messages that SQS moves.
   *
   * @throws Error when there is no dead-letter queue
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.requireDeadLetterQueue('metricDeadLetters')
      .metricApproximateNumberOfMessagesVisible(maximumPerMinute(this, 'WorkQueue', 'metricDeadLetters', options));
  }

  private dedicatedDeadLetterQueue(props: sqs.QueueProps): sqs.Queue {
    const queue = new OwnQueue(this, 'DeadLetterQueue', props, 'WorkQueue');
    redriveAllow(queue, () => [this._inner], 'Use a SharedDeadLetterQueue for several queues.');
    acknowledgeDeadLetterQueue(queue);
    return queue;
  }

  private grantOnDeadLetters(deadLetterQueue: sqs.IQueue, grantee: iam.IGrantable): iam.Grant {
    const grant = grantOnQueue(this, 'grantConsumeDeadLetters', grantee, deadLetterQueue, CONSUME_ACTIONS, READ_KEY);
    const { key } = this._inner;
    if (!key || isSameKey(key, deadLetterQueue.encryptionMasterKey)) return grant;
    return grant.combine(grantOnKey(this, 'WorkQueue', 'grantConsumeDeadLetters', { key, service: 'sqs' }, grantee, READ_KEY));
  }

  private requireDeadLetterQueue(method: string): sqs.IQueue {
    return this.deadLetterQueue ?? fail(this, 'WorkQueue', {
      prop: `${method}()`, got: 'DeadLetters.none()', allowed: 'a queue with dead letters', fix: 'Specify other dead letters, or remove this call.',
    });
  }
}

/** The props of a work queue that the checks compare with one another. */
type ComparedQueueProps = Required<Pick<WorkQueueProps, 'ordering' | 'encryption' | 'deadLetters' | 'retention'>>;

function withDefaults(props: WorkQueueProps): ComparedQueueProps {
  return {
    ordering: props.ordering ?? Ordering.standard(),
    encryption: props.encryption ?? Encryption.serviceManaged(),
    deadLetters: props.deadLetters ?? DeadLetters.dedicated(),
    retention: props.retention ?? WORK_QUEUE.retention.default,
  };
}

/** What is wrong with the props, each by itself and compared with the others. */
function queueProblems(scope: Construct, props: WorkQueueProps & ComparedQueueProps): Problem[] {
  const { ordering: { isFifo }, queueName } = props;
  const retention = secondsWithin(WORK_QUEUE.retention, props.retention);
  return [
    ...checkBounds(WORK_QUEUE, props),
    ...checkDelay(secondsWithin(WORK_QUEUE.deliveryDelay, props.deliveryDelay), retention),
    ...encryptionProblems(scope, props.encryption, props.dataKeyReuse),
    ...at('deadLetters', props.deadLetters._check({ isFifo, retention, queueName, ...placeOf(scope) })),
    ...at('largePayloads', props.largePayloads?._check(props.deadLetters, { isFifo, retention }) ?? []),
    ...removalPolicyProblems(props.removalPolicy),
    ...nameProblems('queue', queueName, isFifo),
  ];
}
