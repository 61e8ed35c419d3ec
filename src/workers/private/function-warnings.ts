import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FILTERS } from './function-bounds';
import { describeDuration } from '../../private/describe';
import { factsOf } from '../../private/queue-facts';
import { warn } from '../../private/warnings';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const ENOUGH_RECEIVES = 5;

/** Warns that the visibility timeout of an imported queue is not known. */
export function warnOfImportedQueue(scope: Construct, queue: sqs.IQueue, needed: number): void {
  if (factsOf(queue).owned) return;
  warn(scope, 'FunctionWorker.visibilityTimeout',
    `The visibility timeout of the imported queue '${queue.node.path}' is not known. It must be at least ${describeDuration(Duration.seconds(needed))}: 6 times the timeout of the `
    + 'function, plus the batching window. With less, messages are processed twice; with less than the timeout of the function, the deployment fails. Check it, and acknowledge this warning.');
}

/** Warns of a queue whose messages become dead letters after few receives. */
export function warnOfReceives(scope: Construct, queue: sqs.IQueue): void {
  const { maxReceiveCount } = factsOf(queue, true);
  if (maxReceiveCount === undefined || maxReceiveCount >= ENOUGH_RECEIVES) return;
  warn(scope, 'FunctionWorker.maxReceiveCount',
    `Messages of '${queue.node.path}' become dead letters after ${maxReceiveCount} receives. A throttled invocation counts as a receive, so messages that were never `
    + `processed would become dead letters. AWS recommends a maxReceiveCount of at least ${ENOUGH_RECEIVES}.`);
}

/** Warns of a function that is stopped while Lambda polls for it. */
export function warnOfStoppedFunction(scope: Construct, queue: sqs.IQueue): void {
  warn(scope, 'FunctionWorker.stopped',
    `The reserved concurrency of the function is 0, so every invocation is throttled. Each time counts as a receive, so the messages of '${queue.node.path}' can become dead `
    + 'letters without being processed. To keep them in the queue, specify enabled: false for the source.');
}

/** Warns of more filters than Lambda takes without a higher quota. */
export function warnOfFilters(scope: Construct, filters: number): void {
  if (filters <= FILTERS.quota) return;
  warn(scope, 'FunctionWorker.filters',
    `The source has ${filters} filters. The default quota of Lambda is ${FILTERS.quota}, and the deployment fails with more. Combine filters, or request a quota of up to `
    + `${FILTERS.max} from AWS and acknowledge this warning.`);
}
