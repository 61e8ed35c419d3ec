import { CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DeliveryBucket, DynamicPartitioning, RecordConversion } from '../../src/delivery';
import { FanOut, FilterPolicy, QueueSubscription } from '../../src/fanout';
import { sortedDeep, sortedEntries } from '../../src/private/sorted';
import { handler } from '../delivery/support';
import { S3StreamProps, s3Stream } from '../support/s3-stream';
import { newStack, synth } from '../support/template';

// The whole text is compared. CloudFormation takes most maps for equal in any order, but some of them become a list or a text in the
// template, where the order is a change, and a template that is checked in changes with each of them.

type Keyed<T> = { [key: string]: T };

/** The same map in two orders of insertion. Neither is that of the alphabet, nor its opposite. */
function twice<T>(map: Keyed<T>): [Keyed<T>, Keyed<T>] {
  const [first, ...rest] = Object.entries(map).sort(([one], [other]) => one < other ? -1 : 1);
  const entries = [...rest, first];
  return [Object.fromEntries(entries), Object.fromEntries(entries.reverse())];
}

const text = (build: (stack: Stack) => void): string => {
  const stack = newStack();
  build(stack);
  return JSON.stringify(synth(stack));
};

const deliver = (props: S3StreamProps | ((stack: Stack) => S3StreamProps)) => (stack: Stack) => {
  s3Stream(stack, 'Clicks', typeof props === 'function' ? props(stack) : props);
};
const subscribe = (filterPolicy: FilterPolicy) => (stack: Stack) => { new FanOut(stack, 'Orders').addQueue('Billing', { filterPolicy }); };
const is = (...allowlist: string[]) => sns.SubscriptionFilter.stringFilter({ allowlist });
const bodies = twice({ a: sns.FilterOrPolicy.filter(is('x')), b: sns.FilterOrPolicy.filter(is('y')), c: sns.FilterOrPolicy.filter(is('z')) });
const queries = twice({ customer: '.customer_id', country: '.geo.country', Zone: '.zone', zone: '.z', 10: '.ten', 9: '.nine' });

/** Each map of the public API, and each within an object of the CDK that the library passes on, in both orders. */
const maps: [string, ((stack: Stack) => void)[]][] = [
  ['DynamicPartitioning.fromQuery()', queries.map(map => deliver({ partitioning: DynamicPartitioning.fromQuery(map) }))],
  ['DynamicPartitioning.fromQuery(), with a prefix', twice({ b: '.b', a: '.a', c: '.c' }).map(map => deliver({
    partitioning: DynamicPartitioning.fromQuery(map), prefix: '!{partitionKeyFromQuery:c}/!{partitionKeyFromQuery:a}/!{partitionKeyFromQuery:b}/',
  }))],
  ['DynamicPartitioning.fromQueryAndTransform()', queries.map(map => deliver(stack => ({
    partitioning: DynamicPartitioning.fromQueryAndTransform(map, ['tenant']), transform: { handler: handler(stack) },
  })))],
  ['FilterPolicy.onAttributes()', twice({ kind: is('paid'), country: is('fr'), tier: is('gold') }).map(map => subscribe(FilterPolicy.onAttributes(map)))],
  ['FilterPolicy.onBody()', bodies.map(map => subscribe(FilterPolicy.onBody(map)))],
  ['FilterPolicy.onBody(), nested', bodies.map(map => subscribe(FilterPolicy.onBody({ order: sns.FilterOrPolicy.policy({ of: sns.FilterOrPolicy.policy(map) }) })))],
  ['QueueSubscription.filterPolicy', twice({ kind: is('paid'), country: is('fr') }).map(map => stack => {
    new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(new sqs.Queue(stack, 'Queue'), { filterPolicy: FilterPolicy.onAttributes(map) }));
  })],
  ['the conditions of $or', twice<unknown>({ a: ['x'], b: [{ prefix: 'y' }], c: [1] }).map(map => subscribe(FilterPolicy.onBody({
    $or: sns.FilterOrPolicy.filter(new sns.SubscriptionFilter([map, { d: ['z'] }])),
  })))],
  ['tagFilters of a lifecycle rule', twice({ team: 'a', stage: 'b', cost: 'c' }).map(tagFilters => deliver({
    bucket: DeliveryBucket.create({ lifecycleRules: [{ tagFilters, expiration: Duration.days(9) }] }),
  }))],
  ['columnToJsonKeyMappings', twice({ b: 'B', a: 'A', c: 'C' }).map(columnToJsonKeyMappings => deliver({
    conversion: RecordConversion.toParquet({
      schema: { databaseName: 'web', tableName: 'clicks' }, input: new firehose.OpenXJsonInputFormat({ columnToJsonKeyMappings }),
    }),
  }))],
];

test.each(maps)('%s: the order of the map does not reach the template', (_, [one, other]) => {
  expect(text(one)).toBe(text(other));
});

test('the default prefix and the query have the keys in alphabetical order, by code units', () => {
  const [[map]] = [queries];
  const template = text(deliver({ partitioning: DynamicPartitioning.fromQuery(map) }));
  const order = ['10', '9', 'Zone', 'country', 'customer', 'zone'];
  expect(template).toContain(`data/${order.map(key => `${key}=!{partitionKeyFromQuery:${key}}/`).join('')}year=`);
  expect(template.match(/\\"\w+\\":\(\./g)).toEqual(order.map(key => `\\"${key}\\":(.`));
});

test('the keys of a transform function keep the order of their list', () => {
  const template = text(deliver(stack => ({
    partitioning: DynamicPartitioning.fromQueryAndTransform({ z: '.z' }, ['y', 'x']), transform: { handler: handler(stack) },
  })));
  expect(template).toContain('data/z=!{partitionKeyFromQuery:z}/y=!{partitionKeyFromLambda:y}/x=!{partitionKeyFromLambda:x}/year=');
});

test('keys only known at deployment are in the order of what they refer to, whatever the numbers of their tokens', () => {
  const build = (names: string[], more: number) => text(stack => {
    // Tokens that something else in the app takes: their numbers get one digit more.
    for (let n = 0; n < more; n++) Lazy.string({ produce: () => '' });
    const parameters = names.map(name => new CfnParameter(stack, name).valueAsString);
    s3Stream(stack, 'Clicks', { partitioning: DynamicPartitioning.fromQuery(Object.fromEntries(parameters.map(key => [key, '.a']))) });
  }).replace(/"Parameters":\{.*?\}\}(?=,"R)/, '');
  const one = build(['Two', 'One', 'Six'], 0);
  expect(one).toContain('partitionKeyFromQuery:');
  for (const more of [0, 7, 95, 990]) expect(build(['Six', 'Two', 'One'], more)).toBe(one);
});

describe('sorting', () => {
  const stack = newStack();

  test('is by code units: neither by the language of the machine nor by number', () => {
    expect(sortedEntries(stack, { b: 1, a: 2, B: 3, ä: 4, 10: 5, 9: 6 }).map(([key]) => key)).toEqual(['10', '9', 'B', 'a', 'b', 'ä']);
  });

  test('goes into maps and lists, keeps the order of lists, and leaves tokens and objects of a class alone', () => {
    const [lazy, set] = [Lazy.any({ produce: () => 1 }), new Set(['b', 'a'])];
    const sorted: any = sortedDeep(stack, { c: [{ b: 1, a: 2 }, 2, 1], b: lazy, a: set, nothing: null });
    expect(Object.keys(sorted)).toEqual(['a', 'b', 'c', 'nothing']);
    expect(JSON.stringify(sorted.c)).toBe('[{"a":2,"b":1},2,1]');
    expect([sorted.a, sorted.b, sorted.nothing]).toEqual([set, lazy, null]);
    expect(sorted.b).toBe(lazy);
  });

  test('leaves the map that was given as it was', () => {
    const map = { b: 1, a: 2 };
    sortedDeep(stack, map);
    expect(Object.keys(map)).toEqual(['b', 'a']);
  });
});
