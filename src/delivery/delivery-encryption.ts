import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { checkNewKey, customerKey } from './private/keys';
import { KeyUse } from '../private/keys';
import { Problem, at } from '../private/problems';

/**
 * How a data stream, a bucket or a log group is encrypted at rest. There is no choice without encryption.
 */
export class DeliveryEncryption {
  /**
   * With a key of the service that holds the data, at no cost: `alias/aws/kinesis` for a stream, S3 managed keys (SSE-S3)
   * for a bucket, CloudWatch Logs' own for a log group.
   */
  public static serviceManaged(): DeliveryEncryption {
    return new DeliveryEncryption();
  }

  /**
   * With a key of yours. A key costs by the month, and its requests are billed; a bucket uses a bucket key, which makes
   * them few.
   *
   * The policy of the key has to trust the account, as that of every key made by the CDK does. A key of another account needs a statement
   * for the role: this app adds it to a key that it makes; for an imported one a warning carries it.
   *
   * @param key a symmetric key in the same Region, or an alias of a key that is known; when left out, a new one with yearly rotation is made for each resource this value is given to
   */
  public static customerManaged(key?: kms.IKey): DeliveryEncryption {
    return new DeliveryEncryption({ key });
  }

  private constructor(private readonly customer?: { readonly key?: kms.IKey }) {}

  /** Whether a customer key is used. */
  public get isCustomerManaged(): boolean {
    return this.customer !== undefined;
  }

  /** The customer key that was given; undefined when one is made for each resource, and with a key of the service. */
  public get encryptionKey(): kms.IKey | undefined {
    return this.customer?.key;
  }

  /** @internal */
  public _check(scope: Construct, use: Omit<KeyUse, 'instead'>): Problem[] {
    if (this.customer?.key === undefined) return [];
    return at('key', checkNewKey(scope, this.customer.key, { ...use, instead: 'DeliveryEncryption.serviceManaged()' }));
  }

  /**
   * The customer key, made under `scope` when none was given.
   * @internal
   */
  public _key(scope: Construct, id: string, removalPolicy: RemovalPolicy): kms.IKey | undefined {
    if (!this.customer) return undefined;
    return customerKey(this.customer.key) ?? new kms.Key(scope, id, {
      enableKeyRotation: true,
      removalPolicy,
      description: `${id} of ${scope.node.path}`,
    });
  }
}
