import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeadLetterSource } from './private/dead-letter-source';
import { redriveRefusal } from './private/redrive-allow';
import { checkRetention } from './private/retention';
import { SharedDeadLetterQueue } from './shared-dead-letter-queue';
import { checkArn } from '../private/arn';
import { describe } from '../private/describe';
import { knownApart } from '../private/environment';
import { Bounds, Problems } from '../private/problems';
import { factsOf } from '../private/queue-facts';

/**
 * When a message is given up.
 */
export interface DeadLetterOptions {
  /**
   * How often a message is received before it is moved to the dead-letter queue: 1 to 1,000 times.
   *
   * With a Lambda consumer at least 5, because a throttled poll counts as a receive.
   *
   * @default 5
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  readonly maxReceiveCount?: number;
}

/**
 * Options of a dead-letter queue of one's own.
 */
export interface DedicatedDeadLetterOptions extends DeadLetterOptions {
  /**
   * How long dead letters are kept: 60 seconds to 14 days.
   *
   * For a standard queue it must be longer than the retention of the queue: a message keeps the time it was first sent
   * at, so it has already used up part of this when it is moved. A FIFO queue starts the time anew.
   *
   * @default Duration.days(14)
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
   */
  readonly retention?: Duration;
}

const DEFAULT_MAX_RECEIVE_COUNT = 5;
const DEFAULT_RETENTION = Duration.days(14);
const RETENTION: Bounds<Duration> = { min: Duration.seconds(60), max: Duration.days(14), fix: 'Give a retention in this range, or leave it out for 14 days.' };

/**
 * Where a queue puts the messages its consumers cannot process.
 */
export class DeadLetters {
  /**
   * A dead-letter queue for this queue alone, of the same kind and with the same encryption. Costs nothing at rest.
   *
   * Only this queue can use it (`RedriveAllowPolicy`).
   */
  public static dedicated(options: DedicatedDeadLetterOptions = {}): DeadLetters {
    return new DeadLetters('dedicated', options ?? {});
  }

  /**
   * A dead-letter queue that several queues share. Fewer resources, but a redrive moves every message back to where it
   * came from at once.
   *
   * Dead letters stay encrypted with the key of the queue they came from. A key made for that queue is kept when the queue is deleted, and is
   * billed until you schedule its deletion.
   */
  public static shared(deadLetterQueue: SharedDeadLetterQueue, options: DeadLetterOptions = {}): DeadLetters {
    return new DeadLetters('shared', options ?? {}, deadLetterQueue);
  }

  /**
   * A queue that exists already, in the same account and Region and of the same kind. It is not changed: its
   * redrive-allow policy, TLS policy, encryption and retention are its owner's. That of another work queue will not do, as only
   * that one may use it.
   *
   * Dead letters stay encrypted with the key of the queue they came from. A key made for that queue is kept when the queue is deleted, and is
   * billed until you schedule its deletion.
   */
  public static existing(queue: sqs.IQueue, options: DeadLetterOptions = {}): DeadLetters {
    return new DeadLetters('existing', options ?? {}, undefined, queue);
  }

  /**
   * None: a message that fails is received again until its retention ends, and is then lost.
   *
   * @param reason why losing it is right; for the people who read the code
   */
  public static none(reason: string): DeadLetters {
    return new DeadLetters('none', {}, undefined, undefined, reason);
  }

  private constructor(
    private readonly kind: 'dedicated' | 'shared' | 'existing' | 'none',
    private readonly options: DedicatedDeadLetterOptions | null,
    private readonly shared?: SharedDeadLetterQueue,
    private readonly existing?: sqs.IQueue,
    /** Why there are no dead letters; undefined when there are. */
    public readonly reason?: string,
  ) {}

  /** How often a message is received before it is moved to the dead-letter queue; undefined when there are no dead letters. */
  public get maxReceiveCount(): number | undefined {
    return this.kind === 'none' ? undefined : this._maxReceiveCount;
  }

  /** @internal */
  public get _dedicated(): boolean {
    return this.kind === 'dedicated';
  }

  /** @internal */
  public get _shared(): SharedDeadLetterQueue | undefined {
    return this.shared;
  }

  /**
   * The queue that receives, unless it has to be made or there is none.
   * @internal
   */
  public get _queue(): sqs.IQueue | undefined {
    return this.shared?.queue ?? this.existing;
  }

  /** @internal */
  public get _maxReceiveCount(): number {
    return this.options?.maxReceiveCount ?? DEFAULT_MAX_RECEIVE_COUNT;
  }

  /** @internal */
  public get _retention(): Duration {
    return this.options?.retention ?? DEFAULT_RETENTION;
  }

  /** @internal */
  public _checkSource(problems: Problems, source: DeadLetterSource): void {
    if (this.kind === 'none') {
      problems.text('deadLetters', this.reason ?? '', 'Say in DeadLetters.none(reason) why losing a message that fails is right here.');
      return;
    }
    problems.integer('deadLetters.maxReceiveCount', this.options?.maxReceiveCount, {
      min: 1, max: 1000, fix: 'Give a count in this range, or use DeadLetters.none(reason) to keep retrying until the retention ends.',
    });
    if (this.kind === 'dedicated') {
      const retention = problems.seconds('deadLetters.retention', this.options?.retention, RETENTION);
      const known = this.options?.retention === undefined ? DEFAULT_RETENTION.toSeconds() : retention;
      checkRetention(problems, 'deadLetters.retention', known, source);
      return;
    }
    if (this.kind === 'shared' && typeof this.shared?._addSource !== 'function') {
      const fix = holdsQueue(this.shared)
        ? 'To give it all to one queue, pass its .queue to DeadLetters.existing(); for several queues, make a SharedDeadLetterQueue.'
        : 'Make one, or use DeadLetters.existing() for a queue.';
      problems.add({ prop: 'deadLetters', got: describeHolder(this.shared), allowed: 'a SharedDeadLetterQueue', fix });
      return;
    }
    const queue = this._queue;
    if (typeof queue?.queueArn !== 'string' || queue.node === undefined) {
      const fix = typeof (queue as unknown as SharedDeadLetterQueue | null)?._addSource === 'function'
        ? 'Use DeadLetters.shared() for it.'
        : `Pass ${holdsQueue(queue) ? 'its .queue' : 'the queue that shall receive the dead letters'}.`;
      problems.add({ prop: 'deadLetters', got: describeHolder(queue), allowed: 'a queue', fix });
      return;
    }
    checkArn(problems, 'deadLetters', queue.queueArn, 'sqs');
    this.checkQueue(problems, queue, source);
    const refusal = this.kind === 'existing' ? redriveRefusal(queue, source.queueName) : undefined;
    if (refusal) problems.add({ prop: 'deadLetters', ...refusal });
  }

  private checkQueue(problems: Problems, queue: sqs.IQueue, source: DeadLetterSource): void {
    const kind = (fifo: boolean) => fifo ? 'FIFO' : 'standard';
    problems.require(queue.fifo === source.isFifo, {
      prop: 'deadLetters',
      got: `the ${kind(queue.fifo)} queue '${queue.node.path}'`,
      allowed: `a ${kind(source.isFifo)} queue, as the queue itself is one`,
      fix: 'Use a queue of the same kind; for an imported FIFO queue whose ARN is only known at deployment, import it with fifo: true.',
    });
    for (const what of ['account', 'region'] as const) {
      problems.require(!knownApart(queue.env[what], source[what]), {
        prop: 'deadLetters',
        got: `a queue in ${what} ${queue.env[what]}`,
        allowed: `a queue in ${what} ${source[what]}, where the queue itself is`,
        fix: 'SQS moves messages only within one account and Region; use a dead-letter queue there.',
      });
    }
    checkRetention(problems, 'deadLetters', factsOf(queue).retention, source);
  }
}

/** Whether it is a construct that has the queue, such as a WorkQueue, in place of the queue. */
function holdsQueue(value: unknown): value is { queue: sqs.IQueue; node: { path: string } } {
  return typeof (value as { queue?: sqs.IQueue } | null)?.queue?.queueArn === 'string';
}

function describeHolder(value: unknown): string {
  return holdsQueue(value) ? `'${value.node.path}', which is not a queue but has one` : describe(value);
}
