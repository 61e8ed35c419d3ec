import { Duration, Size } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ses from 'aws-cdk-lib/aws-ses';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { awsManagedQueue, plainQueues, queuesWithDeadLetters, topicElsewhere, topics } from './existing';
import { customerManaged, reasons, removalPolicies, workQueueProps } from './queues';
import { Field, Value, allowedBy, bounded, either, leaf, map, nothing, numberTokens, oneOf, refusedBy, struct, textTokens, value } from './values';
import { ACCOUNT } from './world';
import { Encryption, ServiceSource } from '../../../src/access';
import { FanOut, FifoFanOut, FilterPolicy, Replay, SubscriptionDeadLetters } from '../../../src/fanout';
import { FIFO_FAN_OUT, FILTER_POLICY, RETRY_POLICY, SUBSCRIBER_STACKS, TOPIC, TOPIC_LOGGING, TOPIC_POLICY } from '../../../src/fanout/private/fanout-bounds';
import { MAX_NAME_LENGTH } from '../../../src/private/names';
import { Deduplication, FifoThroughput, Ordering } from '../../../src/queues';

/** A service that is let in; with the AWS managed key, which no service can use, the key is at fault. */
export const publishers = (fifo: boolean): Field => {
  const bucket = value('a bucket', world => ServiceSource.bucket(world.make('base', (scope, id) => new s3.Bucket(scope, id))));
  const standardOnly = [
    bucket,
    value('a vault', world => ServiceSource.backupVault(world.make('base', (scope, id) => new backup.BackupVault(scope, id)))),
    value('database events', () => ServiceSource.databaseEvents()),
    value('an identity', world => ServiceSource.emailIdentity(world.make('base', (scope, id) => new ses.EmailIdentity(scope, id, { identity: ses.Identity.domain('example.com') })))),
    value('a configuration set', world => ServiceSource.emailConfigurationSet(world.make('current', (scope, id) => new ses.ConfigurationSet(scope, id)))),
    value('the rules of a rule set', world => ServiceSource.emailReceiptRules(world.make('queue', (scope, id) => new ses.ReceiptRuleSet(scope, id, { receiptRuleSetName: 'inbox' })))),
  ];
  const good = [
    value('alarms', () => ServiceSource.alarms()),
    value('budgets', () => ServiceSource.budgets()),
    value('cost anomalies', () => ServiceSource.costAnomalies()),
    value('a domain', () => ServiceSource.of({ service: 'profile.amazonaws.com', sourceArn: `arn:aws:profile:eu-west-1:${ACCOUNT}:domains/mine` })),
    ...fifo ? [] : standardOnly,
  ];
  return leaf('allowService(source)', oneOf(...good), oneOf(
    value('of(a service without .amazonaws.com)', () => ServiceSource.of({ service: 'ses', sourceArn: `arn:aws:ses:eu-west-1:${ACCOUNT}:identity/mine` })),
    value('a rule', world => ServiceSource.rule(world.make('base', (scope, id) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) })))),
    value('a topic', world => ServiceSource.topic(world.make('base', (scope, id) => new sns.Topic(scope, id)))),
    value('a service with a role', () => ServiceSource.of({ service: 'iot.amazonaws.com' })),
    ...fifo ? standardOnly : [],
  ));
};

const topicNames = (fifo: boolean): Field => {
  const texts = (...names: string[]) => fc.constantFrom(...names).map(name => value(`'${name}'`, () => name));
  const suffix = fifo ? '.fifo' : '';
  const max = MAX_NAME_LENGTH.topic;
  return leaf('topicName', fc.oneof(texts(`orders${suffix}`, 'a'.repeat(max - suffix.length) + suffix), nothing, ...fifo ? [] : [textTokens('orders')]),
    texts('', 'two words', 'a'.repeat(max + 1 - suffix.length) + suffix, fifo ? 'orders' : 'orders.fifo', 'ä'), textTokens('orders.fifo'));
};

const topicEncryption: Field = either(
  leaf('encryption', oneOf(value('Encryption.customerManaged()', () => Encryption.customerManaged())), undefined,
    oneOf(value('Encryption.serviceManaged()', () => Encryption.serviceManaged()))),
  customerManaged,
);

const logging: Field = map(struct({
  protocol: leaf('protocol', oneOf(...Object.values(sns.LoggingProtocol).map(one => value(`'${one}'`, () => one)))),
  successFeedbackSampleRate: bounded('loggingConfigs[0].successFeedbackSampleRate', TOPIC_LOGGING.successFeedbackSampleRate),
  successFeedbackRole: leaf('successFeedbackRole', oneOf(value('a role', world => world.make('base', (scope, id) => new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal('sns.amazonaws.com'),
    inlinePolicies: { Logs: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['logs:*'], resources: ['*'] })] }) },
  }))))),
}, ['protocol']), 'a list of one', (config: Partial<sns.LoggingConfig>) => [{ protocol: sns.LoggingProtocol.SQS, ...config }]);

export function topicFields(fifo: boolean, maxMessageSize = TOPIC.maxMessageSize.max): Record<string, Field> {
  return {
    encryption: topicEncryption,
    displayName: leaf('displayName', fc.oneof(fc.constantFrom(0, 6, TOPIC.displayName.max).map(length => value(`${length} characters`, () => 'x'.repeat(length))), textTokens('Orders'), nothing),
      oneOf(value(`${TOPIC.displayName.max + 1} characters`, () => 'x'.repeat(TOPIC.displayName.max + 1)))),
    topicName: topicNames(fifo),
    maxMessageSize: bounded('maxMessageSize', TOPIC.maxMessageSize, { max: maxMessageSize }),
    signatureVersion: leaf('signatureVersion', fc.oneof(oneOf(value("'1'", () => '1'), value("'2'", () => '2')), textTokens('2')), oneOf(value("'3'", () => '3'), value("''", () => ''))),
    loggingConfigs: either(leaf('loggingConfigs', oneOf(value('[]', () => []))), logging),
    removalPolicy: removalPolicies('removalPolicy'),
  };
}

const otherKind = (fifo: boolean) => oneOf(...topics(!fifo, 'base').slice(0, 2));

/** What makes a fan-out: its props, or a topic that exists. */
export type Make<F> = (scope: Construct, id: string) => F;

/** @param maxMessageSize the largest message that is drawn: a topic with larger messages than 256 KiB has fewer protocols */
export function fanOuts(maxMessageSize?: Size): Field {
  const created = struct({
    ...topicFields(false, maxMessageSize),
    tracingConfig: leaf('tracingConfig', oneOf(...Object.values(sns.TracingConfig).map(one => value(`'${one}'`, () => one)))),
  });
  return either(
    map(created, 'new FanOut', (props): Make<FanOut> => (scope, id) => new FanOut(scope, id, props)),
    map(leaf('topic', oneOf(...topics(false)), otherKind(false), oneOf(topicElsewhere(false))), 'FanOut.fromTopic', (topic): Make<FanOut> => (scope, id) => FanOut.fromTopic(scope, id, topic)),
  );
}

/** @param archived whether the topic keeps an archive, so that it can be replayed */
export function fifoFanOuts(archived: boolean): Field {
  const created = map(struct({
    ...topicFields(true),
    deduplication: leaf('deduplication', fc.oneof(oneOf(...Object.values(Deduplication).map(one => value(`'${one}'`, () => one))), nothing)),
    throughput: leaf('throughput', fc.oneof(oneOf(...Object.values(FifoThroughput).map(one => value(`'${one}'`, () => one))), nothing)),
    archiveRetention: leaf('archiveRetention', archived ? knownDays : allowedBy(FIFO_FAN_OUT.archiveRetention), refusedBy(FIFO_FAN_OUT.archiveRetention)),
  }, archived ? ['archiveRetention'] : []), 'new FifoFanOut', (props): Make<FifoFanOut> => (scope, id) => new FifoFanOut(scope, id, props));
  if (archived) return created;
  return either(
    created,
    map(leaf('topic', oneOf(...topics(true)), otherKind(true), oneOf(topicElsewhere(true))), 'FifoFanOut.fromTopic',
      (topic): Make<FifoFanOut> => (scope, id) => FifoFanOut.fromTopic(scope, id, topic)),
  );
}

/** A retention that is given: `allowedBy` leaves it out now and then. */
const knownDays = allowedBy(FIFO_FAN_OUT.archiveRetention).map(drawn => drawn.text === 'undefined' ? value('Duration.days(1)', () => Duration.days(1)) : drawn);

const strings = (...allowlist: string[]) => sns.SubscriptionFilter.stringFilter({ allowlist });

const { keys: KEYS, combinations: COMBINATIONS, number: NUMBER, bytes: BYTES, wildcards: WILDCARDS, complexity: COMPLEXITY } = FILTER_POLICY;
const onKeys = (count: number) => value(`onAttributes(${count} keys)`, () => FilterPolicy.onAttributes(Object.fromEntries([...Array(count).keys()].map(i => [`k${i}`, strings('a')]))));
const onValues = (count: number) => value(`onAttributes(${count} values)`, () => FilterPolicy.onAttributes({ kind: strings(...[...Array(count).keys()].map(String)) }));
const onWildcards = (count: number) => value(`onAttributes(${count} wildcards)`, () => FilterPolicy.onAttributes({ kind: new sns.SubscriptionFilter([{ wildcard: '*a'.repeat(count) }]) }));
const onPatterns = (count: number) => value(`onAttributes(${count} patterns)`, () => FilterPolicy.onAttributes({ kind: new sns.SubscriptionFilter([...Array(count).keys()].map(i => ({ wildcard: `${i}*` }))) }));

export const filterPolicies: Field = leaf('filterPolicy', fc.oneof(
  fc.integer({ min: KEYS.min, max: KEYS.max }).chain(count => fc.constant(onKeys(count))),
  oneOf(
    onValues(COMBINATIONS.max),
    onWildcards(WILDCARDS.max),
    onPatterns(COMPLEXITY.max),
    value('onAttributes(numbers)', () => FilterPolicy.onAttributes({ price: sns.SubscriptionFilter.numericFilter({ between: { start: NUMBER.min, stop: NUMBER.max } }), gone: sns.SubscriptionFilter.notExistsFilter() })),
    value('onAttributes(Lazy)', world => FilterPolicy.onAttributes({ kind: strings(world.lazyText('paid')) })),
    value('onBody(nested)', () => FilterPolicy.onBody({ order: sns.FilterOrPolicy.policy({ state: sns.FilterOrPolicy.filter(strings('paid', 'sent')) }) })),
    value('undefined', () => undefined),
  ),
), oneOf(
  onKeys(KEYS.max + 1),
  onKeys(KEYS.min - 1),
  onValues(COMBINATIONS.max + 1),
  onWildcards(WILDCARDS.max + 1),
  onPatterns(COMPLEXITY.max + 1),
  value('onAttributes(a large number)', () => FilterPolicy.onAttributes({ price: sns.SubscriptionFilter.numericFilter({ greaterThan: NUMBER.max + 1 }) })),
  value('onAttributes(NaN)', () => FilterPolicy.onAttributes({ price: sns.SubscriptionFilter.numericFilter({ greaterThan: NaN }) })),
  value('onAttributes(too many bytes)', () => FilterPolicy.onAttributes({ kind: strings('x'.repeat(BYTES.max)) })),
  value('onAttributes({ k: null })', () => FilterPolicy.onAttributes({ k: new sns.SubscriptionFilter([null]) })),
  value('onBody({ a: {} })', () => FilterPolicy.onBody({ a: sns.FilterOrPolicy.policy({}) })),
  value('onBody(filter without conditions)', () => FilterPolicy.onBody({ a: sns.FilterOrPolicy.filter(new sns.SubscriptionFilter([])) })),
));

/** Filters as the subscriptions of the CDK take them. */
export const filterPatterns = {
  allowed: [
    value("{ kind: 'paid' }", () => ({ kind: strings('paid') })),
    value('{ price: a range }', () => ({ price: sns.SubscriptionFilter.numericFilter({ between: { start: NUMBER.min, stop: NUMBER.max } }) })),
  ],
  refused: [
    value('{ price: a large number }', () => ({ price: sns.SubscriptionFilter.numericFilter({ greaterThan: NUMBER.max + 1 }) })),
    value(`{ kind: ${COMBINATIONS.max + 1} values }`, () => ({ kind: strings(...[...Array(COMBINATIONS.max + 1).keys()].map(String)) })),
  ],
};

/** How a URL is retried, with the bounds of SNS; delays and retries that fit together. */
export const deliveryPolicies: Field = map(struct({
  minDelayTarget: bounded('deliveryPolicy.healthyRetryPolicy.minDelayTarget', RETRY_POLICY.minDelayTarget, { max: Duration.seconds(20) }),
  maxDelayTarget: bounded('deliveryPolicy.healthyRetryPolicy.maxDelayTarget', RETRY_POLICY.maxDelayTarget, { min: Duration.seconds(20) }),
  numRetries: bounded('deliveryPolicy.healthyRetryPolicy.numRetries', RETRY_POLICY.numRetries),
  headerContentType: leaf('deliveryPolicy.requestPolicy.headerContentType', fc.oneof(oneOf(value('JSON', () => 'application/json')), nothing), oneOf(value('an image', () => 'image/png'))),
}), 'a delivery policy', ({ headerContentType, ...healthyRetryPolicy }): sns.DeliveryPolicy => ({ healthyRetryPolicy, requestPolicy: { headerContentType } }));

const replays = (archived: boolean, prop: (inner: string) => string): Field => {
  const since = value('Replay.since()', () => Replay.since(new Date('2026-01-01T00:00:00Z')));
  const between = value('Replay.between()', () => Replay.between(new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')));
  const wrong = oneOf(
    value('Replay.since(invalid)', () => Replay.since(new Date('never'))), value('Replay.since(a year of five digits)', () => Replay.since(new Date(8.64e15))),
    value('Replay.between(swapped)', () => Replay.between(new Date(1), new Date(0))), value('Replay.between(the same)', () => Replay.between(new Date(1), new Date(1))),
  );
  return archived ? leaf(prop('replay'), fc.oneof(oneOf(since, between), nothing), wrong) : leaf(prop('replay'), nothing, oneOf(since, between));
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
    rawMessageDelivery: leaf('rawMessageDelivery', oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined))),
    subscriptionDeadLetters: either(
      leaf(prop, oneOf(value('SubscriptionDeadLetters.dedicated()', () => SubscriptionDeadLetters.dedicated()), ...same ? [sameAsQueue] : []),
        undefined, oneOf(sameAsQueue)),
      map(leaf(prop, oneOf(...plainQueues(fifo, layer).slice(0, 4)), oneOf(...plainQueues(!fifo, layer), ...awsManagedQueue(layer))),
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

/** The props of subscriber stacks, but for their topic. */
export const subscriberStacks: Field = struct({
  // More would take long, and be no different.
  stackCount: leaf('stackCount', oneOf(...[1, 2, 3].map(count => value(`${count}`, () => count))), fc.oneof(
    oneOf(...[SUBSCRIBER_STACKS.stackCount.min - 1, SUBSCRIBER_STACKS.stackCount.max + 1, 1.5].map(count => value(`${count}`, () => count))), numberTokens(2),
  )),
  stackProps: either(
    leaf('stackProps', oneOf(value("{ description: 'Tenants' }", () => ({ description: 'Tenants' })))),
    map(leaf('stackProps.stackName', oneOf(value("'tenants'", () => 'tenants')), fc.oneof(
      oneOf(...['', 'the_tenants', '1st', 'x'.repeat(127)].map(name => value(`'${name}'`, () => name))), textTokens('tenants'),
    )), 'a name', stackName => ({ stackName })),
  ),
}, ['stackCount']);

export const existingQueues = (fifo: boolean, layer: 'topic' | 'queue'): Field => leaf('queue', oneOf(...plainQueues(fifo, layer), ...fifo ? [] : queuesWithDeadLetters(layer)),
  oneOf(...awsManagedQueue(layer)));

/** A statement for the policy of a topic, whose bytes are known. */
export const topicStatements: Field = leaf('topic policy', oneOf(...[1, TOPIC_POLICY.bytes.max / 2].map(statementOf)), oneOf(statementOf(TOPIC_POLICY.bytes.max)));

function statementOf(bytes: number): Value {
  return value(`a statement of ${bytes} bytes`, () => new iam.PolicyStatement({
    sid: 'x'.repeat(bytes), actions: ['sns:GetTopicAttributes'], principals: [new iam.AccountPrincipal('777788889999')], resources: ['arn:aws:sns:us-east-1:111122223333:orders'],
  }));
}

/** What an escape hatch makes of the maximum message size of a topic. */
export const overriddenSizes: Field = leaf('maxMessageSize', oneOf(...sizes(0)), oneOf(...sizes(1)));

/** The bounds, or what is beyond them by some bytes. */
function sizes(beyond: number): Value[] {
  const { min, max } = TOPIC.maxMessageSize.counts;
  return [min - beyond, max + beyond].map(size => value(`MaximumMessageSize ${size}`, () => size));
}
