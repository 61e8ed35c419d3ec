import { Lazy, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { newStack, only, tree, warnings } from './support';
import { FanOut, FilterPolicy } from '../../src/fanout';
import { ReportedProblem, readError } from '../support/problems';
import { errorOf } from '../support/template';

const { filter, policy } = sns.FilterOrPolicy;
const strings = (count: number) => sns.SubscriptionFilter.stringFilter({ allowlist: Array.from({ length: count }, (_, i) => `v${i}`) });
const some = sns.SubscriptionFilter.existsFilter();
const patterns = (count: number, pattern: string = '*') => new sns.SubscriptionFilter(Array.from({ length: count }, (_, i) => ({ wildcard: `v${i}${pattern}` })));
const keys = <T>(count: number, value: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

function rendered(filterPolicy?: FilterPolicy) {
  const stack = newStack();
  new FanOut(stack, 'Orders').addQueue('Billing', { filterPolicy });
  const { FilterPolicy: document, FilterPolicyScope: scope } = only(stack, 'AWS::SNS::Subscription').Properties;
  return { document, scope };
}

/** The problems that a filter policy is refused for, by the subscription that would have it; nothing is left behind. */
function refused(filterPolicy: FilterPolicy): ReportedProblem[] {
  const stack = newStack();
  const fanOut = new FanOut(stack, 'Orders');
  const before = tree(stack);
  const { construct, path, problems } = readError(errorOf(() => fanOut.addQueue('Billing', { filterPolicy })));
  expect({ construct, path }).toEqual({ construct: 'QueueSubscription', path: 'Stack/Orders/Billing/Subscription' });
  expect(tree(stack)).toEqual(before);
  expect(fanOut.subscriptions).toEqual([]);
  return problems;
}

/** A problem of a filter policy, of one of its keys where that is told. */
const problem = (allowed: RegExp, key?: string) => ({
  prop: 'filterPolicy',
  allowed: expect.stringMatching(allowed),
  got: key === undefined ? expect.any(String) : expect.stringContaining(`'${key}'`),
});

test('none: every message', () => {
  expect(rendered()).toEqual({ document: undefined, scope: undefined });
});

test('on attributes', () => {
  expect(rendered(FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }), size: some })))
    .toEqual({ document: { kind: ['paid'], size: [{ exists: true }] }, scope: undefined });
});

test('on the body, nested', () => {
  expect(rendered(FilterPolicy.onBody({ order: policy({ kind: filter(strings(1)) }), size: filter(some) })))
    .toEqual({ document: { order: { kind: ['v0'] }, size: [{ exists: true }] }, scope: 'MessageBody' });
});

describe('what SNS takes', () => {
  test.each<[string, FilterPolicy]>([
    ['5 attributes', FilterPolicy.onAttributes(keys(5, some))],
    ['5 keys of a body', FilterPolicy.onBody(keys(5, filter(some)))],
    ['5 leaf keys under one', FilterPolicy.onBody({ a: policy(keys(5, filter(some))) })],
    ['150 values', FilterPolicy.onAttributes({ a: strings(150) })],
    ['150 combinations of attributes', FilterPolicy.onAttributes({ a: strings(15), b: strings(10) })],
    ['150 values of a body', FilterPolicy.onBody({ a: filter(strings(150)) })],
    ['150 by nesting: 25 values on level 3, 2 on level 1', FilterPolicy.onBody({ a: policy({ b: policy({ c: filter(strings(25)) }) }), d: filter(strings(2)) })],
    ['100 patterns with wildcards', FilterPolicy.onAttributes({ a: patterns(100) })],
    ['150 patterns, 50 of them without a wildcard', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([...patterns(100).conditions, ...patterns(50, '\\*').conditions]) })],
    ['3 wildcards', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ wildcard: '*a*b*' }]) })],
    ['numbers at both ends', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ between: { start: -1_000_000_000, stop: 1_000_000_000 } }) })],
    ['262144 bytes', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter(['x'.repeat(262_144 - '{"a":[""]}'.length)]) })],
    ['262144 bytes of a body', FilterPolicy.onBody({ a: policy({ b: filter(new sns.SubscriptionFilter(['x'.repeat(262_144 - '{"a":{"b":[""]}}'.length)])) }) })],
    ['a list only known at deployment', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ allowlist: Token.asList({ Ref: 'List' }) }) })],
    ['a wildcard only known at deployment', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ wildcard: Lazy.string({ produce: () => 'x' }) }]) })],
    ['every operator', FilterPolicy.onAttributes({
      a: new sns.SubscriptionFilter([
        { prefix: 'a' }, { suffix: 'a' }, { 'anything-but': ['a'] }, { 'anything-but': { prefix: 'a' } }, { numeric: ['=', 0] }, { exists: false }, { wildcard: '*' },
        { 'equals-ignore-case': 'a' }, { cidr: '10.0.0.0/8' },
      ]),
    })],
    ['plain values', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter(['', 'a', 0, -1.5, true, false])) })],
    ['a condition only known at deployment', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([Lazy.any({ produce: () => ({ prefix: 'a' }) })]) })],
    ['an operand only known at deployment', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ prefix: Lazy.string({ produce: () => 'a' }) }]) })],
    ['a range of one number', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ between: { start: 5, stop: 5 } }) })],
    ['a strict range', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ betweenStrict: { start: 5, stop: 6 } }) })],
    ['a range whose stop is only known at deployment', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ between: { start: 5, stop: Lazy.number({ produce: () => 6 }) } }) })],
    ['the or operator', FilterPolicy.onAttributes({ $or: new sns.SubscriptionFilter([{ a: ['x'] }, { b: ['y'] }]) })],
    ['a number only known at deployment', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ greaterThan: Lazy.number({ produce: () => 1 }) }) })],
  ])('%s', (_, filterPolicy) => {
    expect(Object.keys(rendered(filterPolicy).document)).not.toHaveLength(0);
  });
});

describe('what SNS refuses', () => {
  const KEYS = /^1 to 5 keys$/;
  const COMBINATIONS = /^at most 150\b/;
  const EMPTY = /^at least one condition$/;
  const NUMBERS = /^numbers from -1000000000 to 1000000000 \(inclusive\)$/;
  const BYTES = /^at most 262144 bytes$/;
  const WILDCARDS = /^at most 3 wildcards/;
  const PATTERNS = /^at most 100 patterns$/;
  const CONDITION = /^a string, a number, true, false, or an object with an operator$/;
  const WITHOUT_NULL = /other than null/;
  const OPERATOR = /^prefix, suffix, anything-but, numeric, exists, wildcard, equals-ignore-case, cidr$/;
  const RANGE = /range/;
  const LIST = /list/;
  const NAMED = /keys that are not empty/;
  const BODY = /at least one key/;

  test.each<[string, FilterPolicy, ReturnType<typeof problem>]>([
    ['6 attributes', FilterPolicy.onAttributes(keys(6, some)), problem(KEYS)],
    ['6 keys of a body', FilterPolicy.onBody(keys(6, filter(some))), problem(KEYS)],
    ['6 leaf keys under two', FilterPolicy.onBody({ a: policy(keys(3, filter(some))), b: policy(keys(3, filter(strings(1)))) }), problem(KEYS)],
    ['151 values', FilterPolicy.onAttributes({ a: strings(151) }), problem(COMBINATIONS)],
    ['151 values of a body', FilterPolicy.onBody({ a: filter(strings(151)) }), problem(COMBINATIONS)],
    ['152 combinations of attributes', FilterPolicy.onAttributes({ a: strings(76), b: strings(2) }), problem(COMBINATIONS)],
    ['156 by nesting', FilterPolicy.onBody({ a: policy({ b: filter(strings(78)) }) }), problem(COMBINATIONS)],
    ['no attributes', FilterPolicy.onAttributes({}), problem(KEYS)],
    ['no keys of a body', FilterPolicy.onBody({}), problem(KEYS)],
    ['an attribute without conditions', FilterPolicy.onAttributes({ a: strings(0), b: some }), problem(EMPTY, 'a')],
    ['a leaf without conditions', FilterPolicy.onBody({ a: policy({ b: filter(strings(0)) }) }), problem(EMPTY, 'a.b')],
    ['a nested policy without keys', FilterPolicy.onBody({ a: filter(some), b: policy({}) }), problem(BODY, 'b')],
    ['4 wildcards', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ wildcard: '*a*b*c*' }]) }),
      problem(WILDCARDS, 'a')],
    ['4 wildcards of what must not match', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ 'anything-but': { wildcard: ['a', '*a*b*c*'] } }]) }),
      problem(WILDCARDS, 'a')],
    ['101 patterns with wildcards', FilterPolicy.onAttributes({ a: patterns(101) }), problem(PATTERNS, 'a')],
    ['101 patterns of a body', FilterPolicy.onBody({ a: filter(patterns(101)) }), problem(PATTERNS, 'a')],
    ['a number too large', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ allowlist: [1_000_000_001] }) }), problem(NUMBERS, 'a')],
    ['a number too small', FilterPolicy.onBody({ a: filter(sns.SubscriptionFilter.numericFilter({ greaterThan: -1_000_000_001 })) }), problem(NUMBERS, 'a')],
    ['no number', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ lessThan: NaN }) }), problem(NUMBERS, 'a')],
    ['262145 bytes', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter(['x'.repeat(262_145 - '{"a":[""]}'.length)]) }), problem(BYTES)],
    ['262145 bytes of a body, in two-byte letters', FilterPolicy.onBody({ a: policy({ bc: filter(new sns.SubscriptionFilter(['é'.repeat((262_145 - '{"a":{"bc":[""]}}'.length) / 2)])) }) }),
      problem(BYTES)],
    ['an unknown operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ startsWith: 'x' }]) }), problem(OPERATOR, 'a')],
    ['a known and an unknown operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ prefix: 'x', ignoreCase: true }]) }), problem(OPERATOR, 'a')],
    ['no operator', FilterPolicy.onBody({ a: policy({ b: filter(new sns.SubscriptionFilter([{}])) }) }), problem(CONDITION, 'a.b')],
    ['an undefined condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([undefined]) }), problem(CONDITION, 'a')],
    ['NaN as a condition', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter([NaN])) }), problem(CONDITION, 'a')],
    ['infinity as a condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([Infinity]) }), problem(CONDITION, 'a')],
    ['a list as a condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([['x']]) }), problem(CONDITION, 'a')],
    ['an empty prefix', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ matchPrefixes: [''] }) }), problem(/prefix/, 'a')],
    ['an empty suffix', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ matchSuffixes: [''] }) }), problem(/suffix/, 'a')],
    ['an undefined suffix', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ suffix: undefined }]) }), problem(/suffix/, 'a')],
    ['a null cidr', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ cidr: null }]) }), problem(/cidr/, 'a')],
    ['an empty denylist', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ denylist: [] }) }), problem(/anything-but/, 'a')],
    ['anything but NaN', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ 'anything-but': NaN }]) }), problem(/anything-but/, 'a')],
    ['numeric without a list', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: 5 }]) }),
      problem(LIST, 'a')],
    ['a range that is upside down', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ between: { start: 6, stop: 5 } }) }), problem(RANGE, 'a')],
    ['a strict range of nothing', FilterPolicy.onBody({ a: filter(sns.SubscriptionFilter.numericFilter({ betweenStrict: { start: 5, stop: 5 } })) }), problem(RANGE, 'a')],
    ['a range of nothing, open above', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: ['>=', 5, '<', 5] }]) }), problem(RANGE, 'a')],
    ['a range of nothing, open below', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: ['>', 5, '<=', 5] }]) }), problem(RANGE, 'a')],
    ['an empty key', FilterPolicy.onAttributes({ '': some }), problem(NAMED)],
    ['an empty key within another', FilterPolicy.onBody({ a: policy({ '': filter(some) }) }), problem(NAMED, 'a.')],
    ['null as a value', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter(['a', null])) }), problem(WITHOUT_NULL, 'a')],
    ['null as an attribute value', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([null]) }), problem(WITHOUT_NULL, 'a')],
    ['null within an operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ 'anything-but': ['b', null] }]) }), problem(WITHOUT_NULL, 'a')],
  ])('%s', (_, filterPolicy, expected) => {
    expect(refused(filterPolicy)).toMatchObject([expected]);
  });

  test('all of it at once', () => {
    expect(refused(FilterPolicy.onAttributes({ ...keys(5, strings(4)), last: strings(0), wild: new sns.SubscriptionFilter([{ wildcard: '****' }]) }))).toMatchObject([
      problem(KEYS),
      problem(EMPTY, 'last'),
      problem(WILDCARDS, 'wild'),
    ]);
  });
});

describe('the complexity of wildcards', () => {
  const warned = (filterPolicy: FilterPolicy) => {
    const stack = newStack();
    new FanOut(stack, 'Orders').addQueue('Billing', { filterPolicy });
    return warnings(stack);
  };
  const except = (count: number) => new sns.SubscriptionFilter([{ 'anything-but': { wildcard: Array.from({ length: count }, (_, i) => `v${i}*`) } }]);

  test.each<[string, FilterPolicy]>([
    ['100 patterns with one wildcard', FilterPolicy.onAttributes({ a: patterns(100) })],
    ['33 patterns with more', FilterPolicy.onAttributes({ a: patterns(33, '*x*') })],
    ['10 times 10 patterns, and a key without wildcards', FilterPolicy.onAttributes({ a: patterns(10), b: patterns(10), c: some })],
    ['100 patterns that must not match', FilterPolicy.onAttributes({ a: except(100) })],
    ['keys without wildcards', FilterPolicy.onAttributes({ a: strings(150) })],
  ])('of %s is at most 100', (_, filterPolicy) => {
    expect(warned(filterPolicy)).toEqual([]);
  });

  test.each<[string, number, FilterPolicy]>([
    ['34 patterns with several wildcards', 102, FilterPolicy.onAttributes({ a: patterns(34, '*x*') })],
    ['11 times 10 patterns', 110, FilterPolicy.onAttributes({ a: patterns(11), b: patterns(10) })],
    ['patterns of a body', 102, FilterPolicy.onBody({ a: filter(patterns(34, '*x*')) })],
  ])('of %s is about %d, which is warned of', (_, complexity, filterPolicy) => {
    expect(warned(filterPolicy)).toEqual([
      { id: 'QueueSubscription.wildcardComplexity', path: 'Stack/Orders/Billing/Subscription', text: expect.stringContaining(`about ${complexity}, and SNS accepts 100`) },
    ]);
  });
});
