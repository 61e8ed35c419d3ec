import { readFileSync, writeFileSync } from 'fs';
import { join, resolve } from 'path';

// Rewrites the compiled index file of the root so that each submodule is loaded when its name is first read (decisions/0021-lazy-root.md).
// Generated from the declarations, which stay as they are: the script can run any number of times.

const ROOT = resolve(process.argv[2] ?? join(__dirname, '..'));
const INDEX = join(ROOT, 'lib', 'index');
const EXPORT = /^export \* as (?<namespace>\w+) from '(?<from>\.\/[^']+)';$/;
/** Besides exports the index file may hold comments and nothing else. */
const COMMENT = /^\s*(\/\/.*|\/?\*.*)?$/;

/** Each submodule and the path that loads it. */
function submodules(): [name: string, path: string][] {
  return readFileSync(`${INDEX}.d.ts`, 'utf8').split('\n').flatMap((line): [string, string][] => {
    const { namespace, from } = EXPORT.exec(line)?.groups ?? {};
    if (namespace !== undefined) return [[namespace, from]];
    if (COMMENT.test(line)) return [];
    throw new Error(`lib/index.d.ts: only \`export * as x from './x';\` can be loaded lazily, got: ${line}`);
  });
}

function lazyIndex(): string {
  const found = submodules();
  return [
    '"use strict";',
    "Object.defineProperty(exports, '__esModule', { value: true });",
    // Where Node.js finds the names that an ES module can import.
    `${found.map(([name]) => `exports.${name} = `).join('')}void 0;`,
    'const lazy = {',
    ...found.map(([name, path]) => `    ${name}: () => require('${path}'),`),
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

writeFileSync(`${INDEX}.js`, lazyIndex());
