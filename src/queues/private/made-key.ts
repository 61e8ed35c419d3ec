import { CfnDeletionPolicy, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';

/**
 * Keeps a key that was made for a queue whose dead letters go to a queue of somebody else: they stay encrypted with it, and are there when
 * the queue and its key are gone.
 *
 * Not after a failed creation, when nothing was encrypted yet and a key is billed. One that a removal policy keeps already stays as it is.
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
