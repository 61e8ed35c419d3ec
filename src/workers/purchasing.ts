import { Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { checkBounds } from '../private/bounds';
import { Problem, unless } from '../private/problems';
import { QUEUE_SCALING, SPOT_PURCHASING } from './private/worker-bounds';

/** How much of the capacity stays On-Demand. */
export interface SpotPurchasingProps {
  /**
   * The number of On-Demand instances or tasks that the workers start with before they use Spot capacity: a whole number, at least 0 and at most `scaling.max`.
   *
   * @default 0
   */
  readonly onDemandBase?: number;

  /**
   * The percentage of On-Demand instances or tasks above that base: a whole number from 0 to 100. For Fargate tasks, it is known at synthesis.
   *
   * @default 0
   */
  readonly onDemandPercentage?: number;

  /**
   * How the Spot pools of instances are chosen. Fargate has no Spot pools, so it is refused for tasks.
   *
   * @default autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/allocation-strategies.html
   */
  readonly allocationStrategy?: autoscaling.SpotAllocationStrategy;
}

/** The purchase options of the instances or tasks. */
export class Purchasing {
  /** On-Demand capacity only. */
  public static onDemand(): Purchasing {
    return new Purchasing();
  }

  /**
   * Spot capacity, above a base of On-Demand capacity.
   *
   * Fargate tasks use the capacity providers `FARGATE` and `FARGATE_SPOT`. A Fargate Spot task is cheaper, and AWS can stop it with a notice of two minutes, which is
   * `SIGTERM`. There is no fallback to On-Demand: without Spot capacity, the tasks above the base and the percentage do not start. The rest of this text is about instances.
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
    return new Purchasing(distribution, checkBounds(SPOT_PURCHASING, props), props.allocationStrategy);
  }

  private constructor(
    /** How a group of instances mixes On-Demand and Spot Instances; undefined for On-Demand capacity only. */
    public readonly instancesDistribution?: autoscaling.InstancesDistribution,
    private readonly spotProblems: Problem[] = [],
    private readonly givenStrategy?: autoscaling.SpotAllocationStrategy,
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

  /**
   * What is wrong with it, for at most a number of Fargate tasks.
   *
   * @internal
   */
  public _checkForFargate(max: number): Problem[] {
    return [
      ...this._check(max),
      ...unless(!Token.isUnresolved(this.onDemandPercentage), () => ({
        prop: 'onDemandPercentage', got: 'a value only known at deployment', allowed: 'a number known at synthesis', fix: 'The weight of Fargate Spot is computed from it. Specify a number.',
      })),
      ...unless(this.givenStrategy === undefined, () => ({
        prop: 'allocationStrategy', got: `'${this.givenStrategy}'`, allowed: 'nothing, for Fargate tasks', fix: 'Fargate has no Spot pools. Omit it.',
      })),
    ];
  }

  /**
   * The capacity providers of Fargate tasks; undefined for On-Demand capacity only.
   *
   * @internal
   */
  public get _capacityProviders(): ecs.CapacityProviderStrategy[] | undefined {
    if (!this.instancesDistribution) return undefined;
    const base = this.instancesDistribution.onDemandBaseCapacity!;
    const percentage = this.onDemandPercentage;
    return [
      ...base !== 0 || percentage > 0 ? [{ capacityProvider: 'FARGATE', base, weight: percentage }] : [],
      ...percentage < 100 ? [{ capacityProvider: 'FARGATE_SPOT', weight: 100 - percentage }] : [],
    ];
  }

  private get onDemandPercentage(): number {
    return this.instancesDistribution?.onDemandPercentageAboveBaseCapacity ?? 0;
  }
}
