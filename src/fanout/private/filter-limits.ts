import * as sns from 'aws-cdk-lib/aws-sns';
import { conditionProblems } from './filter-conditions';
import { describe } from '../../private/describe';
import { Problem } from '../../private/problems';

const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;
const MAX_BYTES = 256 * 1024;

/** What a filter policy looks at. */
export type FilterScope = 'attributes' | 'body';

/** A leaf of a filter policy: its key path, and the conditions on it unless it is something else. */
interface Leaf {
  readonly path: string[];
  readonly value: unknown;
  readonly conditions?: unknown[];
}

/**
 * What SNS would refuse in a filter policy.
 *
 * Written to the service's rules: for the body, the values of a leaf count once for each level it is nested at.
 */
export function filterPolicyProblems(scope: FilterScope, policy: Record<string, unknown>): Problem[] {
  const problems: Problem[] = [];
  const leaves = leavesOf(scope, [], policy);
  const add = (got: string, allowed: string, fix: string) => problems.push({ prop: 'filterPolicy', got, allowed, fix });

  if (Object.keys(policy).length === 0) add('no keys', `1 to ${MAX_KEYS} keys`, 'Name what shall match, or leave filterPolicy out to receive everything.');
  if (leaves.length > MAX_KEYS) {
    add(`${leaves.length} keys`, `at most ${MAX_KEYS} keys`, 'Filter on fewer keys; put what belongs together into one attribute.');
  }
  for (const { path, value, conditions } of leaves) {
    const key = path.join('.');
    if (conditions === undefined) {
      add(`${describe(value)} for '${key}'`, ...EXPECTED[scope]);
    } else if (conditions.length === 0) {
      add(`no conditions for '${key}'`, 'at least one condition', 'A key without conditions matches nothing; give a value or leave the key out.');
    }
    if (path.includes('')) add(`an empty key${path.length > 1 ? ` in '${key}'` : ''}`, 'keys that are not empty', 'Name what shall match.');
    // The conditions of this operator are filter policies themselves.
    if (path.includes('$or')) continue;
    for (const condition of conditions ?? []) {
      conditionProblems(condition).forEach(([got, ...rest]) => add(`${got} for '${key}'`, ...rest));
    }
  }
  const combinations = leaves.reduce((product, { path, conditions }) => product * (conditions?.length ?? 1) * path.length, 1);
  if (combinations > MAX_COMBINATIONS) {
    add(`${combinations} combinations of values`, `at most ${MAX_COMBINATIONS}`, 'Filter on fewer values or, in a body, on keys that are less deeply nested.');
  }
  const bytes = problems.length > 0 ? 0 : Buffer.byteLength(JSON.stringify(render(policy)));
  if (bytes > MAX_BYTES) add(`${bytes} bytes`, `at most ${MAX_BYTES} bytes`, 'Filter on fewer or shorter values.');
  return problems;
}

const CONDITIONS = 'SubscriptionFilter.stringFilter(), numericFilter(), existsFilter() or notExistsFilter()';
const EXPECTED: Record<FilterScope, [string, string]> = {
  attributes: ['a SubscriptionFilter', `Use ${CONDITIONS}; attributes are not nested.`],
  body: ['a FilterOrPolicy with at least one key', `Use FilterOrPolicy.filter() with ${CONDITIONS}, or FilterOrPolicy.policy().`],
};

function leavesOf(scope: FilterScope, path: string[], policy: Record<string, unknown>): Leaf[] {
  return Object.entries(policy).flatMap(([key, value]): Leaf[] => {
    const inner = [...path, key];
    const nested = scope === 'body' ? nestedOf(value) : undefined;
    if (nested && Object.keys(nested).length > 0) return leavesOf(scope, inner, nested);
    return [{ path: inner, value, conditions: conditionsOf(scope === 'body' ? (value as sns.Filter | null | undefined)?.filterDoc : value) }];
  });
}

function nestedOf(value: unknown): Record<string, unknown> | undefined {
  return (value as sns.Policy | null | undefined)?.policyDoc;
}

function conditionsOf(filter: unknown): unknown[] | undefined {
  const conditions = (filter as sns.SubscriptionFilter | null | undefined)?.conditions;
  return Array.isArray(conditions) ? conditions : undefined;
}

/** The policy as SNS receives it. */
function render(policy: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(policy).map(([key, value]) => {
    const nested = nestedOf(value);
    return [key, nested ? render(nested) : conditionsOf((value as sns.Filter).filterDoc ?? value)];
  }));
}
