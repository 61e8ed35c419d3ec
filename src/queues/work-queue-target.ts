import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { EventDeadLetters } from './event-dead-letters';
import { requireWorkQueue } from './private/source-checks';
import { checkTarget } from './private/target-checks';
import { WorkQueue } from './work-queue';
import { allowService, allowServiceOnKey } from '../access/private/service-statements';
import { ServiceSource } from '../access/service-source';
import { knownApart } from '../private/environment';

/**
 * Properties of a work queue as a target.
 */
export interface WorkQueueTargetProps {
  /**
   * The message group of every message: 1 to 128 characters. A FIFO queue needs one; on a standard queue it makes for fair shares.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
   */
  readonly messageGroupId?: string;

  /**
   * What becomes the body of the message.
   *
   * @default - the whole event
   */
  readonly input?: events.RuleTargetInput;

  /**
   * Where the events go that EventBridge cannot deliver.
   *
   * A FIFO queue has no default, because EventBridge takes standard dead-letter queues only.
   *
   * @default EventDeadLetters.sameAsQueue() where the queue has a dead-letter queue; none where it is made with DeadLetters.none()
   */
  readonly deadLetters?: EventDeadLetters;

  /**
   * How often EventBridge tries again: 0 to 185 times.
   *
   * @default 185
   */
  readonly retryAttempts?: number;

  /**
   * How long EventBridge tries: 1 minute to 24 hours.
   *
   * @default Duration.hours(24)
   */
  readonly maxEventAge?: Duration;
}

/**
 * A work queue as the target of an EventBridge rule.
 *
 * In place of the CDK's own `SqsQueue` target, it allows the rule alone, by `aws:SourceArn` and `aws:SourceAccount`, on the queue, its
 * dead-letter queue and customer keys (`WorkQueue.allowService`). Rule and queue may be in different stacks.
 *
 * @throws Error when bound to a rule, for a FIFO queue without a message group or content-based deduplication, and a dead-letter queue that
 * EventBridge does not take
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
 * @example
 * const nightly = new WorkQueue(this, 'Nightly');
 * const rule = new events.Rule(this, 'EveryNight', { schedule: events.Schedule.cron({ hour: '3', minute: '0' }) });
 * rule.addTarget(new WorkQueueTarget(nightly));
 */
export class WorkQueueTarget implements events.IRuleTarget {
  constructor(private readonly workQueue: WorkQueue, private readonly props: WorkQueueTargetProps = {}) {}

  /**
   * Called by `addTarget` of the rule.
   */
  public bind(rule: events.IRuleRef, _id?: string): events.RuleTargetConfig {
    requireWorkQueue(rule, 'WorkQueueTarget', this.workQueue);
    const { queue } = this.workQueue;
    // JavaScript may pass null, for which there is no default.
    const props = this.props ?? {};
    const deadLetterQueue = checkTarget(this.workQueue, props);

    // CDK has a rule of another account or Region send to an event bus there, and binds the rule it makes beside the queue.
    const elsewhere = knownApart(rule.env.account, queue.env.account) || knownApart(rule.env.region, queue.env.region);
    if (!elsewhere) {
      const source = ServiceSource.rule(rule as events.IRule);
      this.workQueue.allowService(source);
      if (deadLetterQueue) allowService(this.workQueue, 'WorkQueue', deadLetterQueue, source);
      const key = deadLetterQueue?.encryptionMasterKey;
      if (key && key !== this.workQueue.encryptionKey) allowServiceOnKey(this.workQueue, 'WorkQueue', key, deadLetterQueue, source);
    }
    const { messageGroupId, retryAttempts, maxEventAge } = props;
    return {
      arn: queue.queueArn,
      input: props.input,
      sqsParameters: messageGroupId === undefined ? undefined : { messageGroupId },
      deadLetterConfig: deadLetterQueue && { arn: deadLetterQueue.queueArn },
      retryPolicy: retryAttempts === undefined && maxEventAge === undefined
        ? undefined
        : { maximumRetryAttempts: retryAttempts, maximumEventAgeInSeconds: maxEventAge?.toSeconds() },
      targetResource: queue,
    };
  }
}
