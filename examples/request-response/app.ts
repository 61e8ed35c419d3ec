import { App, CfnOutput, Duration, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RequestResponse } from 'cdk-decouple/queues';

const app = new App();
const stack = new Stack(app, 'InsuranceQuotes', {
  description: 'Branches ask for quotes through a queue; each reply returns to the branch that asked.',
  synthesizer: new LegacyStackSynthesizer(),
});

// A quote takes some seconds, so a request stays hidden for a minute. After 5 failures it becomes a dead letter.
const quotes = new RequestResponse(stack, 'Quotes', { requests: { visibilityTimeout: Duration.minutes(1) } });
new CfnOutput(stack, 'RequestsUrl', { value: quotes.requests.queueUrl });

// As many tasks as you want calculate quotes.
const actuary = new iam.Role(stack, 'Actuary', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
quotes.grantRespond(actuary);

// Each branch has a reply queue, which survives a restart of the branch, and can read no other.
for (const name of ['Accra', 'Bergen', 'Cork', 'Dakar', 'Essen', 'Fargo', 'Genoa', 'Havana', 'Izmir', 'Juneau']) {
  const branch = new iam.Role(stack, `${name}Branch`, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  const replies = quotes.addRequester(name);
  replies.grantRequest(branch);
  new CfnOutput(stack, `${name}Replies`, { value: replies.queueName });
}

const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
quotes.requests.grantRedrive(operator);
