import { existsSync, readFileSync, readdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import { render } from './engines-document';
import { GAPS } from './gaps';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'engines.md');

test('docs/engines.md is current (npm run docs:engines)', () => {
  if (process.env.ENGINES_WRITE) writeFileSync(DOCUMENT, render());
  expect(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : 'nothing').toBe(render());
});

test.each(Object.entries(GAPS))('%s: one check of its engine asks for it', (key, { engine }) => {
  const files = readdirSync(__dirname).filter(file => file.endsWith('.deploy.ts'));
  const asking = files.filter(file => readFileSync(join(__dirname, file), 'utf8').includes(`itIsAGap('${key}'`));
  expect(asking).toHaveLength(1);
  expect(asking[0]).toMatch(new RegExp(`^${engine.toLowerCase()}-`));
});
