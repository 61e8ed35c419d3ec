import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { Step } from './draws';
import { asymmetricKey, awsManagedQueue, keys, plainQueues } from './existing';
import {
  Field, Mode, durationField, durations, either, integers, junk, leaf, map, notDurations, notIntegers, nothing, nullish, oneOf, struct, textTokens,
  value,
} from './values';
import { Layer } from './world';
import { DeadLetters, Deduplication, Encryption, FifoThroughput, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../../src/queues';

const DAY = 86_400;
const KIB = 1024;

/** `null` in place of a struct or a value with a default: nothing for some, wrong for others, never a crash. */
export const removalPolicies = (prop: string = 'removalPolicy') => leaf(prop,
  fc.constantFrom(RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE).map(policy => value(`'${policy}'`, () => policy)),
  fc.oneof(oneOf(value("'snapshot'", () => RemovalPolicy.SNAPSHOT)), junk()), nullish);

/** Reasons for doing without something. */
export const reasons = (prop: string) => leaf(prop, fc.constantFrom('It is a test', ' so ').map(text => value(`'${text}'`, () => text)),
  oneOf(value("''", () => ''), value("' '", () => ' '), value('undefined', () => undefined), value('42', () => 42)), nullish);

export function orderings(fifo: boolean): Field {
  const options = struct({
    deduplication: leaf('ordering.deduplication', fc.oneof(fc.constantFrom(...Object.values(Deduplication)).map(one => value(`'${one}'`, () => one)), nothing), junk(), nullish),
    throughput: leaf('ordering.throughput', fc.oneof(fc.constantFrom(...Object.values(FifoThroughput)).map(one => value(`'${one}'`, () => one)), nothing), junk(), nullish),
  });
  const kind = fifo ? map(options, 'Ordering.fifo', given => Ordering.fifo(given)) : leaf('ordering', oneOf(value('Ordering.standard()', () => Ordering.standard())));
  return either(kind, leaf('ordering', fifo ? oneOf(value('Ordering.fifo()', () => Ordering.fifo())) : oneOf(value('Ordering.standard()', () => Ordering.standard())), junk(),
    fc.oneof(nullish, oneOf(value('Ordering.fifo(null)', () => Ordering.fifo(null as any))))));
}

export const symmetricKeys = (prop: string): Field => leaf(prop, fc.oneof(oneOf(...keys), nothing), fc.oneof(
  oneOf(asymmetricKey), junk(),
), nullish);

export const encryptions: Field = either(
  leaf('encryption', oneOf(value('Encryption.sqsManaged()', () => Encryption.sqsManaged()), value('Encryption.customerManaged()', () => Encryption.customerManaged())), junk(),
    fc.oneof(nullish, oneOf(value('Encryption.customerManaged(null)', () => Encryption.customerManaged(null as any))))),
  map(struct({
    key: symmetricKeys('encryption.key'),
    dataKeyReuse: durationField('encryption.dataKeyReuse', 60, DAY, 300),
  }), 'Encryption.customerManaged', given => Encryption.customerManaged(given)),
);

const maxReceiveCount = leaf('deadLetters.maxReceiveCount', integers(1, 1000, 5), notIntegers(1, 1000), nullish);

/** The queues of a valid draw keep messages for longer than any delay, for at most 7 days, and dead letters for longer, so that they do not contradict one another. */
const retention = (fifo: boolean): Field => ({
  canFail: true,
  draw: mode => leaf('retention', mode === 'wild' ? durations(60, 14 * DAY, 60) : durations(901, fifo ? 14 * DAY : 7 * DAY, 3600), notDurations(60, 14 * DAY), nullish).draw(mode),
});

const deadLetterRetention = (fifo: boolean): Field => ({
  canFail: true,
  draw: mode => leaf('deadLetters.retention', mode === 'wild' || fifo ? durations(60, 14 * DAY, 14 * DAY) : durations(7 * DAY + 1, 14 * DAY, 14 * DAY), notDurations(60, 14 * DAY), nullish).draw(mode),
});

export function deadLetters(fifo: boolean, layer: Layer): Field {
  const other = (text: string, props: sqs.QueueProps) => value(text, world => world.make('base', (scope, id) => new sqs.Queue(scope, id, { fifo: fifo || undefined, ...props })));
  const shared = value('a shared dead-letter queue', world => world.once(`shared ${fifo}`, layer, (scope, id) => new SharedDeadLetterQueue(scope, id, { ordering: fifo ? Ordering.fifo() : Ordering.standard() })));
  const options = struct({ maxReceiveCount });
  const receiving = (prop: Field, name: string, make: (queue: any, given: any) => DeadLetters) => map(
    struct({ queue: prop, options }, ['queue']), name, given => make(given.queue, given.options));
  return either(
    leaf('deadLetters', oneOf(value('DeadLetters.dedicated()', () => DeadLetters.dedicated())), junk(), fc.oneof(nullish, oneOf(
      value('DeadLetters.dedicated(null)', () => DeadLetters.dedicated(null as any)),
      value('DeadLetters.existing(undefined, null)', () => DeadLetters.existing(undefined as any, null as any)),
    ))),
    map(struct({ maxReceiveCount, retention: deadLetterRetention(fifo) }), 'DeadLetters.dedicated', given => DeadLetters.dedicated(given)),
    receiving(leaf('deadLetters', oneOf(shared), fc.oneof(
      oneOf(value('one of the other kind', world => world.once(`shared ${!fifo}`, layer, (scope, id) => new SharedDeadLetterQueue(scope, id, { ordering: fifo ? Ordering.standard() : Ordering.fifo() }))), value('undefined', () => undefined)),
      junk()), nullish), 'DeadLetters.shared', (queue, given) => DeadLetters.shared(queue, given)),
    receiving(leaf('deadLetters', oneOf(...plainQueues(fifo, 'base')), fc.oneof(
      oneOf(...plainQueues(!fifo, 'base'), other('one that denies every queue', { retentionPeriod: Duration.days(14), redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL } }),
        value('that of a work queue', world => world.make('base', (scope, id) => new WorkQueue(scope, id, { ordering: fifo ? Ordering.fifo() : Ordering.standard() }).deadLetterQueue)),
        value('undefined', () => undefined),
        ...fifo ? [] : [other('one that keeps messages for a minute', { retentionPeriod: Duration.seconds(60) })]),
      junk(),
    ), fc.oneof(nullish, oneOf(...awsManagedQueue('base')))), 'DeadLetters.existing', (queue, given) => DeadLetters.existing(queue, given)),
    map(reasons('deadLetters'), 'DeadLetters.none', given => DeadLetters.none(given)),
  );
}

const sizes = (prop: string, min: number, max: number): Field => leaf(prop, fc.oneof(
  fc.oneof(fc.constantFrom(min, min + 1, max), fc.integer({ min, max })).map(bytes => value(`Size.bytes(${bytes})`, () => Size.bytes(bytes))),
  fc.constantFrom(1, 64, 256, 1024).map(kib => value(`Size.kibibytes(${kib})`, () => Size.kibibytes(kib))),
  oneOf(value('Size.bytes(Lazy)', world => Size.bytes(world.lazyNumber(65_536))), value('Size.bytes(CfnParameter)', world => Size.bytes(world.numberParameter(65_536)))),
  nothing,
), fc.oneof(
  fc.constantFrom(0, min - 1, max + 1, min + 0.5).map(bytes => value(`Size.bytes(${bytes})`, () => Size.bytes(bytes))),
  oneOf(value('Size.kibibytes(Lazy)', world => Size.kibibytes(world.lazyNumber(64))), value('Size.gibibytes(9)', () => Size.gibibytes(9))),
  junk('Size.mebibytes(2)'),
), nullish);

const queueNames = (fifo: boolean): Field => {
  const suffix = fifo ? '.fifo' : '';
  const texts = (...names: string[]) => fc.constantFrom(...names).map(name => value(`'${name}'`, () => name));
  return leaf('queueName', fc.oneof(
    fc.stringMatching(fifo ? /^[A-Za-z0-9_-]{1,75}$/ : /^[A-Za-z0-9_-]{1,80}$/).map(name => value(`'${name}${suffix}'`, () => name + suffix)),
    texts('a'.repeat(80 - suffix.length) + suffix),
    ...fifo ? [oneOf(value('Lazy + .fifo', world => `${world.lazyText('jobs')}.fifo`))] : [textTokens('jobs')],
    nothing,
  ), fc.oneof(
    texts('', 'a'.repeat(81 - suffix.length) + suffix, 'two words', 'a.b', 'ä', 'one\nline', fifo ? 'jobs' : 'jobs.fifo', '.fifo'),
    oneOf(fifo ? value('Lazy', world => world.lazyText('jobs.fifo')) : value('Lazy + .fifo', world => `${world.lazyText('jobs')}.fifo`)),
    junk("'text'"),
  ), nullish);
};

export function workQueueProps(fifo: boolean, layer: Layer): Field {
  return struct({
    ordering: orderings(fifo),
    deadLetters: deadLetters(fifo, layer),
    encryption: encryptions,
    visibilityTimeout: durationField('visibilityTimeout', 0, 12 * 3600, 30),
    deliveryDelay: durationField('deliveryDelay', 0, 900, 0),
    retention: retention(fifo),
    receiveMessageWaitTime: durationField('receiveMessageWaitTime', 0, 20, 20),
    maxMessageSize: sizes('maxMessageSize', KIB, KIB * KIB),
    queueName: queueNames(fifo),
    removalPolicy: removalPolicies(),
  }, fifo ? ['ordering'] : []);
}

export const sharedProps = (fifo: boolean): Field => struct({
  ordering: orderings(fifo),
  encryption: encryptions,
  retention: { canFail: true, draw: mode => leaf('retention', mode === 'wild' ? durations(60, 14 * DAY, 14 * DAY) : durations(7 * DAY + 1, 14 * DAY, 14 * DAY), notDurations(60, 14 * DAY), nullish).draw(mode) },
  removalPolicy: removalPolicies(),
}, fifo ? ['ordering'] : []);

/** A step whose argument is drawn in a mode. */
export function step(mode: Mode, what: string, layer: Layer, field: Field, use: Step['use']): fc.Arbitrary<Step> {
  return field.draw(mode).map(given => ({ what, layer, given, use }));
}

/** Steps of which, in a faulty draw, one is at fault. */
export function oneFault(mode: Mode, ...all: ((mode: Mode) => fc.Arbitrary<Step | undefined>)[]): fc.Arbitrary<Step[]> {
  const build = (modes: Mode[]) => fc.tuple(...all.map((one, index) => one(modes[index]))).map(steps => steps.filter(one => one !== undefined));
  if (mode !== 'fault') return build(all.map(() => mode));
  return fc.nat(all.length - 1).chain(culprit => build(all.map((_, index) => index === culprit ? 'fault' : 'valid')));
}

/** Whole props that are no object. */
export const wholeJunk = (field: Field): Field => ({
  canFail: field.canFail,
  draw: mode => mode === 'wild' ? fc.oneof({ arbitrary: field.draw(mode), weight: 40 }, { arbitrary: fc.oneof(nullish, nothing), weight: 1 }) : field.draw(mode),
});
