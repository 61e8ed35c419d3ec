import assert from 'node:assert/strict';
import { Duration, aws_iam as iam } from 'aws-cdk-lib';
import { AccessDenied, actingAs } from './acting';
import { Actor } from './actor';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { counts, drain, giveBack, receive, remove, send } from './messages';
import { NoSuchKey, Payloads } from './payloads';
import { after, before, describe, it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { Encryption } from '../../src/access';
import { DeadLetters, LargePayloads, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';

const EMPTY = { visible: 0, inFlight: 0, delayed: 0 };

describe('the example dead-letter queue', () => {
  let emulator: Emulator;
  let invoices: Deployment;
  before(async () => {
    emulator = await Emulator.start();
    invoices = await deploy(emulator, exampleTemplate('dead-letter-queue'));
  });
  after(() => emulator.stop());

  it('moves a poison message after exactly the receives that the template says, in full', async () => {
    const [queue, dead] = [invoices.queue('InvoicesQueue'), invoices.queue('InvoicesDeadLetterQueue')];
    const { maxReceiveCount } = invoices.properties('AWS::SQS::Queue', 'InvoicesQueue').RedrivePolicy;
    assert.equal(maxReceiveCount, 5);
    await send(emulator, queue, { body: 'poison', attributes: { customer: '7' } });
    await send(emulator, queue, { body: 'good' });
    for (let received = 1; received <= maxReceiveCount; received++) {
      for (const message of await receive(emulator, queue)) {
        if (message.Body === 'good') {
          await remove(emulator, queue, message);
        } else {
          assert.equal(message.Attributes!.ApproximateReceiveCount, `${received}`);
          await giveBack(emulator, queue, message);
        }
      }
      assert.deepEqual(await counts(emulator, queue), { ...EMPTY, visible: 1 }, `after ${received} receives`);
      assert.deepEqual(await counts(emulator, dead), EMPTY, `after ${received} receives`);
    }
    assert.deepEqual(await receive(emulator, queue), []);
    assert.deepEqual(await counts(emulator, queue), EMPTY);
    const [letter, ...more] = await drain(emulator, dead);
    assert.deepEqual([letter.Body, letter.MessageAttributes!.customer.StringValue, more], ['poison', '7', []]);
  });

  it('moves a poison message of a FIFO queue likewise, and lets its group go on in order only then', async () => {
    const [queue, dead] = [invoices.queue('PaymentsQueue'), invoices.queue('PaymentsDeadLetterQueue')];
    const { maxReceiveCount } = invoices.properties('AWS::SQS::Queue', 'PaymentsQueue').RedrivePolicy;
    for (const body of ['poison', 'second', 'third']) await send(emulator, queue, { body, group: 'customer-7', id: body });
    for (let received = 1; received <= maxReceiveCount; received++) {
      const messages = await receive(emulator, queue);
      assert.deepEqual(messages.map(({ Body }) => Body), ['poison'], 'the group waits behind it');
      assert.equal(messages[0].Attributes!.ApproximateReceiveCount, `${received}`);
      assert.deepEqual(await receive(emulator, queue), [], 'and is locked while it is in flight');
      await giveBack(emulator, queue, messages[0]);
      assert.deepEqual(await counts(emulator, dead), EMPTY, `after ${received} receives`);
    }
    assert.deepEqual((await drain(emulator, queue)).map(({ Body }) => Body), ['second', 'third']);
    const [letter, ...more] = await drain(emulator, dead);
    assert.deepEqual([letter.Body, letter.Attributes!.MessageGroupId, more], ['poison', 'customer-7', []]);
  });

  it('keeps the reminders back: none is visible, for 15 minutes', async () => {
    const queue = invoices.queue('RemindersQueue');
    assert.equal(invoices.properties('AWS::SQS::Queue', 'RemindersQueue').DelaySeconds, 900);
    await send(emulator, queue, { body: 'remind' });
    assert.deepEqual(await receive(emulator, queue), []);
    assert.deepEqual(await counts(emulator, queue), { ...EMPTY, delayed: 1 });
  });

  it('waits as long as the queue says, and no longer than for the first message', async () => {
    const queue = invoices.queue('InvoicesQueue');
    assert.equal(invoices.properties('AWS::SQS::Queue', 'InvoicesQueue').ReceiveMessageWaitTimeSeconds, 20);
    const began = Date.now();
    const waiting = receive(emulator, queue, { wait: 'queue' });
    await sleep(400);
    await send(emulator, queue, { body: 'late' });
    const [message] = await waiting;
    const took = Date.now() - began;
    assert.equal(message.Body, 'late');
    assert.ok(took >= 400 && took < 2_000, `${took} ms`);
    await remove(emulator, queue, message);
  });
});

describe('the same with short times', () => {
  let emulator: Emulator;
  let jobs: Deployment;
  before(async () => {
    emulator = await Emulator.start();
    jobs = await deploy(emulator, templateOf(stack => {
      const visibilityTimeout = Duration.seconds(1);
      new WorkQueue(stack, 'Delayed', { deliveryDelay: Duration.seconds(1) });
      new WorkQueue(stack, 'Hidden', { visibilityTimeout });
      new WorkQueue(stack, 'Brief', { receiveMessageWaitTime: Duration.seconds(1) });
      new WorkQueue(stack, 'Failing', { visibilityTimeout, deadLetters: DeadLetters.dedicated({ maxReceiveCount: 2 }) });
      const failed = new SharedDeadLetterQueue(stack, 'Failed');
      for (const name of ['First', 'Second']) new WorkQueue(stack, name, { deadLetters: DeadLetters.shared(failed, 3) });
      const role = (id: string) => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
      const granted = new WorkQueue(stack, 'Granted', { deadLetters: DeadLetters.dedicated({ maxReceiveCount: 1 }) });
      granted.grantSendMessages(role('Producer'));
      granted.grantConsumeMessages(role('Consumer'));
      granted.grantConsumeDeadLetters(role('Inspector'));
      const documents = new WorkQueue(stack, 'Documents', {
        encryption: Encryption.customerManaged(),
        deadLetters: DeadLetters.dedicated({ maxReceiveCount: 2 }),
        largePayloads: LargePayloads.dedicated(),
      });
      documents.grantSendMessages(role('DocumentProducer'));
      documents.grantConsumeMessages(role('DocumentConsumer'));
      documents.deadLetterQueue!.grantConsumeMessages(role('DocumentOperator'));
      new WorkQueue(stack, 'FailingInOrder', { visibilityTimeout, ordering: Ordering.fifo(), deadLetters: DeadLetters.dedicated({ maxReceiveCount: 2 }) });
    }));
  });
  after(() => emulator.stop());

  it('delays a message by the delivery delay', async () => {
    const queue = jobs.queue('DelayedQueue');
    const began = Date.now();
    await send(emulator, queue, { body: 'later' });
    assert.deepEqual(await receive(emulator, queue), []);
    assert.deepEqual(await counts(emulator, queue), { ...EMPTY, delayed: 1 });
    const [message] = await receive(emulator, queue, { wait: 5 });
    assert.equal(message.Body, 'later');
    assertAbout(1_000, Date.now() - began);
  });

  it('hides a message for the visibility timeout, then shows it again', async () => {
    const queue = jobs.queue('HiddenQueue');
    await send(emulator, queue, { body: 'job' });
    const began = Date.now();
    const [first] = await receive(emulator, queue);
    assert.equal(first.Attributes!.ApproximateReceiveCount, '1');
    assert.deepEqual(await receive(emulator, queue), []);
    assert.deepEqual(await counts(emulator, queue), { ...EMPTY, inFlight: 1 });
    const [second] = await receive(emulator, queue, { wait: 5 });
    assertAbout(1_000, Date.now() - began);
    assert.deepEqual([second.Body, second.MessageId, second.Attributes!.ApproximateReceiveCount], ['job', first.MessageId, '2']);
    await remove(emulator, queue, second);
    assert.deepEqual(await counts(emulator, queue), EMPTY);
  });

  describe('a large payload', () => {
    const text = 'x'.repeat(3 * 1024 * 1024);
    const actor = (name: string) => new Actor(jobs.stacks[0], name);
    const isEmpty = async (payloads: Payloads) => {
      assert.equal(payloads.objects.size, 0);
      for (const name of ['DocumentsQueue', 'DocumentsDeadLetterQueue']) assert.deepEqual(await counts(emulator, jobs.queue(name)), EMPTY);
    };

    it('reaches the consumer through the bucket, and is deleted with its message', async () => {
      const payloads = new Payloads(jobs, 'DocumentsQueue', 'DocumentsPayloads');
      await payloads.send(actor('DocumentProducer'), text);
      const [{ payload, receiptHandle, message }, ...more] = await payloads.receive(actor('DocumentConsumer'));
      assert.deepEqual([payload === text, message.MessageAttributes!.ExtendedPayloadSize.StringValue, more], [true, `${text.length}`, []]);
      assert.ok(message.Body!.length < 1_024);
      await payloads.delete(actor('DocumentConsumer'), receiptHandle);
      await isEmpty(payloads);
    });

    it('of a dead letter can be read with a grant on the dead-letter queue', async () => {
      const payloads = new Payloads(jobs, 'DocumentsQueue', 'DocumentsPayloads');
      await payloads.send(actor('DocumentProducer'), text);
      for (const received of ['1', '2']) {
        const [{ message }] = await payloads.receive(actor('DocumentConsumer'));
        assert.equal(message.Attributes!.ApproximateReceiveCount, received);
        await giveBack(emulator, jobs.queue('DocumentsQueue'), message);
      }
      assert.deepEqual(await payloads.receive(actor('DocumentConsumer')), []);
      await assert.rejects(payloads.receive(actor('DocumentConsumer'), 'DocumentsDeadLetterQueue'), AccessDenied);
      const [{ payload, receiptHandle }] = await payloads.receive(actor('DocumentOperator'), 'DocumentsDeadLetterQueue');
      assert.ok(payload === text);
      await payloads.delete(actor('DocumentOperator'), receiptHandle, 'DocumentsDeadLetterQueue');
      await isEmpty(payloads);
    });

    it('is there as long as its message can be, unless a rule deletes it before', async () => {
      const { MessageRetentionPeriod } = jobs.properties('AWS::SQS::Queue', 'DocumentsDeadLetterQueue');
      const days = MessageRetentionPeriod / 86_400;
      const payloads = new Payloads(jobs, 'DocumentsQueue', 'DocumentsPayloads');
      await payloads.send(actor('DocumentProducer'), text);
      payloads.pass(days);
      const [{ payload, message }] = await payloads.receive(actor('DocumentConsumer'));
      assert.ok(payload === text);
      await giveBack(emulator, jobs.queue('DocumentsQueue'), message);
      const [rule] = jobs.properties('AWS::S3::Bucket', 'DocumentsPayloads').LifecycleConfiguration.Rules;
      payloads.pass(rule.ExpirationInDays - days);
      const gone: unknown = await payloads.receive(actor('DocumentConsumer')).catch((error: unknown) => error);
      assert.ok(gone instanceof NoSuchKey);
      await giveBack(emulator, jobs.queue('DocumentsQueue'), gone.received);
      assert.deepEqual(await receive(emulator, jobs.queue('DocumentsQueue')), []);
      assert.equal((await drain(emulator, jobs.queue('DocumentsDeadLetterQueue'))).length, 1);
      await isEmpty(payloads);
    });

    it('is kept from who only sends, and from who only receives', async () => {
      const payloads = new Payloads(jobs, 'DocumentsQueue', 'DocumentsPayloads');
      await assert.rejects(payloads.send(actor('DocumentConsumer'), text), AccessDenied);
      await assert.rejects(payloads.receive(actor('DocumentProducer')), AccessDenied);
      const object = `${jobs.arn('AWS::S3::Bucket', 'DocumentsPayloads')}/payload`;
      const denied = { DocumentProducer: ['s3:GetObject', 's3:DeleteObject'], DocumentConsumer: ['s3:PutObject'], DocumentOperator: ['s3:PutObject'] };
      for (const [name, actions] of Object.entries(denied)) {
        assert.equal((await actor(name).lacks(actions, object)).length, actions.length, name);
      }
      await isEmpty(payloads);
    });
  }, { concurrency: false });

  it('waits on an empty queue for as long as the queue says', async () => {
    const began = Date.now();
    assert.deepEqual(await receive(emulator, jobs.queue('BriefQueue'), { wait: 'queue' }), []);
    assertAbout(1_000, Date.now() - began);
  });

  it('takes messages from a producer, and gives them to a consumer and to a reader of dead letters, each by its grant alone', async () => {
    const [queue, dead] = [jobs.queue('GrantedQueue'), jobs.queue('GrantedDeadLetterQueue')];
    const as = (role: string) => ({ sns: emulator.sns, sqs: actingAs(emulator.sqs, new Actor(jobs.stacks[0], role)) });
    const [producer, consumer, inspector] = ['Producer', 'Consumer', 'Inspector'].map(as);
    await send(producer, queue, { body: 'fine' });
    await remove(consumer, queue, (await receive(consumer, queue))[0]);
    await send(producer, queue, { body: 'broken' });
    await giveBack(consumer, queue, (await receive(consumer, queue))[0]);
    assert.deepEqual(await receive(consumer, queue), []);
    const letters = await receive(inspector, dead);
    assert.deepEqual(letters.map(({ Body }) => Body), ['broken']);
    await remove(inspector, dead, letters[0]);
    for (const other of [consumer, inspector]) await assert.rejects(send(other, queue, { body: 'forged' }), AccessDenied);
    for (const other of [producer, inspector]) await assert.rejects(receive(other, queue), AccessDenied);
    for (const other of [producer, consumer]) await assert.rejects(receive(other, dead), AccessDenied);
  });

  it('collects the dead letters of several queues in a shared one, each after its receives', async () => {
    const dead = jobs.queue('FailedQueue');
    for (const [index, name] of ['First', 'Second'].entries()) {
      const queue = jobs.queue(`${name}Queue`);
      await send(emulator, queue, { body: name });
      for (let received = 1; received <= 3; received++) {
        const [message] = await receive(emulator, queue);
        assert.deepEqual([message.Body, (await counts(emulator, dead)).visible], [name, index]);
        await giveBack(emulator, queue, message);
      }
      assert.deepEqual(await receive(emulator, queue), []);
    }
    assert.deepEqual((await drain(emulator, dead)).map(({ Body }) => Body), ['First', 'Second']);
  });

  for (const name of ['Failing', 'FailingInOrder']) {
    it(`moves what a crashed consumer never gave back (${name})`, async () => {
      const [queue, dead] = [jobs.queue(`${name}Queue`), jobs.queue(`${name}DeadLetterQueue`)];
      await send(emulator, queue, { body: 'poison', ...name === 'FailingInOrder' && { group: 'all', id: 'poison' } });
      for (const received of ['1', '2']) {
        const [message] = await receive(emulator, queue, { wait: 5 });
        assert.equal(message.Attributes!.ApproximateReceiveCount, received);
        assert.deepEqual(await counts(emulator, dead), EMPTY);
      }
      assert.deepEqual(await receive(emulator, queue, { wait: 2 }), []);
      assert.deepEqual((await drain(emulator, dead)).map(({ Body }) => Body), ['poison']);
      assert.deepEqual(await counts(emulator, queue), EMPTY);
    });
  }
}, { concurrency: true });

function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, milliseconds); });
}

/** Not before, and not much later even on a busy machine. */
function assertAbout(expected: number, milliseconds: number) {
  assert.ok(milliseconds >= expected - 20 && milliseconds < expected + 1_500, `${milliseconds} ms instead of ${expected}`);
}
