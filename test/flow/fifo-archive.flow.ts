import assert from 'node:assert/strict';
import { Duration } from 'aws-cdk-lib';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { Published, keptByQueue, keptByTopic, receivesNew, replayed, throttled } from './fifo-topic';
import { find, refusals } from './gate';
import { drain, send } from './messages';
import { after, before, describe, it } from './runner';
import { templateOf } from './templates';
import { FifoFanOut, Replay } from '../../src/fanout';
import { FifoThroughput, Ordering } from '../../src/queues';

type Json = any;

const NOW = Date.parse('2026-03-31T12:00:00Z');
const daysAgo = (days: number) => NOW - days * 86_400_000;

/** The emulator has no archive, and one scope of deduplication: SNS is the evaluator here, and SQS the emulator. */
class Sns {
  private readonly topic: Json;

  constructor(private readonly deployment: Deployment, private readonly name: string) {
    this.topic = deployment.properties('AWS::SNS::Topic', name);
  }

  /** Delivers what was published before the subscriptions, and then what is published after them. */
  public async deliver(earlier: readonly Published[], later: readonly Published[]): Promise<void> {
    const [stack] = this.deployment.stacks;
    const topicArn = this.deployment.topic(this.name);
    for (const subscription of stack.idsOf('AWS::SNS::Subscription').map(id => stack.propertiesOf(id))) {
      assert.deepEqual(await refusals(this.deployment.stacks, topicArn, subscription.Endpoint), []);
      const kept = keptByTopic(this.topic, [...earlier, ...later]);
      const archived = replayed(this.topic, subscription, kept.filter(({ at }) => at < NOW), NOW);
      const fresh = receivesNew(subscription) ? kept.filter(({ at }) => at >= NOW) : [];
      await this.toQueue(subscription.Endpoint, [...archived, ...fresh]);
    }
  }

  private async toQueue(queueArn: string, messages: readonly Published[]): Promise<void> {
    const { stack, logicalId } = find(this.deployment.stacks, 'AWS::SQS::Queue', queueArn);
    const queue = stack.propertiesOf(logicalId);
    const url = this.deployment.queue(logicalId.slice(0, -8));
    // What was delivered is unique now, so the scope of the emulator does not matter.
    for (const [index, { body, group }] of (queue.FifoQueue ? keptByQueue(queue, messages) : messages).entries()) {
      await send(this.deployment.emulator, url, queue.FifoQueue ? { body, group, id: `${index}` } : { body });
    }
  }
}

const bodies = async (deployment: Deployment, queue: string) => (await drain(deployment.emulator, deployment.queue(queue))).map(({ Body }) => Body!);
const entry = (at: number, body: string, group = 'DE-1'): Published => ({ at, body, group, id: `${body} of ${group}` });

describe('an archive of 30 days', () => {
  let emulator: Emulator;
  let ledger: Deployment;
  before(async () => {
    emulator = await Emulator.start();
    ledger = await deploy(emulator, templateOf(stack => {
      const fanOut = new FifoFanOut(stack, 'Ledger', { archiveRetention: Duration.days(30) });
      fanOut.addQueue('Books');
      fanOut.addQueue('Since', { replay: Replay.since(new Date(daysAgo(10))) });
      fanOut.addQueue('Between', { replay: Replay.between(new Date(daysAgo(20)), new Date(daysAgo(10))) });
      fanOut.addQueue('Everything', { replay: Replay.since(new Date(daysAgo(365))) });
      fanOut.addQueue('Search', { ordering: Ordering.standard(), replay: Replay.since(new Date(daysAgo(10))) });
    }));
    const earlier = [31, 30, 21, 20, 15, 10, 1].map(days => entry(daysAgo(days), `${days} days ago`));
    await new Sns(ledger, 'LedgerTopic').deliver(earlier, [entry(NOW + 1000, 'new')]);
  });
  after(() => emulator.stop());

  it('is let through by every policy', () => assert.deepEqual(ledger.refused, []));

  for (const [queue, expected] of Object.entries({
    LedgerBooksQueue: ['new'],
    LedgerSinceQueue: ['10 days ago', '1 days ago', 'new'],
    LedgerBetweenQueue: ['20 days ago', '15 days ago', '10 days ago'],
    LedgerEverythingQueue: ['30 days ago', '21 days ago', '20 days ago', '15 days ago', '10 days ago', '1 days ago', 'new'],
  })) it(`brings ${queue} ${expected.join(', ')}`, async () => assert.deepEqual(await bodies(ledger, queue), expected));

  it('brings a standard queue the same messages as a FIFO queue', async () => {
    assert.deepEqual((await bodies(ledger, 'LedgerSearchQueue')).sort(), ['1 days ago', '10 days ago', 'new']);
  });
});

describe('the scope of throughput and deduplication', () => {
  /** One id in two groups, twice in each. */
  const published = ['A', 'B', 'A', 'B'].map((group, index): Published => ({ at: NOW + index, body: `${group}${index}`, group, id: 'same' }));
  const flow = async (throughput: FifoThroughput | undefined, use: (deployment: Deployment) => Promise<void>) => {
    const emulator = await Emulator.start();
    try {
      const deployment = await deploy(emulator, templateOf(stack => {
        const fanOut = new FifoFanOut(stack, 'Ledger', { throughput });
        fanOut.addQueue('Books');
        fanOut.addQueue('Narrow', { ordering: Ordering.fifo({ throughput: FifoThroughput.STANDARD }) });
      }));
      await new Sns(deployment, 'LedgerTopic').deliver([], published);
      await use(deployment);
    } finally {
      await emulator.stop();
    }
  };

  for (const throughput of [undefined, FifoThroughput.HIGH]) {
    const title = `is the message group with ${throughput ?? 'the default'}: an id counts once for each group, in the queues that inherit the scope`;
    it(title, () => flow(throughput, async deployment => {
      assert.deepEqual(await bodies(deployment, 'LedgerBooksQueue'), ['A0', 'B1']);
      // A queue with a scope of its own drops what the topic has let through.
      assert.deepEqual(await bodies(deployment, 'LedgerNarrowQueue'), ['A0']);
    }));
  }

  it('is the topic with STANDARD: an id counts once', () => flow(FifoThroughput.STANDARD, async deployment => {
    for (const queue of ['LedgerBooksQueue', 'LedgerNarrowQueue']) assert.deepEqual(await bodies(deployment, queue), ['A0']);
  }));

  it('limits each group to 300 messages a second, and with STANDARD the topic to 3,000', () => {
    const second = (groups: number, each: number) => Array.from({ length: groups * each }, (_, index): Published => (
      { at: NOW, body: '', group: `${index % groups}`, id: `${index}` }));
    for (const [throughput, groups, each, expected] of [
      [FifoThroughput.HIGH, 1, 301, 1],
      [FifoThroughput.HIGH, 20, 300, 0],
      [FifoThroughput.STANDARD, 20, 150, 0],
      [FifoThroughput.STANDARD, 20, 300, 3000],
    ] as const) {
      const template = templateOf(stack => { new FifoFanOut(stack, 'Ledger', { throughput }); });
      const [{ Properties: topic }] = Object.values<Json>(template.Resources).filter(({ Type }) => Type === 'AWS::SNS::Topic');
      assert.equal(throttled(topic, second(groups, each)).length, expected);
    }
  });
});

describe('the evaluator', () => {
  const archive = { ArchivePolicy: { MessageRetentionPeriod: '1' } };
  const since = (StartingPoint: string, EndingPoint?: string) => ({ ReplayPolicy: { PointType: 'Timestamp', StartingPoint, EndingPoint } });

  it('refuses what SNS refuses', () => {
    assert.throws(() => replayed({}, since('2026-03-31T00:00:00.000Z'), [], NOW), /without an archive/);
    assert.throws(() => replayed({ ArchivePolicy: { MessageRetentionPeriod: '366' } }, since('2026-03-31T00:00:00.000Z'), [], NOW), /without an archive/);
    assert.throws(() => replayed(archive, { ReplayPolicy: { PointType: 'SequenceNumber' } }, [], NOW), /SequenceNumber/);
    assert.throws(() => replayed(archive, since('yesterday'), [], NOW), /yesterday/);
    assert.throws(() => replayed(archive, since('2026-03-31T00:00:00.000Z', '2026-03-30T00:00:00.000Z'), [], NOW), /ends before/);
    assert.throws(() => keptByTopic({}, [{ at: NOW, body: 'x', group: 'A' }]), /without deduplication id/);
  });

  it('forgets an id after 5 minutes, and takes the content for the id where the topic does', () => {
    const twice = (distance: number): Published[] => [NOW, NOW + distance].map(at => ({ at, body: 'x', group: 'A' }));
    assert.equal(keptByTopic({ ContentBasedDeduplication: true }, twice(5 * 60_000 - 1)).length, 1);
    assert.equal(keptByTopic({ ContentBasedDeduplication: true }, twice(5 * 60_000)).length, 2);
  });
});
