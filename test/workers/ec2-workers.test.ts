import { Annotations as CoreAnnotations, App, Aspects, CfnResource, Duration, Size, Stack, Tags, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Ec2Workers, Ec2WorkersProps, InFlightProtection, Purchasing, QueueScaling, WorkerImage } from '../../src/workers';
import { workerScript } from '../support/constructs';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const TEMPLATE = 'AWS::EC2::LaunchTemplate';
const POLICY = 'AWS::IAM::ManagedPolicy';
const scaling = QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.millis(250), max: 40 });

function setUp(props: Partial<Ec2WorkersProps> = {}, stack = new Stack(new App(), 'Stack')) {
  const vpc = props.vpc ?? new ec2.Vpc(stack, 'Vpc', { natGateways: 1 });
  const queue = props.queue ?? new sqs.Queue(stack, 'Queue');
  const workers = new Ec2Workers(stack, 'Workers', { vpc, queue, scaling, userData: workerScript(), ...props });
  return { stack, vpc, queue, workers, template: () => Template.fromStack(stack) };
}

const launchData = (data: object) => ({ LaunchTemplateData: Match.objectLike(data) });

describe('by default', () => {
  const { stack, queue, vpc, workers, template: render } = setUp();
  const template = render();

  test('the role may consume this queue, be reached by Session Manager, and nothing more', () => {
    template.hasResourceProperties(POLICY, {
      Roles: [{ Ref: stack.getLogicalId(workers.role.node.defaultChild as CfnResource) }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
            Resource: stack.resolve(queue.queueArn),
          },
          {
            Effect: 'Allow',
            Action: [
              'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel',
              'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
            ],
            Resource: '*',
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }] },
    });
    template.resourceCountIs(POLICY, 2);
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('the termination waits, and the role may say when it is over, of this group alone', () => {
    template.hasResourceProperties('AWS::AutoScaling::LifecycleHook', {
      AutoScalingGroupName: stack.resolve(workers.autoScalingGroup.autoScalingGroupName),
      LifecycleHookName: 'finish-work',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 600,
      DefaultResult: 'CONTINUE',
    });
    template.hasResourceProperties(POLICY, {
      PolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
          Resource: { 'Fn::GetAtt': [stack.getLogicalId(workers.autoScalingGroup.node.defaultChild as CfnResource), 'AutoScalingGroupARN'] },
        }],
      },
    });
    expect(workers.lifecycleHook).toBeDefined();
    expect(workers.protectionPolicy).toBeDefined();
  });

  test('launches Amazon Linux 2023 for Arm, private, encrypted, with IMDSv2 and without a key pair', () => {
    const [[parameter, { Default }]] = Object.entries(template.findParameters('*')).filter(([id]) => id.startsWith('Ssm'));
    expect(Default).toMatch(/^\/aws\/service\/ami-amazon-linux-latest\/al2023-ami-kernel-.*-arm64$/);
    template.hasResourceProperties(TEMPLATE, launchData({
      ImageId: { Ref: parameter },
      InstanceType: 't4g.small',
      KeyName: Match.absent(),
      UserData: { 'Fn::Base64': '#!/bin/bash\n/opt/worker &' },
      Monitoring: { Enabled: false },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1, InstanceMetadataTags: 'enabled' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeType: 'gp3', DeleteOnTermination: true, VolumeSize: Match.absent() } }],
      NetworkInterfaces: [{
        DeviceIndex: 0,
        AssociatePublicIpAddress: false,
        Groups: workers.securityGroups.map(group => stack.resolve(group.securityGroupId)),
      }],
    }));
    template.resourceCountIs('AWS::AutoScaling::LaunchConfiguration', 0);
  });

  test('nobody connects to the instances', () => {
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent(), VpcId: stack.resolve(vpc.vpcId) });
  });

  test('the group', () => {
    template.hasResource(GROUP, {
      Properties: {
        AutoScalingGroupName: Match.absent(),
        CapacityRebalance: Match.absent(),
        DefaultInstanceWarmup: 120,
        DesiredCapacity: Match.absent(),
        HealthCheckGracePeriod: 300,
        HealthCheckType: 'EC2',
        LaunchTemplate: {
          LaunchTemplateId: stack.resolve(workers.launchTemplate.launchTemplateId),
          Version: stack.resolve(workers.launchTemplate.latestVersionNumber),
        },
        MaxInstanceLifetime: Match.absent(),
        MaxSize: '40',
        MetricsCollection: [{ Granularity: '1Minute', Metrics: Match.absent() }],
        MinSize: '0',
        MixedInstancesPolicy: Match.absent(),
        NewInstancesProtectedFromScaleIn: Match.absent(),
        NotificationConfigurations: Match.absent(),
        TerminationPolicies: Match.absent(),
        VPCZoneIdentifier: stack.resolve(vpc.privateSubnets.map(subnet => subnet.subnetId)),
      },
      UpdatePolicy: { AutoScalingRollingUpdate: { SuspendProcesses: Match.arrayWith(['AlarmNotification', 'ScheduledActions']) } },
    });
  });

  test('an instance finds a role that may already consume', () => {
    const { DependsOn } = Object.values(template.findResources(GROUP))[0];
    expect(DependsOn).toEqual([stack.getLogicalId(workers.consumePolicy.node.defaultChild as CfnResource)]);
  });

  test('everything is reachable, and nothing is warned of', () => {
    expect(workers).toMatchObject({ queue, scaling });
    expect(workers.inFlight.actions).toHaveLength(2);
    expect(stack.resolve(workers.scalingPolicy.policyType)).toBe('TargetTrackingScaling');
    expect(workers.startAlarm && workers.startAction).toBeDefined();
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('two synthesise to the same bytes', () => {
    expect(JSON.stringify(setUp().template().toJSON())).toBe(JSON.stringify(template.toJSON()));
  });
});

describe('each prop', () => {
  test.each<[string, Partial<Ec2WorkersProps>, object]>([
    ['detailedMonitoring', { detailedMonitoring: true }, { Monitoring: { Enabled: true } }],
    ['instanceTypes', { instanceTypes: [new ec2.InstanceType('c8g.large')] }, { InstanceType: 'c8g.large' }],
    ['rootVolumeSize, least', { rootVolumeSize: Size.gibibytes(1) }, { BlockDeviceMappings: [{ Ebs: { VolumeSize: 1, Encrypted: true } }] }],
    ['rootVolumeSize, only known at deployment', { rootVolumeSize: Size.gibibytes(Token.asNumber({ Ref: 'GiB' })) }, {
      BlockDeviceMappings: [{ Ebs: { VolumeSize: { Ref: 'GiB' } } }],
    }],
    ['rootVolumeSize, most', { rootVolumeSize: Size.tebibytes(64) }, { BlockDeviceMappings: [{ Ebs: { VolumeSize: 65536, Encrypted: true } }] }],
    ['image for x86', { image: WorkerImage.amazonLinux2023(ec2.InstanceArchitecture.X86_64) }, {
      InstanceType: 't3.small', ImageId: { Ref: Match.stringLikeRegexp('x8664') },
    }],
    ['image of their own', {
      image: WorkerImage.custom({
        machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-0123456789abcdef0' }), architecture: ec2.InstanceArchitecture.ARM_64, rootDeviceName: '/dev/sda1',
      }),
    }, { InstanceType: 't4g.small', ImageId: 'ami-0123456789abcdef0', BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { Encrypted: true } }] }],
    ['an instance type without a known architecture', { instanceTypes: [new ec2.InstanceType('u-6tb1.56xlarge')] }, { InstanceType: 'u-6tb1.56xlarge' }],
    ['a Windows image', {
      image: WorkerImage.custom({
        machineImage: ec2.MachineImage.genericWindows({ 'eu-west-1': 'ami-0123456789abcdef0' }),
        architecture: ec2.InstanceArchitecture.X86_64,
        rootDeviceName: '/dev/sda1',
      }),
      userData: undefined,
    }, { UserData: { 'Fn::Base64': '<powershell></powershell>' } }],
    ['a root device only known at deployment', {
      image: WorkerImage.custom({
        machineImage: ec2.MachineImage.latestAmazonLinux2023(), architecture: ec2.InstanceArchitecture.X86_64, rootDeviceName: Token.asString({ Ref: 'Root' }),
      }),
    }, { BlockDeviceMappings: [{ DeviceName: { Ref: 'Root' } }] }],
    ['no protection', { inFlight: InFlightProtection.none('short work') }, { MetadataOptions: { InstanceMetadataTags: Match.absent(), HttpTokens: 'required' } }],
  ])('%s', (_, props, expected) => {
    setUp(props, new Stack(new App(), 'Stack', { env: { region: 'eu-west-1' } })).template().hasResourceProperties(TEMPLATE, launchData(expected));
  });

  test.each<[string, Partial<Ec2WorkersProps>, object]>([
    ['healthChecks', { healthChecks: autoscaling.HealthChecks.ec2({ gracePeriod: Duration.seconds(0) }) }, { HealthCheckGracePeriod: 0 }],
    ['terminationPolicies', { terminationPolicies: [autoscaling.TerminationPolicy.NEWEST_INSTANCE] }, { TerminationPolicies: ['NewestInstance'] }],
    ['maxInstanceLifetime, least', { maxInstanceLifetime: Duration.days(1) }, { MaxInstanceLifetime: 86_400 }],
    ['maxInstanceLifetime, most', { maxInstanceLifetime: Duration.days(365) }, { MaxInstanceLifetime: 31_536_000 }],
    ['no notifications', { notifications: [] }, { NotificationConfigurations: Match.absent() }],
    ['several types', { instanceTypes: [new ec2.InstanceType('c8g.large'), new ec2.InstanceType('c7g.large')] }, {
      LaunchTemplate: Match.absent(),
      CapacityRebalance: Match.absent(),
      MixedInstancesPolicy: {
        InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: 100 },
        LaunchTemplate: { Overrides: [{ InstanceType: 'c8g.large' }, { InstanceType: 'c7g.large' }] },
      },
    }],
    ['On-Demand, said', { purchasing: Purchasing.onDemand() }, { MixedInstancesPolicy: Match.absent(), LaunchTemplate: Match.anyValue() }],
    ['Spot', { purchasing: Purchasing.spot() }, {
      LaunchTemplate: Match.absent(),
      CapacityRebalance: true,
      MixedInstancesPolicy: {
        InstancesDistribution: {
          OnDemandBaseCapacity: 0, OnDemandPercentageAboveBaseCapacity: 0, SpotAllocationStrategy: 'price-capacity-optimized',
        },
        LaunchTemplate: { Overrides: [{ InstanceType: 't4g.small' }] },
      },
    }],
    ['Spot with every instance in the base', { purchasing: Purchasing.spot({ onDemandBase: 40 }) }, {
      MixedInstancesPolicy: { InstancesDistribution: { OnDemandBaseCapacity: 40 } },
    }],
    ['Spot above a base', {
      purchasing: Purchasing.spot({
        onDemandBase: 2, onDemandPercentage: 100, allocationStrategy: autoscaling.SpotAllocationStrategy.CAPACITY_OPTIMIZED,
      }),
    }, {
      MixedInstancesPolicy: {
        InstancesDistribution: {
          OnDemandBaseCapacity: 2, OnDemandPercentageAboveBaseCapacity: 100, SpotAllocationStrategy: 'capacity-optimized',
        },
      },
    }],
  ])('%s', (_, props, expected) => {
    setUp(props).template().hasResourceProperties(GROUP, expected);
  });

  test('userData is the one given, and can be added to', () => {
    const userData = ec2.UserData.forLinux();
    const { workers, template } = setUp({ userData });
    workers.userData.addCommands('start-worker');
    expect(workers.userData).toBe(userData);
    template().hasResourceProperties(TEMPLATE, launchData({ UserData: { 'Fn::Base64': '#!/bin/bash\nstart-worker' } }));
  });

  test.each<[string, ec2.UserData, ec2.IMachineImage]>([
    ['PowerShell on Windows', ec2.UserData.forWindows(), ec2.MachineImage.latestWindows(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE)],
    ['PowerShell on what is said to be Windows', ec2.UserData.forWindows(), ec2.MachineImage.fromSsmParameter('/ami', { os: ec2.OperatingSystemType.WINDOWS })],
    ['a script on Linux', ec2.UserData.forLinux({ shebang: '#!/bin/sh' }), ec2.MachineImage.latestAmazonLinux2023()],
    ['what is neither', ec2.UserData.custom('version: 1.1'), ec2.MachineImage.latestAmazonLinux2023()],
    ['what is only known at deployment', ec2.UserData.custom(Token.asString({ 'Fn::ImportValue': 'UserData' })), ec2.MachineImage.latestAmazonLinux2023()],
    ['PowerShell on an unknown system', ec2.UserData.forWindows(),
      { getImage: () => ({ imageId: 'ami-1', osType: ec2.OperatingSystemType.UNKNOWN, userData: ec2.UserData.forLinux() }) }],
  ])('userData: %s is taken', (_, userData, machineImage) => {
    const image = WorkerImage.custom({ machineImage, architecture: ec2.InstanceArchitecture.X86_64, rootDeviceName: '/dev/sda1' });
    expect(setUp({ image, userData }).workers.userData).toBe(userData);
  });

  test('updatePolicy', () => {
    setUp({ updatePolicy: autoscaling.UpdatePolicy.replacingUpdate() }).template()
      .hasResource(GROUP, { UpdatePolicy: { AutoScalingReplacingUpdate: { WillReplace: true }, AutoScalingRollingUpdate: Match.absent() } });
  });

  test('sessionManager', () => {
    const { template } = setUp({ sessionManager: false });
    expect(JSON.stringify(template().findResources(POLICY))).not.toMatch(/ssm/);
  });

  test('notifications of all four events, to each topic', () => {
    const stack = new Stack(new App(), 'Stack');
    const topics = [new sns.Topic(stack, 'One'), new sns.Topic(stack, 'Two')];
    setUp({ notifications: topics }, stack).template().hasResourceProperties(GROUP, {
      NotificationConfigurations: topics.map(topic => ({
        TopicARN: stack.resolve(topic.topicArn),
        NotificationTypes: [
          'autoscaling:EC2_INSTANCE_LAUNCH', 'autoscaling:EC2_INSTANCE_LAUNCH_ERROR',
          'autoscaling:EC2_INSTANCE_TERMINATE', 'autoscaling:EC2_INSTANCE_TERMINATE_ERROR',
        ],
      })),
    });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('securityGroups replace the one of their own', () => {
    const stack = new Stack(new App(), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const securityGroups = ['sg-1', 'sg-2'].map(id => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id));
    const { workers, template } = setUp({ vpc, securityGroups }, stack);
    expect(workers.securityGroups).toEqual(securityGroups);
    template().hasResourceProperties(TEMPLATE, launchData({ NetworkInterfaces: [Match.objectLike({ Groups: ['sg-1', 'sg-2'] })] }));
    template().resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('vpcSubnets', () => {
    const stack = new Stack(new App(), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'quiet', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const { template } = setUp({ vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }, stack);
    template().hasResourceProperties(GROUP, { VPCZoneIdentifier: stack.resolve(vpc.isolatedSubnets.map(subnet => subnet.subnetId)) });
  });
});

describe('inFlight', () => {
  test.each([[30], [7200]])('a hook of %d seconds', timeout => {
    setUp({ inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.seconds(timeout) }) }).template()
      .hasResourceProperties('AWS::AutoScaling::LifecycleHook', { HeartbeatTimeout: timeout });
  });

  test('instance protection, switched by the worker', () => {
    const { stack, workers, template } = setUp({ inFlight: InFlightProtection.instanceProtection() });
    template().resourceCountIs('AWS::AutoScaling::LifecycleHook', 0);
    expect(workers.lifecycleHook).toBeUndefined();
    template().hasResourceProperties(POLICY, {
      PolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: 'autoscaling:SetInstanceProtection',
          Resource: { 'Fn::GetAtt': [stack.getLogicalId(workers.autoScalingGroup.node.defaultChild as CfnResource), 'AutoScalingGroupARN'] },
        }],
      },
    });
    template().hasResourceProperties(TEMPLATE, launchData({ MetadataOptions: Match.objectLike({ InstanceMetadataTags: 'enabled' }) }));
  });

  test('none, and nothing is granted for it', () => {
    const { workers, template } = setUp({ inFlight: InFlightProtection.none('every message is done in milliseconds') });
    expect(workers.inFlight.reason).toBe('every message is done in milliseconds');
    expect(workers.protectionPolicy).toBeUndefined();
    template().resourceCountIs('AWS::AutoScaling::LifecycleHook', 0);
    template().resourceCountIs(POLICY, 1);
  });
});

describe('the queue', () => {
  const decrypt = (keyArn: unknown) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: keyArn });

  test('with a customer key: decrypt it, and nothing else with it', () => {
    const stack = new Stack(new App(), 'Stack');
    const key = new kms.Key(stack, 'Key');
    const { template } = setUp({ queue: new sqs.Queue(stack, 'Queue', { encryptionMasterKey: key }) }, stack);
    template().hasResourceProperties(POLICY, { PolicyDocument: { Statement: Match.arrayWith([decrypt(stack.resolve(key.keyArn))]) } });
    expect(JSON.stringify(template().findResources(POLICY)).match(/kms:/g)).toHaveLength(1);
  });

  test('with the key of the service: nothing to decrypt, nothing to warn of', () => {
    const stack = new Stack(new App(), 'Stack');
    const { template } = setUp({ queue: new sqs.Queue(stack, 'Queue', { encryption: sqs.QueueEncryption.KMS_MANAGED }) }, stack);
    expect(JSON.stringify(template().findResources(POLICY))).not.toMatch(/kms:/);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('imported, with its key', () => {
    const stack = new Stack(new App(), 'Stack');
    const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    const queue = sqs.Queue.fromQueueAttributes(stack, 'Queue', { queueArn: 'arn:aws:sqs:eu-west-1:111122223333:orders', keyArn });
    const { template } = setUp({ queue }, stack);
    template().hasResourceProperties(POLICY, {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Resource: 'arn:aws:sqs:eu-west-1:111122223333:orders' }), decrypt(keyArn)]),
      },
    });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([{
        Id: 'visible',
        ReturnData: false,
        MetricStat: {
          Metric: { Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible', Dimensions: [{ Name: 'QueueName', Value: 'orders' }] },
          Period: 60,
          Stat: 'Sum',
        },
      }]),
    });
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('imported without: a warning with the policy to add', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ queue: sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:orders') }, stack);
    Annotations.fromStack(stack).hasWarning('/Stack/Workers', Match.stringLikeRegexp(
      'customer key[^]*"Action": "kms:Decrypt"[^]*\\[ack: cdk-decouple:Ec2Workers\\.queueKey\\]'));
  });

  test.each([['444455556666', 1], ['111122223333', 0]])('with a key in account %s: %d warnings', (account, warnings) => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const encryptionMasterKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:${account}:key/1`);
    setUp({ queue: new sqs.Queue(stack, 'Queue', { encryptionMasterKey }) }, stack);
    const found = Annotations.fromStack(stack).findWarning('/Stack/Workers', Match.stringLikeRegexp(
      'account 444455556666[^]*"AWS": "\\$\\{WorkersRole.*\\.Arn\\}"[^]*"kms:Decrypt"[^]*Ec2Workers\\.queueKey'));
    expect(found).toHaveLength(warnings);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toHaveLength(warnings);
  });

  test.each([
    [undefined, 31, true],
    [undefined, 30, false],
    [60, 60, false],
    [60, 60.5, true],
    [0, 1, true],
  ])('a visibility timeout of %p seconds and %p seconds of work: warning %p', (visibility, seconds, warned) => {
    const stack = new Stack(new App(), 'Stack');
    const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: visibility === undefined ? undefined : Duration.seconds(visibility) });
    setUp({
      queue,
      scaling: QueueScaling.onLatency({ acceptable: Duration.hours(1), processingTime: Duration.millis(seconds * 1000), max: 2 }),
    }, stack);
    const warnings = Annotations.fromStack(stack).findWarning('/Stack/Workers', Match.stringLikeRegexp('Ec2Workers\\.visibilityTimeout'));
    expect(warnings).toHaveLength(warned ? 1 : 0);
  });

  test('without a known processing time its visibility timeout is not judged', () => {
    const stack = new Stack(new App(), 'Stack');
    const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(0) });
    setUp({ queue, scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 2 }) }, stack);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });
});

describe('warnings', () => {
  test('public subnets, which lead nowhere without a public address', () => {
    const { stack } = setUp({ vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    Annotations.fromStack(stack).hasWarning('/Stack/Workers', Match.stringLikeRegexp('VPC endpoints only[^]*Ec2Workers\\.publicSubnets'));
  });
});

describe('isolated subnets', () => {
  const isolated = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const { SQS, SQS_FIPS, AUTOSCALING, SNS } = ec2.InterfaceVpcEndpointAwsService;
  const ID = 'Ec2Workers\\.isolatedSubnets';
  const own = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'quiet', subnetType: isolated.subnetType }, { name: 'public', subnetType: ec2.SubnetType.PUBLIC }] });
  const imported = (stack: Stack, id = 'Vpc') => ec2.Vpc.fromVpcAttributes(stack, id, {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a'],
    vpcCidrBlock: '10.0.0.0/16',
    isolatedSubnetIds: ['subnet-0123456789abcdef0'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
    privateSubnetIds: ['subnet-0123456789abcdef1'],
    privateSubnetRouteTableIds: ['rtb-0123456789abcdef1'],
  });
  const warningsOf = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);
  const STACK_NAMES = ['Stack', 'Other'];

  test.each<[string, (stack: Stack) => ec2.IVpc]>([['of a VPC of this app', own], ['of an imported VPC', imported]])('%s without endpoints: one warning', (_, make) => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ vpc: make(stack), vpcSubnets: isolated }, stack);
    expect(warningsOf(stack)).toEqual([expect.stringMatching(new RegExp(`sqs and autoscaling[^]*${ID}`))]);
  });

  test.each<[string, (vpc: ec2.IVpc, stack: Stack) => void, string | undefined]>([
    ['both endpoints', vpc => { vpc.addInterfaceEndpoint('Sqs', { service: SQS }); vpc.addInterfaceEndpoint('Scaling', { service: AUTOSCALING }); }, undefined],
    ['FIPS endpoints', vpc => { vpc.addInterfaceEndpoint('Sqs', { service: SQS_FIPS }); vpc.addInterfaceEndpoint('Scaling', { service: AUTOSCALING }); }, undefined],
    ['that of SQS alone', vpc => { vpc.addInterfaceEndpoint('Sqs', { service: SQS }); }, 'for autoscaling in'],
    ['that of another service', vpc => { vpc.addInterfaceEndpoint('Sns', { service: SNS }); }, 'for sqs and autoscaling in'],
    ['endpoints in another VPC', (_, stack) => { for (const service of [SQS, AUTOSCALING]) new ec2.Vpc(stack, service.shortName).addInterfaceEndpoint('Endpoint', { service }); }, 'for sqs and autoscaling in'],
    ['L1 endpoints', (vpc, stack) => {
      for (const name of ['sqs', 'autoscaling']) new ec2.CfnVPCEndpoint(stack, name, { vpcId: vpc.vpcId, vpcEndpointType: 'Interface', serviceName: `com.amazonaws.eu-west-1.${name}` });
    }, undefined],
  ])('with %s, added after the workers: %p', (_, add, missing) => {
    for (const make of [own, imported]) {
      const stack = new Stack(new App(), 'Stack', { env: make === imported ? { region: 'eu-west-1', account: '111122223333' } : undefined });
      const vpc = make(stack);
      setUp({ vpc, vpcSubnets: isolated }, stack);
      add(vpc, stack);
      expect(warningsOf(stack)).toEqual(missing === undefined ? [] : [expect.stringContaining(missing)]);
    }
  });

  test('endpoints in a stack of their own, and a network in another, are found', () => {
    const app = new App();
    const [network, endpoints, stack] = ['Network', 'Endpoints', 'Stack'].map(id => new Stack(app, id));
    const vpc = own(network);
    setUp({ vpc, vpcSubnets: isolated }, stack);
    for (const service of [SQS, AUTOSCALING]) new ec2.InterfaceVpcEndpoint(endpoints, service.shortName, { vpc, service });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('a VPC that is imported twice is one VPC', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ vpc: imported(stack), vpcSubnets: isolated }, stack);
    for (const service of [SQS, AUTOSCALING]) imported(stack, service.shortName).addInterfaceEndpoint('Endpoint', { service });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('without protection nothing has to reach Amazon EC2 Auto Scaling', () => {
    const stack = new Stack(new App(), 'Stack');
    const vpc = own(stack);
    vpc.addInterfaceEndpoint('Sqs', { service: SQS });
    setUp({ vpc, vpcSubnets: isolated, inFlight: InFlightProtection.none('short work') }, stack);
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each<[string, ec2.SubnetSelection, number]>([
    ['chosen by name', { subnetGroupName: 'quiet' }, 1], ['chosen among all', { subnetFilters: [] }, 0], ['not chosen', { subnetType: ec2.SubnetType.PUBLIC }, 0],
  ])('%s: %3$d warnings', (_, vpcSubnets, count) => {
    const stack = new Stack(new App(), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      subnetConfiguration: [
        { name: 'quiet', subnetType: isolated.subnetType }, { name: 'public', subnetType: ec2.SubnetType.PUBLIC }, { name: 'private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      ],
    });
    setUp({ vpc, vpcSubnets }, stack);
    expect(warningsOf(stack).filter(text => new RegExp(ID).test(String(text)))).toHaveLength(count);
  });

  test.each(['before', 'after'])('the warning can be acknowledged, %s the workers are made, and is said once of each of two groups', order => {
    const app = new App();
    for (const name of STACK_NAMES) {
      const stack = new Stack(app, name);
      const acknowledge = () => CoreAnnotations.of(stack).acknowledgeWarning('cdk-decouple:Ec2Workers.isolatedSubnets', 'a transit gateway');
      if (name === 'Other' && order === 'before') acknowledge();
      setUp({ vpc: own(stack), vpcSubnets: isolated }, stack);
      if (name === 'Other' && order === 'after') acknowledge();
    }
    expect(STACK_NAMES.map(name => warningsOf(app.node.findChild(name) as Stack).length)).toEqual([1, 0]);
  });
});

describe('the timeout of the lifecycle hook', () => {
  const warningsWith = (seconds: number, inFlight?: InFlightProtection) => {
    const stack = new Stack(new App(), 'Stack');
    const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.hours(12) });
    const processingTime = Duration.millis(seconds * 1000);
    setUp({ queue, inFlight, scaling: QueueScaling.onLatency({ acceptable: Duration.hours(12), processingTime, max: 2 }) }, stack);
    return Annotations.fromStack(stack).findWarning('/Stack/Workers', Match.stringLikeRegexp('Ec2Workers\\.inFlightTimeout'));
  };
  const hook = (seconds: number) => InFlightProtection.lifecycleHook({ timeout: Duration.seconds(seconds) });

  test.each<[number, InFlightProtection | undefined, number]>([
    [600, undefined, 0], [600.5, undefined, 1], [601, undefined, 1], [601, hook(601), 0], [602, hook(601), 1],
    [40_000, InFlightProtection.instanceProtection(), 0], [40_000, InFlightProtection.none('work can be repeated'), 0],
    [40_000, hook(Token.asNumber({ Ref: 'Timeout' })), 0],
  ])('%d seconds of work: %3$d warnings', (seconds, inFlight, count) => {
    expect(warningsWith(seconds, inFlight)).toHaveLength(count);
  });

  test.each<[number, InFlightProtection | undefined, boolean]>([
    [7200, undefined, true], [7200, hook(7199), true], [7201, undefined, false], [7201, hook(7200), false], [10_800, hook(7200), false],
  ])('%d seconds of work: the warning advises a longer timeout only where there is one that is long enough', (seconds, inFlight, longer) => {
    const text = String(warningsWith(seconds, inFlight)[0].entry.data);
    expect(/Raise the timeout/.test(text)).toBe(longer);
    expect(text).toContain('RecordLifecycleActionHeartbeat');
  });

  test('the warning names both times', () => {
    expect(warningsWith(900)[0].entry.data).toMatch(/15 minutes[^]*10 minutes[^]*RecordLifecycleActionHeartbeat/);
  });
});

describe('fits in', () => {
  test('others grant to the workers and connect with them', () => {
    const { stack, workers, template } = setUp();
    new s3.Bucket(stack, 'Bucket').grantRead(workers);
    const database = new ec2.SecurityGroup(stack, 'Database', { vpc: new ec2.Vpc(stack, 'Other') });
    database.connections.allowFrom(workers, ec2.Port.tcp(5432));
    template().hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(workers.role.roleName)],
      PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['s3:GetObject*']) })] },
    });
    template().hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      SourceSecurityGroupId: stack.resolve(workers.securityGroups[0].securityGroupId), FromPort: 5432,
    });
  });

  test('two in one stack', () => {
    const { stack, vpc, queue } = setUp();
    new Ec2Workers(stack, 'More', { vpc, queue, scaling, userData: workerScript() });
    Template.fromStack(stack).resourceCountIs(GROUP, 2);
  });

  test.each(['workers first', 'workers last'])('network, queue and key in stacks of their own, %s', order => {
    const app = new App();
    const first = order === 'workers first' ? new Stack(app, 'Workers') : undefined;
    const [network, keys, queues] = ['Network', 'Keys', 'Queues'].map(id => new Stack(app, id));
    const stack = first ?? new Stack(app, 'Workers');
    const key = new kms.Key(keys, 'Key');
    const queue = new sqs.Queue(queues, 'Queue', { encryptionMasterKey: key });
    const { workers } = setUp({ vpc: new ec2.Vpc(network, 'Vpc'), queue }, stack);
    app.synth();
    expect(stack.dependencies).toEqual(expect.arrayContaining([network, keys, queues]));
    for (const other of [network, keys, queues]) expect(other.dependencies).not.toContain(stack);
    Template.fromStack(stack).hasResourceProperties(POLICY, {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt', Resource: stack.resolve(key.keyArn) })]) },
    });
    expect(workers.startAlarm).toBeDefined();
  });

  test.each(['us-east-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'eusc-de-east-1', 'xx-unknown-1'])('the Region %s', region => {
    const { stack, template } = setUp({}, new Stack(new App(), 'Stack', { env: { region, account: '111122223333' } }));
    template().resourceCountIs(GROUP, 1);
    expect(JSON.stringify(template().findResources(POLICY))).not.toMatch(/arn:aws:/);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('a permission boundary, tags and aspects of the organization', () => {
    const { stack, template } = setUp();
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
    Tags.of(stack).add('team', 'billing');
    Aspects.of(stack).add({ visit: node => { if (node instanceof autoscaling.CfnAutoScalingGroup) node.healthCheckGracePeriod = 7; } });
    template().hasResourceProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
    template().hasResourceProperties(GROUP, {
      HealthCheckGracePeriod: 7, Tags: Match.arrayWith([{ Key: 'team', Value: 'billing', PropagateAtLaunch: true }]),
    });
    template().hasResourceProperties(TEMPLATE, launchData({
      TagSpecifications: Match.arrayWith([Match.objectLike({ ResourceType: 'volume', Tags: Match.arrayWith([{ Key: 'team', Value: 'billing' }]) })]),
    }));
  });
});
