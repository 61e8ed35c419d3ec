import { IResolvable, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Problem } from '../../private/problems';

/** The queues whose redrive-allow policy this library writes, and how another queue could use them all the same. */
const limited = new WeakMap<sqs.IQueue, string>();

/**
 * Limits which queues may use this one as their dead-letter queue.
 *
 * Written on the L1, because the L2 takes the sources as queues: their references would be circular.
 *
 * @param instead what to do for a queue that is not among them
 */
export function redriveAllow(
  deadLetterQueue: sqs.Queue, policy: IResolvable | { redrivePermission: string; sourceQueueArns?: string[] }, instead: string,
): void {
  (deadLetterQueue.node.defaultChild as sqs.CfnQueue).redriveAllowPolicy = policy;
  limited.set(deadLetterQueue, instead);
}

/** Why SQS would refuse a queue as the dead-letter queue of one that its redrive-allow policy does not name. */
export function redriveRefusal(queue: sqs.IQueue): Omit<Problem, 'prop'> | undefined {
  const allowed = 'a queue whose redrive-allow policy lets this queue use it';
  const instead = limited.get(queue);
  if (instead) return { got: `'${queue.node.path}', which only the queues it was made for may use`, allowed, fix: instead };
  const policy: unknown = (queue.node.defaultChild as sqs.CfnQueue | undefined)?.redriveAllowPolicy;
  if (policy === undefined || Token.isUnresolved(policy)) return undefined;
  if ((policy as { redrivePermission?: unknown }).redrivePermission !== sqs.RedrivePermission.DENY_ALL) return undefined;
  return { got: `'${queue.node.path}', which denies every queue`, allowed, fix: 'Change its redriveAllowPolicy, or use another queue.' };
}
