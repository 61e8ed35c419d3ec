import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { describeDuration } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { targetOf } from '../../private/keys';
import { factsOf } from '../../private/queue-facts';
import { renderPolicy, warn } from '../../private/warnings';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import { InFlightProtection } from '../in-flight-protection';
import { missingEndpoints, reachesIsolated } from './endpoints';

/** Warns of what the service would accept and the user may not want. */
export function warnOf(scope: Ec2Workers, props: Ec2WorkersProps): void {
  warnOfKey(scope, props);

  const { visibilityTimeout } = factsOf(props.queue);
  const processing = props.scaling.processingTime;
  if (visibilityTimeout !== undefined && processing && visibilityTimeout < processing.toSeconds({ integral: false })) {
    warn(scope, 'Ec2Workers.visibilityTimeout',
      `The visibility timeout of the queue is ${visibilityTimeout} seconds and a message takes ${describeDuration(processing)}: it is handed out again `
      + 'while the first worker is still busy with it. Raise the visibility timeout, or have the workers extend it with ChangeMessageVisibility.');
  }

  const { timeout } = scope.inFlight;
  if (timeout && !timeout.isUnresolved() && processing && timeout.toSeconds() < processing.toSeconds({ integral: false })) {
    const longest = InFlightProtection._LONGEST_TIMEOUT;
    const possible = processing.toSeconds({ integral: false }) <= longest.toSeconds();
    warn(scope, 'Ec2Workers.inFlightTimeout',
      `A message takes ${describeDuration(processing)}, and a termination waits ${describeDuration(timeout)} without hearing from the worker: the instance may end in the middle `
      + 'of a message, which is then worked on again. '
      + (possible
        ? `Raise the timeout of InFlightProtection.lifecycleHook(), up to ${describeDuration(longest)}, or have the worker call RecordLifecycleActionHeartbeat.`
        : `No timeout is that long; ${describeDuration(longest)} is the longest. Have the worker call RecordLifecycleActionHeartbeat while it works on a message.`));
  }

  const selected = props.vpcSubnets && props.vpc.selectSubnets(props.vpcSubnets);
  if (selected?.hasPublic) {
    warn(scope, 'Ec2Workers.publicSubnets',
      'The instances have no public address, and a public subnet routes to the internet by public addresses alone: they reach SQS and Session Manager '
      + 'through VPC endpoints only. Choose private subnets with egress, or make sure the endpoints are there.');
  }
  if (selected && !selected.isPendingLookup && reachesIsolated(props.vpc, selected)) {
    // Endpoints may be added until the template is written.
    scope.node.addValidation({
      validate: () => {
        warnOfIsolation(scope, props.vpc);
        return [];
      },
    });
  }
}

function warnOfIsolation(scope: Ec2Workers, vpc: ec2.IVpc): void {
  const services = ['sqs', ...scope.inFlight.actions.length > 0 ? ['autoscaling'] : []];
  const missing = missingEndpoints(vpc, services);
  if (missing.length === 0) return;
  const effect = missing.includes('sqs') ? 'receive a message' : 'say that they have finished before a termination';
  warn(scope, 'Ec2Workers.isolatedSubnets',
    `The instances are in isolated subnets, and this app has no interface endpoint for ${missing.join(' and ')} in their VPC: without another way out the workers cannot ${effect}. `
    + 'Add the endpoints with vpc.addInterfaceEndpoint(), choose private subnets with egress, or acknowledge this where the VPC has another way out.');
}

function warnOfKey(scope: Ec2Workers, { queue }: Ec2WorkersProps): void {
  const { owned, awsManagedKey } = factsOf(queue);
  if (awsManagedKey) return;
  const key = queue.encryptionMasterKey;
  const toAdd = () => renderPolicy(scope, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '<ARN of the key>' });

  if (!owned && !key) {
    warn(scope, 'Ec2Workers.queueKey',
      'It is not known whether the imported queue is encrypted with a customer key. If it is, the workers cannot read its messages: '
      + 'import it with sqs.Queue.fromQueueAttributes() and keyArn, or add this to the role of the workers: '
      + toAdd());
  }
  if (!key) return;

  const target = targetOf(key);
  if (!target) {
    warn(scope, 'Ec2Workers.queueKey',
      'Of the key of the queue only the name of an alias is known. A policy that names an alias allows nothing, so the workers cannot read the messages: '
      + 'give the queue the key itself, such as with kms.Key.fromKeyArn(), or add this to the role of the workers: '
      + toAdd());
  } else if (knownApart(target.env.account, Stack.of(scope).account)) {
    warn(scope, 'Ec2Workers.queueKey',
      `The key of the queue is in account ${target.env.account}, where the role of the workers may use it only if the policy of the key says so. Add: `
      + renderPolicy(scope, { Effect: 'Allow', Principal: { AWS: scope.role.roleArn }, Action: 'kms:Decrypt', Resource: '*' }));
  }
}
