import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'fs';
import { tmpdir } from 'os';
import { join, posix, relative } from 'path';
import { PAGES, apiReference } from './api-reference';
import { tool } from './process';
import { Outcome } from './stage';

const NOT_COPIED = new Set(['node_modules', '.git', 'lib', 'dist', 'cdk.out', 'coverage', '.venv', join('bench', 'node_modules')]);

/** Runs projen in a copy of the repository and compares what it generates with what is here. */
export async function projenFilesAreCurrent(root: string): Promise<Outcome> {
  const copy = mkdtempSync(join(tmpdir(), 'cdk-decouple-projen-'));
  try {
    cpSync(root, copy, { recursive: true, filter: source => !NOT_COPIED.has(relative(root, source)) });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
    const done = await tool('tsx', ['.projenrc.ts'], { cwd: copy, env: { PROJEN_DISABLE_POST: '1', CI: undefined } });
    if (done.code !== 0) return { tallies: [{ layer: 'generated files', passed: 0, failed: 1 }], output: done.output };
    const files: string[] = [...JSON.parse(readFileSync(join(copy, '.projen', 'files.json'), 'utf8')).files, 'package.json'];
    const stale = files.filter(file => text(root, file) !== text(copy, file));
    return {
      tallies: [{ layer: 'generated files', passed: files.length - stale.length, failed: stale.length }],
      output: `Not what .projenrc.ts makes; run \`npx projen\` and commit:\n${stale.map(file => `  ${file}`).join('\n')}`,
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Compares API.md and its pages with what the assembly makes of them. */
export async function apiReferenceIsCurrent(root: string): Promise<Outcome> {
  const made = apiReference(root);
  const pages = existsSync(join(root, PAGES)) ? readdirSync(join(root, PAGES)).map(name => posix.join(PAGES, name)) : [];
  const files = [...new Set([...Object.keys(made), ...pages])];
  const stale = files.filter(file => text(root, file) !== made[file]);
  return {
    tallies: [{ layer: 'API.md', passed: files.length - stale.length, failed: stale.length }],
    output: `Not what the sources say; run \`npx projen docgen\` and commit:\n${stale.map(file => `  ${file}`).join('\n')}`,
  };
}

function text(folder: string, file: string): string | undefined {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
