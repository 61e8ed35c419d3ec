import { Token } from 'aws-cdk-lib';
import * as notifications from 'aws-cdk-lib/aws-codestarnotifications';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, Dependable, IDependable } from 'constructs';
import { bindSubscription } from './bind-subscription';
import { grantPublish, isService, outsiderProblems } from './publish-grant';
import { publisherProblems } from './publisher-checks';
import { checkPublishersAtSynth } from './publishers-at-synthesis';
import { createTopic, existingTopicProblems, topicProblems } from './topics';
import { servicesOf, sourcesOf } from '../../access/private/arriving-statements';
import { narrowedKey } from '../../access/private/narrowed-key';
import { allowService, allowServiceOnKey } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { describe } from '../../private/describe';
import { grantOnKey } from '../../private/grants';
import { Problem, refuse, throwProblems, unless } from '../../private/problems';
import { innermost } from '../../private/same-resource';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';
import { QueueSubscription, QueueSubscriptionProps } from '../subscribers/queue-subscription';
import { TopicOptions } from '../topic-options';

/** What tells the two kinds of fan-out apart. */
export interface FanOutKind {
  readonly construct: 'FanOut' | 'FifoFanOut';
  readonly fifo: boolean;
  /** What is wrong with the props that only this kind has. */
  readonly problems: Problem[];
  /** The props of the topic that only this kind has. */
  readonly topicProps: (scope: Construct) => sns.TopicProps;
}

/** What the props of both kinds have in common, and the topic of a fan-out that does not create one. */
export interface FanOutBaseProps extends TopicOptions {
  /** @internal */
  readonly _topic?: sns.ITopic;
}

/**
 * A topic with the L2 inside: whatever is added to its policy, to its key and to its subscribers is checked and completed here.
 *
 * A hidden base class of jsii: its members are those of the two public classes.
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
   * What the CDK adds to its policy for a service that the topic lets in is left out: the exact statement is there already.
   */
  public readonly masterKey?: kms.IKey;

  /** Whether the topic is a FIFO topic. */
  public readonly fifo: boolean;

  /** Whether a FIFO topic recognizes duplicates by their content. */
  public readonly contentBasedDeduplication: boolean;

  // The policy is that of the topic inside; a second one would replace it.
  protected readonly autoCreatePolicy = false;

  private readonly inner: sns.ITopic;
  private readonly construct: FanOutKind['construct'];
  private readonly subscribed: sns.Subscription[] = [];

  constructor(scope: Construct, id: string, props: FanOutBaseProps, kind: FanOutKind) {
    const existing = props._topic && innermost(props._topic);
    super(scope, id, existing
      ? { physicalName: existing.topicName, account: existing.env.account, region: existing.env.region }
      : { physicalName: props.topicName });
    this.construct = kind.construct;
    const problems = existing ? existingTopicProblems(existing, kind.fifo) : [...topicProblems(this, props, kind.fifo), ...kind.problems];
    throwProblems(this, kind.construct, problems);

    const topic = existing ?? createTopic(this, props, kind.topicProps(this));
    this.inner = topic;
    this.topicArn = topic.topicArn;
    this.topicName = topic.topicName;
    this.fifo = topic.fifo;
    this.contentBasedDeduplication = topic.contentBasedDeduplication;
    this.masterKey = topic.masterKey && narrowedKey(topic, topic.masterKey);
    this.node.defaultChild = topic.node.defaultChild;
    // Who waits for the topic waits for its policy too, and not for its subscribers, which may wait for the same.
    Dependable.implement(this, { get dependencyRoots() { return Dependable.of(topic).dependencyRoots; } });
    checkPublishersAtSynth(this, kind.construct, topic);
  }

  /** The subscriptions, in the order they were added; a copy. */
  public get subscriptions(): sns.Subscription[] {
    return [...this.subscribed];
  }

  /**
   * Subscribes an endpoint: a queue with `QueueSubscription`, or anything that the CDK has a subscription for, such as a function, an e-mail address or a URL.
   *
   * What the CDK leaves out is added:
   *
   * - A dead-letter queue that SNS can reach, for the messages that it cannot deliver: that of the subscription or, without one, a dedicated
   *   queue. `SubscriptionDeadLetters` chooses another, or none.
   * - `aws:SourceAccount` and `aws:SourceArn` in the policies of queues and of their customer keys.
   * - The checks of filter policies and of the limits of SNS.
   *
   * The subscription is created in the stack of its subscriber, after the policies that it needs.
   *
   * @returns the subscription, with its dead-letter queue
   * @throws Error for an endpoint that is subscribed already, a filter policy that SNS refuses, a dead-letter queue that SNS cannot
   * reach and, for a FIFO topic, an endpoint other than a queue or the 101st subscription
   */
  public addSubscription(subscription: sns.ITopicSubscription): sns.Subscription {
    return this.subscribe(topic => bindSubscription(this, this.construct, topic, subscription));
  }

  /**
   * Allows an AWS service to publish in its own name, for one source alone: `sns:Publish` with `aws:SourceArn` and `aws:SourceAccount`, and
   * with a customer key `kms:Decrypt` and `kms:GenerateDataKey` for that service.
   *
   * Roles and users are allowed with `grantPublish` instead, and so is EventBridge, for which SNS supports no conditions: let the rule publish
   * with a role.
   *
   * @returns what must exist before the service can publish; add it as a dependency of what starts to publish
   * @throws Error for a topic with the AWS managed key, which AWS services cannot use, for EventBridge, another topic, and a bucket of
   * another Region or with a FIFO topic
   */
  public allowService(source: ServiceSource): IDependable[] {
    refuse(this, this.construct, publisherProblems(this.inner, 'allowService(source)', source));
    const dependables = allowService(this, this.construct, this.inner, source);
    if (this.inner.masterKey) allowServiceOnKey(this, this.construct, this.inner.masterKey, this.inner, source);
    return dependables;
  }

  /**
   * Adds a statement to the policy of the topic. The CDK's destinations and actions do so.
   *
   * A statement that lets an AWS service publish is completed as `allowService` does: with the account of the source, and with a statement in the
   * policy of a customer key.
   *
   * @throws Error for a service or another account on a topic with the AWS managed key, which neither can use, for EventBridge, and for
   * a bucket with a FIFO topic
   */
  public addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    const publishes = statement.effect === iam.Effect.ALLOW && statement.actions.some(action => /^(sns:(publish|\*)|\*)$/i.test(action));
    if (!publishes) return this.inner.addToResourcePolicy(statement);
    const services = servicesOf(this, statement);
    if (services.length === 0) {
      refuse(this, this.construct, statement.principals.flatMap(principal => outsiderProblems(this.inner, 'addToResourcePolicy(statement)', principal)));
      return this.inner.addToResourcePolicy(statement);
    }
    const says = (key: RegExp) => key.test(JSON.stringify(statement.conditions));
    const sources = services.flatMap(service => sourcesOf(this.inner, service, statement.conditions) ?? []).map(({ source }) => source);
    refuse(this, this.construct, sources.flatMap(source => publisherProblems(this.inner, 'addToResourcePolicy(statement)', source)));
    if (!says(/"aws:SourceArn"/i) || sources.length === 0 || statement.actions.length > 1) {
      // The account alone: not every service tells the resource that it publishes for.
      if (!says(/"aws:Source(Account|Arn|Org)/i)) statement.addCondition('StringEquals', { 'aws:SourceAccount': this.env.account });
      this.inner.masterKey?.addToResourcePolicy(new iam.PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'], principals: statement.principals, conditions: statement.conditions, resources: ['*'],
      }), true);
      return this.inner.addToResourcePolicy(statement);
    }
    const dependables = sources.flatMap(source => this.allowService(source));
    return { statementAdded: dependables.length > 0, policyDependable: dependables[0] };
  }

  /**
   * Allows publishing: `sns:Publish`, and with a customer key `kms:GenerateDataKey` and `kms:Decrypt` on it.
   *
   * An imported topic or key cannot be changed: where their policy has to name the principal, a warning carries the statement.
   *
   * A role of another account or Region may use the keys of the account and Region of the topic through SNS alone, because a key has no name
   * that its template could state.
   *
   * @throws Error for a bare service principal (use `allowService`), a principal with wildcards, a role of another account without a name, and
   * for a service, another account or an organization with the AWS managed key
   */
  public grantPublish(grantee: iam.IGrantable): iam.Grant {
    return grantPublish(this, this.construct, this.inner, grantee);
  }

  /**
   * Allows the use of the customer key that `grants.publish` takes: `kms:GenerateDataKey` and `kms:Decrypt`, without wildcards.
   *
   * Nothing is granted to an AWS service: `allowService` and `addToResourcePolicy` add its statement to the key.
   */
  public grantOnKey(grantee: iam.IGrantable, ...actions: string[]): iam.GrantOnKeyResult {
    const key = this.inner.masterKey;
    if (!key || isService(grantee)) return {};
    const exact = actions.map(action => action.replace(/^kms:GenerateDataKey\*$/, 'kms:GenerateDataKey'));
    return { grant: grantOnKey(this, this.construct, 'grantOnKey', { key, service: 'sns' }, grantee, exact) };
  }

  /** Lets notification rules of the developer tools of this account publish. */
  public bindAsNotificationRuleTarget(_scope: Construct): notifications.NotificationRuleTargetConfig {
    this.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('codestar-notifications.amazonaws.com')], resources: [this.topicArn],
    }));
    return { targetType: 'SNS', targetAddress: this.topicArn };
  }

  /**
   * Creates a queue and subscribes it; neither is left behind when one of them is refused.
   * @internal
   */
  protected _addQueue(id: string, queueProps: WorkQueueProps, props: QueueSubscriptionProps): WorkQueue {
    const got = id === '' || Token.isUnresolved(id) ? describe(id) : this.node.tryFindChild(id) && `'${id}', which exists already`;
    refuse(this, this.construct, unless(!got, () => ({ prop: 'addQueue(id)', got: `${got}`, allowed: 'an id that is unique in this fan-out', fix: 'Choose another id.' })));
    try {
      const queue = new WorkQueue(this, id, queueProps);
      this.subscribe(topic => new QueueSubscription(queue, props)._bindIn(queue, 'Subscription', topic));
      return queue;
    } catch (error) {
      // By the id in the tree, which differs from the one given where that has a slash.
      const created = this.node.tryFindChild(id);
      if (created) this.node.tryRemoveChild(created.node.id);
      throw error;
    }
  }

  /** Bound to the topic inside: CDK decides on `instanceof sns.Topic` what Region and which principal a subscription needs. */
  private subscribe(bind: (topic: sns.ITopic) => sns.TopicSubscriptionConfig): sns.Subscription {
    const config = bind(this.inner);
    const subscription = super.addSubscription({ bind: () => config });
    this.subscribed.push(subscription);
    return subscription;
  }
}
