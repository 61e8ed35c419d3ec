import { Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FILTER_POLICY } from './fanout-bounds';
import { describe } from '../../private/describe';
import { Problem } from '../../private/problems';

/** Conditions by attribute, or by key of the body, which may be nested. */
export interface FilterConditions {
  [key: string]: sns.SubscriptionFilter | sns.FilterOrPolicy;
}

/** A leaf of a filter policy: its key path and its conditions, which are undefined for a nested policy without keys. */
interface Leaf {
  readonly path: string[];
  readonly conditions?: unknown[];
}

/** A filter policy as SNS receives it: lists of conditions by key, which may be nested. */
export type FilterDocument = Record<string, unknown>;

/** What SNS would refuse in a filter policy. */
export function filterPolicyProblems(policy: FilterConditions): Problem[] {
  return filterDocumentProblems(filterDocumentOf(policy));
}

/**
 * What SNS would refuse in a filter policy as it receives it.
 *
 * In the body, the values of a leaf key count once for each level of nesting.
 */
export function filterDocumentProblems(policy: FilterDocument): Problem[] {
  const { keys, combinations, complexity, bytes } = FILTER_POLICY;
  const problems: Problem[] = [];
  const add = (got: string, allowed: string, fix: string) => problems.push({ prop: 'filterPolicy', got, allowed, fix });
  const leaves = leavesOf([], policy);

  if (keys.known(leaves.length) === undefined) add(`${leaves.length} keys`, `${keys.min} to ${keys.max} keys`, keys.fix);
  leaves.forEach(leaf => leafProblems(leaf).forEach(finding => add(...finding)));
  const combined = leaves.reduce((product, { path, conditions }) => product * (conditions?.length ?? 1) * path.length, 1);
  if (combined > combinations.max) add(`${combined} combinations of values`, `at most ${combinations.max} combinations`, combinations.fix);
  leaves.map(leaf => ({ key: leaf.path.join('.'), count: patternsOf(leaf).length })).filter(({ count }) => count > complexity.max).forEach(({ key, count }) =>
    add(`${count} patterns with wildcards for '${key}'`, `at most ${complexity.max} patterns`, complexity.fix));
  const size = problems.length > 0 ? 0 : Buffer.byteLength(JSON.stringify(policy));
  if (size > bytes.max) add(`${size} bytes`, `at most ${bytes.max} bytes`, bytes.fix);
  return problems;
}

function leafProblems({ path, conditions }: Leaf): Finding[] {
  const key = path.join('.');
  const findings: Finding[] = [];
  if (conditions === undefined) {
    findings.push([`a policy without keys for '${key}'`, 'a policy with at least one key', 'Add a key, or omit this one.']);
  } else if (conditions.length === 0) {
    findings.push([`no conditions for '${key}'`, 'at least one condition', 'A key without conditions matches nothing; specify a value, or omit the key.']);
  }
  if (path.includes('')) findings.push([`an empty key${path.length > 1 ? ` in '${key}'` : ''}`, 'keys that are not empty', 'Specify the attribute or key to match.']);
  // The conditions of this operator are filter policies themselves.
  if (path.includes('$or')) return findings;
  return [...findings, ...(conditions ?? []).flatMap(conditionProblems).map(([got, allowed, fix]): Finding => [`${got} for '${key}'`, allowed, fix])];
}

/**
 * About how complex SNS finds the wildcards of a filter policy: 1 for a pattern with one wildcard and 3 for a pattern with more, added for a key and multiplied
 * between keys.
 *
 * It is an estimate: AWS names the limit of 100. A sum between keys would be less.
 */
export function wildcardComplexity(policy: FilterDocument): number {
  const ofKeys = leavesOf([], policy).map(leaf => patternsOf(leaf).reduce((sum, pattern) => sum + (wildcardsIn(pattern) > 1 ? 3 : 1), 0));
  return ofKeys.filter(points => points > 0).reduce((product, points) => product * points, 1);
}

/** The patterns with wildcards of a leaf, also those that must not match. */
function patternsOf({ conditions = [] }: Leaf): string[] {
  const patterns = conditions.flatMap(condition => {
    const operators = (condition ?? {}) as Record<string, unknown>;
    const except = (operators['anything-but'] ?? {}) as Record<string, unknown>;
    return [operators.wildcard, except.wildcard].flat();
  });
  return patterns.filter((pattern): pattern is string => typeof pattern === 'string' && wildcardsIn(pattern) > 0);
}

function wildcardsIn(pattern: string): number {
  return pattern.replace(/\\[\\*]/g, '').split('*').length - 1;
}

function leavesOf(path: string[], policy: FilterDocument): Leaf[] {
  return Object.entries(policy).flatMap(([key, value]): Leaf[] => {
    const inner = [...path, key];
    if (Array.isArray(value)) return [{ path: inner, conditions: value }];
    if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return [{ path: inner, conditions: [value] }];
    return Object.keys(value).length > 0 ? leavesOf(inner, value as FilterDocument) : [{ path: inner }];
  });
}

function nestedIn(value: sns.SubscriptionFilter | sns.FilterOrPolicy): FilterConditions | undefined {
  return 'policyDoc' in value ? (value as sns.Policy).policyDoc : undefined;
}

function conditionsOf(value: sns.SubscriptionFilter | sns.FilterOrPolicy): unknown[] {
  return 'filterDoc' in value ? (value as sns.Filter).filterDoc.conditions : (value as sns.SubscriptionFilter).conditions;
}

/** A filter policy as SNS receives it. */
export function filterDocumentOf(policy: FilterConditions): FilterDocument {
  return Object.fromEntries(Object.entries(policy).map(([key, value]) => {
    const nested = nestedIn(value);
    return [key, nested ? filterDocumentOf(nested) : conditionsOf(value)];
  }));
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
const OPERATORS = ['prefix', 'suffix', 'anything-but', 'numeric', 'exists', 'wildcard', 'equals-ignore-case', 'cidr'];

/** The value, what is allowed, and what to do. */
type Finding = [got: string, allowed: string, fix: string];

const CONDITION: [string, string] = ['a string, a number, true, false, or an object with an operator', 'Specify a value to match, or use a factory of SubscriptionFilter.'];

/** SNS accepts null, but CloudFormation answers 'null values are not allowed in templates'. */
const WITHOUT_NULL: [string, string] = ['a value other than null', 'CloudFormation does not accept null in a template; match another value, or whether the key exists.'];

/** What SNS would refuse in one condition on a key, whose type in the CDK is `any`. */
function conditionProblems(condition: unknown): Finding[] {
  if (condition === null) return [['null', ...WITHOUT_NULL]];
  if (Token.isUnresolved(condition) || typeof condition === 'string' || typeof condition === 'boolean') return [];
  if (typeof condition === 'number') return Number.isFinite(condition) ? [] : [[`${condition}`, ...CONDITION]];
  if (typeof condition !== 'object' || Array.isArray(condition)) return [[describe(condition), ...CONDITION]];
  const operators = Object.entries(condition);
  if (operators.length === 0) return [['an object without an operator', ...CONDITION]];
  return operators.flatMap(([operator, operand]) => operandProblems(operator, operand));
}

function operandProblems(operator: string, operand: unknown): Finding[] {
  if (!OPERATORS.includes(operator)) {
    return [[`the operator '${operator}'`, OPERATORS.join(', '), 'Correct the operator; nested keys are for FilterPolicy.onBody() with FilterOrPolicy.policy().']];
  }
  if (Token.isUnresolved(operand)) return [];
  if (operand === undefined || operand === null || operand === '' || Number.isNaN(operand) || (Array.isArray(operand) && operand.length === 0)) {
    return [[`${operator} ${describe(operand)}`, `something to compare with ${operator}`, 'Specify a value that is not empty.']];
  }
  if (Array.isArray(operand) && operand.includes(null)) return [[`${operator} ${describe(operand)}`, ...WITHOUT_NULL]];
  const patterns = patternsOf({ path: [], conditions: [{ [operator]: operand }] });
  const crowded = patterns.filter(pattern => wildcardsIn(pattern) > FILTER_POLICY.wildcards.max);
  if (crowded.length > 0) {
    return [[`wildcard '${crowded[0]}'`, `at most ${FILTER_POLICY.wildcards.max} wildcards in a pattern`, FILTER_POLICY.wildcards.fix]];
  }
  return operator === 'numeric' ? numericProblems(operand) : [];
}

function numericProblems(operand: unknown): Finding[] {
  if (!Array.isArray(operand)) return [[`numeric ${describe(operand)}`, 'operators and numbers in a list', 'Use SubscriptionFilter.numericFilter().']];
  const numbers = operand.filter((part): part is number => typeof part === 'number' && !Token.isUnresolved(part));
  const { number: bound } = FILTER_POLICY;
  const outside = numbers.filter(number => bound.known(number) === undefined);
  if (outside.length > 0) {
    return outside.map(number => [`${number}`, `numbers from ${bound.allowed}`, bound.fix]);
  }
  // `['>=', start, '<', stop]`; a start that is excluded needs a stop beyond it.
  const strict = operand.includes('>') || operand.includes('<');
  const [start, stop] = numbers;
  if (numbers.length === 2 && (start > stop || (strict && start === stop))) {
    return [[`a range from ${start} to ${stop}`, 'a range whose start is below its stop', 'Swap the two, or correct them.']];
  }
  return [];
}
