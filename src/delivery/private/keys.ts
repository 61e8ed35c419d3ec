import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { checkInterface } from './checks';
import { knownApart } from '../../private/environment';
import { KeyUse, checkKey, targetOf } from '../../private/keys';
import { Problems } from '../../private/problems';

/** At the end of an ARN that may begin with tokens, or the name of an alias. */
const ALIAS = /(^|:)alias\/(.+)$/;

/** The customer key itself: that of an alias, and none for the AWS managed key of a service, whose policy serves the whole account. */
export function customerKey(key: kms.IKey | undefined): kms.IKey | undefined {
  return key && (isAwsManaged(key) ? undefined : knownKey(key));
}

/** Checks a key that something new is encrypted with. */
export function checkNewKey(problems: Problems, scope: Construct, prop: string, key: kms.IKey, use: KeyUse): void {
  if (checkGivenKey(problems, prop, key)) checkKey(problems, scope, prop, knownKey(key) ?? key, use);
}

/** Checks the key of something that exists already. */
export function checkExistingKey(problems: Problems, prop: string, key: kms.IKey, region: string, what: string): void {
  if (!checkGivenKey(problems, prop, key)) return;
  problems.require(!knownApart(key.env.region, region), {
    prop,
    got: `a key in region ${key.env.region}`,
    allowed: `a key in region ${region}, where the ${what} is`,
    fix: `Give the key of the ${what}, or import the ${what} with its region.`,
  });
}

/** A policy that names an alias allows nothing, so the key has to be known. */
function checkGivenKey(problems: Problems, prop: string, key: kms.IKey): boolean {
  if (!checkInterface(problems, prop, key, 'addToResourcePolicy', 'a kms.IKey', 'Give a kms.Key, or one imported with kms.Key.fromKeyArn().')) return false;
  if (knownKey(key) !== undefined || isAwsManaged(key)) return true;
  problems.add({
    prop, got: `the alias '${aliasOf(key)}', of which only the name is known`, allowed: 'a key, or an alias of a key that is known', fix: 'A policy that names an alias allows nothing: give the key itself, such as with kms.Key.fromKeyArn().',
  });
  return false;
}

/** As `targetOf`, also for a key imported by the ARN of an alias. */
function knownKey(key: kms.IKey): kms.IKey | undefined {
  return 'aliasName' in key || aliasOf(key) === undefined ? targetOf(key) : undefined;
}

function isAwsManaged(key: kms.IKey): boolean {
  return aliasOf(key)?.startsWith('alias/aws/') ?? false;
}

function aliasOf(key: kms.IKey): string | undefined {
  const match = ALIAS.exec((key as kms.IAlias).aliasName ?? key.keyArn);
  return match ? `alias/${match[2]}` : undefined;
}
