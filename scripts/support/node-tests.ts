import { existsSync, readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import { figuresIn } from './figures';
import { run } from './process';
import { Outcome, Tally } from './stage';

export interface NodeTests extends Outcome {
  /** The names of the tests that were skipped, each with the reason. */
  readonly skipped: readonly Skipped[];
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/**
 * Runs the files `test/<layer>/*.<layer>.ts` whose names contain one of the words, two at a time, and counts their tests.
 *
 * By Node's own test runner: jest would load ES modules only behind a flag.
 */
export async function nodeTests(root: string, temp: string, layer: string, env: Record<string, string>, words: readonly string[] = ['']): Promise<NodeTests> {
  const folder = join('test', layer);
  // By name, since Node.js 20 takes no patterns.
  const files = readdirSync(join(root, folder)).filter(file => file.endsWith(`.${layer}.ts`) && words.some(word => file.includes(word))).map(file => join(folder, file));
  const report = join(temp, `${layer}.tap`);
  const { code, output, stdout } = await run(process.execPath, [
    '--import', 'tsx', '--test', '--test-concurrency=2',
    '--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${report}`, ...files,
  ], { cwd: root, env: { ...env, NODE_NO_WARNINGS: '1' } });
  const tap = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const count = (what: string) => Number(tap.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  const tallies: Tally[] = [{ layer, passed: count('pass'), failed: code !== 0 && failed === 0 ? 1 : failed }];
  const skipped = [...tap.matchAll(/^ *ok \d+ - (.*) # SKIP (.*)$/gm)].map(([, name, reason]) => ({ name: unescape(name), reason: unescape(reason) }));
  return { tallies, output, figures: figuresIn(stdout), skipped };
}

/** TAP puts a backslash before what has a meaning in it. */
function unescape(text: string): string {
  return text.replace(/\\([#\\])/g, '$1');
}
