import { Stack, Stage, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct, IDependable } from 'constructs';
import { Binding } from './bind-subscription';
import { ConditionValues } from '../../private/condition-values';
import { knownApart } from '../../private/environment';
import { resourceOf } from '../../private/same-resource';
import { renderPolicy, warn } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** The statement that allows one account to subscribe endpoints of one protocol to one topic. */
interface SubscribeStatement {
  readonly bindings: Set<Binding>;
  readonly dependables: IDependable[];
}

/** One statement for each account and protocol: with a common statement, each account could subscribe the endpoints of the others. */
const statements = new WeakMap<IConstruct, Map<string, SubscribeStatement>>();

/**
 * Allows the account of a subscription to subscribe, and warns if the owner of another account has to act.
 *
 * @returns what must exist before the subscription can be created
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
 */
export function allowOtherAccounts(binding: Binding): IDependable[] {
  const { place, topic, queue } = binding;
  const { account } = Stack.of(place);
  if (queue && knownApart(queue.env.account, account)) {
    warn(place, 'QueueSubscription.otherAccountQueue',
      `the queue '${queue.node.path}' is in account ${queue.env.account}, and its subscription in ${account}: SNS sends a confirmation to the queue, `
      + 'and delivers nothing until it is confirmed. No confirmation is needed if a stack in the account of the queue creates the subscription.');
  }
  if (!knownApart(topic.env.account, account)) return [];
  const dependables = allowSubscribe(binding, account);
  // Stages are deployed on their own, and CDK refuses a dependency between them.
  return Stage.of(topic) === Stage.of(place) ? dependables : [];
}

function allowSubscribe(binding: Binding, account: string): IDependable[] {
  const { place, topic, config: { protocol } } = binding;
  const id = `${protocol} ${account}`;
  const existing = statements.get(resourceOf(topic))?.get(id);
  if (existing) {
    existing.bindings.add(binding);
    return existing.dependables;
  }
  const bindings = new Set([binding]);
  // Read when the template is written, because an aspect or an escape hatch can change a name before.
  const endpoints = new ConditionValues(() => [...new Set([...bindings].map(endpointPattern))]);
  const statement = new iam.PolicyStatement({
    actions: ['sns:Subscribe'],
    principals: [new iam.AccountPrincipal(account)],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'sns:Protocol': protocol }, StringLike: { 'sns:Endpoint': endpoints } },
  });
  const { policyDependable } = topic.addToResourcePolicy(statement);
  if (!policyDependable) {
    warn(place, 'QueueSubscription.otherAccountTopic',
      `the topic '${topic.node.path}' is in account ${topic.env.account}; the subscription cannot be created until its policy has this statement:\n`
      + renderPolicy(place, statement.toStatementJson()));
    return [];
  }
  const ofTopic = statements.get(resourceOf(topic)) ?? new Map<string, SubscribeStatement>();
  statements.set(resourceOf(topic), ofTopic.set(id, { bindings, dependables: [policyDependable] }));
  return [policyDependable];
}

/** The endpoint of a subscription, without references to its stack. */
function endpointPattern({ place, topic, queue, config: { protocol, endpoint } }: Binding): string {
  if (queue) return queuePattern(topic, queue);
  const { account, region } = Stack.of(place);
  return Token.isUnresolved(endpoint) ? `arn:${Stack.of(topic).partition}:${protocol}:${known(region)}:${known(account)}:*` : endpoint;
}

/**
 * The ARN of the queue, without references to its stack; with a star for each part that is only known at deployment.
 *
 * The name of a work queue begins with its construct path, which distinguishes it from other queues, and ends in the identifier of its stack.
 */
function queuePattern(topic: sns.ITopic, queue: sqs.IQueue): string {
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
