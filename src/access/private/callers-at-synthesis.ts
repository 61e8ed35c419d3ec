import { CfnResource, Stack, Tokenization } from 'aws-cdk-lib';
import * as restapi from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { IConstruct } from 'constructs';
import { Restriction } from './endpoint-restriction';
import { PolicyTarget } from './service-statements';
import { pathOf } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import { resourceOf } from '../../private/same-resource';
import { referredTo, targetsOf, usesOf } from '../../private/uses';

/** How a service calls a queue or topic with a role. */
interface Caller {
  /** The service, in the words of a message. */
  readonly service: string;
  /** The roles as the L1 has them; undefined for a role that is not in this app. */
  roles(caller: CfnResource, target: IConstruct): unknown[];
}

const CALLERS: Record<string, Caller> = {
  'AWS::ApiGateway::Method': {
    service: 'API Gateway',
    roles: method => {
      const { integration } = method as restapi.CfnMethod;
      return [Tokenization.isResolvable(integration) ? undefined : integration?.credentials];
    },
  },
  'AWS::ApiGatewayV2::Integration': { service: 'API Gateway', roles: integration => [(integration as apigateway.CfnIntegration).credentialsArn] },
  'AWS::Events::Rule': {
    service: 'EventBridge',
    roles: (rule, target) => targetsOf(rule)
      .filter(({ arn, roleArn }) => roleArn !== undefined && referredTo(rule, arn).has(target))
      .map(({ roleArn }) => roleArn),
  },
  'AWS::Lambda::EventSourceMapping': {
    service: 'Lambda', roles: mapping => [functionOf(mapping, (mapping as lambda.CfnEventSourceMapping).functionName)?.role],
  },
  'AWS::Pipes::Pipe': { service: 'EventBridge Pipes', roles: pipe => [(pipe as pipes.CfnPipe).roleArn] },
  'AWS::Scheduler::Schedule': {
    service: 'EventBridge Scheduler',
    roles: schedule => {
      const { target } = schedule as scheduler.CfnSchedule;
      return [Tokenization.isResolvable(target) ? undefined : target.roleArn];
    },
  },
  'AWS::StepFunctions::StateMachine': { service: 'Step Functions', roles: machine => [(machine as stepfunctions.CfnStateMachine).roleArn] },
};

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
    return unless(rolesOf(caller, resource).every(role => isExcepted(caller, role, excepted)), () => ({
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

/** The function that a name refers to, itself or by a version or an alias. */
function functionOf(scope: IConstruct, functionName: string): lambda.CfnFunction | undefined {
  const [referred] = referredTo(scope, functionName);
  if (lambda.CfnFunction.isCfnFunction(referred)) return referred;
  const { functionName: next } = (referred ?? {}) as Partial<lambda.CfnAlias | lambda.CfnVersion>;
  return next === undefined ? undefined : functionOf(scope, next);
}
