import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FanOut, FilterPolicy } from 'cdk-decouple/fanout';

const app = new App();
const stack = new Stack(app, 'OrderBusBilling', {
  description: 'Billing receives orders from the order bus of another account, and publishes what it billed.',
  synthesizer: new LegacyStackSynthesizer(),
});

// The outputs of the stack OrderBus: npx cdk deploy -c topicArn=... -c keyArn=...
const topicArn: string = app.node.tryGetContext('topicArn') ?? 'arn:aws:sns:eu-west-1:111122223333:order-bus';
const keyArn: string = app.node.tryGetContext('keyArn') ?? 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const orders = FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicAttributes(stack, 'Topic', { topicArn, keyArn }));

// The subscription is in the account of the queue, so it needs no confirmation.
const toBill = orders.addQueue('ToBill', {
  visibilityTimeout: Duration.minutes(2),
  filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['placed', 'canceled'] }) }),
});

// One role receives orders and publishes invoices. The bus allows the account, and this policy allows the role.
const billing = new iam.Role(stack, 'Billing', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
toBill.grantConsumeMessages(billing);
orders.grantPublish(billing);
