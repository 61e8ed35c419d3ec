import { createHash } from 'crypto';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync, readFileSync, mkdirSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';
import { Finished, run } from './process';

const HOW_TO_GET_IT = `Python 3.13 with venv is needed. One of these installs it:
  pyenv install 3.13
  uv python install 3.13
  apt-get install python3.13 python3.13-venv
Or name the interpreter: PYTHON=/path/to/python3.13 npm run test:deploy`;

/** The first Python 3.13 of those that may be there. */
export async function findPython(): Promise<string> {
  const managed = (folder: string, prefix: string) => existsSync(folder)
    ? readdirSync(folder).filter(name => name.startsWith(prefix)).sort().reverse().map(name => join(folder, name, 'bin', 'python3.13')) : [];
  const candidates = [
    ...process.env.PYTHON ? [process.env.PYTHON] : [],
    'python3.13',
    ...managed(join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions'), '3.13'),
    ...managed(join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'uv', 'python'), 'cpython-3.13'),
  ];
  for (const python of candidates) {
    // A shim of pyenv may be there without the interpreter, and Debian's Python without venv.
    const { code, stdout } = await run(python, ['-c', 'import ensurepip, sys, venv; print(sys.executable if sys.version_info[:2] == (3, 13) else "")']);
    if (code === 0 && stdout.trim()) return stdout.trim();
  }
  throw new Error(HOW_TO_GET_IT);
}

/**
 * A virtual environment with what a file of requirements pins, outside of the repository and kept for the next run. It is created under
 * another name and renamed when it is complete.
 */
export async function virtualEnvironment(python: string, name: string, requirements: string): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).update(python).digest('hex').slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk-decouple');
  const folder = join(cache, `${name}-${hash}`);
  const interpreter = join(folder, 'bin', 'python');
  if (existsSync(interpreter)) return interpreter;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  try {
    succeeded(await run(python, ['-m', 'venv', unfinished]));
    succeeded(await run(join(unfinished, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', requirements]));
    writeFileSync(join(unfinished, 'requirements.txt'), readFileSync(requirements));
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return interpreter;
}

function succeeded({ code, output }: Finished): void {
  if (code !== 0) throw new Error(output.trimEnd());
}
