import { IResource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { knownApart } from './environment';
import { Problem, unless } from './problems';

/**
 * A problem for a principal that is known to be of another account, for a queue or topic with an AWS managed key: nobody can change the policy of the key.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 */
export function awsManagedKeyProblems(resource: IResource, what: 'queue' | 'topic', prop: string, principal: iam.IPrincipal): Problem[] {
  const outsider = outsiderOf(resource, principal, resource.env.account);
  return unless(outsider === undefined, () => ({
    prop,
    got: `${outsider}, with the AWS managed key`,
    allowed: `principals of the account of the ${what}`,
    fix: resource.node.defaultChild
      ? `Encrypt the ${what} with a customer key, such as Encryption.customerManaged(): the AWS managed key cannot be shared.`
      : `The owner of the ${what} must encrypt it with a customer key, because the AWS managed key cannot be shared; then import the ${what} with that key.`,
  }));
}

/** Describes a principal that is known not to belong to the account. */
function outsiderOf(scope: IConstruct, principal: iam.IPrincipal, account: string): string | undefined {
  const inAccount = (other: string) => knownApart(other, account) ? `a principal of account ${other}` : undefined;
  if (principal.principalAccount !== undefined) return inAccount(principal.principalAccount);
  const { principalJson, conditions } = principal.policyFragment;
  if (principalJson.Service !== undefined) return `the service principal ${Stack.of(scope).resolve(principalJson.Service).join(', ')}`;
  for (const arn of principalJson.AWS ?? []) {
    if (arn === '*') {
      if (!/"aws:(Principal|Source)Account"/.test(JSON.stringify(conditions))) return 'principals of any account';
    } else if (!Token.isUnresolved(arn)) {
      const outside = inAccount(arn.split(':')[4] ?? account);
      if (outside) return outside;
    }
  }
  return undefined;
}
