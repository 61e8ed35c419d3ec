import { InstalledApp } from './installed-app';
import { DOCUMENTS, blocksOf } from '../docs/blocks';

// A real compiler, which reads all of aws-cdk-lib.
jest.setTimeout(240_000);

let app: InstalledApp;
beforeAll(() => { app = new InstalledApp(); });
afterAll(() => app.dispose());

/** Strict rosetta compiles what is in the package; the other documents are not. What is pasted compiles in both ways. */
test('every complete block of a document compiles in an app that has installed the package', async () => {
  const blocks = DOCUMENTS.flatMap(blocksOf).filter(({ complete }) => complete);
  expect(blocks.map(({ where }) => where.split(':')[0])).toEqual(expect.arrayContaining(['README.md', 'docs/cookbook.md', 'docs/warnings.md']));
  const places = Object.fromEntries(blocks.map(({ where, code }, index) => {
    app.write(`block-${index}.ts`, code);
    return [`block-${index}.ts`, where];
  }));
  const options = { strict: true, noEmit: true, noUnusedLocals: true, skipLibCheck: true, target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] };
  const complaints = await app.tsc(app.write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.ts'] })));
  expect(complaints.replace(/block-\d+\.ts/g, file => places[file])).toBe('');
});

test('no block of a document outside of the package needs more than its own lines', () => {
  const outside = DOCUMENTS.filter(path => path.startsWith('docs/')).flatMap(blocksOf);
  expect(outside.filter(({ complete }) => !complete).map(({ where }) => where)).toEqual([]);
});
