import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import { Bound } from './bounds';
import { describeDuration } from './describe';
import { Problem, blankProblems, refuse } from './problems';

const WHOLE_MINUTES = Bound.duration({
  min: Duration.minutes(1),
  max: Duration.days(1),
  step: Duration.minutes(1),
  readToken: undefined,
  fix: 'Specify 1, 5, 10 or 30 seconds, or whole minutes.',
});

/** The periods of less than a minute that CloudWatch supports, in seconds. */
const SHORT_PERIODS = [1, 5, 10, 30];

/** The options with the default statistic and period. Throws for options that the CDK would refuse without the path of the construct. */
export function metricOptions(
  scope: IConstruct, construct: string, method: string, options: cloudwatch.MetricOptions | undefined,
  defaults: { statistic: string; period: Duration },
): cloudwatch.MetricOptions {
  refuse(scope, construct, metricOptionProblems(method, options));
  return { ...options, statistic: options?.statistic ?? defaults.statistic, period: options?.period ?? defaults.period };
}

/** The options, with a maximum over 1 minute where the statistic or the period is omitted or undefined. */
export function maximumPerMinute(scope: IConstruct, construct: string, method: string, options?: cloudwatch.MetricOptions): cloudwatch.MetricOptions {
  return metricOptions(scope, construct, method, options, { statistic: 'Maximum', period: Duration.minutes(1) });
}

/** What is wrong with the options of a metric method. */
export function metricOptionProblems(method: string, options: cloudwatch.MetricOptions = {}): Problem[] {
  const { statistic, period } = options;
  return [
    ...blankProblems(`${method}(options.statistic)`, statistic, 'Use one of cloudwatch.Stats, or omit it.'),
    ...period === undefined || isPeriod(period) ? [] : [{
      prop: `${method}(options.period)`,
      got: describeDuration(period),
      allowed: `1, 5, 10 or 30 seconds, or ${WHOLE_MINUTES.allowed}`,
      fix: WHOLE_MINUTES.fix,
    }],
  ];
}

function isPeriod(period: Duration): boolean {
  const isShort = !period.isUnresolved() && SHORT_PERIODS.includes(period.toSeconds({ integral: false }));
  return isShort || WHOLE_MINUTES.known(period) !== undefined;
}
