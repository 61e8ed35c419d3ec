import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { describe, describeDuration, describeSize } from './describe';
import { Problem } from './problems';

/** The bounds and the default of a prop. `M` is the type of the measured value: the value itself, or the length of a string or list. */
interface BoundOptions<T, M = T> {
  /** The least value that is allowed. */
  readonly min: M;
  /**
   * The greatest value that is allowed.
   *
   * @default - no limit
   */
  readonly max?: M;
  /** The value must be a multiple of this. By default 1 second, 1 byte or 1. */
  readonly step?: M;
  /** What to do if the value is not allowed; one or more sentences. */
  readonly fix: string;
  /**
   * Reads a token in the unit of the template, the only unit in which a token is allowed; undefined if tokens are not allowed.
   *
   * @default - whole seconds, bytes or numbers
   */
  readonly readToken?: ((value: T) => unknown) | undefined;
}

type WithDefault<D> = { readonly default?: D };

/** A unit of values. */
export interface Unit<M> {
  /** Its size in the smallest unit. */
  readonly size: number;
  /** In an error message: `KiB`. */
  readonly word: string;
  /** How users write it: `Size.kibibytes`. */
  readonly factory: string;
  readonly make: (amount: number) => M;
}

/** How limits are counted and described. */
interface Scale<M> {
  /** From smallest to largest. */
  readonly units: readonly Unit<M>[];
  /** The default step. */
  readonly step: M;
  count(limit: M): number;
  describe(limit: M): string;
}

/** How a value is measured. */
interface Measure<T, M> {
  readonly of: (value: T) => M;
  readonly describe: (value: T) => string;
  readonly isToken: (value: T) => boolean;
  readonly readToken: (value: T) => unknown;
  /** The counted noun, singular and plural: `character`, `characters`. */
  readonly counted?: readonly [string, string];
}

const DURATIONS: Scale<Duration> = {
  count: limit => limit.toMilliseconds({ integral: false }),
  describe: describeDuration,
  units: [
    { size: 1, word: 'milliseconds', factory: 'Duration.millis', make: Duration.millis },
    { size: 1000, word: 'seconds', factory: 'Duration.seconds', make: Duration.seconds },
    { size: 60_000, word: 'minutes', factory: 'Duration.minutes', make: Duration.minutes },
    { size: 3_600_000, word: 'hours', factory: 'Duration.hours', make: Duration.hours },
    { size: 86_400_000, word: 'days', factory: 'Duration.days', make: Duration.days },
  ],
  step: Duration.seconds(1),
};

const SIZES: Scale<Size> = {
  count: limit => limit.toBytes({ rounding: SizeRoundingBehavior.NONE }),
  describe: describeSize,
  units: [
    { size: 1, word: 'bytes', factory: 'Size.bytes', make: Size.bytes },
    { size: 1024, word: 'KiB', factory: 'Size.kibibytes', make: Size.kibibytes },
    { size: 1024 ** 2, word: 'MiB', factory: 'Size.mebibytes', make: Size.mebibytes },
    { size: 1024 ** 3, word: 'GiB', factory: 'Size.gibibytes', make: Size.gibibytes },
  ],
  step: Size.bytes(1),
};

const NUMBERS: Scale<number> = {
  count: limit => limit,
  describe,
  units: [{ size: 1, word: 'numbers', factory: '', make: amount => amount }],
  step: 1,
};

const same = <T>(value: T) => value;
const isToken = (value: unknown) => Token.isUnresolved(value);

const DURATION: Measure<Duration, Duration> = {
  of: same,
  describe: describeDuration,
  isToken: value => value.isUnresolved(),
  readToken: value => value.toSeconds(),
};
const SIZE: Measure<Size, Size> = {
  of: same,
  describe: describeSize,
  isToken: value => value.isUnresolved(),
  readToken: value => value.toBytes(),
};
const NUMBER: Measure<number, number> = { of: same, describe, isToken, readToken: same };
const CHARACTERS = ['character', 'characters'] as const;
const ITEMS = ['item', 'items'] as const;
const LENGTH: Measure<string, number> = {
  of: value => value.length,
  describe: value => value === '' ? 'an empty string' : `a string of ${plural(value.length, ...CHARACTERS)}`,
  isToken,
  readToken: same,
  counted: CHARACTERS,
};
const COUNT: Measure<readonly unknown[], number> = {
  of: value => value.length,
  describe: value => value.length === 0 ? 'an empty list' : `a list of ${plural(value.length, ...ITEMS)}`,
  isToken,
  readToken: same,
  counted: ITEMS,
};

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * The bounds of one prop, inclusive, as data: the check, the default, the random draws and docs/bounds.md read them.
 */
export class Bound<T, D extends T | undefined = T | undefined, M = unknown> {
  public static duration<D extends Duration | undefined = undefined>(options: BoundOptions<Duration> & WithDefault<D>): Bound<Duration, D, Duration> {
    return new Bound(DURATIONS, DURATION, options);
  }

  public static size<D extends Size | undefined = undefined>(options: BoundOptions<Size> & WithDefault<D>): Bound<Size, D, Size> {
    return new Bound(SIZES, SIZE, options);
  }

  /** Whole numbers; specify a `step` of 0 for all numbers. */
  public static number<D extends number | undefined = undefined>(options: BoundOptions<number> & WithDefault<D>): Bound<number, D, number> {
    return new Bound(NUMBERS, NUMBER, options);
  }

  /** The number of characters of a string. */
  public static length(options: BoundOptions<string, number>): Bound<string, undefined, number> {
    return new Bound(NUMBERS, LENGTH, options);
  }

  /** The number of items in a list. */
  public static count(options: BoundOptions<readonly unknown[], number>): Bound<readonly unknown[], undefined, number> {
    return new Bound(NUMBERS, COUNT, options);
  }

  public readonly min: M;
  /** Infinite without a limit. */
  public readonly max: M;
  public readonly step: M;
  public readonly fix: string;
  public readonly default: D;
  /** The units of the values, from smallest to largest. */
  public readonly units: readonly Unit<M>[];
  private readonly readToken?: (value: T) => unknown;

  private constructor(private readonly scale: Scale<M>, private readonly measure: Measure<T, M>, options: BoundOptions<T, M> & WithDefault<D>) {
    this.min = options.min;
    this.max = options.max ?? scale.units[0].make(Infinity);
    this.step = options.step ?? scale.step;
    this.fix = options.fix;
    this.default = options.default as D;
    this.units = scale.units;
    this.readToken = 'readToken' in options ? options.readToken : measure.readToken;
  }

  /** `1 minute to 12 hours (inclusive), in whole seconds`. */
  public get allowed(): string {
    const { min, max } = this.texts;
    const { counts } = this;
    const noun = (count: number) => this.measure.counted ? ` ${this.measure.counted[count === 1 ? 0 : 1]}` : '';
    const range = max === undefined ? `at least ${min}${noun(counts.min)}` : `${min} to ${max}${noun(counts.max)} (inclusive)`;
    return `${range}${this.suffix}`;
  }

  /** The bounds and the default in words; undefined if there is none. */
  public get texts(): { readonly min: string; readonly max?: string; readonly step?: string; readonly default?: string } {
    const { scale, counts } = this;
    return {
      min: scale.describe(this.min),
      max: counts.max === Infinity ? undefined : scale.describe(this.max),
      step: counts.step === 0 ? undefined : scale.describe(this.step),
      default: this.default === undefined ? undefined : this.measure.describe(this.default),
    };
  }

  /** Bounds and step in the smallest unit: milliseconds, bytes, numbers, characters or items. */
  public get counts(): { readonly min: number; readonly max: number; readonly step: number } {
    const { scale, min, max, step } = this;
    return { min: scale.count(min), max: scale.count(max), step: scale.count(step) };
  }

  /** The unit in which a token must be created; undefined if tokens are not allowed. */
  public get tokenUnit(): Unit<M> | undefined {
    return this.units.find(unit => this.reads(unit.make(Token.asNumber({})) as unknown as T));
  }

  /** What is wrong with a value; nothing if it is omitted. */
  public check(prop: string, value: T | undefined): Problem[] {
    if (value === undefined || this.known(value) !== undefined) return [];
    const { measure, allowed, fix } = this;
    if (!measure.isToken(value)) return [{ prop, got: measure.describe(value), allowed, fix }];
    if (this.reads(value)) return [];
    const got = 'a value only known at deployment';
    if (this.readToken === undefined) return [{ prop, got, allowed: `${allowed}, known at synthesis`, fix }];
    // A token can only be read in the unit in which it was created, and the template has one unit.
    const factory = `${this.tokenUnit?.factory}()`;
    return [{ prop, got: `${got}, in another unit`, allowed: `a token created with ${factory}`, fix: `The CDK cannot convert such a value at synthesis; create it with ${factory}.` }];
  }

  /** The value in milliseconds, bytes or numbers, or its length, if it is allowed and known at synthesis. */
  public known(value: T | undefined): number | undefined {
    if (value === undefined || this.measure.isToken(value)) return undefined;
    const { min, max, step } = this.counts;
    const counted = this.scale.count(this.measure.of(value));
    // Beyond the safe integers, whole numbers cannot be distinguished.
    const isMultiple = step === 0 ? Number.isFinite(counted) : Number.isSafeInteger(counted / step);
    return counted >= min && counted <= max && isMultiple ? counted : undefined;
  }

  /** `, in whole seconds`. */
  private get suffix(): string {
    const { step } = this.counts;
    if (this.measure.counted || step === 0) return '';
    const unit = this.units.find(({ size }) => size === step);
    if (unit) return `, in whole ${unit.word}`;
    return `, in multiples of ${this.scale.describe(this.step)}`;
  }

  /** Whether a token is in the unit of the template. */
  private reads(token: T): boolean {
    try {
      this.readToken?.(token);
      return this.readToken !== undefined;
    } catch {
      return false;
    }
  }
}

/** The bounds of a set of props, by the name of the prop. */
export type BoundsOf<P> = { readonly [K in keyof P]?: Bound<NonNullable<P[K]>> };

/** The props that are out of bounds. */
export function checkBounds<P extends object>(bounds: BoundsOf<P>, props: P): Problem[] {
  return (Object.entries(bounds) as [keyof P & string, Bound<unknown>][]).flatMap(([prop, bound]) => bound.check(prop, props[prop]));
}
