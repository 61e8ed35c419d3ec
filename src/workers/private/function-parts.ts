import { PhysicalName, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { fail } from '../../private/problems';
import { WorkerFunction } from '../worker-function';

/** The function of a worker, and what is created for it. */
export interface FunctionParts {
  readonly handler: lambda.IFunction;
  readonly logGroup?: logs.LogGroup;
  readonly role?: iam.Role;
}

/** Creates the function, or takes the existing one. */
export function createFunction(scope: Construct, { functionProps, existingFunction }: WorkerFunction): FunctionParts {
  if (existingFunction) return { handler: existingFunction };
  const props = functionProps!;
  const logGroup = hasLogs(props) ? undefined : new logs.LogGroup(scope, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.RETAIN });
  const role = props.role ? undefined : createRole(scope, props);
  logGroup?.grantWrite(props.role ?? role!);
  const handler = newFunction(scope, {
    ...props,
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
    logGroup: props.logGroup ?? logGroup,
    role: props.role ?? role,
  });
  return { handler, logGroup, role };
}

/** Whether the user chose where the logs go, or how long they are kept. */
function hasLogs({ logGroup, logRetention }: lambda.FunctionProps): boolean {
  return logGroup !== undefined || logRetention !== undefined;
}

/**
 * The role of a function.
 *
 * That of the L2 can write to every log group of the account. This one can only where the log group is not of this library, whose name may not be
 * known.
 */
function createRole(scope: Construct, props: lambda.FunctionProps): iam.Role {
  const managed = (name: string) => iam.ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`);
  return new iam.Role(scope, 'Role', {
    // No aws:SourceArn or aws:SourceAccount: Lambda does not document either for the execution role of a function.
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    // A queue of another account names the role in its policy.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    managedPolicies: [
      ...hasLogs(props) ? [managed('AWSLambdaBasicExecutionRole')] : [],
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
