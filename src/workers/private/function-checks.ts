import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { NEW_FUNCTION, QUEUE_SOURCE, SMALL_BATCH } from './function-bounds';
import { envelopeProblems, filterProblems } from './function-filters';
import { keyProblems } from './function-key';
import { pollerProblems } from './function-pollers';
import { arnProblems } from '../../private/arn';
import { checkBounds } from '../../private/bounds';
import { describe, describeDuration } from '../../private/describe';
import { canRefer, placeOf, placeProblems } from '../../private/environment';
import { unnamedProblems } from '../../private/grants';
import { awsManagedKeyProblems } from '../../private/outsiders';
import { Problem, at, unless } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { functionOf, usesOf } from '../../private/uses';
import { visibilityProblems } from '../../private/visibility-timeouts';
import { writtenProperty } from '../../private/written';
import type { QueueSourceOptions } from '../function-source';
import type { FunctionWorkerProps } from '../function-worker';

/** Lambda's default timeout, in seconds. */
const DEFAULT_TIMEOUT = 3;

/** What Lambda recommends, so that it can retry a batch that was throttled: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const TIMEOUTS = 6;

/** How many batches of a standard queue Lambda processes at first: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const FIRST_INVOCATIONS = 5;

/** How many invocations a provisioned poller runs at the same time. */
const INVOCATIONS_OF_POLLER = 10;

/** A function and its mapping, as far as they are known at synthesis. */
export interface Timing {
  /** Seconds. */
  readonly timeout?: number;
  /** Seconds. */
  readonly window?: number;
}

/** What is wrong with the props, each by itself and compared with the others. */
export function propsProblems(scope: IConstruct, { source, function: worker }: FunctionWorkerProps): Problem[] {
  const { functionProps, existingFunction } = worker;
  const resource = existingFunction && functionOf(existingFunction, existingFunction.functionName);
  const timing = {
    timeout: existingFunction ? timeoutOf(resource) : functionProps?.timeout ? secondsOf(functionProps.timeout) : DEFAULT_TIMEOUT,
    window: secondsOf(source.maxBatchingWindow),
  };
  const reserved = existingFunction ? resource?.reservedConcurrentExecutions : functionProps?.reservedConcurrentExecutions;
  const maximum = source.concurrency?.maxConcurrency;
  return [
    ...at('source', source._check(scope)),
    ...at('function', existingFunction ? functionProblems(scope, source.sourceQueue, existingFunction) : newFunctionProblems(scope, functionProps!)),
    ...timingProblems(source.sourceQueue, timing, false),
    ...reservedProblems(reserved, maximum),
  ];
}

/** What is wrong with a queue as a source, and with its options. */
export function queueSourceProblems(scope: IConstruct, queue: sqs.IQueue, options: QueueSourceOptions): Problem[] {
  const { concurrency, filters } = options;
  return [
    ...at('queue', [
      ...arnProblems(queue.queueArn, 'sqs'),
      ...placeProblems('queue', queue.env, { ...placeOf(scope), only: 'region', because: 'where the function is' },
        'Lambda polls queues of its own Region only. Create the function there, or forward the messages to a queue here.'),
      // The function has a role of this account; it is created later.
      ...factsOf(queue).awsManagedKey ? awsManagedKeyProblems(queue, 'queue', 'encryption', new iam.AccountPrincipal(Stack.of(scope).account)) : [],
      ...unless(canRefer(Stack.of(scope), queue, queue.queueArn), () => ({
        prop: '',
        got: `'${queue.node.path}', whose name is only known at deployment, in another account`,
        allowed: 'a queue of the same account, or a queue with a queueName',
        fix: 'Specify a queueName, because a generated name is not known in another account.',
      })),
    ]),
    ...checkBounds(QUEUE_SOURCE, options),
    ...batchProblems(queue, options),
    ...at('concurrency', concurrency?._check() ?? []),
    ...filterProblems(filters),
  ];
}

function batchProblems(queue: sqs.IQueue, { batchSize, maxBatchingWindow }: QueueSourceOptions): Problem[] {
  const isLarge = (QUEUE_SOURCE.batchSize.known(batchSize) ?? 0) > SMALL_BATCH;
  if (queue.fifo) {
    return [
      ...unless(!isLarge, () => ({
        prop: 'batchSize', got: `${batchSize}, on the FIFO queue '${queue.node.path}'`, allowed: `1 to ${SMALL_BATCH} (inclusive)`, fix: 'Lambda has no larger batches of a FIFO queue.',
      })),
      ...unless(maxBatchingWindow === undefined, () => ({
        prop: 'maxBatchingWindow', got: `${describeDuration(maxBatchingWindow!)}, on the FIFO queue '${queue.node.path}'`, allowed: 'nothing for a FIFO queue', fix: 'Remove it.',
      })),
    ];
  }
  const hasWindow = maxBatchingWindow !== undefined && secondsOf(maxBatchingWindow) !== 0;
  return unless(!isLarge || hasWindow, () => ({
    prop: 'maxBatchingWindow',
    got: maxBatchingWindow ? describeDuration(maxBatchingWindow) : 'nothing',
    allowed: `at least 1 second with a batchSize of ${batchSize}`,
    fix: `Specify how long Lambda gathers messages, or a batchSize of at most ${SMALL_BATCH}.`,
  }));
}

function newFunctionProblems(scope: IConstruct, { timeout, role }: lambda.FunctionProps): Problem[] {
  return [
    ...checkBounds(NEW_FUNCTION, { timeout }),
    ...at('role', role ? placeProblems('role', role.env, { ...placeOf(scope), only: 'account', because: 'where the function is' }, 'Specify a role of that account.') : []),
  ];
}

function functionProblems(scope: IConstruct, queue: sqs.IQueue, handler: lambda.IFunction): Problem[] {
  const place = placeProblems('function', handler.env, { ...placeOf(scope), because: 'where the worker is' },
    'An event source mapping is in the account and Region of its function: create the worker in a stack there.');
  if (place.length > 0) return place;
  const resource = functionOf(handler, handler.functionName);
  if (resource && Stack.of(resource) !== Stack.of(scope)) {
    return [{
      prop: '',
      got: `'${handler.node.path}', of another stack`,
      allowed: 'a function of the stack of the worker, or an imported function',
      fix: 'The role refers to the queue and the worker to the function, so the two stacks could depend on each other. Create the worker in the stack of the function.',
    }];
  }
  if (handler.role === undefined) {
    return [{
      prop: '',
      got: `'${handler.node.path}', imported without its role`,
      allowed: 'a function with its role',
      fix: 'The role needs permissions on the queue. Import the function with lambda.Function.fromFunctionAttributes() and its role.',
    }];
  }
  return at('role', unnamedProblems(scope, 'grantConsumeMessages', queue, handler));
}

function timingProblems(queue: sqs.IQueue, timing: Timing, atSynthesis: boolean): Problem[] {
  const { timeout, window } = timing;
  const parts = [
    ...timeout === undefined ? [] : [`${TIMEOUTS} times the timeout of the function, ${describeDuration(Duration.seconds(timeout))}`],
    ...window === 0 ? [] : [window === undefined ? 'a batching window only known at deployment' : `the batching window of ${describeDuration(Duration.seconds(window))}`],
  ];
  return visibilityProblems(queue, knownVisibility(timing), `which is ${parts.join(', plus ')}`, atSynthesis);
}

/** The visibility timeout that a queue needs, in seconds, for as much of the timeout of the function and of the window as is known. */
export function knownVisibility({ timeout = 0, window = 0 }: Timing): number {
  return TIMEOUTS * timeout + window;
}

/** Whether all is known that decides which visibility timeout a queue needs. */
export function isKnown({ timeout, window }: Timing): boolean {
  return timeout !== undefined && window !== undefined;
}

/** What is known of the function and the mapping of a worker. Aspects and escape hatches can change them until the template is written. */
export function timingOf(handler: lambda.IFunction, mapping: lambda.EventSourceMapping): Timing {
  const resource = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  const window = writtenProperty(resource, 'MaximumBatchingWindowInSeconds', resource.maximumBatchingWindowInSeconds) ?? 0;
  return { timeout: timeoutOf(functionOf(handler, handler.functionName)), window: knownNumber(window) };
}

function timeoutOf(resource: lambda.CfnFunction | undefined): number | undefined {
  return resource && knownNumber(writtenProperty(resource, 'Timeout', resource.timeout) ?? DEFAULT_TIMEOUT);
}

/** Checks the template of a worker on a queue. */
export function writtenProblems(queue: sqs.IQueue, handler: lambda.IFunction, mapping: lambda.EventSourceMapping): Problem[] {
  const resource = functionOf(handler, handler.functionName);
  return [
    ...timingProblems(queue, timingOf(handler, mapping), true),
    ...pollerProblems(queue, mapping),
    ...envelopeProblems(queue, mapping),
    ...keyProblems(queue, handler),
    ...resource ? reservedProblems(reservedOf(resource), sumOfMaximums(resource)) : [],
  ];
}

/** Whether Lambda polls for a function that a reserved concurrency of 0 stops. */
export function isStopped(handler: lambda.IFunction, mapping: lambda.EventSourceMapping): boolean {
  const resource = functionOf(handler, handler.functionName);
  if (resource === undefined || reservedOf(resource) !== 0) return false;
  const polled = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  return writtenProperty(polled, 'Enabled', polled.enabled) !== false;
}

function reservedOf(resource: lambda.CfnFunction): unknown {
  return writtenProperty(resource, 'ReservedConcurrentExecutions', resource.reservedConcurrentExecutions);
}

/** Whether Lambda starts with more invocations than the function has reserved, and is not told a maximum. A FIFO queue starts with as many as it has message groups. */
export function isThrottled(queue: sqs.IQueue, handler: lambda.IFunction, mapping: lambda.EventSourceMapping): boolean {
  const resource = functionOf(handler, handler.functionName);
  const reserved = resource && knownNumber(reservedOf(resource));
  const polled = mapping.node.defaultChild as lambda.CfnEventSourceMapping;
  if (!reserved || writtenProperty(polled, 'ScalingConfig', polled.scalingConfig) !== undefined) return false;
  const pollers = writtenProperty(polled, 'ProvisionedPollerConfig', polled.provisionedPollerConfig) as Record<string, unknown> | undefined;
  if (pollers === undefined) return !queue.fifo && reserved < FIRST_INVOCATIONS;
  return reserved < INVOCATIONS_OF_POLLER * (knownNumber(pollers.minimumPollers ?? pollers.MinimumPollers) ?? 0);
}

/** Of all sources of the function, those that this library did not create included. */
function sumOfMaximums(handler: lambda.CfnFunction): number | undefined {
  const maximums = usesOf(handler, handler, 'mappings').flatMap(mapping => {
    const written = writtenProperty(mapping, 'ScalingConfig', (mapping as lambda.CfnEventSourceMapping).scalingConfig) as Record<string, unknown> | undefined;
    return knownNumber(written?.maximumConcurrency ?? written?.MaximumConcurrency) ?? [];
  });
  return maximums.length > 0 ? maximums.reduce((sum, one) => sum + one) : undefined;
}

function reservedProblems(reserved: unknown, maximum: number | undefined): Problem[] {
  const known = knownNumber(reserved);
  const most = knownNumber(maximum);
  // 0 stops the function on purpose.
  return unless(known === undefined || known === 0 || most === undefined || known >= most, () => ({
    prop: 'function.reservedConcurrentExecutions',
    got: describe(known),
    allowed: `at least ${most}, the maximum concurrency of all sources of the function`,
    fix: 'Lambda would throttle the function, and the messages would become dead letters without being processed. Reserve more, or lower the maximum concurrency.',
  }));
}

/** 0 without a value; undefined for a token. */
function secondsOf(value: Duration | undefined): number | undefined {
  if (value === undefined) return 0;
  return value.isUnresolved() ? undefined : value.toSeconds({ integral: false });
}

function knownNumber(value: unknown): number | undefined {
  return typeof value === 'number' && !Token.isUnresolved(value) ? value : undefined;
}
