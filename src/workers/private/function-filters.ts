import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FILTERS } from './function-bounds';
import { describe, pathOf } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import { resourceOf } from '../../private/same-resource';
import { usesOf } from '../../private/uses';
import { writtenProperty } from '../../private/written';

/** The only part of a message that Lambda filters by: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html */
const BODY = 'body';

/** The keys of a message of SNS without raw message delivery: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const ENVELOPE = [
  'Type', 'MessageId', 'TopicArn', 'Subject', 'Message', 'Timestamp', 'SignatureVersion', 'Signature', 'SigningCertURL', 'UnsubscribeURL', 'MessageAttributes',
  'SequenceNumber',
];

/** What is wrong with the filters of a source. */
export function filterProblems(filters: { [key: string]: unknown }[] | undefined): Problem[] {
  if (filters === undefined) return [];
  return [
    ...unless(filters.length > 0, () => ({
      prop: 'filters', got: 'an empty list', allowed: 'at least 1 filter', fix: 'Omit it, and the function gets all messages.',
    })),
    ...unless(filters.length <= FILTERS.max, () => ({
      prop: 'filters', got: `${filters.length} filters`, allowed: `at most ${FILTERS.max} filters`, fix: 'Combine filters: a list of values matches any of them.',
    })),
    ...filters.flatMap((filter, index) => patternProblems(`filters[${index}]`, filter.pattern)),
  ];
}

function patternProblems(prop: string, pattern: unknown): Problem[] {
  if (typeof pattern !== 'string') {
    return [{
      prop,
      got: pattern === undefined ? 'an object without a pattern' : `the pattern ${describe(pattern)}`,
      allowed: 'what lambda.FilterCriteria.filter() returns',
      fix: 'Without a pattern, nothing would be filtered. Pass the object to lambda.FilterCriteria.filter().',
    }];
  }
  if (Token.isUnresolved(pattern)) return [];
  const keys = Object.keys(objectOf(pattern) ?? {});
  return unless(keys.length === 1 && keys[0] === BODY, () => ({
    prop,
    got: keys.length === 0 ? `the pattern ${describe(pattern)}` : `the keys ${keys.map(describe).join(', ')}`,
    allowed: `a filter with the key '${BODY}' alone`,
    fix: 'Lambda filters the messages of a queue only by their body. A filter by anything else matches no message, and Lambda would delete all of them.',
  }));
}

/** The patterns in the template of a mapping, in an order of their own; undefined for those that are only known at deployment. */
export function patternsOf(mapping: CfnResource): (string | undefined)[] {
  const { filterCriteria } = mapping as lambda.CfnEventSourceMapping;
  const written = Stack.of(mapping).resolve(writtenProperty(mapping, 'FilterCriteria', filterCriteria)) as Record<string, unknown> | undefined;
  const filters = (written?.filters ?? written?.Filters ?? []) as Record<string, unknown>[];
  return [filters].flat().map(filter => filter.pattern ?? filter.Pattern).map(pattern => typeof pattern === 'string' ? pattern : undefined).sort();
}

/**
 * A problem for filters that match no message of a topic that is subscribed without raw message delivery.
 *
 * The body of such a message is the envelope of SNS, with the message as a string in it.
 */
export function envelopeProblems(queue: sqs.IQueue, mapping: lambda.EventSourceMapping): Problem[] {
  const patterns = patternsOf(mapping.node.defaultChild as CfnResource);
  if (patterns.length === 0 || !patterns.every(neverMatchesEnvelope)) return [];
  const wrapped = usesOf(mapping, resourceOf(queue), 'subscriptions').filter(isWrapped);
  return unless(wrapped.length === 0, () => ({
    prop: 'source.filters',
    got: `filters that match no message of ${wrapped.map(pathOf).join(', ')}, because the body of these messages is the envelope of SNS`,
    allowed: 'with such filters, subscriptions with raw message delivery',
    fix: 'Lambda would delete all messages of the subscription. Specify rawMessageDelivery: true for it, or filter with its filterPolicy.',
  }));
}

function isWrapped(resource: CfnResource): boolean {
  const raw = writtenProperty(resource, 'RawMessageDelivery', (resource as sns.CfnSubscription).rawMessageDelivery);
  return raw === undefined || raw === false;
}

/** Whether a pattern requires a key that the envelope does not have. */
function neverMatchesEnvelope(pattern: string | undefined): boolean {
  const body = pattern === undefined ? undefined : objectOf(pattern)?.[BODY];
  // A list is of strings, which match no JSON.
  if (Array.isArray(body)) return true;
  return Object.entries(body ?? {}).some(([key, rule]) => !ENVELOPE.includes(key) && !key.startsWith('$') && !matchesNothing(rule));
}

/** Whether a rule may match a message without the key. */
function matchesNothing(rule: unknown): boolean {
  return JSON.stringify(rule).includes('"exists":false');
}

function objectOf(json: string): Record<string, object> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value as Record<string, object> : undefined;
  } catch {
    return undefined;
  }
}
