import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DEAD_LETTERS } from './queue-bounds';
import { Bound } from '../../private/bounds';
import { describeDuration } from '../../private/describe';
import { Place } from '../../private/environment';
import { Problem } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { warn } from '../../private/warnings';

/** The longest that SQS keeps a message. */
const LONGEST = DEAD_LETTERS.retention.max;

/** What the checks need to know about the source queue of a dead-letter queue. */
export interface SourceQueue extends Place {
  readonly isFifo: boolean;
  /** Seconds; undefined when only known at deployment, and when out of bounds. */
  readonly retention?: number;
  /** The name that was specified, if any. */
  readonly queueName?: string;
}

/** What decides how long a message can exist. */
export interface MessageLife {
  readonly isFifo: boolean;
  /** Seconds; undefined when only known at deployment, and when out of bounds. */
  readonly retention?: number;
  /** Seconds; 0 without a dead-letter queue, and undefined as above. */
  readonly deadLetterRetention?: number;
}

/**
 * How long a message can exist in a queue and its dead-letter queue if nobody deletes it or moves it back, in seconds. What is not known is the longest that
 * SQS allows. A standard queue keeps the original timestamp when it moves a message; a FIFO queue starts again.
 */
export function longestLife({ isFifo, retention = LONGEST.toSeconds(), deadLetterRetention = LONGEST.toSeconds() }: MessageLife): number {
  return isFifo ? retention + deadLetterRetention : Math.max(retention, deadLetterRetention);
}

/** A duration in seconds, where it is within its bounds and known at synthesis. */
export function secondsWithin(bound: Bound<Duration>, value: Duration | undefined): number | undefined {
  const millis = bound.known(value);
  return millis === undefined ? undefined : millis / 1000;
}

/** A standard queue keeps the original timestamp when it moves a message, so equal retentions can leave no time at all. */
export function checkRetention(prop: string, seconds: number | undefined, { isFifo, retention }: Pick<SourceQueue, 'isFifo' | 'retention'>): Problem[] {
  if (isFifo || seconds === undefined || retention === undefined || seconds > retention) return [];
  return [{
    prop,
    got: `${text(seconds)} of retention in the dead-letter queue`,
    allowed: `more than the retention of the source queue, which is ${text(retention)}, and at most ${describeDuration(LONGEST)}`,
    fix: 'A message moved from a standard queue keeps its original timestamp. Lower the retention of the source queue, or raise that of the dead-letter queue.',
  }];
}

/** Retention counts from when a message is sent, not from when it can first be received. */
export function checkDelay(deliveryDelay: number | undefined, retention: number | undefined): Problem[] {
  if (deliveryDelay === undefined || retention === undefined || deliveryDelay < retention) return [];
  return [{
    prop: 'deliveryDelay',
    got: text(deliveryDelay),
    allowed: `less than the retention, which is ${text(retention)}`,
    fix: 'A message would be deleted before its first delivery. Raise retention, or lower deliveryDelay.',
  }];
}

/** Warns where dead letters are likely to be lost, which depends on the consumers, or on an imported queue. */
export function warnOfRetention({ queue, deadLetterQueue }: { readonly queue: sqs.Queue; readonly deadLetterQueue?: sqs.IQueue }): void {
  if (!deadLetterQueue) return;
  const { retention } = factsOf(queue);
  if (retention === undefined) return;
  warnOfReceives(queue, retention);
  if (queue.fifo || retention < LONGEST.toSeconds() || factsOf(deadLetterQueue).owned) return;
  warn(queue, 'WorkQueue.deadLetterRetention',
    `messages are kept for ${text(retention)}, and the imported dead-letter queue '${deadLetterQueue.node.path}' cannot keep them longer: a message moved from a `
    + 'standard queue keeps its original timestamp, so a dead letter can be deleted as soon as it arrives. Lower retention, and keep dead letters for 14 days.');
}

/** SQS moves a message on the receive after the last allowed one, which happens after that number of visibility timeouts when no consumer shortens them. */
function warnOfReceives(queue: sqs.Queue, retention: number): void {
  const { maxReceiveCount, visibilityTimeout, deliveryDelay } = factsOf(queue);
  if (maxReceiveCount === undefined || visibilityTimeout === undefined || deliveryDelay === undefined) return;
  const moved = deliveryDelay + maxReceiveCount * visibilityTimeout;
  if (moved < retention) return;
  warn(queue, 'WorkQueue.maxReceiveCount',
    `a message that nobody deletes is moved to the dead-letter queue after ${maxReceiveCount} receives with a visibility timeout of ${text(visibilityTimeout)} each, `
    + `which is ${text(moved)} after it was sent, but its retention ends after ${text(retention)}: unless consumers make the message visible earlier, it is deleted and never `
    + 'becomes a dead letter. Raise retention, or lower maxReceiveCount or visibilityTimeout.');
}

function text(seconds: number): string {
  return describeDuration(Duration.seconds(seconds));
}
