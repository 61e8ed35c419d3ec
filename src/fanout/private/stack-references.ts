import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { canRefer } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';

/**
 * Whether stacks could come to depend on each other once the policy of a queue names the topic.
 *
 * `own`: the subscription, in the stack of the topic, refers to the queue. `other`: the queue is in a third stack, on which the one of
 * the subscription depends already, and that of the topic may. Nothing for an imported queue, which has no policy here, and for a
 * topic whose ARN refers to no resource.
 */
export function policyCycle(scope: IConstruct, queue: sqs.IQueue, topic: sns.ITopic): 'own' | 'other' | undefined {
  const [own, home] = [Stack.of(scope), Stack.of(queue)];
  if (home === own || !factsOf(queue).owned) return undefined;
  const referred = Tokenization.reverseString(topic.topicArn).tokens.filter(Reference.isReference).map(({ target }) => Stack.of(target));
  // CDK refers across accounts and Regions by a name.
  const depended = referred.filter(stack => stack !== home && stack.environment === home.environment);
  if (depended.length === 0) return undefined;
  return depended.includes(own) ? 'own' : 'other';
}

/** A problem where CDK would need the name of a topic or queue of another account or Region, and cannot have it. */
export function reachableProblems(scope: IConstruct, topic: sns.ITopic, queue: sqs.IQueue): Problem[] {
  const own = Stack.of(scope);
  const home = Stack.of(queue);
  const consumers = home !== own && factsOf(queue).owned ? [own, home] : [own];
  const unreachable = consumers.find(stack => !canRefer(stack, topic, topic.topicArn));
  return [
    ...unless(unreachable === undefined, () => ({
      prop: 'topic',
      got: `'${topic.node.path}' in ${Stack.of(topic).environment}, without a topicName that is written out`,
      allowed: `a topic whose name is known in ${unreachable?.environment}`,
      fix: 'Give the topic a topicName; CloudFormation has no references across accounts and Regions.',
    })),
    ...unless(canRefer(own, queue, queue.queueArn), () => ({
      prop: 'queue',
      got: `'${queue.node.path}' in ${Stack.of(queue).environment}, without a queueName that is written out`,
      allowed: `a queue whose name is known in ${own.environment}`,
      fix: 'Give the queue a queueName, or subscribe it from its own stack, as addExistingQueue() does.',
    })),
  ];
}
