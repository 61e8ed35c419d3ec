import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { forgetUsesBeforeSynth, usesOf } from './template-facts';
import { targetOf } from '../../private/keys';
import { Problems } from '../../private/problems';
import { Statement, allowing, letsIn, servicesIn, statementsOf } from '../../private/statements';
import { warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

const ALARMS = 'cloudwatch.amazonaws.com';
const RULES = 'events.amazonaws.com';
const BUCKETS = 's3.amazonaws.com';
const PUBLISH = 'sns:Publish';

/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
const MAX_STATEMENTS = 100;

/** What SNS asks of KMS for whoever publishes to an encrypted topic. */
const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** A topic, and all that publishes to it, as they are in the templates. */
interface Wiring {
  readonly topic: sns.ITopic;
  readonly fifo: boolean;
  readonly awsManagedKey: boolean;
  /** None where the topic has the policy that SNS gives it. */
  readonly policies: unknown[];
  readonly publish: Statement[];
  readonly alarms: CfnResource[];
  readonly rules: CfnResource[];
}

/**
 * Checks what alarms, rules and buckets were wired to the topic without the fan-out, such as by the actions and targets of the CDK.
 *
 * That is only all known when the template is written. An imported topic tells neither its key nor its policy.
 */
export function checkPublishersAtSynth(scope: IConstruct, construct: 'FanOut' | 'FifoFanOut', topic: sns.ITopic): void {
  const resource = topic.node.defaultChild;
  if (!sns.CfnTopic.isCfnTopic(resource)) return;
  forgetUsesBeforeSynth(scope);
  scope.node.addValidation({
    validate: () => {
      const problems = new Problems(scope, construct);
      const wiring = wiringOf(scope, topic, resource);
      if (wiring.fifo) checkFifo(scope, problems, wiring);
      if (wiring.awsManagedKey) checkAwsManagedKey(problems, construct, wiring);
      else checkKeyPolicy(problems, wiring);
      checkAlarms(problems, construct, wiring);
      checkStatements(problems, wiring);
      return problems.any ? [problems.error().message] : [];
    },
  });
}

function wiringOf(scope: IConstruct, topic: sns.ITopic, resource: sns.CfnTopic): Wiring {
  const { FifoTopic, KmsMasterKeyId } = writtenProperties(resource);
  const uses = usesOf(scope, resource);
  const policies = [...uses.policies].map(policy => writtenProperties(policy).PolicyDocument);
  return {
    topic,
    fifo: FifoTopic === true,
    // By its name, or at the end of an ARN that begins with what is only known at deployment.
    awsManagedKey: /alias\/aws\/sns"/.test(JSON.stringify(KmsMasterKeyId) ?? ''),
    policies,
    publish: policies.flatMap(policy => allowing(policy, PUBLISH)),
    alarms: [...uses.alarms],
    rules: [...uses.rules],
  };
}

function checkFifo(scope: IConstruct, problems: Problems, { publish, alarms, rules }: Wiring): void {
  const services = servicesIn(publish);
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
  if (rules.length > 0 || services.includes(RULES)) {
    problems.add({
      prop: 'topic',
      got: rules.length > 0 ? `a FIFO topic that is the target of ${named(rules, 'rule')}` : `a FIFO topic whose policy lets ${RULES} publish`,
      allowed: 'a standard topic as the target of a rule',
      fix: 'EventBridge does not send to FIFO topics; let the rule send to a FIFO work queue, or use FanOut.',
    });
  }
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
  problems.require(!services.includes(BUCKETS), {
    prop: 'topic', got: `a FIFO topic whose policy lets ${BUCKETS} publish`, allowed: 'a standard topic for the events of a bucket', fix: 'S3 does not send to FIFO topics; use FanOut.',
  });
  if (alarms.length > 0) {
    warn(scope, 'FifoFanOut.alarmAction',
      `${named(alarms, 'alarm')} notifies this FIFO topic: SNS refuses a message without a message group, and AWS does not document that CloudWatch gives one. `
      + 'Notify a standard topic instead, or test it.');
  }
}

function checkAwsManagedKey(problems: Problems, construct: string, { topic, publish, alarms }: Wiring): void {
  const services = servicesIn(publish).filter(service => service !== ALARMS || alarms.length === 0);
  const publishers = [...services.map(service => `${service}, which the policy of the topic lets publish`), ...alarms.length > 0 ? [named(alarms, 'alarm')] : []];
  problems.require(publishers.length === 0, {
    prop: 'topic.encryption',
    got: `alias/aws/sns, the AWS managed key, on '${topic.node.path}', together with ${publishers.join(' and ')}`,
    allowed: 'a customer key wherever an AWS service publishes',
    fix: `Nobody can change the policy of the AWS managed key, so nothing would arrive; name the service in publishers of ${construct}Topic.create(), `
      + 'or use TopicEncryption.customerManaged().',
  });
}

/** Whoever may publish has to be let in by the key as well, which the destinations and actions of the CDK often leave out. */
function checkKeyPolicy(problems: Problems, { topic, publish, alarms }: Wiring): void {
  const key = topic.masterKey && targetOf(topic.masterKey);
  const resource = key?.node.defaultChild;
  if (!kms.CfnKey.isCfnKey(resource)) return;
  const policy = writtenProperties(resource).KeyPolicy;
  const mayUse = (service: string) => KEY_ACTIONS.every(action => allowing(policy, action).some(statement => letsIn(statement, service)));
  const services = new Set([...servicesIn(publish), ...alarms.length > 0 ? [ALARMS] : []]);
  for (const service of [...services].filter(one => !mayUse(one))) {
    problems.add({
      prop: 'topic.encryption',
      got: `the key '${key!.node.path}', whose policy does not let ${service} use it, while ${service === ALARMS && alarms.length > 0 ? named(alarms, 'alarm') : service} publishes`,
      allowed: `a key whose policy allows ${service} ${KEY_ACTIONS.join(' and ')}`,
      fix: 'Nothing would arrive; name the service in publishers of the topic of the fan-out, or add the statement to the key policy with aws:SourceArn and aws:SourceAccount.',
    });
  }
}

/** A policy of its own replaces that which lets the account of the topic publish, and with it its alarms. */
function checkAlarms(problems: Problems, construct: string, { topic, policies, publish, alarms }: Wiring): void {
  const owner = topic.env.account;
  const refused = alarms.filter(alarm => {
    const account = known(Stack.of(alarm).account);
    if (policies.length === 0) return account !== undefined && known(owner) !== undefined && account !== owner;
    return !publish.some(statement => letsIn(statement, ALARMS, account));
  });
  for (const account of new Set(refused.map(alarm => known(Stack.of(alarm).account)))) {
    const foreign = account !== undefined && known(owner) !== undefined && account !== owner;
    const source = `ServiceSource.of({ service: '${ALARMS}', sourceArn: 'arn:aws:cloudwatch:<Region>:${account}:alarm:*' })`;
    problems.add({
      prop: 'topic.publishers',
      got: `${named(refused.filter(alarm => known(Stack.of(alarm).account) === account), 'alarm')}${foreign ? ` of account ${account}` : ''}, which the policy of '${topic.node.path}' does not let publish`,
      allowed: `alarms that the policy of the topic lets publish${foreign ? `, of account ${account} as well` : ''}`,
      fix: `Name ${foreign ? source : 'ServiceSource.alarms()'} in publishers of ${construct}Topic.create(), or add a statement for ${ALARMS} to the policy of an existing topic.`,
    });
  }
}

/** One for each account that subscribes, beside those of the publishers. */
function checkStatements(problems: Problems, { topic, policies }: Wiring): void {
  const most = Math.max(0, ...policies.map(policy => statementsOf(policy).length));
  problems.require(most <= MAX_STATEMENTS, {
    prop: 'topic',
    got: `${most} statements in the policy of '${topic.node.path}'`,
    allowed: `at most ${MAX_STATEMENTS} statements`,
    fix: 'Let fewer accounts subscribe or publish, or split the topic.',
  });
}

function known(account: string): string | undefined {
  return Token.isUnresolved(account) ? undefined : account;
}

/** Constructs by their paths; of an L2, its own. */
function named(resources: CfnResource[], what: string): string {
  const paths = resources.map(({ node }) => `'${node.id === 'Resource' ? node.scope!.node.path : node.path}'`);
  return `the ${what}${paths.length > 1 ? 's' : ''} ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
}
