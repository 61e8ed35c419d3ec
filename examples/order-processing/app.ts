import { readFileSync } from 'fs';
import { join } from 'path';
import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FirehoseStream } from 'cdk-decouple/delivery';
import { FanOut, FifoFanOut, FilterPolicy } from 'cdk-decouple/fanout';
import { Deduplication } from 'cdk-decouple/queues';
import { Ec2Workers, QueueScaling } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'OrderProcessing', {
  description: 'A shop: order events to billing, audit and e-mail workers, money booked in order, clicks to S3.',
  synthesizer: new LegacyStackSynthesizer(),
});
const kind = (...values: string[]) => FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: values }) });

const orders = new FanOut(stack, 'Orders');
const billing = orders.addQueue('Billing', { filterPolicy: kind('paid') });
const audit = orders.addQueue('Audit', { retention: Duration.days(10) });
const email = orders.addQueue('Email', { filterPolicy: kind('confirmed', 'shipped'), rawMessageDelivery: true });

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
// The worker: it receives a message, works on it and deletes it. Your work takes the place of the echo in the script.
const worker = readFileSync(join(__dirname, 'mailer.sh'), 'utf8');
const unit = `[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Environment=AWS_DEFAULT_REGION=${stack.region} QUEUE_URL=${email.queueUrl}
ExecStart=/usr/local/bin/mailer
Restart=on-failure
[Install]
WantedBy=multi-user.target
`;
const userData = ec2.UserData.forLinux();
userData.addCommands(
  `cat > /usr/local/bin/mailer <<'END'\n${worker}END`,
  'chmod +x /usr/local/bin/mailer',
  `cat > /etc/systemd/system/mailer.service <<'END'\n${unit}END`,
  'systemctl enable --now mailer.service',
);
new Ec2Workers(stack, 'Mailers', {
  vpc,
  queue: email,
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(1), processingTime: Duration.millis(250), min: 0, max: 6 }),
  userData,
});

// Money is booked in order for each customer, who is the message group.
const ledger = new FifoFanOut(stack, 'Ledger', { deduplication: Deduplication.CONTENT_BASED });
const bookkeeping = ledger.addQueue('Bookkeeping');

const clicks = new FirehoseStream(stack, 'Clicks');

const service = (id: string) => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const shop = service('Shop');
orders.grantPublish(shop);
ledger.grantPublish(shop);
clicks.grantWrite(shop);
billing.grantConsumeMessages(service('BillingService'));
audit.grantConsumeMessages(service('AuditService'));
bookkeeping.grantConsumeMessages(service('BookkeepingService'));
