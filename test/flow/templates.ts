import '../support/setup';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import type { WrittenTemplate } from '../support/written';

const ROOT = join(__dirname, '..', '..');

/** Where the main command has written its templates; another folder by this variable, which is then taken as it is. */
const GIVEN = process.env.CDK_DECOUPLE_TEMPLATES;

/**
 * The template of an example, from the file that the main command writes. That command writes another one when the file is missing, or
 * older than what it is made of; beside the usual place, because several test files may want the same one at once.
 */
export function exampleTemplate(example: string): WrittenTemplate {
  const usual = join(GIVEN ?? join(ROOT, 'cdk.out'), example);
  if (GIVEN || writtenAt(usual) > Math.max(newest(join(ROOT, 'src')), newest(join(ROOT, 'examples', example)))) return onlyTemplate(usual);
  const output = mkdtempSync(join(tmpdir(), 'cdk-decouple-flow-'));
  try {
    const command = [join(ROOT, 'scripts', 'run.cjs'), 'synth', example, `--output=${output}`];
    execFileSync(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    return onlyTemplate(join(output, example));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** The templates of an app, in the order in which they are deployed. */
export function templatesOf(make: (app: App) => void): WrittenTemplate[] {
  const app = new App({ analyticsReporting: false });
  make(app);
  return app.synth().stacks.map(stack => stack.template);
}

/** The template of one stack. */
export function templateOf(make: (stack: Stack) => void): WrittenTemplate {
  return templatesOf(app => make(new Stack(app, 'Subject')))[0];
}

function onlyTemplate(folder: string): WrittenTemplate {
  const [file, ...others] = templatesIn(folder);
  if (!file || others.length > 0) throw new Error(`there are ${others.length + (file ? 1 : 0)} templates in ${folder} instead of one`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function templatesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.template.json')).map(name => join(folder, name)) : [];
}

function writtenAt(folder: string): number {
  const files = templatesIn(folder);
  return files.length === 0 ? 0 : Math.min(...files.map(file => statSync(file).mtimeMs));
}

function newest(folder: string): number {
  return Math.max(...readdirSync(folder, { withFileTypes: true })
    .map(entry => entry.isDirectory() ? newest(join(folder, entry.name)) : statSync(join(folder, entry.name)).mtimeMs));
}
