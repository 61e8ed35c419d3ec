import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { problemsOf, readError } from '../support/problems';
import { errorOf, newStack } from '../support/template';

let stack: Stack;
let jobs: WorkQueue;
beforeEach(() => {
  stack = newStack();
  jobs = new WorkQueue(stack, 'Jobs');
});

const stat = (metric: cloudwatch.IMetric) => {
  const { namespace, metricName, dimensions, statistic, period } = metric.toMetricConfig().metricStat!;
  return { namespace, metricName, dimensions: stack.resolve(dimensions), statistic, period: period.toSeconds() };
};
const named = (queue: { queueName: string }) => [{ name: 'QueueName', value: stack.resolve(queue.queueName) }];

test('the metrics of the CDK are those of the queue', () => {
  const shared = new SharedDeadLetterQueue(stack, 'Shared');
  for (const queue of [jobs, shared]) {
    expect(stat(queue.metricApproximateAgeOfOldestMessage())).toEqual({
      namespace: 'AWS/SQS', metricName: 'ApproximateAgeOfOldestMessage', dimensions: named(queue), statistic: 'Maximum', period: 300,
    });
  }
});

test('the dead letters', () => {
  expect(stat(jobs.metricDeadLetters())).toEqual({
    namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', dimensions: named(jobs.deadLetterQueue!), statistic: 'Maximum', period: 60,
  });
});

test('the dead letters of a shared queue are those of all who share it', () => {
  const shared = new SharedDeadLetterQueue(stack, 'Shared');
  const sharing = new WorkQueue(stack, 'Sharing', { deadLetters: DeadLetters.shared(shared) });
  expect(stat(sharing.metricDeadLetters())).toEqual(stat(shared.metricDeadLetters()));
});

test('the backlog', () => {
  const { mathExpression, renderingProperties } = jobs.metricBacklog().toMetricConfig();
  expect(mathExpression).toMatchObject({ expression: 'visible + inFlight', period: 60 });
  expect(renderingProperties).toMatchObject({ label: 'Backlog' });
  const common = { namespace: 'AWS/SQS', dimensions: named(jobs), statistic: 'Maximum', period: 60 };
  expect(stat(mathExpression!.usingMetrics.visible)).toEqual({ ...common, metricName: 'ApproximateNumberOfMessagesVisible' });
  expect(stat(mathExpression!.usingMetrics.inFlight)).toEqual({ ...common, metricName: 'ApproximateNumberOfMessagesNotVisible' });
});

test.each<['metricDeadLetters']>([['metricDeadLetters']])('%s takes options', method => {
  expect(stat(jobs[method]({ statistic: 'Minimum', period: Duration.minutes(5) }))).toMatchObject({ statistic: 'Minimum', period: 300 });
  expect(stat(jobs[method]({ statistic: undefined, period: undefined, label: 'L' }))).toMatchObject({ statistic: 'Maximum', period: 60 });
  expect(jobs[method]({ label: 'L', color: '#ff0000' }).toMetricConfig().renderingProperties).toMatchObject({ label: 'L', color: '#ff0000' });
});

test('the backlog takes options', () => {
  const backlog = jobs.metricBacklog({ period: Duration.minutes(5), label: 'Waiting', color: '#ff0000' });
  expect(backlog.toMetricConfig().mathExpression!.period).toBe(300);
  expect(stat(backlog.toMetricConfig().mathExpression!.usingMetrics.visible).period).toBe(300);
  expect(backlog).toMatchObject({ label: 'Waiting', color: '#ff0000' });
  expect(jobs.metricBacklog({ period: undefined, label: undefined }).toMetricConfig().mathExpression!.period).toBe(60);
});

describe('a period that is out of bounds', () => {
  test.each<['metricBacklog' | 'metricDeadLetters']>([['metricBacklog'], ['metricDeadLetters']])('%s', method => {
    expect(readError(errorOf(() => jobs[method]({ period: Duration.days(2) })))).toMatchObject({
      construct: 'WorkQueue', path: 'Stack/Jobs', problems: [{ prop: `${method}(options.period)`, got: '2 days', allowed: expect.stringContaining('1 day (inclusive)') }],
    });
    expect(stack.node.tryFindChild('Jobs')).toBe(jobs);
  });
  test.each<['metricDeadLetters']>([['metricDeadLetters']])('%s of a shared dead-letter queue', method => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    expect(readError(errorOf(() => shared[method]({ period: Duration.days(2) })))).toMatchObject({
      construct: 'SharedDeadLetterQueue', path: 'Stack/Shared', problems: [{ prop: `${method}(options.period)`, got: '2 days' }],
    });
  });
});

describe('the period of a metric', () => {
  test.each([1, 5, 10, 30, 60, 120, 86_400])('of %d seconds is one that CloudWatch takes', seconds => {
    expect(stat(jobs.metricDeadLetters({ period: Duration.seconds(seconds) })).period).toBe(seconds);
  });

  test.each([2, 15, 20, 59, 61, 90, 86_460])('of %d seconds is refused', seconds => {
    expect(problemsOf(() => jobs.metricDeadLetters({ period: Duration.seconds(seconds) }))).toMatchObject([{ prop: 'metricDeadLetters(options.period)' }]);
  });
});

test('an empty label of the backlog is a label', () => {
  expect(jobs.metricBacklog({ label: '' }).toMetricConfig().renderingProperties).toMatchObject({ label: '' });
});
