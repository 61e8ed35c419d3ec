import { CfnResource } from 'aws-cdk-lib';
import { Wiring, customerKeyFix, named, refusingKey } from './topic-wiring';
import { SERVICES } from '../../access/private/service-catalog';
import { Problem, unless } from '../../private/problems';
import { Statement, letsIn, matches } from '../../private/statements';
import { usesOf } from '../../private/uses';
import { renderText } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

/** A resource that notifies a topic, without a statement that the CDK adds to the policy of the topic. */
interface Notifier {
  /** What it is, in the words of a message. */
  readonly what: string;
  /** The service that publishes. */
  readonly service: string;
  /** The call that lets it in. */
  readonly call: string;
  /** The property with its name, and what is before the name in its ARN, if the policy can name it. */
  readonly named?: { readonly property: string; readonly arnPart: string };
}

const anySource = (service: string) => `allowService(ServiceSource.of({ service: '${service}' }))`;

/** By the type of the resource. */
const NOTIFIERS: Readonly<Record<string, Notifier>> = {
  'AWS::Backup::BackupVault': {
    what: 'backup vault',
    service: 'backup.amazonaws.com',
    call: 'allowService(ServiceSource.backupVault(vault))',
    named: { property: 'BackupVaultName', arnPart: ':backup-vault:' },
  },
  'AWS::Budgets::Budget': { what: 'budget', service: 'budgets.amazonaws.com', call: 'allowService(ServiceSource.budgets())' },
  'AWS::CE::AnomalySubscription': { what: 'anomaly subscription', service: 'costalerts.amazonaws.com', call: 'allowService(ServiceSource.costAnomalies())' },
  'AWS::CloudTrail::Trail': {
    what: 'trail', service: 'cloudtrail.amazonaws.com', call: anySource('cloudtrail.amazonaws.com'), named: { property: 'TrailName', arnPart: ':trail/' },
  },
  'AWS::CodeStarNotifications::NotificationRule': {
    what: 'notification rule', service: 'codestar-notifications.amazonaws.com', call: 'bindAsNotificationRuleTarget(scope)',
  },
  'AWS::Config::DeliveryChannel': { what: 'delivery channel', service: 'config.amazonaws.com', call: anySource('config.amazonaws.com') },
  'AWS::RDS::EventSubscription': { what: 'event subscription', service: 'events.rds.amazonaws.com', call: 'allowService(ServiceSource.databaseEvents())' },
  'AWS::Redshift::EventSubscription': { what: 'event subscription', service: 'redshift.amazonaws.com', call: anySource('redshift.amazonaws.com') },
  'AWS::SES::ConfigurationSetEventDestination': {
    what: 'event destination', service: 'ses.amazonaws.com', call: 'allowService(ServiceSource.emailConfigurationSet(set))',
  },
  'AWS::SES::ReceiptRule': { what: 'receipt rule', service: 'ses.amazonaws.com', call: 'allowService(ServiceSource.emailReceiptRules(ruleSet))' },
};

/**
 * A problem for each kind of resource that notifies the topic in the name of a service, if the policy of the topic does not let the service publish.
 *
 * A key that does not let a service in which the policy does is a problem of its own.
 */
export function notifierProblems(wiring: Wiring): Problem[] {
  const { scope, topic, resource, policies, publish, fifo, awsManagedKey } = wiring;
  const notifiers = usesOf(scope, resource, 'notifiers');
  const types = [...new Set(notifiers.map(({ cfnResourceType }) => cfnResourceType))];
  return types.flatMap(type => {
    const { what, service, call, named: naming } = NOTIFIERS[type];
    const ofType = notifiers.filter(({ cfnResourceType }) => cfnResourceType === type);
    const asTopicOf = (some: CfnResource[]) => `'${topic.node.path}' as the topic of ${named(some, what)}`;
    const got = asTopicOf(ofType);
    if (fifo && SERVICES[service].fifo === false) {
      return [{ prop: 'topic', got, allowed: 'a service that can publish to a FIFO topic', fix: 'It does not send to FIFO topics; use FanOut.' }];
    }
    if (SERVICES[service].unencrypted && (topic.masterKey !== undefined || awsManagedKey)) return [encryptedProblem(got)];
    // Without a policy, the topic has the default policy of SNS, which allows the account.
    const key = policies.length === 0 ? refusingKey(wiring, service) : undefined;
    const letIn = publish.filter(statement => letsIn(statement, service));
    const refused = policies.length === 0
      ? key === undefined ? [] : ofType
      : ofType.filter(notifier => !letIn.some(statement => !naming || mayName(statement, notifier, naming)));
    return unless(refused.length === 0, () => ({
      prop: 'allowService(source)',
      got: `${asTopicOf(refused)}, and ${key ?? 'a policy of the topic'} that does not let ${service} publish`,
      allowed: `a service that the policy of the topic lets publish${awsManagedKey ? ', and a customer key' : ''}`,
      fix: `Nothing would arrive. ${awsManagedKey ? customerKeyFix(wiring, service) : `Call ${call}.`}`,
    }));
  });
}

/** Whether the sources of a statement include a resource. Names only known at deployment count as matches. */
function mayName({ Condition = {} }: Statement, notifier: CfnResource, { property, arnPart }: NonNullable<Notifier['named']>): boolean {
  const name = writtenProperties(notifier)[property];
  const arns = Object.values(Condition).flatMap(keys => Object.entries(keys)).filter(([key]) => key.toLowerCase() === 'aws:sourcearn').flatMap(([, values]) => values);
  if (typeof name !== 'string' || arns.length === 0) return true;
  return arns.some(arn => {
    const pattern = renderText(notifier, arn).split(arnPart)[1];
    return pattern === undefined || pattern.includes('${') || matches(pattern, name);
  });
}

/** https://docs.aws.amazon.com/config/latest/developerguide/sns-topic-policy.html */
function encryptedProblem(got: string): Problem {
  return {
    prop: 'encryption',
    got: `an encrypted topic: ${got}`,
    allowed: 'a topic without encryption',
    fix: 'AWS Config does not support encrypted topics. Let an EventBridge rule send its events, with a role.',
  };
}
