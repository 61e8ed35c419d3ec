import { Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { policyCycle, reachableProblems } from './stack-references';
import { placeOf } from './subscription-place';
import { roomProblem } from './topic-usage';
import { arnProblems } from '../../private/arn';
import { apart, canRefer, kindProblems, knownApart, placeProblems } from '../../private/environment';
import { Problem, at, checkWhenWritten, unless } from '../../private/problems';
import { deadLetterQueueOf, factsOf } from '../../private/queue-facts';
import { SharedDeadLetterQueue } from '../../queues/shared-dead-letter-queue';
import { WorkQueue } from '../../queues/work-queue';
import { QueueSubscriptionProps } from '../subscribers/queue-subscription';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** What is wrong with a subscription. */
export function subscriptionProblems(scope: IConstruct, props: QueueSubscriptionProps, deadLetters: SubscriptionDeadLetters): Problem[] {
  const { topic, filterPolicy } = props;
  const full = roomProblem(topic);
  return [
    ...at('topic', arnProblems(topic.topicArn, 'sns')),
    ...full ? [{ prop: 'topic', ...full }] : [],
    ...queueProblems(scope, props),
    ...filterPolicy?._check() ?? [],
    ...replayProblems(props),
    ...at('subscriptionDeadLetters', deadLetterProblems(scope, deadLetters, props)),
  ];
}

function queueProblems(scope: IConstruct, { topic, queue }: QueueSubscriptionProps): Problem[] {
  const earlier = findSubscription(scope, topic, queue);
  return [
    ...at('queue', arnProblems(queue.queueArn, 'sqs')),
    ...reachableProblems(scope, topic, queue),
    ...at('queue', [
      ...unless(policyCycle(scope, queue, topic) !== 'own', () => ({
        prop: '',
        got: `'${queue.node.path}' of another stack, while topic and subscription are in '${Stack.of(scope).node.path}'`,
        allowed: 'a queue in the stack of the subscription',
        fix: 'The policy of the queue names the topic, so the two stacks would depend on each other; create the QueueSubscription in the stack of the queue, as addExistingQueue() does.',
      })),
      // A standard queue can have either kind of topic.
      ...queue.fifo ? kindProblems('queue', queue, topic.fifo, 'as the topic is a standard topic',
        'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or Ordering.standard().') : [],
      ...awsManagedKeyProblems(queue),
      ...unless(earlier === undefined, () => ({
        prop: '',
        got: `'${queue.node.path}', which '${earlier?.node.path}' subscribes already`,
        allowed: 'a queue once for each topic',
        fix: 'Leave this one out, or merge the two filter policies; SNS would take both for one subscription.',
      })),
    ]),
  ];
}

function replayProblems({ topic, replay }: QueueSubscriptionProps): Problem[] {
  if (replay === undefined) return [];
  const allowed = 'a replay from a FIFO topic with an archive';
  return at('replay', [
    ...replay._check(),
    ...unless(topic.fifo, () => ({ prop: '', got: 'a replay from a standard topic', allowed, fix: 'Leave it out; standard topics have no archive.' })),
    ...unless(!topic.fifo || !withoutArchive(topic), () => ({
      prop: '', got: `a replay from '${topic.node.path}', which has no archive`, allowed, fix: 'Give the topic an archive, or leave replay out.',
    })),
  ]);
}

/** By stack, because the same ARN made of pseudo parameters means another resource in another stack. */
const subscriptions = new WeakMap<Stack, Map<string, IConstruct>>();

/** Remembers a subscription, so that a second one of the same queue to the same topic is refused. */
export function rememberSubscription(scope: IConstruct, { topic, queue }: QueueSubscriptionProps): void {
  const stack = Stack.of(scope);
  const known = subscriptions.get(stack) ?? new Map<string, IConstruct>();
  subscriptions.set(stack, known.set(`${topic.topicArn} ${queue.queueArn}`, scope));
}

function findSubscription(scope: IConstruct, topic: sns.ITopic, queue: sqs.IQueue): IConstruct | undefined {
  return subscriptions.get(Stack.of(scope))?.get(`${topic.topicArn} ${queue.queueArn}`);
}

const DEAD_LETTER_FACTORIES = 'SubscriptionDeadLetters.sameAsQueue(), dedicated(), existing() or none(reason)';

/** Where the messages go that SNS cannot deliver: the choice of the user, or the default. */
export function chooseDeadLetters(scope: IConstruct, { topic, queue, subscriptionDeadLetters }: QueueSubscriptionProps): SubscriptionDeadLetters {
  if (subscriptionDeadLetters) return subscriptionDeadLetters;
  const own = deadLetterQueueOf(queue);
  return own && own.fifo === topic.fifo && !factsOf(own).awsManagedKey && !policyCycle(scope, own, topic)
    && apart(placeOf(scope, topic), own.env).length === 0 && canRefer(Stack.of(scope), own, own.queueArn)
    ? SubscriptionDeadLetters.sameAsQueue()
    : SubscriptionDeadLetters.dedicated();
}

function deadLetterProblems(scope: IConstruct, deadLetters: SubscriptionDeadLetters, props: QueueSubscriptionProps): Problem[] {
  if (deadLetters._kind === 'none') return deadLetters._check();
  if (deadLetters._kind === 'dedicated') return dedicatedProblems(scope, props);
  const { topic, queue } = props;
  const target = deadLetters._target(queue);
  if (target === undefined) {
    return [{
      prop: '',
      got: 'sameAsQueue(), but the queue is not known to have a dead-letter queue',
      allowed: DEAD_LETTER_FACTORIES,
      fix: 'Use SubscriptionDeadLetters.dedicated(), or existing(queue).',
    }];
  }
  const elsewhere = placeProblems('queue', target.env, { ...placeOf(scope, topic), because: 'where the subscription is, which is in the Region of its topic' },
    'SNS moves undeliverable messages only within the account and Region of the subscription. Use SubscriptionDeadLetters.existing(queue) with a queue there.');
  return [
    ...unless(deadLetters._kind === 'same' || target.queueArn !== queue.queueArn, () => ({
      prop: '', got: `the subscribed queue '${queue.node.path}' itself`, allowed: 'another queue', fix: 'SNS could not deliver the message to this queue before; use SubscriptionDeadLetters.dedicated(), or another queue.',
    })),
    ...unless(policyCycle(scope, target, topic) === undefined, () => ({
      prop: '',
      got: `'${target.node.path}', which is in neither of these stacks`,
      allowed: 'a queue in the stack of the subscription or of the topic, or an imported one',
      fix: 'Its policy would name the topic, so stacks could depend on each other; leave subscriptionDeadLetters out or use SubscriptionDeadLetters.dedicated(), or import the queue by its ARN.',
    })),
    ...kindProblems('queue', target, topic.fifo, `as the topic is a ${topic.fifo ? 'FIFO' : 'standard'} topic`, 'Use SubscriptionDeadLetters.dedicated(), or a queue of that kind.'),
    ...elsewhere,
    // A queue that is in the wrong place is replaced anyway.
    ...unless(elsewhere.length > 0 || canRefer(Stack.of(scope), target, target.queueArn), () => ({
      prop: '',
      got: `'${target.node.path}' in ${Stack.of(target).environment}, without a queueName that is written out`,
      allowed: `a queue whose name is known in ${Stack.of(scope).environment}`,
      fix: 'Give the queue a queueName; CloudFormation has no references across accounts and Regions.',
    })),
    ...awsManagedKeyProblems(target),
  ];
}

/** A dead-letter queue of the subscription alone is in its stack, which may deploy to another Region than that of the topic. */
function dedicatedProblems(scope: IConstruct, { topic, subscriptionDeadLetters }: QueueSubscriptionProps): Problem[] {
  const [{ region }, place] = [Stack.of(scope), placeOf(scope, topic)];
  return unless(!knownApart(region, place.region), () => ({
    prop: '',
    got: `${subscriptionDeadLetters ? 'dedicated()' : 'the default'}, a queue in Region ${region}, where the stack of the subscription is`,
    allowed: `SubscriptionDeadLetters.existing() with a queue in Region ${place.region}, where the topic, and so the subscription, is; or none(reason)`,
    fix: `SNS moves undeliverable messages only within the account and Region of the subscription. Create a ${topic.fifo ? 'FIFO ' : ''}queue with a queueName in a stack in ${place.region}, `
      + 'such as that of the topic, or import one.',
  }));
}

/** Whether the topic is created by this app and keeps no archive; an import does not tell. */
function withoutArchive(topic: sns.ITopic): boolean {
  const resource = topic.node.defaultChild as sns.CfnTopic | undefined;
  return resource !== undefined && resource.archivePolicy === undefined;
}

/**
 * Checks what an aspect or an escape hatch made of the encryption of the queues when the template is written.
 *
 * A work queue and a shared dead-letter queue check their own; an imported queue does not change.
 */
export function checkEncryptionAtSynth(scope: IConstruct, queue: sqs.IQueue, deadLetterQueue: sqs.IQueue | undefined): void {
  const receivers = [['queue', queue], ['subscriptionDeadLetters', deadLetterQueue]] as const;
  const checked = receivers.flatMap(([prop, receiver]) => receiver && !checksItself(receiver) ? [{ prop, receiver }] : []);
  if (checked.length > 0) checkWhenWritten(scope, 'QueueSubscription', () => checked.flatMap(({ prop, receiver }) => at(prop, awsManagedKeyProblems(receiver))));
}

function checksItself(queue: sqs.IQueue): boolean {
  const creator = queue.node.scope;
  return !queue.node.defaultChild || creator instanceof WorkQueue || creator instanceof SharedDeadLetterQueue;
}

function awsManagedKeyProblems(queue: sqs.IQueue): Problem[] {
  return unless(!factsOf(queue).awsManagedKey, () => ({
    prop: '',
    got: `the queue '${queue.node.path}', encrypted with alias/aws/sqs`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: 'Nobody can change the policy of alias/aws/sqs, so SNS could not deliver; use QueueEncryption.SQS_MANAGED or a customer key.',
  }));
}
