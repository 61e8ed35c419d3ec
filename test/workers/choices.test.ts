import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { Purchasing } from '../../src/workers';

test('purchasing tells the mix of On-Demand and Spot instances', () => {
  expect(Purchasing.onDemand().instancesDistribution).toBeUndefined();
  expect(Purchasing.spot({ onDemandBase: 1 }).instancesDistribution).toEqual({
    onDemandBaseCapacity: 1,
    onDemandPercentageAboveBaseCapacity: 0,
    spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
  });
});
