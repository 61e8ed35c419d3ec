import assert from 'node:assert/strict';
import { Message } from '@aws-sdk/client-sqs';
import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { Handler, eventOf, poll } from './event-source-mapping';
import { drain, send } from './messages';
import { after, before, describe, it } from './runner';
import { templateOf } from './templates';
import { DeadLetters, Ordering, WorkQueue } from '../../src/queues';
import { FunctionSource, FunctionWorker, WorkerFunction } from '../../src/workers';

/** The work of the functions: it fails for a body that contains `poison`, and the first time for one that contains `once`. */
export interface BatchClient {
  readonly name: string;
  /** The function with the processor for standard queues, or for FIFO queues with or without `skipGroupOnError`. */
  readonly invoke: (processor: 'standard' | 'fifo' | 'fifo, by group', event: unknown) => Promise<any>;
  /** The bodies that were processed, in order, since the last call. */
  readonly processed: () => Promise<string[]>;
}

/** A client library for batches, on the queues of function workers. */
export function describeBatches(client: BatchClient): void {
  describe(`${client.name}, on a FunctionWorker`, () => {
    let emulator: Emulator;
    let deployment: Deployment;
    before(async () => {
      emulator = await Emulator.start();
      deployment = await deploy(emulator, templateOf(stack => {
        const deadLetters = DeadLetters.dedicated({ maxReceiveCount: 5 });
        for (const queue of [new WorkQueue(stack, 'Jobs', { deadLetters }), new WorkQueue(stack, 'Orders', { deadLetters, ordering: Ordering.fifo() })]) {
          new FunctionWorker(stack, `${queue.node.id}Worker`, {
            source: FunctionSource.queue(queue),
            function: WorkerFunction.create({
              runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'), timeout: Duration.seconds(5),
            }),
          });
        }
      }));
    });
    after(() => emulator.stop());
    const queue = (name: string) => deployment.queue(`${name}Queue`);
    const dead = async (name: string) => (await drain(emulator, deployment.queue(`${name}DeadLetterQueue`))).map(({ Body }) => Body);

    it('reports what fails, which alone is received again', async () => {
      const [stack] = deployment.stacks;
      const mappings = stack.idsOf('AWS::Lambda::EventSourceMapping').map(id => stack.propertiesOf(id));
      assert.deepEqual(mappings.map(({ FunctionResponseTypes }) => FunctionResponseTypes), [['ReportBatchItemFailures'], ['ReportBatchItemFailures']]);
      const bodies = ['poison', 'once', ...Array.from({ length: 28 }, (_, number) => `job ${number}`)];
      for (const body of bodies) await send(emulator, queue('Jobs'), { body });
      await poll(emulator, queue('Jobs'), event => client.invoke('standard', event));
      assert.deepEqual((await client.processed()).sort(), bodies.filter(body => body !== 'poison').sort());
      assert.deepEqual(await dead('Jobs'), ['poison']);
    });

    for (const processor of ['fifo', 'fifo, by group'] as const) {
      it(`keeps the order of each message group with the processor ${processor}`, async () => {
        const sent = Array.from({ length: 18 }, (_, number) => ({ body: `${processor} ${number}${number === 4 ? ' once' : ''}`, group: `${number % 3}` }));
        for (const [number, message] of sent.entries()) await send(emulator, queue('Orders'), { ...message, id: `${client.name} ${processor} ${number}` });
        await poll(emulator, queue('Orders'), event => client.invoke(processor, event));
        const processed = await client.processed();
        for (const group of ['0', '1', '2']) {
          const expected = sent.filter(one => one.group === group).map(({ body }) => body);
          assert.deepEqual(processed.filter(body => expected.includes(body)), expected);
        }
        assert.deepEqual(await dead('Orders'), []);
      });
    }

    // The emulator puts one message of a group into a batch, SQS several.
    const batch = (groups: string[], failing: number): Message[] => groups.map((MessageGroupId, index) => (
      { MessageId: `message ${index}`, ReceiptHandle: 'handle', Body: `${index}${index === failing ? ' poison' : ''}`, Attributes: { MessageGroupId } }));
    const reported = async (invoke: Handler, messages: Message[]) =>
      (await invoke(eventOf(messages, queue('Orders')))).batchItemFailures.map(({ itemIdentifier }: { itemIdentifier: string }) => itemIdentifier);

    it('stops at the first failure of a batch of a FIFO queue, and reports it with all after it', async () => {
      const messages = batch(['A', 'A', 'B', 'A'], 1);
      assert.deepEqual(await reported(event => client.invoke('fifo', event), messages), ['message 1', 'message 2', 'message 3']);
      assert.deepEqual(await client.processed(), ['0']);
    });

    it('skips only the message group of a failure if it is told to', async () => {
      const messages = batch(['A', 'A', 'B', 'A'], 1);
      assert.deepEqual(await reported(event => client.invoke('fifo, by group', event), messages), ['message 1', 'message 3']);
      assert.deepEqual(await client.processed(), ['0', '2']);
    });

    it('would break the order with the processor for standard queues', async () => {
      const messages = batch(['A', 'A', 'A'], 0);
      assert.deepEqual(await reported(event => client.invoke('standard', event), messages), ['message 0']);
      assert.deepEqual((await client.processed()).sort(), ['1', '2']);
    });
  });
}
