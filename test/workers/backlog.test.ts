import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { WorkQueue } from '../../src/queues';
import { BacklogScalingProps, Ec2Workers, IQueueWorkers, QueueScaling } from '../../src/workers';
import { MetricQuery, evaluate, expressionOf, statsOf } from '../scaling/metric-math';
import { workerScript } from '../support/constructs';
import { warningsOf } from '../support/template';

const stack = new Stack(new App(), 'Stack');
const queue = new sqs.Queue(stack, 'Queue');
const workers = new Ec2Workers(stack, 'Workers', {
  queue,
  vpc: new ec2.Vpc(stack, 'Vpc'),
  userData: workerScript(),
  scaling: QueueScaling.onLatency({ acceptable: Duration.seconds(10), processingTime: Duration.millis(100), max: 100 }),
});
const template = Template.fromStack(stack);
const { Metrics: tracked, TargetValue: target }: { Metrics: MetricQuery[]; TargetValue: number } = (() => {
  const [policy] = Object.values(template.findResources('AWS::AutoScaling::ScalingPolicy', { Properties: { PolicyType: 'TargetTrackingScaling' } }));
  const { TargetValue, CustomizedMetricSpecification } = policy.Properties.TargetTrackingConfiguration;
  return { TargetValue, ...CustomizedMetricSpecification };
})();
const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
const [alarm] = alarms.filter(({ Properties }) => Properties.ComparisonOperator === 'GreaterThanOrEqualToThreshold');
const [stop] = alarms.filter(({ Properties }) => Properties.ComparisonOperator === 'LessThanThreshold');

/** The expression as it is in the template, by its metric names, so that a mix-up of the two metrics is seen. */
function value(metrics: MetricQuery[], minute: { visible?: number; notVisible?: number; received?: number; inService?: number; before?: number }) {
  const names: Record<string, number | undefined> = {
    ApproximateNumberOfMessagesVisible: minute.visible,
    ApproximateNumberOfMessagesNotVisible: minute.notVisible,
    NumberOfMessagesReceived: minute.received,
    GroupInServiceInstances: minute.inService,
  };
  const series = Object.fromEntries(statsOf(metrics).map(({ id, Metric }) => [id, { now: names[Metric.MetricName], last: minute.before }]));
  return evaluate(expressionOf(metrics), series);
}

/** The metrics that an expression of the CDK uses, by the names it gives them. */
function statsUsedBy({ usingMetrics }: cloudwatch.MathExpression): [string, cloudwatch.IMetric & cloudwatch.MetricStatConfig][] {
  return Object.entries(usingMetrics).map(([id, metric]) => [id, { ...metric, ...metric.toMetricConfig().metricStat! }]);
}

/** What target tracking makes of it: proportional, rounded towards more instances. */
const wanted = (minute: { visible: number; notVisible: number; inService: number }) =>
  Math.ceil(minute.inService * value(tracked, minute)! / target);

describe('the evaluator', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['8 / 4 / 2', 1],
    ['5 - 2 - 1', 2],
    ['1 / 0', undefined],
    ['IF(2 > 1, 10, 20)', 10],
    ['IF(2 < 1, 10, 20)', 20],
    ['m + 1', undefined],
    ['FILL(m, REPEAT) + 1', 6],
    ['FILL(m + 1, REPEAT)', 6],
    ['FILL(m, 2)', 2],
    ['FILL(m, 2) == 2', 1],
    ['1 == 2', 0],
    ['IF(m > 0, 1, 2)', undefined],
  ])('%s is %p', (expression, expected) => {
    expect(evaluate(expression, { m: { last: 5 } })).toBe(expected);
  });

  test.each(['1 % 2', 'other', '1 2', '(1', 'FILL(m, LINEAR)'])('refuses %s', expression => {
    expect(() => evaluate(expression, { m: {} })).toThrow();
  });
});

describe('the backlog', () => {
  test('the example of AWS: 1,500 messages on 10 instances at 10 s and 0.1 s call for 5 more', () => {
    expect(target).toBe(100);
    expect(value(tracked, { visible: 1500, notVisible: 0, inService: 10 })).toBe(150);
    expect(wanted({ visible: 1500, notVisible: 0, inService: 10 })).toBe(15);
  });

  test('messages in progress count: a group at its target keeps its size when everything has been taken', () => {
    expect(wanted({ visible: 1000, notVisible: 0, inService: 10 })).toBe(10);
    expect(wanted({ visible: 0, notVisible: 1000, inService: 10 })).toBe(10);
  });

  test.each([
    [0, 1, 1],
    [1, 0, 1],
    [0, 0, 1],
    [0, 0, 2],
    [0, 0, 7],
    [0, 100, 49],
  ])('%d visible and %d in progress leave one of %d instances', (visible, notVisible, inService) => {
    expect(wanted({ visible, notVisible, inService })).toBe(1);
  });

  test.each([0, 1])('with %d instances it rests where neither alarm of target tracking is in ALARM: at most the target, and less than 10% below it', inService => {
    for (const visible of [0, 1, 50, 95, 100]) {
      const rest = value(tracked, { visible, notVisible: 0, inService })!;
      expect(rest).toBeLessThanOrEqual(target);
      expect(rest).toBeGreaterThan(0.9 * target);
    }
    expect(value(tracked, { visible: 101, notVisible: 0, inService })).toBe(101);
  });

  test('in progress is zero where SQS says nothing of it beside the visible messages', () => {
    expect(value(tracked, { visible: 300, inService: 2, before: 1000 })).toBe(150);
  });

  test('without an instance it is the backlog itself, never a division by zero', () => {
    expect(value(tracked, { visible: 700, notVisible: 50, inService: 0 })).toBe(750);
    const math = workers.metricBacklogPerWorker();
    expect(evaluate(math.expression, { visible: { now: 0 }, notVisible: { now: 0 }, capacity: { now: 0 } })).toBe(0);
    expect(evaluate(math.expression, { visible: { now: 7 }, notVisible: { now: 1 }, capacity: { now: 0 } })).toBe(8);
  });

  test('a minute without queue metrics repeats the one before, and does not read as no work', () => {
    expect(value(tracked, { inService: 2, before: 300 })).toBe(300);
  });

  test('a queue that never had metrics, and a group without them, give no value rather than a wrong one', () => {
    expect(value(tracked, { inService: 2 })).toBeUndefined();
    expect(value(tracked, { visible: 10, notVisible: 0 })).toBeUndefined();
  });

  test('the metric for dashboards is what is tracked of several instances, from the same metrics', () => {
    const math = workers.metricBacklogPerWorker();
    for (const [visible, notVisible, capacity] of [[1000, 0, 10], [3, 7, 2], [5000, 100, 3]]) {
      expect(evaluate(math.expression, { visible: { now: visible }, notVisible: { now: notVisible }, capacity: { now: capacity } }))
        .toBe(value(tracked, { visible, notVisible, inService: capacity }));
    }
    expect(statsUsedBy(math).map(([id, { metricName, statistic }]) => [id, metricName, statistic]))
      .toEqual(statsOf(tracked).map(({ id, Metric }) => [id, Metric.MetricName, 'Average']));
    expect(workers.metricBacklogPerWorker({ label: 'mine', period: Duration.minutes(5) }))
      .toMatchObject({ label: 'mine', period: Duration.minutes(5) });
  });

  test('whoever watches workers of any kind finds their queue, their principal and their backlog', () => {
    const watched: IQueueWorkers = workers;
    expect(watched.queue).toBe(queue);
    expect(watched.grantPrincipal).toBe(workers.role);
    expect(watched.metricBacklogPerWorker().expression).toBe(workers.metricBacklogPerWorker().expression);
  });

  test.each([undefined, Duration.minutes(1), Duration.minutes(5)])('an alarm on the metric with the period %p gives no warning', period => {
    const watching = new Stack(new App(), 'Watching');
    const own = new Ec2Workers(watching, 'Workers', {
      queue: new sqs.Queue(watching, 'Queue'), vpc: new ec2.Vpc(watching, 'Vpc'), userData: workerScript(), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 2 }),
    });
    new cloudwatch.Alarm(watching, 'Behind', { metric: own.metricBacklogPerWorker({ period }), threshold: 100, evaluationPeriods: 3 });
    new cloudwatch.Alarm(watching, 'Waiting', { metric: new WorkQueue(watching, 'Jobs').metricBacklog({ period }), threshold: 100, evaluationPeriods: 3 });
    expect(warningsOf(watching)).toEqual([]);
  });

  test('the metric for dashboards is a level in any period, while target tracking sums the one sample of its minute', () => {
    const fiveMinutes = Object.fromEntries(statsUsedBy(workers.metricBacklogPerWorker({ period: Duration.minutes(5) })));
    expect([fiveMinutes.visible, fiveMinutes.notVisible].map(({ statistic, period }) => [statistic, period.toSeconds()])).toEqual([['Average', 300], ['Average', 300]]);
    const stats = (metrics: MetricQuery[]) => statsOf(metrics).filter(({ Metric }) => Metric.Namespace === 'AWS/SQS').map(({ Stat }) => Stat);
    expect(stats(tracked)).toEqual(['Sum', 'Sum']);
    expect(stats(alarm.Properties.Metrics)).toEqual(['Sum']);
  });

  test('the instances in service, as the group publishes them', () => {
    const metric = workers.metricInServiceInstances({ label: 'mine' });
    expect(metric).toMatchObject({ namespace: 'AWS/AutoScaling', metricName: 'GroupInServiceInstances', statistic: 'Average', label: 'mine' });
    expect(stack.resolve(metric.dimensions)).toEqual({ AutoScalingGroupName: stack.resolve(workers.autoScalingGroup.autoScalingGroupName) });
  });
});

describe('the start from zero', () => {
  const breaches = (minute: { visible?: number; inService?: number }) => {
    const result = value(alarm.Properties.Metrics, minute);
    return result === undefined ? false : result >= alarm.Properties.Threshold;
  };

  test.each([
    [{ visible: 1, inService: 0 }, true],
    [{ visible: 0, inService: 0 }, false],
    [{ visible: 1, inService: 1 }, false],
    [{ visible: 5000, inService: 40 }, false],
    [{ visible: 1 }, false],
    [{ inService: 0 }, false],
  ])('%p: %p', (minute, expected) => {
    expect(breaches(minute)).toBe(expected);
  });

  test('one datapoint is enough, and none is no reason to start', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [stack.resolve(workers.startAction!.scalingPolicyArn)],
    });
  });

  const adding = (...steps: [adjustment: number, lower: number, upper?: number][]) => ({
    PolicyType: 'StepScaling',
    AdjustmentType: 'ChangeInCapacity',
    StepAdjustments: steps.map(([ScalingAdjustment, MetricIntervalLowerBound, MetricIntervalUpperBound]) => (
      { ScalingAdjustment, MetricIntervalLowerBound, MetricIntervalUpperBound: MetricIntervalUpperBound ?? Match.absent() }
    )),
  });
  const startOf = (props: BacklogScalingProps) => {
    const other = new Stack(new App(), 'Stack');
    new Ec2Workers(other, 'Workers', {
      queue: new sqs.Queue(other, 'Queue'), vpc: new ec2.Vpc(other, 'Vpc'), userData: workerScript(), scaling: QueueScaling.onBacklog(props),
    });
    return Template.fromStack(other);
  };

  test('it adds as many instances as the messages need, in powers of two up to the maximum, and never sets the size', () => {
    // The target is 100. The bounds are counted from the threshold of one message: 200 messages are 199 above it.
    template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', adding(
      [1, 0, 199], [2, 199, 399], [4, 399, 799], [8, 799, 1599], [16, 1599, 3199], [32, 3199, 6399], [64, 6399, 9999], [100, 9999],
    ));
  });

  test.each<[string, BacklogScalingProps, [number, number, number?][]]>([
    ['one instance at most', { backlogPerWorker: 10, max: 1 }, [[1, 0]]],
    ['a target of one message', { backlogPerWorker: 1, max: 3 }, [[1, 0, 1], [2, 1, 2], [3, 2]]],
    ['a target with a fraction', { backlogPerWorker: 1.5, max: 3 }, [[1, 0, 2], [2, 2, 4], [3, 4]]],
    ['a target that is only known at deployment', { backlogPerWorker: Token.asNumber({ Ref: 'Backlog' }), max: 40 }, [[1, 0]]],
    ['a maximum that is only known at deployment', { backlogPerWorker: 10, max: Token.asNumber({ Ref: 'Max' }) }, [[1, 0]]],
  ])('%s', (_, props, steps) => {
    startOf(props).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', adding(...steps));
  });

  test('it has the 20 steps that a policy may have, and no more', () => {
    const [policy] = Object.values(startOf({ backlogPerWorker: 1e9, max: 2 ** 53 - 1 }).findResources('AWS::AutoScaling::ScalingPolicy', {
      Properties: { StepAdjustments: Match.arrayWith([Match.objectLike({ ScalingAdjustment: 2 })]) },
    }));
    expect(policy.Properties.StepAdjustments).toHaveLength(20);
    expect(policy.Properties.StepAdjustments.at(-1)).toEqual({ ScalingAdjustment: 2 ** 19, MetricIntervalLowerBound: 2 ** 19 * 1e9 - 1 });
  });
});

describe('the stop of the last instance', () => {
  const breaches = (minute: { visible?: number; notVisible?: number; received?: number; inService?: number; before?: number }) => {
    const result = value(stop.Properties.Metrics, minute);
    return result === undefined ? false : result < stop.Properties.Threshold;
  };

  test.each([
    [{ visible: 0, notVisible: 0, received: 0, inService: 1 }, true],
    [{ visible: 0, inService: 1 }, true],
    [{ visible: 1, notVisible: 0, received: 0, inService: 1 }, false],
    [{ visible: 0, notVisible: 1, received: 0, inService: 1 }, false],
    [{ visible: 0, notVisible: 0, received: 1, inService: 1 }, false],
    [{ visible: 0, notVisible: 0, received: 0, inService: 0 }, false],
    [{ visible: 0, notVisible: 0, received: 0, inService: 2 }, false],
    [{ visible: 0, notVisible: 0, received: 0 }, false],
    [{ inService: 1 }, false],
    [{ inService: 1, before: 1 }, false],
    [{ inService: 1, before: 0 }, true],
  ])('%p: %p', (minute, expected) => {
    expect(breaches(minute)).toBe(expected);
  });

  test('it counts the minutes of the idle time, and data that is missing does not end the instance', () => {
    expect(stop.Properties).toMatchObject({
      EvaluationPeriods: 15, TreatMissingData: 'notBreaching', AlarmActions: [stack.resolve(workers.stopAction!.scalingPolicyArn)],
    });
    expect(statsOf(stop.Properties.Metrics).map(({ Metric, Stat, Period }) => [Metric.MetricName, Stat, Period])).toEqual([
      ['ApproximateNumberOfMessagesVisible', 'Sum', 60], ['ApproximateNumberOfMessagesNotVisible', 'Sum', 60],
      ['NumberOfMessagesReceived', 'Sum', 60], ['GroupInServiceInstances', 'Average', 60],
    ]);
    expect(workers.stopAlarm).toBeDefined();
  });

  test('it removes one instance', () => {
    template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', {
      PolicyType: 'StepScaling',
      AdjustmentType: 'ChangeInCapacity',
      StepAdjustments: [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }],
    });
  });
});
