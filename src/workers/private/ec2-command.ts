import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { describe } from '../../private/describe';
import { placeOf, placeProblems } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import { ContainerCommand, ShellCommand, WorkerCommand } from '../worker-command';
import { containerUserData, shellUserData } from './command-user-data';
import { protectsInstance } from './shell-poller';

/** What is wrong with the command of instances, and with the props that do not go with it, or not without it. */
export function commandProblems(scope: Construct, props: Ec2WorkersProps): Problem[] {
  const { command, userData, logGroup } = props;
  const here = { ...placeOf(scope), because: 'where the workers are' };
  return [
    ...at('logGroup', logGroup ? placeProblems('log group', logGroup.env, here, 'Specify a log group there, or omit it for a new one.') : []),
    ...unless(!command || !userData, () => ({
      prop: 'userData',
      got: 'user data, with a command',
      allowed: 'one of them',
      fix: 'The command has user data of its own. Omit one. To install something before the command, use setup of WorkerCommand.shell().',
    })),
    ...unless(Boolean(command) || !logGroup, () => ({
      prop: 'logGroup', got: 'a log group, without a command', allowed: 'a log group with a command', fix: 'Only a command writes there. Specify a command, or have your user data ship the logs.',
    })),
    ...at('command', command?._check() ?? []),
    ...command instanceof ShellCommand ? concurrencyProblems(command, props) : [],
    ...command instanceof ContainerCommand ? containerProblems(command) : [],
  ];
}

function concurrencyProblems({ concurrency }: ShellCommand, { inFlight }: Ec2WorkersProps): Problem[] {
  return unless(concurrency === 1 || !inFlight || !protectsInstance(inFlight), () => ({
    prop: 'command.concurrency',
    got: `${describe(concurrency)}, with InFlightProtection.instanceProtection()`,
    allowed: '1',
    fix: 'The protection is for the whole instance: the first message that is processed would turn it off for the others. Use InFlightProtection.lifecycleHook().',
  }));
}

/** What ECS does with a container, and Docker does not. */
function containerProblems({ image, options: { environment = {}, secrets = {} } }: ContainerCommand): Problem[] {
  const multiline = Object.keys(environment).filter(name => environment[name].includes('\n'));
  return [
    ...unless(Object.keys(secrets).length === 0, () => ({
      prop: 'command.secrets',
      got: describe(Object.keys(secrets)),
      allowed: 'no secrets on EC2',
      fix: 'Have the worker read the secret itself, and grant it to the workers: secret.grantRead(workers).',
    })),
    ...unless(multiline.length === 0, () => ({
      prop: 'command.environment', got: `${describe(multiline)} with several lines`, allowed: 'values of one line', fix: 'Docker reads one variable from each line.',
    })),
    ...unless(!hasCredentials(image), () => ({
      prop: 'command.image',
      got: 'an image with credentials for its registry',
      allowed: 'an image in Amazon ECR or in a public registry',
      fix: 'Copy the image to Amazon ECR, such as by a pull through cache rule.',
    })),
  ];
}

/** The CDK keeps the credentials in a private member of its image class. */
function hasCredentials(image: ecs.ContainerImage): boolean {
  return (image as { props?: { credentials?: unknown } }).props?.credentials !== undefined;
}

/** The user data of a command. The role gets the permission to pull the image. */
export function createUserData(workers: Ec2Workers, command: WorkerCommand, logGroup: logs.ILogGroup): ec2.UserData {
  if (command instanceof ShellCommand) return shellUserData(workers, command, logGroup);
  const container = command as ContainerCommand;
  return containerUserData(workers, container, imageName(workers, container.image), logGroup);
}

/**
 * The name of an image, whose role may pull it.
 *
 * `bind()` is made for containers of ECS. The images of the CDK ask the container for its execution role alone.
 */
function imageName(workers: Ec2Workers, image: ecs.ContainerImage): string {
  const container = { taskDefinition: { obtainExecutionRole: (): iam.IRole => workers.role } } as ecs.ContainerDefinition;
  return image.bind(workers, container).imageName;
}
