import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IDependable } from 'constructs';
import { DeadLetters } from './dead-letters';
import { Ordering } from './ordering';
import { keepForDeadLetters } from './private/made-key';
import { maximumPerMinute } from './private/metric-options';
import { OwnQueue } from './private/own-queue';
import { WORK_QUEUE } from './private/queue-bounds';
import { encryptionProps } from './private/queue-encryption';
import { redriveAllow } from './private/redrive-allow';
import { standFor } from './private/stand-for';
import { checkMade } from './private/synth-checks';
import { checkQueueProps } from './private/work-queue-checks';
import { CONSUME_ACTIONS, READ_KEY, REDRIVE_ACTIONS, WRITE_KEY, checkGrantee, grantOnQueue } from './private/work-queue-grants';
import { Encryption } from '../access/encryption';
import { ServiceSource } from '../access/service-source';
import { acknowledgeDeadLetterQueue } from '../private/acknowledge';
import { grantOnKey, otherAccountProblems } from '../private/grants';
import { isSameKey, removeUnusedKey } from '../private/keys';
import { stackUniqueName } from '../private/names';
import { fail, refuse, throwProblems } from '../private/problems';

/**
 * Properties of a work queue.
 */
export interface WorkQueueProps {
  /**
   * Whether messages keep their order. The dead-letter queue inherits it. Changing it replaces both queues, and the messages in them
   * are deleted unless `removalPolicy` keeps the old ones.
   *
   * @default Ordering.standard()
   */
  readonly ordering?: Ordering;

  /**
   * Where the messages go that cannot be processed.
   *
   * A dedicated dead-letter queue that is no longer asked for is deleted with the dead letters in it, unless `removalPolicy` keeps it.
   *
   * @default DeadLetters.dedicated(), after 5 receives, kept for 14 days
   */
  readonly deadLetters?: DeadLetters;

  /**
   * How messages are encrypted at rest, in this queue and in a dedicated dead-letter queue.
   *
   * Messages stay encrypted with the key of their time. A key made here that is no longer asked for is deleted, and what still waits
   * cannot be read any more, unless `removalPolicy` keeps it. With dead letters in a shared or existing queue, the key is always kept.
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
   * How long a received message stays hidden from other consumers: 0 seconds to 12 hours. Longer than processing takes; for
   * a Lambda consumer at least 6 times the function's timeout.
   *
   * @default Duration.seconds(30)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
   */
  readonly visibilityTimeout?: Duration;

  /**
   * How long every new message stays hidden before its first delivery (a delay queue): 0 seconds to 15 minutes, and less than `retention`.
   *
   * @default Duration.seconds(0)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
   */
  readonly deliveryDelay?: Duration;

  /**
   * How long a message that nobody deletes is kept: 60 seconds to 14 days; for a standard queue less than its dead letters are.
   *
   * @default Duration.days(4)
   */
  readonly retention?: Duration;

  /**
   * How long a receive call waits for a message to arrive (long polling): 0 to 20 seconds. 0 is short polling, which answers
   * from a part of the servers only and costs more requests.
   *
   * @default Duration.seconds(20)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
   */
  readonly receiveMessageWaitTime?: Duration;

  /**
   * The largest message accepted, attributes included: 1 KiB to 1 MiB.
   *
   * @default Size.mebibytes(1)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
   */
  readonly maxMessageSize?: Size;

  /**
   * The physical name: at most 80 letters, digits, hyphens and underscores, `.fifo` included, which a FIFO queue's name ends in.
   * Needed only when a stack in another account or Region refers to the queue. Changing it replaces the queue, and the messages in it are
   * deleted unless `removalPolicy` keeps the old one. The dead-letter queue stays.
   *
   * @default - made of the construct path and the identifier CloudFormation gives the stack, so that it is known before the
   * queue exists and collides with no other
   */
  readonly queueName?: string;

  /**
   * What becomes of the queue, of a dedicated dead-letter queue, and of a key made for them, when they leave the template.
   *
   * To keep them, use `RETAIN_ON_UPDATE_OR_DELETE`: with `RETAIN` they also stay after a failed creation, and the next attempt finds the
   * name of the queue taken. A kept queue has to be imported before one with the same construct path can be deployed in the stack.
   *
   * With dead letters in a shared or existing queue, a key made here is never deleted: `DESTROY` keeps it as
   * `RETAIN_ON_UPDATE_OR_DELETE` does, and it is billed until you schedule its deletion.
   *
   * @default RemovalPolicy.DESTROY, with the messages in them
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A queue for work, with its dead-letter queue and redrive.
 *
 * Standard or FIFO, encrypted, TLS only, long polling. It has no idle cost with the default encryption.
 *
 * It is an `sqs.IQueue`, and goes wherever the CDK takes one: event sources, targets of rules, destinations of bucket notifications,
 * subscriptions. What these add to the queue policy is completed: a service may send for its source alone (`aws:SourceArn` and
 * `aws:SourceAccount`), and, with a customer key, use the key for that. A rule is named, except with a customer key: `targets.SqsQueue` does
 * not tell the rule then, and every rule of the account and Region may send.
 *
 * The grant methods allow exactly: `grantSendMessages` `sqs:SendMessage`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and
 * `kms:GenerateDataKey` and `kms:Decrypt` on a customer key; `grantConsumeMessages` `sqs:ReceiveMessage`, `sqs:DeleteMessage`,
 * `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and `kms:Decrypt` on a customer key; `grantPurge`
 * `sqs:PurgeQueue`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`. A role of another account or Region may use the keys of the account and
 * Region of this queue, and those through SQS alone, because a key has no name that the template of the role could state.
 *
 * Depending on it means depending on the queue and its policy.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another; when granted to a service principal without a source, a
 * principal with wildcards, and a role of another account without a name; for a source whose messages would never arrive
 * @example
 * const jobs = new WorkQueue(this, 'Jobs', { visibilityTimeout: Duration.minutes(3) });
 * jobs.grantSendMessages(producer);
 * jobs.grantConsumeMessages(consumer);
 */
export class WorkQueue extends sqs.QueueBase {
  public readonly queueArn: string;
  public readonly queueUrl: string;
  public readonly queueName: string;
  public readonly fifo: boolean;
  public readonly encryptionType?: sqs.QueueEncryption;

  /**
   * The customer key of the queue, given, created, or put there by a property injector; undefined with SQS-managed encryption.
   *
   * It shares its node with the key that was given, and is not the same object: what the CDK adds to its policy for a service without a
   * condition is replaced.
   */
  public readonly encryptionMasterKey?: kms.IKey;

  /** Where the messages go that cannot be processed; undefined with `DeadLetters.none()`. */
  public readonly deadLetterQueue?: sqs.IQueue;

  /** How the queue orders its messages. */
  public readonly ordering: Ordering;

  /** How often a message is received before it is moved; undefined with `DeadLetters.none()`. */
  public readonly maxReceiveCount?: number;

  /** False: the queue within has the policy. */
  protected readonly autoCreatePolicy = false;
  private readonly inner: OwnQueue;

  constructor(scope: Construct, id: string, props: WorkQueueProps = {}) {
    super(scope, id, { physicalName: props.queueName });
    const ordering = props.ordering ?? Ordering.standard();
    const encryption = props.encryption ?? Encryption.serviceManaged();
    const deadLetters = props.deadLetters ?? DeadLetters.dedicated();
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;
    const retention = props.retention ?? WORK_QUEUE.retention.default;
    throwProblems(this, 'WorkQueue', checkQueueProps(this, { ...props, ordering, encryption, deadLetters, retention }));

    const queueName = props.queueName ?? stackUniqueName(this, 80, ordering.isFifo ? '.fifo' : '');
    this.ordering = ordering;
    const key = encryption._key(this, 'Key', { removalPolicy, description: `Encrypts the messages of ${this.node.path}` });
    const common: sqs.QueueProps = { ...ordering._queueProps(), ...encryptionProps(key, props.dataKeyReuse), enforceSSL: true, removalPolicy };
    const deadLetterQueue = deadLetters._dedicated
      ? this.dedicatedDeadLetterQueue({ ...common, retentionPeriod: deadLetters._retention })
      : deadLetters._queue;

    this.inner = new OwnQueue(this, 'Queue', {
      ...common,
      queueName,
      visibilityTimeout: props.visibilityTimeout ?? WORK_QUEUE.visibilityTimeout.default,
      deliveryDelay: props.deliveryDelay ?? WORK_QUEUE.deliveryDelay.default,
      retentionPeriod: retention,
      receiveMessageWaitTime: props.receiveMessageWaitTime ?? WORK_QUEUE.receiveMessageWaitTime.default,
      maxMessageSizeBytes: (props.maxMessageSize ?? WORK_QUEUE.maxMessageSize.default).toBytes(),
      deadLetterQueue: deadLetterQueue && { queue: deadLetterQueue, maxReceiveCount: deadLetters._maxReceiveCount },
    }, 'WorkQueue');
    // What a property injector of the organization made of the queue is what the template says.
    this.deadLetterQueue = this.inner.deadLetterQueue?.queue;
    this.maxReceiveCount = this.inner.deadLetterQueue?.maxReceiveCount;
    ({ queueArn: this.queueArn, queueUrl: this.queueUrl, queueName: this.queueName, fifo: this.fifo } = this.inner);
    ({ encryptionType: this.encryptionType, encryptionMasterKey: this.encryptionMasterKey } = this.inner);
    standFor(this, this.inner);
    removeUnusedKey(this, key, this.inner.key, this.deadLetterQueue?.encryptionMasterKey);
    keepForDeadLetters(this, this.inner, this.deadLetterQueue);
    checkMade(this, 'WorkQueue', { queue: this.inner, deadLetterQueue: this.deadLetterQueue });
    deadLetters._shared?._addSource(this.inner);
  }

  /**
   * Adds a statement to the queue policy.
   *
   * One that lets a service send is completed: it shares the statement of its service, which has the source and the account of each, and
   * with a customer key the service may use the key for them.
   *
   * @throws Error for a service principal without a condition on its source, and for what would never arrive: a bucket or a standard topic
   * on a FIFO queue, a rule on a FIFO queue without content-based deduplication, a bucket of another Region, or on a queue whose messages may
   * not reach 64 KiB, alarms, and any service on a queue that a property injector gave the key `alias/aws/sqs`
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
   * Allows consuming the dead letters: the actions of `grantConsumeMessages` on the dead-letter queue, and `kms:Decrypt` on its key and
   * on the key of this queue, with which a moved message stays encrypted.
   *
   * @throws Error when there is no dead-letter queue
   */
  public grantConsumeDeadLetters(grantee: iam.IGrantable): iam.Grant {
    const deadLetterQueue = this.requireDeadLetterQueue('grantConsumeDeadLetters');
    const grant = grantOnQueue(this, 'grantConsumeDeadLetters', grantee, deadLetterQueue, CONSUME_ACTIONS, READ_KEY);
    const { key } = this.inner;
    if (!key || isSameKey(key, deadLetterQueue.encryptionMasterKey)) return grant;
    return grant.combine(grantOnKey(this, 'WorkQueue', 'grantConsumeDeadLetters', { key, service: 'sqs' }, grantee, READ_KEY));
  }

  /**
   * Allows moving dead letters back (message move tasks).
   *
   * On the dead-letter queue `sqs:StartMessageMoveTask`, `sqs:ListMessageMoveTasks`, `sqs:CancelMessageMoveTask`,
   * `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:GetQueueAttributes`; on this queue `sqs:SendMessage`; with customer keys
   * `kms:Decrypt` on that of the dead-letter queue and `kms:GenerateDataKey` and `kms:Decrypt` on that of this queue.
   *
   * @throws Error when there is no dead-letter queue, and for a principal of another account
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html
   */
  public grantRedrive(grantee: iam.IGrantable): iam.Grant {
    const deadLetterQueue = this.requireDeadLetterQueue('grantRedrive');
    refuse(this, 'WorkQueue', otherAccountProblems(this, 'grantRedrive', grantee,
      'SQS accepts message move tasks only from the account of the queue; let the other account assume a role of this one.'));
    checkGrantee(this, 'grantRedrive', grantee, [deadLetterQueue, this.inner]);
    return grantOnQueue(this, 'grantRedrive', grantee, deadLetterQueue, REDRIVE_ACTIONS, READ_KEY)
      .combine(grantOnQueue(this, 'grantRedrive', grantee, this.inner, ['sqs:SendMessage'], WRITE_KEY));
  }

  /**
   * Allows an AWS service to send, for one source alone: `sqs:SendMessage` with `aws:SourceArn` and `aws:SourceAccount`, and
   * with a customer key `kms:Decrypt` and `kms:GenerateDataKey` for that service.
   *
   * For a source that has no target, destination or subscription of the CDK; those call `addToResourcePolicy`.
   *
   * @returns what must exist before the service can deliver; add it as a dependency of what starts the delivery
   * @throws Error for what would never arrive: a bucket or a standard topic on a FIFO queue, a bucket on a queue whose messages may
   * not reach 64 KiB, alarms, and anything on a queue that a property injector gave the key `alias/aws/sqs`
   */
  public allowService(source: ServiceSource): IDependable[] {
    return this.inner.allowService(source);
  }

  /**
   * The messages waiting or being worked on: visible plus in flight, maximum over 1 minute.
   *
   * A queue without traffic for 6 hours reports nothing at all.
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
   * The dead letters waiting: `ApproximateNumberOfMessagesVisible` of the dead-letter queue, maximum over 1 minute. Alarm on 1
   * or more. `NumberOfMessagesSent` would not do: moves by SQS are not counted there.
   *
   * @throws Error when there is no dead-letter queue
   */
  public metricDeadLetters(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.requireDeadLetterQueue('metricDeadLetters')
      .metricApproximateNumberOfMessagesVisible(maximumPerMinute(this, 'WorkQueue', 'metricDeadLetters', options));
  }

  private dedicatedDeadLetterQueue(props: sqs.QueueProps): sqs.Queue {
    const queue = new OwnQueue(this, 'DeadLetterQueue', props, 'WorkQueue');
    redriveAllow(queue, () => [this.inner], 'Use a SharedDeadLetterQueue for several queues.');
    acknowledgeDeadLetterQueue(queue);
    return queue;
  }

  private requireDeadLetterQueue(method: string): sqs.IQueue {
    return this.deadLetterQueue ?? fail(this, 'WorkQueue', {
      prop: `${method}()`, got: 'DeadLetters.none()', allowed: 'a queue with dead letters', fix: 'Give the queue dead letters, or leave this call out.',
    });
  }
}
