import { join } from 'path';
import { deleteBuild } from './build';
import { Finished, run, tool } from './process';

/** What `npx projen compile` does: no files of former builds, jsii, then an index file of the root that loads a submodule when it is first read. */
export async function compile(root: string): Promise<Finished> {
  deleteBuild(root);
  const compiled = await tool('jsii', ['--silence-warnings=reserved-word'], { cwd: root });
  if (compiled.code !== 0) return compiled;
  const lazy = await run(process.execPath, [join(root, 'scripts', 'run.cjs'), 'lazy-root'], { cwd: root });
  return { ...lazy, output: compiled.output + lazy.output, seconds: compiled.seconds + lazy.seconds };
}
