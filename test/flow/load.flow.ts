import assert from 'node:assert/strict';
import { DeleteMessageBatchCommand, Message } from '@aws-sdk/client-sqs';
import { Duration } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { counts, drain, publishAll, receive } from './messages';
import { seedFrom, seeded } from './random';
import { after, before, describe, it } from './runner';
import { templateOf } from './templates';
import { FanOut, FilterPolicy } from '../../src/fanout';

/** The draws follow from it; what they hit also depends on the timing of the run. */
const SEED = seedFrom('CDK_DECOUPLE_SEED');
const PUBLISHED = 10_000;
const KINDS = ['placed', 'paid', 'shipped', 'returned'];

/** How likely it is that a consumer dies of a message, and takes with it what it has received but not deleted yet. */
const CRASH = 0.015;
/** How likely it is that a subscriber can never process a message. */
const POISON = 0.001;

interface Subscriber {
  readonly name: string;
  /** The kind it wants; all when undefined. */
  readonly kind?: string;
  readonly raw: boolean;
  readonly poison: Set<number>;
  /** How often each message was received. */
  readonly received: Map<number, number>;
  readonly processed: Set<number>;
  crashes: number;
}

/** Two take everything, eighteen one kind of four: six and a half deliveries for each message on average. */
const SUBSCRIBERS: Subscriber[] = Array.from({ length: 20 }, (_, index) => {
  const draw = seeded(SEED + index);
  const kind = index < 2 ? undefined : KINDS[index % KINDS.length];
  const poison = new Set(numbers().filter(number => draw() < POISON && (kind === undefined || kindOf(number) === kind)));
  return { name: `Consumer${index}`, kind, raw: index % 2 === 0, poison, received: new Map(), processed: new Set(), crashes: 0 };
});

describe('20 subscribers under load, with consumers that crash', () => {
  let emulator: Emulator;
  let fanOut: Deployment;
  before(async () => {
    console.info(`flow: seed ${SEED} (CDK_DECOUPLE_SEED)`);
    emulator = await Emulator.start();
    fanOut = await deploy(emulator, templateOf(stack => {
      const events = new FanOut(stack, 'Events');
      SUBSCRIBERS.forEach(({ name, kind, raw }, index) => {
        const wanted = sns.SubscriptionFilter.stringFilter({ allowlist: kind === undefined ? [] : [kind] });
        const onAttributes = FilterPolicy.onAttributes({ kind: wanted });
        const onBody = FilterPolicy.onBody({ event: sns.FilterOrPolicy.policy({ kind: sns.FilterOrPolicy.filter(wanted) }) });
        events.addQueue(name, {
          visibilityTimeout: Duration.seconds(1), rawMessageDelivery: raw, ...kind && { filterPolicy: index < 12 ? onAttributes : onBody },
        });
      });
    }));
  });
  after(() => emulator.stop());

  it('is let through by every policy', () => {
    assert.equal(fanOut.stacks[0].idsOf('AWS::SNS::Subscription').length, 20);
    assert.deepEqual(fanOut.refused, []);
  });

  it(`loses none of ${PUBLISHED.toLocaleString('en')} messages: each is processed or a dead letter for each of its subscribers`, async () => {
    const messages = numbers().map(number => ({ number, kind: kindOf(number) }))
      .map(({ number, kind }) => ({ body: JSON.stringify({ number, event: { kind } }), attributes: { kind } }));
    let publishing = true;
    await Promise.all([
      publishAll(emulator, fanOut.topic('EventsTopic'), messages).finally(() => { publishing = false; }),
      ...SUBSCRIBERS.map((subscriber, index) => consume(emulator, fanOut, subscriber, seeded(SEED - 1 - index), () => publishing)),
    ]);

    const total = { deliveries: 0, processed: 0, again: 0, crashes: 0, dead: 0, poison: 0 };
    for (const subscriber of SUBSCRIBERS) {
      const dead = (await drain(emulator, fanOut.queue(`Events${subscriber.name}DeadLetterQueue`))).map(message => numberIn(message, subscriber));
      check(subscriber, dead);
      total.deliveries += subscriber.received.size;
      total.processed += subscriber.processed.size;
      total.again += [...subscriber.received.values()].reduce((sum, times) => sum + times - 1, 0);
      total.crashes += subscriber.crashes;
      total.dead += dead.length;
      total.poison += subscriber.poison.size;
    }
    // 2 × 10,000 and 18 × 2,500.
    assert.equal(total.deliveries, 65_000);
    assert.ok(total.crashes > 100 && total.again > 1_000 && total.poison > 10, 'the load has to hurt');
    const text = (value: number) => value.toLocaleString('en');
    console.info(`flow: ${text(PUBLISHED)} messages published to 20 queues; ${text(total.deliveries)} deliveries after filters: ${text(total.processed)} processed, `
      + `${text(total.dead)} dead letters (${text(total.poison)} poison), 0 lost; ${text(total.crashes)} crashes, ${text(total.again)} received again`);
  });
});

/** Works until the queue is empty and nothing more is published. */
async function consume(emulator: Emulator, fanOut: Deployment, subscriber: Subscriber, draw: () => number, publishing: () => boolean) {
  const queue = fanOut.queue(`Events${subscriber.name}Queue`);
  for (;;) {
    const more = publishing();
    const messages = await receive(emulator, queue, { wait: 1 });
    const done = work(messages, subscriber, draw);
    if (done.length > 0) {
      const Entries = done.map(({ ReceiptHandle }, Id) => ({ Id: `${Id}`, ReceiptHandle }));
      await emulator.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }));
    }
    if (messages.length === 0 && !more) {
      const { visible, inFlight } = await counts(emulator, queue);
      if (visible + inFlight === 0) return;
    }
  }
}

/** What may be deleted of a batch: after a crash nothing, though some of it may have been processed. */
function work(messages: readonly Message[], subscriber: Subscriber, draw: () => number): Message[] {
  const done: Message[] = [];
  const numbersReceived = messages.map(message => numberIn(message, subscriber));
  numbersReceived.forEach(number => subscriber.received.set(number, (subscriber.received.get(number) ?? 0) + 1));
  for (const [index, message] of messages.entries()) {
    const number = numbersReceived[index];
    if (subscriber.poison.has(number)) continue;
    const crashes = draw() < CRASH;
    const afterWork = draw() < 0.5;
    if (!crashes || afterWork) subscriber.processed.add(number);
    if (crashes) {
      subscriber.crashes += 1;
      return [];
    }
    done.push(message);
  }
  return done;
}

function check({ name, kind, poison, received, processed }: Subscriber, deadLetters: number[]) {
  const dead = new Set(deadLetters);
  assert.equal(dead.size, deadLetters.length, `${name} has a dead letter twice`);
  const expected = numbers().filter(number => kind === undefined || kindOf(number) === kind);
  const lost = expected.filter(number => !processed.has(number) && !dead.has(number));
  assert.deepEqual(lost, [], `${name} has lost messages`);
  assert.deepEqual([...received.keys()].sort((a, b) => a - b), expected, `${name} has received what its filter lets pass`);
  for (const number of poison) assert.ok(dead.has(number) && !processed.has(number), `${name}: ${number} is poison`);
  for (const [number, times] of received) assert.ok(dead.has(number) ? times === 5 : times <= 5, `${name}: ${number} was received ${times} times`);
}

function numberIn({ Body }: Message, { raw }: Subscriber): number {
  const body = JSON.parse(Body!);
  return (raw ? body : JSON.parse(body.Message)).number;
}

function numbers(): number[] {
  return Array.from({ length: PUBLISHED }, (_, number) => number);
}

function kindOf(number: number): string {
  return KINDS[number % KINDS.length];
}
