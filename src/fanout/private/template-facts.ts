import { CfnResource, IResolveContext, Stage, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { ReferenceResolver } from '../../private/reference-resolver';

/** The resources of an app that refer to one topic, whatever stack they are in. */
export interface TopicUses {
  readonly policies: Set<CfnResource>;
  readonly alarms: Set<CfnResource>;
  readonly rules: Set<CfnResource>;
  /** The rules that publish as EventBridge, without a role. */
  readonly rulesWithoutRole: Set<CfnResource>;
}

/** By the stage that is being written: a walk for each topic took two thirds of the time of an app with 432 topics. */
const indexes = new WeakMap<IConstruct, Map<IConstruct, TopicUses>>();
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

/** What refers to a topic; only while templates are validated. */
export function usesOf(scope: IConstruct, topic: IConstruct): TopicUses {
  const stage = stageOf(scope);
  const index = indexes.get(stage) ?? indexOf(stage.node.root);
  indexes.set(stage, index);
  return index.get(topic) ?? noUses();
}

function stageOf(scope: IConstruct): IConstruct {
  return Stage.of(scope) ?? scope.node.root;
}

function indexOf(root: IConstruct): Map<IConstruct, TopicUses> {
  const index = new Map<IConstruct, TopicUses>();
  const add = (resource: CfnResource, value: unknown, ...kinds: (keyof TopicUses)[]) => targetsIn(resource, value).forEach(target => {
    const uses = index.get(target) ?? noUses();
    index.set(target, uses);
    kinds.forEach(kind => uses[kind].add(resource));
  });
  for (const resource of root.node.findAll()) {
    if (!CfnResource.isCfnResource(resource)) continue;
    switch (resource.cfnResourceType) {
      case 'AWS::SNS::TopicPolicy':
        add(resource, (resource as sns.CfnTopicPolicy).topics, 'policies');
        break;
      case 'AWS::CloudWatch::Alarm':
      case 'AWS::CloudWatch::CompositeAlarm': {
        const { alarmActions, okActions, insufficientDataActions } = resource as cloudwatch.CfnAlarm;
        add(resource, [alarmActions, okActions, insufficientDataActions], 'alarms');
        break;
      }
      case 'AWS::Events::Rule':
        for (const { arn, roleArn } of targetsOf(resource as events.CfnRule)) add(resource, arn, 'rules', ...roleArn === undefined ? ['rulesWithoutRole' as const] : []);
        break;
    }
  }
  return index;
}

function noUses(): TopicUses {
  return { policies: new Set(), alarms: new Set(), rules: new Set(), rulesWithoutRole: new Set() };
}

function targetsOf({ targets }: events.CfnRule): events.CfnRule.TargetProperty[] {
  // The targets of the L2 are lazy and need no context.
  const read = Tokenization.isResolvable(targets) ? targets.resolve({} as IResolveContext) : targets;
  return [read ?? []].flat();
}

/** What a value refers to, including resources of other stacks, for which the template has an import or a name. */
function targetsIn(scope: IConstruct, value: unknown): Set<IConstruct> {
  const targets = new Set<IConstruct>();
  const resolver = new ReferenceResolver(({ target }) => {
    targets.add(target);
    return undefined;
  });
  Tokenization.resolve(value, { scope, resolver });
  return targets;
}
