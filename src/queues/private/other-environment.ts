import { Stack, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { stackThatCannotRefer } from '../../private/environment';
import { fail } from '../../private/problems';
import { isSameResource } from '../../private/same-resource';

/**
 * Throws if a template of another account or Region would contain the name of a queue whose name is only known at deployment.
 *
 * CDK checks this only when the template is written, and its error contains neither the prop nor the user of the queue.
 *
 * @param user who would refer to the queue, such as a role or a bucket
 */
export function refuseOtherEnvironment(scope: IConstruct, construct: string, prop: string, queue: sqs.IQueue, user: unknown): void {
  const other = stackThatCannotRefer(user, queue, queue.queueArn);
  if (!other) return;
  fail(scope, construct, {
    prop,
    got: `'${(user as IConstruct).node.path}' in ${place(other)}, and a queue without a queueName in ${place(Stack.of(queue))}`,
    allowed: 'a user of the queue in the same account and Region, or a queue with a queueName',
    fix: remedy(scope, construct, queue),
  });
}

function remedy(scope: IConstruct, construct: string, queue: sqs.IQueue): string {
  const why = 'because a generated name is not known in another account or Region.';
  if (construct === 'RequestResponse') return `Specify a queueName in requests and for each requester, ${why}`;
  if (['WorkQueue', 'ReplyQueue'].includes(construct) && isSameResource(queue, scope)) return `Specify a queueName for the ${construct}, ${why}`;
  return 'A dead-letter queue that is created here has no queueName; let the other account assume a role of this one, or use DeadLetters.existing() with a queue that has one.';
}

function place({ account, region }: Stack): string {
  const known = (value: string) => Token.isUnresolved(value) ? 'only known at deployment' : value;
  return `account ${known(account)}, Region ${known(region)}`;
}
