import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { FanOutBase, ofTopic } from './private/fan-out-base';
import { QueueSubscriptionOptions } from './private/queue-subscription-options';
import { TopicOptions } from './private/topic-options';
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
}

/**
 * Options of a queue that a fan-out creates: the props of the work queue and the options of its subscription.
 */
export interface FanOutQueueProps extends WorkQueueProps, QueueSubscriptionOptions {}

/**
 * An SNS topic whose messages go to any number of subscribers, each with a queue of its own (SNS to SQS fan-out).
 *
 * The topic is encrypted and accepts only TLS. You can use it wherever the CDK accepts an `sns.ITopic`. Each subscriber receives every message that
 * matches its filter policy. Messages that SNS cannot deliver go to a dead-letter queue. There is no idle cost with the default encryption; requests
 * and deliveries are billed.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
 * @example
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import * as sns from 'aws-cdk-lib/aws-sns';
 * import * as fanout from 'cdk-decouple/fanout';
 *
 * declare const producer: iam.IGrantable;
 * declare const consumer: iam.IGrantable;
 *
 * const orders = new fanout.FanOut(this, 'Orders');
 * orders.grantPublish(producer);
 * orders.addQueue('Audit');
 * orders.addQueue('Billing', {
 *   filterPolicy: fanout.FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) }),
 * }).grantConsumeMessages(consumer);
 */
export class FanOut extends FanOutBase {
  /**
   * A fan-out for an existing standard topic, which this app creates or imports.
   *
   * The encryption and the props of the topic do not change. Only `allowService`, `addToResourcePolicy`, the grants and subscriptions of other accounts
   * add statements to its policy. An imported topic cannot be changed: a warning contains the statement to add.
   *
   * @throws Error for a FIFO topic
   */
  public static fromTopic(scope: Construct, id: string, topic: sns.ITopic): FanOut {
    return new FanOut(scope, id, ofTopic(topic, {}));
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
   * A stack can contain up to 99 queues with their own dead-letter queues, or 165 queues that share one in the same stack, because CloudFormation allows
   * 500 resources in a stack. For more, use `SubscriberStacks`.
   *
   * @throws Error for a FIFO queue, and for everything that the queue or its subscription refuses
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
  fix: 'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or omit ordering.',
});
