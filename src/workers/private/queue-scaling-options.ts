import { Duration } from 'aws-cdk-lib';

/**
 * What every kind of scaling on a queue has in common.
 *
 * A hidden base interface of jsii: its props are those of the public interfaces.
 * @internal
 */
export interface QueueScalingOptions {
  /**
   * The minimum number of workers: a whole number, at least 0 and at most `max`.
   *
   * With 0, no worker runs while the queue is empty, and two more CloudWatch alarms, which are billed, start the first
   * worker and end the last one. The first message after a pause waits for the alarm and for the worker to start. That takes several minutes,
   * and up to 15 minutes longer if the queue was idle for more than 6 hours, because SQS stops publishing the
   * metrics of such a queue.
   *
   * @default 0
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
   */
  readonly min?: number;

  /** The maximum number of workers, which limits the cost: a whole number, at least 1. */
  readonly max: number;

  /**
   * How long a new worker counts as starting: 0 seconds to 1 day, in whole seconds.
   *
   * During this time the group does not scale in, and it scales out only by the workers that are still missing with the new one. Give
   * the time from the start of a worker to its first message. For an Auto Scaling group this is the instance warmup.
   *
   * @default Duration.minutes(2)
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html
   */
  readonly cooldown?: Duration;

  /**
   * How long the last worker stays while no message waits and none is in progress: 5 minutes to 6 hours, in whole minutes.
   *
   * The worker is billed for this time after each burst of messages. After a burst with several workers you are billed for about 15 minutes plus this time: target
   * tracking scales in to one worker when the backlog has been below the target for about 15 minutes, and this time begins after that.
   *
   * If messages arrive at shorter intervals than this, one worker keeps running. If they arrive at longer intervals, each message waits for a worker to start. The metrics
   * of SQS can arrive late, and a message is not counted until then: give 2 minutes more than the interval between messages. It has no effect if `min` is above 0.
   *
   * @default Duration.minutes(15)
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
   */
  readonly idleTime?: Duration;
}
