import { Problem, unless } from '../private/problems';

/** Beyond the year 9999, and before the year 0, a date is written with a sign and six digits. */
const FOUR_DIGITS = /^\d{4}-/;

/**
 * The archived messages of a FIFO topic that a subscription receives again.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
 */
export class Replay {
  /**
   * All messages that were published since a time, and then new messages.
   */
  public static since(start: Date): Replay {
    return new Replay(start);
  }

  /**
   * All messages that were published between two times. New messages are not delivered until the replay policy is removed.
   */
  public static between(start: Date, end: Date): Replay {
    return new Replay(start, end);
  }

  private constructor(
    /** When the first message that is received again was published. */
    public readonly start: Date,
    /** When the last message that is received again was published; undefined if new messages follow. */
    public readonly end?: Date,
  ) {}

  /** @internal */
  public _check(): Problem[] {
    const dates = [this.start, this.end ?? this.start];
    if (dates.some(date => Number.isNaN(date.getTime()))) {
      return [{ prop: '', got: 'an invalid date', allowed: 'valid dates', fix: 'Give a Date, such as new Date(\'2026-01-31T00:00:00Z\').' }];
    }
    if (!dates.every(date => FOUR_DIGITS.test(date.toISOString()))) {
      return [{ prop: '', got: 'a date in a year with more than four digits', allowed: 'dates in the years 0 to 9999', fix: 'Correct the date. A Date takes milliseconds, not microseconds.' }];
    }
    return unless(this.end === undefined || this.end > this.start, () => ({
      prop: '', got: `an end at ${this.end?.toISOString()}`, allowed: `a time after the start at ${this.start.toISOString()}`, fix: 'Swap the two, or correct them.',
    }));
  }

  /** @internal */
  public _render() {
    return {
      PointType: 'Timestamp',
      StartingPoint: this.start.toISOString(),
      ...this.end && { EndingPoint: this.end.toISOString() },
    };
  }
}
