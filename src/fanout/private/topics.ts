import { RemovalPolicy, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DeliveryStatus, allowDeliveryStatus, completeDeliveryStatus, deliveryStatusProblems } from './delivery-status';
import { deliveryStatusRoleProblems } from './delivery-status-roles';
import { TOPIC } from './fanout-bounds';
import { TopicOptions } from './topic-options';
import { Encryption } from '../../access/encryption';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { kindProblems } from '../../private/environment';
import { removeUnusedKey, targetOf } from '../../private/keys';
import { nameProblems } from '../../private/names';
import { Problem, at, unless } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';

const AWS_MANAGED_KEY = 'alias/aws/sns';

/** The problems of the props of a fan-out that creates its topic. */
export function topicProblems(scope: Construct, options: TopicOptions, fifo: boolean): Problem[] {
  const { encryption, loggingConfigs = [] } = options;
  return [
    ...at('encryption', encryption?._check(scope, { service: 'SNS', what: 'topic' }) ?? []),
    ...checkBounds(TOPIC, options),
    ...nameProblems('topic', options.topicName, fifo),
    ...signatureProblems(options.signatureVersion),
    ...deliveryStatusProblems(loggingConfigs),
    ...deliveryStatusRoleProblems(scope, loggingConfigs),
    ...removalPolicyProblems(options.removalPolicy),
  ];
}

/** The L2 has the type string for it. */
function signatureProblems(version: string | undefined): Problem[] {
  return unless(version === undefined || Token.isUnresolved(version) || ['1', '2'].includes(version), () => ({
    prop: 'signatureVersion', got: `'${version}'`, allowed: "'1' or '2'", fix: "Omit it for '2', which signs with SHA-256.",
  }));
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

/** A topic that a fan-out creates, with the role of its delivery status logs. */
export interface CreatedTopic {
  readonly topic: sns.Topic;
  readonly deliveryStatusRole?: DeliveryStatus['role'];
}

/** Creates an encrypted topic that accepts only TLS. */
export function createTopic(scope: Construct, options: TopicOptions, props: sns.TopicProps): CreatedTopic {
  const removalPolicy = options.removalPolicy ?? RemovalPolicy.DESTROY;
  const encryption = options.encryption ?? Encryption.serviceManaged();
  const masterKey = encryption._key(scope, 'Key', { removalPolicy, description: `Encrypts the messages of ${scope.node.path}` });
  const { loggingConfigs, role: deliveryStatusRole } = completeDeliveryStatus(scope, options.loggingConfigs);
  const topic = new sns.Topic(scope, 'Topic', given({
    ...props,
    masterKey,
    displayName: options.displayName,
    loggingConfigs,
    enforceSSL: true,
    // SHA-256 instead of SHA-1.
    signatureVersion: options.signatureVersion ?? '2',
  }));
  if (deliveryStatusRole) allowDeliveryStatus(scope, deliveryStatusRole, topic);
  // The L2 has no such prop, and neither has the L1 of the floor.
  if (options.maxMessageSize) (topic.node.defaultChild as sns.CfnTopic).addPropertyOverride('MaximumMessageSize', options.maxMessageSize.toBytes());
  topic.applyRemovalPolicy(removalPolicy);
  // A property injector can give the topic another key.
  removeUnusedKey(scope, masterKey, targetOf(topic.masterKey));
  // On the L1: with an imported alias, the L2 would grant every publisher KMS permissions that the AWS managed key does not need.
  if (!topic.masterKey) (topic.node.defaultChild as sns.CfnTopic).kmsMasterKeyId = AWS_MANAGED_KEY;
  return { topic, deliveryStatusRole };
}

/** Without undefined props: spread over the defaults of a property injector, they would remove those. */
function given(props: sns.TopicProps): sns.TopicProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
}
