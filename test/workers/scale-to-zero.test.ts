import { App, Duration, PropertyInjectors, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BacklogScalingProps, Ec2Workers, QueueScaling } from '../../src/workers';
import { Design, designOf } from '../scaling/design';
import { expressionOf } from '../scaling/metric-math';
import { play } from '../scaling/simulator';
import { network, workerScript } from '../support/constructs';

function design(props: Partial<BacklogScalingProps> = {}): Design {
  const stack = new Stack(new App(), 'Stack');
  new Ec2Workers(stack, 'Workers', {
    queue: new sqs.Queue(stack, 'Queue'),
    vpc: network(stack),
    userData: workerScript(),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 100, max: 40, ...props }),
  });
  return designOf(Template.fromStack(stack));
}

/** Target tracking down to zero, with a step for the first instance alone: what AWS shows for SageMaker, and the design of decision 8. */
function plain(): Design {
  const it = design();
  const expression = '(FILL(visible, REPEAT) + FILL(notVisible, REPEAT)) / IF(capacity > 0, capacity, 1)';
  return {
    ...it,
    tracking: it.tracking.map(policy => ({
      ...policy, metrics: policy.metrics.map(metric => ({ ...metric, Expression: metric.Expression && expression })),
    })),
    steps: it.steps.filter(isStart),
  };
}

/** Whether a policy adds workers. */
const isStart = ({ steps }: Design['steps'][number]) => steps[0].adjustment > 0;

/** One message every so many minutes, for 12 hours after an hour without any. */
const every = (minutes: number) => {
  const arrivals = Array.from({ length: Math.floor(720 / minutes) }, (_, index) => 60 + index * minutes);
  return { arrivals, until: 840 };
};
/** The shortest idle time that is allowed. */
const SHORTEST = 5;

const minutes = (idleTime: number) => design({ idleTime: Duration.minutes(idleTime) });

describe('a message now and then, with target tracking down to zero', () => {
  test.each([10, 15, 20])('every %i minutes: an instance is launched for each', interval => {
    const given = every(interval);
    const { launches, waits } = play(plain(), given);
    expect(launches).toBe(given.arrivals.length);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(3);
  });
});

describe('a message now and then', () => {
  test.each([[10, 15], [14, 15], [20, 25], [59, 60]])('every %i minutes, with an idle time of %i: one instance for all of them', (interval, idleTime) => {
    const { launches, waits } = play(minutes(idleTime), every(interval));
    expect(launches).toBe(1);
    expect(waits.slice(1).every(wait => wait === 0)).toBe(true);
  });

  test.each([[20, 15], [30, 15], [10, 5]])('every %i minutes, with an idle time of %i: an instance for each, which stays that long', (interval, idleTime) => {
    const given = every(interval);
    const { launches, instanceMinutes } = play(minutes(idleTime), given);
    expect(launches).toBe(given.arrivals.length);
    expect(instanceMinutes / launches).toBeGreaterThanOrEqual(idleTime + 3);
    expect(instanceMinutes / launches).toBeLessThanOrEqual(idleTime + 5);
  });

  test('the default is 15 minutes', () => {
    expect(play(design(), every(12))).toEqual(play(minutes(15), every(12)));
    expect(play(design(), every(12))).not.toEqual(play(minutes(5), every(12)));
  });

  test('where SQS leaves out what is zero', () => {
    expect(play(design(), { ...every(10), leavesOutZeros: true })).toEqual(play(design(), every(10)));
    const long = { ...every(60), processing: 7 };
    expect(play(design(), { ...long, leavesOutZeros: true })).toEqual(play(design(), long));
  });

  test.each([0.7, 0.9])('wherever target tracking has its low alarm (%d of the target)', share => {
    expect(play(design(), { ...every(10), low: { share, minutes: 15 } }).launches).toBe(1);
    expect(play(design(), { ...every(10), low: { share, minutes: 1 } }).launches).toBe(1);
  });
});

describe('with metrics of the queue that arrive late', () => {
  /** One message after another for 2 hours, each of which takes half a minute. */
  const busy = { arrivals: Array.from({ length: 120 }, (_, index) => 60 + index), until: 220 };

  test.each([1, 2])('by %i minutes: an instance that is busy all the time stays, with the shortest idle time', late => {
    expect(play(minutes(SHORTEST), { ...busy, late }).launches).toBe(1);
    expect(play(design(), { ...busy, late }).launches).toBe(1);
  });

  test.each([[1, 4], [2, 3]])('by %i minutes: so does one with a message every %i minutes, which is what is left of the shortest idle time', (late, interval) => {
    expect(play(minutes(SHORTEST), { ...every(interval), late }).launches).toBe(1);
  });

  test.each([1, 2])('by %i minutes: messages at intervals that are 2 minutes shorter than the idle time find one instance', late => {
    for (const idleTime of [10, 15, 20, 60]) expect(`${idleTime}: ${play(minutes(idleTime), { ...every(idleTime - 2), late }).launches}`).toBe(`${idleTime}: 1`);
  });

  test.each([1, 2])('by %i minutes: the last instance ends, and none is left', late => {
    expect(play(design(), { arrivals: [20], until: 100, late }).inService.at(-1)).toBe(0);
  });
});

test.each([[0, [1, 1, 1, 1, 1]], [1, [66, 1, 1, 1, 1]], [2, [52, 52, 1, 1, 1]]])(
  'a message every minute, and metrics that are %i minutes late: %p launches with an idle time of 1, 2, 3, 5 and 15 minutes, as in decisions/0015-idle-time.md',
  (late, expected) => {
    const it = design();
    const launches = [1, 2, 3, 5, 15].map(periods => {
      const steps = it.steps.map(step => isStart(step) ? step : {
        ...step, alarm: { ...step.alarm, evaluationPeriods: periods, datapointsToAlarm: periods },
      });
      return play({ ...it, steps }, { ...every(1), late }).launches;
    });
    expect(launches).toEqual(expected);
    expect(play(minutes(SHORTEST), { ...every(4), late }).launches).toBe(late === 2 ? 45 : 1);
  },
);

describe('what 12 hours cost, as in decisions/0015-idle-time.md', () => {
  test.each([
    [5, [144, 9.6], [1, 12], [1, 12.2]],
    [10, [72, 4.8], [72, 10.8], [1, 12.1]],
    [15, [48, 3.2], [48, 7.2], [1, 12]],
    [20, [36, 2.4], [36, 5.4], [36, 11.4]],
    [30, [24, 1.6], [24, 3.6], [24, 7.6]],
    [60, [12, 0.8], [12, 1.8], [12, 3.8]],
  ])('a message every %i minutes: launches and instance-hours with target tracking alone %p, after 5 minutes %p, after 15 minutes %p', (interval, ...expected) => {
    const rows = [plain(), minutes(5), minutes(15)].map(it => play(it, every(interval)));
    expect(rows.map(({ launches, instanceMinutes }) => [launches, Math.round(instanceMinutes / 6) / 10])).toEqual(expected);
  });
});

describe('the last instance', () => {
  test.each([SHORTEST, 15, 360])('ends after %i minutes without a message, and none is left', idleTime => {
    const { inService } = play(minutes(idleTime), { arrivals: [20], until: 20 + idleTime + 30 });
    const first = inService.indexOf(1);
    expect(first).toBeGreaterThan(20);
    expect(inService.filter(count => count === 1).length).toBeGreaterThanOrEqual(idleTime);
    expect(inService.filter(count => count === 1).length).toBeLessThanOrEqual(idleTime + 5);
    expect(inService.at(-1)).toBe(0);
  });

  test('stays while a message is in progress, however long that takes', () => {
    const { launches, inService } = play(minutes(5), { arrivals: [20], until: 200, processing: 120 });
    expect(launches).toBe(1);
    expect(inService.slice(30, 140).every(count => count === 1)).toBe(true);
    expect(inService.at(-1)).toBe(0);
  });

  test('is left by target tracking after a burst, at once, and ends after its idle time', () => {
    const { inService, waits } = play(design(), { arrivals: Array(4000).fill(20), until: 200, processing: 0.1 });
    expect(waits).toHaveLength(4000);
    expect(Math.max(...inService)).toBeGreaterThan(5);
    const last = inService.lastIndexOf(Math.max(...inService));
    expect(inService[last + 1]).toBe(1);
    expect(inService.slice(last + 1).filter(count => count === 1).length).toBeGreaterThanOrEqual(15);
    expect(inService.at(-1)).toBe(0);
  });

  test('has its idle time after a burst with several instances and the about 15 minutes of target tracking, which is what that costs', () => {
    const { inService, waits } = play(minutes(5), { arrivals: Array(400).fill(20), until: 200, processing: 0.01 });
    const done = 20 + Math.max(...waits);
    expect(Math.max(...inService)).toBeGreaterThan(1);
    expect(inService.lastIndexOf(1) - done).toBeGreaterThanOrEqual(15);
    expect(inService.lastIndexOf(1) - done).toBeLessThanOrEqual(25);
  });

  test('is started again after the metrics of the queue have stopped', () => {
    expect(play(design(), { arrivals: [20, 600], until: 700 }).launches).toBe(2);
  });
});

test('a group that keeps an instance has neither alarm, and is tracked as before', () => {
  const { steps, tracking: [{ metrics }] } = design({ min: 1 });
  expect(steps).toEqual([]);
  expect(expressionOf(metrics)).toBe('FILL(visible + FILL(notVisible, 0), REPEAT) / IF(capacity > 0, capacity, 1)');
});

describe('a property injector for all alarms of an organization', () => {
  /** Both ways to write one: what is given wins, or what the organization says. */
  const injectors: [string, (props: cloudwatch.AlarmProps) => cloudwatch.AlarmProps][] = [
    ['that comes after what is given', props => ({ ...props, treatMissingData: cloudwatch.TreatMissingData.BREACHING, datapointsToAlarm: 1, actionsEnabled: false })],
    ['that comes before it', props => ({ treatMissingData: cloudwatch.TreatMissingData.BREACHING, datapointsToAlarm: 1, actionsEnabled: false, ...props })],
  ];
  const injected = (inject: (props: cloudwatch.AlarmProps) => cloudwatch.AlarmProps) => {
    const app = new App();
    PropertyInjectors.of(app).add({ constructUniqueId: cloudwatch.Alarm.PROPERTY_INJECTION_ID, inject });
    const stack = new Stack(app, 'Stack');
    const { startAlarm, stopAlarm } = new Ec2Workers(stack, 'Workers', {
      queue: new sqs.Queue(stack, 'Queue'), vpc: network(stack), userData: workerScript(), scaling: QueueScaling.onBacklog({ backlogPerWorker: 100, max: 40 }),
    });
    return { stack, alarms: [startAlarm!, stopAlarm!] };
  };

  test.each(injectors)('%s does not say what missing data or a part of the datapoints means for the start and the end', (_, inject) => {
    const { stack, alarms } = injected(inject);
    const template = Template.fromStack(stack);
    expect(alarms).toHaveLength(2);
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { TreatMissingData: 'notBreaching', DatapointsToAlarm: Match.absent() }, 2);
    // The rest is the organization's.
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { ActionsEnabled: false }, 2);
  });

  test('an override on one of the alarms wins', () => {
    const { stack, alarms: [start] } = injected(props => props);
    (start.node.defaultChild as cloudwatch.CfnAlarm).addPropertyOverride('TreatMissingData', 'breaching');
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { TreatMissingData: 'breaching' }, 1);
  });
});
