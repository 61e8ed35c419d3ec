import { execFile } from 'child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

// Real processes, which load the assembly of aws-cdk-lib twice each.
jest.setTimeout(60_000);

const ROOT = join(__dirname, '..', '..');
const TASK: string = JSON.parse(readFileSync(join(ROOT, '.projen/tasks.json'), 'utf8')).tasks.compat.steps[0].exec;

/** A release that had a method more than what was compiled last. */
let release: string;

beforeAll(() => {
  release = mkdtempSync(join(tmpdir(), 'cdk-decouple-release-'));
  symlinkSync(join(ROOT, 'node_modules'), join(release, 'node_modules'));
  writeFileSync(join(release, 'package.json'), readFileSync(join(ROOT, 'package.json')));
  const assembly = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
  assembly.types['cdk-decouple.queues.WorkQueue'].methods.push({ name: 'removedMethod', docs: { stability: 'experimental' } });
  writeFileSync(join(release, '.jsii'), JSON.stringify(assembly));
});

afterAll(() => rmSync(release, { recursive: true, force: true }));

test('the task fails on a method that was removed, and names it', async () => {
  const { code, output } = await compat('');
  expect(output).toMatch(/^err .*removed:cdk-decouple\.queues\.WorkQueue\.removedMethod/m);
  expect(code).toBe(1);
});

test('the task passes with the break in .compatignore', async () => {
  const { code, output } = await compat('removed:cdk-decouple.queues.WorkQueue.removedMethod\n');
  expect(output).toMatch(/^skip .*removed:cdk-decouple\.queues\.WorkQueue\.removedMethod/m);
  expect(code).toBe(0);
});

/** The command of the task, with the release from a folder in place of the registry. */
async function compat(ignored: string): Promise<{ code: number; output: string }> {
  writeFileSync(join(release, 'ignore'), ignored);
  const replaced: Record<string, string> = { 'npm:cdk-decouple': release, '.compatignore': join(release, 'ignore') };
  const [command, ...args] = TASK.split(' ').map(word => replaced[word] ?? word);
  expect(args).toEqual(expect.arrayContaining(Object.values(replaced)));
  return new Promise(resolve => execFile(join(ROOT, 'node_modules/.bin', command), args, { cwd: ROOT }, (error, stdout, stderr) =>
    resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` })));
}
