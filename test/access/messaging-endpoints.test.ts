import { Aspects, App, CfnParameter, NestedStack, Stack, StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { MessagingEndpoints, MessagingEndpointsProps } from '../../src/access';
import { ENV, refusedAtSynth } from '../fanout/support';
import { problemsOf } from '../support/problems';
import { propertiesOf, synth, synthApp } from '../support/template';

type Props = Partial<MessagingEndpointsProps>;

let app: App;
let stack: Stack;
let vpc: ec2.Vpc;

function prepare(props: StackProps = {}, vpcProps: ec2.VpcProps = {}): void {
  app = new App();
  stack = new Stack(app, 'Stack', props);
  vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, restrictDefaultSecurityGroup: false, ...vpcProps });
}
beforeEach(() => prepare());

const make = (props: Props, id = 'Endpoints') => new MessagingEndpoints(stack, id, { vpc, ...props });
const queueOf = (id = 'Jobs', scope: Stack = stack) => new sqs.Queue(scope, id);
const statements = (endpoint: ec2.InterfaceVpcEndpoint) => propertiesOf(endpoint).PolicyDocument.Statement;
const all = () => ({
  queues: [queueOf()],
  topics: [new sns.Topic(stack, 'Orders')],
  streams: [new kinesis.Stream(stack, 'Clicks')],
  deliveryStreams: [firehose.DeliveryStream.fromDeliveryStreamArn(stack, 'Archive', stack.formatArn({ service: 'firehose', resource: 'deliverystream', resourceName: 'archive' }))],
});
/** Everything in the stack of the endpoints but the VPC. */
const endpointsIn = () => stack.node.findAll().filter(ec2.CfnVPCEndpoint.isCfnVPCEndpoint);

describe('the endpoints', () => {
  test('are of the services whose resources were given, with a policy for these resources and the account', () => {
    const given = all();
    const endpoints = make(given);
    const arn = (id: string) => ({ 'Fn::GetAtt': [stack.getLogicalId(stack.node.findChild(id).node.defaultChild as sqs.CfnQueue), 'Arn'] });
    const statement = (Action: string, Resource: unknown) => [{
      Effect: 'Allow', Principal: '*', Action, Resource, Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
    }];
    const service = (name: string) => ({ ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, `.${name}`]] } });
    const { queueEndpoint, topicEndpoint, streamEndpoint, deliveryStreamEndpoint } = endpoints;
    expect(propertiesOf(queueEndpoint!)).toMatchObject({ ...service('sqs'), PolicyDocument: { Statement: statement('sqs:*', arn('Jobs')) } });
    expect(propertiesOf(topicEndpoint!)).toMatchObject({ ...service('sns'), PolicyDocument: { Statement: statement('sns:*', stack.resolve(given.topics[0].topicArn)) } });
    const consumers = { 'Fn::Join': ['', [arn('Clicks'), '/consumer/*']] };
    expect(propertiesOf(streamEndpoint!)).toMatchObject({ ...service('kinesis-streams'), PolicyDocument: { Statement: statement('kinesis:*', [arn('Clicks'), consumers]) } });
    expect(propertiesOf(deliveryStreamEndpoint!)).toMatchObject({
      ...service('kinesis-firehose'), PolicyDocument: { Statement: statement('firehose:*', stack.resolve(given.deliveryStreams[0].deliveryStreamArn)) },
    });
  });

  test.each([
    ['queues', 'queueEndpoint'], ['topics', 'topicEndpoint'], ['streams', 'streamEndpoint'], ['deliveryStreams', 'deliveryStreamEndpoint'],
  ] as const)('are not of other services: %s alone', (prop, member) => {
    const endpoints = make({ [prop]: all()[prop] });
    const { queueEndpoint, topicEndpoint, streamEndpoint, deliveryStreamEndpoint } = endpoints;
    expect([queueEndpoint, topicEndpoint, streamEndpoint, deliveryStreamEndpoint].filter(one => one !== undefined)).toEqual([endpoints[member]]);
    expect(endpointsIn()).toHaveLength(1);
  });

  test('share a policy statement for several resources, of this account and another', () => {
    const other = sqs.Queue.fromQueueArn(stack, 'Other', 'arn:aws:sqs:eu-west-1:444455556666:other');
    const [statement, ...others] = statements(make({ queues: [queueOf('One'), queueOf('Two'), other] }).queueEndpoint!);
    expect(others).toEqual([]);
    expect(statement.Resource).toHaveLength(3);
    expect(statement.Resource).toContain(other.queueArn);
  });

  test('have the defaults of the CDK: private subnets, private DNS, and a security group open to the addresses of the VPC', () => {
    const endpoint = make({ queues: [queueOf()] }).queueEndpoint!;
    expect(propertiesOf(endpoint)).toMatchObject({ VpcEndpointType: 'Interface', PrivateDnsEnabled: true, SubnetIds: vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId)) });
    expect(endpoint.connections.securityGroups.map(group => propertiesOf(group).SecurityGroupIngress)).toEqual([
      [expect.objectContaining({ CidrIp: stack.resolve(vpc.vpcCidrBlock), FromPort: 443, ToPort: 443 })],
    ]);
  });

  test('take other subnets and security groups, and need no private DNS', () => {
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc });
    const subnets = { subnetType: ec2.SubnetType.PUBLIC };
    const endpoints = make({ ...all(), subnets, securityGroups: [group], privateDnsEnabled: false, open: false });
    for (const endpoint of endpointsIn()) {
      expect(stack.resolve([endpoint.privateDnsEnabled, endpoint.securityGroupIds, endpoint.subnetIds]))
        .toEqual(stack.resolve([false, [group.securityGroupId], vpc.publicSubnets.map(({ subnetId }) => subnetId)]));
    }
    expect(endpoints.connections.securityGroups).toEqual([group]);
    expect(propertiesOf(group).SecurityGroupIngress).toBeUndefined();
  });

  test('that are not open allow whoever is allowed, on port 443', () => {
    const endpoints = make({ ...all(), open: false });
    const workers = new ec2.SecurityGroup(stack, 'Workers', { vpc });
    endpoints.connections.allowDefaultPortFrom(workers);
    const ingress = Object.values(synth(stack).Resources).filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress');
    expect(ingress.map(({ Properties: { FromPort, SourceSecurityGroupId } }) => [FromPort, SourceSecurityGroupId])).toEqual(
      Array(4).fill([443, stack.resolve(workers.securityGroupId)]));
  });

  test('are in a VPC of another stack, and in an imported one whose values are tokens', () => {
    const parameter = (id: string) => new CfnParameter(stack, id).valueAsString;
    const imported = ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
      vpcId: parameter('Id'), vpcCidrBlock: parameter('Cidr'), availabilityZones: ['a', 'b'], privateSubnetIds: [parameter('One'), parameter('Two')],
    });
    const other = new Stack(app, 'Other');
    const endpoints = new MessagingEndpoints(other, 'Endpoints', { vpc, queues: [queueOf()] });
    const inImported = make({ vpc: imported, queues: [queueOf('Other')] });
    synthApp(stack);
    expect(propertiesOf(inImported.queueEndpoint!)).toMatchObject({ VpcId: { Ref: 'Id' }, SubnetIds: [{ Ref: 'One' }, { Ref: 'Two' }] });
    // An import, or with the flags of a new app the output of the other stack.
    expect(JSON.stringify(propertiesOf(endpoints.queueEndpoint!).VpcId)).toMatch(/Vpc/);
  });

  test('allow more with addToPolicy of the endpoint', () => {
    const endpoint = make({ queues: [queueOf()] }).queueEndpoint!;
    endpoint.addToPolicy(new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['sqs:ListQueues'], resources: ['*'] }));
    expect(statements(endpoint)).toMatchObject([{ Action: 'sqs:*' }, { Action: 'sqs:ListQueues', Resource: '*' }]);
  });
});

describe('refused', () => {
  const elsewhere = (id: string) => sqs.Queue.fromQueueArn(stack, id, 'arn:aws:sqs:us-east-1:111122223333:jobs');

  test.each<[string, StackProps, () => Props, string]>([
    ['no resources', {}, () => ({}), 'queues'],
    ['no queue', {}, () => ({ queues: [] }), 'queues'],
    ['no topic', {}, () => ({ topics: [] }), 'topics'],
    ['no data stream', {}, () => ({ streams: [] }), 'streams'],
    ['no delivery stream', {}, () => ({ deliveryStreams: [] }), 'deliveryStreams'],
    ['a queue of another Region', { env: ENV }, () => ({ queues: [elsewhere('Jobs')] }), 'queues'],
    ['a queue twice', {}, () => ((queue = queueOf()) => ({ queues: [queue, queue] }))(), 'queues'],
    ['subnets that the VPC does not have', {}, () => ({ queues: [queueOf()], subnets: { subnetGroupName: 'none' } }), 'subnets'],
    ['two subnets of one zone', {}, () => ({ queues: [queueOf()], subnets: { subnets: [...vpc.publicSubnets, ...vpc.isolatedSubnets] } }), 'subnets'],
    ['no security group', {}, () => ({ queues: [queueOf()], securityGroups: [] }), 'securityGroups'],
    ['a VPC without addresses', {}, () => ({ queues: [queueOf()], vpc: ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] }) }), 'open'],
    ['a VPC without DNS host names', {}, () => ({ queues: [queueOf()], vpc: new ec2.Vpc(stack, 'Other', { enableDnsHostnames: false }) }), 'privateDnsEnabled'],
    ['a VPC without DNS support', {}, () => ({ queues: [queueOf()], vpc: new ec2.Vpc(stack, 'Other', { enableDnsHostnames: false, enableDnsSupport: false }) }), 'privateDnsEnabled'],
  ])('%s, and nothing is left', (_, stackProps, props, prop) => {
    prepare(stackProps);
    const given = props();
    expect(problemsOf(() => make(given)).map(problem => problem.prop)).toEqual([prop]);
    expect(stack.node.tryFindChild('Endpoints')).toBeUndefined();
  });

  test('a VPC of another Region', () => {
    prepare({ env: ENV });
    const other = new Stack(app, 'Other', { env: { ...ENV, region: 'us-east-1' } });
    expect(problemsOf(() => new MessagingEndpoints(other, 'Endpoints', { vpc, queues: [queueOf('Jobs', other)] }))).toMatchObject([{ prop: 'vpc', got: `a VPC in Region ${ENV.region}` }]);
  });

  test('a queue of another account without a name; with one it is taken', () => {
    prepare({ env: ENV });
    const other = new Stack(app, 'Other', { env: { account: '444455556666', region: ENV.region } });
    expect(problemsOf(() => make({ queues: [queueOf('Jobs', other)] }))).toMatchObject([{ prop: 'queues' }]);
    make({ queues: [new sqs.Queue(other, 'Named', { queueName: 'named' })] });
    expect(refusedAtSynth(stack)).toEqual([]);
  });

  test('all that is wrong, in one error', () => {
    expect(problemsOf(() => make({ queues: [], topics: [], subnets: { subnetGroupName: 'none' } })).map(({ prop }) => prop)).toEqual(['queues', 'topics', 'subnets']);
  });

  test.each<[string, Props]>([
    ['a VPC without DNS host names, without private DNS', { privateDnsEnabled: false, vpc: undefined }],
    ['a VPC without addresses, if it is not open', { open: false }],
  ])('not: %s', (_, props) => {
    const imported = ec2.Vpc.fromVpcAttributes(stack, 'Imported', { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] });
    const given = props.open === false ? imported : new ec2.Vpc(stack, 'Other', { enableDnsHostnames: false });
    make({ ...props, vpc: given, queues: [queueOf()] });
    expect(endpointsIn()).toHaveLength(1);
  });
});

describe('one endpoint with private DNS for each service in a VPC', () => {
  const refused = () => refusedAtSynth(stack).flatMap(({ path, problems }) => problems.map(({ prop }) => `${path} ${prop}`));

  test('two of ours are refused at synthesis', () => {
    make({ queues: [queueOf()] });
    make({ queues: [queueOf('Other')] }, 'Second');
    expect(refused()).toEqual(['Stack/Endpoints privateDnsEnabled', 'Stack/Second privateDnsEnabled']);
  });

  test('one of ours and one of the CDK are refused, in either order', () => {
    const other = new Stack(app, 'Other');
    make({ queues: [queueOf()], topics: [new sns.Topic(stack, 'Topic')] });
    new ec2.InterfaceVpcEndpoint(other, 'Sqs', { vpc, service: ec2.InterfaceVpcEndpointAwsService.SQS });
    expect(refused()).toEqual(['Stack/Endpoints privateDnsEnabled']);
  });

  test.each<[string, (scope: Stack) => void]>([
    ['without private DNS', () => make({ queues: [queueOf('Other')], privateDnsEnabled: false }, 'Second')],
    ['of another service', () => make({ topics: [new sns.Topic(stack, 'Topic')] }, 'Second')],
    ['of another VPC', () => make({ vpc: new ec2.Vpc(stack, 'Second Vpc'), queues: [queueOf('Other')] }, 'Second')],
    ['of the FIPS service', () => new ec2.InterfaceVpcEndpoint(stack, 'Fips', { vpc, service: ec2.InterfaceVpcEndpointAwsService.SQS_FIPS })],
  ])('a second one %s is taken', (_, second) => {
    make({ queues: [queueOf()] });
    second(stack);
    expect(refused()).toEqual([]);
  });

  test('subnets that are listed are taken, if each is in a zone of its own, also if their zones are not known', () => {
    expect(() => make({ queues: [queueOf()], subnets: { subnets: vpc.publicSubnets } })).not.toThrow();
    const imported = ['a', 'b'].map(id => ec2.Subnet.fromSubnetId(stack, id, `subnet-${id}`));
    expect(() => make({ topics: [new sns.Topic(stack, 'Topic')], subnets: { subnets: imported } }, 'Imported')).not.toThrow();
  });

  test('an escape hatch that takes private DNS away is heard', () => {
    make({ queues: [queueOf()] });
    const second = make({ queues: [queueOf('Other')] }, 'Second').queueEndpoint!;
    (second.node.defaultChild as ec2.CfnVPCEndpoint).addPropertyOverride('PrivateDnsEnabled', false);
    expect(refused()).toEqual([]);
  });

  test('an aspect that takes private DNS away is heard', () => {
    make({ queues: [queueOf()] });
    const second = make({ queues: [queueOf('Other')] }, 'Second').queueEndpoint!;
    Aspects.of(second).add({ visit: (node: IConstruct) => { if (ec2.CfnVPCEndpoint.isCfnVPCEndpoint(node)) node.privateDnsEnabled = false; } });
    expect(refused()).toEqual([]);
  });
});

describe('the length of a policy', () => {
  test('of 20,480 characters is taken, and of one more refused', () => {
    prepare({ env: ENV });
    const arns = (count: number) => [...Array(count).keys()].map(index => `arn:aws:sqs:${ENV.region}:${ENV.account}:${`${index}`.padStart(80, 'x')}`);
    const endpoint = make({ queues: arns(150).map((arn, index) => sqs.Queue.fromQueueArn(stack, `Queue${index}`, arn)) }).queueEndpoint!;
    const cfn = endpoint.node.defaultChild as ec2.CfnVPCEndpoint;
    const written = () => JSON.stringify(stack.resolve(cfn.policyDocument)).length;
    const document = stack.resolve(cfn.policyDocument);
    const pad = (length: number) => {
      document.Id = '';
      cfn.policyDocument = document;
      document.Id = 'x'.repeat(length - written());
    };
    pad(20_480);
    expect([written(), refusedAtSynth(stack)]).toEqual([20_480, []]);
    document.Id += 'x';
    expect(refusedAtSynth(stack).flatMap(({ problems }) => problems)).toMatchObject([{ prop: 'endpoint policy', got: expect.stringContaining('20481 characters') }]);
  });

  test('counts only what is known', () => {
    make({ queues: [...Array(30).keys()].map(index => queueOf(`Queue${index}`)) });
    expect(refusedAtSynth(stack)).toEqual([]);
  });
});

test('endpoints in a nested stack have the VPC of its parent', () => {
  const nested = new NestedStack(stack, 'Nested');
  const jobs = queueOf();
  new MessagingEndpoints(nested, 'Endpoints', { vpc, queues: [jobs] }).restrictQueue(jobs);
  expect(refusedAtSynth(stack)).toEqual([]);
});
