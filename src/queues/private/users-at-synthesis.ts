import { CfnResource, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { EVENTS } from '../../access/private/bound-service-source';
import { pathOf } from '../../private/describe';
import { WRITE_KEY, rolesWithoutKey } from '../../private/key-permissions';
import { Problem, unless } from '../../private/problems';
import { resourceOf } from '../../private/same-resource';
import { Statement, allowing, letsIn } from '../../private/statements';
import { referredTo, usesOf } from '../../private/uses';
import { warn } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

/** A target of a rule, as CDK writes it. */
interface Target {
  readonly Arn: unknown;
  readonly SqsParameters?: { readonly MessageGroupId?: unknown };
  readonly DeadLetterConfig?: unknown;
}

const EVENT_BUS = 'AWS::Events::EventBus';

/** What is wrong with resources that send to a queue, and that tell it nothing of their props, or do not call it at all. */
export function userProblems(queue: sqs.Queue): Problem[] {
  const resource = resourceOf(queue);
  const deadLetters = usesOf(queue, resource, 'deadLetters');
  return [
    ...queue.fifo ? usesOf(queue, resource, 'rules').flatMap(rule => groupProblems(rule, queue)) : [],
    ...queue.fifo ? deadLetters.map(user => fifoProblem(user, queue)) : [],
    ...[...deadLetters, ...usesOf(queue, resource, 'integrations')].flatMap(user => keyProblems(user, queue)),
    ...deadLetters.filter(({ cfnResourceType }) => cfnResourceType === EVENT_BUS).flatMap(bus => busProblems(bus as events.CfnEventBus, queue)),
  ];
}

const lossAccepted = new WeakSet<IConstruct>();

/** Omits a rule from the warning about lost events, because its user said that they may be lost. */
export function acceptLoss(rule: IConstruct): void {
  lossAccepted.add(rule);
}

/** Warns where EventBridge discards what it cannot deliver to a queue that has a dead-letter queue. */
export function warnOfLostEvents(queue: sqs.Queue, deadLetterQueue: sqs.IQueue | undefined): void {
  if (!deadLetterQueue) return;
  const discards = (rule: CfnResource) => targetsOf(rule, queue).some(({ DeadLetterConfig }) => DeadLetterConfig === undefined);
  const lossy = usesOf(queue, resourceOf(queue), 'rules').filter(rule => !lossAccepted.has(rule) && discards(rule));
  if (lossy.length === 0) return;
  warn(queue, 'WorkQueue.eventDeadLetters',
    `EventBridge discards the events that it cannot deliver for ${lossy.map(pathOf).join(', ')}: the target has no dead-letter queue. `
    + (deadLetterQueue.fifo
      ? 'Specify a standard queue of its own as the deadLetterQueue of targets.SqsQueue: EventBridge does not send dead letters to FIFO queues.'
      : 'Use targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue }), where jobs is this work queue.'));
}

function targetsOf(rule: CfnResource, queue: sqs.Queue): Target[] {
  const queueArn = JSON.stringify(Stack.of(rule).resolve(queue.queueArn));
  const targets = (writtenProperties(rule).Targets ?? []) as Target[];
  return targets.filter(({ Arn }) => JSON.stringify(Arn) === queueArn);
}

function groupProblems(rule: CfnResource, queue: sqs.Queue): Problem[] {
  return targetsOf(rule, queue).filter(({ SqsParameters }) => SqsParameters?.MessageGroupId === undefined).map(() => ({
    prop: 'messageGroupId',
    got: `no message group in a target of the rule ${pathOf(rule)}`,
    allowed: 'a message group of 1 to 128 characters, because the queue is a FIFO queue',
    fix: 'Specify messageGroupId in targets.SqsQueue; messages of one group keep their order.',
  }));
}

/**
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
function fifoProblem(user: CfnResource, queue: sqs.Queue): Problem {
  return {
    prop: 'ordering',
    got: `the FIFO queue '${queue.node.path}' as the dead-letter queue of ${pathOf(user)}`,
    allowed: 'a standard queue',
    fix: 'Lambda, EventBridge Scheduler and event buses send their dead letters only to standard queues. Use a standard queue.',
  };
}

/** A problem where the role of a resource can send to the queue, but cannot use its key: the CDK grants the first by itself. */
function keyProblems(user: CfnResource, queue: sqs.Queue): Problem[] {
  const isSchedule = user.cfnResourceType === 'AWS::Scheduler::Schedule';
  const roles = [...referredTo(user, roleArnOf(user))].filter(iam.CfnRole.isCfnRole);
  return rolesWithoutKey(roles, queue.encryptionMasterKey).map(role => ({
    prop: 'encryption',
    got: `a customer key that ${pathOf(role)}, the role of ${pathOf(user)}, cannot use`,
    allowed: `a role with ${WRITE_KEY.join(' and ')} on the key`,
    fix: isSchedule
      // The CDK does not expose the role that a target creates.
      ? 'Nothing would arrive. Specify a `role` for the target, and call grantSendMessages(role) of the queue.'
      : 'Nothing would arrive. Call grantSendMessages() of the queue with this role, or with the function that it belongs to.',
  }));
}

function roleArnOf(user: CfnResource): unknown {
  const { role } = user as lambda.CfnFunction;
  const { target } = user as scheduler.CfnSchedule;
  const { credentialsArn } = user as apigateway.CfnIntegration;
  return role ?? (target as scheduler.CfnSchedule.TargetProperty | undefined)?.roleArn ?? credentialsArn;
}

/**
 * A problem where the queue policy does not let an event bus in: the CDK adds no statement for it.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
function busProblems(bus: events.CfnEventBus, queue: sqs.Queue): Problem[] {
  const busArn = JSON.stringify(Stack.of(queue).resolve(bus.attrArn));
  const policy = queue.node.tryFindChild('Policy')?.node.defaultChild as sqs.CfnQueuePolicy | undefined;
  const statements = policy ? allowing(writtenProperties(policy).PolicyDocument, 'sqs:SendMessage') : [];
  const names = ({ Condition }: Statement) => {
    const arns = JSON.stringify(Condition ?? {});
    return !/"aws:SourceArn"/i.test(arns) || arns.includes(busArn) || /[*]/.test(arns.replace(/rule\/\*/g, ''));
  };
  return unless(statements.some(statement => letsIn(statement, EVENTS) && names(statement)), () => ({
    prop: 'allowService(source)',
    got: `the event bus ${pathOf(bus)}, whose dead-letter queue this is and which the policy of '${queue.node.path}' does not let send`,
    allowed: 'an event bus that the queue policy lets send',
    fix: "Call allowService(ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: bus.eventBusArn })).",
  }));
}
