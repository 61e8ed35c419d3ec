import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { measurePolicy, warnOfPolicySize } from '../../private/policy-size';
import { checkWhenWritten } from '../../private/problems';
import { innermost } from '../../private/same-resource';
import { hasSmallPolicy, queuePolicy, queuePolicyOf, queuePolicyProblems } from '../../queues/private/policy-checks';

const checked = new WeakSet<sqs.IQueue>();

/**
 * Checks the policy of a queue when the template is written: each source makes it larger.
 *
 * A work queue and a shared dead-letter queue check themselves. The policy of an imported queue is not known.
 */
export function checkPolicyAtSynth(scope: IConstruct, construct: 'BucketEventFanOut' | 'QueueSubscription', receiver: sqs.IQueue): void {
  const queue = innermost(receiver);
  if (!queue.node.defaultChild || queue.node.scope instanceof sqs.QueueBase || checked.has(queue)) return;
  checked.add(queue);
  checkWhenWritten(scope, construct, () => {
    const document = hasSmallPolicy(queue, 0) ? undefined : queuePolicyOf(queue);
    if (document === undefined) return [];
    const size = measurePolicy(document);
    warnOfPolicySize(scope, construct, queuePolicy(queue), size);
    return queuePolicyProblems(queue, size);
  });
}
