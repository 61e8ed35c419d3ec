import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { WorkQueue } from 'cdk-decouple/queues';
import { FargateWorkers, QueueScaling, WorkerCommand } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'LabelPrinting', {
  description: 'Shipping labels wait in a queue for containers on Fargate, from none to ten.',
  synthesizer: new LegacyStackSynthesizer(),
});

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });

// A worker extends it while it works, so it is the time after which another worker takes over the message of one that has crashed.
const labels = new WorkQueue(stack, 'Labels', { visibilityTimeout: Duration.minutes(1) });

// The image is that of the folder typescript or python, whichever you push: both do the same.
const images = ecr.Repository.fromRepositoryName(stack, 'Images', 'label-printer');

new FargateWorkers(stack, 'Printers', {
  vpc,
  queue: labels,
  command: WorkerCommand.container(ecs.ContainerImage.fromEcrRepository(images, '1')),
  // A label takes 2 seconds and may wait for 2 minutes, so 60 labels for each container are all right.
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(2), processingTime: Duration.seconds(2), max: 10 }),
});
