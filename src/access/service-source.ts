import { IResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';
import { BoundServiceSource } from './private/bound-service-source';
import { describe } from '../private/describe';
import { knownApart } from '../private/environment';
import { Problem, unless } from '../private/problems';

/**
 * Options of a source that has no factory of its own.
 */
export interface CustomServiceSourceOptions {
  /**
   * The service principal, such as `profile.amazonaws.com`.
   *
   * Of a service that sends in its own name. One that sends with an execution role, such as EventBridge Scheduler and Pipes, is allowed
   * by a grant to that role: `grantSendMessages` or `grantPublish`.
   */
  readonly service: string;

  /**
   * ARN of the resource the service acts for. `*` is allowed in its last parts, not in place of the whole.
   */
  readonly sourceArn: string;

  /**
   * The account that owns the resource: 12 digits. That of the ARN, where the ARN tells one.
   *
   * @default - the account in `sourceArn` where it is written out there, otherwise that of the queue or topic that is sent to
   */
  readonly sourceAccount?: string;
}

/**
 * A resource of an AWS service that sends messages in its own name: a topic, a bucket, a rule, an alarm.
 *
 * Given to a queue or a topic, it becomes one policy statement that names the service, the resource and the account
 * (`aws:SourceArn` and `aws:SourceAccount`), and, with a customer key, one key policy statement with the same conditions.
 */
export class ServiceSource {
  /**
   * An SNS topic that delivers to a queue.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
   */
  public static topic(topic: sns.ITopic): ServiceSource {
    return new ServiceSource('sns.amazonaws.com', target => ({
      // Of the queue itself: an imported one may be in another Region than the stack.
      service: snsPrincipal(topic.env.region, (target as IResource).env?.region ?? Stack.of(target).region),
      sourceArn: topic.topicArn,
      sourceAccount: topic.env.account,
      keySourceArn: arn(target, 'sns', topic.env.account, topic.env.region, '*'),
    }), [], !topic.fifo);
  }

  /**
   * An S3 bucket that sends its event notifications.
   *
   * S3 sends within its Region, so the queue or topic has to be in that of the bucket.
   *
   * With the bucket in another stack than the queue or topic and a name only known at deployment, the statement allows
   * every bucket of the account instead: naming the one bucket would make the two stacks depend on each other.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
   */
  public static bucket(bucket: s3.IBucket): ServiceSource {
    return new ServiceSource('s3.amazonaws.com', target => {
      const named = bucketArn(bucket, target);
      const anyBucket = Stack.of(target).formatArn({ service: 's3', region: '', account: '', resource: '*' });
      return {
        service: 's3.amazonaws.com',
        sourceArn: named ?? anyBucket,
        sourceAccount: bucket.env.account,
        keySourceArn: anyBucket,
        requiredRegion: bucket.env.region,
        widened: named ? undefined : {
          source: `bucket '${bucket.node.path}'`, allows: 'every bucket', fix: 'Give the bucket a bucketName, or acknowledge this.',
        },
      };
    });
  }

  /**
   * An EventBridge rule whose target is a queue.
   *
   * With the rule in another stack than the queue and a name only known at deployment, the statement allows every rule of the account
   * and Region instead: the rule names the queue, so naming the rule would make the two stacks depend on each other.
   *
   * Not for topics: SNS topic policies do not support conditions for EventBridge, so a rule publishes with a role instead.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
   */
  public static rule(rule: events.IRule): ServiceSource {
    return new ServiceSource('events.amazonaws.com', target => {
      const named = ruleArn(rule, target);
      const anyRule = arn(target, 'events', rule.env.account, rule.env.region, 'rule/*');
      return {
        service: 'events.amazonaws.com',
        sourceArn: named ?? anyRule,
        sourceAccount: rule.env.account,
        keySourceArn: anyRule,
        widened: named ? undefined : {
          source: `rule '${rule.node.path}'`,
          allows: 'every rule',
          fix: 'Give the rule a ruleName, and its event bus a name, or put the rule into the stack of the queue, or acknowledge this.',
        },
      };
    });
  }

  /**
   * Every CloudWatch alarm of the account and Region the topic is in.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
   */
  public static alarms(): ServiceSource {
    return new ServiceSource('cloudwatch.amazonaws.com', target => {
      const { account, region } = Stack.of(target);
      const alarms = arn(target, 'cloudwatch', account, region, 'alarm:*');
      return { service: 'cloudwatch.amazonaws.com', sourceArn: alarms, sourceAccount: account, keySourceArn: alarms };
    });
  }

  /**
   * A resource of any other service that sets `aws:SourceArn` and `aws:SourceAccount`.
   *
   * With a customer key and an ARN only known at deployment, the key policy is limited by `aws:SourceAccount` alone; the policy of
   * the queue or topic names the ARN.
   */
  public static of(options: CustomServiceSourceOptions): ServiceSource {
    return new ServiceSource(options.service, target => ({
      service: options.service,
      sourceArn: options.sourceArn,
      sourceAccount: options.sourceAccount ?? accountIn(options.sourceArn) ?? Stack.of(target).account,
      // The resource usually refers to the queue, and the queue to its key.
      keySourceArn: Token.isUnresolved(options.sourceArn) ? `arn:${Stack.of(target).partition}:*:*:*:*` : options.sourceArn,
    }), optionProblems(options));
  }

  /**
   * A source of which only the parts of a policy statement are known.
   * @internal
   */
  public static _fromStatement(bound: BoundServiceSource, isStandardTopic: boolean): ServiceSource {
    return new ServiceSource(bound.service, () => bound, undefined, isStandardTopic);
  }

  private constructor(
    /** The service principal. */
    public readonly service: string,
    private readonly bind: (target: IConstruct) => BoundServiceSource,
    private readonly problems: Problem[] = [],
    private readonly isStandardTopic: boolean = false,
  ) {}

  /** @internal */
  public _bind(target: IConstruct): BoundServiceSource {
    return this.bind(target);
  }

  /**
   * What is wrong with the options of the source.
   * @internal
   */
  public _problems(): Problem[] {
    return this.problems;
  }

  /** @internal */
  public get _isStandardTopic(): boolean {
    return this.isStandardTopic;
  }
}

function optionProblems({ service, sourceArn, sourceAccount }: CustomServiceSourceOptions): Problem[] {
  const matches = (value: string, pattern: RegExp) => Token.isUnresolved(value) || pattern.test(value);
  const account = accountIn(sourceArn);
  const isAccount = sourceAccount === undefined || matches(sourceAccount, /^\d{12}$/);
  return [
    ...unless(matches(service, /^[a-z0-9.-]+\.amazonaws\.com(\.[a-z.]+)?$/), () => ({
      prop: 'service', got: describe(service), allowed: 'a service principal, such as profile.amazonaws.com', fix: 'Name the service that sends.',
    })),
    ...unless(matches(sourceArn, /^arn:[^:]+:[^:*]+:[^:]*:[^:]*:.+$/), () => ({
      prop: 'sourceArn', got: describe(sourceArn), allowed: 'a full ARN', fix: 'Name the resource that the service acts for; its last parts may have a *.',
    })),
    ...unless(isAccount, () => ({
      prop: 'sourceAccount', got: describe(sourceAccount), allowed: 'an account of 12 digits', fix: 'Name the account that owns the resource, or leave it out.',
    })),
    // Both conditions have to be met, so nothing would arrive.
    ...unless(!isAccount || account === undefined || sourceAccount === undefined || !knownApart(account, sourceAccount), () => ({
      prop: 'sourceAccount',
      got: `${describe(sourceAccount)} and sourceArn ${describe(sourceArn)}, which is of account ${account}`,
      allowed: `${account}, the account in sourceArn`,
      fix: 'Leave it out, or correct one of the two.',
    })),
  ];
}

/** The account that an ARN tells, where it is written out. */
function accountIn(sourceArn: string): string | undefined {
  const account = sourceArn.split(':')[4];
  return /^\d{12}$/.test(account ?? '') ? account : undefined;
}

/** The ARN of a bucket without a reference that would be circular; undefined when there is none. */
function bucketArn(bucket: s3.IBucket, target: IConstruct): string | undefined {
  if (Stack.of(bucket) === Stack.of(target) || !Token.isUnresolved(bucket.bucketName)) return bucket.bucketArn;
  // An owned bucket tells its name by reference even when it was given one.
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  if (name === undefined || Token.isUnresolved(name)) return undefined;
  return Stack.of(target).formatArn({ service: 's3', region: '', account: '', resource: name });
}

/** The ARN of a rule without a reference that would be circular; undefined when there is none. */
function ruleArn(rule: events.IRule, target: IConstruct): string | undefined {
  if (Stack.of(rule) === Stack.of(target) || !Token.isUnresolved(rule.ruleArn)) return rule.ruleArn;
  // An owned rule tells its ARN by reference even when it was given a name.
  const { name, eventBusName } = rule.node.defaultChild as events.CfnRule;
  const bus = literalBusName(eventBusName);
  if (name === undefined || Token.isUnresolved(name) || bus === undefined) return undefined;
  return arn(target, 'events', rule.env.account, rule.env.region, bus === DEFAULT_BUS ? `rule/${name}` : `rule/${bus}/${name}`);
}

const DEFAULT_BUS = 'default';

/** The name of an event bus, which a rule may have as its ARN or as a reference to the bus. */
function literalBusName(eventBusName: string = DEFAULT_BUS): string | undefined {
  if (!Token.isUnresolved(eventBusName)) return eventBusName.split('event-bus/').pop();
  const [reference] = Tokenization.reverseString(eventBusName).tokens;
  const bus = Reference.isReference(reference) ? reference.target : undefined;
  const name = events.CfnEventBus.isCfnEventBus(bus) ? bus.name : undefined;
  return Token.isUnresolved(name) ? undefined : name;
}

/**
 * SNS delivers to or from a Region that has to be opted into under a principal of that Region.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
 */
function snsPrincipal(topicRegion: string, queueRegion: string): string {
  const optIn = (region: string) => !Token.isUnresolved(region) && RegionInfo.get(region).isOptInRegion;
  if (!knownApart(topicRegion, queueRegion)) return 'sns.amazonaws.com';
  const region = [queueRegion, topicRegion].find(optIn);
  return region ? `sns.${region}.amazonaws.com` : 'sns.amazonaws.com';
}

function arn(target: IConstruct, service: string, account: string, region: string, resource: string): string {
  return `arn:${Stack.of(target).partition}:${service}:${region}:${account}:${resource}`;
}
