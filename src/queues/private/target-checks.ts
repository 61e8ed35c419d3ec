import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { Problem, checkWhenWritten } from '../../private/problems';
import { writtenProperties } from '../../private/written';

/** A target of a rule, as CDK writes it. */
interface Target {
  readonly Arn: unknown;
  readonly SqsParameters?: { readonly MessageGroupId?: unknown };
}

const checked = new WeakSet<sqs.IQueue>();

/** Checks the rules that send to a FIFO queue when the template is written: `targets.SqsQueue` tells the queue nothing of its props. */
export function checkTargets(scope: IConstruct, construct: string, queue: sqs.IQueue): void {
  if (!queue.fifo || checked.has(queue)) return;
  checked.add(queue);
  checkWhenWritten(scope, construct, () => scope.node.root.node.findAll().filter(events.CfnRule.isCfnRule).flatMap(rule => checkGroups(rule, queue)));
}

function checkGroups(rule: events.CfnRule, queue: sqs.IQueue): Problem[] {
  const queueArn = JSON.stringify(Stack.of(rule).resolve(queue.queueArn));
  const targets = (writtenProperties(rule).Targets ?? []) as Target[];
  const ungrouped = targets.filter(({ Arn, SqsParameters }) => JSON.stringify(Arn) === queueArn && SqsParameters?.MessageGroupId === undefined);
  return ungrouped.map(() => ({
    prop: 'messageGroupId',
    got: `no message group in a target of the rule '${rule.node.path}'`,
    allowed: 'a message group of 1 to 128 characters, as the queue is a FIFO queue',
    fix: 'Specify messageGroupId in targets.SqsQueue; messages of one group keep their order.',
  }));
}
