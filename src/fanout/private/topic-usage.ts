import { Token, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { Binding } from './bind-subscription';
import { Problem, unless } from '../../private/problems';
import { warn } from '../../private/warnings';

/** Subscriptions of one FIFO topic; SNS does not raise this limit. */
const FIFO_SUBSCRIPTIONS = 100;

/** The service's quota for one topic, which can be raised on request. */
const FILTER_POLICIES = 200;

/** The usage of the quotas of one topic by this app, for all constructs that subscribe to it. */
interface TopicUsage {
  subscriptions: number;
  filterPolicies: number;
}

/** By topic. An imported topic is identified by its ARN: in the app, or in the stack if the ARN has pseudo parameters. */
const usages = new WeakMap<IConstruct, Map<string, TopicUsage>>();

function usageOf(topic: sns.ITopic): TopicUsage {
  const { topicArn } = topic;
  const owner = topic.node.defaultChild ?? (Token.isUnresolved(topicArn) ? Stack.of(topic) : topic.node.root);
  const known = usages.get(owner) ?? new Map<string, TopicUsage>();
  usages.set(owner, known);
  const usage = known.get(topicArn) ?? { subscriptions: 0, filterPolicies: 0 };
  known.set(topicArn, usage);
  return usage;
}

/** A problem for a subscription of a topic that cannot have one more. */
export function roomProblems(topic: sns.ITopic): Problem[] {
  const { subscriptions } = usageOf(topic);
  return unless(!topic.fifo || subscriptions < FIFO_SUBSCRIPTIONS, () => ({
    prop: 'topic',
    got: `subscription number ${subscriptions + 1}`,
    allowed: `at most ${FIFO_SUBSCRIPTIONS} subscriptions of a FIFO topic`,
    fix: 'Split the subscribers over several FIFO topics; SNS does not raise this limit.',
  }));
}

/** By stack, because an ARN with pseudo parameters is another resource in another stack; then by topic and endpoint. */
const subscriptionsIn = new WeakMap<Stack, Map<string, IConstruct>>();

/** The earlier subscription of the same endpoint to the same topic; undefined if there is none. */
export function earlierSubscription({ place, topic, config }: Binding): IConstruct | undefined {
  return subscriptionsIn.get(Stack.of(place))?.get(`${topic.topicArn} ${config.endpoint}`);
}

/** Registers a subscription, and warns once if the number of filter policies exceeds the quota. */
export function registerSubscription({ place, topic, config }: Binding): void {
  const stack = Stack.of(place);
  const known = subscriptionsIn.get(stack) ?? new Map<string, IConstruct>();
  subscriptionsIn.set(stack, known.set(`${topic.topicArn} ${config.endpoint}`, place));
  const usage = usageOf(topic);
  usage.subscriptions++;
  const isFiltered = (config.filterPolicy ?? config.filterPolicyWithMessageBody) !== undefined;
  if (isFiltered && ++usage.filterPolicies === FILTER_POLICIES + 1) {
    warn(topic, 'QueueSubscription.filterPolicies',
      `more than ${FILTER_POLICIES} subscriptions of this topic have a filter policy, which is the quota of SNS for one topic; ask AWS to raise it before you deploy, or split the topic.`);
  }
}
