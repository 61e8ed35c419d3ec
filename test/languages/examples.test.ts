import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { NOT_COMPILED, NOT_TRANSLATED, PLANTED } from './examples';
import { compileExamples, countExamples } from '../../scripts/support/languages/examples';

interface Example {
  readonly original: string;
  readonly translated: string;
}

const SOUND: Example = { original: 'sound', translated: `queue(${PLANTED.python.has}3)` };
const DATE: Example = { original: `replay(${NOT_TRANSLATED[0].has})`, translated: 'replay(Date())' };
const RUNTIME: Example = { original: `runtime: ${NOT_TRANSLATED[1].has}X`, translated: 'Runtime.X' };
const CAST: Example = { original: `service${NOT_TRANSLATED[2].has}X`, translated: 'service.default_child' };
const OTHER: Example = { original: 'other', translated: 'other()' };

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-examples-')); });
afterEach(() => rmSync(folder, { recursive: true }));

/** As rosetta writes it, with the examples at lines 0, 1, 2 of a manual. */
function tablet(...examples: Example[]): string {
  const file = join(folder, 'tablet.json');
  const snippets = examples.map(({ original, translated }, line) => {
    const source = { source: translated };
    return {
      location: { api: { api: 'moduleReadme', moduleFqn: 'cdk-decouple.queues' }, field: { line } },
      translations: { $: { source: original }, python: source, java: source, go: source, csharp: source },
    };
  });
  writeFileSync(file, JSON.stringify({ snippets: { ...snippets } }));
  return file;
}

/** With a compiler that refuses the files that contain one of these. */
/** To Python, with an example at the end that is not translated there. */
async function compileWith(examples: Example[], ...wrong: string[]) {
  return compileTo('python', [...examples, CAST], ...wrong, ...wrong.length > 0 ? [CAST.translated] : []);
}

async function compileTo(language: keyof typeof PLANTED, examples: Example[], ...wrong: string[]) {
  return compileExamples(tablet(...examples), {
    language,
    folder: join(folder, 'files'),
    nameOf: index => `example_${index}.py`,
    contentOf: example => example,
    compile: async names => {
      const isWrong = (name: string) => wrong.some(part => readFileSync(join(folder, 'files', name), 'utf8').includes(part));
      const complaints = names.filter(isWrong).map(name => `${name}:1: error`);
      return { code: complaints.length === 0 ? 0 : 1, output: complaints.join('\n'), stdout: '', seconds: 0 };
    },
  });
}

const FAULTS = [PLANTED.python.wrong, 'Date('];

test('succeeds when all compile but the planted fault and what rosetta does not translate', async () => {
  const done = await compileWith([SOUND, DATE, OTHER], ...FAULTS);
  expect(done.output).not.toContain('does not compile');
  expect(done.code).toBe(0);
  expect(done.note).toBe(`2 translated examples compiled. Not compiled: src/queues/README.md:1 (${NOT_TRANSLATED[0].reason}), src/queues/README.md:3 (${NOT_TRANSLATED[2].reason}).`);
  expect(readdirSync(join(folder, 'files'))).toHaveLength(5);
});

test.each<[string, Example[], string[], string]>([
  ['an example does not compile', [SOUND, DATE, OTHER], [...FAULTS, 'other('], 'src/queues/README.md:2 does not compile'],
  ['the planted fault compiles', [SOUND, DATE], ['Date('], `${PLANTED.python.wrong} was planted`],
  ['what rosetta does not translate compiles', [SOUND, DATE], [PLANTED.python.wrong], 'src/queues/README.md:1 compiles, but it must fail'],
  ['nothing is left of what rosetta does not translate', [SOUND], FAULTS, `No example has ${NOT_TRANSLATED[0].has}`],
  ['there is no example for the planted fault', [OTHER, DATE], FAULTS, PLANTED.python.has],
  ['the compiler finds nothing', [SOUND, DATE], [], 'exit code 0'],
])('fails when %s', async (_, examples, wrong, problem) => {
  const done = await compileWith(examples, ...wrong);
  expect(done.code).toBe(1);
  expect(done.output).toContain(problem);
});

test('what only one language does not compile must fail there, and compile elsewhere', async () => {
  const planted: Example = { original: '', translated: `queue${PLANTED.java.has}3)` };
  const java = await compileTo('java', [planted, DATE, RUNTIME], PLANTED.java.wrong, 'Date(', 'Runtime.');
  expect(java).toMatchObject({ code: 0, note: expect.stringContaining(NOT_TRANSLATED[1].reason) });
  const compiles = await compileTo('java', [planted, DATE, RUNTIME], PLANTED.java.wrong, 'Date(');
  expect(compiles).toMatchObject({ code: 1, output: expect.stringContaining('src/queues/README.md:2 compiles') });
  expect((await compileWith([SOUND, DATE, RUNTIME], ...FAULTS)).code).toBe(0);
  expect((await compileWith([SOUND, DATE, RUNTIME], ...FAULTS, 'Runtime.')).output).toContain('src/queues/README.md:2 does not compile');
});

test('a language in which no example is compiled fails when one does not have the fault', () => {
  const faulty = { original: '', translated: 'import sns "github.com/aws/aws-cdk-go/awscdk"' };
  expect(countExamples(tablet(faulty, faulty), 'go')).toMatchObject({ code: 0, note: expect.stringContaining('2 translated examples not compiled: rosetta') });
  const sound = { original: '', translated: 'import sns "github.com/aws/aws-cdk-go/awscdk/v2/awssns"' };
  expect(countExamples(tablet(faulty, sound), 'go')).toMatchObject({ code: 1, output: expect.stringContaining('src/queues/README.md:1') });
  expect(countExamples(tablet(faulty), 'csharp').note).toContain(NOT_COMPILED.csharp.reason);
});
