import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import vm from 'vm';
import { TestEnvironment } from 'jest-environment-node';

interface Compiled {
  readonly source: string;
  readonly script: vm.Script;
}

const scripts = new Map<string, Compiled>();
const { compileFunction } = vm;

/**
 * What jest calls to compile a module, which it does for each test file that loads it. The scripts of dependencies are kept: each test file
 * still runs them by itself, in its own context, but what V8 has compiled of them is that of the files before.
 */
function compileOnce(source: string, parameters?: readonly string[], options?: vm.CompileFunctionOptions): Function {
  const { filename, parsingContext } = options ?? {};
  if (!filename?.includes('node_modules') || !parsingContext) return compileFunction(source, parameters, options);
  let compiled = scripts.get(filename);
  if (compiled?.source !== source) {
    compiled = { source, script: new vm.Script(`(function (${(parameters ?? []).join(', ')}) {${source}\n})`, { filename }) };
    scripts.set(filename, compiled);
  }
  return compiled!.script.runInContext(parsingContext);
}
vm.compileFunction = compileOnce;

/** Where a test file runs: with a folder of its own for temporary files, of which the CDK leaves one for each app. */
export default class Environment extends TestEnvironment {
  private temp?: { readonly before: string | undefined; readonly folder: string };

  public async setup(): Promise<void> {
    await super.setup();
    const folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-jest-'));
    this.temp = { before: process.env.TMPDIR, folder };
    // The first is read by this process, the other by the processes that tests start.
    process.env.TMPDIR = this.global.process.env.TMPDIR = folder;
  }

  public async teardown(): Promise<void> {
    if (this.temp) {
      if (this.temp.before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = this.temp.before;
      rmSync(this.temp.folder, { recursive: true, force: true });
    }
    await super.teardown();
  }
}
