import { isDeepStrictEqual } from 'util';
import { CfnResource, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as pipelineActions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as notifications from 'aws-cdk-lib/aws-codestarnotifications';
import * as config from 'aws-cdk-lib/aws-config';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sesActions from 'aws-cdk-lib/aws-ses-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ENV, newStack, refusedAtSynth, statements, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { letIn } from '../support/let-in';

interface Notifier {
  readonly use: (stack: Stack, topic: sns.ITopic) => unknown;
  readonly path: string;
  /** The source that lets it in, and how the message names it. */
  readonly source: (stack: Stack) => ServiceSource;
  readonly call: string;
}

const ruleSet = (stack: Stack) => stack.node.tryFindChild('Rules') as ses.ReceiptRuleSet | undefined
  ?? new ses.ReceiptRuleSet(stack, 'Rules');
const of = (service: string) => ({ source: () => ServiceSource.of({ service }), call: `of({ service: '${service}' })` });
const problemsAtSynth = (stack: Stack) => refusedAtSynth(stack).flatMap(({ problems }) => problems);
const SET_NAME = 'receipts';

const NOTIFIERS: Record<string, Notifier> = {
  'a vault of an L1': {
    use: (stack, topic) => new backup.CfnBackupVault(stack, 'Notifier', { backupVaultName: 'nightly', notifications: { backupVaultEvents: ['BACKUP_JOB_COMPLETED'], snsTopicArn: topic.topicArn } }),
    path: 'Stack/Notifier',
    source: stack => ServiceSource.backupVault(backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'nightly')),
    call: 'backupVault(vault)',
  },
  'a budget': {
    use: (stack, topic) => new budgets.CfnBudget(stack, 'Notifier', {
      budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: 100, unit: 'USD' } },
      notificationsWithSubscribers: [{
        notification: { comparisonOperator: 'GREATER_THAN', notificationType: 'ACTUAL', threshold: 80 }, subscribers: [{ address: topic.topicArn, subscriptionType: 'SNS' }],
      }],
    }),
    path: 'Stack/Notifier',
    source: () => ServiceSource.budgets(),
    call: 'budgets()',
  },
  'an anomaly subscription': {
    use: (stack, topic) => new ce.CfnAnomalySubscription(stack, 'Notifier', {
      frequency: 'IMMEDIATE', monitorArnList: ['arn:aws:ce::111111111111:anomalymonitor/1'], subscriptionName: 'costs', threshold: 10, subscribers: [{ address: topic.topicArn, type: 'SNS' }],
    }),
    path: 'Stack/Notifier',
    source: () => ServiceSource.costAnomalies(),
    call: 'costAnomalies()',
  },
  'a trail of an L1': {
    use: (stack, topic) => new cloudtrail.CfnTrail(stack, 'Notifier', { isLogging: true, s3BucketName: 'logs', snsTopicName: topic.topicName }),
    path: 'Stack/Notifier',
    ...of('cloudtrail.amazonaws.com'),
  },
  'an event subscription of Amazon RDS': {
    use: (stack, topic) => new rds.CfnEventSubscription(stack, 'Notifier', { snsTopicArn: topic.topicArn, sourceType: 'db-instance' }),
    path: 'Stack/Notifier',
    source: () => ServiceSource.databaseEvents(),
    call: 'databaseEvents()',
  },
  'an event subscription of Amazon Redshift': {
    use: (stack, topic) => new redshift.CfnEventSubscription(stack, 'Notifier', { subscriptionName: 'clusters', snsTopicArn: topic.topicArn }),
    path: 'Stack/Notifier',
    ...of('redshift.amazonaws.com'),
  },
  'an event destination of an L1': {
    use: (stack, topic) => new ses.CfnConfigurationSetEventDestination(stack, 'Notifier', {
      configurationSetName: SET_NAME, eventDestination: { matchingEventTypes: ['bounce'], snsDestination: { topicArn: topic.topicArn } },
    }),
    path: 'Stack/Notifier',
    source: stack => ServiceSource.emailConfigurationSet(ses.ConfigurationSet.fromConfigurationSetName(stack, 'Set', SET_NAME)),
    call: 'emailConfigurationSet(set)',
  },
  'a receipt rule that publishes': {
    use: (stack, topic) => ruleSet(stack).addRule('Notifier', { actions: [new sesActions.Sns({ topic })] }),
    path: 'Stack/Rules/Notifier',
    source: stack => ServiceSource.emailReceiptRules(ruleSet(stack)),
    call: 'emailReceiptRules(ruleSet)',
  },
  'a receipt rule that stores': {
    use: (stack, topic) => ruleSet(stack).addRule('Notifier', { actions: [new sesActions.S3({ bucket: new s3.Bucket(stack, 'Mail'), topic })] }),
    path: 'Stack/Rules/Notifier',
    source: stack => ServiceSource.emailReceiptRules(ruleSet(stack)),
    call: 'emailReceiptRules(ruleSet)',
  },
};
const withKey = (stack: Stack) => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
const channel = (stack: Stack, topic: sns.ITopic) => new config.CfnDeliveryChannel(stack, 'Notifier', { s3BucketName: 'configuration', snsTopicArn: topic.topicArn });

describe.each(Object.entries(NOTIFIERS))('%s', (_, { use, path, source, call }) => {
  test('is refused at synthesis where the policy of the topic does not let its service in', () => {
    const stack = newStack({ env: ENV });
    use(stack, withKey(stack));
    expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({
      prop: 'allowService(source)', got: expect.stringContaining(path), fix: expect.stringContaining(`allowService(ServiceSource.${call})`),
    })]);
  });

  test('is refused at synthesis with the AWS managed key', () => {
    const stack = newStack({ env: ENV });
    use(stack, new FanOut(stack, 'Orders'));
    expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({ got: expect.stringContaining(path), fix: expect.stringContaining('Encryption.customerManaged()') })]);
  });

  test('publishes where its service is let in', () => {
    const stack = newStack({ env: ENV });
    use(stack, letIn(withKey(stack), source(stack)));
    expect(problemsAtSynth(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });

  test('publishes to a topic with the default policy of SNS', () => {
    const stack = newStack({ env: ENV });
    const topic = new sns.Topic(stack, 'Topic');
    FanOut.fromTopic(stack, 'Orders', topic);
    use(stack, topic);
    expect(problemsAtSynth(stack)).toEqual([]);
  });
});

test('what does not publish to FIFO topics is refused at synthesis', () => {
  const stack = newStack({ env: ENV });
  NOTIFIERS['a receipt rule that publishes'].use(stack, new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }));
  expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({ prop: 'topic', got: expect.stringContaining('Stack/Rules/Notifier') })]);
});

test('several of one kind are one problem, and each kind has its own', () => {
  const stack = newStack({ env: ENV });
  const orders = withKey(stack);
  NOTIFIERS['a budget'].use(stack, orders);
  for (const id of ['One', 'Two']) new rds.CfnEventSubscription(stack, id, { snsTopicArn: orders.topicArn });
  expect(problemsAtSynth(stack)).toEqual([
    expect.objectContaining({ got: expect.stringContaining('Stack/Notifier') }), expect.objectContaining({ got: expect.stringMatching(/'Stack\/One', 'Stack\/Two'/) }),
  ]);
});

test.each<[string, Encryption]>([['the AWS managed key', Encryption.serviceManaged()], ['a customer key', Encryption.customerManaged()]])('AWS Config is refused with %s', (_, encryption) => {
  const stack = newStack({ env: ENV });
  channel(stack, new FanOut(stack, 'Orders', { encryption }));
  expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({ prop: 'encryption', got: expect.stringContaining('Stack/Notifier') })]);
});

test('a key that does not let the service in is refused, where the topic has the default policy of SNS', () => {
  const stack = newStack({ env: ENV });
  const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
  FanOut.fromTopic(stack, 'Orders', topic);
  NOTIFIERS['a budget'].use(stack, topic);
  expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({ prop: 'allowService(source)', got: expect.stringContaining("'Stack/Key'") })]);
});

describe('a notification rule of an L1', () => {
  const ruleOf = (stack: Stack, topic: sns.ITopic) => new notifications.CfnNotificationRule(stack, 'Notifier', {
    name: 'failed',
    detailType: 'BASIC',
    resource: 'arn:aws:codebuild:eu-west-1:111111111111:project/app',
    eventTypeIds: ['codebuild-project-build-state-failed'],
    targets: [{ targetAddress: topic.topicArn, targetType: 'SNS' }],
  });
  test('is refused at synthesis where the policy of the topic does not let it in', () => {
    const stack = newStack({ env: ENV });
    ruleOf(stack, withKey(stack));
    expect(problemsAtSynth(stack)).toEqual([expect.objectContaining({ got: expect.stringContaining('Stack/Notifier'), fix: expect.stringContaining('bindAsNotificationRuleTarget') })]);
  });
  test('publishes where it is let in', () => {
    const stack = newStack({ env: ENV });
    const orders = withKey(stack);
    ruleOf(stack, orders);
    orders.bindAsNotificationRuleTarget(stack);
    expect(problemsAtSynth(stack)).toEqual([]);
  });
});

test('AWS Config publishes to a topic that is not encrypted', () => {
  const stack = newStack({ env: ENV });
  const topic = new sns.Topic(stack, 'Topic');
  FanOut.fromTopic(stack, 'Orders', topic);
  channel(stack, topic);
  expect(problemsAtSynth(stack)).toEqual([]);
});

test('a plain resource without the property of its type is not read', () => {
  const stack = newStack({ env: ENV });
  withKey(stack);
  new CfnResource(stack, 'Plain', { type: 'AWS::Budgets::Budget', properties: { Budget: {} } });
  expect(problemsAtSynth(stack)).toEqual([]);
});

test('a manual approval publishes with the role of its action, which can use the key', () => {
  const stack = newStack({ env: ENV });
  const source = new codepipeline.Artifact();
  const orders = withKey(stack);
  new codepipeline.Pipeline(stack, 'Pipeline', {
    stages: [
      { stageName: 'Source', actions: [new pipelineActions.S3SourceAction({ actionName: 'Source', bucket: new s3.Bucket(stack, 'Sources'), bucketKey: 'app.zip', output: source })] },
      { stageName: 'Approve', actions: [new pipelineActions.ManualApprovalAction({ actionName: 'Approve', notificationTopic: orders })] },
    ],
  });
  expect(problemsAtSynth(stack)).toEqual([]);
  const actionsOn = (arn: string) => statements(stack, 'AWS::IAM::Policy')
    .filter(({ Resource }) => isDeepStrictEqual(Resource, stack.resolve(arn))).flatMap(({ Action }) => Action).sort();
  expect(actionsOn(orders.topicArn)).toEqual(['sns:Publish']);
  expect(actionsOn(orders.masterKey!.keyArn)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});
