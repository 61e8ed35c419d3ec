/** The service principal of EventBridge. */
export const EVENTS = 'events.amazonaws.com';

/** The parts of the policy statements for a source. */
export interface BoundServiceSource {
  readonly service: string;
  readonly sourceArn: string;
  readonly sourceAccount: string;
  /** A pattern over the ARNs of the service, free of references; see decisions/0006-key-policies.md. */
  readonly keySourceArn: string;
  /** The Region in which the queue or topic must be, for a source that sends only within its Region. */
  readonly requiredRegion?: string;
  /** If the statement must allow more than the one resource: what it allows, and how to limit it. */
  readonly widened?: { readonly source: string; readonly allows: string; readonly fix: string };
}
