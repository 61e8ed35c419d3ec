import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { awsManagedQueue, functionOf, plainQueues, queuesWithDeadLetters } from './existing';
import { Field, args, bounded, either, leaf, map, numberTokens, oneOf, refusedBy, struct, value } from './values';
import { ACCOUNT } from './world';
import { Ordering, WorkQueue } from '../../../src/queues';
import { FunctionConcurrency, FunctionSource, WorkerFunction } from '../../../src/workers';
import { FUNCTION_CONCURRENCY, PROVISIONED_POLLERS, QUEUE_SOURCE, SMALL_BATCH } from '../../../src/workers/private/function-bounds';

const wrongQueues = oneOf(
  value('a queue by the ARN of a topic', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sns:eu-west-1:${ACCOUNT}:topic`))),
);

const standardQueues: Field = leaf('source.queue', oneOf(...plainQueues(false, 'topic'), ...queuesWithDeadLetters('topic'), ...awsManagedQueue('topic')), wrongQueues);

const fifoQueues: Field = leaf('source.queue', oneOf(
  ...plainQueues(true, 'base'),
  value('a FIFO work queue', world => world.make('topic', (scope, id) => new WorkQueue(scope, id, { ordering: Ordering.fifo() }))),
), wrongQueues);

const booleans = (prop: string): Field => leaf(prop, oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined)));

const concurrency: Field = either(
  map(leaf('source.concurrency.maximum', fc.oneof(fc.constantFrom(2, 3, 999, 1000).map(n => value(String(n), () => n)), numberTokens(5)), refusedBy(FUNCTION_CONCURRENCY.maximum)),
    'FunctionConcurrency.maximum', given => FunctionConcurrency.maximum(given)),
  map(struct({
    minimumPollers: bounded('source.concurrency.minimumPollers', PROVISIONED_POLLERS.minimumPollers),
    maximumPollers: bounded('source.concurrency.maximumPollers', PROVISIONED_POLLERS.maximumPollers, { min: PROVISIONED_POLLERS.minimumPollers.max }),
  }), 'FunctionConcurrency.provisionedPollers', given => FunctionConcurrency.provisionedPollers(given)),
);

const common: Record<string, Field> = { concurrency, reportBatchItemFailures: booleans('source.reportBatchItemFailures'), enabled: booleans('source.enabled') };
const smallBatch = bounded('source.batchSize', QUEUE_SOURCE.batchSize, { max: SMALL_BATCH });
const filter = lambda.FilterCriteria.filter({ body: { kind: ['image'] } });

/** Small batches; large ones, which need a window; filters; and what a FIFO queue allows. */
const sources: Field = map(either(
  args(standardQueues, struct({ ...common, batchSize: smallBatch, maxBatchingWindow: bounded('source.maxBatchingWindow', QUEUE_SOURCE.maxBatchingWindow, { token: Duration.seconds(1) }) })),
  args(standardQueues, struct({
    ...common,
    batchSize: leaf('source.batchSize', fc.constantFrom(SMALL_BATCH + 1, 500, 10_000).map(n => value(String(n), () => n)), refusedBy(QUEUE_SOURCE.batchSize)),
    maxBatchingWindow: leaf('source.maxBatchingWindow', oneOf(value('Duration.seconds(1)', () => Duration.seconds(1)), value('Duration.minutes(5)', () => Duration.minutes(5))),
      refusedBy(QUEUE_SOURCE.maxBatchingWindow)),
  }, ['batchSize', 'maxBatchingWindow'])),
  args(standardQueues, struct({
    ...common,
    filters: leaf('source.filters', oneOf(value('[a filter]', () => [filter]), value('[two filters]', () => [filter, lambda.FilterCriteria.filter({ body: ['ping'] })])), oneOf(value('[]', () => []))),
  }, ['filters'])),
  args(fifoQueues, struct({ ...common, batchSize: smallBatch })),
), 'FunctionSource.queue', ([queue, options]) => FunctionSource.queue(queue, options));

const code: lambda.FunctionProps = { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};') };

const functions: Field = leaf('function', oneOf(
  value('create(code)', () => WorkerFunction.create(code)),
  value('create(code, timeout, tracing)', () => WorkerFunction.create({ ...code, timeout: Duration.minutes(15), tracing: lambda.Tracing.ACTIVE })),
  value('create(code, a timeout only known at deployment)', world => WorkerFunction.create({ ...code, timeout: Duration.seconds(world.lazyNumber(3)) })),
  value('existing(a function)', world => WorkerFunction.existing(world.make('current', (scope, id) => functionOf(scope, id, Duration.seconds(20))))),
  value('existing(an alias)', world => WorkerFunction.existing(world.make('current', (scope, id) => functionOf(scope, id).addAlias('live')))),
  value('existing(an imported function)', world => WorkerFunction.existing(world.make('current', (scope, id) => lambda.Function.fromFunctionAttributes(scope, id, {
    functionArn: world.current.formatArn({ service: 'lambda', resource: 'function:theirs' }),
    role: iam.Role.fromRoleArn(scope, `${id}Role`, `arn:aws:iam::${ACCOUNT}:role/theirs`),
  })))),
), oneOf(
  value('existing(a function imported without its role)', world => WorkerFunction.existing(world.make('current', (scope, id) =>
    lambda.Function.fromFunctionArn(scope, id, world.current.formatArn({ service: 'lambda', resource: 'function:theirs' }))))),
));

export const functionWorkerProps: Field = struct({ source: sources, function: functions }, ['source', 'function']);
