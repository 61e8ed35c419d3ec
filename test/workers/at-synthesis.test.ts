import { App, Lazy, NestedStack, Stack, Tags, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Ec2Workers, Ec2WorkersProps, InFlightProtection, QueueScaling } from '../../src/workers';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';

function setUp(props: Partial<Ec2WorkersProps> = {}, stack = new Stack(new App(), 'Stack')) {
  const workers = new Ec2Workers(stack, 'Workers', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerInstance: 10, max: 3 }),
    ...props,
  });
  return { stack, workers, synth: () => (stack.node.root as App).synth() };
}

describe('tags', () => {
  const message = (key: string, path = 'Stack') => `Ec2Workers at '${path}/Workers' has a problem:\n  - tags: got a tag with the key '${key}'`;

  test.each(['cost centre', 'team/name', '_index', '.', '..', 'naïve'])('with the key %p, with which no instance would launch, are refused', key => {
    const { stack, workers, synth } = setUp();
    Tags.of(workers).add(key, 'x');
    expect(synth).toThrow(message(key));
    expect(stack.tags.hasTags()).toBe(false);
  });

  test.each(['launchTemplate', 'autoScalingGroup'] as const)('of the %s alone are refused', tagged => {
    const { workers, synth } = setUp();
    Tags.of(workers[tagged]).add('cost centre', '42');
    expect(synth).toThrow(message('cost centre'));
  });

  test('of the stack reach the instances too', () => {
    const stack = new Stack(new App(), 'Stack', { tags: { 'cost centre': '42' } });
    expect(setUp({}, stack).synth).toThrow(message('cost centre'));
  });

  test('of the stack above a nested one as well', () => {
    const parent = new Stack(new App(), 'Parent', { tags: { 'cost centre': '42' } });
    expect(setUp({}, new NestedStack(parent, 'Nested')).synth).toThrow(message('cost centre', 'Parent/Nested'));
  });

  test('of another stack do not', () => {
    const app = new App();
    new Stack(app, 'Other', { tags: { 'cost centre': '42' } });
    expect(setUp({}, new Stack(app, 'Stack')).synth).not.toThrow();
  });

  test('of which the key is only known at deployment pass', () => {
    expect(setUp({}, new Stack(new App(), 'Stack', { tags: { [Token.asString({ Ref: 'Key' })]: 'x' } })).workers.node.validate()).toEqual([]);
  });

  test.each<[string, Partial<Ec2WorkersProps>]>([
    ['team:+-=._@9', {}],
    ['cost centre', { inFlight: InFlightProtection.none('tags are not read') }],
  ])('with the key %p are fine with %p', (key, props) => {
    const { stack } = setUp(props, new Stack(new App(), 'Stack', { tags: { [key]: 'x' } }));
    Tags.of(stack).add(key, 'x');
    Template.fromStack(stack).hasResourceProperties(GROUP, { Tags: Match.arrayWith([Match.objectLike({ Key: key })]) });
  });
});

describe('user data', () => {
  const START = '#!/bin/bash\n'.length;

  test.each([[16_384, 0], [16_385, 1]])('of %d bytes: %d problems', (bytes, problems) => {
    const { workers, synth } = setUp();
    workers.userData.addCommands('x'.repeat(bytes - START));
    expect(workers.node.validate()).toHaveLength(problems);
    if (problems) expect(synth).toThrow(/userData: got 16385 bytes, .*allowed: at most 16384 bytes/);
  });

  test('is counted in bytes, not in characters', () => {
    const { workers } = setUp();
    workers.userData.addCommands('é'.repeat(8192));
    expect(workers.node.validate()).toHaveLength(1);
  });

  test.each([[16_384, 0], [16_385, 1]])('of %d bytes around tokens: %d problems', (bytes, problems) => {
    const { workers } = setUp();
    workers.userData.addCommands(`${workers.queue.queueUrl}${'x'.repeat(bytes - START)}`);
    expect(workers.node.validate()).toHaveLength(problems);
  });

  test('counts what is known at synthesis only, and nothing of a function', () => {
    const late = ec2.UserData.custom(Lazy.string({ produce: () => 'x'.repeat(16_385) }));
    expect(setUp({ userData: late }).workers.node.validate()).toHaveLength(1);
    expect(setUp({ userData: ec2.UserData.custom(Token.asString({ 'Fn::ImportValue': 'UserData' })) }).workers.node.validate()).toEqual([]);
  });
});

describe('a rolling update that keeps', () => {
  const keeping = (minInstancesInService: number) => ({ updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService }) });

  test.each([[0, true], [2, true], [3, false], [10, false], [-1, false]])('%d of 3 instances in service is allowed: %p', (kept, allowed) => {
    const { synth } = setUp(keeping(kept));
    if (allowed) {
      expect(synth).not.toThrow();
    } else {
      expect(synth).toThrow(`updatePolicy.minInstancesInService: got ${kept}; allowed: 0 to 2 (inclusive), less than scaling.max`);
    }
  });

  test('a number that one side does not know passes', () => {
    expect(setUp(keeping(Token.asNumber({ Ref: 'Kept' }))).workers.node.validate()).toEqual([]);
    const scaling = QueueScaling.onBacklog({ backlogPerInstance: 1, max: Token.asNumber({ Ref: 'Max' }) });
    expect(setUp({ ...keeping(10), scaling }).workers.node.validate()).toEqual([]);
  });
});

test('several things in one message', () => {
  const { stack, workers, synth } = setUp({ updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: 3 }) });
  workers.userData.addCommands('x'.repeat(20_000));
  Tags.of(stack).add('cost centre', 'x');
  expect(synth).toThrow(/has 3 problems:[^]*tags:[^]*userData:[^]*updatePolicy/);
});
