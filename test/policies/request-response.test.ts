import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ACCOUNT, PARTNER, REGION, World, allowing, expectAll, expectAllowedWithTwins, keyOf, legsToConsume, legsToSend, reportAtEnd } from './harness';
import { Encryption } from '../../src/access';
import { ReplyQueues, RequestResponse, RequestResponseProps } from '../../src/queues';

reportAtEnd('request-response');

const SEND = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'];
const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const REPLY = ['sqs:GetQueueUrl', 'sqs:SendMessage'];
/** The policy of a queue that a requester creates is not ours. */
const BY_PREFIX = { notOurs: true, byPrefix: true };
const WRITE_KEY = ['kms:Decrypt', 'kms:GenerateDataKey'];

let stack: Stack;
let prices: RequestResponse;
const role = (id: string) => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
const prepare = (props: RequestResponseProps) => {
  stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  prices = new RequestResponse(stack, 'Prices', props);
};

describe.each([['keys that SQS owns', Encryption.serviceManaged()], ['a customer key', Encryption.customerManaged()]])('durable reply queues with %s', (_, encryption) => {
  test('each requester consumes its own replies only, and responders reply to all', async () => {
    prepare({ requests: { encryption } });
    const [shop, partner] = ['Shop', 'Partner'].map(id => ({ replies: prices.addRequester(id), role: role(`${id}Role`) }));
    const pricing = role('Pricing');
    prices.grantRespond(pricing);
    for (const requester of [shop, partner]) requester.replies.grantRequest(requester.role);
    const world = await World.of(stack);
    const [requests, toShop, toPartner] = [prices.requests, shop.replies, partner.replies].map(queue => world.arn(queue));
    const key = keyOf(world, requests);
    const onKey = key ? { [key]: WRITE_KEY } : {};
    expect(await world.matrix(world.arn(shop.role))).toEqual({ [requests]: SEND, [toShop]: CONSUME, ...onKey });
    expect(await world.matrix(world.arn(partner.role))).toEqual({ [requests]: SEND, [toPartner]: CONSUME, ...onKey });
    expect(await world.matrix(world.arn(pricing))).toEqual({ [requests]: CONSUME, [toShop]: REPLY, [toPartner]: REPLY, ...onKey });

    await expectAll(world, legsToSend(world, world.arn(shop.role), requests));
    await expectAll(world, legsToConsume(world, world.arn(pricing), requests));
    await expectAll(world, legsToSend(world, world.arn(pricing), toShop));
    await expectAll(world, legsToConsume(world, world.arn(shop.role), toShop));
    for (const action of REPLY) await expectAllowedWithTwins(world, { principal: world.arn(pricing), action, resource: toPartner });
  });

  test('without a grant, a role may do nothing', async () => {
    prepare({ requests: { encryption } });
    prices.addRequester('Shop');
    const world = await World.of((role('Nobody'), stack));
    expect(await world.matrix(`arn:aws:iam::${ACCOUNT}:role/Nobody`)).toEqual({});
  });
});

test('a requester of another account consumes its replies, which the policy of its queue allows', async () => {
  prepare({});
  const requester = `arn:aws:iam::${PARTNER}:role/Requester`;
  const replies = prices.addRequester('Partner');
  replies.grantRequest(new iam.ArnPrincipal(requester));
  const world = await World.of(stack);
  for (const [queue, action] of [[prices.requests, 'sqs:SendMessage'], [replies, 'sqs:ReceiveMessage']] as const) {
    const resource = world.arn(queue);
    await expectAllowedWithTwins(world, { principal: requester, action, resource, identityPolicies: [allowing(['sqs:*'], resource)] });
  }
});

describe('temporary reply queues', () => {
  let world: World;
  let principal: Record<'shop' | 'pricing' | 'sweeper', string>;
  let mine: string;
  const heartbeat = { 'aws:RequestTag/ReplyQueueHeartbeat': '1790000000' };
  const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;

  beforeAll(async () => {
    prepare({ replies: ReplyQueues.temporary() });
    const [shop, pricing] = [role('ShopRole'), role('Pricing')];
    prices.grantRequest(shop);
    prices.grantRespond(pricing);
    world = await World.of(stack);
    const [sweeper] = world.arns('AWS::Lambda::Function').map(arn => world.properties(arn).Role);
    principal = { shop: world.arn(shop), pricing: world.arn(pricing), sweeper };
    mine = arnOf(`${world.resolve(stack, prices.replyQueueNamePrefix)}0123456789abcdef`);
  });

  /** What somebody may do with a reply queue that is not in the template. */
  const allowed = (who: keyof typeof principal, resource: string, context: Record<string, string> = heartbeat) =>
    world.allowed({ principal: principal[who], resource, context });

  test('a requester may create, tag, consume and delete those under the prefix; a responder may reply; the sweeper may look and delete', async () => {
    expect(await allowed('shop', mine)).toEqual([
      'sqs:CreateQueue', 'sqs:DeleteMessage', 'sqs:DeleteQueue', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'sqs:TagQueue',
    ]);
    expect(await allowed('pricing', mine)).toEqual(REPLY);
    expect(await allowed('sweeper', mine)).toEqual(['sqs:DeleteQueue', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags']);
  });

  test('nobody may do anything with other queues, but for the requests', async () => {
    const requests = world.arn(prices.requests);
    const prefix = `${world.resolve(stack, prices.replyQueueNamePrefix)}`;
    for (const resource of [arnOf('reply'), arnOf(prefix.slice(0, -1)), arnOf(`x${prefix}1`), mine.replace(ACCOUNT, PARTNER), world.arn(prices.requests.deadLetterQueue!)]) {
      for (const who of ['shop', 'pricing', 'sweeper'] as const) expect([resource, await allowed(who, resource)]).toEqual([resource, []]);
    }
    expect(await allowed('shop', requests)).toEqual(SEND);
    expect(await allowed('pricing', requests)).toEqual(CONSUME);
    expect(await allowed('sweeper', requests)).toEqual([]);
  });

  test('a queue without a heartbeat cannot be created, nor other tags added', async () => {
    const contexts: Record<string, string>[] = [{}, { 'aws:RequestTag/Owner': 'shop' }];
    for (const context of contexts) {
      expect((await allowed('shop', mine, context)).filter(action => ['sqs:CreateQueue', 'sqs:TagQueue'].includes(action))).toEqual([]);
    }
  });

  test('each permission depends on its statement alone', async () => {
    const request = { resource: mine, context: heartbeat };
    for (const action of ['sqs:DeleteQueue', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl']) {
      await expectAllowedWithTwins(world, { principal: principal.shop, action, resource: mine }, BY_PREFIX);
    }
    for (const action of REPLY) await expectAllowedWithTwins(world, { principal: principal.pricing, action, resource: mine }, BY_PREFIX);
    for (const action of ['sqs:DeleteQueue', 'sqs:ListQueueTags', 'sqs:GetQueueAttributes']) {
      await expectAllowedWithTwins(world, { principal: principal.sweeper, action, resource: mine }, BY_PREFIX);
    }
    expect(await world.may({ ...request, principal: principal.shop, action: 'sqs:SendMessage' })).toBe('ImplicitlyDenied');
    expect(await world.may({ principal: principal.sweeper, action: 'sqs:ListQueues', resource: '*' })).toBe('Allowed');
    expect(await world.may({ principal: principal.shop, action: 'sqs:ListQueues', resource: '*' })).toBe('ImplicitlyDenied');
  });
});
