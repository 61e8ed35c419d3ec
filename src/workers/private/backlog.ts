import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/**
 * Work waiting and work in progress, for each unit of capacity.
 *
 * - The AWS example divides the visible messages alone. A message is not visible while a worker holds it, so that
 *   number falls to nothing as soon as the workers have taken everything, and the group scales in under its busy
 *   workers (https://github.com/aws/aws-cdk/issues/9242). The sum only falls when a message is deleted. The README of
 *   aws-sqs scales in on the sum too, and out on the visible messages; one target tracking policy has one metric,
 *   and the latency it is derived from ends when a message is done, so what is in progress belongs to it.
 * - What CloudWatch returns for a division by zero is not documented. With nothing in service the capacity counts as
 *   one, the first instance that is about to start: the value stays the backlog, so that a group which has just
 *   left zero is sized by it while that instance is still pending, and an empty queue still reads as zero.
 * - `REPEAT` bridges a minute that one queue metric misses. Zero would read as 'no work' and scale a busy group in.
 * - Capacity is not filled: group metrics come late now and then, and a filled zero would misstate a busy group.
 */
export const BACKLOG_PER_UNIT = '(FILL(visible, REPEAT) + FILL(notVisible, REPEAT)) / IF(capacity > 0, capacity, 1)';

/** Messages that wait while nothing is there to take them; zero as soon as one unit of capacity is in service. */
export const BACKLOG_WITHOUT_CAPACITY = 'IF(capacity < 1, visible, 0)';

/** The resolution of the SQS metrics and of the group metrics. */
const PERIOD = Duration.minutes(1);

/** One query of a target tracking policy; the same shape for EC2 and for Application Auto Scaling. */
export interface TargetTrackingQuery {
  readonly id: string;
  readonly label?: string;
  readonly expression?: string;
  readonly metricStat?: {
    readonly stat: string;
    readonly metric: {
      readonly namespace: string;
      readonly metricName: string;
      readonly dimensions: { readonly name: string; readonly value: string }[];
    };
  };
  readonly returnData: boolean;
}

/** The metrics of the expressions above, by the names used in them. SQS publishes one sample a minute, of which every statistic is the same. */
function inputs(queue: sqs.IQueue, capacity: cloudwatch.Metric, statistic = cloudwatch.Stats.SUM): Record<string, cloudwatch.Metric> {
  // Not queue.metricX(): that carries the account and Region of an imported queue into the alarm, and target
  // tracking has no place for either.
  const metric = (metricName: string) => new cloudwatch.Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queue.queueName },
    statistic,
    period: PERIOD,
  });
  return {
    visible: metric('ApproximateNumberOfMessagesVisible'),
    notVisible: metric('ApproximateNumberOfMessagesNotVisible'),
    capacity: capacity.with({ period: PERIOD }),
  };
}

/** The backlog per unit of capacity, for dashboards and alarms. Averages, because a longer period has several samples of what is a level. */
export function backlogExpression(queue: sqs.IQueue, capacity: cloudwatch.Metric, options?: cloudwatch.MathExpressionOptions) {
  return new cloudwatch.MathExpression({
    expression: BACKLOG_PER_UNIT,
    usingMetrics: inputs(queue, capacity, cloudwatch.Stats.AVERAGE),
    ...options,
    label: options?.label ?? 'Backlog per instance',
    period: options?.period ?? PERIOD,
  });
}

/** The messages that wait without capacity, for the alarm that starts the first instance. */
export function waitingExpression(queue: sqs.IQueue, capacity: cloudwatch.Metric) {
  const { visible, capacity: units } = inputs(queue, capacity);
  return new cloudwatch.MathExpression({
    expression: BACKLOG_WITHOUT_CAPACITY,
    usingMetrics: { visible, capacity: units },
    label: 'Messages waiting without an instance',
    period: PERIOD,
  });
}

/** The same metric as `backlogExpression`, in the form a target tracking policy takes. */
export function targetTrackingQueries(queue: sqs.IQueue, capacity: cloudwatch.Metric): TargetTrackingQuery[] {
  const queries: TargetTrackingQuery[] = Object.entries(inputs(queue, capacity)).map(([id, metric]) => ({
    id,
    metricStat: {
      stat: metric.statistic,
      metric: {
        namespace: metric.namespace,
        metricName: metric.metricName,
        dimensions: metric.toMetricConfig().metricStat!.dimensions!.map(({ name, value }) => ({ name, value })),
      },
    },
    returnData: false,
  }));
  return [...queries, { id: 'backlog', label: 'Backlog per instance', expression: BACKLOG_PER_UNIT, returnData: true }];
}
