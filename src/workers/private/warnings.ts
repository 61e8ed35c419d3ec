import { Stack } from 'aws-cdk-lib';
import { describeDuration } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { targetOf } from '../../private/keys';
import { factsOf } from '../../private/queue-facts';
import { renderPolicy, warn } from '../../private/warnings';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';

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

  if (props.vpcSubnets && props.vpc.selectSubnets(props.vpcSubnets).hasPublic) {
    warn(scope, 'Ec2Workers.publicSubnets',
      'The instances have no public address, and a public subnet routes to the internet by public addresses alone: they reach SQS and Session Manager '
      + 'through VPC endpoints only. Choose private subnets with egress, or make sure the endpoints are there.');
  }
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
