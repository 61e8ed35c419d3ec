import { Stack, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { IConstruct } from 'constructs';
import { BUCKET_EVENT_FAN_OUT } from './bucket-event-channel';
import { EVENT_RULES } from './fanout-bounds';
import { Problem, unless } from '../../private/problems';
import { warn } from '../../private/warnings';

/** The number of rules with a wildcard by app and bus: the default bus of an account and Region, or of a stack whose account or Region is not known. */
const counts = new WeakMap<IConstruct, Map<string, number>>();

function countOf(stack: Stack): { readonly known: number; add(more: number): void } {
  const ofApp = counts.get(stack.node.root) ?? new Map<string, number>();
  const bus = [stack.account, stack.region].some(part => Token.isUnresolved(part)) ? stack.node.path : `${stack.account} ${stack.region}`;
  const known = ofApp.get(bus) ?? 0;
  return { known, add: more => { counts.set(stack.node.root, ofApp.set(bus, known + more)); } };
}

/** A problem for rules that would be too many with a wildcard on the default bus, as far as this app creates them. */
export function wildcardProblems(stack: Stack, more: number): Problem[] {
  const { wildcards } = EVENT_RULES;
  const rules = countOf(stack).known + more;
  return unless(more === 0 || rules <= wildcards.max, () => ({
    prop: 'objects',
    got: `rule ${rules} for a prefix and a suffix together, which need a wildcard`,
    allowed: `at most ${wildcards.max} rules with a wildcard in an account and Region`,
    fix: wildcards.fix,
  }));
}

export function registerWildcards(stack: Stack, more: number): void {
  countOf(stack).add(more);
}

/** The longest name of a bucket. */
const BUCKET_NAME = 'x'.repeat(63);

/** Warns if a pattern is larger than the quota. */
export function warnOfPatternSize(rule: IConstruct, pattern: events.EventPattern): void {
  const { characters } = EVENT_RULES;
  const written = JSON.stringify(pattern).replace(/\$\{Token\[[^\]]*\]\}/g, BUCKET_NAME);
  if (written.length <= characters.max) return;
  warn(rule, `${BUCKET_EVENT_FAN_OUT}.patternSize`,
    `the event pattern has about ${written.length} characters, and the quota of EventBridge is ${characters.max}. ${characters.fix}`);
}
