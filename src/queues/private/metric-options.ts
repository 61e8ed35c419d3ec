import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import { metricOptions } from '../../private/metric-options';

/** The options, with a maximum over 1 minute where the statistic or the period is omitted or undefined. */
export function maximumPerMinute(
  scope: IConstruct, construct: string, method: string, options?: cloudwatch.MetricOptions,
): cloudwatch.MetricOptions {
  return metricOptions(scope, construct, method, options, { statistic: 'Maximum', period: Duration.minutes(1) });
}
