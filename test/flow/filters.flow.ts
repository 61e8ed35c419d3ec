import assert from 'node:assert/strict';
import { FilterOrPolicy, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { deploy } from './deployment';
import { Emulator } from './emulator';
import { Outgoing, drain, publishAll } from './messages';
import { describe, it } from './runner';
import { templateOf } from './templates';
import { FanOut, FilterPolicy } from '../../src/fanout';

/** What a message says, in its attributes and in its body alike. */
interface Said {
  readonly word?: string;
  readonly size?: number;
}

interface Subject {
  readonly filter: Record<string, SubscriptionFilter>;
  /** The same in plain code. */
  readonly passes: (said: Said) => boolean;
}

const { stringFilter, numericFilter, existsFilter, notExistsFilter } = SubscriptionFilter;
const has = (word: string | undefined, test: (word: string) => boolean) => word !== undefined && test(word);
const is = (size: number | undefined, test: (size: number) => boolean) => size !== undefined && test(size);

const SUBJECTS: Record<string, Subject> = {
  Exact: { filter: { word: stringFilter({ allowlist: ['order-paid', 'PAID'] }) }, passes: ({ word }) => has(word, w => w === 'order-paid' || w === 'PAID') },
  AnythingBut: { filter: { word: stringFilter({ denylist: ['order-paid'] }) }, passes: ({ word }) => has(word, w => w !== 'order-paid') },
  Prefix: { filter: { word: stringFilter({ matchPrefixes: ['order-'] }) }, passes: ({ word }) => has(word, w => w.startsWith('order-')) },
  Suffix: { filter: { word: stringFilter({ matchSuffixes: ['-paid'] }) }, passes: ({ word }) => has(word, w => w.endsWith('-paid')) },
  ExactOrPrefix: {
    filter: { word: stringFilter({ allowlist: ['PAID'], matchPrefixes: ['refund-'] }) },
    passes: ({ word }) => has(word, w => w === 'PAID' || w.startsWith('refund-')),
  },
  Number: { filter: { size: numericFilter({ allowlist: [10, 100] }) }, passes: ({ size }) => is(size, s => s === 10 || s === 100) },
  Above: { filter: { size: numericFilter({ greaterThan: 10 }) }, passes: ({ size }) => is(size, s => s > 10) },
  AtLeast: { filter: { size: numericFilter({ greaterThanOrEqualTo: 10 }) }, passes: ({ size }) => is(size, s => s >= 10) },
  Below: { filter: { size: numericFilter({ lessThan: 10 }) }, passes: ({ size }) => is(size, s => s < 10) },
  AtMost: { filter: { size: numericFilter({ lessThanOrEqualTo: 10 }) }, passes: ({ size }) => is(size, s => s <= 10) },
  Between: { filter: { size: numericFilter({ between: { start: 10, stop: 100 } }) }, passes: ({ size }) => is(size, s => s >= 10 && s <= 100) },
  StrictlyBetween: {
    filter: { size: numericFilter({ betweenStrict: { start: 10, stop: 100 } }) }, passes: ({ size }) => is(size, s => s > 10 && s < 100),
  },
  Exists: { filter: { word: existsFilter() }, passes: ({ word }) => word !== undefined },
  Missing: { filter: { word: notExistsFilter() }, passes: ({ word }) => word === undefined },
  Both: {
    filter: { word: stringFilter({ matchPrefixes: ['order-'] }), size: numericFilter({ greaterThan: 10 }) },
    passes: ({ word, size }) => has(word, w => w.startsWith('order-')) && is(size, s => s > 10),
  },
};

const WORDS = ['order-paid', 'order-placed', 'refund-paid', 'PAID', undefined];
const SAID: Said[] = WORDS.flatMap(word => [-1, 9, 10, 10.5, 100, 101, undefined].map(size => ({ word, size })));

describe('filter policies', () => {
  const policies: [string, (filter: Subject['filter']) => FilterPolicy, (said: Said, number: number) => Outgoing][] = [
    ['the attributes', filter => FilterPolicy.onAttributes(filter), ({ word, size }, number) => ({
      body: `${number}`, attributes: { ...word !== undefined && { word }, ...size !== undefined && { size } },
    })],
    ['the body', filter => FilterPolicy.onBody({
      event: FilterOrPolicy.policy(Object.fromEntries(Object.entries(filter).map(([key, conditions]) => [key, FilterOrPolicy.filter(conditions)]))),
    }), (said, number) => ({ body: JSON.stringify({ number, event: said }) })],
  ];

  for (const [where, policy, message] of policies) {
    it(`on ${where} let through what plain code does`, async () => {
      const emulator = await Emulator.start();
      try {
        const deployment = await deploy(emulator, templateOf(stack => {
          const fanOut = new FanOut(stack, 'Events');
          Object.entries(SUBJECTS).forEach(([name, { filter }]) => fanOut.addQueue(name, { filterPolicy: policy(filter), rawMessageDelivery: true }));
        }));
        assert.deepEqual(deployment.refused, []);
        const messages = SAID.map(message);
        await publishAll(emulator, deployment.topic('EventsTopic'), messages);
        for (const [name, { passes }] of Object.entries(SUBJECTS)) {
          const expected = messages.filter((_, number) => passes(SAID[number])).map(({ body }) => body);
          assert.ok(expected.length > 0 && expected.length < messages.length, `${name} lets some through and not all`);
          assert.deepEqual((await drain(emulator, deployment.queue(`Events${name}Queue`))).map(({ Body }) => Body), expected, name);
        }
      } finally {
        await emulator.stop();
      }
    });
  }
});
