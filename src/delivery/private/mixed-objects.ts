import { Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULT_BACKUP_PREFIX, defaultPrefix } from './prefixes';
import { describe } from '../../private/describe';
import { canRefer } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { S3DestinationProps } from '../destinations/s3-destination';

/**
 * The source records beside the delivered ones under the same keys: Firehose names the objects of both alike, and who reads one reads both.
 *
 * Not a prefix within the other, which a reader can tell apart, and not the error prefixes: an object there says what failed.
 */
export function checkMixedObjects(scope: Construct, { backup, bucket: data, partitioning, prefix }: S3DestinationProps): Problem[] {
  const kept = backup?._options;
  const [bucket, backupBucket] = [data?.existingBucket, kept?.bucket?.existingBucket];
  if (!bucket || !backupBucket || !areSame(scope, bucket, backupBucket)) return [];
  const keptPrefix = kept?.prefix ?? DEFAULT_BACKUP_PREFIX;
  return unless(evaluated(prefix ?? defaultPrefix(scope, partitioning)) !== evaluated(keptPrefix), () => ({
    prop: 'backup.prefix',
    got: `${describe(keptPrefix)}, where Firehose also writes the data (prefix), in the same bucket`,
    allowed: 'a prefix other than prefix, or a bucket of its own',
    fix: 'Specify another value for backup.prefix or prefix, omit both for the defaults, or specify a bucket for the backup.',
  }));
}

/** The prefix in one spelling, such as Firehose evaluates it: `a/` and `a/!{timestamp:yyyy}/!{timestamp:MM/dd/HH}/` are the same. */
function evaluated(prefix: string): string {
  if (Token.isUnresolved(prefix)) return prefix;
  // https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
  const complete = prefix.includes('!{timestamp:') ? prefix : `${prefix}!{timestamp:yyyy/MM/dd/HH/}`;
  return complete.replace(/!\{timestamp:([^{}]+)\}/g, (_, pattern: string) => pattern.replace(/'([^']*)'|(([a-zA-Z])\3*)/g,
    (match, quoted: string | undefined) => quoted === undefined ? `!{timestamp:${match}}` : quoted.replace(/^$/, '\'')));
}

/** Whether both are known to be one bucket. */
function areSame(scope: Construct, one: s3.IBucket, other: s3.IBucket): boolean {
  // A bucket elsewhere without a name is refused for that.
  if (![one, other].every(bucket => canRefer(Stack.of(scope), bucket, bucket.bucketArn))) return false;
  const names = namesOf(scope, one);
  return namesOf(scope, other).some(name => names.includes(name));
}

/** What no other bucket is called. A token counts as itself, since what it resolves to may mean something else in another stack. */
function namesOf(scope: Construct, bucket: s3.IBucket): string[] {
  const { bucketName } = (bucket.node.defaultChild ?? {}) as Partial<s3.CfnBucket>;
  const given = bucketName === undefined || Token.isUnresolved(bucketName) ? [] : [bucketName];
  const resolved = [bucket.bucketName, bucket.bucketArn].map(text => JSON.stringify(Stack.of(scope).resolve(text)));
  const meansOne = (text: string) => !/"Ref":"(?!AWS::)|"Fn::(?!Join"|ImportValue")/.test(text);
  return [bucket.bucketName, bucket.bucketArn, ...given, ...resolved.filter(meansOne)];
}
