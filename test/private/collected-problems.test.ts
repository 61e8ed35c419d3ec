import { CfnParameter, Duration, Lazy, Size, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { fail, Problems } from '../../src/private/problems';
import { errorOf, newStack } from '../support/template';

/** The class `Problems`: these tests go with it. */

let stack: Stack;
let problems: Problems;
let construct: Construct;

beforeEach(() => {
  stack = newStack();
  construct = new Construct(new Construct(stack, 'Outer'), 'Inner');
  problems = new Problems(construct, 'Thing');
});

const parameter = () => new CfnParameter(stack, 'P', { type: 'Number' }).valueAsNumber;

describe('the error', () => {
  test('names the class, the path, the prop, the value, what is allowed and the fix', () => {
    problems.add({ prop: 'a.b', got: '7', allowed: '1 to 3', fix: 'Lower it.' });
    expect(errorOf(() => problems.throwIfAny())).toBe(
      'cdk-decouple Thing at \'Stack/Outer/Inner\' has a problem:\n  - a.b: got 7; allowed: 1 to 3. Lower it.');
  });

  test('carries every problem', () => {
    problems.add({ prop: 'a', got: '1', allowed: '2', fix: 'X.' });
    problems.add({ prop: 'b', got: '3', allowed: '4', fix: 'Y.' });
    expect(problems.any).toBe(true);
    expect(errorOf(() => problems.throwIfAny())).toBe(
      'cdk-decouple Thing at \'Stack/Outer/Inner\' has 2 problems:\n  - a: got 1; allowed: 2. X.\n  - b: got 3; allowed: 4. Y.');
  });

  test('is not thrown without a problem', () => {
    problems.require(true, { prop: 'a', got: '1', allowed: '2', fix: 'X.' });
    expect(problems.any).toBe(false);
    problems.throwIfAny();
    problems.throwFromMethod();
    expect(construct.node.scope!.node.tryFindChild('Inner')).toBe(construct);
  });

  test('is put into words only when there is one', () => {
    const words = jest.fn(() => ({ prop: 'a', got: '1', allowed: '2', fix: 'X.' }));
    problems.require(true, words);
    expect(words).not.toHaveBeenCalled();
    problems.require(false, words);
    expect(errorOf(() => problems.throwIfAny())).toContain('- a: got 1; allowed: 2. X.');
  });

  test('of a constructor takes the construct out of the tree, so that its id is free', () => {
    problems.require(false, { prop: 'a', got: '1', allowed: '2', fix: 'X.' });
    errorOf(() => problems.throwIfAny());
    expect(construct.node.scope!.node.children).toEqual([]);
    new Construct(construct.node.scope!, 'Inner');
  });

  test('of a method leaves it there', () => {
    problems.add({ prop: 'a', got: '1', allowed: '2', fix: 'X.' });
    errorOf(() => problems.throwFromMethod());
    expect(errorOf(() => fail(construct, 'Thing', { prop: 'm()', got: '1', allowed: '2', fix: 'X.' }))).toContain('m(): got 1');
    expect(construct.node.scope!.node.children).toEqual([construct]);
  });
});

describe('seconds', () => {
  const bounds = { min: Duration.seconds(60), max: Duration.hours(2), fix: 'Fix it.' };

  test.each([
    [Duration.seconds(60), 60], [Duration.hours(2), 7200], [Duration.minutes(1.5), 90], [Duration.millis(61_000), 61],
  ])('%s is allowed', (value, seconds) => {
    expect(problems.seconds('p', value, bounds)).toBe(seconds);
    expect(problems.any).toBe(false);
  });

  test.each([
    [Duration.seconds(59), '59 seconds'],
    [Duration.seconds(7201), '2 hours 1 second'],
    [Duration.seconds(0), '0 seconds'],
    [Duration.millis(60_500), '60500 milliseconds'],
    [Duration.seconds(1.0005), '1000.5 milliseconds'],
    [Duration.seconds(NaN), 'NaN milliseconds'],
    [Duration.seconds(Infinity), 'Infinity milliseconds'],
  ])('%s is refused', (value, got) => {
    expect(problems.seconds('p', value, bounds)).toBeUndefined();
    expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: 1 minute to 2 hours (inclusive), in whole seconds. Fix it.`);
  });

  test.each([[90, '90'], ['90s', '\'90s\''], [null, 'null'], [{}, 'an object of another kind (object)'], [true, 'true'], [[1, 'a'], '[1, \'a\']']])(
    '%p is no Duration', (value, got) => {
      expect(problems.seconds('p', value as any, bounds)).toBeUndefined();
      expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: 1 minute to 2 hours (inclusive), in whole seconds. Give a Duration, such as Duration.seconds(60).`);
    });

  test('a lower bound of zero is no example to follow', () => {
    problems.seconds('p', 5 as any, { ...bounds, min: Duration.seconds(0) });
    expect(errorOf(() => problems.throwIfAny())).toContain('such as Duration.seconds(30).');
  });

  test('nothing is nothing', () => {
    expect(problems.seconds('p', undefined, bounds)).toBeUndefined();
    expect(problems.any).toBe(false);
  });

  test('a token in seconds is taken as it is', () => {
    expect(problems.seconds('p', Duration.seconds(parameter()), bounds)).toBeUndefined();
    expect(problems.seconds('p', Duration.seconds(Lazy.number({ produce: () => 1 })), bounds)).toBeUndefined();
    expect(problems.any).toBe(false);
  });

  test('a token in another unit is refused', () => {
    problems.seconds('p', Duration.minutes(parameter()), bounds);
    expect(errorOf(() => problems.throwIfAny())).toContain('p: got a value only known at deployment, in another unit; allowed: a token made with Duration.seconds().');
  });
});

describe('bytes', () => {
  const bounds = { min: Size.kibibytes(1), max: Size.mebibytes(1), fix: 'Fix it.' };

  test.each([[Size.bytes(1024), 1024], [Size.mebibytes(1), 1_048_576], [Size.kibibytes(1.5), 1536]])('%s is allowed', (value, bytes) => {
    expect(problems.bytes('p', value, bounds)).toBe(bytes);
    expect(problems.any).toBe(false);
  });

  test.each([
    [Size.bytes(1023), '1023 bytes'],
    [Size.bytes(1_048_577), '1048577 bytes'],
    [Size.bytes(0), '0 bytes'],
    [Size.bytes(1024.5), '1024.5 bytes'],
    [Size.mebibytes(0.1), '0.1 MiB'],
    [Size.gibibytes(2), '2 GiB'],
  ])('%s is refused', (value, got) => {
    expect(problems.bytes('p', value, bounds)).toBeUndefined();
    expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: 1 KiB to 1 MiB (inclusive). Fix it.`);
  });

  test.each([[1024, '1024'], [null, 'null'], [{}, 'an object of another kind (object)']])('%p is no Size', (value, got) => {
    problems.bytes('p', value as any, bounds);
    expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: 1 KiB to 1 MiB (inclusive). Give a Size, such as Size.kibibytes(256).`);
  });

  test('nothing, and a token in bytes, are taken; a token in another unit is not', () => {
    expect(problems.bytes('p', undefined, bounds)).toBeUndefined();
    const token = parameter();
    expect(problems.bytes('p', Size.bytes(token), bounds)).toBeUndefined();
    expect(problems.any).toBe(false);
    problems.bytes('p', Size.kibibytes(token), bounds);
    expect(errorOf(() => problems.throwIfAny())).toContain('allowed: a token made with Size.bytes().');
  });
});

describe('integer', () => {
  const bounds = { min: 1, max: 1000, fix: 'Fix it.' };

  test.each([1, 1000])('%d is allowed', value => {
    expect(problems.integer('p', value, bounds)).toBe(value);
    expect(problems.any).toBe(false);
  });

  test.each([[0, '0'], [1001, '1001'], [1.5, '1.5'], [-1, '-1'], [NaN, 'NaN'], ['5', '\'5\''], [null, 'null'], [{}, 'an object of another kind (object)']])(
    '%p is refused', (value, got) => {
      expect(problems.integer('p', value as any, bounds)).toBeUndefined();
      expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: a whole number from 1 to 1000 (inclusive). Fix it.`);
    });

  test('nothing and a token are taken', () => {
    expect(problems.integer('p', undefined, bounds)).toBeUndefined();
    expect(problems.integer('p', parameter(), bounds)).toBeUndefined();
    expect(problems.any).toBe(false);
  });
});

test.each([['', '\'\''], ['  ', '\'  \''], [5, '5'], [null, 'null']])('text: %p says nothing', (value, got) => {
  problems.text('p', value as any, 'Say it.');
  expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: a text that is not empty. Say it.`);
});

test.each([undefined, 'why', Token.asString({ Ref: 'X' })])('text: %p is allowed', value => {
  problems.text('p', value, 'Say it.');
  expect(problems.any).toBe(false);
});

test('oneOf takes nothing and what is listed', () => {
  problems.oneOf('p', undefined, ['a', 'b'], 'Fix.');
  problems.oneOf('p', 'b', ['a', 'b'], 'Fix.');
  expect(problems.any).toBe(false);
  problems.oneOf('p', 'c', ['a', 'b'], 'Fix.');
  expect(errorOf(() => problems.throwIfAny())).toContain('p: got \'c\'; allowed: \'a\', \'b\'. Fix.');
});

test.each([[null, 'null'], [{}, 'an object of another kind (object)'], [3, '3'], ['x', '\'x\'']])('instance: %p was made by no factory', (value, got) => {
  expect(problems.instance('p', value, '_m', 'A.a()')).toBe(false);
  expect(errorOf(() => problems.throwIfAny())).toContain(`p: got ${got}; allowed: A.a(). Use A.a().`);
});

test('instance takes nothing, and whatever has the method', () => {
  expect(problems.instance('p', undefined, '_m', 'A.a()')).toBe(true);
  expect(problems.instance('p', { _m: () => 1 }, '_m', 'A.a()')).toBe(true);
  expect(problems.any).toBe(false);
});
