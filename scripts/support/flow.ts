import { existsSync, readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import { figuresIn } from './figures';
import { run } from './process';
import { Outcome, Tally } from './stage';

/**
 * Sends messages through the emulator, deployed from the templates in a folder, and counts the tests by file.
 *
 * By Node's own test runner: jest would load the emulator, an ES module, only behind a flag.
 */
export async function flow(root: string, temp: string, templates: string): Promise<Outcome> {
  const folder = join('test', 'flow');
  // By name, since Node.js 20 takes no patterns.
  const files = readdirSync(join(root, folder)).filter(file => file.endsWith('.flow.ts')).map(file => join(folder, file));
  const report = join(temp, 'flow.tap');
  const { code, output, stdout } = await run(process.execPath, [
    '--import', 'tsx', '--test', '--test-concurrency=2',
    '--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${report}`, ...files,
  ], { cwd: root, env: { CDK_DECOUPLE_TEMPLATES: templates, NODE_NO_WARNINGS: '1' } });
  const tap = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const count = (what: string) => Number(tap.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  const tallies: Tally[] = [{ layer: 'flow', passed: count('pass'), failed: code !== 0 && failed === 0 ? 1 : failed }];
  return { tallies, output, figures: figuresIn(stdout) };
}
