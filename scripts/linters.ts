import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { Finding, Linted, SPOILT, TemplateFile, Tool, describeFinding, readTemplate } from './support/linters/finding';
import { actionlint, shellcheck } from './support/linters/shell';
import { cfnGuard, cfnLint, checkov } from './support/linters/templates';
import { run, tool } from './support/process';
import { Progress } from './support/terminal';
import { EXCEPTIONS, Exception } from '../test/linters/exceptions';
import { PLANTED } from '../test/linters/planted';

const ROOT = join(__dirname, '..');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-linters-'));
/** The names of the stacks of the strict app, among those of the examples. */
const STRICT = 'strict-';

const USAGE = 'npm run test:linters [-- --templates=FOLDER], where FOLDER is the output of `npm run synth`';

interface Verdict {
  passed: number;
  readonly failures: string[];
}

async function main(): Promise<number> {
  const [option, ...others] = process.argv.slice(2);
  if (others.length > 0 || (option && !option.startsWith('--templates='))) {
    console.error(USAGE);
    return 1;
  }
  const progress = new Progress();
  const verdict: Verdict = { passed: 0, failures: [] };
  const examples = await step(progress, verdict, 'examples', () => exampleTemplates(option?.slice('--templates='.length)));
  const strict = await step(progress, verdict, 'strict app', strictTemplates);
  const templates = [...examples ?? [], ...strict ?? [], collect(join(SPOILT, 'template.json'), join(ROOT, SPOILT, 'template.json'))];

  const linters: [Tool, () => Promise<Linted | undefined>][] = [
    ['cfn-lint', () => cfnLint(templates)],
    ['checkov', () => checkov(templates, join(TEMP, 'templates'))],
    ['cfn-guard', () => cfnGuard(templates)],
    ['actionlint', () => actionlint(ROOT)],
    ['shellcheck', () => shellcheck(ROOT)],
  ];
  const skipped: Tool[] = [];
  for (const [name, lint] of examples && strict ? linters : []) {
    const linted = await step(progress, verdict, name, async () => await lint() ?? 'skipped');
    if (linted === 'skipped') skipped.push(name);
    else if (linted) judge(verdict, name, linted, templates);
  }
  progress.stop();

  verdict.failures.forEach(failure => console.error(`\n${failure}`));
  if (skipped.includes('actionlint')) console.log('\nactionlint is skipped: it is built with Go, which is not installed.');
  if (skipped.includes('cfn-guard')) console.log(`\ncfn-guard is skipped: its package has no program for ${process.platform} on ${process.arch}.`);
  console.log(`\n${verdict.passed} passed, ${verdict.failures.length} failed`);
  return verdict.failures.length === 0 ? 0 : 1;
}

/** A step that breaks is one failure; what it returns is undefined then. */
async function step<T>(progress: Progress, verdict: Verdict, name: string, work: () => Promise<T>): Promise<T | undefined> {
  progress.start(name);
  try {
    const result = await work();
    progress.end(name, result === 'skipped' ? 'skip' : 'ok');
    return result;
  } catch (error) {
    progress.end(name, 'FAILED');
    verdict.failures.push(`${name}: ${(error as Error).message}`);
    return undefined;
  }
}

/** Counts each file without an unknown finding, each exception that is found where it says, each prop that satisfies its rule, and each planted fault. */
function judge(verdict: Verdict, name: Tool, { looked, findings }: Linted, templates: readonly TemplateFile[]): void {
  const expect = (problem: string | undefined) => {
    if (problem) verdict.failures.push(problem);
    else verdict.passed += 1;
  };
  for (const where of looked.filter(each => !each.startsWith(STRICT) && !each.startsWith(SPOILT))) {
    const unexplained = findings.filter(finding => finding.where === where && !EXCEPTIONS.some(exception => covers(exception, finding)));
    expect(unexplained.length > 0 ? unexplained.map(describeFinding).join('\n') : undefined);
  }
  for (const exception of EXCEPTIONS.filter(each => each.tool === name)) {
    const gone = exception.in.filter(where => !findings.some(finding => finding.where === where && covers(exception, finding)));
    expect(gone.length > 0 ? `${name} ${exception.rule} is not found in ${gone.join(', ')} anymore: delete it from test/linters/exceptions.ts` : undefined);
    if (exception.provenBy) expect(unproven(exception, findings, templates));
  }
  for (const { rule, fault } of PLANTED.filter(each => each.tool === name)) {
    const found = findings.some(finding => finding.where.startsWith(SPOILT) && finding.rule === rule);
    expect(found ? undefined : `${name} does not find ${fault} in ${SPOILT} (${rule})`);
  }
}

function covers(exception: Exception, { tool: name, rule, where, resource }: Finding): boolean {
  const meant = !exception.on || (resource !== undefined && exception.on(resource));
  return exception.tool === name && exception.rule === rule && exception.in.includes(where) && meant;
}

/** The prop is proven by a stack with a resource of the same type, on which the rule is not found. */
function unproven(exception: Exception, findings: readonly Finding[], templates: readonly TemplateFile[]): string | undefined {
  const stack = `${STRICT}${exception.provenBy}`;
  const types = new Set(findings.filter(finding => covers(exception, finding)).map(({ resource }) => resource?.Type));
  const there = Object.values(templates.find(({ name }) => name === stack)?.resources ?? {}).map(({ Type }) => Type);
  if (![...types].every(type => type && there.includes(type))) return `${exception.tool} ${exception.rule}: the stack ${exception.provenBy} of test/linters/strict-app.ts has no ${[...types].join(', ')}`;
  const found = findings.filter(({ rule, where, resource }) => rule === exception.rule && where === stack && types.has(resource?.Type));
  return found.length > 0 ? `${exception.satisfiedBy} does not satisfy the rule:\n${found.map(describeFinding).join('\n')}` : undefined;
}

async function exampleTemplates(given?: string): Promise<TemplateFile[]> {
  const folder = given ? resolve(given) : join(TEMP, 'examples');
  if (!given) {
    const done = await run(process.execPath, [join(__dirname, 'run.cjs'), 'synth', `--output=${folder}`], { cwd: ROOT });
    if (done.code !== 0) throw new Error(done.output);
  }
  const examples = readdirSync(join(ROOT, 'examples')).filter(name => existsSync(join(ROOT, 'examples', name, 'cdk.json')));
  return examples.flatMap(name => {
    const templates = readdirSync(join(folder, name)).filter(file => file.endsWith('.template.json')).sort();
    if (templates.length === 0) throw new Error(`The example ${name} has no template in ${folder}.`);
    // The first has the name of the example, and another that of its stack too.
    return templates.map((file, index) => collect(index === 0 ? name : `${name}-${file.split('.')[0]}`, join(folder, name, file)));
  });
}

async function strictTemplates(): Promise<TemplateFile[]> {
  const folder = join(TEMP, 'strict');
  const done = await tool('tsx', ['--tsconfig', join(ROOT, 'tsconfig.dev.json'), join(ROOT, 'test', 'linters', 'strict-app.ts')], { env: { CDK_OUTDIR: folder } });
  if (done.code !== 0) throw new Error(done.output);
  return readdirSync(folder).filter(file => file.endsWith('.template.json')).map(file => collect(`${STRICT}${file.split('.')[0]}`, join(folder, file)));
}

/** Side by side in one folder, under the name that findings give. */
function collect(name: string, file: string): TemplateFile {
  mkdirSync(join(TEMP, 'templates'), { recursive: true });
  const copy = join(TEMP, 'templates', `${name.replace(/\W/g, '-')}.json`);
  copyFileSync(file, copy);
  return readTemplate(name, copy);
}

// Also when it is interrupted.
process.on('exit', () => rmSync(TEMP, { recursive: true, force: true }));

void main().then(code => { process.exitCode = code; });
