import assert from 'node:assert/strict';
import { aws_iam as iam } from 'aws-cdk-lib';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { refusals } from './gate';
import { drain, giveBack, receive, remove, send } from './messages';
import { after, before, describe, it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { FanOut, FifoFanOut, SubscriptionDeadLetters } from '../../src/fanout';
import { Ordering, WorkQueue } from '../../src/queues';

/**
 * What SQS asks for before it moves dead letters back, and then does. The emulator has no such tasks.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
async function redrive(deployment: Deployment, operator: Actor, deadName: string, queueName: string): Promise<string[]> {
  const [from, to] = [deployment.properties('AWS::SQS::Queue', deadName), deployment.properties('AWS::SQS::Queue', queueName)];
  const [fromArn, toArn] = [deployment.arn('AWS::SQS::Queue', deadName), deployment.arn('AWS::SQS::Queue', queueName)];
  if (Boolean(from.FifoQueue) !== Boolean(to.FifoQueue)) return ['the queues are of different kinds'];
  if (!isDeadLetterQueueOfQueue(deployment, fromArn)) return ['no queue has it as its dead-letter queue'];
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

/**
 * SQS moves messages only from a queue that is the dead-letter queue of another queue; not from one that only topics use.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
function isDeadLetterQueueOfQueue({ stacks }: Deployment, arn: string): boolean {
  return stacks.some(stack => stack.idsOf('AWS::SQS::Queue').some(id => stack.propertiesOf(id).RedrivePolicy?.deadLetterTargetArn === arn));
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

describe('redrive of messages that SNS could not deliver', () => {
  for (const fifo of [false, true]) {
    it(`brings them to the retry queue${fifo ? ', of a standard subscriber of a FIFO topic' : ''}`, async () => {
      const emulator = await Emulator.start();
      try {
        const deployment = await deploy(emulator, templateOf(stack => {
          const retry = new WorkQueue(stack, 'Retry', { ordering: fifo ? Ordering.fifo() : Ordering.standard() });
          const subscriptionDeadLetters = SubscriptionDeadLetters.existing(retry.deadLetterQueue!);
          if (fifo) new FifoFanOut(stack, 'Orders').addQueue('Search', { ordering: Ordering.standard(), subscriptionDeadLetters });
          else new FanOut(stack, 'Orders').addQueue('Search', { subscriptionDeadLetters });
          retry.grantRedrive(new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
        }));
        const [stack] = deployment.stacks;
        const [{ TopicArn, RedrivePolicy }] = stack.idsOf('AWS::SNS::Subscription').map(id => stack.propertiesOf(id));
        assert.equal(RedrivePolicy.deadLetterTargetArn, deployment.arn('AWS::SQS::Queue', 'RetryDeadLetterQueue'));
        // What SNS does with a message that it cannot deliver.
        assert.deepEqual(await refusals(deployment.stacks, TopicArn, RedrivePolicy.deadLetterTargetArn), []);
        await send(emulator, deployment.queue('RetryDeadLetterQueue'), { body: 'order 7', ...fifo && { group: 'DE-1', id: '7' } });

        const operator = new Actor(stack, 'Operator');
        if (fifo) assert.deepEqual(await redrive(deployment, operator, 'RetryDeadLetterQueue', 'OrdersSearchQueue'), ['the queues are of different kinds']);
        assert.deepEqual(await redrive(deployment, operator, 'RetryDeadLetterQueue', 'RetryQueue'), []);
        const [message, ...more] = await drain(emulator, deployment.queue('RetryQueue'));
        assert.deepEqual([message.Body, message.Attributes!.MessageGroupId, more], ['order 7', fifo ? 'DE-1' : undefined, []]);
      } finally {
        await emulator.stop();
      }
    });
  }

  it('is not possible from a dead-letter queue that only a subscription uses', async () => {
    const emulator = await Emulator.start();
    try {
      const deployment = await deploy(emulator, templateOf(stack => {
        const search = new FanOut(stack, 'Orders').addQueue('Search', { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
        search.grantRedrive(new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
      }));
      const [stack] = deployment.stacks;
      const operator = new Actor(stack, 'Operator');
      const dedicated = 'OrdersSearchSubscriptionDeadLetterQueue';
      assert.deepEqual(await redrive(deployment, operator, dedicated, 'OrdersSearchQueue'), ['no queue has it as its dead-letter queue']);
    } finally {
      await emulator.stop();
    }
  });
});
