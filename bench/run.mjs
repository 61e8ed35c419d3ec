// Measures cdk-decouple beside plain aws-cdk-lib and AWS Solutions Constructs, prints one table and writes it to RESULTS.md.
// `npm run bench -- --help` says how it is called.
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { featureTable } from './features.mjs';
import { costDrivers } from './costs.mjs';

const BENCH = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(BENCH);
const MODULES = join(BENCH, 'node_modules');
const LEAST_RUNS = 7;
const USAGE = `Measures cdk-decouple beside plain aws-cdk-lib and AWS Solutions Constructs.

  npm run bench                      everything, median of ${LEAST_RUNS}; writes bench/RESULTS.md
  npm run bench -- --runs=15         median of 15; with fewer than ${LEAST_RUNS}, RESULTS.md is left alone
  npm run bench -- import delivery   only rows whose name has one of these words; RESULTS.md is left alone
  npm run bench -- --help            this`;
const { runs: RUNS, wanted: WANTED } = options(process.argv.slice(2));

const started = Date.now();
const say = text => console.error(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const rows = [];

prepareDependencies();
const tarball = preparePackage();

await importTimes();
await synthTimes();
await scale();
await shapes();
size();
report();

// --- what is asked for ------------------------------------------------------------------------------------------------

/** What the command line says; anything else ends here, before anything is installed or measured. */
function options(args) {
  const refuse = why => {
    console.error(`${why} See npm run bench -- --help.`);
    process.exit(1);
  };
  let runs = LEAST_RUNS;
  for (const arg of args.filter(one => one.startsWith('-'))) {
    if (arg === '--help' || arg === '-h') {
      console.log(USAGE);
      process.exit(0);
    }
    const [, text] = /^--runs=(.*)$/s.exec(arg) ?? refuse(`There is no option ${arg}.`);
    runs = /^\d+$/.test(text) ? Number(text) : 0;
    if (!Number.isSafeInteger(runs) || runs < 1) refuse(`--runs is a whole number of at least 1, not '${text}'.`);
  }
  return { runs, wanted: args.filter(arg => !arg.startsWith('-')) };
}

// --- what is measured -------------------------------------------------------------------------------------------------

async function importTimes() {
  const peers = { fanout: '@aws-solutions-constructs/aws-sns-sqs', delivery: '@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3' };
  for (const name of ['access', 'queues', 'fanout', 'workers', 'delivery', '']) {
    const request = name ? `cdk-decouple/${name}` : 'cdk-decouple';
    const label = `import ${request}`;
    if (!wanted(label)) continue;
    const { result: raw } = await child({ kind: 'trace', request });
    const jobs = {
      ours: { kind: 'import', requests: [request] },
      raw: { kind: 'import', requests: raw },
      oursLoaded: { kind: 'import', requests: [request], load: true },
      oursEs: { kind: 'importEs', requests: [request], load: !name },
      rawEs: { kind: 'importEs', requests: raw },
      ...peers[name] ? { peer: { kind: 'import', requests: [peers[name]] } } : {},
    };
    const times = await interleaved(jobs, label);
    // The index files of submodules are not lazy (decisions/0021-lazy-root.md), those of aws-cdk-lib are.
    if (!name) row(`${label}, by require`, times, 'ours', 'raw', `the ${raw.length} modules of aws-cdk-lib it needs, raw`, 1.15);
    row(`${label}, by ES import`, times, 'oursEs', 'rawEs', 'the same, by ES import', 1.15, {
      why: name ? 'Node.js reads every name of both.' : 'Every name of both is read, and by the measurement those of our five namespaces, which Node.js leaves alone.',
    });
    row(`${label}, every name read`, times, 'oursLoaded', 'raw', 'the same by require, of which nothing is read');
    if (peers[name]) row(`${label}, every name read`, times, 'oursLoaded', 'peer', peers[name], 1);
  }
}

async function synthTimes() {
  const cases = [
    {
      name: 'fan-out to 1 queue', pattern: 'fanOut', count: 1, hasPeer: true, hasPlain: true,
      why: 'The sorting tables of Node.js, about 6 ms: CDK loads them when a resource depends on two others, and the subscription waits for both policies.',
    },
    { name: 'fan-out to 10 queues', pattern: 'fanOut', count: 10, hasPeer: true, hasPlain: true },
    { name: 'fan-out to 90 queues', pattern: 'fanOut', count: 90, hasPeer: true, hasPlain: true, goal: 1.1 },
    { name: 'worker group', pattern: 'workers', count: 1 },
    { name: 'delivery', pattern: 'delivery', count: 1, hasPeer: true, why: 'The classes of aws-cdk-lib that Solutions Constructs load with the import are loaded here by ours.' },
  ];
  for (const { name, pattern, count, hasPeer, hasPlain, goal, why } of cases) {
    const label = `construct and synthesize: ${name}`;
    if (!wanted(label)) continue;
    const job = variant => ({ kind: 'synth', pattern, variant, count });
    const whole = variant => ({ ...job(variant), importToo: true });
    const times = await interleaved({
      ours: job('ours'), hand: job('hand'), oursWhole: whole('ours'), handWhole: whole('hand'),
      ...hasPlain ? { plain: job('plain') } : {}, ...hasPeer ? { peer: job('peer'), peerWhole: whole('peer') } : {},
    }, label);
    const [ours, hand] = ['ours', 'hand'].map(variant => times[variant][0].result);
    if (hasPlain && shape(ours) !== shape(hand)) throw new Error(`${label}: the template wired by hand is not that of the library`);
    const same = `the same ${resources(hand)} resources by hand`;
    row(label, times, 'ours', 'hand', same, goal, { note: hasPlain ? 'identical templates' : '' });
    if (hasPlain) row(label, times, 'ours', 'plain', 'SqsSubscription of the L2s', undefined, { why: '`SqsSubscription` has no `aws:SourceAccount`, and does not wait for the policy of the dead-letter queue.' });
    row(`import, ${label}`, times, 'oursWhole', 'handWhole', same);
    if (!hasPeer) continue;
    const peer = `Solutions Constructs, ${resources(times.peer[0].result)} resources`;
    row(`import, ${label}`, times, 'oursWhole', 'peerWhole', peer, 1, { note: `ours are ${resources(ours)}` });
    row(label, times, 'ours', 'peer', peer, 1, { note: `ours are ${resources(ours)}`, whenMissed: why });
  }
  const label = 'construct and synthesize: growth';
  if (!wanted(label)) return;
  const jobs = Object.fromEntries(['ours', 'hand'].flatMap(variant => [10, 50, 90].map(count => [`${variant}${count}`, { kind: 'synth', pattern: 'fanOut', variant, count }])));
  const times = await interleaved(jobs, label);
  const slope = (variant, from, to) => (median(cpuOf(times[`${variant}${to}`])) - median(cpuOf(times[`${variant}${from}`]))) / (to - from);
  const growth = variant => slope(variant, 50, 90) / slope(variant, 10, 50);
  rows.push({
    what: 'time per further queue, 50 to 90 against 10 to 50', ours: `${slope('ours', 50, 90).toFixed(2)} ms`, beside: 'itself',
    other: `${slope('ours', 10, 50).toFixed(2)} ms`, ratio: growth('ours'), goal: 1.1, note: `by hand ${growth('hand').toFixed(2)}`,
  });
}

async function scale() {
  const label = '1,000 subscribers over several stacks';
  if (!wanted(label)) return;
  const job = variant => ({ kind: 'stacks', variant, count: 1000, perStack: 90 });
  const times = await interleaved({ ours: job('ours'), hand: job('hand') }, label);
  const { stacks, subscriptions, cycle, dependents } = times.ours[0].result;
  if (subscriptions !== 1000 || cycle !== 0 || dependents !== stacks - 1) throw new Error(`${label}: ${JSON.stringify(times.ours[0].result)}`);
  row(label, times, 'ours', 'hand', 'the same wired by hand', undefined, { note: `${stacks} stacks`, why: 'Every stack is deployed after that of the topic, and there is no cycle.' });
  const rss = variant => median(times[variant].map(run => run.rss));
  rows.push({
    what: `${label}: peak memory`, ours: `${rss('ours').toFixed(0)} MB`, beside: 'the same wired by hand', other: `${rss('hand').toFixed(0)} MB`,
    ratio: rss('ours') / rss('hand'),
  });
}

/** What does not depend on the clock: one synthesis each. */
async function shapes() {
  const template = async (pattern, variant, count = 1, shared = false) => (await child({ kind: 'synth', pattern, variant, count, shared })).result;
  if (wanted('resources per subscriber')) {
    say('resources');
    const per = async variant => (resources(await template('fanOut', variant, 11)) - resources(await template('fanOut', variant, 1))) / 10;
    const [ours, hand, peer] = [await per('ours'), await per('hand'), await per('peer')];
    rows.push({ what: 'resources per subscriber', ours, beside: 'wired by hand', other: hand, ratio: ours / hand });
    rows.push({ what: 'resources per subscriber', ours, beside: 'Solutions Constructs', other: peer, ratio: ours / peer, goal: 1 });
    for (const [name, shared, goal] of [['own', false, 99], ['shared', true, 160]]) {
      const largest = await largestFanOut('ours', shared);
      rows.push({ what: `largest fan-out in one stack, ${name} dead letters`, ours: largest, beside: 'wired by hand', other: await largestFanOut('hand', shared), atLeast: goal });
      if (!shared) rows.push({ what: `largest fan-out in one stack, ${name} dead letters`, ours: largest, beside: 'Solutions Constructs', other: await largestFanOut('peer', false), atLeast: goal });
    }
  }
  if (wanted('fixed monthly cost drivers')) {
    for (const [name, pattern, count, hasPeer] of [['fan-out to 10 queues', 'fanOut', 10, true], ['worker group', 'workers', 1, false], ['delivery', 'delivery', 1, true]]) {
      rows.push({
        // What the defaults cost while nothing happens.
        what: `fixed monthly cost drivers: ${name}`, ours: costDrivers(await template(pattern, 'ours', count)),
        beside: hasPeer ? 'Solutions Constructs' : 'wired by hand', other: costDrivers(await template(pattern, hasPeer ? 'peer' : 'hand', count)),
      });
    }
  }
  if (wanted('features')) shapes.features = await featureTable(template);
}

async function largestFanOut(variant, shared) {
  const fits = async count => {
    const { error } = await child({ kind: 'synth', pattern: 'fanOut', variant, count, shared, limited: true }, true);
    if (error && !/Number of resources in stack/.test(error)) throw new Error(error);
    return !error;
  };
  let [low, high] = [50, 200];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await fits(middle)) low = middle; else high = middle;
  }
  return low;
}

function size() {
  if (!wanted('published package')) return;
  const { size: bytes, unpackedSize, entryCount } = tarball;
  rows.push({ what: 'published package', ours: `${(bytes / 1024).toFixed(0)} KiB, ${entryCount} files`, beside: 'Solutions Constructs, both patterns with their core', other: peerSize(), note: `${(unpackedSize / 1024).toFixed(0)} KiB unpacked` });
}

/** What the two patterns bring to node_modules, aws-cdk-lib and constructs aside. */
function peerSize() {
  let bytes = 0;
  let files = 0;
  const walk = folder => readdirSync(folder, { withFileTypes: true }).forEach(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    bytes += statSync(path).size;
    files += 1;
  });
  walk(join(MODULES, '@aws-solutions-constructs'));
  return `${(bytes / 1024).toFixed(0)} KiB unpacked, ${files} files`;
}

// --- how it is measured -----------------------------------------------------------------------------------------------

/** Runs each job in turn, so that a busy moment of the machine hits all of them alike. */
async function interleaved(jobs, label) {
  say(`${label} (${Object.keys(jobs).length} variants, ${RUNS} runs)`);
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

/** One measurement in a process of its own. */
function child(job, mayFail = false) {
  return new Promise((resolve, reject) => {
    const forked = fork(join(BENCH, 'child.cjs'), {
      cwd: BENCH, execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [],
      // Solutions Constructs warn about their own defaults, on both channels.
      stdio: ['ignore', 'ignore', job.variant === 'peer' ? 'ignore' : 'inherit', 'ipc'],
      env: { ...process.env, CDK_VALIDATION: 'false' },
    });
    let answer;
    forked.on('message', message => { answer = message; });
    forked.on('exit', code => {
      if (answer && (mayFail || !answer.error)) resolve(answer);
      else reject(new Error(`${JSON.stringify(job)}: ${answer?.error ?? `exit code ${code}`}`));
    });
    forked.send(job);
  });
}

function prepareDependencies() {
  for (const folder of [ROOT, BENCH]) {
    const installed = join(folder, 'node_modules', '.package-lock.json');
    // That of the repository is in the hands of who works here.
    if (existsSync(installed) && (folder === ROOT || statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs)) continue;
    say(`npm ci in ${folder === ROOT ? 'the repository' : 'bench/'}`);
    const { status } = spawnSync('npm', folder === BENCH ? ['ci', '--ignore-scripts'] : ['ci'], { cwd: folder, stdio: ['ignore', 2, 'inherit'], shell: process.platform === 'win32' });
    if (status !== 0) throw new Error(`npm ci in ${folder} failed`);
  }
}

/**
 * Compiles, packs, and unpacks beside the peers, so that what is measured is what is published.
 *
 * Compiles every time, with the task that releases do: jsii alone leaves the files of former builds in the package and an index file that
 * loads everything, and no date tells that a source was deleted.
 */
function preparePackage() {
  say('compile');
  execFileSync(process.execPath, [join(ROOT, 'node_modules', 'projen', 'bin', 'projen'), 'compile'], { cwd: ROOT, stdio: ['ignore', 2, 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-pack-'));
  try {
    say('npm pack');
    const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' }));
    const target = join(MODULES, 'cdk-decouple');
    rmSync(target, { recursive: true, force: true });
    const unpacked = join(MODULES, '.cdk-decouple');
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', unpacked]);
    renameSync(join(unpacked, 'package'), target);
    rmSync(unpacked, { recursive: true });
    return packed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// --- how it is told ---------------------------------------------------------------------------------------------------

function wanted(label) {
  return WANTED.length === 0 || WANTED.some(word => label.toLowerCase().includes(word.toLowerCase()));
}

/**
 * A row of the table.
 *
 * @param note a few words in the row; `why` is a footnote, and `whenMissed` one if the goal is missed
 */
function row(what, times, ours, other, beside, goal, { note = '', why, whenMissed } = {}) {
  const [a, b] = [times[ours], times[other]].map(cpuOf);
  // Of the pairs of the same round: what disturbed one disturbed the other.
  const ratio = median(a.map((value, i) => value / b[i]));
  const footnotes = [why, goal !== undefined && ratio > goal ? whenMissed : undefined].filter(Boolean);
  rows.push({ what, ours: `${median(a).toFixed(0)} ms`, beside, other: `${median(b).toFixed(0)} ms`, ratio, goal, note, footnotes });
}

function cpuOf(runs) {
  return runs.map(run => run.cpu);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A template without the hashes of the paths of its constructs, the only thing that may differ between two that do the same. */
function shape(template) {
  const sorted = value => Array.isArray(value) ? value.map(sorted)
    : value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [withoutHash(key), sorted(item)]).sort(([a], [b]) => a < b ? -1 : 1))
      : typeof value === 'string' ? withoutHash(value) : value;
  return JSON.stringify(sorted(template));
}

function withoutHash(text) {
  return text.replace(/(?<=[A-Za-z0-9])[0-9A-F]{8}$/, '');
}

function resources(template) {
  return Object.keys(template.Resources).length;
}

function verdict({ ratio, goal, atLeast, ours }) {
  if (atLeast !== undefined) return ours >= atLeast ? 'yes' : 'MISSED';
  return goal === undefined ? '' : ratio <= goal ? 'yes' : 'MISSED';
}

function report() {
  const footnotes = [...new Set(rows.flatMap(entry => entry.footnotes ?? []))];
  const remarks = ({ note, footnotes: own = [] }) => [note, own.map(text => `[${footnotes.indexOf(text) + 1}]`).join(' ')].filter(Boolean).join(' ');
  const cells = rows.map(entry => [
    entry.what, `${entry.ours}`, entry.beside, `${entry.other}`, entry.ratio === undefined ? '' : entry.ratio.toFixed(2),
    entry.atLeast !== undefined ? `at least ${entry.atLeast}` : entry.goal === undefined ? '' : `at most ${entry.goal.toFixed(2)}`,
    verdict(entry), remarks(entry),
  ]);
  const table = [
    markdown(['what', 'cdk-decouple', 'compared with', 'its figure', 'ratio', 'goal', 'goal met', 'remarks'], cells),
    ...footnotes.length > 0 ? ['', ...footnotes.map((text, i) => `- [${i + 1}] ${text}`)] : [],
  ].join('\n');
  console.log(`\n${table}\n`);
  if (shapes.features) console.log(`${shapes.features}\n`);
  const missed = rows.filter(entry => verdict(entry) === 'MISSED').length;
  console.log(`${rows.length} rows, ${missed} goals missed; ${((Date.now() - started) / 1000).toFixed(0)} s.`);
  if (WANTED.length === 0 && RUNS >= LEAST_RUNS) writeFileSync(join(BENCH, 'RESULTS.md'), document(table));
}

function document(table) {
  const versions = ['aws-cdk-lib', '@aws-solutions-constructs/aws-sns-sqs', '@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3']
    .map(name => `${name} ${JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8')).version}`);
  return `${[
    '# Benchmark', '',
    '<!-- Written by `npm run bench`. -->', '',
    `Measured with Node.js ${process.versions.node} on ${cpus().length} processors (load ${loadavg()[0].toFixed(1)} at the end), ${versions.join(', ')}. Times are CPU time, user and`,
    `system, of a fresh process each, medians of ${RUNS} interleaved runs; a ratio is the median of the ratios of each run. The package is the one`,
    'that would be published. The templates are synthesized without CDK\'s built-in validation, in every variant. "By hand" is the same',
    'resources wired from the L2s of aws-cdk-lib (`variants.cjs`).', '',
    table, '',
    ...existsSync(join(BENCH, 'NOTES.md')) ? [readFileSync(join(BENCH, 'NOTES.md'), 'utf8').trim(), ''] : [],
    '## What is in the resources', '',
    'The same resource types do not protect the same. Each line is looked up in the template of the pattern with its defaults.', '',
    shapes.features, '',
  ].join('\n')}`;
}

function markdown(header, body) {
  const widths = header.map((title, i) => Math.max(title.length, ...body.map(cells => cells[i].length)));
  const line = cells => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(header), `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}
