import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { checkDelay, checkRetention, warnOfRetention } from './retention';
import { Problems, checkWhenWritten } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { allowing, servicesIn, statementsOf } from '../../private/statements';
import { isOverridden, writtenProperties, writtenProperty } from '../../private/written';

/** A work queue, or a shared dead-letter queue. */
export interface CheckedQueue extends IConstruct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue?: sqs.IQueue;
}

/** What SQS takes in the policy of one queue. */
const MAX_STATEMENTS = 20;

/**
 * Checks what property injectors made of the queues now, and what aspects and escape hatches made of them when the template is written.
 *
 * Warnings come with the template alone, on the queue: until then its values may change.
 */
export function checkMade(scope: CheckedQueue, construct: string): void {
  const problems = new Problems(scope, construct);
  checkProperties(scope, problems);
  problems.throwIfAny();
  checkWhenWritten(scope, construct, written => {
    checkProperties(scope, written);
    made(scope).forEach(queue => checkPolicy(written, queue));
    if (!written.any) warnOfRetention(scope);
  });
}

/** The queues that are made here: a dead-letter queue may be of somebody else. */
function made(scope: CheckedQueue): sqs.Queue[] {
  return [scope.queue, scope.deadLetterQueue].filter((queue): queue is sqs.Queue => queue?.node.scope === scope);
}

function checkProperties(scope: CheckedQueue, problems: Problems): void {
  const { queue, deadLetterQueue } = scope;
  const { retention, deliveryDelay } = factsOf(queue);
  if (deadLetterQueue) checkRetention(problems, 'retention', factsOf(deadLetterQueue).retention, { isFifo: queue.fifo, retention });
  checkDelay(problems, deliveryDelay, retention);
  made(scope).forEach(one => checkThroughput(problems, one));
}

/** CloudFormation fails on the one without the other, which tells the queue nothing of what was meant. */
function checkThroughput(problems: Problems, queue: sqs.Queue): void {
  const resource = cfn(queue);
  const limit = writtenProperty(resource, 'FifoThroughputLimit', resource.fifoThroughputLimit);
  if (limit !== sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID) return;
  const scope = writtenProperty(resource, 'DeduplicationScope', resource.deduplicationScope) ?? sqs.DeduplicationScope.QUEUE;
  problems.require(scope !== sqs.DeduplicationScope.QUEUE, () => ({
    prop: 'ordering.throughput',
    got: `FifoThroughputLimit '${limit}' with DeduplicationScope '${scope}' on '${queue.node.path}'`,
    allowed: `'${limit}' with DeduplicationScope '${sqs.DeduplicationScope.MESSAGE_GROUP}'`,
    fix: 'SQS takes a limit for each message group only where messages are deduplicated within the group; set both, or use FifoThroughput.HIGH, which does.',
  }));
}

/** Read as it is written: CDK merges statements where the app asks for it, and an escape hatch may add some. */
function checkPolicy(problems: Problems, queue: sqs.Queue): void {
  const policy = queue.node.tryFindChild('Policy') as sqs.QueuePolicy | undefined;
  const resource = policy?.node.defaultChild as sqs.CfnQueuePolicy | undefined;
  if (!policy || !resource) return;
  const { awsManagedKey } = factsOf(queue);
  // To write out a policy takes a twentieth of the time of a large fan-out, and there are never more statements than in the document.
  if (policy.document.statementCount <= MAX_STATEMENTS && !awsManagedKey && !isOverridden(resource)) return;
  const document = writtenProperties(resource).PolicyDocument;
  const { length } = statementsOf(document);
  problems.require(length <= MAX_STATEMENTS, () => ({
    prop: 'queue policy',
    got: `${length} statements in the policy of '${queue.node.path}'`,
    allowed: `at most ${MAX_STATEMENTS} statements`,
    fix: 'Allow services with allowService(), WorkQueueDestination, WorkQueueTarget and the fanout submodule, where the sources of one service share a statement, '
      + 'or let fewer principals of other accounts in.',
  }));
  const services = servicesIn(allowing(document, 'sqs:SendMessage'));
  problems.require(!awsManagedKey || services.length === 0, () => ({
    prop: 'encryption',
    got: `alias/aws/sqs on '${queue.node.path}', to which ${services.join(', ')} sends`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: 'Nobody can change the policy of alias/aws/sqs, so no service could send; let what changes the encryption of the queue use another.',
  }));
}

function cfn(queue: sqs.Queue): sqs.CfnQueue {
  return queue.node.defaultChild as sqs.CfnQueue;
}
