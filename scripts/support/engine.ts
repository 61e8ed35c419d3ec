import { ChildProcess, spawn } from 'child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'fs';
import { createServer } from 'net';
import { join } from 'path';
import { exposedPorts } from './listeners';

export interface EngineCommand {
  readonly name: string;
  readonly interpreter: string;
  /** Where it may write, in place of the home directory. */
  readonly folder: string;
  readonly args: (port: number) => string[];
  readonly env?: (port: number) => Record<string, string>;
  /** Answers with success when the engine is ready. */
  readonly health: string;
}

const PATIENCE_MS = 120_000;

const started = new Set<RunningEngine>();
process.on('exit', () => { for (const engine of started) engine.kill('SIGKILL'); });

/** An engine on a free port of 127.0.0.1, in a process group of its own, which ends with this process. */
export class RunningEngine {
  public static async start(command: EngineCommand): Promise<RunningEngine> {
    const engine = new RunningEngine(command, await freePort());
    await engine.isReady();
    return engine;
  }

  public readonly endpoint: string;
  public readonly name: string;
  private readonly child: ChildProcess;
  private readonly logFile: string;
  private end?: string;

  private constructor(private readonly command: EngineCommand, port: number) {
    const { interpreter, folder, args, env } = command;
    this.name = command.name;
    this.endpoint = `http://127.0.0.1:${port}`;
    mkdirSync(folder, { recursive: true });
    this.logFile = join(folder, 'log');
    const log = openSync(this.logFile, 'w');
    this.child = spawn(interpreter, args(port), {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: folder, PYTHONUNBUFFERED: '1', ...env?.(port) },
    });
    closeSync(log);
    this.child.on('error', error => { this.end = error.message; });
    this.child.on('exit', (code, signal) => { this.end = `ended with ${code ?? signal}`; });
    started.add(this);
  }

  /** Fails if the engine can be reached from elsewhere. Some of what an engine needs starts with its first use, so ask again at the end. */
  public assertLoopback(): void {
    const ports = exposedPorts(this.child.pid!);
    if (ports === undefined) console.log(`${this.command.name}: there is no /proc here, so nobody has checked that it listens at loopback addresses only`);
    else if (ports.length > 0) throw new Error(`${this.command.name} listens at more than loopback addresses, on port ${ports.join(', ')}`);
  }

  /** The last lines that the engine wrote. */
  public get log(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
  }

  public async stop(): Promise<void> {
    this.kill('SIGTERM');
    for (const since = Date.now(); this.end === undefined && Date.now() - since < 10_000;) await pause(100);
    this.kill('SIGKILL');
    started.delete(this);
  }

  /** @internal */
  public kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // It has ended.
    }
  }

  private async isReady(): Promise<void> {
    const since = Date.now();
    while (Date.now() - since < PATIENCE_MS) {
      if (this.end !== undefined) throw new Error(`${this.command.name} ${this.end}:\n${this.log}`);
      const answer = await fetch(this.endpoint + this.command.health).catch(() => undefined);
      if (answer?.ok) return;
      await pause(200);
    }
    throw new Error(`${this.command.name} is not ready after ${PATIENCE_MS / 1000} seconds:\n${this.log}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));
