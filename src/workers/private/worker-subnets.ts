import { CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { Problem, unless } from '../../private/problems';
import { forgetUsesBeforeSynth, resourcesAtSynthesis } from '../../private/uses';
import { warn } from '../../private/warnings';

// What Ec2Workers and FargateWorkers check of the subnets of their instances or tasks.

/** Where the workers run. */
export interface Placement {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/** The subnets of workers that are not placed anywhere. */
export const DEFAULT_SUBNETS: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };

/** @param units what the workers run on: `instances` */
export function subnetProblems({ vpc, vpcSubnets }: Placement, units: string): Problem[] {
  const refusal = refusedSubnets(vpc, vpcSubnets);
  return unless(refusal === undefined, () => ({
    prop: 'vpcSubnets',
    got: vpcSubnets ? 'a selection that the VPC cannot fulfill' : 'nothing, in a VPC without private subnets with egress',
    allowed: 'subnets of the VPC',
    fix: `${refusal} The ${units} must be able to reach SQS, through a NAT gateway or VPC endpoints.`,
  }));
}

/** Why the VPC refuses a selection. */
function refusedSubnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): string | undefined {
  try {
    const { subnetIds } = vpc.selectSubnets(selection ?? DEFAULT_SUBNETS);
    return subnetIds.length === 0 ? 'It matches no subnet.' : undefined;
  } catch (error) {
    return `${(error as Error).message.replace(/\.$/, '')}.`;
  }
}

/** Workers in subnets. */
interface PlacedWorkers {
  readonly workers: IConstruct;
  /** The class of the workers, as it is named in the ids of warnings. */
  readonly construct: string;
  readonly placement: Placement;
  /** What the workers run on: `instances`. */
  readonly units: string;
  /** What they reach through endpoints only, in a public subnet. */
  readonly reachable: string;
  /** What they cannot do without the endpoint of a service, by the name of the service in endpoints, the most important first. Read at synthesis. */
  readonly services: () => Record<string, string>;
}

/** Warns about subnets from which the workers may not reach SQS. */
export function warnOfSubnets(placed: PlacedWorkers): void {
  const { workers, construct, units, reachable, placement: { vpc, vpcSubnets } } = placed;
  const selected = vpcSubnets && vpc.selectSubnets(vpcSubnets);
  if (selected?.hasPublic) {
    warn(workers, `${construct}.publicSubnets`,
      `The ${units} have no public address, and a public subnet routes only public addresses to the internet. The ${units} can reach ${reachable} `
      + 'through VPC endpoints only. Choose private subnets with egress, or make sure that the endpoints exist.');
  }
  if (selected && !selected.isPendingLookup && includesIsolated(vpc, selected)) {
    // Endpoints may be added until the template is written.
    forgetUsesBeforeSynth(workers);
    workers.node.addValidation({
      validate: () => {
        warnOfIsolation(placed);
        return [];
      },
    });
  }
}

/** Whether one of the selected subnets has no route out of its VPC, as far as the VPC tells. */
function includesIsolated(vpc: ec2.IVpc, { subnetIds }: ec2.SelectedSubnets): boolean {
  return vpc.isolatedSubnets.some(subnet => subnetIds.includes(subnet.subnetId));
}

function warnOfIsolation({ workers, construct, units, services: servicesOf, placement: { vpc } }: PlacedWorkers): void {
  const services = servicesOf();
  const missing = missingEndpoints(workers, vpc, Object.keys(services));
  if (missing.length === 0) return;
  warn(workers, `${construct}.isolatedSubnets`,
    `The ${units} are in isolated subnets, and this app has no endpoint for ${missing.join(' and ')} in their VPC. Without another route the workers cannot ${services[missing[0]]}. `
    + `Add the endpoints with vpc.addInterfaceEndpoint()${missing.includes('s3') ? ', and that for s3 with vpc.addGatewayEndpoint()' : ''}, choose `
    + 'private subnets with egress, or acknowledge this warning if the VPC has another route.');
}

/** The services, of those given by their names in endpoints, for which this app creates no endpoint in the VPC. */
function missingEndpoints(workers: IConstruct, vpc: ec2.IVpc, services: string[]): string[] {
  const names = resourcesAtSynthesis(workers).filter(isEndpoint).filter(({ vpcId }) => vpcId === vpc.vpcId).map(endOfServiceName);
  return services.filter(service => !names.some(name => name.endsWith(`.${service}`) || name.endsWith(`.${service}-fips`)));
}

function isEndpoint(resource: CfnResource): resource is ec2.CfnVPCEndpoint {
  return resource.cfnResourceType === ec2.CfnVPCEndpoint.CFN_RESOURCE_TYPE_NAME;
}

/** The name of the service, or what follows its last token. */
function endOfServiceName(endpoint: ec2.CfnVPCEndpoint): string {
  const name: unknown = Stack.of(endpoint).resolve(endpoint.serviceName);
  return String(typeof name === 'string' ? name : (name as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1].at(-1));
}
