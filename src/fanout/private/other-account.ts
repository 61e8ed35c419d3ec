import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';
import { renderPolicy, warn } from '../../private/warnings';

/**
 * Warns of what the owner of another account has to do before a subscription delivers.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
 */
export function warnOfOtherAccounts(scope: IConstruct, topic: sns.ITopic, queue: sqs.IQueue): void {
  const { account } = Stack.of(scope);
  if (knownApart(queue.env.account, account)) {
    warn(scope, 'QueueSubscription.otherAccountQueue',
      `the queue '${queue.node.path}' is in account ${queue.env.account}, and its subscription in ${account}: SNS sends a confirmation to the queue, `
      + 'and delivers nothing until it is confirmed. Subscribe from a stack in the account of the queue to need none.');
  }
  if (knownApart(topic.env.account, account)) {
    const statement = new iam.PolicyStatement({
      actions: ['sns:Subscribe'],
      principals: [new iam.AccountPrincipal(account)],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'sns:Protocol': 'sqs' } },
    });
    warn(scope, 'QueueSubscription.otherAccountTopic',
      `the topic '${topic.node.path}' is in account ${topic.env.account}; the subscription cannot be made until its policy has this statement:\n`
      + renderPolicy(scope, statement.toStatementJson()));
  }
}
