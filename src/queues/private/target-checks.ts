import { Duration, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { describe } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { Problems } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { EventDeadLetters } from '../event-dead-letters';
import { Deduplication } from '../ordering';
import { WorkQueue } from '../work-queue';
import { WorkQueueTargetProps } from '../work-queue-target';

const FACTORIES = 'EventDeadLetters.sameAsQueue(), existing() or none(reason)';

/** Throws one error that names everything wrong with a target, and tells where its dead letters go. */
export function checkTarget(workQueue: WorkQueue, props: WorkQueueTargetProps): sqs.IQueue | undefined {
  const problems = new Problems(workQueue, 'WorkQueueTarget');
  checkGroup(problems, workQueue, props.messageGroupId);
  problems.instance('input', props.input, 'bind', 'an events.RuleTargetInput, such as events.RuleTargetInput.fromObject()');
  problems.integer('retryAttempts', props.retryAttempts, { min: 0, max: 185, fix: 'Give a count in this range, or leave it out for 185.' });
  problems.seconds('maxEventAge', props.maxEventAge, {
    min: Duration.minutes(1), max: Duration.hours(24), fix: 'Give a time in this range, or leave it out for 24 hours.',
  });
  let deadLetterQueue: sqs.IQueue | undefined;
  if (problems.union('deadLetters', props.deadLetters, EventDeadLetters, FACTORIES)) deadLetterQueue = checkDeadLetters(problems, workQueue, props.deadLetters);
  problems.throwFromMethod();
  return deadLetterQueue;
}

function checkGroup(problems: Problems, { ordering }: WorkQueue, group: string | undefined): void {
  problems.require(!ordering.isFifo || ordering.deduplication === Deduplication.CONTENT_BASED, {
    prop: 'workQueue',
    got: 'a FIFO queue with Deduplication.EXPLICIT',
    allowed: 'a standard queue, or a FIFO queue with Deduplication.CONTENT_BASED',
    fix: 'EventBridge sends no deduplication ID; give the queue Ordering.fifo({ deduplication: Deduplication.CONTENT_BASED }).',
  });
  if (group === undefined ? !ordering.isFifo : Token.isUnresolved(group)) return;
  problems.require(typeof group === 'string' && group.length >= 1 && group.length <= 128, {
    prop: 'messageGroupId', got: describe(group), allowed: '1 to 128 characters', fix: 'Messages of one group keep their order; a FIFO queue needs a group.',
  });
}

function checkDeadLetters(
  problems: Problems, workQueue: WorkQueue, given: EventDeadLetters | undefined,
): sqs.IQueue | undefined {
  const prop = 'deadLetters';
  const own = workQueue.deadLetterQueue;
  if (given?._kind === 'none') {
    problems.text(prop, given.reason ?? '', 'Say in EventDeadLetters.none(reason) why losing an event that cannot be delivered is right here.');
    return undefined;
  }
  if (!given && !own) return undefined;
  const target = (given ?? EventDeadLetters.sameAsQueue())._target(own);
  if (typeof target?.queueArn !== 'string') {
    problems.add({
      prop,
      got: given!._kind === 'same' ? 'sameAsQueue(), but the queue has no dead-letter queue' : describe(target),
      allowed: FACTORIES,
      fix: 'Use EventDeadLetters.existing(queue), with the queue itself, or none(reason).',
    });
    return undefined;
  }
  problems.require(!target.fifo, {
    prop,
    got: `the FIFO queue '${target.node.path}'`,
    allowed: 'a standard queue, as EventBridge takes no FIFO queue for dead letters',
    fix: 'Use EventDeadLetters.existing() with a standard queue, or none(reason).',
  });
  problems.require(!knownApart(target.env.region, workQueue.queue.env.region), {
    prop,
    got: `a queue in region ${target.env.region}`,
    allowed: `a queue in region ${workQueue.queue.env.region}, where the rule sends from`,
    fix: 'Use a queue there.',
  });
  problems.require(!factsOf(target).awsManagedKey, {
    prop,
    got: `the queue '${target.node.path}', encrypted with alias/aws/sqs`,
    allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
    fix: 'Nobody can change the policy of alias/aws/sqs, so EventBridge could not send.',
  });
  return target;
}
