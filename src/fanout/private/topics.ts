import { PhysicalName, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TOPIC, TOPIC_LOGGING, TOPIC_NAME } from './fanout-bounds';
import { allowService, allowServiceOnKey } from '../../access/private/service-statements';
import { sourceAccountProblem } from '../../access/private/source-account';
import { sourceRegionProblem } from '../../access/private/source-region';
import { ServiceSource } from '../../access/service-source';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { kindProblems } from '../../private/environment';
import { removeUnusedKey, targetOf } from '../../private/keys';
import { Problem, at, unless } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';
import { TopicOptions } from '../fan-out-topic';
import { TopicEncryption } from '../topic-encryption';

const AWS_MANAGED_KEY = 'alias/aws/sns';

/** A topic and the key that encrypts it. */
export interface BoundTopic {
  readonly topic: sns.ITopic;
  readonly encryptionKey?: kms.IKey;
}

/** What is wrong with the topic that a fan-out is to create. */
export function topicProblems(scope: Construct, options: TopicOptions, fifo: boolean): Problem[] {
  const { encryption, publishers = [], loggingConfigs = [] } = options;
  const problems = [
    ...at('encryption', encryption?._check(scope) ?? []),
    ...checkBounds(TOPIC, options),
    ...nameProblems(options.topicName, fifo),
    ...loggingConfigs.flatMap((config, index) => at(`loggingConfigs[${index}]`, checkBounds(TOPIC_LOGGING, config))),
    ...removalPolicyProblems(options.removalPolicy),
    ...publishers.flatMap((publisher, index) => at(`publishers[${index}]`, publisherProblems(publisher, fifo))),
    ...unless(publishers.length === 0 || encryption?.isCustomerManaged !== false, () => ({
      prop: 'encryption',
      got: `TopicEncryption.awsManaged() together with ${publishers.length} of publishers`,
      allowed: 'a customer key wherever an AWS service publishes',
      fix: 'Use TopicEncryption.customerManaged(), or leave encryption out: a key is then created.',
    })),
  ];
  // Where a publisher is, and of which account, can only be read of one that is valid, together with a key that is.
  return problems.length > 0 ? problems : publishers.flatMap((publisher, index) => at(`publishers[${index}]`, publisherPlaceProblems(scope, publisher, encryption?.masterKey)));
}

/** What is wrong with an existing topic as the topic of a fan-out. */
export function existingTopicProblems(topic: sns.ITopic, fifo: boolean): Problem[] {
  const imported = topic.node.defaultChild === undefined;
  return [
    ...arnProblems(topic.topicArn, 'sns'),
    ...kindProblems('topic', topic, fifo, '', imported && fifo
      ? 'An imported topic counts as a FIFO topic when its ARN ends in .fifo at synthesis; write out the name, or use FanOut.'
      : `Use ${fifo ? 'FanOut' : 'FifoFanOut'} for it.`),
  ];
}

function nameProblems(topicName: string | undefined, fifo: boolean): Problem[] {
  const suffix = fifo ? '.fifo' : '';
  const max = TOPIC_NAME.max - suffix.length;
  const problem = {
    prop: 'topicName', allowed: `${TOPIC_NAME.min} to ${max} letters, digits, hyphens and underscores${suffix && `, followed by ${suffix}`}`, fix: TOPIC_NAME.fix,
  };
  if (topicName === PhysicalName.GENERATE_IF_NEEDED) {
    return [{ ...problem, got: 'PhysicalName.GENERATE_IF_NEEDED', fix: 'Give a name, or leave it out where no stack in another account or Region refers to the topic.' }];
  }
  const pattern = new RegExp(`^[A-Za-z0-9_-]{${TOPIC_NAME.min},${max}}${fifo ? '\\.fifo' : ''}$`);
  const isAllowed = topicName === undefined || Token.isUnresolved(topicName) || pattern.test(topicName);
  return unless(isAllowed, () => ({ ...problem, got: describe(topicName) }));
}

function publisherProblems(publisher: ServiceSource, fifo: boolean): Problem[] {
  const invalid = publisher._invalid();
  if (invalid !== undefined) {
    return [{ prop: '', got: invalid, allowed: 'a ServiceSource with a service principal, a full ARN and a 12-digit account', fix: 'Use ServiceSource.bucket(), alarms() or of().' }];
  }
  switch (publisher.service) {
    case 'events.amazonaws.com': return [{
      prop: '', got: 'EventBridge', allowed: 'a service that SNS supports conditions for', fix: 'Let the rule publish with a role of its own, and grantPublish to that role.',
    }];
    case 'sns.amazonaws.com': return [{
      prop: '', got: 'another topic', allowed: 'a service that publishes', fix: 'SNS does not deliver from one topic to another; subscribe the queues to both.',
    }];
    case 's3.amazonaws.com': return unless(!fifo, () => ({
      prop: '', got: 'a bucket', allowed: 'a service that can publish to a FIFO topic', fix: 'S3 does not send to FIFO topics; use FanOut.',
    }));
    default: return [];
  }
}

function publisherPlaceProblems(scope: Construct, publisher: ServiceSource, key: kms.IKey | undefined): Problem[] {
  const account = sourceAccountProblem(publisher, scope, 'topic', key);
  const region = sourceRegionProblem(publisher, scope, 'topic');
  return [...account ? [{ prop: '', ...account }] : [], ...region ? [{ prop: '', ...region }] : []];
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
