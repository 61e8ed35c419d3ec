import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BUCKET_EVENT_FAN_OUT, BucketEventChannel, Selection } from './bucket-event-channel';
import { refuseReferences } from './bucket-event-places';
import { eventNameCondition, familyOf } from './bucket-event-types';
import { FILTER_POLICY } from './fanout-bounds';
import { keyConditions } from './object-filters';
import { Problem, unless } from '../../private/problems';
import { checkNotifications } from '../../queues/private/notification-checks';
import { BucketEventDelivery } from '../bucket-event-delivery';
import { FanOut } from '../fan-out';
import { FilterPolicy } from '../filter-policy';
import { QueueSubscription } from '../subscribers/queue-subscription';

/** The events of a bucket through a topic. */
export class TopicChannel implements BucketEventChannel {
  public readonly keyForm = 'encoded';
  private readonly notified = new Set<s3.EventType>();

  constructor(private readonly scope: Construct, public readonly topic: FanOut, private readonly bucket: s3.IBucket) {}

  /** Values in the body count once for each level of their key: `Records.eventName` has 2, `Records.s3.object.key` has 4. */
  public limits({ events, objects }: Selection): Problem[] {
    const { combinations } = FILTER_POLICY;
    const keys = objects && keyConditions(objects, this.keyForm);
    const combined = 2 * events.length * (keys ? 4 * keys.length : 1);
    return unless(combined <= combinations.max, () => ({
      prop: keys ? 'objects' : 'events',
      got: `${combined} combinations of event types${keys ? ' and conditions on keys' : ''} in a filter policy`,
      allowed: `at most ${combinations.max} combinations`,
      fix: 'Specify fewer event types or objects, split them between two queues, or set route to BucketEventRoute.eventBridge().',
    }));
  }

  public deliver(queue: sqs.IQueue, selection: Selection): BucketEventDelivery {
    const subscription = this.topic.addSubscription(new QueueSubscription(queue, {
      filterPolicy: this.filterPolicy(selection),
      // As in a queue that the bucket notifies itself.
      rawMessageDelivery: true,
      subscriptionDeadLetters: selection.deadLetters,
    }));
    selection.events.map(familyOf).forEach(family => this.notify(family));
    return BucketEventDelivery._of(queue, { subscription, deadLetterQueue: subscription.deadLetterQueue });
  }

  /** It always has the event name, so that the test event of S3 matches no filter policy. */
  private filterPolicy({ events, objects }: Selection): FilterPolicy {
    const oneOf = (conditions: unknown[]) => sns.FilterOrPolicy.filter(new sns.SubscriptionFilter(conditions));
    const inObject = objects && sns.FilterOrPolicy.policy({ key: oneOf(keyConditions(objects, this.keyForm)) });
    return FilterPolicy.onBody({
      Records: sns.FilterOrPolicy.policy({
        eventName: oneOf(events.map(eventNameCondition)),
        ...inObject && { s3: sns.FilterOrPolicy.policy({ object: inObject }) },
      }),
    });
  }

  private notify(family: s3.EventType): void {
    if (this.notified.has(family)) return;
    if (this.notified.size === 0) refuseReferences(this.scope, this.bucket);
    this.notified.add(family);
    this.bucket.addEventNotification(family, new s3n.SnsDestination(this.topic));
    checkNotifications(this.bucket, BUCKET_EVENT_FAN_OUT);
  }
}
