import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { Encryption } from '../access/encryption';
import { BoundLogging } from './private/bound';
import { encryptionProblems, madeLogGroupKey, newKey } from './private/delivery-keys';
import { reachableProblems } from './private/reachable';
import { placeOf, placeProblems } from '../private/environment';
import { removeUnusedKey } from '../private/keys';
import { Problem, at, blankProblems } from '../private/problems';
import { removalPolicyProblems } from '../private/removal-policy';
import { renderPolicy, warn } from '../private/warnings';

/**
 * Options of a log group that is created for the errors of a Firehose stream.
 */
export interface LogGroupOptions {
  /**
   * How long errors are kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly retention?: logs.RetentionDays;

  /**
   * How the log group is encrypted at rest. The policy of a customer key created in this app is extended for CloudWatch Logs;
   * for an imported key, a warning carries the statement to add. A key created here is kept when it is no longer asked for.
   *
   * @default Encryption.serviceManaged()
   */
  readonly encryption?: Encryption;

  /**
   * What happens to the log group, and to a key created for it, when it is removed from the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Where Firehose reports records it could not transform, convert or deliver. It costs nothing while there are no errors.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
export class DeliveryLogging {
  /**
   * A new log group.
   */
  public static create(options: LogGroupOptions = {}): DeliveryLogging {
    return new DeliveryLogging(options);
  }

  /**
   * A log group that exists already, in the same account and Region. Each Firehose stream adds log streams of its own, so several can
   * share one.
   */
  public static existing(logGroup: logs.ILogGroup): DeliveryLogging {
    return new DeliveryLogging({}, { logGroup });
  }

  /**
   * No logging: a failed delivery shows only in the metrics and under the error prefix.
   *
   * @param reason why you need none, for readers of the code
   */
  public static none(reason: string): DeliveryLogging {
    return new DeliveryLogging({}, undefined, { reason });
  }

  private constructor(
    private readonly options: LogGroupOptions,
    private readonly given?: { readonly logGroup: logs.ILogGroup },
    private readonly off?: { readonly reason: string },
  ) {}

  /** The log group that exists already; undefined when one is created, and without logging. */
  public get existingLogGroup(): logs.ILogGroup | undefined {
    return this.given?.logGroup;
  }

  /** Why there is no logging; undefined when there is. */
  public get reason(): string | undefined {
    return this.off?.reason;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    if (this.off) return blankProblems('reason', this.off.reason, 'Say why this is right.');
    if (this.given) {
      const { logGroup } = this.given;
      const elsewhere = placeProblems('log group', logGroup.env, { ...placeOf(scope), because: 'where the delivery is' },
        'Firehose logs in its own account and Region: specify a log group there.');
      return at('logGroup', elsewhere.length > 0 ? elsewhere : reachableProblems(scope, 'log group', logGroup, logGroup.logGroupArn));
    }
    const { encryption, removalPolicy } = this.options;
    return [...at('encryption', encryptionProblems(scope, encryption, { service: 'CloudWatch Logs', what: 'log group' })), ...removalPolicyProblems(removalPolicy)];
  }

  /** @internal */
  public _bind(scope: Construct): BoundLogging | undefined {
    if (this.off) return undefined;
    if (this.given) {
      // The L2 destination gives its log streams fixed ids under the log group: a second delivery on the same one would collide.
      return { logGroup: this.given.logGroup, target: logs.LogGroup.fromLogGroupName(scope, 'LogGroup', this.given.logGroup.logGroupName) };
    }
    const removalPolicy = this.options.removalPolicy ?? RemovalPolicy.RETAIN;
    const { encryption } = this.options;
    const given = newKey(scope, 'LogGroupKey', encryption, removalPolicy);
    const logGroup = new logs.LogGroup(scope, 'LogGroup', {
      retention: this.options.retention ?? logs.RetentionDays.ONE_MONTH,
      // Nothing where nothing was said: it would wipe out what a property injector has below it.
      ...encryption && { encryptionKey: given },
      removalPolicy,
    });
    const key = madeLogGroupKey(scope, logGroup, given);
    removeUnusedKey(scope, given, key);
    if (key) letCloudWatchLogsUse(scope, key);
    return { logGroup, target: logGroup, key };
  }
}

/**
 * The statement CloudWatch Logs needs in the policy of a key.
 *
 * It names the log groups of the account and Region by a pattern: a reference from the key to the log group would close a
 * circle, since the log group refers to its key.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function letCloudWatchLogsUse(scope: Construct, key: kms.IKey) {
  const { account, region } = Stack.of(scope);
  const statement = new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal(`logs.${region}.${Aws.URL_SUFFIX}`)],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${region}:${account}:log-group:*` } },
  });
  if (key.addToResourcePolicy(statement, true).statementAdded) return;
  warn(scope, 'FirehoseStream.logGroupKeyPolicy',
    'The policy of the imported key cannot be changed from here, and CloudWatch Logs needs to use it: deployment fails until its owner adds this statement.\n'
    + renderPolicy(scope, statement.toStatementJson()));
}
