import { ChildProcess, spawn } from 'child_process';

export interface Finished {
  readonly code: number;
  /** Standard output and standard error, in the order they came. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` removes a variable. */
  readonly env?: Record<string, string | undefined>;
}

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(130);
  });
}

/** Runs a command to its end. A command that can't be started ends like one that failed. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const started = Date.now();
  const env: Record<string, string | undefined> = { ...process.env, ...options.env };
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', text => { output += text; stdout += text; });
    child.stderr.setEncoding('utf8').on('data', text => { output += text; });
    const finish = (code: number) => {
      running.delete(child);
      resolve({ code, output, stdout, seconds: (Date.now() - started) / 1000 });
    };
    child.on('error', error => { output += `${command}: ${error.message}\n`; finish(127); });
    child.on('close', (code, signal) => finish(code ?? (signal ? 128 : 1)));
  });
}

/** Runs a tool of node_modules with this very Node.js, without npx in between. */
export function tool(name: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [require.resolve(`../../node_modules/${TOOLS[name]}`), ...args], options);
}

const TOOLS: Record<string, string> = {
  'cdk': 'aws-cdk/bin/cdk',
  'eslint': 'eslint/bin/eslint.js',
  'jest': 'jest/bin/jest.js',
  'jsii': 'jsii/bin/jsii',
  'jsii-pacmak': 'jsii-pacmak/bin/jsii-pacmak',
  'jsii-rosetta': 'jsii-rosetta/bin/jsii-rosetta',
  'tsc': 'typescript/bin/tsc',
  'tsx': 'tsx/dist/cli.mjs',
};

/** At most `limit` of the jobs at once, in the order given. */
export async function inParallel<T>(limit: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = new Array(jobs.length);
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      results[index] = await jobs[index]();
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, jobs.length) }, worker));
  return results;
}
