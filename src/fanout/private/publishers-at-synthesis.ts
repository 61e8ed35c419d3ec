import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { isAwsManaged } from './publish-grant';
import { knownApart } from '../../private/environment';
import { targetOf } from '../../private/keys';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { Statement, allowing, letsIn, servicesIn, statementsOf } from '../../private/statements';
import { forgetUsesBeforeSynth, usesOf } from '../../private/uses';
import { warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

const ALARMS = 'cloudwatch.amazonaws.com';
const RULES = 'events.amazonaws.com';
const BUCKETS = 's3.amazonaws.com';
const PUBLISH = 'sns:Publish';

/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
const MAX_STATEMENTS = 100;

/** What a publisher needs on the key of an encrypted topic. */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** A topic, and all that publishes to it, as they are in the templates. */
interface Wiring {
  readonly topic: sns.ITopic;
  readonly construct: 'FanOut' | 'FifoFanOut';
  /** Whether the fan-out created the topic; the owner of an existing one lets publishers in. */
  readonly made: boolean;
  readonly fifo: boolean;
  readonly awsManagedKey: boolean;
  /** None where the topic has the default policy of SNS. */
  readonly policies: unknown[];
  readonly publish: Statement[];
  readonly alarms: CfnResource[];
  readonly rules: CfnResource[];
  readonly rulesWithoutRole: CfnResource[];
}

/**
 * Checks alarms, rules and buckets that publish to the topic without the fan-out, such as by the actions and targets of the CDK.
 *
 * They are only known when the template is written. The key and the policy of an imported topic are not known.
 */
export function checkPublishersAtSynth(scope: IConstruct, construct: 'FanOut' | 'FifoFanOut', topic: sns.ITopic): void {
  const resource = topic.node.defaultChild;
  if (!sns.CfnTopic.isCfnTopic(resource)) return;
  forgetUsesBeforeSynth(scope);
  checkWhenWritten(scope, construct, () => {
    const wiring = wiringOf(scope, construct, topic, resource);
    const refused = refusedAlarms(wiring);
    warnOfPublishers(scope, wiring);
    return [
      ...wiring.fifo ? fifoProblems(wiring) : [],
      ...keyProblems(wiring, wiring.alarms.filter(alarm => !refused.includes(alarm))),
      ...ruleProblems(wiring),
      ...alarmProblems(wiring, refused),
      ...statementProblems(wiring),
    ];
  });
}

function wiringOf(scope: IConstruct, construct: Wiring['construct'], topic: sns.ITopic, resource: sns.CfnTopic): Wiring {
  const { FifoTopic } = writtenProperties(resource);
  const uses = usesOf(scope, resource);
  const policies = [...uses.policies].map(policy => writtenProperties(policy).PolicyDocument);
  return {
    topic,
    construct,
    made: topic.node.scope === scope,
    fifo: FifoTopic === true,
    awsManagedKey: isAwsManaged(topic),
    policies,
    publish: policies.flatMap(policy => allowing(policy, PUBLISH)),
    alarms: [...uses.alarms],
    rules: [...uses.rules],
    rulesWithoutRole: [...uses.rulesWithoutRole],
  };
}

function fifoProblems({ publish, rules }: Wiring): Problem[] {
  const services = servicesIn(publish);
  return [
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
    ...unless(rules.length === 0 && !services.includes(RULES), () => ({
      prop: 'topic',
      got: rules.length > 0 ? `a FIFO topic that is the target of ${named(rules, 'rule')}` : `a FIFO topic whose policy lets ${RULES} publish`,
      allowed: 'a standard topic as the target of a rule',
      fix: 'EventBridge does not send to FIFO topics; let the rule send to a FIFO work queue, or use FanOut.',
    })),
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
    ...unless(!services.includes(BUCKETS), () => ({
      prop: 'topic', got: `a FIFO topic whose policy lets ${BUCKETS} publish`, allowed: 'a standard topic for the events of a bucket', fix: 'S3 does not send to FIFO topics; use FanOut.',
    })),
  ];
}

/** What may work, but not as its author expects. */
function warnOfPublishers(scope: IConstruct, wiring: Wiring): void {
  const { topic, fifo, made, alarms, rulesWithoutRole } = wiring;
  if (fifo && alarms.length > 0) {
    warn(scope, 'FifoFanOut.alarmAction',
      `${named(alarms, 'alarm')} notifies this FIFO topic: SNS refuses a message without a message group, and AWS does not document that CloudWatch sets one. `
      + 'Notify a standard topic instead, or test it.');
  }
  const statements = ruleStatements(wiring);
  if (made && refusingKey(wiring, RULES) === undefined && statements.some(({ Condition }) => Condition === undefined)) {
    warn(topic, 'FanOut.ruleTarget',
      `the policy of this topic lets ${RULES} publish without conditions${rulesWithoutRole.length > 0 ? `, for ${named(rulesWithoutRole, 'rule')}` : ''}: SNS supports no conditions for EventBridge, so the topic `
      + `accepts the rules of every account. ${RULE_FIX}`);
  }
}

/** The key that does not let a service publish; undefined where it does, and where its policy is not known. */
function refusingKey({ topic, awsManagedKey }: Wiring, service: string): string | undefined {
  if (awsManagedKey) return 'the AWS managed key alias/aws/sns';
  const key = topic.masterKey && targetOf(topic.masterKey);
  const resource = key?.node.defaultChild;
  if (!kms.CfnKey.isCfnKey(resource)) return undefined;
  const policy = writtenProperties(resource).KeyPolicy;
  return KEY_ACTIONS.every(action => allowing(policy, action).some(statement => letsIn(statement, service))) ? undefined : `the policy of the key '${key!.node.path}'`;
}

/**
 * A publisher needs a statement in the key policy as well, which the destinations and actions of the CDK often leave out.
 *
 * @param alarms the alarms that the policy of the topic lets publish
 */
function keyProblems(wiring: Wiring, alarms: CfnResource[]): Problem[] {
  const { topic, awsManagedKey, publish, fifo } = wiring;
  const elsewhere = (service: string) => service === RULES || (service === ALARMS && wiring.alarms.length > 0) || (fifo && service === BUCKETS);
  const others = servicesIn(publish).filter(service => !elsewhere(service));
  const services = [...others, ...alarms.length > 0 ? [ALARMS] : []].filter(service => refusingKey(wiring, service) !== undefined);
  const publisher = (service: string) => service === ALARMS && alarms.length > 0 ? named(alarms, 'alarm') : `${service}, which the policy of the topic lets publish`;
  if (awsManagedKey) {
    return unless(services.length === 0, () => ({
      prop: 'encryption',
      got: `alias/aws/sns, the AWS managed key, on '${topic.node.path}', together with ${services.map(publisher).join(' and ')}`,
      allowed: 'a customer key wherever an AWS service publishes',
      fix: `Nobody can change the policy of the AWS managed key, so nothing would arrive. ${customerKeyFix(wiring, 'the service')}`,
    }));
  }
  return services.map(service => ({
    prop: 'encryption',
    got: `the key '${targetOf(topic.masterKey!)!.node.path}', whose policy does not let ${service} use it, together with ${publisher(service)}`,
    allowed: `a key whose policy allows ${service} ${KEY_ACTIONS.join(' and ')}`,
    fix: `Nothing would arrive. ${wiring.made ? 'Let the service in with allowService()' : 'Add the statement to the key policy with aws:SourceArn and aws:SourceAccount'}.`,
  }));
}

/** What to do about the AWS managed key. */
function customerKeyFix({ topic, made }: Wiring, publisher: string): string {
  if (!made) return `Encrypt the topic with a customer key, and let ${publisher} in with aws:SourceArn and aws:SourceAccount in the policies of the topic and of the key.`;
  // The AWS managed key is only written where the topic was created without another.
  if (topic.masterKey) return 'Change the aspect, injector or override that changes the encryption of the topic, so that it keeps its customer key.';
  return `Set encryption to Encryption.customerManaged(), and let ${publisher} in with allowService().`;
}

/**
 * SNS supports no conditions for EventBridge, so a statement for it lets the rules of every account publish.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
 */
function ruleProblems(wiring: Wiring): Problem[] {
  const { topic, rulesWithoutRole } = wiring;
  const key = refusingKey(wiring, RULES);
  return unless(key === undefined || ruleStatements(wiring).length === 0, () => ({
    prop: 'encryption',
    got: `${rulesWithoutRole.length > 0 ? named(rulesWithoutRole, 'rule') : RULES}, which ${key} does not let publish to '${topic.node.path}' as ${RULES}`,
    allowed: 'rules that publish with a role of their own',
    fix: `Nothing would arrive. ${RULE_FIX}`,
  }));
}

/** The statements that let EventBridge publish in its own name; those of a FIFO topic are refused anyway. */
function ruleStatements({ fifo, publish }: Wiring): Statement[] {
  return fifo ? [] : publish.filter(statement => servicesIn([statement]).includes(RULES));
}

const RULE_FIX = 'Let the rule publish with a role of its own, and grantPublish to that role; targets.SnsTopic does both with authorizeUsingRole.';

/** Alarms that the policy of the topic does not let publish. A policy of its own replaces the default, which lets the account of the topic publish. */
function refusedAlarms({ topic, policies, publish, alarms }: Wiring): CfnResource[] {
  return alarms.filter(alarm => {
    const account = known(Stack.of(alarm).account);
    return policies.length === 0 ? isForeign(topic, account) : !publish.some(statement => letsIn(statement, ALARMS, account));
  });
}

function isForeign(topic: sns.ITopic, account: string | undefined): boolean {
  return account !== undefined && knownApart(account, topic.env.account);
}

/** One problem for each account, which names the key where that refuses the alarms as well: the fix is the same. */
function alarmProblems(wiring: Wiring, refused: CfnResource[]): Problem[] {
  const { topic, made, awsManagedKey } = wiring;
  const key = refusingKey(wiring, ALARMS);
  const accounts = [...new Set(refused.map(alarm => known(Stack.of(alarm).account)))];
  return accounts.map(account => {
    const foreign = isForeign(topic, account) ? account : undefined;
    const source = foreign ? `ServiceSource.of({ service: '${ALARMS}', sourceArn: 'arn:aws:cloudwatch:<Region>:${foreign}:alarm:*' })` : 'ServiceSource.alarms()';
    const alarms = named(refused.filter(alarm => known(Stack.of(alarm).account) === account), 'alarm');
    const policy = `the policy of '${topic.node.path}'`;
    return {
      prop: 'allowService(source)',
      got: `${alarms}${foreign ? ` of account ${foreign}` : ''}, which ${key ? `neither ${policy} nor ${key} lets publish` : `${policy} does not let publish`}`,
      allowed: `alarms that the policy of the topic lets publish${key ? ', and that of a customer key' : ''}${foreign ? `, of account ${foreign} as well` : ''}`,
      fix: awsManagedKey && (!made || topic.masterKey) ? customerKeyFix(wiring, ALARMS)
        : made ? `${awsManagedKey ? 'Set encryption to Encryption.customerManaged(), and call' : 'Call'} allowService(${source}).`
          : `Add a statement for ${ALARMS} with aws:SourceArn and aws:SourceAccount to the policy of the topic${key ? ' and to that of its key' : ''}.`,
    };
  });
}

/** The policy has one statement for each account that subscribes, beside those of the publishers. */
function statementProblems({ topic, policies }: Wiring): Problem[] {
  const most = Math.max(0, ...policies.map(policy => statementsOf(policy).length));
  return unless(most <= MAX_STATEMENTS, () => ({
    prop: 'topic',
    got: `${most} statements in the policy of '${topic.node.path}'`,
    allowed: `at most ${MAX_STATEMENTS} statements`,
    fix: 'Let fewer accounts subscribe or publish, or split the topic.',
  }));
}

function known(account: string): string | undefined {
  return Token.isUnresolved(account) ? undefined : account;
}

/** Constructs by their paths; an L1 by the path of its L2. */
function named(resources: CfnResource[], what: string): string {
  const paths = resources.map(({ node }) => `'${node.id === 'Resource' ? node.scope!.node.path : node.path}'`);
  return `the ${what}${paths.length > 1 ? 's' : ''} ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
}
