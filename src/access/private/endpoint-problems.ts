import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, IConstruct } from 'constructs';
import { MESSAGING_ENDPOINTS } from './endpoint-bounds';
import { ENDPOINT_SERVICES, EndpointResource, RESOURCE_PROPS } from './endpoint-services';
import { checkBounds } from '../../private/bounds';
import { pathOf } from '../../private/describe';
import { canRefer, placeOf, placeProblems } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import { resourcesAtSynthesis } from '../../private/uses';
import { isIntrinsic, writtenProperty } from '../../private/written';
import { MessagingEndpointsProps } from '../messaging-endpoints';

/** What is wrong with the props. */
export function endpointProblems(scope: Construct, props: MessagingEndpointsProps): Problem[] {
  const given = RESOURCE_PROPS.filter(prop => props[prop] !== undefined);
  return [
    ...unless(given.length > 0, () => ({
      prop: 'queues', got: 'nothing, and no topics, streams or deliveryStreams', allowed: 'the resources of at least one service', fix: 'Specify the queues, topics or streams that are used from the VPC.',
    })),
    ...checkBounds(MESSAGING_ENDPOINTS, props),
    ...given.flatMap(prop => at(prop, resourceProblems(scope, ENDPOINT_SERVICES[prop].what, ENDPOINT_SERVICES[prop].resources(props)))),
    ...at('vpc', placeProblems('VPC', props.vpc.env, { ...placeOf(scope), because: 'where the endpoints are created' }, 'Create the endpoints in a stack of that account and Region.')),
    ...subnetProblems(props),
    ...openProblems(props),
    ...dnsProblems(props),
  ];
}

function resourceProblems(scope: Construct, what: string, resources: EndpointResource[]): Problem[] {
  const { region } = Stack.of(scope);
  const repeated = resources.find(({ arn }, index) => resources.findIndex(other => other.arn === arn) < index);
  return [
    ...unless(repeated === undefined, () => ({ prop: '', got: `'${repeated?.resource.node.path}' more than once`, allowed: `each ${what} once`, fix: 'Remove the repetition.' })),
    ...resources.flatMap(({ resource, arn }) => [
      ...placeProblems(what, resource.env, { account: resource.env.account, region, because: 'that of the VPC' }, 'An endpoint leads to the service in its own Region only.'),
      ...unless(canRefer(Stack.of(scope), resource, arn), () => ({
        prop: '',
        got: `'${resource.node.path}' of another account or Region, whose name is only known at deployment`,
        allowed: `in another account, a ${what} with a name`,
        fix: 'Specify its name: the policy of the endpoint contains its ARN.',
      })),
    ]),
  ];
}

function subnetProblems({ vpc, subnets }: MessagingEndpointsProps): Problem[] {
  const { refusal, selected } = select(vpc, subnets);
  const repeated = repeatedZone(selected);
  return [
    ...unless(refusal === undefined, () => ({
      prop: 'subnets',
      got: subnets ? 'a selection that the VPC cannot fulfill' : 'nothing, in a VPC without subnets',
      allowed: 'subnets of the VPC',
      fix: `${refusal} An endpoint needs a subnet in each Availability Zone that uses it.`,
    })),
    ...unless(repeated === undefined, () => ({
      prop: 'subnets',
      got: `'${repeated?.node.path}' in the Availability Zone of another subnet`,
      allowed: 'one subnet in each Availability Zone',
      fix: 'Remove one of the two, or select the subnets by their type: the deployment of the endpoint fails.',
    })),
  ];
}

/** A subnet in the zone of one before it: a list of subnets is taken as it is. */
function repeatedZone(subnets: ec2.ISubnet[]): ec2.ISubnet | undefined {
  const zones = subnets.map(subnet => ({ subnet, zone: zoneOf(subnet) }));
  return zones.find(({ zone }, index) => zone !== undefined && zones.findIndex(other => other.zone === zone) < index)?.subnet;
}

/** The zone of a subnet; undefined for an imported one whose zone is not known, which the CDK refuses to read. */
function zoneOf(subnet: ec2.ISubnet): string | undefined {
  try {
    return subnet.availabilityZone;
  } catch {
    return undefined;
  }
}

/** The subnets that a VPC selects, or why it refuses the selection. */
interface Selection {
  readonly selected: ec2.ISubnet[];
  readonly refusal?: string;
}

function select(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): Selection {
  try {
    const { subnets, isPendingLookup } = vpc.selectSubnets({ ...selection, onePerAz: true });
    return { selected: subnets, refusal: subnets.length === 0 && !isPendingLookup ? 'It matches no subnet.' : undefined };
  } catch (error) {
    return { selected: [], refusal: `${(error as Error).message.replace(/\.$/, '')}.` };
  }
}

/** The CDK reads the addresses of the VPC for the security groups. */
function openProblems({ vpc, open = true }: MessagingEndpointsProps): Problem[] {
  return unless(!open || hasAddresses(vpc), () => ({
    prop: 'open',
    got: `true, with the imported VPC '${vpc.node.path}', whose addresses are not known`,
    allowed: 'a VPC with vpcCidrBlock, or false',
    fix: 'Specify vpcCidrBlock in Vpc.fromVpcAttributes(), or specify false and allow the callers with connections.allowDefaultPortFrom().',
  }));
}

function hasAddresses(vpc: ec2.IVpc): boolean {
  try {
    return vpc.vpcCidrBlock !== undefined;
  } catch {
    return false;
  }
}

/** An imported VPC does not say whether it resolves names. */
function dnsProblems({ vpc, privateDnsEnabled = true }: MessagingEndpointsProps): Problem[] {
  const { dnsHostnamesEnabled = true, dnsSupportEnabled = true } = vpc as Partial<ec2.Vpc>;
  return unless(!privateDnsEnabled || (dnsHostnamesEnabled && dnsSupportEnabled), () => ({
    prop: 'privateDnsEnabled',
    got: `true, with '${vpc.node.path}', which has no DNS ${dnsSupportEnabled ? 'host names' : 'support'}`,
    allowed: 'a VPC with enableDnsHostnames and enableDnsSupport, or false',
    fix: 'Enable both for the VPC, or specify false and configure the address of the endpoint in each client.',
  }));
}

/** @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html */
const MAX_POLICY_LENGTH = 20_480;

/** What is wrong with the endpoints when the template is written: their policies, and other endpoints of the VPC. */
export function writtenEndpointProblems(scope: Construct, endpoints: ec2.InterfaceVpcEndpoint[]): Problem[] {
  const own = endpoints.map(endpoint => endpoint.node.defaultChild as ec2.CfnVPCEndpoint);
  return own.flatMap(endpoint => [...lengthProblems(endpoint), ...privateDnsProblems(scope, endpoint)]);
}

function lengthProblems(endpoint: ec2.CfnVPCEndpoint): Problem[] {
  const length = knownLength(Stack.of(endpoint).resolve(endpoint.policyDocument));
  return unless(length <= MAX_POLICY_LENGTH, () => ({
    prop: 'endpoint policy',
    got: `at least ${length} characters in the policy of ${pathOf(endpoint)}`,
    allowed: `at most ${MAX_POLICY_LENGTH} characters`,
    fix: 'Specify fewer resources. Names with a common prefix can share a pattern: create the endpoint with one of them, and add the pattern with addToPolicy() of the endpoint.',
  }));
}

/** The length of a policy without the values that are only known at deployment. */
function knownLength(policy: unknown): number {
  return JSON.stringify(policy, (_, value) => isIntrinsic(value) ? '' : value).length;
}

/** CloudFormation accepts a second endpoint with private DNS, and its deployment fails. */
function privateDnsProblems(scope: IConstruct, endpoint: ec2.CfnVPCEndpoint): Problem[] {
  const isPrivate = (one: ec2.CfnVPCEndpoint) => writtenProperty(one, 'PrivateDnsEnabled', one.privateDnsEnabled) === true;
  if (!isPrivate(endpoint)) return [];
  const serviceOf = (one: ec2.CfnVPCEndpoint) => JSON.stringify(Stack.of(one).resolve(one.serviceName));
  const others = resourcesAtSynthesis(scope).filter(ec2.CfnVPCEndpoint.isCfnVPCEndpoint).filter(other => other !== endpoint
    && isPrivate(other)
    && other.vpcId === endpoint.vpcId
    && Stack.of(other).environment === Stack.of(endpoint).environment
    && serviceOf(other) === serviceOf(endpoint));
  return others.map(other => ({
    prop: 'privateDnsEnabled',
    got: `true for ${pathOf(endpoint)}, and for ${pathOf(other)} of the same service in the same VPC`,
    allowed: 'one endpoint with private DNS for each service in a VPC',
    fix: 'Specify the resources of both in one MessagingEndpoints, or specify false for one of them.',
  }));
}
