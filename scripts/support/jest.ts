import { existsSync, readFileSync } from 'fs';
import { join, relative, sep } from 'path';
import { figuresIn } from './figures';
import { tool } from './process';
import { Outcome, Tally } from './stage';

/**
 * Room for the many objects that live for a moment: a sixth of the processor time of the tests went into moving them. What the environment
 * asks for comes last, and wins.
 */
const NODE_OPTIONS = ['--max-semi-space-size=64', process.env.NODE_OPTIONS].filter(Boolean).join(' ');

/** Runs one project of the jest configuration and counts its tests by the folder of `test` they are in. */
export async function jestProject(
  root: string, temp: string, project: string, args: readonly string[] = [], env: Record<string, string> = {},
): Promise<Outcome> {
  const report = join(temp, `${project}.json`);
  const done = await tool('jest', ['--ci', '--selectProjects', project, '--json', '--outputFile', report, '--maxWorkers', '2', ...args], {
    // Every app without an output folder leaves one among the temporary files: 5,000 in each run.
    cwd: root, env: { NODE_OPTIONS, TMPDIR: temp, TEMP: temp, ...env },
  });
  if (!existsSync(report)) return { tallies: [{ layer: `unit (${project})`, passed: 0, failed: 1 }], output: done.output };

  const result = JSON.parse(readFileSync(report, 'utf8'));
  const layers = new Map<string, { passed: number; failed: number }>();
  for (const file of result.testResults) {
    const [layer] = relative(join(root, 'test'), file.name).split(sep);
    const counts = layers.get(layer) ?? { passed: 0, failed: 0 };
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      if (test.status === 'failed') counts.failed += 1;
    }
    // A file that could not be loaded has no test to count.
    if (file.status === 'failed' && !file.assertionResults.some((test: any) => test.status === 'failed')) counts.failed += 1;
    layers.set(layer, counts);
  }
  const tallies: Tally[] = [...layers].sort(([a], [b]) => a.localeCompare(b)).map(([layer, counts]) => ({ layer, ...counts }));
  const figures = figuresIn(done.output);
  // The JSON report goes to a file; what is left on standard output is no news.
  const output = done.output.replace(done.stdout, '');
  if (done.code !== 0 && tallies.every(tally => tally.failed === 0)) {
    tallies.push({ layer: 'coverage', passed: 0, failed: 1, note: 'below the threshold' });
    return { tallies, output: done.output };
  }
  return { tallies, output: output.trim() ? output : done.output, figures };
}

/** Coverage of `src` in per cent, from the report jest has just written. */
export function coverage(root: string): Record<'lines' | 'statements' | 'functions' | 'branches', { pct: number }> | undefined {
  const file = join(root, 'coverage', 'coverage-summary.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).total : undefined;
}
