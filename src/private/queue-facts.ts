import { Stack, Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { innermost } from './same-resource';
import { renderText } from './warnings';
import { writtenProperty as written } from './written';

/** The properties of a queue that are known at synthesis. The queue can be imported. */
export interface QueueFacts {
  /** Whether the queue is created by this app, so that its properties are readable. */
  readonly owned: boolean;
  /** Seconds, when known. */
  readonly retention?: number;
  /** Seconds, when known. */
  readonly visibilityTimeout?: number;
  /** Seconds, when known. */
  readonly deliveryDelay?: number;
  /** Bytes, when known. */
  readonly maximumMessageSize?: number;
  /** The number of receives before a message is moved; undefined without a dead-letter queue, and if only known at deployment. */
  readonly maxReceiveCount?: number;
  /** Whether it is encrypted with `alias/aws/sqs`, whose key policy cannot be changed. */
  readonly awsManagedKey: boolean;
}

// The defaults of the service for properties that are not in the template.
const DEFAULT_RETENTION = 345_600;
const DEFAULT_VISIBILITY_TIMEOUT = 30;
const DEFAULT_DELIVERY_DELAY = 0;
const DEFAULT_MAXIMUM_MESSAGE_SIZE = 1_048_576;

/**
 * Read each time, because aspects and escape hatches can change a queue until its template is written.
 *
 * @param atSynthesis whether the template is being written, so that the value of a `Lazy` is known
 */
export function factsOf(queue: sqs.IQueue, atSynthesis: boolean = false): QueueFacts {
  const resource = queue.node.defaultChild;
  if (!sqs.CfnQueue.isCfnQueue(resource)) {
    const awsManagedKey = queue.encryptionType === sqs.QueueEncryption.KMS_MANAGED || isAwsManaged(queue, queue.encryptionMasterKey?.keyArn);
    return { owned: false, awsManagedKey };
  }
  const known = (value: unknown, otherwise?: number) => knownNumber(atSynthesis ? Stack.of(resource).resolve(value) : value, otherwise);
  // Getters, because the search for a token in a number takes longer than everything else.
  return {
    owned: true,
    get retention() { return known(written(resource, 'MessageRetentionPeriod', resource.messageRetentionPeriod), DEFAULT_RETENTION); },
    get visibilityTimeout() { return known(written(resource, 'VisibilityTimeout', resource.visibilityTimeout), DEFAULT_VISIBILITY_TIMEOUT); },
    get deliveryDelay() { return known(written(resource, 'DelaySeconds', resource.delaySeconds), DEFAULT_DELIVERY_DELAY); },
    get maximumMessageSize() { return known(written(resource, 'MaximumMessageSize', resource.maximumMessageSize), DEFAULT_MAXIMUM_MESSAGE_SIZE); },
    get maxReceiveCount() {
      const policy = written(resource, 'RedrivePolicy', resource.redrivePolicy) as { readonly maxReceiveCount?: unknown } | undefined;
      return known(policy?.maxReceiveCount);
    },
    get awsManagedKey() { return isAwsManaged(queue, written(resource, 'KmsMasterKeyId', resource.kmsMasterKeyId)); },
  };
}

function knownNumber(value: unknown, otherwise?: number): number | undefined {
  return value === undefined ? otherwise : typeof value === 'number' && !Token.isUnresolved(value) ? value : undefined;
}

/** By its name, or by an ARN that can start with tokens. */
function isAwsManaged(scope: IConstruct, key: unknown): boolean {
  const text = typeof key === 'object' ? renderText(scope, key) : key;
  return typeof text === 'string' && text.endsWith('alias/aws/sqs');
}

/** The L1 of a queue of this app. */
export function cfnQueueOf(queue: sqs.Queue): sqs.CfnQueue {
  return queue.node.defaultChild as sqs.CfnQueue;
}

/** The dead-letter queue of a queue of this app; undefined for an imported queue. */
export function deadLetterQueueOf(queue: sqs.IQueue): sqs.IQueue | undefined {
  return (innermost(queue) as sqs.Queue).deadLetterQueue?.queue;
}
