import { CfnDeletionPolicy, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { acknowledgeDeadLetterQueue } from '../../private/acknowledge';
import { apart } from '../../private/environment';

/** Creates a dead-letter queue for one subscription, or for the rules of one queue. */
export function createDeadLetterQueue(place: Construct, fifo: boolean, subscribed: sqs.IQueue | undefined): sqs.Queue {
  const key = subscribed && localKey(place, subscribed);
  const queue = new sqs.Queue(place, 'DeadLetterQueue', {
    // CloudFormation refuses `fifo: false`; it accepts only `true`.
    fifo: fifo || undefined,
    encryption: key ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: removalPolicyOf(subscribed),
  });
  acknowledgeDeadLetterQueue(queue);
  return queue;
}

/** The removal policy of the subscribed queue, which is not known for an imported one. */
function removalPolicyOf(queue: sqs.IQueue | undefined): RemovalPolicy {
  const resource = queue?.node.defaultChild as sqs.CfnQueue | undefined;
  switch (resource?.cfnOptions.deletionPolicy) {
    case CfnDeletionPolicy.RETAIN: return RemovalPolicy.RETAIN;
    case CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE: return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    default: return RemovalPolicy.DESTROY;
  }
}

/** The key of a queue, unless it is in another account or Region, where this stack cannot use it. */
function localKey(place: IConstruct, { encryptionMasterKey: key }: sqs.IQueue): kms.IKey | undefined {
  return key && apart(key.env, Stack.of(place)).length === 0 ? key : undefined;
}

/** A view of a dead-letter queue that ignores the statement without `aws:SourceAccount` of `sns.Subscription`, because the complete one exists. */
export function receiverView(queue: sqs.IQueue): sqs.IQueue {
  const addToResourcePolicy = (statement: iam.PolicyStatement): iam.AddToResourcePolicyResult => {
    const isOfSns = statement.principals.some(principal => principal instanceof iam.ServicePrincipal && principal.service === 'sns.amazonaws.com');
    return isOfSns ? { statementAdded: true } : queue.addToResourcePolicy(statement);
  };
  return Object.create(queue, {
    addToResourcePolicy: { value: addToResourcePolicy },
    // The CDK memoizes the ARN by object: the view would get a token of its own.
    queueArn: { get: () => queue.queueArn },
  });
}
