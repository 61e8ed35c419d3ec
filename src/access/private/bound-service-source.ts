/** The service principal of EventBridge. */
export const EVENTS = 'events.amazonaws.com';

/** The parts of the policy statements for a source. */
export interface BoundServiceSource {
  readonly service: string;
  /** Undefined for a service that AWS documents only `aws:SourceAccount` for. */
  readonly sourceArn?: string;
  readonly sourceAccount: string;
  /** A pattern over the ARNs of the service, free of references; see decisions/0006-key-policies.md. Undefined like `sourceArn`. */
  readonly keySourceArn?: string;
  /** The Region of the source, if it is known. */
  readonly sourceRegion?: string;
  /** Whether a construct of the CDK named only the service. Resources that `allowService` names replace it. */
  readonly byName?: boolean;
  /** If the statement must allow more than the one resource: what it allows, and how to limit it. */
  readonly widened?: { readonly source: string; readonly allows: string; readonly fix: string };
}
