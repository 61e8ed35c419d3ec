import assert from 'node:assert/strict';
import { DeleteQueueCommand, Message } from '@aws-sdk/client-sqs';
import { itIsAGap } from './checks';
import { Engine } from './engine';
import { itIsDeployed } from './example';
import { collect, takeOne } from './inbox';
import { itHasALife } from './life';
import { Outgoing, publish, publishAll } from '../flow/messages';
import { describe, it } from '../flow/runner';

describe('the example FIFO fan-out, deployed to LocalStack', () => {
  const engine = Engine.running('LocalStack');
  const stack = itIsDeployed(engine, 'fifo-fan-out');
  const topic = () => stack().id('LedgerTopic');
  const inOrder = () => [stack().id('LedgerBalancesQueue'), stack().id('LedgerStatementsQueue')];
  const search = () => stack().id('LedgerSearchQueue');
  const messageOf = ({ Body }: Message) => JSON.parse(Body!).Message;

  it('keeps the order within each account, and brings each booking once', async () => {
    const accounts = ['DE-1', 'FR-9', 'GB-4'];
    const bookings: Outgoing[] = Array.from({ length: 60 }, (_, number) => ({ body: `booking ${number}`, group: accounts[Math.floor(number / 2) % 3] }));
    await publishAll(engine, topic(), bookings);
    for (const queue of inOrder()) {
      const messages = await collect(engine, queue, bookings.length);
      const received = messages.map(message => ({ body: messageOf(message), group: message.Attributes!.MessageGroupId }));
      for (const group of accounts) {
        assert.deepEqual(received.filter(message => message.group === group), bookings.filter(message => message.group === group));
      }
      assert.equal(received.length, bookings.length);
    }
    const found = (await collect(engine, search(), bookings.length)).map(({ Body }) => Body!);
    assert.deepEqual(found.sort(), bookings.map(({ body }) => body).sort());
  });

  it('drops a duplicate by its content', async () => {
    for (const body of ['twice', 'twice', 'once']) await publish(engine, topic(), { body, group: 'DE-1' });
    for (const queue of inOrder()) assert.deepEqual((await collect(engine, queue, 2)).map(messageOf), ['twice', 'once']);
  });

  itIsAGap('topicDeduplication', async () => {
    // The messages of the check before.
    assert.deepEqual((await collect(engine, search(), 2)).map(({ Body }) => Body).sort(), ['once', 'twice']);
  });

  itHasALife(engine, 'fifo-fan-out', stack, {
    change: { resource: 'LedgerBalancesQueue', property: 'VisibilityTimeout', value: 75 },
    use: async (one, other) => {
      await publish(engine, one.id('LedgerTopic'), { body: `to ${one.template.stackName}`, group: 'DE-1' });
      assert.equal(messageOf(await takeOne(engine, one.id('LedgerBalancesQueue'))), `to ${one.template.stackName}`);
      assert.deepEqual(await collect(engine, other.id('LedgerBalancesQueue'), 0), []);
    },
  });

  it('puts what cannot be delivered into the dead letters of the subscription, with its message group', async () => {
    await engine.sqs.send(new DeleteQueueCommand({ QueueUrl: stack().id('LedgerStatementsQueue') }));
    await publish(engine, topic(), { body: 'undeliverable', group: 'FR-9' });
    const dead = await takeOne(engine, stack().id('LedgerStatementsDeadLetterQueue'));
    assert.match(dead.Body!, /undeliverable/);
    assert.equal(dead.Attributes!.MessageGroupId, 'FR-9');
  });
});
