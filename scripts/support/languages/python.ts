import { createHash } from 'crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Finished, run } from '../process';
import { CACHE, Folders, Language, ROOT, Step, needed, succeeded } from './language';

const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';
const HOW_TO_GET_IT = 'Python 3 with venv is needed. On Debian and Ubuntu: apt-get install python3 python3-venv. PYTHON names another interpreter.';
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
    let python = '';
    const module = (...args: string[]) => run(python, ['-m', ...args], { cwd: APP, env: { PYTHONDONTWRITEBYTECODE: '1', CDK_OUTDIR: output } });
    return [
      ['virtual environment', async () => {
        const version = await needed(run(SYSTEM_PYTHON, ['-c', 'import ensurepip, sys, venv; print(sys.executable, sys.version)']), HOW_TO_GET_IT);
        if (version.code !== 0) return version;
        const environment = new VirtualEnvironment(version.output);
        python = environment.python;
        return environment.create();
      }],
      ['build the package', () => module('build', '--no-isolation', '--outdir', wheels, join(packages, this.target))],
      ['twine check --strict', () => module('twine', 'check', '--strict', ...built('.whl'), ...built('.tar.gz'))],
      ['install the package', () => module('pip', 'install', '--quiet', '--no-deps', '--force-reinstall', ...built('.whl'))],
      ['mypy --strict', () => module('mypy', '--strict', '--cache-dir', join(CACHE, 'mypy'), 'app.py')],
      ['synthesize the app', () => run(python, ['app.py'], { cwd: APP, env: { PYTHONDONTWRITEBYTECODE: '1', CDK_OUTDIR: output } })],
    ];
  }
}

/** With the tools and with what the package depends on; the package itself is installed anew by each run. */
class VirtualEnvironment {
  public readonly python: string;
  private readonly folder: string;
  private readonly complete: string;

  constructor(private readonly interpreter: string) {
    const hash = createHash('sha256').update(interpreter).update(readFileSync(BUILD_TOOLS)).update([...PEERS, TYPE_CHECKER].join()).digest('hex');
    this.folder = join(CACHE, `python-${hash.slice(0, 12)}`);
    this.complete = join(this.folder, '.complete');
    this.python = process.platform === 'win32' ? join(this.folder, 'Scripts', 'python.exe') : join(this.folder, 'bin', 'python');
  }

  public async create(): Promise<Finished> {
    if (existsSync(this.complete)) return succeeded();
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const created = await needed(run(SYSTEM_PYTHON, ['-m', 'venv', this.folder]), HOW_TO_GET_IT);
    if (created.code !== 0) return created;
    const installed = await run(this.python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', BUILD_TOOLS, TYPE_CHECKER, ...PEERS]);
    if (installed.code === 0) writeFileSync(this.complete, this.interpreter);
    return installed;
  }
}
