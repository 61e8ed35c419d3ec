import { Duration, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import type { QueueScaling, ScalingStep } from '../queue-scaling';
import { WorkerImage } from '../worker-image';
import { START_STEP, START_THRESHOLD } from './queue-work';
import { DEFAULT_SUBNETS } from './worker-subnets';

/**
 * What the SSM agent needs for Session Manager, and no more: AmazonSSMManagedInstanceCore also lets an instance
 * read every parameter of the account. These actions have no resource that is known before the instance is.
 */
export function sessionManagerStatement(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    resources: ['*'],
  });
}

/** An empty script for the operating system of the image. */
export function defaultUserData(scope: Ec2Workers, image: WorkerImage): ec2.UserData {
  const windows = image._operatingSystem(scope) === ec2.OperatingSystemType.WINDOWS;
  return ec2.UserData.forOperatingSystem(windows ? ec2.OperatingSystemType.WINDOWS : ec2.OperatingSystemType.LINUX);
}

/** The launch template of every instance. */
export function createLaunchTemplate(
  workers: Ec2Workers,
  props: Ec2WorkersProps,
  image: WorkerImage,
  instanceType: ec2.InstanceType,
): ec2.LaunchTemplate {
  const template = new ec2.LaunchTemplate(workers, 'LaunchTemplate', {
    machineImage: image.machineImage,
    instanceType,
    userData: workers.userData,
    role: workers.role,
    securityGroup: workers.securityGroups[0],
    associatePublicIpAddress: false,
    blockDevices: [{
      deviceName: image.rootDeviceName,
      volume: {
        ebsDevice: {
          encrypted: true,
          kmsKey: props.rootVolumeKey,
          volumeType: ec2.EbsDeviceVolumeType.GP3,
          volumeSize: props.rootVolumeSize?.toGibibytes(),
          deleteOnTermination: true,
        },
      },
    }],
    detailedMonitoring: props.detailedMonitoring ?? false,
    requireImdsv2: true,
    // One hop keeps the credentials of the role out of containers that are not in the host's network.
    httpPutResponseHopLimit: 1,
    // A worker reads the name of its group there: the user data cannot contain it, since the group depends on the user data.
    instanceMetadataTags: workers.inFlight.actions.length > 0 ? true : undefined,
  });
  workers.securityGroups.slice(1).forEach(group => template.addSecurityGroup(group));
  return template;
}

/** The group. It has a mixed instances policy only where one type with one purchase option is not enough. */
export function createGroup(workers: Ec2Workers, props: Ec2WorkersProps, instanceTypes: ec2.InstanceType[]): autoscaling.AutoScalingGroup {
  const distribution = props.purchasing?.instancesDistribution;
  const mixed = distribution !== undefined || instanceTypes.length > 1;
  return new autoscaling.AutoScalingGroup(workers, 'Group', {
    vpc: props.vpc,
    vpcSubnets: props.vpcSubnets ?? DEFAULT_SUBNETS,
    ...mixed ? {
      mixedInstancesPolicy: {
        launchTemplate: workers.launchTemplate,
        launchTemplateOverrides: instanceTypes.map(instanceType => ({ instanceType })),
        instancesDistribution: distribution ?? { onDemandPercentageAboveBaseCapacity: 100 },
      },
    } : { launchTemplate: workers.launchTemplate },
    capacityRebalance: distribution ? true : undefined,
    minCapacity: workers.scaling.min,
    maxCapacity: workers.scaling.max,
    defaultInstanceWarmup: workers.scaling.cooldown,
    // GroupInServiceInstances exists only while they are on; they are free.
    groupMetrics: [autoscaling.GroupMetrics.all()],
    healthChecks: props.healthChecks ?? autoscaling.HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
    notifications: props.notifications?.map(topic => ({ topic, scalingEvents: autoscaling.ScalingEvents.ALL })),
    updatePolicy: props.updatePolicy ?? autoscaling.UpdatePolicy.rollingUpdate(),
    terminationPolicies: props.terminationPolicies,
    maxInstanceLifetime: props.maxInstanceLifetime,
  });
}

/** The most steps that a policy may have. */
const MOST_STEPS = 20;

/**
 * Starts the first instances: those of the step, or as many as the messages fill, rounded down to a power of two. A group does not count instances that
 * warm up, so target tracking adds none until the first one has started and its warm-up is over (decisions/0038-scaling-simulator.md).
 *
 * So many more, not exactly so many, as `START_STEP`. What is only known at deployment cannot be divided here: then it is one.
 */
export function startSteps(scaling: QueueScaling): autoscaling.AdjustmentTier[] {
  const steps = scaling.steps ?? doublingSteps(scaling);
  const all = steps[0]?.messages === START_THRESHOLD ? steps : [{ messages: START_THRESHOLD, workers: START_STEP.adjustment }, ...steps];
  // The bounds of a step are counted from the threshold of the alarm.
  const bounds = all.map(({ messages }) => messages - START_THRESHOLD);
  return all.map(({ workers }, index) => ({ adjustment: workers, lowerBound: bounds[index], upperBound: bounds[index + 1] }));
}

/** Two instances, four and so on up to the maximum, each from the messages on that fill them. */
function doublingSteps({ backlogPerWorker, max }: QueueScaling): ScalingStep[] {
  if (Token.isUnresolved(backlogPerWorker) || Token.isUnresolved(max)) return [];
  const steps: ScalingStep[] = [];
  for (let workers = 2; steps.length < MOST_STEPS - 1 && workers / 2 < max; workers *= 2) {
    const within = Math.min(workers, max);
    steps.push({ messages: Math.ceil(within * backlogPerWorker!), workers: within });
  }
  return steps;
}

/** A step scaling policy of the group. */
export function createStepAction(workers: Ec2Workers, id: string, ...steps: autoscaling.AdjustmentTier[]): autoscaling.StepScalingAction {
  const action = new autoscaling.StepScalingAction(workers, id, {
    autoScalingGroup: workers.autoScalingGroup,
    // This L2 has no default, and the service needs one: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
    adjustmentType: autoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
  });
  steps.forEach(step => action.addAdjustment(step));
  return action;
}
