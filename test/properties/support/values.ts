import { Duration, Size } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import type { World } from './world';
import { Bound, Unit } from '../../../src/private/bounds';

/** What a draw may hold: only what is allowed; anything; or what is allowed but for one thing. */
export type Mode = 'valid' | 'wild' | 'fault';

/** A value as it is drawn: made anew for each app, and readable in a counterexample. */
export class Value {
  /**
   * @param faults props that the library has to name in its error; none where the value is allowed, or where either will do
   */
  constructor(public readonly text: string, public readonly make: (world: World) => any, public readonly faults: readonly string[] = []) {}

  public toString(): string {
    return this.text;
  }

  public [fc.toStringMethod](): string {
    return this.text;
  }
}

/** How to draw a value in each mode; undefined where no fault is known. */
export interface Field {
  readonly draw: (mode: Mode) => fc.Arbitrary<Value>;
  readonly canFail: boolean;
}

export const value = (text: string, make: (world: World) => any) => new Value(text, make);
export const oneOf = (...values: Value[]) => fc.constantFrom(...values);

/** The props that have values which are refused by name, of all fields made so far. */
export const refusable = new Set<string>();

/** A prop with its allowed values, those that are refused by name, and those of which either may be the case. */
export function leaf(prop: string, allowed: fc.Arbitrary<Value>, refused?: fc.Arbitrary<Value>, unsure?: fc.Arbitrary<Value>): Field {
  if (refused) refusable.add(prop);
  const faulty = refused?.map(one => new Value(one.text, one.make, [prop]));
  return {
    canFail: faulty !== undefined,
    draw: mode => {
      if (mode === 'valid') return allowed;
      if (mode === 'fault') return faulty!;
      return fc.oneof(
        { arbitrary: allowed, weight: 30 },
        ...faulty ? [{ arbitrary: faulty, weight: 2 }] : [], ...unsure ? [{ arbitrary: unsure, weight: 1 }] : [],
      );
    },
  };
}

/** Several ways to say a prop, each of which knows its modes. */
export function either(...fields: Field[]): Field {
  const failing = fields.filter(field => field.canFail);
  return {
    canFail: failing.length > 0,
    draw: mode => fc.oneof(...(mode === 'fault' ? failing : fields).map(field => field.draw(mode))),
  };
}

/** A field whose values are mapped, such as the options of a factory to what the factory makes of them. */
export function map(field: Field, name: string, make: (given: any, world: World) => any): Field {
  return {
    canFail: field.canFail,
    draw: mode => field.draw(mode).map(inner => new Value(`${name}(${inner.text})`, world => make(inner.make(world), world), inner.faults)),
  };
}

/**
 * A struct, each prop left out about as often as given; in a faulty one exactly one prop is at fault.
 *
 * @param required props that are never left out
 */
export function struct(fields: Record<string, Field>, required: string[] = []): Field {
  const names = Object.keys(fields);
  const failing = names.filter(name => fields[name].canFail);
  const some = (mode: Mode, culprit?: string) => fc.tuple(...names.map(name => {
    if (name === culprit) return fields[name].draw('fault').map(drawn => [name, drawn] as const);
    const drawn = fields[name].draw(mode === 'wild' ? 'wild' : 'valid').map(one => [name, one] as const);
    if (required.includes(name)) return drawn;
    return fc.option(drawn, { nil: undefined, freq: 2 });
  })).map(entries => {
    const given = entries.filter(entry => entry !== undefined);
    return new Value(
      `{ ${given.map(([name, one]) => `${name}: ${one.text}`).join(', ')} }`,
      world => Object.fromEntries(given.map(([name, one]) => [name, one.make(world)])),
      given.flatMap(([, one]) => one.faults),
    );
  });
  return {
    canFail: failing.length > 0,
    draw: mode => mode === 'fault' ? fc.constantFrom(...failing).chain(culprit => some('fault', culprit)) : some(mode),
  };
}

/** The arguments of a method, none of which is left out; in a faulty draw exactly one is at fault. */
export function args(...fields: Field[]): Field {
  const failing = fields.filter(field => field.canFail);
  const given = (modeOf: (field: Field) => Mode) => fc.tuple(...fields.map(field => field.draw(modeOf(field)))).map(drawn => new Value(
    drawn.map(one => one.text).join(', '), world => drawn.map(one => one.make(world)), drawn.flatMap(one => one.faults),
  ));
  return {
    canFail: failing.length > 0,
    draw: mode => mode === 'fault' ? fc.constantFrom(...failing).chain(culprit => given(field => field === culprit ? 'fault' : 'valid')) : given(() => mode),
  };
}

export const nothing = oneOf(value('undefined', () => undefined));
export function numberTokens(known: number): fc.Arbitrary<Value> {
  return oneOf(
    value(`Lazy.number(${known})`, world => world.lazyNumber(known)),
    value('CfnParameter.valueAsNumber', world => world.numberParameter(known)),
  );
}

export function textTokens(known: string): fc.Arbitrary<Value> {
  return oneOf(
    value(`Lazy.string('${known}')`, world => world.lazyText(known)),
    value('CfnParameter.valueAsString', world => world.textParameter(known)),
  );
}

/** What a draw needs to know beside the bound. */
export interface DrawOptions<T> {
  /** The least and the greatest of the values that are drawn as allowed, where other props leave less than the bound. */
  readonly min?: T;
  readonly max?: T;
  /** What a token stands for; the default or the least value unless it is given. */
  readonly token?: T;
}

type Measured = Duration | Size | number;

/** A field with the values that a bound allows, and those that it refuses. */
export function bounded<T extends Measured>(prop: string, bound: Bound<T, T | undefined, T>, options: DrawOptions<T> = {}): Field {
  return leaf(prop, allowedBy(bound, options), refusedBy(bound));
}

/** Both edges and their neighbors more often than the rest, in every unit, the default, tokens in the unit of the template, and nothing. */
export function allowedBy<T extends Measured>(bound: Bound<T, T | undefined, T>, { min, max, token }: DrawOptions<T> = {}): fc.Arbitrary<Value> {
  const { step, ...outer } = bound.counts;
  const [least, most] = [bound.known(min) ?? outer.min, Math.min(bound.known(max) ?? outer.max, outer.min + MANY)];
  // A range without steps is drawn in a thousand.
  const stride = step === 0 ? (most - least) / 1000 : step;
  const edges = [least, least + stride, most - stride, most, bound.known(bound.default) ?? least].filter(count => count >= least && count <= most);
  const between = fc.integer({ min: 0, max: Math.floor((most - least) / stride) }).map(steps => Math.min(least + steps * stride, most));
  const known = fc.oneof(fc.constantFrom(...edges), between).chain(count => oneOf(...spellings(bound, count)));
  const unit = bound.tokenUnit;
  const stands = bound.known(token ?? bound.default ?? bound.min);
  const tokens = unit && stands !== undefined ? [{ arbitrary: tokensIn(unit, stands / unit.size), weight: 2 }] : [];
  return fc.oneof({ arbitrary: known, weight: 5 }, ...tokens, { arbitrary: nothing, weight: 1 });
}

/** A step below and above, between two steps, not a number, far too much, and tokens in another unit, or any where none is allowed. */
export function refusedBy<T extends Measured>(bound: Bound<T, T | undefined, T>): fc.Arbitrary<Value> {
  const { min, max, step } = bound.counts;
  const outside = [min - (step || 1), max + (step || 1), max * 10 + step, 0, -1, NaN, Infinity, -Infinity];
  const between = step === 0 ? [] : [min + step / 2, Math.min(max, min + MANY) - step / 2];
  const known = [...outside, ...between].filter(count => isRefused(bound, count)).flatMap(count => spellings(bound, count));
  const { tokenUnit } = bound;
  const units = bound.units.filter(unit => unit.factory !== tokenUnit?.factory);
  return fc.oneof({ arbitrary: oneOf(...known), weight: 4 }, ...units.map(unit => ({ arbitrary: tokensIn(unit, 1), weight: 1 })));
}

/** Where a range has no end, or one that nobody counts to. */
const MANY = 2 ** 53 - 2;

/** Durations and sizes cannot be negative: the CDK throws before the library sees one. */
function isRefused<T extends Measured>(bound: Bound<T, T | undefined, T>, count: number): boolean {
  const [smallest] = bound.units;
  return !(smallest.factory !== '' && count < 0) && bound.known(smallest.make(count)) === undefined;
}

/** A count of the smallest unit in every unit that it is whole numbers of. */
function spellings<T extends Measured>({ units }: Bound<T, T | undefined, T>, count: number): Value[] {
  return units.filter(({ size }) => size === 1 || Number.isInteger(count / size))
    .map(({ factory, size, make }) => value(factory === '' ? `${count}` : `${factory}(${count / size})`, () => make(count / size)));
}

function tokensIn<T extends Measured>({ factory, make }: Unit<T>, known: number): fc.Arbitrary<Value> {
  return numberTokens(known).map(number => value(factory === '' ? number.text : `${factory}(${number.text})`, world => make(number.make(world))));
}
