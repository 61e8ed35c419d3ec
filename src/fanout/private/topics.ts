import { RemovalPolicy } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TOPIC, TOPIC_LOGGING } from './fanout-bounds';
import { TopicOptions } from './topic-options';
import { Encryption } from '../../access/encryption';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { kindProblems } from '../../private/environment';
import { removeUnusedKey, targetOf } from '../../private/keys';
import { nameProblems } from '../../private/names';
import { Problem, at } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';

const AWS_MANAGED_KEY = 'alias/aws/sns';

/** The problems of the props of a fan-out that creates its topic. */
export function topicProblems(scope: Construct, options: TopicOptions, fifo: boolean): Problem[] {
  const { encryption, loggingConfigs = [] } = options;
  return [
    ...at('encryption', encryption?._check(scope, { service: 'SNS', what: 'topic' }) ?? []),
    ...checkBounds(TOPIC, options),
    ...nameProblems('topic', options.topicName, fifo),
    ...loggingConfigs.flatMap((config, index) => at(`loggingConfigs[${index}]`, checkBounds(TOPIC_LOGGING, config))),
    ...removalPolicyProblems(options.removalPolicy),
  ];
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
  removeUnusedKey(scope, masterKey, targetOf(topic.masterKey));
  // On the L1: with an imported alias, the L2 would grant every publisher KMS permissions that the AWS managed key does not need.
  if (!topic.masterKey) (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = AWS_MANAGED_KEY;
  return topic;
}

/** Without undefined props: spread over the defaults of a property injector, they would remove those. */
function given(props: sns.TopicProps): sns.TopicProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}
