import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { describe } from '../private/describe';
import { Problems } from '../private/problems';

/** A machine image, with what cannot be read from it at synthesis. */
export interface CustomWorkerImageProps {
  /** The image. It needs the SSM agent for Session Manager. */
  readonly machineImage: ec2.IMachineImage;

  /** The processor architecture the image is built for; every instance type has to be of it. */
  readonly architecture: ec2.InstanceArchitecture;

  /**
   * The name of the image's root device, such as `/dev/xvda` or `/dev/sda1`.
   *
   * It begins with `/dev/`. The root volume is encrypted under this name. Under a wrong one a second volume would be attached, and the root
   * volume would be as the image has it.
   */
  readonly rootDeviceName: string;
}

/** The machine image of the workers and the architecture it is for. */
export class WorkerImage {
  /**
   * The newest Amazon Linux 2023, from its public SSM parameter.
   *
   * The image is read at each deployment, without a lookup at synthesis: a deployment after a release of the image
   * replaces the instances. The SSM agent is part of it.
   *
   * @param architecture Arm unless said otherwise
   */
  public static amazonLinux2023(architecture?: ec2.InstanceArchitecture): WorkerImage {
    const arm = (architecture ?? ec2.InstanceArchitecture.ARM_64) === ec2.InstanceArchitecture.ARM_64;
    return new WorkerImage({
      machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: arm ? ec2.AmazonLinuxCpuType.ARM_64 : ec2.AmazonLinuxCpuType.X86_64 }),
      architecture: architecture ?? ec2.InstanceArchitecture.ARM_64,
      rootDeviceName: '/dev/xvda',
    });
  }

  /** An image of your own. It may hold the worker; with an image that AWS publishes, the user data has to start it. */
  public static custom(props: CustomWorkerImageProps): WorkerImage {
    return new WorkerImage(props ?? {});
  }

  /** The image. */
  public readonly machineImage: ec2.IMachineImage;

  /** The processor architecture the image is built for. */
  public readonly architecture: ec2.InstanceArchitecture;

  /** The name of the image's root device. */
  public readonly rootDeviceName: string;

  private constructor(props: CustomWorkerImageProps) {
    this.machineImage = props.machineImage;
    this.architecture = props.architecture;
    this.rootDeviceName = props.rootDeviceName;
  }

  /**
   * The instance type when none is given.
   *
   * @internal
   */
  public _defaultInstanceType(): ec2.InstanceType {
    return new ec2.InstanceType(this.architecture === ec2.InstanceArchitecture.ARM_64 ? 't4g.small' : 't3.small');
  }

  /**
   * Whether the image may hold a worker that starts by itself. AWS publishes images without one, under parameter names
   * that nobody else can use; AWS Marketplace has a part of them for products.
   *
   * @internal
   */
  public get _mayHoldWorker(): boolean {
    // The CDK keeps the name in private members of its image classes.
    const { parameterName, props } = this.machineImage as { parameterName?: unknown; props?: { parameterName?: unknown } };
    const name = parameterName ?? props?.parameterName;
    return !(typeof name === 'string' && /^\/aws\/service\/(?!marketplace\/)/.test(name));
  }

  /**
   * What the image runs. Reads the image in a construct that does not stay.
   *
   * @internal
   */
  public _operatingSystem(scope: Construct): ec2.OperatingSystemType {
    const id = 'ImageToRead';
    try {
      return this.machineImage.getImage(new Construct(scope, id)).osType;
    } finally {
      scope.node.tryRemoveChild(id);
    }
  }

  /**
   * Adds what is wrong to the problems of the construct that runs the image.
   *
   * @internal
   */
  public _check(problems: Problems, prop: string): void {
    problems.require(typeof this.machineImage?.getImage === 'function', {
      prop: `${prop}.machineImage`, got: describe(this.machineImage), allowed: 'an ec2.IMachineImage', fix: 'Use ec2.MachineImage.',
    });
    problems.require(Object.values(ec2.InstanceArchitecture).includes(this.architecture), {
      prop: `${prop}.architecture`, got: describe(this.architecture), allowed: 'an ec2.InstanceArchitecture', fix: 'Use ec2.InstanceArchitecture.',
    });
    const root: unknown = this.rootDeviceName;
    problems.require(Token.isUnresolved(root) || (typeof root === 'string' && /^\/dev\/\S+$/.test(root)), {
      prop: `${prop}.rootDeviceName`, got: describe(root), allowed: 'the name of a device, beginning with /dev/', fix: 'Give the root device of the image, such as /dev/xvda.',
    });
  }
}
