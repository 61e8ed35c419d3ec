import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';
import { grantOnKey, grantOnResource, warnOfImmutable } from '../../private/grants';
import { READ_KEY } from '../../private/key-permissions';
import { OuterQueue } from '../../queues/private/outer-queue';
import { OwnQueue } from '../../queues/private/own-queue';
import { CONSUME_ACTIONS } from '../../queues/private/work-queue-grants';

/** The role of a function, and the policy that its permissions are written to. */
export interface FunctionGrantee {
  readonly principal: iam.IPrincipal;
  /** A policy of the worker; undefined if the permissions are written to the policy of the role. */
  readonly policy?: iam.Policy;
}

/**
 * The role of a function as a grantee.
 *
 * The policy of a role is in the stack of the role. For a role of another stack, it is a policy of the worker, because that stack would otherwise refer to the
 * queue and the logs, while the function refers to the role.
 */
export function granteeOf(scope: Construct, role: iam.IRole): FunctionGrantee {
  if (Stack.of(role) === Stack.of(scope)) return { principal: role.grantPrincipal };
  const policy = new iam.Policy(scope, 'Policy');
  role.attachInlinePolicy(policy);
  const { roles } = policy.node.defaultChild as iam.CfnPolicy;
  if (Stack.of(scope).resolve(roles) === undefined) {
    // The CDK does not change the role.
    scope.node.tryRemoveChild(policy.node.id);
    return { principal: role.grantPrincipal };
  }
  return { principal: new RoleWithPolicy(role, policy), policy };
}

/** A role whose permissions are written to a policy of another stack. */
class RoleWithPolicy implements iam.IPrincipal {
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly assumeRoleAction: string;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount?: string;

  /** @param wrapped the name that the CDK uses in principals around others */
  constructor(public readonly wrapped: iam.IRole, private readonly policy: iam.Policy) {
    this.assumeRoleAction = wrapped.assumeRoleAction;
    this.policyFragment = wrapped.policyFragment;
    this.principalAccount = wrapped.principalAccount;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }
}

/** Grants an own role what Lambda or the function needs apart from the queue. A warning contains what an immutable role lacks. */
export function grantToOwnRole(scope: Construct, grantee: iam.IGrantable, actions: string[], resourceArn: string): void {
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [resourceArn] });
  warnOfImmutable(grant, grantee, { reporter: scope, construct: 'FunctionWorker', method: 'create', account: Stack.of(scope).account, actions, resourceArn });
}

/**
 * Grants the role of a function what Lambda needs to poll a queue.
 *
 * A queue of this library grants more where it has more, such as a bucket for large payloads. For any other queue, a warning contains what
 * the policy of an imported queue or key lacks.
 */
export function grantConsume(scope: IConstruct, queue: sqs.IQueue, grantee: iam.IGrantable): void {
  warnOfImmutableElsewhere(scope, queue, grantee);
  if (queue instanceof OuterQueue || queue instanceof OwnQueue) {
    queue.grantConsumeMessages(grantee);
    return;
  }
  grantOnResource(scope, 'FunctionWorker', 'grantConsumeMessages', { resource: queue, arn: queue.queueArn }, grantee, CONSUME_ACTIONS);
  const key = queue.encryptionMasterKey;
  if (key) grantOnKey(scope, 'FunctionWorker', 'grantConsumeMessages', { key, service: 'sqs' }, grantee, READ_KEY);
}

/** For a queue of another account, the policy of the queue is not sufficient: the role needs the permissions too. */
function warnOfImmutableElsewhere(scope: IConstruct, queue: sqs.IQueue, grantee: iam.IGrantable): void {
  const { account } = Stack.of(scope);
  if (!knownApart(account, queue.env.account)) return;
  // An imported role has no policy to wait for, and one of this app is written to.
  const grant = iam.Grant.addToPrincipal({ grantee, actions: CONSUME_ACTIONS, resourceArns: [queue.queueArn] });
  warnOfImmutable(grant, grantee, {
    reporter: scope, construct: 'FunctionWorker', method: 'grantConsumeMessages', account, actions: CONSUME_ACTIONS, resourceArn: queue.queueArn,
  });
}
