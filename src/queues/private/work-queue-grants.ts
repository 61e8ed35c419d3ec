import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { refuseOtherEnvironment } from './other-environment';
import { grantOnKey, grantOnOwned, refuseServicePrincipal, refuseUnnamed, warnUnlessEnough } from '../../private/grants';
import { factsOf } from '../../private/queue-facts';

export const SEND_ACTIONS = ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];

export const CONSUME_ACTIONS = [
  'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl',
];

export const REDRIVE_ACTIONS = [
  'sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:CancelMessageMoveTask',
  'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes',
];

/** What a producer does with the key of an encrypted queue. */
export const WRITE_KEY = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** What a consumer does with it. */
export const READ_KEY = ['kms:Decrypt'];

/**
 * Grants exact actions on a queue and on its key.
 *
 * The grant methods of the L2 use `kms:GenerateDataKey*` and `kms:ReEncrypt*`, which are more than SQS asks for.
 */
export function grantOnQueue(
  scope: IConstruct, method: string, grantee: iam.IGrantable, queue: sqs.IQueue, actions: string[], keyActions: string[], construct = 'WorkQueue',
): iam.Grant {
  checkGrantee(scope, method, grantee, [queue], construct);
  const grant = factsOf(queue).owned
    ? grantOnOwned(queue, queue.queueArn, grantee, actions)
    : grantOnImported(scope, method, grantee, queue, actions);
  const key = queue.encryptionMasterKey;
  return key && keyActions.length > 0 ? grant.combine(grantOnKey(scope, construct, method, { key, service: 'sqs' }, grantee, keyActions)) : grant;
}

/** Throws where a grant would be too wide, or impossible in the end; before anything is granted. */
export function checkGrantee(scope: IConstruct, method: string, grantee: iam.IGrantable, queues: sqs.IQueue[], construct = 'WorkQueue'): void {
  refuseServicePrincipal(scope, construct, method, grantee, construct === 'WorkQueue'
    ? 'Use allowService(ServiceSource...) for an AWS service: it adds aws:SourceArn and aws:SourceAccount.'
    : 'AWS services do not consume dead letters; name a role.');
  queues.forEach(queue => {
    refuseOtherEnvironment(scope, construct, `${method}(grantee)`, queue, grantee.grantPrincipal);
    if (factsOf(queue).owned) refuseUnnamed(scope, construct, method, queue, grantee);
  });
}

function grantOnImported(reporter: IConstruct, method: string, grantee: iam.IGrantable, queue: sqs.IQueue, actions: string[]): iam.Grant {
  const identity = iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [queue.queueArn] });
  return warnUnlessEnough(identity, grantee, actions, {
    reporter, warningId: 'WorkQueue.importedPolicy', method, resource: queue, account: queue.env.account, policyResource: queue.queueArn,
  });
}
