import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { isAwsManaged } from './publish-grant';
import { allowOnKey, withSourceAccounts } from '../../access/private/arriving-statements';
import { SERVICES } from '../../access/private/service-catalog';
import { addToPolicy, letsServiceIn } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { refuse, unless } from '../../private/problems';
import { warn } from '../../private/warnings';
import { limitWho } from '../../private/who';

/** The service of a principal without conditions, if AWS documents its conditions. */
export function documentedService({ grantPrincipal }: iam.IGrantable): string | undefined {
  if (!(grantPrincipal instanceof iam.ServicePrincipal) || Object.keys(grantPrincipal.policyFragment.conditions).length > 0) return undefined;
  const known = SERVICES[grantPrincipal.service];
  const isDocumented = known?.anySource !== undefined || known?.accountOnly === true;
  return isDocumented && known.sendsTo.includes('topic') ? grantPrincipal.service : undefined;
}

/** Every source of a service, for a construct of the CDK that grants to the service by its name. */
export function sourceByName(topic: sns.ITopic, service: string): ServiceSource {
  return ServiceSource._fromStatement({ ...ServiceSource.of({ service })._bind(topic), byName: true }, false);
}

/** Whether a statement allows publishing only, and names a source, or only services whose sources AWS documents. */
export function publishesAlone(statement: iam.PolicyStatement, services: string[]): boolean {
  const { actions, conditions } = statement;
  const isBare = Object.keys(conditions).length === 0 && services.every(service => service in SERVICES);
  return actions.length === 1 && /^sns:publish$/i.test(actions[0]) && (isBare || namesSource(statement));
}

/** Whether `allowService` already allowed services that are not in the catalog, so that a construct of the CDK that only names them needs nothing else. */
export function areLetIn(topic: sns.ITopic, { conditions }: iam.PolicyStatement, services: string[]): boolean {
  return Object.keys(conditions).length === 0 && services.every(service => !(service in SERVICES) && letsServiceIn(topic, service));
}

/**
 * Adds a statement that cannot be one of `allowService`, with the conditions that AWS documents for its services: the ARNs of their resources, and the account.
 * Not every service sets `aws:SourceArn`, so a service that is not in the catalog gets only the account, and a warning.
 */
export function addByName(
  scope: Construct, construct: string, topic: sns.ITopic, statement: iam.PolicyStatement, services: string[],
): iam.AddToResourcePolicyResult {
  const isLimited = limitWho(statement.conditions);
  const limited = isLimited ? statement : withSources(topic, statement, services);
  const unknown = isLimited ? [] : services.filter(service => !(service in SERVICES));
  if (unknown.length > 0) warnOfUnknown(scope, construct, unknown);
  allowOnKey(scope, construct, topic.masterKey, topic, limited);
  return addToPolicy(scope, construct, topic, limited);
}

function withSources(topic: sns.ITopic, statement: iam.PolicyStatement, services: string[]): iam.PolicyStatement {
  const { account, region } = topic.env;
  const limited = withSourceAccounts(statement, [account]);
  const arns = services.map(service => SERVICES[service]?.anySource?.({ partition: Stack.of(topic).partition, account, region }));
  if (namesSource(statement) || !arns.every(arn => arn !== undefined)) return limited;
  const ArnLike = { ...statement.conditions.ArnLike, 'aws:SourceArn': arns.length === 1 ? arns[0] : arns };
  return limited.copy({ conditions: { ...limited.conditions, ArnLike } });
}

function namesSource({ conditions }: iam.PolicyStatement): boolean {
  return /"aws:SourceArn"/i.test(JSON.stringify(conditions));
}

function warnOfUnknown(scope: Construct, construct: string, services: string[]): void {
  const names = services.join(', ');
  warn(scope, `${construct}.unknownService`,
    `the policy of this topic allows ${names} to publish for every resource of the account, with a condition on aws:SourceAccount only: the conditions of this `
    + 'service are not known here. If it does not set aws:SourceAccount, no message arrives. Call allowService(ServiceSource.of({ service, sourceArn })) first to '
    + 'allow one resource, or acknowledge this warning.');
}

/** Warns of a source of a service that AWS documents only `aws:SourceAccount` for: a condition on a key that the service does not set lets nothing in. */
export function warnOfSourceArn(scope: Construct, construct: string, topic: sns.ITopic, source: ServiceSource): void {
  const { service } = source;
  if (!SERVICES[service]?.accountOnly || source._bind(topic).sourceArn === undefined) return;
  warn(scope, `${construct}.sourceArn`,
    `the policy of this topic has a condition on aws:SourceArn for ${service}, and AWS documents only aws:SourceAccount for it: if it does not set aws:SourceArn, no `
    + 'message arrives. Omit sourceArn, or test it.');
}

/** Whether AWS documents no condition for services. */
export function areUnconditional(services: string[]): boolean {
  return services.length > 0 && services.every(service => SERVICES[service]?.unconditional);
}

/**
 * Adds a statement for services that AWS documents no condition for, as it is written: a condition could keep them out.
 *
 * @see https://docs.aws.amazon.com/dtconsole/latest/userguide/set-up-sns.html
 */
export function addUnconditional(
  scope: Construct, construct: string, topic: sns.ITopic, statement: iam.PolicyStatement, services: string[],
): iam.AddToResourcePolicyResult {
  refuse(scope, construct, unless(!isAwsManaged(topic), () => ({
    prop: 'encryption',
    got: `the AWS managed key, together with ${services.join(', ')}`,
    allowed: 'a customer key wherever an AWS service publishes',
    fix: 'The policy of the AWS managed key cannot be changed, so nothing would arrive. Set encryption to Encryption.customerManaged().',
  })));
  if (!limitWho(statement.conditions)) warnOfEveryAccount(scope, construct, services);
  const throughSns = { 'kms:ViaService': `sns.${topic.env.region}.amazonaws.com` };
  const { conditions } = statement;
  allowOnKey(scope, construct, topic.masterKey, topic,
    statement.copy({ conditions: { ...conditions, StringEquals: { ...conditions.StringEquals, ...throughSns } } }));
  return addToPolicy(scope, construct, topic, statement);
}

function warnOfEveryAccount(scope: Construct, construct: string, services: string[]): void {
  warn(scope, `${construct}.notificationRule`,
    `the policy of this topic allows ${services.join(', ')} to publish without conditions: AWS documents none, so the topic accepts messages from the `
    + 'notification rules of every account. An EventBridge rule can send the same events with a role of its own (authorizeUsingRole of targets.SnsTopic).');
}

/**
 * Warns of a service for which AWS does not document whether it publishes to FIFO topics. Alarms have a warning of their own, where one notifies the topic.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-event-sources.html
 */
export function warnOfFifo(scope: Construct, construct: string, topic: sns.ITopic, { service }: ServiceSource): void {
  const known = SERVICES[service];
  if (!topic.fifo || !known || known.fifo !== undefined || service === 'cloudwatch.amazonaws.com') return;
  warn(scope, `${construct}.serviceOrder`,
    `${known.sender} may not be able to publish to this FIFO topic: SNS refuses a message without a message group, and AWS does not document that ${service} sets one. `
    + 'Publish to a standard topic instead, or test it.');
}
