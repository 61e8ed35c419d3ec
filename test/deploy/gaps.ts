import type { EngineName } from './engine';

/** Something that AWS does and an engine does not. The check of it stays, and is skipped as long as it fails in this way. */
export interface Gap {
  readonly engine: EngineName;
  /** The check that is skipped, as the summary names it. */
  readonly check: string;
  /** What the engine does instead. */
  readonly instead: string;
  /** What the failing check says, so that it is not skipped for another reason. */
  readonly symptom: RegExp;
}

export const GAPS = {
  topicDeduplication: {
    engine: 'LocalStack',
    check: 'a FIFO topic drops a duplicate for its standard subscribers too',
    instead: 'The topic passes duplicates on, and only FIFO queues drop them.',
    symptom: /Expected values to be strictly deep-equal[^]*twice[^]*twice/,
  },
  fifoRedrive: {
    engine: 'LocalStack',
    check: 'a redrive brings a dead letter of a FIFO queue back',
    instead: 'The message keeps its deduplication ID, and the source queue drops it as a duplicate.',
    symptom: /no message in \S+ after/,
  },
  redriveAllowPolicy: {
    engine: 'LocalStack',
    check: 'a dead-letter queue refuses a source queue that its redrive allow policy does not name',
    instead: '`RedriveAllowPolicy` is stored and not enforced.',
    symptom: /Missing expected rejection/,
  },
  deadLettersOfRule: {
    engine: 'LocalStack',
    check: 'EventBridge puts what it cannot deliver into the dead letters of the target',
    instead: 'The event is dropped.',
    symptom: /no message in \S+ after/,
  },
  autoScalingGroupArn: {
    engine: 'moto',
    check: 'ec2-workers is created with the ARN of its Auto Scaling group in the policy of its instances',
    instead: '`Fn::GetAtt` of `AutoScalingGroupARN` ends with an error. The other checks run with a pattern in its place.',
    symptom: /^CreateStack ended with 500: /,
  },
  redriveAllowPolicyOfWorkers: {
    engine: 'moto',
    check: 'ec2-workers has the redrive allow policy of its dead-letter queue',
    instead: 'CloudFormation leaves it out.',
    symptom: /\+ {3}RedriveAllowPolicy: undefined,/,
  },
  typesOfWorkers: {
    engine: 'moto',
    check: 'ec2-workers has every resource of the template',
    instead: 'CloudFormation passes over alarms, scaling policies, lifecycle hooks and queue policies.',
    symptom: /^not created: AWS::AutoScaling::LifecycleHook, AWS::AutoScaling::ScalingPolicy, AWS::CloudWatch::Alarm, AWS::SQS::QueuePolicy$/,
  },
  deletedNetwork: {
    engine: 'moto',
    check: 'ec2-workers is deleted',
    instead: 'CloudFormation deletes the VPC before what is in it, or a role before its policies.',
    symptom: /has dependencies and cannot be deleted|must detach all policies first/,
  },
  volumeOfUnknownSize: {
    engine: 'moto',
    check: 'order-processing is created with an instance whose root volume has the size of the image',
    instead: 'A volume needs a size or a snapshot. The other checks run with a size.',
    symptom: /must contain the parameter size\/snapshot/,
  },
  unnamedFifoQueue: {
    engine: 'moto',
    check: 'order-processing is created with a FIFO dead-letter queue that CloudFormation names',
    instead: 'The generated name has no suffix `.fifo`, and SQS refuses it. The other checks run with a name.',
    symptom: /Queue name must end in .fifo/,
  },
  typesOfOrderProcessing: {
    engine: 'moto',
    check: 'order-processing has every resource of the template',
    instead: 'CloudFormation also passes over subscriptions, topic and bucket policies, log streams and delivery streams.',
    symptom: new RegExp(`^not created: ${[
      'AWS::AutoScaling::LifecycleHook', 'AWS::AutoScaling::ScalingPolicy', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::Logs::LogStream',
      'AWS::S3::BucketPolicy', 'AWS::SNS::Subscription', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy',
    ].join(', ')}$`),
  },
  publish: {
    engine: 'moto',
    check: 'the role of grantPublish can publish, and no other',
    instead: 'The policies are asked about `sns:Publish` on `*`, and not on the topic.',
    symptom: /^refused with status 403$/,
  },
  typesOfStreamDelivery: {
    engine: 'moto',
    check: 'stream-delivery has every resource of the template',
    instead: 'CloudFormation passes over bucket policies, log streams and delivery streams.',
    symptom: /^not created: AWS::KinesisFirehose::DeliveryStream, AWS::Logs::LogStream, AWS::S3::BucketPolicy$/,
  },
  publicAccessBlock: {
    engine: 'moto',
    check: 'stream-delivery has buckets that block public access',
    instead: 'CloudFormation leaves `PublicAccessBlockConfiguration` out.',
    symptom: /public access block configuration was not found/,
  },
  streamMode: {
    engine: 'moto',
    check: 'stream-delivery has an on-demand stream',
    instead: 'CloudFormation leaves `StreamModeDetails` out.',
    symptom: /'PROVISIONED'[^]*'ON_DEMAND'/,
  },
  putRecord: {
    engine: 'moto',
    check: 'the role of grantWrite can put records, and no other',
    instead: 'The policies are asked about `kinesis:PutRecord` on `*`, and not on the stream.',
    symptom: /^refused with status 403$/,
  },
} satisfies Record<string, Gap>;

/** What is not tried at all, because the engine could not be started with it or has nothing to try. */
export const LEFT_OUT: readonly Pick<Gap, 'engine' | 'check' | 'instead'>[] = [
  {
    engine: 'LocalStack',
    check: 'the example stream-delivery is deployed',
    instead: 'The Kinesis backend is downloaded at its first use and listens at all addresses, so the engine is started without Kinesis and Firehose.',
  },
  {
    engine: 'LocalStack',
    check: 'the examples ec2-workers and order-processing are deployed',
    instead: 'This edition has no launch templates and no Auto Scaling.',
  },
  {
    engine: 'LocalStack',
    check: 'the function configures the notifications of the bucket of image-platform',
    instead: 'Functions need Docker and a runtime that is downloaded at their first use. The checks leave the function out and configure the bucket themselves.',
  },
  {
    engine: 'moto',
    check: 'the function configures the notifications of the bucket of image-platform',
    instead: 'CloudFormation waits forever for the function, which needs Docker. The checks leave the function out.',
  },
  {
    engine: 'LocalStack',
    check: 'the workers of image-platform are deployed',
    instead: 'This edition has no launch templates, no Auto Scaling and no ECS, and functions need Docker. The checks leave out the stack of the workers.',
  },
  {
    engine: 'moto',
    check: 'the workers of image-platform are deployed',
    instead: 'CloudFormation waits forever for a function, which needs Docker. The checks leave out the stack of the workers, whose policies `test/policies` decides.',
  },
  {
    engine: 'moto',
    check: 'clicks reach the bucket through Firehose',
    instead: 'CloudFormation creates no delivery stream, and the function that tidies the clicks needs Docker.',
  },
  {
    engine: 'LocalStack',
    check: 'the examples order-bus and order-bus-billing are deployed',
    instead: 'This edition does not enforce the policies between accounts, which are what the two apps are for. `test/policies/accounts.test.ts` decides them, for both sides.',
  },
];
