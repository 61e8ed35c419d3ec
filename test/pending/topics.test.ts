import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { as, expectBothConditions, expectReference, newStack, pending, propertiesOf, statementsFor } from './support';
import { ServiceSource } from '../../src/access';
import { FanOut, FanOutTopic, TopicEncryption } from '../../src/fanout';
import { Encryption, WorkQueue } from '../../src/queues';

const ordersIn = (stack: Stack) => new FanOut(stack, 'Orders', { topic: FanOutTopic.create({ encryption: TopicEncryption.customerManaged() }) });
const alarmIn = (stack: Stack, topic: sns.ITopic) => {
  const alarm = new cloudwatch.Alarm(stack, 'Alarm', {
    metric: new cloudwatch.Metric({ namespace: 'Orders', metricName: 'Failed' }), threshold: 1, evaluationPeriods: 1,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
};
const bucketIn = (stack: Stack, topic: sns.ITopic) => new s3.Bucket(stack, 'Bucket').addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(topic));
const ruleIn = (stack: Stack, topic: sns.ITopic, props?: targets.SnsTopicProps) =>
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.expression('rate(1 day)'), targets: [new targets.SnsTopic(topic, props)] });

/** Both policies let a service in, each with both conditions. */
function expectComplete(stack: Stack, service: string): void {
  expectBothConditions(statementsFor(stack, 'AWS::SNS::TopicPolicy', service));
  expectBothConditions(statementsFor(stack, 'AWS::KMS::Key', service));
}

test('what is expected below is what publishers of the fan-out have today', () => {
  const stack = newStack();
  const bucket = new s3.Bucket(stack, 'Bucket');
  const orders = new FanOut(stack, 'Orders', { topic: FanOutTopic.create({ publishers: [ServiceSource.alarms(), ServiceSource.bucket(bucket)] }) });
  const alarm = alarmIn(stack, orders.topic);
  expectReference(stack, propertiesOf(alarm).AlarmActions?.[0], orders.topic.topicArn);
  expectComplete(stack, 'cloudwatch.amazonaws.com');
  expectComplete(stack, 's3.amazonaws.com');
});

describe('a fan-out in place of its topic', () => {
  pending('SnsAction notifies it', /there is no reference/, () => {
    const stack = newStack();
    const orders = ordersIn(stack);
    const alarm = alarmIn(stack, as(orders));
    expectReference(stack, propertiesOf(alarm).AlarmActions?.[0], orders.topic.topicArn);
  });

  pending('SnsAction completes both policies', /no statement lets the service in/, () => {
    const stack = newStack();
    alarmIn(stack, as(ordersIn(stack)));
    expectComplete(stack, 'cloudwatch.amazonaws.com');
  });

  pending('s3n.SnsDestination completes both policies', /addToResourcePolicy is not a function/, () => {
    const stack = newStack();
    bucketIn(stack, as(ordersIn(stack)));
    expectComplete(stack, 's3.amazonaws.com');
  });

  pending('targets.SnsTopic with a role sends to it', /arn: required but missing/, () => {
    const stack = newStack();
    const orders = ordersIn(stack);
    const rule = ruleIn(stack, as(orders), { authorizeUsingRole: true });
    expectReference(stack, propertiesOf(rule).Targets?.[0].Arn, orders.topic.topicArn);
  });

  pending('addSubscription() takes SqsSubscription, with both conditions', /addSubscription is not a function/, () => {
    const stack = newStack();
    const { queue } = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    as<sns.ITopic>(ordersIn(stack)).addSubscription(new SqsSubscription(queue));
    expectBothConditions(statementsFor(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com'));
    expectBothConditions(statementsFor(stack, 'AWS::KMS::Key', 'sns.amazonaws.com'));
  });
});

describe('the topic of a fan-out', () => {
  pending('SnsAction completes both policies', /topic\.publishers: got the alarm 'Stack\/Alarm'/, () => {
    const stack = newStack();
    alarmIn(stack, ordersIn(stack).topic);
    expectComplete(stack, 'cloudwatch.amazonaws.com');
  });

  pending('s3n.SnsDestination is completed by the source account', /sns:Publish" without aws:SourceAccount/, () => {
    const stack = newStack();
    bucketIn(stack, ordersIn(stack).topic);
    expectComplete(stack, 's3.amazonaws.com');
  });
});
