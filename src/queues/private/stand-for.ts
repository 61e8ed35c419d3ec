import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Dependable } from 'constructs';
import { OwnQueue, completeGrants } from './own-queue';

/**
 * Makes a construct stand for the queue within it.
 *
 * Its default child is the L1, because `applyRemovalPolicy` throws for anything else. Its grants are those of the queue. To depend on it is to
 * depend on the queue and its policy: its dead letters and the subscriptions within it may depend on what depends on the queue.
 */
export function standFor(construct: sqs.QueueBase, queue: OwnQueue): void {
  construct.node.defaultChild = queue.node.defaultChild;
  completeGrants(construct.grants, queue);
  Dependable.implement(construct, { dependencyRoots: [queue] });
}
