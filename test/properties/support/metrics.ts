import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as fc from 'fast-check';
import { Field, leaf, oneOf, struct, value } from './values';
import type { World } from './world';

const seconds = (...all: number[]) => oneOf(...all.map(n => value(`Duration.seconds(${n})`, () => Duration.seconds(n))));

/** Options of a metric; those beside the period are the CDK's alone. */
export const metricOptions = (method: string): Field => struct({
  period: leaf(`${method}(options.period)`, fc.oneof(seconds(1, 5, 10, 30, 60, 300, 86_400), oneOf(value('undefined', () => undefined))), fc.oneof(
    seconds(0, 7, 20, 90, 0.5, 86_460), oneOf(value('Duration.seconds(Lazy)', world => Duration.seconds(world.lazyNumber(60)))),
  )),
  label: leaf('label', oneOf(value("'Label'", () => 'Label'), value('undefined', () => undefined))),
  .../Backlog/.test(method) ? {} : {
    statistic: leaf('statistic', oneOf(value("'p99'", () => 'p99'), value('Average', () => cloudwatch.Stats.AVERAGE), value('undefined', () => undefined))),
  },
});

/** Uses a metric, so that it is rendered. */
export function alarmOn(world: World, metric: cloudwatch.IMetric): void {
  world.make('current', (scope, id) => new cloudwatch.Alarm(scope, id, { metric, threshold: 1, evaluationPeriods: 1 }));
}
