import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { EVENTS } from './bound-service-source';
import { SERVICES } from './service-catalog';
import { PolicyTarget, SERVICE_KEY_ACTIONS, addToKey } from './service-statements';
import { apart, knownApart } from '../../private/environment';
import { everyoneProblems, patternProblems, withConditions } from '../../private/grants';
import { Problem, unless } from '../../private/problems';
import { allowing } from '../../private/statements';
import { renderText } from '../../private/warnings';
import { WHO_CONDITIONS, limitWho } from '../../private/who';
import { ServiceSource } from '../service-source';

/** The services that a statement allows; none if it also has another principal. */
export function servicesOf(scope: IConstruct, statement: iam.PolicyStatement): string[] {
  const fragments = statement.principals.map(principal => principal.policyFragment.principalJson);
  if (!fragments.every(json => Object.keys(json).every(kind => kind === 'Service'))) return [];
  return [...new Set(fragments.flatMap(json => [json.Service].flat()).map(service => renderText(scope, service)))];
}

/** Whether a statement allows an action, by name or by a wildcard. */
export function allowsAction(statement: iam.PolicyStatement, action: string): boolean {
  return allowing({ Statement: statement.toStatementJson() }, action).length > 0;
}

/**
 * A problem for a statement for services and others: the conditions of a service are not those of a role or an account.
 *
 * @param prop where the statement is given
 */
export function mixedProblems(prop: string, { principals }: iam.PolicyStatement): Problem[] {
  const kinds = [...new Set(principals.flatMap(principal => Object.keys(principal.policyFragment.principalJson)))];
  return unless(!kinds.includes('Service') || kinds.length === 1, () => ({
    prop,
    got: `principals of the kinds ${kinds.join(' and ')} in one statement`,
    allowed: 'AWS services only, or no AWS service',
    fix: 'A service needs conditions that a role or an account cannot meet. Add one statement for each kind of principal.',
  }));
}

/**
 * What is wrong with the principals of a statement that allows: everyone, everyone but some, and principals with wildcards. The conditions of its principals
 * are conditions of the statement.
 *
 * @param prop where the statement is given
 */
export function publicProblems(scope: IConstruct, prop: string, { principals, notPrincipals, conditions }: iam.PolicyStatement): Problem[] {
  return [
    ...unless(notPrincipals.length === 0, () => ({
      prop,
      got: 'a statement with notPrincipals, which allows everyone else',
      allowed: 'principals that the statement names',
      fix: 'Specify the principals, or deny the others in a statement with Effect.DENY.',
    })),
    ...principals.flatMap(({ policyFragment: { principalJson } }) => {
      const fragment = new iam.PrincipalPolicyFragment(principalJson, conditions);
      return [...patternProblems(scope, prop, fragment), ...everyoneProblems(prop, fragment)];
    }),
  ];
}

/** A problem for AWS services in a statement whose conditions do not say for whom they act. */
export function unlimitedProblems(prop: string, services: string[], statement: iam.PolicyStatement): Problem[] {
  return unless(services.length === 0 || limitWho(statement.conditions), () => ({
    prop,
    got: `the service principal ${services.join(', ')} ${withConditions(statement)}`,
    allowed: `a service principal with a condition on ${WHO_CONDITIONS}`,
    fix: 'A service acts for every account; add a condition on aws:SourceArn, or use allowService(ServiceSource...), which does.',
  }));
}

/** A statement that is limited to sources of some accounts, besides its own conditions. */
export function withSourceAccounts(statement: iam.PolicyStatement, accounts: string[]): iam.PolicyStatement {
  const { conditions } = statement;
  const StringEquals = { ...conditions.StringEquals, 'aws:SourceAccount': accounts.length === 1 ? accounts[0] : accounts };
  return statement.copy({ conditions: { ...conditions, StringEquals } });
}

/**
 * Allows the services that a statement of a queue or topic allows to use its key, under the same conditions. For an imported key, a warning contains the
 * statement.
 *
 * @param construct the class in the id of the warning
 */
export function allowOnKey(
  reporter: IConstruct, construct: string, key: kms.IKey | undefined, target: PolicyTarget, { principals, conditions }: iam.PolicyStatement,
): void {
  if (!key) return;
  const statement = new iam.PolicyStatement({ actions: SERVICE_KEY_ACTIONS, principals, conditions, resources: ['*'] });
  addToKey(reporter, construct, key, target, statement, servicesOf(target, statement));
}

/** A source, and its bucket, topic or rule if it is a construct of this app. */
export interface ArrivingSource {
  readonly source: ServiceSource;
  readonly resource?: IConstruct;
}

/**
 * The sources in a statement for one service, as the targets, destinations and subscriptions of the CDK write it: with conditions only on `aws:SourceArn` and
 * `aws:SourceAccount`.
 *
 * @returns undefined for a statement of another form, which cannot be merged with others
 */
export function sourcesOf(target: PolicyTarget, service: string, conditions: iam.Conditions): ArrivingSource[] | undefined {
  const named = namedIn(conditions);
  if (!named || named.accounts.length > 1) return undefined;
  const { arns, accounts: [account] } = named;
  if (arns.length === 0) {
    const isElsewhere = service === EVENTS && account !== undefined && knownApart(account, target.env.account);
    return isElsewhere ? [] : [{ source: anySource(target, service, account ?? Stack.of(target).account) }];
  }
  return arns.flatMap(arn => {
    const resource = resourceByArn(target, service, arn);
    return resource && isRelayed(resource, target, service) ? [] : [{ source: sourceOf(target, service, arn, resource, account), resource }];
  });
}

/** The ARNs and accounts in conditions; undefined if there are other conditions. */
function namedIn(conditions: iam.Conditions): { readonly arns: string[]; readonly accounts: string[] } | undefined {
  const arns: string[] = [];
  const accounts: string[] = [];
  for (const [operator, keys] of Object.entries(conditions)) {
    if (!/^(Arn|String)(Equals|Like)$/.test(operator) || Token.isUnresolved(keys)) return undefined;
    for (const [key, values] of Object.entries(keys as Record<string, unknown>)) {
      const list = { 'aws:sourcearn': arns, 'aws:sourceaccount': accounts }[key.toLowerCase()];
      const strings = [values].flat();
      if (!list || !strings.every(value => typeof value === 'string')) return undefined;
      list.push(...strings as string[]);
    }
  }
  return { arns, accounts };
}

/**
 * CDK lets a rule in another account or Region send to an event bus there, and binds the target again to a rule in the environment of the queue. Only that
 * second rule sends to the queue.
 */
function isRelayed(resource: IConstruct, target: PolicyTarget, service: string): boolean {
  return service === EVENTS && apart((resource as events.IRule).env, target.env).length > 0;
}

/**
 * Every source of a service in one account, for a statement without a source: `targets.SqsQueue` on a queue with a customer key, or a construct that grants to
 * a service by its name.
 */
function anySource(target: PolicyTarget, service: string, account: string): ServiceSource {
  const { partition, region } = Stack.of(target);
  const known = SERVICES[service];
  const sourceArn = known ? known.anySource?.({ partition, region, account }) : `arn:${partition}:*:*:*:*`;
  return ServiceSource._fromStatement({ service, sourceArn, sourceAccount: account, keySourceArn: sourceArn }, false);
}

function sourceOf(
  target: PolicyTarget, service: string, sourceArn: string, resource: IConstruct | undefined, sourceAccount: string | undefined,
): ServiceSource {
  if (resource === undefined) return ServiceSource.of({ service, sourceArn, sourceAccount });
  const source = SOURCES[service].of(resource);
  return sourceAccount === undefined ? source : ServiceSource._fromStatement({ ...source._bind(target), sourceAccount }, source._isStandardTopic);
}

/** The property with the ARN of a resource of a service, and its source. */
const SOURCES: Record<string, { readonly arn: string; of(resource: IConstruct): ServiceSource }> = {
  's3.amazonaws.com': { arn: 'bucketArn', of: bucket => ServiceSource.bucket(bucket as s3.IBucket) },
  'sns.amazonaws.com': { arn: 'topicArn', of: topic => ServiceSource.topic(topic as sns.ITopic) },
  [EVENTS]: { arn: 'ruleArn', of: rule => ServiceSource.rule(rule as events.IRule) },
};

/**
 * The bucket, topic or rule with an ARN: the target of a reference, or an import. The ARN alone does not contain the Region, account or kind that were specified
 * for the import.
 */
function resourceByArn(target: IConstruct, service: string, sourceArn: string): IConstruct | undefined {
  const attribute = SOURCES[service]?.arn;
  if (attribute === undefined) return undefined;
  const is = (construct: IConstruct | undefined) => construct !== undefined && attribute in construct;
  const { tokens: [token], length } = Tokenization.reverseString(sourceArn);
  if (length === 1 && Reference.isReference(token)) {
    const owner = token.target.node.scope;
    if (is(owner)) return owner;
  }
  return target.node.root.node.findAll().find(one => is(one) && (one as unknown as Record<string, unknown>)[attribute] === sourceArn);
}
