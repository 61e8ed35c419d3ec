import { readdirSync } from 'fs';
import { delimiter, join } from 'path';
import { Linted, SPOILT } from './finding';
import { binaryFolder, goTool } from './tools';
import { SHELLCHECK_PACKAGE, VERSIONS } from './versions';
import { run } from '../process';

const WORKFLOWS = join('.github', 'workflows');
const SCRIPTS = [join('.ci', 'run'), join(SPOILT, 'script')];

/** The workflows, and with shellcheck the scripts in them; undefined where there is no Go to build it. */
export async function actionlint(root: string): Promise<Linted | undefined> {
  const program = await goTool('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint', `v${VERSIONS.actionlint}`);
  if (!program) return undefined;
  const shellcheckFolder = await binaryFolder('shellcheck', SHELLCHECK_PACKAGE);
  const files = [...readdirSync(join(root, WORKFLOWS)).map(file => join(WORKFLOWS, file)), join(SPOILT, 'workflow.yml')];
  const path = `${shellcheckFolder}${delimiter}${process.env.PATH}`;
  const done = await run(program, ['-format', '{{json .}}', ...files], { cwd: root, env: { PATH: path } });
  // 0: nothing found, 1: something found.
  if (done.code > 1) throw new Error(done.output);
  const errors: { kind: string; message: string; filepath: string; line: number }[] = JSON.parse(done.stdout);
  return {
    looked: files,
    findings: errors.map(({ kind, message, filepath, line }) => ({
      tool: 'actionlint', rule: /\bSC\d+\b/.exec(message)?.[0] ?? kind, message: `line ${line}: ${message}`, where: filepath,
    })),
  };
}

export async function shellcheck(root: string): Promise<Linted> {
  const program = join(await binaryFolder('shellcheck', SHELLCHECK_PACKAGE), 'shellcheck');
  const done = await run(program, ['--format', 'json', ...SCRIPTS], { cwd: root });
  if (done.code > 1) throw new Error(done.output);
  const comments: { file: string; line: number; code: number; message: string }[] = JSON.parse(done.stdout);
  return {
    looked: SCRIPTS,
    findings: comments.map(({ file, line, code, message }) => ({ tool: 'shellcheck', rule: `SC${code}`, message: `line ${line}: ${message}`, where: file })),
  };
}
