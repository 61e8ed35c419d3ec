/** What the checks need to know of the queue whose messages are given up. */
export interface DeadLetterSource {
  readonly isFifo: boolean;
  /** Seconds; undefined when only known at deployment. */
  readonly retention?: number;
  /** The name that was given, if any. */
  readonly queueName?: string;
  readonly account: string;
  readonly region: string;
}
