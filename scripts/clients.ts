import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { nodeTests } from './support/node-tests';
import { run } from './support/process';
import { interpreterIn, virtualEnvironment } from './support/python';
import { Progress } from './support/terminal';

const ROOT = join(__dirname, '..');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-clients-'));
const TEMPLATES = join(TEMP, 'cdk.out');
const REQUIREMENTS = join(ROOT, 'test', 'clients', 'requirements.txt');
const PROBE = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 10), sys.version; print(sys.executable)';
const HOW_TO_GET_IT = 'Python 3.10 or newer with venv is needed. On Debian and Ubuntu: apt-get install python3 python3-venv. PYTHON names another interpreter.';
process.on('exit', () => rmSync(TEMP, { recursive: true, force: true }));

const progress = new Progress();

/** Words choose among the files of test/clients. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const python = await step('Python environment', async () => {
    const { code, stdout } = await run(process.env.PYTHON ?? 'python3', ['-c', PROBE]);
    if (code !== 0) throw new Error(HOW_TO_GET_IT);
    return interpreterIn(await virtualEnvironment(stdout.trim(), 'clients', ['--no-deps', '--requirement', REQUIREMENTS], [REQUIREMENTS]));
  });
  await step('synthesize the example', async () => {
    const { code, output } = await run(process.execPath, [join(__dirname, 'run.cjs'), 'synth', 'container-workers', `--output=${TEMPLATES}`], { cwd: ROOT });
    if (code !== 0) throw new Error(output.trimEnd());
  });
  const env = { CDK_DECOUPLE_TEMPLATES: TEMPLATES, CDK_DECOUPLE_PYTHON: python };
  const { tallies: [{ passed, failed }], output, figures = [] } = await step('tests', () => nodeTests(ROOT, TEMP, 'clients', env, words.length > 0 ? words : undefined));
  progress.stop();
  if (failed > 0) console.error(`\n${output.trimEnd()}\n`);
  if (figures.length > 0) console.log(`\n${figures.join('\n')}`);
  // Without a test that passed something is wrong, such as a word that no file has.
  console.log(`\n${progress.seconds.toFixed(0)} s in all.\n${passed} passed, ${passed === 0 ? Math.max(1, failed) : failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function step<T>(name: string, action: () => Promise<T>): Promise<T> {
  progress.start(name);
  try {
    const result = await action();
    progress.end(name, 'ok');
    return result;
  } catch (error) {
    progress.end(name, 'FAILED');
    throw error;
  }
}

void main()
  .catch((error: Error) => {
    progress.stop();
    console.error(`\n${error.message}\n\n0 passed, 1 failed`);
    return 1;
  })
  .then(code => process.exit(code));
