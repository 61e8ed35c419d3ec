import assert from 'node:assert/strict';
import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CLIENT_ACTIONS, WITHOUT_PREDEFINED_QUEUES } from '../flow/client-actions';
import { REGION } from '../flow/emulator';
import { counts, drain } from '../flow/messages';
import { after, before, beforeEach, describe, it } from '../flow/runner';
import { Role, WatchedQueues } from '../flow/watched-queues';

const APP = join(__dirname, 'celery_app.py');
const WORKER = ['-m', 'celery', '-A', 'celery_app', 'worker', '--without-gossip', '--without-mingle', '--without-heartbeat', '--concurrency'];
const TASKS = 12;

/** Only if it stops at the moment at which it receives: it then releases the messages. */
const RELEASING = 'sqs:ChangeMessageVisibility';
const CONSUMING = CLIENT_ACTIONS.celery.filter(action => action !== RELEASING);
const PRODUCING = ['sqs:GetQueueAttributes', 'sqs:SendMessage'];

describe('Celery', () => {
  let folder: string;
  let log: string;
  let queues: WatchedQueues;
  const children = new Set<ChildProcess>();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-celery-'));
    log = join(folder, 'log');
    queues = await WatchedQueues.start();
  });
  beforeEach(() => {
    queues.forget();
    writeFileSync(log, '');
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await queues.emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function python(role: Role, args: readonly string[], queueUrl: string, predefined: boolean) {
    let output = '';
    const child = spawn(process.env.CDK_DECOUPLE_PYTHON!, args, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        PYTHONPATH: __dirname,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONWARNINGS: 'ignore',
        AWS_ENDPOINT_URL_SQS: queues.emulator.endpoint,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: role,
        AWS_SECRET_ACCESS_KEY: 'none',
        QUEUE_URL: queueUrl,
        PREDEFINED: predefined ? 'yes' : 'no',
        WORK_LOG: log,
      },
    });
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { output += data; });
    const ended = once(child, 'exit').then(([code]) => {
      children.delete(child);
      return { code, output };
    });
    return { child, ended };
  }

  /** Sends the tasks, and works on them until the queue is empty. */
  async function processAll(queueUrl: string, predefined: boolean, producer: Role, consumer: Role): Promise<number[]> {
    const sent = await python(producer, [APP, `${TASKS}`], queueUrl, predefined).ended;
    assert.equal(sent.code, 0, sent.output);
    // SQS puts several messages of a message group into one answer. Two processes would work on them at the same time.
    const { child, ended } = python(consumer, [...WORKER, queueUrl === queues.orders ? '1' : '2'], queueUrl, predefined);
    const isEmpty = async () => {
      const { visible, inFlight } = await counts(queues.emulator, queueUrl);
      return visible + inFlight === 0;
    };
    while (child.exitCode === null && !await isEmpty()) await pause(100);
    child.kill('SIGTERM');
    const { code, output } = await ended;
    assert.equal(code, 0, output);
    return readFileSync(log, 'utf8').trimEnd().split('\n').map(Number);
  }

  const numbers = Array.from({ length: TASKS }, (_, number) => number);
  const used = (role: Role) => queues.usedBy(role).filter(action => action !== RELEASING);
  const ascending = (all: readonly number[]) => [...all].sort((a, b) => a - b);

  it('processes the tasks of a standard queue with grantConsumeMessages, and leaves what fails to the dead-letter queue', async () => {
    const done = await processAll(queues.jobs, true, 'Producer', 'Consumer');
    assert.deepEqual(ascending(done), numbers.filter(number => number !== 4));
    assert.equal((await drain(queues.emulator, queues.deployment.queue('JobsDeadLetterQueue'))).length, 1);
    assert.deepEqual([used('Producer'), used('Consumer'), queues.denied], [PRODUCING, CONSUMING, []]);
  });

  it('processes the tasks of a FIFO queue with grantConsumeMessages, those of a message group in order', async () => {
    const done = await processAll(queues.orders, true, 'Producer', 'Consumer');
    for (const group of [0, 1, 2]) {
      assert.deepEqual(done.filter(number => number % 3 === group), numbers.filter(number => number % 3 === group));
    }
    assert.deepEqual([used('Producer'), used('Consumer'), queues.denied], [PRODUCING, CONSUMING, []]);
  });

  it('lists the queues of the account without predefined_queues, which no grant of a queue allows', async () => {
    for (const [role, args] of [['Producer', [APP, '1']], ['Consumer', [...WORKER, '1']]] as const) {
      const { code, output } = await python(role, args, queues.jobs, false).ended;
      assert.notEqual(code, 0);
      assert.match(output, /ListQueues/);
    }
    assert.deepEqual([used('Producer'), used('Consumer')], [[WITHOUT_PREDEFINED_QUEUES], [WITHOUT_PREDEFINED_QUEUES]]);
    assert.deepEqual([...new Set(queues.denied)], ['Producer: sqs:ListQueues', 'Consumer: sqs:ListQueues']);
  });

  it('needs sqs:ListQueues and nothing more for that', async () => {
    const done = await processAll(queues.jobs, false, 'ListingProducer', 'ListingConsumer');
    assert.deepEqual(ascending(done), numbers.filter(number => number !== 4));
    const listing = (actions: readonly string[]) => [...actions, WITHOUT_PREDEFINED_QUEUES].sort();
    assert.deepEqual([used('ListingProducer'), used('ListingConsumer')], [listing(PRODUCING), listing(CONSUMING)]);
    assert.deepEqual(queues.denied, []);
  });
});
