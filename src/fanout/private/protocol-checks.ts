import { IResource, Stack, Token } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { Binding } from './bind-subscription';
import { deliveryPolicyProblems } from './delivery-policy';
import { endpointProblems } from './endpoint-checks';
import { FILTER_POLICY } from './fanout-bounds';
import { filterDocumentOf, wildcardComplexity } from './filter-limits';
import { PROTOCOLS, protocolsWith } from './protocols';
import { allowsLargeMessages } from './topic-usage';
import { knownApart } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import { warn } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** What SNS does not support for the protocol of a subscription. */
export function protocolProblems(binding: Binding): Problem[] {
  const { topic, config: { protocol, rawMessageDelivery, deliveryPolicy, subscriptionRoleArn } } = binding;
  const supported = PROTOCOLS[protocol];
  return [
    ...unless(!topic.fifo || supported.fifo === true, () => ({
      prop: 'protocol', got: `'${protocol}'`, allowed: "'sqs', as the topic is a FIFO topic", fix: 'SNS delivers messages from a FIFO topic only to queues; subscribe a queue that the endpoint consumes, or use FanOut.',
    })),
    ...largeMessageProblems(topic, protocol),
    ...unless(supported.rawMessageDelivery === true || rawMessageDelivery !== true, () => ({
      prop: 'rawMessageDelivery', got: `true for '${protocol}'`, allowed: `raw delivery to ${protocolsWith('rawMessageDelivery')}`, fix: 'Omit it.',
    })),
    ...unless(supported.deliveryPolicy === true || deliveryPolicy === undefined, () => ({
      prop: 'deliveryPolicy', got: `a delivery policy for '${protocol}'`, allowed: `a delivery policy for ${protocolsWith('deliveryPolicy')}`, fix: 'Omit it; SNS defines the retries of this protocol.',
    })),
    ...deliveryPolicy && supported.deliveryPolicy ? at('deliveryPolicy', deliveryPolicyProblems(deliveryPolicy, rawMessageDelivery === true)) : [],
    ...unless(protocol !== sns.SubscriptionProtocol.FIREHOSE || subscriptionRoleArn !== undefined, () => ({
      prop: 'subscriptionRoleArn', got: 'none', allowed: "a role for 'firehose'", fix: 'Use FirehoseSubscription, which creates the role.',
    })),
    ...endpointProblems(binding),
    ...protocol === sns.SubscriptionProtocol.FIREHOSE ? deliveryStreamProblems(binding) : [],
    ...protocol === sns.SubscriptionProtocol.LAMBDA ? functionProblems(binding) : [],
  ];
}

/** A topic that accepts messages of more than 256 KiB delivers only by some protocols. */
export function largeMessageProblems(topic: sns.ITopic, protocol: sns.SubscriptionProtocol): Problem[] {
  return unless(PROTOCOLS[protocol].largeMessages === true || !allowsLargeMessages(topic), () => ({
    prop: 'protocol',
    got: `'${protocol}'`,
    allowed: `${protocolsWith('largeMessages')}, as the topic accepts messages of more than 256 KiB`,
    fix: 'Lower maxMessageSize of the fan-out to 256 KiB, or subscribe a queue or function that forwards a smaller message.',
  }));
}

/** Warns if SNS probably finds the wildcards of the filter policy too complex. */
export function warnOfWildcards({ place, config: { filterPolicy, filterPolicyWithMessageBody: bodyPolicy } }: Binding): void {
  const policy = filterPolicy ?? bodyPolicy;
  const { max, fix } = FILTER_POLICY.complexity;
  const complexity = policy === undefined ? 0 : wildcardComplexity(filterDocumentOf(policy));
  if (complexity <= max) return;
  warn(place, 'QueueSubscription.wildcardComplexity',
    `the patterns with wildcards in this filter policy have a complexity of about ${complexity}, and SNS accepts ${max}. ${fix} This is an estimate: it counts 1 for a pattern with one wildcard `
    + 'and 3 for a pattern with more, adds them for a key, and multiplies the keys.');
}

/** https://docs.aws.amazon.com/sns/latest/dg/prereqs-kinesis-data-firehose.html */
function deliveryStreamProblems({ place, topic, config: { endpoint } }: Binding): Problem[] {
  const stack = Stack.of(place);
  // An imported delivery stream can be in another account and Region than its stack, and its `env` does not say so.
  const [, , , region = stack.region, account = stack.account] = endpoint.split(':');
  return [
    ...unless(!knownApart(topic.env.region, region), () => ({
      prop: 'topic',
      got: `a topic in Region ${topic.env.region}, and a delivery stream in Region ${region}`,
      allowed: 'a delivery stream in the Region of the topic',
      fix: 'SNS delivers only to queues and functions in other Regions; subscribe a delivery stream in the Region of the topic.',
    })),
    ...unless(!knownApart(stack.account, account), () => ({
      prop: 'endpoint',
      got: `a delivery stream of account ${account}, and a stack in account ${stack.account}`,
      allowed: `a delivery stream of account ${stack.account}`,
      fix: 'SNS delivers with a role of the account of the subscription, and a delivery stream has no policy that lets in a role of another account; subscribe it in a stack '
        + `in account ${account}.`,
    })),
    ...unless(!readsSource(place.node.scope!), () => ({
      prop: 'endpoint',
      got: `'${place.node.scope!.node.path}', which reads from a Kinesis data stream or from Kafka`,
      allowed: 'a delivery stream that accepts PutRecord',
      fix: 'Use a delivery stream with direct put as its source, such as a FirehoseStream with new DirectPut().',
    })),
  ];
}

/**
 * Whether a delivery stream of this app has another source than direct put.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
 */
function readsSource({ node: { defaultChild } }: IConstruct): boolean {
  if (!firehose.CfnDeliveryStream.isCfnDeliveryStream(defaultChild)) return false;
  const type = writtenProperty(defaultChild, 'DeliveryStreamType', defaultChild.deliveryStreamType);
  return type !== undefined && !Token.isUnresolved(type) && type !== 'DirectPut';
}

function functionProblems({ place, topic }: Binding): Problem[] {
  const { region } = Stack.of(place);
  const subscriber = place.node.scope as IResource;
  const hasPermission = subscriber.node.children.some(child => lambda.CfnPermission.isCfnPermission(child) && child.sourceArn === topic.topicArn);
  return unless(!hasPermission || !knownApart(subscriber.env.region, region), () => ({
    prop: 'endpoint',
    got: `the function '${subscriber.node.path}' in Region ${subscriber.env.region}, and a stack in Region ${region}`,
    allowed: `a function in Region ${region}`,
    fix: 'Lambda takes a permission only in the Region of the function; subscribe it in a stack there, or import it with sameEnvironment: false if it has the permission.',
  }));
}
