import { ArnFormat, Aws, IResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BoundBucket, BoundStreamSource } from './bound';
import { viaService } from '../../private/via-service';
import { GlueTableSchema } from '../destinations/record-conversion';

// Actions and conditions as in https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html, each on the
// resources it applies to.

/** What Firehose does with a data stream. */
export const READ_ACTIONS = ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'];

/** Allows what Firehose does with the source. */
export function readStream(source: BoundStreamSource): iam.PolicyStatement[] {
  const { stream, key } = source;
  return [
    new iam.PolicyStatement({
      sid: 'ReadStream',
      actions: READ_ACTIONS,
      resources: [stream.streamArn],
    }),
    ...(key ? [decryptStream(source, key.keyArn)] : []),
  ];
}

/** Allows Firehose to read a data stream that has a customer key. */
export function decryptStream(source: BoundStreamSource, keyArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid: 'DecryptStream', actions: ['kms:Decrypt'], resources: [keyArn], conditions: streamKeyConditions(source) });
}

/** The same for the policy of the key. */
export function decryptStreams(source: BoundStreamSource, who: Who): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['kms:Decrypt'], resources: ['*'], principals: who.principals, conditions: { ...who.conditions, ...streamKeyPolicyConditions(source) },
  });
}

/** The key of a data stream only through Kinesis, and only for that stream. */
export function streamKeyConditions({ stream }: BoundStreamSource): Record<string, Record<string, unknown>> {
  return { StringEquals: { 'kms:ViaService': viaService('kinesis', stream.env.region), 'kms:EncryptionContext:aws:kinesis:arn': stream.streamArn } };
}

/** The same for the policy of the key: it names streams by a pattern, since a stream refers to its key. */
export function streamKeyPolicyConditions({ stream }: BoundStreamSource): Record<string, Record<string, unknown>> {
  const { account, region } = stream.env;
  return {
    StringEquals: { 'kms:ViaService': viaService('kinesis', region) },
    StringLike: { 'kms:EncryptionContext:aws:kinesis:arn': `arn:${Aws.PARTITION}:kinesis:${region}:${account}:stream/*` },
  };
}

/** Allows what Firehose does with a bucket. */
export function writeBucket(sid: string, bound: BoundBucket, foreign: boolean): iam.PolicyStatement[] {
  const { bucket, key } = bound;
  return [
    ...bucketStatements(sid, bucket.bucketArn, foreign),
    ...(key ? [keyStatement(sid, { bucket, key })] : []),
  ];
}

/** A bucket and the key of its objects, as far as a statement needs them. */
export interface KeyedBucket {
  readonly bucket: s3.IBucket;
  readonly key: Pick<kms.IKey, 'keyArn'>;
  /**
   * What is encrypted.
   *
   * @default - the bucket and its objects
   */
  readonly objects?: string[];
}

/** Whom the policy of a bucket or key allows. */
export interface Who {
  readonly principals: iam.IPrincipal[];
  readonly conditions: Record<string, Record<string, unknown>>;
}

/** For the policy of the role; with principals for the policy of a bucket, where several deliveries would repeat the id. */
export function bucketStatements(sid: string, bucketArn: string, foreign: boolean, who?: Who): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: who ? undefined : `List${sid}`,
      ...who,
      actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [bucketArn],
    }),
    new iam.PolicyStatement({
      sid: who ? undefined : `Write${sid}`,
      ...who,
      // With s3:PutObjectAcl the owner of a bucket in another account gets full control of the objects.
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject', ...(foreign ? ['s3:PutObjectAcl'] : [])],
      resources: [`${bucketArn}/*`],
    }),
  ];
}

/** For the policy of the role; with principals for the policy of a key. */
export function keyStatement(sid: string, { bucket, key, objects }: KeyedBucket, who?: Who): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: who ? undefined : `Encrypt${sid}`,
    principals: who?.principals,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [who ? '*' : key.keyArn],
    conditions: {
      ...who?.conditions,
      StringEquals: { 'kms:ViaService': viaService('s3', bucket.env.region) },
      // With a bucket key the encryption context is the bucket, without one the object.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
      StringLike: { 'kms:EncryptionContext:aws:s3:arn': objects ?? [bucket.bucketArn, `${bucket.bucketArn}/*`] },
    },
  });
}

/** Allows Firehose to report errors to its own log streams, which are the children of the log group. */
export function writeLogs(scope: Construct, logGroup: logs.ILogGroup): iam.PolicyStatement {
  const names = logGroup.node.children.filter(child => child instanceof logs.LogStream).map(({ logStreamName }) => logStreamName);
  return new iam.PolicyStatement({
    sid: 'LogErrors',
    actions: ['logs:PutLogEvents'],
    resources: names.map(name => Stack.of(scope).formatArn({
      service: 'logs', resource: 'log-group', resourceName: `${logGroup.logGroupName}:log-stream:${name}`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })),
  });
}

/** Allows Firehose to invoke the transform function. */
export function invokeFunction(handler: lambda.IFunction): iam.PolicyStatement {
  const arn = handler.functionArn;
  // A version or an alias has its qualifier in the ARN. Of a function, Firehose invokes $LATEST.
  const qualified = 'lambda' in handler || (!Token.isUnresolved(arn) && arn.split(':').length === 8);
  return new iam.PolicyStatement({
    sid: 'Transform',
    actions: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
    resources: qualified ? [arn] : [arn, `${arn}:$LATEST`],
  });
}

/** Allows Firehose to read the columns of a table. */
export function readSchema(scope: Construct, schema: GlueTableSchema): iam.PolicyStatement[] {
  const glue = (resource: string, resourceName?: string) => Stack.of(scope).formatArn({
    service: 'glue', region: schema.region, account: schema.catalogId, resource, resourceName,
  });
  return [
    new iam.PolicyStatement({
      sid: 'ReadSchema',
      actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
      resources: [glue('catalog'), glue('database', schema.databaseName), glue('table', `${schema.databaseName}/${schema.tableName}`)],
    }),
    // Schema versions are not resources of the schema registry.
    // https://docs.aws.amazon.com/glue/latest/dg/schema-registry-gs.html
    ...(schema.schemaRegistry ? [new iam.PolicyStatement({ sid: 'ReadSchemaRegistry', actions: ['glue:GetSchemaVersion'], resources: ['*'] })] : []),
  ];
}

/** Whether one of these is in another account or Region than the scope, or may be. */
export function mayBeElsewhere(scope: Construct, ...resources: (IResource | undefined)[]): boolean {
  const { account, region } = Stack.of(scope);
  return resources.some(one => one && (mayDiffer(one.env.account, account) || mayDiffer(one.env.region, region)));
}

/** Whether two accounts, or two Regions, differ, or may: one that was written down beside one that is not known. */
export function mayDiffer(one: string, other: string): boolean {
  const comparison = Token.compareStrings(one, other);
  return comparison === TokenComparison.DIFFERENT || comparison === TokenComparison.ONE_UNRESOLVED;
}
