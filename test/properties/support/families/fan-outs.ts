import { Size, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { FanOut, FilterPolicy, MobilePushSubscription, QueueSubscription, SubscriberStacks, SubscriptionDeadLetters } from '../../../../src/fanout';
import { WorkQueue } from '../../../../src/queues';
import { Family, Step } from '../draws';
import { functionOf, grantee, plainQueues, queueElsewhere, queuesWithDeadLetters, topicElsewhere, topics } from '../existing';
import { deliveryPolicies, existingQueues, fanOutQueue, fanOuts, fifoFanOuts, filterPatterns, overriddenSizes, publishers, subscriberStacks, subscriptionFields, topicStatements } from '../fan-outs';
import { lateStep, oneFault, reasons, step, orNothing } from '../queues';
import { Field, Mode, either, leaf, map, oneOf, struct, value } from '../values';

/** A fan-out with one to six subscribers of all kinds. */
const fanOut = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }).chain(own => oneFault(mode,
  inner => step(inner, 'FanOut', 'topic', fanOuts(), (scope, make) => make(scope, 'Orders')),
  ...own.map((makes, index) => subscriber(makes, index, false, false)),
  inner => step(inner, 'FanOut.grantPublish', 'topic', grantee('grantPublish', 'either'), (_, principal, __, made) => made[0]?.grantPublish(principal)),
  inner => publisher(inner, 'FanOut', false),
  inner => lateStep(inner, 'FanOut.addToResourcePolicy', 'topic', topicStatements, (scope, statement, _, [out]) => created(inner, scope, out)?.addToResourcePolicy(statement)),
  inner => lateStep(inner, 'FanOut.node.defaultChild', 'topic', overriddenSizes, (scope, size, _, [out]) => {
    (created(inner, scope, out)?.node.defaultChild as sns.CfnTopic | undefined)?.addPropertyOverride('MaximumMessageSize', size);
  }),
));

/** A fan-out whose topic this app creates. Where a fault is looked for, there has to be one. */
function created(mode: Mode, scope: Construct, out: FanOut | undefined): FanOut | undefined {
  if (out?.node.defaultChild) return out;
  return mode === 'fault' ? new FanOut(scope, 'AnotherFanOut') : undefined;
}

/** A FIFO fan-out to FIFO queues and to standard ones. */
const fifoFanOut = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(
  fc.boolean(), fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 5 }),
).chain(([archived, kinds]) => oneFault(mode,
  inner => step(inner, 'FifoFanOut', 'topic', fifoFanOuts(archived), (scope, make) => make(scope, 'Ledger')),
  ...kinds.map(([makes, fifo], index) => subscriber(makes, index, true, fifo, archived)),
  inner => step(inner, 'FifoFanOut.grantPublish', 'topic', grantee('grantPublish', 'either'), (_, principal, __, made) => made[0]?.grantPublish(principal)),
  inner => publisher(inner, 'FifoFanOut', true),
));

/** A service that is let in; none is where the fan-out was refused, or has the AWS managed key. */
const publisher = (mode: Mode, what: string, fifo: boolean) => step(mode, `${what}.allowService`, 'topic', publishers(fifo), (_, source, __, [out]) => {
  if (out && (out.masterKey || mode === 'fault')) out.allowService(source);
});

function subscriber(makes: boolean, index: number, topicFifo: boolean, queueFifo: boolean, archived?: boolean) {
  const what = topicFifo ? 'FifoFanOut' : 'FanOut';
  // A replay is drawn for topics that are known to have an archive.
  const replay = archived ? true : undefined;
  return (mode: Mode): fc.Arbitrary<Step> => makes
    ? step(mode, `${what}.addQueue`, 'topic', orNothing(fanOutQueue(topicFifo, queueFifo, replay)), (_, props, __, made) => made[0]?.addQueue(`Queue${index}`, props))
    : fc.constantFrom('topic', 'queue').chain(layer => step(mode, `${what}.addSubscription`, layer, struct({
      queue: existingQueues(queueFifo, layer),
      options: orNothing(struct(subscriptionFields(topicFifo, false, layer, replay))),
    }, ['queue']), (_, { queue, options }, __, made) => made[0]?.addSubscription(new QueueSubscription(queue, options))));
}

/** Without parameters, which would be those of another stack than that of the queue. */
const withoutParameters = ({ canFail, draw }: Field): Field => ({ canFail, draw: mode => draw(mode).filter(({ text }) => !text.includes('CfnParameter')) });

/** A fan-out of either kind with its subscribers in stacks of their own. */
const stacksOfSubscribers = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(
  fc.boolean(), fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
).chain(([fifo, kinds]) => oneFault(mode,
  fifo
    ? inner => step(inner, 'FifoFanOut', 'topic', fifoFanOuts(true), (scope, make) => make(scope, 'Orders'))
    : inner => step(inner, 'FanOut', 'topic', fanOuts(), (scope, make) => make(scope, 'Orders')),
  inner => step(inner, 'SubscriberStacks', 'topic', subscriberStacks, (scope, props, _, [topic]) => topic && new SubscriberStacks(scope, 'Subscribers', { topic, ...props })),
  ...kinds.map((queueFifo, index) => (inner: Mode) => step(inner, 'SubscriberStacks.addQueue', 'topic', orNothing(withoutParameters(fanOutQueue(fifo, fifo && queueFifo, fifo || undefined))),
    (_, props, __, [, stacks]) => stacks?.addQueue(`Queue${index}`, props))),
));

/** Topics and queues of all kinds, brought together without a fan-out. */
const subscriptions = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(
  fc.tuple(fc.boolean(), fc.boolean(), fc.constantFrom('topic' as const, 'queue' as const)), { minLength: 1, maxLength: 3 },
).chain(kinds => oneFault(mode, ...kinds.map(([topicFifo, queueFifo, layer]) => (inner: Mode) => step(inner, 'QueueSubscription', layer, acrossRegions(inner, topicFifo, struct({
  // Of an imported FIFO topic nobody knows whether it has an archive, so that it may be replayed.
  topic: leaf('topic', oneOf(...topics(topicFifo).slice(topicFifo && layer === 'queue' ? 2 : 0)), undefined, oneOf(topicElsewhere(topicFifo))),
  // A FIFO queue only on a FIFO topic.
  queue: existingQueues(topicFifo && queueFifo, layer),
  ...subscriptionFields(topicFifo, false, layer, topicFifo && layer === 'queue' ? true : undefined),
}, ['topic', 'queue'])), (_, { topic, queue, ...props }) => topic.addSubscription(new QueueSubscription(queue, props))))));

/** The same, or with a topic of another Region and dead letters there; which of the two would be at fault could not be told. */
function acrossRegions(mode: Mode, fifo: boolean, field: Field): Field {
  if (mode !== 'valid') return field;
  const [topic, dead] = [topicElsewhere(fifo), queueElsewhere(fifo)];
  const there = map(field, 'across Regions', (given, world) => ({ ...given, topic: topic.make(world), subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead.make(world)) }));
  const draw = (inner: Mode) => fc.oneof({ arbitrary: field.draw(inner), weight: 4 }, { arbitrary: there.draw(inner), weight: 1 });
  return { canFail: field.canFail, draw };
}

/** The subscriptions of the CDK, and that of a device, with the endpoint that each takes. */
interface CdkSubscription {
  readonly endpoint: Field;
  /** Only a URL has one. */
  readonly deliveryPolicy?: Field;
  readonly make: (endpoint: any, props: subs.UrlSubscriptionProps) => sns.ITopicSubscription;
}

const CDK_SUBSCRIPTIONS: Record<string, CdkSubscription> = {
  LambdaSubscription: {
    endpoint: leaf('endpoint', oneOf(
      value('a function', world => world.make('queue', (scope, id) => functionOf(scope, id))),
      value('a function by its ARN', world => world.make('queue', (scope, id) => lambda.Function.fromFunctionArn(scope, id, Stack.of(scope).formatArn({ service: 'lambda', resource: `function:theirs-${id}` })))),
    )),
    make: (handler: lambda.IFunction, props) => new subs.LambdaSubscription(handler, props),
  },
  EmailSubscription: {
    endpoint: leaf('endpoint', oneOf(value('an address', world => world.make('current', (_, id) => `${id}@example.com`))), oneOf(value('a name', () => 'audit'))),
    make: (address: string, props) => new subs.EmailSubscription(address, props),
  },
  UrlSubscription: {
    endpoint: leaf('endpoint', oneOf(
      value('a URL', world => world.make('current', (_, id) => `https://example.com/${id}`)),
      value('a URL in a parameter', world => world.textParameter('https://example.com/hook')),
    ), oneOf(value('a URL without a host', () => 'https:///orders'))),
    deliveryPolicy: deliveryPolicies,
    make: (url: string, props) => new subs.UrlSubscription(url, { ...props, protocol: sns.SubscriptionProtocol.HTTPS }),
  },
  MobilePushSubscription: {
    endpoint: leaf('endpoint', oneOf(value('a platform endpoint', world => world.make('current', (scope, id) => Stack.of(scope).formatArn({ service: 'sns', resource: 'endpoint', resourceName: `GCM/shop/${id}` }))))),
    make: (arn: string, { filterPolicy, deadLetterQueue }) => new MobilePushSubscription(arn, {
      filterPolicy: filterPolicy && FilterPolicy.onAttributes(filterPolicy),
      subscriptionDeadLetters: deadLetterQueue && SubscriptionDeadLetters.existing(deadLetterQueue),
    }),
  },
  SqsSubscription: {
    // To a queue of the CDK it adds a statement of its own (decisions/0017-subscriptions.md).
    endpoint: leaf('endpoint', oneOf(queuesWithDeadLetters('queue')[1])),
    make: (queue: sqs.IQueue, props) => new subs.SqsSubscription(queue, props),
  },
};

/** Those that change nothing before the fan-out checks them; what the others add is not the library's to take back. */
const WITHOUT_TRACES = ['EmailSubscription', 'UrlSubscription'];

/** A fan-out where the CDK expects a topic. */
const cdkSubscriptions = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.constantFrom(...mode === 'valid' ? Object.keys(CDK_SUBSCRIPTIONS) : WITHOUT_TRACES), { minLength: 1, maxLength: 4 }).chain(names => oneFault(mode,
  inner => step(inner, 'FanOut', 'topic', fanOuts(Size.kibibytes(256)), (scope, make) => make(scope, 'Orders')),
  ...names.map(name => (inner: Mode) => {
    const { endpoint, deliveryPolicy, make } = CDK_SUBSCRIPTIONS[name];
    const given = struct({
      endpoint,
      filterPolicy: leaf('filterPolicy', oneOf(...filterPatterns.allowed), oneOf(...filterPatterns.refused)),
      ...deliveryPolicy && { deliveryPolicy },
      deadLetters: either(
        map(leaf('deadLetterQueue', oneOf(...plainQueues(false, 'topic').slice(0, 4)), oneOf(plainQueues(true, 'topic')[0])), 'deadLetterQueue', deadLetterQueue => ({ deadLetterQueue })),
        map(reasons('SubscriptionDeadLetters.applyTo(subscription)'), 'none', none => ({ none })),
      ),
    }, ['endpoint']);
    return step(inner, `FanOut.addSubscription of ${name}`, 'topic', given, (_, { endpoint: to, deadLetters, ...props }, __, [out]) => {
      const { deadLetterQueue, none } = deadLetters ?? {};
      const subscription = make(to, { ...props, deadLetterQueue });
      return out?.addSubscription(none === undefined ? subscription : SubscriptionDeadLetters.none(none).applyTo(subscription));
    });
  }),
));

/** One queue fed by many topics. */
const fanIn = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }).chain(kinds => oneFault(mode,
  ...kinds.map(fifo => (inner: Mode) => step(inner, 'QueueSubscription', 'queue', struct({
    topic: leaf('topic', oneOf(...topics(fifo)), undefined, oneOf(topicElsewhere(fifo))),
    queue: leaf('queue', oneOf(value('the one queue', world => world.once('fed', 'queue', (scope, id) => new WorkQueue(scope, id))))),
    // The queue has standard dead letters.
    ...subscriptionFields(fifo, !fifo, 'queue'),
  }, ['topic', 'queue']), (_, { topic, queue, ...props }) => topic.addSubscription(new QueueSubscription(queue, props)))),
));

export const FAN_OUTS: Family[] = [
  { name: 'fan-outs', share: { valid: 140, fault: 140, wild: 130 }, steps: fanOut },
  { name: 'FIFO fan-outs', share: { valid: 110, fault: 110, wild: 130 }, steps: fifoFanOut },
  { name: 'subscriber stacks', share: { valid: 60, fault: 60, wild: 60 }, steps: stacksOfSubscribers },
  { name: 'subscriptions', share: { valid: 130, fault: 170, wild: 150 }, steps: subscriptions },
  { name: 'subscriptions of the CDK', share: { valid: 90, fault: 80, wild: 60 }, steps: cdkSubscriptions },
  { name: 'queues fed by many topics', share: { valid: 50, fault: 30, wild: 70 }, steps: fanIn },
];
