import { Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { Problems } from '../private/problems';
import { checkCount } from './private/lists';

/** How much of the group stays On-Demand. */
export interface SpotPurchasingProps {
  /**
   * The first instances of the group that are On-Demand: a whole number, at least 0 and at most `scaling.max`.
   *
   * @default 0
   */
  readonly onDemandBase?: number;

  /**
   * The share of the instances above that base that is On-Demand: a whole percentage from 0 to 100.
   *
   * @default 0
   */
  readonly onDemandPercentage?: number;

  /**
   * How the Spot pools are chosen.
   *
   * @default autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/allocation-strategies.html
   */
  readonly allocationStrategy?: autoscaling.SpotAllocationStrategy;
}

/** How the instances are bought. */
export class Purchasing {
  /** On-Demand instances only. */
  public static onDemand(): Purchasing {
    return new Purchasing();
  }

  /**
   * Spot instances, above a base of On-Demand ones.
   *
   * A Spot instance is cheaper and can be taken back at two minutes' notice, lifecycle hook or not. Give several
   * instance types: the more Spot pools, the fewer interruptions. Capacity rebalancing is on: the group starts a replacement when an
   * interruption becomes likely, so it may exceed its desired size for a short while.
   */
  public static spot(props: SpotPurchasingProps = {}): Purchasing {
    return new Purchasing(props ?? {});
  }

  private constructor(private readonly spotProps?: SpotPurchasingProps) {}

  /** How the group mixes On-Demand and Spot instances; undefined when there are only On-Demand instances. */
  public get instancesDistribution(): autoscaling.InstancesDistribution | undefined {
    if (!this.spotProps) return undefined;
    return {
      onDemandBaseCapacity: this.spotProps.onDemandBase ?? 0,
      onDemandPercentageAboveBaseCapacity: this.spotProps.onDemandPercentage ?? 0,
      spotAllocationStrategy: this.spotProps.allocationStrategy ?? autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
    };
  }

  /**
   * Adds what is wrong to the problems of the construct that buys.
   *
   * @internal
   */
  public _check(problems: Problems, prop: string, most: unknown): void {
    if (this.spotProps?.onDemandBase !== undefined) {
      const bound = Number.isSafeInteger(most) && !Token.isUnresolved(most) ? { count: most as number, named: 'scaling.max' } : undefined;
      checkCount(problems, `${prop}.onDemandBase`, this.spotProps.onDemandBase, 0, bound);
    }
    problems.oneOf(`${prop}.allocationStrategy`, this.spotProps?.allocationStrategy, Object.values(autoscaling.SpotAllocationStrategy),
      'Use autoscaling.SpotAllocationStrategy.');
    problems.integer(`${prop}.onDemandPercentage`, this.spotProps?.onDemandPercentage, {
      min: 0, max: 100, fix: 'Give the share of On-Demand instances above the base.',
    });
  }
}
