import { Lazy, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { line, newStack, only, problem, tree } from './support';
import { FanOut, FilterPolicy } from '../../src/fanout';

const { filter, policy } = sns.FilterOrPolicy;
const strings = (count: number) => sns.SubscriptionFilter.stringFilter({ allowlist: Array.from({ length: count }, (_, i) => `v${i}`) });
const some = sns.SubscriptionFilter.existsFilter();
const keys = <T>(count: number, value: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

function rendered(filterPolicy?: FilterPolicy) {
  const stack = newStack();
  new FanOut(stack, 'Orders').addQueue('Billing', { filterPolicy });
  const { FilterPolicy: document, FilterPolicyScope: scope } = only(stack, 'AWS::SNS::Subscription').Properties;
  return { document, scope };
}

function refused(filterPolicy: any): string[] {
  const stack = newStack();
  const fanOut = new FanOut(stack, 'Orders');
  const before = tree(stack);
  const [head, ...lines] = problem(() => fanOut.addQueue('Billing', { filterPolicy })).split('\n');
  expect(head).toMatch(/^cdk-decouple QueueSubscription at 'Stack\/Orders\/Billing\/Subscription' has (a problem|\d problems):$/);
  expect(tree(stack)).toEqual(before);
  expect(fanOut.subscriptions).toEqual([]);
  return lines;
}

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
  const KEYS = ['at most 5 keys', 'Filter on fewer keys; put what belongs together into one attribute.'] as const;
  const COMBINATIONS = ['at most 150', 'Filter on fewer values or, in a body, on keys that are less deeply nested.'] as const;
  const NONE = ['no keys', '1 to 5 keys', 'Name what shall match, or leave filterPolicy out to receive everything.'] as const;
  const EMPTY = ['at least one condition', 'A key without conditions matches nothing; give a value or leave the key out.'] as const;
  const NUMBERS = ['numbers from -1,000,000,000 to 1,000,000,000 (inclusive)', 'Filter on a number in this range, or on a text.'] as const;
  const BYTES = ['at most 262144 bytes', 'Filter on fewer or shorter values.'] as const;
  const CONDITION = ['a text, a number, true, false, or an object with an operator', 'Give a value to match, or use a factory of SubscriptionFilter.'] as const;
  const WITHOUT_NULL = ['a value other than null', 'CloudFormation takes no null in a template; match another value, or whether the key exists.'] as const;
  const OPERATOR = [
    'prefix, suffix, anything-but, numeric, exists, wildcard, equals-ignore-case, cidr',
    'Correct the operator; nested keys are for FilterPolicy.onBody() with FilterOrPolicy.policy().',
  ] as const;
  const OPERAND = 'Give a value that is not empty.';
  const RANGE = ['a range whose start is below its stop', 'Swap the two, or correct them.'] as const;
  const FACTORIES = 'SubscriptionFilter.stringFilter(), numericFilter(), existsFilter() or notExistsFilter()';
  const ATTRIBUTE = ['a SubscriptionFilter', `Use ${FACTORIES}; attributes are not nested.`] as const;
  const BODY = ['a FilterOrPolicy with at least one key', `Use FilterOrPolicy.filter() with ${FACTORIES}, or FilterOrPolicy.policy().`] as const;
  const OBJECT = 'an object of another kind (object)';

  test.each<[string, FilterPolicy, string]>([
    ['6 attributes', FilterPolicy.onAttributes(keys(6, some)), line('filterPolicy', '6 keys', ...KEYS)],
    ['6 keys of a body', FilterPolicy.onBody(keys(6, filter(some))), line('filterPolicy', '6 keys', ...KEYS)],
    ['6 leaf keys under two', FilterPolicy.onBody({ a: policy(keys(3, filter(some))), b: policy(keys(3, filter(strings(1)))) }), line('filterPolicy', '6 keys', ...KEYS)],
    ['151 values', FilterPolicy.onAttributes({ a: strings(151) }), line('filterPolicy', '151 combinations of values', ...COMBINATIONS)],
    ['151 values of a body', FilterPolicy.onBody({ a: filter(strings(151)) }), line('filterPolicy', '151 combinations of values', ...COMBINATIONS)],
    ['152 combinations of attributes', FilterPolicy.onAttributes({ a: strings(76), b: strings(2) }), line('filterPolicy', '152 combinations of values', ...COMBINATIONS)],
    ['156 by nesting', FilterPolicy.onBody({ a: policy({ b: filter(strings(78)) }) }), line('filterPolicy', '156 combinations of values', ...COMBINATIONS)],
    ['no attributes', FilterPolicy.onAttributes({}), line('filterPolicy', ...NONE)],
    ['no keys of a body', FilterPolicy.onBody({}), line('filterPolicy', ...NONE)],
    ['an attribute without conditions', FilterPolicy.onAttributes({ a: strings(0), b: some }), line('filterPolicy', "no conditions for 'a'", ...EMPTY)],
    ['a leaf without conditions', FilterPolicy.onBody({ a: policy({ b: filter(strings(0)) }) }), line('filterPolicy', "no conditions for 'a.b'", ...EMPTY)],
    ['a nested policy without keys', FilterPolicy.onBody({ a: filter(some), b: policy({}) }), line('filterPolicy', `${OBJECT} for 'b'`, ...BODY)],
    ['4 wildcards', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ wildcard: '*a*b*c*' }]) }),
      line('filterPolicy', "wildcard '*a*b*c*' for 'a'", 'at most 3 wildcards in a pattern', 'Use fewer wildcards.')],
    ['a number too large', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ allowlist: [1_000_000_001] }) }), line('filterPolicy', "1000000001 for 'a'", ...NUMBERS)],
    ['a number too small', FilterPolicy.onBody({ a: filter(sns.SubscriptionFilter.numericFilter({ greaterThan: -1_000_000_001 })) }), line('filterPolicy', "-1000000001 for 'a'", ...NUMBERS)],
    ['no number', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ lessThan: NaN }) }), line('filterPolicy', "NaN for 'a'", ...NUMBERS)],
    ['262145 bytes', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter(['x'.repeat(262_145 - '{"a":[""]}'.length)]) }), line('filterPolicy', '262145 bytes', ...BYTES)],
    ['262145 bytes of a body, in two-byte letters', FilterPolicy.onBody({ a: policy({ bc: filter(new sns.SubscriptionFilter(['é'.repeat((262_145 - '{"a":{"bc":[""]}}'.length) / 2)])) }) }),
      line('filterPolicy', '262145 bytes', ...BYTES)],
    ['an unknown operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ startsWith: 'x' }]) }), line('filterPolicy', "the operator 'startsWith' for 'a'", ...OPERATOR)],
    ['a known and an unknown operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ prefix: 'x', ignoreCase: true }]) }), line('filterPolicy', "the operator 'ignoreCase' for 'a'", ...OPERATOR)],
    ['no operator', FilterPolicy.onBody({ a: policy({ b: filter(new sns.SubscriptionFilter([{}])) }) }), line('filterPolicy', "an object without an operator for 'a.b'", ...CONDITION)],
    ['an undefined condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([undefined]) }), line('filterPolicy', "nothing for 'a'", ...CONDITION)],
    ['NaN as a condition', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter([NaN])) }), line('filterPolicy', "NaN for 'a'", ...CONDITION)],
    ['infinity as a condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([Infinity]) }), line('filterPolicy', "Infinity for 'a'", ...CONDITION)],
    ['a list as a condition', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([['x']]) }), line('filterPolicy', "['x'] for 'a'", ...CONDITION)],
    ['an empty prefix', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ matchPrefixes: [''] }) }), line('filterPolicy', "prefix '' for 'a'", 'something to compare with prefix', OPERAND)],
    ['an empty suffix', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ matchSuffixes: [''] }) }), line('filterPolicy', "suffix '' for 'a'", 'something to compare with suffix', OPERAND)],
    ['an undefined suffix', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ suffix: undefined }]) }), line('filterPolicy', "suffix nothing for 'a'", 'something to compare with suffix', OPERAND)],
    ['a null cidr', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ cidr: null }]) }), line('filterPolicy', "cidr null for 'a'", 'something to compare with cidr', OPERAND)],
    ['an empty denylist', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ denylist: [] }) }), line('filterPolicy', "anything-but [] for 'a'", 'something to compare with anything-but', OPERAND)],
    ['anything but NaN', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ 'anything-but': NaN }]) }), line('filterPolicy', "anything-but NaN for 'a'", 'something to compare with anything-but', OPERAND)],
    ['numeric without a list', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: 5 }]) }),
      line('filterPolicy', "numeric 5 for 'a'", 'operators and numbers in a list', 'Use SubscriptionFilter.numericFilter().')],
    ['a range that is upside down', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.numericFilter({ between: { start: 6, stop: 5 } }) }), line('filterPolicy', "a range from 6 to 5 for 'a'", ...RANGE)],
    ['a strict range of nothing', FilterPolicy.onBody({ a: filter(sns.SubscriptionFilter.numericFilter({ betweenStrict: { start: 5, stop: 5 } })) }), line('filterPolicy', "a range from 5 to 5 for 'a'", ...RANGE)],
    ['a range of nothing, open above', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: ['>=', 5, '<', 5] }]) }), line('filterPolicy', "a range from 5 to 5 for 'a'", ...RANGE)],
    ['a range of nothing, open below', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ numeric: ['>', 5, '<=', 5] }]) }), line('filterPolicy', "a range from 5 to 5 for 'a'", ...RANGE)],
    ['an empty key', FilterPolicy.onAttributes({ '': some }), line('filterPolicy', 'an empty key', 'keys that are not empty', 'Name what shall match.')],
    ['an empty key within another', FilterPolicy.onBody({ a: policy({ '': filter(some) }) }), line('filterPolicy', "an empty key in 'a.'", 'keys that are not empty', 'Name what shall match.')],
    ['a plain array as attribute', FilterPolicy.onAttributes({ a: ['paid'] as any }), line('filterPolicy', "['paid'] for 'a'", ...ATTRIBUTE)],
    ['a missing attribute', FilterPolicy.onAttributes({ a: undefined as any }), line('filterPolicy', "nothing for 'a'", ...ATTRIBUTE)],
    ['null as a value', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter(['a', null])) }), line('filterPolicy', "null for 'a'", ...WITHOUT_NULL)],
    ['null as an attribute value', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([null]) }), line('filterPolicy', "null for 'a'", ...WITHOUT_NULL)],
    ['null within an operator', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ 'anything-but': ['b', null] }]) }), line('filterPolicy', "anything-but ['b', null] for 'a'", ...WITHOUT_NULL)],
    ['null as attribute', FilterPolicy.onAttributes({ a: null as any }), line('filterPolicy', "null for 'a'", ...ATTRIBUTE)],
    ['a filter of a body as attribute', FilterPolicy.onAttributes({ a: filter(some) as any }), line('filterPolicy', `${OBJECT} for 'a'`, ...ATTRIBUTE)],
    ['a nested attribute', FilterPolicy.onAttributes({ a: policy({ b: filter(some) }) as any }), line('filterPolicy', `${OBJECT} for 'a'`, ...ATTRIBUTE)],
    ['a filter of an attribute in a body', FilterPolicy.onBody({ a: some as any }), line('filterPolicy', `${OBJECT} for 'a'`, ...BODY)],
    ['null in a body', FilterPolicy.onBody({ a: null as any }), line('filterPolicy', "null for 'a'", ...BODY)],
  ])('%s', (_, filterPolicy, expected) => {
    expect(refused(filterPolicy)).toEqual([expected]);
  });

  test.each<[string, any, string]>([
    ['undefined', undefined, 'nothing'], ['null', null, 'null'], ['a text', 'kind', "'kind'"], ['an array', [some], `[${OBJECT}]`],
  ])('%s instead of conditions', (_, given, got) => {
    const expected = line('filterPolicy', got, 'conditions by key', 'Give an object such as { kind: SubscriptionFilter.stringFilter({ allowlist: [...] }) }.');
    expect(refused(FilterPolicy.onAttributes(given))).toEqual([expected]);
    expect(refused(FilterPolicy.onBody(given))).toEqual([expected]);
  });

  test.each([null, 'kind', { kind: ['paid'] }])('%p instead of a filter policy', given => {
    const factories = 'FilterPolicy.onAttributes() or FilterPolicy.onBody()';
    expect(refused(given)[0]).toMatch(new RegExp(`^ {2}- filterPolicy: got .*; allowed: ${factories.replace(/[().]/g, '\\$&')}\\. Use`));
  });

  test('all of it at once', () => {
    expect(refused(FilterPolicy.onAttributes({ ...keys(5, strings(4)), last: strings(0), wild: new sns.SubscriptionFilter([{ wildcard: '****' }]) }))).toEqual([
      line('filterPolicy', '7 keys', ...KEYS),
      line('filterPolicy', "no conditions for 'last'", ...EMPTY),
      line('filterPolicy', "wildcard '****' for 'wild'", 'at most 3 wildcards in a pattern', 'Use fewer wildcards.'),
    ]);
  });
});
