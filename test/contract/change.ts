import { RemovalPolicy, Stack } from 'aws-cdk-lib';

/** Builds a construct in a stack. */
export type Build = (stack: Stack) => void;

/** A prop of one construct, and the values it is changed between, each to each. */
export interface Change {
  /** Class of the construct. */
  readonly construct: string;
  /** As `Interface.prop`. */
  readonly prop: string;
  /** The construct by value; the key is the value as a user writes it. */
  readonly values: Record<string, Build>;
}

/** Makes the rows of one construct. */
export function rows<P>(
  construct: string, make: (stack: Stack, props: P) => unknown, table: Record<string, Record<string, (stack: Stack) => P>>,
): Change[] {
  return Object.entries(table).map(([prop, values]) => ({
    construct,
    prop,
    values: Object.fromEntries(Object.entries(values).map(([value, props]) => [value, (stack: Stack) => { make(stack, props(stack)); }])),
  }));
}

/** The removal policies, as values of a prop. */
export const REMOVAL_POLICIES = [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE];

/** One value for each removal policy. */
export function removalPolicies<P>(props: (removalPolicy: RemovalPolicy) => P): Record<string, () => P> {
  return Object.fromEntries(REMOVAL_POLICIES.map(policy => [`RemovalPolicy.${policy.toUpperCase().replace(/-/g, '_')}`, () => props(policy)]));
}
