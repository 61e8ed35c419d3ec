import { ArnFormat, Duration, Names, Size, Stack } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatch_actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Capacity, backlogExpression, targetTrackingQueries, trackedTarget } from './private/backlog';
import { createConsumePolicy } from './private/consume-policy';
import { allowCapacityProviders, checkInsights, fargateProblems, neededEndpoints } from './private/fargate-checks';
import { createCluster, createService, createStepAction, createTask, createTaskRole, targetOf } from './private/fargate-service';
import { checkQueueKey } from './private/queue-key';
import { QueueWork, START_STEP, STOP_STEP, createStartAlarm, createStopAlarm, warnOfQueue } from './private/queue-work';
import { warnOfRestriction } from './private/restricted-queue';
import { taskScheduleProblems } from './private/schedules';
import { createLogGroup } from './private/worker-logs';
import { warnOfSubnets } from './private/worker-subnets';
import { Purchasing } from './purchasing';
import { QueueScaling } from './queue-scaling';
import { IQueueWorkers } from './queue-workers';
import { TaskProtection } from './task-protection';
import { ContainerCommand } from './worker-command';
import { metricOptionProblems, metricOptions } from '../private/metric-options';
import { checkWhenWritten, refuse, throwProblems } from '../private/problems';

/** Properties of FargateWorkers. */
export interface FargateWorkersProps {
  /**
   * The queue that the workers receive from, in the account and Region of the workers.
   *
   * The number of busy tasks on a FIFO queue is limited to the number of message groups with messages. A greater
   * maximum only adds cost.
   */
  readonly queue: sqs.IQueue;

  /** The VPC of the tasks. */
  readonly vpc: ec2.IVpc;

  /** The container that processes the messages, as `WorkerCommand.container()` describes it. */
  readonly command: ContainerCommand;

  /** How many tasks there are. */
  readonly scaling: QueueScaling;

  /**
   * The cluster of the service, in the account and Region of the workers, with Container Insights. Its VPC does not matter.
   *
   * A cluster of this app without Container Insights is an error at synthesis. For Spot capacity, the capacity providers of
   * Fargate are added to a cluster of this app.
   *
   * @default - a new cluster with Container Insights, whose metrics are billed
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-container-insights.html
   */
  readonly cluster?: ecs.ICluster;

  /**
   * The CPU units of a task, of which 1024 are one vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384.
   *
   * @default 256
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   */
  readonly cpu?: number;

  /**
   * The memory of a task, in the combinations with `cpu` that Fargate has: 512 MiB to 120 GiB.
   *
   * @default - the least that Fargate has with that cpu, which is 2 GiB for each vCPU: 512 MiB with 256
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
   */
  readonly memory?: Size;

  /**
   * The processor architecture of the tasks, for which the image has to be built. Arm is cheaper.
   *
   * An image asset is built for the machine that runs the CDK, unless it has a `platform`: `ecr_assets.Platform.LINUX_ARM64` for the default. A task with an image for
   * another architecture ends with `exec format error`.
   *
   * @default ecs.CpuArchitecture.ARM64
   */
  readonly architecture?: ecs.CpuArchitecture;

  /**
   * The subnets of the tasks. The tasks must be able to reach SQS, CloudWatch Logs, the registry of the image, and the service of their secrets from there.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the tasks: at least one.
   *
   * @default - a new security group without ingress and with all egress
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The purchase options of the tasks. A change between On-Demand and Spot replaces the service.
   *
   * @default - Purchasing.onDemand()
   */
  readonly purchasing?: Purchasing;

  /**
   * How work in progress is protected from a scale-in and from a deployment.
   *
   * @default - TaskProtection.scaleInProtection(), which the worker has to turn on and off
   */
  readonly inFlight?: TaskProtection;

  /**
   * How long a task may take from `SIGTERM` to its end, after which it is stopped with `SIGKILL`: 1 second to 2 minutes, in whole seconds.
   *
   * A task that exits earlier is not billed for the rest.
   *
   * @default Duration.minutes(2)
   */
  readonly stopTimeout?: Duration;

  /**
   * Where the containers write their logs, in the account and Region of the workers.
   *
   * @default - a new log group with a retention of one month, which is kept when it is removed from the stack
   */
  readonly logGroup?: logs.ILogGroup;
}

/**
 * Fargate tasks that process the messages of a queue, in an Amazon ECS service that follows the backlog.
 *
 * Application Auto Scaling tracks the number of messages, waiting or in progress, for each running task. CloudWatch metric math computes
 * it from the metrics of the services. With a minimum of 0, an idle service costs its four CloudWatch alarms, and the metrics of
 * Container Insights, without which the number of running tasks is not known. They are billed for each cluster and service, with tasks or without.
 *
 * The first deployment starts one task, which ends after `scaling.idleTime`. A deployment whose tasks do not start is rolled back by the circuit breaker. A service that
 * is at 0 tasks during a deployment starts none: an image that does not start is deployed, and fails with the next message.
 *
 * Warnings: `cdk-decouple:FargateWorkers.queueKey`, `cdk-decouple:FargateWorkers.visibilityTimeout`, `cdk-decouple:FargateWorkers.publicSubnets`,
 * `cdk-decouple:FargateWorkers.isolatedSubnets`, `cdk-decouple:FargateWorkers.containerInsights`, `cdk-decouple:FargateWorkers.capacityProviders`,
 * `cdk-decouple:FargateWorkers.restrictedQueue`.
 *
 * @throws an error that names every prop that is wrong, before any resource is created
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
 */
export class FargateWorkers extends Construct implements IQueueWorkers, ec2.IConnectable {
  /** The queue that the workers receive from. */
  public readonly queue: sqs.IQueue;

  /** How many tasks there are. */
  public readonly scaling: QueueScaling;

  /** How work in progress is protected from a scale-in and from a deployment. */
  public readonly inFlight: TaskProtection;

  /** The cluster of the service. */
  public readonly cluster: ecs.ICluster;

  /** The service. */
  public readonly fargateService: ecs.FargateService;

  /** The task definition, with the container `Worker`. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  /** Where the containers write their logs. */
  public readonly logGroup: logs.ILogGroup;

  /** The role of the tasks. */
  public readonly role: iam.Role;

  /** The permissions of the role on the queue. */
  public readonly consumePolicy: iam.ManagedPolicy;

  /** The permissions of the role on the tasks of the cluster; undefined without protection. */
  public readonly protectionPolicy?: iam.ManagedPolicy;

  /** The security groups of the tasks. */
  public readonly securityGroups: ec2.ISecurityGroup[];

  /** What Application Auto Scaling scales: the number of tasks. You can add schedules to it. */
  public readonly taskCount: ecs.ScalableTaskCount;

  /** The target tracking policy. */
  public readonly scalingPolicy: appscaling.CfnScalingPolicy;

  /** The alarm that starts the first task; undefined if the minimum is above 0. It is billed. */
  public readonly startAlarm?: cloudwatch.Alarm;

  /** The action of that alarm, which adds one task; undefined if the minimum is above 0. */
  public readonly startAction?: appscaling.StepScalingAction;

  /** The alarm that ends the last task after `scaling.idleTime`; undefined if the minimum is above 0. It is billed. */
  public readonly stopAlarm?: cloudwatch.Alarm;

  /** The action of that alarm, which removes one task; undefined if the minimum is above 0. */
  public readonly stopAction?: appscaling.StepScalingAction;

  /** The role of the tasks, so that `bucket.grantRead(workers)` works. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The network connections of the tasks, by their security groups. */
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, props: FargateWorkersProps) {
    super(scope, id);
    throwProblems(this, 'FargateWorkers', fargateProblems(this, props));

    this.queue = props.queue;
    this.scaling = props.scaling;
    this.inFlight = props.inFlight ?? TaskProtection.scaleInProtection();
    this.cluster = props.cluster ?? createCluster(this, props.vpc);
    this.logGroup = props.logGroup ?? createLogGroup(this);

    this.role = createTaskRole(this);
    this.grantPrincipal = this.role;
    this.consumePolicy = createConsumePolicy(this, this.role, this.queue);
    if (this.inFlight.taskActions.length > 0) this.protectionPolicy = this.allowProtection();

    this.securityGroups = [...props.securityGroups ?? [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })]];
    this.connections = new ec2.Connections({ securityGroups: this.securityGroups });
    if (props.purchasing?._capacityProviders) allowCapacityProviders(this, this.cluster);
    this.taskDefinition = createTask(this, props);
    this.fargateService = createService(this, props);

    this.taskCount = this.fargateService.autoScaleTaskCount({ minCapacity: this.scaling.min, maxCapacity: this.scaling.max });
    this.scalingPolicy = this.trackBacklog();
    const { queue, scaling, role, capacity } = this;
    const work: QueueWork = { scope: this, construct: 'FargateWorkers', queue, scaling, role, capacity, extendsVisibility: false };
    if (scaling._mayReachZero) {
      this.startAction = createStepAction(this, 'StartAction', START_STEP);
      this.startAlarm = createStartAlarm(work, new cloudwatch_actions.ApplicationScalingAction(this.startAction));
      this.stopAction = createStepAction(this, 'StopAction', STOP_STEP);
      this.stopAlarm = createStopAlarm(work, new cloudwatch_actions.ApplicationScalingAction(this.stopAction));
    }
    checkInsights(this, this.cluster);
    checkQueueKey(work);
    checkWhenWritten(this, 'FargateWorkers', () => taskScheduleProblems(this.scaling, this.taskCount));
    warnOfQueue(work);
    warnOfRestriction(work, props.vpc);
    warnOfSubnets({
      workers: this,
      construct: 'FargateWorkers',
      placement: props,
      units: 'tasks',
      reachable: 'SQS, CloudWatch Logs and the registry of the image',
      services: () => neededEndpoints(this),
    });
  }

  /**
   * The number of messages, waiting or in progress, for each running task.
   *
   * While no task runs, it is the number of all messages. It does not say how long the oldest message waits. If the minimum is 0,
   * the target tracking policy reads another value while at most one task runs: at least 95 % of the target.
   *
   * @param options label, color and period; the period is 1 minute unless you give one
   * @throws an error for a period that CloudWatch does not have
   */
  public metricBacklogPerWorker(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    refuse(this, 'FargateWorkers', metricOptionProblems('metricBacklogPerWorker', options));
    return backlogExpression(this.queue, this.capacity, options);
  }

  /**
   * The number of running tasks, which Container Insights publishes. Whether it does so while there is none is not documented.
   *
   * @param options as of any metric; the average of 1 minute unless you give others
   * @throws an error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
   */
  public metricRunningTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'ECS/ContainerInsights',
      metricName: 'RunningTaskCount',
      dimensionsMap: { ClusterName: this.cluster.clusterName, ServiceName: this.fargateService.serviceName },
      ...metricOptions(this, 'FargateWorkers', 'metricRunningTasks', options, { statistic: cloudwatch.Stats.AVERAGE, period: Duration.minutes(1) }),
    });
  }

  private get capacity(): Capacity {
    return { metric: this.metricRunningTasks(), unit: 'task', mayStop: true };
  }

  private allowProtection(): iam.ManagedPolicy {
    const tasks = Stack.of(this).formatArn({
      service: 'ecs', resource: 'task', resourceName: `${this.cluster.clusterName}/*`, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
    return new iam.ManagedPolicy(this, 'ProtectionPolicy', {
      roles: [this.role],
      statements: [new iam.PolicyStatement({ actions: this.inFlight.taskActions, resources: [tasks] })],
    });
  }

  private trackBacklog(): appscaling.CfnScalingPolicy {
    // L1: the L2 refuses metric math ('Only direct metrics are supported for Target Tracking').
    return new appscaling.CfnScalingPolicy(this, 'BacklogPolicy', {
      policyName: Names.uniqueId(this),
      policyType: 'TargetTrackingScaling',
      scalingTargetId: targetOf(this.taskCount).scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: trackedTarget(this.scaling),
        customizedMetricSpecification: { metrics: targetTrackingQueries(this.queue, this.capacity, this.scaling) },
        scaleInCooldown: this.scaling.cooldown.toSeconds(),
        scaleOutCooldown: this.scaling.cooldown.toSeconds(),
      },
    });
  }
}
