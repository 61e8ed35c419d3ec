import { Duration, Size } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { asymmetricKey, awsManagedQueue, keys, plainQueues, queuesWithDeadLetters } from './existing';
import { reasons } from './queues';
import { Field, bounded, either, leaf, map, nothing, numberTokens, oneOf, refusedBy, struct, textTokens, value } from './values';
import { ACCOUNT, OTHER_ACCOUNT } from './world';
import { Ordering, WorkQueue } from '../../../src/queues';
import { Ec2WorkersProps, InFlightProtection, Purchasing, QueueScaling, TaskProtection, WorkerCommand, WorkerImage } from '../../../src/workers';
import { BACKLOG_SCALING, EC2_WORKERS, FARGATE_WORKERS, LATENCY_SCALING, QUEUE_SCALING, SHELL_COMMAND, SPOT_PURCHASING, TERMINATION_HOOK } from '../../../src/workers/private/worker-bounds';

const queues: Field = leaf('queue', oneOf(
  ...plainQueues(false, 'topic'), ...plainQueues(true, 'base'), ...queuesWithDeadLetters('topic'), ...awsManagedQueue('topic'),
  value('a FIFO work queue', world => world.make('topic', (scope, id) => new WorkQueue(scope, id, { ordering: Ordering.fifo() }))),
), oneOf(value('a queue by the ARN of a topic', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sns:eu-west-1:${ACCOUNT}:topic`)))), oneOf(
  value('a queue of another account', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sqs:eu-west-1:${OTHER_ACCOUNT}:theirs`))),
  value('a queue of another Region', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sqs:eu-north-1:${ACCOUNT}:theirs`))),
));

const attributes = { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a', 'eu-west-1b'] };
const importedVpc = value('an imported VPC', world => world.once('vpc', 'current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, {
  ...attributes,
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
  publicSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
  publicSubnetRouteTableIds: ['rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'],
})));

const vpcs: Field = leaf('vpc', fc.oneof({ arbitrary: oneOf(importedVpc), weight: 12 }, { arbitrary: oneOf(value('a VPC', world => world.once('own vpc', 'base', (scope, id) => new ec2.Vpc(scope, id, { natGateways: 1 })))), weight: 1 }),
  undefined, oneOf(value('a VPC without private subnets', world => world.make('current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, attributes)))));

const subnets: Field = leaf('vpcSubnets', oneOf(
  value('private', () => ({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS })), value('public', () => ({ subnetType: ec2.SubnetType.PUBLIC })),
  value('{}', () => ({})), value('undefined', () => undefined),
), oneOf(
  value('isolated', () => ({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED })), value('by an unknown name', () => ({ subnetGroupName: 'nowhere' })), value('no subnets', () => ({ subnets: [] })),
  value('by name and type', () => ({ subnetGroupName: 'a', subnetType: ec2.SubnetType.PUBLIC })),
));

const securityGroups: Field = leaf('securityGroups', fc.oneof(oneOf(
  value('[a group]', world => [world.make('current', (scope, id) => new ec2.SecurityGroup(scope, id, { vpc: importedVpc.make(world) }))]),
  value('[two imported groups]', world => ['0', '1'].map(end => world.make('current', (scope, id) => ec2.SecurityGroup.fromSecurityGroupId(scope, id, `sg-0123456789abcdef${end}`)))),
), nothing), oneOf(value('[]', () => [])));

function commands(userData: ec2.UserData): ec2.UserData {
  userData.addCommands('/opt/worker &');
  return userData;
}

const limits: Record<string, Field> = {
  min: bounded('scaling.min', QUEUE_SCALING.min, { max: 3, token: 0 }),
  max: leaf('scaling.max', fc.oneof(fc.integer({ min: 3, max: 100 }).map(n => value(String(n), () => n)), numberTokens(7)), refusedBy(QUEUE_SCALING.max)),
  cooldown: bounded('scaling.cooldown', QUEUE_SCALING.cooldown),
  idleTime: bounded('scaling.idleTime', QUEUE_SCALING.idleTime),
};

/** At most 3 workers, which is the least maximum that is drawn. */
const rising = value('two steps', () => [{ messages: 1, workers: 1 }, { messages: 100, workers: 3 }]);
const oneStep = (messages: number, workers: number) => value(`[from ${messages}: ${workers}]`, () => [{ messages, workers }]);
const twenty = value('20 steps', () => Array.from({ length: 20 }, (_, index) => ({ messages: index + 1, workers: index + 1 })));
const steps: Field = either(
  leaf('scaling.steps', oneOf(rising, oneStep(1, 1), oneStep(50, 3)), oneOf(value('[]', () => []), twenty)),
  leaf('scaling.steps[0].messages', oneOf(rising, oneStep(2 ** 40, 1)), oneOf(oneStep(0, 1), oneStep(1.5, 1), oneStep(NaN, 1))),
  leaf('scaling.steps[0].workers', oneOf(rising, oneStep(7, 2)), oneOf(oneStep(1, 0), oneStep(1, 2.5))),
);

const scalings: Field = either(
  map(struct({
    ...limits,
    acceptable: leaf('scaling.acceptable', oneOf(value('Duration.hours(1)', () => Duration.hours(1)), value('Duration.seconds(60)', () => Duration.seconds(60))),
      fc.oneof(oneOf(value('Duration.millis(0.001)', () => Duration.millis(0.001))), refusedBy(LATENCY_SCALING.acceptable))),
    processingTime: leaf('scaling.processingTime', oneOf(
      value('Duration.millis(250)', () => Duration.millis(250)), value('Duration.seconds(60)', () => Duration.seconds(60)), value('Duration.millis(0.5)', () => Duration.millis(0.5)),
    ), refusedBy(LATENCY_SCALING.processingTime)),
  }, ['max', 'acceptable', 'processingTime']), 'QueueScaling.onLatency', given => QueueScaling.onLatency(given)),
  map(struct({
    ...limits,
    backlogPerWorker: leaf('scaling.backlogPerWorker', fc.oneof(fc.constantFrom(1, 1.5, 10, 1e9).map(n => value(String(n), () => n)), numberTokens(10)),
      refusedBy(BACKLOG_SCALING.backlogPerWorker)),
  }, ['max', 'backlogPerWorker']), 'QueueScaling.onBacklog', given => QueueScaling.onBacklog(given)),
  map(struct({ ...limits, steps }, ['max', 'steps']), 'QueueScaling.onSteps', given => QueueScaling.onSteps(given)),
  leaf('scaling', oneOf(value('QueueScaling.onBacklog()', () => QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }))), oneOf(
    value('min above max', () => QueueScaling.onBacklog({ backlogPerWorker: 10, min: 5, max: 4 })),
  )),
);

/** Types of the default architecture, or of x86 with its image. */
function machines(x86: boolean): Record<string, Field> {
  const arm = ['t4g.small', 'm7g.large', 'c7gn.xlarge'], intel = ['t3.small', 'm7i.large', 'c5.xlarge'];
  const [ours, theirs] = x86 ? [intel, arm] : [arm, intel];
  const list = (...names: string[]) => value(`[${names.join(', ')}]`, () => names.map(name => new ec2.InstanceType(name)));
  const custom = struct({
    machineImage: leaf('image.machineImage', oneOf(value('an image', () => ec2.MachineImage.genericLinux(Object.fromEntries(['eu-west-1', 'us-east-1', 'me-south-1', 'cn-north-1', 'us-gov-west-1', 'xx-nowhere-1'].map(region => [region, 'ami-0123456789abcdef0'])))),
      value('an image by a parameter', () => ec2.MachineImage.fromSsmParameter('/mine')))),
    architecture: leaf('image.architecture', oneOf(value('the architecture', () => x86 ? ec2.InstanceArchitecture.X86_64 : ec2.InstanceArchitecture.ARM_64))),
    rootDeviceName: leaf('image.rootDeviceName', fc.oneof(oneOf(value("'/dev/sda1'", () => '/dev/sda1')), textTokens('/dev/sda1')), oneOf(value("''", () => ''), value("'xvda'", () => 'xvda'))),
  }, ['machineImage', 'architecture', 'rootDeviceName']);
  const image = either(
    leaf('image', oneOf(value('amazonLinux2023()', () => WorkerImage.amazonLinux2023(x86 ? ec2.InstanceArchitecture.X86_64 : undefined)))),
    map(custom, 'WorkerImage.custom', given => WorkerImage.custom(given)),
  );
  return {
    image,
    instanceTypes: leaf('instanceTypes', fc.oneof(oneOf(...ours.map(name => list(name)), list(...ours), value('undefined', () => undefined)), oneOf(value('[Lazy]', world => [new ec2.InstanceType(world.lazyText(ours[0]))]))),
      oneOf(value('[]', () => []), list(ours[0], ours[0]), list(theirs[0]), list(ours[0], theirs[1]), value('41 types', () => [...Array(41).keys()].map(n => new ec2.InstanceType(`${x86 ? 'm' : 'm6'}${x86 ? n : 'g'}.${n}xlarge`))))),
  };
}

const names: Field = leaf('command.environment', oneOf(value('{}', () => ({})), value("{ LEVEL: 'debug' }", () => ({ LEVEL: 'debug' })), value('a token', world => ({ LEVEL: world.lazyText('debug') }))),
  oneOf(value("{ QUEUE_URL: '' }", () => ({ QUEUE_URL: '' })), value("{ '': '' }", () => ({ '': '' }))));

const secretsOf = (name: string) => value(`{ ${name}: a secret }`, world => ({
  [name]: ecs.Secret.fromSecretsManager(world.make('base', (scope, id) => new secretsmanager.Secret(scope, id))),
}));

const words: Field = leaf('command.command', oneOf(value("['node']", () => ['node']), value('undefined', () => undefined)), oneOf(value('[]', () => [])));

const containers: Field = map(struct({
  command: words,
  environment: names,
  secrets: leaf('command.secrets', oneOf(secretsOf('PASSWORD'), value('{}', () => ({}))), oneOf(secretsOf('AWS_REGION'))),
}), 'WorkerCommand.container', given => WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker'), given));

/** Docker has no secrets. */
const containersOnEc2: Field = map(struct({
  command: words,
  environment: names,
  secrets: leaf('command.secrets', oneOf(value('{}', () => ({}))), oneOf(secretsOf('PASSWORD'))),
}), 'WorkerCommand.container', given => WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker'), given));

const shells: Field = map(struct({
  script: leaf('command.script', fc.oneof(oneOf(value("'true'", () => 'true'), value('a script for Python', () => '#!/usr/bin/python3\nEND\n')), textTokens('true')), oneOf(value("''", () => ''))),
  setup: leaf('command.setup', oneOf(value("'dnf install -y ffmpeg'", () => 'dnf install -y ffmpeg'), value('undefined', () => undefined)), oneOf(value("' '", () => ' '))),
  timeout: bounded('command.timeout', SHELL_COMMAND.timeout),
  concurrency: bounded('command.concurrency', SHELL_COMMAND.concurrency, { max: 9, token: 2 }),
}, ['script']), 'WorkerCommand.shell', ({ script, ...options }) => WorkerCommand.shell(script, options));

const logGroups: Field = leaf('logGroup', oneOf(
  value('a log group', world => world.make('base', (scope, id) => new logs.LogGroup(scope, id))),
  value('an imported log group', world => world.make('current', (scope, id) => logs.LogGroup.fromLogGroupName(scope, id, 'workers'))), value('undefined', () => undefined),
));

const userData: Field = leaf('userData', oneOf(value('forLinux()', () => commands(ec2.UserData.forLinux())), value('custom', () => ec2.UserData.custom('#!/bin/sh\ntrue'))),
  oneOf(value('forWindows()', () => commands(ec2.UserData.forWindows()))));

/** What starts the workers: user data, or a command that runs for each message or in a container. */
export type Start = 'user data' | 'shell' | 'container';

/**
 * Props without a script or a command get a script: that there is none is only known, and refused, when the template is written
 * (test/workers/at-synthesis.test.ts), and what is drawn has to end there in a template.
 */
export function withScript(props: Ec2WorkersProps): Ec2WorkersProps {
  return props.command ? props : { ...props, userData: props.userData ?? commands(ec2.UserData.forLinux()) };
}

export function workersProps(x86: boolean, start: Start = 'user data'): Field {
  return struct({
    queue: queues,
    vpc: vpcs,
    scaling: scalings,
    ...machines(x86),
    vpcSubnets: subnets,
    securityGroups,
    ...start === 'user data' ? { userData } : { command: start === 'shell' ? shells : containersOnEc2, logGroup: logGroups },
    purchasing: either(
      leaf('purchasing', oneOf(value('onDemand()', () => Purchasing.onDemand()), value('spot()', () => Purchasing.spot()))),
      map(struct({
        onDemandBase: bounded('purchasing.onDemandBase', SPOT_PURCHASING.onDemandBase, { max: 3, token: 1 }),
        onDemandPercentage: bounded('purchasing.onDemandPercentage', SPOT_PURCHASING.onDemandPercentage),
        allocationStrategy: leaf('purchasing.allocationStrategy', oneOf(...Object.values(autoscaling.SpotAllocationStrategy).map(one => value(`'${one}'`, () => one)))),
      }), 'Purchasing.spot', given => Purchasing.spot(given)),
    ),
    inFlight: either(
      leaf('inFlight', oneOf(
        value('lifecycleHook()', () => InFlightProtection.lifecycleHook()), ...start === 'shell' ? [] : [value('instanceProtection()', () => InFlightProtection.instanceProtection())],
      )),
      map(struct({ timeout: bounded('inFlight.timeout', TERMINATION_HOOK.timeout) }), 'InFlightProtection.lifecycleHook', given => InFlightProtection.lifecycleHook(given)),
      map(reasons('inFlight.reason'), 'InFlightProtection.none', given => InFlightProtection.none(given)),
    ),
    rootVolumeSize: bounded('rootVolumeSize', EC2_WORKERS.rootVolumeSize, { token: Size.gibibytes(20) }),
    rootVolumeKey: leaf('rootVolumeKey', fc.oneof(oneOf(...keys, value('alias/aws/ebs', world => world.make('current', (scope, id) => kms.Alias.fromAliasName(scope, id, 'alias/aws/ebs')))), nothing), oneOf(asymmetricKey)),
    sessionManager: booleans('sessionManager'),
    detailedMonitoring: booleans('detailedMonitoring'),
    healthChecks: leaf('healthChecks', oneOf(value('ec2()', () => autoscaling.HealthChecks.ec2()), value('withAdditionalChecks()', () => autoscaling.HealthChecks.withAdditionalChecks({ additionalTypes: [autoscaling.AdditionalHealthCheckType.EBS] })), value('undefined', () => undefined))),
    notifications: leaf('notifications', oneOf(value('[]', () => []), value('[a topic]', world => [world.make('base', (scope, id) => new sns.Topic(scope, id))]), value('undefined', () => undefined)), oneOf(
      value('[a FIFO topic]', world => [world.make('base', (scope, id) => new sns.Topic(scope, id, { fifo: true }))]),
      value('[a topic, twice]', world => Array(2).fill(world.make('base', (scope, id) => new sns.Topic(scope, id)))),
      value('11 topics', world => [...Array(11)].map(() => world.make('base', (scope, id) => new sns.Topic(scope, id)))),
    )),
    updatePolicy: leaf('updatePolicy', oneOf(value('rollingUpdate()', () => autoscaling.UpdatePolicy.rollingUpdate()), value('replacingUpdate()', () => autoscaling.UpdatePolicy.replacingUpdate()), value('undefined', () => undefined))),
    terminationPolicies: leaf('terminationPolicies', oneOf(value('[]', () => []), value('[OLDEST_INSTANCE]', () => [autoscaling.TerminationPolicy.OLDEST_INSTANCE]), value('[DEFAULT]', () => [autoscaling.TerminationPolicy.DEFAULT])),
      oneOf(value('[CUSTOM_LAMBDA_FUNCTION]', () => [autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION]))),
    maxInstanceLifetime: bounded('maxInstanceLifetime', EC2_WORKERS.maxInstanceLifetime),
  }, ['queue', 'vpc', 'scaling', ...x86 ? ['image'] : [], ...start === 'user data' ? [] : ['command']]);
}

const clusters: Field = leaf('cluster', oneOf(
  value('undefined', () => undefined),
  value('a cluster', world => world.make('base', (scope, id) => new ecs.Cluster(scope, id, { vpc: importedVpc.make(world), containerInsightsV2: ecs.ContainerInsights.ENHANCED }))),
  value('an imported cluster', world => world.make('current', (scope, id) => ecs.Cluster.fromClusterAttributes(scope, id, { clusterName: 'shared', vpc: importedVpc.make(world) }))),
), undefined, oneOf(
  value('a cluster by its ARN', world => world.make('current', (scope, id) => ecs.Cluster.fromClusterArn(scope, id, `arn:aws:ecs:eu-west-1:${ACCOUNT}:cluster/shared`))),
  value('a cluster of another account', world => world.make('current', (scope, id) => ecs.Cluster.fromClusterArn(scope, id, `arn:aws:ecs:eu-west-1:${OTHER_ACCOUNT}:cluster/theirs`))),
));

/** Sizes that Fargate has, and some that it does not have. */
const sizes = (prop: 'cpu' | 'memory', allowed: (number | undefined)[], refused: number[]): Field => {
  const one = (amount: number | undefined) => value(`${amount}`, () => prop === 'cpu' || amount === undefined ? amount : Size.mebibytes(amount));
  return leaf(prop, oneOf(...allowed.map(one)), oneOf(...refused.map(one)));
};

/** On-Demand or Spot, as Fargate has it. */
const fargatePurchasing: Field = either(
  leaf('purchasing', oneOf(value('onDemand()', () => Purchasing.onDemand()), value('spot()', () => Purchasing.spot())), oneOf(
    value('spot() with a strategy', () => Purchasing.spot({ allocationStrategy: autoscaling.SpotAllocationStrategy.LOWEST_PRICE })),
  )),
  map(struct({
    onDemandBase: bounded('purchasing.onDemandBase', SPOT_PURCHASING.onDemandBase, { max: 3, token: 1 }),
    onDemandPercentage: leaf('purchasing.onDemandPercentage', fc.constantFrom(0, 1, 50, 99, 100).map(n => value(String(n), () => n)), refusedBy(SPOT_PURCHASING.onDemandPercentage)),
  }), 'Purchasing.spot', given => Purchasing.spot(given)),
);

/** Props of FargateWorkers, with and without a size. */
export function fargateWorkersProps(sized: boolean): Field {
  return struct({
    queue: queues,
    vpc: vpcs,
    command: containers,
    scaling: scalings,
    cluster: clusters,
    cpu: sized ? sizes('cpu', [1024], [255, 768, 16_640]) : sizes('cpu', [undefined, 256], [255, 768, 16_640]),
    memory: sized ? sizes('memory', [2048, 3072, 8192], [512, 9216, 2500]) : sizes('memory', [undefined, 512, 1024, 2048], [511, 1536, 122_881]),
    architecture: leaf('architecture', oneOf(value('ARM64', () => ecs.CpuArchitecture.ARM64), value('X86_64', () => ecs.CpuArchitecture.X86_64), value('undefined', () => undefined))),
    vpcSubnets: subnets,
    securityGroups,
    purchasing: fargatePurchasing,
    inFlight: either(
      leaf('inFlight', oneOf(value('scaleInProtection()', () => TaskProtection.scaleInProtection()))),
      map(reasons('inFlight.reason'), 'TaskProtection.none', given => TaskProtection.none(given)),
    ),
    stopTimeout: bounded('stopTimeout', FARGATE_WORKERS.stopTimeout),
    logGroup: logGroups,
  }, ['queue', 'vpc', 'command', 'scaling', ...sized ? ['cpu'] : []]);
}

function booleans(prop: string): Field {
  return leaf(prop, oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined)));
}

