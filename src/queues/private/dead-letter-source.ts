/** What the checks need to know of the queue whose messages are given up. */
export interface DeadLetterSource {
  readonly isFifo: boolean;
  /** Seconds; undefined when only known at deployment. */
  readonly retention?: number;
  readonly account: string;
  readonly region: string;
}
