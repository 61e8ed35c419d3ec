import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { describeDuration } from '../../private/describe';
import { Problems } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';

/** A standard queue keeps the original timestamp when it moves a message, so equal retentions can leave no time at all. */
export function checkRetention(
  problems: Problems, prop: string, seconds: number | undefined, source: { readonly isFifo: boolean; readonly retention?: number },
): void {
  if (source.isFifo || seconds === undefined || source.retention === undefined || seconds > source.retention) return;
  problems.add({
    prop,
    got: `${describeDuration(Duration.seconds(seconds))} of retention in the dead-letter queue`,
    allowed: `more than the ${describeDuration(Duration.seconds(source.retention))} of the queue itself, and at most 14 days`,
    fix: 'A standard queue moves a message with its original timestamp. Lower retention, or raise that of the dead-letter queue.',
  });
}

/** Checks what property injectors made of the two queues now, and what aspects make of them when the template is written. */
export function checkMadeRetention(scope: IConstruct, queue: sqs.IQueue, deadLetterQueue: sqs.IQueue): void {
  const check = () => {
    const problems = new Problems(scope, 'WorkQueue');
    checkRetention(problems, 'retention', factsOf(deadLetterQueue).retention, { isFifo: queue.fifo, retention: factsOf(queue).retention });
    return problems;
  };
  check().throwIfAny();
  scope.node.addValidation({
    validate: () => {
      const problems = check();
      return problems.any ? [problems.error().message] : [];
    },
  });
}
