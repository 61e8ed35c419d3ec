import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { rows } from './change';
import { givenKey, givenQueue, givenTopic } from './changes-queues';
import {
  BacklogScalingProps, ContainerCommandOptions, Ec2Workers, Ec2WorkersProps, FargateWorkers, FargateWorkersProps, FunctionConcurrency,
  FunctionSource, FunctionWorker, FunctionWorkerProps, InFlightProtection, LatencyScalingProps, ProvisionedPollersOptions, Purchasing, QueueScaling,
  QueueSourceOptions, ShellCommandOptions, SpotPurchasingProps, StepScalingProps, TaskProtection, WorkerCommand, WorkerFunction, WorkerImage,
} from '../../src/workers';
import { QueueScalingOptions } from '../../src/workers/private/queue-scaling-options';
import { network, workerScript } from '../support/constructs';

const onBacklog = (props: Partial<BacklogScalingProps> = {}) => ({ scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4, ...props }) });
const onLatency = (props: Partial<LatencyScalingProps> = {}) => ({
  scaling: QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.seconds(1), max: 4, ...props }),
});
const onSteps = (props: Partial<StepScalingProps> = {}) => ({
  scaling: QueueScaling.onSteps({ steps: [{ messages: 10, workers: 1 }], max: 4, ...props }),
});
const limits = (props: string, scaling: (limits?: Partial<QueueScalingOptions>) => Partial<Ec2WorkersProps>) => ({
  [`${props}.min`]: { 0: () => scaling(), 1: () => scaling({ min: 1 }) },
  [`${props}.max`]: { 4: () => scaling(), 8: () => scaling({ max: 8 }) },
  [`${props}.cooldown`]: { 'nothing': () => scaling(), 'Duration.minutes(5)': () => scaling({ cooldown: Duration.minutes(5) }) },
  [`${props}.idleTime`]: { 'nothing': () => scaling(), 'Duration.minutes(30)': () => scaling({ idleTime: Duration.minutes(30) }) },
});
const spot = (props?: SpotPurchasingProps) => ({ purchasing: Purchasing.spot(props) });
const custom = (image: string, architecture: ec2.InstanceArchitecture, rootDeviceName: string) => ({
  image: WorkerImage.custom({ machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': image }), architecture, rootDeviceName }),
});
const { ARM_64, X86_64 } = ec2.InstanceArchitecture;
const inEurope = (stack: Stack, props: Partial<Ec2WorkersProps>) => workers(new Stack(stack, 'Europe', { env: { region: 'eu-west-1' } }), props);

function workers(stack: Stack, props: Partial<Ec2WorkersProps>) {
  new Ec2Workers(stack, 'Subject', { vpc: network(stack), queue: givenQueue(stack), userData: workerScript(), ...onBacklog(), ...props });
}

const handlerCode = lambda.Code.fromInline('exports.handler = async () => {};');
const code: lambda.FunctionProps = { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: handlerCode };
const onQueue = (options?: QueueSourceOptions) => (stack: Stack) => ({ source: FunctionSource.queue(givenQueue(stack), options) });
const concurrency = (make: () => FunctionConcurrency) => (stack: Stack) => onQueue({ concurrency: make() })(stack);
const pollers = (options?: ProvisionedPollersOptions) => concurrency(() => FunctionConcurrency.provisionedPollers(options));

function functionWorker(stack: Stack, props: Partial<FunctionWorkerProps>) {
  new FunctionWorker(stack, 'Subject', { source: props.source ?? FunctionSource.queue(givenQueue(stack)), function: props.function ?? WorkerFunction.create(code) });
}

function fargateWorkers(stack: Stack, props: Partial<FargateWorkersProps>) {
  new FargateWorkers(stack, 'Subject', { vpc: network(stack), queue: givenQueue(stack), command: container(), ...onBacklog(), ...props });
}
const container = (options?: ContainerCommandOptions) => WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker'), options);
const shell = (options?: ShellCommandOptions) => ({ userData: undefined, command: WorkerCommand.shell('true', options) });
const secretOf = (stack: Stack) => ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(stack, 'Password', 'password'));

/** None of these holds data; they are here so that the table is complete, and to prove that none of them makes anything that does. */
export const CHANGES_WORKERS = [
  ...rows<Partial<Ec2WorkersProps>>('Ec2Workers', workers, {
    'Ec2WorkersProps.queue': { 'one queue': () => ({}), 'another queue': stack => ({ queue: givenQueue(stack, 'other') }) },
    'Ec2WorkersProps.vpc': {
      'one network': () => ({}),
      'another network': stack => ({ vpc: ec2.Vpc.fromVpcAttributes(stack, 'OtherVpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-1'] }) }),
    },
    'Ec2WorkersProps.scaling': { 'QueueScaling.onBacklog(…)': () => ({}), 'QueueScaling.onLatency(…)': () => onLatency() },
    'Ec2WorkersProps.vpcSubnets': { 'nothing': () => ({}), 'one zone': () => ({ vpcSubnets: { availabilityZones: ['eu-west-1a'] } }) },
    'Ec2WorkersProps.securityGroups': {
      'nothing': () => ({}), 'a group': stack => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-1')] }),
    },
    'Ec2WorkersProps.userData': { 'a script': () => ({}), 'another script': () => ({ userData: ec2.UserData.custom('#!/bin/sh\n/opt/other-worker &') }) },
    'Ec2WorkersProps.command': {
      'nothing': () => ({}),
      'WorkerCommand.shell(script)': () => shell(),
      'WorkerCommand.container(image)': () => ({ userData: undefined, command: container() }),
    },
    'Ec2WorkersProps.logGroup': { 'nothing': () => shell(), 'a log group': stack => ({ ...shell(), logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', 'workers') }) },
    'ShellCommandOptions.setup': { 'nothing': () => shell(), 'a script': () => shell({ setup: 'dnf install -y ffmpeg' }) },
    'ShellCommandOptions.timeout': { 'nothing': () => shell(), 'Duration.hours(1)': () => shell({ timeout: Duration.hours(1) }) },
    'ShellCommandOptions.concurrency': { nothing: () => shell(), 4: () => shell({ concurrency: 4 }) },
    'Ec2WorkersProps.image': {
      'WorkerImage.amazonLinux2023()': () => ({}), 'WorkerImage.amazonLinux2023(X86_64)': () => ({ image: WorkerImage.amazonLinux2023(X86_64) }),
    },
    'Ec2WorkersProps.instanceTypes': {
      'nothing': () => ({}),
      'one type': () => ({ instanceTypes: [new ec2.InstanceType('m7g.large')] }),
      'two types': () => ({ instanceTypes: [new ec2.InstanceType('m7g.large'), new ec2.InstanceType('c7g.large')] }),
    },
    'Ec2WorkersProps.purchasing': { 'Purchasing.onDemand()': () => ({ purchasing: Purchasing.onDemand() }), 'Purchasing.spot()': () => spot() },
    'Ec2WorkersProps.inFlight': {
      'InFlightProtection.lifecycleHook()': () => ({}),
      'InFlightProtection.instanceProtection()': () => ({ inFlight: InFlightProtection.instanceProtection() }),
      'InFlightProtection.none(reason)': () => ({ inFlight: InFlightProtection.none('not needed here') }),
    },
    'Ec2WorkersProps.rootVolumeSize': { 'nothing': () => ({}), 'Size.gibibytes(20)': () => ({ rootVolumeSize: Size.gibibytes(20) }) },
    'Ec2WorkersProps.rootVolumeKey': {
      'nothing': () => ({}),
      'one key': stack => ({ rootVolumeKey: givenKey(stack, 'one') }),
      'another key': stack => ({ rootVolumeKey: givenKey(stack, 'other') }),
    },
    'Ec2WorkersProps.sessionManager': { true: () => ({}), false: () => ({ sessionManager: false }) },
    'Ec2WorkersProps.detailedMonitoring': { false: () => ({}), true: () => ({ detailedMonitoring: true }) },
    'Ec2WorkersProps.healthChecks': { 'nothing': () => ({}), 'another grace period': () => ({ healthChecks: autoscaling.HealthChecks.ec2({ gracePeriod: Duration.minutes(9) }) }) },
    'Ec2WorkersProps.notifications': { 'nothing': () => ({}), 'a topic': stack => ({ notifications: [givenTopic(stack)] }) },
    'Ec2WorkersProps.updatePolicy': { 'nothing': () => ({}), 'UpdatePolicy.replacingUpdate()': () => ({ updatePolicy: autoscaling.UpdatePolicy.replacingUpdate() }) },
    'Ec2WorkersProps.terminationPolicies': { nothing: () => ({}), OLDEST_INSTANCE: () => ({ terminationPolicies: [autoscaling.TerminationPolicy.OLDEST_INSTANCE] }) },
    'Ec2WorkersProps.maxInstanceLifetime': { 'nothing': () => ({}), 'Duration.days(7)': () => ({ maxInstanceLifetime: Duration.days(7) }) },
    ...limits('BacklogScalingProps', onBacklog),
    ...limits('LatencyScalingProps', onLatency),
    ...limits('StepScalingProps', onSteps),
    'StepScalingProps.steps': { 'one step': () => onSteps(), 'two steps': () => onSteps({ steps: [{ messages: 10, workers: 1 }, { messages: 100, workers: 4 }] }) },
    'ScalingStep.messages': { 10: () => onSteps(), 20: () => onSteps({ steps: [{ messages: 20, workers: 1 }] }) },
    'ScalingStep.workers': { 1: () => onSteps(), 2: () => onSteps({ steps: [{ messages: 10, workers: 2 }] }) },
    'BacklogScalingProps.backlogPerWorker': { 10: () => ({}), 20: () => onBacklog({ backlogPerWorker: 20 }) },
    'LatencyScalingProps.acceptable': { 'Duration.seconds(60)': () => onLatency(), 'Duration.seconds(120)': () => onLatency({ acceptable: Duration.seconds(120) }) },
    'LatencyScalingProps.processingTime': { 'Duration.seconds(1)': () => onLatency(), 'Duration.seconds(2)': () => onLatency({ processingTime: Duration.seconds(2) }) },
    'SpotPurchasingProps.onDemandBase': { nothing: () => spot(), 1: () => spot({ onDemandBase: 1 }) },
    'SpotPurchasingProps.onDemandPercentage': { nothing: () => spot(), 50: () => spot({ onDemandPercentage: 50 }) },
    'SpotPurchasingProps.allocationStrategy': { nothing: () => spot(), LOWEST_PRICE: () => spot({ allocationStrategy: autoscaling.SpotAllocationStrategy.LOWEST_PRICE }) },
    'TerminationHookOptions.timeout': {
      'nothing': () => ({}), 'Duration.hours(1)': () => ({ inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.hours(1) }) }),
    },
  }),
  ...rows<Partial<Ec2WorkersProps>>('Ec2Workers', inEurope, {
    'CustomWorkerImageProps.machineImage': { 'one image': () => custom('ami-1', ARM_64, '/dev/xvda'), 'another image': () => custom('ami-2', ARM_64, '/dev/xvda') },
    'CustomWorkerImageProps.architecture': { ARM_64: () => custom('ami-1', ARM_64, '/dev/xvda'), X86_64: () => custom('ami-1', X86_64, '/dev/xvda') },
    'CustomWorkerImageProps.rootDeviceName': { '/dev/xvda': () => custom('ami-1', ARM_64, '/dev/xvda'), '/dev/sda1': () => custom('ami-1', ARM_64, '/dev/sda1') },
  }),
  ...rows<Partial<FunctionWorkerProps>>('FunctionWorker', functionWorker, {
    'FunctionWorkerProps.source': { 'one queue': onQueue(), 'another queue': stack => ({ source: FunctionSource.queue(givenQueue(stack, 'other')) }) },
    'FunctionWorkerProps.function': {
      'WorkerFunction.create(…)': () => ({}),
      'WorkerFunction.existing(function)': stack => ({ function: WorkerFunction.existing(new lambda.Function(stack, 'Given', code)) }),
    },
    'QueueSourceOptions.batchSize': { nothing: onQueue(), 1: onQueue({ batchSize: 1 }) },
    'QueueSourceOptions.maxBatchingWindow': { 'nothing': onQueue(), 'Duration.minutes(1)': onQueue({ maxBatchingWindow: Duration.minutes(1) }) },
    'QueueSourceOptions.concurrency': {
      'nothing': onQueue(), 'FunctionConcurrency.maximum(2)': concurrency(() => FunctionConcurrency.maximum(2)), 'FunctionConcurrency.provisionedPollers()': pollers(),
    },
    'QueueSourceOptions.filters': { 'nothing': onQueue(), 'a filter': onQueue({ filters: [lambda.FilterCriteria.filter({ body: { kind: ['image'] } })] }) },
    'QueueSourceOptions.reportBatchItemFailures': { true: onQueue(), false: onQueue({ reportBatchItemFailures: false }) },
    'QueueSourceOptions.enabled': { true: onQueue(), false: onQueue({ enabled: false }) },
    'ProvisionedPollersOptions.minimumPollers': { nothing: pollers(), 10: pollers({ minimumPollers: 10 }) },
    'ProvisionedPollersOptions.maximumPollers': { nothing: pollers(), 1000: pollers({ maximumPollers: 1000 }) },
  }),
  ...rows<Partial<FargateWorkersProps>>('FargateWorkers', fargateWorkers, {
    'FargateWorkersProps.queue': { 'one queue': () => ({}), 'another queue': stack => ({ queue: givenQueue(stack, 'other') }) },
    'FargateWorkersProps.vpc': {
      'one network': () => ({}),
      'another network': stack => ({ vpc: ec2.Vpc.fromVpcAttributes(stack, 'OtherVpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-1'] }) }),
    },
    'FargateWorkersProps.command': {
      'one image': () => ({}), 'another image': () => ({ command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('other-worker')) }),
    },
    'FargateWorkersProps.scaling': { 'QueueScaling.onBacklog(…)': () => ({}), 'QueueScaling.onLatency(…)': () => onLatency() },
    'FargateWorkersProps.cluster': {
      'nothing': () => ({}), 'a cluster': stack => ({ cluster: ecs.Cluster.fromClusterArn(stack, 'Given', 'arn:aws:ecs:eu-west-1:111122223333:cluster/shared') }),
    },
    'FargateWorkersProps.cpu': { nothing: () => ({}), 1024: () => ({ cpu: 1024 }) },
    'FargateWorkersProps.memory': { 'nothing': () => ({}), 'Size.gibibytes(2)': () => ({ memory: Size.gibibytes(2) }) },
    'FargateWorkersProps.architecture': { nothing: () => ({}), X86_64: () => ({ architecture: ecs.CpuArchitecture.X86_64 }) },
    'FargateWorkersProps.vpcSubnets': { 'nothing': () => ({}), 'one zone': () => ({ vpcSubnets: { availabilityZones: ['eu-west-1a'] } }) },
    'FargateWorkersProps.securityGroups': {
      'nothing': () => ({}), 'a group': stack => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-1')] }),
    },
    'FargateWorkersProps.purchasing': { 'Purchasing.onDemand()': () => ({ purchasing: Purchasing.onDemand() }), 'Purchasing.spot()': () => spot() },
    'FargateWorkersProps.inFlight': {
      'TaskProtection.scaleInProtection()': () => ({}), 'TaskProtection.none(reason)': () => ({ inFlight: TaskProtection.none('not needed here') }),
    },
    'FargateWorkersProps.stopTimeout': { 'nothing': () => ({}), 'Duration.seconds(30)': () => ({ stopTimeout: Duration.seconds(30) }) },
    'FargateWorkersProps.logGroup': { 'nothing': () => ({}), 'a log group': stack => ({ logGroup: logs.LogGroup.fromLogGroupName(stack, 'Given', 'workers') }) },
    'ContainerCommandOptions.command': { 'nothing': () => ({}), "['node']": () => ({ command: container({ command: ['node'] }) }) },
    'ContainerCommandOptions.environment': { 'nothing': () => ({}), "{ LEVEL: 'debug' }": () => ({ command: container({ environment: { LEVEL: 'debug' } }) }) },
    'ContainerCommandOptions.secrets': { 'nothing': () => ({}), 'a secret': stack => ({ command: container({ secrets: { PASSWORD: secretOf(stack) } }) }) },
  }),
];
