import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { describe } from '../../private/describe';
import { Problems } from '../../private/problems';
import { sortedEntries } from '../../private/sorted';

/** What CDK refuses only when the template is written, where nobody knows any more whose prop it was. */
const ACTIONS = [
  'abortIncompleteMultipartUploadAfter', 'expiration', 'expirationDate', 'expiredObjectDeleteMarker', 'noncurrentVersionExpiration',
  'noncurrentVersionsToRetain', 'noncurrentVersionTransitions', 'transitions',
] as const;
const DURATIONS = ['abortIncompleteMultipartUploadAfter', 'expiration', 'noncurrentVersionExpiration'] as const;
const FIX = 'Give rules such as { expiration: Duration.days(90) }, or leave the list out for the default ones.';

/** What nobody can see any more does not cost for ever. */
const NONCURRENT: s3.LifecycleRule = { noncurrentVersionExpiration: Duration.days(30) };
const NONCURRENT_PROPS = ['noncurrentVersionExpiration', 'noncurrentVersionsToRetain', 'noncurrentVersionTransitions'] as const;

/** The rules of a versioned bucket: what expires in one becomes a noncurrent version, which is kept until a rule removes it. */
export function bucketRules(scope: IConstruct, given: s3.LifecycleRule[] | undefined): s3.LifecycleRule[] {
  if (given === undefined) return [{ abortIncompleteMultipartUploadAfter: Duration.days(7), ...NONCURRENT }];
  const rules = given.map(rule => rule.tagFilters ? { ...rule, tagFilters: Object.fromEntries(sortedEntries(scope, rule.tagFilters)) } : rule);
  const said = rules.length === 0 || rules.some(rule => NONCURRENT_PROPS.some(prop => rule[prop] !== undefined));
  return said ? rules : [...rules, NONCURRENT];
}

export function checkLifecycleRules(problems: Problems, prop: string, rules: s3.LifecycleRule[] | undefined): void {
  if (rules === undefined) return;
  if (!Array.isArray(rules)) {
    problems.add({ prop, got: describe(rules), allowed: 'a list of s3.LifecycleRule', fix: 'Give a list.' });
    return;
  }
  rules.forEach((rule, index) => checkRule(problems, `${prop}[${index}]`, rule));
}

function checkRule(problems: Problems, prop: string, rule: s3.LifecycleRule) {
  if (typeof rule !== 'object' || rule === null) {
    problems.add({ prop, got: describe(rule), allowed: 'an s3.LifecycleRule', fix: FIX });
    return;
  }
  problems.require(ACTIONS.some(action => rule[action] !== undefined), {
    prop, got: 'a rule that does nothing', allowed: `a rule with one of ${ACTIONS.join(', ')}`, fix: FIX,
  });
  problems.require(!rule.expiredObjectDeleteMarker || [rule.expiration, rule.expirationDate, rule.tagFilters].every(one => one === undefined), {
    prop, got: 'expiredObjectDeleteMarker beside expiration, expirationDate or tagFilters', allowed: 'expiredObjectDeleteMarker without them', fix: 'Write a rule of its own for it.',
  });
  for (const name of DURATIONS) {
    const value: unknown = rule[name];
    problems.require(value === undefined || typeof (value as { toDays?: unknown } | null)?.toDays === 'function', {
      prop: `${prop}.${name}`, got: describe(value), allowed: 'a Duration in whole days', fix: 'Give a Duration, such as Duration.days(30).',
    });
  }
  checkTransitions(problems, `${prop}.transitions`, rule.transitions);
}

function checkTransitions(problems: Problems, prop: string, transitions: s3.Transition[] | undefined) {
  if (transitions === undefined) return;
  const valid = Array.isArray(transitions)
    && transitions.every(one => (one?.transitionAfter === undefined) !== (one?.transitionDate === undefined));
  problems.require(valid, {
    prop, got: describe(transitions), allowed: 'a list of s3.Transition, each with either transitionAfter or transitionDate', fix: 'Say once for each transition when it takes place.',
  });
}
