import assert from 'node:assert/strict';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { Engine } from './engine';
import { itIsDeployed } from './example';
import { collect, takeOne } from './inbox';
import { itHasALife } from './life';
import { Outgoing, publish, publishAll } from '../flow/messages';
import { describe, it } from '../flow/runner';

const order = (number: number, country?: string) => JSON.stringify({ number, ...country && { shipping: { country } } });

describe('the example fan-out, deployed to LocalStack', () => {
  const engine = Engine.running('LocalStack');
  const stack = itIsDeployed(engine, 'fan-out');
  const topic = () => stack().id('OrdersTopic');
  const received = async (counts: { billing: number; warehouse: number; audit: number }) => ({
    billing: (await collect(engine, stack().id('OrdersBillingQueue'), counts.billing)).map(({ Body }) => JSON.parse(Body!).Message),
    warehouse: (await collect(engine, stack().id('OrdersWarehouseQueue'), counts.warehouse)).map(({ Body }) => Body!),
    audit: (await collect(engine, stack().id('OrdersAuditQueue'), counts.audit)).map(({ Body }) => JSON.parse(Body!).Message),
  });

  it('filters by attributes and by the body', async () => {
    const messages: Outgoing[] = [];
    for (const kind of ['paid', 'refunded', 'placed', 'Paid', undefined]) {
      for (const country of ['DE', 'FR', 'GB', 'US', 'de', undefined]) {
        messages.push({ body: order(messages.length, country), attributes: kind === undefined ? undefined : { kind, shop: 'web' } });
      }
    }
    await publishAll(engine, topic(), messages);
    const bodies = (passes: (message: Outgoing) => boolean) => messages.filter(passes).map(({ body }) => body).sort();
    const { billing, warehouse, audit } = await received({ billing: 12, warehouse: 15, audit: 30 });
    assert.deepEqual({ billing: billing.sort(), warehouse: warehouse.sort(), audit: audit.sort() }, {
      billing: bodies(({ attributes }) => ['paid', 'refunded'].includes(`${attributes?.kind}`)),
      warehouse: bodies(({ body }) => ['DE', 'FR', 'GB'].includes(JSON.parse(body).shipping?.country)),
      audit: bodies(() => true),
    });
  });

  it('delivers a body that is not JSON, except to the filter on the body', async () => {
    await publish(engine, topic(), { body: 'not JSON', attributes: { kind: 'paid' } });
    assert.deepEqual(await received({ billing: 1, warehouse: 0, audit: 1 }), { billing: ['not JSON'], warehouse: [], audit: ['not JSON'] });
  });

  it('delivers raw messages as they were published', async () => {
    const body = order(1, 'FR');
    await publish(engine, topic(), { body, attributes: { kind: 'paid', shop: 'web' } });
    const raw = await takeOne(engine, stack().id('OrdersWarehouseQueue'));
    assert.equal(raw.Body, body);
    const attributes = Object.entries(raw.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue]);
    assert.deepEqual(attributes.sort(), [['kind', 'paid'], ['shop', 'web']]);
  });

  it('delivers the others in the envelope of SNS', async () => {
    // The message of the check before.
    const enveloped = await takeOne(engine, stack().id('OrdersBillingQueue'));
    assert.equal(enveloped.MessageAttributes, undefined);
    const { Type, TopicArn, Message, MessageAttributes } = JSON.parse(enveloped.Body!);
    assert.deepEqual({ Type, TopicArn, Message, MessageAttributes }, {
      Type: 'Notification', TopicArn: topic(), Message: order(1, 'FR'), MessageAttributes: { kind: { Type: 'String', Value: 'paid' }, shop: { Type: 'String', Value: 'web' } },
    });
    await collect(engine, stack().id('OrdersAuditQueue'), 1);
  });

  itHasALife(engine, 'fan-out', stack, {
    change: { resource: 'OrdersAuditQueue', property: 'VisibilityTimeout', value: 90 },
    use: async (one, other) => {
      await publish(engine, one.id('OrdersTopic'), { body: 'to one', attributes: { kind: 'paid' } });
      assert.equal(JSON.parse((await takeOne(engine, one.id('OrdersBillingQueue'))).Body!).Message, 'to one');
      assert.deepEqual(await collect(engine, other.id('OrdersBillingQueue'), 0), []);
    },
  });

  it('puts what cannot be delivered into the dead letters of the subscription', async () => {
    await engine.sqs.send(new DeleteQueueCommand({ QueueUrl: stack().id('OrdersAuditQueue') }));
    await publish(engine, topic(), { body: 'undeliverable' });
    const dead = await takeOne(engine, stack().id('OrdersAuditDeadLetterQueue'));
    assert.match(dead.Body!, /undeliverable/);
  });
});
