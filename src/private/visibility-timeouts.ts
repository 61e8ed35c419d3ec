import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { describeDuration } from './describe';
import { Problem, unless } from './problems';
import { cfnQueueOf, factsOf } from './queue-facts';
import { overriddenProperty } from './written';

/** The visibility timeouts that nobody chose, by the L1 that has them. */
const DEFAULTS = new WeakMap<sqs.CfnQueue, number | undefined>();

/** Records that nobody chose the visibility timeout of a queue, so that it can be raised to what the consumers of the queue need. */
export function recordDefaultVisibility(queue: sqs.Queue, defaultTimeout: Duration): void {
  const resource = cfnQueueOf(queue);
  // A property injector can have chosen another one.
  if (resource.visibilityTimeout === defaultTimeout.toSeconds()) DEFAULTS.set(resource, resource.visibilityTimeout);
}

/**
 * Raises a visibility timeout that nobody chose to what a consumer needs. That of an imported queue is not known, and one that was chosen is not changed.
 *
 * @param needed seconds
 */
export function raiseDefaultVisibility(queue: sqs.IQueue, needed: number): void {
  const resource = defaulted(queue);
  const { visibilityTimeout } = factsOf(queue);
  if (!resource || visibilityTimeout === undefined || visibilityTimeout >= needed) return;
  // L1: the L2 takes the value only when it is created, which is before its consumers are.
  resource.visibilityTimeout = needed;
  DEFAULTS.set(resource, needed);
}

/**
 * A problem for a visibility timeout that is too short for a consumer.
 *
 * @param needed seconds
 * @param because what needs it
 * @param atSynthesis whether the template is being written: until then, one that nobody chose can be raised
 */
export function visibilityProblems(queue: sqs.IQueue, needed: number, because: string, atSynthesis: boolean): Problem[] {
  const { visibilityTimeout } = factsOf(queue, atSynthesis);
  if (visibilityTimeout === undefined || visibilityTimeout >= needed) return [];
  const isDefault = hasDefaultVisibility(queue);
  return unless(!atSynthesis && isDefault, () => ({
    prop: 'source.queue.visibilityTimeout',
    got: `${describeDuration(Duration.seconds(visibilityTimeout))} on '${queue.node.path}'`,
    allowed: `at least ${describeDuration(Duration.seconds(needed))}, ${because}`,
    fix: isDefault
      ? 'Messages would be received again while the function still processes them. Specify the visibilityTimeout of the queue: its default was raised when the worker was created, '
        + 'and an aspect or escape hatch has changed the timeout of the function or the batching window since.'
      : 'Messages would be received again while the function still processes them. Specify a longer visibilityTimeout for the queue, omit it for a sufficient default, '
        + 'or lower the timeout of the function.',
  }));
}

/** Whether nobody chose the visibility timeout of a queue of this app. */
export function hasDefaultVisibility(queue: sqs.IQueue): boolean {
  return defaulted(queue) !== undefined;
}

/** The L1 of a queue whose visibility timeout nobody chose. */
function defaulted(queue: sqs.IQueue): sqs.CfnQueue | undefined {
  const resource = queue.node.defaultChild;
  if (!sqs.CfnQueue.isCfnQueue(resource) || overriddenProperty(resource, 'VisibilityTimeout') !== undefined) return undefined;
  const isDefault = resource.visibilityTimeout === undefined || resource.visibilityTimeout === DEFAULTS.get(resource);
  return isDefault ? resource : undefined;
}
