import { Names, Stack, Stage } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { repeatedProblem } from './subscription-checks';
import { fail } from '../../private/problems';

/** The subscribers of the CDK's subscriptions, which are private there. `bind` changes their policies and stacks before it returns them. */
interface Subscribers {
  readonly queue?: sqs.Queue;
  readonly fn?: lambda.IFunction;
  readonly deliveryStream?: firehose.IDeliveryStream;
}

/** What the CDK knows of the permissions of an imported function, and does not publish. */
interface Imported {
  readonly canCreatePermissions?: boolean;
  readonly _skipPermissions?: boolean;
}

/** A subscription of the CDK, and how to remove what it created if it is refused: the permission of a function, and the role of a delivery stream. */
interface ForeignConfig {
  readonly bound: sns.TopicSubscriptionConfig;
  undo(): void;
}

/** The ID of the role that `FirehoseSubscription` creates in a delivery stream. */
const ROLE = 'TopicSubscriptionRole';

/**
 * Binds a subscription, without the statements that `SqsSubscription` adds to the queue and its key.
 *
 * The statement for the queue has no `aws:SourceAccount`. The one for a customer key refers to the topic, which forms a cycle if topic and queue share
 * the key.
 */
export function bindWithoutPolicies(construct: string, topic: sns.ITopic, subscription: sns.ITopicSubscription): ForeignConfig {
  const { deliveryStream, fn } = subscribersOf(subscription);
  const hadRole = deliveryStream?.node.tryFindChild(ROLE) !== undefined;
  return {
    bound: bind(construct, topic, subscription),
    undo: () => {
      fn?.node.tryRemoveChild(permissionId(topic));
      if (!hadRole) deliveryStream?.node.tryRemoveChild(ROLE);
    },
  };
}

function bind(construct: string, topic: sns.ITopic, subscription: sns.ITopicSubscription): sns.TopicSubscriptionConfig {
  const { queue, fn, deliveryStream } = subscribersOf(subscription);
  // The CDK would report a second construct with the id of the permission.
  if (fn?.node.tryFindChild(permissionId(topic))) fail(fn, construct, repeatedProblem('endpoint', fn.node.path, topic.node.path));
  const subscriber = queue ?? fn ?? deliveryStream;
  const topicView = subscriber ? withoutStackDependency(topic, subscriber.stack) : topic;
  if (fn && isPermissionMissing(fn)) {
    // The warning of the CDK has internal names of tokens in it, and no permission.
    const functionView = Object.create(fn, { addPermission: { value: () => undefined } });
    const view: sns.ITopicSubscription = Object.create(subscription, { fn: { value: functionView } });
    return { ...view.bind(topicView), subscriberScope: fn as unknown as Construct };
  }
  if (!queue) return { deadLetterQueue: forgottenDeadLetterQueue(subscription), ...subscription.bind(topicView) };
  const queueView = Object.create(queue, {
    addToResourcePolicy: { value: () => ({ statementAdded: true }) },
    encryptionMasterKey: { value: undefined },
  });
  const subscriptionView: sns.ITopicSubscription = Object.create(subscription, { queue: { value: queueView } });
  return { ...subscriptionView.bind(topicView), subscriberScope: queue };
}

/** `SmsSubscription` accepts a dead-letter queue, but does not return it. */
function forgottenDeadLetterQueue(subscription: sns.ITopicSubscription): sqs.IQueue | undefined {
  if (!(subscription instanceof subs.SmsSubscription)) return undefined;
  return (subscription as unknown as { readonly props: subs.SubscriptionProps }).props.deadLetterQueue;
}

/** Whether the CDK cannot add permissions to a function, and the user did not state that it has them. */
export function isPermissionMissing(handler: IConstruct): boolean {
  const { canCreatePermissions, _skipPermissions } = handler as unknown as Imported;
  return canCreatePermissions === false && _skipPermissions !== true;
}

function subscribersOf(subscription: sns.ITopicSubscription): Subscribers {
  const isOfCdk = [subs.SqsSubscription, subs.LambdaSubscription, subs.FirehoseSubscription].some(type => subscription instanceof type);
  return isOfCdk ? subscription as Subscribers : {};
}

/** A view of the topic in the stack of its subscriber, if the CDK refuses a dependency between the stacks: of a nested stack on its parent, and across stages. */
function withoutStackDependency(topic: sns.ITopic, stack: Stack): sns.ITopic {
  const parents = (nested: Stack | undefined): Stack[] => nested ? [nested, ...parents(nested.nestedStackParent)] : [];
  const isRefused = parents(stack.nestedStackParent).includes(topic.stack) || Stage.of(stack) !== Stage.of(topic);
  // The L2 creates another token of its ARN for another stack.
  return isRefused ? Object.create(topic, { stack: { value: stack }, topicArn: { value: topic.topicArn } }) : topic;
}

function permissionId(topic: sns.ITopic): string {
  return `AllowInvoke:${Names.nodeUniqueId(topic.node)}`;
}
