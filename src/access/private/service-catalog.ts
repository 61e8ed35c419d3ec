import { EVENTS } from './bound-service-source';
import { Place } from '../../private/environment';

/** The partition, the account and the Region of a resource. */
export interface SourcePlace extends Place {
  readonly partition: string;
}

/** How a service sends in its own name, as AWS documents it. */
export interface CatalogService {
  /** What sends, in the words of a message. */
  readonly sender: string;
  readonly sendsTo: readonly ('queue' | 'topic')[];
  /** Whether it sends to FIFO queues and FIFO topics; undefined where AWS does not document it. */
  readonly fifo?: boolean;
  /** Whether it sends only within its Region. */
  readonly sameRegion?: boolean;
  /** Whether it sends only within its account. */
  readonly sameAccount?: boolean;
  /** Whether it sends only to topics without encryption. */
  readonly unencrypted?: boolean;
  /** Whether AWS documents its statement without a condition on the source. */
  readonly unconditional?: boolean;
  /** Whether AWS documents only `aws:SourceAccount` for it. */
  readonly accountOnly?: boolean;
  /** The ARNs of all of its resources that send, where AWS documents them. */
  readonly anySource?: (place: SourcePlace) => string;
}

const everyIn = (service: string, resources: string) => ({ partition, account, region }: SourcePlace) => `arn:${partition}:${service}:${region}:${account}:${resources}`;

/** Only topics: the documentation of these services names no queue as a destination. */
const TOPICS = ['topic'] as const;

/**
 * The services that send in their own name, by their principal.
 *
 * The checks, the statements for a service that the CDK names without a condition, and `src/access/README.md` take the facts from here.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 */
export const SERVICES: Readonly<Record<string, CatalogService>> = {
  // https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html
  'sns.amazonaws.com': { sender: 'a topic', sendsTo: ['queue'], fifo: true },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
  's3.amazonaws.com': { sender: 'a bucket', sendsTo: ['queue', 'topic'], fifo: false, sameRegion: true },
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
  [EVENTS]: { sender: 'EventBridge', sendsTo: ['queue'], fifo: true, anySource: everyIn('events', 'rule/*') },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
  'cloudwatch.amazonaws.com': { sender: 'alarms', sendsTo: TOPICS, sameRegion: true, anySource: everyIn('cloudwatch', 'alarm:*') },
  // https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html
  'backup.amazonaws.com': { sender: 'AWS Backup', sendsTo: TOPICS, fifo: false, sameAccount: true, anySource: everyIn('backup', 'backup-vault:*') },
  // https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
  'budgets.amazonaws.com': {
    sender: 'AWS Budgets', sendsTo: TOPICS, sameAccount: true, anySource: ({ partition, account }) => `arn:${partition}:budgets::${account}:*`,
  },
  // https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html
  'costalerts.amazonaws.com': { sender: 'AWS Cost Anomaly Detection', sendsTo: TOPICS, accountOnly: true },
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html
  'cloudtrail.amazonaws.com': { sender: 'AWS CloudTrail', sendsTo: TOPICS, anySource: everyIn('cloudtrail', 'trail/*') },
  // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html
  'events.rds.amazonaws.com': { sender: 'Amazon RDS', sendsTo: TOPICS, fifo: false, anySource: everyIn('rds', '*') },
  // https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html
  'ses.amazonaws.com': { sender: 'Amazon SES', sendsTo: TOPICS, fifo: false, sameRegion: true, anySource: everyIn('ses', '*') },
  // https://docs.aws.amazon.com/dtconsole/latest/userguide/set-up-sns.html
  'codestar-notifications.amazonaws.com': { sender: 'a notification rule', sendsTo: TOPICS, sameRegion: true, unconditional: true },
  // https://docs.aws.amazon.com/config/latest/developerguide/sns-topic-policy.html
  'config.amazonaws.com': { sender: 'AWS Config', sendsTo: TOPICS, sameRegion: true, unencrypted: true, anySource: everyIn('config', '*') },
  // https://docs.aws.amazon.com/codecommit/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html
  'codecommit.amazonaws.com': { sender: 'AWS CodeCommit', sendsTo: TOPICS, anySource: everyIn('codecommit', '*') },
  // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html names only aws:SourceAccount for these.
  'redshift.amazonaws.com': { sender: 'Amazon Redshift', sendsTo: TOPICS, accountOnly: true },
  'glacier.amazonaws.com': { sender: 'Amazon Glacier', sendsTo: TOPICS, accountOnly: true },
  'ds.amazonaws.com': { sender: 'AWS Directory Service', sendsTo: TOPICS, accountOnly: true },
};

/** What to use in place of a service that notifies topics, where AWS does not document its principal. */
export const WITHOUT_PRINCIPAL: Readonly<Record<string, string>> = {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks-event-bridge.html
  'cloudformation.amazonaws.com': 'AWS does not document as whom AWS CloudFormation publishes the events of a stack. Let an EventBridge rule send them, with a role.',
};

/**
 * The services that send with a role, which AWS requires for an encrypted topic, by their principal.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export const ROLE_SERVICES: Readonly<Record<string, string>> = {
  'autoscaling.amazonaws.com': 'its service-linked role, or the role of the lifecycle hook',
  'codepipeline.amazonaws.com': 'the role of the approval action',
  'elasticbeanstalk.amazonaws.com': 'the service role of the environment',
  'imagebuilder.amazonaws.com': 'its service-linked role',
  'iot.amazonaws.com': 'the role of the rule action',
};
