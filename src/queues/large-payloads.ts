import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DeadLetters } from './dead-letters';
import { PayloadBucket, PayloadQueue, createBucket, defaultExpiration } from './private/payload-bucket';
import { expirationProblems } from './private/payload-lifecycle';
import { LARGE_PAYLOADS } from './private/queue-bounds';
import { checkBounds } from '../private/bounds';
import { describe } from '../private/describe';
import { awsManagedAlias } from '../private/keys';
import { Problem, at, blankProblems, unless } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';

/**
 * Options of a bucket that is created for the large payloads of a queue.
 */
export interface DedicatedPayloadOptions {
  /**
   * When S3 deletes a payload that no consumer deleted: at least 1 day, in whole days, and longer than a message can stay in the queue and its
   * dead-letter queue.
   *
   * A message stays in a standard queue and its dead-letter queue for the longer of the two retentions, and in FIFO queues for the sum of both. A redrive
   * starts the retention again.
   *
   * @default - twice the time that a message can stay there, and at most 1 day more: time for a redrive at the last moment. 29 days for a standard queue
   * with the default retentions
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
   */
  readonly expiration?: Duration;

  /**
   * What happens to the bucket when it is removed from the template. `DESTROY` fails at deployment while the bucket has objects.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, because the payloads are part of messages that can outlive the queue. A kept bucket is empty, and costs nothing,
   * as soon as the payloads have expired
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Where payloads are stored that are too large for a message, as the Amazon SQS Extended Client Libraries use it.
 *
 * SQS takes no part in it. The library of the producer writes a large payload to the bucket, and sends a message with the location of the object. The library of the consumer
 * reads the object, and deletes it with the message. Producers, consumers and consumers of dead letters of the work queue are granted what their
 * library needs.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-managing-large-messages.html
 */
export class LargePayloads {
  /**
   * A new bucket for this queue: private, encrypted with the key of the queue, TLS only, without ACLs, and without versions.
   *
   * No idle cost. S3 bills requests, and what is stored until consumers delete it or it expires.
   */
  public static dedicated(options: DedicatedPayloadOptions = {}): LargePayloads {
    return new LargePayloads(options);
  }

  /**
   * A bucket that exists already. The library does not change it, except that the policies of a bucket and a key of this app receive the grants to other accounts.
   *
   * Its owner is responsible for its encryption, its TLS policy, and a lifecycle rule: payloads of messages that nobody deletes stay in the bucket
   * until a rule deletes them. A rule of a bucket of this app that deletes payloads before their messages causes a warning. Import a bucket that has a customer key
   * with its `encryptionKey`: without it, each grant causes a warning with the statement for the key. For an imported bucket of another account, a
   * warning contains the statement to add.
   *
   * @param keyPrefix what the keys of all payloads start with, such as `orders/`; the grants are limited to it, and the client library must use the same.
   * By default, the grants are for all objects of the bucket. Not empty, without `*`, `?` and `$`. A parameter belongs in the stack of the bucket
   */
  public static existing(bucket: s3.IBucket, keyPrefix?: string): LargePayloads {
    return new LargePayloads({}, bucket, keyPrefix);
  }

  private constructor(
    private readonly options: DedicatedPayloadOptions,
    /** The bucket that exists already; undefined when one is created. */
    public readonly payloadBucket?: s3.IBucket,
    /** What the keys of the payloads start with; undefined when they can have any key. */
    public readonly keyPrefix?: string,
  ) {}

  /**
   * What is wrong with these options, for the queue that the payloads belong to.
   * @internal
   */
  public _check(deadLetters: DeadLetters, { isFifo, retention }: { readonly isFifo: boolean; readonly retention?: number }): Problem[] {
    const { expiration, removalPolicy } = this.options;
    const tooShort = expirationProblems(expiration, { isFifo, retention, deadLetterRetention: deadLetters._keptFor() });
    return [
      // Each of the two refuses 0 days.
      ...tooShort.length > 0 ? tooShort : checkBounds(LARGE_PAYLOADS, this.options),
      ...removalPolicyProblems(removalPolicy),
      ...at('keyPrefix', prefixProblems(this.keyPrefix)),
    ];
  }

  /**
   * The bucket, created under `scope` if none was specified.
   * @internal
   */
  public _bind(scope: Construct, made: PayloadQueue): PayloadBucket {
    if (this.payloadBucket) return new PayloadBucket(scope, made, this.payloadBucket, this.keyPrefix);
    const expiration = this.options.expiration ?? defaultExpiration(made);
    const { key } = made.queue;
    const bucket = createBucket(scope, 'Payloads', {
      // S3 cannot use `alias/aws/sqs`, which a property injector can set.
      key: key && awsManagedAlias(key) === undefined ? key : undefined,
      expiration,
      removalPolicy: this.options.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    return new PayloadBucket(scope, made, bucket, undefined, expiration);
  }
}

/** A wildcard or variable in the prefix would be one in the policies, too. */
function prefixProblems(keyPrefix: string | undefined): Problem[] {
  const fix = 'Specify the prefix that the client library writes, such as orders/, or omit it.';
  return [
    ...blankProblems('', keyPrefix, fix),
    ...unless(!/[*?$]/.test((keyPrefix ?? '').replace(/\$\{Token\[[^\]]*\]\}/g, '')), () => ({
      prop: '', got: describe(keyPrefix), allowed: 'a prefix without *, ? and $', fix,
    })),
  ];
}
