import { Size, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { TOPIC, TOPIC_POLICY } from './fanout-bounds';
import { maximumMessageSize, subscriptionCountProblems } from './topic-usage';
import { Wiring } from './topic-wiring';
import { LimitedPolicy, PolicySize, byteProblems } from '../../private/policy-size';
import { Problem, unless } from '../../private/problems';
import { writtenProperty } from '../../private/written';

/** The problems of properties of a topic that an aspect, a property injector or an escape hatch changed after the checks of the constructor. */
export function changedTopicProblems(construct: 'FanOut' | 'FifoFanOut', topic: sns.ITopic, resource: sns.CfnTopic): Problem[] {
  const fifo = writtenProperty(resource, 'FifoTopic', resource.fifoTopic) ?? false;
  const size = maximumMessageSize(resource);
  return [
    ...unless(fifo === (construct === 'FifoFanOut') || typeof fifo !== 'boolean', () => ({
      prop: 'topic',
      got: `FifoTopic ${fifo} on '${topic.node.path}'`,
      allowed: `a ${construct === 'FifoFanOut' ? 'FIFO' : 'standard'} topic`,
      fix: `Use ${fifo === true ? 'FifoFanOut' : 'FanOut'}, and remove the aspect, injector or override that sets FifoTopic.`,
    })),
    ...typeof size === 'number' && !Token.isUnresolved(size) ? sizeProblems(topic, size) : [],
    ...subscriptionCountProblems(topic),
  ];
}

function sizeProblems(topic: sns.ITopic, bytes: number): Problem[] {
  const { maxMessageSize } = TOPIC;
  // Size.bytes() refuses negative numbers.
  const isAllowed = bytes >= 0 && maxMessageSize.known(Size.bytes(bytes)) !== undefined;
  return unless(isAllowed, () => ({
    prop: 'maxMessageSize', got: `MaximumMessageSize ${bytes} on '${topic.node.path}'`, allowed: maxMessageSize.allowed, fix: maxMessageSize.fix,
  }));
}

/** What SNS would refuse in the policy of a topic: what is certainly too much. It has a statement for each account that subscribes, besides those of the publishers. */
export function policySizeProblems({ topic }: Wiring, size: PolicySize): Problem[] {
  const { statements } = TOPIC_POLICY;
  return [
    ...unless(size.statements <= statements.max, () => ({
      prop: 'topic', got: `${size.statements} statements in the policy of '${topic.node.path}'`, allowed: `at most ${statements.max} statements`, fix: statements.fix,
    })),
    ...byteProblems(topicPolicy(topic), size),
  ];
}

/** The policy of a topic, with its limit. */
export function topicPolicy(topic: sns.ITopic): LimitedPolicy {
  return { resource: topic, service: 'SNS', prop: 'topic policy', limit: TOPIC_POLICY.bytes };
}
