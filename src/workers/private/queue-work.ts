import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { arnProblems } from '../../private/arn';
import { describeDuration } from '../../private/describe';
import { knownApart, placeOf, placeProblems } from '../../private/environment';
import { targetOf } from '../../private/keys';
import { Problem } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { renderPolicy, warn } from '../../private/warnings';
import { QueueScaling } from '../queue-scaling';
import { Capacity, lastWorkerExpression, waitingExpression } from './backlog';

// What all workers on a queue have in common, whether they run on EC2 or on ECS. The step scaling policies of both have the same steps.

/** Workers on a queue, as the functions below need them. */
export interface QueueWork {
  /** The construct of the workers. */
  readonly scope: Construct;
  /** Its class, as it is named in errors and in the ids of warnings: `Ec2Workers`. */
  readonly construct: string;
  readonly queue: sqs.IQueue;
  readonly scaling: QueueScaling;
  /** The role that the workers run with. */
  readonly role: iam.IRole;
  /** The workers in service. */
  readonly capacity: Capacity;
  /** Whether the workers surely extend the visibility timeout of the messages that they work on. */
  readonly extendsVisibility: boolean;
}

/** The number of waiting messages that starts a worker. */
export const START_THRESHOLD = 1;

/** Starts the first worker. One more, not exactly one: while it starts, target tracking may already have asked for several. */
export const START_STEP = { adjustment: 1, lowerBound: 0 };

/** Ends the last worker. */
export const STOP_STEP = { adjustment: -1, upperBound: 0 };

/** What is wrong with the queue. */
export function queueProblems(scope: Construct, queue: sqs.IQueue): Problem[] {
  return [
    ...arnProblems(queue.queueArn, 'sqs'),
    ...placeProblems('queue', queue.env, { ...placeOf(scope), because: 'where the workers are' },
      'SQS publishes the metrics of a queue in its own account and Region, and a scaling policy reads no others. Create the workers there, or forward the messages to a queue here.'),
  ];
}

/** Receive, delete, hold on to, and look at the messages of this queue; decrypt them where the queue has a key. */
export function consumeStatements(queue: sqs.IQueue): iam.PolicyStatement[] {
  const statements = [new iam.PolicyStatement({
    actions: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ],
    resources: [queue.queueArn],
  })];
  const key = targetOf(queue.encryptionMasterKey);
  if (key) statements.push(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }));
  return statements;
}

/** Warns about what the services accept of the queue and the user may not want. */
export function warnOfQueue(work: QueueWork): void {
  warnOfKey(work);
  warnOfVisibility(work);
}

function warnOfKey({ scope, construct, queue, role }: QueueWork): void {
  if (factsOf(queue).awsManagedKey) return;
  warnOfUnknownKey(scope, construct, queue);
  const warningId = `${construct}.queueKey`;
  const key = queue.encryptionMasterKey;
  if (!key) return;

  const target = targetOf(key);
  if (!target) {
    warn(scope, warningId,
      'Only the name of an alias is known of the key of the queue. A policy that names an alias allows nothing, so the workers cannot read the messages. '
      + `Specify the key itself for the queue, such as with kms.Key.fromKeyArn(), or add this to the role of the workers: ${decryptToAdd(scope)}`);
  } else if (knownApart(target.env.account, Stack.of(scope).account)) {
    warn(scope, warningId,
      `The key of the queue is in account ${target.env.account}. The role of the workers can use it only if its key policy allows that. Add: `
      + renderPolicy(scope, { Effect: 'Allow', Principal: { AWS: role.roleArn }, Action: 'kms:Decrypt', Resource: '*' }));
  }
}

/** Warns that an imported queue may have a key. */
export function warnOfUnknownKey(scope: Construct, construct: string, queue: sqs.IQueue): void {
  const { owned, awsManagedKey } = factsOf(queue);
  if (owned || awsManagedKey || queue.encryptionMasterKey) return;
  warn(scope, `${construct}.queueKey`,
    'It is not known whether the imported queue is encrypted with a customer key. If it is, the workers cannot read its messages. '
    + `Import the queue with sqs.Queue.fromQueueAttributes() and keyArn, or add this to the role of the workers: ${decryptToAdd(scope)}`);
}

function decryptToAdd(scope: Construct): string {
  return renderPolicy(scope, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '<ARN of the key>' });
}

function warnOfVisibility({ scope, construct, queue, scaling: { processingTime }, extendsVisibility }: QueueWork): void {
  if (extendsVisibility) return;
  const { visibilityTimeout } = factsOf(queue);
  if (visibilityTimeout === undefined || !processingTime || visibilityTimeout >= processingTime.toSeconds({ integral: false })) return;
  warn(scope, `${construct}.visibilityTimeout`,
    `The visibility timeout of the queue is ${visibilityTimeout} seconds, and a message takes ${describeDuration(processingTime)}: another worker receives it `
    + 'while the first one still works on it. Increase the visibility timeout, or have the workers extend it with ChangeMessageVisibility.');
}

/** For how long a metric that may stop has no value before that counts as no capacity. A metric that is 2 minutes late is not taken for none. */
const MINUTES_WITHOUT_CAPACITY = 3;

/**
 * The alarm that takes `START_STEP`, every minute while it is in `ALARM`.
 *
 * Target tracking multiplies the capacity, so it cannot leave zero by itself. SageMaker's asynchronous endpoints leave it by such a step too.
 */
export function createStartAlarm({ scope, queue, capacity }: QueueWork, action: cloudwatch.IAlarmAction): cloudwatch.Alarm {
  return createAlarm(scope, 'StartAlarm', action, {
    alarmDescription: `Messages are waiting and no ${capacity.unit} is in service: starts the first one.`,
    metric: waitingExpression(queue, capacity),
    threshold: START_THRESHOLD,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: capacity.mayStop ? MINUTES_WITHOUT_CAPACITY : 1,
  });
}

/**
 * The alarm that takes `STOP_STEP`.
 *
 * Target tracking does not end the last worker (see `backlogAboveLastUnit`), and cannot be told how long to wait before it does.
 * A step scaling policy scales in when its alarm says so, whether or not a target tracking policy is ready to
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html).
 */
export function createStopAlarm({ scope, queue, capacity, scaling }: QueueWork, action: cloudwatch.IAlarmAction): cloudwatch.Alarm {
  return createAlarm(scope, 'StopAlarm', action, {
    alarmDescription: `No message waits or is in progress, and one ${capacity.unit} is in service: ends it.`,
    metric: lastWorkerExpression(queue, capacity),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: scaling.idleTime.toMinutes(),
  });
}

/** An alarm that acts on data alone, and on all of its datapoints. */
function createAlarm(scope: Construct, id: string, action: cloudwatch.IAlarmAction, props: cloudwatch.AlarmProps): cloudwatch.Alarm {
  const alarm = new cloudwatch.Alarm(scope, id, props);
  // L1: a property injector for the alarms of an organization may have changed the props. Missing data that breaches would start a worker
  // each time that SQS stops publishing, and fewer datapoints would end one before its idle time.
  const resource = alarm.node.defaultChild as cloudwatch.CfnAlarm;
  resource.treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING;
  resource.datapointsToAlarm = undefined;
  alarm.addAlarmAction(action);
  return alarm;
}
