import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { DeliveryEncryption } from './delivery-encryption';
import { BoundStreamSource } from './private/bound';
import { checkSameStage, checkStreamName } from './private/cross-account';
import { DATA_STREAM } from './private/delivery-bounds';
import { checkExistingKey, customerKey, madeKey } from './private/keys';
import { SourceCapacity } from './source-capacity';
import { arnProblems } from '../private/arn';
import { checkBounds } from '../private/bounds';
import { placeOf, placeProblems } from '../private/environment';
import { removeUnusedKey } from '../private/keys';
import { Problem, at } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';

/**
 * Options of a data stream made for the delivery.
 */
export interface StreamSourceOptions {
  /**
   * How much the stream takes in. It can be changed between on-demand and provisioned twice in 24 hours; Kinesis refuses a third time, and
   * more than double or less than half of the shards in one change.
   *
   * @default SourceCapacity.onDemand()
   */
  readonly capacity?: SourceCapacity;

  /**
   * How long the stream keeps records, and so how long a delivery may be interrupted without loss: 24 hours to 365 days,
   * in whole hours. More than 24 hours is billed.
   *
   * @default Duration.hours(24)
   */
  readonly retention?: Duration;

  /**
   * How the stream is encrypted at rest. A key made here is kept when it is no longer asked for.
   *
   * @default DeliveryEncryption.serviceManaged()
   */
  readonly encryption?: DeliveryEncryption;

  /**
   * What happens to the stream, and to a key made for it, when it is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What `kinesis.Stream` makes when nothing is said about encryption: in China Regions it would encrypt nothing. */
const UNSUPPORTED_REGIONS = 'AwsCdkKinesisEncryptedStreamsUnsupportedRegions';

/**
 * The data stream that is delivered.
 */
export class StreamSource {
  /**
   * A new data stream.
   */
  public static create(options: StreamSourceOptions = {}): StreamSource {
    return new StreamSource(options);
  }

  /**
   * A data stream that exists already, in the same Region. Several deliveries can read one stream; they share its 2 MB a
   * second and 5 reads a second for each shard.
   *
   * Import a stream together with its `encryptionKey` if it has a customer key. Without one nobody can tell, and a warning carries
   * the statement that the role would need.
   */
  public static existing(stream: kinesis.IStream): StreamSource {
    return new StreamSource({}, { stream });
  }

  private constructor(private readonly options: StreamSourceOptions, private readonly given?: { readonly stream: kinesis.IStream }) {}

  /** The data stream that exists; undefined when one is made. */
  public get existingStream(): kinesis.IStream | undefined {
    return this.given?.stream;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.given) return at('stream', this.checkExisting(scope, this.given.stream));
    const { capacity, encryption, removalPolicy } = this.options;
    return [
      ...at('capacity', capacity?._check() ?? []),
      ...at('encryption', encryption?._check(scope, { service: 'Kinesis', what: 'stream' }) ?? []),
      ...removalPolicyProblems(removalPolicy),
      ...checkBounds<StreamSourceOptions>(DATA_STREAM, this.options),
    ];
  }

  /** @internal */
  public _bind(scope: Construct): BoundStreamSource {
    if (this.given) {
      const { stream } = this.given;
      const keyUnknown = !stream.encryptionKey && !kinesis.CfnStream.isCfnStream(stream.node.defaultChild);
      return { stream, key: customerKey(stream.encryptionKey), keyUnknown };
    }
    const removalPolicy = this.options.removalPolicy ?? RemovalPolicy.RETAIN;
    const { encryption } = this.options;
    const key = encryption?._key(scope, 'StreamKey', removalPolicy);
    const conditions = Stack.of(scope).node;
    const usedByOthers = conditions.tryFindChild(UNSUPPORTED_REGIONS) !== undefined;
    const stream = new kinesis.Stream(scope, 'Stream', {
      ...(this.options.capacity ?? SourceCapacity.onDemand())._props(),
      retentionPeriod: this.options.retention ?? DATA_STREAM.retention.default,
      // Nothing where nothing was said: it would wipe out what a property injector has below it, or contradict its key.
      ...(key
        ? { encryption: kinesis.StreamEncryption.KMS, encryptionKey: key }
        : encryption && { encryption: kinesis.StreamEncryption.MANAGED, encryptionKey: undefined }),
      removalPolicy,
    });
    const resource = stream.node.defaultChild as kinesis.CfnStream;
    if (Token.isUnresolved(resource.streamEncryption)) {
      // On the L1: said to the L2, it could not be told from what the user says.
      resource.streamEncryption = { encryptionType: 'KMS', keyId: 'alias/aws/kinesis' };
      if (!usedByOthers) conditions.tryRemoveChild(UNSUPPORTED_REGIONS);
    }
    const used = madeKey(scope, 'source.encryption', stream, 'stream');
    removeUnusedKey(scope, key, used);
    return { stream, key: used };
  }

  private checkExisting(scope: Construct, stream: kinesis.IStream): Problem[] {
    const { encryptionKey: key } = stream;
    return [
      ...arnProblems(stream.streamArn, 'kinesis'),
      ...placeProblems('stream', stream.env, { ...placeOf(scope), only: 'region', because: 'the Region of the delivery' },
        'Firehose reads data streams of its own Region: deliver from there.'),
      ...checkStreamName(scope, stream),
      ...key === undefined ? [] : at('encryptionKey', [...checkExistingKey(key, stream.env, 'stream'), ...checkSameStage(scope, key)]),
    ];
  }
}
