import { Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Acknowledges, for compliance packs, that a dead-letter queue has no dead-letter queue.
 *
 * The rules require a redrive policy on every queue. They do not recognize a dead-letter queue of a subscription or of a queue in another stack.
 */
export function acknowledgeDeadLetterQueue(queue: IConstruct): void {
  acknowledge(queue, 'This is a dead-letter queue.', 'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
}

/** Acknowledges, for compliance packs, that a reply queue has no dead-letter queue. */
export function acknowledgeReplyQueue(queue: IConstruct): void {
  acknowledge(queue, 'A reply that its requester does not delete is of no use to anybody else; it is deleted when its short retention ends.',
    'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
}

/** Acknowledges, for compliance packs, that `sqs:ListQueues` has no resource to name. */
export function acknowledgeListQueues(policy: IConstruct): void {
  acknowledge(policy, 'sqs:ListQueues has no resource to name.', 'AwsSolutions-IAM5[Resource::*]');
}

/**
 * Tells compliance packs why a delivery stream has no encryption of its own.
 *
 * The rule looks at the delivery stream alone; Firehose refuses the property when the source is a Kinesis data stream.
 */
export function acknowledgeKinesisSource(deliveryStream: IConstruct): void {
  acknowledge(deliveryStream, 'With a Kinesis source, Firehose takes no encryption of its own: the source and the buckets are encrypted.', 'AwsSolutions-KDF1');
}

function acknowledge(construct: IConstruct, reason: string, ...ids: string[]): void {
  // CDK captures a stack trace with each acknowledgment. Here it only contains this library, and takes 3 % of the time of a large fan-out.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    Validations.of(construct).acknowledge(...ids.map(id => ({ id, reason })));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
