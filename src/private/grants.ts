import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { describe } from './describe';
import { knownApart } from './environment';
import { targetOf } from './keys';
import { Problems, fail } from './problems';
import { renderPolicy, renderText, warn } from './warnings';
import { WHO_CONDITIONS, isEveryone, limitWho } from './who';

/**
 * Refuses to grant to an AWS service by name alone, and to everyone.
 *
 * A statement for a service principal without a source condition lets that service act for any account. CDK's grant
 * methods would write exactly that. A condition that does not say who, such as `aws:SecureTransport`, changes nothing about it.
 */
export function refuseServicePrincipal(scope: IConstruct, construct: string, method: string, grantee: iam.IGrantable, instead: string): void {
  const problems = new Problems(scope, construct);
  if (typeof grantee?.grantPrincipal?.addToPrincipalPolicy !== 'function') {
    problems.add({
      prop: `${method}(grantee)`, got: describe(grantee), allowed: 'a role, user, function or other principal', fix: 'Pass what shall be allowed.',
    });
    problems.throwFromMethod();
  }
  let fragment: iam.PrincipalPolicyFragment | undefined;
  try {
    fragment = grantee.grantPrincipal.policyFragment;
  } catch (error) {
    // A resource imported without its role has none, and several principals with conditions do not fit one statement.
    problems.add({
      prop: `${method}(grantee)`,
      got: `a principal that no policy can name (${(error as Error).message})`,
      allowed: 'a role, user, function or other principal',
      fix: 'Import the resource together with its role, or grant to one principal after the other.',
    });
  }
  const open = fragment !== undefined && !limitWho(fragment.conditions);
  const without = Object.keys(fragment?.conditions ?? {}).length === 0 ? 'without conditions' : 'with conditions that do not say who';
  const services = [fragment?.principalJson.Service ?? []].flat();
  if (open && services.length > 0) {
    problems.add({
      prop: `${method}(grantee)`,
      got: `the service principal ${services.map(service => renderText(scope, service)).join(', ')} ${without}`,
      allowed: 'a role, user, account or organisation, or a service principal with aws:SourceArn and aws:SourceAccount conditions',
      fix: instead,
    });
  }
  if (open && isEveryone(fragment!)) {
    problems.add({
      prop: `${method}(grantee)`,
      got: `everyone, ${without}`,
      allowed: `a role, user, account or organisation, or everyone with a condition on ${WHO_CONDITIONS}`,
      fix: 'Name who it is, such as iam.AccountPrincipal or iam.OrganizationPrincipal, or add such a condition with principal.withConditions().',
    });
  }
  problems.throwFromMethod();
}

/** Refuses a principal that is known to be of another account than the construct. */
export function refuseOtherAccount(scope: IConstruct, construct: string, method: string, grantee: iam.IGrantable, fix: string): void {
  const account = grantee?.grantPrincipal?.principalAccount;
  const own = Stack.of(scope).account;
  if (account === undefined || !knownApart(account, own)) return;
  fail(scope, construct, { prop: `${method}(grantee)`, got: `a principal of account ${account}`, allowed: `a principal of account ${own}`, fix });
}

/** A resource whose policy cannot be changed from this app. */
export interface ImportedResource {
  /** The construct the user wrote; warnings appear there. */
  readonly reporter: IConstruct;
  /** `<Construct>.importedPolicy` or `<Construct>.importedKey`. */
  readonly warningId: string;
  /** The grant method the user called. */
  readonly method: string;
  /** The queue, topic or key. */
  readonly resource: IConstruct;
  /** The account that owns it. */
  readonly account: string;
  /** What the statement of its policy has as its resource. */
  readonly policyResource: string;
}

/**
 * Warns with the statement to add where the policy of the grantee is not enough.
 *
 * `Grant.success` does not tell: it is true for a resource policy that could not be changed.
 *
 * @param identity the grant in the policy of the grantee
 */
export function warnUnlessEnough(identity: iam.Grant, grantee: iam.IGrantable, actions: string[], imported: ImportedResource): iam.Grant {
  const { reporter, warningId, method, resource, account, policyResource } = imported;
  const principalAccount = grantee.grantPrincipal.principalAccount;
  const sameAccount = principalAccount === undefined || !knownApart(principalAccount, account);
  if (identity.success && sameAccount) return identity;
  const statement = new iam.PolicyStatement({ actions, resources: [policyResource] });
  statement.addPrincipals(grantee.grantPrincipal);
  warn(reporter, warningId,
    `${method}() cannot reach the policy of '${resource.node.path}' because it is imported; add this statement to it:\n`
    + renderPolicy(reporter, statement.toStatementJson()));
  return identity;
}

/** Grants exact actions on a key, or says what its owner has to add. */
export function grantOnKey(
  reporter: IConstruct, construct: string, method: string, key: kms.IKey, grantee: iam.IGrantable, actions: string[],
): iam.Grant {
  const target = targetOf(key);
  if (target && kms.CfnKey.isCfnKey(target.node.defaultChild)) return target.grant(grantee, ...actions);
  const identity = target
    ? iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [target.keyArn] })
    // An alias by its name alone does not tell its key, so that CDK grants nothing unless a feature flag says otherwise.
    : key.grant(grantee, ...actions);
  return warnUnlessEnough(identity, grantee, actions, {
    reporter, warningId: `${construct}.importedKey`, method, resource: key, account: key.env.account, policyResource: '*',
  });
}
