import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { nodeTests } from './support/node-tests';
import { run } from './support/process';
import { HOW_TO_GET_SYSTEM_PYTHON, SYSTEM_PROBE, SYSTEM_PYTHON, interpreterIn, virtualEnvironment } from './support/python';
import { Progress } from './support/terminal';

const ROOT = join(__dirname, '..');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-clients-'));
const TEMPLATES = join(TEMP, 'cdk.out');
const REQUIREMENTS = join(ROOT, 'test', 'clients', 'requirements.txt');
process.on('exit', () => rmSync(TEMP, { recursive: true, force: true }));

const progress = new Progress();

/** Words choose among the files of test/clients. */
async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const python = await progress.during('Python environment', async () => {
    const { code, stdout } = await run(SYSTEM_PYTHON, ['-c', SYSTEM_PROBE]);
    if (code !== 0) throw new Error(HOW_TO_GET_SYSTEM_PYTHON);
    return interpreterIn(await virtualEnvironment(stdout.trim(), 'clients', ['--no-deps', '--requirement', REQUIREMENTS], [REQUIREMENTS]));
  });
  await progress.during('synthesize the example', async () => {
    const { code, output } = await run(process.execPath, [join(__dirname, 'run.cjs'), 'synth', 'container-workers', `--output=${TEMPLATES}`], { cwd: ROOT });
    if (code !== 0) throw new Error(output.trimEnd());
  });
  const env = { CDK_DECOUPLE_TEMPLATES: TEMPLATES, CDK_DECOUPLE_PYTHON: python };
  const { tallies: [{ passed, failed }], output, figures = [] } = await progress.during('tests', () => nodeTests(ROOT, TEMP, 'clients', env, words.length > 0 ? words : undefined));
  progress.stop();
  if (failed > 0) console.error(`\n${output.trimEnd()}\n`);
  if (figures.length > 0) console.log(`\n${figures.join('\n')}`);
  // Without a test that passed something is wrong, such as a word that no file has.
  console.log(`\n${progress.seconds.toFixed(0)} s in all.\n${passed} passed, ${passed === 0 ? Math.max(1, failed) : failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

void main()
  .catch((error: Error) => {
    progress.stop();
    console.error(`\n${error.message}\n\n0 passed, 1 failed`);
    return 1;
  })
  .then(code => process.exit(code));
