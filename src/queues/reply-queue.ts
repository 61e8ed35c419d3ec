import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OuterQueue } from './private/outer-queue';
import { OwnQueue } from './private/own-queue';
import { checkMade } from './private/queue-at-synthesis';
import { WORK_QUEUE } from './private/queue-bounds';
import { encryptionProps } from './private/queue-encryption';
import { checkGrantee } from './private/work-queue-grants';
import { ReplyQueues } from './reply-queues';
import { WorkQueue } from './work-queue';
import { acknowledgeReplyQueue } from '../private/acknowledge';
import { MAX_NAME_LENGTH, nameProblems, stackUniqueName } from '../private/names';
import { throwProblems } from '../private/problems';
import { recordDefaultVisibility } from '../private/visibility-timeouts';

/**
 * Properties of a requester with a reply queue of its own.
 */
export interface RequesterProps {
  /**
   * The physical name of the reply queue: 1 to 80 letters, digits, hyphens and underscores.
   *
   * You need it only when a stack in another account or Region refers to the queue. If you change it, the queue is replaced, and its replies are deleted.
   *
   * @default - a unique name, generated from the construct path and the identifier that CloudFormation assigns to the stack
   */
  readonly queueName?: string;
}

/** What the replies are for. */
interface Requests {
  readonly queue: WorkQueue;
  readonly dataKeyReuse?: Duration;
  readonly replies: ReplyQueues;
}

/**
 * The durable reply queue of one requester. `RequestResponse.addRequester` creates it.
 *
 * It is a standard `sqs.IQueue` with the encryption of the requests, TLS only, long polling of 20 seconds, and a visibility timeout of 30 seconds. It has no
 * dead-letter queue: a reply that its requester does not delete is deleted when its retention ends. It has no idle cost.
 *
 * The requester sends the name of this queue (`queueName`) as the attribute `ReplyTo` of its requests.
 *
 * @throws Error for a name that SQS does not accept
 * @example
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import * as queues from 'cdk-decouple/queues';
 *
 * declare const shop: iam.Role;
 *
 * const prices = new queues.RequestResponse(this, 'Prices');
 * const shopReplies = prices.addRequester('Shop');
 * shopReplies.grantRequest(shop);
 */
export class ReplyQueue extends OuterQueue {
  /** @internal */
  public static _create(scope: Construct, id: string, requests: Requests, props: RequesterProps): ReplyQueue {
    return new ReplyQueue(scope, id, requests, props);
  }

  /** @internal */
  protected readonly _inner: OwnQueue;

  private readonly requests: WorkQueue;

  private constructor(scope: Construct, id: string, { queue: requests, dataKeyReuse, replies }: Requests, props: RequesterProps) {
    super(scope, id, { physicalName: props.queueName });
    throwProblems(this, 'ReplyQueue', nameProblems('queue', props.queueName, false));
    this.requests = requests;
    this._inner = new OwnQueue(this, 'Queue', {
      ...encryptionProps(requests._key, dataKeyReuse),
      queueName: props.queueName ?? stackUniqueName(this, MAX_NAME_LENGTH.queue),
      enforceSSL: true,
      retentionPeriod: replies.retention,
      receiveMessageWaitTime: WORK_QUEUE.receiveMessageWaitTime.default,
      visibilityTimeout: WORK_QUEUE.visibilityTimeout.default,
      removalPolicy: RemovalPolicy.DESTROY,
    }, 'ReplyQueue');
    recordDefaultVisibility(this._inner, WORK_QUEUE.visibilityTimeout.default);
    this._standForInner();
    acknowledgeReplyQueue(this._inner);
    checkMade(this, 'ReplyQueue', { queue: this._inner });
  }

  /**
   * Grants the permissions of a requester: to send requests, and to receive the replies in this queue only.
   *
   * On the requests `sqs:SendMessage`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`; on this queue `sqs:ReceiveMessage`, `sqs:DeleteMessage`,
   * `sqs:ChangeMessageVisibility`, `sqs:GetQueueAttributes`, `sqs:GetQueueUrl`; on a customer key `kms:GenerateDataKey` and `kms:Decrypt`.
   *
   * @throws Error for a service principal, a principal with wildcards, or a role of another account without a name
   */
  public grantRequest(grantee: iam.IGrantable): iam.Grant {
    checkGrantee(this, 'grantRequest', grantee, [this._inner], 'ReplyQueue');
    return this.requests.grantSendMessages(grantee).combine(this.grantConsumeMessages(grantee));
  }
}
