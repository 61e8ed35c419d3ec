import { createHash } from 'node:crypto';
import { Outgoing } from './messages';

type Json = any;

/** A message that somebody publishes to a FIFO topic. */
export interface Published extends Outgoing {
  readonly group: string;
  /** Milliseconds. */
  readonly at: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long SNS and SQS remember a deduplication id. */
const MEMORY = 5 * MINUTE;

/** Messages a second. */
const PER_GROUP = 300;
const PER_TOPIC = 3000;

/**
 * What a FIFO topic keeps of the messages published to it: of duplicates within 5 minutes the first. The scope is the topic or the message group.
 * A message with neither an id nor deduplication by content is an error.
 *
 * - https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 * - https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-ordering.html
 *
 * @param topic the properties in the template
 */
export function keptByTopic(topic: Json, published: readonly Published[]): Published[] {
  return kept(published, topic.ContentBasedDeduplication, topic.FifoThroughputScope === 'MessageGroup');
}

/** The same for a FIFO queue. SNS passes the deduplication id on. */
export function keptByQueue(queue: Json, published: readonly Published[]): Published[] {
  return kept(published, queue.ContentBasedDeduplication, queue.DeduplicationScope === 'messageGroup');
}

function kept(published: readonly Published[], byContent: boolean, byGroup: boolean): Published[] {
  const seen = new Map<string, number>();
  return published.filter(({ id, body, group, at }) => {
    const own = id ?? (byContent ? createHash('sha256').update(body).digest('hex') : undefined);
    if (own === undefined) throw new Error('a message without deduplication id is published to a topic without deduplication by content');
    const key = byGroup ? `${group} ${own}` : own;
    const isDuplicate = at - (seen.get(key) ?? -Infinity) < MEMORY;
    if (!isDuplicate) seen.set(key, at);
    return !isDuplicate;
  });
}

/** What SNS throttles of the messages of one second: those of a group beyond its limit and, with the scope of the topic, those of the topic. */
export function throttled(topic: Json, published: readonly Published[]): Published[] {
  const groups = new Map<string, number>();
  let accepted = 0;
  return published.filter(({ group }) => {
    const ofGroup = groups.get(group) ?? 0;
    if (ofGroup >= PER_GROUP || (topic.FifoThroughputScope === 'Topic' && accepted >= PER_TOPIC)) return true;
    groups.set(group, ofGroup + 1);
    accepted++;
    return false;
  });
}

/**
 * What SNS delivers from the archive when a subscription with a replay is created, in the order of publishing: what the archive still has, between the two
 * points in time. Nothing without a replay. A replay without an archive is an error.
 *
 * @param topic the properties in the template
 * @param subscription the properties in the template
 * @see https://docs.aws.amazon.com/sns/latest/dg/fifo-message-archiving-replay.html
 */
export function replayed(topic: Json, subscription: Json, published: readonly Published[], now: number): Published[] {
  const { ReplayPolicy: replay } = subscription;
  if (!replay) return [];
  const days = Number(topic.ArchivePolicy?.MessageRetentionPeriod);
  if (!(days >= 1 && days <= 365)) throw new Error('SNS refuses a replay from a topic without an archive');
  if (replay.PointType !== 'Timestamp') throw new Error(`SNS refuses the point type ${replay.PointType}`);
  const [start, end] = [instant(replay.StartingPoint), replay.EndingPoint === undefined ? now : instant(replay.EndingPoint)];
  if (!(start < end)) throw new Error('SNS refuses a replay that ends before it starts');
  return published.filter(({ at }) => at >= start && at <= end && at >= now - days * DAY && at < now);
}

/** Whether SNS delivers messages that are published after the subscription: not with a replay that has an end. */
export function receivesNew({ ReplayPolicy: replay }: Json): boolean {
  return replay?.EndingPoint === undefined;
}

/** As SNS takes them: `2026-01-31T00:00:00.000Z`. */
function instant(text: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) throw new Error(`SNS refuses the time ${text}`);
  return Date.parse(text);
}
