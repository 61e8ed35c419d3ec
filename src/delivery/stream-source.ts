import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { DeliveryEncryption } from './delivery-encryption';
import { BoundStreamSource } from './private/bound';
import { checkHours, checkInterface } from './private/checks';
import { checkSameStage, checkStreamName } from './private/cross-account';
import { checkExistingKey, customerKey, madeKey } from './private/keys';
import { SourceCapacity } from './source-capacity';
import { checkArn } from '../private/arn';
import { knownApart } from '../private/environment';
import { removeUnusedKey } from '../private/keys';
import { Problems } from '../private/problems';
import { checkRemovalPolicy } from '../private/removal-policy';

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
    return new StreamSource(options ?? {});
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
  public _check(problems: Problems, scope: Construct): void {
    if (this.given) {
      const stream = this.given.stream;
      const fix = 'Give a kinesis.Stream, or one imported with kinesis.Stream.fromStreamAttributes().';
      if (!checkInterface(problems, 'source.stream', stream, 'grantWrite', 'a kinesis.IStream', fix)) return;
      checkArn(problems, 'source.stream', stream.streamArn, 'kinesis');
      problems.require(!knownApart(stream.env.region, Stack.of(scope).region), {
        prop: 'source.stream',
        got: `a stream in ${stream.env.region}`,
        allowed: `a stream in ${Stack.of(scope).region}, the Region of the delivery`,
        fix: 'Firehose reads data streams of its own Region: deliver from there.',
      });
      checkStreamName(problems, scope, 'source.stream', stream);
      if (stream.encryptionKey === undefined) return;
      checkExistingKey(problems, 'source.stream.encryptionKey', stream.encryptionKey, stream.env.region, 'stream');
      checkSameStage(problems, scope, 'source.stream.encryptionKey', stream.encryptionKey);
      return;
    }
    const { capacity, encryption, retention } = this.options;
    if (problems.union('source.capacity', capacity, SourceCapacity, 'SourceCapacity.onDemand() or SourceCapacity.provisioned()')) {
      capacity?._check(problems, 'source.capacity');
    }
    if (problems.union('source.encryption', encryption, DeliveryEncryption, 'DeliveryEncryption.serviceManaged() or DeliveryEncryption.customerManaged()')) {
      encryption?._check(problems, scope, 'source.encryption', { service: 'Kinesis', what: 'stream' });
    }
    checkRemovalPolicy(problems, this.options.removalPolicy, 'source.removalPolicy');
    checkHours(problems, 'source.retention', retention, {
      min: Duration.hours(24), max: Duration.days(365), fix: 'Give a time in this range, or leave it out for 24 hours.',
    });
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
      retentionPeriod: this.options.retention ?? Duration.hours(24),
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
}
