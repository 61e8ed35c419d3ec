import * as sqs from 'aws-cdk-lib/aws-sqs';

/**
 * Where EventBridge puts the events it cannot deliver to a work queue: the queue is gone, or its policy refuses.
 *
 * Not to be confused with the dead letters of the queue itself, which were delivered and could not be processed.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export class EventDeadLetters {
  /**
   * The dead-letter queue of the work queue receives both kinds. No further resource.
   *
   * An event that EventBridge puts there has no source queue: a redrive has to name its destination.
   */
  public static sameAsQueue(): EventDeadLetters {
    return new EventDeadLetters('same');
  }

  /**
   * A standard queue that exists already, in the Region of the rule. EventBridge takes no FIFO queue.
   */
  public static existing(queue: sqs.IQueue): EventDeadLetters {
    return new EventDeadLetters('existing', queue);
  }

  /**
   * None: an event that cannot be delivered is lost.
   *
   * @param reason why losing it is right; for the people who read the code
   */
  public static none(reason: string): EventDeadLetters {
    return new EventDeadLetters('none', undefined, reason);
  }

  private constructor(
    /** @internal */
    public readonly _kind: 'same' | 'existing' | 'none',
    private readonly queue?: sqs.IQueue,
    /** Why there are none; undefined when there are. */
    public readonly reason?: string,
  ) {}

  /** Whether the dead-letter queue of the work queue receives the events. */
  public get isSameAsQueue(): boolean {
    return this._kind === 'same';
  }

  /**
   * The queue that receives; undefined when there is none.
   * @internal
   */
  public _target(own: sqs.IQueue | undefined): sqs.IQueue | undefined {
    return this._kind === 'same' ? own : this.queue;
  }
}
