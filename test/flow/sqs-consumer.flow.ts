import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer, ConsumerOptions } from 'sqs-consumer';
import { CLIENT_ACTIONS } from './client-actions';
import { REGION } from './emulator';
import { Outgoing, counts, drain, send } from './messages';
import { after, before, describe, it } from './runner';
import { Role, VISIBILITY_TIMEOUT, WatchedQueues } from './watched-queues';

const CONSUMING = CLIENT_ACTIONS['sqs-consumer'];

describe('sqs-consumer, with grantConsumeMessages', () => {
  let queues: WatchedQueues;
  before(async () => { queues = await WatchedQueues.start(); });
  after(() => queues.emulator.stop());

  /** Consumes until each of the queues is empty. */
  async function consume(queueUrl: string, options: Omit<ConsumerOptions, 'queueUrl' | 'sqs'>, role: Role = 'Consumer'): Promise<Error[]> {
    const sqs = new SQSClient({ endpoint: queues.emulator.endpoint, region: REGION, credentials: { accessKeyId: role, secretAccessKey: 'none' } });
    const errors: Error[] = [];
    const consumer = Consumer.create({ waitTimeSeconds: 1, pollingCompleteWaitTimeMs: 5_000, suppressFifoWarning: true, ...options, queueUrl, sqs });
    consumer.on('error', error => { errors.push(error); });
    consumer.on('processing_error', error => { errors.push(error); });
    consumer.start();
    while (await left(queueUrl) > 0 && queues.denied.length === 0) await pause(50);
    const stopped = new Promise(resolve => consumer.once('stopped', () => resolve(undefined)));
    consumer.stop();
    await stopped;
    sqs.destroy();
    return errors;
  }

  async function left(queueUrl: string): Promise<number> {
    const { visible, inFlight } = await counts(queues.emulator, queueUrl);
    return visible + inFlight;
  }

  async function sendAll(queueUrl: string, messages: readonly Outgoing[]): Promise<void> {
    for (const message of messages) await send(queues.emulator, queueUrl, message);
  }

  it('processes the messages of a standard queue, extends long work, and leaves what fails to the dead-letter queue', async () => {
    queues.forget();
    const bodies = ['long', 'poison', ...Array.from({ length: 30 }, (_, number) => `job ${number}`)];
    await sendAll(queues.jobs, bodies.map(body => ({ body })));
    const processed: string[] = [];
    await consume(queues.jobs, {
      batchSize: 10,
      visibilityTimeout: VISIBILITY_TIMEOUT,
      heartbeatInterval: 1,
      terminateVisibilityTimeout: true,
      handleMessage: async message => {
        const { Body } = message;
        if (Body === 'poison') throw new Error('poison');
        if (Body === 'long') await pause(VISIBILITY_TIMEOUT * 1500);
        processed.push(Body!);
        return message;
      },
    });
    assert.deepEqual(processed.sort(), bodies.filter(body => body !== 'poison').sort());
    assert.deepEqual((await drain(queues.emulator, queues.deployment.queue('JobsDeadLetterQueue'))).map(({ Body }) => Body), ['poison']);
    assert.deepEqual([queues.usedBy('Consumer'), queues.denied], [CONSUMING, []]);
  });

  it('keeps the order of each message group of a FIFO queue, one message at a time', async () => {
    queues.forget();
    const messages = Array.from({ length: 24 }, (_, number) => ({ body: `${number}`, group: `${number % 3}`, id: `sqs-consumer ${number}` }));
    await sendAll(queues.orders, messages);
    const failing = new Set(['4', '7']);
    const processed: number[] = [];
    await consume(queues.orders, {
      batchSize: 1,
      terminateVisibilityTimeout: true,
      handleMessage: async message => {
        const { Body } = message;
        if (failing.delete(Body!)) throw new Error(`${Body} fails the first time`);
        processed.push(Number(Body));
        return message;
      },
    });
    for (const group of [0, 1, 2]) {
      const numbers = messages.map(({ body }) => Number(body)).filter(number => number % 3 === group);
      assert.deepEqual(processed.filter(number => number % 3 === group), numbers);
    }
    assert.deepEqual([queues.usedBy('Consumer'), queues.denied], [CONSUMING, []]);
  });

  it('receives nothing without the grant', async () => {
    queues.forget();
    await sendAll(queues.jobs, [{ body: 'a secret' }]);
    const errors = await consume(queues.jobs, { handleMessage: async message => message }, 'Producer');
    assert.ok(errors.length > 0);
    assert.deepEqual([...new Set(queues.denied)], ['Producer: sqs:ReceiveMessage']);
    assert.equal((await drain(queues.emulator, queues.deployment.queue('JobsQueue'))).length, 1);
  });
});
