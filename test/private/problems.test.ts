import { App, Duration, Lazy, Size, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { describe as render, describeDuration, describeSize } from '../../src/private/describe';
import { Problem, at, blankProblems, checkWhenWritten, fail, refuse, throwProblems, unless } from '../../src/private/problems';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { errorOf, newStack } from '../support/template';

const one: Problem = { prop: 'a.b', got: '7', allowed: '1 to 3', fix: 'Lower it.' };
const other: Problem = { prop: 'm(options.c)', got: '\'x\': y; z', allowed: 'a name. Or none', fix: 'Do this.\nThen that.' };

/** A construct with a parent, and what is left of it afterwards. */
function inner() {
  const parent = new Construct(newStack(), 'Outer');
  return { parent, construct: new Construct(parent, 'Inner') };
}

describe('the format of an error', () => {
  test('names the class, the path, and for each problem the prop, the value, what is allowed and what to do', () => {
    expect(errorOf(() => throwProblems(inner().construct, 'Thing', [one]))).toBe(
      'cdk-decouple Thing at \'Stack/Outer/Inner\' has a problem:\n  - a.b: got 7; allowed: 1 to 3. Lower it.');
    expect(errorOf(() => throwProblems(inner().construct, 'Thing', [one, { ...one, prop: 'd' }]))).toBe(
      'cdk-decouple Thing at \'Stack/Outer/Inner\' has 2 problems:\n  - a.b: got 7; allowed: 1 to 3. Lower it.\n  - d: got 7; allowed: 1 to 3. Lower it.');
  });

  test('is read back by the tests', () => {
    const message = errorOf(() => refuse(inner().construct, 'Thing', [one, { ...one, prop: 'queues[2].c' }]));
    expect(readError(message)).toEqual({ construct: 'Thing', path: 'Stack/Outer/Inner', problems: [one, { ...one, prop: 'queues[2].c' }] });
    expect(problemsOf(() => refuse(inner().construct, 'Thing', [one]))).toEqual([one]);
    expect(refusedProps(() => refuse(inner().construct, 'Thing', [one, other]))).toEqual(['a.b', 'm(options.c)']);
  });

  test('is read back of values with several lines', () => {
    const lines = { ...one, got: '{\n  "a": 1\n}', fix: 'Do this.\nThen that.' };
    expect(readError(errorOf(() => refuse(inner().construct, 'Thing', [lines]))).problems).toEqual([lines]);
  });

  test.each([
    ['another error', 'Cannot read properties of undefined'],
    ['another number of problems', 'cdk-decouple Thing at \'Stack\' has 2 problems:\n  - a: got 1; allowed: 2. X.'],
    ['a problem without what to do', 'cdk-decouple Thing at \'Stack\' has a problem:\n  - a: got 1; allowed: 2'],
    ['a problem without what is allowed', 'cdk-decouple Thing at \'Stack\' has a problem:\n  - a: got 1. X.'],
  ])('is not that of %s', (_, message) => {
    expect(() => readError(message)).toThrow(/^not (an error|a problem) of ours/);
  });
});

describe('throwProblems', () => {
  test('takes the construct out of the tree, so that its id is free', () => {
    const { parent, construct } = inner();
    expect(refusedProps(() => throwProblems(construct, 'Thing', [one]))).toEqual(['a.b']);
    expect(parent.node.children).toEqual([]);
    new Construct(parent, 'Inner');
  });

  test('without a problem does nothing', () => {
    const { parent, construct } = inner();
    throwProblems(construct, 'Thing', []);
    expect(parent.node.children).toEqual([construct]);
  });
});

describe.each([
  ['refuse', (construct: Construct) => refuse(construct, 'Thing', [one])],
  ['fail', (construct: Construct) => fail(construct, 'Thing', one)],
])('%s', (_, action) => {
  test('leaves the construct in the tree', () => {
    const { parent, construct } = inner();
    expect(problemsOf(() => action(construct))).toEqual([one]);
    expect(parent.node.children).toEqual([construct]);
  });
});

test('refuse without a problem does nothing', () => {
  refuse(inner().construct, 'Thing', []);
});

describe('unless', () => {
  test('is a problem where the condition does not hold', () => {
    expect(unless(false, () => one)).toEqual([one]);
  });

  test('does not put the problem into words where it holds', () => {
    const words = jest.fn(() => one);
    expect(unless(true, words)).toEqual([]);
    expect(words).not.toHaveBeenCalled();
  });
});

test.each([
  ['', 'encryption'],
  ['key', 'encryption.key'],
  ['key.region', 'encryption.key.region'],
  ['[0]', 'encryption[0]'],
  ['[0].name', 'encryption[0].name'],
])('at: %p of a prop is %p', (prop, expected) => {
  expect(at('encryption', [{ ...one, prop }])).toEqual([{ ...one, prop: expected }]);
});

describe('blankProblems', () => {
  test.each([['', '\'\''], ['  ', '\'  \''], ['\n', '\'\n\'']])('%p says nothing', (value, got) => {
    expect(blankProblems('p', value, 'Say it.')).toEqual([{ prop: 'p', got, allowed: 'a string that is not empty', fix: 'Say it.' }]);
  });

  test.each([undefined, 'why', Token.asString({ Ref: 'X' })])('%p is allowed', value => {
    expect(blankProblems('p', value, 'Say it.')).toEqual([]);
  });
});

describe('checkWhenWritten', () => {
  const checked = (problems: () => Problem[]) => {
    const { construct } = inner();
    checkWhenWritten(construct, 'Thing', problems);
    return construct;
  };

  test('reports what is wrong when the template is written, in the format of an error', () => {
    let found: Problem[] = [];
    const construct = checked(() => found);
    expect(construct.node.validate()).toEqual([]);
    found = [one, { ...one, prop: 'd' }];
    expect(construct.node.validate().map(readError)).toEqual([{ construct: 'Thing', path: 'Stack/Outer/Inner', problems: found }]);
  });

  test('fails the synthesis', () => {
    const construct = checked(() => [one]);
    expect(() => (construct.node.root as App).synth()).toThrow(/a\.b: got 7; allowed: 1 to 3\. Lower it\./);
  });
});

test('values are rendered for people', () => {
  const token = () => Lazy.number({ produce: () => 1 });
  expect(render(undefined)).toBe('nothing');
  expect(render(Lazy.string({ produce: () => 'x' }))).toBe('a value only known at deployment');
  expect(render(['a', 1])).toBe('[\'a\', 1]');
  expect(describeDuration(Duration.seconds(90))).toBe('1 minute 30 seconds');
  expect(describeDuration(Duration.minutes(1501))).toBe('1 day 1 hour 1 minute');
  expect(describeDuration(Duration.hours(24))).toBe('1 day');
  expect(describeDuration(Duration.seconds(0))).toBe('0 seconds');
  expect(describeDuration(Duration.seconds(token()))).toBe('a value only known at deployment');
  expect(describeSize(Size.kibibytes(1024))).toBe('1 MiB');
  expect(describeSize(Size.bytes(1))).toBe('1 byte');
  expect(describeSize(Size.bytes(1500))).toBe('1500 bytes');
  expect(describeSize(Size.bytes(token()))).toBe('a value only known at deployment');
});

test('a stack as the scope is named by its path', () => {
  expect(readError(errorOf(() => refuse(new Stack(new App(), 'Orders'), 'Thing', [one]))).path).toBe('Orders');
});
