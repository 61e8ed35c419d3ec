import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { HEARTBEAT_TAG } from './sweeper-code';
import { checkGrantee } from './work-queue-grants';
import { stackElsewhere } from '../../private/environment';
import { otherAccountProblems, warnOfImmutable } from '../../private/grants';
import { MAX_NAME_LENGTH, stackUniquePrefix } from '../../private/names';
import { Problem, refuse } from '../../private/problems';
import { WorkQueue } from '../work-queue';

const CONSTRUCT = 'RequestResponse';

/** The number of characters that a requester can append to the prefix. */
const SUFFIX_LENGTH = 20;

/** The names of the reply queues that requesters create, and the permissions on all queues with such a name. */
export class TemporaryQueueNames {
  public readonly prefix: string;
  public readonly arnPattern: string;

  constructor(private readonly scope: Construct) {
    const { region, account } = Stack.of(scope);
    this.prefix = stackUniquePrefix(scope, MAX_NAME_LENGTH.queue - SUFFIX_LENGTH);
    this.arnPattern = `arn:${Aws.PARTITION}:sqs:${region}:${account}:${this.prefix}*`;
  }

  /** Throws before anything is granted if a policy of the grantee cannot be extended: there is no queue yet whose policy could name it. */
  public checkGrantee(method: string, grantee: iam.IGrantable, requests: WorkQueue): void {
    checkGrantee(this.scope, method, grantee, [requests], CONSTRUCT);
    refuse(this.scope, CONSTRUCT, otherAccountProblems(this.scope, method, grantee,
      'SQS accepts CreateQueue only from the account of the queue, and a new queue has no policy that allows other accounts; let the other account assume a role of this one, or use ReplyQueues.durable().'));
    const elsewhere = stackElsewhere(grantee.grantPrincipal, this.scope);
    if (elsewhere) refuse(this.scope, CONSTRUCT, [this.problem(method, `a principal of the stack '${elsewhere.node.path}' in another account or Region`)]);
  }

  /** The permissions to create reply queues, to renew their heartbeat, to receive from them and to delete them. */
  public grantRequest(method: string, grantee: iam.IGrantable): iam.Grant {
    // A queue without a heartbeat cannot be created.
    const heartbeat = { StringLike: { [`aws:RequestTag/${HEARTBEAT_TAG}`]: '*' } };
    return this.grant(method, grantee, ['sqs:CreateQueue', 'sqs:TagQueue'], heartbeat)
      .combine(this.grant(method, grantee, ['sqs:DeleteQueue', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl']));
  }

  /** The permissions to reply. */
  public grantRespond(method: string, grantee: iam.IGrantable): iam.Grant {
    return this.grant(method, grantee, REPLY_ACTIONS);
  }

  private grant(method: string, grantee: iam.IGrantable, actions: string[], conditions?: Record<string, Record<string, unknown>>): iam.Grant {
    const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.arnPattern], conditions });
    if (!grant.success) refuse(this.scope, CONSTRUCT, [this.problem(method, 'a principal whose policies cannot be extended')]);
    warnOfImmutable(grant, grantee, {
      reporter: this.scope, construct: CONSTRUCT, method, account: Stack.of(this.scope).account, actions, resourceArn: this.arnPattern, conditions,
    });
    return grant;
  }

  private problem(method: string, got: string): Problem {
    return {
      prop: `${method}(grantee)`,
      got,
      allowed: 'with temporary reply queues, a role or user in the account and Region of the requests',
      fix: 'Grant to the role of the requester or responder, or use ReplyQueues.durable().',
    };
  }
}

/** The actions of a responder on a reply queue. */
export const REPLY_ACTIONS = ['sqs:SendMessage', 'sqs:GetQueueUrl'];
