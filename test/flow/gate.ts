import { ResolvedTemplate } from '../support/resolver';
import { Decision, decide } from '../support/simulator';

/** What stands between a topic and a queue. */
export interface Refusal {
  /** The permission that is missing. */
  readonly what: 'sqs:SendMessage' | 'kms:GenerateDataKey' | 'kms:Decrypt';
  readonly why: Decision | 'AWS managed key';
}

/** A queue and all that guards it. */
interface Guarded {
  readonly stack: ResolvedTemplate;
  readonly logicalId: string;
}

/**
 * Asks IAM whether SNS may deliver what a topic publishes to a queue: the policy of the queue, and that of its key for both actions
 * that SQS needs. Empty when it may.
 *
 * The request is as SNS makes it: for this topic, in its account, over TLS.
 */
export async function refusals(stacks: readonly ResolvedTemplate[], topicArn: string, queueArn: string): Promise<Refusal[]> {
  return refusalsFor(stacks, 'sns.amazonaws.com', { 'aws:SourceArn': topicArn, 'aws:SourceAccount': topicArn.split(':')[4] }, queueArn);
}

/** The same for any service and source. */
export async function refusalsFor(
  stacks: readonly ResolvedTemplate[], service: string, source: Record<string, string>, queueArn: string,
): Promise<Refusal[]> {
  const context = { 'aws:SecureTransport': 'true', 'aws:PrincipalIsAWSService': 'true', ...source };
  const queue = find(stacks, 'AWS::SQS::Queue', queueArn);
  const account = queue.stack.account;
  const found: Refusal[] = [];
  const ask = async (what: Refusal['what'], resource: string, resourcePolicy: unknown) => {
    const why = await decide({ principal: service, action: what, resource, account, resourcePolicy, context });
    if (why !== 'Allowed') found.push({ what, why });
  };

  await ask('sqs:SendMessage', queueArn, queuePolicy(stacks, queue));
  const keyId = queue.stack.propertiesOf(queue.logicalId).KmsMasterKeyId as string | undefined;
  if (keyId === undefined) return found;
  for (const what of ['kms:GenerateDataKey', 'kms:Decrypt'] as const) {
    // Its policy lets principals of the account in, and no service.
    if (keyId.endsWith('alias/aws/sqs')) {
      found.push({ what, why: 'AWS managed key' });
    } else {
      const key = find(stacks, 'AWS::KMS::Key', keyId);
      await ask(what, key.stack.arnOf(key.logicalId), key.stack.propertiesOf(key.logicalId).KeyPolicy);
    }
  }
  return found;
}

/** The resource of a type with an ARN or name, wherever it is. */
export function find(stacks: readonly ResolvedTemplate[], type: string, arnOrName: string): Guarded {
  const found = stacks.flatMap(stack => stack.idsOf(type)
    .filter(id => stack.arnOf(id) === arnOrName || stack.nameOf(id) === arnOrName)
    .map(logicalId => ({ stack, logicalId })));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} are ${arnOrName}, instead of one`);
  return found[0];
}

/** The policy of a queue. Of two policy resources the one created last would win, so there must not be two. */
function queuePolicy(stacks: readonly ResolvedTemplate[], queue: Guarded): unknown {
  const url = queue.stack.resolve({ Ref: queue.logicalId });
  const policies = stacks.flatMap(stack => stack.idsOf('AWS::SQS::QueuePolicy').map(id => stack.propertiesOf(id)))
    .filter(({ Queues }) => Queues.includes(url));
  if (policies.length > 1) throw new Error(`${policies.length} queue policies overwrite one another on ${url}`);
  return policies[0]?.PolicyDocument;
}
