import { spawnSync } from 'child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { ROOT } from './installed-app';

// The CDK CLI is started for each example that fails.
jest.setTimeout(300_000);

/** Apps by name, in the order in which they are synthesized; each has a stack with a queue before these lines. */
const APPS: Record<string, string> = {
  'a-good-one': '',
  'b-throws': "throw new Error('this one is thrown');",
  'c-warns': "Annotations.of(stack).addWarning('this one is a warning');",
  'd-breaks-a-rule': "new CfnResource(stack, 'Wrong', { type: 'AWS::SQS::Queue', properties: { DelaySeconds: 'soon' } });",
  'e-talks': "console.log('hello');",
  'f-waits': "setTimeout(() => new CfnResource(stack, 'Late', { type: 'AWS::SQS::Queue' }), 50);",
};
const GOOD = ['a-good-one', 'e-talks', 'f-waits'];

let folder: string;
let result: ReturnType<typeof spawnSync>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-synth-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const [name, lines] of Object.entries(APPS)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'cdk.json'), JSON.stringify({ app: 'npx tsx app.ts', context: { '@aws-cdk/core:validateAgainstDefaultRules': true } }));
    writeFileSync(join(folder, name, 'app.ts'), [
      "import { Annotations, App, CfnResource, Stack } from 'aws-cdk-lib';",
      'void Annotations;',
      'const app = new App();',
      `const stack = new Stack(app, 'Stack', { stackName: '${name}' });`,
      "new CfnResource(stack, 'Queue', { type: 'AWS::SQS::Queue' });",
      lines,
    ].join('\n'));
  }
  result = spawnSync(process.execPath, ['scripts/run.cjs', 'synth', `--output=${join(folder, 'out')}`], {
    cwd: ROOT, encoding: 'utf8', env: { ...process.env, CDK_DECOUPLE_EXAMPLES: folder, NODE_ENV: undefined },
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the command fails and names the examples that failed', () => {
  const failed = Object.keys(APPS).filter(name => !GOOD.includes(name));
  expect(result.stdout).toContain('3 templates from 3 examples in');
  expect(result.stdout).toContain(`FAILED: ${failed.join(', ')}.`);
  expect(result.status).toBe(1);
});

test.each(GOOD)('the template of %s is written and shown, whatever failed before it', name => {
  expect(readdirSync(join(folder, 'out', name))).toContain('Stack.template.json');
  expect(result.stdout).toMatch(new RegExp(`^${name} .*queue`, 'm'));
});

test('the CDK CLI runs those with something to report, and no other', () => {
  const withCli = [...String(result.stdout).matchAll(/start {2}(\S+) {2}with the CDK CLI/g)].map(([, name]) => name);
  expect(withCli).toEqual(['b-throws', 'c-warns', 'd-breaks-a-rule', 'e-talks']);
});

test('a stack that is added to late has what was added', () => {
  expect(result.stdout).toMatch(/^f-waits .* 2 queues/m);
});

test.each([
  ['b-throws', 'this one is thrown'],
  ['c-warns', 'this one is a warning'],
  ['d-breaks-a-rule', 'DelaySeconds'],
])('the reason why %s failed is shown', (name, reason) => {
  const [, report = ''] = new RegExp(`━━ ${name} failed ━+\\n([^━]*)`).exec(String(result.stderr)) ?? [];
  expect(report).not.toBe('');
  expect(report).toContain(reason);
});
