import { CfnResource, IResolveContext, Stage, Tokenization } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { ReferenceResolver } from './reference-resolver';

/** The resources of an app that refer to one topic, queue or role, whatever stack they are in. */
export interface Uses {
  /** The policies of a topic, or those attached to a role. */
  readonly policies: Set<CfnResource>;
  readonly alarms: Set<CfnResource>;
  /** The rules whose target it is. */
  readonly rules: Set<CfnResource>;
  /** The rules that send as EventBridge, without a role. */
  readonly rulesWithoutRole: Set<CfnResource>;
  /** The functions, schedules and event buses whose dead-letter queue it is. */
  readonly deadLetters: Set<CfnResource>;
  /** The integrations of HTTP APIs that send to it. */
  readonly integrations: Set<CfnResource>;
  /** The Auto Scaling groups that notify it. */
  readonly autoScalingGroups: Set<CfnResource>;
  /** The policies of roles that name it in a statement, and the roles that do so themselves. */
  readonly permissions: Set<CfnResource>;
  /** The queues whose dead-letter queue it is. */
  readonly sourceQueues: Set<CfnResource>;
}

/** By the stage that is being written: a walk for each topic took two thirds of the time of an app with 432 topics. */
const indexes = new WeakMap<IConstruct, Map<IConstruct, Uses>>();
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

/** What refers to a topic, queue or role, given as its L1; only while templates are validated. */
export function usesOf(scope: IConstruct, resource: IConstruct): Uses {
  const stage = stageOf(scope);
  const index = indexes.get(stage) ?? indexOf(stage.node.root);
  indexes.set(stage, index);
  return index.get(resource) ?? noUses();
}

function stageOf(scope: IConstruct): IConstruct {
  return Stage.of(scope) ?? scope.node.root;
}

function indexOf(root: IConstruct): Map<IConstruct, Uses> {
  const index = new Map<IConstruct, Uses>();
  for (const resource of root.node.findAll()) {
    if (!CfnResource.isCfnResource(resource)) continue;
    for (const [value, ...kinds] of REFERENCES[resource.cfnResourceType]?.(resource) ?? []) {
      referredTo(resource, value).forEach(target => {
        const uses = index.get(target) ?? noUses();
        index.set(target, uses);
        kinds.forEach(kind => uses[kind].add(resource));
      });
    }
  }
  return index;
}

/** What a resource of each type refers to, with the kinds of use it is. */
const REFERENCES: Record<string, (resource: CfnResource) => [value: unknown, ...kinds: (keyof Uses)[]][]> = {
  'AWS::SNS::TopicPolicy': policy => [[(policy as sns.CfnTopicPolicy).topics, 'policies']],
  'AWS::IAM::Policy': policy => permissionsOf(policy as iam.CfnPolicy),
  'AWS::IAM::ManagedPolicy': policy => permissionsOf(policy as iam.CfnManagedPolicy),
  'AWS::IAM::Role': role => [[(role as iam.CfnRole).policies, 'permissions']],
  'AWS::CloudWatch::Alarm': actionsOf,
  'AWS::CloudWatch::CompositeAlarm': actionsOf,
  'AWS::AutoScaling::AutoScalingGroup': group => [[(group as autoscaling.CfnAutoScalingGroup).notificationConfigurations, 'autoScalingGroups']],
  'AWS::Events::Rule': rule => targetsOf(rule as events.CfnRule)
    .map(({ arn, roleArn }) => [arn, 'rules', ...roleArn === undefined ? ['rulesWithoutRole' as const] : []]),
  'AWS::Events::EventBus': bus => [[(bus as events.CfnEventBus).deadLetterConfig, 'deadLetters']],
  'AWS::Lambda::Function': handler => [[(handler as lambda.CfnFunction).deadLetterConfig, 'deadLetters']],
  'AWS::Scheduler::Schedule': schedule => {
    // A plain CfnResource of this type has no target that can be read.
    const { target } = schedule as Partial<scheduler.CfnSchedule>;
    return Tokenization.isResolvable(target) ? [] : [[target?.deadLetterConfig, 'deadLetters']];
  },
  'AWS::ApiGatewayV2::Integration': integration => [[(integration as apigateway.CfnIntegration).requestParameters, 'integrations']],
  'AWS::SQS::Queue': queue => [[(queue as sqs.CfnQueue).redrivePolicy, 'sourceQueues']],
};

function noUses(): Uses {
  return {
    policies: new Set(),
    alarms: new Set(),
    rules: new Set(),
    rulesWithoutRole: new Set(),
    deadLetters: new Set(),
    integrations: new Set(),
    sourceQueues: new Set(),
    autoScalingGroups: new Set(),
    permissions: new Set(),
  };
}

function permissionsOf({ roles, policyDocument }: iam.CfnPolicy | iam.CfnManagedPolicy): [unknown, keyof Uses][] {
  return [[roles, 'policies'], [policyDocument, 'permissions']];
}

function actionsOf(alarm: CfnResource): [unknown, 'alarms'][] {
  const { alarmActions, okActions, insufficientDataActions } = alarm as cloudwatch.CfnAlarm;
  return [[[alarmActions, okActions, insufficientDataActions], 'alarms']];
}

function targetsOf({ targets }: events.CfnRule): events.CfnRule.TargetProperty[] {
  // The targets of the L2 are lazy and need no context.
  const read = Tokenization.isResolvable(targets) ? targets.resolve({} as IResolveContext) : targets;
  return [read ?? []].flat();
}

/** The L1s that a value refers to, including those of other stacks, for which the template has an import or a name. */
export function referredTo(scope: IConstruct, value: unknown): Set<IConstruct> {
  const targets = new Set<IConstruct>();
  const resolver = new ReferenceResolver(({ target }) => {
    targets.add(target);
    return undefined;
  });
  Tokenization.resolve(value, { scope, resolver });
  return targets;
}
