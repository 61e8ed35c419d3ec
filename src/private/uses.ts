import { CfnResource, IResolveContext, Stage, Tokenization } from 'aws-cdk-lib';
import * as restapi from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as notifications from 'aws-cdk-lib/aws-codestarnotifications';
import * as config from 'aws-cdk-lib/aws-config';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { IConstruct } from 'constructs';
import { ReferenceResolver } from './reference-resolver';

/** The kinds of use of a topic, queue, role or function: for each type of resource that uses it, the value that refers to it. */
const USES = {
  /** The policies of a topic, or those attached to a role. */
  policies: {
    'AWS::SNS::TopicPolicy': policy => (policy as sns.CfnTopicPolicy).topics,
    'AWS::IAM::Policy': policy => (policy as iam.CfnPolicy).roles,
    'AWS::IAM::ManagedPolicy': policy => (policy as iam.CfnManagedPolicy).roles,
  },
  /** The policies of a queue. */
  queuePolicies: {
    'AWS::SQS::QueuePolicy': policy => (policy as sqs.CfnQueuePolicy).queues,
  },
  /** The policies of roles that name it in a statement, and the roles that do so themselves. */
  permissions: {
    'AWS::IAM::Policy': policy => (policy as iam.CfnPolicy).policyDocument,
    'AWS::IAM::ManagedPolicy': policy => (policy as iam.CfnManagedPolicy).policyDocument,
    'AWS::IAM::Role': role => (role as iam.CfnRole).policies,
  },
  alarms: {
    'AWS::CloudWatch::Alarm': actionsOf,
    'AWS::CloudWatch::CompositeAlarm': actionsOf,
  },
  /** The rules whose target it is. */
  rules: {
    'AWS::Events::Rule': rule => targetsOf(rule).map(({ arn }) => arn),
  },
  /** The rules that send as EventBridge, without a role. */
  rulesWithoutRole: {
    'AWS::Events::Rule': rule => targetsOf(rule).filter(({ roleArn }) => roleArn === undefined).map(({ arn }) => arn),
  },
  /** What may let a service call it with a role, from outside of any VPC, such as to poll it or to send to it. */
  callersWithRole: {
    'AWS::ApiGateway::Method': method => (method as restapi.CfnMethod).integration,
    'AWS::ApiGatewayV2::Integration': integration => (integration as apigateway.CfnIntegration).requestParameters,
    'AWS::AutoScaling::AutoScalingGroup': group => (group as autoscaling.CfnAutoScalingGroup).lifecycleHookSpecificationList,
    'AWS::AutoScaling::LifecycleHook': hook => (hook as autoscaling.CfnLifecycleHook).notificationTargetArn,
    'AWS::CodePipeline::Pipeline': pipeline => (pipeline as codepipeline.CfnPipeline).stages,
    'AWS::Events::Rule': rule => targetsOf(rule).filter(({ roleArn }) => roleArn !== undefined).map(({ arn }) => arn),
    'AWS::IoT::TopicRule': rule => (rule as iot.CfnTopicRule).topicRulePayload,
    'AWS::Lambda::EventInvokeConfig': options => (options as lambda.CfnEventInvokeConfig).destinationConfig,
    'AWS::Lambda::EventSourceMapping': mapping => [(mapping as lambda.CfnEventSourceMapping).eventSourceArn, (mapping as lambda.CfnEventSourceMapping).destinationConfig],
    'AWS::Lambda::Function': handler => (handler as lambda.CfnFunction).deadLetterConfig,
    'AWS::Pipes::Pipe': pipe => [(pipe as pipes.CfnPipe).source, (pipe as pipes.CfnPipe).target, (pipe as pipes.CfnPipe).sourceParameters],
    'AWS::Scheduler::Schedule': schedule => (schedule as scheduler.CfnSchedule).target,
    'AWS::StepFunctions::StateMachine': machine => [(machine as stepfunctions.CfnStateMachine).definition, (machine as stepfunctions.CfnStateMachine).definitionString],
  },
  /** The mappings that invoke a function, also by a version or an alias. */
  mappings: {
    'AWS::Lambda::EventSourceMapping': mapping => functionOf(mapping, (mapping as lambda.CfnEventSourceMapping).functionName)?.ref,
  },
  /** The mappings and pipes that receive from a queue. */
  pollers: {
    'AWS::Lambda::EventSourceMapping': mapping => (mapping as lambda.CfnEventSourceMapping).eventSourceArn,
    'AWS::Pipes::Pipe': pipe => (pipe as pipes.CfnPipe).source,
  },
  /** The subscriptions of a queue to topics. */
  subscriptions: {
    'AWS::SNS::Subscription': subscription => (subscription as sns.CfnSubscription).endpoint,
  },
  /** The functions, schedules and event buses whose dead-letter queue it is. */
  deadLetters: {
    'AWS::Events::EventBus': bus => (bus as events.CfnEventBus).deadLetterConfig,
    'AWS::Lambda::Function': handler => (handler as lambda.CfnFunction).deadLetterConfig,
    'AWS::Scheduler::Schedule': schedule => {
      // A plain CfnResource of this type has no target that can be read.
      const { target } = schedule as Partial<scheduler.CfnSchedule>;
      return Tokenization.isResolvable(target) ? undefined : target?.deadLetterConfig;
    },
  },
  /** The integrations of HTTP APIs that send to it. */
  integrations: {
    'AWS::ApiGatewayV2::Integration': integration => (integration as apigateway.CfnIntegration).requestParameters,
  },
  /** The Auto Scaling groups that notify it. */
  autoScalingGroups: {
    'AWS::AutoScaling::AutoScalingGroup': group => (group as autoscaling.CfnAutoScalingGroup).notificationConfigurations,
  },
  /** The resources that notify it in the name of their service, without a statement that the CDK adds for each of them. */
  notifiers: {
    'AWS::Backup::BackupVault': vault => (vault as backup.CfnBackupVault).notifications,
    'AWS::Budgets::Budget': budget => (budget as budgets.CfnBudget).notificationsWithSubscribers,
    'AWS::CE::AnomalySubscription': subscription => (subscription as ce.CfnAnomalySubscription).subscribers,
    'AWS::CloudTrail::Trail': trail => (trail as cloudtrail.CfnTrail).snsTopicName,
    'AWS::CodeStarNotifications::NotificationRule': rule => (rule as notifications.CfnNotificationRule).targets,
    'AWS::Config::DeliveryChannel': channel => (channel as config.CfnDeliveryChannel).snsTopicArn,
    'AWS::RDS::EventSubscription': subscription => (subscription as rds.CfnEventSubscription).snsTopicArn,
    'AWS::Redshift::EventSubscription': subscription => (subscription as redshift.CfnEventSubscription).snsTopicArn,
    'AWS::SES::ConfigurationSetEventDestination': destination => (destination as ses.CfnConfigurationSetEventDestination).eventDestination,
    'AWS::SES::ReceiptRule': rule => (rule as ses.CfnReceiptRule).rule,
  },
  /** The queues whose dead-letter queue it is. */
  sourceQueues: {
    'AWS::SQS::Queue': queue => (queue as sqs.CfnQueue).redrivePolicy,
  },
} satisfies Record<string, Readers>;

/** By the type of a resource. */
type Readers = Record<string, (resource: CfnResource) => unknown>;

type Use = keyof typeof USES;

/** The resources of an app, whatever stack they are in, and the users that were asked for, by the resource that they refer to. */
interface Index {
  readonly resources: CfnResource[];
  readonly users: Map<Use, Map<IConstruct, CfnResource[]>>;
}

/** By the stage that is being written: a walk for each topic took two thirds of the time of an app with 432 topics. */
const indexes = new WeakMap<IConstruct, Index>();
const forgetting = new WeakSet<IConstruct>();

/**
 * Reads the app again each time that the templates are written.
 *
 * CDK validates a stage before what is in it, and once all aspects of the stage have run.
 */
export function forgetUsesBeforeSynth(scope: IConstruct): void {
  const stage = stageOf(scope);
  if (forgetting.has(stage)) return;
  forgetting.add(stage);
  stage.node.addValidation({
    validate: () => {
      indexes.delete(stage);
      return [];
    },
  });
}

/** The resources that use a topic, queue or role, given as its L1, in one way; only while templates are validated. */
export function usesOf(scope: IConstruct, resource: IConstruct, use: Use): CfnResource[] {
  const index = indexOf(scope);
  // Only what is asked for: the statements of all IAM policies are 3 % of the synthesis of an app with 300 of them.
  const users = index.users.get(use) ?? usersIn(index.resources, USES[use]);
  index.users.set(use, users);
  return users.get(resource) ?? [];
}

/** The resources of the app, whatever stack they are in; only while templates are validated, where it is the same list each time. */
export function resourcesAtSynthesis(scope: IConstruct): CfnResource[] {
  return indexOf(scope).resources;
}

function indexOf(scope: IConstruct): Index {
  const stage = stageOf(scope);
  const index = indexes.get(stage) ?? { resources: stage.node.root.node.findAll().filter(CfnResource.isCfnResource), users: new Map() };
  indexes.set(stage, index);
  return index;
}

function stageOf(scope: IConstruct): IConstruct {
  return Stage.of(scope) ?? scope.node.root;
}

function usersIn(resources: CfnResource[], readers: Readers): Map<IConstruct, CfnResource[]> {
  const users = new Map<IConstruct, CfnResource[]>();
  for (const resource of resources) {
    const read = readers[resource.cfnResourceType];
    if (!read) continue;
    for (const used of referredTo(resource, read(resource))) {
      const known = users.get(used) ?? [];
      users.set(used, known);
      known.push(resource);
    }
  }
  return users;
}

function actionsOf(alarm: CfnResource): unknown {
  const { alarmActions, okActions, insufficientDataActions } = alarm as cloudwatch.CfnAlarm;
  return [alarmActions, okActions, insufficientDataActions];
}

/** The targets of a rule. */
export function targetsOf(rule: CfnResource): events.CfnRule.TargetProperty[] {
  const { targets } = rule as events.CfnRule;
  // The targets of the L2 are lazy and need no context.
  const read = Tokenization.isResolvable(targets) ? targets.resolve({} as IResolveContext) : targets;
  return [read ?? []].flat();
}

/** The L1s that a value refers to, including those of other stacks, for which the template has an import or a name. */
export function referredTo(scope: IConstruct, value: unknown): Set<IConstruct> {
  const targets = new Set<IConstruct>();
  const resolver = new ReferenceResolver(({ target }) => {
    targets.add(target);
    // Only the targets are used. The value of a reference in the template takes as long as all the rest.
    return '';
  });
  Tokenization.resolve(value, { scope, resolver });
  return targets;
}

/** The function of this app that a name or ARN refers to, itself or by a version or an alias; undefined for an imported function. */
export function functionOf(scope: IConstruct, functionName: unknown): lambda.CfnFunction | undefined {
  const [referred] = referredTo(scope, functionName);
  if (lambda.CfnFunction.isCfnFunction(referred)) return referred;
  const { functionName: next } = (referred ?? {}) as Partial<lambda.CfnAlias | lambda.CfnVersion>;
  return next === undefined ? undefined : functionOf(scope, next);
}
