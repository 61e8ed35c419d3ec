import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AccessDenied } from './acting';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { ACCOUNT, Emulator, REGION, SqsRequest } from './emulator';
import { templateOf } from './templates';
import { DeadLetters, Ordering, WorkQueue } from '../../src/queues';

/** Of the queues, in seconds. */
export const VISIBILITY_TIMEOUT = 2;

/** What IAM asks for: a batch needs the permission of its single requests. */
const permissionOf = (action: string) => action.replace(/Batch$/, '');

/** The roles of the template that clients run with. */
export type Role = 'Consumer' | 'Producer' | 'ListingConsumer' | 'ListingProducer';

/**
 * A standard queue and a FIFO queue, for clients that have no more permissions than their roles: `Consumer` has those of
 * `grantConsumeMessages` on both, and `Producer` those of `grantSendMessages`; the others may also list the queues of the account.
 *
 * A client has the name of its role as the ID of its access key.
 */
export class WatchedQueues {
  public static async start(): Promise<WatchedQueues> {
    let queues: WatchedQueues | undefined;
    const emulator = await Emulator.start(request => queues?.decide(request));
    const deployment = await deploy(emulator, templateOf(stack => {
      const role = (id: Role) => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
      const consumers = [role('Consumer'), role('ListingConsumer')];
      const producers = [role('Producer'), role('ListingProducer')];
      const visibilityTimeout = Duration.seconds(VISIBILITY_TIMEOUT);
      const deadLetters = DeadLetters.dedicated({ maxReceiveCount: 3 });
      const jobs = new WorkQueue(stack, 'Jobs', { visibilityTimeout, deadLetters });
      const orders = new WorkQueue(stack, 'Orders', { visibilityTimeout, deadLetters, ordering: Ordering.fifo() });
      for (const queue of [jobs, orders]) {
        consumers.forEach(grantee => queue.grantConsumeMessages(grantee));
        producers.forEach(grantee => queue.grantSendMessages(grantee));
      }
      // What the manual says that Celery needs without `predefined_queues`.
      for (const grantee of [consumers[1], producers[1]]) {
        grantee.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['sqs:ListQueues'], resources: ['*'] }));
      }
    }));
    return queues = new WatchedQueues(emulator, deployment);
  }

  /** The permissions that each role has used, sorted. */
  public readonly used = new Map<string, Set<string>>();
  /** What was denied, by role. */
  public readonly denied: string[] = [];
  public readonly jobs: string;
  public readonly orders: string;
  private readonly decisions = new Map<string, Promise<string[]>>();

  private constructor(public readonly emulator: Emulator, public readonly deployment: Deployment) {
    this.jobs = emulator.reachable(deployment.queue('JobsQueue'));
    this.orders = emulator.reachable(deployment.queue('OrdersQueue'));
  }

  public usedBy(role: Role): string[] {
    return [...this.used.get(role) ?? []].sort();
  }

  /** Lets a test begin without what others have left. */
  public forget(): void {
    this.used.clear();
    this.denied.splice(0);
  }

  private async decide({ accessKeyId, action, input }: SqsRequest): Promise<void> {
    const role = accessKeyId as Role;
    // The emulator's own client.
    if (!/^[A-Z]/.test(role)) return;
    const permission = permissionOf(action);
    const name = input.QueueName ?? (input.QueueUrl && new URL(input.QueueUrl).pathname.split('/').pop());
    const resource = name ? `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}` : '*';
    this.used.set(role, (this.used.get(role) ?? new Set()).add(permission));
    const key = `${role} ${permission} ${resource}`;
    if (!this.decisions.has(key)) this.decisions.set(key, new Actor(this.deployment.stacks[0], role).lacks([permission], resource));
    const lacking = await this.decisions.get(key)!;
    if (lacking.length === 0) return;
    this.denied.push(`${role}: ${permission}`);
    throw new AccessDenied(lacking.join('; '));
  }
}

