import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { designOf } from '../scaling/design';
import { play } from '../scaling/simulator';
import { network, workerContainer, workerScript } from '../support/constructs';
import { readError } from '../support/problems';

interface Limits { readonly minCapacity?: number; readonly maxCapacity?: number }

/** Workers with schedules at hours of the day. */
type Scheduled = (min: number, schedules: Record<number, Limits>) => Construct;

const scaling = (min: number) => QueueScaling.onLatency({ acceptable: Duration.minutes(5), processingTime: Duration.seconds(6), min, max: 10 });

const group: Scheduled = (min, schedules) => {
  const stack = new Stack(new App(), 'Stack');
  const workers = new Ec2Workers(stack, 'Workers', { queue: new sqs.Queue(stack, 'Queue'), vpc: network(stack), userData: workerScript(), scaling: scaling(min) });
  for (const [hour, limits] of Object.entries(schedules)) {
    workers.autoScalingGroup.scaleOnSchedule(`At${hour}`, { schedule: autoscaling.Schedule.cron({ hour, minute: '0' }), ...limits });
  }
  return workers;
};
const service: Scheduled = (min, schedules) => {
  const stack = new Stack(new App(), 'Stack');
  const workers = new FargateWorkers(stack, 'Workers', { queue: new sqs.Queue(stack, 'Queue'), vpc: network(stack), command: workerContainer(), scaling: scaling(min) });
  for (const [hour, limits] of Object.entries(schedules)) {
    workers.taskCount.scaleOnSchedule(`At${hour}`, { schedule: appscaling.Schedule.cron({ hour, minute: '0' }), ...limits });
  }
  return workers;
};

const written = (workers: Construct) => designOf(Template.fromStack(Stack.of(workers)));

const HOUR = 60;
const DAY = { processing: 0.1, pending: 0.5, boot: 1, until: 24 * HOUR };

describe.each([['Ec2Workers', group, 'autoScalingGroup'], ['FargateWorkers', service, 'taskCount']] as const)('%s with a schedule', (_, workers, member) => {
  const workday = { 8: { minCapacity: 2 }, 18: { minCapacity: 0 } };

  test('a minimum during the day: the workers are there before the messages, stay, and end afterwards', () => {
    const noon = 12 * HOUR;
    const { wanted, waits, turns, inService } = play(written(workers(0, workday)), { ...DAY, arrivals: [noon] });
    expect(new Set(wanted.slice(0, 8 * HOUR - 1))).toEqual(new Set([0]));
    // The alarm that ends the last worker is in ALARM all day, and the minimum holds.
    expect(new Set(wanted.slice(8 * HOUR, 18 * HOUR - 1))).toEqual(new Set([2]));
    expect([waits, turns]).toEqual([[0], 1]);
    expect(inService.slice(18 * HOUR + 20).every(count => count === 0)).toBe(true);
  });

  test('a burst during the day gets more than the minimum, and the minimum is left', () => {
    const { wanted, left } = play(written(workers(0, workday)), { ...DAY, arrivals: Array(400).fill(12 * HOUR) });
    expect(left).toBe(0);
    expect(Math.max(...wanted)).toBeGreaterThan(5);
    expect(new Set(wanted.slice(13 * HOUR, 18 * HOUR - 1))).toEqual(new Set([2]));
  });

  test('a message at night starts a worker', () => {
    const { waits, wanted } = play(written(workers(0, workday)), { ...DAY, arrivals: [20 * HOUR] });
    expect(waits[0]).toBeLessThan(6);
    expect(wanted.at(-1)).toBe(0);
  });

  test('with a minimum of 1, a scheduled minimum of 0 is refused', () => {
    const refused = workers(1, { 18: { minCapacity: 0 } });
    expect(() => Template.fromStack(Stack.of(refused))).toThrow('cdk-decouple ');
    expect(refused.node.validate().flatMap(message => readError(message).problems)).toEqual([
      expect.objectContaining({ prop: `${member}.scaleOnSchedule()`, got: 'a scheduled minimum of 0', allowed: 'at least 1 if scaling.min is above 0' }),
    ]);
  });

  test('because a message would wait for the next day', () => {
    const night = { ...written(workers(1, {})), schedule: [{ minute: 8 * HOUR, min: 1 }, { minute: 18 * HOUR, min: 0 }] };
    expect(play(night, { ...DAY, arrivals: [20 * HOUR] })).toMatchObject({ waits: [], left: 1 });
  });

  test.each<[string, number, Record<number, Limits>]>([
    ['a scheduled minimum of 1', 1, { 8: { minCapacity: 4 }, 18: { minCapacity: 1 } }],
    ['no workers at all at night', 1, { 8: { minCapacity: 1, maxCapacity: 10 }, 18: { minCapacity: 0, maxCapacity: 0 } }],
    ['a scheduled maximum', 1, { 18: { maxCapacity: 2 } }],
    ['a scheduled minimum of 0 from zero', 0, { 18: { minCapacity: 0 } }],
  ])('%s is allowed', (_name, min, schedules) => {
    expect(written(workers(min, schedules)).schedule).toHaveLength(Object.keys(schedules).length);
  });
});
