import { Stack, StackProps } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FifoFanOut } from './fifo-fan-out';
import { SUBSCRIBER_STACKS } from './private/fanout-bounds';
import { createSiblingStacks, stackNameProblems, stackRoomProblems, synthesizerProblems } from './private/sibling-stacks';
import { assignedStack } from './private/stack-assignment';
import { createSubscribedQueue } from './private/subscribed-queue';
import { QueueSubscription, QueueSubscriptionProps } from './subscribers/queue-subscription';
import { checkBounds } from '../private/bounds';
import { idProblems } from '../private/ids';
import { Problem, refuse, throwProblems, unless } from '../private/problems';
import { Deduplication, Ordering } from '../queues/ordering';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of subscriber stacks.
 */
export interface SubscriberStacksProps {
  /**
   * The topic that the queues subscribe to, such as a `FanOut`. If this app creates it, it must be in the same stage.
   */
  readonly topic: sns.ITopic;

  /**
   * The number of stacks: 1 to 2,000. Plan one stack for each 60 queues, because the queues are not spread evenly.
   *
   * Choose it before the first deployment. With one more stack, the queues that belong to the new stack are replaced, about one in `stackCount`: the old queues are
   * deleted with their messages, unless `removalPolicy` of the queue keeps them. All other queues stay. To add queues to full stacks without that,
   * create a second `SubscriberStacks`. With fewer stacks, the queues of the last stacks are replaced, and you must delete those stacks yourself.
   *
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
   */
  readonly stackCount: number;

  /**
   * Props of every stack. A hyphen and the number of the stack are added to `stackName`; `tags` are added to those of the topic's stack.
   *
   * @default - the account, Region, tags and termination protection of the topic's stack, the synthesizer of the app, and generated names
   */
  readonly stackProps?: StackProps;
}

/**
 * Options of a queue in subscriber stacks: the props of the work queue and of its subscription.
 *
 * For a FIFO topic, the queue inherits `ordering` from the topic. Use `Ordering.standard()` for a subscriber that does not need order.
 */
export interface SubscriberQueueProps extends WorkQueueProps, QueueSubscriptionProps {}

/**
 * Stacks for the subscribers of one topic, if they are too many for one stack.
 *
 * The stack of a queue depends only on its id and on `stackCount`. You can add and remove other ids, in any order, and no queue moves to another stack.
 * A stack can contain up to 99 queues with their own dead-letter queues, or 165 queues that share one in the topic's stack.
 *
 * The stacks are no nested stacks, and need no assets. They depend on the stack of the topic, and never the other way around. There is no idle cost.
 *
 * @throws Error naming every prop that is out of bounds, and for a topic's stack with a synthesizer of its own if `stackProps` has none
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 * @example
 * import * as fanout from 'cdk-decouple/fanout';
 *
 * const orders = new fanout.FanOut(this, 'Orders');
 * const subscribers = new fanout.SubscriberStacks(this, 'Subscribers', { topic: orders, stackCount: 20 });
 * subscribers.addQueue('tenant-1');
 * subscribers.addQueue('tenant-2');
 */
export class SubscriberStacks extends Construct {
  /** The stacks, by number; also those that have no queue yet. */
  public readonly stacks: Stack[];

  private readonly topic: sns.ITopic;
  private readonly queuesById = new Map<string, WorkQueue>();
  private readonly queuesByName = new Map<string, WorkQueue>();

  constructor(scope: Construct, id: string, props: SubscriberStacksProps) {
    super(scope, id);
    const { topic, stackCount, stackProps = {} } = props;
    throwProblems(this, 'SubscriberStacks', [
      ...checkBounds(SUBSCRIBER_STACKS, props),
      ...stackNameProblems(stackProps.stackName, stackCount),
    ]);
    this.topic = topic;
    this.stacks = createSiblingStacks(this, topic, stackCount, stackProps);
    throwProblems(this, 'SubscriberStacks', synthesizerProblems(topic, this.stacks, stackProps));
  }

  /** The queues by id; a copy. */
  public get queues(): { [id: string]: WorkQueue } {
    return Object.fromEntries(this.queuesById);
  }

  /**
   * Creates a queue with its dead-letter queue in the stack that its id belongs to, and subscribes it.
   *
   * Another id is another queue: if you rename it, the old queue is deleted with its messages, unless `removalPolicy` keeps it.
   *
   * @throws Error for an id that is empty, only known at deployment or already used, for a full stack, and for everything that the queue or its subscription
   * refuses, such as the 101st subscription of a FIFO topic
   */
  public addQueue(id: string, props: SubscriberQueueProps = {}): WorkQueue {
    refuse(this, 'SubscriberStacks', idProblems('addQueue(id)', id, 'these stacks', () => this.stackOf(id).node.tryFindChild(id) !== undefined));
    refuse(this, 'SubscriberStacks', this.nameProblems(props.queueName));
    const stack = this.stackOf(id);
    const queue = createSubscribedQueue(stack, id, { ...props, ordering: props.ordering ?? inheritedOrdering(this.topic) }, created => {
      refuse(this, 'SubscriberStacks', stackRoomProblems(stack));
      this.topic.addSubscription(new QueueSubscription(created, props));
    });
    this.queuesById.set(id, queue);
    if (props.queueName !== undefined) this.queuesByName.set(props.queueName, queue);
    return queue;
  }

  /** All stacks are in one account and Region, also where these are only known at deployment. */
  private nameProblems(queueName?: string): Problem[] {
    const other = queueName === undefined ? undefined : this.queuesByName.get(queueName);
    return unless(other === undefined, () => ({
      prop: 'addQueue(props).queueName',
      got: `'${queueName}', which is also the name of '${other!.node.path}'`,
      allowed: 'a name that no other queue has in the account and Region',
      fix: 'Choose another name, or omit it: a generated name is unique.',
    }));
  }

  private stackOf(id: string): Stack {
    return this.stacks[assignedStack(id, this.stacks.length) - 1];
  }
}

/** The ordering of a queue whose props have none. */
function inheritedOrdering(topic: sns.ITopic): Ordering | undefined {
  if (topic instanceof FifoFanOut) return topic.ordering;
  if (!topic.fifo) return undefined;
  return Ordering.fifo({ deduplication: topic.contentBasedDeduplication ? Deduplication.CONTENT_BASED : Deduplication.EXPLICIT });
}
