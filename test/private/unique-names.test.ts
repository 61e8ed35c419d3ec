import { App, CfnCondition, Environment, Fn, Stack, Stage } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { FanOut } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { refusedAtSynth } from '../fanout/support';

const ENV = { account: '111122223333', region: 'eu-west-1' };
const FAR = { ...ENV, region: 'us-east-1' };

const queue = (scope: IConstruct, id = 'Jobs', queueName = 'jobs') => new WorkQueue(scope as Stack, id, { queueName });
const conditional = (created: WorkQueue) => {
  const resource = created.node.defaultChild as sqs.CfnQueue;
  resource.cfnOptions.condition = new CfnCondition(created, 'Condition', { expression: Fn.conditionEquals(Stack.of(created).region, 'eu-west-1') });
};

/** The refused props when an app with two stacks is written. */
function refused(create: (one: Stack, other: Stack) => void, env: Environment = ENV, otherEnv = env): [string, string][] {
  const app = new App({ analyticsReporting: false, treeMetadata: false });
  create(new Stack(app, 'One', { env }), new Stack(app, 'Other', { env: otherEnv }));
  return refusedAtSynth(app).flatMap(({ problems }) => problems.map(({ prop, got }): [string, string] => [prop, got]));
}

test.each<[string, (one: Stack, other: Stack) => void, string, string]>([
  ['two work queues', (one, other) => { queue(one); queue(other); }, 'queueName', "'jobs' for 'One/Jobs/Queue', which is also the name of 'Other/Jobs/Queue'"],
  ['a work queue and a queue of the CDK', (one, other) => { queue(one); new sqs.Queue(other, 'Theirs', { queueName: 'jobs' }); }, 'queueName', "'jobs' for 'One/Jobs/Queue', which is also the name of 'Other/Theirs'"],
  ['two in one stack', one => { queue(one); new sqs.CfnQueue(one, 'L1', { queueName: 'jobs' }); }, 'queueName', "'jobs' for 'One/Jobs/Queue', which is also the name of 'One/L1'"],
  ['a name from an escape hatch', (one, other) => { queue(one); (queue(other, 'More', 'more').node.defaultChild as sqs.CfnQueue).addPropertyOverride('QueueName', 'jobs'); }, 'queueName', "'jobs' for 'One/Jobs/Queue', which is also the name of 'Other/More/Queue'"],
  ['two topics', (one, other) => { new FanOut(one, 'Orders', { topicName: 'orders' }); new sns.Topic(other, 'Theirs', { topicName: 'orders' }); }, 'topicName', "'orders' for 'One/Orders/Topic', which is also the name of 'Other/Theirs'"],
])('%s with one name in an account and Region are refused when the template is written', (_, create, prop, got) => {
  expect(refused(create)).toContainEqual([prop, got]);
});

test('two with one name in one stack are refused, also if its account is not known', () => {
  expect(refused(one => { queue(one); new sqs.Queue(one, 'Theirs', { queueName: 'jobs' }); }, {})).toHaveLength(1);
});

test('what is no conflict', () => {
  expect(refused((one, other) => { queue(one); queue(other); }, ENV, FAR)).toEqual([]);
  // An app without env can be deployed to several accounts, one stack here and one there.
  expect(refused((one, other) => { queue(one); queue(other); }, {})).toEqual([]);
  expect(refused((one, other) => {
    queue(one);
    conditional(queue(other));
    new FanOut(one, 'Topic', { topicName: 'jobs' });
    new WorkQueue(one, 'Generated', { deadLetters: DeadLetters.shared(new SharedDeadLetterQueue(one, 'Failed')) });
    new WorkQueue(other, 'Generated', { ordering: Ordering.fifo() });
    queue(other, 'Others', 'others');
  })).toEqual([]);
});

test('two stages of one account and Region', () => {
  const app = new App({ analyticsReporting: false, treeMetadata: false });
  for (const name of ['Test', 'Live']) queue(new Stack(new Stage(app, name, { env: ENV }), 'Stack'));
  expect(refusedAtSynth(app).flatMap(({ problems }) => problems.map(({ prop }) => prop))).toContain('queueName');
});
