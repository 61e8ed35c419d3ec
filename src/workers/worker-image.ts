import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { describe } from '../private/describe';
import { Problem, unless } from '../private/problems';

/** A machine image, with the facts that cannot be read from it at synthesis. */
export interface CustomWorkerImageProps {
  /** The image. Session Manager needs the SSM agent in it. */
  readonly machineImage: ec2.IMachineImage;

  /** The processor architecture that the image is built for. Every instance type must have this architecture. */
  readonly architecture: ec2.InstanceArchitecture;

  /**
   * The name of the image's root device, such as `/dev/xvda` or `/dev/sda1`.
   *
   * It begins with `/dev/`. The launch template encrypts the volume with this name. With a wrong name the instance gets a second volume, and the root
   * volume stays as the image defines it.
   */
  readonly rootDeviceName: string;
}

/** The machine image of the workers, and its architecture. */
export class WorkerImage {
  /**
   * The latest Amazon Linux 2023, from its public SSM parameter.
   *
   * The parameter is read at each deployment, without a lookup at synthesis: the first deployment after a release of the image
   * replaces the instances. The image contains the SSM agent.
   *
   * @param architecture Arm unless you give another
   */
  public static amazonLinux2023(architecture: ec2.InstanceArchitecture = ec2.InstanceArchitecture.ARM_64): WorkerImage {
    const arm = architecture === ec2.InstanceArchitecture.ARM_64;
    const cpuType = arm ? ec2.AmazonLinuxCpuType.ARM_64 : ec2.AmazonLinuxCpuType.X86_64;
    return new WorkerImage(ec2.MachineImage.latestAmazonLinux2023({ cpuType }), architecture, '/dev/xvda');
  }

  /** An image of your own. It may contain the worker; with an image that AWS publishes, the user data has to start it. */
  public static custom(props: CustomWorkerImageProps): WorkerImage {
    return new WorkerImage(props.machineImage, props.architecture, props.rootDeviceName);
  }

  private constructor(
    /** The image. */
    public readonly machineImage: ec2.IMachineImage,
    /** The processor architecture that the image is built for. */
    public readonly architecture: ec2.InstanceArchitecture,
    /** The name of the image's root device. */
    public readonly rootDeviceName: string,
  ) {}

  /**
   * The instance type when none is given.
   *
   * @internal
   */
  public _defaultInstanceType(): ec2.InstanceType {
    return new ec2.InstanceType(this.architecture === ec2.InstanceArchitecture.ARM_64 ? 't4g.small' : 't3.small');
  }

  /**
   * Whether the image may contain a worker that starts by itself. The images that AWS publishes contain none, and have parameter names
   * that nobody else can use, except for those of AWS Marketplace products.
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
   * The operating system of the image. Reads the image in a construct that does not stay.
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
   * What is wrong with it.
   *
   * @internal
   */
  public _check(): Problem[] {
    const { rootDeviceName } = this;
    return unless(Token.isUnresolved(rootDeviceName) || /^\/dev\/\S+$/.test(rootDeviceName), () => ({
      prop: 'rootDeviceName',
      got: describe(rootDeviceName),
      allowed: 'the name of a device, beginning with /dev/',
      fix: 'Specify the root device of the image, such as /dev/xvda.',
    }));
  }
}
