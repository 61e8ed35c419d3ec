import { App, CfnParameter, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { BacklogScalingProps, Ec2Workers, FargateWorkers, LatencyScalingProps, QueueScaling, ScalingStep } from '../../src/workers';
import { workerContainer, workerScript } from '../support/constructs';
import { problemsOf, readError } from '../support/problems';
import { errorOf } from '../support/template';

function workersWith(scaling: QueueScaling) {
  const stack = new Stack(new App(), 'Stack');
  new Ec2Workers(stack, 'Workers', { queue: new sqs.Queue(stack, 'Queue'), vpc: new ec2.Vpc(stack, 'Vpc'), userData: workerScript(), scaling });
  return Template.fromStack(stack);
}

const tracking = (targetValue: unknown) => ({ PolicyType: 'TargetTrackingScaling', TargetTrackingConfiguration: { TargetValue: targetValue } });

describe('QueueScaling', () => {
  test('defaults', () => {
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, max: 5 });
    expect(scaling).toMatchObject({ min: 0, max: 5, backlogPerWorker: 10, processingTime: undefined });
    expect(scaling.cooldown.toSeconds()).toBe(120);
    expect(scaling.idleTime.toMinutes()).toBe(15);
  });

  test('what is given wins, zero included', () => {
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, min: 3, max: 5, cooldown: Duration.seconds(0) });
    expect(scaling).toMatchObject({ min: 3, max: 5 });
    const template = workersWith(scaling);
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: '3', MaxSize: '5', DefaultInstanceWarmup: 0 });
  });

  test.each([
    [Duration.seconds(60), Duration.millis(250), 240],
    [Duration.seconds(10), Duration.millis(100), 100],
    [Duration.minutes(1), Duration.minutes(1), 1],
    [Duration.seconds(1), Duration.millis(400), 2.5],
    [Duration.millis(3), Duration.millis(0.5), 6],
  ])('%p and %p give a target of %p', (acceptable, processingTime, target) => {
    const scaling = QueueScaling.onLatency({ acceptable, processingTime, max: 2 });
    expect(scaling.backlogPerWorker).toBe(target);
    expect(scaling.processingTime).toBe(processingTime);
    workersWith(scaling).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', tracking(target));
  });

  test.each([1, 1.5, 100_000])('a backlog of %p is allowed', backlogPerWorker => {
    workersWith(QueueScaling.onBacklog({ backlogPerWorker, max: 1 })).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', tracking(backlogPerWorker));
  });

  test.each([[0, 1], [1, 1], [7, 7], [7, 8]])('min %p and max %p are allowed', (min, max) => {
    workersWith(QueueScaling.onBacklog({ backlogPerWorker: 1, min, max }))
      .hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: `${min}`, MaxSize: `${max}` });
  });

  test.each([
    [Duration.minutes(5), 5], [Duration.seconds(300), 5], [Duration.hours(6), 360], [Duration.minutes(Token.asNumber({ Ref: 'Minutes' })), { Ref: 'Minutes' }],
  ])('an idle time of %p is allowed', (idleTime, periods) => {
    workersWith(QueueScaling.onBacklog({ backlogPerWorker: 1, max: 1, idleTime }))
      .hasResourceProperties('AWS::CloudWatch::Alarm', { ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: periods });
  });

  test('the start from zero exists only where zero can be reached', () => {
    workersWith(QueueScaling.onBacklog({ backlogPerWorker: 1, min: 1, max: 2 })).resourceCountIs('AWS::CloudWatch::Alarm', 0);
    workersWith(QueueScaling.onBacklog({ backlogPerWorker: 1, min: 0, max: 2 })).resourceCountIs('AWS::CloudWatch::Alarm', 2);
  });

  test('values only known at deployment pass through; such a minimum may be zero', () => {
    const stack = new Stack(new App(), 'Stack');
    const parameter = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const scaling = QueueScaling.onBacklog({
      backlogPerWorker: parameter('Backlog'),
      min: parameter('Min'),
      max: parameter('Max'),
      cooldown: Duration.seconds(parameter('Cooldown')),
    });
    new Ec2Workers(stack, 'Workers', { queue: new sqs.Queue(stack, 'Queue'), vpc: new ec2.Vpc(stack, 'Vpc'), userData: workerScript(), scaling });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', tracking({ Ref: 'Backlog' }));
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
      MinSize: { Ref: 'Min' }, MaxSize: { Ref: 'Max' }, DefaultInstanceWarmup: { Ref: 'Cooldown' },
    });
    template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
    expect(JSON.stringify(template.toJSON())).not.toMatch(/e\+289|Token\[/);
  });

  test('one value for two groups', () => {
    const stack = new Stack(new App(), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, max: 5 });
    for (const id of ['A', 'B']) new Ec2Workers(stack, id, { vpc, queue: new sqs.Queue(stack, `${id}Queue`), userData: workerScript(), scaling });
    Template.fromStack(stack).resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 2);
  });
});

describe('QueueScaling by steps', () => {
  const steps = [{ messages: 10, workers: 1 }, { messages: 100, workers: 5 }, { messages: 1000, workers: 20 }];
  const query = (id: string, expression: string, returnData: boolean) => Match.objectLike({ Id: id, Expression: expression, ReturnData: returnData });
  const queries = (share: string) => Match.arrayWith([
    query('messages', 'FILL(visible + FILL(notVisible, 0), REPEAT)', false),
    query('wanted', 'IF(messages >= 1000, 20, IF(messages >= 100, 5, IF(messages >= 10, 1, 0)))', false),
    query('share', share, true),
  ]);

  test('instances: the workers of the step for each instance are kept at 1', () => {
    const scaling = QueueScaling.onSteps({ steps, max: 20 });
    expect(scaling).toMatchObject({ steps, backlogPerWorker: undefined, processingTime: undefined, min: 0, max: 20 });
    workersWith(scaling).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingConfiguration: {
        TargetValue: 1,
        CustomizedMetricSpecification: {
          Metrics: queries('IF(capacity > 1, IF(wanted > 0, wanted - 0.05, 0.5) / IF(capacity > 0, capacity, 1), IF(wanted > 1, wanted, 0.95))'),
        },
      },
    });
  });

  test('instances that stay: without the last step to zero', () => {
    workersWith(QueueScaling.onSteps({ steps, min: 1, max: 20 })).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', {
      TargetTrackingConfiguration: { CustomizedMetricSpecification: { Metrics: queries('IF(wanted > 0, wanted - 0.05, 0.5) / IF(capacity > 0, capacity, 1)') } },
    });
  });

  test('tasks: the same, on a metric that may stop', () => {
    const stack = new Stack(new App(), 'Stack');
    new FargateWorkers(stack, 'Workers', {
      queue: new sqs.Queue(stack, 'Queue'), vpc: new ec2.Vpc(stack, 'Vpc'), command: workerContainer(), scaling: QueueScaling.onSteps({ steps, max: 20 }),
    });
    const units = 'FILL(capacity, REPEAT)';
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 1,
        CustomizedMetricSpecification: {
          Metrics: queries(`IF(${units} > 1, IF(wanted > 0, wanted - 0.05, 0.5) / IF(${units} > 0, ${units}, 1), IF(wanted > 1, wanted, 0.95))`),
        },
      },
    });
  });

  test.each<[string, ScalingStep[], object[]]>([
    ['with one for fewer messages', steps, [
      { ScalingAdjustment: 1, MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 9 },
      { ScalingAdjustment: 1, MetricIntervalLowerBound: 9, MetricIntervalUpperBound: 99 },
      { ScalingAdjustment: 5, MetricIntervalLowerBound: 99, MetricIntervalUpperBound: 999 },
      { ScalingAdjustment: 20, MetricIntervalLowerBound: 999 },
    ]],
    ['that are there from the first message on', [{ messages: 1, workers: 3 }, { messages: 2, workers: 4 }], [
      { ScalingAdjustment: 3, MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 1 }, { ScalingAdjustment: 4, MetricIntervalLowerBound: 1 },
    ]],
  ])('the start from zero has the steps, %s', (_, given, StepAdjustments) => {
    workersWith(QueueScaling.onSteps({ steps: given, max: 20 })).hasResourceProperties('AWS::AutoScaling::ScalingPolicy', { PolicyType: 'StepScaling', StepAdjustments });
  });

  test('what is given is copied', () => {
    const given = [{ messages: 1, workers: 1 }];
    const scaling = QueueScaling.onSteps({ steps: given, max: 20 });
    given[0].workers = 7;
    given.push({ messages: 2, workers: 2 });
    expect(scaling.steps).toEqual([{ messages: 1, workers: 1 }]);
  });

  test.each([1, 19])('%i steps are allowed', count => {
    const many = Array.from({ length: count }, (_, index) => ({ messages: index + 2, workers: index + 1 }));
    const start = { Properties: { PolicyType: 'StepScaling', StepAdjustments: Match.arrayWith([Match.objectLike({ MetricIntervalLowerBound: 0 })]) } };
    const [policy] = Object.values(workersWith(QueueScaling.onSteps({ steps: many, max: 19 })).findResources('AWS::AutoScaling::ScalingPolicy', start));
    expect(policy.Properties.StepAdjustments).toHaveLength(count + 1);
  });

  const first = { messages: 10, workers: 2 };
  test.each<[string, ScalingStep[], { prop: string; got: string; allowed: string }]>([
    ['no step', [], { prop: 'steps', got: 'an empty list', allowed: '1 to 19 items' }],
    ['20 steps', Array.from({ length: 20 }, (_, index) => ({ messages: index + 1, workers: index + 1 })), { prop: 'steps', got: '20 items', allowed: '1 to 19 items' }],
    ['no message', [{ messages: 0, workers: 1 }], { prop: 'steps[0].messages', got: '0', allowed: 'at least 1' }],
    ['a part of a message', [first, { messages: 10.5, workers: 3 }], { prop: 'steps[1].messages', got: '10.5', allowed: 'whole' }],
    ['messages that are only known at deployment', [{ messages: Token.asNumber({ Ref: 'X' }), workers: 1 }], { prop: 'steps[0].messages', got: 'only known at deployment', allowed: 'known at synthesis' }],
    ['no worker', [{ messages: 1, workers: 0 }], { prop: 'steps[0].workers', got: '0', allowed: 'at least 1' }],
    ['workers that are only known at deployment', [{ messages: 1, workers: Token.asNumber({ Ref: 'X' }) }], { prop: 'steps[0].workers', got: 'only known at deployment', allowed: 'known at synthesis' }],
    ['as many messages as before', [first, { messages: 10, workers: 3 }], { prop: 'steps[1].messages', got: '10', allowed: 'more than in the step before, which has 10' }],
    ['fewer workers than before', [first, { messages: 20, workers: 1 }], { prop: 'steps[1].workers', got: '1', allowed: 'more than in the step before, which has 2' }],
    ['more workers than the maximum', [first, { messages: 20, workers: 21 }], { prop: 'steps[1].workers', got: '21', allowed: 'scaling.max, which is 20' }],
  ])('refuses %s', (_, given, { prop, got, allowed }) => {
    const problem = { prop: `scaling.${prop}`, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) };
    expect(problemsOf(() => workersWith(QueueScaling.onSteps({ steps: given, max: 20 })))).toEqual([expect.objectContaining(problem)]);
  });

  test('a maximum that is only known at deployment may be less than a step', () => {
    workersWith(QueueScaling.onSteps({ steps, max: Token.asNumber({ Ref: 'Max' }) })).hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MaxSize: { Ref: 'Max' } });
  });
});

describe('QueueScaling refuses', () => {
  const latency = (props: Partial<LatencyScalingProps>) => () =>
    workersWith(QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.seconds(1), max: 2, ...props }));
  const backlog = (props: Partial<BacklogScalingProps>) => () => workersWith(QueueScaling.onBacklog({ backlogPerWorker: 1, max: 2, ...props }));

  test.each<[string, () => unknown, { prop: string; got: string; allowed: string }]>([
    ['a latency below the processing time', latency({ acceptable: Duration.millis(999) }), { prop: 'acceptable', got: '999 milliseconds', allowed: 'scaling.processingTime, which is 1 second' }],
    ['no latency', latency({ acceptable: Duration.seconds(0) }), { prop: 'acceptable', got: '0 seconds', allowed: 'at least 0.001 milliseconds' }],
    ['no processing time', latency({ processingTime: Duration.seconds(0) }), { prop: 'processingTime', got: '0 seconds', allowed: 'at least 0.001 milliseconds' }],
    ['a latency only known at deployment', latency({ acceptable: Duration.seconds(Token.asNumber({ Ref: 'X' })) }), { prop: 'acceptable', got: 'only known at deployment', allowed: 'known at synthesis' }],
    ['a processing time only known at deployment', latency({ processingTime: Duration.seconds(Token.asNumber({ Ref: 'X' })) }),
      { prop: 'processingTime', got: 'only known at deployment', allowed: 'known at synthesis' }],
    ['a backlog of 0', backlog({ backlogPerWorker: 0 }), { prop: 'backlogPerWorker', got: '0', allowed: 'at least 1' }],
    ['a backlog of 0.99', backlog({ backlogPerWorker: 0.99 }), { prop: 'backlogPerWorker', got: '0.99', allowed: 'at least 1' }],
    ['a negative backlog', backlog({ backlogPerWorker: -1 }), { prop: 'backlogPerWorker', got: '-1', allowed: 'at least 1' }],
    ['an endless backlog', backlog({ backlogPerWorker: Infinity }), { prop: 'backlogPerWorker', got: 'Infinity', allowed: 'at least 1' }],
    ['a backlog that is no number', backlog({ backlogPerWorker: NaN }), { prop: 'backlogPerWorker', got: 'NaN', allowed: 'at least 1' }],
    ['min above max', backlog({ min: 3 }), { prop: 'min', got: '3', allowed: 'scaling.max, which is 2' }],
    ['a negative min', backlog({ min: -1 }), { prop: 'min', got: '-1', allowed: 'at least 0' }],
    ['a broken min', backlog({ min: 0.5 }), { prop: 'min', got: '0.5', allowed: 'whole' }],
    ['a max of 0', backlog({ max: 0 }), { prop: 'max', got: '0', allowed: 'at least 1' }],
    ['a cooldown of a second more than a day', backlog({ cooldown: Duration.seconds(86_401) }), { prop: 'cooldown', got: '1 day 1 second', allowed: '0 seconds to 1 day' }],
    ['a broken cooldown', backlog({ cooldown: Duration.millis(1500) }), { prop: 'cooldown', got: '1500 milliseconds', allowed: 'whole seconds' }],
    ['an idle time of nothing', backlog({ idleTime: Duration.minutes(0) }), { prop: 'idleTime', got: '0 seconds', allowed: '5 minutes to 6 hours' }],
    ['an idle time of a minute less than 5 minutes', backlog({ idleTime: Duration.minutes(4) }), { prop: 'idleTime', got: '4 minutes', allowed: '5 minutes to 6 hours' }],
    ['an idle time of a second less than 5 minutes', backlog({ idleTime: Duration.seconds(299) }), { prop: 'idleTime', got: '4 minutes 59 seconds', allowed: '5 minutes to 6 hours' }],
    ['an idle time of a minute more than 6 hours', backlog({ idleTime: Duration.minutes(361) }), { prop: 'idleTime', got: '6 hours 1 minute', allowed: '5 minutes to 6 hours' }],
    ['an idle time of half a minute more', backlog({ idleTime: Duration.seconds(330) }), { prop: 'idleTime', got: '5 minutes 30 seconds', allowed: 'whole minutes' }],
    ['an idle time in seconds that are only known at deployment', backlog({ idleTime: Duration.seconds(Token.asNumber({ Ref: 'X' })) }),
      { prop: 'idleTime', got: 'only known at deployment', allowed: 'Duration.minutes()' }],
  ])('%s', (_, act, { prop, got, allowed }) => {
    const problem = { prop: `scaling.${prop}`, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) };
    expect(problemsOf(act)).toEqual([expect.objectContaining(problem)]);
  });

  test.each([2 ** 53, 1e300, 1.5, Infinity, NaN])('a max of %p', max => {
    expect(problemsOf(backlog({ max }))).toEqual([expect.objectContaining({ prop: 'scaling.max', got: `${max}`, allowed: expect.stringContaining('at least 1') })]);
  });

  test('the longest cooldown is allowed', () => {
    expect(backlog({ cooldown: Duration.days(1) })).not.toThrow();
  });

  test('several things in one message, of the construct that scales', () => {
    const { construct, path, problems } = readError(errorOf(backlog({ backlogPerWorker: 0, min: -1 })));
    expect([construct, path, problems.map(({ prop }) => prop)]).toEqual(['Ec2Workers', 'Stack/Workers', ['scaling.backlogPerWorker', 'scaling.min']]);
  });
});
