import { Problem, unless } from '../private/problems';

/** Beyond the year 9999, and before the year 0, a date is written with a sign and six digits. */
const FOUR_DIGITS = /^\d{4}-/;

/**
 * The archived messages of a FIFO topic that SNS delivers to a subscription again.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
 */
export class Replay {
  /**
   * All messages published since a point in time, followed by new messages.
   */
  public static since(start: Date): Replay {
    return new Replay(start);
  }

  /**
   * All messages published between two points in time. New messages are not delivered until you remove the replay.
   */
  public static between(start: Date, end: Date): Replay {
    return new Replay(start, end);
  }

  private constructor(
    /** The publishing time of the first message to deliver again. */
    public readonly start: Date,
    /** The publishing time of the last message to deliver again; undefined if new messages follow. */
    public readonly end?: Date,
  ) {}

  /** @internal */
  public _check(): Problem[] {
    const dates = [this.start, this.end ?? this.start];
    if (dates.some(date => Number.isNaN(date.getTime()))) {
      return [{ prop: '', got: 'an invalid date', allowed: 'valid dates', fix: 'Specify a Date, such as new Date(\'2026-01-31T00:00:00Z\').' }];
    }
    if (!dates.every(date => FOUR_DIGITS.test(date.toISOString()))) {
      return [{ prop: '', got: 'a date in a year with more than four digits', allowed: 'dates in the years 0 to 9999', fix: 'Correct the date. A Date takes milliseconds, not microseconds.' }];
    }
    return unless(this.end === undefined || this.end > this.start, () => ({
      prop: '', got: `an end at ${this.end?.toISOString()}`, allowed: `a time after the start at ${this.start.toISOString()}`, fix: 'Swap or correct the two dates.',
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
