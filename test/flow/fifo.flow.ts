import assert from 'node:assert/strict';
import { Message } from '@aws-sdk/client-sqs';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { refusals } from './gate';
import { Outgoing, drain, publish, publishAll, receive, remove } from './messages';
import { after, before, beforeEach, describe, it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { FifoFanOut } from '../../src/fanout';
import { Ordering } from '../../src/queues';

describe('the example FIFO fan-out, which recognizes duplicates by their content', () => {
  let emulator: Emulator;
  let ledger: Deployment;
  const topic = () => ledger.topic('LedgerTopic');
  const inOrder = () => [ledger.queue('LedgerBalancesQueue'), ledger.queue('LedgerStatementsQueue')];
  const search = () => ledger.queue('LedgerSearchQueue');

  before(async () => { emulator = await Emulator.start(); });
  beforeEach(async () => {
    ledger ??= await deploy(emulator, exampleTemplate('fifo-fan-out'));
    for (const queue of [...inOrder(), search()]) await drain(emulator, queue);
  });
  after(() => emulator.stop());

  it('is let through by every policy', () => assert.deepEqual(ledger.refused, []));

  it('keeps the order within each account, in every FIFO queue, and brings each booking once', async () => {
    const accounts = ['DE-1', 'DE-2', 'FR-9', 'GB-4'];
    const bookings: Outgoing[] = Array.from({ length: 200 }, (_, number) => {
      const group = accounts[Math.floor(number / 3) % accounts.length];
      return { body: JSON.stringify({ number, group }), group };
    });
    await publishAll(emulator, topic(), bookings);
    for (const queue of inOrder()) {
      const received = (await drain(emulator, queue))
        .map(({ Body, Attributes }) => ({ body: JSON.parse(Body!).Message, group: Attributes!.MessageGroupId }));
      assert.equal(received.length, bookings.length);
      for (const group of accounts) {
        const of = (messages: { body: string; group?: string }[]) => messages.filter(message => message.group === group).map(({ body }) => body);
        assert.ok(of(bookings).length > 1);
        assert.deepEqual(of(received), of(bookings));
      }
    }
    const found = (await drain(emulator, search())).map(({ Body }) => Body!);
    assert.deepEqual(found.sort(), bookings.map(({ body }) => body).sort());
  });

  it('lets no second message of an account out before the first is done, and other accounts do not wait', async () => {
    const [queue] = inOrder();
    await publishAll(emulator, topic(), [{ body: 'a1', group: 'a' }, { body: 'a2', group: 'a' }, { body: 'b1', group: 'b' }]);
    const text = (messages: Message[]) => messages.map(({ Body }) => JSON.parse(Body!).Message);
    const first = await receive(emulator, queue);
    // SQS may hand out a1 and a2 together; the emulator takes one message of a group at a time.
    assert.deepEqual(text(first), ['a1', 'b1']);
    assert.deepEqual(await receive(emulator, queue), []);
    await remove(emulator, queue, first[0]);
    assert.deepEqual(text(await receive(emulator, queue)), ['a2']);
  });

  it('drops a booking with the same content, and keeps one whose content differs', async () => {
    for (const body of ['debit 10', 'debit 10', 'debit 11']) await publish(emulator, topic(), { body, group: 'DE-3' });
    for (const queue of inOrder()) {
      assert.deepEqual((await drain(emulator, queue)).map(({ Body }) => JSON.parse(Body!).Message), ['debit 10', 'debit 11']);
    }
  });

  it('brings the standard queue raw bookings', async () => {
    await publish(emulator, topic(), { body: 'credit 5', group: 'DE-3' });
    assert.deepEqual((await drain(emulator, search())).map(({ Body }) => Body), ['credit 5']);
  });

  it('lets SNS put what it cannot deliver into FIFO dead letters, also those of the standard queue', async () => {
    const [stack] = ledger.stacks;
    for (const id of stack.idsOf('AWS::SNS::Subscription')) {
      const { deadLetterTargetArn } = stack.propertiesOf(id).RedrivePolicy;
      assert.match(deadLetterTargetArn, /\.fifo$/);
      assert.deepEqual(await refusals(ledger.stacks, topic(), deadLetterTargetArn), []);
    }
  });
});

describe('a FIFO fan-out with explicit deduplication', () => {
  it('drops what has the same deduplication id, whatever its content, and wants one', async () => {
    const emulator = await Emulator.start();
    const ledger = await deploy(emulator, templateOf(stack => {
      const fanOut = new FifoFanOut(stack, 'Ledger');
      fanOut.addQueue('Balances');
      fanOut.addQueue('Search', { ordering: Ordering.standard() });
    }));
    try {
      assert.deepEqual(ledger.refused, []);
      const topic = ledger.topic('LedgerTopic');
      for (const [body, id] of [['debit 10', '1'], ['debit 10, sent again', '1'], ['debit 10', '2']]) await publish(emulator, topic, { body, id, group: 'DE-3' });
      const balances = await drain(emulator, ledger.queue('LedgerBalancesQueue'));
      assert.deepEqual(balances.map(({ Body, Attributes }) => [JSON.parse(Body!).Message, Attributes!.MessageDeduplicationId]), [['debit 10', '1'], ['debit 10', '2']]);
      await assert.rejects(publish(emulator, topic, { body: 'debit 12', group: 'DE-3' }), /MessageDeduplicationId/);
      await assert.rejects(publish(emulator, topic, { body: 'debit 12', id: '3' }), /MessageGroupId/);
    } finally {
      await emulator.stop();
    }
  });
});
