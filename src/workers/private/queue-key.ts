import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { QueueWork } from './queue-work';
import { pathOf } from '../../private/describe';
import { cannotDecrypt, policiesOf } from '../../private/key-permissions';
import { checkWhenWritten } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { allowing } from '../../private/statements';
import { forgetUsesBeforeSynth, referredTo } from '../../private/uses';
import { overriddenProperty } from '../../private/written';

/**
 * Checks when the template is written that the workers can use the key of a queue of this app.
 *
 * An aspect or an escape hatch can give the queue a key after its workers have got their permissions.
 */
export function checkQueueKey({ scope, construct, queue, role }: QueueWork): void {
  const resource = queue.node.defaultChild;
  if (!sqs.CfnQueue.isCfnQueue(resource)) return;
  const cfnRole = role.node.defaultChild as iam.CfnRole;
  const before = writtenKey(resource);
  forgetUsesBeforeSynth(scope);
  checkWhenWritten(scope, construct, () => {
    const now = writtenKey(resource);
    if (now === before || now === undefined || factsOf(queue, true).awsManagedKey) return [];
    const [key] = [...referredTo(resource, keyOf(resource))].filter(kms.CfnKey.isCfnKey);
    if (!(key ? cannotDecrypt(cfnRole, key) : decryptsNothing(cfnRole))) return [];
    return [{
      prop: 'queue',
      got: `'${queue.node.path}' with ${key ? `the key ${pathOf(key)}` : 'a key'}, which it did not have when the workers were created and which they cannot use`,
      allowed: 'a key that the role of the workers can use',
      fix: key
        ? 'The workers could not receive a message. Specify the key when the queue is created, or call grantDecrypt(workers) of the key.'
        : 'The workers could not receive a message. Specify the key when the queue is created, with kms.Key.fromKeyArn(), or allow kms:Decrypt to the role.',
    }];
  });
}

/** Whether no policy of a role allows it to decrypt anything, as far as the templates say. */
function decryptsNothing(role: iam.CfnRole): boolean {
  return policiesOf(role)?.every(document => allowing(document, 'kms:Decrypt').length === 0) ?? false;
}

function keyOf(queue: sqs.CfnQueue): unknown {
  return overriddenProperty(queue, 'KmsMasterKeyId') ?? queue.kmsMasterKeyId;
}

function writtenKey(queue: sqs.CfnQueue): string | undefined {
  return JSON.stringify(Stack.of(queue).resolve(keyOf(queue)));
}
