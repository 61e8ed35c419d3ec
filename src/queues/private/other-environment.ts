import { Stack, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';
import { fail } from '../../private/problems';
import { innermost, isSameResource } from '../../private/same-resource';

/**
 * Throws when the template of another account or Region would have to name a queue whose name is only known at deployment.
 *
 * CDK finds that out as late as at synthesis, and then names neither the prop nor the user of the queue.
 *
 * @param user a role, a bucket: what would refer to the queue; what is no construct does not
 */
export function refuseOtherEnvironment(scope: IConstruct, construct: string, prop: string, queue: sqs.IQueue, user: unknown): void {
  if (!Construct.isConstruct(user) || !needsName(queue)) return;
  const [own, other] = [Stack.of(queue), Stack.of(user)];
  if (other.account === own.account && (other.region === own.region || takesReferences(other))) return;
  // CDK cannot change the policies of an imported role of a third account, so that no template names the queue.
  const account = (user as { principalAccount?: string }).principalAccount;
  if (account !== undefined && knownApart(account, other.account)) return;
  const named = isSameResource(queue, scope) && construct === 'WorkQueue';
  fail(scope, construct, {
    prop,
    got: `'${user.node.path}' in ${place(other)}, and a queue without a queueName in ${place(own)}`,
    allowed: 'a user of the queue in the same account and Region, or a queue with a queueName',
    fix: named
      ? 'Give the WorkQueue a queueName, because a generated one is not known in another account or Region.'
      : 'A dead-letter queue made here has no queueName; let the other account assume a role of this one, or use DeadLetters.existing() with a queue that has one.',
  });
}

/** CDK keeps to itself whether a resource has a name that other environments know; an import always has. */
function needsName(queue: sqs.IQueue): boolean {
  const { _allowCrossEnvironment } = innermost(queue) as { readonly _allowCrossEnvironment?: boolean };
  return queue.node.defaultChild !== undefined && _allowCrossEnvironment === false;
}

/** With `crossRegionReferences`, which CDK keeps to itself, a stack may refer to another Region. */
function takesReferences(stack: Stack): boolean {
  return (stack as unknown as { _crossRegionReferences?: boolean })._crossRegionReferences === true;
}

function place({ account, region }: Stack): string {
  const known = (value: string, otherwise: string) => Token.isUnresolved(value) ? otherwise : value;
  return `account ${known(account, 'only known at deployment')}, Region ${known(region, 'only known at deployment')}`;
}
