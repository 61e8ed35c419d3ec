import { App, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as fc from 'fast-check';
import { APPS } from './support/families/apps';
import { everyDraw } from './support/runs';
import { DynamicPartitioning } from '../../src/delivery';
import { FanOut, FilterPolicy } from '../../src/fanout';
import { s3Stream } from '../support/s3-stream';

APPS.forEach(everyDraw);

// Maps from other languages have no order: Go sorts them, and those of Java have another in each process.
test.each<[string, (stack: Stack, names: string[]) => void]>([
  ['DynamicPartitioning.fromQuery', (stack, names) => {
    s3Stream(stack, 'It', { partitioning: DynamicPartitioning.fromQuery(Object.fromEntries(names.map(name => [name, `.${name}`]))) });
  }],
  ['FilterPolicy.onAttributes', (stack, names) => {
    const filterPolicy = FilterPolicy.onAttributes(Object.fromEntries(names.map(name => [name, sns.SubscriptionFilter.existsFilter()])));
    new FanOut(stack, 'It').addQueue('Queue', { filterPolicy });
  }],
])('%s: a template is the same in any order of the map', (_, make) => {
  const textOf = (names: string[]) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    make(stack, names);
    return JSON.stringify((stack.node.root as App).synth().getStackByName('Stack').template);
  };
  const orders = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2, maxLength: 4 }).chain(names => fc.tuple(
    fc.constant(names), fc.shuffledSubarray(names, { minLength: names.length })));
  fc.assert(fc.property(orders, ([names, shuffled]) => { expect(textOf(shuffled)).toBe(textOf(names)); }), { seed: 20_261_121, numRuns: 6 });
});
