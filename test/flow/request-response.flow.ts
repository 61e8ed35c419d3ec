import assert from 'node:assert/strict';
import * as sdk from '@aws-sdk/client-sqs';
import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AccessDenied, Crash, actingAs } from './acting';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { counts, drain } from './messages';
import { seedFrom, seeded } from './random';
import { after, before, describe, it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { ReplyQueue, Requester, createReplyQueue, deleteReplyQueue, durableReplyQueue, renewHeartbeat } from '../../examples/request-response/requester';
import { Responder } from '../../examples/request-response/responder';
import { DeadLetters, ReplyQueues, RequestResponse } from '../../src/queues';

type Json = any;

const SEED = seedFrom('CDK_DECOUPLE_SEED');
const BRANCHES = ['Accra', 'Bergen', 'Cork', 'Dakar', 'Essen', 'Fargo', 'Genoa', 'Havana', 'Izmir', 'Juneau'];
const REQUESTS_EACH = 100;
const RESPONDERS = 3;
/** How likely it is that a responder stops before or after a call. */
const CRASH = 0.01;
const EMPTY = { visible: 0, inFlight: 0, delayed: 0 };
/** The name of a queue at the end of its URL or ARN. */
const nameIn = (text: string) => text.split(/[/:]/).pop()!;

describe('the example request-response', () => {
  let emulator: Emulator;
  let quotes: Deployment;
  let requests: string;
  const as = (role: string, crashes?: () => boolean) => actingAs(emulator.sqs, new Actor(quotes.stacks[0], role), crashes);
  const repliesOf = (branch: string) => quotes.queue(`Quotes${branch}Queue`);
  const branchOf = async (branch: string) => {
    const sqs = as(`${branch}Branch`);
    return new Requester(sqs, requests, await durableReplyQueue(sqs, nameIn(repliesOf(branch))));
  };
  before(async () => {
    emulator = await Emulator.start();
    const template = exampleTemplate('request-response');
    const [queue] = Object.entries<Json>(template.Resources).filter(([id]) => /^QuotesRequestsQueue[0-9A-F]{8}$/.test(id)).map(([, resource]) => resource);
    // A minute is long for a test, and no request becomes a dead letter because of crashes alone.
    queue.Properties.VisibilityTimeout = 1;
    queue.Properties.RedrivePolicy.maxReceiveCount = 100;
    quotes = await deploy(emulator, template);
    requests = quotes.queue('QuotesRequestsQueue');
  });
  after(() => emulator.stop());

  it(`answers ${BRANCHES.length * REQUESTS_EACH} requests of ${BRANCHES.length} requesters by ${RESPONDERS} responders that crash: each reply reaches its requester, none is lost`, async () => {
    console.info(`flow: seed ${SEED} (CDK_DECOUPLE_SEED)`);
    const answers = new Map<string, number>();
    const found = { crashes: 0, duplicates: 0, replies: 0 };
    let isDone = false;

    const respond = async (index: number) => {
      const draw = seeded(SEED + index);
      const sqs = as('Actuary', () => draw() < CRASH);
      const answer = async (request: string) => {
        answers.set(request, (answers.get(request) ?? 0) + 1);
        return `${request}, answered`;
      };
      const rethrow = (error: unknown) => { throw error; };
      while (!isDone) {
        const responder = new Responder(sqs, requests, answer, rethrow);
        try {
          while (!isDone) await responder.receive(1);
        } catch (error) {
          if (!(error instanceof Crash)) throw error;
          found.crashes += 1;
        }
      }
    };

    const request = async (branch: string) => {
      const requester = await branchOf(branch);
      let waiting = REQUESTS_EACH;
      // Ten at a time, so that the requests do not wait for connections of the client.
      const replies = Array.from({ length: 10 }, async (_, lane) => {
        for (let number = lane; number < REQUESTS_EACH; number += 10) {
          const body = `${branch} ${number}`;
          assert.equal(await requester.request(body), `${body}, answered`);
          waiting -= 1;
          found.replies += 1;
        }
      });
      // Replies that come twice can come after the last.
      while (waiting > 0 || !await isQuiet(branch)) {
        const unexpected = await requester.receive(1);
        found.duplicates += unexpected.length;
      }
      await Promise.all(replies);
    };
    const isQuiet = async (branch: string) => {
      const all = [await counts(emulator, requests), await counts(emulator, repliesOf(branch))];
      return all.every(({ visible, inFlight }) => visible + inFlight === 0);
    };

    const responders = Array.from({ length: RESPONDERS }, (_, index) => respond(index));
    await Promise.all([Promise.all(BRANCHES.map(request)).finally(() => { isDone = true; }), ...responders]);

    assert.equal(found.replies, 1_000);
    assert.equal(answers.size, 1_000);
    for (const branch of BRANCHES) assert.deepEqual(await counts(emulator, repliesOf(branch)), EMPTY);
    assert.deepEqual(await counts(emulator, requests), EMPTY);
    assert.deepEqual(await counts(emulator, quotes.queue('QuotesRequestsDeadLetterQueue')), EMPTY);
    assert.ok(found.crashes > 10 && found.duplicates > 0, 'the load has to hurt');
    const again = [...answers.values()].reduce((sum, times) => sum + times - 1, 0);
    console.info(`flow: 1,000 requests of ${BRANCHES.length} requesters to ${RESPONDERS} responders: 1,000 replies to their requesters, 0 lost; `
      + `${found.crashes} crashes, ${again} requests answered again, ${found.duplicates} replies delivered again and ignored`);
  });

  it('lets nobody send requests without a grant, nor receive the replies of another requester', async () => {
    const replies = { name: nameIn(repliesOf('Bergen')), url: repliesOf('Bergen') };
    await assert.rejects(new Requester(as('Actuary'), requests, replies).request('?'), AccessDenied);
    await assert.rejects(new Requester(as('AccraBranch'), requests, replies).receive(0), AccessDenied);
    await assert.rejects(new Responder(as('AccraBranch'), requests, async () => '', () => undefined).receive(0), AccessDenied);
    assert.deepEqual(await counts(emulator, requests), EMPTY);
  });

  it('gives a reply that reaches another requester to nobody', async () => {
    const [accra, bergen] = [await branchOf('Accra'), await branchOf('Bergen')];
    const misled = new Requester(as('AccraBranch'), requests, { name: nameIn(repliesOf('Bergen')), url: repliesOf('Accra') });
    void misled.request('a secret');
    const own = bergen.request('a question');
    const responder = new Responder(as('Actuary'), requests, async body => `${body}, answered`, error => { throw error; });
    assert.equal(await responder.receive(1), 2);
    const unexpected = await bergen.receive(1);
    assert.deepEqual([await own, unexpected.map(({ Body }) => Body)], ['a question, answered', ['a secret, answered']]);
    assert.deepEqual(await accra.receive(0), []);
  });

  for (const name of ['the dead-letter queue', 'https://example.com/123456789012/mine', '']) {
    it(`sends no reply to '${name}', and keeps the request`, async () => {
      const dead = quotes.queue('QuotesRequestsDeadLetterQueue');
      const replyTo = name === 'the dead-letter queue' ? nameIn(dead) : name;
      const sender = as('AccraBranch');
      const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
      await sender.send(new sdk.SendMessageCommand({
        QueueUrl: requests, MessageBody: 'a secret', MessageAttributes: { CorrelationId: attribute('1'), ...replyTo !== '' && { ReplyTo: attribute(replyTo) } },
      }));
      const errors: unknown[] = [];
      await new Responder(as('Actuary'), requests, async body => body, error => errors.push(error)).receive(1);
      assert.equal(errors.length, 1);
      assert.equal(errors[0] instanceof AccessDenied, replyTo === nameIn(dead));
      assert.deepEqual(await counts(emulator, dead), EMPTY);
      assert.deepEqual(await counts(emulator, requests), { ...EMPTY, inFlight: 1 });
      await emulator.sqs.send(new sdk.PurgeQueueCommand({ QueueUrl: requests }));
    });
  }
});

describe('temporary reply queues', () => {
  let emulator: Emulator;
  let prices: Deployment;
  let requests: string;
  let dead: string;
  /** The function as it is in the template. */
  let sweeper: Json;
  let prefix: string;
  const as = (role: string) => actingAs(emulator.sqs, new Actor(prices.stacks[0], role));
  before(async () => {
    emulator = await Emulator.start();
    prices = await deploy(emulator, templateOf(stack => {
      const subject = new RequestResponse(stack, 'Prices', {
        requests: { visibilityTimeout: Duration.seconds(1), deadLetters: DeadLetters.dedicated({ maxReceiveCount: 2 }) },
        replies: ReplyQueues.temporary(),
      });
      subject.grantRequest(roleIn(stack, 'Shop'));
      subject.grantRespond(roleIn(stack, 'Pricing'));
    }));
    [requests, dead] = ['Queue', 'DeadLetterQueue'].map(name => prices.queue(`PricesRequests${name}`));
    const [stack] = prices.stacks;
    sweeper = stack.propertiesOf(stack.idsOf('AWS::Lambda::Function')[0]);
    prefix = sweeper.Environment.Variables.QUEUE_NAME_PREFIX;
  });
  after(() => emulator.stop());

  const pricing = (errors: unknown[] = []) => new Responder(as('Pricing'), requests, async body => `${body}, answered`, error => errors.push(error));
  const names = async () => ((await emulator.sqs.send(new sdk.ListQueuesCommand({}))).QueueUrls ?? []).map(nameIn);
  const exists = async ({ name }: ReplyQueue) => (await names()).includes(name);

  it('a requester creates its queue, receives its replies and deletes the queue', async () => {
    const shop = as('Shop');
    const replies = await createReplyQueue(shop, prefix);
    const requester = new Requester(shop, requests, replies);
    const reply = requester.request('a price');
    assert.equal(await pricing().receive(1), 1);
    assert.deepEqual(await requester.receive(1), []);
    assert.equal(await reply, 'a price, answered');
    await renewHeartbeat(shop, replies);
    await deleteReplyQueue(shop, replies);
    assert.equal(await exists(replies), false);
  });

  it('nobody creates a queue under another prefix or without a heartbeat, nor replies outside of the prefix', async () => {
    const shop = as('Shop');
    await assert.rejects(createReplyQueue(shop, 'Other-'), AccessDenied);
    await assert.rejects(createReplyQueue(as('Pricing'), prefix), AccessDenied);
    await assert.rejects(shop.send(new sdk.CreateQueueCommand({ QueueName: `${prefix}1` })), AccessDenied);
    const errors: unknown[] = [];
    void new Requester(shop, requests, { name: nameIn(dead), url: dead }).request('a secret');
    for (let receives = 0; receives < 3; receives++) await pricing(errors).receive(2);
    assert.deepEqual(errors.map(error => error instanceof AccessDenied), [true, true]);
    // It is a dead letter now, and nothing replied to it.
    assert.deepEqual((await drain(emulator, dead)).map(({ Body }) => Body), ['a secret']);
    assert.equal((await names()).length, 2);
  });

  it('the sweeper deletes what crashed requesters left, and keeps what is in use', async () => {
    const shop = as('Shop');
    const now = Date.now();
    const hours = (count: number) => `${Math.floor(now / 1000) + count * 3600}`;
    const [crashed, alive, young, ahead] = await Promise.all([1, 2, 3, 4].map(() => createReplyQueue(shop, prefix)));
    const tag = ({ url }: ReplyQueue, value: string) => shop.send(new sdk.TagQueueCommand({ QueueUrl: url, Tags: { ReplyQueueHeartbeat: value } }));
    void new Requester(shop, requests, crashed).request('nobody waits for this');

    // The function runs two hours later, when all of them are old.
    await tag(alive, hours(2));
    await tag(young, hours(1.5));
    // A clock that is days ahead would keep its queue for days.
    await tag(ahead, hours(72));
    await emulator.sqs.send(new sdk.CreateQueueCommand({ QueueName: `${prefix}untagged` }));
    await emulator.sqs.send(new sdk.CreateQueueCommand({ QueueName: 'SomebodyElse-1' }));
    assert.deepEqual(await sweep(now), { deleted: 0, kept: 5, failed: 0 });
    assert.deepEqual(await sweep(now + 2 * 3600_000), { deleted: 3, kept: 2, failed: 0 });
    assert.deepEqual((await names()).sort(), [requests, dead].map(nameIn).concat(alive.name, young.name, 'SomebodyElse-1').sort());

    // Its request is answered to nobody, and is no dead letter.
    const errors: unknown[] = [];
    assert.equal(await pricing(errors).receive(1), 1);
    assert.deepEqual([errors, await counts(emulator, requests), await counts(emulator, dead)], [[], EMPTY, EMPTY]);
  });

  it('a failure on one queue does not keep the sweeper from the others, and is a failed run', async () => {
    const shop = as('Shop');
    const [one, other] = [await createReplyQueue(shop, prefix), await createReplyQueue(shop, prefix)];
    const failing = (command: Json) => command instanceof sdk.DeleteQueueCommand && command.input.QueueUrl === one.url;
    await assert.rejects(sweep(Date.now() + 9 * 3600_000, failing), /1 reply queues could not be checked or deleted/);
    assert.deepEqual([await exists(one), await exists(other)], [true, false]);
  });

  /** Runs the code in the template with the role and the environment that it has there. */
  async function sweep(now: number, fails: (command: Json) => boolean = () => false): Promise<unknown> {
    const client = as('PricesSweeperRole');
    const flaky = new Proxy(client, {
      get: (target, member) => member === 'send' ? async (command: Json) => {
        if (fails(command)) throw new Error('throttled');
        return target.send(command);
      } : Reflect.get(target, member),
    });
    class Client {
      constructor() {
        return flaky;
      }
    }
    const exported: Json = {};
    const quiet = { log: () => undefined, error: () => undefined };
    const load = (id: string) => {
      assert.equal(id, '@aws-sdk/client-sqs');
      return { ...sdk, SQSClient: Client };
    };
    const run = new Function('require', 'exports', 'process', 'console', 'Date', sweeper.Code.ZipFile);
    run(load, exported, { env: sweeper.Environment.Variables }, quiet, { now: () => now });
    return exported.handler();
  }
});

function roleIn(stack: Stack, id: string): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
}
