import { RemovalPolicy } from 'aws-cdk-lib';
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
   * Delivery status logs of the topic.
   *
   * @default - none
   */
  readonly loggingConfigs?: sns.LoggingConfig[];

  /**
   * What happens to the topic, and to a key that the fan-out creates, when they are removed from the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}
