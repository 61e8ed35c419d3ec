import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { withoutIndirectLines } from './support/go-module';
import { run } from './support/process';

/** After `jsii-pacmak --code-only`, which compiles nothing: mends the `go.mod` of every module under a folder, and compiles the module. */
async function main(folder: string): Promise<number> {
  const temp = mkdtempSync(join(tmpdir(), 'cdk-decouple-go-'));
  try {
    const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('go.mod')).map(file => join(folder, file, '..'));
    if (modules.length === 0) throw new Error(`There is no go.mod under ${folder}.`);
    for (const module of modules) {
      withoutIndirectLines(module);
      // What the compiler adds to the file is not published.
      const copy = join(temp, 'go.mod');
      writeFileSync(copy, readFileSync(join(module, 'go.mod')));
      const { code, output } = await run('go', ['build', '-mod=mod', `-modfile=${copy}`, './...'], { cwd: module });
      if (code !== 0) throw new Error(`${module} does not compile:\n${output}`);
    }
    return 0;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

void main(process.argv[2])
  .catch((error: Error) => { console.error(error.message); return 1; })
  .then(code => { process.exitCode = code; });
