import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { IConstruct } from 'constructs';
import { Problems } from '../../private/problems';

/** The options with a maximum over 1 minute where they leave the statistic or the period out, or say undefined. */
export function maximumPerMinute(
  scope: IConstruct, construct: string, method: string, options?: cloudwatch.MetricOptions,
): cloudwatch.MetricOptions {
  const period = options?.period ?? Duration.minutes(1);
  const problems = new Problems(scope, construct);
  problems.seconds(`${method}(options.period)`, period, {
    min: Duration.seconds(1), max: Duration.days(1), fix: 'Give 1, 5, 10, 20 or 30 seconds, or whole minutes.',
  });
  problems.throwFromMethod();
  return { ...options, statistic: options?.statistic ?? 'Maximum', period };
}
