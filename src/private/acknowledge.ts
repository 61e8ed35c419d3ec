import { Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Tells compliance packs why a dead-letter queue has no dead-letter queue of its own.
 *
 * The rules look for a redrive policy on every queue; they do not see a queue that is used by a subscription, or from another stack.
 */
export function acknowledgeDeadLetterQueue(queue: IConstruct): void {
  acknowledge(queue, 'This is a dead-letter queue: its messages have nowhere further to go.', 'AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy');
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
  // CDK keeps a stack trace with each acknowledgment. Here it would only ever name this library, and takes 3 % of the time of a large
  // fan-out.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    Validations.of(construct).acknowledge(...ids.map(id => ({ id, reason })));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
