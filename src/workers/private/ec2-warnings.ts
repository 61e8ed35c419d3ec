import { describeDuration } from '../../private/describe';
import { warn } from '../../private/warnings';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import { ShellCommand } from '../worker-command';
import { TERMINATION_HOOK } from './worker-bounds';
import { warnOfSubnets } from './worker-subnets';

/** Warns about what the services accept of the instances and the user may not want. */
export function warnOfInstances(workers: Ec2Workers, props: Ec2WorkersProps): void {
  // A shell command is waited for, with heartbeats.
  if (!(props.command instanceof ShellCommand)) warnOfTermination(workers);
  warnOfSubnets({
    workers,
    construct: 'Ec2Workers',
    placement: props,
    units: 'instances',
    reachable: props.command ? 'SQS, Session Manager, CloudWatch Logs and the sources of the worker' : 'SQS and Session Manager',
    services: () => ({
      sqs: 'receive messages',
      ...props.command && { logs: 'write their logs' },
      ...workers.inFlight.actions.length > 0 && { autoscaling: 'signal that they have finished before a termination' },
    }),
  });
}

function warnOfTermination(workers: Ec2Workers): void {
  const { inFlight: { timeout }, scaling: { processingTime } } = workers;
  if (!timeout || timeout.isUnresolved() || !processingTime) return;
  const seconds = processingTime.toSeconds({ integral: false });
  if (timeout.toSeconds() >= seconds) return;
  const longest = TERMINATION_HOOK.timeout.max;
  warn(workers, 'Ec2Workers.inFlightTimeout',
    `A message takes ${describeDuration(processingTime)}, and a termination waits ${describeDuration(timeout)} without a signal from the worker. The instance may end `
    + 'while it works on a message, and another worker then receives that message. '
    + (seconds <= longest.toSeconds()
      ? `Raise the timeout of InFlightProtection.lifecycleHook(), up to ${describeDuration(longest)}, or have the worker call RecordLifecycleActionHeartbeat.`
      : `The longest timeout is ${describeDuration(longest)}. Have the worker call RecordLifecycleActionHeartbeat while it works on a message.`));
}
