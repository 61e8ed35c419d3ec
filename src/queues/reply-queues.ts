import { Duration } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DURABLE_REPLY_QUEUES, TEMPORARY_REPLY_QUEUES } from './private/request-response-bounds';
import { checkBounds } from '../private/bounds';
import { Problem } from '../private/problems';

/**
 * Options of durable reply queues.
 */
export interface DurableReplyQueuesOptions {
  /**
   * How long a reply is kept if its requester does not delete it: 60 seconds to 14 days. Specify the time that a requester needs to restart.
   *
   * @default Duration.minutes(15)
   */
  readonly retention?: Duration;
}

/**
 * Options of temporary reply queues.
 */
export interface TemporaryReplyQueuesOptions {
  /**
   * How old the last heartbeat of a reply queue must be before the sweeper deletes the queue: 10 minutes to 14 days. A requester renews the
   * heartbeat at least three times in this time.
   *
   * @default Duration.hours(1)
   */
  readonly orphanedAfter?: Duration;

  /**
   * How often the sweeper runs: 1 minute to 1 day, in whole minutes. Each run is billed.
   *
   * @default Duration.minutes(15)
   */
  readonly sweepInterval?: Duration;

  /**
   * How long the log of the sweeper is kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * The queues in which requesters receive their replies.
 */
export class ReplyQueues {
  /**
   * One reply queue for each requester, created with the stack by `addRequester`. A requester that restarts receives the replies that arrived in the meantime.
   *
   * It has no idle cost. A reply queue is encrypted as the requests are, and requires TLS.
   */
  public static durable(options: DurableReplyQueuesOptions = {}): ReplyQueues {
    return new ReplyQueues(false, options, {});
  }

  /**
   * Reply queues that requesters create when they start, under a name prefix, and delete when they stop. Use them if the number of requesters changes, as in an
   * Auto Scaling group. A function on a schedule, the sweeper, deletes the queues of requesters that crashed.
   *
   * The template cannot force the attributes of these queues. SQS encrypts a new queue with keys that it owns (SSE-SQS). The requester sets the retention of the
   * replies, and the queue policy if other clients must use TLS. Every requester can read the replies of the others.
   *
   * Cost: each run of the sweeper is billed, also without requesters: a Lambda invocation, one `ListQueues` request for each 1,000 reply queues, and at
   * most three requests for each reply queue.
   */
  public static temporary(options: TemporaryReplyQueuesOptions = {}): ReplyQueues {
    return new ReplyQueues(true, {}, options);
  }

  private constructor(
    /** Whether requesters create their reply queues themselves. */
    public readonly areTemporary: boolean,
    private readonly durableOptions: DurableReplyQueuesOptions,
    private readonly temporaryOptions: TemporaryReplyQueuesOptions,
  ) {}

  /** How long a reply is kept; undefined for temporary reply queues, where the requester says so. */
  public get retention(): Duration | undefined {
    return this.areTemporary ? undefined : this.durableOptions.retention ?? DURABLE_REPLY_QUEUES.retention.default;
  }

  /** How old the last heartbeat of a reply queue must be before the sweeper deletes the queue; undefined for durable reply queues. */
  public get orphanedAfter(): Duration | undefined {
    return this.areTemporary ? this.temporaryOptions.orphanedAfter ?? TEMPORARY_REPLY_QUEUES.orphanedAfter.default : undefined;
  }

  /** @internal */
  public get _sweepInterval(): Duration {
    return this.temporaryOptions.sweepInterval ?? TEMPORARY_REPLY_QUEUES.sweepInterval.default;
  }

  /** @internal */
  public get _logRetention(): logs.RetentionDays {
    return this.temporaryOptions.logRetention ?? logs.RetentionDays.ONE_MONTH;
  }

  /** @internal */
  public _check(): Problem[] {
    return [...checkBounds(DURABLE_REPLY_QUEUES, this.durableOptions), ...checkBounds(TEMPORARY_REPLY_QUEUES, this.temporaryOptions)];
  }
}
