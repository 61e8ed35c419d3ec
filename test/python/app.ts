import { App, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FanOut, FilterPolicy } from 'cdk-decouple/fanout';

// The same app as app.py beside this file; scripts/python.ts compares the templates.
const app = new App();
const stack = new Stack(app, 'Shop');

const orders = new FanOut(stack, 'Orders');
orders.addQueue('Billing', { filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) }) });
orders.addQueue('Audit');

app.synth();
