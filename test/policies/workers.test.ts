import { App, Stack } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ACCOUNT, ADMINISTRATOR, allowing, expectAll, expectAllowedWithTwins, keyOf, legsToConsume, OTHER_ACCOUNT, reportAtEnd, World } from './harness';
import { Encryption } from '../../src/access';
import { WorkQueue } from '../../src/queues';
import { Ec2Workers, Ec2WorkersProps, InFlightProtection, QueueScaling, WorkerCommand } from '../../src/workers';
import { network, workerScript } from '../support/constructs';

reportAtEnd('workers');

const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const SESSION = [
  'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
];

async function workersOn(encryption: Encryption | undefined, props: Partial<Ec2WorkersProps>) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const vpc = network(stack);
  const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 });
  const queue = new WorkQueue(stack, 'Jobs', { encryption });
  const other = new WorkQueue(stack, 'Other', { encryption: Encryption.customerManaged() });
  const workers = new Ec2Workers(stack, 'Workers', { vpc, scaling, queue, userData: workerScript(), ...props });
  new Ec2Workers(stack, 'OtherWorkers', { vpc, scaling, queue: other, userData: workerScript() });
  const world = await World.of(stack);
  return { world, role: world.arn(workers.role), queue: world.arn(queue), group: world.arn(workers.autoScalingGroup) };
}

const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const PULL = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const HOOK = ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'];
const protections: [string, InFlightProtection | undefined, string[]][] = [
  ['the default protection', undefined, HOOK],
  ['a lifecycle hook', InFlightProtection.lifecycleHook(), HOOK],
  ['instance protection', InFlightProtection.instanceProtection(), ['autoscaling:SetInstanceProtection']],
  ['no protection', InFlightProtection.none('every message takes a second'), []],
];

describe.each([['keys that SQS owns', undefined], ['a customer key', Encryption.customerManaged()]])('workers on a queue encrypted with %s', (_, encryption) => {
  test.each(protections)('and %s: their own queue, key and group, and nothing else', async (_kind, inFlight, own) => {
    const { world, role, queue, group } = await workersOn(encryption, { inFlight });
    const key = keyOf(world, queue);
    expect(await world.matrix(role)).toEqual({
      [queue]: CONSUME,
      ...key ? { [key]: ['kms:Decrypt'] } : {},
      ...own.length > 0 ? { [group]: own } : {},
    });
    expect(world.named(role)).toEqual([...own, ...key ? ['kms:Decrypt'] : [], ...CONSUME, ...SESSION].sort());
    await expectAll(world, legsToConsume(world, role, queue));
    for (const action of own) await expectAllowedWithTwins(world, { principal: role, action, resource: group });
  });
});

describe('a command', () => {
  async function withCommand(props: (stack: Stack) => Partial<Ec2WorkersProps>) {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const vpc = network(stack);
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 });
    const workers = new Ec2Workers(stack, 'Workers', { vpc, scaling, queue: new WorkQueue(stack, 'Jobs'), sessionManager: false, ...props(stack) });
    new Ec2Workers(stack, 'OtherWorkers', { vpc, scaling, queue: new WorkQueue(stack, 'Other'), command: WorkerCommand.shell('true') });
    const world = await World.of(stack);
    return { world, workers, role: world.arn(workers.role) };
  }

  test('writes to its own log group, and creates or reads none', async () => {
    const { world, workers, role } = await withCommand(() => ({ command: WorkerCommand.shell('/opt/resize') }));
    const group = world.arn(workers.logGroup!);
    expect(world.named(role)).toEqual([...HOOK, ...LOGS, ...CONSUME].sort());
    const logStream = group.replace(/\*$/, 'log-stream:i-1');
    // Log streams have names of their own, so that the twins of the harness, with another last part, are allowed too.
    for (const action of LOGS) {
      expect(await world.may({ principal: role, action, resource: logStream })).toBe('Allowed');
      expect(await world.may({ principal: role, action, resource: logStream.replace(':log-group:', ':log-group:other-') })).toBe('ImplicitlyDenied');
    }
    for (const action of ['logs:CreateLogGroup', 'logs:GetLogEvents', 'logs:DeleteLogStream', 'logs:PutRetentionPolicy']) {
      expect(await world.may({ principal: role, action, resource: group })).toBe('ImplicitlyDenied');
    }
  });

  test('pulls its own image, and pushes none', async () => {
    let repository: ecr.Repository | undefined;
    const { world, role } = await withCommand(stack => {
      repository = new ecr.Repository(stack, 'Images');
      return { command: WorkerCommand.container(ecs.ContainerImage.fromEcrRepository(repository)) };
    });
    const images = world.arn(repository!);
    expect(world.named(role)).toEqual([...HOOK, ...LOGS, ...CONSUME, ...PULL, 'ecr:GetAuthorizationToken'].sort());
    for (const action of PULL) {
      await expectAllowedWithTwins(world, { principal: role, action, resource: images });
      expect(await world.may({ principal: role, action, resource: `${images}-of-others` })).toBe('ImplicitlyDenied');
    }
    await expectAllowedWithTwins(world, { principal: role, action: 'ecr:GetAuthorizationToken', resource: '*' });
    for (const action of ['ecr:PutImage', 'ecr:BatchDeleteImage']) expect(await world.may({ principal: role, action, resource: images })).toBe('ImplicitlyDenied');
  });
});

test('Session Manager is let in by the actions of its agent alone, which have no resources', async () => {
  const { world, role } = await workersOn(undefined, {});
  for (const action of SESSION.filter(one => one.startsWith('ssmmessages:'))) {
    await expectAllowedWithTwins(world, { principal: role, action, resource: '*' });
  }
  const instance = 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0';
  expect(await world.may({ principal: role, action: 'ssm:UpdateInstanceInformation', resource: instance })).toBe('Allowed');
  for (const action of ['ssm:SendCommand', 'ssm:StartSession']) {
    expect(await world.may({ principal: role, action, resource: instance })).toBe('ImplicitlyDenied');
  }
  for (const action of ['ssm:GetParameter', 'ssm:GetParameters']) {
    expect(await world.may({ principal: role, action, resource: 'arn:aws:ssm:eu-west-1:111122223333:parameter/secret' })).toBe('ImplicitlyDenied');
  }
});

test('without Session Manager there is no permission on every resource', async () => {
  const { world, role } = await workersOn(undefined, { sessionManager: false });
  expect(world.named(role)).toEqual([...HOOK, ...CONSUME].sort());
});

test('the role trusts EC2 alone', async () => {
  const { world, role } = await workersOn(undefined, {});
  await expectAllowedWithTwins(world, { principal: 'ec2.amazonaws.com', action: 'sts:AssumeRole', resource: role });
  const administrator = 'arn:aws:iam::111122223333:role/Administrator';
  for (const principal of [administrator, `arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`]) {
    const request = { principal, action: 'sts:AssumeRole', resource: role, identityPolicies: [allowing(['sts:*'], '*')] };
    expect(await world.may(request)).toBe('ImplicitlyDenied');
  }
});

describe('Auto Scaling, by its service-linked role', () => {
  const principal = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const caller = { 'kms:CallerAccount': ACCOUNT };
  const forAws = { ...caller, 'kms:GrantIsForAWSResource': 'true' };
  const GENERATE = ['kms:GenerateDataKey', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:GenerateDataKeyWithoutPlaintext'];
  const VOLUME = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', ...GENERATE, 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

  const uses: [string, (stack: Stack, key: kms.IKey) => Partial<Ec2WorkersProps>, string[], string[]][] = [
    ['topic it notifies', (stack, masterKey) => ({ notifications: [new sns.Topic(stack, 'Topic', { masterKey })] }), ['kms:Decrypt', ...GENERATE], []],
    ['root volume', (_, rootVolumeKey) => ({ rootVolumeKey }), VOLUME, ['kms:CreateGrant']],
  ];

  test.each(uses)('uses the key of the %s, and does nothing else with it', async (_, props, actions, grants) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const key = new kms.Key(stack, 'Key');
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 });
    new Ec2Workers(stack, 'Workers', { vpc: network(stack), scaling, userData: workerScript(), queue: new WorkQueue(stack, 'Jobs'), ...props(stack, key) });
    // As the documentation of Auto Scaling has them.
    const world = await World.of(stack, {}, {}, ['kms:GenerateDataKey*', 'kms:ReEncrypt*']);
    const resource = world.arn(key);
    expect(await world.allowed({ principal, resource, context: caller })).toEqual([...actions].sort());
    expect(await world.allowed({ principal, resource, context: forAws })).toEqual([...actions, ...grants].sort());
    const another = principal.replace('ForAutoScaling', 'ForAutoScaling_Other');
    expect(await world.allowed({ principal: another, resource, context: forAws })).toEqual([]);
    const foreign = principal.replace(ACCOUNT, OTHER_ACCOUNT);
    const context = { ...forAws, 'kms:CallerAccount': OTHER_ACCOUNT };
    expect(await world.allowed({ principal: foreign, resource, context, identityPolicies: [ADMINISTRATOR] })).toEqual([]);
    expect(await world.allowed({ principal, resource, context: { ...forAws, 'kms:CallerAccount': undefined } })).toEqual([]);
    for (const action of ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:RevokeGrant']) {
      expect(await world.may({ principal, action, resource, context: caller })).toBe('ImplicitlyDenied');
    }
  });
});
