import { CfnMapping, Lazy, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';

/** The id under which `firehose.DeliveryStream` looks for its mapping before it makes one. */
const MAPPING_ID = '@aws-cdk/aws-kinesisfirehose.CidrBlocks';
const ATTRIBUTE = 'FirehoseCidrBlock';

/**
 * Makes the Region mapping of `firehose.DeliveryStream.connections` appear only when somebody uses it.
 *
 * The L2 reads its mapping in the constructor. In a stack without a fixed Region this leaves an unused mapping in the
 * template (validation finding W7001), and in a Region unknown to CDK it throws. Checked in 2.262.0 and 2.276.0; when
 * test/delivery/cidr-mapping.test.ts shows a plain DeliveryStream without a mapping, this file can go.
 */
export function deferCidrMapping(scope: Construct): void {
  const stack = Stack.of(scope);
  if (!stack.node.tryFindChild(MAPPING_ID)) new DeferredCidrMapping(stack);
}

class DeferredCidrMapping extends CfnMapping {
  constructor(stack: Stack) {
    super(stack, MAPPING_ID, { lazy: true });
  }

  /** A lookup that is made, and with it the mapping rendered, when the value is resolved. */
  public findInMap(key1: string, key2: string, defaultValue?: string): string {
    if (!Token.isUnresolved(key1) && RegionInfo.get(key1).firehoseCidrBlock) return this.lookUp(key1, key2, defaultValue);
    return Lazy.string({ produce: () => this.lookUp(key1, key2, defaultValue) });
  }

  /** Filled at the first lookup: the facts of all Regions are 1.3 MB of code, a quarter of the time of a whole synthesis. */
  private lookUp(key1: string, key2: string, defaultValue?: string): string {
    for (const { name, firehoseCidrBlock } of RegionInfo.regions) {
      if (firehoseCidrBlock) this.setValue(name, ATTRIBUTE, firehoseCidrBlock);
    }
    return super.findInMap(key1, key2, defaultValue);
  }
}
