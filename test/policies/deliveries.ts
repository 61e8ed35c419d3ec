import { expectAllowedWithTwins, inOtherAccount, sibling } from './twins';
import { Request, World } from './world';
import { ANONYMOUS, Decision } from '../support/simulator';

/** A message that a service brings to a queue or a topic. */
export interface Delivery {
  /** `sns.amazonaws.com`, … */
  readonly service: string;
  /** ARN of the topic, bucket, rule, alarm … it comes from. */
  readonly source: string;
  /** The account of the source; that of its ARN when it has one there. */
  readonly sourceAccount?: string;
  /** ARN of a queue or a topic. */
  readonly to: string;
  /** ARN of its key, where the queue or topic is not of this app. */
  readonly key?: string;
  /** Whether the policy of the key can name only the account of the source, because its ARN is not known before deployment. */
  readonly keyForAnySource?: boolean;
  /** Whether every source of the service in the account may deliver; without `aws:SourceArn` in its context, the service does not say which. */
  readonly everySource?: boolean;
  /** Condition keys that differ; `undefined` takes one away. */
  readonly context?: Record<string, string | undefined>;
}

/** One permission that a delivery needs, and what was decided. */
export interface Leg extends Request {
  readonly decision: Decision;
}

/** What SQS and SNS ask of KMS to encrypt a message. */
export const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** Some of what no delivery takes, by the service of what it is done to. */
const NEVER: Record<string, string[]> = {
  sqs: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:PurgeQueue'],
  sns: ['sns:Subscribe', 'sns:DeleteTopic'],
  kms: [
    'kms:CreateGrant', 'kms:DescribeKey', 'kms:DisableKey', 'kms:Encrypt', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyWithoutPlaintext',
    'kms:PutKeyPolicy', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:ScheduleKeyDeletion',
  ],
};

let asked = 0;

/** How many deliveries were decided in this process. */
export function deliveries(): number {
  return asked;
}

/** What it takes to deliver: sending or publishing, and with a key both actions on that. */
export function legsOf(world: World, { service, source, sourceAccount, to, context, key: importedKey }: Delivery): Request[] {
  const isQueue = to.includes(':sqs:');
  const request = {
    principal: service,
    context: { 'aws:SourceArn': source, 'aws:SourceAccount': sourceAccount ?? source.split(':')[4], ...context },
  };
  const legs: Request[] = [{ ...request, action: isQueue ? 'sqs:SendMessage' : 'sns:Publish', resource: to }];
  if (`${world.properties(to)?.KmsMasterKeyId}`.includes('alias/aws/')) throw new Error(`no service can use the AWS managed key of ${to}`);
  const key = importedKey ?? keyOf(world, to);
  if (key) legs.push(...KEY_ACTIONS.map(action => ({ ...request, action, resource: key })));
  return legs;
}

/** What keeps a delivery from arriving; nothing when it does. */
export async function refusals(world: World, delivery: Delivery): Promise<Leg[]> {
  asked++;
  const decided: Leg[] = [];
  for (const leg of legsOf(world, delivery)) decided.push({ ...leg, decision: await world.may(leg) });
  return decided.filter(({ decision }) => decision !== 'Allowed');
}

export async function canDeliver(world: World, delivery: Delivery): Promise<boolean> {
  return (await refusals(world, delivery)).length === 0;
}

/** What a role needs to send to a queue or to publish to a topic. */
export function legsToSend(world: World, principal: string, to: string, identityPolicies?: unknown[]): Request[] {
  const key = keyOf(world, to);
  return [
    { principal, action: to.includes(':sqs:') ? 'sqs:SendMessage' : 'sns:Publish', resource: to, identityPolicies },
    ...key ? KEY_ACTIONS.map(action => ({ principal, action, resource: key, identityPolicies })) : [],
  ];
}

/** What a role needs to work on a queue. */
export function legsToConsume(world: World, principal: string, from: string, identityPolicies?: unknown[]): Request[] {
  const key = keyOf(world, from);
  return [
    ...['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'].map(action => ({ principal, action, resource: from, identityPolicies })),
    ...key ? [{ principal, action: 'kms:Decrypt', resource: key, identityPolicies }] : [],
  ];
}

/** Expects that each of several permissions is there, and there for the right reasons alone. */
export async function expectAll(world: World, legs: Request[]): Promise<void> {
  for (const leg of legs) await expectAllowedWithTwins(world, leg);
}

/**
 * Expects that a delivery arrives, that each permission it takes is needed and narrow, and that none of those arrive that an attacker or an
 * oversight would send.
 */
export async function expectDelivered(world: World, delivery: Delivery): Promise<void> {
  const refused = await refusals(world, delivery);
  expect(refused).toEqual([]);
  for (const leg of legsOf(world, delivery)) {
    await expectAllowedWithTwins(world, leg, { anySource: delivery.keyForAnySource && leg.action.startsWith('kms:') });
  }
  for (const [why, attack] of attacksOn(delivery)) {
    if (delivery.everySource && isOfTheSameAccount(delivery, attack)) continue;
    if (await canDeliver(world, attack)) throw new Error(`${delivery.to} takes a delivery ${why}: ${JSON.stringify(attack)}`);
  }
  const [send] = await refusals(world, { ...delivery, context: { 'aws:SecureTransport': 'false' } });
  expect(send.decision).toBe('ExplicitlyDenied');
  await expectNothingElse(world, delivery);
}

/**
 * Expects that a service may do nothing with the queue or topic, and with its key, but what a delivery takes: of all actions of SQS or SNS
 * and of KMS, asked in the name of the very source that may deliver.
 */
export async function expectNothingElse(world: World, delivery: Delivery): Promise<void> {
  const legs = legsOf(world, delivery);
  for (const resource of new Set(legs.map(leg => leg.resource))) {
    const request = { ...legs[0], resource };
    expect(await world.allowed(request)).toEqual(legs.filter(leg => leg.resource === resource).map(({ action }) => action).sort());
    // By name as well, whatever the data of the simulator lists.
    for (const action of NEVER[resource.split(':')[2]]) {
      const decision = await world.may({ ...request, action });
      if (decision !== 'ImplicitlyDenied') throw new Error(`${delivery.service} on ${resource}: ${action} is ${decision}`);
    }
  }
}

/** Whether an attack differs from a delivery only in a source that is allowed, or in the ARN of a source that the service does not send. */
function isOfTheSameAccount(delivery: Delivery, attack: Delivery): boolean {
  const own = { ...delivery, source: attack.source, sourceAccount: attack.sourceAccount };
  const sendsArn = !('aws:SourceArn' in (delivery.context ?? {}));
  const accountOf = ({ source, sourceAccount }: Delivery) => sourceAccount ?? source.split(':')[4];
  const isSame = JSON.stringify({ ...attack, context: delivery.context }) === JSON.stringify({ ...own, context: delivery.context });
  if (!isSame || accountOf(attack) !== accountOf(delivery)) return false;
  const altered = Object.keys(attack.context ?? {});
  return sendsArn ? altered.length === 0 : altered.every(key => key === 'aws:SourceArn');
}

export function attacksOn(delivery: Delivery): [string, Delivery][] {
  const { source, service } = delivery;
  const sourceAccount = delivery.sourceAccount ?? source.split(':')[4];
  return [
    ['from another source', { ...delivery, source: sibling(source), sourceAccount }],
    ['from the same name in another account', { ...delivery, source: inOtherAccount(source), sourceAccount: inOtherAccount(sourceAccount) }],
    ['from another account under the same ARN', { ...delivery, sourceAccount: inOtherAccount(sourceAccount) }],
    ['from another source in another account', { ...delivery, source: inOtherAccount(sibling(source)), sourceAccount: inOtherAccount(sourceAccount) }],
    ['without a source ARN', { ...delivery, context: { 'aws:SourceArn': undefined } }],
    ['without a source account', { ...delivery, context: { 'aws:SourceAccount': undefined } }],
    ['without a source', { ...delivery, context: { 'aws:SourceArn': undefined, 'aws:SourceAccount': undefined } }],
    ['without TLS', { ...delivery, context: { 'aws:SecureTransport': 'false' } }],
    ['from nobody', { ...delivery, service: ANONYMOUS }],
    ['from a role of another account', { ...delivery, service: `arn:aws:iam::${inOtherAccount(sourceAccount)}:role/Sender` }],
    ...['sns.amazonaws.com', 's3.amazonaws.com', 'events.amazonaws.com', 'cloudwatch.amazonaws.com', 'lambda.amazonaws.com'].filter(other => other !== service)
      .map((other): [string, Delivery] => [`from ${other} in its name`, { ...delivery, service: other }]),
  ];
}

/** The customer key of a queue or topic; that of an AWS managed one lets no service in. */
export function keyOf(world: World, arn: string): string | undefined {
  const id: string | undefined = world.properties(arn)?.KmsMasterKeyId;
  if (id === undefined) return undefined;
  // Principals of the account may use an AWS managed key through its service without a permission; no service may.
  if (id.endsWith('alias/aws/sqs') || id.endsWith('alias/aws/sns')) return undefined;
  return id.startsWith('arn:') ? id : world.arns('AWS::KMS::Key').find(key => key.endsWith(`/${id}`));
}
