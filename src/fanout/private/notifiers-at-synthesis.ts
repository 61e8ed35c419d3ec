import { Wiring, customerKeyFix, named, refusingKey } from './topic-wiring';
import { SERVICES } from '../../access/private/service-catalog';
import { Problem, unless } from '../../private/problems';
import { letsIn } from '../../private/statements';
import { usesOf } from '../../private/uses';

/** A resource that notifies a topic, without a statement that the CDK adds to the policy of the topic. */
interface Notifier {
  /** What it is, in the words of a message. */
  readonly what: string;
  /** The service that publishes. */
  readonly service: string;
  /** The call that lets it in. */
  readonly call: string;
}

const anySource = (service: string) => `allowService(ServiceSource.of({ service: '${service}' }))`;

/** By the type of the resource. */
const NOTIFIERS: Readonly<Record<string, Notifier>> = {
  'AWS::Backup::BackupVault': { what: 'backup vault', service: 'backup.amazonaws.com', call: 'allowService(ServiceSource.backupVault(vault))' },
  'AWS::Budgets::Budget': { what: 'budget', service: 'budgets.amazonaws.com', call: 'allowService(ServiceSource.budgets())' },
  'AWS::CE::AnomalySubscription': { what: 'anomaly subscription', service: 'costalerts.amazonaws.com', call: 'allowService(ServiceSource.costAnomalies())' },
  'AWS::CloudTrail::Trail': { what: 'trail', service: 'cloudtrail.amazonaws.com', call: anySource('cloudtrail.amazonaws.com') },
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
    const { what, service, call } = NOTIFIERS[type];
    const got = `'${topic.node.path}' as the topic of ${named(notifiers.filter(({ cfnResourceType }) => cfnResourceType === type), what)}`;
    if (fifo && SERVICES[service].fifo === false) {
      return [{ prop: 'topic', got, allowed: 'a service that can publish to a FIFO topic', fix: 'It does not send to FIFO topics; use FanOut.' }];
    }
    if (SERVICES[service].unencrypted && (topic.masterKey !== undefined || awsManagedKey)) return [encryptedProblem(got)];
    // Without a policy, the topic has the default policy of SNS, which allows the account.
    const key = policies.length === 0 ? refusingKey(wiring, service) : undefined;
    const isLetIn = policies.length === 0 ? key === undefined : publish.some(statement => letsIn(statement, service));
    return unless(isLetIn, () => ({
      prop: 'allowService(source)',
      got: `${got}, and ${key ?? 'a policy of the topic'} that does not let ${service} publish`,
      allowed: `a service that the policy of the topic lets publish${awsManagedKey ? ', and a customer key' : ''}`,
      fix: `Nothing would arrive. ${awsManagedKey ? customerKeyFix(wiring, service) : `Call ${call}.`}`,
    }));
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
