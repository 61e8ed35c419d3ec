import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';

/**
 * Keeps a key that was created for a queue whose dead letters go to a shared or existing queue: they stay encrypted with the key, and
 * outlive the queue.
 *
 * The key is not kept after a failed creation, when nothing is encrypted with it yet. A key that a removal policy already keeps is not changed.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export function keepForDeadLetters(scope: IConstruct, queue: sqs.Queue, deadLetterQueue: sqs.IQueue | undefined): void {
  const key = queue.encryptionMasterKey;
  if (!deadLetterQueue || isMadeBy(scope, deadLetterQueue) || !key || !isMadeBy(scope, key)) return;
  const { deletionPolicy } = (key.node.defaultChild as kms.CfnKey).cfnOptions;
  if (deletionPolicy === CfnDeletionPolicy.DELETE) key.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}

function isMadeBy(scope: IConstruct, child: IConstruct): boolean {
  return child.node.scope === scope;
}
