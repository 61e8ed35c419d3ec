import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { refuseOtherEnvironment } from './other-environment';
import { EVENTS } from '../../access/private/bound-service-source';
import { serviceProblems } from '../../access/private/source-problems';
import { grantOnKey, grantOnResource, granteeProblems, isService, unnamedProblems } from '../../private/grants';
import { awsManagedKeyProblems } from '../../private/outsiders';
import { at, refuse } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';

export const SEND_ACTIONS = ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];

export const CONSUME_ACTIONS = [
  'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl',
];

export const PURGE_ACTIONS = ['sqs:PurgeQueue', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];

export const REDRIVE_ACTIONS = [
  'sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:CancelMessageMoveTask',
  'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes',
];

/** Of the key actions that the CDK would grant, the actions that SQS needs. */
export function exactKeyActions(actions: string[]): string[] {
  const exact = actions.map(action => action === 'kms:GenerateDataKey*' ? 'kms:GenerateDataKey' : action);
  return exact.filter(action => !['kms:Encrypt', 'kms:ReEncrypt*'].includes(action));
}

/**
 * Grants exact actions on a queue and on its key.
 *
 * A grant to a service is a statement for its sources, which the queue completes, for itself and for the key.
 */
export function grantOnQueue(
  scope: IConstruct, method: string, grantee: iam.IGrantable, queue: sqs.IQueue, actions: string[], keyActions: string[], construct = 'WorkQueue',
): iam.Grant {
  checkGrantee(scope, method, grantee, [queue], construct);
  if (factsOf(queue).owned && actions.includes('sqs:SendMessage') && isService(grantee)) return grantToService(queue, grantee);
  const grant = grantOnResource(scope, construct, method, { resource: queue, arn: queue.queueArn }, grantee, actions);
  const key = queue.encryptionMasterKey;
  return key && keyActions.length > 0 ? grant.combine(grantOnKey(scope, construct, method, { key, service: 'sqs' }, grantee, keyActions)) : grant;
}

/** Throws for a grant that is too wide or impossible, before anything is granted. */
export function checkGrantee(scope: IConstruct, method: string, grantee: iam.IGrantable, queues: sqs.IQueue[], construct = 'WorkQueue'): void {
  if (!queues.every(queue => isBareRule(queue, grantee))) {
    refuse(scope, construct, granteeProblems(scope, method, grantee, construct === 'WorkQueue'
      ? 'Use allowService(ServiceSource...) for an AWS service: it adds aws:SourceArn and aws:SourceAccount.'
      : 'Specify a role, or add a condition on aws:SourceArn.'));
  }
  const { service } = grantee.grantPrincipal as { readonly service?: string };
  if (service !== undefined) refuse(scope, construct, at(`${method}(grantee)`, serviceProblems(service, 'queue')));
  queues.forEach(queue => {
    refuseOtherEnvironment(scope, construct, `${method}(grantee)`, queue, grantee.grantPrincipal);
    const { owned, awsManagedKey } = factsOf(queue);
    if (awsManagedKey && !isService(grantee)) refuse(scope, construct, awsManagedKeyProblems(queue, 'queue', `${method}(grantee)`, grantee.grantPrincipal));
    if (owned) refuse(scope, construct, unnamedProblems(scope, method, queue, grantee));
  });
}

/** If the queue has a customer key, `targets.SqsQueue` grants to EventBridge without a condition; the statement is completed. */
function isBareRule({ encryptionMasterKey }: sqs.IQueue, { grantPrincipal }: iam.IGrantable): boolean {
  return encryptionMasterKey !== undefined && (grantPrincipal as { readonly service?: string }).service === EVENTS
    && Object.keys(grantPrincipal.policyFragment.conditions).length === 0;
}

function grantToService(queue: sqs.IQueue, grantee: iam.IGrantable): iam.Grant {
  const actions = ['sqs:SendMessage'];
  const resourceArns = [queue.queueArn];
  const statement = new iam.PolicyStatement({ actions, resources: resourceArns, principals: [grantee.grantPrincipal] });
  return iam.Grant.addStatementToResourcePolicy({ grantee, actions, resourceArns, resource: queue, statement });
}
