import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { describe, describeSize } from '../../private/describe';
import { checkKey } from '../../private/keys';
import { Problems } from '../../private/problems';
import type { Ec2WorkersProps } from '../ec2-workers';
import { WorkerImage } from '../worker-image';
import { checkList } from './lists';

/** The limit of a mixed instances policy. */
const MAX_INSTANCE_TYPES = 40;

/** A family and a size: t4g.small, u-6tb1.56xlarge, i7ie.metal-24xl. */
const INSTANCE_TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** How user data begins that only one operating system runs. Anything else may be for either. */
const SCRIPTS: Partial<Record<ec2.OperatingSystemType, RegExp>> = {
  [ec2.OperatingSystemType.LINUX]: /^\s*#!/,
  [ec2.OperatingSystemType.WINDOWS]: /^\s*<(powershell|script)>/i,
};

/** An image has to know the Region of the stack, one that is looked up in a map may not, and to be for the system of the user data. */
export function checkImage(scope: Construct, problems: Problems, { image, userData }: Ec2WorkersProps): void {
  try {
    checkUserData(problems, userData, image ? image._operatingSystem(scope) : ec2.OperatingSystemType.LINUX);
  } catch (error) {
    problems.add({
      prop: 'image.machineImage',
      got: 'an image that cannot be used here',
      allowed: 'an image for the Region of the stack',
      fix: `${(error as Error).message.replace(/\.$/, '')}. Name an image for this Region, or use one from an SSM parameter.`,
    });
  }
}

function checkUserData(problems: Problems, userData: ec2.UserData | undefined, system: ec2.OperatingSystemType): void {
  const { LINUX, WINDOWS } = ec2.OperatingSystemType;
  const other = { [LINUX]: WINDOWS, [WINDOWS]: LINUX, [ec2.OperatingSystemType.UNKNOWN]: undefined }[system];
  if (userData === undefined || other === undefined || !SCRIPTS[other]?.test(userData.render())) return;
  const name = (of: ec2.OperatingSystemType) => of === WINDOWS ? 'Windows' : 'Linux';
  problems.add({
    prop: 'userData',
    got: `a script for ${name(other)}, and an image of ${name(system)}`,
    allowed: `ec2.UserData.for${name(system)}(), or another image`,
    fix: 'The instances would not run it. The CDK takes an image for Linux unless told otherwise, such as by os of MachineImage.fromSsmParameter().',
  });
}

/** In whole GiB, which is the unit of the service. */
export function checkVolume(scope: Construct, problems: Problems, { rootVolumeSize: size, rootVolumeKey: key }: Ec2WorkersProps): void {
  checkKey(problems, scope, 'rootVolumeKey', key, { service: 'EBS', what: 'volume' });
  if (size === undefined) return;
  const problem = { prop: 'rootVolumeSize', allowed: '1 GiB to 65536 GiB (inclusive), whole' };
  if (typeof size?.toGibibytes !== 'function') {
    problems.add({ ...problem, got: describe(size), fix: 'Give a Size, such as Size.gibibytes(50).' });
  } else if (!size.isUnresolved()) {
    const gibibytes = size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
    problems.require(Number.isInteger(gibibytes) && gibibytes >= 1 && gibibytes <= 65_536, {
      ...problem, got: describeSize(size), fix: 'Give at least the size of the image, such as Size.gibibytes(50).',
    });
  } else if (!inGibibytes(size)) {
    problems.add({
      prop: 'rootVolumeSize',
      got: 'a value only known at deployment, in another unit',
      allowed: 'a token made with Size.gibibytes()',
      fix: 'Such a value cannot be converted at synth; give it with Size.gibibytes().',
    });
  }
}

function inGibibytes(size: Size): boolean {
  try {
    size.toGibibytes();
    return true;
  } catch {
    return false;
  }
}

export function checkInstanceTypes(problems: Problems, types: ec2.InstanceType[] | undefined, image: WorkerImage | undefined): void {
  if (types === undefined) return;
  if (!checkList(problems, 'instanceTypes', types, type => typeof type?.isBurstable === 'function', 'ec2.InstanceType')) return;
  const names = types.map(type => type.toString());
  problems.require(names.length >= 1 && names.length <= MAX_INSTANCE_TYPES && new Set(names).size === names.length, {
    prop: 'instanceTypes',
    got: describe(names),
    allowed: `1 to ${MAX_INSTANCE_TYPES} types, each once`,
    fix: 'Leave it out for a small burstable one.',
  });
  const architecture = image?.architecture ?? ec2.InstanceArchitecture.ARM_64;
  for (const type of types) {
    problems.require(Token.isUnresolved(type.toString()) || INSTANCE_TYPE.test(type.toString()), {
      prop: 'instanceTypes', got: describe(type.toString()), allowed: 'a family and a size, such as t4g.small', fix: 'Use ec2.InstanceType.of().',
    });
    const actual = architectureOf(type);
    problems.require(actual === undefined || actual === architecture, {
      prop: 'instanceTypes',
      got: `${type} (${actual})`,
      allowed: `types of the architecture of the image, ${String(architecture)}`,
      fix: 'Choose another type, or an image for that architecture, such as WorkerImage.amazonLinux2023(ec2.InstanceArchitecture.X86_64).',
    });
  }
}

/** Not known for a token, nor for a name the CDK cannot take apart, such as u-6tb1.56xlarge. */
function architectureOf(type: ec2.InstanceType): ec2.InstanceArchitecture | undefined {
  try {
    return type.architecture;
  } catch {
    return undefined;
  }
}
