import { InstalledApp, SUBMODULES } from './installed-app';
import { IMPORTS, USAGE, program } from './usage';
import { DOCUMENTS, blocksOf } from '../docs/blocks';

// A real compiler, which reads all of aws-cdk-lib.
jest.setTimeout(240_000);

const OPTIONS = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022'], types: ['node'], skipLibCheck: true };
const RESOLUTIONS: Record<string, object> = {
  'nodenext': { module: 'nodenext', moduleResolution: 'nodenext' },
  'bundler': { module: 'esnext', moduleResolution: 'bundler' },
  // TypeScript 6 reports the classic resolution as deprecated; many CDK apps still use it.
  'the classic node': { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
};

let app: InstalledApp;
/** By resolution. */
let complaints: Record<string, string>;
let complaintsOfBlocks: string;
/** Where each block is from, by its file. */
const places: Record<string, string> = {};

const blocks = DOCUMENTS.flatMap(blocksOf);
const completeBlocks = blocks.filter(({ complete }) => complete);

beforeAll(async () => {
  app = new InstalledApp();
  const [ofBlocks, ...ofResolutions] = await app.compile(projectOfBlocks(), ...Object.keys(RESOLUTIONS).map(projectOf));
  complaintsOfBlocks = ofBlocks;
  complaints = Object.fromEntries(Object.keys(RESOLUTIONS).map((name, i) => [name, ofResolutions[i]]));
});
afterAll(() => app.dispose());

/** A project that uses every submodule. */
function projectOf(resolution: string): string {
  const folder = `typescript-${Object.keys(RESOLUTIONS).indexOf(resolution)}`;
  app.write(`${folder}/submodules.ts`, program('typescript', IMPORTS.submodules(SUBMODULES), SUBMODULES));
  app.write(`${folder}/root.ts`, program('typescript', IMPORTS.root(SUBMODULES), SUBMODULES));
  // Proof that the types are there: were they `any`, the expected error would be missing, which is an error.
  for (const submodule of SUBMODULES) {
    app.write(`${folder}/wrong-${submodule}.ts`, [
      '// @ts-expect-error there is no such name',
      `import { NoSuchConstruct } from 'cdk-decouple/${submodule}';`,
      'void NoSuchConstruct;',
      `import { ${USAGE[submodule].names[0]} } from 'cdk-decouple/${submodule}';`,
      '// @ts-expect-error a construct is not a number',
      `export const wrong: number = ${USAGE[submodule].names[0]};`,
    ].join('\n'));
  }
  return app.write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions: { ...OPTIONS, ...RESOLUTIONS[resolution] }, include: ['*.ts'] }));
}

/** A project with a file for each complete block. */
function projectOfBlocks(): string {
  completeBlocks.forEach(({ where, code }, index) => {
    app.write(`blocks/block-${index}.ts`, code);
    places[`block-${index}.ts`] = where;
  });
  const { lib: _, ...options } = OPTIONS;
  return app.write('blocks/tsconfig.json', JSON.stringify({ compilerOptions: { ...options, ...RESOLUTIONS.nodenext, noUnusedLocals: true }, include: ['*.ts'] }));
}

describe('an app that uses all submodules', () => {
  test.each(SUBMODULES.flatMap(name => Object.keys(RESOLUTIONS).map(resolution => [name, resolution])))('has the types of %s under %s', (name, resolution) => {
    const about = complaints[resolution].split('\n').filter(line => line.includes(`/${name}`) || line.includes(`-${name}.ts`) || /error TS5|error TS18/.test(line));
    expect(about).toEqual([]);
  });

  test.each(Object.keys(RESOLUTIONS))('compiles under %s', resolution => {
    expect(complaints[resolution]).toBe('');
  });
});

/** Strict rosetta compiles what is in the package; the other documents are not. What is pasted compiles in both ways. */
test('every complete block of a document compiles in an app that has installed the package', () => {
  expect(completeBlocks.map(({ where }) => where.split(':')[0])).toEqual(expect.arrayContaining(['README.md', 'docs/cookbook.md', 'docs/warnings.md']));
  expect(complaintsOfBlocks.replace(/block-\d+\.ts/g, file => places[file])).toBe('');
});

test('no block of a document outside of the package needs more than its own lines', () => {
  const outside = blocks.filter(({ where }) => where.startsWith('docs/'));
  expect(outside.filter(({ complete }) => !complete).map(({ where }) => where)).toEqual([]);
});
