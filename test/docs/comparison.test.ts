import { App, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { read } from './blocks';
import { Encryption } from 'cdk-decouple/access';
import { FanOut, FilterPolicy, QueueSubscription } from 'cdk-decouple/fanout';
import { DeadLetters, Ordering, WorkQueue } from 'cdk-decouple/queues';

/** Synthesizes an app. */
function synthesize(build: (stack: Stack) => unknown): any {
  const app = new App({ analyticsReporting: false });
  build(new Stack(app, 'Shop'));
  return app.synth().getStackByName('Shop').template;
}

const alarm = (stack: Stack, topic: sns.ITopic) => new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Lost' })
  .createAlarm(stack, 'Lost', { threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new actions.SnsAction(topic));

/** The rows of the table in README.md whose last cells are "accepted" and "refused". */
const ROWS: Record<string, { readonly l2: (stack: Stack) => unknown; readonly ours: (stack: Stack) => unknown }> = {
  'a FIFO queue on a standard topic': {
    l2: stack => new sns.Topic(stack, 'Orders').addSubscription(new subscriptions.SqsSubscription(new sqs.Queue(stack, 'Jobs', { fifo: true }))),
    ours: stack => new FanOut(stack, 'Orders').addSubscription(new QueueSubscription(new WorkQueue(stack, 'Jobs', { ordering: Ordering.fifo() }))),
  },
  'a dead-letter queue that can delete a message as soon as it arrives': {
    l2: stack => new sqs.Queue(stack, 'Jobs', { retentionPeriod: Duration.days(14), deadLetterQueue: { queue: new sqs.Queue(stack, 'Failed'), maxReceiveCount: 5 } }),
    ours: stack => new WorkQueue(stack, 'Jobs', { retention: Duration.days(13), deadLetters: DeadLetters.dedicated({ retention: Duration.days(4) }) }),
  },
  'a filter policy without keys': {
    l2: stack => new sns.Topic(stack, 'Orders').addSubscription(new subscriptions.SqsSubscription(new sqs.Queue(stack, 'Jobs'), { filterPolicy: {} })),
    ours: stack => new FanOut(stack, 'Orders').addQueue('Jobs', { filterPolicy: FilterPolicy.onAttributes({}) }),
  },
  'an alarm on a topic whose key CloudWatch cannot use': {
    l2: stack => alarm(stack, new sns.Topic(stack, 'Notices', { masterKey: new kms.Key(stack, 'Key') })),
    ours: stack => alarm(stack, new FanOut(stack, 'Notices', { encryption: Encryption.customerManaged() })),
  },
};

test('each such row of the README is tried here', () => {
  const rows = read('README.md').split('\n').filter(line => line.endsWith('| accepted | accepted | refused |'));
  expect(rows.map(row => Object.keys(ROWS).find(name => row.startsWith(`| ${name}`)))).toEqual(Object.keys(ROWS));
});

test.each(Object.entries(ROWS))('%s is accepted by the L2 constructs, and refused here', (_, { l2, ours }) => {
  expect(() => synthesize(l2)).not.toThrow();
  expect(() => synthesize(ours)).toThrow(/cdk-decouple/);
});

test('SqsSubscription writes no aws:SourceAccount, and addQueue does', () => {
  const policies = (template: any) => JSON.stringify(Object.values<any>(template.Resources).filter(({ Type }) => Type === 'AWS::SQS::QueuePolicy'));
  const plain = synthesize(stack => new sns.Topic(stack, 'Orders').addSubscription(new subscriptions.SqsSubscription(new sqs.Queue(stack, 'Jobs'))));
  expect(policies(plain)).toContain('aws:SourceArn');
  expect(policies(plain)).not.toContain('aws:SourceAccount');
  expect(policies(synthesize(stack => new FanOut(stack, 'Orders').addQueue('Jobs')))).toContain('aws:SourceAccount');
});

test('the figures of the README are those of the benchmark', () => {
  const results = read('bench/RESULTS.md');
  const row = (name: string, other: string) => {
    const found = results.split('\n').find(line => line.startsWith(`| ${name} `) && line.includes(other));
    return found?.split('|').slice(2, 5).map(cell => cell.trim());
  };
  expect(row('resources per subscriber', 'by hand')).toEqual(['5', 'wired by hand', '5']);
  expect(row('resources per subscriber', 'Solutions')).toEqual(['5', 'Solutions Constructs', '6']);
  expect(row('fixed monthly cost drivers: fan-out to 10 queues', 'Solutions')).toEqual(['none', 'Solutions Constructs', '10 keys']);
  const readme = read('README.md');
  expect(readme).toContain('| resources for each further queue | 5 | 6 | 5 |');
  expect(readme).toMatch(/^\| customer keys of a fan-out to 10 queues.* \| none \| 10 \| none \|$/m);
});
