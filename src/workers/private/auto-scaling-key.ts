import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { knownApart } from '../../private/environment';
import { awsManagedAlias, targetOf } from '../../private/keys';
import { renderPolicy, warn } from '../../private/warnings';
import type { Ec2WorkersProps } from '../ec2-workers';

/** A statement for the service-linked role. */
interface Statement {
  readonly actions: string[];
  readonly conditions?: Record<string, Record<string, unknown>>;
}

/** What the service-linked role does with the key of a topic that it publishes to. */
const PUBLISH_STATEMENTS: Statement[] = [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey*'] }];

/**
 * What the service-linked role does with the key of a volume.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
const VOLUME_STATEMENTS: Statement[] = [
  { actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'] },
  { actions: ['kms:CreateGrant'], conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } },
];

/** Lets Amazon EC2 Auto Scaling use the keys of what the group is given. */
export function allowKeys(workers: Construct, { notifications, rootVolumeKey }: Ec2WorkersProps): void {
  for (const key of new Set(notifications?.flatMap(topic => topic.masterKey ?? []))) {
    allowAutoScaling(workers, key, 'Ec2Workers.notificationsKey', 'Amazon EC2 Auto Scaling publishes to the encrypted topic', PUBLISH_STATEMENTS);
  }
  // The policy of an AWS managed key already lets the services of the account use it.
  if (rootVolumeKey && !awsManagedAlias(rootVolumeKey)) {
    allowAutoScaling(workers, rootVolumeKey, 'Ec2Workers.rootVolumeKey', 'Amazon EC2 Auto Scaling launches instances with the encrypted root volume', VOLUME_STATEMENTS);
  }
}

/** Lets the service use a key, or tells what the owner of the key has to add. */
function allowAutoScaling(workers: Construct, key: kms.IKey, warningId: string, purpose: string, statements: Statement[]): void {
  const target = targetOf(key);
  const stack = Stack.of(workers);
  const role = stack.formatArn({
    service: 'iam', region: '', resource: 'role/aws-service-role/autoscaling.amazonaws.com', resourceName: 'AWSServiceRoleForAutoScaling',
  });
  const owned = target && kms.CfnKey.isCfnKey(target.node.defaultChild) && !knownApart(target.env.account, stack.account);
  if (owned) {
    for (const { actions, conditions } of statements) {
      target.addToResourcePolicy(new iam.PolicyStatement({
        actions,
        // Not the role as the principal: a key policy must not name a role that does not exist yet, and the service
        // creates this one with the first group of an account.
        principals: [new iam.AnyPrincipal()],
        conditions: { ...conditions, StringEquals: { 'kms:CallerAccount': stack.account }, ArnEquals: { 'aws:PrincipalArn': role } },
        resources: ['*'],
      }));
    }
    return;
  }
  warn(workers, warningId,
    `${purpose} only if its key policy allows the service-linked role, which has to exist before. Add: `
    + statements.map(({ actions, conditions }) => renderPolicy(workers, {
      Effect: 'Allow', Principal: { AWS: role }, Action: actions, Resource: '*', ...conditions && { Condition: conditions },
    })).join(',\n'));
}
