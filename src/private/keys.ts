import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { describe } from './describe';
import { knownApart, placeProblems } from './environment';
import { Problem, Problems, unless } from './problems';

/** What a key encrypts, in the words of an error message. */
export interface KeyUse {
  /** `SQS` or `SNS`. */
  readonly service: string;
  /** `queue` or `topic`. */
  readonly what: string;
  /** What to use in place of an AWS managed key; undefined where one will do. */
  readonly instead?: string;
}

/** What is wrong with a customer key; nothing for a key that is left out. */
export function keyProblems(scope: IConstruct, key: kms.IKey | undefined, { service, what, instead }: KeyUse): Problem[] {
  if (key === undefined) return [];
  const { account, region } = Stack.of(scope);
  const awsManaged = awsManagedAlias(key);
  const { keySpec } = (key.node.defaultChild ?? {}) as Partial<kms.CfnKey>;
  return [
    ...placeProblems('key', key.env, { account, region, only: 'region', because: `where the ${what} is` },
      `${service} encrypts with keys of its own Region only; use a key, or a replica of it, there.`),
    ...unless(awsManaged === undefined || instead === undefined, () => ({
      prop: '', got: `${awsManaged}`, allowed: 'a customer key', fix: `Nobody can change the policy of the AWS managed key; use ${instead}, or a key of your own.`,
    })),
    ...unless(keySpec === undefined || keySpec === kms.KeySpec.SYMMETRIC_DEFAULT, () => ({
      prop: '', got: `a key of kind ${keySpec}`, allowed: 'a symmetric encryption key', fix: `${service} encrypts with symmetric keys only; create the key without keySpec.`,
    })),
  ];
}

/** The alias of an AWS managed key: by its name, or at the end of an ARN that may begin with tokens. */
function awsManagedAlias(key: kms.IKey): string | undefined {
  return /alias\/aws\/[a-z0-9/]+$/.exec((key as kms.IAlias).aliasName ?? key.keyArn)?.[0];
}

/** Adds what is wrong with a customer key; nothing for a key that is left out. */
export function checkKey(problems: Problems, scope: IConstruct, prop: string, key: kms.IKey | undefined, { service, what, instead }: KeyUse): void {
  if (key === undefined) return;
  if (typeof key?.addToResourcePolicy !== 'function') {
    problems.add({ prop, got: describe(key), allowed: 'a kms.IKey', fix: 'Give a kms.Key, or one imported with kms.Key.fromKeyArn().' });
    return;
  }
  const { region } = Stack.of(scope);
  problems.require(!knownApart(key.env.region, region), {
    prop, got: `a key in region ${key.env.region}`, allowed: `a key in region ${region}, where the ${what} is`, fix: `${service} encrypts with keys of its own Region only; use a key, or a replica of it, there.`,
  });
  // By the name, or at the end of an ARN that may begin with tokens.
  const [awsManaged] = /alias\/aws\/[a-z0-9/]+$/.exec((key as kms.IAlias).aliasName ?? key.keyArn) ?? [];
  problems.require(awsManaged === undefined || instead === undefined, {
    prop, got: `${awsManaged}`, allowed: 'a customer key', fix: `Nobody can change the policy of the AWS managed key; use ${instead}, or a key of yours.`,
  });
  const spec = (key.node.defaultChild as kms.CfnKey | undefined)?.keySpec;
  problems.require(spec === undefined || spec === kms.KeySpec.SYMMETRIC_DEFAULT, {
    prop, got: `a key of kind ${spec}`, allowed: 'a symmetric encryption key', fix: `${service} encrypts with symmetric keys only; make the key without keySpec.`,
  });
}

/** The key behind an alias; undefined where only the name of the alias is known. A policy that names an alias allows nothing. */
export function targetOf(key: kms.IKey): kms.IKey | undefined {
  if (!('aliasName' in key)) return key;
  try {
    return (key as kms.IAlias).aliasTargetKey;
  } catch {
    return undefined;
  }
}

/**
 * Removes a key that was created for resources to which a property injector gave another key: it would be billed and used by nothing.
 *
 * @param scope the construct that the key was created in
 * @param key the key that was created, or given; undefined without a customer key
 * @param used the keys of the resources as they were created
 */
export function removeUnusedKey(scope: IConstruct, key: kms.IKey | undefined, ...used: (kms.IKey | undefined)[]): void {
  if (key?.node.scope === scope && !used.includes(key)) scope.node.tryRemoveChild(key.node.id);
}
