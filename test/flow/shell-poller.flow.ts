import assert from 'node:assert/strict';
import { ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Duration, Stack } from 'aws-cdk-lib';
import { actingAs } from './acting';
import { Actor } from './actor';
import { AwsShim } from './aws-shim';
import { Deployment, deploy } from './deployment';
import { Emulator, REGION, clientConfig } from './emulator';
import { counts, send } from './messages';
import { after, before, describe, it } from './runner';
import { templateOf } from './templates';
import { Ordering, WorkQueue } from '../../src/queues';
import { Ec2Workers, QueueScaling, WorkerCommand } from '../../src/workers';
import { network } from '../support/constructs';
import { filesOf } from '../support/user-data';

// The poller of the user data, run by bash on this machine, with the permissions of its role. A program takes the place of the AWS CLI;
// AWS_CLI=/usr/bin/aws has the real one in its place, which knows nothing of the permissions.
const { AWS_CLI } = process.env;

/** Each with a worker of its own, so that they run at once. */
const QUEUES = ['Good', 'Bad', 'Long', 'Stopped', 'Killed', 'Ordered'];

/** The least time for which a message is hidden, in seconds. On an instance it is 30. */
const LEASE = AWS_CLI ? 12 : 3;

/** Notes what it gets in a folder for each worker, and does what the body says. */
const SCRIPT = `body=$(cat; echo .)
printf '%s' "\${body%.}" > "$NOTES/body"
printf '%s\\n' "$MESSAGE_ID" "$RECEIVE_COUNT" "$MESSAGE_GROUP_ID" "$MESSAGE_ATTRIBUTES" "$AWS_REGION" > "$NOTES/environment"
echo "$PPID" > "$NOTES/group"
echo "start \${body%.}" >> "$NOTES/log"
case $body in
  fail*) [ "$RECEIVE_COUNT" -gt 1 ] || exit 3;;
  work*) sleep "\${body//[^0-9]/}";;
esac
echo "end \${body%.}" >> "$NOTES/log"
`;

function subject(stack: Stack): void {
  const vpc = network(stack);
  for (const name of QUEUES) {
    const queue = new WorkQueue(stack, name, { visibilityTimeout: Duration.seconds(2), ordering: name === 'Ordered' ? Ordering.fifo() : undefined });
    new Ec2Workers(stack, `${name}Workers`, {
      vpc,
      queue,
      command: WorkerCommand.shell(SCRIPT, { timeout: Duration.minutes(1) }),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    });
  }
}

/** An instance of the workers on one of the queues. */
class Instance {
  public readonly folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-poller-'));
  public readonly url: string;
  private readonly pollers: ChildProcess[] = [];
  private shim?: Promise<AwsShim>;

  constructor(private readonly deployment: Deployment, private readonly name: string) {
    this.url = deployment.queue(`${name}Queue`);
    const [stack] = deployment.stacks;
    const [template] = stack.idsOf('AWS::EC2::LaunchTemplate').filter(id => id.startsWith(`${name}Workers`));
    const userData = Buffer.from(stack.propertiesOf(template).LaunchTemplateData.UserData, 'base64').toString();
    for (const [path, content] of Object.entries(filesOf(userData)).filter(([file]) => file.startsWith('/opt/worker/'))) {
      this.write(path.replace('/opt/worker/', ''), content.replaceAll('/opt/worker', this.folder));
    }
  }

  public async start(): Promise<ChildProcess> {
    const { emulator, stacks: [stack] } = this.deployment;
    this.shim ??= AwsShim.start(actingAs(emulator.sqs, new Actor(stack, `${this.name}WorkersRole`)));
    const { endpoint, credentials } = clientConfig(emulator.port);
    this.write('aws', AWS_CLI ? `#!/bin/bash\nexec ${AWS_CLI} --endpoint-url ${endpoint} "$@"\n` : (await this.shim).program);
    const poller = spawn(join(this.folder, 'poller'), {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: `${this.folder}:${process.env.PATH}`,
        HOME: process.env.HOME,
        LANG: 'C.UTF-8',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_REGION: REGION,
        AWS_DEFAULT_REGION: REGION,
        QUEUE_URL: this.url,
        LEAST_LEASE: `${LEASE}`,
        NOTES: this.folder,
      },
    });
    poller.stdout!.on('data', (line: Buffer) => appendFileSync(join(this.folder, 'output'), line));
    this.pollers.push(poller);
    return poller;
  }

  /** What a file of the folder holds; nothing as long as it is not there. */
  public read(file: string): string {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** The starts and ends of commands so far. */
  public get log(): string[] {
    return this.read('log').split('\n').filter(line => line !== '');
  }

  public async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; !await condition(); tries++) {
      assert.ok(tries < (AWS_CLI ? 1200 : 400), `it takes too long: ${this.log.join(', ')}; ${this.read('output')}`);
      await pause(50);
    }
  }

  public async stop(): Promise<void> {
    for (const poller of this.pollers) poller.kill('SIGKILL');
    await (await this.shim)?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private write(file: string, content: string): void {
    writeFileSync(join(this.folder, file), content);
    chmodSync(join(this.folder, file), 0o755);
  }
}

const NOTHING = { visible: 0, inFlight: 0, delayed: 0 };

describe('the poller of a shell command', () => {
  let emulator: Emulator;
  let deployment: Deployment;
  const instances: Instance[] = [];
  before(async () => {
    emulator = await Emulator.start();
    deployment = await deploy(emulator, templateOf(subject));
  });
  after(async () => {
    await Promise.all(instances.map(instance => instance.stop()));
    await emulator.stop();
  });

  const instanceOn = (name: string) => {
    const instance = new Instance(deployment, name);
    instances.push(instance);
    return instance;
  };
  const left = (instance: Instance) => counts(emulator, instance.url);
  const isEmpty = (instance: Instance) => async () => JSON.stringify(await left(instance)) === JSON.stringify(NOTHING);

  it('gives the message to the command, as it was sent, and deletes it', async () => {
    const instance = instanceOn('Good');
    const body = ' tab\there, "quoted" \\back\\slash $HOME `id` \u00e9\r\nsecond line\n\n';
    await send(emulator, instance.url, { body, attributes: { kind: 'paid\there', amount: 7 } });
    await instance.start();
    await instance.until(isEmpty(instance));
    assert.equal(instance.read('body'), body);
    const [id, receiveCount, group, attributes, region] = instance.read('environment').split('\n');
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual([receiveCount, group, region], ['1', '', REGION]);
    assert.deepEqual(JSON.parse(attributes), {
      kind: { DataType: 'String', StringValue: 'paid\there' }, amount: { DataType: 'Number', StringValue: '7' },
    });
  });

  it('leaves a message whose command fails, which is visible again when its visibility timeout ends', async () => {
    const instance = instanceOn('Bad');
    await send(emulator, instance.url, { body: 'fail' });
    await instance.start();
    await instance.until(() => instance.read('output') !== '');
    const failed = Date.now();
    assert.match(instance.read('output'), /failed with exit code 3 at receive 1\. It is visible again within \d+ seconds/);
    assert.deepEqual(await left(instance), { ...NOTHING, inFlight: 1 });
    await instance.until(isEmpty(instance));
    assert.ok(Date.now() - failed < (LEASE + 3) * 1000);
    assert.deepEqual(instance.log, ['start fail', 'start fail', 'end fail']);
    assert.equal(instance.read('environment').split('\n')[1], '2');
  });

  it('keeps a message hidden from other pollers while its command runs, longer than the visibility timeout', async () => {
    const instance = instanceOn('Long');
    const work = `work ${2 * LEASE}`;
    await send(emulator, instance.url, { body: work });
    await Promise.all([instance.start(), instance.start()]);
    await instance.until(isEmpty(instance));
    assert.deepEqual(instance.log, [`start ${work}`, `end ${work}`]);
  });

  it('finishes the message in work on SIGTERM, deletes it, and receives no other', async () => {
    const instance = instanceOn('Stopped');
    await send(emulator, instance.url, { body: 'work 2' });
    const poller = await instance.start();
    await instance.until(() => instance.log.length === 1);
    await send(emulator, instance.url, { body: 'next' });
    poller.kill('SIGTERM');
    await instance.until(() => poller.exitCode !== null);
    assert.equal(poller.exitCode, 0);
    assert.deepEqual(instance.log, ['start work 2', 'end work 2']);
    assert.deepEqual(await left(instance), { ...NOTHING, visible: 1 });
  });

  it('loses nothing when it is killed: the message is not hidden any longer, and another poller processes it', async () => {
    const instance = instanceOn('Killed');
    await send(emulator, instance.url, { body: 'work 4' });
    const poller = await instance.start();
    await instance.until(() => instance.log.length === 1);
    // As systemd does: the poller, and what it has started, which is a group of its own.
    poller.kill('SIGKILL');
    process.kill(-Number(instance.read('group')), 'SIGKILL');
    assert.deepEqual(await left(instance), { ...NOTHING, inFlight: 1 });
    await instance.start();
    await instance.until(isEmpty(instance));
    assert.deepEqual(instance.log, ['start work 4', 'start work 4', 'end work 4']);
  });

  it('keeps the order of a message group when a message of it fails', async () => {
    const instance = instanceOn('Ordered');
    for (const body of ['one', 'fail', 'two']) await send(emulator, instance.url, { body, group: 'customer-7', id: body });
    await instance.start();
    await instance.until(isEmpty(instance));
    assert.deepEqual(instance.log, ['start one', 'end one', 'start fail', 'start fail', 'end fail', 'start two', 'end two']);
    assert.equal(instance.read('environment').split('\n')[2], 'customer-7');
  });
}, { concurrency: true });
