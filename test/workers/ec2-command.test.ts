import { spawnSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Ec2Workers, Ec2WorkersProps, InFlightProtection, QueueScaling, WorkerCommand, WorkerImage } from '../../src/workers';
import { network, workerContainer, workerScript } from '../support/constructs';
import { problemsOf, readError } from '../support/problems';
import { filesOf } from '../support/user-data';

// Ec2Workers with a command. The poller is run in test/flow/shell-poller.flow.ts, and what runs before a termination in finish-work.test.ts.

const env = { account: '111122223333', region: 'eu-west-1' };

function setUp(props: Partial<Ec2WorkersProps> = {}, stack = new Stack(new App(), 'Stack', { env })) {
  const queue = props.queue ?? new sqs.Queue(stack, 'Queue');
  const workers = new Ec2Workers(stack, 'Workers', {
    vpc: network(stack), queue, scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }), command: WorkerCommand.shell('/opt/resize'), ...props,
  });
  return { stack, workers, template: () => Template.fromStack(stack) };
}

/** The user data, with the logical IDs of references in its place: `<WorkersLogGroup…>`. */
function userDataOf(props: Partial<Ec2WorkersProps> = {}): string {
  const { template } = setUp(props);
  const [{ Properties }] = Object.values(template().findResources('AWS::EC2::LaunchTemplate'));
  const text = Properties.LaunchTemplateData.UserData['Fn::Base64'];
  return typeof text === 'string' ? text : text['Fn::Join'][1].map((part: string | { Ref?: string }) => typeof part === 'string' ? part : `<${part.Ref ?? 'token'}>`).join('');
}

const file = (path: string, props?: Partial<Ec2WorkersProps>) => filesOf(userDataOf(props))[path];
const shell = (...args: Parameters<typeof WorkerCommand.shell>) => ({ command: WorkerCommand.shell(...args) });
const container = (options?: Parameters<typeof WorkerCommand.container>[1]) => ({ command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('images/worker:1'), options) });
const UNIT = '/etc/systemd/system/worker@.service';
const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

describe('a shell command', () => {
  test('is a bash script that stops at the first failure, so that a message is not deleted because the last line succeeds', () => {
    expect(file('/opt/worker/command')).toBe('#!/bin/bash\nset -eo pipefail\n/opt/resize\n');
  });

  test.each<[string, string, string]>([
    ['another interpreter', '#!/usr/bin/python3\nimport sys\n', '#!/usr/bin/python3\nimport sys\n'],
    ['the end of a here-document', 'cat <<END\nEND\nEND_\n', '#!/bin/bash\nset -eo pipefail\ncat <<END\nEND\nEND_\n'],
    ['a reference', `/opt/resize ${Token.asString({ Ref: 'Bucket' })}`, '#!/bin/bash\nset -eo pipefail\n/opt/resize <Bucket>\n'],
  ])('with %s is written as it is', (_, script, written) => {
    expect(file('/opt/worker/command', shell(script))).toBe(written);
  });

  test('runs as a user without privileges in a hardened unit, which is not signaled with its command and waits for it', () => {
    const unit = file(UNIT).split('\n');
    expect(unit).toEqual(expect.arrayContaining([
      expect.stringMatching(/^Environment=QUEUE_URL=<Queue\w+> AWS_REGION=eu-west-1 LANG=C.UTF-8$/),
      'ExecStart=/opt/worker/poller', 'Restart=always', 'KillMode=mixed', 'TimeoutStopSec=infinity', 'User=worker', 'StandardOutput=append:/var/log/worker.log',
      'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'ProtectHome=yes', 'PrivateTmp=yes', 'RestrictSUIDSGID=yes',
    ]));
    expect(userDataOf()).toContain('useradd --system');
  });

  test('processes one message at a time, for 12 hours at most, with nothing to install', () => {
    const userData = userDataOf();
    expect(userData).toContain('for number in $(seq 1); do systemctl enable --now "worker@$number"; done');
    expect(filesOf(userData)['/opt/worker/poller']).toContain('timeout --kill-after=10 43200 /opt/worker/command');
    expect(userData).not.toContain('/opt/worker/setup');
    expect(filesOf(userData)['/opt/worker/poller']).not.toContain('set-instance-protection');
  });

  test.each<[string, Parameters<typeof WorkerCommand.shell>[1], string]>([
    ['timeout, least', { timeout: Duration.seconds(1) }, 'timeout --kill-after=10 1 /opt'],
    ['timeout, only known at deployment', { timeout: Duration.seconds(Token.asNumber({ Ref: 'Seconds' })) }, 'timeout --kill-after=10 <Seconds> /opt'],
    ['concurrency', { concurrency: 8 }, '$(seq 8)'],
    ['concurrency, only known at deployment', { concurrency: Token.asNumber({ Ref: 'Pollers' }) }, '$(seq <Pollers>)'],
    ['setup', { setup: 'dnf install -y ffmpeg' }, "<<'END'\n#!/bin/bash\nset -eo pipefail\ndnf install -y ffmpeg\nEND\nchmod +x /opt/worker/setup\nuntil /opt/worker/setup; do sleep 30; done\n"],
  ])('%s', (_, options, written) => {
    expect(userDataOf(shell('true', options))).toContain(written);
  });

  test('is set up before it starts, and the termination is watched before both; the logs come last', () => {
    const userData = userDataOf(shell('true', { setup: 'true' }));
    const order = ['enable --now finish-work', 'until /opt/worker/setup', '"worker@$number"', 'dnf install -y amazon-cloudwatch-agent'].map(step => userData.indexOf(step));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  test('with instance protection turns it on and off', () => {
    const poller = file('/opt/worker/poller', { inFlight: InFlightProtection.instanceProtection() });
    expect(poller).toContain('protect protected-from-scale-in');
    expect(poller).toContain('protect no-protected-from-scale-in');
  });

  test('writes its logs to a group with a retention of a month, which is kept', () => {
    const { stack, workers, template } = setUp();
    template().hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' });
    template().hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stack.resolve(workers.logGroup!.logGroupArn) }]),
      },
    });
    const [collected] = JSON.parse(file('/opt/worker/logs.json')).logs.logs_collected.files.collect_list;
    expect(collected).toEqual({ file_path: '/var/log/worker.log', log_group_name: expect.stringMatching(/^<WorkersLogGroup/), log_stream_name: '{instance_id}' });
  });

  test('writes its logs to a given group', () => {
    const stack = new Stack(new App(), 'Stack', { env });
    const logGroup = logs.LogGroup.fromLogGroupName(stack, 'Logs', 'given');
    const { workers, template } = setUp({ logGroup }, stack);
    expect(workers.logGroup).toBe(logGroup);
    template().resourceCountIs('AWS::Logs::LogGroup', 0);
    expect(JSON.stringify(template().toJSON())).toContain('\\"log_group_name\\":\\"given\\"');
  });

  test('extends the visibility timeout and waits for the work, so that nothing is warned of', () => {
    const long = { scaling: QueueScaling.onLatency({ acceptable: Duration.hours(12), processingTime: Duration.hours(3), max: 2 }) };
    const warned = (props: Partial<Ec2WorkersProps>) => {
      const stack = new Stack(new App(), 'Stack', { env });
      setUp({ ...long, queue: new sqs.Queue(stack, 'Short'), ...props }, stack);
      return warnings(stack).map(text => /(?<=Ec2Workers\.)\w+/.exec(text)?.[0]);
    };
    expect(warned({})).toEqual([]);
    expect(warned({ command: workerContainer() })).toEqual(['visibilityTimeout', 'inFlightTimeout']);
  });

  test('can be followed by commands of the user', () => {
    const { workers, template } = setUp();
    workers.userData.addCommands('echo done');
    expect(JSON.stringify(template().toJSON())).toContain('echo done');
  });

  test('that does not fit into the user data is refused when the template is written', () => {
    const { workers } = setUp(shell(`# ${'x'.repeat(16_384)}`));
    const problems = workers.node.validate().flatMap(message => readError(message).problems);
    expect(problems).toEqual([expect.objectContaining({ prop: 'userData', allowed: expect.stringContaining('16 KiB') })]);
  });

  test('leaves more than half of the user data to its script', () => {
    expect(userDataOf(shell('true', { setup: 'true' })).length).toBeLessThan(7000);
    expect(userDataOf({ inFlight: InFlightProtection.instanceProtection() }).length).toBeLessThan(7000);
  });
});

describe('a container', () => {
  const script = (props: Partial<Ec2WorkersProps> = container()) => file('/opt/worker/container', props);

  test('runs in Docker of Amazon Linux 2023, in the network of the host, with an init process and its logs', () => {
    const userData = userDataOf(container());
    expect(userData).toContain('until dnf install -y docker; do sleep 30; done\nsystemctl enable --now docker worker');
    expect(script()).toContain("image='images/worker:1'");
    expect(script()).toMatch(/exec docker run --rm --init --name worker --network host --env-file \/opt\/worker\/environment --stop-timeout 600 /);
    expect(script()).toMatch(/--log-driver awslogs --log-opt mode=non-blocking --log-opt awslogs-region=\$AWS_REGION --log-opt awslogs-group=<WorkersLogGroup\w+>/);
    expect(file('/etc/systemd/system/worker.service', container()).split('\n')).toEqual(expect.arrayContaining(['ExecStop=/usr/bin/docker stop worker', 'Restart=always', 'TimeoutStopSec=infinity']));
    setUp(container()).template().hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: Match.objectLike({ MetadataOptions: Match.objectLike({ HttpPutResponseHopLimit: 1 }) }) });
  });

  test('has the queue and the Region in its environment, and what is given', () => {
    expect(file('/opt/worker/environment', container({ environment: { LEVEL: 'a "b"', TABLE: Token.asString({ Ref: 'Table' }) } })).split('\n')).toEqual([
      'LEVEL=a "b"', 'TABLE=<Table>', expect.stringMatching(/^QUEUE_URL=<Queue\w+>$/), 'AWS_REGION=eu-west-1', '',
    ]);
  });

  test.each<[string, string[] | undefined, string]>([
    ['of the image', undefined, '"$image" \n'],
    ['given', ["it's", 'two words'], '"$image" \'it\'\\\'\'s\' \'two words\'\n'],
    ['only known at deployment', Token.asList({ Ref: 'Words' }), '"$image" \'<token>\'\n'],
  ])('with the command %s', (_, command, end) => {
    expect(script(container({ command })).endsWith(end)).toBe(true);
  });

  test.each<[string, InFlightProtection, number]>([
    ['hook', InFlightProtection.lifecycleHook({ timeout: Duration.minutes(30) }), 1800], ['reason not to wait', InFlightProtection.none('short work'), 600],
  ])('is stopped after the time of the %s', (_, inFlight, seconds) => {
    expect(script({ ...container(), inFlight })).toContain(`--stop-timeout ${seconds} `);
  });

  test('from Amazon ECR: the role may pull it, and nothing else', () => {
    const stack = new Stack(new App(), 'Stack', { env });
    const repository = ecr.Repository.fromRepositoryName(stack, 'Images', 'worker');
    const { workers, template } = setUp({ command: WorkerCommand.container(ecs.ContainerImage.fromEcrRepository(repository, '1.4.0')) }, stack);
    template().hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(workers.role.roleName)],
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: Match.arrayWith(['ecr:BatchGetImage']), Resource: stack.resolve(repository.repositoryArn) },
          { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
        ],
      },
    });
    expect(warnings(stack)).toEqual([]);
  });

  test('from a folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'image-'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch');
    const stack = new Stack(new App(), 'Stack', { env });
    const { workers, template } = setUp({ command: WorkerCommand.container(ecs.ContainerImage.fromAsset(folder)) }, stack);
    template().hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(workers.role.roleName)],
      PolicyDocument: Match.objectLike({ Statement: Match.arrayWith([Match.objectLike({ Action: 'ecr:GetAuthorizationToken' })]) }),
    });
    rmSync(folder, { recursive: true });
  });

  test('needs no role to be pulled from a public registry', () => {
    setUp(container()).template().resourceCountIs('AWS::IAM::Policy', 0);
  });
});

test.each<[string, Partial<Ec2WorkersProps>]>([
  ['a shell command', shell('true', { setup: 'true', concurrency: 4 })],
  ['a shell command with instance protection', { inFlight: InFlightProtection.instanceProtection() }],
  ['a shell command without protection', { inFlight: InFlightProtection.none('short work') }],
  ['a container', container({ command: ["it's"] })],
])('%s: every script is valid for bash', (_, props) => {
  const userData = userDataOf(props);
  const scripts = [userData, ...Object.values(filesOf(userData)).filter(content => content.startsWith('#!/bin/bash'))];
  expect(scripts.length).toBeGreaterThan(2);
  for (const input of scripts) expect(spawnSync('bash', ['-n'], { input: input.replace(/<(\w|::)+>/g, 'x'), encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

const windows = WorkerImage.custom({
  machineImage: ec2.MachineImage.genericWindows({ [env.region]: 'ami-0123456789abcdef0' }), architecture: ec2.InstanceArchitecture.ARM_64, rootDeviceName: '/dev/sda1',
});
const protection = { inFlight: InFlightProtection.instanceProtection() };
const secretOf = (stack: Stack) => secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'secret');

test.each<[string, (stack: Stack) => Partial<Ec2WorkersProps>, { readonly prop: string; readonly got?: string; readonly allowed: string }]>([
  ['user data too', () => ({ userData: workerScript() }), { prop: 'userData', got: 'with a command', allowed: 'one of them' }],
  ['an empty script', () => shell(' '), { prop: 'command.script', got: "' '", allowed: 'not empty' }],
  ['an empty setup', () => shell('true', { setup: '' }), { prop: 'command.setup', got: "''", allowed: 'not empty' }],
  ['no time', () => shell('true', { timeout: Duration.millis(999) }), { prop: 'command.timeout', got: '999 milliseconds', allowed: '1 second to 12 hours' }],
  ['too much time', () => shell('true', { timeout: Duration.seconds(43_201) }), { prop: 'command.timeout', got: '12 hours 1 second', allowed: '1 second to 12 hours' }],
  ['no concurrency', () => shell('true', { concurrency: 0 }), { prop: 'command.concurrency', got: '0', allowed: 'at least 1' }],
  ['half a message', () => shell('true', { concurrency: 1.5 }), { prop: 'command.concurrency', got: '1.5', allowed: 'whole' }],
  ['two messages under one protection', () => ({ ...shell('true', { concurrency: 2 }), ...protection }), { prop: 'command.concurrency', got: '2, with', allowed: '1' }],
  ['an image for Windows', () => ({ image: windows }), { prop: 'command', got: 'Windows', allowed: 'Linux' }],
  ['secrets', stack => container({ secrets: { PASSWORD: ecs.Secret.fromSecretsManager(secretOf(stack)) } }), { prop: 'command.secrets', got: 'PASSWORD', allowed: 'no secrets' }],
  ['a variable of two lines', () => container({ environment: { TEXT: 'a\nb' } }), { prop: 'command.environment', got: 'TEXT', allowed: 'one line' }],
  ['a reserved variable', () => container({ environment: { QUEUE_URL: '' } }), { prop: 'command.environment', got: 'QUEUE_URL', allowed: 'other than' }],
  ['credentials for a registry', stack => ({ command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker', { credentials: secretOf(stack) })) }),
    { prop: 'command.image', got: 'credentials', allowed: 'Amazon ECR' }],
  ['a log group elsewhere', stack => ({ logGroup: logs.LogGroup.fromLogGroupArn(stack, 'Logs', 'arn:aws:logs:us-east-1:111122223333:log-group:x') }),
    { prop: 'logGroup', got: 'us-east-1', allowed: 'eu-west-1' }],
  ['a log group without a command', stack => ({ command: undefined, userData: workerScript(), logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', 'x') }),
    { prop: 'logGroup', got: 'without a command', allowed: 'with a command' }],
])('%s is refused, and nothing is left behind', (_, props, { prop, got, allowed }) => {
  const stack = new Stack(new App(), 'Stack', { env });
  expect(problemsOf(() => setUp(props(stack), stack))).toEqual([expect.objectContaining({ prop, got: expect.stringContaining(got ?? ''), allowed: expect.stringContaining(allowed) })]);
  expect(stack.node.tryFindChild('Workers')).toBeUndefined();
});

test.each<[string, Partial<Ec2WorkersProps>]>([
  ['the least time and one message', shell('true', { timeout: Duration.seconds(1), concurrency: 1 })],
  ['the most time', shell('true', { timeout: Duration.hours(12) })],
  ['one message under a protection', protection],
  ['several messages without one', { ...shell('true', { concurrency: 2 }), inFlight: InFlightProtection.none('short work') }],
  ['a script only known at synthesis', shell(Lazy.string({ produce: () => 'true' }))],
])('%s is allowed', (_, props) => {
  expect(() => setUp(props).template()).not.toThrow();
});

test('two in one stack', () => {
  const { stack, workers: { queue } } = setUp();
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Other', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-1'] });
  new Ec2Workers(stack, 'More', { vpc, queue, scaling: QueueScaling.onBacklog({ backlogPerWorker: 1, max: 1 }), ...container() });
  Template.fromStack(stack).resourceCountIs('AWS::Logs::LogGroup', 2);
});

test('in isolated subnets the endpoints of SQS, of CloudWatch Logs and of Amazon EC2 Auto Scaling are missing', () => {
  const stack = new Stack(new App(), 'Stack', { env });
  const vpc = new ec2.Vpc(stack, 'Isolated', { subnetConfiguration: [{ name: 'inside', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
  setUp({ vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }, stack);
  Template.fromStack(stack);
  expect(warnings(stack)).toEqual([expect.stringContaining('sqs and logs and autoscaling')]);
});
