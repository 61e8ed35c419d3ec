import { Duration, Size } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { InFlightProtection } from './in-flight-protection';
import { backlogExpression } from './private/backlog';
import { checkProps } from './private/checks';
import { createGroup, createLaunchTemplate, defaultUserData } from './private/group';
import { PUBLISH_ACTIONS, VOLUME_STATEMENTS, allowAutoScaling } from './private/keys';
import { consumeStatements, sessionManagerStatement } from './private/permissions';
import { checkAtSynth } from './private/synth-checks';
import { warnOf } from './private/warnings';
import { startFirst, stopLast } from './private/zero';
import { Purchasing } from './purchasing';
import { QueueScaling } from './queue-scaling';
import { WorkerImage } from './worker-image';
import { checkMetricOptions, metricOptions } from '../private/metric-options';

/** Properties of Ec2Workers. */
export interface Ec2WorkersProps {
  /**
   * The queue that is worked on, in the account and Region of the workers.
   *
   * Of a FIFO queue no more instances are busy at once than there are message groups with messages: a greater
   * maximum only costs.
   */
  readonly queue: sqs.IQueue;

  /** The VPC that the instances are in. */
  readonly vpc: ec2.IVpc;

  /** How many instances there are. */
  readonly scaling: QueueScaling;

  /**
   * The subnets of the instances. They need a way to SQS, and to Session Manager where it is used.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the instances: at least one.
   *
   * @default - one of their own, without ingress and with all egress
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The script that installs and starts the worker: at most 16384 bytes, checked at synthesis. Nothing is added to it.
   *
   * An empty script, or a shell script of comments, is an error at synthesis, unless the image is one of your own, which may hold the worker.
   *
   * @default - an empty script for the operating system of the image, to which `userData.addCommands()` adds
   */
  readonly userData?: ec2.UserData;

  /**
   * The machine image.
   *
   * @default - WorkerImage.amazonLinux2023() for Arm
   */
  readonly image?: WorkerImage;

  /**
   * The instance types, the preferred one first: 1 to 40, all of the architecture of the image.
   *
   * The default is burstable: work that keeps its processor busy for long is billed for surplus credits, and is
   * cheaper on another family.
   *
   * @default - t4g.small, or t3.small where the image is for x86
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * How the instances are bought.
   *
   * @default - Purchasing.onDemand()
   */
  readonly purchasing?: Purchasing;

  /**
   * What keeps a scale-in from ending an instance in the middle of a message.
   *
   * @default - InFlightProtection.lifecycleHook(), which asks something of the worker: see there
   */
  readonly inFlight?: InFlightProtection;

  /**
   * The size of the root volume: 1 GiB to 65536 GiB, at least that of the image. The volume is encrypted in any case.
   *
   * @default - the size of the image
   */
  readonly rootVolumeSize?: Size;

  /**
   * A key for the root volume: symmetric, in the Region of the workers. Amazon EC2 Auto Scaling is allowed to use it: to a key of this app the statements are added,
   * for another a warning carries them.
   *
   * @default - the default key for EBS encryption of the account
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
   */
  readonly rootVolumeKey?: kms.IKey;

  /**
   * Whether the instances can be reached with Session Manager; never with SSH.
   *
   * It grants `ssm:UpdateInstanceInformation` and `ssmmessages:{Create,Open}{Control,Data}Channel`, which can only be granted on every
   * resource.
   *
   * @default true
   */
  readonly sessionManager?: boolean;

  /**
   * Whether the instances publish their own metrics every minute instead of every five. That is billed by instance.
   * Scaling does not need it.
   *
   * @default false
   */
  readonly detailedMonitoring?: boolean;

  /**
   * When an instance is found unhealthy and replaced.
   *
   * @default - the EC2 status checks, after a grace period of 5 minutes
   */
  readonly healthChecks?: autoscaling.HealthChecks;

  /**
   * Topics that hear of every launch and termination, whether it succeeded or failed: at most 10 standard topics, each once, in
   * the account and Region of the workers. To a customer key of this app the statement that Amazon EC2 Auto Scaling needs is added.
   *
   * @default - none
   */
  readonly notifications?: sns.ITopic[];

  /**
   * How a deployment that changes the launch template replaces the instances that run.
   *
   * `minInstancesInService` has to be less than the maximum, which is checked at synthesis. With `waitOnResourceSignals` the user data has to
   * send the signal of each instance with `cfn-signal`, or every update fails after the pause time.
   *
   * @default - autoscaling.UpdatePolicy.rollingUpdate(): one by one, with scaling suspended meanwhile
   */
  readonly updatePolicy?: autoscaling.UpdatePolicy;

  /**
   * Which instance is ended first when the group scales in. A policy that needs a function is refused.
   *
   * @default - the service's own order
   */
  readonly terminationPolicies?: autoscaling.TerminationPolicy[];

  /**
   * After how long an instance is replaced: 1 day to 365 days, in whole seconds.
   *
   * @default - never for its age
   */
  readonly maxInstanceLifetime?: Duration;
}

/**
 * EC2 instances that work on a queue, as many as its backlog calls for.
 *
 * An Auto Scaling group tracks the messages per instance, both those that wait and those in progress, computed by
 * metric math in the service. While the queue is empty a group with a minimum of 0 costs the CloudWatch alarms: the
 * two that target tracking makes, the one that starts the first instance and the one that ends the last are billed.
 *
 * Warnings: `cdk-decouple:Ec2Workers.queueKey`, `cdk-decouple:Ec2Workers.visibilityTimeout`, `cdk-decouple:Ec2Workers.inFlightTimeout`,
 * `cdk-decouple:Ec2Workers.publicSubnets`, `cdk-decouple:Ec2Workers.isolatedSubnets`, `cdk-decouple:Ec2Workers.notificationsKey`,
 * `cdk-decouple:Ec2Workers.rootVolumeKey`.
 *
 * @throws an error that names every prop that is wrong, before anything is made
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-target-tracking-metric-math.html
 */
export class Ec2Workers extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The queue that is worked on. */
  public readonly queue: sqs.IQueue;

  /** How many instances there are. */
  public readonly scaling: QueueScaling;

  /** What keeps a scale-in from ending an instance in the middle of a message. */
  public readonly inFlight: InFlightProtection;

  /** The group. */
  public readonly autoScalingGroup: autoscaling.AutoScalingGroup;

  /** What an instance is launched from. */
  public readonly launchTemplate: ec2.LaunchTemplate;

  /** The role of the instances. */
  public readonly role: iam.Role;

  /** What the role may do with the queue, and for Session Manager. */
  public readonly consumePolicy: iam.ManagedPolicy;

  /** What the role may do with its own group; none without protection. */
  public readonly protectionPolicy?: iam.ManagedPolicy;

  /** The security groups of the instances. */
  public readonly securityGroups: ec2.ISecurityGroup[];

  /** The script that installs and starts the worker. */
  public readonly userData: ec2.UserData;

  /** The target tracking policy. */
  public readonly scalingPolicy: autoscaling.CfnScalingPolicy;

  /** The hook that a termination waits for; none with another protection. */
  public readonly lifecycleHook?: autoscaling.LifecycleHook;

  /** The alarm that starts the first instance; none where the minimum is above 0. It is billed. */
  public readonly startAlarm?: cloudwatch.Alarm;

  /** What that alarm does: one instance more. None where the minimum is above 0. */
  public readonly startAction?: autoscaling.StepScalingAction;

  /** The alarm that ends the last instance after `scaling.idleTime`; none where the minimum is above 0. It is billed. */
  public readonly stopAlarm?: cloudwatch.Alarm;

  /** What that alarm does: one instance fewer. None where the minimum is above 0. */
  public readonly stopAction?: autoscaling.StepScalingAction;

  /** The role of the instances: `bucket.grantRead(workers)` lets the workers read. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The network connections of the instances, by their security groups. */
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, props: Ec2WorkersProps) {
    super(scope, id);
    checkProps(this, props ?? {});

    this.queue = props.queue;
    this.scaling = props.scaling;
    this.inFlight = props.inFlight ?? InFlightProtection.lifecycleHook();
    this.userData = props.userData ?? defaultUserData(this, props.image);

    // No aws:SourceArn or aws:SourceAccount: EC2 does not document either for the role of an instance profile.
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    this.grantPrincipal = this.role;
    this.consumePolicy = new iam.ManagedPolicy(this, 'ConsumePolicy', {
      roles: [this.role],
      statements: [...consumeStatements(this.queue), ...(props.sessionManager ?? true) ? [sessionManagerStatement()] : []],
    });

    this.securityGroups = [...props.securityGroups ?? [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc })]];
    this.connections = new ec2.Connections({ securityGroups: this.securityGroups });
    const image = props.image ?? WorkerImage.amazonLinux2023();
    const instanceTypes = props.instanceTypes ?? [image._defaultInstanceType()];
    this.launchTemplate = createLaunchTemplate(this, props, image, instanceTypes[0]);
    this.autoScalingGroup = createGroup(this, props, instanceTypes);
    checkAtSynth(this, image);
    // An instance of the first deployment must not meet a role that may do nothing yet.
    this.autoScalingGroup.node.addDependency(this.consumePolicy);

    if (this.inFlight.actions.length > 0) this.protectionPolicy = this.allowProtection();
    if (this.inFlight.timeout) this.lifecycleHook = this.holdTermination(this.inFlight.timeout);
    this.scalingPolicy = this.trackBacklog();
    if (this.scaling._mayReachZero) {
      ({ alarm: this.startAlarm, action: this.startAction } = startFirst(this));
      ({ alarm: this.stopAlarm, action: this.stopAction } = stopLast(this));
    }
    this.allowKeys(props);
    warnOf(this, props);
  }

  /**
   * The messages, waiting or in progress, for each instance in service.
   *
   * It counts the instances as one while none is in service. It does not say how long the oldest message waits. Where the minimum is 0,
   * the target tracking policy reads another value while one instance or none is in service: at least 95 % of the target.
   *
   * @param options label, color and period
   */
  public metricBacklogPerInstance(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    checkMetricOptions(this, 'Ec2Workers', 'metricBacklogPerInstance', options);
    return backlogExpression(this.queue, this.metricInServiceInstances(), options);
  }

  /** The instances in service: those pending, and those that finish their work before they end, are not counted. */
  public metricInServiceInstances(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/AutoScaling',
      metricName: 'GroupInServiceInstances',
      dimensionsMap: { AutoScalingGroupName: this.autoScalingGroup.autoScalingGroupName },
      ...metricOptions(this, 'Ec2Workers', 'metricInServiceInstances', options, { statistic: cloudwatch.Stats.AVERAGE, period: Duration.minutes(1) }),
    });
  }

  private allowKeys({ notifications, rootVolumeKey }: Ec2WorkersProps): void {
    for (const key of new Set(notifications?.flatMap(topic => topic.masterKey ?? []))) {
      allowAutoScaling(this, key, 'Ec2Workers.notificationsKey', 'Amazon EC2 Auto Scaling publishes to the encrypted topic', [{ actions: PUBLISH_ACTIONS }]);
    }
    if (rootVolumeKey) allowAutoScaling(this, rootVolumeKey, 'Ec2Workers.rootVolumeKey', 'Amazon EC2 Auto Scaling launches instances with the encrypted root volume', VOLUME_STATEMENTS);
  }

  private allowProtection(): iam.ManagedPolicy {
    // Not autoScalingGroupArn of the L2: that has a wildcard in the place of the group's own id.
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
        targetValue: this.scaling.backlogPerInstance,
        customizedMetricSpecification: { metrics: this.scaling._metricDataQueries(this.queue, this.metricInServiceInstances()) },
      },
    });
  }
}
