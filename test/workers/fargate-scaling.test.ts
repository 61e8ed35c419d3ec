import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { FargateWorkers, QueueScaling } from '../../src/workers';
import { Design, designOf } from '../scaling/design';
import { MetricQuery } from '../scaling/metric-math';
import { play } from '../scaling/simulator';
import { network, workerContainer } from '../support/constructs';

// The same policies as those of Ec2Workers (scale-to-zero.test.ts), on a metric that may stop while there is no task.

function design(idleTime?: Duration): Design {
  const stack = new Stack(new App(), 'Stack');
  new FargateWorkers(stack, 'Workers', {
    queue: new sqs.Queue(stack, 'Queue'), vpc: network(stack), command: workerContainer(), scaling: QueueScaling.onBacklog({ backlogPerWorker: 100, max: 40, idleTime }),
  });
  return designOf(Template.fromStack(stack));
}

const every = (minutes: number) => ({ arrivals: Array.from({ length: Math.floor(720 / minutes) }, (_, index) => 60 + index * minutes), until: 840 });

describe.each([['stays', false], ['stops', true]])('with a number of running tasks that %s at zero', (_, stops) => {
  test('the first message starts one task, which ends, and none is left', () => {
    const { launches, inService, waits } = play(design(), { arrivals: [20], until: 100, stops });
    expect(launches).toBe(1);
    expect(waits[0]).toBeGreaterThanOrEqual(3);
    expect(waits[0]).toBeLessThanOrEqual(10);
    expect(inService.at(-1)).toBe(0);
  });

  test.each([[10, 15], [14, 15], [59, 60]])('a message every %i minutes, with an idle time of %i: one task for all of them', (interval, idleTime) => {
    expect(play(design(Duration.minutes(idleTime)), { ...every(interval), stops }).launches).toBe(1);
  });

  test('a burst gets several tasks, and in the end none is left', () => {
    const { inService, waits } = play(design(), { arrivals: Array(4000).fill(20), until: 200, processing: 0.1, stops });
    expect(waits).toHaveLength(4000);
    expect(Math.max(...inService)).toBeGreaterThan(5);
    expect(inService.at(-1)).toBe(0);
  });

  test.each([1, 2])('that comes %i minutes late: a service with work is not started again and again', lateCapacity => {
    const busy = { arrivals: Array.from({ length: 360 }, (_one, index) => 60 + index / 3), until: 200, processing: 0.4, stops, lateCapacity };
    const { launches, inService } = play(design(), { ...busy, arrivals: busy.arrivals.map(Math.floor) });
    expect(launches).toBe(1);
    expect(inService.at(-1)).toBe(1);
  });
});

test('with one minute without a value in place of three, a late metric starts a task again and again', () => {
  const it = design();
  const soon = { evaluationPeriods: 1, datapointsToAlarm: 1 };
  const steps = it.steps.map(step => step.steps[0].adjustment > 0 ? { ...step, alarm: { ...step.alarm, ...soon } } : step);
  const hasty = { ...it, steps };
  const arrivals = Array.from({ length: 360 }, (_, index) => 60 + Math.floor(index / 3));
  expect(play(hasty, { arrivals, until: 200, processing: 0.4, stops: true, lateCapacity: 2 }).launches).toBeGreaterThan(1);
});

test('with the expression for a metric that does not stop, one that stops never starts a task', () => {
  const it = design();
  const replaced = (metrics: MetricQuery[], filled: RegExp) => metrics.map(metric => ({
    ...metric, Expression: metric.Expression?.replace(filled, 'capacity'),
  }));
  const unfilled = {
    ...it,
    steps: it.steps.map(step => ({ ...step, alarm: { ...step.alarm, metrics: replaced(step.alarm.metrics, /FILL\(capacity, 0\)/g) } })),
    tracking: it.tracking.map(policy => ({ ...policy, metrics: replaced(policy.metrics, /FILL\(capacity, REPEAT\)/g) })),
  };
  expect(play(unfilled, { arrivals: [20], until: 100, stops: true }).launches).toBe(0);
});

test('with a metric that never arrives, as without Container Insights, tasks are started up to the maximum and never ended', () => {
  const { inService } = play(design(), { arrivals: Array(4000).fill(20), until: 600, gaps: [{ from: 0, to: 600, of: 'capacity' }] });
  expect(Math.max(...inService)).toBeGreaterThan(10);
  expect(inService.at(-1)).toBe(Math.max(...inService));
});
