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

const shop = new iam.Role(stack, 'Shop', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
orders.grantPublish(shop);

for (const [name, queue] of Object.entries({ billing, warehouse, audit })) {
  const consumer = new iam.Role(stack, `${name.charAt(0).toUpperCase()}${name.slice(1)}Consumer`, {
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  queue.grantConsumeMessages(consumer);
}
