import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { Step } from './draws';
import { asymmetricKey, awsManagedQueue, keys, plainQueues } from './existing';
import { Field, Mode, Value, args, bounded, either, leaf, map, nothing, oneOf, struct, textTokens, value } from './values';
import { Layer } from './world';
import { Encryption } from '../../../src/access';
import { Bound } from '../../../src/private/bounds';
import { MAX_NAME_LENGTH } from '../../../src/private/names';
import {
  DeadLetters, Deduplication, FifoThroughput, LargePayloads, Ordering, ReplyQueues, SharedDeadLetterQueue, WorkQueue,
} from '../../../src/queues';
import { DEAD_LETTERS, QUEUE_POLICY, SHARED_DEAD_LETTER_QUEUE, WORK_QUEUE } from '../../../src/queues/private/queue-bounds';
import { DURABLE_REPLY_QUEUES, TEMPORARY_REPLY_QUEUES } from '../../../src/queues/private/request-response-bounds';

/** A statement for the policy of a queue, with so many principals and bytes that the others of a draw fit as well. */
export const queueStatements: Field = leaf('queue policy', oneOf(
  statementOf(1, 0), statementOf(QUEUE_POLICY.principals.max / 2, 0), statementOf(1, QUEUE_POLICY.bytes.max / 4),
), oneOf(
  statementOf(QUEUE_POLICY.principals.max + 1, 0), statementOf(1, QUEUE_POLICY.bytes.max),
));

function statementOf(principals: number, bytes: number): Value {
  return value(`a statement of ${principals} principals and ${bytes} bytes`, () => new iam.PolicyStatement({
    sid: 'x'.repeat(bytes),
    actions: ['sqs:GetQueueUrl'],
    principals: [...Array(principals).keys()].map(index => new iam.ArnPrincipal(`arn:aws:iam::${777_788_880_000 + index}:root`)),
    resources: ['arn:aws:sqs:us-east-1:111122223333:jobs'],
  }));
}

export const removalPolicies = (prop: string = 'removalPolicy') => leaf(prop,
  fc.constantFrom(RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE).map(policy => value(`'${policy}'`, () => policy)),
  oneOf(value("'snapshot'", () => RemovalPolicy.SNAPSHOT)));

/** Reasons for doing without something. */
export const reasons = (prop: string) => leaf(prop, fc.constantFrom('It is a test', ' so ').map(text => value(`'${text}'`, () => text)),
  oneOf(value("''", () => ''), value("' '", () => ' ')));

export function orderings(fifo: boolean): Field {
  if (!fifo) return leaf('ordering', oneOf(value('Ordering.standard()', () => Ordering.standard())));
  const options = struct({
    deduplication: leaf('ordering.deduplication', fc.oneof(fc.constantFrom(...Object.values(Deduplication)).map(one => value(`'${one}'`, () => one)), nothing)),
    throughput: leaf('ordering.throughput', fc.oneof(fc.constantFrom(...Object.values(FifoThroughput)).map(one => value(`'${one}'`, () => one)), nothing)),
  });
  return either(map(options, 'Ordering.fifo', given => Ordering.fifo(given)), leaf('ordering', oneOf(value('Ordering.fifo()', () => Ordering.fifo()))));
}

const symmetricKeys = (prop: string): Field => leaf(prop, fc.oneof(oneOf(...keys), nothing), oneOf(asymmetricKey));

/** A customer key; without a key, one that the library creates. */
export const customerManaged: Field = map(symmetricKeys('encryption.key'), 'Encryption.customerManaged', key => Encryption.customerManaged(key));

const serviceManaged: Field = leaf('encryption', oneOf(value('Encryption.serviceManaged()', () => Encryption.serviceManaged())));

/** The props of a queue, with those of its encryption: the reuse of data keys is refused without a customer key. */
function withEncryption(props: Field, { dataKeyReuse }: typeof WORK_QUEUE | typeof SHARED_DEAD_LETTER_QUEUE): Field {
  const encryption = either(
    struct({ encryption: customerManaged, dataKeyReuse: bounded('dataKeyReuse', dataKeyReuse) }, ['encryption']),
    struct({ encryption: serviceManaged, dataKeyReuse: leaf('dataKeyReuse', nothing, oneOf(value('Duration.hours(1)', () => Duration.hours(1)))) }),
  );
  return map(args(props, encryption), '', ([given, encrypted]) => ({ ...given, ...encrypted }));
}

const maxReceiveCount = bounded('deadLetters.maxReceiveCount', DEAD_LETTERS.maxReceiveCount);

/**
 * The queues of a valid draw keep messages for longer than any delay, for at most 7 days, and dead letters for longer, so that they do not
 * contradict one another.
 */
function retentions(prop: string, bound: Bound<Duration, Duration, Duration>, range: { min?: Duration; max?: Duration; token: Duration }): Field {
  const [any, some] = [bounded(prop, bound), bounded(prop, bound, range)];
  return { canFail: true, draw: mode => (mode === 'wild' ? any : some).draw(mode) };
}

const retention = (fifo: boolean) => retentions('retention', WORK_QUEUE.retention, {
  min: Duration.seconds(901), max: Duration.days(fifo ? 14 : 7), token: Duration.hours(1),
});

const deadLetterRetention = (fifo: boolean) => retentions('deadLetters.retention', DEAD_LETTERS.retention, {
  min: fifo ? undefined : Duration.seconds(7 * 86_400 + 1), token: Duration.days(14),
});

export function deadLetters(fifo: boolean, layer: Layer): Field {
  const other = (text: string, props: sqs.QueueProps) => value(text, world => world.make('base', (scope, id) => new sqs.Queue(scope, id, { fifo: fifo || undefined, ...props })));
  const shared = value('a shared dead-letter queue', world => world.once(`shared ${fifo}`, layer, (scope, id) => new SharedDeadLetterQueue(scope, id, { ordering: fifo ? Ordering.fifo() : Ordering.standard() })));
  const receiving = (queue: Field, name: string, make: (queue: any, given: any) => DeadLetters) => map(
    args(queue, maxReceiveCount), name, ([given, rest]) => make(given, rest),
  );
  return either(
    leaf('deadLetters', oneOf(value('DeadLetters.dedicated()', () => DeadLetters.dedicated()))),
    map(struct({ maxReceiveCount, retention: deadLetterRetention(fifo) }), 'DeadLetters.dedicated', given => DeadLetters.dedicated(given)),
    receiving(leaf('deadLetters', oneOf(shared), oneOf(
      value('one of the other kind', world => world.once(`shared ${!fifo}`, layer, (scope, id) => new SharedDeadLetterQueue(scope, id, { ordering: fifo ? Ordering.standard() : Ordering.fifo() }))),
    )), 'DeadLetters.shared', (queue, given) => DeadLetters.shared(queue, given)),
    receiving(leaf('deadLetters', oneOf(...plainQueues(fifo, 'base')), oneOf(
      ...plainQueues(!fifo, 'base'), other('one that denies every queue', { retentionPeriod: Duration.days(14), redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL } }),
      value('that of a work queue', world => world.make('base', (scope, id) => new WorkQueue(scope, id, { ordering: fifo ? Ordering.fifo() : Ordering.standard() }).deadLetterQueue)),
      ...fifo ? [] : [other('one that keeps messages for a minute', { retentionPeriod: Duration.seconds(60) })],
    ), oneOf(...awsManagedQueue('base'))), 'DeadLetters.existing', (queue, given) => DeadLetters.existing(queue, given)),
    map(reasons('deadLetters'), 'DeadLetters.none', given => DeadLetters.none(given)),
  );
}

/** An expiration in days that is longer than any draw keeps messages, or too short for each. */
const expiration = leaf('largePayloads.expiration', fc.oneof(fc.constantFrom(29, 60, 400).map(days => value(`Duration.days(${days})`, () => Duration.days(days))), nothing), oneOf(
  value('Duration.days(0)', () => Duration.days(0)), value('Duration.hours(25)', () => Duration.hours(25)),
), fc.constantFrom(1, 15).map(days => value(`Duration.days(${days})`, () => Duration.days(days))));

const largePayloads: Field = either(
  map(struct({ expiration, removalPolicy: removalPolicies('largePayloads.removalPolicy') }), 'LargePayloads.dedicated', given => LargePayloads.dedicated(given)),
  leaf('largePayloads', nothing),
  map(args(
    leaf('largePayloads.bucket', oneOf(
      value('a bucket', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { enforceSSL: true }))),
      value('a bucket with a key', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { encryption: s3.BucketEncryption.KMS, enforceSSL: true }))),
      value('a bucket by its name', world => world.make('current', (scope, id) => s3.Bucket.fromBucketName(scope, id, 'their-payloads'))),
    )),
    // No parameter: the policy of a bucket in another stack could not name it.
    leaf('largePayloads.keyPrefix', fc.oneof(oneOf(value("'jobs/'", () => 'jobs/'), value("Lazy('jobs/')", world => world.lazyText('jobs/'))), nothing), oneOf(value("''", () => ''), value("'*'", () => '*'))),
  ), 'LargePayloads.existing', ([bucket, keyPrefix]) => LargePayloads.existing(bucket, keyPrefix)),
);

export const queueNames = (fifo: boolean): Field => {
  const suffix = fifo ? '.fifo' : '';
  const max = MAX_NAME_LENGTH.queue - suffix.length;
  const texts = (...names: string[]) => fc.constantFrom(...names).map(name => value(`'${name}'`, () => name));
  return leaf('queueName', fc.oneof(
    fc.oneof(fc.stringMatching(new RegExp(`^[A-Za-z0-9_-]{1,${max}}$`)), fc.constant('a'.repeat(max))).map(name =>
      value(`'${name}${suffix}'`, world => world.distinct(name) + suffix)),
    ...fifo ? [oneOf(value('Lazy + .fifo', world => `${world.lazyText('jobs')}.fifo`))] : [textTokens('jobs')],
    nothing,
  ), fc.oneof(
    texts('', 'a'.repeat(max + 1) + suffix, 'two words', 'a.b', 'ä', 'one\nline', fifo ? 'jobs' : 'jobs.fifo', '.fifo'),
    oneOf(fifo ? value('Lazy', world => world.lazyText('jobs.fifo')) : value('Lazy + .fifo', world => `${world.lazyText('jobs')}.fifo`)),
  ));
};

export function workQueueProps(fifo: boolean, layer: Layer): Field {
  return withEncryption(struct({
    ordering: orderings(fifo),
    deadLetters: deadLetters(fifo, layer),
    visibilityTimeout: bounded('visibilityTimeout', WORK_QUEUE.visibilityTimeout),
    deliveryDelay: bounded('deliveryDelay', WORK_QUEUE.deliveryDelay),
    retention: retention(fifo),
    receiveMessageWaitTime: bounded('receiveMessageWaitTime', WORK_QUEUE.receiveMessageWaitTime),
    maxMessageSize: bounded('maxMessageSize', WORK_QUEUE.maxMessageSize),
    largePayloads,
    queueName: queueNames(fifo),
    removalPolicy: removalPolicies(),
  }, fifo ? ['ordering'] : []), WORK_QUEUE);
}

export const sharedProps = (fifo: boolean): Field => withEncryption(struct({
  ordering: orderings(fifo),
  retention: retentions('retention', SHARED_DEAD_LETTER_QUEUE.retention, { min: Duration.seconds(7 * 86_400 + 1), token: Duration.days(14) }),
  removalPolicy: removalPolicies(),
}, fifo ? ['ordering'] : []), SHARED_DEAD_LETTER_QUEUE);

/** Props within a prop: what is wrong with them is named with it. */
const within = (prop: string, field: Field): Field => ({
  canFail: field.canFail,
  draw: mode => field.draw(mode).map(one => new Value(one.text, one.make, one.faults.map(fault => `${prop}.${fault}`))),
});

const logRetention = leaf('replies.logRetention', fc.oneof(oneOf(value('logs.RetentionDays.ONE_DAY', () => logs.RetentionDays.ONE_DAY)), nothing));

/** The props of a request queue, with durable or temporary reply queues. */
export function requestResponseProps(fifo: boolean, temporary: boolean, layer: Layer): Field {
  const replies = temporary
    ? map(struct({
      orphanedAfter: bounded('replies.orphanedAfter', TEMPORARY_REPLY_QUEUES.orphanedAfter),
      sweepInterval: bounded('replies.sweepInterval', TEMPORARY_REPLY_QUEUES.sweepInterval),
      logRetention,
    }), 'ReplyQueues.temporary', given => ReplyQueues.temporary(given))
    : map(struct({ retention: bounded('replies.retention', DURABLE_REPLY_QUEUES.retention) }), 'ReplyQueues.durable', given => ReplyQueues.durable(given));
  return struct({ requests: within('requests', workQueueProps(fifo, layer)), replies }, temporary ? ['replies'] : []);
}

/** A step whose argument is drawn in a mode. */
export function step(mode: Mode, what: string, layer: Layer, field: Field, use: Step['use']): fc.Arbitrary<Step> {
  return field.draw(mode).map(given => ({ what, layer, given, use }));
}

/** A step whose faults are found when the template is written. */
export function lateStep(mode: Mode, what: string, layer: Layer, field: Field, use: Step['use']): fc.Arbitrary<Step> {
  return step(mode, what, layer, field, use).map(one => ({ ...one, isLate: true }));
}

/** Steps of which, in a faulty draw, one is at fault. */
export function oneFault(mode: Mode, ...all: ((mode: Mode) => fc.Arbitrary<Step | undefined>)[]): fc.Arbitrary<Step[]> {
  const build = (modes: Mode[]) => fc.tuple(...all.map((one, index) => one(modes[index]))).map(steps => steps.filter(one => one !== undefined));
  if (mode !== 'fault') return build(all.map(() => mode));
  return fc.nat(all.length - 1).chain(culprit => build(all.map((_, index) => index === culprit ? 'fault' : 'valid')));
}

/** Props that may be left out as a whole. */
export const orNothing = (field: Field): Field => ({
  canFail: field.canFail,
  draw: mode => mode === 'wild' ? fc.oneof({ arbitrary: field.draw(mode), weight: 40 }, { arbitrary: nothing, weight: 1 }) : field.draw(mode),
});
