import { existsSync, readFileSync, readdirSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';
import { cached } from './cache';
import { Finished, run } from './process';

/** The usual Python, and a program that prints its path unless it is too old or without venv. */
export const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';
export const SYSTEM_PROBE = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 10), sys.version; print(sys.executable)';
export const HOW_TO_GET_SYSTEM_PYTHON =
  'Python 3.10 or newer with venv is needed. On Debian and Ubuntu: apt-get install python3 python3-venv. PYTHON names another interpreter.';

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

/** The interpreter of a virtual environment. */
export function interpreterIn(environment: string): string {
  return process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}

/** The folder of a program of a virtual environment. It is run by the interpreter, unless it is no script. */
export function programsIn(environment: string): string {
  return join(interpreterIn(environment), '..');
}

/**
 * A virtual environment, kept for the next run.
 *
 * @param packages what pip installs, by arguments of `pip install`
 * @param files files that are named there: another content is another environment
 */
export async function virtualEnvironment(python: string, name: string, packages: readonly string[], files: readonly string[] = []): Promise<string> {
  const contents = files.map(file => readFileSync(file, 'utf8'));
  const { stdout: version } = await run(python, ['--version']);
  return cached(name, [python, version, ...packages.filter(one => !files.includes(one)), ...contents], async folder => {
    succeeded(await run(python, ['-m', 'venv', folder]));
    succeeded(await run(interpreterIn(folder), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]));
  });
}

function succeeded({ code, output }: Finished): void {
  if (code !== 0) throw new Error(output.trimEnd());
}
