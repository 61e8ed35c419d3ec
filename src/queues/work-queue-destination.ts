import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { checkNotifications } from './private/notification-checks';
import { refuseOtherEnvironment } from './private/other-environment';
import { checkSource, requireWorkQueue } from './private/source-checks';
import { WorkQueue } from './work-queue';
import { ServiceSource } from '../access/service-source';

/**
 * A work queue as the destination of the event notifications of a bucket.
 *
 * In place of the CDK's own `SqsDestination`, it allows the bucket alone, by `aws:SourceArn` and `aws:SourceAccount`, on the queue and
 * on a customer key (`WorkQueue.allowService`). Bucket and queue may be in different stacks, of one Region.
 *
 * @throws Error when bound to a bucket, for a FIFO queue, a queue whose messages may not reach 64 KiB, a bucket in another Region, and a
 * bucket in another account of a queue without a queueName; when the template is written, for notifications of one bucket that share an
 * event type and objects, because S3 refuses them
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 * @example
 * declare const uploads: s3.Bucket;
 * const incoming = new WorkQueue(this, 'Incoming');
 * uploads.addEventNotification(s3.EventType.OBJECT_CREATED, new WorkQueueDestination(incoming));
 */
export class WorkQueueDestination implements s3.IBucketNotificationDestination {
  constructor(private readonly workQueue: WorkQueue) {}

  /**
   * Called by `addEventNotification` of the bucket.
   */
  public bind(scope: Construct, bucket: s3.IBucketRef): s3.BucketNotificationDestinationConfig {
    requireWorkQueue(scope, 'WorkQueueDestination', this.workQueue);
    const { queue } = this.workQueue;
    // A resource that cannot tell its ARN, such as an L1, is refused as no bucket.
    const source = ServiceSource.bucket(bucket as s3.IBucket);
    // First: a queueName would not help a bucket in another Region.
    checkSource(this.workQueue, queue, source);
    refuseOtherEnvironment(this.workQueue, 'WorkQueue', 'WorkQueueDestination', queue, scope);
    const dependencies = this.workQueue.allowService(source);
    checkNotifications(scope);
    return { type: s3.BucketNotificationDestinationType.QUEUE, arn: queue.queueArn, dependencies };
  }
}
