import assert from 'node:assert/strict';
import { deploy } from './deployment';
import { ACCOUNT, Emulator } from './emulator';
import { drain, publishAll } from './messages';
import { describe, it } from './runner';
import { exampleTemplate } from './templates';

/** The account of the bus in the template of billing. */
const BUS = /\b111122223333\b/g;

describe('the examples order-bus and order-bus-billing', () => {
  // The emulator knows one account, which both stacks are in here. What each account allows the other is decided in test/policies/accounts.test.ts.
  it('bring each event to the audit, and to billing what it bills, behind the policies of the queues', async () => {
    const emulator = await Emulator.start();
    try {
      const billing = JSON.parse(JSON.stringify(exampleTemplate('order-bus-billing')).replace(BUS, ACCOUNT));
      const bus = await deploy(emulator, [exampleTemplate('order-bus'), billing]);
      assert.deepEqual(bus.refused, []);

      const kinds = ['placed', 'shipped', 'billed', 'canceled'];
      await publishAll(emulator, bus.topic('OrdersTopic'), kinds.map(kind => ({ body: kind, attributes: { kind } })));
      const received = async (queue: string) => (await drain(emulator, bus.queue(queue))).map(({ Body }) => JSON.parse(Body!).Message);
      assert.deepEqual(await received('OrdersAuditQueue'), kinds);
      assert.deepEqual(await received('OrdersToBillQueue'), ['placed', 'canceled']);
    } finally {
      await emulator.stop();
    }
  });

  it('do not bring it to billing if its queue allows another topic only', async () => {
    const emulator = await Emulator.start();
    try {
      const billing = JSON.parse(JSON.stringify(exampleTemplate('order-bus-billing')).replace(BUS, ACCOUNT));
      for (const { Type, Properties } of Object.values<any>(billing.Resources)) {
        if (Type === 'AWS::SQS::QueuePolicy') Properties.PolicyDocument = JSON.parse(JSON.stringify(Properties.PolicyDocument).replace(/:order-bus"/g, ':other-bus"'));
      }
      const bus = await deploy(emulator, [exampleTemplate('order-bus'), billing]);
      assert.deepEqual(bus.refused.map(({ refusals }) => refusals), [[{ what: 'sqs:SendMessage', why: 'ImplicitlyDenied' }]]);
    } finally {
      await emulator.stop();
    }
  });
});
