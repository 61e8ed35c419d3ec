import { CfnResource, Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { MessageLife, longestLife } from './retention';
import { describeDuration } from '../../private/describe';
import { Problem } from '../../private/problems';
import { writtenProperties } from '../../private/written';

const SECONDS_A_DAY = 86_400;

/** A rule of a bucket, as in the template. */
interface Rule {
  readonly Status?: unknown;
  readonly Prefix?: unknown;
  readonly ExpirationInDays?: unknown;
  readonly ExpirationDate?: unknown;
  readonly TagFilters?: unknown[];
  readonly ObjectSizeLessThan?: unknown;
}

/** The expiration of a payload counts from before its message is sent, so it has to be longer than the life of the message. */
export function expirationProblems(expiration: Duration | undefined, life: MessageLife, prop = 'expiration'): Problem[] {
  const seconds = longestLife(life);
  if (!expiration || expiration.isUnresolved() || expiration.toSeconds({ integral: false }) > seconds) return [];
  return [{
    prop,
    got: describeDuration(expiration),
    allowed: allowedFor(life),
    fix: 'S3 would delete the payload of a message that still waits. Raise expiration, or lower the retention of the queue or of its dead letters.',
  }];
}

/**
 * The rules of the template that delete payloads of messages that still wait, which aspects and escape hatches can add until then.
 *
 * Not those for objects with tags or of a limited size: client libraries write no tags, and large objects.
 *
 * @param keyPrefix what the keys of the payloads start with
 * @param known the expiration that is checked already
 */
export function earlyRules(bucket: s3.IBucket, keyPrefix: string, life: MessageLife, known?: Duration): string[] {
  const resource = bucket.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) return [];
  const { Rules = [] } = (writtenProperties(resource).LifecycleConfiguration ?? {}) as { readonly Rules?: Rule[] };
  return Rules.filter(rule => rule.Status === 'Enabled' && !rule.TagFilters?.length && rule.ObjectSizeLessThan === undefined)
    .filter(({ Prefix = '' }) => typeof Prefix === 'string' && (Prefix.startsWith(keyPrefix) || keyPrefix.startsWith(Prefix)))
    .flatMap(({ ExpirationInDays: days, ExpirationDate: date }) => {
      if (typeof date === 'string') return [`on ${date}`];
      const isEarly = typeof days === 'number' && days * SECONDS_A_DAY <= longestLife(life) && days !== known?.toDays({ integral: false });
      return isEarly ? [`after ${describeDuration(Duration.days(days))}`] : [];
    });
}

/** The expiration that payloads need, in the words of a message. */
export function allowedFor(life: MessageLife): string {
  const seconds = longestLife(life);
  return `at least ${describeDuration(daysBeyond(seconds))}, because a message can stay in the queue and its dead-letter queue for ${describeDuration(Duration.seconds(seconds))}`;
}

/** The least number of whole days that is longer. */
export function daysBeyond(seconds: number): Duration {
  return Duration.days(Math.floor(seconds / SECONDS_A_DAY) + 1);
}
