import { existsSync, mkdtempSync, readFileSync, rmSync } from 'fs';
import { cpus, tmpdir } from 'os';
import { join } from 'path';
import { compile } from './support/compile';
import { flow } from './support/flow';
import { apiReferenceIsCurrent, projenFilesAreCurrent } from './support/generated';
import { coverage, jestProject } from './support/jest';
import { Finished, run, tool } from './support/process';
import { Outcome, Stage, StageResult, passed, runStages } from './support/stage';
import { folderForSmallFiles } from './support/temporary';
import { Progress, plural, table } from './support/terminal';
import { translate } from './support/translations';

const ROOT = join(__dirname, '..');
const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-test-'));
const SMALL_FILES = folderForSmallFiles('cdk-decouple-test-');
/** The templates that the stage `examples` writes, the stage `flow` deploys, and the stage `packaging` compares with those of the CDK CLI. */
const TEMPLATES = join(TEMP, 'cdk.out');
/** What `npm run test:examples` runs, because it starts the CDK CLI for each of several apps. */
const ELSEWHERE = 'packaging/synth-command';
const LANGUAGES = ['js', 'python', 'java', 'dotnet', 'go'];

// The jsii tools remind of the end of life of the running Node.js; the variable takes its major version.
process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = process.versions.node.split('.')[0];
process.env.ESLINT_USE_FLAT_CONFIG = 'false';

const STAGES: Stage[] = [
  { name: 'jsii compile', slots: 1, run: () => check('jsii compile', compile(ROOT)) },
  { name: 'types', slots: 1, run: () => check('types', tool('tsc', ['-p', 'tsconfig.dev.json', '--noEmit'], { cwd: ROOT })) },
  { name: 'lint', slots: 1, run: lint },
  { name: 'generated files', slots: 1, run: () => projenFilesAreCurrent(ROOT) },
  { name: 'unit tests at the floor', slots: 2, run: () => jestProject(ROOT, SMALL_FILES, 'floor', ['--coverage']) },
  { name: 'unit tests at the latest', slots: 2, run: () => jestProject(ROOT, SMALL_FILES, 'latest', ['--coverage=false']) },
  { name: 'examples', slots: 1, run: examples },
  { name: 'flow', slots: 2, after: ['examples'], run: () => flow(ROOT, TEMP, TEMPLATES) },
  { name: 'random input and upgrades at the floor', slots: 2, run: () => jestProject(ROOT, SMALL_FILES, 'proof', ['--coverage=false']) },
  { name: 'random input and upgrades at the latest', slots: 2, run: () => jestProject(ROOT, SMALL_FILES, 'proof-latest', ['--coverage=false']) },
  { name: 'README and @example code', slots: 1, after: ['jsii compile'], run: rosetta },
  { name: 'code generation', slots: 1, after: ['jsii compile'], run: codeGeneration },
  { name: 'API.md', slots: 1, after: ['jsii compile'], run: () => apiReferenceIsCurrent(ROOT) },
  { name: 'packaging', slots: 2, after: ['jsii compile', 'examples'], run: () => jestProject(ROOT, TEMP, 'packaging', ['--coverage=false', '--testPathIgnorePatterns', '/node_modules/', ELSEWHERE], { CDK_DECOUPLE_TEMPLATES: TEMPLATES }) },
];

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  const named = (word: string) => STAGES.filter(stage => stage.name.includes(word));
  const unknown = wanted.filter(word => named(word).length === 0);
  if (unknown.length > 0) {
    console.error(`No stage is named ${unknown.join(', ')}. There are: ${STAGES.map(stage => stage.name).join(', ')}.`);
    return 1;
  }
  const chosen = new Set(wanted.length === 0 ? STAGES : wanted.flatMap(named));
  // And what they need. The set grows while it is gone through.
  for (const { after = [] } of chosen) STAGES.filter(stage => after.includes(stage.name)).forEach(stage => chosen.add(stage));
  const stages = STAGES.filter(stage => chosen.has(stage));
  const progress = new Progress();
  console.log(`${plural(stages.length, 'stage')}, up to two at a time on ${plural(cpus().length, 'processor')}.\n`);
  const results = await runStages(stages, 2, progress);
  progress.stop();
  summarize(results, progress.seconds);
  return results.every(passed) ? 0 : 1;
}

function summarize(results: readonly StageResult[], seconds: number) {
  const rows = results.flatMap(result => result.tallies.map((tally, i) => [
    i === 0 ? result.stage : '', result.tallies.length === 1 && tally.layer === result.stage ? '' : tally.layer, `${tally.passed}`, `${tally.failed}`,
    i === 0 && !result.skipped ? `${result.seconds.toFixed(1)} s` : '', tally.note ?? '',
  ]));
  const columns = [{ title: 'Stage' }, { title: 'Layer' }, { title: 'Passed', align: 'right' as const }, { title: 'Failed', align: 'right' as const },
    { title: 'Time', align: 'right' as const }, { title: '', breakAfter: / / }];
  console.log(`\n${table(columns, rows)}\n`);
  const covered = results.some(result => result.stage === 'unit tests at the floor') ? coverage(ROOT) : undefined;
  if (covered) {
    console.log(`Coverage of src: ${covered.lines.pct} % of lines, ${covered.branches.pct} % of branches, ${covered.functions.pct} % of functions.`);
  }
  const figures = results.flatMap(result => result.figures ?? []);
  if (figures.length > 0) console.log(`${figures.join('\n')}\n`);
  const sum = (key: 'passed' | 'failed') => results.flatMap(result => result.tallies).reduce((total, tally) => total + tally[key], 0);
  console.log(`${seconds.toFixed(0)} s in all.\n${sum('passed')} passed, ${sum('failed')} failed`);
}

/** A tool that says yes or no. */
async function check(layer: string, finished: Promise<Finished>): Promise<Outcome> {
  const { code, output } = await finished;
  return { tallies: [{ layer, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }], output };
}

function lint(): Promise<Outcome> {
  const folders = ['src', 'test', 'examples', 'scripts', 'projenrc', '.projenrc.ts'];
  return check('lint', tool('eslint', ['--ext', '.ts', '--max-warnings', '0', '--no-error-on-unmatched-pattern', ...folders], { cwd: ROOT, env: { NODE_NO_WARNINGS: '1' } }));
}

async function examples(): Promise<Outcome> {
  const { code, output } = await run(process.execPath, [join(__dirname, 'run.cjs'), 'synth', `--output=${TEMPLATES}`], { cwd: ROOT });
  const ends = (verdict: string) => (output.match(new RegExp(`^ *[\\d.]+ s  ${verdict} `, 'gm')) ?? []).length;
  const failed = ends('FAILED');
  return { tallies: [{ layer: 'examples', passed: ends('ok'), failed: code !== 0 && failed === 0 ? 1 : failed, note: 'as by cdk synth --strict' }], output };
}

async function rosetta(): Promise<Outcome> {
  const tablet = join(TEMP, 'tablet.json');
  const { code, output } = await translate(ROOT, tablet);
  if (code !== 0) return { tallies: [{ layer: 'README and @example code', passed: 0, failed: 1 }], output };
  const snippets = Object.keys(JSON.parse(readFileSync(tablet, 'utf8')).snippets ?? {}).length;
  return { tallies: [{ layer: 'README and @example code', passed: snippets, failed: 0, note: 'compiled under strict rosetta' }], output };
}

/** All languages in one process, which reads the assembly of aws-cdk-lib once; each by itself only to find the one that fails. */
async function codeGeneration(): Promise<Outcome> {
  const folder = join(TEMP, 'dist');
  const generate = (languages: readonly string[]) => tool('jsii-pacmak', ['--code-only', '--no-npmignore', '--target', ...languages, '--outdir', folder], { cwd: ROOT });
  const all = await generate(LANGUAGES);
  const failures = all.code === 0 ? [] : [all.output];
  const tallies = [];
  for (const layer of LANGUAGES) {
    const { code, output } = all.code === 0 ? all : await generate([layer]);
    const generated = code === 0 && existsSync(join(folder, layer));
    tallies.push({ layer, passed: generated ? 1 : 0, failed: generated ? 0 : 1 });
    if (!generated) failures.push(`${layer}:\n${output}`);
  }
  return { tallies, output: failures.join('\n') };
}

// Also when it is interrupted.
process.on('exit', () => [TEMP, SMALL_FILES].forEach(folder => rmSync(folder, { recursive: true, force: true })));

void main().then(code => { process.exitCode = code; });
