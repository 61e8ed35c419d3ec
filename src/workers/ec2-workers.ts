import { Duration, Size } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatch_actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { InFlightProtection } from './in-flight-protection';
import { allowKeys } from './private/auto-scaling-key';
import { Capacity, backlogExpression, targetTrackingQueries, trackedTarget } from './private/backlog';
import { createConsumePolicy } from './private/consume-policy';
import { propsProblems } from './private/ec2-checks';
import { createUserData } from './private/ec2-command';
import { createGroup, createLaunchTemplate, createStepAction, defaultUserData, sessionManagerStatement, startSteps } from './private/ec2-group';
import { warnOfInstances } from './private/ec2-warnings';
import { checkQueueKey } from './private/queue-key';
import { QueueWork, STOP_STEP, createStartAlarm, createStopAlarm, warnOfQueue } from './private/queue-work';
import { warnOfRestriction } from './private/restricted-queue';
import { checkTemplate } from './private/template-checks';
import { createLogGroup } from './private/worker-logs';
import { Purchasing } from './purchasing';
import { QueueScaling } from './queue-scaling';
import { IQueueWorkers } from './queue-workers';
import { ShellCommand, WorkerCommand } from './worker-command';
import { WorkerImage } from './worker-image';
import { metricOptionProblems, metricOptions } from '../private/metric-options';
import { refuse, throwProblems } from '../private/problems';

/** Properties of Ec2Workers. */
export interface Ec2WorkersProps {
  /**
   * The queue that the workers receive from, in the account and Region of the workers.
   *
   * The number of busy instances on a FIFO queue is limited to the number of message groups with messages. A greater
   * maximum only adds cost.
   */
  readonly queue: sqs.IQueue;

  /** The VPC of the instances. */
  readonly vpc: ec2.IVpc;

  /** How many instances there are. */
  readonly scaling: QueueScaling;

  /**
   * The subnets of the instances. The instances must be able to reach SQS from there, and Session Manager if you use it.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the instances: at least one.
   *
   * @default - a new security group without ingress and with all egress
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What processes the messages: a shell script that is run for each message, or a container that receives them. The user data is made from it, for
   * Amazon Linux 2023 or an image of your own that is based on it.
   *
   * It installs what it needs from the repository of Amazon Linux 2023, which is in Amazon S3: Docker for a container, and the CloudWatch agent for
   * the logs of a shell script. The log group is kept when the command is removed.
   *
   * @default - the worker is started by `userData`, or is in the image
   */
  readonly command?: WorkerCommand;

  /**
   * The script that installs and starts the worker, in place of a command: at most 16384 bytes, which is checked at synthesis. Nothing is added to it.
   *
   * An empty script, or a shell script that contains only comments, is an error at synthesis, unless the image is one of your own, which may contain the worker.
   *
   * @default - that of the command. Without a command, an empty script for the operating system of the image, to which you add commands with
   * `userData.addCommands()`
   */
  readonly userData?: ec2.UserData;

  /**
   * Where the command writes its logs, in the account and Region of the workers. Only with a command.
   *
   * @default - a new log group with a retention of one month, which is kept when it is removed from the stack; none without a command
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The machine image.
   *
   * @default - WorkerImage.amazonLinux2023() for Arm
   */
  readonly image?: WorkerImage;

  /**
   * The instance types, in order of preference: 1 to 40, each once, with the architecture of the image.
   *
   * The default is burstable: an instance that uses its processor fully for a long time is billed for surplus credits, and is
   * cheaper in another family.
   *
   * @default - t4g.small, or t3.small for an x86 image
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * The purchase options of the instances.
   *
   * @default - Purchasing.onDemand()
   */
  readonly purchasing?: Purchasing;

  /**
   * How work in progress is protected when the group scales in.
   *
   * @default - InFlightProtection.lifecycleHook(), which the worker has to complete
   */
  readonly inFlight?: InFlightProtection;

  /**
   * The size of the root volume: 1 GiB to 65536 GiB, in whole GiB, and at least the size of the image. The volume is always encrypted.
   *
   * @default - the size of the image
   */
  readonly rootVolumeSize?: Size;

  /**
   * The KMS key of the root volume: symmetric, in the Region of the workers. Amazon EC2 Auto Scaling needs permission to use it: the statements are added
   * to the policy of a key of this app, and a warning contains them for any other key.
   *
   * @default - the account's default key for EBS encryption
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
   */
  readonly rootVolumeKey?: kms.IKey;

  /**
   * Whether you can connect to the instances with Session Manager. SSH is never possible.
   *
   * It grants `ssm:UpdateInstanceInformation`, `ssmmessages:CreateControlChannel`, `ssmmessages:CreateDataChannel`, `ssmmessages:OpenControlChannel` and
   * `ssmmessages:OpenDataChannel`, which can be granted on all resources only.
   *
   * @default true
   */
  readonly sessionManager?: boolean;

  /**
   * Whether the instances publish their own metrics every minute instead of every five. Each instance is billed for it.
   * Scaling does not need it.
   *
   * @default false
   */
  readonly detailedMonitoring?: boolean;

  /**
   * When an instance counts as unhealthy and is replaced.
   *
   * @default - the EC2 status checks, after a grace period of 5 minutes
   */
  readonly healthChecks?: autoscaling.HealthChecks;

  /**
   * The topics to which Amazon EC2 Auto Scaling publishes every launch and termination, successful or failed: at most 10 standard topics, each once, in
   * the account and Region of the workers. The statement that the service needs is added to a customer key of this app.
   *
   * @default - none
   */
  readonly notifications?: sns.ITopic[];

  /**
   * How a deployment that changes the launch template replaces the running instances.
   *
   * `minInstancesInService` must be less than the maximum, which is checked at synthesis. With `waitOnResourceSignals`, the user data must
   * send a signal for each instance with `cfn-signal`, or every update fails after the pause time.
   *
   * @default - autoscaling.UpdatePolicy.rollingUpdate(): one instance at a time, with scaling suspended meanwhile
   */
  readonly updatePolicy?: autoscaling.UpdatePolicy;

  /**
   * Which instance ends first when the group scales in. A policy that needs a Lambda function is refused.
   *
   * @default - the default termination policy of the service
   */
  readonly terminationPolicies?: autoscaling.TerminationPolicy[];

  /**
   * The age at which an instance is replaced: 1 day to 365 days, in whole seconds.
   *
   * @default - no limit
   */
  readonly maxInstanceLifetime?: Duration;
}

/**
 * EC2 instances that process the messages of a queue, in an Auto Scaling group that follows the backlog.
 *
 * The group tracks the number of messages, waiting or in progress, for each instance. CloudWatch metric math computes
 * it from the metrics of the services. With a minimum of 0, an idle group costs only its four CloudWatch alarms: the
 * two of target tracking, the one that starts the first instance and the one that ends the last.
 *
 * Warnings: `cdk-decouple:Ec2Workers.queueKey`, `cdk-decouple:Ec2Workers.visibilityTimeout`, `cdk-decouple:Ec2Workers.inFlightTimeout`,
 * `cdk-decouple:Ec2Workers.publicSubnets`, `cdk-decouple:Ec2Workers.isolatedSubnets`, `cdk-decouple:Ec2Workers.notificationsKey`,
 * `cdk-decouple:Ec2Workers.rootVolumeKey`, `cdk-decouple:Ec2Workers.restrictedQueue`.
 *
 * @throws an error that names every prop that is wrong, before any resource is created
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-target-tracking-metric-math.html
 */
export class Ec2Workers extends Construct implements IQueueWorkers, ec2.IConnectable {
  /** The queue that the workers receive from. */
  public readonly queue: sqs.IQueue;

  /** How many instances there are. */
  public readonly scaling: QueueScaling;

  /** How work in progress is protected when the group scales in. */
  public readonly inFlight: InFlightProtection;

  /** The Auto Scaling group. */
  public readonly autoScalingGroup: autoscaling.AutoScalingGroup;

  /** The launch template of the instances. */
  public readonly launchTemplate: ec2.LaunchTemplate;

  /** The role of the instances. */
  public readonly role: iam.Role;

  /** The permissions of the role on the queue, on the log group of a command, and for Session Manager. */
  public readonly consumePolicy: iam.ManagedPolicy;

  /** The permissions of the role on its own group; undefined without protection. */
  public readonly protectionPolicy?: iam.ManagedPolicy;

  /** The security groups of the instances. */
  public readonly securityGroups: ec2.ISecurityGroup[];

  /** The script that installs and starts the worker. */
  public readonly userData: ec2.UserData;

  /** Where the command writes its logs; undefined without a command. */
  public readonly logGroup?: logs.ILogGroup;

  /** The target tracking policy. */
  public readonly scalingPolicy: autoscaling.CfnScalingPolicy;

  /** The lifecycle hook that a termination waits for; undefined with another protection. */
  public readonly lifecycleHook?: autoscaling.LifecycleHook;

  /** The alarm that starts the first instances; undefined if the minimum is above 0. It is billed. */
  public readonly startAlarm?: cloudwatch.Alarm;

  /** The action of that alarm, which adds as many instances as the waiting messages need; undefined if the minimum is above 0. */
  public readonly startAction?: autoscaling.StepScalingAction;

  /** The alarm that ends the last instance after `scaling.idleTime`; undefined if the minimum is above 0. It is billed. */
  public readonly stopAlarm?: cloudwatch.Alarm;

  /** The action of that alarm, which removes one instance; undefined if the minimum is above 0. */
  public readonly stopAction?: autoscaling.StepScalingAction;

  /** The role of the instances, so that `bucket.grantRead(workers)` works. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The network connections of the instances, by their security groups. */
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, props: Ec2WorkersProps) {
    super(scope, id);
    const image = props.image ?? WorkerImage.amazonLinux2023();
    throwProblems(this, 'Ec2Workers', propsProblems(this, props, image));

    this.queue = props.queue;
    this.scaling = props.scaling;
    this.inFlight = props.inFlight ?? InFlightProtection.lifecycleHook();
    // No aws:SourceArn or aws:SourceAccount: EC2 does not document either for the role of an instance profile.
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    this.grantPrincipal = this.role;
    this.consumePolicy = createConsumePolicy(this, this.role, this.queue, props.sessionManager ?? true ? [sessionManagerStatement()] : []);

    if (props.command) {
      this.logGroup = props.logGroup ?? createLogGroup(this);
      this.logGroup.grantWrite(this.consumePolicy);
      this.userData = createUserData(this, props.command, this.logGroup);
    } else {
      this.userData = props.userData ?? defaultUserData(this, image);
    }
    this.securityGroups = [...props.securityGroups ?? [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })]];
    this.connections = new ec2.Connections({ securityGroups: this.securityGroups });
    const instanceTypes = props.instanceTypes ?? [image._defaultInstanceType()];
    this.launchTemplate = createLaunchTemplate(this, props, image, instanceTypes[0]);
    this.autoScalingGroup = createGroup(this, props, instanceTypes);
    checkTemplate(this, image);
    // The role must have its permissions before the first instance starts.
    this.autoScalingGroup.node.addDependency(this.consumePolicy);

    if (this.inFlight.actions.length > 0) this.protectionPolicy = this.allowProtection();
    if (this.inFlight.timeout) this.lifecycleHook = this.holdTermination(this.inFlight.timeout);
    this.scalingPolicy = this.trackBacklog();
    const { queue, scaling, role, capacity } = this;
    const work: QueueWork = { scope: this, construct: 'Ec2Workers', queue, scaling, role, capacity, extendsVisibility: props.command instanceof ShellCommand };
    if (scaling._mayReachZero) {
      this.startAction = createStepAction(this, 'StartAction', ...startSteps(scaling));
      this.startAlarm = createStartAlarm(work, new cloudwatch_actions.AutoScalingAction(this.startAction));
      this.stopAction = createStepAction(this, 'StopAction', STOP_STEP);
      this.stopAlarm = createStopAlarm(work, new cloudwatch_actions.AutoScalingAction(this.stopAction));
    }
    allowKeys(this, props);
    checkQueueKey(work);
    warnOfQueue(work);
    warnOfRestriction(work, props.vpc);
    warnOfInstances(this, props);
  }

  /**
   * The number of messages, waiting or in progress, for each instance in service.
   *
   * While no instance is in service, it is the number of all messages. It does not say how long the oldest message waits. If the minimum is 0,
   * the target tracking policy reads another value while at most one instance is in service: at least 95 % of the target.
   *
   * @param options label, color and period; the period is 1 minute unless you give one
   * @throws an error for a period that CloudWatch does not have
   */
  public metricBacklogPerWorker(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    refuse(this, 'Ec2Workers', metricOptionProblems('metricBacklogPerWorker', options));
    return backlogExpression(this.queue, this.capacity, options);
  }

  /**
   * The number of instances in service. Pending instances, and instances that finish their work before they end, are not counted.
   *
   * @param options as of any metric; the average of 1 minute unless you give others
   * @throws an error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
   */
  public metricInServiceInstances(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/AutoScaling',
      metricName: 'GroupInServiceInstances',
      dimensionsMap: { AutoScalingGroupName: this.autoScalingGroup.autoScalingGroupName },
      ...metricOptions(this, 'Ec2Workers', 'metricInServiceInstances', options, { statistic: cloudwatch.Stats.AVERAGE, period: Duration.minutes(1) }),
    });
  }

  private get capacity(): Capacity {
    return { metric: this.metricInServiceInstances(), unit: 'instance', mayStop: false };
  }

  private allowProtection(): iam.ManagedPolicy {
    // Not autoScalingGroupArn of the L2, which has a wildcard in place of the id of the group.
    const { attrAutoScalingGroupArn } = this.autoScalingGroup.node.defaultChild as autoscaling.CfnAutoScalingGroup;
    return new iam.ManagedPolicy(this, 'ProtectionPolicy', {
      roles: [this.role],
      statements: [new iam.PolicyStatement({ actions: this.inFlight.actions, resources: [attrAutoScalingGroupArn] })],
    });
  }

  private holdTermination(heartbeatTimeout: Duration): autoscaling.LifecycleHook {
    return this.autoScalingGroup.addLifecycleHook('Termination', {
      lifecycleHookName: InFlightProtection.HOOK_NAME,
      lifecycleTransition: autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
      heartbeatTimeout,
      // Both results end the instance. ABANDON would also skip the other hooks of the group, such as one that ships logs.
      defaultResult: autoscaling.DefaultResult.CONTINUE,
    });
  }

  private trackBacklog(): autoscaling.CfnScalingPolicy {
    // L1: the L2 refuses metric math ('Only direct metrics are supported for Target Tracking').
    return new autoscaling.CfnScalingPolicy(this, 'BacklogPolicy', {
      autoScalingGroupName: this.autoScalingGroup.autoScalingGroupName,
      policyType: 'TargetTrackingScaling',
      targetTrackingConfiguration: {
        targetValue: trackedTarget(this.scaling),
        customizedMetricSpecification: { metrics: targetTrackingQueries(this.queue, this.capacity, this.scaling) },
      },
    });
  }
}
