import { CfnResource, Stack, Tokenization } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, IConstruct } from 'constructs';
import { WrittenBucket } from './binding';
import { BoundBucket, BoundStreamSource } from './bound';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { ReferenceResolver } from '../../private/reference-resolver';
import { isIntrinsic, writtenProperties } from '../../private/written';

/** What is encrypted at rest, and with which key the role was allowed to use it. */
export interface EncryptedParts {
  readonly source?: BoundStreamSource;
  readonly buckets: WrittenBucket[];
}

/** Where a key belongs that was put elsewhere. */
interface Advice {
  readonly prop: string;
  readonly fix: string;
}

/**
 * Refuses the encryption that aspects, property injectors and overrides put on the Firehose stream, where it has none, and the customer key that
 * they put on the data stream or on a bucket after the role got its policy, which allows another key or none: every read or write would fail.
 */
export function checkWrittenKeys(scope: Construct, deliveryStream: firehose.DeliveryStream, { source, buckets }: EncryptedParts): void {
  checkWhenWritten(scope, 'FirehoseStream', () => [
    ...checkDeliveryStream(writtenProperties(deliveryStream.node.defaultChild as CfnResource)),
    ...source ? checkStream(scope, source) : [],
    ...buckets.flatMap(({ prop, bound }) => checkBucket(scope, `destination.${prop}`, bound)),
  ]);
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html: encryption is for a stream that producers put into. */
function checkDeliveryStream(properties: Written): Problem[] {
  const { DeliveryStreamEncryptionConfigurationInput: encryption, KinesisStreamSourceConfiguration: source } = properties;
  // An intrinsic function may leave nothing: `Ref` of `AWS::NoValue`, or a branch of `Fn::If`.
  const isWritten = typeof encryption === 'object' && encryption !== null && !isIntrinsic(encryption);
  return unless(!isWritten || source === undefined, () => ({
    prop: 'deliveryStreamEncryptionConfigurationInput',
    got: 'encryption of the delivery stream itself, by an aspect, a property injector or an override',
    allowed: 'none with a Kinesis data stream as the source',
    fix: 'Firehose refuses it. Encrypt the data stream: KinesisSource.create({ encryption: Encryption.customerManaged() }).',
  }));
}

function checkStream(scope: Construct, { stream, key }: BoundStreamSource): Problem[] {
  const resource = stream.node.defaultChild;
  if (!kinesis.CfnStream.isCfnStream(resource)) return [];
  const advice = { prop: 'source.stream.encryptionKey', fix: 'Specify the key as the encryptionKey of the data stream.' };
  return checkKey(resource, streamKey, key, adviceFor(scope, stream, 'source.encryption', advice));
}

function checkBucket(scope: Construct, prop: string, { bucket, key }: BoundBucket): Problem[] {
  const resource = bucket.node.defaultChild;
  const isMade = bucket.node.scope === scope;
  // Firehose is told to use the key of an existing bucket, so that the default encryption does not count.
  if (!s3.CfnBucket.isCfnBucket(resource) || (!isMade && key)) return [];
  const advice = { prop: `${prop}.encryptionKey`, fix: 'Specify the key as encryptionKey of DeliveryBucket.existing().' };
  return checkKey(resource, bucketKey, key, adviceFor(scope, bucket, `${prop}.encryption`, advice));
}

/** Properties of a resource, resolved. */
type Written = Record<string, unknown>;

function adviceFor(scope: Construct, encrypted: IConstruct, prop: string, existing: Advice): Advice {
  return encrypted.node.scope === scope ? { prop, fix: 'Specify the key with Encryption.customerManaged(key), or by a property injector.' } : existing;
}

function streamKey({ StreamEncryption: encryption }: Written): unknown {
  return (encryption as { KeyId?: unknown } | undefined)?.KeyId;
}

function bucketKey({ BucketEncryption: encryption }: Written): unknown {
  const rules = (encryption as Partial<Record<'ServerSideEncryptionConfiguration', unknown>> | undefined)?.ServerSideEncryptionConfiguration;
  const { SSEAlgorithm, KMSMasterKeyID } = (Array.isArray(rules) ? rules[0]?.ServerSideEncryptionByDefault : undefined) ?? {};
  return /^aws:kms/.test(SSEAlgorithm) ? KMSMasterKeyID : undefined;
}

function checkKey(resource: CfnResource, keyIn: (properties: Written) => unknown, key: kms.IKey | undefined, { prop, fix }: Advice): Problem[] {
  const resolver = new KeyResolver();
  const written = keyIn(writtenProperties(resource, resolver));
  const allowed = key && Tokenization.resolve(key.keyArn, { scope: Stack.of(resource), resolver, preparing: false });
  return unless(written === undefined || !differ(written, allowed), () => ({
    prop,
    got: `${resolver.nameOf(written)}, put on '${resource.node.path}' by an aspect or an override`,
    allowed: key ? 'the key that the role was allowed to use' : 'no customer key, since the role was allowed to use none',
    fix: `Firehose could not use it. ${fix}`,
  }));
}

/** Whether the written key is known to be a customer key other than the allowed one. */
function differ(written: unknown, allowed: unknown): boolean {
  const text = JSON.stringify(written);
  if (/alias\//.test(text)) return allowed === undefined && !/alias\/aws\//.test(text);
  if (!isKnown(written)) return false;
  if (allowed === undefined) return true;
  const id = (key: unknown) => typeof key === 'string' ? key.split('/').pop() : JSON.stringify(key);
  return isKnown(allowed) && id(written) !== id(allowed);
}

const OF_THIS_APP = 'key-of-this-app:';

/** A key of this app, or one that is written out. */
function isKnown(key: unknown): boolean {
  return typeof key === 'string' || `${(key as { Ref?: unknown } | null)?.Ref}`.startsWith(OF_THIS_APP);
}

/** Resolves every reference to a key of this app to the same, in whichever stack the key is and whatever of it is referred to. */
class KeyResolver extends ReferenceResolver {
  private readonly paths: Record<string, string> = {};

  constructor() {
    super(({ target }) => {
      const kind = kms.CfnKey.isCfnKey(target) ? OF_THIS_APP : kms.CfnAlias.isCfnAlias(target) ? 'alias/' : undefined;
      if (kind === undefined) return undefined;
      const Ref = `${kind}${target.node.addr}`;
      this.paths[Ref] = target.node.path;
      return { Ref };
    });
  }

  /** For an error message. */
  public nameOf(key: unknown): string {
    const path = this.paths[`${(key as { Ref?: unknown }).Ref}`];
    return path === undefined ? `the key ${typeof key === 'string' ? `'${key}'` : JSON.stringify(key)}` : `the key '${path}'`;
  }
}
