import { PhysicalName, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { BoundTopic } from './bound-topic';
import { allowService, allowServiceOnKey } from '../../access/private/service-statements';
import { sourceAccountProblem } from '../../access/private/source-account';
import { sourceRegionProblem } from '../../access/private/source-region';
import { ServiceSource } from '../../access/service-source';
import { checkArn } from '../../private/arn';
import { describe } from '../../private/describe';
import { isOf } from '../../private/has-method';
import { removeUnusedKey, targetOf } from '../../private/keys';
import { Problems } from '../../private/problems';
import { checkRemovalPolicy } from '../../private/removal-policy';
import { TopicOptions } from '../fan-out-topic';
import { TopicEncryption } from '../topic-encryption';

const AWS_MANAGED_KEY = 'alias/aws/sns';

/** Adds what is wrong with the topic of a fan-out. */
export function checkTopic(
  problems: Problems, scope: Construct, options: TopicOptions, existing: sns.ITopic | null | undefined, fifo: boolean,
): void {
  const kind = (isFifo: boolean) => isFifo ? 'FIFO' : 'standard';
  if (existing !== undefined) {
    if (typeof existing?.topicArn !== 'string') {
      problems.add({ prop: 'topic', got: describe(existing), allowed: 'an sns.ITopic', fix: 'Pass the topic, or import it with Topic.fromTopicArn().' });
      return;
    }
    checkArn(problems, 'topic', existing.topicArn, 'sns');
    const imported = existing.node.defaultChild === undefined;
    problems.require(existing.fifo === fifo, {
      prop: 'topic',
      got: `the ${kind(existing.fifo)} topic '${existing.node.path}'`,
      allowed: `a ${kind(fifo)} topic`,
      fix: imported && fifo
        ? 'An imported topic is taken for a FIFO topic when its ARN visibly ends in .fifo; write the name out, or use FanOut.'
        : `Use ${fifo ? 'FanOut' : 'FifoFanOut'} for it.`,
    });
    return;
  }
  const { encryption, displayName, topicName } = options;
  if (problems.union('topic.encryption', encryption, TopicEncryption, 'TopicEncryption.awsManaged() or TopicEncryption.customerManaged()')) {
    encryption?._check(problems, scope);
  }
  const isText = (value: unknown) => typeof value === 'string';
  problems.require(displayName === undefined || (isText(displayName) && (Token.isUnresolved(displayName) || displayName.length <= 100)), {
    prop: 'topic.displayName', got: isText(displayName) ? `${displayName.length} characters` : describe(displayName), allowed: 'a text of at most 100 characters', fix: 'Shorten it, or leave it out.',
  });
  checkName(problems, topicName, fifo);
  const publishers = isArray(problems, 'topic.publishers', options.publishers, 'an array of ServiceSource');
  const loggingConfigs = isArray(problems, 'topic.loggingConfigs', options.loggingConfigs, 'an array of sns.LoggingConfig');
  loggingConfigs.forEach((config, index) => checkLogging(problems, `topic.loggingConfigs[${index}]`, config));
  checkRemovalPolicy(problems, options.removalPolicy, 'topic.removalPolicy');
  checkPublishers(problems, publishers, fifo);
  problems.require(publishers.length === 0 || encryption?.isCustomerManaged !== false, {
    prop: 'topic.encryption',
    got: `TopicEncryption.awsManaged() together with ${publishers.length} of publishers`,
    allowed: 'a customer key wherever an AWS service publishes',
    fix: 'Use TopicEncryption.customerManaged(), or leave encryption out: a key is then made.',
  });
  // What follows reads the publishers and the key.
  if (problems.any) return;
  publishers.forEach((publisher, index) => {
    const account = sourceAccountProblem(publisher, scope, 'topic', encryption?.masterKey);
    if (account) problems.add({ prop: `topic.publishers[${index}]`, ...account });
    const region = sourceRegionProblem(publisher, scope, 'topic');
    if (region) problems.add({ prop: `topic.publishers[${index}]`, ...region });
  });
}

function checkName(problems: Problems, topicName: string | undefined, fifo: boolean): void {
  const pattern = fifo ? /^[A-Za-z0-9_-]{1,251}\.fifo$/ : /^[A-Za-z0-9_-]{1,256}$/;
  const prop = 'topic.topicName';
  const allowed = fifo ? '1 to 251 letters, digits, hyphens and underscores, followed by .fifo' : '1 to 256 letters, digits, hyphens and underscores';
  problems.require(topicName !== PhysicalName.GENERATE_IF_NEEDED, {
    prop, got: 'PhysicalName.GENERATE_IF_NEEDED', allowed, fix: 'Give a name, or leave it out where no stack in another account or Region refers to the topic.',
  });
  problems.require(topicName === undefined || (typeof topicName === 'string' && (Token.isUnresolved(topicName) || pattern.test(topicName))), {
    prop, got: describe(topicName), allowed, fix: 'Correct the name, or leave it out: a generated one cannot collide.',
  });
}

function checkLogging(problems: Problems, prop: string, config: sns.LoggingConfig | null | undefined): void {
  if (typeof config !== 'object' || config === null) {
    problems.add({ prop, got: describe(config), allowed: 'an sns.LoggingConfig', fix: 'Give a protocol and roles, or leave it out.' });
    return;
  }
  const protocols = Object.values(sns.LoggingProtocol);
  if (config.protocol === undefined) problems.add({ prop: `${prop}.protocol`, got: 'nothing', allowed: protocols.map(describe).join(', '), fix: 'Use a value of sns.LoggingProtocol.' });
  problems.oneOf(`${prop}.protocol`, config.protocol, protocols, 'Use a value of sns.LoggingProtocol.');
  for (const role of ['successFeedbackRole', 'failureFeedbackRole'] as const) {
    problems.require(config[role] === undefined || typeof config[role]?.roleRef?.roleArn === 'string', {
      prop: `${prop}.${role}`, got: describe(config[role]), allowed: 'a role', fix: 'Give an iam.Role that SNS can assume, or leave it out.',
    });
  }
  const rate = { prop: `${prop}.successFeedbackSampleRate`, fix: 'Give the share of successful deliveries to log, in per cent.' };
  problems.integer(rate.prop, config.successFeedbackSampleRate, { min: 0, max: 100, fix: rate.fix });
  // The L2 checks the number when it writes the template.
  problems.require(!Token.isUnresolved(config.successFeedbackSampleRate), { ...rate, got: 'a value only known at deployment', allowed: 'a number known at synth' });
}

function checkPublishers(problems: Problems, publishers: ServiceSource[], fifo: boolean): void {
  publishers.forEach((publisher, index) => {
    const prop = `topic.publishers[${index}]`;
    const invalid = isOf(ServiceSource, publisher) ? publisher._invalid() : describe(publisher);
    if (invalid !== undefined) {
      problems.add({ prop, got: invalid, allowed: 'a ServiceSource with a service principal, a full ARN and a 12-digit account', fix: 'Use ServiceSource.bucket(), alarms() or of().' });
      return;
    }
    problems.require(publisher.service !== 'events.amazonaws.com', {
      prop, got: 'EventBridge', allowed: 'a service that SNS supports conditions for', fix: 'Let the rule publish with a role of its own, and grantPublish to that role.',
    });
    problems.require(publisher.service !== 'sns.amazonaws.com', {
      prop, got: 'another topic', allowed: 'a service that publishes', fix: 'SNS does not deliver from one topic to another; subscribe the queues to both.',
    });
    problems.require(!fifo || publisher.service !== 's3.amazonaws.com', {
      prop, got: 'a bucket', allowed: 'a service that can publish to a FIFO topic', fix: 'S3 does not send to FIFO topics; use FanOut.',
    });
  });
}

/** The elements of an array prop; none when there is no array. */
function isArray<T>(problems: Problems, prop: string, value: T[] | undefined, allowed: string): T[] {
  if (value === undefined) return [];
  problems.require(Array.isArray(value), { prop, got: describe(value), allowed, fix: 'Write [ ] around it.' });
  return Array.isArray(value) ? value : [];
}

/** Makes an encrypted topic that is TLS only and lets its publishers publish. */
export function makeTopic(scope: Construct, options: TopicOptions, props: sns.TopicProps): BoundTopic {
  const construct = props.fifo ? 'FifoFanOut' : 'FanOut';
  const publishers = options.publishers ?? [];
  const removalPolicy = options.removalPolicy ?? RemovalPolicy.DESTROY;
  const encryption = options.encryption ?? (publishers.length > 0 ? TopicEncryption.customerManaged() : TopicEncryption.awsManaged());
  const masterKey = encryption._topicKey(scope, removalPolicy);
  const topic = new sns.Topic(scope, 'Topic', given({
    ...props,
    masterKey,
    displayName: options.displayName,
    loggingConfigs: options.loggingConfigs,
    enforceSSL: true,
    // SHA-256 instead of SHA-1.
    signatureVersion: '2',
  }));
  topic.applyRemovalPolicy(removalPolicy);
  // That of an organization's property injector, where it has one.
  const encryptionKey = topic.masterKey;
  removeUnusedKey(scope, masterKey, encryptionKey && targetOf(encryptionKey));
  // On the L1: as an imported alias the L2 would hand every publisher KMS permissions that the AWS managed key does not need.
  if (!encryptionKey) (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = AWS_MANAGED_KEY;
  publishers.forEach(publisher => allowService(scope, construct, topic, publisher));
  if (encryptionKey) publishers.forEach(publisher => allowServiceOnKey(scope, construct, encryptionKey, topic, publisher));
  return { topic, encryptionKey };
}

/** Without the keys that say nothing: spread over the defaults of a property injector, they would wipe those out. */
function given(props: sns.TopicProps): sns.TopicProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}
