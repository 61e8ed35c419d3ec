import { App, BootstraplessSynthesizer, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { WorkQueue } from 'cdk-decouple/queues';
import { Ec2Workers, InFlightProtection, QueueScaling } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'VideoTranscoding', {
  description: 'Videos wait in a queue for EC2 instances, as many as it takes for none to wait longer than five minutes.',
  synthesizer: new BootstraplessSynthesizer(),
});

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });

const videos = new WorkQueue(stack, 'Videos', { visibilityTimeout: Duration.minutes(10) });
videos.grantSend(new iam.Role(stack, 'Uploads', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));

// The worker program is yours. This one stands for it: it receives a message, works on it, deletes it, and says so when it
// is asked to end.
const userData = ec2.UserData.forLinux();
userData.addCommands(
  `cat > /etc/transcoder.env <<'END'\nQUEUE_URL=${videos.queue.queueUrl}\nEND`,
  'systemctl enable --now transcoder.service',
);

new Ec2Workers(stack, 'Transcoders', {
  vpc,
  queue: videos.queue,
  // A video takes 40 seconds and may wait for 5 minutes, so 7.5 videos for each instance are all right.
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(5), processingTime: Duration.seconds(40), min: 0, max: 10 }),
  inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.minutes(10) }),
  instanceTypes: [new ec2.InstanceType('c7g.large')],
  userData,
});
