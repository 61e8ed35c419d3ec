import { IResolveContext, Tokenization } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { sourceCount } from '../../access/private/service-statements';
import { innermost } from '../../private/same-resource';
import { warn } from '../../private/warnings';

/** The largest queue policy that SQS accepts. */
const MAX_BYTES = 8192;

/** About the length of `arn:aws:sns:eu-central-1:111111111111:`, a stack name, a logical id and the suffix of CloudFormation. */
const TYPICAL_ARN = 'x'.repeat(110);

const PSEUDO_PARAMETERS: [RegExp, string][] = [
  [/AWS\.AccountId/, '1'.repeat(12)], [/AWS\.Partition/, 'aws'], [/AWS\.Region/, 'eu-central-1'], [/AWS\.URLSuffix/, 'amazonaws.com'],
];

const warned = new WeakSet<sqs.QueuePolicy>();

/** The sources that the policy of a queue names, by the construct that warns. */
const SOURCES = { QueueSubscription: 'topic', BucketEventFanOut: 'rule' } as const;

/** Warns once for each queue whose policy is probably larger than SQS accepts. */
export function warnOfPolicySize(scope: IConstruct, construct: keyof typeof SOURCES, queue: sqs.IQueue): void {
  const inner = innermost(queue);
  const policy = inner.node.tryFindChild('Policy') as sqs.QueuePolicy | undefined;
  if (!policy || warned.has(policy)) return;
  // A policy with one topic and the statement for TLS has about 700 bytes. Rendering it takes a twentieth of the time of a large fan-out.
  if (isOwn(inner) && sourceCount(queue) === 1 && policy.document.statementCount <= 2) return;
  // Not resolved, so that an ARN is still one string; only the lazy list of sources is read.
  const bytes = Buffer.byteLength(JSON.stringify(readLate(policy.document.toJSON())).replace(/\$\{Token\[[^\]]*\]\}/g,
    token => PSEUDO_PARAMETERS.find(([pattern]) => pattern.test(token))?.[1] ?? TYPICAL_ARN));
  if (bytes <= MAX_BYTES) return;
  warned.add(policy);
  const source = SOURCES[construct];
  warn(scope, `${construct}.policySize`,
    `the policy of '${queue.node.path}' has about ${bytes} bytes with this ${source}, and SQS accepts ${MAX_BYTES}: let fewer ${source}s send to the queue, `
    + `or specify short names for the ${source}s. ARNs that are only known at deployment are estimated.`);
}

/** Whether a work queue or a shared dead-letter queue contains the queue. */
function isOwn({ node: { scope } }: sqs.IQueue): boolean {
  return scope instanceof sqs.QueueBase;
}

function readLate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readLate);
  if (typeof value !== 'object' || value === null) return value;
  if (Tokenization.isResolvable(value)) return readLate(value.resolve(NO_CONTEXT));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readLate(item)]));
}

/** The sources of a statement do not use the context. */
const NO_CONTEXT = {} as IResolveContext;
