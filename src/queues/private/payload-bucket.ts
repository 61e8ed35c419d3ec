import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { OwnQueue } from './own-queue';
import { allowedFor, daysBeyond, earlyRules, expirationProblems } from './payload-lifecycle';
import { MessageLife, longestLife } from './retention';
import { checkGrantee } from './work-queue-grants';
import { stackThatCannotRefer } from '../../private/environment';
import { grantOnKey, grantOnResource, isService, unnamedProblems } from '../../private/grants';
import { READ_KEY, WRITE_KEY } from '../../private/key-permissions';
import { awsManagedAlias, isSameKey, ownedKey } from '../../private/keys';
import { Problem, checkWhenWritten, refuse } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { referencesIn } from '../../private/references';
import { resourceOf } from '../../private/same-resource';
import { refersTo, refuseCycle } from '../../private/stack-cycles';
import { viaService } from '../../private/via-service';
import { renderPolicy, warn } from '../../private/warnings';

/** The queue that payloads belong to, as it was created. */
export interface PayloadQueue {
  readonly queue: OwnQueue;
  readonly deadLetterQueue?: sqs.IQueue;
}

/** What the client libraries do with objects, and with the key of the bucket. */
interface PayloadAccess {
  readonly actions: string[];
  readonly keyActions: string[];
}

/** With a bucket key, `PutObject` needs `kms:Decrypt` as well. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html */
const PUT: PayloadAccess = { actions: ['s3:PutObject'], keyActions: WRITE_KEY };

/** The libraries delete the object with the message. */
const TAKE: PayloadAccess = { actions: ['s3:GetObject', 's3:DeleteObject'], keyActions: READ_KEY };

/** The payloads of messages, by the L1 of the queue that they can be received from. */
const payloads = new WeakMap<IConstruct, PayloadBucket>();

/** Grants a consumer what it needs besides the queue and its key: the objects of large payloads, where the queue has them. */
export function grantPayloads(queue: sqs.IQueue, grantee: iam.IGrantable): void {
  payloads.get(resourceOf(queue))?.grantTo(grantee);
}

/** The payloads of a queue: what is granted on the queue is granted on their objects as well. */
export class PayloadBucket {
  constructor(
    private readonly scope: Construct,
    private readonly made: PayloadQueue,
    public readonly bucket: s3.IBucket,
    private readonly keyPrefix: string = '',
    expiration?: Duration,
  ) {
    // An aspect or an escape hatch can change the retention, and the lifecycle rules, until the template is written.
    checkWhenWritten(scope, 'WorkQueue', () => [
      ...expirationProblems(expiration, lifeOf(made), 'largePayloads.expiration'),
      ...this.lifecycleProblems(expiration),
    ]);
    this.refuseReferences();
  }

  /** The bucket that was created here must keep payloads; for an existing bucket, a warning can be acknowledged. */
  private lifecycleProblems(expiration?: Duration): Problem[] {
    const { bucket, made, scope } = this;
    const life = lifeOf(made);
    const early = earlyRules(bucket, this.keyPrefix, life, expiration);
    if (expiration) {
      return early.map(when => ({
        prop: 'payload bucket',
        got: `a lifecycle rule of '${bucket.node.path}' that deletes payloads ${when}`,
        allowed: allowedFor(life),
        fix: 'S3 would delete the payload of a message that still waits. Remove the rule where it is added, or set it to more days.',
      }));
    }
    early.forEach(when => warn(scope, 'WorkQueue.payloadExpiration',
      `a lifecycle rule of '${bucket.node.path}' deletes payloads ${when}, also those of messages that still wait; allowed: ${allowedFor(life)}. `
      + 'Change the rule, or lower the retention of the queue or of its dead letters.'));
    return [];
  }

  /** The policy of the bucket contains the prefix if it has a grant, and the stack of the prefix may refer to the bucket. */
  private refuseReferences(): void {
    const { bucket, keyPrefix, scope } = this;
    const policy = () => (bucket as s3.Bucket).policy?.node.defaultChild as s3.CfnBucketPolicy | undefined;
    const to = Stack.of(bucket);
    for (const from of new Set(referencesIn(keyPrefix).map(target => Stack.of(target)))) {
      refuseCycle(scope, 'WorkQueue', { from, to }, user => policy() && refersTo(policy()!, from) ? {
        prop: 'largePayloads.keyPrefix',
        got: `a value of the stack '${from.node.path}', which the policy of '${bucket.node.path}' has to contain for a grant to another account; and the stack '${from.node.path}' refers to `
          + `the stack '${to.node.path}' in ${user}`,
        allowed: `with such a grant, a string that is written out, or a value of the stack '${to.node.path}'`,
        fix: 'The two stacks would depend on each other. Create the parameter in the stack of the bucket, or write the prefix out.',
      } : undefined);
    }
  }

  /** Extends the grants of a queue, for producers and consumers. */
  public extend(grants: sqs.QueueGrants): void {
    const { sendMessages, consumeMessages } = grants;
    const { queue } = this.made;
    payloads.set(resourceOf(queue), this);
    grants.sendMessages = grantee => this.complete('grantSendMessages', grantee, PUT, queue, () => sendMessages.call(grants, grantee));
    grants.consumeMessages = grantee => this.complete('grantConsumeMessages', grantee, TAKE, queue, () => consumeMessages.call(grants, grantee));
  }

  /** Extends the grants of a dead-letter queue for this queue only, whose messages have the same payloads. */
  public extendDeadLetters(deadLetterQueue: OwnQueue): void {
    const { grants } = deadLetterQueue;
    const { consumeMessages } = grants;
    payloads.set(resourceOf(deadLetterQueue), this);
    grants.consumeMessages = grantee => this.complete('grantConsumeMessages', grantee, TAKE, deadLetterQueue, () => consumeMessages.call(grants, grantee));
  }

  /** Adds the payloads to a grant to a consumer of dead letters. */
  public completeDeadLetters(grantee: iam.IGrantable, deadLetterQueue: sqs.IQueue, grant: () => iam.Grant): iam.Grant {
    return this.complete('grantConsumeDeadLetters', grantee, TAKE, deadLetterQueue, grant);
  }

  /** Grants a consumer the objects alone. */
  public grantTo(grantee: iam.IGrantable): void {
    refuse(this.scope, 'WorkQueue', this.problems('grantConsumeMessages', grantee));
    this.grantObjects('grantConsumeMessages', grantee, TAKE);
  }

  /** Checks everything before anything is granted. An AWS service that sends has no client library, so it gets nothing here. */
  private complete(method: string, grantee: iam.IGrantable, access: PayloadAccess, queue: sqs.IQueue, grant: () => iam.Grant): iam.Grant {
    checkGrantee(this.scope, method, grantee, [queue]);
    if (isService(grantee)) return grant();
    refuse(this.scope, 'WorkQueue', this.problems(method, grantee));
    return grant().combine(this.grantObjects(method, grantee, access));
  }

  private grantObjects(method: string, grantee: iam.IGrantable, { actions, keyActions }: PayloadAccess): iam.Grant {
    const { bucket, scope } = this;
    const grant = grantOnResource(scope, 'WorkQueue', method, { resource: bucket, arn: bucket.arnForObjects(`${this.keyPrefix}*`) }, grantee, actions);
    const key = bucket.encryptionKey;
    if (!key) this.warnOfUnknownKey(method, grantee, keyActions);
    if (!key || awsManagedAlias(key) !== undefined) return grant;
    // Only on a key of this app, the grant of the queue can be limited to SQS.
    if (isSameKey(key, this.made.queue.key) && !ownedKey(key)) return grant;
    return grant.combine(grantOnKey(scope, 'WorkQueue', method, { key, service: 's3' }, grantee, keyActions));
  }

  /** An imported bucket can have a key that this app does not know. */
  private warnOfUnknownKey(method: string, { grantPrincipal }: iam.IGrantable, actions: string[]): void {
    const { bucket, scope } = this;
    if (bucket.node.defaultChild) return;
    const conditions = { StringEquals: { 'kms:ViaService': viaService('s3', bucket.env.region) } };
    const statement = new iam.PolicyStatement({ actions, resources: ['*'], principals: [grantPrincipal], conditions });
    warn(scope, 'WorkQueue.payloadKey',
      `the bucket '${bucket.node.path}' is imported without its encryptionKey, so ${method}() grants nothing on a key. If the bucket has a customer key, import it with `
      + 's3.Bucket.fromBucketAttributes() and encryptionKey, or add this statement to the policy of the key, and for a principal of another account also to the policy of the principal, '
      + `with the ARN of the key as the resource:\n${renderPolicy(scope, statement.toStatementJson())}`);
  }

  private problems(method: string, grantee: iam.IGrantable): Problem[] {
    const { bucket, scope } = this;
    if (!bucket.node.defaultChild) return [];
    const other = stackThatCannotRefer(grantee.grantPrincipal, bucket, bucket.bucketArn);
    if (!other) return unnamedProblems(scope, method, bucket, grantee);
    return [{
      prop: `${method}(grantee)`,
      got: `a principal of the stack '${other.node.path}', and the bucket '${bucket.node.path}', whose name is only known at deployment`,
      allowed: `a principal in the account and Region of the stack '${Stack.of(bucket).node.path}', or a bucket with a bucketName`,
      fix: 'Use LargePayloads.existing() and a bucket with a bucketName.',
    }];
  }
}

/** How a bucket is created. */
interface NewBucket {
  readonly key?: kms.IKey;
  readonly expiration: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/** It has no versions: a deleted payload would be stored, and billed, as one, and messages name no version. */
export function createBucket(scope: Construct, id: string, { key, expiration, removalPolicy }: NewBucket): s3.Bucket {
  const bucket = new s3.Bucket(scope, id, {
    // Without a key, nothing: it would contradict a key from a property injector.
    ...key && { encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true },
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    lifecycleRules: [{ expiration, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy,
  });
  // On the L1: the L2 cannot tell a default from a value that the user specified.
  (bucket.node.defaultChild as s3.CfnBucket).bucketEncryption ??= {
    serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
  };
  return bucket;
}

/** Twice the life of a message, because a redrive at the last moment starts its retention again. */
export function defaultExpiration(made: PayloadQueue): Duration {
  return daysBeyond(2 * longestLife(lifeOf(made)));
}

function lifeOf({ queue, deadLetterQueue }: PayloadQueue): MessageLife {
  return {
    isFifo: queue.fifo,
    retention: factsOf(queue).retention,
    deadLetterRetention: deadLetterQueue ? factsOf(deadLetterQueue).retention : 0,
  };
}
