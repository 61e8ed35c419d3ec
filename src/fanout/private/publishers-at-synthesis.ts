import { CfnResource } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { alarmProblems, alarmRegionProblems, refusedAlarms } from './alarms-at-synthesis';
import { notifierProblems } from './notifiers-at-synthesis';
import { autoScalingProblems, roleProblems } from './roles-at-synthesis';
import { changedTopicProblems, policySizeProblems, topicPolicy } from './topic-at-synthesis';
import { ALARMS, RULES, Wiring, customerKeyFix, named, refusingKey, wiringOf } from './topic-wiring';
import { WRITE_KEY } from '../../private/key-permissions';
import { measurePolicy, warnOfPolicySize } from '../../private/policy-size';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { servicesIn, Statement } from '../../private/statements';
import { sharedNameProblems } from '../../private/unique-names';
import { forgetUsesBeforeSynth, usesOf } from '../../private/uses';
import { warn } from '../../private/warnings';

const BUCKETS = 's3.amazonaws.com';

/** A policy whose JSON in the template is shorter certainly is within the limits. An ARN has at most about ten times the characters of a reference to it. */
const SMALL_POLICY = 2500;

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
    const wiring = wiringOf(scope, topic, resource);
    const refused = refusedAlarms(wiring);
    const sizes = wiring.policies.filter(policy => JSON.stringify(policy).length > SMALL_POLICY).map(measurePolicy);
    warnOfPublishers(wiring);
    sizes.forEach(size => warnOfPolicySize(scope, construct, topicPolicy(topic), size));
    return [
      ...changedTopicProblems(construct, topic, resource),
      ...wiring.fifo ? fifoProblems(wiring) : [],
      ...keyProblems(wiring, wiring.alarms.filter(alarm => !refused.includes(alarm))),
      ...ruleProblems(wiring),
      ...roleProblems(wiring),
      ...autoScalingProblems(wiring),
      ...alarmProblems(wiring, refused),
      ...alarmRegionProblems(wiring),
      ...notifierProblems(wiring),
      ...sizes.flatMap(size => policySizeProblems(wiring, size)),
      ...policyProblems(wiring),
      ...sharedNameProblems(scope, resource),
    ];
  });
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
function warnOfPublishers(wiring: Wiring): void {
  const { scope, topic, fifo, created, alarms, rulesWithoutRole } = wiring;
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

/**
 * A publisher also needs a statement in the key policy, which the destinations and actions of the CDK often do not add.
 *
 * @param alarms the alarms that the policy of the topic allows to publish
 */
function keyProblems(wiring: Wiring, alarms: CfnResource[]): Problem[] {
  const { topic, key, awsManagedKey, publish, fifo } = wiring;
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
    got: `the key '${key!.node.scope!.node.path}', whose policy does not let ${service} use it, together with ${publisher(service)}`,
    allowed: `a key whose policy allows ${service} ${WRITE_KEY.join(' and ')}`,
    fix: `Nothing would arrive. Call ${allowServiceFor(service)}.`,
  }));
}

function allowServiceFor(service: string): string {
  return service === ALARMS ? 'allowService(ServiceSource.alarms())' : `allowService(ServiceSource.of({ service: '${service}', sourceArn })), with the ARN of the resource that publishes`;
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

/** A topic has one policy. CloudFormation creates a second one without an error, and it replaces the first. */
function policyProblems({ topic, scope, resource }: Wiring): Problem[] {
  const policies = usesOf(scope, resource, 'policies');
  return unless(policies.length <= 1, () => ({
    prop: 'topic policy',
    got: `${named(policies, 'policy')} of '${topic.node.path}'`,
    allowed: 'one policy for each topic',
    fix: 'The last one would replace the others. Add the statements with addToResourcePolicy() of the topic.',
  }));
}
