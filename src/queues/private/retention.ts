import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { describeDuration } from '../../private/describe';
import { Problems } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { warn } from '../../private/warnings';

const LONGEST = Duration.days(14).toSeconds();

/** A standard queue keeps the original timestamp when it moves a message, so equal retentions can leave no time at all. */
export function checkRetention(
  problems: Problems, prop: string, seconds: number | undefined, source: { readonly isFifo: boolean; readonly retention?: number },
): void {
  if (source.isFifo || seconds === undefined || source.retention === undefined || seconds > source.retention) return;
  problems.add({
    prop,
    got: `${text(seconds)} of retention in the dead-letter queue`,
    allowed: `more than the ${text(source.retention)} of the queue itself, and at most 14 days`,
    fix: 'A standard queue moves a message with its original timestamp. Lower retention, or raise that of the dead-letter queue.',
  });
}

/** Retention counts from when a message is sent, not from when it can first be received. */
export function checkDelay(problems: Problems, deliveryDelay: number | undefined, retention: number | undefined): void {
  if (deliveryDelay === undefined || retention === undefined || deliveryDelay < retention) return;
  problems.add({
    prop: 'deliveryDelay',
    got: text(deliveryDelay),
    allowed: `less than the retention, which is ${text(retention)}`,
    fix: 'A message would be deleted before its first delivery. Raise retention, or lower deliveryDelay.',
  });
}

/** Warns where dead letters are likely lost, which depends on the consumers, or on a queue of somebody else. */
export function warnOfRetention({ queue, deadLetterQueue }: { readonly queue: sqs.Queue; readonly deadLetterQueue?: sqs.IQueue }): void {
  if (!deadLetterQueue) return;
  const { retention } = factsOf(queue);
  if (retention === undefined) return;
  warnOfReceives(queue, retention);
  if (queue.fifo || retention < LONGEST || factsOf(deadLetterQueue).owned) return;
  warn(queue, 'WorkQueue.deadLetterRetention',
    `messages are kept for ${text(retention)}, and the imported dead-letter queue '${deadLetterQueue.node.path}' cannot keep them longer: a standard queue moves a `
    + 'message with its original timestamp, so a dead letter can be deleted as soon as it arrives. Lower retention, and keep dead letters for 14 days.');
}

/** A message is moved by the receive after the last one allowed, which comes at the earliest when each of those ended with the visibility timeout. */
function warnOfReceives(queue: sqs.Queue, retention: number): void {
  const { maxReceiveCount, visibilityTimeout, deliveryDelay } = factsOf(queue);
  if (maxReceiveCount === undefined || visibilityTimeout === undefined || deliveryDelay === undefined) return;
  const moved = deliveryDelay + maxReceiveCount * visibilityTimeout;
  if (moved < retention) return;
  warn(queue, 'WorkQueue.maxReceiveCount',
    `a message that nobody deletes is moved to the dead-letter queue after ${maxReceiveCount} receives with a visibility timeout of ${text(visibilityTimeout)} each, `
    + `which is ${text(moved)} after it was sent, and its retention ends after ${text(retention)}: unless consumers make it visible earlier, it is deleted and never becomes `
    + 'a dead letter. Raise retention, or lower maxReceiveCount or visibilityTimeout.');
}

function text(seconds: number): string {
  return describeDuration(Duration.seconds(seconds));
}
