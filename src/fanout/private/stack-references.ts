import { Stack, Stage } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { canRefer } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { referencesIn } from '../../private/references';

/**
 * Whether stacks could depend on each other if the policy of a dead-letter queue names the topic. This is the case for a queue in a third stack: the stack
 * of the subscription already depends on it, and the stack of the topic may.
 *
 * An imported queue has no policy here, and the ARN of a topic may refer to no resource.
 */
export function policyCycle(place: IConstruct, queue: sqs.IQueue, topic: sns.ITopic): boolean {
  const home = Stack.of(queue);
  if (home === Stack.of(place) || !factsOf(queue).owned) return false;
  // CDK refers across accounts and Regions by a name.
  return referencesIn(topic.topicArn).map(target => Stack.of(target)).some(stack => stack !== home && stack.environment === home.environment);
}

/** A problem if the stack of the subscription cannot refer to the topic. */
export function reachableProblems(place: IConstruct, topic: sns.ITopic): Problem[] {
  const own = Stack.of(place);
  const isOfOtherStage = Stage.of(topic) !== Stage.of(place) && Stack.of(topic).environment === own.environment;
  return [
    ...unless(canRefer(own, topic, topic.topicArn), () => ({
      prop: 'topic',
      got: `'${topic.node.path}' in ${Stack.of(topic).environment}, without a topicName that is written out`,
      allowed: `a topic whose name is known in ${own.environment}`,
      fix: 'Specify a topicName for the topic; CloudFormation has no references across accounts and Regions.',
    })),
    ...unless(!isOfOtherStage || referencesIn(topic.topicArn).length === 0, () => ({
      prop: 'topic',
      got: `'${topic.node.path}', which is not in the stage of the subscription`,
      allowed: 'a topic of the same stage, or an imported one',
      fix: 'The CDK has no references across stages; specify a topicName for the topic, and import it in the stage of the subscription by its ARN.',
    })),
  ];
}
