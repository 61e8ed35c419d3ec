import { Duration, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { SourceCapacity } from './source-capacity';
import { Encryption } from '../../access/encryption';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { placeOf, placeProblems } from '../../private/environment';
import { removeUnusedKey } from '../../private/keys';
import { Problem, at, checkWhenWritten, throwProblems, unless } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';
import { Reporter, SourceBinding } from '../private/binding';
import { BoundStreamSource } from '../private/bound';
import { allowDataStream, warnOfDataStream } from '../private/cross-account';
import { DATA_STREAM } from '../private/delivery-bounds';
import { checkExistingKey, customerKey, encryptionProblems, madeKey, newKey } from '../private/delivery-keys';
import { READ_ACTIONS, readStream, streamKeyConditions } from '../private/permissions';
import { checkSameStage, reachableProblems } from '../private/reachable';

/**
 * Options of a data stream that is created for a Firehose stream.
 */
export interface KinesisSourceOptions {
  /**
   * The capacity of the data stream. It can be changed between on-demand and provisioned twice in 24 hours; Kinesis refuses a third time, and
   * more than double or less than half of the shards in one change.
   *
   * @default SourceCapacity.onDemand()
   */
  readonly capacity?: SourceCapacity;

  /**
   * How long the data stream keeps records, which is how long a delivery can be interrupted without loss: 24 hours to 365 days,
   * in whole hours. More than 24 hours is billed.
   *
   * @default Duration.hours(24)
   */
  readonly retention?: Duration;

  /**
   * How the data stream is encrypted at rest. A key created here is kept when it is no longer asked for.
   *
   * @default Encryption.serviceManaged()
   */
  readonly encryption?: Encryption;

  /**
   * What happens to the data stream, and to a key created for it, when it is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The condition that `kinesis.Stream` creates without a choice of encryption: in China Regions it would encrypt nothing. */
const UNSUPPORTED_REGIONS = 'AwsCdkKinesisEncryptedStreamsUnsupportedRegions';

/** A principal that may read, before there is a scope to create the data stream in. */
interface Reader {
  readonly grantee: iam.IGrantable;
  dataStream?: BoundStreamSource;
}

interface SourceConfiguration {
  readonly kinesisStreamSourceConfiguration: firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty;
}

function configuration({ stream }: BoundStreamSource, roleArn: string): SourceConfiguration {
  return { kinesisStreamSourceConfiguration: { kinesisStreamArn: stream.streamArn, roleArn } };
}

function completeReader(scope: Construct, reader: Reader, dataStream: BoundStreamSource): void {
  const { grantee } = reader;
  const { key } = dataStream;
  reader.dataStream = dataStream;
  if (key) {
    iam.Grant.addToPrincipal({ grantee, actions: ['kms:Decrypt'], resourceArns: [key.keyArn], conditions: streamKeyConditions(dataStream) });
  }
  if (grantee.grantPrincipal instanceof iam.Role) allowDataStream(scope, grantee.grantPrincipal, dataStream);
  else warnOfDataStream(scope, dataStream);
}

/** Without a data stream, the statement of the principal would have no resource, and the deployment would fail. */
function checkReader(scope: Construct, reader: Reader): void {
  checkWhenWritten(scope, 'KinesisSource', () => unless(reader.dataStream !== undefined, () => ({
    prop: 'grantRead(grantee)',
    got: 'KinesisSource.create(), which creates a data stream for each Firehose stream',
    allowed: 'a data stream that exists',
    fix: 'Call grantRead() of the data stream itself: dataStream of a FirehoseStream, or the one given to KinesisSource.existing().',
  })));
}

/**
 * A Kinesis data stream as the source of a Firehose stream.
 *
 * Firehose keeps its place in the data stream, so that records are kept for as long as the data stream keeps them, and other consumers can
 * read them too.
 *
 * Each stream that is given the same `KinesisSource.create()` gets a data stream of its own. To share one, give each stream
 * `KinesisSource.existing()` with that data stream.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
 */
export class KinesisSource implements firehose.ISource {
  /**
   * A new data stream.
   */
  public static create(options: KinesisSourceOptions = {}): KinesisSource {
    return new KinesisSource(options);
  }

  /**
   * A data stream that exists already, in the same Region. Several Firehose streams can read one data stream; they share its 2 MB a
   * second and 5 reads a second for each shard.
   *
   * Import a data stream together with its `encryptionKey` if it has a customer key. Without the key, a warning carries the statement that
   * the role would need.
   */
  public static existing(stream: kinesis.IStream): KinesisSource {
    return new KinesisSource({}, { stream });
  }

  /** Of the stream of the CDK that the source is bound to next. */
  private readonly readers: Reader[] = [];

  private constructor(private readonly options: KinesisSourceOptions, private readonly given?: { readonly stream: kinesis.IStream }) {}

  /** The data stream that exists already; undefined when one is created. */
  public get existingStream(): kinesis.IStream | undefined {
    return this.given?.stream;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.given) return at('stream', this.checkExisting(scope, this.given.stream));
    const { capacity, encryption, removalPolicy } = this.options;
    return [
      ...at('capacity', capacity?._check() ?? []),
      ...at('encryption', encryptionProblems(scope, encryption, { service: 'Kinesis', what: 'stream' })),
      ...removalPolicyProblems(removalPolicy),
      ...checkBounds<KinesisSourceOptions>(DATA_STREAM, this.options),
    ];
  }

  /**
   * Allows a principal to read the data stream: `kinesis:DescribeStream`, `kinesis:GetShardIterator`, `kinesis:GetRecords` and
   * `kinesis:ListShards`. A `firehose.DeliveryStream` calls it for its role, and then adds `kms:Decrypt` on a customer key, through Kinesis for
   * this data stream.
   *
   * @throws Error at synthesis for a data stream to create, unless a `firehose.DeliveryStream` is given this source after the call: each stream
   * gets a data stream of its own
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    const reader: Reader = { grantee };
    this.readers.push(reader);
    // A data stream that is created has its scope from _bind(), which the stream calls later.
    const streamArn = this.given?.stream.streamArn ?? Lazy.string({ produce: () => reader.dataStream?.stream.streamArn });
    if (!this.given && Construct.isConstruct(grantee.grantPrincipal)) checkReader(grantee.grantPrincipal, reader);
    return iam.Grant.addToPrincipal({ grantee, actions: READ_ACTIONS, resourceArns: [streamArn] });
  }

  /**
   * What a stream with this source has: `firehose.DeliveryStream` calls it after `grantRead()`.
   *
   * @internal
   */
  public _bind(scope: Construct, roleArn: string = ''): SourceConfiguration {
    throwProblems(scope, 'KinesisSource', this._check(scope));
    const dataStream = this.dataStream(scope, { construct: 'KinesisSource', prefix: '' });
    this.readers.splice(0).forEach(reader => completeReader(scope, reader, dataStream));
    return configuration(dataStream, roleArn);
  }

  /** @internal */
  public _attach(scope: Construct, reporter: Reporter): SourceBinding {
    const dataStream = this.dataStream(scope, reporter);
    return {
      dataStream,
      resources: [dataStream.key],
      configuration: roleArn => configuration(dataStream, roleArn),
      statements: () => readStream(dataStream),
      allowRole: role => allowDataStream(scope, role, dataStream),
    };
  }

  private dataStream(scope: Construct, reporter: Reporter): BoundStreamSource {
    if (this.given) {
      const { stream } = this.given;
      const keyUnknown = !stream.encryptionKey && !kinesis.CfnStream.isCfnStream(stream.node.defaultChild);
      return { stream, key: customerKey(stream.encryptionKey), keyUnknown };
    }
    const removalPolicy = this.options.removalPolicy ?? RemovalPolicy.RETAIN;
    const { encryption } = this.options;
    const key = newKey(scope, 'StreamKey', encryption, removalPolicy);
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
    const used = madeKey(scope, reporter, stream, 'stream');
    removeUnusedKey(scope, key, used);
    return { stream, key: used };
  }

  private checkExisting(scope: Construct, stream: kinesis.IStream): Problem[] {
    const { encryptionKey: key } = stream;
    return [
      ...arnProblems(stream.streamArn, 'kinesis'),
      ...placeProblems('stream', stream.env, { ...placeOf(scope), only: 'region', because: 'the Region of the delivery' },
        'Firehose reads data streams of its own Region: deliver from there.'),
      ...reachableProblems(scope, 'stream', stream, stream.streamArn),
      ...key === undefined ? [] : at('encryptionKey', [...checkExistingKey(key, stream.env, 'stream'), ...checkSameStage(scope, key)]),
    ];
  }
}
