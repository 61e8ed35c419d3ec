// Measures cdk-decouple beside plain aws-cdk-lib and AWS Solutions Constructs, prints one table and writes it to RESULTS.md.
import { execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { costDrivers } from './costs.mjs';
import { featureRows } from './features.mjs';

const BENCH = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(BENCH);
const MODULES = join(BENCH, 'node_modules');
const LEAST_RUNS = 7;
const USAGE = `Measures cdk-decouple beside plain aws-cdk-lib and AWS Solutions Constructs.

  npm run bench                      everything, median of ${LEAST_RUNS}; writes bench/RESULTS.md
  npm run bench -- --runs=15         median of 15; with fewer than ${LEAST_RUNS}, RESULTS.md is left alone
  npm run bench -- import delivery   only rows whose name has one of these words; RESULTS.md is left alone
  npm run bench -- --help            this`;

const PEERS = {
  fanOut: '@aws-solutions-constructs/aws-sns-sqs',
  delivery: '@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3',
  functionWorker: '@aws-solutions-constructs/aws-sqs-lambda',
};
const NAMES = {
  hand: 'the same resources by hand', users: 'L2s as users write them', peer: 'Solutions Constructs', ecsPatterns: '`QueueProcessingFargateService` of the CDK',
};

const IMPORTS = [
  { request: 'cdk-decouple', beside: 'aws-cdk-lib' },
  { request: 'cdk-decouple/fanout', beside: PEERS.fanOut },
  { request: 'cdk-decouple/delivery', beside: PEERS.delivery },
  { request: 'cdk-decouple/workers', beside: PEERS.functionWorker },
];

/** `beside` is what a time is compared with, and the most that the ratio may be; null where there is no goal. */
const TIMES = [
  { what: 'fan-out to 10 queues', job: { pattern: 'fanOut', count: 10 }, beside: { users: 1.2, hand: null, peer: 1 } },
  { what: 'fan-out to 90 queues', job: { pattern: 'fanOut', count: 90 }, beside: { users: 1.2, hand: null, peer: 1 } },
  {
    what: 'fan-out to 90 queues, import aside',
    job: { pattern: 'fanOut', count: 90, importBefore: ['aws-cdk-lib/aws-iam', 'aws-cdk-lib/aws-sns', 'aws-cdk-lib/aws-sqs', 'cdk-decouple/fanout'] },
    beside: { hand: 1.1 },
  },
  { what: 'bucket events to 10 queues', job: { pattern: 'bucketEvents', count: 10 }, beside: { hand: null } },
  { what: 'request-response with 10 requesters', job: { pattern: 'requestResponse', count: 10 }, beside: { hand: null } },
  { what: 'delivery', job: { pattern: 'delivery' }, beside: { users: null, peer: 1 } },
  { what: 'function on a queue', job: { pattern: 'functionWorker' }, beside: { users: null, peer: 1 } },
  { what: 'Fargate tasks on a queue', job: { pattern: 'fargateWorkers' }, beside: { ecsPatterns: null } },
];

const MANY_STACKS = [
  { what: '1,000 subscribers over several stacks', job: { pattern: 'manyStacks', count: 1000, perStack: 90, limited: true } },
  { what: '1,000 subscribers in SubscriberStacks', job: { pattern: 'subscriberStacks', count: 1000, stackCount: 17, limited: true } },
];

const COSTS = [
  { what: 'fan-out to 10 queues', pattern: 'fanOut', beside: 'peer' },
  { what: 'delivery', pattern: 'delivery', beside: 'peer' },
  { what: 'function on a queue', pattern: 'functionWorker', beside: 'peer' },
  { what: 'Fargate tasks on a queue', pattern: 'fargateWorkers', beside: 'ecsPatterns' },
];

const { runs: RUNS, words: WORDS } = options();
const started = Date.now();
const say = text => console.error(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const rows = [];

installDependencies();
const { markdownTable } = await import('markdown-table');
const tarball = installPackage();
await importTimes();
await synthTimes();
await manyStacks();
await resources();
await costs();
packageSize();
await report();

// --- what is measured -------------------------------------------------------------------------------------------------

async function importTimes() {
  for (const { request, beside } of IMPORTS) {
    const what = `import ${request}`;
    if (!wanted(what)) continue;
    const times = await interleaved({ ours: { kind: 'import', requests: [request] }, other: { kind: 'import', requests: [beside] } }, what);
    timeRow(what, times, 'other', beside, 1);
  }
}

async function synthTimes() {
  for (const { what: pattern, job, beside } of TIMES) {
    const what = `${job.importBefore ? '' : 'import, '}construct and synthesize: ${pattern}`;
    if (!wanted(what)) continue;
    const variants = ['ours', ...Object.keys(beside)];
    const times = await interleaved(Object.fromEntries(variants.map(variant => [variant, { kind: 'synth', ...job, variant }])), what);
    const template = variant => times[variant][0].stacks[0].template;
    if (times.hand) checkSame(what, times);
    const note = `${count(template('ours'))} resources`;
    for (const [variant, goal] of Object.entries(beside)) timeRow(what, times, variant, NAMES[variant], goal, `${note} beside ${count(template(variant))}`);
  }
}

async function manyStacks() {
  for (const { what, job } of MANY_STACKS) {
    if (!wanted(what)) continue;
    const times = await interleaved({ ours: { kind: 'synth', ...job, variant: 'ours' }, hand: { kind: 'synth', ...job, variant: 'hand' } }, what);
    const [topic, ...others] = times.ours[0].stacks;
    // Every stack is deployed after that of the topic, and there is no cycle.
    if (topic.dependencies.length > 0 || others.some(({ dependencies }) => `${dependencies}` !== topic.id)) throw new Error(`${what}: the stacks depend on each other`);
    checkSame(what, times);
    timeRow(what, times, 'hand', NAMES.hand, null, `${others.length + 1} stacks`);
    const [ours, hand] = ['ours', 'hand'].map(variant => median(times[variant].map(({ megabytes }) => megabytes)));
    rows.push({ what: `${what}: peak memory`, ours: `${ours.toFixed(0)} MB`, beside: NAMES.hand, other: `${hand.toFixed(0)} MB`, ratio: ours / hand });
  }
}

/** A figure beside the same resources by hand would mean nothing if they were others. */
function checkSame(what, { ours, hand }) {
  const shapes = results => results[0].stacks.map(({ template }) => shape(template)).sort();
  if (`${shapes(ours)}` !== `${shapes(hand)}`) throw new Error(`${what}: the templates wired by hand are not those of the library`);
}

async function resources() {
  if (!wanted('resources per subscriber')) return;
  say('resources');
  const sizes = async (variant, shared) => {
    const [one, eleven] = [await template('fanOut', variant, { count: 1, shared }), await template('fanOut', variant, { count: 11, shared })].map(count);
    const each = (eleven - one) / 10;
    return { each, largest: 1 + Math.floor((500 - one) / each) };
  };
  const [ours, hand, peer, shared] = [await sizes('ours'), await sizes('hand'), await sizes('peer'), await sizes('ours', true)];
  rows.push({ what: 'resources per subscriber', ours: ours.each, beside: 'wired by hand', other: hand.each, ratio: ours.each / hand.each });
  rows.push({ what: 'resources per subscriber', ours: ours.each, beside: NAMES.peer, other: peer.each, ratio: ours.each / peer.each, goal: 1 });
  // Synthesized with the limit of 500 resources, which throws if the calculation is wrong.
  await template('fanOut', 'ours', { count: ours.largest, limited: true });
  await template('fanOut', 'ours', { count: shared.largest, limited: true, shared: true });
  rows.push({ what: 'largest fan-out in one stack, own dead letters', ours: ours.largest, beside: NAMES.peer, other: peer.largest, atLeast: 99 });
  rows.push({ what: 'largest fan-out in one stack, shared dead letters', ours: shared.largest, atLeast: 160 });
}

/** What the defaults cost while nothing happens. */
async function costs() {
  if (!wanted('fixed monthly cost drivers')) return;
  for (const { what, pattern, beside } of COSTS) {
    const drivers = async variant => costDrivers(await template(pattern, variant, { count: 10 }));
    rows.push({ what: `fixed monthly cost drivers: ${what}`, ours: await drivers('ours'), beside: NAMES[beside], other: await drivers(beside) });
  }
}

/** Beside it, what their patterns bring to node_modules, aws-cdk-lib and constructs aside. */
function packageSize() {
  if (!wanted('published package')) return;
  const folder = join(MODULES, '@aws-solutions-constructs');
  const files = readdirSync(folder, { recursive: true }).map(name => statSync(join(folder, name))).filter(file => file.isFile());
  const kibibytes = bytes => `${(bytes / 1024).toFixed(0)} KiB unpacked`;
  rows.push({
    what: 'published package', ours: `${kibibytes(tarball.unpackedSize)}, ${tarball.entryCount} files`, beside: `Solutions Constructs, ${Object.keys(PEERS).length} patterns with their core`,
    other: `${kibibytes(files.reduce((sum, file) => sum + file.size, 0))}, ${files.length} files`, note: `${(tarball.size / 1024).toFixed(0)} KiB packed`,
  });
}

// --- how it is measured -----------------------------------------------------------------------------------------------

/** Runs each job in turn, so that a busy moment of the machine hits all of them alike. */
async function interleaved(jobs, what) {
  say(`${what} (${Object.keys(jobs).length} variants, ${RUNS} runs)`);
  const results = Object.fromEntries(Object.keys(jobs).map(name => [name, []]));
  // The first round fills the file cache and does not count.
  for (let run = -1; run < RUNS; run += 1) {
    const names = Object.keys(jobs);
    for (const name of run % 2 === 0 ? names : names.reverse()) {
      const result = await child(jobs[name]);
      if (run >= 0) results[name].push(result);
    }
  }
  return results;
}

async function template(pattern, variant, props) {
  return (await child({ kind: 'synth', pattern, variant, ...props })).stacks[0].template;
}

/** One measurement in a process of its own. */
function child(job) {
  return new Promise((resolve, reject) => {
    // Solutions Constructs warn about their own defaults, on both channels.
    const stdio = ['ignore', 'ignore', job.variant === 'peer' ? 'ignore' : 'inherit', 'ipc'];
    const forked = fork(join(BENCH, 'child.cjs'), { cwd: BENCH, stdio, env: { ...process.env, CDK_VALIDATION: 'false' } });
    let answer;
    forked.on('message', message => { answer = message; });
    forked.on('exit', code => {
      if (answer && !answer.error) resolve(answer);
      else reject(new Error(`${JSON.stringify(job)}: ${answer?.error ?? `exit code ${code}`}`));
    });
    forked.send(job);
  });
}

function npm(args, cwd, stdout) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'], shell: process.platform === 'win32' });
}

function installDependencies() {
  const installed = folder => join(folder, 'node_modules', '.package-lock.json');
  // That of the repository is in the hands of who works here.
  if (!existsSync(installed(ROOT))) npm(['ci'], ROOT, 2);
  const isCurrent = existsSync(installed(BENCH)) && statSync(installed(BENCH)).mtimeMs >= statSync(join(BENCH, 'package-lock.json')).mtimeMs;
  if (!isCurrent) npm(['ci', '--ignore-scripts'], BENCH, 2);
}

/**
 * Compiles, packs, and unpacks beside the peers, so that what is measured is what is published.
 *
 * Compiles every time, with the task that releases do: jsii alone leaves the files of former builds in the package and an index file that
 * loads everything, and no date tells that a source was deleted.
 */
function installPackage() {
  say('compile and pack');
  execFileSync(process.execPath, [join(ROOT, 'node_modules', 'projen', 'bin', 'projen'), 'compile'], { cwd: ROOT, stdio: ['ignore', 2, 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-pack-'));
  const target = join(MODULES, 'cdk-decouple');
  try {
    const [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT, 'pipe'));
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', target, '--strip-components=1']);
    return packed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// --- how it is told ---------------------------------------------------------------------------------------------------

/** What the command line says; anything else ends here, before anything is installed or measured. */
function options() {
  const end = (print, text, code) => { print(text); process.exit(code); };
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: `${LEAST_RUNS}` }, help: { type: 'boolean', short: 'h' } } });
    if (values.help) end(console.log, USAGE, 0);
    if (!/^[1-9]\d{0,3}$/.test(values.runs)) throw new Error(`--runs is a whole number of at least 1, not '${values.runs}'.`);
    return { runs: Number(values.runs), words: positionals.map(word => word.toLowerCase()) };
  } catch (error) {
    return end(console.error, `${error.message} See npm run bench -- --help.`, 1);
  }
}

function wanted(what) {
  return WORDS.length === 0 || WORDS.some(word => what.toLowerCase().includes(word));
}

function timeRow(what, times, variant, beside, goal, note) {
  const [ours, other] = [times.ours, times[variant]].map(results => results.map(({ cpu }) => cpu));
  // Of the pairs of the same round: what disturbed one disturbed the other.
  const ratio = median(ours.map((value, i) => value / other[i]));
  rows.push({ what, ours: `${median(ours).toFixed(0)} ms`, beside, other: `${median(other).toFixed(0)} ms`, ratio, goal, note });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}

/** A template without the hashes of the paths of its constructs, the only thing that may differ between two that do the same. */
function shape(value) {
  const withoutHash = text => text.replace(/(?<=[A-Za-z0-9])[0-9A-F]{8}$/, '');
  const sorted = item => {
    if (typeof item === 'string') return withoutHash(item);
    if (Array.isArray(item)) return item.map(sorted);
    if (item === null || typeof item !== 'object') return item;
    return Object.fromEntries(Object.entries(item).map(([key, one]) => [withoutHash(key), sorted(one)]).sort(([a], [b]) => a < b ? -1 : 1));
  };
  return JSON.stringify(sorted(value));
}

function count({ Resources }) {
  return Object.keys(Resources).length;
}

/** The cells of a row: the goal, and whether it is met. */
function goalCells({ ratio, goal, atLeast, ours }) {
  if (atLeast !== undefined) return [`at least ${atLeast}`, ours >= atLeast ? 'yes' : 'MISSED'];
  return goal ? [`at most ${goal.toFixed(2)}`, ratio <= goal ? 'yes' : 'MISSED'] : ['', ''];
}

async function report() {
  const header = ['what', 'cdk-decouple', 'compared with', 'its figure', 'ratio', 'goal', 'goal met', 'remarks'];
  const cells = rows.map(row => [row.what, `${row.ours}`, row.beside ?? '', `${row.other ?? ''}`, row.ratio?.toFixed(2) ?? '', ...goalCells(row), row.note ?? '']);
  const table = markdownTable([header, ...cells]);
  console.log(`\n${table}\n\n${cells.filter(row => row.includes('MISSED')).length} of ${rows.length} goals missed; ${((Date.now() - started) / 1000).toFixed(0)} s.`);
  if (WORDS.length > 0 || RUNS < LEAST_RUNS) return;
  const features = markdownTable(await featureRows(template));
  writeFileSync(join(BENCH, 'RESULTS.md'), document(table, features));
}

function document(table, features) {
  const versions = ['aws-cdk-lib', ...Object.values(PEERS)].map(name => `${name} ${JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version}`);
  return `# Benchmark

<!-- Written by \`npm run bench\`. -->

Measured with Node.js ${process.versions.node} on ${cpus().length} processors (load ${loadavg()[0].toFixed(1)} at the end), ${versions.join(', ')}. Times are CPU time, user and
system, of a fresh process each, medians of ${RUNS} interleaved runs; a ratio is the median of the ratios of each run. The package is the one
that would be published. The templates are synthesized without CDK's built-in validation, in every variant. "By hand" is the same resources wired
from the L2s of aws-cdk-lib, and "as users write them" are L2s with TLS policies, dead letters and otherwise their defaults (\`variants.cjs\`).

${table}

${readFileSync(join(BENCH, 'NOTES.md'), 'utf8').trim()}

## What is in the resources

The same resource types do not protect the same. Each line is looked up in the template of the pattern with its defaults.

${features}
`;
}
