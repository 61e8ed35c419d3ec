import { App, CfnOutput, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Encryption } from 'cdk-decouple/access';
import { FanOut } from 'cdk-decouple/fanout';

const app = new App();
const stack = new Stack(app, 'OrderBus', {
  description: 'The order events of several accounts: this one has the topic, and lets billing subscribe and publish from another.',
  synthesizer: new LegacyStackSynthesizer(),
});

// The account where the app order-bus-billing is deployed: npx cdk deploy -c billingAccount=...
const billingAccount: string = app.node.tryGetContext('billingAccount') ?? '444455556666';

// Other accounts know the topic by its name. Only a topic with a customer key accepts what they publish.
const orders = new FanOut(stack, 'Orders', {
  topicName: 'order-bus',
  encryption: Encryption.customerManaged(),
});

// Billing subscribes queues of its own account only, and publishes what it bills.
const billing = new iam.AccountPrincipal(billingAccount);
orders.grantSubscribe(billing.withConditions({
  StringEquals: { 'sns:Protocol': 'sqs' },
  StringLike: { 'sns:Endpoint': stack.formatArn({ service: 'sqs', account: billingAccount, resource: '*' }) },
}));
orders.grantPublish(billing);

// The audit of the account of the bus keeps every event for ten days.
const audit = orders.addQueue('Audit', { retention: Duration.days(10) });

// The shop publishes orders, and the auditor reads every event. Both are in the account of the bus.
const ecsTasks = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');
const shop = new iam.Role(stack, 'Shop', { assumedBy: ecsTasks });
const auditor = new iam.Role(stack, 'Auditor', { assumedBy: ecsTasks });
orders.grantPublish(shop);
audit.grantConsumeMessages(auditor);

// The other app needs both.
new CfnOutput(stack, 'TopicArn', { value: orders.topicArn });
new CfnOutput(stack, 'KeyArn', { value: orders.masterKey!.keyArn });
