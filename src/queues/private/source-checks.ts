import * as sqs from 'aws-cdk-lib/aws-sqs';
import { EVENTS } from '../../access/private/bound-service-source';
import { serviceProblems, sourceProblems } from '../../access/private/source-problems';
import { ServiceSource } from '../../access/service-source';
import { Problem, at, unless } from '../../private/problems';
import { cfnQueueOf, factsOf } from '../../private/queue-facts';

/** The largest size of an S3 event. */
const S3_EVENT_BYTES = 65_536;

/** What is wrong with a source that is incomplete, or whose messages SQS or the service would not deliver to the queue. */
export function arrivalProblems(prop: string, queue: sqs.Queue, source: ServiceSource): Problem[] {
  const incomplete = source._problems;
  return at(prop, incomplete.length > 0 ? incomplete : [
    ...serviceProblems(source.service, 'queue'),
    ...checkService(queue, source),
    ...sourceProblems(source, { scope: queue, what: 'queue', key: queue.encryptionMasterKey }),
    ...source.service === 's3.amazonaws.com' ? checkBucket(queue) : [],
    ...source.service === EVENTS ? checkRule(queue) : [],
  ]);
}

function checkService(queue: sqs.Queue, source: ServiceSource): Problem[] {
  return [
    ...unless(!factsOf(queue).awsManagedKey, () => ({
      prop: '',
      got: `${source.service}, and a queue encrypted with alias/aws/sqs`,
      allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
      fix: 'The policy of alias/aws/sqs cannot be changed, so no service could send. Set another encryption where the encryption of the queue is changed.',
    })),
    ...unless(!queue.fifo || !source._isStandardTopic, () => ({
      prop: '',
      got: 'a standard topic',
      allowed: 'a FIFO topic on a FIFO queue',
      fix: 'SNS does not deliver from a standard topic to a FIFO queue; use a topic and a queue of the same kind.',
    })),
  ];
}

function checkRule(queue: sqs.Queue): Problem[] {
  const { contentBasedDeduplication } = cfnQueueOf(queue);
  return unless(!queue.fifo || contentBasedDeduplication !== false, () => ({
    prop: '',
    got: 'a rule, and a FIFO queue with Deduplication.EXPLICIT',
    allowed: 'a standard queue, or a FIFO queue with Deduplication.CONTENT_BASED',
    fix: 'EventBridge sends no deduplication ID; specify Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED }) for the queue.',
  }));
}

function checkBucket(queue: sqs.Queue): Problem[] {
  const { maximumMessageSize } = factsOf(queue);
  return [
    ...unless(!queue.fifo, () => ({
      prop: '', got: 'a bucket', allowed: 'a bucket only on a standard queue', fix: 'S3 does not send to FIFO queues; use EventBridge, or a standard queue.',
    })),
    ...unless(maximumMessageSize === undefined || maximumMessageSize >= S3_EVENT_BYTES, () => ({
      prop: '',
      got: `a bucket, with maxMessageSize ${maximumMessageSize} bytes`,
      allowed: 'maxMessageSize of at least 64 KiB',
      fix: 'An S3 event can be as large as 64 KiB; raise maxMessageSize.',
    })),
  ];
}
