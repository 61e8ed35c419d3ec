import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FirehoseStream } from 'cdk-decouple/delivery';
import { FanOut, FifoFanOut, FilterPolicy } from 'cdk-decouple/fanout';
import { Deduplication } from 'cdk-decouple/queues';
import { Ec2Workers, QueueScaling, WorkerCommand } from 'cdk-decouple/workers';

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

const vpc = new ec2.Vpc(stack, 'Network', { maxAzs: 1, natGateways: 1, restrictDefaultSecurityGroup: false });
// Your work takes the place of the echo, which has the message as its input. One instance always runs: an e-mail does not wait until one has started.
new Ec2Workers(stack, 'Mailers', {
  vpc,
  queue: email,
  command: WorkerCommand.shell('echo "mailing $(cat)"'),
  scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(1), processingTime: Duration.seconds(2), min: 1, max: 6 }),
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
