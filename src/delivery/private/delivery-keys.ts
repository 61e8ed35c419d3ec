import { Reference, RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Reporter } from './binding';
import { checkSameStage } from './reachable';
import { Encryption } from '../../access/encryption';
import { Place, placeOf, placeProblems } from '../../private/environment';
import { KeyUse, targetOf } from '../../private/keys';
import { Problem, at, throwProblems, unless } from '../../private/problems';

/** At the end of an ARN that may begin with tokens, or the name of an alias. */
const ALIAS = /(^|:)alias\/(.+)$/;

/** The customer key itself: that of an alias, and none for the AWS managed key of a service, whose policy serves the whole account. */
export function customerKey(key: kms.IKey | undefined): kms.IKey | undefined {
  return key && (isAwsManaged(key) ? undefined : knownKey(key));
}

/**
 * The customer key of a bucket or stream that was created: given, or put there by a property injector of the organization.
 *
 * @param reporter whose prop a key of it would be given as
 */
export function madeKey(scope: Construct, { construct, prefix }: Reporter, made: s3.Bucket | kinesis.Stream, what: string): kms.IKey | undefined {
  const key = made.encryptionKey;
  if (key === undefined) return undefined;
  throwProblems(scope, construct, at(`${prefix}encryption`, checkExistingKey(key, placeOf(made), what)));
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

/** What is wrong with the encryption of something that is created here. */
export function encryptionProblems(scope: Construct, encryption: Encryption | undefined, use: Pick<KeyUse, 'service' | 'what'>): Problem[] {
  if (encryption?.encryptionKey === undefined) return [];
  const unknown = at('key', checkGivenKey(encryption.encryptionKey));
  return unknown.length > 0 ? unknown : [...encryption._check(scope, use), ...at('key', checkSameStage(scope, encryption.encryptionKey))];
}

/** The customer key of something that is created here, created itself if none was specified. */
export function newKey(scope: Construct, id: string, encryption: Encryption | undefined, removalPolicy: RemovalPolicy): kms.IKey | undefined {
  return customerKey(encryption?._key(scope, id, { description: `${id} of ${scope.node.path}`, removalPolicy }));
}

/** Checks the key of something that exists already. */
export function checkExistingKey(key: kms.IKey, place: Place, what: string): Problem[] {
  const unknown = checkGivenKey(key);
  if (unknown.length > 0) return unknown;
  return placeProblems('key', key.env, { ...place, only: 'region', because: `where the ${what} is` },
    `Specify the key of the ${what}, or import the ${what} with its Region.`);
}

/** A policy that names an alias allows nothing, so the key has to be known. */
function checkGivenKey(key: kms.IKey): Problem[] {
  return unless(knownKey(key) !== undefined || isAwsManaged(key), () => ({
    prop: '',
    got: `the alias '${aliasOf(key)}', of which only the name is known`,
    allowed: 'a key, or an alias of a key that is known',
    fix: 'A policy that names an alias allows nothing: specify the key itself, such as with kms.Key.fromKeyArn().',
  }));
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
