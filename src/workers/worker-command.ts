import { Duration, Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { SHELL_COMMAND } from './private/worker-bounds';
import { checkBounds } from '../private/bounds';
import { describe } from '../private/describe';
import { Problem, blankProblems, unless } from '../private/problems';

/** How a container is started. */
export interface ContainerCommandOptions {
  /**
   * The command, which replaces that of the image: at least one string.
   *
   * @default - the command of the image
   */
  readonly command?: string[];

  /**
   * Environment variables, in addition to `QUEUE_URL` and `AWS_REGION`. Everyone who may describe the task definition or the launch template can read them.
   *
   * @default - only QUEUE_URL and AWS_REGION
   */
  readonly environment?: { [name: string]: string };

  /**
   * Environment variables whose values come from AWS Secrets Manager or AWS Systems Manager Parameter Store when a container starts: for
   * `FargateWorkers` only.
   *
   * The role that starts the containers is granted to read them, not the role of the worker.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
   */
  readonly secrets?: { [name: string]: ecs.Secret };
}

/** How a shell script is run for each message. */
export interface ShellCommandOptions {
  /**
   * A shell script that installs what the command needs. It is run as root when an instance has started, before the first message, and again
   * every 30 seconds until it succeeds.
   *
   * A `dnf install` needs a way to the repository of Amazon Linux 2023, which is in Amazon S3.
   *
   * @default - the command needs what Amazon Linux 2023 has, such as the AWS CLI
   */
  readonly setup?: string;

  /**
   * How long a message may take, after which its command is stopped and counts as failed: 1 second to 12 hours, in whole seconds.
   *
   * @default Duration.hours(12), the longest time for which SQS hides a message
   */
  readonly timeout?: Duration;

  /**
   * How many messages an instance processes at once: at least 1. `processingTime` of the scaling is divided by it.
   *
   * @default 1
   */
  readonly concurrency?: number;
}

/** The environment variables that the workers set themselves. */
const SET_BY_WORKERS = ['QUEUE_URL', 'AWS_REGION'];

/**
 * What processes the messages of a queue.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export abstract class WorkerCommand {
  /**
   * A container that receives the messages by itself, on EC2 or Fargate.
   *
   * What it has to do:
   * 1. Receive from `QUEUE_URL`, in the Region `AWS_REGION`, with long polling. Both are in its environment.
   * 2. Process a message, and extend its visibility timeout with `ChangeMessageVisibility` while that takes long.
   * 3. Delete the message when it is processed, and only then. A message that is not deleted is received again, so the container must be able to
   *    process a message twice.
   * 4. On `SIGTERM`, stop receiving, finish the received messages, and exit. `SIGKILL` follows after the stop timeout. A process with
   *    the ID 1 that does not handle `SIGTERM` ignores it: start the worker with `exec`, and not through a shell that stays.
   *
   * @param image the image, built for the processor architecture of the workers, which is Arm by default. An image asset needs the `platform`
   * `ecr_assets.Platform.LINUX_ARM64`, because the CDK builds for the machine that it runs on
   */
  public static container(image: ecs.ContainerImage, options: ContainerCommandOptions = {}): ContainerCommand {
    return ContainerCommand._of(image, options);
  }

  /**
   * A shell script that is run once for each message, on EC2.
   *
   * The workers receive the messages, and extend the visibility timeout of a message while its script runs. The script has the body of the message
   * as its standard input, and these environment variables: `MESSAGE_ID`, `RECEIVE_COUNT`, `MESSAGE_GROUP_ID` (empty for a standard
   * queue), `MESSAGE_ATTRIBUTES` (JSON, as SQS returns them), `QUEUE_URL` and `AWS_REGION`.
   *
   * If it ends with exit code 0, the message is deleted. With any other exit code, the message is visible again when its visibility timeout
   * has ended. A message can be received more than once, so the script must be able to process a message twice.
   *
   * @param script the script, for bash with `set -eo pipefail`, unless its first line names another interpreter. It is part of the user data, which
   * everyone who may describe the launch template can read.
   */
  public static shell(script: string, options: ShellCommandOptions = {}): ShellCommand {
    return ShellCommand._of(script, options);
  }

  protected constructor(
    /** Whether the command receives the messages by itself; otherwise it is run for each message. */
    public readonly selfPolling: boolean,
  ) {}

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public abstract _check(): Problem[];
}

/** A container that receives the messages of a queue by itself: `WorkerCommand.container()`. */
export class ContainerCommand extends WorkerCommand {
  /**
   * @internal
   */
  public static _of(image: ecs.ContainerImage, options: ContainerCommandOptions): ContainerCommand {
    return new ContainerCommand(image, options);
  }

  private constructor(
    /** The image of the container. */
    public readonly image: ecs.ContainerImage,
    /** How the container is started. */
    public readonly options: ContainerCommandOptions,
  ) {
    super(true);
  }

  /**
   * @internal
   */
  public _check(): Problem[] {
    const { command, environment = {}, secrets = {} } = this.options;
    const twice = Object.keys(environment).filter(name => name in secrets);
    return [
      ...unless(command === undefined || Token.isUnresolved(command) || command.length > 0, () => ({
        prop: 'command', got: 'an empty list', allowed: 'at least one string', fix: 'Omit it for the command of the image.',
      })),
      ...nameProblems('environment', environment),
      ...nameProblems('secrets', secrets),
      ...unless(twice.length === 0, () => ({
        prop: 'secrets', got: `${describe(twice)}, which environment has too`, allowed: 'each name once', fix: 'Remove it from one of them.',
      })),
    ];
  }
}

/** A shell script that is run for each message of a queue: `WorkerCommand.shell()`. */
export class ShellCommand extends WorkerCommand {
  /**
   * @internal
   */
  public static _of(script: string, options: ShellCommandOptions): ShellCommand {
    const { timeout, concurrency } = SHELL_COMMAND;
    return new ShellCommand(script, options.setup, options.timeout ?? timeout.default, options.concurrency ?? concurrency.default);
  }

  private constructor(
    /** The script that is run for each message. */
    public readonly script: string,
    /** The script that installs what the command needs; undefined if it needs nothing. */
    public readonly setup: string | undefined,
    /** How long a message may take. */
    public readonly timeout: Duration,
    /** How many messages an instance processes at once. */
    public readonly concurrency: number,
  ) {
    super(false);
  }

  /**
   * @internal
   */
  public _check(): Problem[] {
    const { timeout, concurrency } = this;
    return [
      ...blankProblems('script', this.script, 'Specify what is run for each message.'),
      ...blankProblems('setup', this.setup, 'Omit it if there is nothing to install.'),
      ...checkBounds(SHELL_COMMAND, { timeout, concurrency }),
    ];
  }
}

function nameProblems(prop: string, variables: Record<string, unknown>): Problem[] {
  const names = Object.keys(variables);
  const reserved = names.filter(name => SET_BY_WORKERS.includes(name));
  return [
    ...names.flatMap(name => blankProblems(prop, name, 'Specify the name of each environment variable.')),
    ...unless(reserved.length === 0, () => ({
      prop, got: describe(reserved), allowed: `names other than ${SET_BY_WORKERS.join(' and ')}`, fix: 'The workers set them from the queue and its Region. Choose another name.',
    })),
  ];
}
