import * as sqs from 'aws-cdk-lib/aws-sqs';
import { QUEUE_POLICY } from './queue-bounds';
import { serviceStatements } from '../../access/private/service-statements';
import { PHYSICAL_NAMES } from '../../private/physical-names';
import { LimitedPolicy, PolicySize, byteProblems } from '../../private/policy-size';
import { Problem, unless } from '../../private/problems';
import { isOverridden, writtenProperties } from '../../private/written';

/** Sources with fewer bytes fit into a policy that has no other statements than theirs and the one for TLS. */
const FEW_BYTES = 5000;

/** The policy of a queue as in the template; undefined if there is none. Resources with a physical name are written with their name. */
export function queuePolicyOf(queue: sqs.IQueue): unknown {
  const resource = queue.node.tryFindChild('Policy')?.node.defaultChild;
  return sqs.CfnQueuePolicy.isCfnQueuePolicy(resource) ? writtenProperties(resource, PHYSICAL_NAMES).PolicyDocument : undefined;
}

/** The number of statements in the policy of a queue. */
export function statementCount(queue: sqs.IQueue): number {
  return (queue.node.tryFindChild('Policy') as sqs.QueuePolicy | undefined)?.document.statementCount ?? 0;
}

/**
 * Whether the policy of a queue certainly is within its limits. Rendering the policies takes 5 % of the time of a large fan-out.
 *
 * @param small the number of statements that are known to be small, such as the one for TLS
 */
export function hasSmallPolicy(queue: sqs.IQueue, small: number): boolean {
  const resource = queue.node.tryFindChild('Policy')?.node.defaultChild as sqs.CfnQueuePolicy | undefined;
  if (!resource) return true;
  const { count, sourceBytes } = serviceStatements(queue);
  return statementCount(queue) <= count + small && sourceBytes <= FEW_BYTES && !isOverridden(resource);
}

/** What SQS would refuse in the policy of a queue: what is certainly too much. */
export function queuePolicyProblems(queue: sqs.IQueue, size: PolicySize): Problem[] {
  const of = `in the policy of '${queue.node.path}'`;
  const { principals, statements } = QUEUE_POLICY;
  return [
    ...unless(size.statements <= statements.max, () => ({
      prop: 'queue policy', got: `${size.statements} statements ${of}`, allowed: `at most ${statements.max} statements`, fix: statements.fix,
    })),
    ...unless(size.principals <= principals.max, () => ({
      prop: 'queue policy', got: `${size.principals} principals ${of}`, allowed: `at most ${principals.max} principals`, fix: principals.fix,
    })),
    ...byteProblems(queuePolicy(queue), size),
  ];
}

/** The policy of a queue, with its limit. */
export function queuePolicy(queue: sqs.IQueue): LimitedPolicy {
  return { resource: queue, service: 'SQS', prop: 'queue policy', limit: QUEUE_POLICY.bytes };
}
