import { join } from 'path';
import { Finished, run, tool } from './process';

/** What `npx projen compile` does: jsii, then index files that load a name when it is first read. */
export async function compile(root: string): Promise<Finished> {
  const compiled = await tool('jsii', ['--silence-warnings=reserved-word'], { cwd: root });
  if (compiled.code !== 0) return compiled;
  const lazy = await run(process.execPath, [join(root, 'scripts', 'run.cjs'), 'lazy-indexes'], { cwd: root });
  return { ...lazy, output: compiled.output + lazy.output, seconds: compiled.seconds + lazy.seconds };
}
