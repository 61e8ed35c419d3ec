import { join } from 'path';
import { cached } from '../cache';
import { run } from '../process';
import { interpreterIn, programsIn, virtualEnvironment } from '../python';

const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';

/** A program of a Python package, installed once: the command that runs it, and its arguments before others. */
export async function pythonTool(name: string, requirement: string): Promise<[command: string, ...args: string[]]> {
  const environment = await environmentOf(name, requirement);
  return [interpreterIn(environment), join(programsIn(environment), name)];
}

/** The folder of a program that a Python package brings ready to run. */
export async function binaryFolder(name: string, requirement: string): Promise<string> {
  return programsIn(await environmentOf(name, requirement));
}

/** A program of a Go module, built once; undefined where there is no Go. */
export async function goTool(name: string, module: string, version: string): Promise<string | undefined> {
  if ((await run('go', ['version'])).code !== 0) return undefined;
  const folder = await cached(name, [module, version], async target => {
    const { code, output } = await run('go', ['install', `${module}@${version}`], { env: { GOBIN: target, GOFLAGS: undefined } });
    if (code !== 0) throw new Error(`go can't install ${module}.\n${output}`);
  });
  return join(folder, name);
}

async function environmentOf(name: string, requirement: string): Promise<string> {
  const { code, output, stdout } = await run(SYSTEM_PYTHON, ['-c', 'import ensurepip, sys, venv; print(sys.executable)']);
  if (code !== 0) throw new Error(`Python 3 with venv is needed; on Debian: apt-get install python3 python3-venv.\n${output}`);
  return virtualEnvironment(stdout.trim(), name, [requirement]);
}
