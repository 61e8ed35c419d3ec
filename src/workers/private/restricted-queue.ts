import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { QueueWork } from './queue-work';
import { Restriction, restrictionOf } from '../../access/private/endpoint-restriction';
import { resourceOf } from '../../private/same-resource';
import { warn } from '../../private/warnings';

/**
 * Warns when the template is written of a queue that can only be used through an endpoint in another VPC than that of its workers.
 *
 * Not an error: peered VPCs, and those of a transit gateway, can reach the endpoints of each other.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
 */
export function warnOfRestriction({ scope, construct, queue, role }: QueueWork, vpc: ec2.IVpc): void {
  scope.node.addValidation({
    validate: () => {
      const restriction = restrictionOf(queue);
      const isExcepted = [...restriction?.roles.values() ?? []].some(one => resourceOf(one) === resourceOf(role));
      if (restriction && !isExcepted && isElsewhere(restriction, vpc)) {
        warn(scope, `${construct}.restrictedQueue`,
          `MessagingEndpoints restricts '${queue.node.path}' to endpoints of ${pathsOf(restriction)}, and the workers are in '${vpc.node.path}': every receive is denied. `
          + 'Create endpoints in the VPC of the workers, and call restrictQueue() of these too, or add the role of the workers to exceptRoles. Acknowledge this warning if the '
          + 'workers reach the endpoints, such as through VPC peering or a transit gateway.');
      }
      return [];
    },
  });
}

function isElsewhere({ networks }: Restriction, vpc: ec2.IVpc): boolean {
  return [...networks].every(one => isAnother(one, vpc));
}

/** Whether two VPCs are known to be different: both of this app, or both with an ID that is known. */
function isAnother(one: ec2.IVpc, other: ec2.IVpc): boolean {
  const [isOwn, isOtherOwn] = [one, other].map(vpc => ec2.CfnVPC.isCfnVPC(vpc.node.defaultChild));
  if (isOwn && isOtherOwn) return resourceOf(one) !== resourceOf(other);
  return !Token.isUnresolved(one.vpcId) && !Token.isUnresolved(other.vpcId) && one.vpcId !== other.vpcId;
}

function pathsOf({ networks }: Restriction): string {
  return [...networks].map(vpc => `'${vpc.node.path}'`).join(' and ');
}
