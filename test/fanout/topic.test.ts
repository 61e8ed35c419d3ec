import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Dependable } from 'constructs';
import { cycles } from './references';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, refusedAtSynth, resourceOf, resources, statements, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { letIn } from '../support/let-in';

const withKey = (stack: Stack) => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
const alarmIn = (stack: Stack, topic: sns.ITopic) => {
  const alarm = new cloudwatch.Alarm(stack, 'Alarm', {
    metric: new cloudwatch.Metric({ namespace: 'Orders', metricName: 'Failed' }), threshold: 1, evaluationPeriods: 1,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
};
const notify = (stack: Stack, topic: sns.ITopic) => {
  const bucket = new s3.Bucket(stack, 'Bucket');
  bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(topic));
  return bucket;
};
const ruleIn = (stack: Stack, topic: sns.ITopic, props?: targets.SnsTopicProps) =>
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.expression('rate(1 day)'), targets: [new targets.SnsTopic(topic, props)] });

const TRUST_KEY = { '@aws-cdk/s3-notifications:addS3TrustKeyPolicyForSnsSubscriptions': true };
const FOR_BUCKETS = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };

describe('a fan-out is a topic', () => {
  test('with the name, the ARN, the key and the L1 of the topic within, and one policy', () => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders', { topicName: 'orders', encryption: Encryption.customerManaged() });
    const topic: sns.ITopic = orders;
    expect(stack.resolve(topic.topicArn)).toEqual({ Ref: stack.getLogicalId(orders.node.defaultChild as sns.CfnTopic) });
    expect(orders).toMatchObject({ fifo: false, contentBasedDeduplication: false, env: ENV, physicalName: 'orders' });
    orders.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Subscribe'], principals: [new iam.AccountPrincipal(OTHER_ACCOUNT)], resources: [orders.topicArn] }));
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 1);
  });

  test('applyRemovalPolicy is that of the topic', () => {
    const stack = newStack();
    new FanOut(stack, 'Orders').applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(only(stack, 'AWS::SNS::Topic').DeletionPolicy).toBe('Retain');
  });

  test('of the account and Region of the topic that it was made from', () => {
    const stack = newStack({ env: ENV });
    const imported = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:us-east-2:${OTHER_ACCOUNT}:orders`);
    expect(FanOut.fromTopic(stack, 'Orders', imported).env).toEqual({ account: OTHER_ACCOUNT, region: 'us-east-2' });
  });

  test('who depends on it waits for the topic and its policy, and not for its subscribers', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    orders.addQueue('Billing');
    const waiting = new sns.Topic(stack, 'Waiting');
    waiting.node.addDependency(orders);
    expect(Dependable.of(orders).dependencyRoots).toEqual([orders.node.findChild('Topic')]);
    expect(resourceOf(waiting).DependsOn).toHaveLength(2);
  });

  test('a fan-out of a fan-out counts as the same topic', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    const again = FanOut.fromTopic(stack, 'Again', orders);
    expect(again.node.defaultChild).toBe(orders.node.defaultChild);
    orders.addQueue('Billing');
    again.addQueue('Audit');
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 1);
  });
});

describe('what the CDK adds is completed', () => {
  test.each([[{}], [TRUST_KEY]])('a bucket notification, with the flags %p', context => {
    const app = new App({ context });
    const stack = newStack({ env: ENV }, app);
    const bucket = notify(stack, withKey(stack));
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com')).toMatchObject([
      { Action: 'sns:Publish', Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(bucket.bucketArn) }, ...FOR_BUCKETS } },
    ]);
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')).toMatchObject([
      { Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::*']] } }, ...FOR_BUCKETS } },
    ]);
    expect(refusedAtSynth(app)).toEqual([]);
    expect(warnings(app)).toEqual([]);
  });

  test('a bucket, a topic and a queue under one key, with the flag that trusts S3: no cycle', () => {
    const app = new App({ context: TRUST_KEY });
    const stack = newStack({}, app);
    const key = new kms.Key(stack, 'Key');
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(key) });
    new s3.Bucket(stack, 'Bucket', { encryptionKey: key }).addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(orders));
    orders.addQueue('Billing', { encryption: Encryption.customerManaged(key) });
    expect(cycles(app)).toEqual({});
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')).toHaveLength(1);
  });

  test('buckets share a statement with what allowService lets in', () => {
    const stack = newStack();
    const orders = letIn(withKey(stack), ServiceSource.bucket(new s3.Bucket(stack, 'Other')));
    notify(stack, orders);
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com')).toHaveLength(1);
  });

  test('an alarm is found when the template is written, and let in by allowService', () => {
    const stack = newStack();
    const orders = withKey(stack);
    const alarm = alarmIn(stack, orders);
    expect(refusedAtSynth(stack)).toMatchObject([{ problems: [{ prop: 'allowService(source)', fix: expect.stringContaining('allowService(ServiceSource.alarms())') }] }]);
    orders.allowService(ServiceSource.alarms());
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(resourceOf(alarm).Properties.AlarmActions).toEqual([stack.resolve(orders.topicArn)]);
  });

  test('a rule with a role publishes', () => {
    const stack = newStack();
    const orders = withKey(stack);
    const rule = ruleIn(stack, orders, { authorizeUsingRole: true });
    expect(resourceOf(rule).Properties.Targets).toMatchObject([{ Arn: stack.resolve(orders.topicArn), RoleArn: expect.anything() }]);
    expect(only(stack, 'AWS::IAM::Policy').Properties.PolicyDocument.Statement.map(({ Action }: { Action: unknown }) => Action)).toEqual(['sns:Publish', ['kms:GenerateDataKey', 'kms:Decrypt']]);
  });

  test('the facade of grants takes exact key actions', () => {
    const stack = newStack();
    withKey(stack).grants.publish(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(JSON.stringify(only(stack, 'AWS::IAM::Policy'))).toContain('"kms:GenerateDataKey"');
    expect(JSON.stringify(resources(stack, 'AWS::IAM::Policy'))).not.toContain('*"');
  });

  // AWS documents no condition for them, and for the key only that of SNS.
  test('a notification rule of the developer tools, without a condition, and with a warning', () => {
    const stack = newStack({ env: ENV });
    withKey(stack).bindAsNotificationRuleTarget(stack);
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 'codestar-notifications.amazonaws.com').map(({ Condition }) => Condition)).toEqual([undefined]);
    expect(statements(stack, 'AWS::KMS::Key', 'codestar-notifications.amazonaws.com')).toMatchObject([{
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: { StringEquals: { 'kms:ViaService': `sns.${REGION}.amazonaws.com` } },
    }]);
    expect(warnings(stack)).toEqual([expect.objectContaining({ id: 'FanOut.notificationRule' })]);
  });

  test('what says more than its source stays as it is, with the same conditions on the key', () => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    const conditions = { StringEquals: { 'aws:SourceOrgID': 'o-1234567890' } };
    orders.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('ses.amazonaws.com')], resources: [orders.topicArn], conditions }));
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(statements(stack, type, 'ses.amazonaws.com')).toMatchObject([{ Condition: conditions }]);
  });
});

describe('a statement that allows publishing in other words', () => {
  const added = (given: Partial<iam.PolicyStatementProps>) => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    return { stack, add: () => orders.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [orders.topicArn], ...given })) };
  };

  test.each<[string, Partial<iam.PolicyStatementProps>]>([
    ['a wildcard in the action', { actions: ['sns:Pub*'] }],
    ['all actions but others', { actions: undefined, notActions: ['sns:Subscribe'] }],
  ])('is refused for everyone: %s', (_, given) => {
    const { add } = added({ principals: [new iam.AnyPrincipal()], ...given });
    expect(refusal(add).problems).toEqual([expect.objectContaining({ got: expect.stringMatching(/^everyone, without conditions/) })]);
  });

  test.each<[string, Partial<iam.PolicyStatementProps>, string]>([
    ['everyone but one account', { notPrincipals: [new iam.AccountPrincipal(OTHER_ACCOUNT)] }, 'notPrincipals'],
    ['an account with a wildcard', { principals: [new iam.AccountPrincipal('*')] }, 'iam::*:root'],
  ])('is refused for %s, unless it denies', (_, given, got) => {
    expect(refusal(added(given).add).problems).toEqual([expect.objectContaining({ prop: 'addToResourcePolicy(statement)', got: expect.stringContaining(got) })]);
    expect(added({ ...given, effect: iam.Effect.DENY }).add).not.toThrow();
  });

  test('is refused for a service and another principal at once', () => {
    const { add } = added({ principals: [new iam.ServicePrincipal('ses.amazonaws.com'), new iam.AccountPrincipal(OTHER_ACCOUNT)] });
    expect(refusal(add).problems).toEqual([expect.objectContaining({ prop: 'addToResourcePolicy(statement)', got: expect.stringContaining('Service and AWS') })]);
  });

  test.each<[string, iam.Conditions]>([
    ['not of an account', { StringNotEquals: { 'aws:SourceAccount': OTHER_ACCOUNT } }],
    ['of an account, if there is one', { StringEqualsIfExists: { 'aws:SourceAccount': OTHER_ACCOUNT } }],
  ])('gets the account where its condition limits nobody: %s', (_, conditions) => {
    const { stack, add } = added({ principals: [new iam.ServicePrincipal('ses.amazonaws.com')], conditions });
    add();
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
      expect(statements(stack, type, 'ses.amazonaws.com')).toMatchObject([{ Condition: { ...conditions, StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    }
  });
});

describe('what could not publish is refused at once, and adds nothing', () => {
  const publish = (principal: iam.IPrincipal) => (_: Stack, topic: sns.ITopic) => topic.addToResourcePolicy(new iam.PolicyStatement({
    actions: ['sns:Publish'], principals: [principal], resources: [topic.topicArn],
  }));

  test.each<[string, (stack: Stack, topic: sns.ITopic) => unknown, object]>([
    ['a bucket notification', notify, { prop: 'encryption', fix: expect.stringContaining('Encryption.customerManaged()') }],
    ['a notification rule', (stack, topic) => topic.bindAsNotificationRuleTarget(stack), { prop: 'encryption' }],
    ['a service', publish(new iam.ServicePrincipal('ses.amazonaws.com')), { prop: 'encryption' }],
    ['another account', publish(new iam.AccountPrincipal(OTHER_ACCOUNT)), { got: expect.stringContaining(OTHER_ACCOUNT) }],
    ['another account that is granted', (_, topic) => topic.grantPublish(new iam.AccountPrincipal(OTHER_ACCOUNT)), { got: expect.stringContaining(OTHER_ACCOUNT) }],
  ])('with the AWS managed key: %s', (_, use, problem) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    expect(refusal(() => use(stack, orders))).toMatchObject({ construct: 'FanOut', path: 'Stack/Orders', problems: [problem] });
    // That for TLS alone.
    expect(statements(stack, 'AWS::SNS::TopicPolicy')).toHaveLength(1);
  });

  test('a rule without a role, with either key', () => {
    for (const encryption of [Encryption.serviceManaged(), Encryption.customerManaged()]) {
      const stack = newStack();
      const orders = new FanOut(stack, 'Orders', { encryption });
      expect(refusal(() => ruleIn(stack, orders)).problems).toMatchObject([{ fix: expect.stringContaining('authorizeUsingRole') }]);
    }
  });

  test('a bucket with a FIFO topic', () => {
    const stack = newStack();
    const ledger = new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() });
    expect(refusal(() => notify(stack, ledger)).problems).toMatchObject([{ got: 'a bucket', fix: expect.stringContaining('FanOut') }]);
  });

  test('a bucket of another Region', () => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketArn: 'arn:aws:s3:::far', region: 'us-east-2' });
    expect(refusal(() => bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(orders))).problems).toMatchObject([{ got: expect.stringMatching(`us-east-2.*${REGION}`) }]);
  });
});
