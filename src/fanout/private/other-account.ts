import { Stack, Stage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct, IDependable } from 'constructs';
import { knownApart } from '../../private/environment';
import { renderPolicy, warn } from '../../private/warnings';

interface SubscribeStatement {
  readonly statement: iam.PolicyStatement;
  readonly accounts: Set<string>;
  readonly dependables: IDependable[];
}

/** One statement for each topic, however many accounts subscribe. */
const statements = new WeakMap<sns.ITopic, SubscribeStatement>();

/**
 * Lets the account of a subscription subscribe, and warns of what the owner of another account has to do.
 *
 * @returns what has to exist before the subscription can be made
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
 */
export function allowOtherAccounts(scope: IConstruct, topic: sns.ITopic, queue: sqs.IQueue): IDependable[] {
  const { account } = Stack.of(scope);
  if (knownApart(queue.env.account, account)) {
    warn(scope, 'QueueSubscription.otherAccountQueue',
      `the queue '${queue.node.path}' is in account ${queue.env.account}, and its subscription in ${account}: SNS sends a confirmation to the queue, `
      + 'and delivers nothing until it is confirmed. Subscribe from a stack in the account of the queue to need none.');
  }
  if (!knownApart(topic.env.account, account)) return [];
  const dependables = allowSubscribe(scope, topic, account);
  // Stages are deployed on their own, and CDK refuses a dependency between them.
  return Stage.of(topic) === Stage.of(scope) ? dependables : [];
}

function allowSubscribe(scope: IConstruct, topic: sns.ITopic, account: string): IDependable[] {
  const existing = statements.get(topic);
  if (existing) {
    if (!existing.accounts.has(account)) existing.statement.addPrincipals(new iam.AccountPrincipal(account));
    existing.accounts.add(account);
    return existing.dependables;
  }
  const statement = new iam.PolicyStatement({
    actions: ['sns:Subscribe'],
    principals: [new iam.AccountPrincipal(account)],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'sns:Protocol': 'sqs' } },
  });
  const { policyDependable } = topic.addToResourcePolicy(statement);
  if (!policyDependable) {
    warn(scope, 'QueueSubscription.otherAccountTopic',
      `the topic '${topic.node.path}' is in account ${topic.env.account}; the subscription cannot be made until its policy has this statement:\n`
      + renderPolicy(scope, statement.toStatementJson()));
    return [];
  }
  statements.set(topic, { statement, accounts: new Set([account]), dependables: [policyDependable] });
  return [policyDependable];
}
