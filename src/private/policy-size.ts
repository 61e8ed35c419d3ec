import { IConstruct } from 'constructs';
import { Problem, unless } from './problems';
import { Statement, listOf, statementsOf } from './statements';
import { warn } from './warnings';

/** The size of a policy, as far as it is known at synthesis. */
export interface PolicySize {
  readonly statements: number;
  /** Different principals, apart from `*`. */
  readonly principals: number;
  /** The bytes of everything that is known: the policy has at least as many. */
  readonly leastBytes: number;
  /** The bytes with ARNs of the usual length where they are only known at deployment. */
  readonly likelyBytes: number;
  /** The largest statements in words, for an error message. */
  readonly largest: string;
}

/** About the length of `arn:aws:sns:eu-central-1:111111111111:`, a stack name, a logical id and the suffix of CloudFormation. */
const TYPICAL_ARN = 'x'.repeat(110);

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::AccountId': '1'.repeat(12), 'AWS::NoValue': '', 'AWS::Partition': 'aws', 'AWS::URLSuffix': 'amazonaws.com',
};

/** The shortest name of a Region, and one of the usual length. */
const REGIONS = { shortest: 'us-east-1', usual: 'eu-central-1' };

/** How an error message writes a pseudo parameter. */
const SHOWN = Object.fromEntries([...Object.keys(PSEUDO_PARAMETERS), 'AWS::Region'].map(name => [name, `\${${name}}`]));

const NAMED_STATEMENTS = 3;

/** Measures a policy document of a template. */
export function measurePolicy(document: unknown): PolicySize {
  const statements = statementsOf(document);
  const measured = statements.map(statement => ({ bytes: bytesOf(usual(statement)), what: describeStatement(statement) }));
  const largest = [...measured].sort((one, other) => other.bytes - one.bytes).slice(0, NAMED_STATEMENTS);
  return {
    statements: statements.length,
    principals: new Set(statements.flatMap(principalsOf).map(principal => JSON.stringify(principal))).size,
    leastBytes: bytesOf(shortest(document)),
    likelyBytes: bytesOf(usual(document)),
    largest: largest.map(({ bytes, what }) => `${what} (${bytes} bytes)`).join(', '),
  };
}

/** A policy with a limit of bytes. */
export interface LimitedPolicy {
  /** The queue or topic. */
  readonly resource: IConstruct;
  /** `SQS` or `SNS`. */
  readonly service: string;
  /** What the policy is called in an error: `queue policy`. */
  readonly prop: string;
  readonly limit: { readonly max: number; readonly fix: string };
}

/** A problem if a policy certainly has more bytes than its service accepts. */
export function byteProblems({ resource, prop, limit }: LimitedPolicy, { leastBytes, largest }: PolicySize): Problem[] {
  return unless(leastBytes <= limit.max, () => ({
    prop,
    got: `at least ${leastBytes} bytes in the policy of '${resource.node.path}'; the largest statements are ${largest}`,
    allowed: `at most ${limit.max} bytes`,
    fix: limit.fix,
  }));
}

/** Warns if a policy probably has more bytes than its service accepts, because of ARNs that are only known at deployment. */
export function warnOfPolicySize(scope: IConstruct, construct: string, policy: LimitedPolicy, size: PolicySize): void {
  const { resource, service, limit } = policy;
  const { leastBytes, likelyBytes, largest } = size;
  if (leastBytes > limit.max || likelyBytes <= limit.max) return;
  warn(scope, `${construct}.policySize`,
    `the policy of '${resource.node.path}' has about ${likelyBytes} bytes, and ${service} accepts ${limit.max}. The largest statements are ${largest}. ${limit.fix} `
    + 'ARNs that are only known at deployment are estimated.');
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function shortest(value: unknown): unknown {
  return substitute(value, { ...PSEUDO_PARAMETERS, 'AWS::Region': REGIONS.shortest }, '');
}

function usual(value: unknown): unknown {
  return substitute(value, { ...PSEUDO_PARAMETERS, 'AWS::Region': REGIONS.usual }, TYPICAL_ARN);
}

/** Replaces what CloudFormation replaces. */
function substitute(value: unknown, known: Record<string, string>, otherwise: string): unknown {
  if (Array.isArray(value)) return value.map(item => substitute(item, known, otherwise));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') return known[argument] ?? otherwise;
  if (entries.length === 1 && name.startsWith('Fn::')) {
    const [separator, parts] = name === 'Fn::Join' ? argument as [string, unknown] : [];
    return Array.isArray(parts) ? parts.map(part => substitute(part, known, otherwise)).join(separator) : otherwise;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, substitute(item, known, otherwise)]));
}

/** `sqs:SendMessage for sns.amazonaws.com, with 70 values in conditions`. */
function describeStatement(statement: Statement): string {
  const values = Object.values(statement.Condition ?? {}).flatMap(keys => Object.values(keys)).flatMap(listOf).length;
  return `${named(listOf(statement.Action))} for ${named(principalsOf(statement))}${values > 1 ? `, with ${values} values in conditions` : ''}`;
}

function named([first = '*', ...rest]: unknown[]): string {
  const text = substitute(first, SHOWN, '...');
  return rest.length === 0 ? `${text}` : `${text} and ${rest.length} more`;
}

/** The principals of a statement; not `*`. One that is only known at deployment is an object. */
function principalsOf({ Principal }: Statement): unknown[] {
  if (typeof Principal !== 'object' || Principal === null) return [];
  return Object.values(Principal).flatMap(listOf).filter(principal => principal !== '*');
}
