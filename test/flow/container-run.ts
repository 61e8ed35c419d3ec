import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { AccessDenied } from './acting';
import { Actor } from './actor';
import { ContainerProgram, Fault, writeWorker } from './container-programs';
import { Deployment, deploy } from './deployment';
import { Emulator, SqsRequest } from './emulator';
import { counts } from './messages';
import { WrittenTemplate } from '../support/written';

type Json = any;

/** Beside the packages that the compiled worker needs. */
const TEMP = join(__dirname, '..', '..', 'node_modules', '.cache');
/** Of the queue, in seconds: after this time a message of a worker that was killed is received again. */
export const VISIBILITY_TIMEOUT = 3;

export interface Task {
  readonly number: number;
  /** How long the work takes, in milliseconds. */
  readonly millis: number;
  /** How likely it is that the work fails. */
  readonly failing: number;
  /** The message group, on a FIFO queue. */
  readonly group?: string;
}

export interface RunOptions {
  readonly program: ContainerProgram;
  readonly fault?: Fault;
  readonly tasks: readonly Task[];
  /** The workers with their queue; the visibility timeout is replaced. */
  readonly template: WrittenTemplate;
  readonly processes: number;
  /** Which of the processes is killed next and how, and after how many milliseconds; undefined for no more. */
  readonly next?: () => { readonly after: number; readonly process: number; readonly signal: 'SIGKILL' | 'SIGTERM' } | undefined;
  /** How long to wait for the queue to be empty, in milliseconds; until it is, if undefined. */
  readonly patience?: number;
  /** Whether the ECS agent refuses to change the protection of a task this time. */
  readonly refuses?: () => boolean;
}

export interface RunResult {
  /** What was processed, in order, and by which process. */
  readonly processed: readonly { readonly number: number; readonly worker: string }[];
  /** How often the work on a message was begun. */
  readonly begun: number;
  /** Those that were ended by SIGKILL, and those by SIGTERM while they worked. */
  readonly killed: readonly string[];
  readonly stopped: readonly string[];
  /** Processes that did not end with 0 after SIGTERM. */
  readonly badEnds: readonly string[];
  /** Receives of a process whose task was not protected. */
  readonly unprotectedReceives: number;
  /** How often a visibility timeout was extended. */
  readonly heartbeats: number;
  /** The actions that were called. */
  readonly actions: readonly string[];
  readonly deadLetters: number;
}

/** Runs workers as containers, in processes of their own, until all messages are processed; some of them are killed and started again. */
export async function runContainers(options: RunOptions): Promise<RunResult> {
  const run = new ContainerRun(options);
  try {
    return await run.untilDone();
  } finally {
    await run.dispose();
  }
}

interface Worker {
  /** Of the access key too, so that requests can be told apart. */
  readonly id: string;
  readonly child: ChildProcess;
  /** It has received, so it knows what SIGTERM means. */
  isReady?: boolean;
  signal?: NodeJS.Signals;
  end?: string;
}

class ContainerRun {
  private readonly folder: string;
  private readonly workers: Worker[] = [];
  private readonly protectedTasks = new Set<string>();
  private readonly actions = new Set<string>();
  private readonly denied = new Map<string, Promise<string[]>>();
  private readonly seen = { unprotectedReceives: 0, heartbeats: 0 };
  private readonly agent = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk)).on('end', () => {
      const answer = this.protect(`${request.method} ${request.url}`, JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
    });
  });
  private emulator?: Emulator;
  private container?: Container;
  private file!: string;
  private readonly logFile: string;

  constructor(private readonly options: RunOptions) {
    mkdirSync(TEMP, { recursive: true });
    this.folder = mkdtempSync(join(TEMP, 'container-workers-'));
    this.logFile = join(this.folder, 'log');
    writeFileSync(this.logFile, '');
  }

  public async untilDone(): Promise<RunResult> {
    const { program, fault, template, processes, next = () => undefined, patience = Infinity } = this.options;
    this.file = writeWorker(program, this.folder, fault);
    await once(this.agent.listen(0, '127.0.0.1'), 'listening');
    this.emulator = await Emulator.start(request => this.watch(request));
    const container = this.container = await Container.deployed(this.emulator, template);
    await container.send(this.options.tasks);
    const running = Array.from({ length: processes }, () => this.start(container));
    for (let action = next(); action !== undefined; action = next()) {
      await until(() => running[action.process].isReady === true);
      await pause(action.after);
      this.end(running[action.process], action.signal);
      running[action.process] = this.start(container);
    }
    const deadline = Date.now() + patience;
    while (!await container.isEmpty() && Date.now() < deadline) await pause(100);
    const ended = (signal: NodeJS.Signals) => this.workers.filter(worker => worker.signal === signal).map(({ id }) => id);
    const [killed, stopped] = [ended('SIGKILL'), ended('SIGTERM')];
    await this.stopAll(container);
    const { processed, begun, stops } = this.log();
    return {
      ...this.seen,
      processed,
      begun,
      killed,
      stopped,
      actions: [...this.actions].sort(),
      badEnds: this.workers.filter(({ id, signal, end }) => signal === 'SIGTERM' && (end !== 'ended with 0' || !stops.includes(id))).map(({ id, end = 'did not end' }) => `${id} ${end}`),
      deadLetters: await container.deadLetters(),
    };
  }

  public async dispose(): Promise<void> {
    for (const { child } of this.workers) child.kill('SIGKILL');
    this.agent.closeAllConnections();
    this.agent.close();
    await this.emulator?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a container, with what Amazon ECS adds to its environment. */
  private start({ environment }: Container): Worker {
    const id = `worker${this.workers.length}`;
    const output = openSync(join(this.folder, `${id}.output`), 'w');
    const [file, ...args] = this.options.program.command;
    const child = spawn(file, args, {
      cwd: this.folder,
      stdio: ['ignore', output, output],
      env: {
        ...environment,
        PATH: process.env.PATH,
        ECS_AGENT_URI: `http://127.0.0.1:${(this.agent.address() as AddressInfo).port}/${id}`,
        AWS_ENDPOINT_URL_SQS: this.emulator!.endpoint,
        AWS_ACCESS_KEY_ID: id,
        AWS_SECRET_ACCESS_KEY: 'none',
        WORKER: this.file,
        WORK_LOG: this.logFile,
        PYTHONDONTWRITEBYTECODE: '1',
        NODE_NO_WARNINGS: '1',
      },
    });
    closeSync(output);
    const worker: Worker = { id, child };
    child.on('error', error => { worker.end = error.message; });
    child.on('exit', (code, signal) => { worker.end = `ended with ${code ?? signal}`; });
    this.workers.push(worker);
    return worker;
  }

  private end(worker: Worker, signal: NodeJS.Signals): void {
    worker.signal = signal;
    worker.child.kill(signal);
  }

  /** A worker that waits for messages sees SIGTERM when one arrives: each gets one, which is not counted. */
  private async stopAll(container: Container): Promise<void> {
    const running = () => this.workers.filter(({ end }) => end === undefined);
    await until(() => running().every(({ isReady, signal }) => isReady || signal !== undefined));
    for (const worker of running()) if (!worker.signal) this.end(worker, 'SIGTERM');
    const deadline = Date.now() + (this.options.fault === 'ignores SIGTERM' ? 2_000 : 30_000);
    for (let number = -1; running().length > 0 && Date.now() < deadline; number--) {
      await container.send([{ number, millis: 0, failing: 0, group: 'last' }]);
      for (let waited = 0; waited < 10 && !await container.isEmpty(); waited++) await pause(50);
    }
  }

  private async watch({ accessKeyId, action, input }: SqsRequest): Promise<void> {
    const worker = this.workers.find(({ id }) => id === accessKeyId);
    // The emulator's own client.
    if (!worker) return;
    const { role, queueArn } = this.container!;
    this.actions.add(action);
    if (!this.denied.has(action)) this.denied.set(action, role.lacks([action], queueArn));
    const lacking = await this.denied.get(action)!;
    if (lacking.length > 0 || !input.QueueUrl.endsWith(queueArn.split(':').pop())) throw new AccessDenied(lacking.join('; '));
    worker.isReady ||= action === 'sqs:ReceiveMessage';
    if (action === 'sqs:ReceiveMessage' && !this.protectedTasks.has(worker.id)) this.seen.unprotectedReceives += 1;
    if (action === 'sqs:ChangeMessageVisibility') this.seen.heartbeats += 1;
  }

  /** What the workers have written. */
  private log() {
    const lines = readFileSync(this.logFile, 'utf8').split('\n').map(line => line.split(' '));
    const processed = lines.filter(([, what]) => /^\d+$/.test(what)).map(([worker, what]) => ({ worker, number: Number(what) }));
    const begun = lines.filter(([, what, number]) => what === 'begins' && Number(number) >= 0).length;
    return { processed, begun, stops: lines.filter(([, what]) => what === 'stopped').map(([worker]) => worker) };
  }

  /** The answer of the ECS agent. */
  private protect(request: string, state: { ProtectionEnabled: boolean; ExpiresInMinutes?: number }): unknown {
    const [, id] = /^PUT \/(worker\d+)\/task-protection\/v1\/state$/.exec(request) ?? [];
    const { ProtectionEnabled, ExpiresInMinutes } = state;
    if (!id || typeof ProtectionEnabled !== 'boolean' || (ExpiresInMinutes !== undefined && (!ProtectionEnabled || ExpiresInMinutes > 2880))) {
      return { requestID: '1', error: { Code: 'InvalidParameterException' } };
    }
    if (this.options.refuses?.()) return { requestID: '1', failure: { Arn: 'arn', Reason: 'DEPLOYMENT_BLOCKED' } };
    if (ProtectionEnabled) this.protectedTasks.add(id);
    else this.protectedTasks.delete(id);
    return { requestID: '1', protection: { ExpirationDate: null, ProtectionEnabled, TaskArn: 'arn' } };
  }
}

/** The container of a template, and its queue in the emulator. */
class Container {
  public static async deployed(emulator: Emulator, template: WrittenTemplate): Promise<Container> {
    const queue = Object.values<Json>(template.Resources).find(({ Type, Properties }) => Type === 'AWS::SQS::Queue' && Properties.RedrivePolicy);
    queue.Properties.VisibilityTimeout = VISIBILITY_TIMEOUT;
    // No message becomes a dead letter because of crashes alone.
    queue.Properties.RedrivePolicy.maxReceiveCount = 1000;
    return new Container(emulator, await deploy(emulator, template));
  }

  public readonly role: Actor;
  public readonly queueArn: string;
  public readonly environment: Record<string, string>;
  private readonly queueUrl: string;
  private readonly deadLetterQueueUrl: string;

  private constructor(private readonly emulator: Emulator, deployment: Deployment) {
    const [stack] = deployment.stacks;
    const [task] = stack.idsOf('AWS::ECS::TaskDefinition').map(id => stack.propertiesOf(id));
    const [container] = task.ContainerDefinitions;
    this.environment = Object.fromEntries(container.Environment.map(({ Name, Value }: Json) => [Name, Value]));
    this.queueUrl = this.environment.QUEUE_URL;
    const queues = stack.idsOf('AWS::SQS::Queue');
    const queue = queues.find(id => stack.resolve({ Ref: id }) === this.queueUrl)!;
    this.queueArn = stack.arnOf(queue);
    this.deadLetterQueueUrl = stack.resolve({ Ref: queues.find(id => id !== queue) }) as string;
    this.environment.QUEUE_URL = emulator.reachable(this.queueUrl);
    this.role = new Actor(stack, stack.idsOf('AWS::IAM::Role').find(id => stack.arnOf(id) === task.TaskRoleArn)!.slice(0, -8));
  }

  public async send(tasks: readonly Task[]): Promise<void> {
    for (let at = 0; at < tasks.length; at += 10) {
      const Entries = tasks.slice(at, at + 10).map(({ group, ...task }, index) => ({
        Id: `${index}`, MessageBody: JSON.stringify(task), ...this.queueUrl.endsWith('.fifo') && { MessageGroupId: group, MessageDeduplicationId: `${task.number}` },
      }));
      const { Failed = [] } = await this.emulator.sqs.send(new SendMessageBatchCommand({ QueueUrl: this.queueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`not sent: ${JSON.stringify(Failed)}`);
    }
  }

  public async deadLetters(): Promise<number> {
    return (await counts(this.emulator, this.deadLetterQueueUrl)).visible;
  }

  public async isEmpty(): Promise<boolean> {
    const { visible, inFlight } = await counts(this.emulator, this.queueUrl);
    return visible + inFlight === 0;
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(20);
}
