import { PhysicalName } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FunctionGrantee, granteeOf, grantToOwnRole } from './function-grants';
import { createLogGroup } from './worker-logs';
import { fail } from '../../private/problems';
import { WorkerFunction } from '../worker-function';

/** The function of a worker, and what is created for it. */
export interface FunctionParts {
  readonly handler: lambda.IFunction;
  readonly createdFunction?: lambda.Function;
  readonly logGroup?: logs.LogGroup;
  readonly role?: iam.Role;
  /** The role, as it gets permissions. */
  readonly grantee: FunctionGrantee;
}

const LOG_ACTIONS = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** What Lambda requires of the role of a function in a VPC: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface', 'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** Creates the function, or takes the existing one. */
export function createFunction(scope: Construct, { functionProps, existingFunction }: WorkerFunction): FunctionParts {
  if (existingFunction) return { handler: existingFunction, grantee: granteeOf(scope, existingFunction.role!) };
  const props = functionProps!;
  const logGroup = props.logGroup || props.logRetention ? undefined : createLogGroup(scope);
  const role = props.role ? undefined : createRole(scope, props);
  const grantee = granteeOf(scope, props.role ?? role!);
  const written = props.logGroup ?? logGroup;
  if (written) grantToOwnRole(scope, { grantPrincipal: grantee.principal }, LOG_ACTIONS, written.logGroupRef.logGroupArn);
  // These actions have no resource to name.
  if (props.role && props.vpc) grantToOwnRole(scope, { grantPrincipal: grantee.principal }, NETWORK_ACTIONS, '*');
  const handler = newFunction(scope, {
    ...props,
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
    logGroup: written,
    role: props.role ?? role,
  });
  if (grantee.policy) handler.node.addDependency(grantee.policy);
  return { handler, createdFunction: handler, logGroup, role, grantee };
}

/**
 * The role of a function.
 *
 * That of the L2 can write to every log group of the account. This one can only with `logRetention`, for which the name of the log group is not known.
 */
function createRole(scope: Construct, props: lambda.FunctionProps): iam.Role {
  const managed = (name: string) => iam.ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`);
  return new iam.Role(scope, 'Role', {
    // No aws:SourceArn or aws:SourceAccount: Lambda does not document either for the execution role of a function.
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    // A queue of another account names the role in its policy.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    managedPolicies: [
      ...props.logRetention ? [managed('AWSLambdaBasicExecutionRole')] : [],
      ...props.vpc ? [managed('AWSLambdaVPCAccessExecutionRole')] : [],
    ],
  });
}

/** The L2 checks its options itself, in errors without the prop of the user. */
function newFunction(scope: Construct, props: lambda.FunctionProps): lambda.Function {
  try {
    return new lambda.Function(scope, 'Function', props);
  } catch (error) {
    // As for any other problem of the constructor.
    scope.node.scope!.node.tryRemoveChild(scope.node.id);
    return fail(scope, 'FunctionWorker', {
      prop: 'function',
      got: 'options that lambda.Function refuses',
      allowed: 'options that it accepts',
      fix: `${(error as Error).message.replace(/\.$/, '')}.`,
    });
  }
}
