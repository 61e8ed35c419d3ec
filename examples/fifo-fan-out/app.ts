import { App, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { FifoFanOut } from 'cdk-decouple/fanout';
import { Deduplication, Ordering } from 'cdk-decouple/queues';

const app = new App();
const stack = new Stack(app, 'AccountLedger', {
  description: 'Bookings reach balances and statements in order for each account, and a search index in any order.',
  synthesizer: new LegacyStackSynthesizer(),
});

// The message group is the account number: bookings of one account stay in order, accounts do not wait for one another.
const ledger = new FifoFanOut(stack, 'Ledger', { deduplication: Deduplication.CONTENT_BASED, archiveRetention: Duration.days(30) });
const balances = ledger.addQueue('Balances', { visibilityTimeout: Duration.minutes(1) });
const statements = ledger.addQueue('Statements');

// The search index needs no order, so it takes a standard queue.
const search = ledger.addQueue('Search', { ordering: Ordering.standard(), rawMessageDelivery: true });

const bank = new iam.Role(stack, 'Bank', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
const readers = new iam.Role(stack, 'Readers', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
ledger.grantPublish(bank);
[balances, statements, search].forEach(queue => queue.grantConsumeMessages(readers));
