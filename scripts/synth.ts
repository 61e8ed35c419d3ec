import { fork } from 'child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'fs';
import { basename, join, relative, resolve } from 'path';
import { CloudAssembly } from 'aws-cdk-lib/cx-api';
import type { Job, Message } from './support/one-process';
import { inParallel, tool } from './support/process';
import { Template, costDrivers, describeResources } from './support/template';
import { Progress, plural, table } from './support/terminal';

const ROOT = join(__dirname, '..');
const EXAMPLES = process.env.CDK_DECOUPLE_EXAMPLES ?? join(ROOT, 'examples');
const AT_ONCE = 2;

/** Without account, credentials, telemetry or version check; the same on every machine, whatever it is logged in to. */
const OFFLINE = {
  ...Object.fromEntries(Object.keys(process.env).filter(name => /^(AWS_|CDK_DEFAULT_|CDK_VALIDATION$)/.test(name)).map(name => [name, undefined])),
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: join(ROOT, 'cdk.out', '.no-aws-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(ROOT, 'cdk.out', '.no-aws-credentials'),
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  FORCE_COLOR: '0',
};

/** `--strict` fails on warnings. */
const SYNTH = ['synth', '--strict', '--quiet', '--no-notices', '--no-version-reporting'];

interface StackTemplate {
  readonly stack: string;
  readonly file: string;
}

interface Result {
  readonly example: string;
  readonly failure?: string;
  readonly stacks: StackTemplate[];
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2).filter(arg => !arg.startsWith('-'));
  const target = resolve(process.argv.find(arg => arg.startsWith('--output='))?.slice('--output='.length) ?? join(ROOT, 'cdk.out'));
  const examples = findExamples(wanted);
  mkdirSync(target, { recursive: true });

  const progress = new Progress();
  console.log(`Synthesizing ${plural(examples.length, 'example')}, offline. This takes a few seconds.\n`);
  for (const example of examples) rmSync(join(target, example), { recursive: true, force: true });
  const clean = await synthesizeTogether(examples, target, progress);
  const results = await inParallel(AT_ONCE, examples.map(example => async () =>
    clean.get(example) ?? synthesizeWithCli(example, join(target, example), progress)));
  progress.stop();

  for (const { example, failure } of results.filter(result => result.failure)) {
    console.error(`\n━━ ${example} failed ${'━'.repeat(Math.max(3, 60 - example.length))}\n${failure!.trimEnd()}\n`);
  }
  const rows = results.flatMap(({ example, stacks }) => stacks.map(({ stack, file }, i) => describe(i === 0 ? example : '', stack, file)));
  if (rows.length > 0) {
    console.log(`\n${table([
      { title: 'Example' },
      { title: 'Stack', breakAfter: /[/-]/ },
      { title: 'Resources', breakAfter: /, / },
      { title: 'Size', align: 'right' },
      { title: 'Fixed monthly cost of', breakAfter: /, / },
      { title: 'Template', breakAfter: /\// },
    ], rows)}\n`);
  }
  const failed = results.filter(result => result.failure).length;
  console.log(`${plural(rows.length, 'template')} from ${plural(results.length - failed, 'example')} in ${progress.seconds.toFixed(1)} s.`
    + (failed ? ` FAILED: ${results.filter(r => r.failure).map(r => r.example).join(', ')}.` : ' Any tool that deploys CloudFormation takes them as they are.'));
  return failed ? 1 : 0;
}

function findExamples(wanted: readonly string[]): string[] {
  const all = existsSync(EXAMPLES)
    ? readdirSync(EXAMPLES).filter(name => existsSync(join(EXAMPLES, name, 'cdk.json'))).sort()
    : [];
  const unknown = wanted.filter(name => !all.includes(name));
  if (unknown.length > 0 || all.length === 0) {
    console.error(unknown.length > 0
      ? `No example named ${unknown.join(', ')}. There are: ${all.join(', ')}.`
      : `No folder of ${EXAMPLES} has a cdk.json.`);
    process.exit(1);
  }
  return wanted.length > 0 ? [...wanted] : all;
}

/**
 * Synthesizes the examples in one process, which takes a fifth of the time of a CDK CLI for each. The results are those with nothing to
 * report: the CLI then judges an example that fails or warns or prints something, or whose `cdk.json` asks for another command.
 */
async function synthesizeTogether(examples: readonly string[], target: string, progress: Progress): Promise<Map<string, Result>> {
  const clean = new Map<string, Result>();
  const waiting = new Map(examples.flatMap(example => jobFor(example, join(target, example)) ?? []).map(job => [job.name, job]));
  while (waiting.size > 0) {
    const before = waiting.size;
    await inOneProcess([...waiting.values()], ({ event, name }) => {
      if (event === 'begun') {
        waiting.delete(name);
        progress.start(name);
        return;
      }
      const stacks = hasFindings(join(target, name)) ? [] : stackTemplates(join(target, name));
      if (stacks.length === 0) return;
      progress.end(name, 'ok', plural(stacks.length, 'stack'));
      clean.set(name, { example: name, stacks });
    });
    if (waiting.size === before) break;
  }
  return clean;
}

/** The environment is what the CDK CLI passes to an app. */
function jobFor(example: string, output: string): Job | undefined {
  const folder = join(EXAMPLES, example);
  const { app, context, pathMetadata = true } = JSON.parse(readFileSync(join(folder, 'cdk.json'), 'utf8'));
  const [, file] = /^npx tsx (\S+)$/.exec(app) ?? [];
  if (!file) return undefined;
  const settings = {
    ...pathMetadata ? { 'aws:cdk:enable-path-metadata': true } : {},
    'aws:cdk:enable-asset-metadata': true,
    'aws:cdk:disable-version-reporting': true,
    'aws:cdk:bundling-stacks': ['**'],
  };
  return { name: example, folder, file, env: { CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...settings }) } };
}

/** Runs jobs until they are done or the process ends. */
function inOneProcess(jobs: readonly Job[], onMessage: (message: Message) => void): Promise<void> {
  const env = { ...process.env, ...OFFLINE, CDK_DEFAULT_REGION: 'us-east-1' };
  const child = fork(join(__dirname, 'support', 'one-process.ts'), [JSON.stringify(jobs)], {
    execArgv: ['--require', require.resolve('tsx/cjs')], cwd: ROOT, env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', onMessage);
  return new Promise((done, fail) => child.on('close', () => done()).on('error', fail));
}

/** Whether there is something that `cdk synth --strict` fails on, or asks an account for. */
function hasFindings(assembly: string): boolean {
  const { manifest, stacksRecursively } = new CloudAssembly(assembly);
  return (manifest.missing ?? []).length > 0 || stacksRecursively.some(stack => stack.messages.some(({ level }) => level !== 'info'));
}

async function synthesizeWithCli(example: string, output: string, progress: Progress): Promise<Result> {
  progress.start(example, 'with the CDK CLI');
  const done = await tool('cdk', [...SYNTH, '--output', output], { cwd: join(EXAMPLES, example), env: OFFLINE });
  if (done.code !== 0) {
    progress.end(example, 'FAILED', `exit code ${done.code}`);
    return { example, failure: done.output || `The CDK CLI ended with ${done.code} and said nothing.`, stacks: [] };
  }
  const stacks = stackTemplates(output);
  if (stacks.length === 0) {
    progress.end(example, 'FAILED', 'no stack');
    return { example, failure: 'The app made no stack.', stacks };
  }
  progress.end(example, 'ok', plural(stacks.length, 'stack'));
  return { example, stacks };
}

/** The stacks of a cloud assembly, those of its stages included. */
function stackTemplates(assembly: string): StackTemplate[] {
  const manifest = JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8'));
  return Object.entries<any>(manifest.artifacts ?? {}).flatMap(([id, artifact]) => {
    if (artifact.type === 'cdk:cloud-assembly') return stackTemplates(join(assembly, artifact.properties.directoryName));
    if (artifact.type !== 'aws:cloudformation:stack') return [];
    return [{ stack: artifact.displayName ?? artifact.properties.stackName ?? id, file: join(assembly, artifact.properties.templateFile) }];
  });
}

function describe(example: string, stack: string, file: string): string[] {
  const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
  const path = relative(process.cwd(), file);
  return [
    example,
    stack,
    describeResources(template),
    `${(statSync(file).size / 1024).toFixed(1)} KiB`,
    costDrivers(template),
    path.startsWith('..') ? join('…', basename(join(file, '..')), basename(file)) : path,
  ];
}

void main().then(code => { process.exitCode = code; });
