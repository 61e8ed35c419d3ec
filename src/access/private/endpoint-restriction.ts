import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { PolicyTarget } from './service-statements';
import { ConditionValues } from '../../private/condition-values';
import { outermostStack } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import { referencesIn, refersElsewhere } from '../../private/references';
import { resourceOf } from '../../private/same-resource';
import { renderPolicy, warn } from '../../private/warnings';

/** What the requests for the messages of a queue or topic come through. */
export interface EndpointInVpc {
  readonly vpc: ec2.IVpc;
  readonly endpoint: ec2.IInterfaceVpcEndpoint;
}

/**
 * The actions on messages. Everything else, such as deleting a queue, changing its policy, or starting a redrive task, is possible from everywhere: nobody is
 * locked out.
 */
const MESSAGE_ACTIONS = {
  queue: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
  topic: ['sns:Publish'],
};

/** From where, and by whom, the messages of a queue or topic can be used. */
export interface Restriction {
  readonly endpoints: Set<string>;
  readonly vpcs: Set<string>;
  readonly roles: Map<string, iam.IRole>;
  /** The VPCs of the endpoints, also of those that the statement names by themselves. */
  readonly networks: Set<ec2.IVpc>;
}

/** All statements of a queue or topic are the same one: with two, a request would have to come through the endpoints of both. */
const restrictions = new WeakMap<IConstruct, Restriction>();

/** From where, and by whom, the messages of a queue or topic can be used; undefined if they can be used from everywhere. */
export function restrictionOf(target: PolicyTarget): Restriction | undefined {
  return restrictions.get(resourceOf(target));
}

/** What is wrong with a restriction. */
export function restrictionProblems(method: string, target: PolicyTarget, { vpc, endpoint }: EndpointInVpc, exceptRoles: iam.IRole[]): Problem[] {
  const own = Stack.of(target);
  const missing = exceptRoles.findIndex(role => role === undefined);
  // Every language has a way to pass a prop that is undefined where the type says that it is not: `worker.role!`.
  if (missing >= 0) {
    return [{
      prop: `exceptRoles[${missing}]`,
      got: 'nothing',
      allowed: 'a role',
      fix: 'A construct has no role of its own if it was given one: use the role of its function, such as worker.function.role! of a FunctionWorker.',
    }];
  }
  const named = referencesIn(vpc.vpcId)[0];
  const isInVpcStack = named !== undefined && outermostStack(Stack.of(named)) === outermostStack(Stack.of(endpoint));
  const refersToVpc = own !== Stack.of(endpoint) && named !== undefined && refersElsewhere(vpc.vpcId, own);
  return [
    ...unless(!refersToVpc || Stack.of(named).environment === own.environment, () => ({
      prop: method,
      got: `'${target.node.path}', and a VPC of another account or Region, whose ID is only known at deployment`,
      allowed: 'a VPC of the same account and Region, or one with an ID',
      fix: 'Import the VPC by its ID.',
    })),
    // The policy of the endpoint refers to the queue or topic, whose policy would refer back to the VPC.
    ...unless(!refersToVpc || !isInVpcStack || outermostStack(own) === outermostStack(Stack.of(endpoint)), () => ({
      prop: method,
      got: `'${target.node.path}' in another stack than the endpoints, which are in the stack of the VPC`,
      allowed: 'the endpoints in the stack of the queue or topic, or the VPC in a stack of its own',
      fix: 'The two stacks would depend on each other. Create the VPC in another stack than the endpoints.',
    })),
    ...at('exceptRoles', exceptRoles.flatMap(role => unless(roleArnIn(own, role) !== undefined, () => ({
      prop: '',
      got: `'${role.node.path}' in another stack, whose name is only known at deployment`,
      allowed: 'in another stack, a role with a name',
      fix: 'Specify a roleName: a reference to the role could make the two stacks depend on each other.',
    })))),
  ];
}

/**
 * Denies the actions on messages to requests that come neither through the endpoint nor from an AWS service.
 *
 * `aws:PrincipalIsAWSService` are deliveries, of SNS, S3 or EventBridge. `aws:ViaAWSService` are calls in the name of the caller, such as those of SQS in a redrive
 * task. A service that calls with a role has neither, so its role is named. Only AWS services can assume service-linked roles.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function restrict(reporter: IConstruct, target: PolicyTarget, { vpc, endpoint }: EndpointInVpc, exceptRoles: iam.IRole[]): Restriction {
  const restriction = restrictions.get(resourceOf(target)) ?? { endpoints: new Set(), vpcs: new Set(), roles: new Map(), networks: new Set() };
  restrictions.set(resourceOf(target), restriction);
  // The policy of the endpoint refers to the queue or topic: two stacks would depend on each other, and no third one does if both refer to the VPC.
  restriction.networks.add(vpc);
  if (Stack.of(target) === Stack.of(endpoint)) restriction.endpoints.add(endpoint.vpcEndpointId);
  else restriction.vpcs.add(vpc.vpcId);
  exceptRoles.forEach(role => restriction.roles.set(roleArnIn(Stack.of(target), role)!, role));
  // Added again, it is the same statement when the template is written, and the policy document drops duplicates.
  const statement = statementFor(target, restriction);
  if (target.addToResourcePolicy(statement).statementAdded) return restriction;
  warn(reporter, 'MessagingEndpoints.importedPolicy',
    `the policy of '${target.node.path}' cannot be changed from here because it is imported; without this statement in it, its messages are not restricted to the endpoint:\n`
    + renderPolicy(reporter, statement.toStatementJson()));
  return restriction;
}

function statementFor(target: PolicyTarget, { endpoints, vpcs, roles }: Restriction): iam.PolicyStatement {
  const isQueue = 'queueArn' in target;
  const { partition } = Stack.of(target);
  const serviceLinked = `arn:${partition}:iam::${target.env.account}:role/aws-service-role/*`;
  return new iam.PolicyStatement({
    sid: 'MessagesThroughEndpoints',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: isQueue ? MESSAGE_ACTIONS.queue : MESSAGE_ACTIONS.topic,
    resources: [isQueue ? target.queueArn : target.topicArn],
    conditions: {
      StringNotEquals: new ConditionValues(() => ({
        ...endpoints.size > 0 && { 'aws:SourceVpce': [...endpoints] },
        ...vpcs.size > 0 && { 'aws:SourceVpc': [...vpcs] },
      })),
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false' },
      ArnNotLike: { 'aws:PrincipalArn': new ConditionValues(() => [serviceLinked, ...roles.keys()]) },
    },
  });
}

/** The ARN of a role in the policy of a queue or topic. Undefined if it would be a reference to another stack, which could be circular. */
function roleArnIn(stack: Stack, role: iam.IRole): string | undefined {
  if (!refersElsewhere(role.roleArn, stack)) return role.roleArn;
  const { roleName, path = '/' } = role.node.defaultChild as iam.CfnRole;
  if (roleName === undefined || Token.isUnresolved(roleName) || Token.isUnresolved(path)) return undefined;
  return `arn:${stack.partition}:iam::${role.env.account}:role${path}${roleName}`;
}
