import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FanOut, FilterPolicy } from 'cdk-decouple/fanout';

const app = new App();
const stack = new Stack(app, 'OrderEvents', {
  description: 'Every order event goes to the queues of billing, warehouse and audit; each takes what it needs.',
  synthesizer: new LegacyStackSynthesizer(),
});

const orders = new FanOut(stack, 'Orders');

// Billing sees paid orders only.
const billing = orders.addQueue('Billing', {
  filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid', 'refunded'] }) }),
});

// The warehouse reads the order itself, without SNS's envelope, and filters on what is in it.
const warehouse = orders.addQueue('Warehouse', {
  rawMessageDelivery: true,
  visibilityTimeout: Duration.minutes(5),
  filterPolicy: FilterPolicy.onBody({
    shipping: sns.FilterOrPolicy.policy({
      country: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.stringFilter({ allowlist: ['DE', 'FR', 'GB'] })),
    }),
  }),
});

// Audit receives everything and keeps it for ten days.
const audit = orders.addQueue('Audit', { retention: Duration.days(10) });

// Each service has a role. The shop may publish, and each of the others may receive from its own queue.
const ecsTasks = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');
const shop = new iam.Role(stack, 'Shop', { assumedBy: ecsTasks });
const billingConsumer = new iam.Role(stack, 'BillingConsumer', { assumedBy: ecsTasks });
const warehouseConsumer = new iam.Role(stack, 'WarehouseConsumer', { assumedBy: ecsTasks });
const auditConsumer = new iam.Role(stack, 'AuditConsumer', { assumedBy: ecsTasks });

orders.grantPublish(shop);
billing.grantConsumeMessages(billingConsumer);
warehouse.grantConsumeMessages(warehouseConsumer);
audit.grantConsumeMessages(auditConsumer);
