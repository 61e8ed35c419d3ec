import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Json, newStack } from './support';
import { s3Stream } from '../support/s3-stream';

const mappings = (stack: Stack) => Template.fromStack(stack).toJSON().Mappings;
const securityGroup = (stack: Stack) => new ec2.SecurityGroup(stack, 'Group', { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] }) });

test('a plain delivery stream still leaves an unused mapping, and fails in an unknown Region: our cure is needed', () => {
  const stack = newStack();
  new firehose.DeliveryStream(stack, 'Plain', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')) });
  expect(Object.keys(mappings(stack))).toHaveLength(1);
  const mars = newStack({ env: { region: 'mars-north-1', account: '111111111111' } });
  expect(() => new firehose.DeliveryStream(mars, 'Plain', { destination: new firehose.S3Bucket(new s3.Bucket(mars, 'Bucket')) })).toThrow('mars-north-1');
});

test('unused, the mapping is not in the template', () => {
  const stack = newStack();
  s3Stream(stack, 'Clicks');
  s3Stream(stack, 'Views');
  expect(mappings(stack)).toBeUndefined();
});

test('unused, it does not load the facts of all Regions', () => {
  const regions = jest.spyOn(RegionInfo, 'regions', 'get');
  Template.fromStack(Stack.of(s3Stream(newStack(), 'Clicks')));
  expect(regions).not.toHaveBeenCalled();
  regions.mockRestore();
});

test('used, it is', () => {
  const stack = newStack();
  const clicks = s3Stream(stack, 'Clicks');
  s3Stream(stack, 'Views');
  securityGroup(stack).connections.allowFrom(clicks, ec2.Port.tcp(5439));
  const [name, table] = Object.entries<Json>(mappings(stack))[0];
  expect(table['eu-west-1']).toEqual({ FirehoseCidrBlock: expect.stringMatching(/\/27$/) });
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: [{ CidrIp: { 'Fn::FindInMap': [name, { Ref: 'AWS::Region' }, 'FirehoseCidrBlock'] }, FromPort: 5439 }],
  });
});

test('used from a security group made before, it is too', () => {
  const stack = newStack();
  const group = securityGroup(stack);
  group.connections.allowFrom(s3Stream(stack, 'Clicks'), ec2.Port.tcp(5439));
  expect(Object.keys(mappings(stack))).toHaveLength(1);
});

test('in a known Region the block is written out', () => {
  const stack = newStack({ env: { region: 'eu-west-1', account: '111111111111' } });
  securityGroup(stack).connections.allowFrom(s3Stream(stack, 'Clicks'), ec2.Port.tcp(5439));
  expect(mappings(stack)).toBeUndefined();
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [{ CidrIp: '52.19.239.192/27' }] });
});

test('a delivery stream of the user\'s own that came first keeps its mapping', () => {
  const stack = new Stack(new App(), 'Stack');
  new firehose.DeliveryStream(stack, 'Plain', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')) });
  s3Stream(stack, 'Clicks');
  expect(Object.keys(mappings(stack))).toHaveLength(1);
});
