import { readFileSync, readdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CACHE } from '../cache';
import { run } from '../process';
import { HOW_TO_GET_SYSTEM_PYTHON, SYSTEM_PROBE, SYSTEM_PYTHON, interpreterIn, virtualEnvironment } from '../python';
import { compileExamples } from './examples';
import { Folders, Language, ROOT, Step, needed, succeeded } from './language';

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

  public steps({ packages, tablet, work, output }: Folders): Step[] {
    const wheels = join(work, 'wheels');
    const built = (ending: string) => readdirSync(wheels).filter(file => file.endsWith(ending)).map(file => join(wheels, file));
    const python = interpreterIn(join(work, 'venv'));
    const env = { PYTHONDONTWRITEBYTECODE: '1', CDK_OUTDIR: output };
    let tools = '';
    const module = (...args: string[]) => run(tools, ['-m', ...args], { cwd: APP, env });
    const mypy = ['mypy', '--strict', '--python-executable', python, '--cache-dir', join(CACHE, 'mypy')];
    const examples = join(work, 'examples');
    return [
      ['virtual environment', async () => {
        const version = await needed(run(SYSTEM_PYTHON, ['-c', SYSTEM_PROBE]), HOW_TO_GET_SYSTEM_PYTHON);
        if (version.code !== 0) return version;
        // With what the package depends on; the package itself is installed into an environment of each run.
        tools = interpreterIn(await virtualEnvironment(version.stdout.trim(), 'python', ['-r', BUILD_TOOLS, TYPE_CHECKER, ...PEERS], [BUILD_TOOLS]));
        return succeeded();
      }],
      ['build the package', () => module('build', '--no-isolation', '--outdir', wheels, join(packages, this.target))],
      ['twine check --strict', () => module('twine', 'check', '--strict', ...built('.whl'), ...built('.tar.gz'))],
      ['install the package', async () => {
        await run(tools, ['-m', 'venv', '--without-pip', join(work, 'venv')]);
        writeFileSync(join(await siteOf(python), 'tools.pth'), await siteOf(tools));
        return module('pip', '--python', python, 'install', '--quiet', '--no-deps', ...built('.whl'));
      }],
      ['mypy --strict', () => module(...mypy, 'app.py')],
      ['synthesize the app', () => run(python, ['app.py'], { cwd: APP, env })],
      ['compile the translated examples', () => compileExamples(tablet, {
        language: 'python',
        folder: examples,
        nameOf: index => `example_${index}.py`,
        contentOf: inAStack,
        compile: names => run(tools, ['-m', ...mypy, ...names], { cwd: examples, env }),
      })],
    ];
  }
}

/** What an example only declares, rosetta writes as a comment, in which the module `lambda_` has the name of a keyword. */
function inAStack(example: string): string {
  const declared = example.replace(/^# (\w+): (.+)$/gm, (_, name, type) => `${name}: ${type.replace(/^lambda\./, 'lambda_.')}`);
  return `import aws_cdk\n\nself: aws_cdk.Stack\n\n${declared}\n`;
}

/** The folder of the packages of an interpreter. */
async function siteOf(python: string): Promise<string> {
  return (await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])).stdout.trim();
}
