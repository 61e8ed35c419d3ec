import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';

const ROOT = join(__dirname, '..', '..');

/** A piece of TypeScript that users read, and may copy. */
export interface Block {
  /** The file, with the line of a block in a document. */
  readonly where: string;
  readonly code: string;
  /** A program by itself; otherwise `this` is a stack. */
  readonly complete: boolean;
}

/** A file of the repository, such as `docs/bounds.md`. */
export const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const inFolder = (folder: string, ending: string) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith(ending)).map(name => `${folder}/${name}`).sort();

/** What is published with the package, or on a page of its own: its links have to work there too. */
export const PUBLISHED = ['README.md', ...inFolder('src', 'README.md')];
/** Generated from the docstrings, whose examples are blocks already. */
export const REFERENCE = ['API.md', ...inFolder('docs', '.md').filter(path => path.startsWith('docs/api/'))];
export const DOCUMENTS = [...PUBLISHED, ...inFolder('docs', '.md').filter(path => !REFERENCE.includes(path))];

/** The blocks of a document that are marked as TypeScript. */
export function blocksOf(path: string): Block[] {
  const text = read(path);
  return [...text.matchAll(/^```(?:ts|typescript)( nofixture)?\n([^]*?)^```$/gm)].map(found => ({
    where: `${path}:${text.slice(0, found.index).split('\n').length}`, code: found[2], complete: found[1] !== undefined,
  }));
}

/** The `@example` of every docstring. */
export function docstringExamples(): Block[] {
  return inFolder('src', '.ts').flatMap(path => [...read(path).matchAll(/^ *\* @example\n((?: *\*(?!\/| @).*\n)+)/gm)]
    .map(([, lines]) => ({ where: path, code: lines.replace(/^ *\* ?/gm, ''), complete: false })));
}
