import { App, BootstraplessSynthesizer, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { StreamDelivery } from 'cdk-decouple/delivery';
import { FanOut, FifoFanOut, FifoFanOutTopic, FilterPolicy } from 'cdk-decouple/fanout';
import { Deduplication } from 'cdk-decouple/queues';
import { Ec2Workers, QueueScaling } from 'cdk-decouple/workers';

const app = new App();
const stack = new Stack(app, 'OrderProcessing', {
  description: 'A shop: order events to billing, audit and e-mail workers, money booked in order, clicks to S3.',
  synthesizer: new BootstraplessSynthesizer(),
});
const kind = (...values: string[]) => FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: values }) });

const orders = new FanOut(stack, 'Orders');
const billing = orders.addQueue('Billing', { filterPolicy: kind('paid') });
const audit = orders.addQueue('Audit', { retention: Duration.days(10) });
const email = orders.addQueue('Email', { filterPolicy: kind('confirmed', 'shipped'), rawMessageDelivery: true });

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
const userData = ec2.UserData.forLinux();
userData.addCommands(
  `cat > /etc/mailer.env <<'END'\nQUEUE_URL=${email.queue.queueUrl}\nEND`,
  'systemctl enable --now mailer.service',
);
new Ec2Workers(stack, 'Mailers', {
  vpc,
  queue: email.queue,
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(1), processingTime: Duration.millis(250), min: 0, max: 6 }),
  userData,
});

// Money is booked in order for each customer, who is the message group.
const ledger = new FifoFanOut(stack, 'Ledger', { topic: FifoFanOutTopic.create({ deduplication: Deduplication.CONTENT_BASED }) });
const bookkeeping = ledger.addQueue('Bookkeeping');

const clicks = new StreamDelivery(stack, 'Clicks');

const service = (id: string) => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const shop = service('Shop');
orders.grantPublish(shop);
ledger.grantPublish(shop);
clicks.grantWrite(shop);
billing.grantConsume(service('BillingService'));
audit.grantConsume(service('AuditService'));
bookkeeping.grantConsume(service('BookkeepingService'));
