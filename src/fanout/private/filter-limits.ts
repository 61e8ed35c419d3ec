import * as sns from 'aws-cdk-lib/aws-sns';
import { FILTER_POLICY } from './fanout-bounds';
import { conditionProblems } from './filter-conditions';
import { Problem } from '../../private/problems';

/** Conditions by attribute, or by key of the body, which may be nested. */
export interface FilterConditions {
  [key: string]: sns.SubscriptionFilter | sns.FilterOrPolicy;
}

/** A leaf of a filter policy: its key path, and the conditions on it; none where a nested policy has no keys. */
interface Leaf {
  readonly path: string[];
  readonly conditions?: unknown[];
}

/**
 * What SNS would refuse in a filter policy.
 *
 * Written to the service's rules: for the body, the values of a leaf count once for each level it is nested at.
 */
export function filterPolicyProblems(policy: FilterConditions): Problem[] {
  const { keys, combinations, bytes } = FILTER_POLICY;
  const problems: Problem[] = [];
  const add = (got: string, allowed: string, fix: string) => problems.push({ prop: 'filterPolicy', got, allowed, fix });
  const leaves = leavesOf([], policy);

  if (keys.known(leaves.length) === undefined) add(`${leaves.length} keys`, `${keys.min} to ${keys.max} keys`, keys.fix);
  leaves.forEach(leaf => leafProblems(leaf).forEach(finding => add(...finding)));
  const combined = leaves.reduce((product, { path, conditions }) => product * (conditions?.length ?? 1) * path.length, 1);
  if (combined > combinations.max) add(`${combined} combinations of values`, `at most ${combinations.max} combinations`, combinations.fix);
  const size = problems.length > 0 ? 0 : Buffer.byteLength(JSON.stringify(render(policy)));
  if (size > bytes.max) add(`${size} bytes`, `at most ${bytes.max} bytes`, bytes.fix);
  return problems;
}

function leafProblems({ path, conditions }: Leaf): [got: string, allowed: string, fix: string][] {
  const key = path.join('.');
  const findings: [string, string, string][] = [];
  if (conditions === undefined) {
    findings.push([`a policy without keys for '${key}'`, 'a policy with at least one key', 'Add a key, or leave this one out.']);
  } else if (conditions.length === 0) {
    findings.push([`no conditions for '${key}'`, 'at least one condition', 'A key without conditions matches nothing; give a value or leave the key out.']);
  }
  if (path.includes('')) findings.push([`an empty key${path.length > 1 ? ` in '${key}'` : ''}`, 'keys that are not empty', 'Name the attribute or key to match.']);
  // The conditions of this operator are filter policies themselves.
  if (path.includes('$or')) return findings;
  return [...findings, ...(conditions ?? []).flatMap(conditionProblems).map(([got, allowed, fix]): [string, string, string] => [`${got} for '${key}'`, allowed, fix])];
}

function leavesOf(path: string[], policy: FilterConditions): Leaf[] {
  return Object.entries(policy).flatMap(([key, value]): Leaf[] => {
    const inner = [...path, key];
    const nested = nestedIn(value);
    if (nested === undefined) return [{ path: inner, conditions: conditionsOf(value) }];
    return Object.keys(nested).length > 0 ? leavesOf(inner, nested) : [{ path: inner }];
  });
}

function nestedIn(value: sns.SubscriptionFilter | sns.FilterOrPolicy): FilterConditions | undefined {
  return 'policyDoc' in value ? (value as sns.Policy).policyDoc : undefined;
}

function conditionsOf(value: sns.SubscriptionFilter | sns.FilterOrPolicy): unknown[] {
  return 'filterDoc' in value ? (value as sns.Filter).filterDoc.conditions : (value as sns.SubscriptionFilter).conditions;
}

/** The policy as SNS receives it. */
function render(policy: FilterConditions): unknown {
  return Object.fromEntries(Object.entries(policy).map(([key, value]) => {
    const nested = nestedIn(value);
    return [key, nested ? render(nested) : conditionsOf(value)];
  }));
}
