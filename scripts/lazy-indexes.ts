import { existsSync, readFileSync, readdirSync, writeFileSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join, relative, resolve } from 'path';

// Rewrites the compiled index files so that each name is loaded when it is first read (decisions/0010-lazy-indexes.md).
// Made from the declarations, which stay as they are: it does not matter whether the index files are those of jsii or of an earlier run.

const ROOT = resolve(process.argv[2] ?? join(__dirname, '..'));
const load = createRequire(__filename);
const EXPORT = /^export \* (?:as (?<namespace>\w+) )?from '(?<from>\.\/[^']+)';$/;
/** Besides exports an index file may hold comments and nothing else. */
const COMMENT = /^\s*(\/\/.*|\/?\*.*)?$/;

/** Folders of `lib` with an index file, the root last: reading it reads the others. */
function indexes(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).flatMap(entry => indexes(join(folder, entry.name)));
  return existsSync(join(folder, 'index.d.ts')) ? [...below, join(folder, 'index')] : below;
}

/** Each public name and the expression that loads it. */
function names(index: string): [name: string, load: string][] {
  return readFileSync(`${index}.d.ts`, 'utf8').split('\n').flatMap((line): [string, string][] => {
    const { namespace, from } = EXPORT.exec(line)?.groups ?? {};
    if (from === undefined) {
      if (!COMMENT.test(line)) throw new Error(`${relative(ROOT, index)}.d.ts: only \`export * from './x';\` and \`export * as x from './x';\` can be loaded lazily, got: ${line}`);
      return [];
    }
    if (namespace !== undefined) return [[namespace, `require('${from}')`]];
    return Object.keys(load(join(dirname(index), from))).map(name => [name, `require('${from}').${name}`]);
  });
}

function lazy(index: string): string {
  const found = names(index);
  const twice = found.find(([name], i) => found.findIndex(other => other[0] === name) !== i);
  if (twice !== undefined) throw new Error(`${relative(ROOT, index)}.d.ts exports ${twice[0]} twice`);
  return [
    '"use strict";',
    "Object.defineProperty(exports, '__esModule', { value: true });",
    // Where Node.js finds the names that an ES module can import.
    `${found.map(([name]) => `exports.${name} = `).join('')}void 0;`,
    'const lazy = {',
    ...found.map(([name, expression]) => `    ${name}: () => ${expression},`),
    '};',
    // In a loop: Node.js does not count a name that is defined by a getter it can see.
    'for (const [name, load] of Object.entries(lazy)) {',
    '    const get = () => {',
    '        const value = load();',
    '        Object.defineProperty(exports, name, { enumerable: true, configurable: true, value });',
    '        return value;',
    '    };',
    '    Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });',
    '}',
    '',
  ].join('\n');
}

for (const index of indexes(join(ROOT, 'lib'))) writeFileSync(`${index}.js`, lazy(index));
