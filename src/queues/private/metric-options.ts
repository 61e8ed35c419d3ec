import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** The options with a maximum over 1 minute where they leave the statistic or the period out, or say undefined. */
export function maximumPerMinute(options: cloudwatch.MetricOptions = {}): cloudwatch.MetricOptions {
  return { ...options, statistic: options.statistic ?? 'Maximum', period: options.period ?? Duration.minutes(1) };
}
