import { App, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ACCOUNT, OTHER_ACCOUNT, World, allowing, expectAll, expectAllowedWithTwins, keyOf, legsToConsume, reportAtEnd } from './harness';
import { Encryption } from '../../src/access';
import { WorkQueue } from '../../src/queues';
import { FargateWorkers, FargateWorkersProps, QueueScaling, TaskProtection, WorkerCommand } from '../../src/workers';
import { network, workerContainer } from '../support/constructs';

reportAtEnd('workers on Fargate');

const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const PROTECT = ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'];
const TASKS = `arn:aws:ecs:eu-west-1:${ACCOUNT}:task`;
const TASK = `${TASKS}/shared/0123456789abcdef0123456789abcdef`;

async function workersOn(encryption: Encryption | undefined, props: (stack: Stack) => Partial<FargateWorkersProps> = () => ({})) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const vpc = network(stack);
  const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 });
  const queue = new WorkQueue(stack, 'Jobs', { encryption });
  const other = new WorkQueue(stack, 'Other', { encryption: Encryption.customerManaged() });
  const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'shared', vpc });
  const workers = new FargateWorkers(stack, 'Workers', { vpc, scaling, queue, cluster, command: workerContainer(), ...props(stack) });
  new FargateWorkers(stack, 'OtherWorkers', { vpc, scaling, queue: other, command: workerContainer() });
  const world = await World.of(stack);
  return { world, workers, role: world.arn(workers.role), queue: world.arn(queue) };
}

const protections: [string, TaskProtection | undefined, string[]][] = [
  ['the default protection', undefined, PROTECT],
  ['scale-in protection', TaskProtection.scaleInProtection(), PROTECT],
  ['no protection', TaskProtection.none('every message takes a second'), []],
];

describe.each([['keys that SQS owns', undefined], ['a customer key', Encryption.customerManaged()]])('workers on a queue encrypted with %s', (_, encryption) => {
  test.each(protections)('and %s: their own queue, key and the tasks of their cluster, and nothing else', async (_kind, inFlight, own) => {
    const { world, role, queue } = await workersOn(encryption, () => ({ inFlight }));
    const key = keyOf(world, queue);
    const { [queue]: onQueue, ...others } = await world.matrix(role);
    expect(onQueue).toEqual(CONSUME);
    expect(others).toEqual(key ? { [key]: ['kms:Decrypt'] } : {});
    expect(world.named(role)).toEqual([...own, ...key ? ['kms:Decrypt'] : [], ...CONSUME].sort());
    await expectAll(world, legsToConsume(world, role, queue));
    for (const action of own) await expectAllowedWithTwins(world, { principal: role, action, resource: TASK }, { byPrefix: true });
  });
});

test('the tasks of another cluster, of a cluster whose name begins the same, and other actions are not theirs', async () => {
  const { world, role } = await workersOn(undefined);
  for (const cluster of ['theirs', 'shared-too']) {
    for (const action of PROTECT) {
      expect(await world.may({ principal: role, action, resource: `${TASKS}/${cluster}/0123456789abcdef0123456789abcdef` })).toBe('ImplicitlyDenied');
    }
  }
  for (const action of ['ecs:StopTask', 'ecs:ExecuteCommand', 'ecs:DescribeTasks']) {
    expect(await world.may({ principal: role, action, resource: TASK })).toBe('ImplicitlyDenied');
  }
});

test('the role trusts ECS alone, for the tasks of this account and Region', async () => {
  const { world, role } = await workersOn(undefined);
  const context = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': TASK };
  const assume = { principal: 'ecs-tasks.amazonaws.com', action: 'sts:AssumeRole', resource: role };
  await expectAllowedWithTwins(world, { ...assume, context });
  for (const other of [
    { ...context, 'aws:SourceAccount': OTHER_ACCOUNT },
    { ...context, 'aws:SourceArn': context['aws:SourceArn'].replace(ACCOUNT, OTHER_ACCOUNT) },
    { ...context, 'aws:SourceArn': context['aws:SourceArn'].replace('eu-west-1', 'eu-north-1') },
    {},
  ]) expect(await world.may({ ...assume, context: other })).not.toBe('Allowed');
  for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
    const request = { ...assume, principal: `arn:aws:iam::${account}:role/Administrator`, context, identityPolicies: [allowing(['sts:*'], '*')] };
    expect(await world.may(request)).not.toBe('Allowed');
  }
});

test('a secret is read by the role that starts the container, and not by the worker; the queue the other way round', async () => {
  let secret: secretsmanager.Secret | undefined;
  const { world, workers, role, queue } = await workersOn(undefined, stack => {
    secret = new secretsmanager.Secret(stack, 'Password');
    return { command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker'), { secrets: { PASSWORD: ecs.Secret.fromSecretsManager(secret) } }) };
  });
  const starter = world.arn(workers.taskDefinition.executionRole!);
  const read = { action: 'secretsmanager:GetSecretValue', resource: world.arn(secret!) };
  expect(await world.may({ principal: starter, ...read })).toBe('Allowed');
  expect(await world.may({ principal: role, ...read })).toBe('ImplicitlyDenied');
  expect(await world.may({ principal: starter, action: 'sqs:ReceiveMessage', resource: queue })).toBe('ImplicitlyDenied');
});
