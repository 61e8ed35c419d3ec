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

test('each rule of a linter is excepted once in an example or file', () => {
  const lines = EXCEPTIONS.flatMap(({ tool, rule, in: places }) => places.map(place => `${tool} ${rule} ${place}`));
  expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([]);
});
