import { Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { checkList } from './lists';
import { knownApart } from '../../private/environment';
import { Problems } from '../../private/problems';

/** The limit of a group. */
const MAX_TOPICS = 10;

export function checkNotifications(scope: Construct, problems: Problems, topics: sns.ITopic[] | undefined): void {
  const prop = 'notifications';
  if (!checkList(problems, prop, topics, topic => typeof topic?.topicArn === 'string', 'sns.ITopic') || topics === undefined) return;
  problems.require(topics.length <= MAX_TOPICS, {
    prop, got: `${topics.length} topics`, allowed: `at most ${MAX_TOPICS} topics`, fix: 'Let one topic hear of it and subscribe to that.',
  });
  const repeated = topics.find((topic, i) => topics.findIndex(other => other.topicArn === topic.topicArn) < i);
  problems.require(repeated === undefined, {
    prop, got: `'${repeated?.node.path}' more than once`, allowed: 'each topic once', fix: 'Remove the repetition.',
  });
  const stack = Stack.of(scope);
  for (const topic of topics) {
    problems.require(!topic.fifo && !topic.topicArn.endsWith('.fifo'), {
      prop, got: `the FIFO topic '${topic.node.path}'`, allowed: 'standard topics', fix: 'Amazon EC2 Auto Scaling does not publish to a FIFO topic: give a standard one.',
    });
    for (const [what, theirs, ours] of [['account', topic.env.account, stack.account], ['Region', topic.env.region, stack.region]]) {
      problems.require(!knownApart(theirs, ours), {
        prop, got: `a topic in ${what} ${theirs}`, allowed: `topics in the ${what} of the workers, ${ours}`, fix: 'Give a topic here, and forward from it.',
      });
    }
  }
}
