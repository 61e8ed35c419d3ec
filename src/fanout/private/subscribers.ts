import { Names, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Problem, fail } from '../../private/problems';
import { warn } from '../../private/warnings';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';
import { QueueSubscription, QueueSubscriptionProps } from '../subscribers/queue-subscription';

/** The service's quota, which can be raised on request. */
const FILTER_POLICIES_PER_TOPIC = 200;

/** What both kinds of fan-out do with their topic and its subscribers. */
export class Subscribers {
  private readonly subscriptions: QueueSubscription[] = [];
  private readonly ids = new Set<string>();
  private filterPolicies = 0;

  /**
   * @param limit most subscriptions the topic can have
   */
  constructor(
    private readonly scope: Construct,
    private readonly construct: string,
    private readonly topic: sns.ITopic,
    private readonly limit: number,
  ) {}

  /** A copy, so that only `add` adds. */
  public get all(): QueueSubscription[] {
    return [...this.subscriptions];
  }

  /** Makes a queue and subscribes it; neither is left behind when one of them is refused. */
  public addQueue(id: string, queueProps: WorkQueueProps, props: Omit<QueueSubscriptionProps, 'topic' | 'queue'>): WorkQueue {
    this.checkRoom('addQueue', id);
    const before = new Set(this.scope.node.children);
    try {
      const workQueue = new WorkQueue(this.scope, id, queueProps);
      this.register(id, new QueueSubscription(workQueue, 'Subscription', { ...props, topic: this.topic, queue: workQueue.queue }), props);
      return workQueue;
    } catch (error) {
      // By the id the tree holds, which differs from the one given where that has a slash.
      this.scope.node.children.filter(child => !before.has(child)).forEach(child => this.scope.node.tryRemoveChild(child.node.id));
      throw error;
    }
  }

  public addExistingQueue(id: string, queue: sqs.IQueue, props: Omit<QueueSubscriptionProps, 'topic' | 'queue'>): QueueSubscription {
    this.checkRoom('addExistingQueue', id);
    // The subscription lives in the stack of the queue, so that only that stack depends on the other.
    const elsewhere = queue?.node !== undefined && Stack.of(queue) !== Stack.of(this.scope);
    const subscription = elsewhere
      ? new QueueSubscription(queue as unknown as Construct, `${Names.nodeUniqueId(this.scope.node)}${id}`, { ...props, topic: this.topic, queue })
      : new QueueSubscription(this.scope, id, { ...props, topic: this.topic, queue });
    return this.register(id, subscription, props);
  }

  private register(id: string, subscription: QueueSubscription, props: Omit<QueueSubscriptionProps, 'topic' | 'queue'>): QueueSubscription {
    this.ids.add(id);
    this.subscriptions.push(subscription);
    if (props.filterPolicy && ++this.filterPolicies === FILTER_POLICIES_PER_TOPIC + 1) {
      warn(this.scope, `${this.construct}.filterPolicies`,
        `more than ${FILTER_POLICIES_PER_TOPIC} subscriptions of this topic have a filter policy, which is the quota of SNS for one topic; ask AWS to raise it before you deploy, or split the topic.`);
    }
    return subscription;
  }

  private checkRoom(method: string, id: string): void {
    if (typeof id !== 'string' || id === '') {
      this.refuse({ prop: `${method}(id)`, got: typeof id === 'string' ? 'an empty text' : 'no text', allowed: 'a name that is unique in this fan-out', fix: 'Name the subscriber.' });
    }
    // A subscription in the stack of its queue is not a child of the fan-out.
    if (this.scope.node.tryFindChild(id) || this.ids.has(id)) {
      this.refuse({ prop: `${method}(id)`, got: `'${id}', which exists already`, allowed: 'a name that is unique in this fan-out', fix: 'Choose another name.' });
    }
    if (this.subscriptions.length >= this.limit) {
      this.refuse({
        prop: `${method}('${id}')`, got: `subscription number ${this.subscriptions.length + 1}`, allowed: `at most ${this.limit} subscriptions of a FIFO topic`, fix: 'Split the subscribers over several FIFO topics; SNS does not raise this limit.',
      });
    }
  }

  private refuse(problem: Problem): never {
    return fail(this.scope, this.construct, problem);
  }
}
