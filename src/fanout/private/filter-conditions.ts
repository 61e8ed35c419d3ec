import { Token } from 'aws-cdk-lib';
import { FILTER_POLICY } from './fanout-bounds';
import { describe } from '../../private/describe';

/** https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html */
const OPERATORS = ['prefix', 'suffix', 'anything-but', 'numeric', 'exists', 'wildcard', 'equals-ignore-case', 'cidr'];

/** What is got, what is allowed, what to do. */
type Finding = [got: string, allowed: string, fix: string];

const CONDITION: [string, string] = ['a string, a number, true, false, or an object with an operator', 'Give a value to match, or use a factory of SubscriptionFilter.'];

/** SNS accepts null, but CloudFormation answers 'null values are not allowed in templates'. */
const WITHOUT_NULL: [string, string] = ['a value other than null', 'CloudFormation does not accept null in a template; match another value, or whether the key exists.'];

/** What SNS would refuse in one condition on a key, whose type in the CDK is `any`. */
export function conditionProblems(condition: unknown): Finding[] {
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
    return [[`${operator} ${describe(operand)}`, `something to compare with ${operator}`, 'Give a value that is not empty.']];
  }
  if (Array.isArray(operand) && operand.includes(null)) return [[`${operator} ${describe(operand)}`, ...WITHOUT_NULL]];
  if (operator === 'wildcard' && typeof operand === 'string' && operand.split('*').length - 1 > FILTER_POLICY.wildcards.max) {
    return [[`wildcard '${operand}'`, `at most ${FILTER_POLICY.wildcards.max} wildcards in a pattern`, FILTER_POLICY.wildcards.fix]];
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
