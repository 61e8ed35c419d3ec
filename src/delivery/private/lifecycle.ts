import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { checkDays } from './checks';
import { describe } from '../../private/describe';
import { Problems } from '../../private/problems';
import { sortedEntries } from '../../private/sorted';

/** What CDK refuses only when the template is written, where nobody knows any more whose prop it was. */
const ACTIONS = [
  'abortIncompleteMultipartUploadAfter', 'expiration', 'expirationDate', 'expiredObjectDeleteMarker', 'noncurrentVersionExpiration',
  'noncurrentVersionsToRetain', 'noncurrentVersionTransitions', 'transitions',
] as const;
const DURATIONS = ['abortIncompleteMultipartUploadAfter', 'expiration', 'noncurrentVersionExpiration'] as const;
const DAYS_FIX = 'S3 counts whole days: give a time such as Duration.days(30).';
const FIX = 'Give rules such as { expiration: Duration.days(90) }, or leave the list out for the default ones.';

/** Days after which our own rule removes noncurrent versions: what nobody can see any more does not cost for ever. */
const NONCURRENT_DAYS = 30;

/** The rules of a versioned bucket: what expires in one becomes a noncurrent version, which is kept until a rule removes it. */
export function bucketRules(scope: IConstruct, given: s3.LifecycleRule[] | undefined): s3.LifecycleRule[] {
  const removal = (days: number) => ({ noncurrentVersionExpiration: Duration.days(days) });
  if (given === undefined) return [{ abortIncompleteMultipartUploadAfter: Duration.days(7), ...removal(NONCURRENT_DAYS) }];
  const rules = given.map(rule => rule.tagFilters ? { ...rule, tagFilters: Object.fromEntries(sortedEntries(scope, rule.tagFilters)) } : rule);
  if (rules.length === 0 || rules.some(rule => isForAll(rule) && rule.noncurrentVersionExpiration) || rules.some(keepsVersions)) return rules;
  // Of two rules for one object, S3 takes the shorter time. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
  const days = Math.max(NONCURRENT_DAYS, ...rules.flatMap(({ noncurrentVersionExpiration: time }) => time?.toDays() ?? []));
  return [...rules, removal(days)];
}

/** Whether a rule is for all objects of the bucket. */
function isForAll({ prefix, tagFilters, objectSizeGreaterThan, objectSizeLessThan }: s3.LifecycleRule): boolean {
  return !prefix && Object.keys(tagFilters ?? {}).length === 0 && objectSizeGreaterThan === undefined && objectSizeLessThan === undefined;
}

/** Whether a rule keeps noncurrent versions for a time that is not known, or moves them at a time when ours would have removed them. */
function keepsVersions(rule: s3.LifecycleRule): boolean {
  const { enabled, noncurrentVersionExpiration: time, noncurrentVersionsToRetain: retained, noncurrentVersionTransitions: moves } = rule;
  if (time) return enabled === false || retained !== undefined || time.isUnresolved();
  const isLate = (after: Duration) => after.isUnresolved() || after.toDays() >= NONCURRENT_DAYS;
  return enabled !== false && (moves ?? []).some(({ transitionAfter }) => isLate(transitionAfter));
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
  for (const name of DURATIONS) checkDays(problems, `${prop}.${name}`, rule[name], { min: 1, fix: DAYS_FIX });
  const { noncurrentVersionExpiration, noncurrentVersionsToRetain: retained } = rule;
  problems.require(retained === undefined || noncurrentVersionExpiration !== undefined, {
    prop: `${prop}.noncurrentVersionsToRetain`,
    got: `${describe(retained)} without noncurrentVersionExpiration`,
    allowed: 'a number beside noncurrentVersionExpiration',
    fix: 'Say after how many days the other noncurrent versions are removed, such as noncurrentVersionExpiration: Duration.days(30).',
  });
  checkTransitions(problems, `${prop}.transitions`, rule.transitions);
  checkMoves(problems, `${prop}.noncurrentVersionTransitions`, rule.noncurrentVersionTransitions);
}

function checkTransitions(problems: Problems, prop: string, transitions: s3.Transition[] | undefined) {
  if (transitions === undefined) return;
  const valid = Array.isArray(transitions)
    && transitions.every(one => (one?.transitionAfter === undefined) !== (one?.transitionDate === undefined));
  problems.require(valid, {
    prop, got: describe(transitions), allowed: 'a list of s3.Transition, each with either transitionAfter or transitionDate', fix: 'Say once for each transition when it takes place.',
  });
  if (valid) checkMoves(problems, prop, transitions);
}

/** 0 days are allowed for some storage classes. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Transition.html */
function checkMoves(problems: Problems, prop: string, transitions: Pick<s3.Transition, 'transitionAfter'>[] = []) {
  transitions.forEach(({ transitionAfter }, index) => checkDays(problems, `${prop}[${index}].transitionAfter`, transitionAfter, { min: 0, fix: DAYS_FIX }));
}
