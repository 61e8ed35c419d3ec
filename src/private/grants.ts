import { Aws, IResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, Dependable, IConstruct } from 'constructs';
import { canRefer, knownApart } from './environment';
import { targetOf } from './keys';
import { Problem, unless } from './problems';
import { viaService } from './via-service';
import { renderPolicy, renderText, warn } from './warnings';
import { WHO_CONDITIONS, isEveryone, isPattern, limitWho } from './who';

/**
 * What is wrong with a grantee: everyone, a service principal without a source, and a principal that no policy can name.
 *
 * A statement for a service principal without a source condition lets the service act for any account. The grant methods of the CDK write such a
 * statement. A condition that does not limit who can use it, such as `aws:SecureTransport`, does not change that.
 *
 * @param method the grant method whose argument is checked
 * @param instead what to do instead of a grant to a service
 */
export function granteeProblems(scope: IConstruct, method: string, grantee: iam.IGrantable, instead: string): Problem[] {
  const prop = `${method}(grantee)`;
  let fragment: iam.PrincipalPolicyFragment;
  try {
    fragment = grantee.grantPrincipal.policyFragment;
  } catch (error) {
    // A resource that is imported without its role has no principal. Several principals with conditions do not fit in one statement.
    return [{
      prop,
      got: `a principal that no policy can name (${(error as Error).message})`,
      allowed: 'a role, user, function or other principal',
      fix: 'Import the resource together with its role, or call this once for each principal.',
    }];
  }
  const isOpen = !limitWho(fragment.conditions);
  const services = [fragment.principalJson.Service ?? []].flat().map(service => renderText(scope, service));
  return [
    ...roleOf(grantee.grantPrincipal) ? [] : patternProblems(scope, prop, fragment),
    ...unless(!isOpen || services.length === 0, () => ({
      prop,
      got: `the service principal ${services.join(', ')} ${withConditions(fragment)}`,
      allowed: 'a role, user, account or organization, or a service principal with aws:SourceArn and aws:SourceAccount conditions',
      fix: instead,
    })),
    ...everyoneProblems(prop, fragment),
  ];
}

/** A problem for a principal with wildcards, which no policy accepts. */
export function patternProblems(scope: IConstruct, prop: string, fragment: iam.PrincipalPolicyFragment): Problem[] {
  const patterns = patternsIn(scope, fragment);
  return unless(patterns.length === 0, () => ({
    prop,
    got: `the principal ${patterns.join(', ')}`,
    allowed: 'a principal without wildcards, of an account of 12 digits',
    fix: 'AWS does not support wildcards in parts of a principal and rejects the policy; specify the account, or use new iam.AnyPrincipal().withConditions() with a condition on aws:PrincipalArn.',
  }));
}

/** A problem for everyone, without a condition that limits who it is. */
export function everyoneProblems(prop: string, fragment: iam.PrincipalPolicyFragment): Problem[] {
  return unless(!isEveryone(fragment) || limitWho(fragment.conditions), () => ({
    prop,
    got: `everyone, ${withConditions(fragment)}`,
    allowed: `a role, user, account or organization, or everyone with a condition on ${WHO_CONDITIONS}`,
    fix: 'Specify the principal, such as iam.AccountPrincipal or iam.OrganizationPrincipal, or add such a condition with principal.withConditions().',
  }));
}

/** The conditions of a principal or a statement that do not limit who can use it, in the words of an error message. */
export function withConditions({ conditions }: { readonly conditions: iam.Conditions }): string {
  return Object.keys(conditions).length === 0 ? 'without conditions' : 'with conditions that do not say who';
}

/** The AWS principals that no policy accepts. A managed policy has no principal: statements can only be added to it. */
function patternsIn(scope: IConstruct, { principalJson }: iam.PrincipalPolicyFragment): string[] {
  try {
    return [principalJson.AWS ?? []].flat().map(principal => renderText(scope, principal)).filter(isPattern);
  } catch {
    return [];
  }
}

/** Whether the principal is an AWS service. */
export function isService({ grantPrincipal }: iam.IGrantable): boolean {
  return grantPrincipal.policyFragment.principalJson.Service !== undefined;
}

/** A problem if a principal is known to be in another account than the construct. */
export function otherAccountProblems(scope: IConstruct, method: string, { grantPrincipal }: iam.IGrantable, fix: string): Problem[] {
  const { principalAccount: account } = grantPrincipal;
  const own = Stack.of(scope).account;
  return unless(account === undefined || !knownApart(account, own), () => ({
    prop: `${method}(grantee)`, got: `a principal of account ${account}`, allowed: `a principal of account ${own}`, fix,
  }));
}

/** A key, and the service that uses it for the grantee: `sqs` or `sns`. */
interface UsedKey {
  readonly key: kms.IKey;
  readonly service: string;
}

/** A queue or topic. */
interface GrantedResource {
  readonly resource: iam.IResourceWithPolicy;
  readonly arn: string;
}

/** Grants exact actions on a key. For an imported key, a warning contains the statement that its owner must add. */
export function grantOnKey(
  reporter: IConstruct, construct: string, method: string, { key, service }: UsedKey, grantee: iam.IGrantable, actions: string[],
): iam.Grant {
  const target = targetOf(key);
  if (target && kms.CfnKey.isCfnKey(target.node.defaultChild)) {
    const grant = grantOnOwnedKey({ key: target, service }, grantee, actions);
    warnOfImmutable(grant, grantee, { reporter, construct, method, account: target.env.account, actions, resourceArn: target.keyArn });
    return grant;
  }
  const identity = target
    ? iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [target.keyArn] })
    // The key behind an alias name is not known, so CDK grants nothing unless a feature flag changes that.
    : key.grant(grantee, ...actions);
  warnUnlessEnough(identity, grantee, {
    reporter, warningId: `${construct}.importedKey`, method, resource: key, actions, policyResource: '*',
  });
  if (target) warnOfImmutable(identity, grantee, { reporter, construct, method, account: target.env.account, actions, resourceArn: target.keyArn });
  return identity;
}

/**
 * Grants on a key of this app.
 *
 * A key has no name that a template of another account or Region can contain. In that case, CDK grants on every key (`Resource: "*"`). This function limits
 * the grant to the keys in the account and Region of the key, and to their use by the service there.
 */
function grantOnOwnedKey({ key, service }: UsedKey, grantee: iam.IGrantable, actions: string[]): iam.Grant {
  if (!roleElsewhere(key, grantee)) return key.grant(grantee, ...actions);
  const conditions = { StringEquals: { 'kms:ViaService': viaService(service, Stack.of(key).region) } };
  const identity = iam.Grant.addToPrincipal({ grantee, actions, conditions, resourceArns: [keyArnFor(grantee, key)] });
  const statement = statementElsewhere(key, grantee, actions, '*', conditions);
  if (statement) key.addToResourcePolicy(statement);
  return identity;
}

/** Grants exact actions on a queue or topic. For an imported one, a warning contains the statement that its owner must add. */
export function grantOnResource(
  reporter: IConstruct, construct: string, method: string, { resource, arn }: GrantedResource, grantee: iam.IGrantable, actions: string[],
): iam.Grant {
  const owned = resource.node.defaultChild !== undefined;
  const grant = owned ? grantOnOwned(resource, arn, grantee, actions) : iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] });
  if (!owned) {
    warnUnlessEnough(grant, grantee, {
      reporter, warningId: `${construct}.importedPolicy`, method, resource, actions, policyResource: arn,
    });
  }
  warnOfImmutable(grant, grantee, { reporter, construct, method, account: resource.env.account, actions, resourceArn: arn });
  return grant;
}

function grantOnOwned(resource: iam.IResourceWithPolicy, arn: string, grantee: iam.IGrantable, actions: string[]): iam.Grant {
  const statement = statementElsewhere(resource, grantee, actions, arn);
  if (!statement) return iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [arn], resource });
  const identity = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [arn] });
  resource.addToResourcePolicy(statement);
  return identity;
}

/** A grant on a key, queue or topic whose policy cannot be changed from this app. */
interface ImportedGrant {
  /** The construct that the user created; warnings are added there. */
  readonly reporter: IConstruct;
  /** `<Construct>.importedPolicy` or `<Construct>.importedKey`. */
  readonly warningId: string;
  /** The grant method that the user called. */
  readonly method: string;
  readonly resource: IResource;
  readonly actions: string[];
  /** The resource in the statement of its policy. */
  readonly policyResource: string;
}

/**
 * Adds a warning with the statement to add if the policy of the grantee is not sufficient.
 *
 * `Grant.success` is not used alone: it is also true for a resource policy that could not be changed.
 *
 * @param identity the grant in the policy of the grantee
 */
function warnUnlessEnough(identity: iam.Grant, { grantPrincipal }: iam.IGrantable, imported: ImportedGrant): void {
  const { reporter, warningId, method, resource, actions, policyResource } = imported;
  const { principalAccount } = grantPrincipal;
  if (identity.success && (principalAccount === undefined || !knownApart(principalAccount, resource.env.account))) return;
  const statement = new iam.PolicyStatement({ actions, resources: [policyResource], principals: [grantPrincipal] });
  warn(reporter, warningId,
    `${method}() cannot reach the policy of '${resource.node.path}' because it is imported; add this statement to it:\n`
    + renderPolicy(reporter, statement.toStatementJson()));
}

/** A grant in the policy of a principal. */
interface IdentityGrant {
  /** The construct that the user created; the warning is added there. */
  readonly reporter: IConstruct;
  readonly construct: string;
  /** The grant method that the user called. */
  readonly method: string;
  /** The account of the resource. */
  readonly account: string;
  readonly actions: string[];
  readonly resourceArn: string;
  readonly conditions?: iam.Conditions;
}

/**
 * Adds a warning with the statement to add if the grantee is an imported role that CDK does not change (`mutable: false`).
 *
 * CDK reports that such a grant succeeded, although no policy has it.
 */
export function warnOfImmutable(
  grant: iam.Grant, { grantPrincipal }: iam.IGrantable, { reporter, construct, method, account, actions, resourceArn, conditions }: IdentityGrant,
): void {
  const role = immutableRole(grantPrincipal);
  const { principalAccount } = grantPrincipal;
  if (!role || isWritten(grant) || (principalAccount !== undefined && knownApart(principalAccount, account))) return;
  const statement = new iam.PolicyStatement({ actions, resources: [resourceArn], conditions });
  warn(reporter, `${construct}.immutableRole`,
    `${method}() changes no policy of '${role.node.path}' because the role is imported as it is (mutable: false); add this statement to a policy of the role:\n`
    + renderPolicy(reporter, statement.toStatementJson()));
}

/** Whether a grant is in a policy of this app. */
function isWritten(grant: iam.Grant): boolean {
  try {
    return Dependable.of(grant).dependencyRoots.length > 0;
  } catch {
    // The policy document of a key, which the CDK returns as its dependable, is none.
    return true;
  }
}

/** The construct of an imported role or other principal whose policies CDK does not change, if nothing shows that it did. */
function immutableRole(principal: iam.IPrincipal): IConstruct | undefined {
  const inner = wrappedIn(principal);
  if (inner) return immutableRole(inner);
  return Construct.isConstruct(principal) && !iam.principalIsOwnedResource(principal) && !iam.Role.isRole(principal) ? principal : undefined;
}

/**
 * The principal and condition for a role or user of this app that is in another account. The role is in the condition, not in the principal: services reject a
 * policy with a principal that does not exist yet, and neither stack waits for the other.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function byCondition(account: string, arn: string) {
  return { principals: [new iam.AccountPrincipal(account)], conditions: { ArnEquals: { 'aws:PrincipalArn': arn } } };
}

/** The statement in the policy of a resource for a role of this app in another account; undefined for all other principals. */
function statementElsewhere(
  resource: IConstruct, grantee: iam.IGrantable, actions: string[], arn: string, conditions: iam.Conditions = {},
): iam.PolicyStatement | undefined {
  const role = roleElsewhere(resource, grantee);
  if (!role || Stack.of(role).account === Stack.of(resource).account) return undefined;
  const statement = new iam.PolicyStatement({ actions, resources: [arn], ...byCondition(Stack.of(role).account, arnOf(grantee.grantPrincipal)) });
  statement.addConditions(conditions);
  // The conditions of `withConditions()` are for the policies of resources.
  statement.addConditions(grantee.grantPrincipal.policyFragment.conditions);
  return statement;
}

/** The ARN of a key in the policy of a grantee. In another account or Region, it is a pattern for all keys in the account and Region of the key. */
export function keyArnFor(grantee: iam.IGrantable, key: kms.IKey): string {
  if (!kms.CfnKey.isCfnKey(key.node.defaultChild) || !roleElsewhere(key, grantee)) return key.keyArn;
  const { account, region } = Stack.of(key);
  return `arn:${Aws.PARTITION}:kms:${region}:${account}:key/*`;
}

/** The role or user of this app behind a grantee, if it is in another account or Region than a construct. */
function roleElsewhere(construct: IConstruct, { grantPrincipal }: iam.IGrantable): IConstruct | undefined {
  const role = roleOf(grantPrincipal);
  return role && Stack.of(role).environment !== Stack.of(construct).environment ? role : undefined;
}

/** The role or user of this app that a principal is. */
function roleOf(principal: iam.IPrincipal): IConstruct | undefined {
  if (iam.principalIsOwnedResource(principal) || principal instanceof iam.LazyRole) return principal;
  const inner = wrappedIn(principal);
  return inner && roleOf(inner);
}

/** The principals of withConditions() and withSessionTags() keep the wrapped principal in a private property. */
function wrappedIn(principal: iam.IPrincipal): iam.IPrincipal | undefined {
  return (principal as { readonly wrapped?: iam.IPrincipal }).wrapped;
}

/** The ARN of a role or user. */
export function arnOf(principal: iam.IPrincipal): string {
  return principal.policyFragment.principalJson.AWS[0];
}

/**
 * A problem for a role or user of another account whose name is only known at deployment: the policies of the queue, topic and key must contain its ARN.
 *
 * @param resource the queue, topic or key
 */
export function unnamedProblems(scope: IConstruct, method: string, resource: IConstruct, grantee: iam.IGrantable): Problem[] {
  const role = roleElsewhere(resource, grantee);
  if (!role || Stack.of(role).account === Stack.of(resource).account) return [];
  return unless(canRefer(Stack.of(resource), role, arnOf(grantee.grantPrincipal)), () => ({
    prop: `${method}(grantee)`,
    got: `'${role.node.path}' of account ${renderText(scope, Stack.of(role).account)}, whose name is only known at deployment`,
    allowed: 'in another account, a role or user with a name',
    fix: 'Specify a roleName or userName, such as PhysicalName.GENERATE_IF_NEEDED, because the policies here must contain its ARN.',
  }));
}
