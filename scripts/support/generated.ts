import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'fs';
import { tmpdir } from 'os';
import { join, relative } from 'path';
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

/** Compares API.md with what jsii-docgen makes of the assembly. */
export async function apiReferenceIsCurrent(root: string, temp: string): Promise<Outcome> {
  const done = await tool('jsii-docgen', ['-o', join(temp, 'API.md')], { cwd: root });
  const same = done.code === 0 && text(root, 'API.md') === text(temp, 'API.md');
  return {
    tallies: [{ layer: 'API.md', passed: same ? 1 : 0, failed: same ? 0 : 1 }],
    output: done.code === 0 ? 'API.md is not what the sources say; run `npx projen docgen` and commit.' : done.output,
  };
}

function text(folder: string, file: string): string | undefined {
  const path = join(folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
