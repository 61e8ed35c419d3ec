import { RemovalPolicy } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { BoundTopic, existingTopicProblems, makeTopic, topicProblems } from './private/topics';
import { TopicEncryption } from './topic-encryption';
import { ServiceSource } from '../access/service-source';
import { Problem } from '../private/problems';

/**
 * Options of a topic that a fan-out makes, standard or FIFO.
 */
export interface TopicOptions {
  /**
   * How messages are encrypted at rest. A key made here that is no longer asked for is deleted, unless `removalPolicy` keeps it.
   *
   * @default TopicEncryption.awsManaged(), which has no monthly charge; with `publishers` a customer key, which has, because
   * AWS services cannot use the AWS managed one
   */
  readonly encryption?: TopicEncryption;

  /**
   * AWS services that publish in their own name. Roles and users are allowed with `grantPublish` instead.
   *
   * EventBridge is not among them: SNS supports no conditions for it, so let the rule publish with a role of its own. When the last one
   * leaves, the key made for them is deleted, unless `encryption` asks for it.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
   */
  readonly publishers?: ServiceSource[];

  /**
   * The name shown as the sender in e-mails and texts: at most 100 characters.
   *
   * @default - none
   */
  readonly displayName?: string;

  /**
   * The physical name: at most 256 letters, digits, hyphens and underscores; that of a FIFO topic ends in `.fifo`. Needed only
   * when a stack in another account or Region refers to the topic. Changing it replaces the topic and its subscriptions; a FIFO
   * topic refuses to be deleted while it has an archive.
   *
   * @default - generated, so that it collides with no other
   */
  readonly topicName?: string;

  /**
   * Delivery status logs of the topic.
   *
   * @default - none
   */
  readonly loggingConfigs?: sns.LoggingConfig[];

  /**
   * What becomes of the topic, and of a key made for it, when they leave the template.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Options of a standard topic that a fan-out makes.
 */
export interface StandardTopicOptions extends TopicOptions {
  /**
   * Whether SNS records X-Ray segments of its own or passes on those of the publisher.
   *
   * @default TracingConfig.PASS_THROUGH
   */
  readonly tracingConfig?: sns.TracingConfig;
}

/**
 * The topic of a fan-out: made by it, or one that exists.
 */
export class FanOutTopic {
  /**
   * A new standard topic, encrypted, TLS only.
   */
  public static create(options: StandardTopicOptions = {}): FanOutTopic {
    return new FanOutTopic(options);
  }

  /**
   * A standard topic that exists. It is not changed: its policy, encryption and publishers are its owner's. Only where this app makes
   * it and a queue of another account is subscribed does its policy allow that account to.
   */
  public static existing(topic: sns.ITopic): FanOutTopic {
    return new FanOutTopic({}, topic);
  }

  private constructor(
    private readonly options: StandardTopicOptions,
    /** The existing topic; undefined when the fan-out creates one. */
    public readonly existingTopic?: sns.ITopic,
  ) {}

  /** Whether SNS records X-Ray segments of its own; undefined when that was left out, and for a topic that exists. */
  public get tracingConfig(): sns.TracingConfig | undefined {
    return this.options.tracingConfig;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    return this.existingTopic ? existingTopicProblems(this.existingTopic, false) : topicProblems(scope, this.options, false);
  }

  /**
   * Named apart from that of `FifoFanOutTopic`, so that one is not taken for the other.
   * @internal
   */
  public _bindStandard(scope: Construct): BoundTopic {
    if (this.existingTopic) return { topic: this.existingTopic, encryptionKey: this.existingTopic.masterKey };
    return makeTopic(scope, this.options, { topicName: this.options.topicName, tracingConfig: this.options.tracingConfig });
  }
}
