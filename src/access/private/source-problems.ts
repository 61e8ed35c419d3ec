import { IResource, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { refersElsewhere } from '../../private/references';
import { ServiceSource } from '../service-source';

/** The queue or topic that a source sends to. */
export interface SourceTarget {
  /** The queue or topic, or the construct in which it will be created. */
  readonly scope: IConstruct;
  readonly what: 'queue' | 'topic';
  /** The customer key that encrypts it. */
  readonly key?: kms.IKey;
}

/** What is wrong with a source for its target. */
export function sourceProblems(source: ServiceSource, target: SourceTarget): Problem[] {
  const problems = source._problems;
  // The other checks read the options of the source.
  return problems.length > 0 ? problems : [...regionProblems(source, target), ...accountProblems(source, target)];
}

/**
 * A problem where a source does not send to the Region of its target.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 */
function regionProblems(source: ServiceSource, { scope, what }: SourceTarget): Problem[] {
  const { requiredRegion } = source._bind(scope);
  // An imported queue or topic can be in another Region than its stack.
  const own = (scope as Partial<IResource>).env?.region ?? Stack.of(scope).region;
  return unless(requiredRegion === undefined || !knownApart(requiredRegion, own), () => ({
    prop: '',
    got: `a bucket in Region ${requiredRegion}, and a ${what} in Region ${own}`,
    allowed: `a bucket in the Region of the ${what}`,
    fix: `S3 notifies ${what}s of its own Region only; put the ${what} there, or let EventBridge send the events of the bucket to the other Region. `
      + 'An imported bucket is assumed to be in the Region of its stack; specify another with Bucket.fromBucketAttributes().',
  }));
}

/** A problem where the policy of a key in another stack cannot name the account of a source. */
function accountProblems(source: ServiceSource, { scope, what, key }: SourceTarget): Problem[] {
  return unless(key === undefined || !refersElsewhere(source._bind(scope).sourceAccount, Stack.of(key)), () => ({
    prop: '',
    got: 'a sourceAccount only known at deployment, and a customer key of another stack',
    allowed: `a sourceAccount of 12 digits, or a key in the stack of the ${what}`,
    fix: 'The policy of the key contains the account, so the two stacks would depend on each other; specify the account as a literal.',
  }));
}
