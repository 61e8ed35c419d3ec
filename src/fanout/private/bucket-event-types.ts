import * as s3 from 'aws-cdk-lib/aws-s3';
import { describe } from '../../private/describe';
import { Problem, unless } from '../../private/problems';

/** The events of S3 in the words of EventBridge. */
interface EventBridgeEvent {
  readonly detailType: string;
  /** The API call, or the lifecycle rule. */
  readonly reason?: string;
  readonly deletionType?: string;
}

const created = (reason?: string): EventBridgeEvent => ({ detailType: 'Object Created', reason });
const deleted = (reason: string, deletionType?: string): EventBridgeEvent => ({ detailType: 'Object Deleted', reason, deletionType });

/**
 * Of the other types, EventBridge receives nothing.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
const ON_EVENT_BRIDGE: Record<string, EventBridgeEvent[]> = {
  [s3.EventType.OBJECT_CREATED]: [created()],
  [s3.EventType.OBJECT_CREATED_PUT]: [created('PutObject')],
  [s3.EventType.OBJECT_CREATED_POST]: [created('POST Object')],
  [s3.EventType.OBJECT_CREATED_COPY]: [created('CopyObject')],
  [s3.EventType.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD]: [created('CompleteMultipartUpload')],
  [s3.EventType.OBJECT_REMOVED]: [deleted('DeleteObject')],
  [s3.EventType.OBJECT_REMOVED_DELETE]: [deleted('DeleteObject', 'Permanently Deleted')],
  [s3.EventType.OBJECT_REMOVED_DELETE_MARKER_CREATED]: [deleted('DeleteObject', 'Delete Marker Created')],
  [s3.EventType.LIFECYCLE_EXPIRATION]: [deleted('Lifecycle Expiration')],
  [s3.EventType.LIFECYCLE_EXPIRATION_DELETE]: [deleted('Lifecycle Expiration', 'Permanently Deleted')],
  [s3.EventType.LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED]: [deleted('Lifecycle Expiration', 'Delete Marker Created')],
  [s3.EventType.LIFECYCLE_TRANSITION]: [{ detailType: 'Object Storage Class Changed' }],
  [s3.EventType.INTELLIGENT_TIERING]: [{ detailType: 'Object Access Tier Changed' }],
  [s3.EventType.OBJECT_RESTORE]: ['Initiated', 'Completed', 'Expired'].map(what => ({ detailType: `Object Restore ${what}` })),
  [s3.EventType.OBJECT_RESTORE_POST]: [{ detailType: 'Object Restore Initiated' }],
  [s3.EventType.OBJECT_RESTORE_COMPLETED]: [{ detailType: 'Object Restore Completed' }],
  [s3.EventType.OBJECT_RESTORE_DELETE]: [{ detailType: 'Object Restore Expired' }],
  [s3.EventType.OBJECT_TAGGING]: ['Added', 'Deleted'].map(what => ({ detailType: `Object Tags ${what}` })),
  [s3.EventType.OBJECT_TAGGING_PUT]: [{ detailType: 'Object Tags Added' }],
  [s3.EventType.OBJECT_TAGGING_DELETE]: [{ detailType: 'Object Tags Deleted' }],
  [s3.EventType.OBJECT_ACL_PUT]: [{ detailType: 'Object ACL Updated' }],
};

/** The part of an event pattern that selects event types. Patterns of one list share no event. */
export interface EventTypePattern {
  /** The id of its rule, which does not depend on the other patterns of the list. */
  readonly id: string;
  readonly detailType: string[];
  readonly reason?: string[];
  readonly deletionType?: string[];
}

/** The problems of the event types of one subscriber. */
export function eventTypeProblems(events: s3.EventType[], route: 'topic' | 'eventBridge'): Problem[] {
  const known = Object.values(s3.EventType);
  const available = route === 'topic' ? known : known.filter(event => ON_EVENT_BRIDGE[event] !== undefined);
  return [
    ...unless(events.length > 0, () => ({
      prop: 'events', got: describe(events), allowed: 'at least one event type', fix: 'Specify the events, or omit it for s3.EventType.OBJECT_CREATED.',
    })),
    ...events.filter(event => !available.includes(event)).map(event => known.includes(event)
      ? {
        prop: 'events',
        got: describe(event),
        allowed: `event types that S3 sends to EventBridge: ${familiesOf(available)}`,
        fix: 'Omit it, or set route to BucketEventRoute.topic(), which has all event types.',
      }
      : {
        prop: 'events',
        got: `${describe(event)}, which is no event type of S3 notifications`,
        allowed: `values of s3.EventType: ${familiesOf(available)}`,
        fix: event.endsWith('*') ? 'No event type contains all others; specify each one that the queue needs.' : 'Specify a value of s3.EventType.',
      }),
  ];
}

/** The event types that contain all others, in the words of an error message. */
function familiesOf(events: s3.EventType[]): string {
  const families = [...new Set(events.map(familyOf))];
  return `${families.join(', ')}${families.length < events.length ? ', and the types that these contain' : ''}`;
}

/** Without repetitions, and without the types that another one of the list contains: `s3:ObjectCreated:*` contains `s3:ObjectCreated:Put`. */
export function distinctTypes(events: s3.EventType[]): s3.EventType[] {
  return [...new Set(events)].filter(event => event === familyOf(event) || !events.includes(familyOf(event)));
}

/**
 * The type that contains this one and all of its siblings, or the type itself.
 *
 * A bucket notifies a topic by family, because S3 refuses a second notification of `s3:ObjectCreated:*` after one of `s3:ObjectCreated:Put`, and a later
 * subscriber may need it.
 */
export function familyOf(event: s3.EventType): s3.EventType {
  const family = event.replace(/:[^:]+$/, ':*') as s3.EventType;
  return Object.values(s3.EventType).includes(family) ? family : event;
}

/**
 * A condition on `eventName` in the records of S3, which has no `s3:`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function eventNameCondition(event: s3.EventType): string | { readonly prefix: string } {
  const name = event.replace(/^s3:/, '');
  return name.endsWith('*') ? { prefix: name.slice(0, -1) } : name;
}

/** The patterns for event types that EventBridge has; one for all types without further conditions. */
export function eventTypePatterns(events: s3.EventType[]): EventTypePattern[] {
  const patterns = new Map<string, EventTypePattern>();
  for (const { detailType, reason, deletionType } of events.flatMap(event => ON_EVENT_BRIDGE[event])) {
    // Reasons are alternatives, so those with a deletion type need a pattern of their own.
    const id = reason === undefined ? 'Rule' : `Rule${detailType}${deletionType ? reason : ''}`.replaceAll(' ', '');
    const known = patterns.get(id);
    patterns.set(id, {
      id,
      detailType: including(known?.detailType, detailType),
      reason: reason ? including(known?.reason, reason) : undefined,
      deletionType: deletionType ? including(known?.deletionType, deletionType) : undefined,
    });
  }
  return [...patterns.values()];
}

function including(values: string[] = [], value: string): string[] {
  return [...new Set([...values, value])];
}
