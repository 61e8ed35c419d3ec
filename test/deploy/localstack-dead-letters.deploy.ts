import assert from 'node:assert/strict';
import { SetQueueAttributesCommand, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { itIsAGap } from './checks';
import { Engine } from './engine';
import { itIsDeployed } from './example';
import { collect, takeOne } from './inbox';
import { itHasALife } from './life';
import { counts, giveBack, receive, send } from '../flow/messages';
import { describe, it } from '../flow/runner';

describe('the example dead-letter queue, deployed to LocalStack', () => {
  const engine = Engine.running('LocalStack');
  const stack = itIsDeployed(engine, 'dead-letter-queue');

  for (const [name, kind, attributes] of [['Invoices', 'standard', {}], ['Payments', 'FIFO', { group: 'customer-7', id: 'payment-1' }]] as const) {
    it(`moves a message to the dead letters after exactly 5 receives (${kind})`, async () => {
      const [queue, dead] = [stack().id(`${name}Queue`), stack().id(`${name}DeadLetterQueue`)];
      await send(engine, queue, { body: 'poison', ...attributes });
      let receives = 0;
      for (let [message] = await receive(engine, queue, { wait: 2 }); message; [message] = await receive(engine, queue, { wait: 2 })) {
        receives += 1;
        assert.equal((await counts(engine, dead)).visible, 0);
        await giveBack(engine, queue, message);
      }
      assert.equal(receives, 5);
      const [letter] = await receive(engine, dead, { wait: 2 });
      assert.equal(letter.Body, 'poison');
      assert.equal(letter.Attributes!.MessageGroupId, 'group' in attributes ? attributes.group : undefined);
      await giveBack(engine, dead, letter);
    });
  }

  const redriven = async (name: string) => {
    await engine.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: stack().arn(`${name}DeadLetterQueue`) }));
    assert.equal((await takeOne(engine, stack().id(`${name}Queue`))).Body, 'poison');
    assert.deepEqual(await counts(engine, stack().id(`${name}DeadLetterQueue`)), { visible: 0, inFlight: 0, delayed: 0 });
  };
  it('brings a dead letter back to its queue by a redrive', () => redriven('Invoices'));
  itIsAGap('fifoRedrive', () => redriven('Payments'));

  it('delays a message', async () => {
    await send(engine, stack().id('RemindersQueue'), { body: 'later' });
    assert.deepEqual(await collect(engine, stack().id('RemindersQueue'), 0), []);
    assert.deepEqual(await counts(engine, stack().id('RemindersQueue')), { visible: 0, inFlight: 0, delayed: 1 });
  });

  itIsAGap('redriveAllowPolicy', async () => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: stack().arn('InvoicesDeadLetterQueue'), maxReceiveCount: 3 });
    await assert.rejects(engine.sqs.send(new SetQueueAttributesCommand({ QueueUrl: stack().id('RemindersQueue'), Attributes: { RedrivePolicy } })));
  });

  itHasALife(engine, 'dead-letter-queue', stack, {
    change: { resource: 'RemindersQueue', property: 'DelaySeconds', value: 300 },
    use: async (one, other) => {
      await send(engine, one.id('InvoicesQueue'), { body: 'to one' });
      assert.equal((await takeOne(engine, one.id('InvoicesQueue'))).Body, 'to one');
      assert.deepEqual(await collect(engine, other.id('InvoicesQueue'), 0), []);
    },
  });
});
