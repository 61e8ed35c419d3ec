import { createHash } from 'crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';
import { Finished, run } from '../process';

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk-decouple');
const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';
const BIN = process.platform === 'win32' ? 'Scripts' : 'bin';

/** A virtual environment with these packages, created once; returns its folder of programs. */
export async function pythonTool(name: string, requirements: readonly string[]): Promise<string> {
  const version = ensure(await run(SYSTEM_PYTHON, ['--version']), 'Python 3 with venv is needed; on Debian: apt-get install python3 python3-venv.');
  const folder = await installed(name, [version.output, ...requirements], async target => {
    ensure(await run(SYSTEM_PYTHON, ['-m', 'venv', target]), 'Python 3 with venv is needed; on Debian: apt-get install python3-venv.');
    ensure(await run(join(target, BIN, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements]), `pip can't install ${requirements.join(' ')}.`);
  });
  return join(folder, BIN);
}

/** A program of a Go module, built once; undefined where there is no Go. */
export async function goTool(name: string, module: string, version: string): Promise<string | undefined> {
  if ((await run('go', ['version'])).code !== 0) return undefined;
  const folder = await installed(name, [module, version], async target => {
    ensure(await run('go', ['install', `${module}@${version}`], { env: { GOBIN: target, GOFLAGS: undefined } }), `go can't install ${module}.`);
  });
  return join(folder, name);
}

/** What an interrupted installation left behind has no mark, and is installed again. */
async function installed(name: string, inputs: readonly string[], install: (folder: string) => Promise<void>): Promise<string> {
  const hash = createHash('sha256').update(inputs.join('\n')).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${name}-${hash}`);
  const mark = join(folder, '.complete');
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await install(folder);
  writeFileSync(mark, '');
  return folder;
}

function ensure(finished: Finished, otherwise: string): Finished {
  if (finished.code !== 0) throw new Error(`${otherwise}\n${finished.output}`);
  return finished;
}
