import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Encryption } from '../access/encryption';
import { Reporter } from './private/binding';
import { BoundBucket } from './private/bound';
import { checkExistingKey, customerKey, encryptionProblems, madeKey, newKey } from './private/delivery-keys';
import { bucketRules, checkLifecycleRules } from './private/lifecycle';
import { checkSameStage, reachableProblems } from './private/reachable';
import { ServerAccessLogs } from './server-access-logs';
import { removeUnusedKey } from '../private/keys';
import { Problem, at } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';

/**
 * Options of a bucket that is created for a Firehose stream.
 */
export interface DeliveryBucketOptions {
  /**
   * How the objects are encrypted at rest. A key created here is kept when it is no longer asked for.
   *
   * @default Encryption.serviceManaged()
   */
  readonly encryption?: Encryption;

  /**
   * The lifecycle rules, with times in whole days: at least 1, or 0 for a transition. They replace the default rules, except for the removal of
   * noncurrent versions. The bucket is versioned, so that an object that a rule removes is kept, and billed, as a noncurrent version.
   *
   * A rule that removes noncurrent versions after 30 days is added, unless one of yours has `noncurrentVersionExpiration` for the whole
   * bucket, also if it is not enabled. Of two rules for one object S3 takes the shorter time, so the added rule is never shorter than
   * yours: it takes the longest `noncurrentVersionExpiration` of your rules, if that is more than 30 days. It is left out where a rule with a filter and
   * `noncurrentVersionExpiration` is not enabled, has `noncurrentVersionsToRetain`, or a time that is only known at deployment; and where one
   * without `noncurrentVersionExpiration` moves noncurrent versions after 30 days or later. An empty list means no rule at all.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
   * @default - incomplete uploads are removed after 7 days and replaced or deleted objects after 30 days; current objects are kept
   */
  readonly lifecycleRules?: s3.LifecycleRule[];

  /**
   * Where accesses to the bucket are logged.
   *
   * @default - accesses are not logged
   */
  readonly serverAccessLogs?: ServerAccessLogs;

  /**
   * What happens to the bucket, and to a key created for it, when it is removed from the stack. `DESTROY` fails at deployment
   * while the bucket has objects.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A bucket that Firehose writes to.
 */
export class DeliveryBucket {
  /**
   * A new bucket: private, encrypted, TLS only, versioned, without ACLs. You pay for what is stored in it.
   */
  public static create(options: DeliveryBucketOptions = {}): DeliveryBucket {
    return new DeliveryBucket(options);
  }

  /**
   * A bucket that exists already. The library does not change it.
   *
   * A bucket or a key of another account needs a policy there. A bucket or key of this app gets it; for an imported one, a warning
   * carries it. For an imported bucket without `encryptionKey`, a warning carries the statement that the role would need if the bucket has a
   * customer key.
   *
   * @param encryptionKey the customer key that the objects are encrypted with; by default `bucket.encryptionKey`, and without one the default
   * encryption of the bucket
   */
  public static existing(bucket: s3.IBucket, encryptionKey?: kms.IKey): DeliveryBucket {
    return new DeliveryBucket({}, { bucket, encryptionKey });
  }

  private constructor(
    private readonly options: DeliveryBucketOptions,
    private readonly given?: { readonly bucket: s3.IBucket; readonly encryptionKey?: kms.IKey },
  ) {}

  /** The bucket that exists already; undefined when one is created. */
  public get existingBucket(): s3.IBucket | undefined {
    return this.given?.bucket;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.given) return this.checkExisting(scope, this.given.bucket, this.given.encryptionKey);
    const { encryption, lifecycleRules, removalPolicy, serverAccessLogs } = this.options;
    return [
      ...at('encryption', encryptionProblems(scope, encryption, { service: 'S3', what: 'bucket' })),
      ...at('serverAccessLogs', serverAccessLogs?._check(scope) ?? []),
      ...at('lifecycleRules', checkLifecycleRules(lifecycleRules ?? [])),
      ...removalPolicyProblems(removalPolicy),
    ];
  }

  /**
   * @param reporter whose props those of the bucket are
   * @internal
   */
  public _bind(scope: Construct, id: string, reporter: Reporter): BoundBucket {
    if (this.given) {
      const { bucket, encryptionKey } = this.given;
      const given = encryptionKey ?? bucket.encryptionKey;
      return { bucket, key: customerKey(given), keyUnknown: !given && !s3.CfnBucket.isCfnBucket(bucket.node.defaultChild) };
    }
    const removalPolicy = this.options.removalPolicy ?? RemovalPolicy.RETAIN;
    const { encryption } = this.options;
    const key = newKey(scope, `${id}Key`, encryption, removalPolicy);
    const bucket = new s3.Bucket(scope, id, {
      // Nothing where nothing was said: it would wipe out what a property injector has below it, or contradict its key.
      ...(key
        ? { encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }
        : encryption && { encryption: s3.BucketEncryption.S3_MANAGED, encryptionKey: undefined, bucketKeyEnabled: undefined }),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: bucketRules(scope, this.options.lifecycleRules),
      removalPolicy,
    });
    // On the L1: said to the L2, it could not be told from what the user says.
    (bucket.node.defaultChild as s3.CfnBucket).bucketEncryption ??= {
      serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    };
    this.options.serverAccessLogs?._apply(scope, bucket);
    const used = madeKey(scope, reporter, bucket, 'bucket');
    removeUnusedKey(scope, key, used);
    return { bucket, key: used };
  }

  private checkExisting(scope: Construct, bucket: s3.IBucket, given: kms.IKey | undefined): Problem[] {
    const key = given ?? bucket.encryptionKey;
    return [
      ...at('bucket', reachableProblems(scope, 'bucket', bucket, bucket.bucketArn)),
      ...key === undefined ? [] : at(given ? 'encryptionKey' : 'bucket.encryptionKey', [
        ...checkExistingKey(key, bucket.env, 'bucket'), ...checkSameStage(scope, key),
      ]),
    ];
  }
}
