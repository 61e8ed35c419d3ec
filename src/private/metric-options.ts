import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import { describe, describeDuration } from './describe';
import { Problems } from './problems';

/** The periods of less than a minute that the CDK takes. */
const SHORT_PERIODS = [1, 5, 10, 30];

/** The options with a statistic and a period where they leave them out, or say undefined. */
export function metricOptions(
  scope: IConstruct, construct: string, method: string, options: cloudwatch.MetricOptions | undefined,
  defaults: { statistic: string; period: Duration },
): cloudwatch.MetricOptions {
  checkMetricOptions(scope, construct, method, options);
  return { ...options, statistic: options?.statistic ?? defaults.statistic, period: options?.period ?? defaults.period };
}

/** Throws for what the CDK would refuse without saying where. */
export function checkMetricOptions(scope: IConstruct, construct: string, method: string, options: cloudwatch.MetricOptions | undefined): void {
  const problems = new Problems(scope, construct);
  problems.text(`${method}(options.statistic)`, options?.statistic ?? undefined, 'Use one of cloudwatch.Stats, or leave it out.');
  const label: unknown = options?.label;
  problems.require(label === undefined || label === null || typeof label === 'string', {
    prop: `${method}(options.label)`, got: describe(label), allowed: 'a text', fix: 'Give a text, or leave it out.',
  });
  checkPeriod(problems, `${method}(options.period)`, options?.period);
  problems.throwFromMethod();
}

function checkPeriod(problems: Problems, prop: string, period: Duration | undefined): void {
  if (period === undefined || period === null) return;
  const fix = 'Give 1, 5, 10 or 30 seconds, or whole minutes.';
  const seconds = problems.seconds(prop, period, { min: Duration.seconds(1), max: Duration.days(1), fix });
  if (!problems.any && (seconds === undefined || (seconds % 60 !== 0 && !SHORT_PERIODS.includes(seconds)))) {
    problems.add({ prop, got: describeDuration(period), allowed: '1, 5, 10 or 30 seconds, or 1 minute to 1 day (inclusive) in whole minutes', fix });
  }
}
