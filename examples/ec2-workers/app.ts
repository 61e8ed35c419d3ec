import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { WorkQueue } from 'cdk-decouple/queues';
import { Ec2Workers, InFlightProtection, QueueScaling } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'VideoTranscoding', {
  description: 'Videos wait in a queue for EC2 instances, as many as it takes for none to wait longer than five minutes.',
  synthesizer: new LegacyStackSynthesizer(),
});

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });

const videos = new WorkQueue(stack, 'Videos', { visibilityTimeout: Duration.minutes(10) });
videos.grantSendMessages(new iam.Role(stack, 'Uploads', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));

// The worker: it receives a message, works on it and deletes it, until its instance is to be terminated, and then says that it
// is done. What it does with the message is one line, in which yours takes the place of the echo. Amazon Linux 2023 has all it needs.
const worker = String.raw`#!/bin/bash
metadata() {
  local base=http://169.254.169.254/latest token
  token=$(curl -sfX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: $token" "$base/meta-data/$1"
}

until [ "$(metadata autoscaling/target-lifecycle-state)" = Terminated ]; do
  message=$(aws sqs receive-message --queue-url "$QUEUE_URL" --wait-time-seconds 20 --max-number-of-messages 1 \
    --query 'Messages[0].[ReceiptHandle,Body]' --output text) || { sleep 5; continue; }
  [[ -z "$message" || "$message" = None ]] && continue
  IFS=$'\t' read -r receipt body <<< "$message"

  echo "transcoding $body" || continue # YOUR WORK GOES HERE; a message that fails is not deleted and comes back

  aws sqs delete-message --queue-url "$QUEUE_URL" --receipt-handle "$receipt"
done

# Fails until the termination has reached the hook, which is a moment later than the metadata says so.
until aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --lifecycle-hook-name finish-work \
  --auto-scaling-group-name "$(metadata tags/instance/aws:autoscaling:groupName)" --instance-id "$(metadata instance-id)"
do sleep 5; done
`;
const unit = `[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Environment=AWS_DEFAULT_REGION=${stack.region} QUEUE_URL=${videos.queueUrl}
ExecStart=/usr/local/bin/transcoder
Restart=on-failure
[Install]
WantedBy=multi-user.target
`;
const userData = ec2.UserData.forLinux();
userData.addCommands(
  `cat > /usr/local/bin/transcoder <<'END'\n${worker}END`,
  'chmod +x /usr/local/bin/transcoder',
  `cat > /etc/systemd/system/transcoder.service <<'END'\n${unit}END`,
  'systemctl enable --now transcoder.service',
);

new Ec2Workers(stack, 'Transcoders', {
  vpc,
  queue: videos,
  // A video takes 40 seconds and may wait for 5 minutes, so 7.5 videos for each instance are all right.
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(5), processingTime: Duration.seconds(40), min: 0, max: 10 }),
  inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.minutes(10) }),
  instanceTypes: [new ec2.InstanceType('c7g.large')],
  userData,
});
