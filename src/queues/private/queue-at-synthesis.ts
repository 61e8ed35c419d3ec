import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { hasSmallPolicy, queuePolicy, queuePolicyOf, queuePolicyProblems, statementCount } from './policy-checks';
import { foreignSourceProblems } from './redrive-allow';
import { checkDelay, checkRetention, warnOfRetention } from './retention';
import { userProblems, warnOfLostEvents } from './users-at-synthesis';
import { pathOf } from '../../private/describe';
import { PolicySize, measurePolicy, warnOfPolicySize } from '../../private/policy-size';
import { Problem, checkWhenWritten, throwProblems, unless } from '../../private/problems';
import { cfnQueueOf, factsOf } from '../../private/queue-facts';
import { allowing, servicesIn } from '../../private/statements';
import { sharedNameProblems } from '../../private/unique-names';
import { forgetUsesBeforeSynth, usesOf } from '../../private/uses';
import { writtenProperty } from '../../private/written';

/** The queues of a work queue or a shared dead-letter queue. */
export interface CheckedQueue {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue?: sqs.IQueue;
}

/**
 * Checks the changes of property injectors at once, and those of aspects and escape hatches when the template is written.
 *
 * Warnings are added only when the template is written, on the queue: until then its values can change.
 */
export function checkMade(scope: IConstruct, construct: string, queues: CheckedQueue): void {
  throwProblems(scope, construct, checkProperties(queues));
  forgetUsesBeforeSynth(scope);
  // Until now, a policy has the statement for TLS only.
  const own = made(queues).map(queue => ({ queue, statements: statementCount(queue) }));
  checkWhenWritten(scope, construct, () => {
    const policies = own.flatMap(({ queue, statements }) => policyOf(queue, statements) ?? []);
    const problems = [
      ...checkProperties(queues, true),
      ...policies.flatMap(({ queue, document, size }) => [...queuePolicyProblems(queue, size), ...checkServices(queue, document)]),
      ...made(queues).flatMap(queue => [
        ...checkOtherPolicies(queue), ...userProblems(queue), ...foreignSourceProblems(queue), ...sharedNameProblems(queue, cfnQueueOf(queue)),
      ]),
    ];
    if (problems.length === 0) {
      policies.forEach(({ queue, size }) => warnOfPolicySize(scope, construct, queuePolicy(queue), size));
      warnOfRetention(queues);
      warnOfLostEvents(queues.queue, queues.deadLetterQueue);
    }
    return problems;
  });
}

/** The queues that are created here: a dead-letter queue can belong to another construct. */
function made({ queue, deadLetterQueue }: CheckedQueue): sqs.Queue[] {
  return [queue, deadLetterQueue].filter((one): one is sqs.Queue => one?.node.scope === queue.node.scope);
}

function checkProperties(queues: CheckedQueue, atSynthesis: boolean = false): Problem[] {
  const { queue, deadLetterQueue } = queues;
  const { retention, deliveryDelay } = factsOf(queue, atSynthesis);
  return [
    ...deadLetterQueue ? checkRetention('retention', factsOf(deadLetterQueue, atSynthesis).retention, { isFifo: queue.fifo, retention }) : [],
    ...checkDelay(deliveryDelay, retention),
    ...made(queues).flatMap(checkThroughput),
  ];
}

/** CloudFormation rejects one property without the other, but its error does not name the prop. */
function checkThroughput(queue: sqs.Queue): Problem[] {
  const resource = cfnQueueOf(queue);
  const limit = writtenProperty(resource, 'FifoThroughputLimit', resource.fifoThroughputLimit);
  if (limit !== sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID) return [];
  const scope = writtenProperty(resource, 'DeduplicationScope', resource.deduplicationScope) ?? sqs.DeduplicationScope.QUEUE;
  return unless(scope !== sqs.DeduplicationScope.QUEUE, () => ({
    prop: 'ordering.throughput',
    got: `FifoThroughputLimit '${limit}' with DeduplicationScope '${scope}' on '${queue.node.path}'`,
    allowed: `'${limit}' with DeduplicationScope '${sqs.DeduplicationScope.MESSAGE_GROUP}'`,
    fix: 'SQS supports a limit for each message group only with deduplication within the message group. Set both properties, or use FifoThroughput.HIGH, which sets both.',
  }));
}

/** A queue has one policy. CloudFormation creates a second one without an error, and it replaces the first. */
function checkOtherPolicies(queue: sqs.Queue): Problem[] {
  const own = queue.node.tryFindChild('Policy')?.node.defaultChild;
  const others = usesOf(queue, cfnQueueOf(queue), 'queuePolicies').filter(policy => policy !== own);
  return others.map(policy => ({
    prop: 'queue policy',
    got: `${pathOf(policy)}, a second policy of '${queue.node.path}'`,
    allowed: 'one policy for each queue',
    fix: 'One of the two would replace the other. Add the statements with addToResourcePolicy() of the queue.',
  }));
}

/** A policy as in the template. */
interface WrittenPolicy {
  readonly queue: sqs.Queue;
  readonly document: unknown;
  readonly size: PolicySize;
}

/**
 * Reads the policy in the template: CDK can merge statements, and an escape hatch can add some.
 *
 * @param statements the number of statements that the policy was created with
 * @returns undefined for a policy that is certainly within its limits, and whose services can use the key
 */
function policyOf(queue: sqs.Queue, statements: number): WrittenPolicy | undefined {
  if (hasSmallPolicy(queue, statements) && !factsOf(queue).awsManagedKey) return undefined;
  const document = queuePolicyOf(queue);
  return document === undefined ? undefined : { queue, document, size: measurePolicy(document) };
}

function checkServices(queue: sqs.Queue, document: unknown): Problem[] {
  const services = servicesIn(allowing(document, 'sqs:SendMessage'));
  return unless(services.length === 0 || !factsOf(queue).awsManagedKey, () => ({
    prop: 'encryption',
    got: `alias/aws/sqs on '${queue.node.path}', to which ${services.join(', ')} sends`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: 'The policy of alias/aws/sqs cannot be changed, so no service could send. Set another encryption where the encryption of the queue is changed.',
  }));
}
