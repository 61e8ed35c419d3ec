import { Problems } from '../private/problems';

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

  private constructor(private readonly start: Date, private readonly end?: Date | null) {}

  /** @internal */
  public _check(problems: Problems): void {
    const valid = (date: Date | null) => typeof date?.getTime === 'function' && !Number.isNaN(date.getTime());
    const dates = [this.start, ...this.end === undefined ? [] : [this.end]];
    if (!dates.every(valid)) {
      problems.add({ prop: 'replay', got: 'something that is not a date', allowed: 'dates', fix: 'Give a Date, such as new Date(\'2026-01-31T00:00:00Z\').' });
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
