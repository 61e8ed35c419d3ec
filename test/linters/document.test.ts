import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { linterDocument } from './document';
import { CONSTRUCTS, EXCEPTIONS } from './exceptions';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'linters.md');

test('docs/linters.md is current (npm run docs:linters)', () => {
  const rendered = linterDocument();
  if (process.env.LINTERS_WRITE) writeFileSync(DOCUMENT, rendered);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(rendered);
});

test('a prop of a construct that satisfies a rule is proven', () => {
  expect(CONSTRUCTS.filter(({ satisfiedBy, provenBy }) => (satisfiedBy === undefined) !== (provenBy === undefined))).toEqual([]);
});

test('each rule of a linter is excepted once in an example or file, or for resources of which different reasons are true', () => {
  const excepted = EXCEPTIONS.flatMap(({ tool, rule, in: places, on, reason }) => places.map(place => ({ line: `${tool} ${rule} ${place}`, on, reason })));
  const repeated = excepted.filter((one, i) => excepted.slice(0, i).some(other =>
    other.line === one.line && (!one.on || !other.on || other.reason === one.reason)));
  expect(repeated).toEqual([]);
});
