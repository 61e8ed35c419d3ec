import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IDependable } from 'constructs';
import { checkNotifications } from './notification-checks';
import { refuseOtherEnvironment } from './other-environment';
import { arrivalProblems } from './source-checks';
import { CONSUME_ACTIONS, PURGE_ACTIONS, SEND_ACTIONS, exactKeyActions, grantOnQueue } from './work-queue-grants';
import { allowOnKey, allowsAction, mixedProblems, publicProblems, servicesOf, sourcesOf, unlimitedProblems, withSourceAccounts } from '../../access/private/arriving-statements';
import { EVENTS } from '../../access/private/bound-service-source';
import { narrowedKey } from '../../access/private/narrowed-key';
import { allowService, allowServiceOnKey, isComplete } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { grantOnKey } from '../../private/grants';
import { READ_KEY, WRITE_KEY } from '../../private/key-permissions';
import { fail, refuse } from '../../private/problems';

/** The method that statements are added with, in the words of an error message. */
const ARRIVAL = 'addToResourcePolicy(statement)';

/**
 * The L2 inside our constructs: a queue that completes its policies, whether a target, a destination or a subscription of the CDK adds a statement, or a grant
 * does.
 */
export class OwnQueue extends sqs.Queue {
  /** The key itself; `encryptionMasterKey` is a view of it. */
  public readonly key?: kms.IKey;

  /**
   * @param reporter the construct that the user created; errors and warnings are reported there
   * @param construct its class
   */
  constructor(private readonly reporter: Construct, id: string, props: sqs.QueueProps, private readonly construct: string) {
    super(reporter, id, props);
    this.key = this.encryptionMasterKey;
    if (this.key) Object.defineProperty(this, 'encryptionMasterKey', { value: narrowedKey(this, this.key), enumerable: true });
    completeGrants(this.grants, this);
  }

  public override addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult {
    if (isComplete(statement) || statement.effect === iam.Effect.DENY) return super.addToResourcePolicy(statement);
    refuse(this.reporter, this.construct, [...mixedProblems(ARRIVAL, statement), ...publicProblems(this.reporter, ARRIVAL, statement)]);
    const services = servicesOf(this, statement);
    if (services.length === 0) return super.addToResourcePolicy(statement);
    this.refuseUnlimited(services, statement);
    if (!allowsAction(statement, 'sqs:SendMessage')) return super.addToResourcePolicy(statement);

    const named = services.map(service => sourcesOf(this, service, statement.conditions));
    const arriving = named.flatMap(sources => sources ?? []);
    for (const { source, resource } of arriving) {
      refuse(this.reporter, this.construct, arrivalProblems(ARRIVAL, this, source));
      if (source.service === 's3.amazonaws.com' && resource) {
        refuseOtherEnvironment(this.reporter, this.construct, ARRIVAL, this, resource);
        checkNotifications(resource as s3.IBucket, this.construct);
      }
      if (source.service === EVENTS) this.refuseFifoDeadLetters(statement);
    }
    if (named.includes(undefined) || isForAccount(services, statement)) {
      allowOnKey(this.reporter, this.construct, this.key, this, statement);
      return super.addToResourcePolicy(statement);
    }
    const sources = arriving.map(({ source }) => source);
    if (sources.length > 0 && !sendsAlone(statement)) {
      sources.forEach(source => this.allowSourceOnKey(source));
      return super.addToResourcePolicy(this.withAccounts(statement, sources));
    }
    sources.forEach(source => this.allow(source));
    return { statementAdded: true, policyDependable: this.node.tryFindChild('Policy') ?? this };
  }

  public override grantOnKey(grantee: iam.IGrantable, ...actions: string[]): iam.GrantOnKeyResult {
    if (!this.key) return {};
    return { grant: grantOnKey(this.reporter, this.construct, 'grantOnKey', { key: this.key, service: 'sqs' }, grantee, exactKeyActions(actions)) };
  }

  public override grant(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    return this.grantExactly('grant', grantee, actions, []);
  }

  /** Grants actions on the queue and on its key, after the checks. */
  public grantExactly(method: string, grantee: iam.IGrantable, actions: string[], keyActions: string[]): iam.Grant {
    return grantOnQueue(this.reporter, method, grantee, this, actions, keyActions, this.construct);
  }

  /** Lets a service send for one source only. */
  public allowService(source: ServiceSource): IDependable[] {
    refuse(this.reporter, this.construct, arrivalProblems('allowService(source)', this, source));
    return this.allow(source);
  }

  private allow(source: ServiceSource): IDependable[] {
    const dependables = allowService(this.reporter, this.construct, this, source);
    this.allowSourceOnKey(source);
    return dependables;
  }

  private allowSourceOnKey(source: ServiceSource): void {
    if (this.key) allowServiceOnKey(this.reporter, this.construct, this.key, this, source);
  }

  /** A statement that also allows other actions is not merged with others; it only gets the accounts of its sources. */
  private withAccounts(statement: iam.PolicyStatement, sources: ServiceSource[]): iam.PolicyStatement {
    if (hasCondition('aws:SourceAccount', statement.conditions)) return statement;
    return withSourceAccounts(statement, [...new Set(sources.map(source => source._bind(this).sourceAccount))]);
  }

  private refuseUnlimited(services: string[], statement: iam.PolicyStatement): void {
    const { conditions } = statement;
    // `targets.SqsQueue` writes no condition where the queue has a customer key.
    const isBare = Object.keys(conditions).length === 0;
    const isBareRule = isBare && this.key !== undefined && sendsAlone(statement) && services.every(service => service === EVENTS);
    if (!isBareRule) refuse(this.reporter, this.construct, unlimitedProblems(ARRIVAL, services, statement));
  }

  /** CDK adds an ID to the statement for the dead letters of a rule. */
  private refuseFifoDeadLetters({ sid }: iam.PolicyStatement): void {
    if (!this.fifo || !sid?.startsWith('AllowEventRule')) return;
    fail(this.reporter, this.construct, {
      prop: ARRIVAL,
      got: `the dead letters of a rule, and the FIFO queue '${this.node.path}'`,
      allowed: 'a standard queue, because EventBridge does not send dead letters to FIFO queues',
      fix: 'Specify a standard queue as the deadLetterQueue of the target.',
    });
  }
}

/**
 * The grants of a queue with exact actions on its key, checked before anything is granted. The methods of `QueueBase` use them.
 *
 * The facade of the CDK grants `kms:Encrypt`, `kms:ReEncrypt*` and `kms:GenerateDataKey*`, which SQS does not need. Its constructor is private, so it cannot be
 * extended.
 */
export function completeGrants(grants: sqs.QueueGrants, queue: OwnQueue): void {
  grants.sendMessages = grantee => queue.grantExactly('grantSendMessages', grantee, SEND_ACTIONS, WRITE_KEY);
  grants.consumeMessages = grantee => queue.grantExactly('grantConsumeMessages', grantee, CONSUME_ACTIONS, READ_KEY);
  grants.purge = grantee => queue.grantExactly('grantPurge', grantee, PURGE_ACTIONS, []);
  grants.actions = (grantee, actions, options) => queue.grantExactly('grants.actions', grantee, actions, exactKeyActions(options?.keyActions ?? []));
}

/** Whether a statement allows sending, and otherwise only actions that the CDK grants with it. */
function sendsAlone({ actions }: iam.PolicyStatement): boolean {
  return actions.includes('sqs:SendMessage') && actions.every(action => SEND_ACTIONS.includes(action));
}

/** Whether a statement names only the account. EventBridge is limited to its rules; some other services send without `aws:SourceArn`. */
function isForAccount(services: string[], { conditions }: iam.PolicyStatement): boolean {
  return !hasCondition('aws:SourceArn', conditions) && !services.every(service => service === EVENTS);
}

function hasCondition(key: string, conditions: iam.Conditions): boolean {
  return Object.values(conditions).some(keys => Object.keys(keys as object).some(name => name.toLowerCase() === key.toLowerCase()));
}
