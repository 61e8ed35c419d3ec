import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { compile } from './support/compile';
import { Finished, run, tool } from './support/process';
import { Progress } from './support/terminal';

const ROOT = join(__dirname, '..');
const APPS = join(ROOT, 'test', 'python');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-python-'));
const VENV = join(TEMP, 'venv');
const PYTHON = process.platform === 'win32' ? join(VENV, 'Scripts', 'python.exe') : join(VENV, 'bin', 'python');
const SYSTEM_PYTHON = process.env.PYTHON ?? 'python3';

process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = process.versions.node.split('.')[0];
process.env.JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION = '1';

const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** The lowest versions the package allows; without a pin pip takes the newest. */
const PEERS = [`aws-cdk-lib==${devDependencies['aws-cdk-lib']}`, `constructs==${devDependencies.constructs}`];

type Step = [name: string, run: () => Promise<Finished>];

const STEPS: Step[] = [
  ['jsii compile', () => compile(ROOT)],
  ['build the Python package', () => tool('jsii-pacmak', ['--no-npmignore', '--target', 'python', '--outdir', join(TEMP, 'dist')], { cwd: ROOT })],
  ['make a virtual environment', () => run(SYSTEM_PYTHON, ['-m', 'venv', VENV])],
  ['pip install the package', () => run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wheel(), ...PEERS])],
  ['synthesize app.py', () => run(PYTHON, ['app.py'], { cwd: APPS, env: { CDK_OUTDIR: join(TEMP, 'python') } })],
  ['synthesize app.ts', () => tool('tsx', ['--tsconfig', join(ROOT, 'tsconfig.dev.json'), 'app.ts'], { cwd: APPS, env: { CDK_OUTDIR: join(TEMP, 'typescript') } })],
  ['the templates are identical', compare],
];

async function main(): Promise<number> {
  const progress = new Progress();
  let passed = 0;
  for (const [name, step] of STEPS) {
    progress.start(name);
    const done = await step();
    progress.end(name, done.code === 0 ? 'ok' : 'FAILED');
    if (done.code !== 0) {
      console.error(`\n${done.output.trimEnd()}\n`);
      if (name.includes('virtual environment')) console.error('Python 3 with venv is needed; on Debian: apt-get install python3 python3-venv.\n');
      break;
    }
    passed += 1;
  }
  progress.stop();
  console.log(`\n${passed} passed, ${passed === STEPS.length ? 0 : 1} failed`);
  return passed === STEPS.length ? 0 : 1;
}

function wheel(): string {
  const folder = join(TEMP, 'dist', 'python');
  return join(folder, readdirSync(folder).find(file => file.endsWith('.whl'))!);
}

async function compare(): Promise<Finished> {
  const [python, typescript] = ['python', 'typescript'].map(language => {
    const file = join(TEMP, language, 'Shop.template.json');
    return existsSync(file) ? JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 2).split('\n') : [];
  });
  const different = Array.from({ length: Math.max(python.length, typescript.length) }, (_, i) => i).filter(i => python[i] !== typescript[i]);
  const lines = different.slice(0, 40).map(i => `line ${i + 1}\n  Python:     ${python[i] ?? ''}\n  TypeScript: ${typescript[i] ?? ''}`);
  const empty = python.length === 0 || typescript.length === 0;
  const output = empty ? 'one of the apps wrote no template' : lines.join('\n');
  return { code: empty || different.length > 0 ? 1 : 0, output, stdout: output, seconds: 0 };
}

void main()
  .then(code => { process.exitCode = code; })
  .finally(() => rmSync(TEMP, { recursive: true, force: true }));
