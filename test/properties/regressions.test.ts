import { App, CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption, ServiceSource } from '../../src/access';
import { DeliveryBucket, DynamicPartitioning, ServerAccessLogs } from '../../src/delivery';
import { FanOut, FifoFanOut, FilterPolicy, QueueSubscription } from '../../src/fanout';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { Ec2Workers, Ec2WorkersProps, QueueScaling } from '../../src/workers';
import { workerScript } from '../support/constructs';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { s3Stream } from '../support/s3-stream';
import { errorOf, newStack, propertiesOf, synth, warningsOf } from '../support/template';
import { WrittenStatement } from '../support/written';

// What random input found, in its smallest form. Each test says what happened before.

describe('a processing time of less than a millisecond', () => {
  test('gives a backlog: it threw MustBeWholeNumber, from within the CDK', () => {
    const scaling = QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.millis(0.5), max: 4 });
    expect(scaling.backlogPerWorker).toBe(120_000);
  });
});

describe('one more topic for a queue whose policy was rendered before', () => {
  const { stack, queue, topics } = (() => {
    const inner = newStack();
    return {
      stack: inner,
      queue: new WorkQueue(inner, 'Jobs'),
      topics: ['One', 'Two'].map(id => new sns.Topic(inner, id)),
    };
  })();

  test('is added to the statement: it threw FreezeCalledPolicystatementPreviously, from within the CDK', () => {
    topics[0].addSubscription(new QueueSubscription(queue));
    stack.resolve((queue.node.findChild('Queue').node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy).policyDocument);
    topics[1].addSubscription(new QueueSubscription(queue));
    const [statement] = Object.values<any>(synth(stack).Resources)
      .filter(({ Type, Properties }) => Type === 'AWS::SQS::QueuePolicy' && JSON.stringify(Properties.Queues) === JSON.stringify([stack.resolve(queue.queueUrl)]))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.filter((one: WrittenStatement) => one.Principal.Service === 'sns.amazonaws.com'));
    expect(statement.Condition.ArnLike['aws:SourceArn']).toEqual(topics.map(topic => stack.resolve(topic.topicArn)));
  });
});

describe('one more queue for shared dead letters that were rendered before', () => {
  test('is allowed: SQS would have refused its dead letters, without a word at synth', () => {
    const stack = newStack();
    const failed = new SharedDeadLetterQueue(stack, 'Failed');
    const deadLetters = DeadLetters.shared(failed);
    new WorkQueue(stack, 'First', { deadLetters });
    stack.resolve((failed.node.defaultChild as sqs.CfnQueue).redriveAllowPolicy);
    new WorkQueue(stack, 'Second', { deadLetters });
    expect(propertiesOf(failed).RedriveAllowPolicy.sourceQueueArns).toHaveLength(2);
  });
});

describe('a subscriber named by a token', () => {
  test.each([['FanOut', () => new FanOut(newStack(), 'Out')], ['FifoFanOut', () => new FifoFanOut(newStack(), 'Out')]])(
    '%s says so: it threw ID components may not include unresolved tokens, from within the CDK', (_, make) => {
      const out = make();
      const id = Lazy.string({ produce: () => 'Billing' });
      expect(refusedProps(() => out.addQueue(id))).toEqual(['addQueue(id)']);
    });
});

const workers = (stack: Stack, props: Partial<Ec2WorkersProps> = {}) => new Ec2Workers(stack, 'Workers', {
  queue: new sqs.Queue(stack, 'Jobs'), vpc: new ec2.Vpc(stack, 'Vpc'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }), userData: workerScript(), ...props,
});

type Metric = (options?: cloudwatch.MetricOptions) => cloudwatch.IMetric;

describe.each<[string, () => Metric]>([
  ['WorkQueue metricBacklog', () => options => new WorkQueue(newStack(), 'It').metricBacklog(options)],
  ['WorkQueue metricDeadLetters', () => options => new WorkQueue(newStack(), 'It').metricDeadLetters(options)],
  ['SharedDeadLetterQueue metricDeadLetters', () => options => new SharedDeadLetterQueue(newStack(), 'It').metricDeadLetters(options)],
  ['Ec2Workers metricBacklogPerWorker', () => options => workers(newStack()).metricBacklogPerWorker(options)],
  ['Ec2Workers metricInServiceInstances', () => options => workers(newStack()).metricInServiceInstances(options)],
  ['FirehoseStream metricDataFreshness', () => options => s3Stream(newStack(), 'It').metricDataFreshness(options)],
  ['FirehoseStream metric', () => options => s3Stream(newStack(), 'It').metric('IncomingBytes', options)],
])('the period of %s', (name, make) => {
  const [construct, method] = name.split(' ');

  test.each([[20, '20 seconds'], [90, '1 minute 30 seconds']])('is one that CloudWatch has: at %i seconds it threw PeriodMustBeValidInterval, from within the CDK', (seconds, got) => {
    expect(errorOf(() => make()({ period: Duration.seconds(seconds) }))).toMatch(
      new RegExp(`^cdk-decouple ${construct} at .*\\n {2}- ${method}\\(options\\.period\\): got ${got}; allowed: 1, 5, 10 or 30 seconds, or 1 minute to 1 day`));
  });

  test('is known at synth: a token threw the same', () => {
    const period = Duration.seconds(Lazy.number({ produce: () => 60 }));
    expect(errorOf(() => make()({ period }))).toContain(`${method}(options.period): got a value only known at deployment`);
  });

  test.each([1, 30, 60, 86_400])('may be %i seconds', seconds => {
    const { metricStat, mathExpression } = make()({ period: Duration.seconds(seconds) }).toMetricConfig();
    expect(metricStat?.period.toSeconds() ?? mathExpression?.period).toBe(seconds);
  });
});

describe('undefined in the options of a metric', () => {
  const undefinedOptions = { statistic: undefined, period: undefined };

  test('leaves the maximum of a delivery: it was the average', () => {
    expect(s3Stream(newStack(), 'It').metricDataFreshness(undefinedOptions)).toMatchObject({ statistic: 'Maximum', period: Duration.minutes(5) });
  });

  test('leaves the minute of the workers: it was five', () => {
    expect(workers(newStack()).metricInServiceInstances(undefinedOptions)).toMatchObject({ statistic: 'Average', period: Duration.minutes(1) });
    expect(workers(newStack()).metricBacklogPerWorker(undefinedOptions)).toMatchObject({ label: 'Backlog per instance', period: Duration.minutes(1) });
  });
});

test('the key of a root volume may be the AWS managed one: a warning asked for a change of its policy, which nobody can make', () => {
  const stack = newStack();
  workers(stack, { rootVolumeKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/ebs') });
  expect(warningsOf(stack)).toEqual([]);
});

test.each([['FanOut', false], ['FifoFanOut', true]])(
  'a sample rate of %s that is a token is said: it threw SuccessFeedbackSampleRateInteger at synth, from within the CDK', (name, fifo) => {
    const successFeedbackSampleRate = Lazy.number({ produce: () => 50 });
    const loggingConfigs = [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate }];
    const make = fifo ? () => new FifoFanOut(newStack(), 'It', { loggingConfigs }) : () => new FanOut(newStack(), 'It', { loggingConfigs });
    expect(readError(errorOf(make))).toMatchObject({
      construct: name, problems: [{ prop: 'loggingConfigs[0].successFeedbackSampleRate', allowed: expect.stringMatching(/^0 to 100 /) }],
    });
  });

test('null to match is refused: the template had null, which CloudFormation does not take', () => {
  const filterPolicy = FilterPolicy.onAttributes({ kind: new sns.SubscriptionFilter([null]) });
  expect(problemsOf(() => new FanOut(newStack(), 'It').addQueue('Queue', { filterPolicy }))).toMatchObject([{ prop: 'filterPolicy', got: "null for 'kind'" }]);
});

describe('a prefix that is only known at deployment', () => {
  const tokens = { prefix: Lazy.string({ produce: () => 'data/' }), errorOutputPrefix: '' };

  test('goes with an empty errorOutputPrefix: it threw ErrorOutputPrefixRequiredWithExpressions, from within the CDK', () => {
    const { Prefix, ErrorOutputPrefix } = propertiesOf(s3Stream(newStack(), 'It', tokens)).ExtendedS3DestinationConfiguration;
    expect([Prefix, ErrorOutputPrefix]).toEqual(['data/', '']);
  });

  test('does not beside partition keys, which it has to name', () => {
    const partitioning = DynamicPartitioning.fromQuery({ customer: '.id' });
    expect(refusedProps(() => s3Stream(newStack(), 'It', { ...tokens, partitioning }))).toEqual(['destination.errorOutputPrefix']);
  });
});

test('a prefix of access logs that refers to another stack than their bucket is said: the CDK threw DependencyCycle at synth', () => {
  const app = new App();
  const logs = new s3.Bucket(new Stack(app, 'Logs'), 'Logs');
  const stack = new Stack(app, 'Delivery');
  const bucket = DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(logs, new CfnParameter(stack, 'Prefix').valueAsString) });
  expect(refusedProps(() => s3Stream(stack, 'It', { bucket }))).toEqual(['destination.bucket.serverAccessLogs.prefix']);
});

describe('an account of a source that is a parameter', () => {
  const setUp = (apart: boolean) => {
    const app = new App();
    const stack = new Stack(app, 'Queue');
    const key = new kms.Key(apart ? new Stack(app, 'Key') : stack, 'Key');
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key) });
    const sourceAccount = new CfnParameter(stack, 'Account').valueAsString;
    const sourceArn = 'arn:aws:scheduler:eu-west-1:111122223333:schedule/a/b';
    return { app, allow: () => jobs.allowService(ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn, sourceAccount })) };
  };

  test('is refused with a key of another stack: the stacks depended on each other, which the CDK said at synth', () => {
    expect(errorOf(setUp(true).allow)).toMatch(/allowService\(source\): got a sourceAccount only known at deployment, and a customer key of another stack; allowed: a sourceAccount of 12 digits/);
  });

  test.each([['FanOut', false], ['FifoFanOut', true]])('so it is for a publisher of %s', (_, fifo) => {
    const app = new App();
    const [stack, keys] = [new Stack(app, 'Topic'), new Stack(app, 'Key')];
    const sourceAccount = new CfnParameter(stack, 'Account').valueAsString;
    const publisher = ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/a/b', sourceAccount });
    const make = (id: string, key: kms.IKey) => {
      const props = { encryption: Encryption.customerManaged(key) };
      return fifo ? new FifoFanOut(stack, id, props) : new FanOut(stack, id, props);
    };
    const elsewhere = make('Elsewhere', new kms.Key(keys, 'Key'));
    expect(refusedProps(() => elsewhere.allowService(publisher))).toEqual(['allowService(source)']);
    make('Here', new kms.Key(stack, 'Key')).allowService(publisher);
    expect(() => app.synth()).not.toThrow();
  });

  test('is fine with a key of the same stack', () => {
    const { app, allow } = setUp(false);
    allow();
    expect(() => app.synth()).not.toThrow();
  });
});
