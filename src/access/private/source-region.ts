import { IResource, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';
import { Problem } from '../../private/problems';
import { ServiceSource } from '../service-source';

/**
 * What is wrong with a source that does not send to the Region of its target; undefined when nothing is.
 *
 * @param target the queue or topic, or the construct it will be made in
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 */
export function sourceRegionProblem(source: ServiceSource, target: IConstruct, what: 'queue' | 'topic'): Omit<Problem, 'prop'> | undefined {
  const { requiredRegion } = source._bind(target);
  // Of the queue or topic itself: an imported one may be in another Region than the stack.
  const own = (target as IResource).env?.region ?? Stack.of(target).region;
  if (requiredRegion === undefined || !knownApart(requiredRegion, own)) return undefined;
  return {
    got: `a bucket in Region ${requiredRegion}, and a ${what} in Region ${own}`,
    allowed: `a bucket in the Region of the ${what}`,
    fix: `S3 notifies ${what}s of its own Region alone; put the ${what} there, or let EventBridge send the events of the bucket across. `
      + 'An imported bucket is taken to be in the Region of its stack; Bucket.fromBucketAttributes() takes another.',
  };
}
