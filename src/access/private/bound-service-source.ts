/** What a policy statement needs to know of a source. */
export interface BoundServiceSource {
  readonly service: string;
  readonly sourceArn: string;
  readonly sourceAccount: string;
  /** A pattern over the ARNs of the service, free of references; see decisions/0006-key-policies.md. */
  readonly keySourceArn: string;
  /** The Region the queue or topic has to be in, for a source that sends to no other. */
  readonly requiredRegion?: string;
  /** Set when the statement had to be wider than the one resource: what it allows instead, and how to narrow it. */
  readonly widened?: { readonly source: string; readonly allows: string; readonly fix: string };
}
