import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import { describeDuration } from './describe';
import { Problems } from './problems';

/** The periods of less than a minute that the CDK takes. */
const SHORT_PERIODS = [1, 5, 10, 30];

/** The options with a statistic and a period where they leave them out, or say undefined. */
export function metricOptions(
  scope: IConstruct, construct: string, method: string, options: cloudwatch.MetricOptions | undefined,
  defaults: { statistic: string; period: Duration },
): cloudwatch.MetricOptions {
  checkPeriod(scope, construct, method, options?.period);
  return { ...options, statistic: options?.statistic ?? defaults.statistic, period: options?.period ?? defaults.period };
}

/** Throws for a period that the CDK would refuse without saying where. */
export function checkPeriod(scope: IConstruct, construct: string, method: string, period: Duration | undefined): void {
  if (period === undefined || period === null) return;
  const problems = new Problems(scope, construct);
  const prop = `${method}(options.period)`;
  const fix = 'Give 1, 5, 10 or 30 seconds, or whole minutes.';
  const seconds = problems.seconds(prop, period, { min: Duration.seconds(1), max: Duration.days(1), fix });
  if (!problems.any && (seconds === undefined || (seconds % 60 !== 0 && !SHORT_PERIODS.includes(seconds)))) {
    problems.add({ prop, got: describeDuration(period), allowed: '1, 5, 10 or 30 seconds, or 1 minute to 1 day (inclusive) in whole minutes', fix });
  }
  problems.throwFromMethod();
}
