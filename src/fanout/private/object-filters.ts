import { Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { OBJECT_FILTER } from './fanout-bounds';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { Problem, at, unless } from '../../private/problems';

/** One condition on an object key, which SNS and EventBridge understand. */
export type KeyCondition = string | { readonly prefix: string } | { readonly suffix: string } | { readonly wildcard: string };

/** How the route writes object keys. */
export type KeyForm = 'encoded' | 'plain';

/** The problems of the object filters of one subscriber. */
export function objectFilterProblems(objects: s3.NotificationKeyFilter[], form: KeyForm): Problem[] {
  return [
    ...unless(objects.length > 0, () => ({
      prop: 'objects', got: describe(objects), allowed: 'at least one filter', fix: 'Specify a prefix or a suffix, or omit objects for all objects.',
    })),
    ...objects.flatMap((filter, index) => at(`objects[${index}]`, filterProblems(filter, form))),
  ];
}

function filterProblems(filter: s3.NotificationKeyFilter, form: KeyForm): Problem[] {
  const { prefix, suffix } = filter;
  return [
    ...unless(prefix !== undefined || suffix !== undefined, () => ({
      prop: '', got: 'a filter without prefix and suffix', allowed: 'a prefix, a suffix or both', fix: 'Specify one of them, or omit objects for all objects.',
    })),
    ...checkBounds(OBJECT_FILTER, filter),
    ...(['prefix', 'suffix'] as const).flatMap(prop => partProblems(prop, filter[prop], form, prefix !== undefined && suffix !== undefined)),
  ];
}

function partProblems(prop: 'prefix' | 'suffix', part: string | undefined, form: KeyForm, isPattern: boolean): Problem[] {
  if (part === undefined) return [];
  if (Token.isUnresolved(part)) {
    return unless(form === 'plain' && !isPattern, () => ({
      prop,
      got: describe(part),
      allowed: 'a string that is written out',
      fix: isPattern ? 'A prefix and a suffix become one pattern, whose special characters are escaped at synthesis. Write it out, or name only one of the two.'
        : 'The keys in S3 events are URL-encoded at synthesis. Write it out, or set route to BucketEventRoute.eventBridge(), which has keys as they are.',
    }));
  }
  const undocumented = form === 'encoded' ? [...new Set(part.match(/[!'()*~]/g) ?? [])] : [];
  return [
    ...unless(!/\p{Surrogate}/u.test(part), () => ({
      prop, got: 'a string with half of a character', allowed: 'a string of whole characters', fix: 'Object keys are UTF-8; correct the string.',
    })),
    ...unless(undocumented.length === 0, () => ({
      prop,
      got: describe(part),
      allowed: `a string without ${undocumented.join(' ')}`,
      fix: 'AWS does not document how S3 encodes these characters in the keys of its events. Use a shorter one, or set route to BucketEventRoute.eventBridge(), which has keys as they are.',
    })),
  ];
}

/**
 * The conditions on the object key, of which one must be true.
 *
 * A prefix and a suffix need one wildcard: two conditions on one key would be alternatives. S3 also accepts a key in which both overlap, such as `a/b` with
 * the prefix `a/` and the suffix `/b`, which the wildcard does not match.
 */
export function keyConditions(objects: s3.NotificationKeyFilter[], form: KeyForm): KeyCondition[] {
  const written = form === 'encoded' ? urlEncoded : (part: string) => part;
  const conditions = objects.flatMap(({ prefix, suffix }): KeyCondition[] => {
    if (suffix === undefined) return [{ prefix: written(prefix!) }];
    if (prefix === undefined) return [{ suffix: written(suffix) }];
    return [{ wildcard: `${escaped(written(prefix))}*${escaped(written(suffix))}` }, ...joined(prefix, suffix).map(written)];
  });
  const distinct = new Map(conditions.map(condition => [JSON.stringify(condition), condition]));
  return [...distinct.values()];
}

/** The keys in which the end of the prefix is the start of the suffix; not those that are too long for S3. */
function joined(prefix: string, suffix: string): string[] {
  const lengths = Array.from({ length: Math.min(prefix.length, suffix.length) }, (_, index) => index + 1);
  return lengths.filter(length => prefix.endsWith(suffix.slice(0, length))).map(length => prefix + suffix.slice(length))
    .filter(key => Buffer.byteLength(key) <= OBJECT_FILTER.prefix.max);
}

/**
 * A key as in the records of S3: form encoding, in which a space is `+`, with the slashes of the key.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
function urlEncoded(part: string): string {
  return encodeURIComponent(part).replaceAll('%20', '+').replaceAll('%2F', '/');
}

/**
 * A literal part of a wildcard pattern.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
function escaped(part: string): string {
  return part.replace(/[\\*]/g, '\\$&');
}
