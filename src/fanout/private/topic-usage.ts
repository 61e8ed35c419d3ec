import { Token, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { Problem } from '../../private/problems';
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

/** The problem of one more subscription of the topic, without the name of the prop. */
export function roomProblem(topic: sns.ITopic): Omit<Problem, 'prop'> | undefined {
  const { subscriptions } = usageOf(topic);
  if (!topic.fifo || subscriptions < FIFO_SUBSCRIPTIONS) return undefined;
  return {
    got: `subscription number ${subscriptions + 1}`,
    allowed: `at most ${FIFO_SUBSCRIPTIONS} subscriptions of a FIFO topic`,
    fix: 'Split the subscribers over several FIFO topics; SNS does not raise this limit.',
  };
}

/** Counts a subscription, and warns once if the number of filter policies exceeds the quota. */
export function countSubscription(topic: sns.ITopic, filtered: boolean): void {
  const usage = usageOf(topic);
  usage.subscriptions++;
  if (filtered && ++usage.filterPolicies === FILTER_POLICIES + 1) {
    warn(topic, 'QueueSubscription.filterPolicies',
      `more than ${FILTER_POLICIES} subscriptions of this topic have a filter policy, which is the quota of SNS for one topic; ask AWS to raise it before you deploy, or split the topic.`);
  }
}
