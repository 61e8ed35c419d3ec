import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Done, failed, succeeded } from './language';
import { NOT_COMPILED, NOT_TRANSLATED, PLANTED, Translated } from '../../../test/languages/examples';
import { Finished } from '../process';
import { plural } from '../terminal';

const TABLES = 'test/languages/examples.ts';

/** A block of a manual, or an `@example`. */
interface Example {
  readonly where: string;
  readonly original: string;
  readonly translated: string;
  /** Why it can't compile. */
  readonly mustFail?: string;
}

export interface ExampleCompiler {
  readonly language: keyof typeof PLANTED;
  readonly folder: string;
  readonly nameOf: (index: number) => string;
  /** The file of an example, which has what is around it: a stack as `this`, and what the example only declares. */
  readonly contentOf: (translated: string, index: number) => string;
  /** Compiles all files at once. Its output has each file that does not compile as `name:`. */
  readonly compile: (names: readonly string[]) => Promise<Finished>;
}

/** Compiles every translated example. Those that rosetta can't translate, and the planted fault, must fail. */
export async function compileExamples(tablet: string, compiler: ExampleCompiler): Promise<Done> {
  const { language, folder, nameOf, contentOf, compile } = compiler;
  const examples = read(tablet, language);
  const planted = plant(examples, language);
  if (!planted) return failed(`No example has ${PLANTED[language].has}, which the planted fault replaces: ${TABLES}`);

  const all = [...examples, planted];
  const names = all.map((_, index) => nameOf(index));
  mkdirSync(folder, { recursive: true });
  all.forEach(({ translated }, index) => writeFileSync(join(folder, names[index]), contentOf(translated, index)));
  const { code, output } = await compile(names);

  const problems = [
    ...all.flatMap((example, index) => problemsOf(example, output.includes(`${names[index]}:`))),
    ...code === 0 ? ['The compiler ended with exit code 0, although some examples must fail.'] : [],
    ...notTranslatedTo(language).filter(({ has }) => !examples.some(({ original }) => original.includes(has)))
      .map(({ has }) => `No example has ${has}. Delete it from ${TABLES}.`),
  ];
  if (problems.length > 0) return failed([...problems, output.trimEnd()].join('\n\n'));

  const exceptions = examples.filter(({ mustFail }) => mustFail);
  const named = exceptions.map(({ where, mustFail }) => `${where} (${mustFail})`).join(', ');
  return { ...succeeded(), note: `${plural(examples.length - exceptions.length, 'translated example')} compiled. Not compiled: ${named}.` };
}

/** Says why no translated example is compiled, and fails when one may compile. */
export function countExamples(tablet: string, language: keyof typeof NOT_COMPILED): Done {
  const examples = read(tablet, language);
  const { reason, fault } = NOT_COMPILED[language];
  const problems = examples.filter(({ translated }) => fault && !fault.test(translated))
    .map(({ where, translated }) => `${where} may compile: it does not have the fault that ${TABLES} names.\n${translated}`);
  if (problems.length > 0) return failed(problems.join('\n\n'));
  return { ...succeeded(), note: `${plural(examples.length, 'translated example')} not compiled: ${reason}.` };
}

function problemsOf({ where, translated, mustFail }: Example, fails: boolean): string[] {
  if (mustFail) return fails ? [] : [`${where} compiles, but it must fail: ${mustFail}.`];
  return fails ? [`${where} does not compile:\n${translated}`] : [];
}

/** A copy of an example with a prop that does not exist. */
function plant(examples: readonly Example[], language: keyof typeof PLANTED): Example | undefined {
  const { has, wrong } = PLANTED[language];
  const sound = examples.find(({ translated, mustFail }) => translated.includes(has) && !mustFail);
  return sound && { ...sound, translated: sound.translated.replace(has, wrong), mustFail: `${wrong} was planted in it` };
}

function notTranslatedTo(language: Translated) {
  return NOT_TRANSLATED.filter(({ languages }) => languages?.includes(language) ?? true);
}

function read(tablet: string, language: Translated): Example[] {
  const { snippets } = JSON.parse(readFileSync(tablet, 'utf8'));
  return Object.values<any>(snippets).map(({ location, translations }) => {
    const original: string = translations.$.source;
    return {
      where: placeOf(location),
      original,
      translated: translations[language].source,
      mustFail: notTranslatedTo(language).find(({ has }) => original.includes(has))?.reason,
    };
  });
}

/** The line of a manual, or what an `@example` is of, from the location in the file of rosetta. */
function placeOf({ api, field }: { api: { fqn?: string; memberName?: string; moduleFqn?: string }; field: { line?: number } }): string {
  if (api.fqn) return `@example of ${api.memberName ? `${api.fqn}.${api.memberName}` : api.fqn}`;
  const [, submodule] = (api.moduleFqn ?? '').split('.');
  return `${submodule ? `src/${submodule}/` : ''}README.md:${field.line}`;
}
