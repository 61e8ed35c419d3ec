import { Size } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { checkBounds } from '../../private/bounds';
import { describe, describeSize, pathOf } from '../../private/describe';
import { placeOf, placeProblems } from '../../private/environment';
import { policiesOf } from '../../private/key-permissions';
import { Problem, at, checkWhenWritten, unless } from '../../private/problems';
import { allowing } from '../../private/statements';
import { forgetUsesBeforeSynth, referredTo, resourcesAtSynthesis } from '../../private/uses';
import { warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';
import type { FargateWorkers, FargateWorkersProps } from '../fargate-workers';
import { queueProblems } from './queue-work';
import { FARGATE_WORKERS } from './worker-bounds';
import { subnetProblems } from './worker-subnets';

/** Memory in MiB. */
interface Memory {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

const GIB = 1024;

/**
 * The memory that Fargate has with so many CPU units.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const MEMORY: Record<number, Memory> = {
  256: { min: 512, max: 2 * GIB, step: 512 },
  512: { min: GIB, max: 4 * GIB, step: GIB },
  1024: { min: 2 * GIB, max: 8 * GIB, step: GIB },
  2048: { min: 4 * GIB, max: 16 * GIB, step: GIB },
  4096: { min: 8 * GIB, max: 30 * GIB, step: GIB },
  8192: { min: 16 * GIB, max: 60 * GIB, step: 4 * GIB },
  16_384: { min: 32 * GIB, max: 120 * GIB, step: 8 * GIB },
};

/** 1.5 GiB with a quarter of a vCPU is the one size between that Fargate does not have. */
function hasMemory(cpu: number, memory: number): boolean {
  const { min, max, step } = MEMORY[cpu];
  return memory >= min && memory <= max && memory % step === 0 && !(cpu === 256 && memory === 1536);
}

/** The least memory that Fargate has with so many CPU units; for a token, of the smallest task. */
export function leastMemory(cpu: number): Size {
  return Size.mebibytes((MEMORY[cpu] ?? MEMORY[FARGATE_WORKERS.cpu.default]).min);
}

/** Everything that is wrong with the props. */
export function fargateProblems(scope: Construct, props: FargateWorkersProps): Problem[] {
  const { queue, scaling, command, inFlight, purchasing, cluster, logGroup } = props;
  const here = { ...placeOf(scope), because: 'where the workers are' };
  return [
    ...at('queue', queueProblems(scope, queue)),
    ...subnetProblems(props, 'tasks'),
    ...at('scaling', scaling._check()),
    ...at('command', command._check()),
    ...at('inFlight', inFlight?._check() ?? []),
    ...at('purchasing', purchasing?._checkForFargate(scaling.max) ?? []),
    ...at('cluster', cluster ? placeProblems('cluster', cluster.env, here, 'Specify a cluster there, or omit it for a new one.') : []),
    ...at('logGroup', logGroup ? placeProblems('log group', logGroup.env, here, 'Specify a log group there, or omit it for a new one.') : []),
    ...checkBounds(FARGATE_WORKERS, props),
    ...sizeProblems(props),
  ];
}

/** Sizes that are within their bounds, and that Fargate does not have together. */
function sizeProblems({ cpu, memory }: FargateWorkersProps): Problem[] {
  const units = cpu === undefined ? FARGATE_WORKERS.cpu.default : FARGATE_WORKERS.cpu.known(cpu);
  if (units === undefined) {
    return unless(cpu === undefined || memory !== undefined || FARGATE_WORKERS.cpu.check('cpu', cpu).length > 0, () => ({
      prop: 'memory', got: 'nothing, with a cpu only known at deployment', allowed: 'a size', fix: 'The default depends on cpu. Specify the memory.',
    }));
  }
  if (!MEMORY[units]) {
    return [{ prop: 'cpu', got: `${units}`, allowed: Object.keys(MEMORY).join(', '), fix: FARGATE_WORKERS.cpu.fix }];
  }
  const bytes = FARGATE_WORKERS.memory.known(memory);
  return unless(bytes === undefined || hasMemory(units, bytes / 1024 ** 2), () => ({
    prop: 'memory',
    got: `${describeSize(memory!)}, with a cpu of ${units}`,
    allowed: allowedMemory(units),
    fix: 'Choose another size, or another cpu.',
  }));
}

function allowedMemory(cpu: number): string {
  if (cpu === 256) return '512 MiB, 1 GiB or 2 GiB';
  const { min, max, step } = MEMORY[cpu];
  const unit = step === GIB ? 'in whole GiB' : `in multiples of ${step / GIB} GiB`;
  return `${min / GIB} GiB to ${max / GIB} GiB (inclusive), ${unit}`;
}

/** The setting of a cluster for Container Insights. */
interface ClusterSetting {
  readonly Name?: unknown;
  readonly Value?: unknown;
}

/**
 * Checks at synthesis that the cluster publishes the number of running tasks. An aspect, a property injector or an escape hatch can turn it off for a new
 * cluster too. What an account has by default is not known, nor the setting of an imported cluster.
 */
export function checkInsights(workers: FargateWorkers, cluster: ecs.ICluster): void {
  const resource = cluster.node.defaultChild;
  if (!ecs.CfnCluster.isCfnCluster(resource)) {
    warnOfInsights(workers, 'It is not known whether the imported cluster has Container Insights.');
    return;
  }
  checkWhenWritten(workers, 'FargateWorkers', () => {
    const setting = insightsOf(resource);
    if (setting === undefined) warnOfInsights(workers, `The cluster '${cluster.node.path}' does not say whether it has Container Insights.`);
    return unless(setting !== 'disabled', () => ({
      prop: 'cluster',
      got: `'${cluster.node.path}' without Container Insights`,
      allowed: 'a cluster with Container Insights',
      fix: 'The scaling policies read the number of running tasks, which Container Insights publishes. Specify containerInsightsV2: ecs.ContainerInsights.ENABLED for the cluster, and remove what turns it off.',
    }));
  });
}

function insightsOf(cluster: ecs.CfnCluster): unknown {
  const settings = writtenProperties(cluster).ClusterSettings;
  const known = Array.isArray(settings) ? settings as ClusterSetting[] : [];
  return known.find(({ Name }) => Name === 'containerInsights')?.Value;
}

function warnOfInsights(workers: FargateWorkers, what: string): void {
  warn(workers, 'FargateWorkers.containerInsights',
    `${what} The scaling policies read the number of running tasks, which Container Insights publishes. Without it, the service starts another task as long as messages wait, `
    + `up to the maximum of ${describe(workers.scaling.max)}, and never stops one: all of them are billed until you stop them. `
    + 'Turn it on for the cluster (the cluster setting containerInsights: enabled), or acknowledge this warning if it is on for the cluster or by default in the account.');
}

/** Lets the service use the capacity providers of Fargate, or tells what the owner of the cluster has to do. */
export function allowCapacityProviders(workers: FargateWorkers, cluster: ecs.ICluster): void {
  if (ecs.Cluster.isCluster(cluster)) {
    cluster.enableFargateCapacityProviders();
    checkAssociation(workers, cluster);
    return;
  }
  warn(workers, 'FargateWorkers.capacityProviders',
    'The imported cluster has to be associated with the capacity providers FARGATE and FARGATE_SPOT, or the service cannot be created. Associate them with '
    + 'aws ecs put-cluster-capacity-providers, or acknowledge this warning if they are.');
}

/** A cluster has one association. CloudFormation creates a second one without an error, and it replaces the capacity providers of the first. */
function checkAssociation(workers: FargateWorkers, cluster: ecs.Cluster): void {
  forgetUsesBeforeSynth(workers);
  checkWhenWritten(workers, 'FargateWorkers', () => {
    const associations = resourcesAtSynthesis(workers).filter(ecs.CfnClusterCapacityProviderAssociations.isCfnClusterCapacityProviderAssociations)
      .filter(association => referredTo(association, association.cluster).has(cluster.node.defaultChild!));
    return unless(associations.length < 2, () => ({
      prop: 'purchasing',
      got: `Spot capacity, in the cluster '${cluster.node.path}' with ${associations.map(pathOf).join(' and ')}`,
      allowed: 'one association of a cluster with capacity providers',
      fix: 'One of them would replace the other. Remove yours, and add its capacity providers with the methods of the cluster.',
    }));
  });
}

/**
 * What the tasks cannot do without the endpoint of a service, as far as the template says: an image in Amazon ECR is pulled from ECR and from S3.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
 */
export function neededEndpoints({ taskDefinition }: FargateWorkers): Record<string, string> {
  const { ContainerDefinitions } = writtenProperties(taskDefinition.node.defaultChild as ecs.CfnTaskDefinition);
  const images = JSON.stringify((ContainerDefinitions as { Image?: unknown }[]).map(({ Image }) => Image));
  const starter = taskDefinition.executionRole!.node.defaultChild as iam.CfnRole;
  const reads = (action: string) => policiesOf(starter)?.some(document => allowing(document, action).length > 0);
  const pull = 'start, because their image cannot be pulled';
  const read = 'start, because their secrets cannot be read';
  return {
    sqs: 'receive messages',
    logs: 'start, because they cannot write their logs',
    ...images.includes('.dkr.ecr.') && { 'ecr.api': pull, 'ecr.dkr': pull, 's3': pull },
    ...reads('secretsmanager:GetSecretValue') && { secretsmanager: read },
    ...reads('ssm:GetParameters') && { ssm: read },
  };
}
