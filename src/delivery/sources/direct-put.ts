import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { Encryption } from '../../access/encryption';
import { placeOf, placeProblems } from '../../private/environment';
import { Problem, at, throwProblems } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';
import { SourceBinding } from '../private/binding';
import { encryptionProblems, newKey } from '../private/delivery-keys';

/**
 * Properties of direct put as a source.
 */
export interface DirectPutProps {
  /**
   * How Firehose encrypts the records while it keeps them. With a customer key Firehose creates a grant on it, for which whoever deploys
   * needs `kms:CreateGrant`; producers need no permission on the key. A key created here is kept when it is no longer asked for.
   *
   * @default - a key that AWS owns, at no cost
   * @see https://docs.aws.amazon.com/firehose/latest/dev/encryption.html
   */
  readonly encryption?: Encryption;

  /**
   * What happens to a key created for the stream when it is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Records that producers, and services such as CloudWatch Logs and SNS, put into the Firehose stream itself.
 *
 * It costs nothing beside what Firehose bills for the records. Firehose keeps a record for 24 hours at most while it cannot deliver it, and
 * no other consumer can read it: with a data stream as the source, records are kept for up to a year.
 *
 * Give `encryption` here, in a `firehose.DeliveryStream` too. The CDK refuses its own `encryption` beside any source, with an error about a
 * Kinesis data stream.
 *
 * Let producers put with `grantPutRecords()` of the stream, which allows `firehose:PutRecord` and `firehose:PutRecordBatch`.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/basic-write.html
 */
export class DirectPut implements firehose.ISource {
  /** How Firehose encrypts the records while it keeps them. */
  public readonly encryption: Encryption;
  private readonly removalPolicy: RemovalPolicy;

  constructor(props: DirectPutProps = {}) {
    this.encryption = props.encryption ?? Encryption.serviceManaged();
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
  }

  /**
   * Grants nothing, since there is nothing that Firehose has to read: a `firehose.DeliveryStream` calls it for every source.
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.drop(grantee, 'direct put has nothing to read');
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    const { encryptionKey } = this.encryption;
    const own = { ...placeOf(scope), only: 'account' as const, because: 'where the Firehose stream is' };
    return [
      ...at('encryption', encryptionProblems(scope, this.encryption, { service: 'Firehose', what: 'Firehose stream' })),
      ...at('encryption.key', encryptionKey ? placeProblems('key', encryptionKey.env, own, 'AWS does not document that Firehose can use the key of another account: specify one of its own.') : []),
      ...removalPolicyProblems(this.removalPolicy),
    ];
  }

  /**
   * What a stream with this source has: `firehose.DeliveryStream` takes it in place of its own type and encryption.
   *
   * @internal
   */
  public _bind(scope: Construct): object {
    throwProblems(scope, 'DirectPut', this._check(scope));
    return this._attach(scope).configuration('', scope);
  }

  /** @internal */
  public _attach(scope: Construct): SourceBinding {
    const key = newKey(scope, 'Key', this.encryption, this.removalPolicy);
    return {
      isDirectPut: true,
      resources: [],
      configuration: () => ({
        deliveryStreamType: 'DirectPut',
        deliveryStreamEncryptionConfigurationInput: key ? { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: key.keyArn } : { keyType: 'AWS_OWNED_CMK' },
      }),
      statements: () => [],
      allowRole: () => {},
    };
  }
}
