import { CfnParameter, Duration, Lazy, Size, Token } from 'aws-cdk-lib';
import { Bound, BoundsOf, checkBounds } from '../../src/private/bounds';
import { newStack } from '../support/template';

const fix = 'Fix it.';
const lazy = () => Lazy.number({ produce: () => 1 });
const parameter = () => new CfnParameter(newStack(), 'P', { type: 'Number' }).valueAsNumber;

describe('a duration', () => {
  const bound = Bound.duration({ min: Duration.seconds(60), max: Duration.hours(2), default: Duration.minutes(5), fix });
  const allowed = '1 minute to 2 hours (inclusive), in whole seconds';

  test.each([
    ['the least', Duration.seconds(60), 60_000],
    ['the greatest', Duration.hours(2), 7_200_000],
    ['a part of a minute', Duration.minutes(1.5), 90_000],
    ['milliseconds that are seconds', Duration.millis(61_000), 61_000],
  ])('is allowed: %s', (_, value, millis) => {
    expect(bound.check('p', value)).toEqual([]);
    expect(bound.known(value)).toBe(millis);
  });

  test.each([
    ['a second less', Duration.seconds(59), '59 seconds'],
    ['a second more', Duration.seconds(7201), '2 hours 1 second'],
    ['zero', Duration.seconds(0), '0 seconds'],
    ['a part of a second', Duration.millis(60_500), '60500 milliseconds'],
    ['a part of a millisecond', Duration.seconds(1.0005), '1000.5 milliseconds'],
    ['NaN', Duration.seconds(NaN), 'NaN milliseconds'],
    ['Infinity', Duration.seconds(Infinity), 'Infinity milliseconds'],
  ])('is refused: %s', (_, value, got) => {
    expect(bound.check('p', value)).toEqual([{ prop: 'p', got, allowed, fix }]);
    expect(bound.known(value)).toBeUndefined();
  });

  test('has a default that the constructor reads', () => {
    const value: Duration = bound.default;
    expect(value.toMinutes()).toBe(5);
    expect(bound.texts).toEqual({ min: '1 minute', max: '2 hours', step: '1 second', default: '5 minutes' });
  });

  test('may have steps that are a unit, or are not', () => {
    const minutes = Bound.duration({ min: Duration.minutes(1), max: Duration.days(1), step: Duration.minutes(1), fix });
    expect(minutes.check('p', Duration.minutes(90))).toEqual([]);
    expect(minutes.check('p', Duration.seconds(90))).toEqual([{ prop: 'p', got: '1 minute 30 seconds', allowed: '1 minute to 1 day (inclusive), in whole minutes', fix }]);

    const quarters = Bound.duration({ min: Duration.minutes(15), max: Duration.hours(1), step: Duration.minutes(15), fix });
    expect(quarters.check('p', Duration.minutes(45))).toEqual([]);
    expect(quarters.check('p', Duration.minutes(50))).toEqual([{ prop: 'p', got: '50 minutes', allowed: '15 minutes to 1 hour (inclusive), in multiples of 15 minutes', fix }]);
  });
});

describe('a token of a duration', () => {
  const seconds = Bound.duration({ min: Duration.seconds(60), max: Duration.hours(2), fix });
  const minutes = Bound.duration({
    min: Duration.minutes(1), max: Duration.hours(2), step: Duration.minutes(1), readToken: value => value.toMinutes(), fix,
  });
  const known = Bound.duration({ min: Duration.seconds(60), max: Duration.hours(2), readToken: undefined, fix });

  test.each([['Lazy', lazy], ['CfnParameter', parameter]])('is allowed in the unit of the template, and has no known value: %s', (_, token) => {
    expect(seconds.check('p', Duration.seconds(token()))).toEqual([]);
    expect(minutes.check('p', Duration.minutes(token()))).toEqual([]);
    expect(seconds.known(Duration.seconds(token()))).toBeUndefined();
  });

  test.each([
    ['Duration.seconds', seconds, Duration.minutes(lazy())],
    ['Duration.seconds', seconds, Duration.millis(parameter())],
    ['Duration.minutes', minutes, Duration.seconds(lazy())],
  ])('has to be made with %s()', (factory, bound, value) => {
    expect(bound.tokenUnit?.factory).toBe(factory);
    expect(bound.check('p', value)).toEqual([{
      prop: 'p',
      got: 'a value only known at deployment, in another unit',
      allowed: `a token created with ${factory}()`,
      fix: `The CDK cannot convert such a value at synthesis; create it with ${factory}().`,
    }]);
  });

  test('is refused where the value has to be known', () => {
    expect(known.tokenUnit).toBeUndefined();
    expect(known.check('p', Duration.seconds(lazy()))).toEqual([{
      prop: 'p', got: 'a value only known at deployment', allowed: '1 minute to 2 hours (inclusive), in whole seconds, known at synthesis', fix,
    }]);
    expect(known.check('p', Duration.seconds(60))).toEqual([]);
  });
});

describe('a size', () => {
  const bound = Bound.size({ min: Size.kibibytes(1), max: Size.mebibytes(1), fix });
  const allowed = '1 KiB to 1 MiB (inclusive), in whole bytes';

  test.each([[Size.bytes(1024), 1024], [Size.mebibytes(1), 1_048_576], [Size.kibibytes(1.5), 1536]])('%s is allowed', (value, bytes) => {
    expect(bound.check('p', value)).toEqual([]);
    expect(bound.known(value)).toBe(bytes);
  });

  test.each([
    [Size.bytes(1023), '1023 bytes'], [Size.bytes(1_048_577), '1048577 bytes'], [Size.bytes(0), '0 bytes'], [Size.bytes(1024.5), '1024.5 bytes'],
    [Size.mebibytes(0.1), '0.1 MiB'], [Size.gibibytes(2), '2 GiB'], [Size.bytes(NaN), 'NaN bytes'],
  ])('%s is refused', (value, got) => {
    expect(bound.check('p', value)).toEqual([{ prop: 'p', got, allowed, fix }]);
    expect(bound.known(value)).toBeUndefined();
  });

  test('may have whole MiB', () => {
    const mebibytes = Bound.size({
      min: Size.mebibytes(1), max: Size.mebibytes(128), step: Size.mebibytes(1), readToken: value => value.toMebibytes(), fix,
    });
    expect(mebibytes.check('p', Size.kibibytes(2048))).toEqual([]);
    expect(mebibytes.check('p', Size.kibibytes(1536))).toEqual([{ prop: 'p', got: '1536 KiB', allowed: '1 MiB to 128 MiB (inclusive), in whole MiB', fix }]);
    expect(mebibytes.check('p', Size.mebibytes(lazy()))).toEqual([]);
    expect(mebibytes.check('p', Size.bytes(lazy()))).toMatchObject([{ allowed: 'a token created with Size.mebibytes()' }]);
  });

  test('may be a token in bytes alone', () => {
    expect(bound.check('p', Size.bytes(parameter()))).toEqual([]);
    expect(bound.check('p', Size.kibibytes(parameter()))).toMatchObject([{ allowed: 'a token created with Size.bytes()' }]);
  });
});

describe('a number', () => {
  const bound = Bound.number({ min: 1, max: 1000, default: 3, fix });

  test.each([1, 3, 1000])('%d is allowed', value => {
    expect(bound.check('p', value)).toEqual([]);
    expect(bound.known(value)).toBe(value);
  });

  test.each([0, 1001, 1.5, -1, NaN, Infinity, -Infinity])('%d is refused', value => {
    expect(bound.check('p', value)).toEqual([{ prop: 'p', got: `${value}`, allowed: '1 to 1000 (inclusive), in whole numbers', fix }]);
    expect(bound.known(value)).toBeUndefined();
  });

  test('may be a token, unless it has to be known', () => {
    expect(bound.check('p', lazy())).toEqual([]);
    expect(bound.check('p', parameter())).toEqual([]);
    const known = Bound.number({ min: 1, max: 3, readToken: undefined, fix });
    expect(known.check('p', lazy())).toEqual([{ prop: 'p', got: 'a value only known at deployment', allowed: '1 to 3 (inclusive), in whole numbers, known at synthesis', fix }]);
  });

  test.each([
    ['left out', Bound.number({ min: 1, fix })], ['Infinity', Bound.number({ min: 1, max: Infinity, fix })],
  ])('has no limit where the greatest is %s', (_, open) => {
    expect(open.check('p', Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(open.check('p', 0)).toEqual([{ prop: 'p', got: '0', allowed: 'at least 1, in whole numbers', fix }]);
    expect(open.check('p', Infinity)).toHaveLength(1);
    expect(open.texts).toEqual({ min: '1', max: undefined, step: '1', default: undefined });
  });

  test('may be any part of one', () => {
    const parts = Bound.number({ min: 0, max: 1, step: 0, fix });
    expect(parts.check('p', 0.3)).toEqual([]);
    expect(parts.check('p', 1.1)).toEqual([{ prop: 'p', got: '1.1', allowed: '0 to 1 (inclusive)', fix }]);
    expect(parts.check('p', NaN)).toHaveLength(1);
    expect(parts.texts.step).toBeUndefined();
  });

  test('may have steps', () => {
    const tens = Bound.number({ min: 10, max: 100, step: 10, fix });
    expect(tens.check('p', 50)).toEqual([]);
    expect(tens.check('p', 55)).toEqual([{ prop: 'p', got: '55', allowed: '10 to 100 (inclusive), in multiples of 10', fix }]);
  });
});

describe('the length of a string', () => {
  const bound = Bound.length({ min: 1, max: 100, fix });

  test.each([1, 100])('%d characters are allowed', length => {
    expect(bound.check('p', 'x'.repeat(length))).toEqual([]);
    expect(bound.known('x'.repeat(length))).toBe(length);
  });

  test.each([['', 'an empty string'], ['x'.repeat(101), 'a string of 101 characters']])('%p is refused', (value, got) => {
    expect(bound.check('p', value)).toEqual([{ prop: 'p', got, allowed: '1 to 100 characters (inclusive)', fix }]);
  });

  test('is not known of a token', () => {
    expect(bound.check('p', Token.asString({ Ref: 'P' }))).toEqual([]);
    expect(bound.known(`${Token.asString({ Ref: 'P' })}-orders`)).toBeUndefined();
  });

  test('may have no limit', () => {
    expect(Bound.length({ min: 1, fix }).check('p', '')).toEqual([{ prop: 'p', got: 'an empty string', allowed: 'at least 1 character', fix }]);
  });
});

describe('the number of items in a list', () => {
  const bound = Bound.count({ min: 1, max: 3, fix });

  test.each([[['a']], [['a', 'b', 'c']]])('%p is allowed', value => {
    expect(bound.check('p', value)).toEqual([]);
    expect(bound.known(value)).toBe(value.length);
  });

  test.each([[[], 'an empty list'], [['a', 'b', 'c', 'd'], 'a list of 4 items']])('%p is refused', (value, got) => {
    expect(bound.check('p', value)).toEqual([{ prop: 'p', got, allowed: '1 to 3 items (inclusive)', fix }]);
  });

  test('is not known of a token', () => {
    expect(bound.check('p', Token.asList({ Ref: 'P' }))).toEqual([]);
    expect(bound.known(Token.asList({ Ref: 'P' }))).toBeUndefined();
  });
});

test('a set of props is checked in the order of its table, and what is left out is not', () => {
  interface Props { readonly delay?: Duration; readonly limit?: number; readonly names?: string[]; readonly other?: boolean }
  const table = {
    limit: Bound.number({ min: 1, max: 9, fix }),
    delay: Bound.duration({ min: Duration.seconds(0), max: Duration.minutes(15), fix }),
    names: Bound.count({ min: 1, max: 2, fix }),
  } satisfies BoundsOf<Props>;
  const props = (given: Props) => checkBounds(table, given).map(({ prop }) => prop);
  expect(props({})).toEqual([]);
  expect(props({ delay: Duration.minutes(15), limit: 9, names: ['a'], other: true })).toEqual([]);
  expect(props({ delay: Duration.minutes(16), limit: 10, names: [], other: true })).toEqual(['limit', 'delay', 'names']);
});
