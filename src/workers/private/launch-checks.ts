import { Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { describe } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import type { Ec2WorkersProps } from '../ec2-workers';
import { WorkerImage } from '../worker-image';

/** A family and a size: t4g.small, u-6tb1.56xlarge, i7ie.metal-24xl. */
const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** How user data begins that only one operating system runs. Anything else may be for either. */
const SCRIPTS: Partial<Record<ec2.OperatingSystemType, RegExp>> = {
  [ec2.OperatingSystemType.LINUX]: /^\s*#!/,
  [ec2.OperatingSystemType.WINDOWS]: /^\s*<(powershell|script)>/i,
};

/** An image has to be known for the Region of the stack, which one from a map may not be, and to be for the system that the user data is for. */
export function imageProblems(scope: Construct, { image, userData }: Ec2WorkersProps): Problem[] {
  const stack = Stack.of(scope);
  const before = new Set(stack.node.children);
  const problems = userDataProblems(scope, userData, image);
  // The CDK adds the SSM parameter of an image to the stack when the image is read. Without the group, nothing uses it.
  if (problems.length > 0) stack.node.children.filter(child => !before.has(child)).forEach(child => stack.node.tryRemoveChild(child.node.id));
  return problems;
}

function userDataProblems(scope: Construct, userData: ec2.UserData | undefined, image: WorkerImage | undefined): Problem[] {
  try {
    return systemProblems(userData, image ? image._operatingSystem(scope) : ec2.OperatingSystemType.LINUX);
  } catch (error) {
    return [{
      prop: 'image.machineImage',
      got: 'an image that cannot be used here',
      allowed: 'an image for the Region of the stack',
      fix: `${(error as Error).message.replace(/\.$/, '')}. Give an image for this Region, or one from an SSM parameter.`,
    }];
  }
}

function systemProblems(userData: ec2.UserData | undefined, system: ec2.OperatingSystemType): Problem[] {
  const { LINUX, WINDOWS } = ec2.OperatingSystemType;
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
export function instanceTypeProblems({ instanceTypes = [], image }: Ec2WorkersProps): Problem[] {
  const names = instanceTypes.map(type => type.toString());
  const architecture = image?.architecture ?? ec2.InstanceArchitecture.ARM_64;
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
