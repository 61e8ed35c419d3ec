import { RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Where the workers write their logs, if no log group is given. */
export function createLogGroup(workers: Construct): logs.LogGroup {
  return new logs.LogGroup(workers, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.RETAIN });
}
