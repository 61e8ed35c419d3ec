import assert from 'node:assert/strict';
import { deploy } from './deployment';
import { Emulator } from './emulator';
import { drain, publishAll } from './messages';
import { describe, it } from './runner';
import { exampleTemplate } from './templates';

describe('the example order processing', () => {
  it('brings each order event to the services that want it, and money to the books in order', async () => {
    const emulator = await Emulator.start();
    try {
      const shop = await deploy(emulator, exampleTemplate('order-processing'));
      assert.deepEqual(shop.refused, []);
      assert.equal(shop.stacks[0].idsOf('AWS::SNS::Subscription').length, 4);

      const kinds = ['placed', 'confirmed', 'paid', 'shipped'];
      await publishAll(emulator, shop.topic('OrdersTopic'), kinds.map(kind => ({ body: kind, attributes: { kind } })));
      const bodies = async (name: string) => (await drain(emulator, shop.queue(name))).map(({ Body }) => Body!);
      const enveloped = async (name: string) => (await bodies(name)).map(body => JSON.parse(body).Message);
      assert.deepEqual(await enveloped('OrdersBillingQueue'), ['paid']);
      assert.deepEqual(await enveloped('OrdersAuditQueue'), kinds);
      assert.deepEqual(await bodies('OrdersEmailQueue'), ['confirmed', 'shipped']);

      const bookings = ['debit 10', 'credit 3', 'debit 7'];
      await publishAll(emulator, shop.topic('LedgerTopic'), [...bookings, 'debit 10'].map(body => ({ body, group: 'customer-7' })));
      assert.deepEqual(await enveloped('LedgerBookkeepingQueue'), bookings);
    } finally {
      await emulator.stop();
    }
  });
});
