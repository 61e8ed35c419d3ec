import * as notifications from 'aws-cdk-lib/aws-codestarnotifications';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, Dependable, IDependable } from 'constructs';
import { bindSubscription } from './bind-subscription';
import { checkDeliveryStatusRoles } from './delivery-status-roles';
import { grantNothing, grantPublish, grantSubscribe, outsiderProblems } from './publish-grant';
import { publisherProblems } from './publisher-checks';
import { checkPublishersAtSynth } from './publishers-at-synthesis';
import {
  addByName, addUnconditional, areLetIn, areUnconditional, documentedService, publishesAlone, sourceByName, warnOfFifo, warnOfSourceArn,
} from './services-by-name';
import { addQueueIn } from './subscribed-queue';
import { TopicOptions } from './topic-options';
import { createTopic, existingTopicProblems, topicProblems } from './topics';
import { allowsAction, mixedProblems, publicProblems, servicesOf, sourcesOf, unlimitedProblems } from '../../access/private/arriving-statements';
import { narrowedKey } from '../../access/private/narrowed-key';
import { allowService, allowServiceOnKey, forgetByName, letsServiceIn } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { grantOnKey, isService } from '../../private/grants';
import { Problem, refuse, throwProblems } from '../../private/problems';
import { innermost } from '../../private/same-resource';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';
import { QueueSubscription, QueueSubscriptionProps } from '../subscribers/queue-subscription';

/** The method that statements are added with, in the words of an error message. */
const ADDED = 'addToResourcePolicy(statement)';

/** The differences between the two kinds of fan-out. */
export interface FanOutKind {
  readonly construct: 'FanOut' | 'FifoFanOut';
  readonly fifo: boolean;
  /** The problems of the props that only this kind has. */
  readonly problems: Problem[];
  /** The props of the topic that only this kind has. */
  readonly topicProps: (scope: Construct) => sns.TopicProps;
}

/** The topics of fan-outs that do not create one, by their props. A prop would be suggested to users by their editor. */
const existingTopics = new WeakMap<TopicOptions, sns.ITopic>();

/** The props of a fan-out for an existing topic. */
export function ofTopic<P extends TopicOptions>(topic: sns.ITopic, props: P): P {
  existingTopics.set(props, topic);
  return props;
}

/**
 * A topic that contains the L2. It checks and completes everything that is added to its policy, its key and its subscriptions.
 *
 * jsii hides the base class, and adds its members to the two public classes.
 * @internal
 */
export abstract class FanOutBase extends sns.TopicBase {
  /** The ARN of the topic. */
  public readonly topicArn: string;

  /** The name of the topic. */
  public readonly topicName: string;

  /**
   * The customer key of the topic; undefined with the AWS managed key.
   *
   * Statements that the CDK adds to its policy for a service that can already publish are ignored, because the exact statement exists.
   */
  public readonly masterKey?: kms.IKey;

  /** Whether the topic is a FIFO topic. */
  public readonly fifo: boolean;

  /** Whether a FIFO topic recognizes duplicates by their content. */
  public readonly contentBasedDeduplication: boolean;

  /** The role that SNS assumes to write delivery status logs; undefined if the fan-out did not create one. */
  public readonly deliveryStatusRole?: iam.Role;

  // The inner topic has the policy; a second policy would replace it.
  protected readonly autoCreatePolicy = false;

  private readonly inner: sns.ITopic;
  private readonly construct: FanOutKind['construct'];
  private readonly subscribed: sns.Subscription[] = [];

  constructor(scope: Construct, id: string, props: TopicOptions, kind: FanOutKind) {
    const given = existingTopics.get(props);
    const existing = given && innermost(given);
    super(scope, id, existing
      ? { physicalName: existing.topicName, account: existing.env.account, region: existing.env.region }
      : { physicalName: props.topicName });
    this.construct = kind.construct;
    const problems = existing ? existingTopicProblems(existing, kind.fifo) : [...topicProblems(this, props, kind.fifo), ...kind.problems];
    throwProblems(this, kind.construct, problems);

    const created = existing ? undefined : createTopic(this, props, kind.topicProps(this));
    const topic = existing ?? created!.topic;
    this.inner = topic;
    this.topicArn = topic.topicArn;
    this.topicName = topic.topicName;
    this.fifo = topic.fifo;
    this.contentBasedDeduplication = topic.contentBasedDeduplication;
    this.masterKey = topic.masterKey && narrowedKey(topic, topic.masterKey);
    this.deliveryStatusRole = created?.deliveryStatusRole;
    this.node.defaultChild = topic.node.defaultChild;
    // A dependency on the fan-out includes the policy of the topic, and not the subscribers, which can depend on the same construct.
    Dependable.implement(this, { get dependencyRoots() { return Dependable.of(topic).dependencyRoots; } });
    if (!existing) checkDeliveryStatusRoles(this, kind.construct, topic, props.loggingConfigs ?? []);
    checkPublishersAtSynth(this, kind.construct, topic);
  }

  /** The subscriptions, in the order they were added; a copy. */
  public get subscriptions(): sns.Subscription[] {
    return [...this.subscribed];
  }

  /**
   * Subscribes an endpoint: a queue with `QueueSubscription`, or any endpoint that the CDK has a subscription for, such as a function, an e-mail address, a
   * phone number, a URL or a delivery stream, and a mobile device with `MobilePushSubscription`.
   *
   * It adds what the subscriptions of the CDK do not have:
   *
   * - A dead-letter queue for messages that SNS cannot deliver: the `deadLetterQueue` of the subscription or, without one, the default of
   *   `QueueSubscription` for a queue, and a dedicated queue for any other endpoint. Use `SubscriptionDeadLetters` to choose another one, or none.
   * - `aws:SourceAccount` and `aws:SourceArn` in the policies of queues and of their customer keys.
   * - Checks of filter policies and of the limits of SNS.
   *
   * The subscription is created in the stack of its subscriber, after the policies that it requires.
   *
   * @returns the subscription, with its dead-letter queue
   * @throws Error for an endpoint that is already subscribed, a filter policy that SNS refuses, a dead-letter queue that SNS cannot
   * use, an endpoint that is not one of its protocol, a function of another Region that would need a permission there, a delivery stream of another Region or account, a
   * retry policy or a content type that SNS refuses or does not have for the protocol, for a FIFO topic an
   * endpoint other than a queue or the 101st subscription, and for a topic that accepts messages of more than 256 KiB an endpoint other than a queue, a function or
   * a delivery stream, or the 101st subscription
   */
  public addSubscription(subscription: sns.ITopicSubscription): sns.Subscription {
    return this.subscribe(topic => bindSubscription(this, this.construct, topic, subscription));
  }

  /**
   * Allows an AWS service to publish as itself, for one source only: `sns:Publish` with `aws:SourceArn` and `aws:SourceAccount` and,
   * with a customer key, `kms:Decrypt` and `kms:GenerateDataKey` on that key.
   *
   * For roles and users, use `grantPublish`. For EventBridge, use it too, with a role of the rule, because SNS supports no conditions for EventBridge.
   *
   * A construct of the CDK that grants to a service by its name, such as `BackupVault`, does not require this method if AWS documents a condition for the
   * service: every resource of the service in the account and Region can then publish. Call this method, before or after, to allow only one of them.
   *
   * @returns what must exist before the service can publish; add it as a dependency of the resource that publishes
   * @throws Error for a topic with the AWS managed key, which AWS services cannot use, for EventBridge, another topic, a service that publishes with a role, a
   * bucket or another service of another Region or account that does not publish there, and a service that does not publish to FIFO topics or encrypted topics
   */
  public allowService(source: ServiceSource): IDependable[] {
    const dependables = this.allow(source, 'allowService(source)');
    forgetByName(this.inner, source.service);
    return dependables;
  }

  /**
   * Adds a statement to the policy of the topic. Destinations and actions of the CDK call this method.
   *
   * A statement that allows an AWS service to publish is completed like one of `allowService`: with the account of the source, and with a statement in
   * the policy of a customer key. A statement that names only the service gets the conditions that AWS documents for it. For another service, it gets
   * `aws:SourceAccount`, and a warning.
   *
   * @throws Error for everyone without a condition that says who, for a service or another account if the topic has the AWS managed key, which they
   * cannot use, for EventBridge, for a bucket and a FIFO topic, and for a service without conditions and an action other than publishing
   */
  public addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    if (!allowsAction(statement, 'sns:Publish')) return this.addOther(statement);
    refuse(this, this.construct, mixedProblems(ADDED, statement));
    const services = servicesOf(this, statement);
    if (areUnconditional(services)) return addUnconditional(this, this.construct, this.inner, statement, services);
    if (services.length === 0) {
      refuse(this, this.construct, [
        ...publicProblems(this, ADDED, statement),
        ...statement.principals.flatMap(principal => outsiderProblems(this.inner, ADDED, principal)),
      ]);
      return this.inner.addToResourcePolicy(statement);
    }
    const sources = services.flatMap(service => sourcesOf(this.inner, service, statement.conditions) ?? []).map(({ source }) => source);
    refuse(this, this.construct, sources.flatMap(source => publisherProblems(this.inner, ADDED, source)));
    if (areLetIn(this.inner, statement, services)) return { statementAdded: true, policyDependable: this.inner };
    if (!publishesAlone(statement, services) || sources.length === 0) return addByName(this, this.construct, this.inner, statement, services);
    const dependables = sources.flatMap(source => this.allow(source, ADDED));
    return { statementAdded: dependables.length > 0, policyDependable: dependables[0] };
  }

  /**
   * Allows publishing: `sns:Publish` and, with a customer key, `kms:GenerateDataKey` and `kms:Decrypt` on that key.
   *
   * An imported topic or key cannot be changed: if its policy must name the principal, a warning contains the statement. So does a warning for a role that is
   * imported with `mutable: false`.
   *
   * A role of another account or Region can use all keys in the account and Region of the topic, but only through SNS, because its template cannot
   * name the key.
   *
   * For a service that `allowService` allowed before, it adds nothing. A construct of the CDK that grants to a service by its name, such as `BackupVault` or
   * `Trail`, allows every resource of that service in the account and Region, if AWS documents a condition for the service. `allowService` with one of them replaces
   * this grant.
   *
   * @throws Error for a service principal without conditions that AWS documents no condition for (use `allowService`), a principal with wildcards, a role of another account without a name,
   * and, with the AWS managed key, for a service, another account or an organization
   */
  public grantPublish(grantee: iam.IGrantable): iam.Grant {
    const service = documentedService(grantee);
    if (service !== undefined) {
      if (!letsServiceIn(this.inner, service)) this.allow(sourceByName(this.inner, service), 'grantPublish(grantee)');
      return grantNothing(this.inner, grantee);
    }
    return grantPublish(this, this.construct, this.inner, grantee);
  }

  /**
   * Allows subscribing: `sns:Subscribe`. Whoever subscribes reads every message, and chooses the endpoint. The conditions `sns:Protocol` and `sns:Endpoint` of the
   * principal (`withConditions()`) limit it.
   *
   * A principal of another account also needs the permission in its own policies. The account that calls `Subscribe` owns the subscription, and need not
   * confirm it for a queue of its own. It needs no permission on the key of the topic.
   *
   * An imported topic cannot be changed: if its policy must name the principal, a warning contains the statement.
   *
   * @throws Error for everyone without a condition that says who, a service principal without conditions, a principal with wildcards, and a role of another
   * account or Region if the role or the topic has no name
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-send-message-to-sqs-cross-account.html
   */
  public grantSubscribe(grantee: iam.IGrantable): iam.Grant {
    return grantSubscribe(this, this.construct, this.inner, grantee);
  }

  /**
   * Allows actions on the customer key, with `kms:GenerateDataKey` in place of `kms:GenerateDataKey*`.
   *
   * It grants nothing to an AWS service: `allowService` and `addToResourcePolicy` add the statement for the service to the key.
   */
  public grantOnKey(grantee: iam.IGrantable, ...actions: string[]): iam.GrantOnKeyResult {
    const key = this.inner.masterKey;
    if (!key || isService(grantee)) return {};
    const exact = actions.map(action => action.replace(/^kms:GenerateDataKey\*$/, 'kms:GenerateDataKey'));
    return { grant: grantOnKey(this, this.construct, 'grantOnKey', { key, service: 'sns' }, grantee, exact) };
  }

  /**
   * Allows the notification rules of the developer tools to publish.
   *
   * AWS documents no condition for them, so the topic accepts messages from the notification rules of every account. A warning says so.
   */
  public bindAsNotificationRuleTarget(_scope: Construct): notifications.NotificationRuleTargetConfig {
    this.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('codestar-notifications.amazonaws.com')], resources: [this.topicArn],
    }));
    return { targetType: 'SNS', targetAddress: this.topicArn };
  }

  /**
   * Creates a queue and subscribes it. If one of them is refused, neither remains in the construct tree.
   * @internal
   */
  protected _addQueue(id: string, queueProps: WorkQueueProps, props: QueueSubscriptionProps): WorkQueue {
    return addQueueIn(this, this.construct, id, queueProps, queue => {
      this.subscribe(topic => new QueueSubscription(queue, props)._bindIn(queue, 'Subscription', topic));
    });
  }

  /** @param prop the method that allows the service, and its parameter */
  private allow(source: ServiceSource, prop: string): IDependable[] {
    refuse(this, this.construct, publisherProblems(this.inner, prop, source));
    warnOfFifo(this, this.construct, this.inner, source);
    warnOfSourceArn(this, this.construct, this.inner, source);
    const dependables = allowService(this, this.construct, this.inner, source);
    if (this.inner.masterKey) allowServiceOnKey(this, this.construct, this.inner.masterKey, this.inner, source);
    return dependables;
  }

  /** A statement that allows anything but publishing, such as subscribing, or that denies. */
  private addOther(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    if (statement.effect === iam.Effect.ALLOW) {
      refuse(this, this.construct, [
        ...publicProblems(this, ADDED, statement),
        ...unlimitedProblems(ADDED, servicesOf(this, statement), statement),
      ]);
    }
    return this.inner.addToResourcePolicy(statement);
  }

  /** Binds to the inner topic, because the CDK uses `instanceof sns.Topic` to choose the Region and the principal of a subscription. */
  private subscribe(bind: (topic: sns.ITopic) => sns.TopicSubscriptionConfig): sns.Subscription {
    const config = bind(this.inner);
    const subscription = super.addSubscription({ bind: () => config });
    this.subscribed.push(subscription);
    return subscription;
  }
}
