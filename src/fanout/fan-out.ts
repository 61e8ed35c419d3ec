import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FanOutBase } from './private/fan-out-base';
import { QueueSubscriptionOptions } from './subscribers/queue-subscription';
import { TopicOptions } from './topic-options';
import { Problem, fail } from '../private/problems';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of a fan-out.
 */
export interface FanOutProps extends TopicOptions {
  /**
   * Whether SNS records X-Ray segments of its own or passes on those of the publisher.
   *
   * @default TracingConfig.PASS_THROUGH
   */
  readonly tracingConfig?: sns.TracingConfig;

  /**
   * The topic of `FanOut.fromTopic()`.
   * @internal
   */
  readonly _topic?: sns.ITopic;
}

/**
 * Options of a queue that a fan-out creates: those of the work queue, and those of its subscription.
 */
export interface FanOutQueueProps extends WorkQueueProps, QueueSubscriptionOptions {}

/**
 * An SNS topic whose messages go to any number of subscribers, each with a queue of its own (SNS to SQS fan-out).
 *
 * The topic is encrypted and accepts TLS only. It can be used wherever the CDK takes an `sns.ITopic`. Each subscriber receives every message that its
 * filter policy matches, and what SNS cannot deliver goes to a dead-letter queue. No idle cost with the default encryption; requests and deliveries
 * are billed.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
 * @example
 * const orders = new FanOut(this, 'Orders');
 * const billing = orders.addQueue('Billing', {
 *   filterPolicy: FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) }),
 * });
 * orders.grantPublish(producer);
 * billing.grantConsumeMessages(consumer);
 */
export class FanOut extends FanOutBase {
  /**
   * A fan-out of a standard topic that exists: created by this app, or imported.
   *
   * Its encryption and its props stay as they are. Its policy changes only with what is added here: `allowService`, `grantPublish` and the subscriptions of
   * other accounts. An imported topic cannot be changed: a warning carries the statement to add.
   *
   * @throws Error for a FIFO topic
   */
  public static fromTopic(scope: Construct, id: string, topic: sns.ITopic): FanOut {
    return new FanOut(scope, id, { _topic: topic });
  }

  constructor(scope: Construct, id: string, props: FanOutProps = {}) {
    super(scope, id, props, {
      construct: 'FanOut',
      fifo: false,
      problems: [],
      topicProps: () => ({ topicName: props.topicName, tracingConfig: props.tracingConfig }),
    });
  }

  /**
   * Creates a queue with its dead-letter queue, and subscribes it.
   *
   * A stack holds at most 99 queues with dead-letter queues of their own, or 165 with a shared one in the same stack, because CloudFormation takes 500
   * resources; beyond that, create queues in other stacks and use `addSubscription`.
   *
   * @throws Error for a FIFO queue, and for what the queue and its subscription refuse
   */
  public addQueue(id: string, props: FanOutQueueProps = {}): WorkQueue {
    if (props.ordering?.isFifo) fail(this, 'FanOut', FIFO_QUEUE(id));
    return this._addQueue(id, props, props);
  }
}

const FIFO_QUEUE = (id: string): Problem => ({
  prop: `addQueue('${id}').ordering`,
  got: 'Ordering.fifo()',
  allowed: 'Ordering.standard(), as the topic is a standard topic',
  fix: 'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or leave ordering out.',
});
