import { ResolvedTemplate, resolveAll } from './resolver';

type Json = any;

const ACCOUNT = '111122223333';

const TEMPLATE = {
  Parameters: {
    Size: { Type: 'String', Default: 'small' },
    Needed: { Type: 'String' },
    Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/aws/service/ami-latest' },
  },
  Mappings: { Sizes: { small: { Count: 1, Names: ['a', 'b'] } } },
  Conditions: {
    IsSmall: { 'Fn::Equals': [{ Ref: 'Size' }, 'small'] },
    IsLarge: { 'Fn::Not': [{ Condition: 'IsSmall' }] },
    Both: { 'Fn::And': [{ Condition: 'IsSmall' }, { Condition: 'IsLarge' }] },
    Either: { 'Fn::Or': [{ Condition: 'IsSmall' }, { Condition: 'IsLarge' }] },
  },
  Resources: {
    Jobs: { Type: 'AWS::SQS::Queue', Properties: {} },
    Named: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Join': ['-', ['jobs', { Ref: 'AWS::Region' }]] } } },
    Ordered: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    Orders: { Type: 'AWS::SNS::Topic' },
    Ledger: { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true } },
    Subscription: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Orders' } } },
    Key: { Type: 'AWS::KMS::Key' },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'worker' } },
    Policy: { Type: 'AWS::IAM::ManagedPolicy' },
    Profile: { Type: 'AWS::IAM::InstanceProfile' },
    Stream: { Type: 'AWS::Kinesis::Stream' },
    Delivery: { Type: 'AWS::KinesisFirehose::DeliveryStream' },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    Handler: { Type: 'AWS::Lambda::Function' },
    Rule: { Type: 'AWS::Events::Rule' },
    Alarm: { Type: 'AWS::CloudWatch::Alarm' },
    Group: { Type: 'AWS::AutoScaling::AutoScalingGroup' },
    Scaling: { Type: 'AWS::AutoScaling::ScalingPolicy' },
    Large: { Type: 'AWS::SQS::Queue', Condition: 'IsLarge' },
    Small: { Type: 'AWS::SQS::Queue', Condition: 'IsSmall' },
    Vpc: { Type: 'AWS::EC2::VPC' },
  },
  Outputs: {
    JobsArn: { Value: { 'Fn::GetAtt': ['Jobs', 'Arn'] }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}-jobs' } } },
    NotExported: { Value: 'x' },
  },
};

const resolved = new ResolvedTemplate(TEMPLATE);
const GET_ATT = (id: string, attribute: string) => ({ 'Fn::GetAtt': [id, attribute] });

describe('intrinsic functions', () => {
  const values: [string, Json, Json][] = [
    ['a plain value', { a: [1, true, null, 'x'] }, { a: [1, true, null, 'x'] }],
    ['Ref to a parameter', { Ref: 'Size' }, 'small'],
    ['Ref to a parameter from SSM', { Ref: 'Image' }, 'resolved-ami-latest'],
    ['Ref to the account', { Ref: 'AWS::AccountId' }, ACCOUNT],
    ['Ref to the Region', { Ref: 'AWS::Region' }, 'eu-west-1'],
    ['Ref to the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['Ref to the stack name', { Ref: 'AWS::StackName' }, 'Stack'],
    ['Ref to the stack id', { Ref: 'AWS::StackId' }, `arn:aws:cloudformation:eu-west-1:${ACCOUNT}:stack/Stack/1c2fa620-982a-11e3-aff7-50e2416294e0`],
    ['Ref to the URL suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['Ref to no value in an object', { a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    ['Ref to no value in a list', [{ Ref: 'AWS::NoValue' }, 1], [1]],
    ['Ref to a queue: its URL', { Ref: 'Jobs' }, `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/Stack-Jobs`],
    ['Ref to a topic: its ARN', { Ref: 'Orders' }, `arn:aws:sns:eu-west-1:${ACCOUNT}:Stack-Orders`],
    ['Ref to a bucket: its name', { Ref: 'Bucket' }, 'stack-bucket'],
    ['Ref to a policy: its ARN', { Ref: 'Policy' }, `arn:aws:iam::${ACCOUNT}:policy/Stack-Policy`],
    ['Fn::GetAtt as a list', GET_ATT('Jobs', 'Arn'), `arn:aws:sqs:eu-west-1:${ACCOUNT}:Stack-Jobs`],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Jobs.Arn' }, `arn:aws:sqs:eu-west-1:${ACCOUNT}:Stack-Jobs`],
    ['Fn::GetAtt of a name', GET_ATT('Named', 'QueueName'), 'jobs-eu-west-1'],
    ['Fn::GetAtt of a URL', GET_ATT('Jobs', 'QueueUrl'), `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/Stack-Jobs`],
    ['Fn::GetAtt of an id that the service makes', GET_ATT('Role', 'RoleId'), 'Role.RoleId'],
    ['Fn::Join', { 'Fn::Join': [':', ['a', { Ref: 'Size' }, { Ref: 'AWS::NoValue' }]] }, 'a:small'],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', 'b']] }, 'b'],
    ['Fn::Split in Fn::Select', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }, '1c2fa620-982a-11e3-aff7-50e2416294e0'],
    ['Fn::Sub', { 'Fn::Sub': '${Size} ${Jobs.Arn} ${AWS::Region} ${!Literal}' }, `small arn:aws:sqs:eu-west-1:${ACCOUNT}:Stack-Jobs eu-west-1 \${Literal}`],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${A}-${Size}', { A: { Ref: 'AWS::Partition' } }] }, 'aws-small'],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'Size' } }, 'c21hbGw='],
    ['Fn::GetAZs', { 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Size' }, 'Count'] }, 1],
    ['Fn::If that holds', { 'Fn::If': ['IsSmall', 'yes', 'no'] }, 'yes'],
    ['Fn::If that does not', { 'Fn::If': ['IsLarge', 'yes', { Ref: 'Size' }] }, 'small'],
    ['Fn::If without a value', { a: { 'Fn::If': ['IsLarge', 'yes', { Ref: 'AWS::NoValue' }] } }, {}],
    ['Fn::Equals', { 'Fn::Equals': ['a', 'b'] }, false],
    ['Fn::Not', { 'Fn::Not': [{ 'Fn::Equals': ['a', 'b'] }] }, true],
    ['Fn::And', { 'Fn::If': ['Both', 1, 2] }, 2],
    ['Fn::Or', { 'Fn::If': ['Either', 1, 2] }, 1],
    ['Condition by name', { Condition: 'IsSmall' }, true],
    ['the Condition of a statement', { Condition: { Bool: { 'aws:SecureTransport': { Ref: 'Size' } } } }, { Condition: { Bool: { 'aws:SecureTransport': 'small' } } }],
    ['a key like an intrinsic beside others', { Ref: 'Size', Other: 1 }, { Ref: 'Size', Other: 1 }],
  ];

  test.each(values)('%s', (_, value, expected) => {
    expect(resolved.resolve(value)).toEqual(expected);
  });

  const errors: [string, Json, string][] = [
    ['an intrinsic that is not known', { 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, 'the resolver does not know Fn::Cidr'],
    ['a transform', { 'Fn::Transform': { Name: 'x' } }, 'the resolver does not know Fn::Transform'],
    ['a dynamic reference', { a: '{{resolve:ssm:/x}}' }, 'the resolver does not know dynamic references'],
    ['a resource that is not there', { Ref: 'Nothing' }, 'the template has no resource Nothing'],
    ['an attribute of one', GET_ATT('Nothing', 'Arn'), 'the template has no resource Nothing'],
    ['one in Fn::Sub', { 'Fn::Sub': '${Nothing}' }, 'the template has no resource Nothing'],
    ['an attribute that is not known', GET_ATT('Jobs', 'Colour'), 'no attribute Colour is known for Jobs (AWS::SQS::Queue)'],
    ['an ARN that is not known', GET_ATT('Vpc', 'Arn'), 'no ARN is known for Vpc (AWS::EC2::VPC)'],
    ['a parameter without a value', { Ref: 'Needed' }, 'parameter Needed has no value'],
    ['a pseudo parameter that is not known', { Ref: 'AWS::NotificationARNs' }, 'the template has no resource AWS::NotificationARNs'],
    ['a condition that is not there', { 'Fn::If': ['Nothing', 1, 2] }, 'there is no value for {"Condition":"Nothing"}'],
    ['a map that is not there', { 'Fn::FindInMap': ['Nothing', 'a', 'b'] }, 'there is no value for {"Fn::FindInMap"'],
    ['a key that is not in a map', { 'Fn::FindInMap': ['Sizes', 'small', 'Nothing'] }, 'there is no value for {"Fn::FindInMap"'],
    ['a selection beyond the end', { 'Fn::Select': [2, ['a', 'b']] }, 'there is no value for {"Fn::Select"'],
    ['an import that nobody exports', { 'Fn::ImportValue': 'Nothing' }, 'there is no value for {"Fn::ImportValue":"Nothing"}'],
  ];

  test.each(errors)('fails for %s', (_, value, message) => {
    expect(() => resolved.resolve(value)).toThrow(message);
  });

  test('a value for a parameter', () => {
    const deployed = new ResolvedTemplate(TEMPLATE, { parameters: { Size: 'large', Needed: 'given' } });
    expect(deployed.resolve([{ Ref: 'Size' }, { Ref: 'Needed' }, { 'Fn::If': ['IsLarge', 1, 2] }])).toEqual(['large', 'given', 1]);
  });
});

describe('names and ARNs', () => {
  const arns: [string, string][] = [
    ['Jobs', `arn:aws:sqs:eu-west-1:${ACCOUNT}:Stack-Jobs`],
    ['Named', `arn:aws:sqs:eu-west-1:${ACCOUNT}:jobs-eu-west-1`],
    ['Ordered', `arn:aws:sqs:eu-west-1:${ACCOUNT}:Stack-Ordered.fifo`],
    ['Orders', `arn:aws:sns:eu-west-1:${ACCOUNT}:Stack-Orders`],
    ['Ledger', `arn:aws:sns:eu-west-1:${ACCOUNT}:Stack-Ledger.fifo`],
    ['Subscription', `arn:aws:sns:eu-west-1:${ACCOUNT}:Stack-Orders:Subscription`],
    ['Bucket', 'arn:aws:s3:::stack-bucket'],
    ['Role', `arn:aws:iam::${ACCOUNT}:role/worker`],
    ['Policy', `arn:aws:iam::${ACCOUNT}:policy/Stack-Policy`],
    ['Profile', `arn:aws:iam::${ACCOUNT}:instance-profile/Stack-Profile`],
    ['Stream', `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/Stack-Stream`],
    ['Delivery', `arn:aws:firehose:eu-west-1:${ACCOUNT}:deliverystream/Stack-Delivery`],
    ['Logs', `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:Stack-Logs:*`],
    ['Handler', `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:Stack-Handler`],
    ['Rule', `arn:aws:events:eu-west-1:${ACCOUNT}:rule/Stack-Rule`],
    ['Alarm', `arn:aws:cloudwatch:eu-west-1:${ACCOUNT}:alarm:Stack-Alarm`],
    ['Group', `arn:aws:autoscaling:eu-west-1:${ACCOUNT}:autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/Stack-Group`],
    ['Scaling', `arn:aws:autoscaling:eu-west-1:${ACCOUNT}:scalingPolicy:00000000-0000-4000-8000-000000000000:policyName/Stack-Scaling`],
  ];

  test.each(arns)('%s', (id, arn) => {
    expect(resolved.arnOf(id)).toBe(arn);
  });

  test('a key has an id of its own in each stack', () => {
    const pattern = new RegExp(`^arn:aws:kms:eu-west-1:${ACCOUNT}:key/[0-9a-f]{8}-0000-4000-8000-000000000000$`);
    const other = new ResolvedTemplate(TEMPLATE, { stackName: 'Other' });
    expect(resolved.arnOf('Key')).toMatch(pattern);
    expect(other.arnOf('Key')).toMatch(pattern);
    expect(other.arnOf('Key')).not.toBe(resolved.arnOf('Key'));
    expect(resolved.resolve({ Ref: 'Key' })).toBe(resolved.arnOf('Key').split('/')[1]);
  });

  test('two names in one stack differ, and so do those of two stacks', () => {
    const other = new ResolvedTemplate(TEMPLATE, { stackName: 'Other' });
    const names = [resolved, other].flatMap(stack => ['Jobs', 'Ordered', 'Orders', 'Bucket', 'Stream'].map(id => stack.arnOf(id)));
    expect(new Set(names).size).toBe(names.length);
  });

  test('resources that a condition keeps from being made are not there', () => {
    expect(resolved.idsOf('AWS::SQS::Queue')).toEqual(['Jobs', 'Named', 'Ordered', 'Small']);
    expect(resolved.idsOf()).toHaveLength(Object.keys(TEMPLATE.Resources).length - 1);
    expect(resolved.typeOf('Orders')).toBe('AWS::SNS::Topic');
    expect(resolved.propertiesOf('Orders')).toEqual({});
    expect(resolved.propertiesOf('Named')).toEqual({ QueueName: 'jobs-eu-west-1' });
  });
});

describe('partitions', () => {
  test.each([
    ['aws', 'eu-west-1', 'amazonaws.com'], ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'], ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
    ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'], ['aws-iso', 'us-iso-east-1', 'c2s.ic.gov'], ['aws-iso-b', 'us-isob-east-1', 'sc2s.sgov.gov'],
  ])('%s', (partition, region, suffix) => {
    const deployed = new ResolvedTemplate(TEMPLATE, { partition, region, account: '444455556666' });
    expect(deployed.arnOf('Jobs')).toBe(`arn:${partition}:sqs:${region}:444455556666:Stack-Jobs`);
    expect(deployed.arnOf('Bucket')).toBe(`arn:${partition}:s3:::stack-bucket`);
    expect(deployed.resolve({ Ref: 'Jobs' })).toBe(`https://sqs.${region}.${suffix}/444455556666/Stack-Jobs`);
  });

  test('one that is not known is an error', () => {
    expect(() => new ResolvedTemplate(TEMPLATE, { partition: 'aws-moon' }).resolve({ Ref: 'AWS::URLSuffix' })).toThrow('aws-moon');
  });
});

describe('several stacks', () => {
  const user = { Resources: { Policy: { Type: 'AWS::IAM::Policy', Properties: { Resource: { 'Fn::ImportValue': 'Maker-jobs' } } } } };

  test('one imports what an earlier one exports', () => {
    const [maker, importer] = resolveAll([{ template: TEMPLATE, deployed: { stackName: 'Maker' } }, { template: user }]);
    expect([...maker.exports()]).toEqual([['Maker-jobs', maker.arnOf('Jobs')]]);
    expect(importer.propertiesOf('Policy')).toEqual({ Resource: maker.arnOf('Jobs') });
  });

  test('an import of what a later one exports is an error', () => {
    const [importer] = resolveAll([{ template: user }]);
    expect(() => importer.propertiesOf('Policy')).toThrow('Maker-jobs');
  });

  test('the same export of two stacks is an error', () => {
    const maker = { template: TEMPLATE, deployed: { stackName: 'Maker' } };
    expect(() => resolveAll([maker, maker])).toThrow('two stacks export Maker-jobs');
  });
});
