import { App, Aspects, CfnResource, Duration, PropertyInjectors, Size, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { IConstruct } from 'constructs';
import { ContainerCommandOptions, FargateWorkers, FargateWorkersProps, Purchasing, QueueScaling, TaskProtection, WorkerCommand } from '../../src/workers';
import { network, workerContainer } from '../support/constructs';
import { problemsOf } from '../support/problems';

const SERVICE = 'AWS::ECS::Service';
const TASK = 'AWS::ECS::TaskDefinition';
const POLICY = 'AWS::IAM::ManagedPolicy';
const SCALING = 'AWS::ApplicationAutoScaling::ScalingPolicy';
const scaling = QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.millis(250), max: 40 });

function setUp(props: Partial<FargateWorkersProps> = {}, stack = new Stack(new App(), 'Stack')) {
  const vpc = props.vpc ?? network(stack);
  const queue = props.queue ?? new sqs.Queue(stack, 'Queue');
  const workers = new FargateWorkers(stack, 'Workers', { vpc, queue, scaling, command: workerContainer(), ...props });
  return { stack, vpc, queue, workers, template: () => Template.fromStack(stack) };
}

const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
const idOf = (stack: Stack, construct: IConstruct) => stack.getLogicalId(construct.node.defaultChild as CfnResource);
const container = (options: ContainerCommandOptions) => ({ command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('worker'), options) });

describe('by default', () => {
  const { stack, queue, vpc, workers, template: render } = setUp();
  const template = render();

  test('the cluster has Container Insights', () => {
    template.hasResourceProperties('AWS::ECS::Cluster', { ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] });
    template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
  });

  test('the service: private, rolled back, and without a desired count', () => {
    template.hasResourceProperties(SERVICE, {
      Cluster: { Ref: idOf(stack, workers.cluster) },
      DesiredCount: Match.absent(),
      LaunchType: 'FARGATE',
      CapacityProviderStrategy: Match.absent(),
      DeploymentController: { Type: 'ECS' },
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true }, MaximumPercent: 200, MinimumHealthyPercent: 100 },
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'DISABLED',
          Subnets: stack.resolve(vpc.privateSubnets.map(subnet => subnet.subnetId)),
          SecurityGroups: workers.securityGroups.map(group => stack.resolve(group.securityGroupId)),
        },
      },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('a task finds a role that may already consume, and a cluster that is complete', () => {
    const [{ DependsOn }] = Object.values(template.findResources(SERVICE));
    const [policy, protection, cluster] = [workers.consumePolicy, workers.protectionPolicy!, workers.cluster].map(one => idOf(stack, one));
    expect(DependsOn).toEqual(expect.arrayContaining([policy, protection, cluster]));
    const starter = workers.taskDefinition.executionRole!;
    expect(DependsOn).toEqual(expect.arrayContaining([idOf(stack, starter), idOf(stack, starter.node.findChild('DefaultPolicy'))]));
  });

  test('the task: small, Arm, with the queue in its environment and its logs', () => {
    template.hasResourceProperties(TASK, {
      Cpu: '256',
      Memory: '512',
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      TaskRoleArn: stack.resolve(workers.role.roleArn),
      ContainerDefinitions: [{
        Name: 'Worker',
        Image: 'public.ecr.aws/images/worker:1',
        Command: Match.absent(),
        Environment: [{ Name: 'QUEUE_URL', Value: stack.resolve(queue.queueUrl) }, { Name: 'AWS_REGION', Value: { Ref: 'AWS::Region' } }],
        Secrets: Match.absent(),
        StopTimeout: 120,
        LogConfiguration: {
          LogDriver: 'awslogs',
          Options: { 'awslogs-group': { Ref: idOf(stack, workers.logGroup) }, 'awslogs-stream-prefix': 'worker', 'awslogs-region': { Ref: 'AWS::Region' } },
        },
      }],
    });
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' });
  });

  test('the role may consume this queue, and protect the tasks of this cluster, for ECS in this account and Region alone', () => {
    template.hasResourceProperties(POLICY, {
      Roles: [{ Ref: idOf(stack, workers.role) }],
      PolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
          Resource: stack.resolve(queue.queueArn),
        }],
      },
    });
    const here = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ecs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':*']] };
    template.hasResourceProperties(POLICY, {
      PolicyDocument: {
        Statement: [{
          Effect: 'Allow',
          Action: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
          Resource: {
            'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ecs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':task/', { Ref: idOf(stack, workers.cluster) }, '/*']],
          },
        }],
      },
    });
    template.resourceCountIs(POLICY, 2);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Condition: { ArnLike: { 'aws:SourceArn': here }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }],
      },
    });
  });

  test('the service scales from zero to the maximum', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 0, MaxCapacity: 40, ScalableDimension: 'ecs:service:DesiredCount', ServiceNamespace: 'ecs',
    });
    template.hasResourceProperties(SCALING, {
      PolicyType: 'TargetTrackingScaling',
      ScalingTargetId: { Ref: idOf(stack, workers.taskCount.node.findChild('Target')) },
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 240,
        ScaleInCooldown: 120,
        ScaleOutCooldown: 120,
        CustomizedMetricSpecification: {
          Metrics: Match.arrayWith([
            {
              Id: 'capacity',
              ReturnData: false,
              MetricStat: {
                Stat: 'Average',
                Metric: {
                  Namespace: 'ECS/ContainerInsights',
                  MetricName: 'RunningTaskCount',
                  Dimensions: [{ Name: 'ClusterName', Value: { Ref: idOf(stack, workers.cluster) } }, { Name: 'ServiceName', Value: stack.resolve(workers.fargateService.serviceName) }],
                },
              },
            },
            {
              Id: 'backlog',
              Label: 'Backlog per task',
              ReturnData: true,
              Expression: 'IF(FILL(capacity, REPEAT) > 1, IF(FILL(visible + FILL(notVisible, 0), REPEAT) > 0, FILL(visible + FILL(notVisible, 0), REPEAT), 0.5) / FILL(capacity, REPEAT), '
                + 'IF(FILL(visible + FILL(notVisible, 0), REPEAT) > 0.95 * 240, FILL(visible + FILL(notVisible, 0), REPEAT), 0.95 * 240))',
            },
          ]),
        },
      },
    });
  });

  test('the first task is started after 3 minutes without one, and the last one ends', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([Match.objectLike({ Expression: 'IF(FILL(capacity, 0) < 1, visible, 0)' })]),
      AlarmActions: [{ Ref: idOf(stack, workers.startAction!) }],
      EvaluationPeriods: 3,
      TreatMissingData: 'notBreaching',
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: idOf(stack, workers.stopAction!) }], EvaluationPeriods: 15, TreatMissingData: 'notBreaching' });
    const step = (adjustment: object) => ({ PolicyType: 'StepScaling', StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity', Cooldown: 120, StepAdjustments: [adjustment] } });
    template.hasResourceProperties(SCALING, step({ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }));
    template.hasResourceProperties(SCALING, step({ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }));
  });

  test('everything is reachable, and nothing is warned of', () => {
    expect(workers).toMatchObject({ queue, scaling });
    expect(workers.protectionPolicy).toBeDefined();
    expect(warnings(stack)).toEqual([]);
  });

  test('two synthesise to the same bytes', () => {
    expect(JSON.stringify(setUp().template().toJSON())).toBe(JSON.stringify(template.toJSON()));
  });
});

describe('each prop', () => {
  test.each([256, 512, 1024, 2048, 4096, 8192, 16_384])('cpu %i has 2 GiB for each vCPU unless it is given another memory', cpu => {
    setUp({ cpu }).template().hasResourceProperties(TASK, { Cpu: `${cpu}`, Memory: `${2 * cpu}` });
  });

  test.each<[string, Partial<FargateWorkersProps>, object]>([
    ['the most memory of the smallest', { memory: Size.gibibytes(2) }, { Cpu: '256', Memory: '2048' }],
    ['the most memory of the largest', { cpu: 16_384, memory: Size.gibibytes(120) }, { Cpu: '16384', Memory: '122880' }],
    ['a size only known at deployment', { cpu: Token.asNumber({ Ref: 'Cpu' }), memory: Size.mebibytes(Token.asNumber({ Ref: 'MiB' })) }, { Cpu: { Ref: 'Cpu' }, Memory: { Ref: 'MiB' } }],
    ['architecture', { architecture: ecs.CpuArchitecture.X86_64 }, { RuntimePlatform: { CpuArchitecture: 'X86_64' } }],
    ['stopTimeout, least', { stopTimeout: Duration.seconds(1) }, { ContainerDefinitions: [{ StopTimeout: 1 }] }],
    ['stopTimeout, most', { stopTimeout: Duration.seconds(120) }, { ContainerDefinitions: [{ StopTimeout: 120 }] }],
    ['stopTimeout, only known at deployment', { stopTimeout: Duration.seconds(Token.asNumber({ Ref: 'Stop' })) }, { ContainerDefinitions: [{ StopTimeout: { Ref: 'Stop' } }] }],
    ['a command', container({ command: ['node', 'worker.js'] }), { ContainerDefinitions: [{ Command: ['node', 'worker.js'] }] }],
    ['environment', container({ environment: { LEVEL: 'debug' } }), {
      ContainerDefinitions: [{ Environment: Match.arrayWith([{ Name: 'LEVEL', Value: 'debug' }, Match.objectLike({ Name: 'QUEUE_URL' }), Match.objectLike({ Name: 'AWS_REGION' })]) }],
    }],
  ])('%s', (_, props, expected) => {
    setUp(props).template().hasResourceProperties(TASK, expected);
  });

  test('secrets, which the role of the worker may not read', () => {
    const stack = new Stack(new App(), 'Stack');
    const secret = new secretsmanager.Secret(stack, 'Password');
    const { workers, template } = setUp(container({ secrets: { PASSWORD: ecs.Secret.fromSecretsManager(secret) } }), stack);
    template().hasResourceProperties(TASK, { ContainerDefinitions: [{ Secrets: [{ Name: 'PASSWORD', ValueFrom: stack.resolve(secret.secretArn) }] }] });
    const [{ Properties: policy }, ...others] = Object.values(template().findResources('AWS::IAM::Policy'));
    expect(policy.Roles).toEqual([{ Ref: idOf(stack, workers.taskDefinition.executionRole!) }]);
    expect(JSON.stringify(policy)).toContain('secretsmanager:GetSecretValue');
    expect(others).toEqual([]);
  });

  test.each<[string, Purchasing | undefined, unknown]>([
    ['On-Demand', Purchasing.onDemand(), Match.absent()],
    ['Spot', Purchasing.spot(), [{ CapacityProvider: 'FARGATE_SPOT', Weight: 100, Base: Match.absent() }]],
    ['Spot above a base', Purchasing.spot({ onDemandBase: 2 }), [{ CapacityProvider: 'FARGATE', Base: 2, Weight: 0 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 100 }]],
    ['a base only known at deployment', Purchasing.spot({ onDemandBase: Token.asNumber({ Ref: 'Base' }) }),
      [{ CapacityProvider: 'FARGATE', Base: { Ref: 'Base' }, Weight: 0 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 100 }]],
    ['a part of Spot', Purchasing.spot({ onDemandPercentage: 25 }), [{ CapacityProvider: 'FARGATE', Base: 0, Weight: 25 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 75 }]],
    ['no Spot', Purchasing.spot({ onDemandPercentage: 100 }), [{ CapacityProvider: 'FARGATE', Base: 0, Weight: 100 }]],
  ])('purchasing: %s', (name, purchasing, expected) => {
    const template = setUp({ purchasing }).template();
    template.hasResourceProperties(SERVICE, { CapacityProviderStrategy: expected, LaunchType: name === 'On-Demand' ? 'FARGATE' : Match.absent() });
    const associations = template.findResources('AWS::ECS::ClusterCapacityProviderAssociations');
    expect(Object.values(associations).map(({ Properties }) => Properties.CapacityProviders)).toEqual(name === 'On-Demand' ? [] : [['FARGATE', 'FARGATE_SPOT']]);
    const [{ DependsOn }] = Object.values(template.findResources(SERVICE));
    expect(DependsOn).toEqual(expect.arrayContaining(Object.keys(associations)));
  });

  test('no protection: no permission on tasks', () => {
    const { workers, template } = setUp({ inFlight: TaskProtection.none('short work') });
    expect([workers.protectionPolicy, workers.inFlight.reason]).toEqual([undefined, 'short work']);
    template().resourceCountIs(POLICY, 1);
  });

  test('logGroup replaces the one of their own', () => {
    const stack = new Stack(new App(), 'Stack');
    const logGroup = logs.LogGroup.fromLogGroupName(stack, 'Logs', '/workers');
    const { workers, template } = setUp({ logGroup }, stack);
    expect(workers.logGroup).toBe(logGroup);
    template().resourceCountIs('AWS::Logs::LogGroup', 0);
    template().hasResourceProperties(TASK, { ContainerDefinitions: [{ LogConfiguration: { Options: { 'awslogs-group': '/workers' } } }] });
  });

  test('securityGroups and vpcSubnets', () => {
    const stack = new Stack(new App(), 'Stack');
    const groups = ['a', 'b'].map(end => ec2.SecurityGroup.fromSecurityGroupId(stack, end, `sg-${end}`));
    const { template } = setUp({ securityGroups: groups, vpcSubnets: { availabilityZones: ['eu-west-1a'] } }, stack);
    template().hasResourceProperties(SERVICE, { NetworkConfiguration: { AwsvpcConfiguration: { SecurityGroups: ['sg-a', 'sg-b'], Subnets: ['subnet-0123456789abcdef0'] } } });
    template().resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('scaling with a minimum has neither alarm, and another cooldown', () => {
    const { workers, template } = setUp({ scaling: QueueScaling.onBacklog({ backlogPerWorker: 5, min: 1, max: 2, cooldown: Duration.seconds(30) }) });
    expect([workers.startAlarm, workers.startAction, workers.stopAlarm, workers.stopAction]).toEqual([undefined, undefined, undefined, undefined]);
    template().resourceCountIs(SCALING, 1);
    template().hasResourceProperties(SCALING, {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 5,
        ScaleInCooldown: 30,
        ScaleOutCooldown: 30,
        CustomizedMetricSpecification: {
          Metrics: Match.arrayWith([Match.objectLike({
            Expression: 'FILL(visible + FILL(notVisible, 0), REPEAT) / IF(FILL(capacity, REPEAT) > 0, FILL(capacity, REPEAT), 1)',
          })]),
        },
      },
    });
  });
});

describe('a cluster that is given', () => {
  const ID = 'cdk-decouple:FargateWorkers.containerInsights';
  const imported = (stack: Stack) => ecs.Cluster.fromClusterArn(stack, 'Cluster', 'arn:aws:ecs:eu-west-1:111122223333:cluster/shared');
  const own = (stack: Stack, containerInsightsV2?: ecs.ContainerInsights) => new ecs.Cluster(stack, 'Cluster', { vpc: new ec2.Vpc(stack, 'Other'), containerInsightsV2 });

  test.each([ecs.ContainerInsights.ENABLED, ecs.ContainerInsights.ENHANCED])('with Container Insights %s, in another VPC: the tasks are in theirs', insights => {
    const stack = new Stack(new App(), 'Stack');
    const cluster = own(stack, insights);
    const { workers, template } = setUp({ cluster }, stack);
    expect(workers.cluster).toBe(cluster);
    template().resourceCountIs('AWS::ECS::Cluster', 1);
    template().hasResourceProperties(SERVICE, {
      Cluster: { Ref: idOf(stack, cluster) },
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'] } },
    });
    expect(warnings(stack)).toEqual([]);
  });

  test('without Container Insights is refused, at synthesis', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ cluster: own(stack, ecs.ContainerInsights.DISABLED) }, stack);
    expect(() => Template.fromStack(stack)).toThrow(/- cluster: got 'Stack\/Cluster' without Container Insights/);
  });

  test.each<[string, (stack: Stack) => void, (workers: FargateWorkers) => void]>([
    ['an aspect', stack => {
      Aspects.of(stack).add({
        visit: node => {
          if (ecs.CfnCluster.isCfnCluster(node)) node.clusterSettings = [{ name: 'containerInsights', value: 'disabled' }];
        },
      });
    }, () => undefined],
    ['a property injector', stack => {
      PropertyInjectors.of(stack).add({
        constructUniqueId: ecs.Cluster.PROPERTY_INJECTION_ID,
        inject: props => ({ ...props, containerInsightsV2: ecs.ContainerInsights.DISABLED }),
      });
    }, () => undefined],
    ['an escape hatch', () => undefined, ({ cluster }) => {
      (cluster.node.defaultChild as CfnResource).addPropertyOverride('ClusterSettings.0.Value', 'disabled');
    }],
  ])('of their own, whose Container Insights %s turns off, is refused too', (_, before, after) => {
    const stack = new Stack(new App(), 'Stack');
    before(stack);
    after(setUp({}, stack).workers);
    expect(() => Template.fromStack(stack)).toThrow(/- cluster: got 'Stack\/Workers\/Cluster' without Container Insights/);
  });

  test('gets it until the template is written', () => {
    const stack = new Stack(new App(), 'Stack');
    const cluster = own(stack);
    setUp({ cluster }, stack);
    (cluster.node.defaultChild as CfnResource).addPropertyOverride('ClusterSettings', [{ Name: 'containerInsights', Value: 'enabled' }]);
    expect(warnings(stack)).toEqual([]);
  });

  test('that does not say is warned of', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ cluster: own(stack) }, stack);
    expect(warnings(stack)).toEqual([expect.stringContaining(ID)]);
    expect(warnings(stack)).toEqual([expect.stringMatching(/maximum of 40, and never stops one/)]);
  });

  test('imported: both warnings, and a service in it', () => {
    const stack = new Stack(new App(), 'Stack');
    const { template } = setUp({ cluster: imported(stack), purchasing: Purchasing.spot() }, stack);
    template().hasResourceProperties(SERVICE, { Cluster: 'shared' });
    template().resourceCountIs('AWS::ECS::Cluster', 0);
    expect(JSON.stringify(template().findResources(POLICY))).toContain(':task/shared/*');
    expect(warnings(stack)).toEqual(expect.arrayContaining([expect.stringContaining(ID), expect.stringContaining('cdk-decouple:FargateWorkers.capacityProviders')]));
    expect(warnings(stack)).toHaveLength(2);
  });

  test('with an association with capacity providers of the user is refused for Spot capacity', () => {
    const synthesize = (purchasing: Purchasing) => {
      const stack = new Stack(new App(), 'Stack');
      const cluster = own(stack, ecs.ContainerInsights.ENABLED);
      new ecs.CfnClusterCapacityProviderAssociations(stack, 'Mine', { cluster: cluster.clusterName, capacityProviders: ['FARGATE_SPOT'], defaultCapacityProviderStrategy: [] });
      setUp({ cluster, purchasing }, stack).template();
    };
    expect(() => synthesize(Purchasing.spot())).toThrow(/- purchasing: got .*'Stack\/Mine'/);
    synthesize(Purchasing.onDemand());
  });

  test('imported, with On-Demand capacity: one warning', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ cluster: imported(stack) }, stack);
    expect(warnings(stack)).toEqual([expect.stringContaining(ID)]);
  });
});

const env = { account: '111122223333', region: 'eu-west-1' };
type Given = Partial<FargateWorkersProps> | ((stack: Stack) => Partial<FargateWorkersProps>);

/** Each with the one prop that is named, and parts of what is said of it. */
const REFUSED: [string, Given, { readonly prop: string; readonly got: string; readonly allowed: string }][] = [
  ['too few CPU units', { cpu: 255 }, { prop: 'cpu', got: '255', allowed: '256 to 16384' }],
  ['too many CPU units', { cpu: 16_640 }, { prop: 'cpu', got: '16640', allowed: '256 to 16384' }],
  ['CPU units that Fargate does not have', { cpu: 768 }, { prop: 'cpu', got: '768', allowed: '256, 512, 1024' }],
  ['too little memory', { memory: Size.mebibytes(511) }, { prop: 'memory', got: '511 MiB', allowed: '512 MiB to 120 GiB' }],
  ['too much memory', { cpu: 16_384, memory: Size.gibibytes(121) }, { prop: 'memory', got: '121 GiB', allowed: '' }],
  ['1.5 GiB of the smallest', { memory: Size.mebibytes(1536) }, { prop: 'memory', got: '1536 MiB, with a cpu of 256', allowed: '512 MiB, 1 GiB or 2 GiB' }],
  ['too little memory for its cpu', { cpu: 1024, memory: Size.gibibytes(1) }, { prop: 'memory', got: '1 GiB, with a cpu of 1024', allowed: '2 GiB to 8 GiB' }],
  ['too much memory for its cpu', { cpu: 1024, memory: Size.gibibytes(9) }, { prop: 'memory', got: '9 GiB', allowed: '2 GiB to 8 GiB' }],
  ['memory between the steps of its cpu', { cpu: 8192, memory: Size.gibibytes(18) }, { prop: 'memory', got: '18 GiB', allowed: 'multiples of 4 GiB' }],
  ['no memory for a cpu only known at deployment', { cpu: Token.asNumber({ Ref: 'Cpu' }) }, { prop: 'memory', got: 'nothing', allowed: 'a size' }],
  ['a stop timeout of nothing', { stopTimeout: Duration.seconds(0) }, { prop: 'stopTimeout', got: '0', allowed: '1 second to 2 minutes' }],
  ['a long stop timeout', { stopTimeout: Duration.seconds(121) }, { prop: 'stopTimeout', got: '2 minutes 1 second', allowed: '1 second to 2 minutes' }],
  ['no protection for no reason', { inFlight: TaskProtection.none(' ') }, { prop: 'inFlight.reason', got: "' '", allowed: 'not empty' }],
  ['a base above the maximum', { purchasing: Purchasing.spot({ onDemandBase: 41 }) }, { prop: 'purchasing.onDemandBase', got: '41', allowed: 'scaling.max, which is 40' }],
  ['a Spot strategy for instances', { purchasing: Purchasing.spot({ allocationStrategy: autoscaling.SpotAllocationStrategy.LOWEST_PRICE }) },
    { prop: 'purchasing.allocationStrategy', got: 'lowest-price', allowed: 'nothing' }],
  ['a percentage only known at deployment', { purchasing: Purchasing.spot({ onDemandPercentage: Token.asNumber({ Ref: 'Share' }) }) },
    { prop: 'purchasing.onDemandPercentage', got: 'only known at deployment', allowed: 'known at synthesis' }],
  ['an empty command', container({ command: [] }), { prop: 'command.command', got: 'empty', allowed: 'at least one' }],
  ['another queue in the environment', container({ environment: { QUEUE_URL: 'x' } }), { prop: 'command.environment', got: 'QUEUE_URL', allowed: 'other than QUEUE_URL and AWS_REGION' }],
  ['a variable without a name', container({ environment: { ' ': 'x' } }), { prop: 'command.environment', got: "' '", allowed: 'not empty' }],
  ['a Region as a secret', stack => container({ secrets: { AWS_REGION: ecs.Secret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret')) } }),
    { prop: 'command.secrets', got: 'AWS_REGION', allowed: 'other than' }],
  ['a variable twice', stack => container({ environment: { A: '1' }, secrets: { A: ecs.Secret.fromSecretsManager(new secretsmanager.Secret(stack, 'Secret')) } }),
    { prop: 'command.secrets', got: "'A'", allowed: 'once' }],
  ['no security group', { securityGroups: [] }, { prop: 'securityGroups', got: 'empty', allowed: 'at least 1' }],
  ['subnets the VPC does not have', { vpcSubnets: { subnetGroupName: 'none' } }, { prop: 'vpcSubnets', got: 'a selection', allowed: 'subnets' }],
  ['a cluster of another account', stack => ({ cluster: ecs.Cluster.fromClusterArn(stack, 'Theirs', 'arn:aws:ecs:eu-west-1:444455556666:cluster/theirs') }),
    { prop: 'cluster', got: 'account 444455556666', allowed: '111122223333' }],
  ['a log group of another Region', stack => ({ logGroup: logs.LogGroup.fromLogGroupArn(stack, 'Logs', 'arn:aws:logs:eu-north-1:111122223333:log-group:theirs') }),
    { prop: 'logGroup', got: 'Region eu-north-1', allowed: 'eu-west-1' }],
  ['a queue of another Region', stack => ({ queue: sqs.Queue.fromQueueArn(stack, 'Theirs', 'arn:aws:sqs:eu-west-2:111122223333:q') }),
    { prop: 'queue', got: 'Region eu-west-2', allowed: 'eu-west-1' }],
  ['no workers', { scaling: QueueScaling.onBacklog({ backlogPerWorker: 1, max: 0 }) }, { prop: 'scaling.max', got: '0', allowed: '1' }],
];

test.each(REFUSED)('%s: refused, and nothing is left behind', (_, given, { prop, got, allowed }) => {
  const stack = new Stack(new App(), 'Stack', { env });
  const props = typeof given === 'function' ? given(stack) : given;
  const problem = { prop, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) };
  expect(problemsOf(() => setUp(props, stack))).toEqual([expect.objectContaining(problem)]);
  expect(stack.node.tryFindChild('Workers')).toBeUndefined();
});

describe('subnets and queues are warned of', () => {
  const vpc = (stack: Stack) => new ec2.Vpc(stack, 'Own', {
    subnetConfiguration: [{ name: 'open', subnetType: ec2.SubnetType.PUBLIC }, { name: 'quiet', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });
  const { SQS, CLOUDWATCH_LOGS } = ec2.InterfaceVpcEndpointAwsService;

  test('public subnets', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ vpc: vpc(stack), vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }, stack);
    expect(warnings(stack)).toEqual([expect.stringContaining('cdk-decouple:FargateWorkers.publicSubnets')]);
  });

  test.each<[string, ec2.InterfaceVpcEndpointAwsService[], number]>([['none', [], 1], ['one', [SQS], 1], ['the other', [CLOUDWATCH_LOGS], 1], ['both', [SQS, CLOUDWATCH_LOGS], 0]])(
    'isolated subnets with %s of the endpoints', (_, services, count) => {
      const stack = new Stack(new App(), 'Stack');
      const own = vpc(stack);
      setUp({ vpc: own, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }, stack);
      services.forEach((service, index) => own.addInterfaceEndpoint(`Endpoint${index}`, { service }));
      expect(warnings(stack).filter(text => text.includes('cdk-decouple:FargateWorkers.isolatedSubnets'))).toHaveLength(count);
    });

  test.each<[string, (stack: Stack) => Partial<FargateWorkersProps>, string[]]>([
    ['an image in ECR', stack => ({
      command: WorkerCommand.container(ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'Images', 'worker'))),
    }), ['ecr.api', 'ecr.dkr', 's3']],
    ['a secret', stack => container({ secrets: { PASSWORD: ecs.Secret.fromSecretsManager(new secretsmanager.Secret(stack, 'Password')) } }), ['secretsmanager']],
    ['a parameter', stack => container({
      secrets: { LEVEL: ecs.Secret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Level', { parameterName: 'level' })) },
    }), ['ssm']],
  ])('isolated subnets, with %s: the endpoints that it needs', (_, props, missing) => {
    const setUpWith = (services: string[]) => {
      const stack = new Stack(new App(), 'Stack');
      const own = vpc(stack);
      setUp({ vpc: own, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, ...props(stack) }, stack);
      services.filter(service => service !== 's3').forEach(service => own.addInterfaceEndpoint(service, { service: new ec2.InterfaceVpcEndpointAwsService(service) }));
      if (services.includes('s3')) own.addGatewayEndpoint('s3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
      return warnings(stack).filter(text => text.includes('cdk-decouple:FargateWorkers.isolatedSubnets'));
    };
    expect(setUpWith(['sqs', 'logs'])).toEqual([expect.stringContaining(`no endpoint for ${missing.join(' and ')} in`)]);
    expect(setUpWith(['sqs', 'logs', ...missing])).toEqual([]);
  });

  test('an imported queue, and a short visibility timeout', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp({ queue: sqs.Queue.fromQueueArn(stack, 'Theirs', Stack.of(stack).formatArn({ service: 'sqs', resource: 'theirs' })) }, stack);
    expect(warnings(stack)).toEqual([expect.stringContaining('cdk-decouple:FargateWorkers.queueKey')]);
    const other = new Stack(new App(), 'Stack');
    setUp({
      queue: new sqs.Queue(other, 'Short', { visibilityTimeout: Duration.seconds(1) }),
      scaling: QueueScaling.onLatency({ acceptable: Duration.minutes(1), processingTime: Duration.seconds(2), max: 2 }),
    }, other);
    expect(warnings(other)).toEqual([expect.stringContaining('cdk-decouple:FargateWorkers.visibilityTimeout')]);
  });
});

describe('fits in', () => {
  test('others grant to the workers, connect with them, watch them and add schedules', () => {
    const { stack, workers, template } = setUp();
    new s3.Bucket(stack, 'Bucket').grantRead(workers);
    new ec2.SecurityGroup(stack, 'Database', { vpc: new ec2.Vpc(stack, 'Other') }).connections.allowFrom(workers, ec2.Port.tcp(5432));
    workers.taskCount.scaleOnSchedule('Morning', { schedule: appscaling.Schedule.cron({ hour: '8', minute: '0' }), minCapacity: 2 });
    template().hasResourceProperties('AWS::IAM::Policy', { Roles: [{ Ref: idOf(stack, workers.role) }], PolicyDocument: { Statement: [Match.objectLike({ Action: Match.arrayWith(['s3:GetObject*']) })] } });
    template().hasResourceProperties('AWS::EC2::SecurityGroupIngress', { SourceSecurityGroupId: stack.resolve(workers.securityGroups[0].securityGroupId), FromPort: 5432 });
    template().hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { ScheduledActions: [Match.objectLike({ ScalableTargetAction: { MinCapacity: 2 } })] });
    expect(workers.metricBacklogPerWorker()).toMatchObject({ label: 'Backlog per task', expression: expect.stringContaining('FILL(capacity, REPEAT)') });
    expect(workers.metricRunningTasks({ period: Duration.minutes(5) })).toMatchObject({ metricName: 'RunningTaskCount', statistic: 'Average', period: Duration.minutes(5) });
    expect(() => workers.metricRunningTasks({ period: Duration.seconds(61) })).toThrow(/metricRunningTasks\(options\.period\)/);
    expect(() => workers.metricBacklogPerWorker({ period: Duration.seconds(61) })).toThrow(/metricBacklogPerWorker\(options\.period\)/);
  });

  test('two in one stack, in one cluster', () => {
    const { stack, vpc, queue, workers } = setUp();
    new FargateWorkers(stack, 'More', { vpc, queue, scaling, command: workerContainer(), cluster: workers.cluster });
    const template = Template.fromStack(stack);
    template.resourceCountIs(SERVICE, 2);
    template.resourceCountIs('AWS::ECS::Cluster', 1);
    expect(new Set(Object.values(template.findResources(SCALING)).map(({ Properties }) => Properties.PolicyName)).size).toBe(6);
  });

  test('network, queue, key and cluster in stacks of their own', () => {
    const app = new App();
    const [nets, keys, queues, clusters, stack] = ['Network', 'Keys', 'Queues', 'Clusters', 'Workers'].map(id => new Stack(app, id));
    const vpc = new ec2.Vpc(nets, 'Vpc');
    const queue = new sqs.Queue(queues, 'Queue', { encryptionMasterKey: new kms.Key(keys, 'Key') });
    const cluster = new ecs.Cluster(clusters, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED });
    setUp({ vpc, queue, cluster, purchasing: Purchasing.spot() }, stack);
    app.synth();
    expect(stack.dependencies).toEqual(expect.arrayContaining([nets, keys, queues, clusters]));
    Template.fromStack(clusters).hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
  });

  test.each(['cn-north-1', 'us-gov-west-1', 'xx-unknown-1'])('the Region %s', region => {
    const { stack, template } = setUp({}, new Stack(new App(), 'Stack', { env: { region, account: '111122223333' } }));
    expect(JSON.stringify(template().findResources(POLICY))).not.toMatch(/arn:aws:/);
    expect(warnings(stack)).toEqual([]);
  });
});
