import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { WorkQueue } from 'cdk-decouple/queues';
import { Ec2Workers, InFlightProtection, QueueScaling, WorkerCommand } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'VideoTranscoding', {
  description: 'Videos wait in a queue for EC2 instances, as many as it takes for none to wait longer than five minutes.',
  synthesizer: new LegacyStackSynthesizer(),
});

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });

const videos = new WorkQueue(stack, 'Videos', { visibilityTimeout: Duration.minutes(10) });
videos.grantSendMessages(new iam.Role(stack, 'Uploads', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));

// Your work takes the place of the echo, which has the message as its input. A message whose command fails comes back.
const transcode = WorkerCommand.shell('echo "transcoding $(cat)"');

new Ec2Workers(stack, 'Transcoders', {
  vpc,
  queue: videos,
  command: transcode,
  // A video takes 40 seconds and may wait for 5 minutes, so 7.5 videos for each instance are all right.
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(5), processingTime: Duration.seconds(40), min: 0, max: 10 }),
  inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.minutes(10) }),
  instanceTypes: [new ec2.InstanceType('c6g.large')],
});
