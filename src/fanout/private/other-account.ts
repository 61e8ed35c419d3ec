import { Stack, Stage, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct, IDependable } from 'constructs';
import { ConditionValues } from '../../private/condition-values';
import { knownApart } from '../../private/environment';
import { renderPolicy, warn } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** What one account may subscribe to one topic. */
interface SubscribeStatement {
  readonly queues: Set<sqs.IQueue>;
  readonly dependables: IDependable[];
}

/** One statement for each account that subscribes to a topic: in a common one, each account could subscribe the queues of the others. */
const statements = new WeakMap<sns.ITopic, Map<string, SubscribeStatement>>();

/**
 * Allows the account of a subscription to subscribe, and warns of what the owner of another account has to do.
 *
 * @returns what has to exist before the subscription can be created
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
 */
export function allowOtherAccounts(scope: IConstruct, topic: sns.ITopic, queue: sqs.IQueue): IDependable[] {
  const { account } = Stack.of(scope);
  if (knownApart(queue.env.account, account)) {
    warn(scope, 'QueueSubscription.otherAccountQueue',
      `the queue '${queue.node.path}' is in account ${queue.env.account}, and its subscription in ${account}: SNS sends a confirmation to the queue, `
      + 'and delivers nothing until it is confirmed. No confirmation is needed if a stack in the account of the queue creates the subscription.');
  }
  if (!knownApart(topic.env.account, account)) return [];
  const dependables = allowSubscribe(scope, topic, account, queue);
  // Stages are deployed on their own, and CDK refuses a dependency between them.
  return Stage.of(topic) === Stage.of(scope) ? dependables : [];
}

function allowSubscribe(scope: IConstruct, topic: sns.ITopic, account: string, queue: sqs.IQueue): IDependable[] {
  const existing = statements.get(topic)?.get(account);
  if (existing) {
    existing.queues.add(queue);
    return existing.dependables;
  }
  const queues = new Set([queue]);
  // Read when the template is written, because an aspect or an escape hatch may have changed a name until then.
  const endpoints = new ConditionValues(() => [...new Set([...queues].map(one => endpointPattern(topic, one)))]);
  const statement = new iam.PolicyStatement({
    actions: ['sns:Subscribe'],
    principals: [new iam.AccountPrincipal(account)],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': endpoints } },
  });
  const { policyDependable } = topic.addToResourcePolicy(statement);
  if (!policyDependable) {
    warn(scope, 'QueueSubscription.otherAccountTopic',
      `the topic '${topic.node.path}' is in account ${topic.env.account}; the subscription cannot be created until its policy has this statement:\n`
      + renderPolicy(scope, statement.toStatementJson()));
    return [];
  }
  const perAccount = statements.get(topic) ?? new Map<string, SubscribeStatement>();
  statements.set(topic, perAccount.set(account, { queues, dependables: [policyDependable] }));
  return [policyDependable];
}

/**
 * The ARN of the queue, free of references to its stack; a star for each part that is only known at deployment.
 *
 * The name of a work queue begins with its construct path, which distinguishes it from other queues, and ends in the identifier of its stack.
 */
function endpointPattern(topic: sns.ITopic, queue: sqs.IQueue): string {
  const { account, region } = queue.env;
  const resource = queue.node.defaultChild as sqs.CfnQueue | undefined;
  const name = resource ? Stack.of(queue).resolve(writtenProperty(resource, 'QueueName', resource.queueName)) : queue.queueName;
  const parts = ['sqs', known(region), known(account), knownText(name)];
  return `arn:${Stack.of(topic).partition}:${parts.join(':')}`;
}

function known(text: string): string {
  return Token.isUnresolved(text) ? '*' : text;
}

/** The literal parts of a resolved string, with a star for each other part. */
function knownText(text: unknown): string {
  if (typeof text === 'string') return known(text);
  const { 'Fn::Join': joined, 'Fn::Sub': template } = (text ?? {}) as { 'Fn::Join'?: [string, unknown]; 'Fn::Sub'?: unknown };
  if (typeof template === 'string') return template.replace(/\$\{[^}]*\}/g, '*');
  return Array.isArray(joined?.[1]) ? joined[1].map(knownText).join(joined[0]) : '*';
}
