import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { isAwsManaged } from './publish-grant';
import { allowOnKey } from '../../access/private/arriving-statements';
import { SERVICES } from '../../access/private/service-catalog';
import { ServiceSource } from '../../access/service-source';
import { refuse, unless } from '../../private/problems';
import { warn } from '../../private/warnings';
import { limitWho } from '../../private/who';

/** The service of a principal without conditions, if AWS documents which of its resources publish. */
export function documentedService({ grantPrincipal }: iam.IGrantable): string | undefined {
  if (!(grantPrincipal instanceof iam.ServicePrincipal) || Object.keys(grantPrincipal.policyFragment.conditions).length > 0) return undefined;
  const known = SERVICES[grantPrincipal.service];
  return known?.anySource && known.sendsTo.includes('topic') ? grantPrincipal.service : undefined;
}

/** Whether a statement allows publishing only, and names a source, or only services whose sources AWS documents. */
export function publishesAlone({ actions, conditions }: iam.PolicyStatement, services: string[]): boolean {
  const isBare = Object.keys(conditions).length === 0 && services.every(service => service in SERVICES);
  return actions.length === 1 && /^sns:publish$/i.test(actions[0]) && (isBare || /"aws:SourceArn"/i.test(JSON.stringify(conditions)));
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
  allowOnKey(topic.masterKey, ['kms:Decrypt', 'kms:GenerateDataKey'],
    statement.copy({ conditions: { ...conditions, StringEquals: { ...conditions.StringEquals, ...throughSns } } }));
  return topic.addToResourcePolicy(statement);
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
