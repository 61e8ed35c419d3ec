import { mkdirSync, mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { EngineCommand, RunningEngine } from './support/engine';
import { NodeTests, Skipped, nodeTests } from './support/node-tests';
import { run } from './support/process';
import { findPython, interpreterIn, virtualEnvironment } from './support/python';
import { Progress, plural } from './support/terminal';

const ROOT = join(__dirname, '..');
const TESTS = join(ROOT, 'test', 'deploy');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-deploy-'));
const TEMPLATES = join(TEMP, 'cdk.out');
process.on('exit', () => rmSync(TEMP, { recursive: true, force: true }));

const progress = new Progress();

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const python = await progress.during('find Python 3.13', findPython);
  const environment = (name: string) => progress.during(`Python environment of ${name}`, async () => {
    const requirements = join(TESTS, `requirements-${name}.txt`);
    return interpreterIn(await virtualEnvironment(python, name, ['--no-deps', '--requirement', requirements], [requirements]));
  });
  const [localStackPython, motoPython] = await allOrFirstError([environment('localstack'), environment('moto'), progress.during('synthesize the examples', synthesize)]);
  const start = (command: EngineCommand) => progress.during(`start ${command.name}`, () => RunningEngine.start(command));
  const engines = await allOrFirstError([start(localStack(localStackPython!)), start(moto(motoPython!))]);
  const result = await judge(engines, words).finally(() => progress.during('stop the engines', () => Promise.all(engines.map(engine => engine.stop()))));
  progress.stop();
  summarize(result.skipped);
  const [{ passed, failed }] = result.tallies;
  // Without a test that passed something is wrong, such as a word that no file has.
  console.log(`\n${progress.seconds.toFixed(0)} s in all.\n${passed} passed, ${passed === 0 ? Math.max(1, failed) : failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function judge(engines: readonly RunningEngine[], words: readonly string[]): Promise<NodeTests> {
  const [localStackEngine, motoEngine] = engines;
  engines.forEach(engine => engine.assertLoopback());
  const result = await progress.during('tests', () => nodeTests(ROOT, TEMP, 'deploy', {
    // Whatever a test that is interrupted leaves behind is deleted with the rest.
    TMPDIR: TEMP,
    CDK_DECOUPLE_TEMPLATES: TEMPLATES,
    CDK_DECOUPLE_LOCALSTACK: localStackEngine.endpoint,
    CDK_DECOUPLE_MOTO: motoEngine.endpoint,
  }, words.length > 0 ? words : undefined));
  engines.forEach(engine => engine.assertLoopback());
  if (result.tallies.some(({ failed }) => failed > 0)) {
    console.error(`\n${result.output.trimEnd()}\n`);
    engines.forEach(engine => console.error(`The last that ${engine.name} wrote:\n${engine.log}\n`));
  }
  return result;
}

function localStack(interpreter: string): EngineCommand {
  return {
    name: 'LocalStack',
    interpreter,
    folder: folder('localstack'),
    args: () => ['-m', 'localstack.runtime.main'],
    env: port => ({
      // The default server listens at all addresses, whatever the next variable says.
      GATEWAY_SERVER: 'hypercorn',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      LOCALSTACK_HOST: `localhost:${port}`,
      DNS_ADDRESS: '0',
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      SQS_ENDPOINT_STRATEGY: 'path',
      // Others would download what they need, and listen at all addresses.
      SERVICES: 'cloudformation,events,iam,kms,s3,sns,sqs,ssm,sts',
      STRICT_SERVICE_LOADING: '1',
    }),
    health: '/_localstack/health',
  };
}

function moto(interpreter: string): EngineCommand {
  return { name: 'moto', interpreter, folder: folder('moto'), args: port => ['-m', 'moto.server', '-H', '127.0.0.1', '-p', `${port}`], health: '/moto-api/' };
}

async function synthesize(): Promise<undefined> {
  const { code, output } = await run(process.execPath, [join(__dirname, 'run.cjs'), 'synth', `--output=${TEMPLATES}`], { cwd: ROOT });
  if (code !== 0) throw new Error(output.trimEnd());
  return undefined;
}

function summarize(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return;
  console.log(`\n${plural(skipped.length, 'check')} skipped, because an engine lacks what AWS has (docs/engines.md):`);
  for (const { name, reason } of skipped) console.log(`  ${name}\n    ${reason}`);
}

/** Waits for all, so that nothing goes on in the background after a failure. */
async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function folder(name: string): string {
  const path = join(TEMP, name);
  mkdirSync(path);
  return path;
}

void main()
  .catch((error: Error) => {
    progress.stop();
    console.error(`\n${error.message}\n\n0 passed, 1 failed`);
    return 1;
  })
  .then(code => process.exit(code));
