import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ReplyQueueSweeper } from './private/reply-queue-sweeper';
import { REPLY_ACTIONS, TemporaryQueueNames } from './private/temporary-queue-names';
import { checkGrantee, grantOnQueue } from './private/work-queue-grants';
import { ReplyQueue, RequesterProps } from './reply-queue';
import { ReplyQueues } from './reply-queues';
import { WorkQueue, WorkQueueProps } from './work-queue';
import { idProblems } from '../private/ids';
import { WRITE_KEY } from '../private/key-permissions';
import { metricOptions } from '../private/metric-options';
import { at, refuse, throwProblems, unless } from '../private/problems';

/**
 * Properties of a request queue with reply queues.
 */
export interface RequestResponseProps {
  /**
   * The props of the request queue, as those of a `WorkQueue`: its order, dead letters, encryption, times and name. Durable reply queues have the same encryption.
   *
   * If you change the name or the kind, the queue is replaced, and its requests are deleted, as with a `WorkQueue`. A key that is no longer used is deleted with it.
   *
   * @default - those of `WorkQueue`: a standard queue, dead letters after 5 receives
   */
  readonly requests?: WorkQueueProps;

  /**
   * Where requesters receive their replies. If you change from durable to temporary, the durable reply queues are deleted with the replies in them. If you change from
   * temporary to durable, the log group of the sweeper is kept, and so are the temporary reply queues: nothing deletes them but their requesters.
   *
   * @default ReplyQueues.durable()
   */
  readonly replies?: ReplyQueues;
}

/**
 * A request queue that responders share, and a reply queue for each requester.
 *
 * A requester sends each request with two message attributes of the type String: `ReplyTo`, the name of its reply queue, and `CorrelationId`, which it chooses. A
 * responder sends the reply to that queue with the same `CorrelationId`, and then deletes the request. Any language with an AWS SDK can follow this convention.
 *
 * Delivery is at least once: if a responder stops before it deletes a request, another one replies again. A requester ignores a reply to a request that
 * is not open. A request that fails 5 times is moved to the dead-letter queue of the requests; see `requests.grantRedrive`.
 *
 * With durable reply queues it has no idle cost with the default encryption. With temporary reply queues, each run of the sweeper is billed.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another; for a method that does not fit the reply queues
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-temporary-queues.html
 * @example
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import * as queues from 'cdk-decouple/queues';
 *
 * declare const shop: iam.Role;
 * declare const pricing: iam.Role;
 *
 * const prices = new queues.RequestResponse(this, 'Prices');
 * prices.grantRespond(pricing);
 * prices.addRequester('Shop').grantRequest(shop);
 */
export class RequestResponse extends Construct {
  /** The queue of the requests. */
  public readonly requests: WorkQueue;

  /**
   * The prefix of the names of temporary reply queues; undefined for durable reply queues. A requester appends up to 20 letters, digits, hyphens and underscores
   * that no other requester chooses, such as 16 random hexadecimal digits.
   */
  public readonly replyQueueNamePrefix?: string;

  /** The function that deletes orphaned reply queues; undefined for durable reply queues. */
  public readonly sweeper?: lambda.IFunction;

  /** The log of the sweeper, which is kept when it leaves the template; undefined for durable reply queues. */
  public readonly sweeperLogGroup?: logs.ILogGroup;

  /** The rule that runs the sweeper; undefined for durable reply queues. */
  public readonly sweeperSchedule?: events.IRule;

  private readonly replies: ReplyQueues;
  private readonly dataKeyReuse?: Duration;
  private readonly names?: TemporaryQueueNames;
  private readonly requesters: ReplyQueue[] = [];
  private readonly responders: iam.IGrantable[] = [];

  constructor(scope: Construct, id: string, props: RequestResponseProps = {}) {
    super(scope, id);
    this.replies = props.replies ?? ReplyQueues.durable();
    this.dataKeyReuse = props.requests?.dataKeyReuse;
    throwProblems(this, 'RequestResponse', [
      ...at('requests', WorkQueue._check(this, props.requests ?? {})),
      ...at('replies', this.replies._check()),
    ]);
    try {
      this.requests = new WorkQueue(this, 'Requests', props.requests);
    } catch (error) {
      // The queue refuses what a property injector changed, and detaches itself only.
      scope.node.tryRemoveChild(this.node.id);
      throw error;
    }
    const { orphanedAfter } = this.replies;
    if (orphanedAfter === undefined) return;
    this.names = new TemporaryQueueNames(this);
    this.replyQueueNamePrefix = this.names.prefix;
    const sweeper = new ReplyQueueSweeper(this, 'Sweeper', {
      names: this.names, orphanedAfter, interval: this.replies._sweepInterval, logRetention: this.replies._logRetention,
    });
    this.sweeper = sweeper.handler;
    this.sweeperLogGroup = sweeper.logGroup;
    this.sweeperSchedule = sweeper.schedule;
  }

  /**
   * Adds a requester with a durable reply queue. Call `grantRequest` of the returned queue with the role of the requester.
   *
   * Whoever `grantRespond` was or will be called for can reply to it.
   *
   * @throws Error for temporary reply queues, and for an id that is in use
   */
  public addRequester(id: string, props: RequesterProps = {}): ReplyQueue {
    refuse(this, 'RequestResponse', [
      ...unless(!this.names, () => ({
        prop: 'addRequester()',
        got: 'ReplyQueues.temporary()',
        allowed: 'ReplyQueues.durable()',
        fix: 'Call grantRequest() for the role of the requester, which then creates its reply queue itself.',
      })),
      ...idProblems('addRequester(id)', id, 'this construct', () => this.node.tryFindChild(id) !== undefined),
    ]);
    const requester = ReplyQueue._create(this, id, { queue: this.requests, dataKeyReuse: this.dataKeyReuse, replies: this.replies }, props);
    try {
      this.responders.forEach(responder => this.grantReply(responder, requester));
    } catch (error) {
      this.node.tryRemoveChild(requester.node.id);
      throw error;
    }
    this.requesters.push(requester);
    return requester;
  }

  /**
   * Grants the permissions of a requester with a temporary reply queue.
   *
   * On the requests `sqs:SendMessage`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`, and `kms:GenerateDataKey` and `kms:Decrypt` on a customer key. On the queues
   * whose name starts with `replyQueueNamePrefix`: `sqs:CreateQueue` and `sqs:TagQueue` with the tag `ReplyQueueHeartbeat` only, `sqs:DeleteQueue`,
   * `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`.
   *
   * @throws Error for durable reply queues; for a principal of another account or Region, or whose policies cannot be extended
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-abac-condition-keys.html
   */
  public grantRequest(grantee: iam.IGrantable): iam.Grant {
    const { names } = this;
    if (!names) {
      refuse(this, 'RequestResponse', [{
        prop: 'grantRequest()',
        got: 'ReplyQueues.durable()',
        allowed: 'ReplyQueues.temporary()',
        fix: 'Call addRequester(id).grantRequest(grantee), which grants permissions on the reply queue of this requester only.',
      }]);
    }
    names!.checkGrantee('grantRequest', grantee, this.requests);
    return names!.grantRequest('grantRequest', grantee).combine(this.requests.grantSendMessages(grantee));
  }

  /**
   * Grants the permissions of a responder.
   *
   * On the requests `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`; on the
   * reply queues, or on the queues whose name starts with `replyQueueNamePrefix`, `sqs:SendMessage` and `sqs:GetQueueUrl`. On a customer key `kms:Decrypt`, and
   * `kms:GenerateDataKey` for durable reply queues.
   *
   * @throws Error for a service principal, a principal with wildcards, or a role of another account without a name; with temporary reply queues, for a principal of
   * another account or Region, or whose policies cannot be extended
   */
  public grantRespond(grantee: iam.IGrantable): iam.Grant {
    if (this.names) {
      this.names.checkGrantee('grantRespond', grantee, this.requests);
      return this.names.grantRespond('grantRespond', grantee).combine(this.requests.grantConsumeMessages(grantee));
    }
    checkGrantee(this, 'grantRespond', grantee, [this.requests, ...this.requesters], 'RequestResponse');
    this.responders.push(grantee);
    const replies = this.requesters.map(requester => this.grantReply(grantee, requester));
    return replies.reduce((all, grant) => all.combine(grant), this.requests.grantConsumeMessages(grantee));
  }

  /**
   * The runs of the sweeper that failed: `Errors` of the function, sum over the sweep interval by default. Create an alarm for 1 or more. The next run repeats
   * the work of one that failed.
   *
   * @throws Error for durable reply queues
   */
  public metricSweeperErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { sweeper } = this;
    refuse(this, 'RequestResponse', unless(sweeper !== undefined, () => ({
      prop: 'metricSweeperErrors()', got: 'ReplyQueues.durable()', allowed: 'ReplyQueues.temporary()', fix: 'Durable reply queues have no sweeper; remove this call.',
    })));
    return sweeper!.metricErrors(metricOptions(this, 'RequestResponse', 'metricSweeperErrors', options, { statistic: 'Sum', period: this.replies._sweepInterval }));
  }

  private grantReply(grantee: iam.IGrantable, requester: ReplyQueue): iam.Grant {
    return grantOnQueue(this, 'grantRespond', grantee, requester, REPLY_ACTIONS, WRITE_KEY, 'RequestResponse');
  }
}
