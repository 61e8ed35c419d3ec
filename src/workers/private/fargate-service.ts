import { Size, Stack } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { FargateWorkers, FargateWorkersProps } from '../fargate-workers';
import { leastMemory } from './fargate-checks';
import { FARGATE_WORKERS } from './worker-bounds';
import { DEFAULT_SUBNETS } from './worker-subnets';

/** A cluster of the workers alone. The scaling policies read a metric of Container Insights. */
export function createCluster(workers: FargateWorkers, vpc: ec2.IVpc): ecs.Cluster {
  return new ecs.Cluster(workers, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
}

/** The role of the tasks. ECS assumes it for the tasks of this account and Region alone. */
export function createTaskRole(workers: FargateWorkers): iam.Role {
  const stack = Stack.of(workers);
  return new iam.Role(workers, 'Role', {
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: {
        ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'ecs', resource: '*' }) },
        StringEquals: { 'aws:SourceAccount': stack.account },
      },
    }),
  });
}

/** The task with its one container. */
export function createTask(workers: FargateWorkers, props: FargateWorkersProps): ecs.FargateTaskDefinition {
  const { command: { image, options } } = props;
  const cpu = props.cpu ?? FARGATE_WORKERS.cpu.default;
  const memory: Size = props.memory ?? leastMemory(cpu);
  const task = new ecs.FargateTaskDefinition(workers, 'Task', {
    cpu,
    memoryLimitMiB: memory.toMebibytes(),
    runtimePlatform: { cpuArchitecture: props.architecture ?? ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole: workers.role,
  });
  task.addContainer('Worker', {
    image,
    command: options.command,
    environment: { ...options.environment, QUEUE_URL: workers.queue.queueUrl, AWS_REGION: Stack.of(workers).region },
    secrets: options.secrets,
    stopTimeout: props.stopTimeout ?? FARGATE_WORKERS.stopTimeout.default,
    logging: ecs.LogDrivers.awsLogs({ logGroup: workers.logGroup, streamPrefix: 'worker' }),
  });
  return task;
}

/** The service. It has no desired count: CloudFormation would set it at every deployment, whatever the scaling policies have made of it. */
export function createService(workers: FargateWorkers, props: FargateWorkersProps): ecs.FargateService {
  const { vpc } = props;
  const service = new ecs.FargateService(workers, 'Service', {
    cluster: inVpc(workers, vpc),
    taskDefinition: workers.taskDefinition,
    vpcSubnets: props.vpcSubnets ?? DEFAULT_SUBNETS,
    securityGroups: workers.securityGroups,
    assignPublicIp: false,
    capacityProviderStrategies: props.purchasing?._capacityProviders,
    // Said, because CloudFormation replaces the service when it changes, and with a circuit breaker the CDK says it or not by a feature flag.
    deploymentController: { type: ecs.DeploymentControllerType.ECS },
    circuitBreaker: { enable: true, rollback: true },
    // New tasks run before the old ones stop, so a deployment that fails takes no worker away.
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
  });
  // The association with capacity providers is in the cluster, and both roles must have their permissions before the first task starts.
  const { cluster, consumePolicy, protectionPolicy, taskDefinition: { executionRole } } = workers;
  service.node.addDependency(...[cluster, consumePolicy, protectionPolicy, executionRole].filter(needed => needed !== undefined));
  return service;
}

/** The cluster, for a service in a VPC. A cluster is in no VPC; its L2 has one, and one that was imported by its ARN has none. */
function inVpc(workers: FargateWorkers, vpc: ec2.IVpc): ecs.ICluster {
  const { cluster } = workers;
  if (vpcOf(cluster) === vpc) return cluster;
  return ecs.Cluster.fromClusterAttributes(workers, 'ClusterInVpc', { clusterName: cluster.clusterName, clusterArn: cluster.clusterArn, vpc });
}

function vpcOf(cluster: ecs.ICluster): ec2.IVpc | undefined {
  try {
    return cluster.vpc;
  } catch {
    return undefined;
  }
}

/** A step scaling policy of the service, with one step. Like the tracking policy, it counts what it has started until the cooldown is over. */
export function createStepAction(workers: FargateWorkers, id: string, step: appscaling.AdjustmentTier): appscaling.StepScalingAction {
  const action = new appscaling.StepScalingAction(workers, id, {
    scalingTarget: targetOf(workers.taskCount),
    // This L2 has no default, and the service needs one.
    adjustmentType: appscaling.AdjustmentType.CHANGE_IN_CAPACITY,
    cooldown: workers.scaling.cooldown,
  });
  action.addAdjustment(step);
  return action;
}

/** The scalable target, which the L2 keeps to itself. */
export function targetOf(taskCount: ecs.ScalableTaskCount): appscaling.ScalableTarget {
  return taskCount.node.findChild('Target') as appscaling.ScalableTarget;
}
