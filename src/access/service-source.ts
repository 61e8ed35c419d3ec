import { IResource, Stack, Token } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';
import { BoundServiceSource, EVENTS } from './private/bound-service-source';
import { SERVICES } from './private/service-catalog';
import { describe } from '../private/describe';
import { knownApart, Place } from '../private/environment';
import { Problem, unless } from '../private/problems';
import { referencesIn } from '../private/references';

/**
 * Options of a source that has no factory of its own.
 */
export interface CustomServiceSourceOptions {
  /**
   * The service principal, such as `profile.amazonaws.com`.
   *
   * The services that AWS documents conditions for are in the README of the submodule.
   *
   * It must be a service that sends in its own name. For a service that sends with an execution role, such as EventBridge Scheduler or EventBridge
   * Pipes, call `grantSendMessages` or `grantPublish` with the role.
   */
  readonly service: string;

  /**
   * The ARN of the resource that the service acts for. Its last parts can contain `*`; the whole ARN cannot be `*`.
   *
   * Omit it for a service that AWS documents only `aws:SourceAccount` for, such as Amazon Redshift; otherwise, a topic adds a warning.
   *
   * @default - every resource of the service that can send, in the account and Region of the queue or topic. The statement has `aws:SourceArn` only if
   * AWS documents which ARNs these are, and otherwise only `aws:SourceAccount`
   */
  readonly sourceArn?: string;

  /**
   * The account that owns the resource: 12 digits. It must be the account in `sourceArn`, if `sourceArn` contains one.
   *
   * @default - the account in `sourceArn`, if it has 12 digits there; otherwise the account of the queue or topic
   */
  readonly sourceAccount?: string;
}

/**
 * A resource of an AWS service that sends messages in its own name, such as a topic, bucket, rule, or alarm.
 *
 * A queue or topic that allows it has one policy statement with the service, the resource, and the account (`aws:SourceArn` and `aws:SourceAccount`). With
 * a customer key, the key policy has one statement with the account and the ARNs of the service.
 */
export class ServiceSource {
  /**
   * An SNS topic that delivers to a queue.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
   */
  public static topic(topic: sns.ITopic): ServiceSource {
    return new ServiceSource('sns.amazonaws.com', target => ({
      // The Region of the queue: an imported queue can be in another Region than the stack.
      service: snsPrincipal(topic.env.region, (target as IResource).env?.region ?? Stack.of(target).region),
      sourceArn: topic.topicArn,
      sourceAccount: topic.env.account,
      keySourceArn: arn(target, 'sns', topic.env.account, topic.env.region, '*'),
    }), [], !topic.fifo);
  }

  /**
   * An S3 bucket that sends its event notifications.
   *
   * S3 sends notifications only within its Region, so the queue or topic must be in the Region of the bucket.
   *
   * If the bucket is in another stack than the queue or topic and its name is only known at deployment, the statement allows every bucket of the
   * account, because a reference to the bucket would make the two stacks depend on each other.
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
        sourceRegion: bucket.env.region,
        widened: named ? undefined : {
          source: `bucket '${bucket.node.path}'`, allows: 'every bucket', fix: 'Specify a bucketName, or acknowledge this warning.',
        },
      };
    });
  }

  /**
   * An EventBridge rule whose target is a queue.
   *
   * If the rule is in another stack than the queue and its name is only known at deployment, the statement allows every rule of the account and Region,
   * because a reference to the rule would make the two stacks depend on each other.
   *
   * Topics refuse it: SNS topic policies do not support conditions for EventBridge, so a rule publishes with a role instead.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
   */
  public static rule(rule: events.IRule): ServiceSource {
    return new ServiceSource(EVENTS, target => {
      const named = ruleArn(rule, target);
      const anyRule = arn(target, 'events', rule.env.account, rule.env.region, 'rule/*');
      return {
        service: EVENTS,
        sourceArn: named ?? anyRule,
        sourceAccount: rule.env.account,
        keySourceArn: anyRule,
        widened: named ? undefined : {
          source: `rule '${rule.node.path}'`,
          allows: 'every rule',
          fix: 'Specify a ruleName, and a name for its event bus, move the rule to the stack of the queue, or acknowledge this warning.',
        },
      };
    });
  }

  /**
   * Every CloudWatch alarm in the account and Region of the topic.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
   */
  public static alarms(): ServiceSource {
    return everySource('cloudwatch.amazonaws.com');
  }

  /**
   * A backup vault that sends its notifications to a standard topic of the same account.
   *
   * If a `BackupVault` of the CDK has the fan-out as its `notificationTopic`, `allowService` is not required: the fan-out allows every vault of the account and
   * Region. With it, only this vault can publish.
   *
   * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-notifications.html
   * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-service-confused-deputy-prevention.html
   */
  public static backupVault(vault: backup.IBackupVault): ServiceSource {
    return ofResource('backup.amazonaws.com', vault, vault.backupVaultName, 'backupVaultName', name => `backup-vault:${name}`);
  }

  /**
   * Every budget of the account of the topic.
   *
   * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
   */
  public static budgets(): ServiceSource {
    return everySource('budgets.amazonaws.com');
  }

  /**
   * Every subscription of AWS Cost Anomaly Detection of the account of the topic.
   *
   * AWS documents `aws:SourceAccount` for it, so the statement has no `aws:SourceArn`.
   *
   * @see https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html
   */
  public static costAnomalies(): ServiceSource {
    return everySource('costalerts.amazonaws.com');
  }

  /**
   * Every resource of Amazon RDS in the account and Region of the topic. An event subscription sends their events to a standard topic.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html
   */
  public static databaseEvents(): ServiceSource {
    return everySource('events.rds.amazonaws.com');
  }

  /**
   * An email identity of Amazon SES that sends its bounces, complaints and deliveries to a standard topic of the same Region.
   *
   * @see https://docs.aws.amazon.com/ses/latest/dg/configure-sns-notifications.html
   */
  public static emailIdentity(identity: ses.IEmailIdentity): ServiceSource {
    return ofResource(SES, identity, identity.emailIdentityName, 'emailIdentity', name => `identity/${name}`);
  }

  /**
   * A configuration set of Amazon SES that sends its events to a standard topic of the same Region.
   *
   * With `EventDestination.snsTopic(topic)` of the CDK, `allowService` is not required.
   *
   * @see https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
   */
  public static emailConfigurationSet(set: ses.IConfigurationSet): ServiceSource {
    return ofResource(SES, set, set.configurationSetName, 'name', name => `configuration-set/${name}`);
  }

  /**
   * The receipt rules of a rule set of Amazon SES whose actions publish to a standard topic of the same Region, such as `ses_actions.Sns`, or the
   * notifications of `ses_actions.S3`.
   *
   * @see https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
   */
  public static emailReceiptRules(ruleSet: ses.IReceiptRuleSet): ServiceSource {
    return ofResource(SES, ruleSet, ruleSet.receiptRuleSetName, 'ruleSetName', name => `receipt-rule-set/${name}:receipt-rule/*`);
  }

  /**
   * A resource of any other service that sets `aws:SourceAccount`, and usually `aws:SourceArn`.
   *
   * If the ARN is only known at deployment, the policy of a customer key is limited only by `aws:SourceAccount`. The policy of the queue or topic
   * contains the ARN.
   */
  public static of(options: CustomServiceSourceOptions): ServiceSource {
    const { service, sourceArn } = options;
    return new ServiceSource(service, target => {
      const sourceAccount = options.sourceAccount ?? accountIn(sourceArn) ?? Stack.of(target).account;
      const { anySource, sameRegion } = SERVICES[service] ?? {};
      const everyArn = anySource?.(placeOfSource(target, { account: sourceAccount, region: Stack.of(target).region }));
      const unknownArn = sameRegion && everyArn !== undefined ? everyArn : `arn:${Stack.of(target).partition}:*:*:*:*`;
      return {
        service,
        sourceArn: sourceArn ?? everyArn,
        sourceAccount,
        // The resource usually refers to the queue, and the queue to its key.
        keySourceArn: Token.isUnresolved(sourceArn) ? unknownArn : sourceArn ?? everyArn,
        sourceRegion: regionIn(sourceArn),
      };
    }, optionProblems(options));
  }

  /**
   * A source that is read from a policy statement.
   * @internal
   */
  public static _fromStatement(bound: BoundServiceSource, isStandardTopic: boolean): ServiceSource {
    return new ServiceSource(bound.service, () => bound, undefined, isStandardTopic);
  }

  /** @internal */
  public static _bound(service: string, bind: (target: IConstruct) => BoundServiceSource): ServiceSource {
    return new ServiceSource(service, bind);
  }

  private constructor(
    /** The service principal. */
    public readonly service: string,
    /** @internal */
    public readonly _bind: (target: IConstruct) => BoundServiceSource,
    /**
     * What is wrong with the options of the source.
     * @internal
     */
    public readonly _problems: Problem[] = [],
    /** @internal */
    public readonly _isStandardTopic: boolean = false,
  ) {}
}

const SES = 'ses.amazonaws.com';

/** Every resource of a service in the account and Region of the target. */
function everySource(service: string): ServiceSource {
  return ServiceSource.of({ service });
}

/**
 * One resource of a service.
 *
 * If it is in another stack than the topic and its name is only known at deployment, every resource of the service in its account and Region: the resource
 * refers to the topic, so a reference to it would make the two stacks depend on each other.
 *
 * @param nameProperty the property of the L1 that has the name
 * @param arnEnd the end of the ARN, after the account
 */
function ofResource(service: string, resource: IResource, name: string, nameProperty: string, arnEnd: (name: string) => string): ServiceSource {
  const { account, region } = resource.env;
  return ServiceSource._bound(service, target => {
    const every = SERVICES[service].anySource!(placeOfSource(target, { account, region }));
    const known = nameFor(target, resource, name, nameProperty);
    return {
      service,
      // The namespace of the ARN is the first part of the principal.
      sourceArn: known === undefined ? every : arn(target, service.split('.')[0], account, region, arnEnd(known)),
      sourceAccount: account,
      keySourceArn: every,
      sourceRegion: region,
      widened: known === undefined ? {
        source: `'${resource.node.path}'`,
        allows: 'every resource',
        fix: `Specify ${nameProperty}, move it to the stack of the topic, or acknowledge this warning.`,
      } : undefined,
    };
  });
}

/** The name of a resource without a reference that would be circular; undefined if it is only known at deployment. */
function nameFor(target: IConstruct, resource: IResource, name: string, nameProperty: string): string | undefined {
  if (!Token.isUnresolved(name)) return name;
  // Before a reference, so that the resource can depend on the policy.
  const written = (resource.node.defaultChild as unknown as Record<string, string | undefined> | undefined)?.[nameProperty];
  if (written !== undefined && !Token.isUnresolved(written)) return written;
  return Stack.of(resource) === Stack.of(target) ? name : undefined;
}

function placeOfSource(target: IConstruct, place: Place) {
  return { ...place, partition: Stack.of(target).partition };
}

function optionProblems({ service, sourceArn, sourceAccount }: CustomServiceSourceOptions): Problem[] {
  const matches = (value: string, pattern: RegExp) => Token.isUnresolved(value) || pattern.test(value);
  const account = accountIn(sourceArn);
  const isAccount = sourceAccount === undefined || matches(sourceAccount, /^\d{12}$/);
  return [
    ...unless(matches(service, /^[a-z0-9.-]+\.amazonaws\.com(\.[a-z.]+)?$/), () => ({
      prop: 'service', got: describe(service), allowed: 'a service principal, such as profile.amazonaws.com', fix: 'Specify the service that sends.',
    })),
    ...unless(sourceArn === undefined || matches(sourceArn, /^arn:[^:]+:[^:*]+:[^:]*:[^:]*:.+$/), () => ({
      prop: 'sourceArn', got: describe(sourceArn), allowed: 'a full ARN', fix: 'Specify the resource that the service acts for; its last parts can contain *.',
    })),
    ...unless(isAccount, () => ({
      prop: 'sourceAccount', got: describe(sourceAccount), allowed: 'an account of 12 digits', fix: 'Specify the account that owns the resource, or omit it.',
    })),
    // Both conditions must be true, so nothing would arrive.
    ...unless(!isAccount || account === undefined || sourceAccount === undefined || !knownApart(account, sourceAccount), () => ({
      prop: 'sourceAccount',
      got: `${describe(sourceAccount)} and sourceArn ${describe(sourceArn)}, which contains account ${account}`,
      allowed: `${account}, the account in sourceArn`,
      fix: 'Omit it, or correct one of the two.',
    })),
  ];
}

/** The account in an ARN, if it has 12 digits. */
function accountIn(sourceArn: string | undefined): string | undefined {
  const account = sourceArn?.split(':')[4];
  return /^\d{12}$/.test(account ?? '') ? account : undefined;
}

/** The Region in an ARN, if it is one. */
function regionIn(sourceArn: string | undefined): string | undefined {
  const region = sourceArn?.split(':')[3];
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(region ?? '') ? region : undefined;
}

/** The ARN of a bucket without a reference that would be circular; undefined if the name is only known at deployment. */
function bucketArn(bucket: s3.IBucket, target: IConstruct): string | undefined {
  if (Stack.of(bucket) === Stack.of(target) || !Token.isUnresolved(bucket.bucketName)) return bucket.bucketArn;
  // The `bucketName` of a bucket of this app is a reference, even if a name was specified.
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  if (name === undefined || Token.isUnresolved(name)) return undefined;
  return Stack.of(target).formatArn({ service: 's3', region: '', account: '', resource: name });
}

/** The ARN of a rule without a reference that would be circular; undefined if the name is only known at deployment. */
function ruleArn(rule: events.IRule, target: IConstruct): string | undefined {
  if (Stack.of(rule) === Stack.of(target) || !Token.isUnresolved(rule.ruleArn)) return rule.ruleArn;
  // The `ruleArn` of a rule of this app is a reference, even if a name was specified.
  const { name, eventBusName } = rule.node.defaultChild as events.CfnRule;
  const bus = literalBusName(eventBusName);
  if (name === undefined || Token.isUnresolved(name) || bus === undefined) return undefined;
  return arn(target, 'events', rule.env.account, rule.env.region, bus === DEFAULT_BUS ? `rule/${name}` : `rule/${bus}/${name}`);
}

const DEFAULT_BUS = 'default';

/** The name of an event bus, which a rule can specify by its ARN or by a reference. */
function literalBusName(eventBusName: string = DEFAULT_BUS): string | undefined {
  if (!Token.isUnresolved(eventBusName)) return eventBusName.split('event-bus/').pop();
  const [bus] = referencesIn(eventBusName);
  const name = events.CfnEventBus.isCfnEventBus(bus) ? bus.name : undefined;
  return Token.isUnresolved(name) ? undefined : name;
}

/**
 * SNS delivers to or from an opt-in Region with the service principal of that Region.
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
