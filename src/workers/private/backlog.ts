import { Duration, Tokenization } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { QueueScaling, ScalingStep } from '../queue-scaling';

/**
 * Work waiting and work in progress.
 *
 * - The AWS example counts the visible messages alone. A message is not visible while a worker holds it, so that
 *   number falls to zero as soon as the workers have taken everything, and the group scales in under its busy
 *   workers (https://github.com/aws/aws-cdk/issues/9242). The sum only falls when a message is deleted. The README of
 *   aws-sqs scales in on the sum too, and out on the visible messages; one target tracking policy has one metric,
 *   and the latency it is derived from ends when a message is done, so what is in progress belongs to it.
 * - SQS documents the visible messages as reported while the queue is active, and those not visible as reported 'if in-flight messages
 *   exist': where only the first number is there, the second is zero. A repeated one would keep an idle group up.
 * - `REPEAT` bridges a minute that the queue metrics miss. Zero would read as 'no work' and scale a busy group in.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const TOTAL = 'FILL(visible + FILL(notVisible, 0), REPEAT)';

/**
 * The work for each unit of capacity.
 *
 * - What CloudWatch returns for a division by zero is not documented. With nothing in service the capacity counts as
 *   one, the first instance that is about to start: the value stays the backlog, so that a group which has just
 *   left zero is sized by it while that instance is still pending, and an empty queue still reads as zero.
 * - Capacity is never filled with zero: metrics come late now and then, and a filled zero would misstate a busy group.
 */
function backlogPerUnit(units: string): string {
  return `${TOTAL} / IF(${units} > 0, ${units}, 1)`;
}

/** Messages that wait while nothing is there to take them; zero as soon as one unit of capacity is in service. */
function backlogWithoutCapacity({ mayStop }: Capacity): string {
  return `IF(${mayStop ? 'FILL(capacity, 0)' : 'capacity'} < 1, visible, 0)`;
}

/**
 * The work of the last unit of capacity in a minute.
 *
 * - The numbers of messages are levels, sampled once a minute: a message that is received and deleted between two samples shows in the number received alone.
 * - Above zero with any other number of units, so that an alarm on it counts from when one was left.
 * - A minute whose SQS metrics are late is filled, and tells nothing: the alarm looks at more minutes than that.
 */
const WORK_OF_LAST_UNIT = `IF(capacity == 1, ${TOTAL} + FILL(received, 0), 1)`;

/**
 * The workers of the steps for each unit of capacity, which target tracking keeps at 1.
 *
 * - A little less than the workers of the step. Where a step has what is there, neither rounding changes it, and what target tracking adds or removes
 *   ends at the step: three times two thirds may be a little more than two, which would be rounded up to three.
 * - An empty queue reads as half a worker, as in `backlogAboveLastUnit`, which this is without the last unit.
 */
function stepPerUnit(units: string): string {
  return `IF(wanted > 0, wanted - 0.05, 0.5) / IF(${units} > 0, ${units}, 1)`;
}

/** The same, for a group that another policy takes from one unit to none. */
function stepAboveLastUnit(units: string): string {
  return `IF(${units} > 1, ${stepPerUnit(units)}, IF(wanted > 1, wanted, 0.95))`;
}

/** How many workers the steps have for the messages that there are. */
function workersOfSteps(steps: ScalingStep[]): string {
  return steps.reduce((below, { messages, workers }) => `IF(messages >= ${messages}, ${workers}, ${below})`, '0');
}

/**
 * The work for each unit of capacity, for a group that another policy takes from one unit to none.
 *
 * - With several units an empty queue reads as half a message: target tracking rounds what it removes down, and leaves one.
 * - With one unit or none the value stays just below the target until there is more work than that. Target tracking scales in when the metric is
 *   'usually more than 10%' below the target, so its alarms are `OK`. A value at rest below that keeps its low alarm in `ALARM`,
 *   which invokes the policy every minute: it would end an instance in the minute its message is done.
 *
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
 */
function backlogAboveLastUnit(target: number, units: string): string {
  const rest = `0.95 * ${Tokenization.stringifyNumber(target)}`;
  return `IF(${units} > 1, IF(${TOTAL} > 0, ${TOTAL}, 0.5) / ${units}, IF(${TOTAL} > ${rest}, ${TOTAL}, ${rest}))`;
}

/** The workers in service. */
export interface Capacity {
  readonly metric: cloudwatch.Metric;
  /** What one of them is called in labels and descriptions: `instance`. */
  readonly unit: string;
  /**
   * Whether the metric may have no value while no worker is in service.
   *
   * AWS documents neither that Container Insights publishes `RunningTaskCount` of a service without tasks, nor that it does not. The expressions
   * are right either way, if the value is there while tasks run. One that never arrives starts another task as long as messages wait, and ends none.
   */
  readonly mayStop: boolean;
}

/** The units of capacity in the expressions that divide by them. */
function unitsOf({ mayStop }: Capacity): string {
  return mayStop ? 'FILL(capacity, REPEAT)' : 'capacity';
}

/** The resolution of the SQS metrics and of the group metrics. */
const PERIOD = Duration.minutes(1);

/**
 * The metrics of the expressions above, by the names used in them. Of a level SQS publishes one sample a minute, of which every statistic is the same;
 * of what is received, a number for each call.
 */
function inputs(
  queue: sqs.IQueue, capacity: Capacity, statistic = cloudwatch.Stats.SUM, period = PERIOD,
): Record<string, cloudwatch.Metric> {
  // Not queue.metricX(): that carries the account and Region of an imported queue into the alarm, and target
  // tracking has no place for either.
  const metric = (metricName: string) => new cloudwatch.Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queue.queueName },
    statistic,
    period,
  });
  return {
    visible: metric('ApproximateNumberOfMessagesVisible'),
    notVisible: metric('ApproximateNumberOfMessagesNotVisible'),
    received: metric('NumberOfMessagesReceived'),
    capacity: capacity.metric.with({ period }),
  };
}

/** The backlog per unit of capacity, for dashboards and alarms. Averages, because a longer period has several samples of what is a level. */
export function backlogExpression(queue: sqs.IQueue, capacity: Capacity, options?: cloudwatch.MathExpressionOptions) {
  const period = options?.period ?? PERIOD;
  const { visible, notVisible, capacity: units } = inputs(queue, capacity, cloudwatch.Stats.AVERAGE, period);
  return new cloudwatch.MathExpression({
    expression: backlogPerUnit(unitsOf(capacity)),
    usingMetrics: { visible, notVisible, capacity: units },
    ...options,
    label: options?.label ?? `Backlog per ${capacity.unit}`,
    period,
  });
}

/** The messages that wait without capacity, for the alarm that starts the first worker. */
export function waitingExpression(queue: sqs.IQueue, capacity: Capacity) {
  const { visible, capacity: units } = inputs(queue, capacity);
  return new cloudwatch.MathExpression({
    expression: backlogWithoutCapacity(capacity),
    usingMetrics: { visible, capacity: units },
    label: `Messages waiting without ${/^[aeiou]/.test(capacity.unit) ? 'an' : 'a'} ${capacity.unit}`,
    period: PERIOD,
  });
}

/** The work of the last worker, for the alarm that ends it. */
export function lastWorkerExpression(queue: sqs.IQueue, capacity: Capacity) {
  return new cloudwatch.MathExpression({
    expression: WORK_OF_LAST_UNIT,
    usingMetrics: inputs(queue, capacity),
    label: `Messages of the last ${capacity.unit}`,
    period: PERIOD,
  });
}

/** The metric of a target tracking policy, in the form such a policy takes; it is the same in Application Auto Scaling. */
export function targetTrackingQueries(
  queue: sqs.IQueue, capacity: Capacity, scaling: QueueScaling,
): autoscaling.CfnScalingPolicy.MetricDataQueryProperty[] {
  const { visible, notVisible, capacity: inService } = inputs(queue, capacity);
  const queries = Object.entries({ visible, notVisible, capacity: inService }).map(([id, metric]) => ({
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
  const units = unitsOf(capacity);
  if (scaling.steps) {
    return [
      ...queries,
      { id: 'messages', expression: TOTAL, returnData: false },
      { id: 'wanted', expression: workersOfSteps(scaling.steps), returnData: false },
      { id: 'share', label: `Steps per ${capacity.unit}`, expression: scaling._mayReachZero ? stepAboveLastUnit(units) : stepPerUnit(units), returnData: true },
    ];
  }
  const expression = scaling._mayReachZero ? backlogAboveLastUnit(scaling.backlogPerWorker!, units) : backlogPerUnit(units);
  return [...queries, { id: 'backlog', label: `Backlog per ${capacity.unit}`, expression, returnData: true }];
}

/** What target tracking keeps the metric at. */
export function trackedTarget({ backlogPerWorker }: QueueScaling): number {
  return backlogPerWorker ?? 1;
}
