import { Stage } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BucketEventDelivery } from './bucket-event-delivery';
import { BucketEventRoute } from './bucket-event-route';
import { FanOut } from './fan-out';
import { BUCKET_EVENT_FAN_OUT, BucketEventChannel, Selection } from './private/bucket-event-channel';
import { distinctTypes, eventTypeProblems } from './private/bucket-event-types';
import { objectFilterProblems } from './private/object-filters';
import { addQueueIn } from './private/subscribed-queue';
import { SubscriptionDeadLetters } from './subscription-dead-letters';
import { kindProblems, placeOf, placeProblems } from '../private/environment';
import { Problem, at, refuse, throwProblems, unless } from '../private/problems';
import { isSameResource } from '../private/same-resource';
import { WorkQueue, WorkQueueProps } from '../queues/work-queue';

/**
 * Properties of a fan-out of the events of a bucket.
 */
export interface BucketEventFanOutProps {
  /**
   * The bucket, in the account and Region of the fan-out. It can be in another stack, or imported.
   *
   * The CDK configures its notifications with a custom resource, which has a function without idle cost.
   */
  readonly bucket: s3.IBucket;

  /**
   * The way of the events to the queues. If you change it, consumers receive messages of another format, and the rules, or the topic and a key that was
   * created for it, are deleted. The queues stay.
   *
   * @default BucketEventRoute.eventBridge(), which has no idle cost
   */
  readonly route?: BucketEventRoute;
}

/**
 * Which events of a bucket a queue receives.
 */
export interface BucketEventOptions {
  /**
   * The event types.
   *
   * @default [s3.EventType.OBJECT_CREATED]
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
   */
  readonly events?: s3.EventType[];

  /**
   * The objects, by the start and the end of their keys: `prefix` and `suffix` of 1 to 1,024 characters. With both in one filter, both must match; an object
   * that matches one of several filters is enough. With EventBridge, a prefix and a suffix together need a rule with a wildcard: the default bus of
   * an account and Region can have 30 of those.
   *
   * Specify keys as they are, without URL encoding. With a topic, `! ' ( ) * ~` are not allowed, because AWS does not document how S3 encodes them; and a
   * suffix that starts with a digit or with A to F can also match the key of another object, in which an encoded character precedes it.
   *
   * @default - all objects
   */
  readonly objects?: s3.NotificationKeyFilter[];

  /**
   * Where SNS or EventBridge sends events that it cannot deliver to the queue. If you stop using a dedicated queue, it is deleted with its messages unless
   * the removal policy of the queue retains it.
   *
   * @default SubscriptionDeadLetters.sameAsQueue() if the queue is known to have a dead-letter queue that the service can use; otherwise
   * SubscriptionDeadLetters.dedicated()
   */
  readonly subscriptionDeadLetters?: SubscriptionDeadLetters;
}

/**
 * Options of a queue that a fan-out of bucket events creates: the props of the work queue, and its events.
 */
export interface BucketEventQueueProps extends WorkQueueProps, BucketEventOptions {}

/**
 * The events of an S3 bucket for any number of queues, each with its own event types, prefixes and suffixes (S3 to EventBridge or SNS to SQS fan-out).
 *
 * Two notifications of a bucket cannot share an event. These subscribers can: each queue receives every event that matches. Messages can arrive more
 * than once and in any order. Each queue has a dead-letter queue, and accepts events of this bucket only. There is no idle cost with the default route; events
 * and requests are billed.
 *
 * With a topic, the filter policies use the event name and the object key of the records; the bucket notifies the topic of all types of a
 * family, such as `s3:ObjectCreated:*`, if a queue needs one of them.
 *
 * @throws Error for a bucket of another account, Region or stage, and a topic with the AWS managed key; for a topic without a `topicName` if only the stack of
 * the bucket or only that of the fan-out has an `env`; and at synthesis with a topic, for other notifications of the bucket that overlap those of the topic, and for
 * references from the stack of the topic to another stack that has the bucket
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 * @example
 * import * as s3 from 'aws-cdk-lib/aws-s3';
 * import * as fanout from 'cdk-decouple/fanout';
 *
 * declare const images: s3.Bucket;
 *
 * const uploads = new fanout.BucketEventFanOut(this, 'Uploads', { bucket: images });
 * uploads.addQueue('Thumbnails', { objects: [{ prefix: 'uploads/', suffix: '.jpg' }, { prefix: 'uploads/', suffix: '.png' }] });
 * uploads.addQueue('Index', { events: [s3.EventType.OBJECT_CREATED, s3.EventType.OBJECT_REMOVED] });
 */
export class BucketEventFanOut extends Construct {
  /** The bucket. */
  public readonly bucket: s3.IBucket;

  /** The topic; undefined with EventBridge. Other endpoints can subscribe to the event types that a queue of this fan-out receives. */
  public readonly topic?: FanOut;

  private readonly channel: BucketEventChannel;
  private readonly delivered: BucketEventDelivery[] = [];

  constructor(scope: Construct, id: string, props: BucketEventFanOutProps) {
    super(scope, id);
    const { bucket } = props;
    const route = props.route ?? BucketEventRoute.eventBridge();
    const misplaced = at('bucket', this.bucketProblems(bucket));
    throwProblems(this, BUCKET_EVENT_FAN_OUT, [...misplaced, ...at('route', route._check(this, misplaced.length === 0 ? bucket : undefined))]);
    this.bucket = bucket;
    this.channel = route._bind(this, bucket);
    this.topic = this.channel.topic;
  }

  /** The queues that receive events, in the order they were added; a copy. */
  public get deliveries(): BucketEventDelivery[] {
    return [...this.delivered];
  }

  /**
   * Creates a queue with its dead-letter queue, and sends events to it.
   *
   * @throws Error for a FIFO queue, event types that S3 or EventBridge does not have, a bucket whose name the rule cannot contain, filters that SNS or EventBridge would refuse, and for everything that the
   * queue refuses
   */
  public addQueue(id: string, props: BucketEventQueueProps = {}): WorkQueue {
    const selection = this.select(`addQueue('${id}')`, props, unless(!props.ordering?.isFifo, () => ({
      prop: `addQueue('${id}').ordering`, got: 'Ordering.fifo()', allowed: 'Ordering.standard()', fix: 'The events of a bucket have no order; omit ordering.',
    })));
    return addQueueIn(this, BUCKET_EVENT_FAN_OUT, id, props, queue => this.deliver(queue, selection));
  }

  /**
   * Sends events to an existing queue. The rule or the subscription, and a dedicated dead-letter queue, are created in the stack of the queue.
   *
   * The policies of an imported queue and key cannot be changed: a warning contains the statement to add.
   *
   * @returns what was created
   * @throws Error for a FIFO queue, a queue with the AWS managed key, a queue that already receives events of this fan-out and, with EventBridge, a
   * queue of another account, Region or stage; and for everything that `addQueue` refuses
   */
  public addExistingQueue(queue: sqs.IQueue, options: BucketEventOptions = {}): BucketEventDelivery {
    return this.deliver(queue, this.select('addExistingQueue(options)', options, [
      ...at('queue', kindProblems('queue', queue, false, 'as the events of a bucket have no order', 'Specify a standard queue.')),
      ...unless(!this.delivered.some(known => isSameResource(known.queue, queue) || known.queue.queueArn === queue.queueArn), () => ({
        prop: 'queue', got: `'${queue.node.path}', which already receives events`, allowed: 'a queue once for each fan-out', fix: 'Put the event types and objects of both into one call.',
      })),
    ]));
  }

  /** The events and objects of a subscriber, with the defaults; throws what is wrong with them, and with the queue. */
  private select(method: string, options: BucketEventOptions, others: Problem[]): Selection {
    const { keyForm } = this.channel;
    const given = options.events ?? [s3.EventType.OBJECT_CREATED];
    const problems = [
      ...eventTypeProblems(given, this.topic ? 'topic' : 'eventBridge'),
      ...options.objects ? objectFilterProblems(options.objects, keyForm) : [],
    ];
    const selection = { events: distinctTypes(given), objects: options.objects, deadLetters: options.subscriptionDeadLetters };
    // The limits are those of valid conditions.
    const limits = problems.length > 0 ? [] : this.channel.limits(selection);
    refuse(this, BUCKET_EVENT_FAN_OUT, [...others, ...at(method, [...problems, ...limits])]);
    return selection;
  }

  private deliver(queue: sqs.IQueue, selection: Selection): BucketEventDelivery {
    const delivery = this.channel.deliver(queue, selection);
    this.delivered.push(delivery);
    return delivery;
  }

  private bucketProblems(bucket: s3.IBucket): Problem[] {
    return [
      ...placeProblems('bucket', bucket.env, { ...placeOf(this), because: 'where the fan-out is' },
        'S3 sends the events of a bucket within its account and Region. Create the fan-out in a stack there; queues of a topic can be elsewhere.'),
      ...unless(Stage.of(bucket) === Stage.of(this), () => ({
        prop: '', got: `'${bucket.node.path}' of another stage`, allowed: 'a bucket of the same stage, or an imported one', fix: 'The CDK has no references across stages; import the bucket here by its name.',
      })),
    ];
  }
}
