import { Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { Binding } from './bind-subscription';
import { filterPolicyProblems } from './filter-limits';
import { protocolProblems } from './protocol-checks';
import { policyCycle, reachableProblems } from './stack-references';
import { earlierSubscription, roomProblems } from './topic-usage';
import { arnProblems } from '../../private/arn';
import { Place, apart, canRefer, kindProblems, knownApart, placeProblems } from '../../private/environment';
import { Problem, at, checkWhenWritten, unless } from '../../private/problems';
import { deadLetterQueueOf, factsOf } from '../../private/queue-facts';
import { innermost, isSameResource } from '../../private/same-resource';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** The method that replaces the dead letters of a subscription, in the words of an error message. */
export const APPLIED = 'SubscriptionDeadLetters.applyTo(subscription)';

/** The problems of a subscription of any protocol. */
export function subscriptionProblems(binding: Binding, deadLetters: SubscriptionDeadLetters): Problem[] {
  const { place, topic, queue, config } = binding;
  return [
    ...roomProblems(topic),
    ...at('topic', arnProblems(topic.topicArn, 'sns')),
    ...reachableProblems(place, topic),
    ...queue ? queueProblems(topic, queue) : [],
    ...protocolProblems(binding),
    ...repetitionProblems(binding),
    ...filterProblems(config),
    ...replayProblems(binding),
    ...at(binding.deadLettersProp, deadLetterProblems(binding, deadLetters)),
  ];
}

/** The CDK writes only one of two filter policies, without an error. */
function filterProblems({ filterPolicy, filterPolicyWithMessageBody: bodyPolicy }: Binding['config']): Problem[] {
  return [
    ...filterPolicy ? filterPolicyProblems(filterPolicy) : [],
    ...bodyPolicy ? filterPolicyProblems(bodyPolicy) : [],
    ...unless(filterPolicy === undefined || bodyPolicy === undefined, () => ({
      prop: 'filterPolicyWithMessageBody',
      got: 'a filter policy for the body, together with filterPolicy for the attributes',
      allowed: 'one of the two',
      fix: 'A subscription has one filter policy; subscribe another endpoint for the other, or put all conditions into one of them.',
    })),
  ];
}

function queueProblems(topic: sns.ITopic, queue: sqs.IQueue): Problem[] {
  return [
    ...at('queue', arnProblems(queue.queueArn, 'sqs')),
    // A standard queue can have either.
    ...at('queue', queue.fifo ? kindProblems('queue', queue, topic.fifo, 'as the topic is a standard topic',
      'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or Ordering.standard().') : []),
    ...awsManagedKeyProblems('queue', queue),
  ];
}

function repetitionProblems(binding: Binding): Problem[] {
  const earlier = earlierSubscription(binding);
  if (!earlier) return [];
  const { place, config, queue } = binding;
  const endpoint = Token.isUnresolved(config.endpoint) ? place.node.path : config.endpoint;
  return [repeatedProblem(queue ? 'queue' : 'endpoint', queue?.node.path ?? endpoint, earlier.node.path)];
}

/** A problem for a queue or an endpoint that is subscribed to the topic already. */
export function repeatedProblem(prop: 'queue' | 'endpoint', subscriber: string, by: string): Problem {
  return {
    prop,
    got: `'${subscriber}', which '${by}' already subscribes`,
    allowed: `${prop === 'queue' ? 'a queue' : 'an endpoint'} once for each topic`,
    fix: 'Omit this one, or merge the two filter policies; SNS would treat both as one subscription.',
  };
}

function replayProblems({ topic, replay }: Binding): Problem[] {
  if (replay === undefined) return [];
  const archive = 'a replay from a FIFO topic with an archive';
  return [
    ...at('replay', replay._check()),
    ...unless(topic.fifo, () => ({ prop: 'replay', got: 'a replay from a standard topic', allowed: archive, fix: 'Omit it; standard topics have no archive.' })),
    ...unless(!topic.fifo || !withoutArchive(topic), () => ({
      prop: 'replay', got: `a replay from '${topic.node.path}', which has no archive`, allowed: archive, fix: 'Specify an archiveRetention for the FifoFanOut, or omit replay.',
    })),
  ];
}

/** Whether this app creates the topic, without an archive. The archive of an imported topic is not known. */
function withoutArchive(topic: sns.ITopic): boolean {
  const resource = topic.node.defaultChild as sns.CfnTopic | undefined;
  return resource !== undefined && resource.archivePolicy === undefined;
}

/**
 * Where a subscription is: in the account of the stack that creates it, and in the Region of the topic.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
 */
export function placeOf(scope: IConstruct, topic: sns.ITopic): Place {
  const { account, region } = Stack.of(scope);
  return { account, region: Token.isUnresolved(topic.env.region) ? region : topic.env.region };
}

/** The dead letters that the user chose, or the default. */
export function chooseDeadLetters({ place, topic, queue, deadLetters }: Binding): SubscriptionDeadLetters {
  if (deadLetters) return deadLetters;
  const own = queue && deadLetterQueueOf(queue);
  return own && own.fifo === topic.fifo && !factsOf(own).awsManagedKey && !policyCycle(place, own, topic)
    && apart(placeOf(place, topic), own.env).length === 0 && canRefer(Stack.of(place), own, own.queueArn)
    ? SubscriptionDeadLetters.sameAsQueue()
    : SubscriptionDeadLetters.dedicated();
}

function deadLetterProblems(binding: Binding, deadLetters: SubscriptionDeadLetters): Problem[] {
  const { place, topic, queue, deadLettersProp } = binding;
  if (deadLetters._kind === 'none') return deadLetters._check();
  if (deadLetters._kind === 'dedicated') return dedicatedProblems(binding);
  const target = deadLetters._target(queue);
  if (!target) {
    return [{
      prop: '',
      got: `sameAsQueue(), but ${queue ? 'the queue is not known to have a dead-letter queue' : 'the subscriber is not a queue'}`,
      allowed: 'SubscriptionDeadLetters.dedicated(), existing() or none(reason)',
      fix: 'Use SubscriptionDeadLetters.dedicated(), or existing(queue).',
    }];
  }
  const own = placeOf(place, topic);
  const elsewhere = placeProblems('queue', target.env, { ...own, because: 'where the subscription is, which is in the Region of its topic' },
    'SNS moves undeliverable messages only within the account and Region of the subscription. Use SubscriptionDeadLetters.existing(queue) with a queue there.');
  return [
    ...unless(deadLetters._kind === 'same' || !queue || !(isSameResource(target, queue) || target.queueArn === queue.queueArn), () => ({
      prop: '', got: `the subscribed queue '${target.node.path}' itself`, allowed: 'another queue', fix: 'When SNS needs the dead-letter queue, it cannot deliver to this queue; use SubscriptionDeadLetters.dedicated(), or another queue.',
    })),
    ...unless(!policyCycle(place, target, topic), () => ({
      prop: '',
      got: `'${target.node.path}', which is in neither of these stacks`,
      allowed: 'a queue in the stack of the subscription or of the topic, or an imported one',
      fix: `Its policy would name the topic, so stacks could depend on each other; ${deadLettersProp === APPLIED ? '' : `omit ${deadLettersProp}, or `}use ${factory(binding, 'dedicated()')}, or import the queue by its ARN.`,
    })),
    ...kindProblems('queue', target, topic.fifo, `as the topic is a ${topic.fifo ? 'FIFO' : 'standard'} topic`, 'Use SubscriptionDeadLetters.dedicated(), or a queue of this kind.'),
    ...elsewhere,
    // The user has to replace a queue in the wrong account or Region anyway.
    ...unless(elsewhere.length > 0 || canRefer(Stack.of(place), target, target.queueArn), () => ({
      prop: '',
      got: `'${target.node.path}' in ${Stack.of(target).environment}, without a queueName that is written out`,
      allowed: `a queue whose name is known in ${Stack.of(place).environment}`,
      fix: 'Specify a queueName for the queue; CloudFormation has no references across accounts and Regions.',
    })),
    ...awsManagedKeyProblems('', target),
  ];
}

/** How to choose dead letters for a subscription: those of the CDK have no prop for it. */
function factory({ deadLettersProp }: Binding, choice: string): string {
  return `SubscriptionDeadLetters.${choice}${deadLettersProp === 'subscriptionDeadLetters' ? '' : '.applyTo(subscription)'}`;
}

/** A dedicated dead-letter queue is in the stack of the subscription, whose Region can differ from that of the topic. */
function dedicatedProblems(binding: Binding): Problem[] {
  const { place, topic, deadLetters } = binding;
  const [{ region }, own] = [Stack.of(place), placeOf(place, topic)];
  return unless(!knownApart(region, own.region), () => ({
    prop: '',
    got: `${deadLetters ? 'dedicated()' : 'the default'}, a queue in Region ${region}, where the stack of the subscription is`,
    allowed: `${factory(binding, 'existing(queue)')} with a queue in Region ${own.region}, where the topic, and so the subscription, is; or none(reason)`,
    fix: `SNS moves undeliverable messages only within the account and Region of the subscription. Create a ${topic.fifo ? 'FIFO ' : ''}queue with a queueName in a stack in ${own.region}, `
      + 'such as that of the topic, or import one.',
  }));
}

/**
 * Checks the encryption of the queues when the template is written, because an aspect or an escape hatch can change it.
 *
 * A work queue and a shared dead-letter queue check themselves; an imported queue does not change.
 */
export function checkEncryptionAtSynth({ place, construct, queue }: Pick<Binding, 'place' | 'construct' | 'queue'>, deadLetterQueue: sqs.IQueue | undefined): void {
  const receivers = [['queue', queue], ['subscriptionDeadLetters', deadLetterQueue]] as const;
  const checked = receivers.flatMap(([prop, receiver]) => receiver && !checksItself(receiver) ? [{ prop, receiver }] : []);
  if (checked.length > 0) checkWhenWritten(place, construct, () => checked.flatMap(({ prop, receiver }) => awsManagedKeyProblems(prop, receiver)));
}

function checksItself(queue: sqs.IQueue): boolean {
  return !queue.node.defaultChild || innermost(queue).node.scope instanceof sqs.QueueBase;
}

/** A problem for a queue whose key a service cannot use. */
export function awsManagedKeyProblems(prop: string, queue: sqs.IQueue, service: string = 'SNS'): Problem[] {
  return unless(!factsOf(queue).awsManagedKey, () => ({
    prop,
    got: `the queue '${queue.node.path}', encrypted with alias/aws/sqs`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: `The policy of alias/aws/sqs cannot be changed, so ${service} could not deliver; use QueueEncryption.SQS_MANAGED or a customer key.`,
  }));
}
