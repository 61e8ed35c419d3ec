import assert from 'node:assert/strict';
import { Stack } from 'aws-cdk-lib';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { refusals } from './gate';
import { Outgoing, drain, publish, publishAll } from './messages';
import { after, before, describe, it } from './runner';
import { exampleTemplate, templatesOf } from './templates';
import { Encryption } from '../../src/access';
import { FanOut, QueueSubscription, SubscriberStacks } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';

const TENANTS = ['Tenant1', 'Tenant2', 'Tenant3'];
const order = (number: number, country?: string) => JSON.stringify({ number, ...country && { shipping: { country, express: false } } });

describe('the example fan-out', () => {
  let emulator: Emulator;
  let orders: Deployment;
  const topic = () => orders.topic('OrdersTopic');
  const queues = () => ({
    billing: orders.queue('OrdersBillingQueue'), warehouse: orders.queue('OrdersWarehouseQueue'), audit: orders.queue('OrdersAuditQueue'),
  });
  const received = async () => ({
    billing: (await drain(emulator, queues().billing)).map(({ Body }) => JSON.parse(Body!).Message),
    warehouse: (await drain(emulator, queues().warehouse)).map(({ Body }) => Body!),
    audit: (await drain(emulator, queues().audit)).map(({ Body }) => JSON.parse(Body!).Message),
  });

  before(async () => {
    emulator = await Emulator.start();
    orders = await deploy(emulator, exampleTemplate('fan-out'));
  });
  after(() => emulator.stop());

  it('is let through by every policy', () => assert.deepEqual(orders.refused, []));

  it('brings every subscriber every message that its filter lets pass, and no other', async () => {
    const messages: Outgoing[] = [];
    for (const kind of ['paid', 'refunded', 'placed', 'Paid', undefined]) {
      for (const country of ['DE', 'FR', 'GB', 'US', 'de', undefined]) {
        messages.push({ body: order(messages.length, country), attributes: kind === undefined ? undefined : { kind, shop: 'web' } });
      }
    }
    await publishAll(emulator, topic(), messages);
    const bodies = (passes: (message: Outgoing) => boolean) => messages.filter(passes).map(({ body }) => body);
    const result = await received();
    assert.deepEqual(result, {
      billing: bodies(({ attributes }) => ['paid', 'refunded'].includes(`${attributes?.kind}`)),
      warehouse: bodies(({ body }) => ['DE', 'FR', 'GB'].includes(JSON.parse(body).shipping?.country)),
      audit: bodies(() => true),
    });
    assert.deepEqual([result.billing.length, result.warehouse.length, result.audit.length], [12, 15, 30]);
  });

  it('brings the body in full, with every character of it', async () => {
    const note = '"quoted" \\ back\\slash \n\t <b>&amp;</b> äöü € 日本語 🚚 '.repeat(3_000);
    const body = JSON.stringify({ shipping: { country: 'DE' }, note });
    assert.ok(Buffer.byteLength(body) > 150_000);
    await publish(emulator, topic(), { body, attributes: { kind: 'paid' } });
    assert.deepEqual(await received(), { billing: [body], warehouse: [body], audit: [body] });
  });

  it('brings raw messages as they were published, and the others in the envelope of SNS', async () => {
    const body = order(1, 'FR');
    await publish(emulator, topic(), { body, attributes: { kind: 'paid', shop: 'web' } });
    const [raw] = await drain(emulator, queues().warehouse);
    assert.equal(raw.Body, body);
    assert.deepEqual(Object.entries(raw.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue]), [['kind', 'paid'], ['shop', 'web']]);
    const [enveloped] = await drain(emulator, queues().billing);
    assert.equal(enveloped.MessageAttributes, undefined);
    const { Type, TopicArn, Message, MessageAttributes } = JSON.parse(enveloped.Body!);
    assert.deepEqual({ Type, TopicArn, Message, MessageAttributes }, {
      Type: 'Notification', TopicArn: topic(), Message: body, MessageAttributes: { kind: { Type: 'String', Value: 'paid' }, shop: { Type: 'String', Value: 'web' } },
    });
    await drain(emulator, queues().audit);
  });

  it('keeps a body that is no JSON from the filter on the body, and from nobody else', async () => {
    await publish(emulator, topic(), { body: 'no JSON', attributes: { kind: 'paid' } });
    assert.deepEqual(await received(), { billing: ['no JSON'], warehouse: [], audit: ['no JSON'] });
  });

  it('is published to by the shop, and by none of its consumers', async () => {
    const lacks = (role: string) => new Actor(orders.stacks[0], role).lacks(['sns:Publish'], topic());
    assert.deepEqual(await lacks('Shop'), []);
    for (const role of ['BillingConsumer', 'WarehouseConsumer', 'AuditConsumer']) assert.deepEqual(await lacks(role), [`sns:Publish on ${topic()}: ImplicitlyDenied`]);
    await publish(emulator, topic(), { body: 'from the shop' });
    assert.deepEqual(await received(), { billing: [], warehouse: [], audit: ['from the shop'] });
  });

  // The emulator has no dead letters of subscriptions; that SNS may put them there is asked here.
  it('lets SNS put what it cannot deliver into the dead letters of each subscription', async () => {
    const [stack] = orders.stacks;
    const subscriptions = stack.idsOf('AWS::SNS::Subscription').map(id => stack.propertiesOf(id));
    assert.equal(subscriptions.length, 3);
    for (const { RedrivePolicy } of subscriptions) assert.deepEqual(await refusals(orders.stacks, topic(), RedrivePolicy.deadLetterTargetArn), []);
  });
});

describe('a fan-out over several stacks', () => {
  it('delivers to queues with a customer key in stacks of their own', async () => {
    const emulator = await Emulator.start();
    const deployment = await deploy(emulator, templatesOf(app => {
      const orders = new FanOut(new Stack(app, 'Orders'), 'Orders');
      for (const name of ['Billing', 'Audit']) {
        const queue = new WorkQueue(new Stack(app, name), `${name}Inbox`, { encryption: Encryption.customerManaged() });
        orders.addSubscription(new QueueSubscription(queue));
      }
    }));
    try {
      assert.deepEqual(deployment.refused, []);
      assert.deepEqual(deployment.stacks.map(stack => stack.idsOf('AWS::KMS::Key').length), [0, 1, 1]);
      await publish(emulator, deployment.topic('OrdersTopic'), { body: 'to both' });
      for (const name of ['Billing', 'Audit']) {
        const inbox = await drain(emulator, deployment.queue(`${name}InboxQueue`));
        assert.deepEqual(inbox.map(({ Body }) => JSON.parse(Body!).Message), ['to both']);
      }
    } finally {
      await emulator.stop();
    }
  });

  it('delivers to the queues of subscriber stacks', async () => {
    const emulator = await Emulator.start();
    const deployment = await deploy(emulator, templatesOf(app => {
      const stack = new Stack(app, 'Orders');
      const subscribers = new SubscriberStacks(stack, 'Subscribers', { topic: new FanOut(stack, 'Orders'), stackCount: 2 });
      for (const tenant of TENANTS) subscribers.addQueue(tenant, { rawMessageDelivery: true });
    }));
    try {
      assert.deepEqual(deployment.refused, []);
      assert.deepEqual(deployment.stacks.map(stack => stack.idsOf('AWS::SNS::Subscription').length), [0, 2, 1]);
      await publish(emulator, deployment.topic('OrdersTopic'), { body: 'to all tenants' });
      for (const tenant of TENANTS) {
        const inbox = await drain(emulator, deployment.queue(`${tenant}Queue`));
        assert.deepEqual(inbox.map(({ Body }) => Body), ['to all tenants']);
      }
    } finally {
      await emulator.stop();
    }
  });
});
