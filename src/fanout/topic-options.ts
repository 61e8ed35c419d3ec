import { RemovalPolicy } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Encryption } from '../access/encryption';

/**
 * What standard and FIFO fan-outs have in common.
 */
export interface TopicOptions {
  /**
   * How messages are encrypted at rest. AWS services and other accounts can publish only to a topic with a customer key; see `allowService`.
   *
   * A key that the fan-out creates and that is no longer asked for is deleted, unless `removalPolicy` keeps it.
   *
   * @default Encryption.serviceManaged(), which has no monthly charge
   */
  readonly encryption?: Encryption;

  /**
   * The name shown as the sender of e-mail and SMS messages: at most 100 characters.
   *
   * @default - none
   */
  readonly displayName?: string;

  /**
   * The physical name: at most 256 letters, digits, hyphens and underscores; the name of a FIFO topic ends in `.fifo`. Needed only
   * when a stack in another account or Region refers to the topic. Changing it replaces the topic and its subscriptions; a FIFO
   * topic cannot be deleted while it has an archive.
   *
   * @default - generated, so that it cannot collide
   */
  readonly topicName?: string;

  /**
   * Delivery status logs of the topic.
   *
   * @default - none
   */
  readonly loggingConfigs?: sns.LoggingConfig[];

  /**
   * What happens to the topic, and to a key that the fan-out creates, when they leave the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}
