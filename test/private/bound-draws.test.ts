import { Duration, Size, Token } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { Bound } from '../../src/private/bounds';
import { Value, allowedBy, bounded, refusable, refusedBy } from '../properties/support/values';
import { World, scenes } from '../properties/support/world';

const fix = 'Fix it.';

/** What is drawn from a bound. */
function draws<T extends Duration | Size | number>(bound: Bound<T, T | undefined, T>) {
  const { min, max } = bound.counts;
  const allowed = drawn<T>(allowedBy(bound));
  const refused = drawn<T>(refusedBy(bound));
  return {
    allowed,
    refused,
    wronglyAllowed: allowed.values.filter(value => bound.check('p', value).length > 0),
    wronglyRefused: refused.values.filter(value => bound.check('p', value).length === 0),
    known: allowed.values.map(value => bound.known(value)),
    edges: [min, Math.min(max, Number.MAX_SAFE_INTEGER - 1), bound.known(bound.default ?? bound.min)],
  };
}

const DRAWS = {
  'a duration': draws(Bound.duration({ min: Duration.seconds(30), max: Duration.hours(12), default: Duration.minutes(5), fix })),
  'a duration from zero, in whole minutes': draws(Bound.duration({
    min: Duration.seconds(0), max: Duration.minutes(3), step: Duration.minutes(1), readToken: value => value.toMinutes(), fix,
  })),
  'a duration that has to be known': draws(Bound.duration({ min: Duration.days(1), max: Duration.days(14), step: Duration.days(1), readToken: undefined, fix })),
  'a size': draws(Bound.size({ min: Size.kibibytes(1), max: Size.mebibytes(1), fix })),
  'a size in whole MiB': draws(Bound.size({
    min: Size.mebibytes(64), max: Size.mebibytes(128), step: Size.mebibytes(1), readToken: value => value.toMebibytes(), fix,
  })),
  'a number': draws(Bound.number({ min: 1, max: 1000, default: 5, fix })),
  'one number': draws(Bound.number({ min: 1, max: 1, fix })),
  'a number without a limit': draws(Bound.number({ min: 0, fix })),
  'a part of one that has to be known': draws(Bound.number({ min: 0, max: 1, step: 0, readToken: undefined, fix })),
};

/** What is drawn, and the values of it. */
function drawn<T>(values: fc.Arbitrary<Value>): { texts: string[]; values: (T | undefined)[] } {
  const [scene] = fc.sample(scenes, { numRuns: 1, seed: 1 });
  const world = new World(scene);
  const all = fc.sample(values, { numRuns: 500, seed: 1 });
  return { texts: all.map(({ text }) => text), values: all.map(one => one.make(world)) };
}

describe.each(Object.entries(DRAWS))('%s', (_, { allowed, wronglyAllowed, wronglyRefused, known, edges }) => {
  test('is drawn within its bounds, with both edges and the default', () => {
    expect(wronglyAllowed).toEqual([]);
    expect(known).toEqual(expect.arrayContaining(edges));
    expect(allowed.values).toContain(undefined);
  });

  test('is drawn out of its bounds', () => {
    expect(wronglyRefused).toEqual([]);
  });
});

test('a step below, a step above, half a step and not a number are among those that are refused', () => {
  expect(DRAWS['a number'].refused.texts).toEqual(expect.arrayContaining(['0', '1001', '1.5', '999.5', 'NaN', 'Infinity', '-1']));
  expect(DRAWS['a duration'].refused.texts).toEqual(expect.arrayContaining([
    'Duration.seconds(29)', 'Duration.seconds(43201)', 'Duration.millis(30500)', 'Duration.millis(43199500)', 'Duration.minutes(Lazy.number(1))',
  ]));
  expect(DRAWS['a size in whole MiB'].refused.texts).toEqual(expect.arrayContaining(['Size.mebibytes(63)', 'Size.mebibytes(129)', 'Size.kibibytes(66048)']));
});

test.each([
  ['a duration', 'Duration.seconds(Lazy.number(300))'],
  ['a duration from zero, in whole minutes', 'Duration.minutes(CfnParameter.valueAsNumber)'],
  ['a size in whole MiB', 'Size.mebibytes(Lazy.number(64))'],
  ['a number', 'Lazy.number(5)'],
] as const)('%s may be a token', (name, text) => {
  expect(DRAWS[name].allowed.texts).toContain(text);
});

test.each(['a duration that has to be known', 'a part of one that has to be known'] as const)('%s is no token', name => {
  expect(DRAWS[name].allowed.values.filter(value => Token.isUnresolved(value))).toEqual([]);
  expect(DRAWS[name].refused.texts.filter(text => text.includes('Lazy'))).not.toEqual([]);
});

test('a field is narrower where it is asked for, and refuses by the bound', () => {
  const bound = Bound.number({ min: 1, max: 1000, fix });
  const field = bounded('limit', bound, { min: 10, max: 20, token: 12 });
  const { texts, values } = drawn(field.draw('valid'));
  expect(values.filter(value => typeof value === 'number' && !Token.isUnresolved(value) && (value < 10 || value > 20))).toEqual([]);
  expect(texts).toContain('Lazy.number(12)');
  expect(fc.sample(field.draw('fault'), 20).map(({ faults }) => faults)).toEqual(Array(20).fill(['limit']));
  expect(refusable).toContain('limit');
});
