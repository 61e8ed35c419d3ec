import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { deliveryStatusStatement } from './delivery-status';
import { pathOf } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { policiesOf } from '../../private/key-permissions';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { allowing, letsIn } from '../../private/statements';
import { renderPolicy, warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

const ASSUME = 'sts:AssumeRole';
const SNS = 'sns.amazonaws.com';

/** A role that the user specified for delivery status logs, and the prop that it was first specified as. */
interface GivenRole {
  readonly prop: string;
  readonly role: iam.IRoleRef;
}

function givenRoles(configs: sns.LoggingConfig[]): GivenRole[] {
  const all = configs.flatMap((config, index) => (['failureFeedbackRole', 'successFeedbackRole'] as const).flatMap(prop => {
    const role = config[prop];
    return role ? [{ prop: `loggingConfigs[${index}].${prop}`, role }] : [];
  }));
  return all.filter(({ role }, index) => all.findIndex(other => other.role === role) === index);
}

/** A problem for each role of another account: a role can only be passed to a service within its account. */
export function deliveryStatusRoleProblems(scope: Construct, configs: sns.LoggingConfig[]): Problem[] {
  const { account } = Stack.of(scope);
  return givenRoles(configs).flatMap(({ prop, role }) => unless(!knownApart(role.env.account, account), () => ({
    prop,
    got: `a role of account ${role.env.account}`,
    allowed: `a role of account ${account}`,
    fix: 'Specify a role of the account of the topic, or omit it: the fan-out then creates one.',
  })));
}

/**
 * Warns of imported roles, whose policies are not known, and checks the roles of this app when the template is written.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/topics-attrib-prereq.html
 */
export function checkDeliveryStatusRoles(scope: Construct, construct: string, topic: sns.ITopic, configs: sns.LoggingConfig[]): void {
  const roles = givenRoles(configs);
  roles.filter(({ role }) => !roleOf(role)).forEach(({ role }) => warn(scope, `${construct}.importedRole`,
    `the role '${role.node.path}' is imported; if its trust policy and its permissions do not have these statements, SNS logs no deliveries:\n`
    + renderPolicy(scope, [
      new iam.PolicyStatement({ actions: [ASSUME], principals: [new iam.ServicePrincipal(SNS)] }).toStatementJson(),
      deliveryStatusStatement(scope, topic).toStatementJson(),
    ])));
  if (!roles.some(({ role }) => roleOf(role))) return;
  checkWhenWritten(scope, construct, () => roles.flatMap(given => writtenRoleProblems(scope, topic, given)));
}

function roleOf({ node: { defaultChild } }: iam.IRoleRef): iam.CfnRole | undefined {
  return iam.CfnRole.isCfnRole(defaultChild) ? defaultChild : undefined;
}

function writtenRoleProblems(scope: Construct, topic: sns.ITopic, { prop, role }: GivenRole): Problem[] {
  const resource = roleOf(role);
  if (!resource) return [];
  const trust = allowing(writtenProperties(resource).AssumeRolePolicyDocument, ASSUME);
  const policies = policiesOf(resource);
  // Without logs:CreateLogGroup, SNS logs to log groups that exist.
  const actions = deliveryStatusStatement(scope, topic).actions.filter(action => action !== 'logs:CreateLogGroup');
  // Managed policies by their ARN can allow anything.
  const missing = policies ? actions.filter(action => !policies.some(policy => allowing(policy, action).length > 0)) : [];
  return [
    ...unless(trust.some(statement => letsIn(statement, SNS)), () => ({
      prop,
      got: `the role ${pathOf(resource)}, which ${SNS} cannot assume`,
      allowed: `a role whose trust policy allows ${SNS}`,
      fix: `SNS would log nothing. Create the role with new iam.ServicePrincipal('${SNS}') as assumedBy, or omit it.`,
    })),
    ...unless(missing.length === 0, () => ({
      prop,
      got: `the role ${pathOf(resource)}, without ${missing.join(', ')}`,
      allowed: `a role with ${actions.join(', ')}`,
      fix: 'SNS would log nothing. Add the actions to a policy of the role, or omit the role.',
    })),
  ];
}
