import { Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { checkReachable, policyCycle } from './stack-references';
import { Place, apartFrom, placeOf } from './subscription-place';
import { roomProblem } from './topic-usage';
import { checkArn } from '../../private/arn';
import { describe } from '../../private/describe';
import { canRefer, knownApart } from '../../private/environment';
import { isOf } from '../../private/has-method';
import { Problems, checkWhenWritten } from '../../private/problems';
import { deadLetterQueueOf, factsOf } from '../../private/queue-facts';
import { SharedDeadLetterQueue } from '../../queues/shared-dead-letter-queue';
import { WorkQueue } from '../../queues/work-queue';
import { FilterPolicy } from '../filter-policy';
import { Replay } from '../replay';
import { QueueSubscriptionProps } from '../subscribers/queue-subscription';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** Adds what is wrong with a subscription, and decides where its dead letters go. */
export function checkSubscription(scope: IConstruct, problems: Problems, props: QueueSubscriptionProps): SubscriptionDeadLetters {
  const { topic, queue, filterPolicy, replay } = props ?? {};
  const fallback = SubscriptionDeadLetters.dedicated();
  for (const [prop, value, arn] of [['topic', topic, topic?.topicArn], ['queue', queue, queue?.queueArn]] as const) {
    const inner = (value as unknown as Record<string, object> | undefined)?.[prop];
    problems.require(typeof arn === 'string', () => ({
      prop,
      got: describe(value),
      allowed: `an sns.ITopic or sqs.IQueue as ${prop}`,
      fix: inner && `${prop}Arn` in inner ? `Pass its .${prop}.` : 'Pass the construct, or import it by its ARN first.',
    }));
  }
  if (problems.any) return fallback;
  checkArn(problems, 'topic', topic.topicArn, 'sns');
  checkArn(problems, 'queue', queue.queueArn, 'sqs');

  const full = roomProblem(topic);
  if (full) problems.add({ prop: 'topic', ...full });
  checkReachable(scope, problems, topic, queue);
  const cycle = policyCycle(scope, queue, topic);
  problems.require(cycle !== 'own', () => ({
    prop: 'queue',
    got: `'${queue.node.path}' of another stack, while topic and subscription are in '${Stack.of(scope).node.path}'`,
    allowed: 'a queue in the stack of the subscription',
    fix: 'The policy of the queue names the topic, so the two stacks would depend on each other; make the QueueSubscription in the stack of the queue, as addExistingQueue() does.',
  }));
  problems.require(!queue.fifo || topic.fifo, () => ({
    prop: 'queue',
    got: `the FIFO queue '${queue.node.path}'`,
    allowed: 'a standard queue, as the topic is a standard topic',
    fix: 'SNS does not deliver from a standard topic to a FIFO queue; use FifoFanOut, or Ordering.standard().',
  }));
  refuseAwsManagedKey(problems, 'queue', queue);
  const earlier = findSubscription(scope, props);
  problems.require(earlier === undefined, () => ({
    prop: 'queue',
    got: `'${queue.node.path}', which '${earlier?.node.path}' subscribes already`,
    allowed: 'a queue once for each topic',
    fix: 'Leave this one out, or merge the two filter policies; SNS would take both for one subscription.',
  }));
  problems.boolean('rawMessageDelivery', props.rawMessageDelivery, 'Give true for raw messages, or leave it out.');
  if (problems.union('filterPolicy', filterPolicy, FilterPolicy, 'FilterPolicy.onAttributes() or FilterPolicy.onBody()')) filterPolicy?._check(problems);
  if (problems.union('replay', replay, Replay, 'Replay.since() or Replay.between()')) replay?._check(problems);
  problems.require(replay === undefined || topic.fifo, {
    prop: 'replay', got: 'a replay from a standard topic', allowed: 'a replay from a FIFO topic with an archive', fix: 'Leave it out; standard topics have no archive.',
  });
  problems.require(replay === undefined || !topic.fifo || !withoutArchive(topic), () => ({
    prop: 'replay',
    got: `a replay from '${topic.node.path}', which has no archive`,
    allowed: 'a replay from a FIFO topic with an archive',
    fix: 'Give the topic an archive, or leave replay out.',
  }));
  if (!problems.union('subscriptionDeadLetters', props.subscriptionDeadLetters, SubscriptionDeadLetters, DEAD_LETTER_FACTORIES)) return fallback;
  const deadLetters = props.subscriptionDeadLetters ?? defaultDeadLetters(scope, queue, topic);
  checkDeadLetters(scope, problems, deadLetters, props);
  return deadLetters;
}

/** By stack, because the same ARN made of pseudo parameters means another resource in another stack. */
const subscriptions = new WeakMap<Stack, Map<string, IConstruct>>();

/** Remembers a subscription, so that a second one of the same queue to the same topic is refused. */
export function rememberSubscription(scope: IConstruct, { topic, queue }: QueueSubscriptionProps): void {
  const stack = Stack.of(scope);
  const known = subscriptions.get(stack) ?? new Map<string, IConstruct>();
  subscriptions.set(stack, known.set(`${topic.topicArn} ${queue.queueArn}`, scope));
}

function findSubscription(scope: IConstruct, { topic, queue }: QueueSubscriptionProps): IConstruct | undefined {
  return subscriptions.get(Stack.of(scope))?.get(`${topic.topicArn} ${queue.queueArn}`);
}

const DEAD_LETTER_FACTORIES = 'SubscriptionDeadLetters.sameAsQueue(), dedicated(), existing() or none(reason)';

function defaultDeadLetters(scope: IConstruct, queue: sqs.IQueue, topic: sns.ITopic): SubscriptionDeadLetters {
  const own = deadLetterQueueOf(queue);
  return own && own.fifo === topic.fifo && !factsOf(own).awsManagedKey && !policyCycle(scope, own, topic)
    && apartFrom(placeOf(scope, topic), own.env).length === 0 && canRefer(Stack.of(scope), own, own.queueArn)
    ? SubscriptionDeadLetters.sameAsQueue()
    : SubscriptionDeadLetters.dedicated();
}

function checkDeadLetters(scope: IConstruct, problems: Problems, deadLetters: SubscriptionDeadLetters, props: QueueSubscriptionProps): void {
  const { topic, queue } = props;
  const prop = 'subscriptionDeadLetters';
  const place = placeOf(scope, topic);
  if (deadLetters._kind === 'none') {
    problems.text(prop, deadLetters.reason ?? '', 'Say in SubscriptionDeadLetters.none(reason) why losing a message that cannot be delivered is right here.');
    return;
  }
  if (deadLetters._kind === 'dedicated') {
    checkDedicated(scope, problems, place, props);
    return;
  }
  const target = deadLetters._target(queue);
  if (typeof target?.queueArn !== 'string') {
    problems.add({
      prop,
      got: deadLetters._kind === 'same' ? 'sameAsQueue(), but the queue is not known to have a dead-letter queue' : describe(target),
      allowed: DEAD_LETTER_FACTORIES,
      fix: 'Use SubscriptionDeadLetters.dedicated(), or existing(queue).',
    });
    return;
  }
  problems.require(deadLetters._kind === 'same' || target.queueArn !== queue.queueArn, {
    prop, got: `the subscribed queue '${queue.node.path}' itself`, allowed: 'another queue', fix: 'SNS would put there what it could not put there; use SubscriptionDeadLetters.dedicated(), or another queue.',
  });
  problems.require(!policyCycle(scope, target, topic), {
    prop,
    got: `'${target.node.path}', which is in neither of these stacks`,
    allowed: 'a queue in the stack of the subscription or of the topic, or an imported one',
    fix: 'Its policy would name the topic, so stacks could depend on each other; leave subscriptionDeadLetters out or use SubscriptionDeadLetters.dedicated(), or import the queue by its ARN.',
  });
  const kind = topic.fifo ? 'FIFO' : 'standard';
  problems.require(target.fifo === topic.fifo, () => ({
    prop,
    got: `the ${target.fifo ? 'FIFO' : 'standard'} queue '${target.node.path}'`,
    allowed: `a ${kind} queue, as the topic is a ${kind} topic`,
    fix: 'Use SubscriptionDeadLetters.dedicated(), or a queue of that kind.',
  }));
  const apart = apartFrom(place, target.env);
  for (const what of apart) {
    problems.add({
      prop,
      got: `a queue in ${what} ${target.env[what]}`,
      allowed: `a queue in ${what} ${place[what]}, where the ${what === 'account' ? 'subscription' : 'topic, and so the subscription,'} is`,
      fix: 'SNS moves undeliverable messages only within the account and Region of the subscription, which is in the Region of its topic. '
        + 'Use SubscriptionDeadLetters.existing(queue) with a queue there.',
    });
  }
  // A queue that is in the wrong place is replaced anyway.
  problems.require(apart.length > 0 || canRefer(Stack.of(scope), target, target.queueArn), () => ({
    prop,
    got: `'${target.node.path}' in ${Stack.of(target).environment}, without a queueName that is written out`,
    allowed: `a queue whose name is known in ${Stack.of(scope).environment}`,
    fix: 'Give the queue a queueName; CloudFormation has no references across accounts and Regions.',
  }));
  refuseAwsManagedKey(problems, prop, target);
}

/** A dead-letter queue made for the subscription is in its stack, which may deploy to another Region than that of the topic. */
function checkDedicated(scope: IConstruct, problems: Problems, place: Place, { subscriptionDeadLetters, topic }: QueueSubscriptionProps): void {
  const { region } = Stack.of(scope);
  problems.require(!knownApart(region, place.region), () => ({
    prop: 'subscriptionDeadLetters',
    got: `${subscriptionDeadLetters ? 'dedicated()' : 'the default'}, a queue in region ${region}, where the stack of the subscription is`,
    allowed: `SubscriptionDeadLetters.existing() with a queue in region ${place.region}, where the topic, and so the subscription, is; or none(reason)`,
    fix: `SNS moves undeliverable messages only within the account and Region of the subscription. Make a ${topic.fifo ? 'FIFO ' : ''}queue with a queueName in a stack in ${place.region}, `
      + 'such as that of the topic, or import one.',
  }));
}

/** Whether the topic is made by this app and keeps no archive; an import does not tell. */
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
  const checked = receivers.filter((entry): entry is ['queue' | 'subscriptionDeadLetters', sqs.IQueue] => entry[1] !== undefined && !checksItself(entry[1]));
  if (checked.length === 0) return;
  checkWhenWritten(scope, 'QueueSubscription', problems => checked.forEach(([prop, receiver]) => refuseAwsManagedKey(problems, prop, receiver)));
}

function checksItself(queue: sqs.IQueue): boolean {
  const maker = queue.node.scope;
  return !queue.node.defaultChild || isOf(WorkQueue, maker) || isOf(SharedDeadLetterQueue, maker);
}

function refuseAwsManagedKey(problems: Problems, prop: string, queue: sqs.IQueue): void {
  problems.require(!factsOf(queue).awsManagedKey, () => ({
    prop,
    got: `the queue '${queue.node.path}', encrypted with alias/aws/sqs`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: 'Nobody can change the policy of alias/aws/sqs, so SNS could not deliver; use QueueEncryption.SQS_MANAGED or a customer key.',
  }));
}
