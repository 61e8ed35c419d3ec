import { rmSync } from 'fs';
import { join } from 'path';

/**
 * Deletes what a former build wrote: jsii overwrites files, and leaves those whose source is gone in the package. In
 * `tsconfig.tsbuildinfo`, which an incremental build writes, TypeScript would find that these need not be emitted again.
 */
export function deleteBuild(root: string): void {
  for (const path of ['lib', 'tsconfig.tsbuildinfo', '.warnings.jsii.js']) rmSync(join(root, path), { recursive: true, force: true });
}
