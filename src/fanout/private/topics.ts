import { PhysicalName, RemovalPolicy, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TOPIC, TOPIC_LOGGING, TOPIC_NAME } from './fanout-bounds';
import { TopicOptions } from './topic-options';
import { Encryption } from '../../access/encryption';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { kindProblems } from '../../private/environment';
import { removeUnusedKey, targetOf } from '../../private/keys';
import { Problem, at, unless } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';

const AWS_MANAGED_KEY = 'alias/aws/sns';

/** The problems of the props of a fan-out that creates its topic. */
export function topicProblems(scope: Construct, options: TopicOptions, fifo: boolean): Problem[] {
  const { encryption, loggingConfigs = [] } = options;
  return [
    ...at('encryption', encryption?._check(scope, { service: 'SNS', what: 'topic' }) ?? []),
    ...checkBounds(TOPIC, options),
    ...nameProblems(options.topicName, fifo),
    ...loggingConfigs.flatMap((config, index) => at(`loggingConfigs[${index}]`, checkBounds(TOPIC_LOGGING, config))),
    ...removalPolicyProblems(options.removalPolicy),
  ];
}

function nameProblems(topicName: string | undefined, fifo: boolean): Problem[] {
  const suffix = fifo ? '.fifo' : '';
  const max = TOPIC_NAME.max - suffix.length;
  const problem = {
    prop: 'topicName', allowed: `${TOPIC_NAME.min} to ${max} letters, digits, hyphens and underscores${suffix && `, followed by ${suffix}`}`, fix: TOPIC_NAME.fix,
  };
  if (topicName === PhysicalName.GENERATE_IF_NEEDED) {
    return [{ ...problem, got: 'PhysicalName.GENERATE_IF_NEEDED', fix: 'Give a name, or leave it out if no stack in another account or Region refers to the topic.' }];
  }
  const pattern = new RegExp(`^[A-Za-z0-9_-]{${TOPIC_NAME.min},${max}}${fifo ? '\\.fifo' : ''}$`);
  if (topicName === undefined) return [];
  if (!Token.isUnresolved(topicName)) return unless(pattern.test(topicName), () => ({ ...problem, got: describe(topicName) }));
  // The L2 adds .fifo to the name of a FIFO topic.
  return unless(fifo || !topicName.endsWith('.fifo'), () => ({ ...problem, got: `${describe(topicName)}, followed by .fifo` }));
}

/** The problems of an existing topic as the topic of a fan-out. */
export function existingTopicProblems(topic: sns.ITopic, fifo: boolean): Problem[] {
  const imported = topic.node.defaultChild === undefined;
  return at('topic', [
    ...arnProblems(topic.topicArn, 'sns'),
    ...kindProblems('topic', topic, fifo, '', imported && fifo
      ? 'An imported topic is a FIFO topic if its ARN ends in .fifo at synthesis; write out the name, or use FanOut.fromTopic().'
      : `Use ${fifo ? 'FanOut' : 'FifoFanOut'}.fromTopic().`),
  ]);
}

/** Creates an encrypted topic that accepts only TLS. */
export function createTopic(scope: Construct, options: TopicOptions, props: sns.TopicProps): sns.Topic {
  const removalPolicy = options.removalPolicy ?? RemovalPolicy.DESTROY;
  const encryption = options.encryption ?? Encryption.serviceManaged();
  const masterKey = encryption._key(scope, 'Key', { removalPolicy, description: `Encrypts the messages of ${scope.node.path}` });
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
  // A property injector can give the topic another key.
  removeUnusedKey(scope, masterKey, topic.masterKey && targetOf(topic.masterKey));
  // On the L1: with an imported alias, the L2 would grant every publisher KMS permissions that the AWS managed key does not need.
  if (!topic.masterKey) (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = AWS_MANAGED_KEY;
  return topic;
}

/** Without undefined props: spread over the defaults of a property injector, they would remove those. */
function given(props: sns.TopicProps): sns.TopicProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}
