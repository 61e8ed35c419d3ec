import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
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

/**
 * The customer key of a bucket or stream that was made: given, or put there by a property injector of the organization.
 *
 * @param prop where a key of it would be given
 */
export function madeKey(scope: Construct, prop: string, made: s3.Bucket | kinesis.Stream, what: string): kms.IKey | undefined {
  const key = made.encryptionKey;
  if (key === undefined) return undefined;
  const problems = new Problems(scope, 'StreamDelivery');
  checkExistingKey(problems, prop, key, Stack.of(made).region, what);
  problems.throwIfAny();
  return customerKey(key);
}

/** The same of a log group, whose L2 does not tell its key. */
export function madeLogGroupKey(scope: Construct, logGroup: logs.LogGroup, given: kms.IKey | undefined): kms.IKey | undefined {
  const { kmsKeyId } = logGroup.node.defaultChild as logs.CfnLogGroup;
  if (kmsKeyId === undefined) return undefined;
  if (kmsKeyId === given?.keyArn) return given;
  const reference = Tokenization.reverseCompleteString(kmsKeyId);
  const owner = Reference.isReference(reference) ? reference.target.node.scope : undefined;
  return owner instanceof kms.Key ? owner : kms.Key.fromKeyArn(scope, 'LogGroupKeyReference', kmsKeyId);
}

/** Checks a key that something new is encrypted with. Tells whether it is one. */
export function checkNewKey(problems: Problems, scope: Construct, prop: string, key: kms.IKey, use: KeyUse): boolean {
  const isKey = checkGivenKey(problems, prop, key);
  if (isKey) checkKey(problems, scope, prop, knownKey(key) ?? key, use);
  return isKey;
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
