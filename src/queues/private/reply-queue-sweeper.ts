import { Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { SWEEPER_CODE } from './sweeper-code';
import { TemporaryQueueNames } from './temporary-queue-names';
import { acknowledgeListQueues } from '../../private/acknowledge';

interface ReplyQueueSweeperProps {
  readonly names: TemporaryQueueNames;
  readonly orphanedAfter: Duration;
  readonly interval: Duration;
  readonly logRetention: logs.RetentionDays;
}

const description = 'Deletes the reply queues of requesters that stopped without deleting them';

/** A function on a schedule that deletes the reply queues whose requesters no longer renew the heartbeat. */
export class ReplyQueueSweeper extends Construct {
  public readonly handler: lambda.Function;
  public readonly logGroup: logs.LogGroup;
  public readonly schedule: events.Rule;

  constructor(scope: Construct, id: string, { names, orphanedAfter, interval, logRetention }: ReplyQueueSweeperProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'LogGroup', { retention: logRetention, removalPolicy: RemovalPolicy.RETAIN });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), description });
    const policy = new iam.ManagedPolicy(this, 'Policy', { roles: [role], statements: statements(names, this.logGroup) });
    acknowledgeListQueues(policy);

    this.handler = new lambda.Function(this, 'Function', {
      description,
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline(SWEEPER_CODE),
      role,
      logGroup: this.logGroup,
      memorySize: 256,
      // The longest time that Lambda allows: one queue takes some hundredths of a second.
      timeout: Duration.minutes(15),
      // The next run repeats the work of one that failed.
      retryAttempts: 0,
      environment: { QUEUE_NAME_PREFIX: names.prefix, ORPHANED_AFTER_SECONDS: Tokenization.stringifyNumber(orphanedAfter.toSeconds()) },
    });
    this.schedule = new events.Rule(this, 'Schedule', { description, schedule: events.Schedule.rate(interval) });
    // targets.LambdaFunction allows the rule without aws:SourceAccount.
    this.schedule.addTarget({ bind: () => ({ arn: this.handler.functionArn, targetResource: this.handler }) });
    this.handler.addPermission('AllowSchedule', {
      principal: new iam.ServicePrincipal('events.amazonaws.com'),
      sourceArn: this.schedule.ruleArn,
      sourceAccount: Stack.of(this).account,
    });
  }
}

function statements(names: TemporaryQueueNames, logGroup: logs.ILogGroup): iam.PolicyStatement[] {
  return [
    // It has no resource: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
    new iam.PolicyStatement({ actions: ['sqs:ListQueues'], resources: ['*'] }),
    new iam.PolicyStatement({ actions: ['sqs:GetQueueAttributes', 'sqs:ListQueueTags', 'sqs:DeleteQueue'], resources: [names.arnPattern] }),
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
  ];
}
