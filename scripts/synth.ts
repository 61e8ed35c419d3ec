import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'fs';
import { basename, join, relative } from 'path';
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

/** `--strict` fails on warnings; the context key makes findings of the CloudFormation rules errors. */
const SYNTH = ['synth', '--strict', '--quiet', '--no-notices', '--no-version-reporting', '--context', '@aws-cdk/core:validateAgainstDefaultRules=true'];

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
  const target = process.argv.find(arg => arg.startsWith('--output='))?.slice('--output='.length) ?? join(ROOT, 'cdk.out');
  const examples = findExamples(wanted);
  mkdirSync(target, { recursive: true });

  const progress = new Progress();
  console.log(`Synthesising ${plural(examples.length, 'example')} with the CDK CLI, offline, ${AT_ONCE} at a time. This takes a few seconds each.\n`);
  const results = await inParallel(AT_ONCE, examples.map(example => () => synthesize(example, join(target, example), progress)));
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

async function synthesize(example: string, output: string, progress: Progress): Promise<Result> {
  rmSync(output, { recursive: true, force: true });
  progress.start(example);
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
