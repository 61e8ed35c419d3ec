import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { reachableProblems } from './private/reachable';
import { placeOf, placeProblems } from '../private/environment';
import { Problem, at, blankProblems, unless } from '../private/problems';
import { refersElsewhere } from '../private/references';
import { renderPolicy, warn } from '../private/warnings';

/**
 * Where S3 writes who read and wrote the objects of a bucket.
 */
export class ServerAccessLogs {
  /**
   * To a bucket in the same account and Region. Its policy allows the logging service of S3 `s3:PutObject` under the prefix, for
   * buckets of this account only; for an imported bucket a warning carries the statement. Its ACL is not touched.
   *
   * @param bucket the bucket of the logs; encrypted with S3 managed keys, since S3 cannot deliver logs to any other
   * @param prefix what the keys of the logs begin with; nothing when left out
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
   */
  public static to(bucket: s3.IBucket, prefix?: string): ServerAccessLogs {
    return new ServerAccessLogs(bucket, prefix);
  }

  private constructor(
    /** The bucket of the logs. */
    public readonly destinationBucket: s3.IBucket,
    /** What the keys of the logs begin with; undefined for nothing. */
    public readonly prefix?: string,
  ) {}

  /** @internal */
  public _check(scope: Construct): Problem[] {
    const { destinationBucket: bucket, prefix } = this;
    const owned = s3.CfnBucket.isCfnBucket(bucket.node.defaultChild);
    const elsewhere = placeProblems('bucket', bucket.env, { ...placeOf(scope), because: 'where the bucket of the delivery is' },
      'S3 delivers access logs within one account and Region: specify a bucket there.');
    return [
      ...at('bucket', elsewhere.length > 0 ? elsewhere : reachableProblems(scope, 'bucket', bucket, bucket.bucketArn)),
      ...unless(bucket.encryptionKey === undefined && !usesKms(bucket), () => ({
        prop: 'bucket',
        got: bucket.encryptionKey === undefined ? 'a bucket with the key alias/aws/s3' : 'a bucket with a customer key',
        allowed: 'a bucket encrypted with S3 managed keys',
        fix: 'S3 does not deliver access logs to a bucket that encrypts with KMS by default: specify another bucket.',
      })),
      ...prefix === '' ? [] : blankProblems('prefix', prefix, 'Omit it for none.'),
      ...unless(prefix === undefined || !owned || !refersElsewhere(prefix, Stack.of(bucket)), () => ({
        prop: 'prefix',
        got: 'a prefix that refers to another stack than that of the bucket',
        allowed: 'a prefix known at synthesis',
        fix: 'The policy of the bucket names the prefix, so the two stacks would depend on each other: write the prefix out.',
      })),
    ];
  }

  /** @internal */
  public _apply(scope: Construct, source: s3.Bucket): void {
    // Not the prop of the L2: without the feature flag @aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy it turns on ACLs in the
    // bucket of the logs, or refuses a bucket without ACLs; with it, a bucket of another stack gets no conditions.
    (source.node.defaultChild as s3.CfnBucket).loggingConfiguration = {
      destinationBucketName: this.destinationBucket.bucketName, logFilePrefix: this.prefix,
    };
    const sameStack = Stack.of(this.destinationBucket) === Stack.of(source);
    const statement = new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [this.destinationBucket.arnForObjects(`${this.prefix ?? ''}*`)],
      conditions: {
        // Buckets of another stack by a pattern, which the account limits: the name would close a circle between the stacks.
        ArnLike: { 'aws:SourceArn': sameStack ? source.bucketArn : `arn:${Aws.PARTITION}:s3:::*` },
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      },
    });
    if (this.destinationBucket.addToResourcePolicy(statement).statementAdded) return;
    warn(scope, 'FirehoseStream.accessLogsBucketPolicy',
      'The policy of the imported bucket of the access logs cannot be changed from here: no access is logged until its owner adds this statement.\n'
      + renderPolicy(scope, statement.toStatementJson()));
  }
}

/** Of a bucket that this app makes; an import does not tell. */
function usesKms(bucket: s3.IBucket): boolean {
  const resource = bucket.node.defaultChild as s3.CfnBucket | undefined;
  return /"aws:kms(:dsse)?"/.test(JSON.stringify(Stack.of(bucket).resolve(resource?.bucketEncryption)) ?? '');
}
