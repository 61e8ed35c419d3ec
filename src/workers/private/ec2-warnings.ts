import { CfnResource, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
import { describeDuration } from '../../private/describe';
import { warn } from '../../private/warnings';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import { TERMINATION_HOOK } from './worker-bounds';

/** Warns about what the services accept of the instances and the user may not want. */
export function warnOfInstances(workers: Ec2Workers, props: Ec2WorkersProps): void {
  warnOfTermination(workers);
  warnOfSubnets(workers, props);
}

function warnOfTermination(workers: Ec2Workers): void {
  const { inFlight: { timeout }, scaling: { processingTime } } = workers;
  if (!timeout || timeout.isUnresolved() || !processingTime) return;
  const seconds = processingTime.toSeconds({ integral: false });
  if (timeout.toSeconds() >= seconds) return;
  const longest = TERMINATION_HOOK.timeout.max;
  warn(workers, 'Ec2Workers.inFlightTimeout',
    `A message takes ${describeDuration(processingTime)}, and a termination waits ${describeDuration(timeout)} without a signal from the worker. The instance may end `
    + 'while it works on a message, and another worker then receives that message. '
    + (seconds <= longest.toSeconds()
      ? `Raise the timeout of InFlightProtection.lifecycleHook(), up to ${describeDuration(longest)}, or have the worker call RecordLifecycleActionHeartbeat.`
      : `The longest timeout is ${describeDuration(longest)}. Have the worker call RecordLifecycleActionHeartbeat while it works on a message.`));
}

function warnOfSubnets(workers: Ec2Workers, { vpc, vpcSubnets }: Ec2WorkersProps): void {
  const selected = vpcSubnets && vpc.selectSubnets(vpcSubnets);
  if (selected?.hasPublic) {
    warn(workers, 'Ec2Workers.publicSubnets',
      'The instances have no public address, and a public subnet routes only public addresses to the internet. The instances can reach SQS and Session Manager '
      + 'through VPC endpoints only. Choose private subnets with egress, or make sure that the endpoints exist.');
  }
  if (selected && !selected.isPendingLookup && includesIsolated(vpc, selected)) {
    // Endpoints may be added until the template is written.
    workers.node.addValidation({
      validate: () => {
        warnOfIsolation(workers, vpc);
        return [];
      },
    });
  }
}

/** Whether one of the selected subnets has no route out of its VPC, as far as the VPC tells. */
function includesIsolated(vpc: ec2.IVpc, { subnetIds }: ec2.SelectedSubnets): boolean {
  return vpc.isolatedSubnets.some(subnet => subnetIds.includes(subnet.subnetId));
}

function warnOfIsolation(workers: Ec2Workers, vpc: ec2.IVpc): void {
  const services = ['sqs', ...workers.inFlight.actions.length > 0 ? ['autoscaling'] : []];
  const missing = missingEndpoints(vpc, services);
  if (missing.length === 0) return;
  const effect = missing.includes('sqs') ? 'receive messages' : 'signal that they have finished before a termination';
  warn(workers, 'Ec2Workers.isolatedSubnets',
    `The instances are in isolated subnets, and this app has no interface endpoint for ${missing.join(' and ')} in their VPC. Without another route the workers cannot ${effect}. `
    + 'Add the endpoints with vpc.addInterfaceEndpoint(), choose private subnets with egress, or acknowledge this warning if the VPC has another route.');
}

/** The services, of those given by their names in endpoints, for which this app creates no interface endpoint in the VPC. */
function missingEndpoints(vpc: ec2.IVpc, services: string[]): string[] {
  const names = vpc.node.root.node.findAll().filter(isEndpoint).filter(({ vpcId }) => vpcId === vpc.vpcId).map(endOfServiceName);
  return services.filter(service => !names.some(name => new RegExp(`\\.${service}(-fips)?$`).test(name)));
}

function isEndpoint(construct: IConstruct): construct is ec2.CfnVPCEndpoint {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === ec2.CfnVPCEndpoint.CFN_RESOURCE_TYPE_NAME;
}

/** The name of the service, or what follows its last token. */
function endOfServiceName(endpoint: ec2.CfnVPCEndpoint): string {
  const name: unknown = Stack.of(endpoint).resolve(endpoint.serviceName);
  return String(typeof name === 'string' ? name : (name as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1].at(-1));
}
