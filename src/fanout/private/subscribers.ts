import { Names, Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { roomProblem } from './topic-usage';
import { describe } from '../../private/describe';
import { Problem, fail } from '../../private/problems';
import { WorkQueue, WorkQueueProps } from '../../queues/work-queue';
import { QueueSubscription, QueueSubscriptionProps } from '../subscribers/queue-subscription';

/** What both kinds of fan-out do with their topic and its subscribers. */
export class Subscribers {
  private readonly subscriptions = new Map<string, QueueSubscription>();
  private uniqueId?: string;

  constructor(
    private readonly scope: Construct,
    private readonly construct: string,
    private readonly topic: sns.ITopic,
  ) {}

  /** A copy, so that only `add` adds. */
  public get all(): QueueSubscription[] {
    return [...this.subscriptions.values()];
  }

  public find(id: string): QueueSubscription {
    const ids = [...this.subscriptions.keys()];
    return this.subscriptions.get(id) ?? this.refuse({
      prop: 'findSubscription(id)', got: describe(id), allowed: ids.length > 0 ? ids.map(describe).join(', ') : 'none, as there are no subscribers yet', fix: 'Use the id given to addQueue() or addExistingQueue().',
    });
  }

  /** Makes a queue and subscribes it; neither is left behind when one of them is refused. */
  public addQueue(id: string, queueProps: WorkQueueProps, props: Omit<QueueSubscriptionProps, 'topic' | 'queue'>): WorkQueue {
    this.checkRoom('addQueue', id);
    if (!this.topic.fifo && queueProps.ordering?.isFifo) {
      this.refuse({
        prop: `addQueue('${id}').ordering`, got: 'Ordering.fifo()', allowed: 'Ordering.standard(), as the topic is a standard topic', fix: 'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or leave it out.',
      });
    }
    try {
      const workQueue = new WorkQueue(this.scope, id, queueProps);
      this.register(id, new QueueSubscription(workQueue, 'Subscription', { ...props, topic: this.topic, queue: workQueue.queue }));
      return workQueue;
    } catch (error) {
      // By the id the tree holds, which differs from the one given where that has a slash. There was none before: see checkRoom().
      const made = this.scope.node.tryFindChild(id);
      if (made) this.scope.node.tryRemoveChild(made.node.id);
      throw error;
    }
  }

  public addExistingQueue(id: string, queue: sqs.IQueue, props: Omit<QueueSubscriptionProps, 'topic' | 'queue'>): QueueSubscription {
    this.checkRoom('addExistingQueue', id);
    // The subscription lives in the stack of the queue, so that only that stack depends on the other.
    const elsewhere = Stack.of(queue) !== Stack.of(this.scope);
    const subscription = elsewhere
      ? new QueueSubscription(queue as unknown as Construct, `${this.uniqueId ??= Names.nodeUniqueId(this.scope.node)}${id}`, { ...props, topic: this.topic, queue })
      : new QueueSubscription(this.scope, id, { ...props, topic: this.topic, queue });
    return this.register(id, subscription);
  }

  private register(id: string, subscription: QueueSubscription): QueueSubscription {
    this.subscriptions.set(id, subscription);
    return subscription;
  }

  private checkRoom(method: string, id: string): void {
    if (id === '' || Token.isUnresolved(id)) {
      this.refuse({ prop: `${method}(id)`, got: describe(id), allowed: 'a name that is unique in this fan-out', fix: 'Name the subscriber.' });
    }
    // A subscription in the stack of its queue is not a child of the fan-out.
    if (this.scope.node.tryFindChild(id) || this.subscriptions.has(id)) {
      this.refuse({ prop: `${method}(id)`, got: `'${id}', which exists already`, allowed: 'a name that is unique in this fan-out', fix: 'Choose another name.' });
    }
    const full = roomProblem(this.topic);
    if (full) this.refuse({ prop: `${method}('${id}')`, ...full });
  }

  private refuse(problem: Problem): never {
    return fail(this.scope, this.construct, problem);
  }
}
