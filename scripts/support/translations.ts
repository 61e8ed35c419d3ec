import { rmSync } from 'fs';
import { join } from 'path';
import { Finished, tool } from './process';

/**
 * Compiles every block of the manuals and every `@example`, translates them, and writes the translations to a file.
 *
 * Not with `--directory`: with it, rosetta can't resolve the package itself. Without `--batch`, TypeScript reads aws-cdk-lib once for each block.
 */
export async function translate(root: string, tablet: string): Promise<Finished> {
  // Translations of an earlier run would be taken over without being compiled again.
  const earlier = join(root, '.jsii.tabl.json');
  rmSync(earlier, { force: true });
  try {
    return await tool('jsii-rosetta', ['extract', '--strict', '--batch', '1000', '--output', tablet, '.jsii'], { cwd: root });
  } finally {
    rmSync(earlier, { force: true });
  }
}
