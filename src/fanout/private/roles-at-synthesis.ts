import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { PUBLISH, Wiring, named } from './topic-wiring';
import { WRITE_KEY, rolesWithoutKey } from '../../private/key-permissions';
import { Problem, unless } from '../../private/problems';
import { Statement, allowing, letsIn } from '../../private/statements';
import { referredTo, usesOf } from '../../private/uses';
import { writtenProperties } from '../../private/written';

const AUTO_SCALING = 'autoscaling.amazonaws.com';

/** A policy, or a role with policies inside it, as they are in the templates. */
interface PermissionProperties {
  readonly PolicyDocument?: unknown;
  readonly Policies?: { readonly PolicyDocument: unknown }[];
}

/** The roles that a policy, or a role itself, lets publish to the topic. */
function publishingRoles({ scope, topic, resource }: Wiring): iam.CfnRole[] {
  const roles = usesOf(scope, resource, 'permissions').filter(permission => publishStatements(permission).some(({ Resource }) => names(permission, Resource, topic)))
    .flatMap(permission => iam.CfnRole.isCfnRole(permission) ? [permission] : [...referredTo(permission, (permission as iam.CfnPolicy).roles)]);
  return [...new Set(roles.filter(iam.CfnRole.isCfnRole))];
}

/** The statements of a policy, or of the policies inside a role, that allow publishing. */
function publishStatements(permission: CfnResource): Statement[] {
  const { PolicyDocument, Policies = [] } = writtenProperties(permission) as PermissionProperties;
  return [PolicyDocument, ...Policies.map(policy => policy.PolicyDocument)].flatMap(document => allowing(document, PUBLISH));
}

function names(permission: CfnResource, written: unknown, topic: sns.ITopic): boolean {
  const topicArn = JSON.stringify(Stack.of(permission).resolve(topic.topicArn));
  return [written].flat().some(resource => JSON.stringify(resource) === topicArn);
}

/**
 * A role that can publish also needs the key, which is missing where the CDK grants `sns:Publish` by itself: for the dead letters of a function, and for
 * tasks of a state machine.
 */
export function roleProblems(wiring: Wiring): Problem[] {
  const { topic, key } = wiring;
  if (!key) return [];
  return rolesWithoutKey(publishingRoles(wiring), topic.masterKey).map(role => ({
    prop: 'encryption',
    got: `a customer key that ${named([role], 'role')} cannot use, whose policy lets it publish to '${topic.node.path}'`,
    allowed: `a role with ${WRITE_KEY.join(' and ')} on the key`,
    fix: 'Nothing would arrive. Call grantPublish() with this role, or with the function or state machine that it belongs to.',
  }));
}

/**
 * Amazon EC2 Auto Scaling publishes with its service-linked role, which can publish to every topic, but cannot use customer keys.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
 */
export function autoScalingProblems({ scope, topic, resource, key }: Wiring): Problem[] {
  const groups = usesOf(scope, resource, 'autoScalingGroups');
  if (!key || groups.length === 0) return [];
  const allowed = allowing(writtenProperties(key).KeyPolicy, WRITE_KEY[0])
    .some(statement => letsIn(statement, AUTO_SCALING) || /role\/aws-service-role\/autoscaling\./.test(JSON.stringify(statement.Principal)));
  return unless(allowed, () => ({
    prop: 'encryption',
    got: `a customer key that Amazon EC2 Auto Scaling cannot use, and ${named(groups, 'Auto Scaling group')}, which notifies '${topic.node.path}'`,
    allowed: `a key whose policy allows the service-linked role of Amazon EC2 Auto Scaling ${WRITE_KEY.join(' and ')}`,
    fix: 'Nothing would arrive. Call grantPublish(new iam.ArnPrincipal(arn)) with the ARN of that role, '
      + `arn:aws:iam::<account>:role/aws-service-role/${AUTO_SCALING}/AWSServiceRoleForAutoScaling.`,
  }));
}
