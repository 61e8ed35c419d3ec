import { RemovalPolicy, Size } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Encryption } from '../../access/encryption';

/**
 * What standard and FIFO fan-outs have in common.
 *
 * A hidden base interface of jsii: its props are those of the two public interfaces.
 * @internal
 */
export interface TopicOptions {
  /**
   * How messages are encrypted at rest. AWS services and other accounts can publish only to a topic with a customer key; see `allowService`.
   *
   * If you stop using a key that the fan-out created, it is deleted unless `removalPolicy` retains it.
   *
   * @default Encryption.serviceManaged(), which has no monthly charge
   */
  readonly encryption?: Encryption;

  /**
   * The display name of the sender in e-mail and SMS messages: up to 100 characters.
   *
   * @default - none
   */
  readonly displayName?: string;

  /**
   * The physical name: up to 256 letters, digits, hyphens and underscores. The name of a FIFO topic ends in `.fifo`.
   *
   * You need a name only if a stack in another account or Region refers to the topic. Changing it replaces the topic and its subscriptions. A FIFO
   * topic cannot be deleted while it has an archive.
   *
   * @default - a generated name that cannot collide
   */
  readonly topicName?: string;

  /**
   * The largest message that the topic accepts, with its attributes: 1 KiB to 1 MiB.
   *
   * A topic that accepts more than 256 KiB can have up to 100 subscriptions, of queues, functions and delivery streams only. Firehose accepts records of up
   * to 1,000 KiB. Messages are billed by size, for each 64 KiB.
   *
   * @default - 256 KiB, the default of SNS
   * @see https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
   */
  readonly maxMessageSize?: Size;

  /**
   * How SNS signs messages: `1` for SHA-1, `2` for SHA-256. Subscribers that verify signatures must support it.
   *
   * @default 2
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
   */
  readonly signatureVersion?: string;

  /**
   * Delivery status logs of the topic, by protocol: failed deliveries, and a sample of the successful ones.
   *
   * If an item has no role, the fan-out creates one for all such items, `deliveryStatusRole`. If it has one of the two roles, that is also the other one. Successful
   * deliveries are logged with a `successFeedbackSampleRate` of 1 to 100 percent. SNS writes to the log groups `sns/<Region>/<account>/<topic>` and
   * `sns/<Region>/<account>/<topic>/Failure`, which it creates without a retention, so the logs are billed until you delete them.
   *
   * A role of yours must be in the account of the topic, trust `sns.amazonaws.com`, and have `logs:CreateLogGroup`, `logs:CreateLogStream` and `logs:PutLogEvents`. A
   * role of this app is checked when the template is written; an imported role adds a warning with the statements.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
   */
  readonly loggingConfigs?: sns.LoggingConfig[];

  /**
   * What happens to the topic, and to a key that the fan-out creates, when they are removed from the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}
