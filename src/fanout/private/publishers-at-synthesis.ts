import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { isAwsManaged } from './publish-grant';
import { pathOf } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { rolesWithoutKey } from '../../private/key-permissions';
import { ownedKey, targetOf } from '../../private/keys';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { Statement, allowing, letsIn, servicesIn, statementsOf } from '../../private/statements';
import { forgetUsesBeforeSynth, referredTo, usesOf } from '../../private/uses';
import { warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

const ALARMS = 'cloudwatch.amazonaws.com';
const RULES = 'events.amazonaws.com';
const AUTO_SCALING = 'autoscaling.amazonaws.com';
const BUCKETS = 's3.amazonaws.com';
const PUBLISH = 'sns:Publish';

/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
const MAX_STATEMENTS = 100;

/** The actions on the key of an encrypted topic that a publisher needs. */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** A policy, or a role with policies inside it, as they are in the templates. */
interface PermissionProperties {
  readonly PolicyDocument?: unknown;
  readonly Policies?: { readonly PolicyDocument: unknown }[];
}

/** A topic and its publishers, as they are in the templates. */
interface Wiring {
  readonly topic: sns.ITopic;
  readonly construct: 'FanOut' | 'FifoFanOut';
  /** Whether the fan-out created the topic. The owner of an existing topic allows its publishers. */
  readonly created: boolean;
  readonly fifo: boolean;
  readonly awsManagedKey: boolean;
  /** Empty if the topic has the default policy of SNS. */
  readonly policies: unknown[];
  readonly publish: Statement[];
  /** The alarms in the Region of the topic. */
  readonly alarms: CfnResource[];
  readonly alarmsElsewhere: CfnResource[];
  readonly rules: CfnResource[];
  readonly rulesWithoutRole: CfnResource[];
  readonly autoScalingGroups: CfnResource[];
  /** The roles whose policies let them publish. */
  readonly roles: iam.CfnRole[];
}

/**
 * Checks alarms, rules and buckets that publish to the topic without a call to the fan-out, such as with actions of the CDK.
 *
 * They are known only when the template is written. The key and the policy of an imported topic are not known.
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
      ...roleProblems(wiring),
      ...autoScalingProblems(wiring),
      ...alarmProblems(wiring, refused),
      ...alarmRegionProblems(wiring),
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
    created: topic.node.scope === scope,
    fifo: FifoTopic === true,
    awsManagedKey: isAwsManaged(topic),
    policies,
    publish: policies.flatMap(policy => allowing(policy, PUBLISH)),
    alarms: [...uses.alarms].filter(alarm => !isElsewhere(alarm, topic)),
    alarmsElsewhere: [...uses.alarms].filter(alarm => isElsewhere(alarm, topic)),
    rules: [...uses.rules],
    rulesWithoutRole: [...uses.rulesWithoutRole],
    autoScalingGroups: [...uses.autoScalingGroups],
    roles: publishingRoles(topic, [...uses.permissions]),
  };
}

/** The roles that a policy, or a role itself, lets publish to the topic. */
function publishingRoles(topic: sns.ITopic, permissions: CfnResource[]): iam.CfnRole[] {
  const roles = permissions.filter(permission => publishStatements(permission).some(({ Resource }) => names(permission, Resource, topic)))
    .flatMap(permission => iam.CfnRole.isCfnRole(permission) ? [permission] : [...referredTo(permission, (permission as iam.CfnPolicy).roles)]);
  return [...new Set(roles.filter(iam.CfnRole.isCfnRole))];
}

/** The statements of a policy, or of the policies inside a role, that allow publishing. */
function publishStatements(permission: CfnResource): Statement[] {
  const { PolicyDocument, Policies = [] } = writtenProperties(permission) as PermissionProperties;
  return [PolicyDocument, ...Policies.map(policy => policy.PolicyDocument)].flatMap(document => allowing(document, PUBLISH));
}

function names(permission: CfnResource, written: unknown, topic: sns.ITopic): boolean {
  const topicArn = JSON.stringify(Stack.of(permission).resolve(topic.topicArn));
  return [written].flat().some(resource => JSON.stringify(resource) === topicArn);
}

/**
 * A role that can publish also needs the key, which is missing where the CDK grants `sns:Publish` by itself: for the dead letters of a function, and for
 * tasks of a state machine.
 */
function roleProblems({ topic, roles }: Wiring): Problem[] {
  return rolesWithoutKey(roles, topic.masterKey).map(role => ({
    prop: 'encryption',
    got: `a customer key that ${named([role], 'role')} cannot use, whose policy lets it publish to '${topic.node.path}'`,
    allowed: `a role with ${KEY_ACTIONS.join(' and ')} on the key`,
    fix: 'Nothing would arrive. Call grantPublish() with this role, or with the function or state machine that it belongs to.',
  }));
}

/**
 * Amazon EC2 Auto Scaling publishes with its service-linked role, which can publish to every topic, but cannot use customer keys.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
 */
function autoScalingProblems({ topic, autoScalingGroups }: Wiring): Problem[] {
  const key = ownedKey(topic.masterKey);
  if (!key || autoScalingGroups.length === 0) return [];
  const allowed = allowing(writtenProperties(key).KeyPolicy, KEY_ACTIONS[0])
    .some(statement => letsIn(statement, AUTO_SCALING) || /role\/aws-service-role\/autoscaling\./.test(JSON.stringify(statement.Principal)));
  return unless(allowed, () => ({
    prop: 'encryption',
    got: `a customer key that Amazon EC2 Auto Scaling cannot use, and ${named(autoScalingGroups, 'Auto Scaling group')}, which notifies '${topic.node.path}'`,
    allowed: `a key whose policy allows the service-linked role of Amazon EC2 Auto Scaling ${KEY_ACTIONS.join(' and ')}`,
    fix: 'Nothing would arrive. Call grantPublish(new iam.ArnPrincipal(arn)) with the ARN of that role, '
      + `arn:aws:iam::<account>:role/aws-service-role/${AUTO_SCALING}/AWSServiceRoleForAutoScaling.`,
  }));
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

/** Publishers that work, but possibly not as expected. */
function warnOfPublishers(scope: IConstruct, wiring: Wiring): void {
  const { topic, fifo, created, alarms, rulesWithoutRole } = wiring;
  if (fifo && alarms.length > 0) {
    warn(scope, 'FifoFanOut.alarmAction',
      `${named(alarms, 'alarm')} notifies this FIFO topic: SNS refuses a message without a message group, and AWS does not document that CloudWatch sets one. `
      + 'Notify a standard topic instead, or test it.');
  }
  const statements = ruleStatements(wiring);
  if (created && refusingKey(wiring, RULES) === undefined && statements.some(({ Condition }) => Condition === undefined)) {
    warn(topic, 'FanOut.ruleTarget',
      `the policy of this topic allows ${RULES} to publish without conditions${rulesWithoutRole.length > 0 ? `, for ${named(rulesWithoutRole, 'rule')}` : ''}: SNS supports no conditions for EventBridge, so the topic `
      + `accepts messages from the rules of every account. ${RULE_FIX}`);
  }
}

/** The key that does not allow a service to publish; undefined if it does, or if its policy is not known. */
function refusingKey({ topic, awsManagedKey }: Wiring, service: string): string | undefined {
  if (awsManagedKey) return 'the AWS managed key alias/aws/sns';
  const key = targetOf(topic.masterKey);
  const resource = key?.node.defaultChild;
  if (!kms.CfnKey.isCfnKey(resource)) return undefined;
  const policy = writtenProperties(resource).KeyPolicy;
  return KEY_ACTIONS.every(action => allowing(policy, action).some(statement => letsIn(statement, service))) ? undefined : `the policy of the key '${key!.node.path}'`;
}

/**
 * A publisher also needs a statement in the key policy, which the destinations and actions of the CDK often do not add.
 *
 * @param alarms the alarms that the policy of the topic allows to publish
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
      fix: `The policy of the AWS managed key cannot be changed, so nothing would arrive. ${customerKeyFix(wiring, 'the service')}`,
    }));
  }
  return services.map(service => ({
    prop: 'encryption',
    got: `the key '${targetOf(topic.masterKey)!.node.path}', whose policy does not let ${service} use it, together with ${publisher(service)}`,
    allowed: `a key whose policy allows ${service} ${KEY_ACTIONS.join(' and ')}`,
    fix: `Nothing would arrive. Call ${allowServiceFor(service)}.`,
  }));
}

function allowServiceFor(service: string): string {
  return service === ALARMS ? 'allowService(ServiceSource.alarms())' : `allowService(ServiceSource.of({ service: '${service}', sourceArn })), with the ARN of the resource that publishes`;
}

/** How to replace the AWS managed key. */
function customerKeyFix({ topic, created }: Wiring, publisher: string): string {
  if (!created) return `Encrypt the topic with a customer key, and call allowService() for ${publisher}.`;
  // The fan-out sets the AWS managed key only if the topic has no other key.
  if (topic.masterKey) return 'Change the aspect, injector or override that changes the encryption of the topic, so that it keeps its customer key.';
  return `Set encryption to Encryption.customerManaged(), and call allowService() for ${publisher}.`;
}

/**
 * SNS supports no conditions for EventBridge, so a statement for it allows the rules of every account to publish.
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

/** The statements that allow EventBridge to publish as itself. For a FIFO topic, other checks refuse them. */
function ruleStatements({ fifo, publish }: Wiring): Statement[] {
  return fifo ? [] : publish.filter(statement => servicesIn([statement]).includes(RULES));
}

const RULE_FIX = 'Let the rule publish with a role of its own and grantPublish to that role, or set authorizeUsingRole of targets.SnsTopic.';

/** Alarms that the policy of the topic does not allow. An explicit policy replaces the default one, which allows the account of the topic. */
function refusedAlarms({ topic, policies, publish, alarms }: Wiring): CfnResource[] {
  return alarms.filter(alarm => {
    const account = known(Stack.of(alarm).account);
    return policies.length === 0 ? isForeign(topic, account) : !publish.some(statement => letsIn(statement, ALARMS, account));
  });
}

function isForeign(topic: sns.ITopic, account: string | undefined): boolean {
  return account !== undefined && knownApart(account, topic.env.account);
}

/** One problem for each account. It also names the key if that refuses the alarms, because the fix is the same. */
function alarmProblems(wiring: Wiring, refused: CfnResource[]): Problem[] {
  const { topic, created, awsManagedKey } = wiring;
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
      fix: awsManagedKey && (!created || topic.masterKey) ? customerKeyFix(wiring, ALARMS)
        : `${awsManagedKey ? 'Set encryption to Encryption.customerManaged(), and call' : 'Call'} allowService(${source}).`,
    };
  });
}

function isElsewhere(alarm: CfnResource, topic: sns.ITopic): boolean {
  return knownApart(Stack.of(alarm).region, topic.env.region);
}

/**
 * CloudWatch refuses an action in another Region than that of the alarm. No permission changes that.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
function alarmRegionProblems({ topic, alarmsElsewhere }: Wiring): Problem[] {
  const regions = [...new Set(alarmsElsewhere.map(alarm => Stack.of(alarm).region))];
  return regions.map(region => ({
    prop: 'topic',
    got: `'${topic.node.path}' in Region ${topic.env.region}, which ${named(alarmsElsewhere.filter(alarm => Stack.of(alarm).region === region), 'alarm')} in Region ${region} notifies`,
    allowed: `alarms in Region ${topic.env.region}`,
    fix: `CloudWatch notifies only topics of its own Region. Create a FanOut in Region ${region} for these alarms, and subscribe the same queues to it.`,
  }));
}

/** The policy has a statement for each account that subscribes, besides those of the publishers. */
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

/** The paths of resources. */
function named(resources: CfnResource[], what: string): string {
  const paths = resources.map(pathOf);
  return `the ${what}${paths.length > 1 ? 's' : ''} ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
}
