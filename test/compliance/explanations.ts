import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Encryption } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, ServerAccessLogs, SourceBackup } from '../../src/delivery';
import { BucketEventFanOut } from '../../src/fanout';
import { LargePayloads, WorkQueue } from '../../src/queues';
import { Ec2Workers, Ec2WorkersProps, FargateWorkers, QueueScaling } from '../../src/workers';
import { functionWorker, network, workerContainer, workerScript } from '../support/constructs';
import { s3Stream } from '../support/s3-stream';

/** What becomes of a finding. */
export interface Explanation {
  /** The prop that satisfies the rule. */
  readonly satisfiedBy?: string;
  /** A build with that prop, in which the rule must not be found. */
  readonly proof?: (stack: Stack) => void;
  /** Why it cannot be satisfied. */
  readonly cannot?: string;
}

const workers = (props: Partial<Ec2WorkersProps>) => (stack: Stack) => {
  new Ec2Workers(stack, 'Workers', {
    vpc: network(stack), queue: new WorkQueue(stack, 'Jobs'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }), userData: workerScript(), ...props,
  });
};

const delivery = (bucket: (stack: Stack, id: string) => DeliveryBucket) => (stack: Stack) => {
  s3Stream(stack, 'Clicks', {
    bucket: bucket(stack, 'Destination'), backup: SourceBackup.allRecords({ bucket: bucket(stack, 'Backup') }),
  });
};

const bucketOfYours = (props: (stack: Stack, id: string) => s3.BucketProps) => delivery((stack, id) =>
  DeliveryBucket.existing(new s3.Bucket(stack, id, { versioned: true, ...props(stack, id) })));

const ACCESS_LOGS: Explanation = {
  satisfiedBy: '`DeliveryBucket.create({ serverAccessLogs })`, or `serverAccessLogsBucket` of a bucket of yours',
  proof: delivery((stack, id) => DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(s3.Bucket.fromBucketName(stack, `${id}Logs`, 'logs')) })),
};

/** The CDK configures the notifications of a bucket with a function, whose role is one of yours if the bucket has one. */
const NOTIFICATIONS_ROLE: Explanation = {
  satisfiedBy: '`notificationsHandlerRole` of your bucket, the role of the function with which the CDK configures notifications',
  proof: stack => {
    const notificationsHandlerRole = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/notifications', { mutable: false });
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Images', { bucketName: 'images', notificationsHandlerRole });
    new BucketEventFanOut(stack, 'Uploads', { bucket }).addQueue('Thumbnails');
  },
};

/** Findings on the constructs of the library, by rule without its pack. A rule that is not here fails the test. */
export const CONSTRUCT_FINDINGS: Record<string, Explanation> = {
  'AS3': {
    satisfiedBy: '`notifications`',
    proof: workers({ notifications: [sns.Topic.fromTopicArn(new Stack(), 'Topic', 'arn:aws:sns:eu-west-1:111122223333:ops')] }),
  },
  'IAM5[Resource::*]': { satisfiedBy: '`sessionManager: false`; the actions of Session Manager have no resource to name', proof: workers({ sessionManager: false }) },
  'IAM5[Resource::<…Bucket.Arn>/*]': { cannot: 'Firehose writes objects whose keys nobody knows beforehand; the wildcard is within the one bucket' },
  'IAM5[Resource::…:log-group:sns/…:*]': { cannot: 'SNS chooses the names of the log streams; the wildcard is within the two log groups of the one topic' },
  'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': NOTIFICATIONS_ROLE,
  'IAMNoInlinePolicy': { cannot: 'the CDK configures the notifications of a bucket with a function, and writes its permissions into an inline policy' },
  'IAM5[Resource::<prefix of reply queues>*]': { cannot: 'requesters choose the rest of the names of their reply queues; the wildcard is after a prefix that is unique to the stack. `ReplyQueues.durable()` has none' },
  'S1': ACCESS_LOGS,
  'S3BucketLoggingEnabled': ACCESS_LOGS,
  'S3DefaultEncryptionKMS': {
    satisfiedBy: '`DeliveryBucket.create({ encryption: Encryption.customerManaged() })`, a work queue with such an encryption, or `encryptionKey` of a bucket of yours; each costs a key',
    proof: delivery(() => DeliveryBucket.create({ encryption: Encryption.customerManaged() })),
  },
  'CloudWatchLogGroupEncrypted': {
    satisfiedBy: '`DeliveryLogging.create({ encryption: Encryption.customerManaged() })`, or `logGroup` of workers with a key, which costs a key',
    proof: stack => { s3Stream(stack, 'Clicks', { logging: DeliveryLogging.create({ encryption: Encryption.customerManaged() }) }); },
  },
  'S3BucketReplicationEnabled': {
    satisfiedBy: '`DeliveryBucket.existing(bucket)`, or `LargePayloads.existing(bucket)`, with a bucket of yours that has `replicationRules`',
    proof: bucketOfYours((stack, id) => ({ replicationRules: [{ destination: s3.Bucket.fromBucketName(stack, `${id}Copy`, 'copy') }] })),
  },
  'S3BucketVersioningEnabled': {
    satisfiedBy: '`LargePayloads.existing(bucket)` with a bucket of yours that is `versioned`, and a rule that removes noncurrent versions: a deleted payload would be stored, and billed, as one',
    proof: stack => { new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads', { versioned: true })) }); },
  },
  'S3BucketDefaultLockEnabled': {
    satisfiedBy: '`DeliveryBucket.existing(bucket)` with a bucket of yours that has `objectLockDefaultRetention`; not for large payloads, which consumers delete',
    proof: bucketOfYours(() => ({ objectLockEnabled: true, objectLockDefaultRetention: s3.ObjectLockRetention.governance(Duration.days(30)) })),
  },
};

const REPEATED = 'the next run repeats the work of one that failed, so there is nothing to keep; create an alarm for `metricSweeperErrors()`';

/** Findings on the sweeper of `ReplyQueues.temporary()`. */
export const SWEEPER_FINDINGS: Record<string, Explanation> = {
  CloudWatchLogGroupEncrypted: { cannot: 'the log has only counts and the URLs of queues, and CloudWatch Logs encrypts it with its own keys; `ReplyQueues.durable()` has no sweeper' },
  EventBusDLQ: { cannot: REPEATED },
  LambdaAsyncFailureDestination: { cannot: REPEATED },
  LambdaDLQ: { cannot: REPEATED },
  LambdaConcurrency: { cannot: 'it runs once at a time, on a schedule; a reserved concurrency would be taken from the other functions of the account' },
  LambdaInsideVPC: { cannot: 'it calls only the API of SQS' },
  LambdaTracing: { cannot: 'nothing calls it but its schedule, and its log has the result of each run' },
};

/** Findings on the function of a `FunctionWorker`. The props named are those of `WorkerFunction.create()`. */
export const FUNCTION_FINDINGS: Record<string, Explanation> = {
  CloudWatchLogGroupEncrypted: {
    satisfiedBy: '`logGroup` with an `encryptionKey`, which costs a key',
    proof: stack => {
      const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1');
      functionWorker(stack, { logGroup: new logs.LogGroup(stack, 'Logs', { encryptionKey, retention: logs.RetentionDays.ONE_MONTH }) });
    },
  },
  IAMNoInlinePolicy: { cannot: 'the CDK writes a grant to a role into an inline policy' },
  LambdaConcurrency: {
    satisfiedBy: '`reservedConcurrentExecutions`, which takes it from the other functions of the account', proof: stack => { functionWorker(stack, { reservedConcurrentExecutions: 5 }); },
  },
  LambdaDLQ: { cannot: 'Lambda invokes the function synchronously for a queue, whose own dead-letter queue gets what cannot be processed' },
  LambdaDefaultMemorySize: { satisfiedBy: '`memorySize`', proof: stack => { functionWorker(stack, { memorySize: 256 }); } },
  LambdaDefaultTimeout: { satisfiedBy: '`timeout`', proof: stack => { functionWorker(stack, { timeout: Duration.seconds(30) }); } },
  LambdaEventSourceMappingDestination: { cannot: 'Lambda has no failure destination for a queue, whose own dead-letter queue gets what cannot be processed' },
  LambdaInsideVPC: { satisfiedBy: '`vpc`, which the function needs only for resources there', proof: stack => { functionWorker(stack, { vpc: network(stack) }); } },
  LambdaTracing: { satisfiedBy: '`tracing`, which is billed', proof: stack => { functionWorker(stack, { tracing: lambda.Tracing.ACTIVE }); } },
};

/** Findings on `FargateWorkers`. */
export const FARGATE_FINDINGS: Record<string, Explanation> = {
  'CloudWatchLogGroupEncrypted': {
    satisfiedBy: '`logGroup` with a key',
    proof: stack => {
      const logGroup = new logs.LogGroup(stack, 'Logs', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/logs') });
      new FargateWorkers(stack, 'Workers', {
        vpc: network(stack), queue: new WorkQueue(stack, 'Jobs'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }), command: workerContainer(), logGroup,
      });
    },
  },
  'ECS2': { cannot: 'the environment of the container has the URL of the queue and the Region, which are not secret; secrets are given with `secrets` of `WorkerCommand.container()`' },
  'IAM5[Resource::…:task/<cluster>/*]': { cannot: 'ECS chooses the IDs of the tasks; the wildcard is within the one cluster. `TaskProtection.none(reason)` has none' },
  'IAM5[Resource::*]': { cannot: '`ecr:GetAuthorizationToken`, which pulling an image needs, has no resource to name' },
  'IAMNoInlinePolicy': { cannot: 'the CDK creates the role that pulls the image and writes the logs, and its permissions as an inline policy' },
};

const PREFIX: Explanation = { cannot: 'the keys of images are not known beforehand; the wildcard is within one prefix of the example\'s bucket' };

/** Findings on what the examples make beside our constructs. */
export const EXAMPLE_FINDINGS: Record<string, Explanation> = {
  'IAMNoInlinePolicy': { satisfiedBy: 'a `ManagedPolicy` in place of the grant: the roles are the example\'s, and the CDK writes a grant to a role into an inline policy' },
  'EC26': { cannot: 'the launch template encrypts the root volume; the rule does not look into the mixed instances policy of a group with Spot Instances' },
  'EC2IMDSv2Enabled': { cannot: 'the launch template requires IMDSv2; the rule does not look into the mixed instances policy of a group with Spot Instances' },
  'IAM5[Resource::<Images2D38C313.Arn>/thumbnails/*]': PREFIX,
  'IAM5[Resource::<Images2D38C313.Arn>/uploads/*]': PREFIX,
  'VPC7': { satisfiedBy: '`flowLogs` of the example\'s VPC; left out because they are billed' },
  'VPCFlowLogsEnabled': { satisfiedBy: '`flowLogs` of the example\'s VPC; left out because they are billed' },
  'VPCDefaultSecurityGroupClosed': { satisfiedBy: '`restrictDefaultSecurityGroup` of the example\'s VPC; left out because it needs a function as an asset' },
  'VPCNoUnrestrictedRouteToIGW': { cannot: 'the NAT gateway of the example\'s VPC needs that route; a VPC with interface endpoints instead has none' },
  'VPCSubnetAutoAssignPublicIpDisabled': { satisfiedBy: '`mapPublicIpOnLaunch: false` of the example\'s public subnets, in which there is only the NAT gateway' },
  'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': { satisfiedBy: '`role` of the example\'s function; of the function that configures notifications, `notificationsHandlerRole` of the bucket' },
  'LambdaConcurrency': { satisfiedBy: '`reservedConcurrentExecutions` of the example\'s function; Firehose invokes it once for each shard' },
  'LambdaDLQ': { cannot: 'Firehose invokes the function synchronously, so it has no dead letters; failed records go to the error prefix' },
  'LambdaInsideVPC': { satisfiedBy: '`vpc` of the example\'s function, which it does not need' },
  'LambdaTracing': { satisfiedBy: '`tracing` of the example\'s function' },
};

/** What the library acknowledges itself, because no user can satisfy it. */
export const ACKNOWLEDGED: Record<string, string> = {
  'AwsSolutions-SQS3': 'a dead-letter queue that is used by a subscription or from another stack, which the rule does not see; a reply queue, whose short-lived replies are of no use to anybody but the requester',
  'AwsSolutions-IAM5[Resource::*]': 'the sweeper of temporary reply queues; `sqs:ListQueues` has no resource to name',
  'AwsSolutions-KDF1': 'a delivery stream with a Kinesis source; Firehose refuses encryption of its own there, and the stream and the buckets are encrypted',
  'Serverless-SQSRedrivePolicy': 'every dead-letter queue, for which the rule asks for one of its own; every reply queue',
};
