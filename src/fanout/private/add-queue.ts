import { Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { describe } from '../../private/describe';
import { refuse, unless } from '../../private/problems';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';

/** Creates a queue in a fan-out and subscribes it. If one of them is refused, neither remains in the construct tree. */
export function addQueueIn(scope: Construct, construct: string, id: string, props: WorkQueueProps, subscribe: (queue: WorkQueue) => void): WorkQueue {
  const got = id === '' || Token.isUnresolved(id) ? describe(id) : scope.node.tryFindChild(id) && `'${id}', which exists already`;
  refuse(scope, construct, unless(!got, () => ({ prop: 'addQueue(id)', got: `${got}`, allowed: 'an id that is unique in this fan-out', fix: 'Choose another id.' })));
  try {
    const queue = new WorkQueue(scope, id, props);
    subscribe(queue);
    return queue;
  } catch (error) {
    // By the id in the tree, which differs from the given one if that has a slash.
    const created = scope.node.tryFindChild(id);
    if (created) scope.node.tryRemoveChild(created.node.id);
    throw error;
  }
}
