import { IResource, Names, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { OwnDestination } from './binding';
import { mayDiffer } from './permissions';
import { DeliveryLogging } from '../delivery-logging';

/** The role that Firehose assumes. */
export function createRole(scope: Construct, id: string, description: string, resources: (IResource | undefined)[]): iam.Role {
  return new iam.Role(scope, id, {
    // The account as external id is how Firehose proves for whom it acts; aws:SourceArn is not documented for it.
    // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#firehose-assume-role
    assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', {
      conditions: { StringEquals: { 'sts:ExternalId': Stack.of(scope).account } },
    }),
    description,
    roleName: roleNameForOthers(scope, resources),
  });
}

/** A name for the role, only where a policy in another account has to state it before there is the role. */
function roleNameForOthers(scope: Construct, resources: (IResource | undefined)[]): string | undefined {
  const { account, region } = Stack.of(scope);
  const foreign = resources.some(one => one && mayDiffer(one.env.account, account));
  if (!foreign || Token.isUnresolved(account) || Token.isUnresolved(region)) return undefined;
  return `${Names.uniqueResourceName(scope, { maxLength: 63 - region.length, separator: '-' })}-${region}`;
}

/** A destination of ours in a `firehose.DeliveryStream`, which has no role for it. */
export function bindAlone(stream: Construct, construct: string, destination: OwnDestination): firehose.DestinationConfig {
  const binding = destination._attach(stream, { construct, prefix: '' });
  const logging = (destination._logging ?? DeliveryLogging.create())._bind(stream);
  const role = createRole(stream, 'DestinationRole', `Delivers for ${stream.node.path}`, binding.resources);
  const configuration = binding.configuration(stream, role, logging);
  const policy = new iam.ManagedPolicy(stream, 'DestinationPolicy', { roles: [role], statements: binding.statements() });
  binding.allowRole(role);
  // CloudFormation sees that the stream needs its role, not that it needs the policy. https://github.com/aws/aws-cdk/issues/10783
  return { ...configuration, dependables: [...configuration.dependables ?? [], policy] };
}
