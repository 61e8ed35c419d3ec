import { Size, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { TOPIC, TOPIC_POLICY } from './fanout-bounds';
import { maximumMessageSize, subscriptionCountProblems } from './topic-usage';
import { Wiring } from './topic-wiring';
import { PolicySize } from '../../private/policy-size';
import { Problem, unless } from '../../private/problems';
import { warn } from '../../private/warnings';
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
  const { bytes, statements } = TOPIC_POLICY;
  return [
    ...unless(size.statements <= statements.max, () => ({
      prop: 'topic', got: `${size.statements} statements in the policy of '${topic.node.path}'`, allowed: `at most ${statements.max} statements`, fix: statements.fix,
    })),
    ...unless(size.leastBytes <= bytes.max, () => ({
      prop: 'topic policy',
      got: `at least ${size.leastBytes} bytes in the policy of '${topic.node.path}'; the largest statements are ${size.largest}`,
      allowed: `at most ${bytes.max} bytes`,
      fix: bytes.fix,
    })),
  ];
}

/** Warns if a policy probably has more bytes than SNS accepts, because of ARNs that are only known at deployment. */
export function warnOfPolicySize({ scope, topic }: Wiring, construct: 'FanOut' | 'FifoFanOut', size: PolicySize): void {
  const { bytes } = TOPIC_POLICY;
  if (size.leastBytes > bytes.max || size.likelyBytes <= bytes.max) return;
  warn(scope, `${construct}.policySize`,
    `the policy of '${topic.node.path}' has about ${size.likelyBytes} bytes, and SNS accepts ${bytes.max}. The largest statements are ${size.largest}. ${bytes.fix} `
    + 'ARNs that are only known at deployment are estimated.');
}
