import { Size, Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { Binding } from './bind-subscription';
import { TOPIC_SUBSCRIPTIONS } from './fanout-bounds';
import { outermostStack } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { warn } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** Subscriptions of one FIFO topic, or of one topic with large messages; SNS does not raise these limits. */
const LIMITED_SUBSCRIPTIONS = 100;

/** A topic that accepts larger messages has fewer protocols and subscriptions. */
const LARGE_MESSAGE = Size.kibibytes(256);

/** The service's quota for one topic, which can be raised on request. */
const FILTER_POLICIES = 200;

/** The usage of the quotas of one topic by this app, for all constructs that subscribe to it. */
interface TopicUsage {
  subscriptions: number;
  filterPolicies: number;
  /** Subscriptions of delivery streams, by the account that subscribes them, or by the stack where the account is not known. */
  readonly deliveryStreams: Map<string, number>;
}

/** By topic. An imported topic is identified by its ARN: in the app, or in the stack if the ARN has pseudo parameters. */
const usages = new WeakMap<IConstruct, Map<string, TopicUsage>>();

function usageOf(topic: sns.ITopic): TopicUsage {
  const { topicArn } = topic;
  const owner = topic.node.defaultChild ?? (Token.isUnresolved(topicArn) ? Stack.of(topic) : topic.node.root);
  const known = usages.get(owner) ?? new Map<string, TopicUsage>();
  usages.set(owner, known);
  const usage = known.get(topicArn) ?? { subscriptions: 0, filterPolicies: 0, deliveryStreams: new Map<string, number>() };
  known.set(topicArn, usage);
  return usage;
}

/**
 * Whether the topic accepts messages of more than 256 KiB. This is not known of an imported topic.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
export function allowsLargeMessages({ node: { defaultChild } }: sns.ITopic): boolean {
  if (!sns.CfnTopic.isCfnTopic(defaultChild)) return false;
  const bytes = maximumMessageSize(defaultChild);
  return typeof bytes === 'number' && !Token.isUnresolved(bytes) && bytes > LARGE_MESSAGE.toBytes();
}

/** The property as in the template. The L1 of the floor does not have it. */
export function maximumMessageSize(resource: sns.CfnTopic): unknown {
  return writtenProperty(resource, 'MaximumMessageSize', (resource as { readonly maximumMessageSize?: number }).maximumMessageSize);
}

/** A problem for more subscriptions than a topic with large messages can have, where this changed after they were added. */
export function subscriptionCountProblems(topic: sns.ITopic): Problem[] {
  const { subscriptions } = usageOf(topic);
  return unless(subscriptions <= LIMITED_SUBSCRIPTIONS || !allowsLargeMessages(topic), () => ({
    prop: 'maxMessageSize',
    got: `a maximum message size of more than 256 KiB on '${topic.node.path}', which has ${subscriptions} subscriptions`,
    allowed: `at most ${LIMITED_SUBSCRIPTIONS} subscriptions of a topic that accepts messages of more than 256 KiB`,
    fix: 'Lower maxMessageSize to 256 KiB, or split the subscribers over several topics.',
  }));
}

/** A problem for a subscription of a topic that cannot have one more. */
export function roomProblems(topic: sns.ITopic): Problem[] {
  const { subscriptions } = usageOf(topic);
  if (subscriptions < LIMITED_SUBSCRIPTIONS) return [];
  const got = `subscription number ${subscriptions + 1}`;
  const allowed = `at most ${LIMITED_SUBSCRIPTIONS} subscriptions of`;
  if (topic.fifo) {
    return [{ prop: 'topic', got, allowed: `${allowed} a FIFO topic`, fix: 'Split the subscribers over several FIFO topics; SNS does not raise this limit.' }];
  }
  return unless(!allowsLargeMessages(topic), () => ({
    prop: 'topic', got, allowed: `${allowed} a topic that accepts messages of more than 256 KiB`, fix: 'Lower maxMessageSize of the fan-out to 256 KiB, or split the subscribers over several topics.',
  }));
}

/** By stack, because an ARN with pseudo parameters is another resource in another stack; then by topic, protocol and endpoint. */
const subscriptionsIn = new WeakMap<Stack, Map<string, IConstruct>>();

/** The earlier subscription of the same endpoint to the same topic; undefined if there is none. */
export function earlierSubscription({ place, topic, config }: Binding): IConstruct | undefined {
  return subscriptionsIn.get(Stack.of(place))?.get(keyOf(topic, config));
}

/** What SNS tells subscriptions apart by. */
function keyOf(topic: sns.ITopic, { protocol, endpoint }: Binding['config']): string {
  return `${topic.topicArn} ${protocol} ${endpoint}`;
}

/** Registers a subscription, and warns once if the number of filter policies exceeds the quota. */
export function registerSubscription({ place, topic, config }: Binding): void {
  const stack = Stack.of(place);
  const known = subscriptionsIn.get(stack) ?? new Map<string, IConstruct>();
  subscriptionsIn.set(stack, known.set(keyOf(topic, config), place));
  const usage = usageOf(topic);
  usage.subscriptions++;
  if (config.protocol === sns.SubscriptionProtocol.FIREHOSE) registerDeliveryStream(topic, usage, stack);
  const isFiltered = (config.filterPolicy ?? config.filterPolicyWithMessageBody) !== undefined;
  if (isFiltered && ++usage.filterPolicies === FILTER_POLICIES + 1) {
    warn(topic, 'QueueSubscription.filterPolicies',
      `more than ${FILTER_POLICIES} subscriptions of this topic have a filter policy, which is the quota of SNS for one topic; ask AWS to raise it before you deploy, or split the topic.`);
  }
}

/** Warns once for each account that subscribes more delivery streams than its quota. */
function registerDeliveryStream(topic: sns.ITopic, { deliveryStreams }: TopicUsage, stack: Stack): void {
  const { max, fix } = TOPIC_SUBSCRIPTIONS.deliveryStreams;
  const owner = Token.isUnresolved(stack.account) ? outermostStack(stack).node.path : stack.account;
  const count = (deliveryStreams.get(owner) ?? 0) + 1;
  deliveryStreams.set(owner, count);
  if (count !== max + 1) return;
  warn(topic, 'FanOut.deliveryStreams', `more than ${max} subscriptions of this topic are of delivery streams of one account, which is the quota of SNS. ${fix}`);
}
