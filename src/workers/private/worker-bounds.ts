import { Duration, Size } from 'aws-cdk-lib';
import { Bound, BoundsOf } from '../../private/bounds';
import type { Ec2WorkersProps } from '../ec2-workers';
import type { FargateWorkersProps } from '../fargate-workers';
import type { TerminationHookOptions } from '../in-flight-protection';
import type { SpotPurchasingProps } from '../purchasing';
import type { BacklogScalingProps, LatencyScalingProps, ScalingStep, StepScalingProps } from '../queue-scaling';
import type { ShellCommandOptions } from '../worker-command';

/**
 * An alarm counts the minutes of the idle time. It fills the last ones while the metrics of SQS are late, which says nothing about the messages in
 * them: 5 minutes are more than that. SQS stops publishing the metrics of a queue that nobody has used for 6 hours, and an alarm without data does
 * not end the worker.
 */
export const QUEUE_SCALING = {
  min: Bound.number({ min: 0, default: 0, fix: 'Specify a number of workers.' }),
  max: Bound.number({ min: 1, fix: 'Specify a number of workers.' }),
  cooldown: Bound.duration({
    min: Duration.seconds(0), max: Duration.days(1), default: Duration.minutes(2), fix: 'Specify the time from the start of a worker to its first message.',
  }),
  idleTime: Bound.duration({
    min: Duration.minutes(5),
    max: Duration.hours(6),
    step: Duration.minutes(1),
    default: Duration.minutes(15),
    readToken: value => value.toMinutes(),
    fix: 'Specify the longest pause between messages that one worker waits through. With min: 1, one worker always runs.',
  }),
} satisfies BoundsOf<LatencyScalingProps & BacklogScalingProps>;

/** A fraction of a millisecond is a valid mean. The target is computed at synthesis, so no token is allowed. */
const LATENCY = { min: Duration.millis(0.001), step: Duration.millis(0), readToken: undefined };

export const LATENCY_SCALING = {
  acceptable: Bound.duration({ ...LATENCY, fix: 'Specify a known Duration, or use QueueScaling.onBacklog(), which takes a value that is only known at deployment.' }),
  processingTime: Bound.duration({
    ...LATENCY, fix: 'Specify a known Duration, such as Duration.millis(250), or use QueueScaling.onBacklog(), which takes a value that is only known at deployment.',
  }),
} satisfies BoundsOf<LatencyScalingProps>;

export const BACKLOG_SCALING = {
  backlogPerWorker: Bound.number({
    min: 1, step: 0, fix: 'Divide the acceptable latency by the mean processing time of a message, or use QueueScaling.onLatency().',
  }),
} satisfies BoundsOf<BacklogScalingProps>;

/** A step scaling policy has at most 20 steps, and the one that starts the first worker has one for a single message too. */
export const STEP_SCALING = {
  steps: Bound.count({ min: 1, max: 19, fix: 'Specify from how many messages on there are how many workers, or use QueueScaling.onBacklog().' }),
} satisfies BoundsOf<StepScalingProps>;

export const SCALING_STEP = {
  messages: Bound.number({ min: 1, readToken: undefined, fix: 'Specify from how many messages on the step holds.' }),
  workers: Bound.number({ min: 1, readToken: undefined, fix: 'Specify a number of workers. The minimum of the scaling says whether there can be none.' }),
} satisfies BoundsOf<ScalingStep>;

/** @see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html */
export const TERMINATION_HOOK = {
  timeout: Bound.duration({
    min: Duration.seconds(30),
    max: Duration.hours(2),
    default: Duration.minutes(10),
    fix: 'A worker that needs longer repeats RecordLifecycleActionHeartbeat.',
  }),
} satisfies BoundsOf<TerminationHookOptions>;

export const SPOT_PURCHASING = {
  onDemandBase: Bound.number({ min: 0, default: 0, fix: 'Specify a number of instances, at most scaling.max.' }),
  onDemandPercentage: Bound.number({ min: 0, max: 100, default: 0, fix: 'Specify the share of On-Demand instances above the base.' }),
} satisfies BoundsOf<SpotPurchasingProps>;

/** `instanceTypes`: the limit of a mixed instances policy. `notifications`: the limit of a group. */
export const EC2_WORKERS = {
  securityGroups: Bound.count({
    min: 1, fix: 'Omit it, and the workers get a security group of their own without ingress. Without any group the instances would get the default group of the VPC.',
  }),
  instanceTypes: Bound.count({ min: 1, max: 40, fix: 'Omit it for a small burstable type.' }),
  rootVolumeSize: Bound.size({
    min: Size.gibibytes(1),
    max: Size.gibibytes(65_536),
    step: Size.gibibytes(1),
    readToken: value => value.toGibibytes(),
    fix: 'Specify at least the size of the image, such as Size.gibibytes(50).',
  }),
  notifications: Bound.count({ min: 0, max: 10, fix: 'Publish to one topic, and subscribe the others to it.' }),
  maxInstanceLifetime: Bound.duration({ min: Duration.days(1), max: Duration.days(365), fix: 'Omit it for instances that live as long as they are needed.' }),
} satisfies BoundsOf<Ec2WorkersProps>;

/** `cpu` and `memory`: in addition, one of the combinations that Fargate has. */
export const FARGATE_WORKERS = {
  securityGroups: Bound.count({ min: 1, fix: 'Omit it, and the workers get a security group of their own without ingress.' }),
  cpu: Bound.number({ min: 256, max: 16_384, step: 256, default: 256, fix: 'Specify CPU units: 1024 are one vCPU.' }),
  memory: Bound.size({
    min: Size.mebibytes(512),
    max: Size.gibibytes(120),
    step: Size.mebibytes(512),
    readToken: value => value.toMebibytes(),
    fix: 'Omit it for the least that Fargate has with that cpu.',
  }),
  stopTimeout: Bound.duration({
    min: Duration.seconds(1), max: Duration.minutes(2), default: Duration.minutes(2), fix: 'Use TaskProtection.scaleInProtection() for messages that take longer.',
  }),
} satisfies BoundsOf<FargateWorkersProps>;

/** `timeout`: the longest time for which SQS hides a received message. */
export const SHELL_COMMAND = {
  timeout: Bound.duration({
    min: Duration.seconds(1), max: Duration.hours(12), default: Duration.hours(12), fix: 'Divide longer work into several messages.',
  }),
  concurrency: Bound.number({ min: 1, default: 1, fix: 'Specify how many messages an instance processes at once.' }),
} satisfies BoundsOf<ShellCommandOptions>;

/** What is measured of the user data when the template is written. */
interface WrittenUserData {
  readonly size: Size;
}

/** The size of user data before it is encoded, as far as it is known at synthesis. */
export const USER_DATA = {
  size: Bound.size({
    min: Size.bytes(0),
    max: Size.bytes(16_384),
    fix: 'Put the worker into the image, or use a short script that downloads it, such as from an S3 bucket. Values that are only known at deployment are not counted.',
  }),
} satisfies BoundsOf<WrittenUserData>;
