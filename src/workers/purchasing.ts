import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { checkBounds } from '../private/bounds';
import { Problem, unless } from '../private/problems';
import { QUEUE_SCALING, SPOT_PURCHASING } from './private/worker-bounds';

/** How much of the group stays On-Demand. */
export interface SpotPurchasingProps {
  /**
   * The number of On-Demand instances that the group starts with before it uses Spot instances: a whole number, at least 0 and at most `scaling.max`.
   *
   * @default 0
   */
  readonly onDemandBase?: number;

  /**
   * The percentage of On-Demand instances above that base: a whole number from 0 to 100.
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

/** The purchase options of the instances. */
export class Purchasing {
  /** On-Demand Instances only. */
  public static onDemand(): Purchasing {
    return new Purchasing();
  }

  /**
   * Spot Instances, above a base of On-Demand Instances.
   *
   * A Spot Instance is cheaper, and Amazon EC2 can reclaim it with a notice of two minutes, even if it has a lifecycle hook. Give several
   * instance types: more Spot pools mean fewer interruptions. Capacity Rebalancing is on: the group starts a replacement when an
   * interruption becomes likely, so it may exceed its desired capacity for a short time.
   *
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-capacity-rebalancing.html
   */
  public static spot(props: SpotPurchasingProps = {}): Purchasing {
    const distribution = {
      onDemandBaseCapacity: props.onDemandBase ?? SPOT_PURCHASING.onDemandBase.default,
      onDemandPercentageAboveBaseCapacity: props.onDemandPercentage ?? SPOT_PURCHASING.onDemandPercentage.default,
      spotAllocationStrategy: props.allocationStrategy ?? autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
    };
    return new Purchasing(distribution, checkBounds(SPOT_PURCHASING, props));
  }

  private constructor(
    /** How the group mixes On-Demand and Spot Instances; undefined for On-Demand Instances only. */
    public readonly instancesDistribution?: autoscaling.InstancesDistribution,
    private readonly spotProblems: Problem[] = [],
  ) {}

  /**
   * What is wrong with it, for a group of at most a number of instances.
   *
   * @internal
   */
  public _check(max: number): Problem[] {
    const base = SPOT_PURCHASING.onDemandBase.known(this.instancesDistribution?.onDemandBaseCapacity);
    const most = QUEUE_SCALING.max.known(max);
    return [
      ...this.spotProblems,
      ...unless(base === undefined || most === undefined || base <= most, () => ({
        prop: 'onDemandBase', got: `${base}`, allowed: `at most scaling.max, which is ${most}`, fix: 'Lower the base or increase the maximum.',
      })),
    ];
  }
}
