import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { MessagingEndpoints } from '../../../../src/access';
import { deferCidrMapping } from '../../../../src/delivery/private/cidr-mapping';
import { Family, Step } from '../draws';
import { plainQueues, queuesWithDeadLetters, topics } from '../existing';
import { oneFault, orNothing, step } from '../queues';
import { Field, Mode, Value, leaf, map, oneOf, struct, value } from '../values';
import { ACCOUNT } from '../world';

const attributes = { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] };

const vpcs: Field = leaf('vpc', fc.oneof(
  { arbitrary: oneOf(value('an imported VPC', world => world.make('current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, { ...attributes, vpcCidrBlock: '10.0.0.0/16' })))), weight: 5 },
  { arbitrary: oneOf(value('a VPC', world => world.once('own vpc', 'base', (scope, id) => new ec2.Vpc(scope, id, { natGateways: 0, maxAzs: 2, restrictDefaultSecurityGroup: false })))), weight: 1 },
), undefined, oneOf(
  value('a VPC without addresses', world => world.make('current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, attributes))),
  value('a VPC without names', world => world.make('base', (scope, id) => new ec2.Vpc(scope, id, { natGateways: 0, maxAzs: 1, restrictDefaultSecurityGroup: false, enableDnsHostnames: false }))),
  value('a VPC whose ID is a parameter', world => world.make('current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, { ...attributes, vpcCidrBlock: '10.0.0.0/16', vpcId: world.textParameter('vpc-0123456789abcdef0') }))),
));

/** One or two resources; none, and one of them twice, are refused. */
function listOf(prop: string, ...resources: Value[]): Field {
  const lists = fc.uniqueArray(fc.constantFrom(...resources), { minLength: 1, maxLength: 2 })
    .map(list => value(`[${list.map(({ text }) => text).join(', ')}]`, world => list.map(one => one.make(world))));
  const twice = fc.constantFrom(...resources).map(one => value(`${one.text}, twice`, world => {
    const resource = one.make(world);
    return [resource, resource];
  }));
  return leaf(prop, lists, fc.oneof(oneOf(value('[]', () => [])), twice));
}

const streamArn = (stack: Stack, service: string, resource: string) => stack.formatArn({ service, resource });
/** The CDK adds a mapping to the stack, which throws in a Region that it does not know. */
const deliveryStream = (text: string, make: (scope: Construct, id: string, stack: Stack) => firehose.IDeliveryStream) => value(text, world => world.make('current', (scope, id) => {
  deferCidrMapping(scope);
  return make(scope, id, world.current);
}));
const resourceLists: Record<string, Field> = {
  queues: listOf('queues', ...plainQueues(false, 'topic'), ...plainQueues(true, 'topic').slice(0, 2), ...queuesWithDeadLetters('topic')),
  topics: listOf('topics', ...topics(false), ...topics(true).slice(0, 1)),
  streams: listOf('streams',
    value('a data stream', world => world.make('topic', (scope, id) => new kinesis.Stream(scope, id))),
    value('a data stream by its ARN', world => world.make('current', (scope, id) => kinesis.Stream.fromStreamArn(scope, id, streamArn(world.current, 'kinesis', `stream/theirs-${id}`))))),
  deliveryStreams: listOf('deliveryStreams',
    deliveryStream('a delivery stream by its ARN', (scope, id, stack) => firehose.DeliveryStream.fromDeliveryStreamArn(scope, id, streamArn(stack, 'firehose', `deliverystream/theirs-${id}`))),
    deliveryStream('a delivery stream by its name', (scope, id) => firehose.DeliveryStream.fromDeliveryStreamName(scope, id, `theirs-${id}`))),
};

const booleans = (prop: string): Field => leaf(prop, oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined)));

const endpointFields: Record<string, Field> = {
  vpc: vpcs,
  ...resourceLists,
  subnets: leaf('subnets',
    oneOf(value('{}', () => ({})), value('by their IDs', world => ({ subnets: [world.make('current', (scope, id) => ec2.Subnet.fromSubnetId(scope, id, 'subnet-0123456789abcdef2'))] }))),
    oneOf(value('by an unknown name', () => ({ subnetGroupName: 'nowhere' })), value('no subnets', () => ({ subnets: [] })))),
  securityGroups: leaf('securityGroups', oneOf(
    value('a group', world => [world.make('current', (scope, id) => ec2.SecurityGroup.fromSecurityGroupId(scope, id, 'sg-0123456789abcdef0'))]), value('undefined', () => undefined),
  )),
  open: booleans('open'),
  privateDnsEnabled: booleans('privateDnsEnabled'),
};

/** Policies name a role in another stack by its name. */
const restrictions: Field = orNothing(struct({
  exceptRoles: map(leaf('exceptRoles', oneOf(
    value('a role with a name', world => world.make('base', (scope, id) => new iam.Role(scope, id, { roleName: `Role${id}`, assumedBy: new iam.AccountRootPrincipal() }))),
    value('a role by its ARN', world => world.make('current', (scope, id) => iam.Role.fromRoleArn(scope, id, `arn:aws:iam::${ACCOUNT}:role/theirs`))),
  ), undefined, oneOf(
    value('a role', world => world.make('current', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.AccountRootPrincipal() }))),
  )), 'a list of one', role => [role]),
}));

/** The endpoints of a VPC, and the first queue and topic restricted to them, the queue also twice. */
const endpoints = (mode: Mode): fc.Arbitrary<Step[]> => fc.constantFrom(...Object.keys(resourceLists)).chain(required => oneFault(mode,
  inner => step(inner, 'MessagingEndpoints', 'queue', struct(endpointFields, ['vpc', required]), (scope, props) => ({ props, endpoints: new MessagingEndpoints(scope, 'Endpoints', props) })),
)).chain(steps => fc.tuple(...(['queues', 'queues', 'topics'] as const).map(prop => {
  const method = prop === 'queues' ? 'restrictQueue' : 'restrictTopic';
  return step(mode === 'fault' ? 'valid' : mode, `MessagingEndpoints.${method}`, 'queue', restrictions, (_, options, __, [made]) => {
    const [resource] = made?.props[prop] ?? [];
    if (resource) made.endpoints[method](resource, options);
  });
})).map(more => [...steps, ...more]));

export const ENDPOINTS: Family[] = [
  { name: 'endpoints of a VPC', share: { valid: 30, fault: 24, wild: 16 }, steps: endpoints },
];
