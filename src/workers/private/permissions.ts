import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { targetOf } from '../../private/keys';

/** Receive, delete, hold on to, and look at the messages of this queue; decrypt them where the queue has a key. */
export function consumeStatements(queue: sqs.IQueue): iam.PolicyStatement[] {
  const statements = [new iam.PolicyStatement({
    actions: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ],
    resources: [queue.queueArn],
  })];
  const key = queue.encryptionMasterKey && targetOf(queue.encryptionMasterKey);
  if (key) statements.push(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }));
  return statements;
}

/**
 * What the SSM agent needs for Session Manager, and no more: AmazonSSMManagedInstanceCore also lets an instance
 * read every parameter of the account. These actions have no resource that is known before the instance is.
 */
export function sessionManagerStatement(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel',
      'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel',
      'ssmmessages:OpenDataChannel',
    ],
    resources: ['*'],
  });
}
