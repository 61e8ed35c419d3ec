import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FILTERS } from './function-bounds';
import { Timing, isKnown, knownVisibility } from './function-checks';
import { describeDuration } from '../../private/describe';
import { factsOf } from '../../private/queue-facts';
import { hasDefaultVisibility } from '../../private/visibility-timeouts';
import { warn } from '../../private/warnings';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const ENOUGH_RECEIVES = 5;

/** Warns where it is not known whether the visibility timeout of a queue is long enough. */
export function warnOfVisibility(scope: Construct, queue: sqs.IQueue, timing: Timing): void {
  const { owned, visibilityTimeout } = factsOf(queue);
  const known = Duration.seconds(knownVisibility(timing));
  const needed = (isKnown(timing) ? `at least ${describeDuration(known)}: ` : 'at least ') + '6 times the timeout of the function, plus the batching window';
  const otherwise = 'With less, messages are processed twice; with less than the timeout of the function, the deployment fails.';
  if (!owned) {
    warn(scope, 'FunctionWorker.visibilityTimeout',
      `The visibility timeout of the imported queue '${queue.node.path}' is not known. It must be ${needed}. ${otherwise} Check it, and acknowledge this warning.`);
  } else if (!isKnown(timing) && hasDefaultVisibility(queue)) {
    warn(scope, 'FunctionWorker.visibilityTimeout',
      `The visibility timeout of '${queue.node.path}' has a default, which is ${describeDuration(Duration.seconds(visibilityTimeout!))}. It must be ${needed}, and not all of this is known. `
      + `${otherwise} Specify the visibilityTimeout of the queue.`);
  }
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

/** Warns of a function that cannot run as many batches as Lambda starts with. */
export function warnOfThrottling(scope: Construct, queue: sqs.IQueue): void {
  warn(scope, 'FunctionWorker.throttled',
    'The reserved concurrency of the function is less than the number of batches that Lambda starts with: 5, or 10 for each provisioned poller. Each throttled batch counts as a receive, so messages '
    + `of '${queue.node.path}' can become dead letters without being processed. Specify FunctionConcurrency.maximum(), fewer pollers, or a higher reserved concurrency.`);
}

/** Warns of an image whose platform is that of the computer that builds it. */
export function warnOfImage(scope: Construct, { code, architecture }: lambda.FunctionProps): void {
  // The options of an image are private.
  const { props } = code as { readonly props?: lambda.AssetImageCodeProps };
  if (!(code instanceof lambda.AssetImageCode) || props === undefined || props.platform !== undefined) return;
  const platform = architecture === lambda.Architecture.X86_64 ? 'LINUX_AMD64' : 'LINUX_ARM64';
  warn(scope, 'FunctionWorker.imagePlatform',
    'The image of the function is built for the platform of the computer that builds it. With another architecture than that of the function, each invocation fails. Specify '
    + `platform: ecr_assets.Platform.${platform} in Code.fromAssetImage().`);
}
