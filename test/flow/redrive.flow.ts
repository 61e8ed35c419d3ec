import assert from 'node:assert/strict';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { drain, giveBack, receive, remove, send } from './messages';
import { after, before, describe, it } from './runner';
import { exampleTemplate } from './templates';

/**
 * What SQS asks for before it moves dead letters back, and then does. The emulator has no such tasks.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
async function redrive(deployment: Deployment, operator: Actor, deadName: string, queueName: string): Promise<string[]> {
  const [from, to] = [deployment.properties('AWS::SQS::Queue', deadName), deployment.properties('AWS::SQS::Queue', queueName)];
  const [fromArn, toArn] = [deployment.arn('AWS::SQS::Queue', deadName), deployment.arn('AWS::SQS::Queue', queueName)];
  if (Boolean(from.FifoQueue) !== Boolean(to.FifoQueue)) return ['the queues are of different kinds'];
  const lacking = [
    ...await operator.lacks(['sqs:StartMessageMoveTask', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], fromArn),
    ...await operator.lacks(['sqs:SendMessage'], toArn),
    ...from.KmsMasterKeyId ? await operator.lacks(['kms:Decrypt'], from.KmsMasterKeyId) : [],
    ...to.KmsMasterKeyId ? await operator.lacks(['kms:GenerateDataKey', 'kms:Decrypt'], to.KmsMasterKeyId) : [],
  ];
  if (lacking.length > 0) return lacking;
  const { emulator } = deployment;
  for (const message of await receive(emulator, deployment.queue(deadName))) {
    await send(emulator, deployment.queue(queueName), { body: message.Body!, group: message.Attributes?.MessageGroupId, id: `redriven-${message.MessageId}` });
    await remove(emulator, deployment.queue(deadName), message);
  }
  return [];
}

describe('redrive in the example dead-letter queue', () => {
  let emulator: Emulator;
  let invoices: Deployment;
  const role = (name: string) => new Actor(invoices.stacks[0], name);
  before(async () => {
    emulator = await Emulator.start();
    invoices = await deploy(emulator, exampleTemplate('dead-letter-queue'));
  });
  after(() => emulator.stop());

  for (const [name, fifo] of [['Invoices', false], ['Payments', true]] as const) {
    it(`brings a dead letter back to where it came from, by the operator alone (${name}${fifo ? ', FIFO with a customer key' : ''})`, async () => {
      const [queue, dead] = [invoices.queue(`${name}Queue`), invoices.queue(`${name}DeadLetterQueue`)];
      assert.equal(invoices.properties('AWS::SQS::Queue', `${name}Queue`).KmsMasterKeyId !== undefined, fifo);
      await send(emulator, queue, { body: 'broken', ...fifo && { group: 'customer-7', id: '1' } });
      for (let messages = await receive(emulator, queue); messages.length > 0; messages = await receive(emulator, queue)) {
        await giveBack(emulator, queue, messages[0]);
      }

      for (const other of ['Shop', 'Renderer']) {
        const lacking = await redrive(invoices, role(other), `${name}DeadLetterQueue`, `${name}Queue`);
        assert.ok(lacking.some(text => /^sqs:StartMessageMoveTask .* ImplicitlyDenied$/.test(text)), other);
      }
      assert.deepEqual(await drain(emulator, queue), []);

      assert.deepEqual(await redrive(invoices, role('Operator'), `${name}DeadLetterQueue`, `${name}Queue`), []);
      const [message, ...more] = await drain(emulator, queue);
      assert.deepEqual([message.Body, message.Attributes!.MessageGroupId, more], ['broken', fifo ? 'customer-7' : undefined, []]);
      assert.deepEqual(await drain(emulator, dead), []);
    });
  }

  it('can be watched and cancelled by the operator', async () => {
    for (const name of ['Invoices', 'Reminders', 'Payments']) {
      const arn = invoices.arn('AWS::SQS::Queue', `${name}DeadLetterQueue`);
      assert.deepEqual(await role('Operator').lacks(['sqs:ListMessageMoveTasks', 'sqs:CancelMessageMoveTask'], arn), []);
    }
  });

  it('goes to a queue of the same kind only', async () => {
    assert.deepEqual(await redrive(invoices, role('Operator'), 'PaymentsDeadLetterQueue', 'InvoicesQueue'), ['the queues are of different kinds']);
  });
});
