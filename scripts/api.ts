import { mkdirSync, rmSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { PAGES, apiReference } from './support/api-reference';

// Writes API.md and its pages from the compiled assembly: the task `docgen`.

const ROOT = join(__dirname, '..');

const files = apiReference(ROOT);
// The page of a submodule that is gone.
rmSync(join(ROOT, PAGES), { recursive: true, force: true });
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), content);
}
