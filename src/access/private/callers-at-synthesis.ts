import { CfnResource, IResolvable, Stack, Tokenization } from 'aws-cdk-lib';
import * as restapi from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { IConstruct } from 'constructs';
import { Restriction } from './endpoint-restriction';
import { isMarked, markedText } from './marked-text';
import { PolicyTarget } from './service-statements';
import { pathOf } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import { resourceOf } from '../../private/same-resource';
import { functionOf, referredTo, targetsOf, usesOf } from '../../private/uses';

/** A resource that refers to the restricted queue or topic, and what of it does. */
class Candidate {
  constructor(public readonly resource: CfnResource, private readonly target: IConstruct) {}

  public refers(value: unknown): boolean {
    return referredTo(this.resource, value).has(this.target);
  }

  public text(value: unknown): string {
    return markedText(this.resource, value, this.target);
  }

  /** The items that refer to the target of a property that is a list. */
  public items<T extends object>(list: IResolvable | (IResolvable | T)[] | undefined): T[] {
    return (Array.isArray(list) ? list : []).filter((item): item is T => !Tokenization.isResolvable(item) && this.refers(item));
  }
}

/** How a service calls a queue or topic with a role. */
interface Caller {
  /** The service, in the words of a message. */
  readonly service: string;
  /** The roles of the calls that use messages, as the L1 has them; undefined for a role that is not in this app. Without such a call, none. */
  roles(candidate: Candidate): unknown[];
}

/** The actions that a restriction denies, as services name them: `sendMessage`, `SQS-SendMessage`, `publishBatch`. */
const MESSAGE_ACTION = /^(sendMessage|receiveMessage|deleteMessage|changeMessageVisibility|publish)(Batch)?$/i;

/** Such an action in a task of a state machine, or in a universal target of a schedule. */
const SDK_ACTION = /:(?:sqs|sns):(\w+)/;

const CALLERS: Record<string, Caller> = {
  'AWS::ApiGateway::Method': { service: 'API Gateway', roles: methodRoles },
  'AWS::ApiGatewayV2::Integration': {
    service: 'API Gateway',
    roles: ({ resource }) => {
      const { integrationSubtype, credentialsArn } = resource as apigateway.CfnIntegration;
      const [service, action] = (integrationSubtype ?? '').split('-');
      return service === 'SQS' && MESSAGE_ACTION.test(action) ? [credentialsArn] : [];
    },
  },
  'AWS::AutoScaling::AutoScalingGroup': {
    service: 'Amazon EC2 Auto Scaling',
    roles: candidate => {
      const { lifecycleHookSpecificationList: hooks } = candidate.resource as autoscaling.CfnAutoScalingGroup;
      return candidate.items(hooks).map(({ roleArn }) => roleArn);
    },
  },
  'AWS::AutoScaling::LifecycleHook': { service: 'Amazon EC2 Auto Scaling', roles: ({ resource }) => [(resource as autoscaling.CfnLifecycleHook).roleArn] },
  'AWS::CodePipeline::Pipeline': {
    service: 'AWS CodePipeline',
    roles: candidate => {
      const { stages, roleArn } = candidate.resource as codepipeline.CfnPipeline;
      return candidate.items(stages).flatMap(({ actions }) => candidate.items(actions))
        .filter(({ configuration }) => candidate.refers(((configuration ?? {}) as { readonly NotificationArn?: unknown }).NotificationArn))
        .map(action => action.roleArn ?? roleArn);
    },
  },
  'AWS::Events::Rule': {
    service: 'EventBridge',
    roles: candidate => targetsOf(candidate.resource)
      .filter(({ arn, roleArn }) => roleArn !== undefined && candidate.refers(arn))
      .map(({ roleArn }) => roleArn),
  },
  'AWS::IoT::TopicRule': {
    service: 'AWS IoT',
    roles: candidate => {
      const { topicRulePayload: payload } = candidate.resource as iot.CfnTopicRule;
      if (Tokenization.isResolvable(payload)) return [];
      const { actions, errorAction } = payload;
      return [...candidate.items(actions), ...candidate.items([errorAction ?? {}])]
        .flatMap(({ sqs = {}, sns = {} }) => candidate.items<{ roleArn?: string }>([sqs, sns]))
        .map(({ roleArn }) => roleArn);
    },
  },
  'AWS::Lambda::EventInvokeConfig': {
    service: 'Lambda', roles: ({ resource }) => [functionOf(resource, (resource as lambda.CfnEventInvokeConfig).functionName)?.role],
  },
  'AWS::Lambda::EventSourceMapping': {
    service: 'Lambda', roles: ({ resource }) => [functionOf(resource, (resource as lambda.CfnEventSourceMapping).functionName)?.role],
  },
  'AWS::Lambda::Function': { service: 'Lambda', roles: ({ resource }) => [(resource as lambda.CfnFunction).role] },
  'AWS::Pipes::Pipe': { service: 'EventBridge Pipes', roles: ({ resource }) => [(resource as pipes.CfnPipe).roleArn] },
  'AWS::Scheduler::Schedule': {
    service: 'EventBridge Scheduler',
    roles: candidate => {
      const { target } = candidate.resource as Partial<scheduler.CfnSchedule>;
      if (!target || Tokenization.isResolvable(target)) return [];
      const { arn, input, deadLetterConfig, roleArn } = target;
      const isUniversal = MESSAGE_ACTION.test(SDK_ACTION.exec(candidate.text(arn))?.[1] ?? '');
      return candidate.refers([arn, deadLetterConfig]) || (isUniversal && candidate.refers(input)) ? [roleArn] : [];
    },
  },
  'AWS::StepFunctions::StateMachine': {
    service: 'Step Functions',
    roles: candidate => {
      const { definition, definitionString, roleArn } = candidate.resource as stepfunctions.CfnStateMachine;
      return sendsInTask(candidate.text(definitionString ?? definition)) ? [roleArn] : [];
    },
  },
};

/** An integration with SQS or SNS names the action in its path, in a form, or in a header; one with another back end only passes an address on. */
function methodRoles(candidate: Candidate): unknown[] {
  const { integration } = candidate.resource as restapi.CfnMethod;
  if (!integration || Tokenization.isResolvable(integration) || !/:(sqs|sns):/.test(candidate.text(integration.uri))) return [];
  const actions = [...candidate.text(integration).matchAll(/(?:Action=|:action\/|Amazon(?:SQS|SimpleNotificationService)\.)(\w+)/g)].map(([, action]) => action);
  return actions.length === 0 || actions.some(action => MESSAGE_ACTION.test(action)) ? [integration.credentials] : [];
}

/** Whether a task of a state machine uses the messages of the marked queue or topic. Any other state only passes its address on. */
function sendsInTask(definition: string): boolean {
  const actionOf = (resource: unknown) => SDK_ACTION.exec(String(resource))?.[1] ?? '';
  const states = parsed(definition);
  // Fn::Sub hides the states in a string.
  return states === undefined
    ? isMarked(definition) && [...definition.matchAll(new RegExp(SDK_ACTION, 'g'))].some(([, action]) => MESSAGE_ACTION.test(action))
    : tasksIn(states).some(({ Resource, Parameters, Arguments }) =>
      MESSAGE_ACTION.test(actionOf(Resource)) && isMarked(JSON.stringify([Parameters, Arguments])));
}

/** The states of a definition; undefined if they cannot be read. */
function parsed(definition: string): unknown {
  try {
    return (JSON.parse(definition) as { readonly States?: unknown }).States;
  } catch {
    return undefined;
  }
}

interface Task {
  readonly Resource?: unknown;
  readonly Parameters?: unknown;
  readonly Arguments?: unknown;
}

/** The tasks of a state machine, also those in the branches of a state. */
function tasksIn(states: unknown): Task[] {
  if (typeof states !== 'object' || states === null) return [];
  const own = (states as { readonly Type?: unknown }).Type === 'Task' ? [states] : [];
  return [...own, ...Object.values(states).flatMap(tasksIn)];
}

/**
 * A problem for each resource of the app whose service calls a restricted queue or topic with a role that is not excepted.
 *
 * Lambda polls a queue with the execution role of the function, and not from the VPC of the function. `aws:ViaAWSService` and `aws:PrincipalIsAWSService` are false
 * for a service that calls with a role.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function callerProblems(method: string, target: PolicyTarget, { roles }: Restriction): Problem[] {
  const resource = resourceOf(target);
  const excepted = [...roles.values()];
  return usesOf(target, resource, 'callersWithRole').flatMap(caller => {
    const { service, roles: rolesOf } = CALLERS[caller.cfnResourceType];
    return unless(rolesOf(new Candidate(caller, resource)).every(role => isExcepted(caller, role, excepted)), () => ({
      prop: method,
      got: `${pathOf(caller)}, for which ${service} calls '${target.node.path}' with a role and not through the endpoint`,
      allowed: 'callers through the endpoint, AWS services that send in their own name, and the roles in exceptRoles',
      fix: 'Every such call would be denied. Add the role to exceptRoles: whoever can use the role can then use the messages from everywhere.',
    }));
  });
}

function isExcepted(caller: CfnResource, role: unknown, excepted: iam.IRole[]): boolean {
  // It cannot be compared, such as that of an imported function.
  if (role === undefined) return excepted.length > 0;
  const referred = referredTo(caller, role);
  const written = (arn: unknown) => JSON.stringify(Stack.of(caller).resolve(arn));
  return excepted.some(one => referred.has(resourceOf(one)) || (referred.size === 0 && written(one.roleArn) === written(role)));
}
