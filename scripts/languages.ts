import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { compile } from './support/compile';
import { CSharp } from './support/languages/csharp';
import { Go } from './support/languages/go';
import { Java } from './support/languages/java';
import { Done, Language, ROOT, Step, failed, succeeded } from './support/languages/language';
import { Python } from './support/languages/python';
import { TypeScript } from './support/languages/typescript';
import { inParallel, tool } from './support/process';
import { differences } from './support/same-template';
import { Template } from './support/template';
import { Progress } from './support/terminal';
import { translate } from './support/translations';

const TEMP = mkdtempSync(join(tmpdir(), 'cdk-decouple-languages-'));
const PACKAGES = join(TEMP, 'packages');
const TABLET = join(TEMP, 'tablet.json');
const MIN_RESOURCES = 200;

/** The others are compared with it. */
const REFERENCE = new TypeScript();
const OTHERS: Language[] = [new Java(), new Go(), new Python(), new CSharp()];

process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = process.versions.node.split('.')[0];
process.env.JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION = '1';

const progress = new Progress();
const totals = { passed: 0, failed: 0 };

async function main(): Promise<number> {
  const wanted = process.argv.slice(2).map(word => word.toLowerCase());
  const named = (language: Language) => [language.name.toLowerCase(), language.target];
  const unknown = wanted.filter(word => !OTHERS.some(language => named(language).includes(word)));
  if (unknown.length > 0) {
    console.error(`No language is named ${unknown.join(', ')}. There are: ${OTHERS.map(language => language.name).join(', ')}.`);
    return 1;
  }
  const others = OTHERS.filter(language => wanted.length === 0 || wanted.some(word => named(language).includes(word)));
  const languages = [REFERENCE, ...others];

  // One process for all languages reads the assembly of aws-cdk-lib once.
  const targets = languages.map(language => language.target);
  const generated = await inOrder('', [
    ['jsii compile', () => compile(ROOT)],
    ['generate the packages', () => tool('jsii-pacmak', ['--code-only', '--no-npmignore', '--target', ...targets, '--outdir', PACKAGES], { cwd: ROOT })],
    ['translate the examples', () => translate(ROOT, TABLET)],
  ]);
  if (generated) {
    await inParallel(2, languages.map(language => () => inOrder(language.name, language.steps(foldersOf(language)))));
    await inOrder(REFERENCE.name, [[`the app has at least ${MIN_RESOURCES} resources`, () => {
      const resources = Object.values(templates(REFERENCE)).flatMap(({ Resources = {} }) => Object.keys(Resources)).length;
      return resources >= MIN_RESOURCES ? succeeded() : failed(`it has ${resources}`);
    }]]);
    for (const language of others.filter(other => other.hasApp)) {
      await inOrder(language.name, [[`the templates are equal to those of ${REFERENCE.name}`, () => compare(language)]]);
    }
  }
  progress.stop();
  console.log(`\n${progress.seconds.toFixed(0)} s in all.\n${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
}

/** Whether every step succeeded; none follows the first that failed. */
async function inOrder(subject: string, steps: readonly Step[]): Promise<boolean> {
  for (const [step, act] of steps) {
    const name = subject ? `${subject}: ${step}` : step;
    progress.start(name);
    const done: Done = await Promise.resolve().then(act).catch((error: Error) => failed(error.stack ?? String(error)));
    progress.end(name, done.code === 0 ? 'ok' : 'FAILED');
    if (done.code !== 0) {
      totals.failed += 1;
      console.error(`\n${done.output.trimEnd()}\n`);
      return false;
    }
    if (done.note) console.log(`          ${done.note}`);
    totals.passed += 1;
  }
  return true;
}

function foldersOf({ target }: Language) {
  const work = join(TEMP, 'work', target);
  mkdirSync(work, { recursive: true });
  return { packages: PACKAGES, tablet: TABLET, work, output: join(TEMP, 'output', target) };
}

/** The templates of all stacks of the app, by the name of the file. */
function templates(language: Language): Record<string, Template> {
  const { output } = foldersOf(language);
  const ending = '.template.json';
  const files = existsSync(output) ? readdirSync(output).filter(file => file.endsWith(ending)) : [];
  return Object.fromEntries(files.map(file => [file.slice(0, -ending.length), JSON.parse(readFileSync(join(output, file), 'utf8'))]));
}

function compare(language: Language): Done {
  const [expected, actual] = [REFERENCE, language].map(templates);
  if (Object.keys(actual).length === 0) return failed(`${language.name} wrote no template`);
  const found = differences(expected, actual);
  return found.length === 0 ? succeeded() : failed(found.slice(0, 40).map(({ path, expected: left, actual: right }) =>
    `${path}\n  ${REFERENCE.name}: ${left}\n  ${language.name}: ${right}`).join('\n'));
}

process.on('exit', () => rmSync(TEMP, { recursive: true, force: true }));

void main().then(code => { process.exitCode = code; });
