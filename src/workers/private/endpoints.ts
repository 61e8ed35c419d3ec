import { CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';

/** Whether one of the selected subnets has no route out of its VPC, as far as the VPC says. */
export function reachesIsolated(vpc: ec2.IVpc, { subnetIds }: ec2.SelectedSubnets): boolean {
  return vpc.isolatedSubnets.some(subnet => subnetIds.includes(subnet.subnetId));
}

/** The services, of those given by their names in endpoints, for which this app makes no interface endpoint in the VPC. */
export function missingEndpoints(vpc: ec2.IVpc, services: string[]): string[] {
  const names = vpc.node.root.node.findAll().filter(isEndpoint).filter(({ vpcId }) => vpcId === vpc.vpcId).map(endpoint => endOf(endpoint));
  return services.filter(service => !names.some(name => new RegExp(`\\.${service}(-fips)?$`).test(name)));
}

function isEndpoint(construct: IConstruct): construct is ec2.CfnVPCEndpoint {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === ec2.CfnVPCEndpoint.CFN_RESOURCE_TYPE_NAME;
}

/** The name of the service, or what follows its last token. */
function endOf(endpoint: ec2.CfnVPCEndpoint): string {
  const name: unknown = Stack.of(endpoint).resolve(endpoint.serviceName);
  return String(typeof name === 'string' ? name : (name as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1].at(-1));
}
