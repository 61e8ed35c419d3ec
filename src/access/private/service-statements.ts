import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct, IDependable } from 'constructs';
import { BoundServiceSource } from './bound-service-source';
import { ConditionValues } from '../../private/condition-values';
import { resourceOf } from '../../private/same-resource';
import { renderPolicy, renderText, warn } from '../../private/warnings';
import { ServiceSource } from '../service-source';

/** The statement for one service in one resource policy, with its sources so far. */
interface ServiceStatement {
  readonly statement: iam.PolicyStatement;
  readonly arns: Set<string>;
  readonly accounts: Set<string>;
  /** The ARNs that are there only because a construct of the CDK named the service. */
  readonly byName: Set<string>;
  readonly dependables: IDependable[];
}

/**
 * One statement for each service in each policy, which all of its sources share; one for each account where the ARNs do not contain it.
 *
 * A queue policy can have 20 statements, and more topics than that can send to a queue. The statement is kept so that the next source can be added to its
 * conditions.
 */
const statements = new WeakMap<IConstruct, Map<string, ServiceStatement>>();

export type PolicyTarget = sqs.IQueue | sns.ITopic;

/** The statements that were created here, for one service and its sources. */
const complete = new WeakSet<iam.PolicyStatement>();

/** Whether a statement that is added to a queue, a topic or a key was created here. */
export function isComplete(statement: iam.PolicyStatement): boolean {
  return complete.has(statement);
}

/** Whether the policy of a queue or topic lets a service send, for any source. */
export function letsServiceIn(target: PolicyTarget, service: string): boolean {
  return [...statements.get(resourceOf(target))?.keys() ?? []].some(id => id.split(' ')[0] === service);
}

/**
 * Lets a service send to a queue, or publish to a topic, for one source only.
 *
 * @param reporter the construct that the user created; warnings are added there
 * @returns the policies that must exist before messages can arrive
 */
export function allowService(reporter: IConstruct, construct: string, target: PolicyTarget, source: ServiceSource): IDependable[] {
  const bound = source._bind(target);
  if (bound.widened) {
    const { source: from, allows, fix } = bound.widened;
    warn(reporter, `${construct}.sourceWidened`,
      `${from} is in another stack and its name is only known at deployment, so '${target.node.path}' accepts `
      + `${renderText(reporter, bound.service)} for ${allows} of account ${renderText(reporter, bound.sourceAccount)}: a reference to it would make the stacks depend on each other. ${fix}`);
  }
  const id = statementId(bound);
  const existing = statements.get(resourceOf(target))?.get(id);
  if (existing) {
    addSource(existing, bound);
    return [...existing.dependables];
  }

  const policy = statementFor(target, bound);
  complete.add(policy.statement);
  const result = addToPolicy(reporter, construct, target, policy.statement);
  if (!result.statementAdded) return [];
  const perService = statements.get(resourceOf(target)) ?? new Map<string, ServiceStatement>();
  const dependables = result.policyDependable ? [result.policyDependable] : [];
  statements.set(resourceOf(target), perService.set(id, { ...policy, dependables }));
  return [...dependables];
}

/** About the length of the ARN of a topic with the longest name, and of an account in a list. */
const LONGEST_ARN = 330;
const ACCOUNT_BYTES = 20;

/** The statements of services in the policy of a queue or topic, and about the most bytes that their sources can have. */
export function serviceStatements(target: PolicyTarget): { readonly count: number; readonly sourceBytes: number } {
  const all = [...statements.get(resourceOf(target))?.values() ?? []];
  const bytes = ({ arns, accounts }: ServiceStatement) =>
    [...arns].reduce((sum, arn) => sum + Math.max(arn.length, LONGEST_ARN), accounts.size * ACCOUNT_BYTES);
  return { count: all.length, sourceBytes: all.reduce((sum, statement) => sum + bytes(statement), 0) };
}

function addSource({ arns, accounts, byName }: ServiceStatement, { sourceArn, sourceAccount, byName: isByName }: BoundServiceSource): void {
  accounts.add(sourceAccount);
  if (sourceArn === undefined) return;
  if (!isByName) byName.delete(sourceArn);
  else if (!arns.has(sourceArn)) byName.add(sourceArn);
  arns.add(sourceArn);
}

/** Removes what constructs of the CDK were allowed by the name of a service from the statements that name other sources of it. */
export function forgetByName(target: PolicyTarget, service: string): void {
  for (const [id, { arns, byName }] of statements.get(resourceOf(target)) ?? []) {
    if (id.split(' ')[0] !== service || byName.size === arns.size) continue;
    byName.forEach(arn => arns.delete(arn));
    byName.clear();
  }
}

/** The actions on a key of a service that sends. Their order is that in templates. */
export const SERVICE_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Lets a service use the key of the queue or topic that it sends to. */
export function allowServiceOnKey(reporter: IConstruct, id: string, key: kms.IKey, target: IConstruct, source: ServiceSource): void {
  const bound = source._bind(target);
  // The statement is identical for all resources of the service: the policy document drops duplicates.
  const statement = new iam.PolicyStatement({
    actions: SERVICE_KEY_ACTIONS,
    principals: [principalOf(bound.service)],
    resources: ['*'],
    conditions: {
      ...bound.keySourceArn !== undefined && { ArnLike: { 'aws:SourceArn': bound.keySourceArn } },
      StringEquals: { 'aws:SourceAccount': bound.sourceAccount },
    },
  });
  complete.add(statement);
  addToKey(reporter, id, key, target, statement, [bound.service]);
}

/**
 * Adds a statement for services to a key. For an imported key, a warning contains it.
 *
 * @param construct the class in the id of the warning
 */
export function addToKey(
  reporter: IConstruct, construct: string, key: kms.IKey, target: IConstruct, statement: iam.PolicyStatement, services: string[],
): void {
  if (key.addToResourcePolicy(statement, true).statementAdded) return;
  const policy = renderPolicy(reporter, statement.toStatementJson());
  if (wasWarned(reporter, `${key.node.path} ${policy}`)) return;
  warn(reporter, `${construct}.importedKey`,
    `the policy of key '${key.node.path}' cannot be changed from here because it is imported; without this statement in it `
    + `${services.map(service => renderText(reporter, service)).join(', ')} cannot send to '${target.node.path}':\n${policy}`);
}

/**
 * Adds a statement for services to the policy of a queue or topic. For an imported one, a warning contains it.
 *
 * @param construct the class in the id of the warning
 */
export function addToPolicy(
  reporter: IConstruct, construct: string, target: PolicyTarget, statement: iam.PolicyStatement,
): iam.AddToResourcePolicyResult {
  const result = target.addToResourcePolicy(statement);
  if (!result.statementAdded) {
    warn(reporter, `${construct}.importedPolicy`,
      `the policy of '${target.node.path}' cannot be changed from here because it is imported; add this statement to it:\n`
      + renderPolicy(reporter, statement.toStatementJson()));
  }
  return result;
}

/** The statements that were asked for already, by the construct that warned: a queue and its dead-letter queue often share a key. */
const warned = new WeakMap<IConstruct, Set<string>>();

function wasWarned(reporter: IConstruct, what: string): boolean {
  const statementsOfReporter = warned.get(reporter) ?? new Set();
  const known = statementsOfReporter.has(what);
  warned.set(reporter, statementsOfReporter.add(what));
  return known;
}

/**
 * Sources with the same id share a statement.
 *
 * An ARN without an account, such as the ARN of a bucket, or with a wildcard, needs a statement with its own account: in a statement with several accounts,
 * the ARN would be allowed in each of them. A source without an ARN shares a statement with its like only.
 */
function statementId({ service, sourceArn, sourceAccount }: BoundServiceSource): string {
  if (sourceArn === undefined) return `${service} without ARN`;
  return tellsAccount(service, sourceArn) ? service : `${service} ${sourceAccount}`;
}

/** Whether the account of an ARN is 12 digits or a token. */
function tellsAccount(service: string, sourceArn: string): boolean {
  const [first, , , , account] = sourceArn.split(':');
  // A reference to a resource of this app. ARNs of these services contain an account; the ARN of a bucket does not.
  if (Token.isUnresolved(first)) return /^(sns|events)\./.test(service);
  return account === undefined || /^\d{12}$/.test(account) || Token.isUnresolved(account);
}

function statementFor(target: PolicyTarget, bound: BoundServiceSource): Omit<ServiceStatement, 'dependables'> {
  const isQueue = 'queueArn' in target;
  const arns = new Set(bound.sourceArn === undefined ? [] : [bound.sourceArn]);
  const byName = new Set(bound.byName ? arns : []);
  const accounts = new Set([bound.sourceAccount]);
  return {
    arns,
    accounts,
    byName,
    statement: new iam.PolicyStatement({
      actions: [isQueue ? 'sqs:SendMessage' : 'sns:Publish'],
      principals: [principalOf(bound.service)],
      resources: [isQueue ? target.queueArn : target.topicArn],
      conditions: {
        ...bound.sourceArn !== undefined && { ArnLike: { 'aws:SourceArn': valuesOf(arns) } },
        StringEquals: { 'aws:SourceAccount': valuesOf(accounts) },
      },
    }),
  };
}

/** The principal of a service in a Region stays as it is: CDK would reduce it to the principal of the service. */
export function principalOf(service: string): iam.IPrincipal {
  return service.split('.').length > 3
    ? iam.ServicePrincipal.fromStaticServicePrincipleName(service)
    : new iam.ServicePrincipal(service);
}

/** A list only where there are several. */
function valuesOf(values: Set<string>): ConditionValues {
  return new ConditionValues(() => {
    const [first, ...rest] = values;
    return rest.length === 0 ? first : [first, ...rest];
  });
}
