import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DEAD_LETTERS } from './private/queue-bounds';
import { redriveRefusal } from './private/redrive-allow';
import { SourceQueue, checkRetention, secondsWithin } from './private/retention';
import { SharedDeadLetterQueue } from './shared-dead-letter-queue';
import { arnProblems } from '../private/arn';
import { checkBounds } from '../private/bounds';
import { kindProblems, placeProblems } from '../private/environment';
import { Problem, blankProblems } from '../private/problems';
import { factsOf } from '../private/queue-facts';

/**
 * Options of a dedicated dead-letter queue.
 */
export interface DedicatedDeadLetterOptions {
  /**
   * The number of times a message is received before it is moved to the dead-letter queue: 1 to 1,000.
   *
   * For a Lambda consumer, specify at least 5, because a throttled poll counts as a receive.
   *
   * @default 5
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  readonly maxReceiveCount?: number;

  /**
   * How long dead letters are kept: 60 seconds to 14 days.
   *
   * For a standard queue, it must be longer than the retention of the queue: a moved message keeps its original timestamp, so part of
   * this time has already passed when the message is moved. For a FIFO queue, the retention starts again when the message is moved.
   *
   * @default Duration.days(14)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  readonly retention?: Duration;
}

/**
 * Where SQS moves the messages that consumers cannot process.
 */
export class DeadLetters {
  /**
   * A dead-letter queue for this queue only, of the same kind and with the same encryption. It has no idle cost.
   *
   * No other queue can use it (`RedriveAllowPolicy`).
   */
  public static dedicated(options: DedicatedDeadLetterOptions = {}): DeadLetters {
    return new DeadLetters('dedicated', options);
  }

  /**
   * A dead-letter queue that several queues share. This needs fewer resources, but a redrive moves the messages of all source queues back
   * at once.
   *
   * Dead letters stay encrypted with the key of their source queue. A key created for that queue is kept when the queue is deleted, and is
   * billed until you schedule its deletion.
   *
   * @param maxReceiveCount the number of times a message is received before it is moved: 1 to 1,000; 5 by default
   */
  public static shared(deadLetterQueue: SharedDeadLetterQueue, maxReceiveCount?: number): DeadLetters {
    return new DeadLetters('shared', { maxReceiveCount }, deadLetterQueue);
  }

  /**
   * An existing queue in the same account and Region, and of the same kind. It is not changed: its owner is responsible for its
   * redrive-allow policy, TLS policy, encryption and retention. The dedicated dead-letter queue of another work queue is refused, because
   * it allows only its owner.
   *
   * Dead letters stay encrypted with the key of their source queue. A key created for that queue is kept when the queue is deleted, and is
   * billed until you schedule its deletion.
   *
   * @param maxReceiveCount the number of times a message is received before it is moved: 1 to 1,000; 5 by default
   */
  public static existing(queue: sqs.IQueue, maxReceiveCount?: number): DeadLetters {
    return new DeadLetters('existing', { maxReceiveCount }, undefined, queue);
  }

  /**
   * No dead-letter queue: a message that fails is received again until its retention ends, and is then lost.
   *
   * @param reason why losing messages is acceptable; for the readers of the code. Not empty.
   */
  public static none(reason: string): DeadLetters {
    return new DeadLetters('none', {}, undefined, undefined, reason);
  }

  private constructor(
    /** @internal */
    public readonly _kind: 'dedicated' | 'shared' | 'existing' | 'none',
    private readonly options: DedicatedDeadLetterOptions,
    /** @internal */
    public readonly _shared?: SharedDeadLetterQueue,
    private readonly existing?: sqs.IQueue,
    /** Why there is no dead-letter queue; undefined when there is one. */
    public readonly reason?: string,
  ) {}

  /** The number of times a message is received before it is moved to the dead-letter queue; undefined without a dead-letter queue. */
  public get maxReceiveCount(): number | undefined {
    return this._kind === 'none' ? undefined : this._maxReceiveCount;
  }

  /**
   * The shared or existing dead-letter queue.
   * @internal
   */
  public get _queue(): sqs.IQueue | undefined {
    return this._shared ?? this.existing;
  }

  /** @internal */
  public get _maxReceiveCount(): number {
    return this.options.maxReceiveCount ?? DEAD_LETTERS.maxReceiveCount.default;
  }

  /** @internal */
  public get _retention(): Duration {
    return this.options.retention ?? DEAD_LETTERS.retention.default;
  }

  /**
   * How long dead letters are kept, in seconds: 0 without a dead-letter queue, and undefined if it is not known.
   * @internal
   */
  public _keptFor(): number | undefined {
    if (this._kind === 'none') return 0;
    return this._queue ? factsOf(this._queue).retention : secondsWithin(DEAD_LETTERS.retention, this._retention);
  }

  /**
   * What is wrong with these options, for the queue whose dead letters are moved.
   * @internal
   */
  public _check(source: SourceQueue): Problem[] {
    if (this._kind === 'none') return blankProblems('', this.reason, 'In DeadLetters.none(reason), explain why losing a message that fails is acceptable here.');
    const queue = this._queue;
    return [
      ...checkBounds(DEAD_LETTERS, this.options),
      ...queue ? this.checkQueue(queue, source) : checkRetention('retention', secondsWithin(DEAD_LETTERS.retention, this._retention), source),
    ];
  }

  private checkQueue(queue: sqs.IQueue, source: SourceQueue): Problem[] {
    return [
      ...arnProblems(queue.queueArn, 'sqs'),
      ...kindProblems('queue', queue, source.isFifo, 'the kind of its source queue',
        'Use a queue of the same kind. To import a FIFO queue whose ARN is only known at deployment, specify fifo: true.'),
      ...placeProblems('queue', queue.env, { ...source, because: 'where the source queue is' },
        'SQS moves messages only within one account and Region; use a dead-letter queue there.'),
      ...checkRetention('', factsOf(queue).retention, source),
      // A shared dead-letter queue allows each source queue once it exists.
      ...this._shared ? [] : redriveRefusal(queue, source.queueName),
    ];
  }
}
