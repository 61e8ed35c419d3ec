import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { KeyForm } from './object-filters';
import { Problem } from '../../private/problems';
import { BucketEventDelivery } from '../bucket-event-delivery';
import { FanOut } from '../fan-out';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** The construct that errors and warnings name. */
export const BUCKET_EVENT_FAN_OUT = 'BucketEventFanOut';

/** The events and objects of one subscriber, with the defaults. */
export interface Selection {
  readonly events: s3.EventType[];
  /** Undefined for all objects. */
  readonly objects?: s3.NotificationKeyFilter[];
  /** The choice of the user; undefined for the default. */
  readonly deadLetters?: SubscriptionDeadLetters;
}

/** A route that is bound to a bucket. */
export interface BucketEventChannel {
  /** How object keys are written in its messages. */
  readonly keyForm: KeyForm;
  readonly topic?: FanOut;
  /** The problems of a selection that passed the checks of both routes. */
  limits(selection: Selection): Problem[];
  /** Delivers to a queue. It throws before it creates anything. */
  deliver(queue: sqs.IQueue, selection: Selection): BucketEventDelivery;
}
