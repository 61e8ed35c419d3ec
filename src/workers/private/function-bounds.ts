import { Duration } from 'aws-cdk-lib';
import { Bound, BoundsOf } from '../../private/bounds';
import type { ProvisionedPollersOptions } from '../function-concurrency';
import type { QueueSourceOptions } from '../function-source';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
export const QUEUE_SOURCE = {
  batchSize: Bound.number({ min: 1, max: 10_000, default: 10, fix: 'Specify a number of messages.' }),
  maxBatchingWindow: Bound.duration({
    min: Duration.seconds(0), max: Duration.minutes(5), fix: 'Omit it: Lambda then invokes the function as soon as there are messages.',
  }),
} satisfies BoundsOf<QueueSourceOptions>;

/** A batch of more messages than this needs a batching window, and a FIFO queue has no larger batches. */
export const SMALL_BATCH = 10;

/** What `FunctionConcurrency.maximum` takes. */
interface MaximumConcurrency {
  readonly maximum: number;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
export const FUNCTION_CONCURRENCY = {
  maximum: Bound.number({ min: 2, max: 1000, fix: 'For one batch at a time, use a FIFO queue with one message group. Without a limit, omit the concurrency.' }),
} satisfies BoundsOf<MaximumConcurrency>;

export const PROVISIONED_POLLERS = {
  minimumPollers: Bound.number({ min: 2, max: 200, default: 2, fix: 'Each poller runs up to 10 invocations at a time.' }),
  maximumPollers: Bound.number({ min: 2, max: 2000, default: 200, fix: 'Each poller runs up to 10 invocations at a time.' }),
} satisfies BoundsOf<ProvisionedPollersOptions>;

/** The number of filters of a source. More than `quota` need a higher quota: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
export const FILTERS = { quota: 5, max: 10 };

/** What is checked of `WorkerFunction.create`. */
interface NewFunction {
  readonly timeout?: Duration;
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
export const NEW_FUNCTION = {
  timeout: Bound.duration({
    min: Duration.seconds(1), max: Duration.minutes(15), fix: 'For longer work, use FargateWorkers or Ec2Workers, or a smaller batchSize.',
  }),
} satisfies BoundsOf<NewFunction>;
