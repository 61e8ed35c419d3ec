import { readdirSync } from 'fs';
import { join } from 'path';
import * as ts from 'typescript';
import { InstalledApp, PACKAGE, SUBMODULES } from './installed-app';

jest.setTimeout(240_000);

/** What can be imported, and its index file without the extension. */
const ENTRIES: [request: string, index: string][] = [
  [PACKAGE.name, 'lib/index'],
  ...SUBMODULES.map((name): [string, string] => [`${PACKAGE.name}/${name}`, `lib/${name}/index`]),
];

let app: InstalledApp;
let installed: string;
beforeAll(() => {
  app = new InstalledApp();
  installed = join(app.folder, 'node_modules', PACKAGE.name);
});
afterAll(() => app.dispose());

/** Runs lines of CommonJS in the app, where `loaded()` are the files of the package that have been loaded so far; returns what `result` is in the end. */
async function evaluate(...lines: string[]) {
  const folder = JSON.stringify(join('node_modules', PACKAGE.name, 'lib'));
  const output = await app.node('-e', [
    `const loaded = () => Object.keys(require.cache).filter(file => file.includes(${folder})).map(file => file.slice(file.lastIndexOf(${folder}) + ${folder}.length - 3).replace(/\\\\/g, '/'));`,
    'let result;', ...lines, 'console.log(JSON.stringify(result));',
  ].join('\n'));
  try {
    return JSON.parse(output);
  } catch {
    throw new Error(output);
  }
}

/** The names of a declaration file that exist at run time. */
function declared(index: string): string[] {
  const host = ts.createCompilerHost({});
  const options: ts.CompilerOptions = { noLib: true, types: [], module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  // Without aws-cdk-lib: its types are not needed to tell a class from an interface.
  host.resolveModuleNameLiterals = (literals, from) => literals.map(({ text }) =>
    text.startsWith('.') ? ts.resolveModuleName(text, from, options, host) : { resolvedModule: undefined });
  const file = join(installed, `${index}.d.ts`);
  const program = ts.createProgram([file], options, host);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).filter(symbol => symbol.declarations!.some(isValue)).map(symbol => symbol.name).sort();
}

function isValue(node: ts.Node): boolean {
  return [ts.isClassDeclaration, ts.isEnumDeclaration, ts.isFunctionDeclaration, ts.isVariableDeclaration, ts.isNamespaceExport].some(is => is(node));
}

describe('the root', () => {
  test('loads nothing but its index until a name is read', async () => {
    expect(await evaluate(`require('${PACKAGE.name}'); result = loaded();`)).toEqual(['lib/index.js']);
  });

  test('loads nothing when its names are listed', async () => {
    expect(await evaluate(`Object.keys(require('${PACKAGE.name}')); void ('NoSuchConstruct' in require('${PACKAGE.name}')); result = loaded();`)).toEqual(['lib/index.js']);
  });

  test('loads a submodule with what it needs, and not the others', async () => {
    const loaded: string[] = await evaluate(`void require('${PACKAGE.name}').queues; result = loaded();`);
    expect(loaded).toContain('lib/queues/work-queue.js');
    expect(loaded.filter(file => !/^lib\/(private|access|queues)\//.test(file))).toEqual(['lib/index.js']);
  });

  test('loads a submodule when it is read, even if its names are handed on by another module', async () => {
    app.write('again.cjs', [
      "'use strict'; Object.defineProperty(exports, '__esModule', { value: true });",
      "const m = require('cdk-decouple'); for (const p in m) Object.defineProperty(exports, p, Object.getOwnPropertyDescriptor(m, p));",
    ].join('\n'));
    expect(await evaluate("const again = require('./again.cjs'); const before = loaded().length; result = [before, again.queues === require('cdk-decouple/queues')];")).toEqual([1, true]);
  });
});

describe.each(ENTRIES)('%s', (request, index) => {
  test('has the names of its declarations, each enumerable and readable, and the same at every read', async () => {
    const names = declared(index);
    expect(names).not.toEqual([]);
    const { listed, sound } = await evaluate(
      `const all = require('${request}');`,
      'const listed = Object.keys(all).sort();',
      'const isSound = name => all[name] !== undefined && all[name] === all[name] && Object.keys(all).includes(name) && Object.values(all).includes(all[name]);',
      'result = { listed, sound: listed.filter(isSound) };',
    );
    expect(listed).toEqual(names);
    expect(sound).toEqual(names);
  });

  test('gives an ES module the same names', async () => {
    const file = `names-${index.replace(/\W/g, '-')}.mjs`;
    // What Node.js adds to every CommonJS module, by version.
    const added = "const NODE = ['default', 'module.exports', '__esModule'];";
    app.write(file, `${added} import * as all from '${request}'; console.log(Object.keys(all).filter(name => !NODE.includes(name)).sort().join());`);
    expect((await app.node(file)).trim()).toBe(declared(index).join());
  });
});

test('there are no other index files', () => {
  const files = readdirSync(join(installed, 'lib'), { recursive: true, withFileTypes: true });
  expect(files.filter(file => file.name === 'index.js')).toHaveLength(ENTRIES.length);
});
