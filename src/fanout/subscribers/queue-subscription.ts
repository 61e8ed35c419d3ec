import { CfnDeletionPolicy, Duration, RemovalPolicy, Stack, Stage, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { allowService, allowServiceOnKey } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { acknowledgeDeadLetterQueue } from '../../private/acknowledge';
import { knownApart } from '../../private/environment';
import { throwProblems } from '../../private/problems';
import { FilterPolicy } from '../filter-policy';
import { allowOtherAccounts } from '../private/other-account';
import { warnOfPolicySize } from '../private/policy-size';
import { checkEncryptionAtSynth, chooseDeadLetters, rememberSubscription, subscriptionProblems } from '../private/subscription-checks';
import { countSubscription } from '../private/topic-usage';
import { Replay } from '../replay';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/**
 * How a queue is subscribed.
 */
export interface QueueSubscriptionOptions {
  /**
   * Which messages reach the queue.
   *
   * @default - all of them
   */
  readonly filterPolicy?: FilterPolicy;

  /**
   * Whether the queue receives the message as it was published, instead of within SNS's JSON envelope.
   *
   * With raw delivery, a message with more than 10 attributes is not delivered at all: SQS takes no more.
   *
   * @default false
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
   */
  readonly rawMessageDelivery?: boolean;

  /**
   * Where the messages go that SNS cannot deliver. A dedicated queue that is no longer asked for is deleted with what is in it, unless the
   * removal policy of the subscribed queue keeps it.
   *
   * @default SubscriptionDeadLetters.sameAsQueue() where the queue is known to have a dead-letter queue of the kind of the topic that SNS can send to,
   * in the Region of the topic, in the stack of the subscription or of the topic; SubscriptionDeadLetters.dedicated() otherwise. With a topic of
   * another Region than the stack of the subscription, often neither is possible: the default is then refused
   */
  readonly subscriptionDeadLetters?: SubscriptionDeadLetters;
}

/**
 * Properties of a queue subscription.
 */
export interface QueueSubscriptionProps extends QueueSubscriptionOptions {
  /**
   * The topic. One of the other kind, standard or FIFO, replaces a dedicated dead-letter queue: what is in it is deleted unless the removal
   * policy of the subscribed queue keeps it.
   */
  readonly topic: sns.ITopic;

  /**
   * The queue. A FIFO queue only with a FIFO topic; a standard queue with either.
   *
   * Where the subscription has a dedicated dead-letter queue by default, and another queue needs none, that is deleted with what is in it.
   */
  readonly queue: sqs.IQueue;

  /**
   * What to deliver again from the archive of a FIFO topic.
   *
   * @default - only what is published from now on
   */
  readonly replay?: Replay;
}

/**
 * The subscription of a queue to a topic, with all it needs to deliver: queue policy, key policy, dead letters.
 *
 * The queue accepts this topic alone, by `aws:SourceArn` and `aws:SourceAccount`; every topic that feeds the queue is added to
 * the same policy statement. An imported queue or key cannot be changed from here: a warning carries the statement to add. So it
 * does where an imported topic of another account has to allow the subscription, and where the owner of a queue in another account
 * has to confirm it.
 *
 * @throws Error for a FIFO queue on a standard topic, a queue encrypted with `alias/aws/sqs`, a filter policy that SNS would refuse,
 * a queue subscribed to the topic already, the 101st subscription of a FIFO topic, a topic or queue of another account or Region
 * without a name, or a dead-letter queue of another kind or account than the subscription, of another Region than the topic, or of a
 * stack that would come to depend on itself
 */
export class QueueSubscription extends Construct {
  /** The topic. */
  public readonly topic: sns.ITopic;

  /** The subscribed queue. */
  public readonly queue: sqs.IQueue;

  /** The subscription itself. */
  public readonly subscription: sns.Subscription;

  /** Where the messages go that SNS cannot deliver; undefined with `SubscriptionDeadLetters.none()`. */
  public readonly deadLetterQueue?: sqs.IQueue;

  constructor(scope: Construct, id: string, props: QueueSubscriptionProps) {
    super(scope, id);
    const deadLetters = chooseDeadLetters(this, props);
    throwProblems(this, 'QueueSubscription', subscriptionProblems(this, props, deadLetters));

    this.topic = props.topic;
    this.queue = props.queue;
    this.deadLetterQueue = deadLetters._kind === 'dedicated'
      ? this.dedicatedDeadLetterQueue()
      : deadLetters._target(props.queue);

    const source = ServiceSource.topic(this.topic);
    const receivers = new Set([this.queue, ...this.deadLetterQueue ? [this.deadLetterQueue] : []]);
    // Stages are deployed on their own, and CDK refuses a dependency between them.
    const policies = [...receivers].flatMap(queue => {
      const dependables = allowService(this, 'QueueSubscription', queue, source);
      return Stage.of(queue) === Stage.of(this) ? dependables : [];
    });
    receivers.forEach(queue => warnOfPolicySize(this, queue));
    policies.push(...allowOtherAccounts(this, this.topic, this.queue));
    const keys = new Map<kms.IKey, sqs.IQueue>();
    receivers.forEach(queue => queue.encryptionMasterKey && !keys.has(queue.encryptionMasterKey) && keys.set(queue.encryptionMasterKey, queue));
    keys.forEach((queue, key) => allowServiceOnKey(this, 'QueueSubscription', key, queue, source));

    this.subscription = new sns.Subscription(this, 'Resource', {
      topic: this.topic,
      protocol: sns.SubscriptionProtocol.SQS,
      endpoint: this.queue.queueArn,
      rawMessageDelivery: props.rawMessageDelivery ?? false,
      region: this.topicRegion(),
      ...props.filterPolicy?._subscriptionProps(this),
    });
    const resource = this.subscription.node.defaultChild as sns.CfnSubscription;
    // On the L1: the L2 would add a second policy statement to the dead-letter queue, without aws:SourceAccount.
    if (this.deadLetterQueue) resource.redrivePolicy = { deadLetterTargetArn: this.deadLetterQueue.queueArn };
    // On the L1: the L2 has no replay policy.
    if (props.replay) resource.replayPolicy = props.replay._render();
    // SNS starts to deliver at once, and a delivery that the queue refuses is not retried.
    this.subscription.node.addDependency(...policies);
    checkEncryptionAtSynth(this, this.queue, this.deadLetterQueue);
    rememberSubscription(this, props);
    countSubscription(this.topic, props.filterPolicy !== undefined);
  }

  private dedicatedDeadLetterQueue(): sqs.Queue {
    const key = this.localKey();
    const queue = new sqs.Queue(this, 'DeadLetterQueue', {
      // `fifo: false` would be refused by CloudFormation, which takes `true` or nothing.
      fifo: this.topic.fifo || undefined,
      encryption: key ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: this.removalPolicy(),
    });
    acknowledgeDeadLetterQueue(queue);
    return queue;
  }

  /** That of the subscribed queue; an import does not tell. */
  private removalPolicy(): RemovalPolicy {
    const resource = this.queue.node.defaultChild as sqs.CfnQueue | undefined;
    switch (resource?.cfnOptions.deletionPolicy) {
      case CfnDeletionPolicy.RETAIN: return RemovalPolicy.RETAIN;
      case CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE: return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
      default: return RemovalPolicy.DESTROY;
    }
  }

  /** The queue's key, unless the queue is imported from where this stack cannot use it. */
  private localKey(): kms.IKey | undefined {
    const key = this.queue.encryptionMasterKey;
    const { account, region } = Stack.of(this);
    return key && !knownApart(key.env.account, account) && !knownApart(key.env.region, region) ? key : undefined;
  }

  /** Named only where it can differ: CloudFormation looks for the topic in the Region of the stack otherwise. */
  private topicRegion(): string | undefined {
    const { region } = this.topic.env;
    return Token.isUnresolved(region) || region === Stack.of(this).region ? undefined : region;
  }
}
