import type { Resource, Tool } from '../../scripts/support/linters/finding';

/** A finding of a linter that stands. */
export interface Exception {
  readonly tool: Tool;
  readonly rule: string;
  /** What the rule asks for. */
  readonly asks: string;
  /** The examples, or the files, in which it is found: in each of them, and in no other. */
  readonly in: readonly string[];
  /** The resources of which the reason is true; of another resource, the finding is one more. */
  readonly on?: (resource: Resource) => boolean;
  readonly reason: string;
  /** The prop that satisfies the rule. */
  readonly satisfiedBy?: string;
  /** The stack of strict-app.ts that has the prop, and in which the rule must not be found. */
  readonly provenBy?: 'Compute' | 'CreatedBuckets' | 'OwnBuckets';
}

const DELIVERY = ['order-processing', 'stream-delivery'];
/** The second stack of image-platform. */
const IMAGE_WORKERS = 'image-platform-ImageWorkers';
const WORKERS = ['ec2-workers', 'order-processing'];
const INSTANCES = [...WORKERS, IMAGE_WORKERS];
const TASKS = ['container-workers', IMAGE_WORKERS];
const LOGS = ['ec2-workers', ...TASKS, ...DELIVERY];

const ofType = (type: string, condition: (properties: Record<string, any>) => boolean = () => true) => ({ Type, Properties }: Resource) =>
  Type === type && condition(Properties ?? {});

/** On what the constructs of the library create. */
export const CONSTRUCTS: Exception[] = [
  {
    tool: 'checkov',
    rule: 'CKV_AWS_27',
    asks: 'a queue encrypted with a KMS key',
    in: [
      'container-workers', 'dead-letter-queue', 'ec2-workers', 'fan-out', 'fifo-fan-out', 'image-platform', 'order-bus', 'order-bus-billing', 'order-processing', 'request-response',
    ],
    on: ofType('AWS::SQS::Queue', ({ SqsManagedSseEnabled }) => SqsManagedSseEnabled === true),
    reason: 'Each of these queues is encrypted with a key that Amazon SQS manages (`SqsManagedSseEnabled`), at no cost. The rule looks for `KmsMasterKeyId` only.',
    satisfiedBy: '`encryption: Encryption.customerManaged()`, which costs a key',
    provenBy: 'Compute',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_111',
    asks: 'no write access to `*` in an IAM policy',
    in: WORKERS,
    on: ofType('AWS::IAM::ManagedPolicy'),
    reason: 'The actions of Session Manager have no resource to name.',
    satisfiedBy: '`sessionManager: false` of `Ec2Workers`',
    provenBy: 'Compute',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.AUTOSCALING.PR.1',
    asks: 'Availability Zones of an Auto Scaling group, by name',
    in: ['ec2-workers', IMAGE_WORKERS],
    on: ofType('AWS::AutoScaling::AutoScalingGroup', ({ VPCZoneIdentifier }) => VPCZoneIdentifier?.length > 1),
    reason: 'The group names its subnets (`VPCZoneIdentifier`), which are in several Availability Zones. The rule looks for `AvailabilityZones` only.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.AUTOSCALING.PR.6',
    asks: 'an Auto Scaling group with several instance types',
    in: WORKERS,
    on: ofType('AWS::AutoScaling::AutoScalingGroup'),
    reason: 'One instance type makes the throughput of a worker predictable.',
    satisfiedBy: '`instanceTypes` of `Ec2Workers` with two types or more',
    provenBy: 'Compute',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.EC2.PR.10',
    asks: 'detailed monitoring in a launch template',
    in: INSTANCES,
    on: ofType('AWS::EC2::LaunchTemplate'),
    reason: 'Detailed monitoring is billed for each instance, and nothing scales on it.',
    satisfiedBy: '`detailedMonitoring: true` of `Ec2Workers`',
    provenBy: 'Compute',
  },
  ...[['AWS::ECS::Service', 'the capacity providers, which are added to the cluster'], ['AWS::ApplicationAutoScaling::ScalableTarget', 'the service']].map(([type, what]): Exception => ({
    tool: 'cfn-lint',
    rule: 'W3005',
    asks: 'no `DependsOn` that a reference already implies',
    in: TASKS,
    on: ofType(type),
    reason: `The CDK writes a dependency for everything that it waits for: ${what}.`,
  })),
  {
    tool: 'cfn-guard',
    rule: 'CT.ECS.PR.3',
    asks: 'a user of a container that is not root',
    in: TASKS,
    on: ofType('AWS::ECS::TaskDefinition'),
    reason: 'The container runs with the user of its image (`USER`), which the rule does not see.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.ECS.PR.6',
    asks: 'a container that cannot write to its root file system',
    in: TASKS,
    on: ofType('AWS::ECS::TaskDefinition'),
    reason: 'Whether a worker writes temporary files is not known to the library.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.ECS.PR.7',
    asks: 'a memory limit of a container',
    in: TASKS,
    on: ofType('AWS::ECS::TaskDefinition', ({ Memory, ContainerDefinitions }) => Memory !== undefined && ContainerDefinitions.length === 1),
    reason: 'The task has a limit (`memory` of `FargateWorkers`), and one container. The rule looks for a limit of the container.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.KMS.PR.3',
    asks: 'a statement in the policy of a KMS key that denies `kms:CreateGrant` to all but AWS services',
    in: ['dead-letter-queue', 'order-bus'],
    on: ofType('AWS::KMS::Key'),
    reason: 'The key has the policy that the CDK gives to a key: the account decides, through IAM.',
    satisfiedBy: '`Encryption.customerManaged(key)` with a key of yours that has the statement',
    provenBy: 'Compute',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.SQS.PR.1',
    asks: 'a dead-letter queue for each queue',
    in: ['fifo-fan-out'],
    on: ({ Metadata }) => /\/Subscription\/DeadLetterQueue\/Resource$/.test(Metadata?.['aws:cdk:path']),
    reason: 'The queue holds the dead letters of a subscription. The rule takes a queue for a dead-letter queue only if it has a `RedriveAllowPolicy`, which limits other queues and does not concern Amazon SNS.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.SQS.PR.1',
    asks: 'a dead-letter queue for each queue',
    in: ['request-response'],
    on: ofType('AWS::SQS::Queue', ({ MessageRetentionPeriod }) => MessageRetentionPeriod === 900),
    reason: 'The queue holds the replies for one requester, for 15 minutes. A reply that the requester does not delete is of no use to anybody else.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_18',
    asks: 'server access logs of a bucket',
    in: DELIVERY,
    on: ofType('AWS::S3::Bucket'),
    reason: 'The logs need a bucket of yours.',
    satisfiedBy: '`DeliveryBucket.create({ serverAccessLogs })`',
    provenBy: 'CreatedBuckets',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.2',
    asks: 'server access logs of a bucket',
    in: DELIVERY,
    on: ofType('AWS::S3::Bucket'),
    reason: 'The logs need a bucket of yours.',
    satisfiedBy: '`DeliveryBucket.create({ serverAccessLogs })`',
    provenBy: 'CreatedBuckets',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.10',
    asks: 'a bucket encrypted with a KMS key',
    in: DELIVERY,
    on: ofType('AWS::S3::Bucket', ({ BucketEncryption }) => BucketEncryption !== undefined),
    reason: 'The buckets are encrypted with a key that Amazon S3 manages, at no cost.',
    satisfiedBy: '`DeliveryBucket.create({ encryption: Encryption.customerManaged() })`, which costs a key',
    provenBy: 'CreatedBuckets',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.4',
    asks: 'event notifications of a bucket',
    in: DELIVERY,
    on: ofType('AWS::S3::Bucket'),
    reason: 'Who wants the events is not known to the library. The CDK configures them with a custom resource (`eventBridgeEnabled`, `addEventNotification`), which the rule does not see.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.9',
    asks: 'Object Lock of a bucket',
    in: DELIVERY,
    on: ofType('AWS::S3::Bucket'),
    reason: 'A retention period that nobody can shorten is a decision of the owner of the data.',
    satisfiedBy: '`DeliveryBucket.existing(bucket)` with a bucket of yours that has `objectLockEnabled`',
    provenBy: 'OwnBuckets',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_158',
    asks: 'a log group encrypted with a KMS key',
    in: LOGS,
    on: ofType('AWS::Logs::LogGroup'),
    reason: 'Amazon CloudWatch Logs encrypts every log group with a key of its own, at no cost.',
    satisfiedBy: '`DeliveryLogging.create({ encryption: Encryption.customerManaged() })`, or `logGroup` of the workers, which costs a key',
    provenBy: 'CreatedBuckets',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.CLOUDWATCH.PR.3',
    asks: 'a log group encrypted with a KMS key',
    in: LOGS,
    on: ofType('AWS::Logs::LogGroup'),
    reason: 'Amazon CloudWatch Logs encrypts every log group with a key of its own, at no cost.',
    satisfiedBy: '`DeliveryLogging.create({ encryption: Encryption.customerManaged() })`, or `logGroup` of the workers, which costs a key',
    provenBy: 'CreatedBuckets',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.CLOUDWATCH.PR.2',
    asks: 'a log group that keeps its events for a year',
    in: LOGS,
    on: ofType('AWS::Logs::LogGroup'),
    reason: 'The log group holds errors of the delivery, or what the workers write, and no data. Each month is billed.',
    satisfiedBy: '`DeliveryLogging.create({ retention: RetentionDays.ONE_YEAR })`, or `logGroup` of the workers',
    provenBy: 'CreatedBuckets',
  },
];

const IMAGES = { in: ['image-platform'], on: ofType('AWS::S3::Bucket') };
const NOTIFICATIONS = { in: ['image-platform'], on: ofType('AWS::Lambda::Function') };
const SEARCH = { in: [IMAGE_WORKERS], on: ofType('AWS::Lambda::Function') };
const OF_CDK = 'The CDK creates the function to configure the notifications of the bucket. AWS CloudFormation invokes it during a deployment.';

const FUNCTION = { in: ['stream-delivery'], on: ofType('AWS::Lambda::Function') };

/** On what the examples create beside the constructs, with the CDK. */
export const EXAMPLES: Exception[] = [
  {
    tool: 'cfn-guard',
    rule: 'CT.AUTOSCALING.PR.1',
    asks: 'an Auto Scaling group in several Availability Zones',
    in: ['order-processing'],
    on: ofType('AWS::AutoScaling::AutoScalingGroup', ({ VPCZoneIdentifier }) => VPCZoneIdentifier?.length === 1),
    reason: 'The VPC of the example has one Availability Zone, so that the template stays below 51,200 bytes.',
    satisfiedBy: '`maxAzs: 2` of the example\'s VPC',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.AUTOSCALING.PR.11',
    asks: 'instance types that encrypt the traffic between instances',
    in: [IMAGE_WORKERS],
    on: ofType('AWS::AutoScaling::AutoScalingGroup'),
    reason: 'The instances do not send anything to each other. What they send to AWS is encrypted with TLS.',
    satisfiedBy: '`instanceTypes` of the example with such types, which are not in every Region',
  },
  ...[['I1022', '`Fn::Sub` in place of `Fn::Join`'], ['I4010', 'a description of the architecture in the metadata']].map(([rule, asks]): Exception => ({
    tool: 'cfn-lint',
    rule,
    asks,
    in: ['image-platform', IMAGE_WORKERS, 'order-processing'],
    reason: 'cfn-lint leaves this rule out for templates of the CDK, which it recognizes by the paths in their metadata. These examples have none (`pathMetadata`), to stay below 51,200 bytes.',
  })),
  {
    tool: 'cfn-lint',
    rule: 'W3005',
    asks: 'no `DependsOn` that a reference already implies',
    ...FUNCTION,
    reason: 'The CDK writes it for every function, so that the policies of the role come first.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_115',
    asks: 'a limit of concurrent executions of a function',
    ...FUNCTION,
    reason: 'Amazon Data Firehose invokes the function once for each shard.',
    satisfiedBy: '`reservedConcurrentExecutions` of the example\'s function',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_116',
    asks: 'dead letters of a function',
    ...FUNCTION,
    reason: 'Amazon Data Firehose invokes the function synchronously. Failed records go to the error prefix.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_117',
    asks: 'a function in a VPC',
    ...FUNCTION,
    reason: 'The function needs no network.',
    satisfiedBy: '`vpc` of the example\'s function',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.LAMBDA.PR.3',
    asks: 'a function in a VPC',
    ...FUNCTION,
    reason: 'The function needs no network.',
    satisfiedBy: '`vpc` of the example\'s function',
  },
  {
    tool: 'cfn-lint',
    rule: 'W3005',
    asks: 'no `DependsOn` that a reference already implies',
    ...NOTIFICATIONS,
    reason: OF_CDK,
  },
  { tool: 'checkov', rule: 'CKV_AWS_115', asks: 'a limit of concurrent executions of a function', ...NOTIFICATIONS, reason: OF_CDK },
  { tool: 'checkov', rule: 'CKV_AWS_116', asks: 'dead letters of a function', ...NOTIFICATIONS, reason: OF_CDK },
  { tool: 'checkov', rule: 'CKV_AWS_117', asks: 'a function in a VPC', ...NOTIFICATIONS, reason: OF_CDK },
  { tool: 'cfn-guard', rule: 'CT.LAMBDA.PR.3', asks: 'a function in a VPC', ...NOTIFICATIONS, reason: OF_CDK },
  {
    tool: 'cfn-lint',
    rule: 'W3005',
    asks: 'no `DependsOn` that a reference already implies',
    ...SEARCH,
    reason: 'The CDK writes it for every function, so that the policies of the role come first.',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_115',
    asks: 'a limit of concurrent executions of a function',
    ...SEARCH,
    reason: 'The source of the function has a limit (`FunctionConcurrency.maximum()`), which takes nothing from the other functions of the account.',
    satisfiedBy: '`reservedConcurrentExecutions` of the example\'s function',
  },
  {
    tool: 'checkov',
    rule: 'CKV_AWS_116',
    asks: 'dead letters of a function',
    ...SEARCH,
    reason: 'Lambda invokes the function synchronously for a queue, whose own dead-letter queue gets what cannot be processed.',
  },
  ...[['checkov', 'CKV_AWS_117'], ['cfn-guard', 'CT.LAMBDA.PR.3']].map(([tool, rule]): Exception => ({
    tool: tool as Tool,
    rule,
    asks: 'a function in a VPC',
    ...SEARCH,
    reason: 'The function needs no network.',
    satisfiedBy: '`vpc` of the example\'s function',
  })),
  ...[['checkov', 'CKV_AWS_18'], ['cfn-guard', 'CT.S3.PR.2']].map(([tool, rule]): Exception => ({
    tool: tool as Tool,
    rule,
    asks: 'server access logs of a bucket',
    ...IMAGES,
    reason: 'The logs need a bucket of yours.',
    satisfiedBy: '`serverAccessLogsBucket` of the example\'s bucket',
  })),
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.4',
    asks: 'event notifications of a bucket',
    ...IMAGES,
    reason: 'The CDK configures them with a custom resource, which the rule does not see.',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.9',
    asks: 'Object Lock of a bucket',
    ...IMAGES,
    reason: 'A retention period that nobody can shorten is a decision of the owner of the data.',
    satisfiedBy: '`objectLockEnabled` of the example\'s bucket',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.S3.PR.10',
    asks: 'a bucket encrypted with a KMS key',
    ...IMAGES,
    reason: 'Amazon S3 encrypts every object with a key that it manages, at no cost.',
    satisfiedBy: '`encryptionKey` of the example\'s bucket, which costs a key',
  },
  {
    tool: 'cfn-guard',
    rule: 'CT.EC2.PR.11',
    asks: 'a subnet that assigns no public IP addresses',
    in: [...INSTANCES, 'container-workers'],
    on: ofType('AWS::EC2::Subnet'),
    reason: 'The example\'s public subnets hold the NAT gateway, and no worker.',
    satisfiedBy: '`mapPublicIpOnLaunch: false` of the example\'s public subnets',
  },
];

const UNQUOTED = {
  tool: 'actionlint' as const,
  rule: 'SC2086',
  asks: 'quotes around a variable',
};

/** On the scripts of this repository. */
export const SCRIPTS: Exception[] = [
  {
    ...UNQUOTED,
    in: ['.github/workflows/build.yml', '.github/workflows/release.yml', '.github/workflows/upgrade-main.yml'],
    reason: 'projen writes these scripts. The variables hold a path of the runner and a version tag, without spaces.',
  },
  {
    tool: 'actionlint',
    rule: 'SC2015',
    asks: '`if`, `then`, `else` in place of `A && B || C`',
    in: ['.github/workflows/release.yml'],
    reason: 'projen writes this script. C creates the release when B finds none. When A fails, C has no tag and fails too.',
  },
];

export const EXCEPTIONS: readonly Exception[] = [...CONSTRUCTS, ...EXAMPLES, ...SCRIPTS];
