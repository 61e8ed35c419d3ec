import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { placeOf, placeProblems } from './environment';
import { Problem, unless } from './problems';

/** What a key encrypts, in the words of an error message. */
export interface KeyUse {
  /** `SQS` or `SNS`. */
  readonly service: string;
  /** `queue` or `topic`. */
  readonly what: string;
  /** What to use instead of an AWS managed key; undefined if an AWS managed key is allowed. */
  readonly instead?: string;
}

/** What is wrong with a customer key. */
export function keyProblems(scope: IConstruct, key: kms.IKey, { service, what, instead }: KeyUse): Problem[] {
  const awsManaged = awsManagedAlias(key);
  const known = targetOf(key) ?? key;
  const spec = (known.node.defaultChild as kms.CfnKey | undefined)?.keySpec;
  return [
    ...placeProblems('key', known.env, { ...placeOf(scope), only: 'region', because: `where the ${what} is` },
      `${service} encrypts with keys of its own Region only; use a key, or a replica of it, there.`),
    ...unless(awsManaged === undefined || instead === undefined, () => ({
      prop: '', got: `${awsManaged}`, allowed: 'a customer key', fix: `The policy of the AWS managed key cannot be changed; use ${instead}, or a customer key.`,
    })),
    ...unless(spec === undefined || spec === kms.KeySpec.SYMMETRIC_DEFAULT, () => ({
      prop: '', got: `a key of kind ${spec}`, allowed: 'a symmetric encryption key', fix: `${service} encrypts with symmetric keys only; create the key without keySpec.`,
    })),
  ];
}

/** The alias of an AWS managed key, whose policy nobody can change; undefined for any other key. It can be at the end of an ARN that begins with tokens. */
export function awsManagedAlias(key: kms.IKey): string | undefined {
  return /alias\/aws\/[a-z0-9/]+$/.exec((key as kms.IAlias).aliasName ?? key.keyArn)?.[0];
}

/** The key behind an alias; undefined if only the name of the alias is known. A policy with the ARN of an alias allows nothing. */
export function targetOf(key: kms.IKey | undefined): kms.IKey | undefined {
  if (!key || !('aliasName' in key)) return key;
  try {
    return (key as kms.IAlias).aliasTargetKey;
  } catch {
    return undefined;
  }
}

/** The L1 of a key of this app, also behind an alias; undefined for an imported key, whose policy is not known. */
export function ownedKey(key: kms.IKey | undefined): kms.CfnKey | undefined {
  if (!key) return undefined;
  const resource = targetOf(key)?.node.defaultChild;
  return kms.CfnKey.isCfnKey(resource) ? resource : undefined;
}

/**
 * Removes a key that was created for resources to which a property injector gave another key: it would be billed and used by nothing.
 *
 * @param scope the construct that the key was created in
 * @param key the key that was created, or given; undefined without a customer key
 * @param used the keys of the resources as they were created
 */
export function removeUnusedKey(scope: IConstruct, key: kms.IKey | undefined, ...used: (kms.IKey | undefined)[]): void {
  if (key?.node.scope === scope && !used.some(one => isSameKey(one, key))) scope.node.tryRemoveChild(key.node.id);
}

/**
 * Keeps a key that was created for a queue whose dead letters go to a shared or existing queue: they stay encrypted with the key, and
 * outlive the queue.
 *
 * The key is not kept after a failed creation, when nothing is encrypted with it yet. A key that a removal policy already keeps is not changed.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export function keepForDeadLetters(scope: IConstruct, queue: sqs.Queue, deadLetterQueue: sqs.IQueue | undefined): void {
  const key = queue.encryptionMasterKey;
  if (!deadLetterQueue || isMadeBy(scope, deadLetterQueue) || !key || !isMadeBy(scope, key)) return;
  const { deletionPolicy } = (key.node.defaultChild as kms.CfnKey).cfnOptions;
  if (deletionPolicy === CfnDeletionPolicy.DELETE) key.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}

function isMadeBy(scope: IConstruct, child: IConstruct): boolean {
  return child.node.scope === scope;
}

/** Whether two keys are the same: the key of a queue can be a view, which shares the node (decisions/0016-queues-and-topics.md). */
export function isSameKey(one: kms.IKey | undefined, other: kms.IKey | undefined): boolean {
  return one?.node === other?.node;
}
