import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as fc from 'fast-check';
import { awsManagedQueue, keys, plainQueues, queuesWithDeadLetters, topicElsewhere, topics } from './existing';
import { reasons, removalPolicies, workQueueProps } from './queues';
import { Field, Value, either, integers, junk, leaf, map, notDurations, notIntegers, nothing, nullish, numberTokens, oneOf, struct, textTokens, value } from './values';
import { ACCOUNT } from './world';
import { ServiceSource } from '../../../src/access';
import { FanOutTopic, FifoFanOutTopic, FilterPolicy, Replay, SubscriptionDeadLetters, TopicEncryption } from '../../../src/fanout';
import { Deduplication, FifoThroughput, Ordering } from '../../../src/queues';

const publishers = (fifo: boolean): Field => {
  const bucket = value('[bucket]', world => [ServiceSource.bucket(world.make('base', (scope, id) => new s3.Bucket(scope, id)))]);
  const good = [
    value('[]', () => []), value('[alarms]', () => [ServiceSource.alarms()]),
    value('[alarms, pipes]', () => [ServiceSource.alarms(), ServiceSource.of({ service: 'ses.amazonaws.com', sourceArn: `arn:aws:ses:eu-west-1:${ACCOUNT}:identity/mine` })]),
    ...fifo ? [] : [bucket],
  ];
  const element = (text: string, make: () => unknown) => value(`[${text}]`, () => [make()]);
  return leaf('topic.publishers', oneOf(...good), fc.oneof(oneOf(
    element('undefined', () => undefined), element("'text'", () => 'text'), element('of({})', () => ServiceSource.of({} as any)),
    value('[a rule]', world => [ServiceSource.rule(world.make('base', (scope, id) => ({ node: scope.node, ruleArn: `arn:aws:events:eu-west-1:${ACCOUNT}:rule/${id}` } as any)))]),
    value('[a topic]', world => [ServiceSource.topic(world.make('base', (scope, id) => new sns.Topic(scope, id)))]),
    value('[bucket(undefined)]', () => [ServiceSource.bucket(undefined as any)]),
    ...fifo ? [bucket] : [],
  ), junk('[]')), nullish);
};

const topicNames = (fifo: boolean): Field => {
  const texts = (...names: string[]) => fc.constantFrom(...names).map(name => value(`'${name}'`, () => name));
  const suffix = fifo ? '.fifo' : '';
  return leaf('topic.topicName', fc.oneof(texts(`orders${suffix}`, 'a'.repeat(256 - suffix.length) + suffix), nothing, ...fifo ? [] : [textTokens('orders')]),
    fc.oneof(texts('', 'two words', 'a'.repeat(257 - suffix.length) + suffix, fifo ? 'orders' : 'orders.fifo', 'ä'), junk("'text'")), fc.oneof(nullish, textTokens('orders.fifo')));
};

const topicEncryption: Field = either(
  leaf('topic.encryption', oneOf(value('TopicEncryption.customerManaged()', () => TopicEncryption.customerManaged())), junk(), fc.oneof(nullish, oneOf(value('TopicEncryption.awsManaged()', () => TopicEncryption.awsManaged())))),
  map(leaf('topic.encryption', fc.oneof(oneOf(...keys), nothing), junk(), nullish), 'TopicEncryption.customerManaged', key => TopicEncryption.customerManaged(key)),
);

const logging: Field = leaf('topic.loggingConfigs', fc.oneof(oneOf(value('[]', () => [])), integers(0, 100).map(rate => value(`[rate ${rate.text}]`, world => [{
  protocol: sns.LoggingProtocol.SQS,
  successFeedbackSampleRate: rate.make(world),
  successFeedbackRole: world.make('base', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('sns.amazonaws.com') })),
}]))), fc.oneof(fc.oneof(notIntegers(0, 100), numberTokens(50)).map(rate => value(`[rate ${rate.text}]`, world => [{ protocol: sns.LoggingProtocol.SQS, successFeedbackSampleRate: rate.make(world) }])), junk('[]', '[undefined]')),
fc.oneof(nullish, oneOf(value('[undefined]', () => [undefined]), value('[{}]', () => [{}]), value('[null]', () => [null]), value("['text']", () => ['text']))));

function topicFields(fifo: boolean): Record<string, Field> {
  return {
    encryption: topicEncryption,
    publishers: publishers(fifo),
    displayName: leaf('topic.displayName', fc.oneof(fc.constantFrom('', 'Orders', 'x'.repeat(100)).map(text => value(`'${text}'`, () => text)), textTokens('Orders'), nothing),
      fc.oneof(oneOf(value('101 characters', () => 'x'.repeat(101))), junk("'text'", "''")), nullish),
    topicName: topicNames(fifo),
    loggingConfigs: logging,
    removalPolicy: removalPolicies('topic.removalPolicy'),
  };
}

const otherKind = (fifo: boolean) => fc.oneof(oneOf(...topics(!fifo, 'base'), value('undefined', () => undefined)), junk());

export function fanOutProps(): Field {
  return struct({
    topic: either(
      map(struct({
        ...topicFields(false),
        tracingConfig: leaf('topic.tracingConfig', oneOf(...Object.values(sns.TracingConfig).map(one => value(`'${one}'`, () => one))), junk(), nullish),
      }), 'FanOutTopic.create', given => FanOutTopic.create(given)),
      leaf('topic', oneOf(value('FanOutTopic.create()', () => FanOutTopic.create()), value('FanOutTopic.create(awsManaged())', () => FanOutTopic.create({ encryption: TopicEncryption.awsManaged() }))), junk(), fc.oneof(nullish, oneOf(value('FanOutTopic.create(null)', () => FanOutTopic.create(null as any))))),
      map(leaf('topic', oneOf(...topics(false)), otherKind(false), fc.oneof(nullish, oneOf(topicElsewhere(false)))), 'FanOutTopic.existing', topic => FanOutTopic.existing(topic)),
    ),
  });
}

/** @param archived whether the topic keeps an archive, so that it can be replayed */
export function fifoFanOutProps(archived: boolean): Field {
  const days = fc.oneof(fc.constantFrom(1, 2, 365), fc.integer({ min: 1, max: 365 })).map(n => value(`Duration.days(${n})`, () => Duration.days(n)));
  const created = map(struct({
    ...topicFields(true),
    deduplication: leaf('topic.deduplication', fc.oneof(oneOf(...Object.values(Deduplication).map(one => value(`'${one}'`, () => one))), nothing), junk(), nullish),
    throughput: leaf('topic.throughput', fc.oneof(oneOf(...Object.values(FifoThroughput).map(one => value(`'${one}'`, () => one))), nothing), junk(), nullish),
    archiveRetention: leaf('topic.archiveRetention', archived ? days : fc.oneof(days, nothing), fc.oneof(notDurations(86_400, 365 * 86_400), oneOf(
      value('Duration.days(Lazy)', world => Duration.days(world.lazyNumber(7))), value('Duration.hours(36)', () => Duration.hours(36)))), nullish),
  }, archived ? ['archiveRetention'] : []), 'FifoFanOutTopic.create', given => FifoFanOutTopic.create(given));
  if (archived) return struct({ topic: created }, ['topic']);
  return struct({
    topic: either(
      created,
      leaf('topic', oneOf(value('FifoFanOutTopic.create()', () => FifoFanOutTopic.create())), junk(), fc.oneof(nullish, oneOf(value('FifoFanOutTopic.create(null)', () => FifoFanOutTopic.create(null as any))))),
      map(leaf('topic', oneOf(...topics(true)), otherKind(true), fc.oneof(nullish, oneOf(topicElsewhere(true)))), 'FifoFanOutTopic.existing', topic => FifoFanOutTopic.existing(topic)),
    ),
  });
}

const strings = (...allowlist: string[]) => sns.SubscriptionFilter.stringFilter({ allowlist });

export const filterPolicies: Field = leaf('filterPolicy', fc.oneof(
  fc.integer({ min: 1, max: 5 }).map(n => value(`onAttributes(${n} keys)`, () => FilterPolicy.onAttributes(Object.fromEntries([...Array(n).keys()].map(i => [`k${i}`, strings('a')]))))),
  oneOf(
    value('onAttributes(150 values)', () => FilterPolicy.onAttributes({ kind: strings(...[...Array(150).keys()].map(String)) })),
    value('onAttributes(numbers)', () => FilterPolicy.onAttributes({ price: sns.SubscriptionFilter.numericFilter({ between: { start: -1e9, stop: 1e9 } }), gone: sns.SubscriptionFilter.notExistsFilter() })),
    value('onAttributes(Lazy)', world => FilterPolicy.onAttributes({ kind: strings(world.lazyText('paid')) })),
    value('onBody(nested)', () => FilterPolicy.onBody({ order: sns.FilterOrPolicy.policy({ state: sns.FilterOrPolicy.filter(strings('paid', 'sent')) }) })),
    value('undefined', () => undefined),
  ),
), fc.oneof(oneOf(
  value('onAttributes(6 keys)', () => FilterPolicy.onAttributes(Object.fromEntries([...Array(6).keys()].map(i => [`k${i}`, strings('a')])))),
  value('onAttributes({})', () => FilterPolicy.onAttributes({})),
  value('onAttributes(null)', () => FilterPolicy.onAttributes(null as any)),
  value('onAttributes([])', () => FilterPolicy.onAttributes([] as any)),
  value("onAttributes({ k: 'text' })", () => FilterPolicy.onAttributes({ k: 'text' } as any)),
  value('onAttributes({ k: undefined })', () => FilterPolicy.onAttributes({ k: undefined } as any)),
  value('onAttributes(151 values)', () => FilterPolicy.onAttributes({ kind: strings(...[...Array(151).keys()].map(String)) })),
  value('onAttributes(4 wildcards)', () => FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ matchPrefixes: ['a'] }), more: { conditions: [{ wildcard: '*a*b*c*' }] } as any })),
  value('onAttributes(a large number)', () => FilterPolicy.onAttributes({ price: sns.SubscriptionFilter.numericFilter({ greaterThan: 1e9 + 1 }) })),
  value('onAttributes(300 KB)', () => FilterPolicy.onAttributes({ kind: strings('x'.repeat(300_000)) })),
  value('onAttributes({ k: { conditions: [null] } })', () => FilterPolicy.onAttributes({ k: { conditions: [null] } as any })),
  value('onBody({ a: {} })', () => FilterPolicy.onBody({ a: sns.FilterOrPolicy.policy({}) })),
  value('onBody({ a: null })', () => FilterPolicy.onBody({ a: null } as any)),
  value('onBody(filter without conditions)', () => FilterPolicy.onBody({ a: sns.FilterOrPolicy.filter({ conditions: [] } as any) })),
), junk()), nullish);

const replays = (archived: boolean, prop: (inner: string) => string): Field => {
  const since = value('Replay.since()', () => Replay.since(new Date('2026-01-01T00:00:00Z')));
  const between = value('Replay.between()', () => Replay.between(new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')));
  const wrong = oneOf(
    value('Replay.since(invalid)', () => Replay.since(new Date('never'))), value("Replay.since('2026')", () => Replay.since('2026' as any)),
    value('Replay.between(swapped)', () => Replay.between(new Date(1), new Date(0))), value('Replay.between(one)', () => Replay.between(new Date(1), undefined as any)),
  );
  return archived ? leaf(prop('replay'), fc.oneof(oneOf(since, between), nothing), fc.oneof(wrong, junk()), nullish) : leaf(prop('replay'), nothing, oneOf(since, between), nullish);
};

/**
 * How a queue is subscribed.
 *
 * @param same whether the queue has a dead-letter queue of the kind of the topic
 */
export function subscriptionFields(fifo: boolean, same: boolean, layer: 'topic' | 'queue', archived?: boolean, replayProp: (inner: string) => string = inner => inner): Record<string, Field> {
  const prop = 'subscriptionDeadLetters';
  const sameAsQueue = value('SubscriptionDeadLetters.sameAsQueue()', () => SubscriptionDeadLetters.sameAsQueue());
  return {
    filterPolicy: filterPolicies,
    rawMessageDelivery: leaf('rawMessageDelivery', oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined)), junk('true'), nullish),
    subscriptionDeadLetters: either(
      leaf(prop, oneOf(value('SubscriptionDeadLetters.dedicated()', () => SubscriptionDeadLetters.dedicated()), ...same ? [sameAsQueue] : []),
        junk(), fc.oneof(nullish, oneOf(sameAsQueue))),
      map(leaf(prop, oneOf(...plainQueues(fifo, layer).slice(0, 4)), fc.oneof(oneOf(...plainQueues(!fifo, layer), ...awsManagedQueue(layer), value('undefined', () => undefined)), junk()), nullish),
        'SubscriptionDeadLetters.existing', queue => SubscriptionDeadLetters.existing(queue)),
      map(reasons(prop), 'SubscriptionDeadLetters.none', reason => SubscriptionDeadLetters.none(reason)),
    ),
    ...archived === undefined ? {} : { replay: replays(archived, replayProp) },
  };
}

/** The props of a queue that a fan-out makes: those of the queue and those of its subscription in one. */
export function fanOutQueue(topicFifo: boolean, queueFifo: boolean, archived?: boolean): Field {
  const queue = workQueueProps(queueFifo, 'topic');
  return {
    canFail: true,
    draw: mode => {
      const failing = mode === 'fault' ? fc.boolean() : fc.constant(false);
      // A subscription has its dead letters where the queue has them, unless the queue has none or those of the other kind.
      const subscription = struct(subscriptionFields(topicFifo, false, 'topic', archived, archived === false ? () => "addQueue('Queue').replay" : inner => inner));
      return failing.chain(first => fc.tuple(queue.draw(mode === 'fault' ? first ? 'fault' : 'valid' : mode), subscription.draw(mode === 'fault' ? first ? 'valid' : 'fault' : mode)))
        .map(([a, b]) => new Value(`${a.text} + ${b.text}`, world => {
          const given = { ...a.make(world), ...b.make(world) };
          // In a FIFO fan-out a standard queue has to say so, and a FIFO queue inherits.
          return topicFifo && !queueFifo && !('ordering' in given) ? { ...given, ordering: Ordering.standard() } : given;
        }, [...a.faults, ...b.faults]));
    },
  };
}


export const existingQueues = (fifo: boolean, layer: 'topic' | 'queue'): Field => leaf('queue', oneOf(...plainQueues(fifo, layer), ...fifo ? [] : queuesWithDeadLetters(layer)),
  fc.oneof(oneOf(...awsManagedQueue(layer), value('undefined', () => undefined)), junk()), nullish);

