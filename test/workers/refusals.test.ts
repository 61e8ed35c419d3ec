import { App, Duration, Size, Stack, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { CustomWorkerImageProps, Ec2Workers, Ec2WorkersProps, InFlightProtection, Purchasing, QueueScaling, WorkerImage } from '../../src/workers';
import { workerScript } from '../support/constructs';
import { problemsOf, readError } from '../support/problems';
import { errorOf } from '../support/template';

// What Ec2Workers refuse. What they refuse of their scaling is in queue-scaling.test.ts, of their topics in keys.test.ts, at synthesis in at-synthesis.test.ts.

const MAX = 40;
const env = { account: '111122223333', region: 'eu-west-1' };
const arm = new ec2.InstanceType('t4g.small');
const { ARM_64, X86_64 } = ec2.InstanceArchitecture;

function custom(props: Partial<CustomWorkerImageProps>): WorkerImage {
  return WorkerImage.custom({ machineImage: ec2.MachineImage.latestAmazonLinux2023(), architecture: X86_64, rootDeviceName: '/dev/xvda', ...props });
}

function workers(stack: Stack, props: Partial<Ec2WorkersProps>): Ec2Workers {
  return new Ec2Workers(stack, 'Workers', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: MAX }),
    userData: workerScript(),
    ...props,
  });
}

const hook = (seconds: number) => ({ inFlight: InFlightProtection.lifecycleHook({ timeout: Duration.seconds(seconds) }) });
const spot = (onDemandBase: number) => ({ purchasing: Purchasing.spot({ onDemandBase }) });
const share = (onDemandPercentage: number) => ({ purchasing: Purchasing.spot({ onDemandPercentage }) });
const types = (...names: string[]) => ({ instanceTypes: names.map(name => new ec2.InstanceType(name)) });
const manyTypes = (count: number) => types(...Array.from({ length: count }, (_, i) => `c${i + 1}g.large`));
const queueOf = (arn: string) => (stack: Stack) => ({ queue: sqs.Queue.fromQueueArn(stack, 'Imported', arn) });
const linux = { [env.region]: 'ami-1' };

type Given = Partial<Ec2WorkersProps> | ((stack: Stack) => Partial<Ec2WorkersProps>);
type Refusal = [string, Given, { readonly prop: string; readonly got: string; readonly allowed: string }];

/** Each with the one prop that is named, and parts of what is said of it. */
const REFUSED: Refusal[] = [
  ['a short hook', hook(29), { prop: 'inFlight.timeout', got: '29 seconds', allowed: '30 seconds to 2 hours' }],
  ['a long hook', hook(7201), { prop: 'inFlight.timeout', got: '2 hours 1 second', allowed: '30 seconds to 2 hours' }],
  ['no protection for no reason', { inFlight: InFlightProtection.none(' ') }, { prop: 'inFlight.reason', got: "' '", allowed: 'not empty' }],
  ['a negative base', spot(-1), { prop: 'purchasing.onDemandBase', got: '-1', allowed: '0' }],
  ['a base above the maximum', spot(MAX + 1), { prop: 'purchasing.onDemandBase', got: '41', allowed: 'scaling.max, which is 40' }],
  ['a base that is no whole number', spot(1.5), { prop: 'purchasing.onDemandBase', got: '1.5', allowed: 'whole' }],
  ['a share below 0', share(-1), { prop: 'purchasing.onDemandPercentage', got: '-1', allowed: '0 to 100' }],
  ['a share above 100', share(101), { prop: 'purchasing.onDemandPercentage', got: '101', allowed: '0 to 100' }],
  ['a root device without /dev/', { image: custom({ rootDeviceName: 'xvda' }) }, { prop: 'image.rootDeviceName', got: "'xvda'", allowed: '/dev/' }],
  ['an image of another Region', { image: custom({ machineImage: ec2.MachineImage.genericLinux({ 'us-east-1': 'ami-0123456789abcdef0' }) }) },
    { prop: 'image.machineImage', got: 'an image', allowed: 'Region of the stack' }],
  ['a type that is none', types('banana'), { prop: 'instanceTypes', got: "'banana'", allowed: 't4g.small' }],
  ['x86 types on the Arm default', types('t3.small', 't4g.small'), { prop: 'instanceTypes', got: 't3.small (x86_64)', allowed: ARM_64 }],
  ['Arm types on an x86 image', { image: custom({}), instanceTypes: [arm] }, { prop: 'instanceTypes', got: 't4g.small (arm64)', allowed: X86_64 }],
  ['no types', { instanceTypes: [] }, { prop: 'instanceTypes', got: 'empty', allowed: '1 to 40' }],
  ['a type twice', types('t4g.small', 't4g.small'), { prop: 'instanceTypes', got: "'t4g.small', 't4g.small'", allowed: 'once' }],
  ['41 types', manyTypes(41), { prop: 'instanceTypes', got: '41', allowed: '1 to 40' }],
  ['no volume', { rootVolumeSize: Size.gibibytes(0) }, { prop: 'rootVolumeSize', got: '0 bytes', allowed: '1 GiB to 65536 GiB' }],
  ['a small volume', { rootVolumeSize: Size.mebibytes(1023) }, { prop: 'rootVolumeSize', got: '1023 MiB', allowed: '1 GiB to 65536 GiB' }],
  ['a big volume', { rootVolumeSize: Size.gibibytes(65_537) }, { prop: 'rootVolumeSize', got: '65537 GiB', allowed: '1 GiB to 65536 GiB' }],
  ['a broken volume', { rootVolumeSize: Size.mebibytes(1536) }, { prop: 'rootVolumeSize', got: '1536 MiB', allowed: 'whole' }],
  ['a volume only known at deployment in another unit', { rootVolumeSize: Size.bytes(Token.asNumber({ Ref: 'Bytes' })) },
    { prop: 'rootVolumeSize', got: 'only known at deployment', allowed: 'Size.gibibytes()' }],
  ['a life a second too short', { maxInstanceLifetime: Duration.seconds(86_399) }, { prop: 'maxInstanceLifetime', got: '23 hours 59 minutes', allowed: '1 day to 365 days' }],
  ['a life a second too long', { maxInstanceLifetime: Duration.seconds(31_536_001) }, { prop: 'maxInstanceLifetime', got: '365 days 1 second', allowed: '1 day to 365 days' }],
  ['a function to terminate', { terminationPolicies: [autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION] },
    { prop: 'terminationPolicies', got: 'CustomLambdaFunction', allowed: 'but CUSTOM_LAMBDA_FUNCTION' }],
  ['PowerShell on the default image', { userData: ec2.UserData.forWindows() }, { prop: 'userData', got: 'Windows', allowed: 'forLinux()' }],
  ['PowerShell on Linux', { userData: ec2.UserData.custom('\n<powershell>start</powershell>'), image: custom({ machineImage: ec2.MachineImage.genericLinux(linux) }) },
    { prop: 'userData', got: 'Windows', allowed: 'forLinux()' }],
  ['PowerShell on an image from a parameter, of which none is left in the stack', { userData: ec2.UserData.forWindows(), image: custom({}) },
    { prop: 'userData', got: 'Windows', allowed: 'forLinux()' }],
  ['a shell script on Windows', { userData: ec2.UserData.forLinux(), image: custom({ machineImage: ec2.MachineImage.genericWindows(linux) }) },
    { prop: 'userData', got: 'Linux', allowed: 'forWindows()' }],
  ['no security group', { securityGroups: [] }, { prop: 'securityGroups', got: 'empty', allowed: 'at least 1' }],
  ['subnets the VPC does not have', { vpcSubnets: { subnetGroupName: 'none' } }, { prop: 'vpcSubnets', got: 'a selection', allowed: 'subnets' }],
  ['no subnet of those it has', { vpcSubnets: { subnets: [] } }, { prop: 'vpcSubnets', got: 'a selection', allowed: 'subnets' }],
  ['a VPC without private subnets with egress, when none are chosen', stack => ({ vpc: new ec2.Vpc(stack, 'Isolated', { natGateways: 0 }) }),
    { prop: 'vpcSubnets', got: 'without private subnets', allowed: 'subnets' }],
  ['a queue in another account', queueOf('arn:aws:sqs:eu-west-1:444455556666:q'), { prop: 'queue', got: 'account 444455556666', allowed: '111122223333' }],
  ['a queue in another Region', queueOf('arn:aws:sqs:eu-west-2:111122223333:q'), { prop: 'queue', got: 'Region eu-west-2', allowed: 'eu-west-1' }],
  ['a queue imported by the ARN of a topic', queueOf('arn:aws:sns:eu-west-1:111122223333:q'), { prop: 'queue', got: 'sns', allowed: 'sqs' }],
  ['an asymmetric key for the volume', stack => ({ rootVolumeKey: new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }) }),
    { prop: 'rootVolumeKey', got: 'RSA_2048', allowed: 'symmetric' }],
  ['a key of another Region for the volume', stack => ({ rootVolumeKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-north-1:111122223333:key/1') }),
    { prop: 'rootVolumeKey', got: 'eu-north-1', allowed: 'eu-west-1' }],
];

test.each(REFUSED)('%s is refused, and nothing is left behind', (_, given, { prop, got, allowed }) => {
  const stack = new Stack(new App(), 'Stack', { env });
  const props = typeof given === 'function' ? given(stack) : given;
  const problem = { prop, got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) };
  expect(problemsOf(() => workers(stack, props))).toEqual([expect.objectContaining(problem)]);
  expect(stack.node.tryFindChild('Workers')).toBeUndefined();
  expect(stack.node.findAll().filter(child => child.node.id.startsWith('SsmParameterValue'))).toEqual([]);
});

test.each<[string, Partial<Ec2WorkersProps>]>([
  ['a base of all instances', spot(MAX)],
  ['a share of 0', share(0)],
  ['a share of 100', share(100)],
  ['40 types', manyTypes(40)],
  ['a base only known at deployment', spot(Token.asNumber({ Ref: 'Base' }))],
])('%s is allowed', (_, props) => {
  expect(() => workers(new Stack(new App(), 'Stack', { env }), props)).not.toThrow();
});

test('one error names the construct and everything that is wrong', () => {
  const stack = new Stack(new App(), 'Stack', { env });
  const { construct, path, problems } = readError(errorOf(() => workers(stack, { ...hook(1), ...share(101), ...types('banana'), securityGroups: [] })));
  expect([construct, path]).toEqual(['Ec2Workers', 'Stack/Workers']);
  expect(problems.map(({ prop }) => prop).sort()).toEqual(['inFlight.timeout', 'instanceTypes', 'purchasing.onDemandPercentage', 'securityGroups']);
});

test('an image that cannot be used is named alone: which system it is for is not known', () => {
  const stack = new Stack(new App(), 'Stack', { env });
  const image = custom({ machineImage: ec2.MachineImage.genericLinux({ 'us-east-1': 'ami-0123456789abcdef0' }) });
  expect(problemsOf(() => workers(stack, { image, userData: ec2.UserData.forWindows() })).map(({ prop }) => prop)).toEqual(['image.machineImage']);
});
