import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { consumeStatements } from './queue-work';
import { grantPayloads } from '../../queues/private/payload-bucket';

/**
 * The permissions of workers on their queue.
 *
 * A policy of its own, which workers can depend on: what is granted to the role later can refer to the workers.
 *
 * @param further statements for what else the workers need
 */
export function createConsumePolicy(scope: Construct, role: iam.Role, queue: sqs.IQueue, further: iam.PolicyStatement[] = []): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, 'ConsumePolicy', { roles: [role], statements: [...consumeStatements(queue), ...further] });
  grantPayloads(queue, new RoleWithPolicy(role, policy));
  return policy;
}

/** A role, whose grants are statements of one policy. Policies of resources name the role. */
class RoleWithPolicy implements iam.IPrincipal {
  public readonly grantPrincipal = this;
  public readonly assumeRoleAction: string;
  public readonly principalAccount?: string;
  /** As in the principals of the CDK that wrap another: grants look into them. */
  public readonly wrapped: iam.Role;

  constructor(role: iam.Role, private readonly policy: iam.ManagedPolicy) {
    this.wrapped = role;
    this.assumeRoleAction = role.assumeRoleAction;
    this.principalAccount = role.principalAccount;
  }

  public get policyFragment(): iam.PrincipalPolicyFragment {
    return this.wrapped.policyFragment;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }
}
