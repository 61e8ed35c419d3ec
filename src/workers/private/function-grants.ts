import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { grantOnKey, grantOnResource } from '../../private/grants';
import { READ_KEY } from '../../private/key-permissions';
import { OuterQueue } from '../../queues/private/outer-queue';
import { OwnQueue } from '../../queues/private/own-queue';
import { CONSUME_ACTIONS } from '../../queues/private/work-queue-grants';

/**
 * Grants the role of a function what Lambda needs to poll a queue.
 *
 * A queue of this library grants more where it has more, such as a bucket for large payloads. For any other queue, a warning contains what
 * the policy of an imported queue or key lacks.
 */
export function grantConsume(scope: IConstruct, queue: sqs.IQueue, handler: lambda.IFunction): void {
  if (queue instanceof OuterQueue || queue instanceof OwnQueue) {
    queue.grantConsumeMessages(handler);
    return;
  }
  grantOnResource(scope, 'FunctionWorker', 'grantConsumeMessages', { resource: queue, arn: queue.queueArn }, handler, CONSUME_ACTIONS);
  const key = queue.encryptionMasterKey;
  if (key) grantOnKey(scope, 'FunctionWorker', 'grantConsumeMessages', { key, service: 'sqs' }, handler, READ_KEY);
}
