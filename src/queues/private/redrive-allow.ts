import { Lazy, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { pathOf } from '../../private/describe';
import { Problem } from '../../private/problems';
import { cfnQueueOf } from '../../private/queue-facts';
import { resourceOf } from '../../private/same-resource';
import { usesOf } from '../../private/uses';
import { renderText } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** A redrive-allow policy that this library writes. */
interface Limit {
  readonly sources: () => sqs.Queue[] | undefined;
  /** What to do to use the dead-letter queue from another queue. */
  readonly instead: string;
}

/** By the L1 of the dead-letter queue. */
const limited = new WeakMap<IConstruct, Limit>();

/** `RedriveAllowPolicy` names at most this many sources. */
const MAX_NAMED_SOURCES = 10;

/**
 * Limits which queues can use a queue as their dead-letter queue.
 *
 * Set on the L1, because the L2 takes the sources as queues: their references would be circular. The names are read when the template is
 * written, because an aspect or an escape hatch can change them until then; and every time, because a test can render before the last
 * source is added.
 *
 * @param sources the queues that can use it, in the same stack; undefined when one of them cannot be named
 * @param instead what to do for any other queue
 */
export function redriveAllow(deadLetterQueue: sqs.Queue, sources: () => sqs.Queue[] | undefined, instead: string): void {
  cfnQueueOf(deadLetterQueue).redriveAllowPolicy = Lazy.uncachedAny({
    produce: () => {
      const sourceQueueArns = sources()?.map(arnByName) ?? [];
      const nameable = sourceQueueArns.length > 0 && sourceQueueArns.length <= MAX_NAMED_SOURCES && !sourceQueueArns.includes(undefined);
      return nameable
        ? { redrivePermission: sqs.RedrivePermission.BY_QUEUE, sourceQueueArns }
        : { redrivePermission: sqs.RedrivePermission.ALLOW_ALL };
    },
  });
  limited.set(resourceOf(deadLetterQueue), { sources, instead });
}

/** The ARN of each name: every template is read three times while it is written. */
const arns = new WeakMap<sqs.Queue, { readonly name: string; readonly arn: string }>();

/** The ARN built from the name instead of a reference: the queue already refers to its dead-letter queue. Undefined without a name. */
function arnByName(queue: sqs.Queue): string | undefined {
  const name = nameOf(queue);
  const known = arns.get(queue);
  if (name === undefined) return undefined;
  if (known?.name === name) return known.arn;
  const stack = Stack.of(queue);
  const arn = stack.formatArn({ service: 'sqs', resource: name });
  const { length, tokens } = Tokenization.reverseString(name);
  // Literal characters make it a name. A token alone can still resolve to nothing, which is what an L2 writes without a name.
  if (length > tokens.length) arns.set(queue, { name, arn });
  else if (stack.resolve(name) === undefined) return undefined;
  return arn;
}

/** The name in the template; undefined where an escape hatch deletes it. */
function nameOf(queue: sqs.Queue): string | undefined {
  const resource = cfnQueueOf(queue);
  const name = writtenProperty(resource, 'QueueName', resource.queueName) ?? undefined;
  return name === undefined ? undefined : Token.asString(name);
}

/**
 * A problem where SQS would refuse a queue as the dead-letter queue of a queue that its redrive-allow policy does not name.
 *
 * @param queueName the name of the queue that is created, when it was specified
 */
export function redriveRefusal(queue: sqs.IQueue, queueName?: string): Problem[] {
  const refusal = (got: string, fix: string) => [{ prop: '', got: `'${queue.node.path}', ${got}`, allowed: 'a queue whose redrive-allow policy allows this queue', fix }];
  const limit = limited.get(resourceOf(queue));
  if (limit) return refusal('which only the queues it was created for can use', limit.instead);
  const policy = writtenPolicy(queue);
  if (policy?.redrivePermission === sqs.RedrivePermission.DENY_ALL) {
    return refusal('which denies every queue', 'Change its redriveAllowPolicy, or use another queue.');
  }
  const sources = policy?.redrivePermission === sqs.RedrivePermission.BY_QUEUE ? policy.sourceQueueArns : undefined;
  if (!Array.isArray(sources) || !sources.every(arn => isAnother(queue, arn, queueName))) return [];
  return refusal('whose redriveAllowPolicy names other queues', 'Specify a queueName for this queue and name it there, or use a SharedDeadLetterQueue.');
}

/**
 * Problems where SQS would refuse a dead-letter queue of this library for queues of the CDK that use it without a call to it; only while templates are
 * validated.
 */
export function foreignSourceProblems(deadLetterQueue: sqs.Queue): Problem[] {
  const users = usesOf(deadLetterQueue, resourceOf(deadLetterQueue), 'sourceQueues') as sqs.CfnQueue[];
  const own = limited.get(resourceOf(deadLetterQueue))?.sources() ?? [];
  const foreign = users.filter(user => !own.some(source => resourceOf(source) === user));
  if (foreign.length === 0) return [];
  const policy = writtenPolicy(deadLetterQueue);
  if (policy?.redrivePermission !== sqs.RedrivePermission.BY_QUEUE || !Array.isArray(policy.sourceQueueArns)) return [];
  const rendered = (arn: unknown) => JSON.stringify(Stack.of(deadLetterQueue).resolve(arn));
  const ownArns = own.map(source => rendered(arnByName(source)));
  const named = policy.sourceQueueArns.filter(arn => !ownArns.includes(rendered(arn)));
  const refused = foreign.filter(user => named.every(arn => isAnother(deadLetterQueue, arn, user.queueName)));
  return refused.map(user => ({
    prop: 'deadLetterQueue',
    got: `the queue ${pathOf(user)}, which uses '${deadLetterQueue.node.path}' as its dead-letter queue`,
    allowed: 'a queue that the redrive-allow policy of the dead-letter queue names',
    fix: 'SQS would refuse it. Replace it with a WorkQueue that uses DeadLetters.shared() and a SharedDeadLetterQueue, or specify another dead-letter queue for it.',
  }));
}

/** The redrive-allow policy in the template, resolved; undefined without one, and for an imported queue. */
function writtenPolicy(queue: sqs.IQueue): { readonly redrivePermission?: unknown; readonly sourceQueueArns?: unknown } | undefined {
  const resource = queue.node.defaultChild as sqs.CfnQueue | undefined;
  return resource && Stack.of(resource).resolve(writtenProperty(resource, 'RedriveAllowPolicy', resource.redriveAllowPolicy));
}

/** Whether a resolved ARN is known to belong to a queue other than the one that is about to be created with that name. */
function isAnother(scope: IConstruct, arn: unknown, queueName: string | undefined): boolean {
  if (typeof arn === 'object' && arn !== null && 'Fn::GetAtt' in arn) return true;
  const name = renderText(scope, arn as string).split(':').pop()!;
  if (name.includes('$') || name.includes('}')) return false;
  return queueName === undefined || renderText(scope, queueName) !== name;
}
