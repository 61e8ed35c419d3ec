import { Aws, CfnResource, Stack, Stage, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IConstruct } from 'constructs';
import { WrittenBucket } from './binding';
import { BoundStreamSource } from './bound';
import { Who, bucketStatements, decryptStream, decryptStreams, keyStatement, mayDiffer } from './permissions';
import { byCondition } from '../../private/grants';
import { renderPolicy, warn } from '../../private/warnings';

/**
 * What the owners of buckets and of their keys in other accounts have to allow: added where it can be, said where it cannot.
 *
 * Within the account the policy of the role is enough.
 */
export function allowBuckets(scope: Construct, role: iam.Role, buckets: WrittenBucket[]): void {
  const missing = buckets.flatMap(({ sid, bound: { bucket } }) =>
    addToPolicy(scope, role, bucket, who => bucketStatements(sid, bucket.bucketArn, true, who)));
  const missingOnKeys = buckets.flatMap(({ sid, bound: { bucket, key } }) => key === undefined ? [] :
    addToPolicy(scope, role, key, who => [keyStatement(sid, { bucket, key, objects: objectsOf(scope, bucket) }, who)]));
  warnOfMissing(scope, 'FirehoseStream.bucketPolicy', 'A bucket', missing);
  warnOfMissing(scope, 'FirehoseStream.bucketKeyPolicy', 'The key of a bucket', missingOnKeys);
  warnOfUnknownBucketKeys(scope, buckets);
}

/** The same of a data stream, and of its key. */
export function allowDataStream(scope: Construct, role: iam.Role, source: BoundStreamSource): void {
  const missing = addToPolicy(scope, role, source.key, who => [decryptStreams(source, who)]);
  warnOfMissing(scope, 'FirehoseStream.dataStreamKeyPolicy', 'The key of the data stream', missing);
  warnOfDataStream(scope, source);
}

/** What can be in another account. */
type OwnedElsewhere = s3.IBucket | kms.IKey | secretsmanager.ISecret;

/**
 * Adds what the role needs to the policy of a resource that may be in another account, and deploys the stack of a resource in another account or Region
 * first.
 *
 * @returns the statements that its owner has to add: the policy of an imported resource cannot be changed, and no policy can state the ARN of a role
 * without a known name
 */
export function addToPolicy(
  scope: Construct, role: iam.Role, resource: OwnedElsewhere | undefined, statements: (who: Who) => iam.PolicyStatement[],
): iam.PolicyStatement[] {
  if (!resource) return [];
  const { account, region } = Stack.of(scope);
  const isInOtherAccount = mayDiffer(resource.env.account, account);
  if (isInOtherAccount || mayDiffer(resource.env.region, region)) deployAfter(scope, resource);
  if (!isInOtherAccount) return [];
  const roleArn = statedArn(scope, role);
  const needed = statements(byCondition(account, roleArn ?? role.roleArn));
  return needed.filter(statement => !roleArn || !resource.addToResourcePolicy(statement).statementAdded);
}

/** Says what the owner of a resource has to add to its policy. */
export function warnOfMissing(scope: Construct, warningId: string, resource: string, statements: iam.PolicyStatement[]): void {
  if (statements.length === 0) return;
  warn(scope, warningId,
    `${resource} is in another account and its policy cannot be changed from here: nothing is delivered until its owner adds this to it.\n` + render(scope, statements));
}

/** Says what nobody knows of a data stream that is imported, or in another account. */
export function warnOfDataStream(scope: Construct, source: BoundStreamSource): void {
  if (mayDiffer(source.stream.env.account, Stack.of(scope).account)) {
    warn(scope, 'FirehoseStream.dataStreamInAnotherAccount',
      'The data stream is in another account. AWS does not document that Firehose can read it: test it before you rely on it, or deliver from the account of the data stream.');
  }
  if (source.keyUnknown) {
    warn(scope, 'FirehoseStream.dataStreamKey',
      'It is not known whether the imported data stream is encrypted with a customer key. If it is, Firehose cannot read it: import it with '
      + 'kinesis.Stream.fromStreamAttributes() and encryptionKey, or add this to the role, and to the policy of a key in another account:\n'
      + render(scope, [decryptStream(source, UNKNOWN_KEY)]));
  }
}

const UNKNOWN_KEY = '<ARN of the key>';

function warnOfUnknownBucketKeys(scope: Construct, buckets: WrittenBucket[]) {
  for (const { sid, bound: { bucket } } of buckets.filter(({ bound }) => bound.keyUnknown)) {
    warn(scope, 'FirehoseStream.bucketKey',
      `It is not known whether the imported bucket '${bucket.node.path}' is encrypted with a customer key. If it is, Firehose cannot write to it: specify its encryptionKey in `
      + 'DeliveryBucket.existing(), or add this to the role, and to the policy of a key in another account:\n'
      + render(scope, [keyStatement(sid, { bucket, key: { keyArn: UNKNOWN_KEY } })]));
  }
}

/** The ARN of the role as another account can write it down before there is the role; undefined where that is not known. */
function statedArn(scope: Construct, role: iam.Role): string | undefined {
  const { path, roleName } = role.node.defaultChild as iam.CfnRole;
  if (roleName === undefined || Token.isUnresolved(roleName)) return undefined;
  return Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: `${(path ?? '/').slice(1)}${roleName}` });
}

/** CDK orders stacks by their references, of which there are none between accounts and Regions: a name is written out there. */
function deployAfter(scope: Construct, resource: IConstruct) {
  const [own, theirs] = [Stack.of(scope), Stack.of(resource)];
  const isOfThisApp = CfnResource.isCfnResource(resource.node.defaultChild);
  if (isOfThisApp && own !== theirs && Stage.of(own) === Stage.of(theirs)) own.addStackDependency(theirs);
}

/** For the policy of a key, which cannot refer to the bucket: the bucket refers to its key. */
function objectsOf(scope: Construct, bucket: s3.IBucket): string[] {
  const name = Stack.of(scope).resolve(bucket.bucketName);
  const arn = `arn:${Aws.PARTITION}:s3:::`;
  return typeof name === 'string' ? [`${arn}${name}`, `${arn}${name}/*`] : [`${arn}*`];
}

function render(scope: Construct, statements: iam.PolicyStatement[]): string {
  return renderPolicy(scope, statements.map(statement => statement.toStatementJson()));
}
