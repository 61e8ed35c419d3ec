import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Encryption } from 'cdk-decouple/access';
import { DeadLetters, Ordering, WorkQueue } from 'cdk-decouple/queues';

const app = new App();
const stack = new Stack(app, 'InvoiceRendering', {
  description: 'Invoices wait in a queue to be rendered as PDF; what cannot be rendered is kept for redrive.',
  synthesizer: new LegacyStackSynthesizer(),
});

// Rendering takes up to a minute, so a message stays hidden for twice that. After 5 failures it becomes a dead letter.
const invoices = new WorkQueue(stack, 'Invoices', { visibilityTimeout: Duration.minutes(2) });

// A delay queue: a reminder goes out 15 minutes after an invoice could not be sent, at the earliest.
const reminders = new WorkQueue(stack, 'Reminders', {
  deliveryDelay: Duration.minutes(15),
  deadLetters: DeadLetters.dedicated({ maxReceiveCount: 3 }),
});

// Payments keep their order for each customer and are encrypted with a key of our own.
const payments = new WorkQueue(stack, 'Payments', {
  ordering: Ordering.fifo(),
  encryption: Encryption.customerManaged(),
});

const shop = new iam.Role(stack, 'Shop', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const renderer = new iam.Role(stack, 'Renderer', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });

for (const queue of [invoices, reminders, payments]) {
  queue.grantSendMessages(shop);
  queue.grantConsumeMessages(renderer);
  queue.grantRedrive(operator);
}
