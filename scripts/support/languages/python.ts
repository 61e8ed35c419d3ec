import { createHash } from 'crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { run } from '../process';
import { CACHE, Done, Folders, Language, ROOT, Step, needed, succeeded } from './language';

const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';
const PROBE = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 10), sys.version; print(sys.executable, sys.version)';
const HOW_TO_GET_IT = 'Python 3.10 or newer with venv is needed. On Debian and Ubuntu: apt-get install python3 python3-venv. PYTHON names another interpreter.';
const APP = join(ROOT, 'test', 'languages', 'python');

const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** The lowest versions the package allows; without a pin pip takes the newest. */
const PEERS = [`aws-cdk-lib==${devDependencies['aws-cdk-lib']}`, `constructs==${devDependencies.constructs}`];
/** What jsii-pacmak builds a release with. */
const BUILD_TOOLS = join(ROOT, 'node_modules', 'jsii-pacmak', 'lib', 'targets', 'python', 'requirements-dev.txt');
const TYPE_CHECKER = 'mypy==2.4.1';

export class Python implements Language {
  public readonly name = 'Python';
  public readonly target = 'python';
  public readonly hasApp = true;

  public steps({ packages, work, output }: Folders): Step[] {
    const wheels = join(work, 'wheels');
    const built = (ending: string) => readdirSync(wheels).filter(file => file.endsWith(ending)).map(file => join(wheels, file));
    const python = interpreterIn(join(work, 'venv'));
    const env = { PYTHONDONTWRITEBYTECODE: '1', CDK_OUTDIR: output };
    let tools = '';
    const module = (...args: string[]) => run(tools, ['-m', ...args], { cwd: APP, env });
    return [
      ['virtual environment', async () => {
        const version = await needed(run(SYSTEM_PYTHON, ['-c', PROBE]), HOW_TO_GET_IT);
        if (version.code !== 0) return version;
        const folder = folderOfTools(version.output);
        tools = interpreterIn(folder);
        return existsSync(folder) ? succeeded() : installTools(folder);
      }],
      ['build the package', () => module('build', '--no-isolation', '--outdir', wheels, join(packages, this.target))],
      ['twine check --strict', () => module('twine', 'check', '--strict', ...built('.whl'), ...built('.tar.gz'))],
      ['install the package', async () => {
        await run(tools, ['-m', 'venv', '--without-pip', join(work, 'venv')]);
        writeFileSync(join(await siteOf(python), 'tools.pth'), await siteOf(tools));
        return module('pip', '--python', python, 'install', '--quiet', '--no-deps', ...built('.whl'));
      }],
      ['mypy --strict', () => module('mypy', '--strict', '--python-executable', python, '--cache-dir', join(CACHE, 'mypy'), 'app.py')],
      ['synthesize the app', () => run(python, ['app.py'], { cwd: APP, env })],
    ];
  }
}

function interpreterIn(environment: string): string {
  return process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}

/** The folder of the packages of an interpreter. */
async function siteOf(python: string): Promise<string> {
  return (await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])).stdout.trim();
}

function folderOfTools(interpreter: string): string {
  const hash = createHash('sha256').update(interpreter).update(readFileSync(BUILD_TOOLS)).update([...PEERS, TYPE_CHECKER].join());
  return join(CACHE, `python-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * A virtual environment with the tools and with what the package depends on, kept for the next run; the package itself is installed into
 * one of each run. It is created under another name and renamed when it is complete.
 */
async function installTools(folder: string): Promise<Done> {
  const unfinished = `${folder}.${process.pid}`;
  try {
    mkdirSync(CACHE, { recursive: true });
    const created = await needed(run(SYSTEM_PYTHON, ['-m', 'venv', unfinished]), HOW_TO_GET_IT);
    if (created.code !== 0) return created;
    const requirements = ['-r', BUILD_TOOLS, TYPE_CHECKER, ...PEERS];
    const installed = await run(interpreterIn(unfinished), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements]);
    if (installed.code === 0 && !existsSync(folder)) renameSync(unfinished, folder);
    return installed;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
