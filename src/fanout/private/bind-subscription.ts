import { IResource, Names, Stack, Stage, Token } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, DependencyGroup, IConstruct, IDependable } from 'constructs';
import { warnOfEndpoint } from './endpoint-checks';
import { sortedFilters, sortedPolicy } from './filter-order';
import { bindWithoutPolicies, isPermissionMissing } from './foreign-subscriptions';
import { allowOtherAccounts } from './other-account';
import { checkPolicyAtSynth } from './policy-at-synthesis';
import { warnOfWildcards } from './protocol-checks';
import { checkSubscriptionAtSynth } from './subscription-at-synthesis';
import { APPLIED, checkEncryptionAtSynth, chooseDeadLetters, placeOf, repeatedProblem, subscriptionProblems } from './subscription-checks';
import { registerSubscription } from './topic-usage';
import { createDeadLetterQueue, receiverView } from './undelivered';
import { allowService, allowServiceOnKey, principalOf } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { withoutPasswords } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { isSameKey } from '../../private/keys';
import { blankProblems, fail, refuse, throwProblems, unless } from '../../private/problems';
import { referencesIn } from '../../private/references';
import { renderPolicy, warn } from '../../private/warnings';
import { Replay } from '../replay';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** A subscription of any protocol, before it is completed. */
export interface Binding {
  /** The construct that errors and warnings name: `QueueSubscription`, or the fan-out. */
  readonly construct: string;
  /** The construct that the subscription and its dead-letter queue are created in. */
  readonly place: Construct;
  readonly topic: sns.ITopic;
  readonly config: Omit<sns.TopicSubscriptionConfig, 'subscriberId' | 'subscriberScope'>;
  /** The subscribed queue; undefined for all other protocols. */
  readonly queue?: sqs.IQueue;
  readonly replay?: Replay;
  /** The choice of the user; undefined for the default. */
  readonly deadLetters?: SubscriptionDeadLetters;
  /** The name of the prop or method that made this choice. */
  readonly deadLettersProp: string;
}

/** A subscription that completes itself, and that can use other dead letters than its own. */
export interface SelfCompleting extends sns.ITopicSubscription {
  /**
   * Like `bind`, with the dead letters of `SubscriptionDeadLetters.applyTo` in place of its own.
   *
   * @param owner the scope for subscriptions of endpoints that are not constructs: the same as without `applyTo`, so that the logical id is the same
   */
  _bindWith(topic: sns.ITopic, deadLetters: SubscriptionDeadLetters | undefined, owner: IConstruct): sns.TopicSubscriptionConfig;
}

/** The result of `bind` for a subscription that is already complete. */
interface CompleteConfig extends sns.TopicSubscriptionConfig {
  readonly isComplete?: true;
}

/**
 * Binds a subscription, and completes it unless it completes itself, as those of this library do.
 *
 * @param owner the scope for subscriptions of endpoints that are not constructs, such as an e-mail address
 * @param deadLetters the dead letters of `SubscriptionDeadLetters.applyTo`
 */
export function bindSubscription(
  owner: IConstruct, construct: string, topic: sns.ITopic, subscription: sns.ITopicSubscription, deadLetters?: SubscriptionDeadLetters,
): sns.TopicSubscriptionConfig {
  if (completesItself(subscription)) return subscription._bindWith(topic, deadLetters, owner);
  const { bound, undo } = bindWithoutPolicies(construct, topic, subscription);
  const { subscriberScope, subscriberId, ...config }: CompleteConfig = bound;
  if (config.isComplete) {
    refuse(subscriberScope ?? owner, construct, unless(deadLetters === undefined, () => ({
      prop: APPLIED,
      got: 'a subscription that binds a QueueSubscription inside itself',
      allowed: 'the QueueSubscription itself, or a subscription of the CDK',
      fix: 'Apply the dead letters to the QueueSubscription, or set its subscriptionDeadLetters.',
    })));
    return { subscriberScope, subscriberId, ...config };
  }
  const scope = subscriberScope ?? owner as Construct;
  refuse(scope, construct, blankProblems('endpoint', config.endpoint, 'Specify the endpoint of the subscription.'));
  const queue = config.protocol === sns.SubscriptionProtocol.SQS && 'queueArn' in scope ? scope as unknown as sqs.IQueue : undefined;
  try {
    return completeSubscription({
      construct,
      place: placeIn(scope, subscriberIdIn(scope, topic, subscriberId), construct, queue ? 'queue' : 'endpoint', config.endpoint),
      topic,
      config,
      queue,
      deadLetters: deadLetters ?? (config.deadLetterQueue && SubscriptionDeadLetters.existing(config.deadLetterQueue)),
      deadLettersProp: deadLetters ? APPLIED : 'deadLetterQueue',
    });
  } catch (error) {
    undo();
    throw error;
  }
}

function completesItself(subscription: sns.ITopicSubscription): subscription is SelfCompleting {
  return '_bindWith' in subscription;
}

/** Checks a subscription, and creates everything that it requires. Throws one error that names all problems. */
export function completeSubscription(binding: Binding): CompleteConfig {
  const { construct, place, topic, config, queue } = binding;
  const deadLetters = chooseDeadLetters(binding);
  throwProblems(place, construct, subscriptionProblems(binding, deadLetters));

  const deadLetterQueue = deadLetters._kind === 'dedicated' ? createDeadLetterQueue(place, topic.fifo, queue) : deadLetters._target(queue);
  const receivers = [...new Set([queue, deadLetterQueue].filter(one => one !== undefined))];
  const policies = allowTopic(binding, receivers);
  policies.push(...allowOtherAccounts(binding), ...permissionsOf(binding));
  checkEncryptionAtSynth(binding, deadLetterQueue);
  checkSubscriptionAtSynth(binding, placeOf(place, topic), deadLetterQueue);
  warnOfEndpoint(binding);
  warnOfWildcards(binding);
  registerSubscription(binding);
  return {
    ...config,
    subscriberScope: place,
    subscriberId: 'Resource',
    rawMessageDelivery: queue ? config.rawMessageDelivery ?? false : config.rawMessageDelivery,
    filterPolicy: config.filterPolicy && sortedFilters(place, config.filterPolicy),
    filterPolicyWithMessageBody: config.filterPolicyWithMessageBody && sortedPolicy(place, config.filterPolicyWithMessageBody),
    region: topicRegion(place, topic),
    deadLetterQueue: deadLetterQueue && receiverView(deadLetterQueue),
    // SNS starts to deliver at once, and does not retry a delivery that is refused.
    subscriptionDependency: new DependencyGroup(...policies, ...config.subscriptionDependency ? [config.subscriptionDependency] : []),
    isComplete: true,
  };
}

/** Allows SNS to send messages of this topic to the queues, and to use their keys. */
function allowTopic({ place, construct, topic }: Binding, receivers: sqs.IQueue[]): IDependable[] {
  const source = ServiceSource.topic(topic);
  // Stages are deployed on their own, and CDK refuses a dependency between them.
  const policies = receivers.flatMap(receiver => {
    const dependables = allowService(place, construct, receiver, source);
    return Stage.of(receiver) === Stage.of(place) ? dependables : [];
  });
  receivers.forEach(receiver => checkPolicyAtSynth(place, 'QueueSubscription', receiver));
  receivers.forEach((receiver, index) => {
    const key = receiver.encryptionMasterKey;
    const known = receivers.slice(0, index).some(other => isSameKey(other.encryptionMasterKey, key));
    if (key && !known) allowServiceOnKey(place, construct, key, receiver, source);
  });
  return policies;
}

/** Creates the scope of a subscription under its subscriber, or under the topic if the subscriber is not a construct. */
export function placeIn(scope: Construct, id: string, construct: string, prop: 'queue' | 'endpoint', endpoint: string): Construct {
  const earlier = scope.node.tryFindChild(id);
  if (earlier) {
    fail(scope, construct, repeatedProblem(prop, prop === 'queue' || Token.isUnresolved(endpoint) ? scope.node.path : endpoint, earlier.node.path));
  }
  return new Construct(scope, id);
}

/** The id of the topic is not unique among the topics of a function. */
export function subscriberIdIn(scope: IConstruct, topic: sns.ITopic, id: string): string {
  if (id === topic.node.id) return Names.nodeUniqueId(topic.node);
  if (!Token.isUnresolved(id)) return withoutPasswords(id);
  const unresolved = scope.node.children.filter(child => child.node.id.startsWith('TokenSubscription:'));
  return `TokenSubscription:${unresolved.length + 1}`;
}

/**
 * Warns of a function that is imported without its environment or from another account, whose permissions the CDK cannot change.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns-create-package.html
 */
function warnOfFunction({ place, topic, config: { endpoint } }: Binding, handler: IResource, service: string): void {
  if (!isPermissionMissing(handler)) return;
  const { account } = Stack.of(place);
  const confirmation = knownApart(handler.env.account, account)
    ? ` The function is in account ${handler.env.account}, and its subscription in ${account}: SNS sends a confirmation to the function, and delivers nothing until it is confirmed.` : '';
  warn(place, 'FanOut.importedFunction',
    `the policy of function '${handler.node.path}' cannot be changed from here because it is imported.${confirmation} Import it with skipPermissions: true, which says that it has a `
    + 'permission (AWS::Lambda::Permission, or add-permission of the AWS CLI) with these properties, or, if it is in the account and Region of this stack, with sameEnvironment: true:\n'
    + renderPolicy(place, { Action: 'lambda:InvokeFunction', FunctionName: endpoint, Principal: service, SourceArn: topic.topicArn }));
}

/** The permissions of SNS on a function or a delivery stream, so that the subscription can depend on them. */
function permissionsOf(binding: Binding): IDependable[] {
  const { config, topic, place } = binding;
  const subscriber = place.node.scope!;
  if (config.subscriptionRoleArn !== undefined) return rolesIn(place, config.subscriptionRoleArn);
  if (config.protocol !== sns.SubscriptionProtocol.LAMBDA) return [];
  const { service } = ServiceSource.topic(topic)._bind(subscriber);
  warnOfFunction(binding, subscriber as IResource, service);
  // LambdaSubscription allows only sns.amazonaws.com, which SNS does not use between Regions if one is an opt-in Region.
  if (service !== 'sns.amazonaws.com' && 'addPermission' in subscriber) {
    (subscriber as lambda.Function).addPermission(`AllowInvokeFromRegion:${Names.nodeUniqueId(topic.node)}`, {
      principal: principalOf(service), sourceArn: topic.topicArn,
    });
  }
  return subscriber.node.children.filter(child => lambda.CfnPermission.isCfnPermission(child) && child.sourceArn === topic.topicArn);
}

/** The role of an ARN with its policies, where the stack of the subscription creates it. */
function rolesIn(place: IConstruct, roleArn: string): IConstruct[] {
  return referencesIn(roleArn).map(resource => resource.node.scope!).filter(role => Stack.of(role) === Stack.of(place));
}

/** The Region of the topic if it differs from that of the stack, where CloudFormation looks for the topic by default. */
function topicRegion(place: IConstruct, topic: sns.ITopic): string | undefined {
  const { region } = topic.env;
  return Token.isUnresolved(region) || region === Stack.of(place).region ? undefined : region;
}
