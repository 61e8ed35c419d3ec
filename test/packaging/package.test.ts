import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import { InstalledApp, PACKAGE, ROOT, SUBMODULES } from './installed-app';
import { IMPORTS, USAGE, program } from './usage';

// Real processes.
jest.setTimeout(240_000);

let app: InstalledApp;
beforeAll(() => { app = new InstalledApp(); });
afterAll(() => app.dispose());

describe('tarball', () => {
  const ALLOWED = /^(lib\/.+\.(js|d\.ts)|\.jsii|\.warnings\.jsii\.js|package\.json|README\.md|LICENSE|NOTICE|rosetta\/default\.ts-fixture)$/;

  test('holds what users need', () => {
    expect(app.contents).toEqual(expect.arrayContaining(['lib/index.js', 'lib/index.d.ts', '.jsii', 'package.json', 'README.md', 'LICENSE', 'NOTICE']));
    for (const name of SUBMODULES) expect(app.contents).toEqual(expect.arrayContaining([`lib/${name}/index.js`, `lib/${name}/index.d.ts`]));
  });

  test('holds nothing else', () => {
    expect(app.contents.filter(path => !ALLOWED.test(path) || /\.test\./.test(path))).toEqual([]);
  });

  test('holds no file of a former build: every file of lib is compiled from one of src', () => {
    const compiled = app.contents.filter(path => path.startsWith('lib/'));
    expect(compiled.filter(path => !existsSync(join(ROOT, path.replace(/^lib/, 'src').replace(/(\.d\.ts|\.js)$/, '.ts'))))).toEqual([]);
  });

  test('holds no source maps, which Node.js would read at each synthesis', () => {
    const scripts = app.contents.filter(path => /^lib\/.+\.js$/.test(path));
    expect(scripts.filter(path => readFileSync(join(app.folder, 'node_modules', PACKAGE.name, path), 'utf8').includes('sourceMappingURL'))).toEqual([]);
  });

  test('every path of exports, typesVersions, main and types is in it', () => {
    const targets = Object.values<any>(PACKAGE.exports).flatMap(target => typeof target === 'string' ? [target] : Object.values<string>(target));
    const classic = Object.values<string[]>(PACKAGE.typesVersions['*']).flat();
    const wanted = [...targets, ...classic, PACKAGE.main, PACKAGE.types].map(path => path.replace(/^\.\//, ''));
    // jsii writes the file of deprecation warnings only when something is deprecated.
    expect(wanted.filter(path => path !== '.warnings.jsii.js' && !app.contents.includes(path))).toEqual([]);
  });

  test('has no runtime dependency', () => {
    expect(PACKAGE.dependencies ?? {}).toEqual({});
    expect(PACKAGE.bundledDependencies ?? []).toEqual([]);
    expect(Object.keys(PACKAGE.peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });
});

test('every submodule has a use to try', () => {
  expect(SUBMODULES.filter(name => !USAGE[name])).toEqual([]);
});

describe('JavaScript', () => {
  const results: Record<string, Record<string, string[]>> = {};
  const WAYS = ['require of the submodule', 'require of the root', 'import of the submodule', 'import of the root'];

  beforeAll(async () => {
    await Promise.all(WAYS.map(async way => {
      const [syntax, , , from] = way.split(' ') as ['require' | 'import', string, string, string];
      const imports = from === 'root' ? IMPORTS.root(SUBMODULES) : IMPORTS.submodules(SUBMODULES);
      const file = `${syntax}-${from}.${syntax === 'import' ? 'mjs' : 'cjs'}`;
      app.write(file, program(syntax, imports, SUBMODULES));
      const output = await app.node(file);
      try {
        results[way] = JSON.parse(output);
      } catch {
        results[way] = Object.fromEntries(SUBMODULES.map(name => [name, [output]]));
      }
    }));
  });

  test.each(SUBMODULES.flatMap(name => WAYS.map(way => [name, way])))('%s works by %s', (name, way) => {
    expect(results[way][name]).toEqual(expect.arrayContaining([...USAGE[name].makes]));
  });

  test('the submodule and the root give the same classes, however they are loaded', async () => {
    const checks = SUBMODULES.flatMap(name => USAGE[name].names.map(each => `
      if (${name}.${each} !== ${each} || require('cdk-decouple').${name}.${each} !== ${each}) throw new Error('${each} is more than one class');`));
    app.write('same.mjs', [
      "import { createRequire } from 'module'; const require = createRequire(import.meta.url);",
      ...IMPORTS.submodules(SUBMODULES), `import { ${SUBMODULES.join(', ')} } from 'cdk-decouple';`, ...checks, "console.log('same');",
    ].join('\n'));
    expect(await app.node('same.mjs')).toBe('same\n');
  });
});
