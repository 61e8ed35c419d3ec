import { Construct } from 'constructs';
import { idProblems } from '../../private/ids';
import { refuse } from '../../private/problems';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';

/** Creates a queue and subscribes it. If one of them is refused, neither remains in the construct tree. */
export function createSubscribedQueue(scope: Construct, id: string, props: WorkQueueProps, subscribe: (queue: WorkQueue) => void): WorkQueue {
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

/** Creates a queue in a fan-out and subscribes it, unless the id cannot be used. */
export function addQueueIn(
  fanOut: Construct, construct: string, id: string, props: WorkQueueProps, subscribe: (queue: WorkQueue) => void,
): WorkQueue {
  refuse(fanOut, construct, idProblems('addQueue(id)', id, 'this fan-out', () => fanOut.node.tryFindChild(id) !== undefined));
  return createSubscribedQueue(fanOut, id, props, subscribe);
}
