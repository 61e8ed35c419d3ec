import { Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';

/** What can be known at synth about a queue that somebody else may have made. */
export interface QueueFacts {
  /** Whether the queue is created by this app, so that its properties are readable. */
  readonly owned: boolean;
  /** Seconds, when known. */
  readonly retention?: number;
  /** Seconds, when known. */
  readonly visibilityTimeout?: number;
  /** Bytes, when known. */
  readonly maximumMessageSize?: number;
  /** Whether it is encrypted with `alias/aws/sqs`, whose key policy nobody can change. */
  readonly awsManagedKey: boolean;
}

// The service's own defaults, which apply where the template says nothing.
const DEFAULT_RETENTION = 345_600;
const DEFAULT_VISIBILITY_TIMEOUT = 30;
const DEFAULT_MAXIMUM_MESSAGE_SIZE = 1_048_576;

export function factsOf(queue: sqs.IQueue): QueueFacts {
  const resource = queue.node.defaultChild;
  if (!(resource && isCfnQueue(resource))) {
    const awsManagedKey = queue.encryptionType === sqs.QueueEncryption.KMS_MANAGED || isAwsManaged(queue.encryptionMasterKey?.keyArn);
    return { owned: false, awsManagedKey };
  }
  // Read when asked for: to look for a token in a number takes longer than all the rest.
  return {
    owned: true,
    get retention() { return known(resource.messageRetentionPeriod, DEFAULT_RETENTION); },
    get visibilityTimeout() { return known(resource.visibilityTimeout, DEFAULT_VISIBILITY_TIMEOUT); },
    get maximumMessageSize() { return known(resource.maximumMessageSize, DEFAULT_MAXIMUM_MESSAGE_SIZE); },
    awsManagedKey: isAwsManaged(resource.kmsMasterKeyId),
  };
}

function known(value: unknown, otherwise: number): number | undefined {
  return value === undefined ? otherwise : typeof value === 'number' && !Token.isUnresolved(value) ? value : undefined;
}

/** By name, or by an ARN that may begin with tokens. */
function isAwsManaged(key: unknown): boolean {
  return typeof key === 'string' && key.endsWith('alias/aws/sqs');
}

function isCfnQueue(resource: unknown): resource is sqs.CfnQueue {
  return (resource as sqs.CfnQueue).cfnResourceType === sqs.CfnQueue.CFN_RESOURCE_TYPE_NAME;
}

/** The dead-letter queue of a queue that this app makes; an import does not tell. */
export function deadLetterQueueOf(queue: sqs.IQueue): sqs.IQueue | undefined {
  return (queue as sqs.Queue).deadLetterQueue?.queue;
}
