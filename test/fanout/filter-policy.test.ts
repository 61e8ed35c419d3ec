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
    ['null as a value', FilterPolicy.onBody({ a: filter(new sns.SubscriptionFilter([null])) })],
    ['a list only known at deployment', FilterPolicy.onAttributes({ a: sns.SubscriptionFilter.stringFilter({ allowlist: Token.asList({ Ref: 'List' }) }) })],
    ['a wildcard only known at deployment', FilterPolicy.onAttributes({ a: new sns.SubscriptionFilter([{ wildcard: Lazy.string({ produce: () => 'x' }) }]) })],
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
    ['a plain array as attribute', FilterPolicy.onAttributes({ a: ['paid'] as any }), line('filterPolicy', "['paid'] for 'a'", ...ATTRIBUTE)],
    ['a missing attribute', FilterPolicy.onAttributes({ a: undefined as any }), line('filterPolicy', "nothing for 'a'", ...ATTRIBUTE)],
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
