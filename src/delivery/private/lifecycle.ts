import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { LIFECYCLE_RULE, TRANSITION } from './delivery-bounds';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { Problem, at, unless } from '../../private/problems';
import { sortedEntries } from '../../private/sorted';

/** What CDK refuses only when the template is written, where nobody knows any more whose prop it was. */
const ACTIONS = [
  'abortIncompleteMultipartUploadAfter', 'expiration', 'expirationDate', 'expiredObjectDeleteMarker', 'noncurrentVersionExpiration',
  'noncurrentVersionsToRetain', 'noncurrentVersionTransitions', 'transitions',
] as const;
const FIX = 'Specify rules such as { expiration: Duration.days(90) }, or omit the list for the default ones.';

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

export function checkLifecycleRules(rules: s3.LifecycleRule[]): Problem[] {
  return rules.flatMap((rule, index) => at(`[${index}]`, checkRule(rule)));
}

function checkRule(rule: s3.LifecycleRule): Problem[] {
  const { expiration, expirationDate, expiredObjectDeleteMarker, noncurrentVersionExpiration, noncurrentVersionsToRetain, tagFilters } = rule;
  return [
    ...unless(ACTIONS.some(action => rule[action] !== undefined), () => ({
      prop: '', got: 'a rule that does nothing', allowed: `a rule with one of ${ACTIONS.join(', ')}`, fix: FIX,
    })),
    ...unless(!expiredObjectDeleteMarker || [expiration, expirationDate, tagFilters].every(one => one === undefined), () => ({
      prop: '',
      got: 'expiredObjectDeleteMarker beside expiration, expirationDate or tagFilters',
      allowed: 'expiredObjectDeleteMarker without them',
      fix: 'Write a rule of its own for it.',
    })),
    ...checkBounds<s3.LifecycleRule>(LIFECYCLE_RULE, rule),
    ...unless(noncurrentVersionsToRetain === undefined || noncurrentVersionExpiration !== undefined, () => ({
      prop: 'noncurrentVersionsToRetain',
      got: `${describe(noncurrentVersionsToRetain)} without noncurrentVersionExpiration`,
      allowed: 'a number beside noncurrentVersionExpiration',
      fix: 'Specify after how many days the other noncurrent versions are removed, such as noncurrentVersionExpiration: Duration.days(30).',
    })),
    ...at('transitions', checkTransitions(rule.transitions ?? [])),
    ...at('noncurrentVersionTransitions', checkMoves(rule.noncurrentVersionTransitions ?? [])),
  ];
}

function checkTransitions(transitions: s3.Transition[]): Problem[] {
  const timed = transitions.every(({ transitionAfter, transitionDate }) => (transitionAfter === undefined) !== (transitionDate === undefined));
  return timed ? checkMoves(transitions) : [{
    prop: '',
    got: 'a transition without a time, or with two',
    allowed: 'either transitionAfter or transitionDate for each transition',
    fix: 'Specify one time for each transition.',
  }];
}

function checkMoves(transitions: Pick<s3.Transition, 'transitionAfter'>[]): Problem[] {
  return transitions.flatMap(({ transitionAfter }, index) => TRANSITION.transitionAfter.check(`[${index}].transitionAfter`, transitionAfter));
}
