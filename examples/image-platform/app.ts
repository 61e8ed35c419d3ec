import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketEventFanOut } from 'cdk-decouple/fanout';
import {
  Ec2Workers, FargateWorkers, FunctionConcurrency, FunctionSource, FunctionWorker, Purchasing, QueueScaling, WorkerCommand, WorkerFunction,
} from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'ImagePlatform', {
  description: 'The events of a bucket of images go to the queues of thumbnails, moderation and search; each takes what it needs.',
  synthesizer: new LegacyStackSynthesizer(),
});

const images = new s3.Bucket(stack, 'Images', {
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  versioned: true,
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration: Duration.days(30) }],
});

const events = new BucketEventFanOut(stack, 'ImageEvents', { bucket: images });

// Thumbnails are made of photos, which take up to half a minute each.
const thumbnails = events.addQueue('Thumbnails', {
  objects: [{ prefix: 'uploads/', suffix: '.jpg' }, { prefix: 'uploads/', suffix: '.png' }],
  visibilityTimeout: Duration.minutes(3),
});

// Moderation sees every upload, so that it overlaps with the thumbnails. S3 alone would refuse that.
const moderation = events.addQueue('Moderation', {
  objects: [{ prefix: 'uploads/' }],
});

// The search index also follows what is deleted, wherever it is.
const search = events.addQueue('Search', {
  events: [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_REMOVED],
});

const allow = (grantee: iam.IGrantable, action: string, keys: string) =>
  iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [images.arnForObjects(keys)] });

// The website uploads, and does nothing else.
allow(new iam.Role(stack, 'Website', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }), 's3:PutObject', 'uploads/*');

// The workers are in a stack of their own, which is deployed and deleted without the images and the messages.
const workers = new Stack(app, 'ImageWorkers', {
  description: 'Workers on the queues of the image platform: Spot Instances, containers on Fargate, and a function.',
  synthesizer: new LegacyStackSynthesizer(),
});

// A network for the workers. Images do not pass through the NAT gateway: the endpoint for S3 is free.
const vpc = new ec2.Vpc(workers, 'Network', {
  maxAzs: 2,
  natGateways: 1,
  restrictDefaultSecurityGroup: false,
  gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
});

// Thumbnails can wait and be made twice: Spot Instances. Your work takes the place of the echo, which has the event as its input.
const thumbnailers = new Ec2Workers(workers, 'Thumbnailers', {
  vpc,
  queue: thumbnails,
  command: WorkerCommand.shell('echo "a thumbnail of $(cat)"'),
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(10), processingTime: Duration.seconds(30), max: 10 }),
  instanceTypes: ['c6g.large', 'm6g.large', 'r6g.large'].map(type => new ec2.InstanceType(type)),
  purchasing: Purchasing.spot(),
  // The logs of the command are in Amazon CloudWatch.
  sessionManager: false,
});
allow(thumbnailers, 's3:GetObject', 'uploads/*');
allow(thumbnailers, 's3:PutObject', 'thumbnails/*');

// Moderation loads a model, which takes longer than a function should: a container. An image takes 5 seconds and may wait for 10 minutes.
const moderators = new FargateWorkers(workers, 'Moderators', {
  vpc,
  queue: moderation,
  command: WorkerCommand.container(ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(workers, 'ModeratorImages', 'image-moderator'), '1')),
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(10), processingTime: Duration.seconds(5), max: 10 }),
  cpu: 1024,
});
allow(moderators, 's3:GetObject', 'uploads/*');

// An entry of the index takes milliseconds: a function, at most five at a time, as many as the index takes.
new FunctionWorker(workers, 'SearchIndex', {
  source: FunctionSource.queue(search, { concurrency: FunctionConcurrency.maximum(5) }),
  function: WorkerFunction.create({
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    timeout: Duration.seconds(30),
    // Your work takes the place of the log line. What it cannot do is received again, and then a dead letter.
    code: lambda.Code.fromInline(`
exports.handler = async ({ Records }) => {
  const batchItemFailures = [];
  for (const { messageId, body } of Records) {
    try {
      const event = JSON.parse(body);
      console.log(event['detail-type'], event.detail.object.key);
    } catch (error) {
      console.error(messageId, error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
};
`.trim()),
  }),
});
