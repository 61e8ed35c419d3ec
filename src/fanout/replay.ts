import { Problems } from '../private/problems';

/** Beyond the year 9999, and before the year 0, a date is written with a sign and six digits. */
const FOUR_DIGITS = /^\d{4}-/;

/**
 * Which archived messages of a FIFO topic a subscription receives again.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
 */
export class Replay {
  /**
   * All that was published since a time, and then what is new.
   */
  public static since(start: Date): Replay {
    return new Replay(start);
  }

  /**
   * All that was published between two times; nothing new until the replay policy is removed.
   */
  public static between(start: Date, end: Date): Replay {
    // `null` for a missing end, so that it is not taken for `since`.
    return new Replay(start, end ?? null);
  }

  private constructor(
    /** When the first message that is received again was published. */
    public readonly start: Date,
    private readonly until?: Date | null,
  ) {}

  /** When the last message that is received again was published; undefined when new ones follow. */
  public get end(): Date | undefined {
    return this.until ?? undefined;
  }

  /** @internal */
  public _check(problems: Problems): void {
    const valid = (date: Date | null) => typeof date?.getTime === 'function' && !Number.isNaN(date.getTime());
    const dates = [this.start, ...this.until === undefined ? [] : [this.until]];
    if (!dates.every(valid)) {
      problems.add({ prop: 'replay', got: 'something that is not a date', allowed: 'dates', fix: 'Give a Date, such as new Date(\'2026-01-31T00:00:00Z\').' });
    } else if (!dates.every(date => date && FOUR_DIGITS.test(date.toISOString()))) {
      problems.add({ prop: 'replay', got: 'a date in a year with more than four digits', allowed: 'dates in the years 0 to 9999', fix: 'Correct the date; was it made of microseconds?' });
    } else if (this.end && this.end <= this.start) {
      problems.add({ prop: 'replay', got: `an end at ${this.end.toISOString()}`, allowed: `a time after the start at ${this.start.toISOString()}`, fix: 'Swap the two, or correct them.' });
    }
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
