import { Stack, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { kindProblems, placeOf, placeProblems } from '../../private/environment';
import { keyProblems } from '../../private/keys';
import { Problem, at, unless } from '../../private/problems';
import type { Ec2WorkersProps } from '../ec2-workers';
import { WorkerImage } from '../worker-image';
import { commandProblems } from './ec2-command';
import { queueProblems } from './queue-work';
import { EC2_WORKERS } from './worker-bounds';
import { subnetProblems } from './worker-subnets';

/** A family and a size: t4g.small, u-6tb1.56xlarge, i7ie.metal-24xl. */
const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** How user data begins that only one operating system runs. Anything else may be for either. */
const SCRIPTS: Partial<Record<ec2.OperatingSystemType, RegExp>> = {
  [ec2.OperatingSystemType.LINUX]: /^\s*#!/,
  [ec2.OperatingSystemType.WINDOWS]: /^\s*<(powershell|script)>/i,
};

/** Everything that is wrong with the props, and with the image, given or not. */
export function propsProblems(scope: Construct, props: Ec2WorkersProps, image: WorkerImage): Problem[] {
  const { queue, scaling, inFlight, purchasing, rootVolumeKey } = props;
  const problems = [
    ...at('queue', queueProblems(scope, queue)),
    ...subnetProblems(props, 'instances'),
    ...at('scaling', scaling._check()),
    ...at('inFlight', inFlight?._check() ?? []),
    ...commandProblems(scope, props),
    ...at('purchasing', purchasing?._check(scaling.max) ?? []),
    ...at('image', image._check()),
    ...at('instanceTypes', instanceTypeProblems(props.instanceTypes ?? [], image)),
    ...at('notifications', topicProblems(scope, props.notifications ?? [])),
    ...checkBounds(EC2_WORKERS, props),
    ...at('rootVolumeKey', rootVolumeKey ? keyProblems(scope, rootVolumeKey, { service: 'EBS', what: 'volume' }) : []),
    ...terminationProblems(props.terminationPolicies ?? []),
  ];
  // The image is read only if everything else is right, because that adds to the stack.
  return problems.length > 0 ? problems : imageProblems(scope, image, props);
}

function topicProblems(scope: Construct, topics: sns.ITopic[]): Problem[] {
  const repeated = topics.find((topic, i) => topics.findIndex(other => other.topicArn === topic.topicArn) < i);
  return [
    ...unless(repeated === undefined, () => ({ prop: '', got: `'${repeated?.node.path}' more than once`, allowed: 'each topic once', fix: 'Remove the repetition.' })),
    ...topics.flatMap(topic => [
      ...kindProblems('topic', topic, false, '', 'Amazon EC2 Auto Scaling does not publish to FIFO topics. Specify a standard topic.'),
      ...placeProblems('topic', topic.env, { ...placeOf(scope), because: 'where the workers are' }, 'Specify a topic there, and forward its messages.'),
    ]),
  ];
}

function terminationProblems(policies: autoscaling.TerminationPolicy[]): Problem[] {
  return unless(!policies.includes(autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION), () => ({
    prop: 'terminationPolicies',
    got: describe(policies),
    allowed: 'any autoscaling.TerminationPolicy but CUSTOM_LAMBDA_FUNCTION',
    fix: 'The group has no place for the function of a custom policy. Choose another policy.',
  }));
}

/** An image has to be known for the Region of the stack, which one from a map may not be, and to be for the system that the user data is for. */
function imageProblems(scope: Construct, image: WorkerImage, props: Ec2WorkersProps): Problem[] {
  const stack = Stack.of(scope);
  const before = new Set(stack.node.children);
  const problems = userDataProblems(scope, image, props);
  // The CDK adds the SSM parameter of an image to the stack when the image is read. Without the group, nothing uses it.
  if (problems.length > 0) stack.node.children.filter(child => !before.has(child)).forEach(child => stack.node.tryRemoveChild(child.node.id));
  return problems;
}

function userDataProblems(scope: Construct, image: WorkerImage, props: Ec2WorkersProps): Problem[] {
  try {
    return systemProblems(props, image._operatingSystem(scope));
  } catch (error) {
    return [{
      prop: 'image.machineImage',
      got: 'an image that cannot be used here',
      allowed: 'an image for the Region of the stack',
      fix: `${(error as Error).message.replace(/\.$/, '')}. Specify an image for this Region, or one from an SSM parameter.`,
    }];
  }
}

function systemProblems({ command, userData }: Ec2WorkersProps, system: ec2.OperatingSystemType): Problem[] {
  const { LINUX, WINDOWS } = ec2.OperatingSystemType;
  if (command && system === WINDOWS) {
    return [{
      prop: 'command', got: 'a command, with an image for Windows', allowed: 'an image for Linux', fix: 'A command is run by Amazon Linux 2023. Specify userData for Windows.',
    }];
  }
  const other = { [LINUX]: WINDOWS, [WINDOWS]: LINUX, [ec2.OperatingSystemType.UNKNOWN]: undefined }[system];
  if (userData === undefined || other === undefined || !SCRIPTS[other]?.test(userData.render())) return [];
  const name = (of: ec2.OperatingSystemType) => of === WINDOWS ? 'Windows' : 'Linux';
  return [{
    prop: 'userData',
    got: `a script for ${name(other)}, with an image for ${name(system)}`,
    allowed: `ec2.UserData.for${name(system)}(), or another image`,
    fix: 'The instances would not run the script. The CDK assumes Linux for an image unless it is told otherwise, such as by os of MachineImage.fromSsmParameter().',
  }];
}

/** The number of types is in the table of bounds. */
function instanceTypeProblems(instanceTypes: ec2.InstanceType[], { architecture }: WorkerImage): Problem[] {
  const names = instanceTypes.map(type => type.toString());
  return [
    ...unless(new Set(names).size === names.length, () => ({ prop: '', got: describe(names), allowed: 'each type once', fix: 'Remove the repetition.' })),
    ...instanceTypes.flatMap(type => typeProblems(type, architecture)),
  ];
}

function typeProblems(type: ec2.InstanceType, architecture: ec2.InstanceArchitecture): Problem[] {
  const name = type.toString();
  const actual = architectureOf(type);
  return [
    ...unless(Token.isUnresolved(name) || INSTANCE_TYPE.test(name), () => ({
      prop: '', got: describe(name), allowed: 'a family and a size, such as t4g.small', fix: 'Use ec2.InstanceType.of().',
    })),
    ...unless(actual === undefined || actual === architecture, () => ({
      prop: '',
      got: `${name} (${actual})`,
      allowed: `types for the architecture of the image, ${architecture}`,
      fix: 'Choose another type, or an image for that architecture, such as WorkerImage.amazonLinux2023(ec2.InstanceArchitecture.X86_64).',
    })),
  ];
}

/** Not known for a token, nor for a name that the CDK cannot parse, such as u-6tb1.56xlarge. */
function architectureOf(type: ec2.InstanceType): ec2.InstanceArchitecture | undefined {
  try {
    return type.architecture;
  } catch {
    return undefined;
  }
}
