import { Token } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
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
   * Environment variables, in addition to `QUEUE_URL` and `AWS_REGION`. Everyone who may describe the task definition can read them.
   *
   * @default - only QUEUE_URL and AWS_REGION
   */
  readonly environment?: { [name: string]: string };

  /**
   * Environment variables whose values come from AWS Secrets Manager or AWS Systems Manager Parameter Store when a container starts.
   *
   * The role that starts the containers is granted to read them, not the role of the worker.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
   */
  readonly secrets?: { [name: string]: ecs.Secret };
}

/** The environment variables that the workers set themselves. */
const SET_BY_WORKERS = ['QUEUE_URL', 'AWS_REGION'];

/**
 * What processes the messages of a queue.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
export class WorkerCommand {
  /**
   * A container that receives the messages by itself.
   *
   * What it has to do:
   * 1. Receive from `QUEUE_URL`, in the Region `AWS_REGION`, with long polling. Both are in its environment.
   * 2. Process a message, and extend its visibility timeout with `ChangeMessageVisibility` while that takes long.
   * 3. Delete the message when it is processed, and only then. A message that is not deleted is received again, so the container must be able to
   *    process a message twice.
   * 4. On `SIGTERM`, stop receiving, finish the received messages, and exit. `SIGKILL` follows after the stop timeout. A process with
   *    the ID 1 that does not handle `SIGTERM` ignores it: start the worker with `exec`, and not through a shell that stays.
   *
   * @param image the image, built for the processor architecture of the workers
   */
  public static container(image: ecs.ContainerImage, options: ContainerCommandOptions = {}): WorkerCommand {
    return new WorkerCommand(image, options);
  }

  private constructor(
    /** The image of the container. */
    public readonly image: ecs.ContainerImage,
    /** How the container is started. */
    public readonly options: ContainerCommandOptions,
  ) {}

  /**
   * What is wrong with it.
   *
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
