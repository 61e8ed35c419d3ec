import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FanOutTopic } from './fan-out-topic';
import { grantPublish } from './private/publish-grant';
import { checkPublishersAtSynth } from './private/publishers-at-synthesis';
import { Subscribers } from './private/subscribers';
import { QueueSubscription, QueueSubscriptionOptions } from './subscribers/queue-subscription';
import { at, throwProblems } from '../private/problems';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of a fan-out.
 */
export interface FanOutProps {
  /**
   * The topic. One made here is deleted when another is given instead, unless its `removalPolicy` keeps it.
   *
   * @default FanOutTopic.create()
   */
  readonly topic?: FanOutTopic;
}

/**
 * Options of a queue that a fan-out makes: those of the work queue, and those of its subscription.
 */
export interface FanOutQueueProps extends WorkQueueProps, QueueSubscriptionOptions {}

/**
 * A topic whose messages go to any number of queues (SNS to SQS fan-out).
 *
 * Each subscriber has its own queue with a dead-letter queue, and receives every message that its filter policy lets pass. A
 * queue accepts this topic alone. Costs nothing at rest by default; requests and deliveries are billed.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
 * @example
 * const orders = new FanOut(this, 'Orders');
 * const billing = orders.addQueue('Billing', {
 *   filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) }),
 * });
 * orders.grantPublish(producer);
 * billing.grantConsume(consumer);
 */
export class FanOut extends Construct {
  /**
   * The topic. Alarms, buckets and rules that are wired to it by actions, destinations and targets of the CDK are checked when the template is
   * written: those whose messages would not arrive are an error.
   */
  public readonly topic: sns.ITopic;

  /** The customer key of the topic, given or made; undefined with the AWS managed key. */
  public readonly encryptionKey?: kms.IKey;

  private readonly subscribers: Subscribers;

  constructor(scope: Construct, id: string, props: FanOutProps = {}) {
    super(scope, id);
    const choice = props.topic ?? FanOutTopic.create();
    throwProblems(this, 'FanOut', at('topic', choice._check(this)));

    const { topic, encryptionKey } = choice._bindStandard(this);
    this.topic = topic;
    this.encryptionKey = encryptionKey;
    this.subscribers = new Subscribers(this, 'FanOut', topic);
    checkPublishersAtSynth(this, 'FanOut', topic);
  }

  /** The subscriptions, in the order they were added; a copy. */
  public get subscriptions(): QueueSubscription[] {
    return this.subscribers.all;
  }

  /**
   * The subscription of a subscriber, by the id it was added with.
   *
   * @throws Error for an id that was not added, naming those that were
   */
  public findSubscription(id: string): QueueSubscription {
    return this.subscribers.find(id);
  }

  /**
   * Makes a queue with its dead-letter queue, and subscribes it.
   *
   * At most 99 with a dead-letter queue each fit one stack, and 165 with a shared one in the same stack, because CloudFormation takes 500
   * resources; beyond that, make queues in other stacks and use `addExistingQueue`.
   *
   * @throws Error for a FIFO queue, and for what the queue and its subscription refuse
   */
  public addQueue(id: string, props: FanOutQueueProps = {}): WorkQueue {
    return this.subscribers.addQueue(id, props, props);
  }

  /**
   * Subscribes a queue that exists, in this stack or another, made by this app or imported.
   *
   * The subscription and the queue's policy are in the stack of the queue, which then depends on that of the topic. An imported
   * queue cannot be changed: a warning carries the policy statement to add. A queue of another account needs a topic with a `topicName`,
   * whose policy then allows that account to subscribe this queue (`sns:Subscribe`, limited by `sns:Endpoint`).
   *
   * @throws Error for a FIFO queue, a queue subscribed already, a queue of another account or Region while the topic has no
   * `topicName`, a queue of another Region without `subscriptionDeadLetters` in the Region of the topic, and for what the subscription refuses
   */
  public addExistingQueue(id: string, queue: sqs.IQueue, options: QueueSubscriptionOptions = {}): QueueSubscription {
    return this.subscribers.addExistingQueue(id, queue, options);
  }

  /**
   * Allows publishing: `sns:Publish`, and with a customer key `kms:GenerateDataKey` and `kms:Decrypt` on it.
   *
   * An imported topic or key cannot be changed: where their policy has to name the principal, a warning carries the statement.
   *
   * A role of another account or Region may use the keys of the account and Region of the topic, and those through SNS alone, because a key
   * has no name that its template could state.
   *
   * @throws Error for a bare service principal, a principal with wildcards, a role of another account without a name, and for a service,
   * another account or an organization with the AWS managed key
   */
  public grantPublish(grantee: iam.IGrantable): iam.Grant {
    return grantPublish(this, 'FanOut', this.topic, this.encryptionKey, grantee);
  }
}
