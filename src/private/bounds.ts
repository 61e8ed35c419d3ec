import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { describe, describeDuration, describeSize } from './describe';
import { Problem } from './problems';

/** What a prop may be, and what it is by default. */
export interface BoundOptions<T> {
  /** The least value that is allowed. */
  readonly min: T;
  /** The greatest value that is allowed. */
  readonly max: T;
  /** What the value has to be a multiple of: 1 second, 1 byte or 1 unless it is given. */
  readonly step?: T;
  /** What to do about a value that is not allowed; a sentence, or several. */
  readonly fix: string;
  /**
   * Reads a token in the unit of the template, which is the only one it can be given in; undefined where a token is not allowed.
   *
   * @default - whole seconds, bytes or numbers
   */
  readonly readToken?: ((value: T) => number) | undefined;
}

/** How the values of a type are counted and described. */
interface Scale<T> {
  readonly count: (value: T) => number;
  readonly describe: (value: T) => string;
  /** `, in whole seconds`: what follows a range of these values. */
  readonly suffix: (step: number) => string;
  readonly readToken: (value: T) => number;
  readonly isToken: (value: T) => boolean;
}

const named = (units: [number, string][]) => (step: number) => {
  const unit = units.find(([size]) => size === step);
  return unit ? `, in whole ${unit[1]}` : '';
};

const DURATIONS: Scale<Duration> = {
  count: value => value.toMilliseconds({ integral: false }),
  describe: describeDuration,
  suffix: named([[1000, 'seconds'], [60_000, 'minutes'], [86_400_000, 'days']]),
  readToken: value => value.toSeconds(),
  isToken: value => value.isUnresolved(),
};

const SIZES: Scale<Size> = {
  count: value => value.toBytes({ rounding: SizeRoundingBehavior.NONE }),
  describe: describeSize,
  suffix: named([[1024, 'KiB'], [1024 ** 2, 'MiB'], [1024 ** 3, 'GiB']]),
  readToken: value => value.toBytes(),
  isToken: value => value.isUnresolved(),
};

const NUMBERS: Scale<number> = {
  count: value => value,
  describe: value => describe(value),
  suffix: named([[1, 'numbers']]),
  readToken: value => value,
  isToken: value => Token.isUnresolved(value),
};

/**
 * The bounds of one prop, inclusive, as data: the check, the default, the random draws and docs/bounds.md read them.
 */
export class Bound<T, D extends T | undefined = T | undefined> {
  public static duration<D extends Duration | undefined = undefined>(options: BoundOptions<Duration> & { readonly default?: D }): Bound<Duration, D> {
    return new Bound(DURATIONS, Duration.seconds(1), options);
  }

  public static size<D extends Size | undefined = undefined>(options: BoundOptions<Size> & { readonly default?: D }): Bound<Size, D> {
    return new Bound(SIZES, Size.bytes(1), options);
  }

  /** Whole numbers; give a `step` of 0 for all numbers. */
  public static number<D extends number | undefined = undefined>(options: BoundOptions<number> & { readonly default?: D }): Bound<number, D> {
    return new Bound(NUMBERS, 1, options);
  }

  public readonly min: T;
  public readonly max: T;
  public readonly step: T;
  public readonly fix: string;
  public readonly default: D;
  private readonly readToken?: (value: T) => number;

  private constructor(private readonly scale: Scale<T>, step: T, options: BoundOptions<T> & { readonly default?: D }) {
    this.min = options.min;
    this.max = options.max;
    this.step = options.step ?? step;
    this.fix = options.fix;
    this.default = options.default as D;
    this.readToken = 'readToken' in options ? options.readToken : scale.readToken;
  }

  /** `1 minute to 12 hours (inclusive), in whole seconds`. */
  public get allowed(): string {
    const { scale, min, max } = this;
    const range = scale.count(max) === Infinity ? `at least ${scale.describe(min)}` : `${scale.describe(min)} to ${scale.describe(max)} (inclusive)`;
    return `${range}${scale.suffix(scale.count(this.step))}`;
  }

  /** The default in words; undefined where there is none. */
  public get defaultText(): string | undefined {
    return this.default === undefined ? undefined : this.scale.describe(this.default);
  }

  /** What is wrong with a value; nothing where it is left out. */
  public check(prop: string, value: T | undefined): Problem[] {
    if (value === undefined || this.known(value) !== undefined) return [];
    const got = this.scale.isToken(value) ? this.tokenProblem(value) : this.scale.describe(value);
    return got === undefined ? [] : [{ prop, got, allowed: this.allowed, fix: this.fix }];
  }

  /** The value in milliseconds, bytes or as it is, where it is allowed and known at synth. */
  public known(value: T | undefined): number | undefined {
    if (value === undefined || this.scale.isToken(value)) return undefined;
    const { count } = this.scale;
    const [counted, step] = [count(value), count(this.step)];
    const isMultiple = step === 0 || Number.isInteger(counted / step);
    return counted >= count(this.min) && counted <= count(this.max) && isMultiple ? counted : undefined;
  }

  /** A token can only be read in the unit it was made in, and the service takes one unit. */
  private tokenProblem(value: T): string | undefined {
    if (this.readToken === undefined) return describe(value);
    try {
      this.readToken(value);
      return undefined;
    } catch {
      return `${describe(value)}, in another unit than the service takes`;
    }
  }
}

/** The bounds of a set of props, by the name of the prop. */
export type BoundsOf<P> = { readonly [K in keyof P]?: Bound<NonNullable<P[K]>> };

/** What is out of bounds in a set of props. */
export function checkBounds<P extends object>(bounds: BoundsOf<P>, props: P): Problem[] {
  return (Object.entries(bounds) as [keyof P & string, Bound<unknown>][]).flatMap(([prop, bound]) => bound.check(prop, props[prop]));
}
