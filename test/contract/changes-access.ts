import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Change, rows } from './change';
import { EndpointRestrictionOptions, MessagingEndpoints, MessagingEndpointsProps } from '../../src/access';
import { WorkQueue } from '../../src/queues';

const network = (stack: Stack, id = 'Vpc') => ec2.Vpc.fromVpcAttributes(stack, id, {
  vpcId: `vpc-${id.toLowerCase()}`, vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'],
});
const arn = (stack: Stack, service: string, resource: string) => stack.formatArn({ service, resource });
const queue = (stack: Stack, id = 'Queue') => sqs.Queue.fromQueueArn(stack, id, arn(stack, 'sqs', `given-${id}`));
const subnets = (stack: Stack) => ({ subnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'Subnet', 'subnet-2')] } });

const ENDPOINTS = rows<Partial<MessagingEndpointsProps>>('MessagingEndpoints', (stack, props) => new MessagingEndpoints(stack, 'Subject', {
  vpc: props.vpc ?? network(stack), queues: [queue(stack, 'Always')], ...props,
}), {
  'MessagingEndpointsProps.vpc': { 'one VPC': () => ({}), 'another VPC': stack => ({ vpc: network(stack, 'Other') }) },
  'MessagingEndpointsProps.queues': { 'one queue': () => ({}), 'another queue': stack => ({ queues: [queue(stack)] }) },
  'MessagingEndpointsProps.topics': { 'nothing': () => ({}), 'a topic': stack => ({ topics: [sns.Topic.fromTopicArn(stack, 'Topic', arn(stack, 'sns', 'given'))] }) },
  'MessagingEndpointsProps.streams': {
    'nothing': () => ({}), 'a data stream': stack => ({ streams: [kinesis.Stream.fromStreamArn(stack, 'Stream', arn(stack, 'kinesis', 'stream/given'))] }),
  },
  'MessagingEndpointsProps.deliveryStreams': {
    'nothing': () => ({}),
    'a delivery stream': stack => ({ deliveryStreams: [firehose.DeliveryStream.fromDeliveryStreamArn(stack, 'Archive', arn(stack, 'firehose', 'deliverystream/given'))] }),
  },
  'MessagingEndpointsProps.subnets': { 'nothing': () => ({}), 'other subnets': subnets },
  'MessagingEndpointsProps.securityGroups': {
    'nothing': () => ({}), 'a security group': stack => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')] }),
  },
  'MessagingEndpointsProps.open': { true: () => ({}), false: () => ({ open: false }) },
  'MessagingEndpointsProps.privateDnsEnabled': { true: () => ({}), false: () => ({ privateDnsEnabled: false }) },
});

const RESTRICTIONS = rows<EndpointRestrictionOptions>('MessagingEndpoints', (stack, options) => {
  const jobs = new WorkQueue(stack, 'Jobs');
  new MessagingEndpoints(stack, 'Subject', { vpc: network(stack), queues: [jobs] }).restrictQueue(jobs, options);
}, {
  'EndpointRestrictionOptions.exceptRoles': {
    'nothing': () => ({}), 'a role': stack => ({ exceptRoles: [iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${stack.account}:role/given`)] }),
  },
});

export const CHANGES_ACCESS: Change[] = [...ENDPOINTS, ...RESTRICTIONS];
