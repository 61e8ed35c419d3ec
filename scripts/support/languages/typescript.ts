import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'fs';
import { join } from 'path';
import { run, tool } from '../process';
import { Folders, Language, ROOT, Step, succeeded } from './language';

/** What the app imports beside the package, at the floor. */
const DEPENDENCIES = ['aws-cdk-lib', 'constructs', '@types'];

export class TypeScript implements Language {
  public readonly name = 'TypeScript';
  public readonly target = 'js';
  public readonly hasApp = true;

  public steps({ packages, work, output }: Folders): Step[] {
    return [
      ['unpack the package', () => this.install(join(packages, this.target), work)],
      ['compile the app', () => tool('tsc', ['-p', work], { cwd: work })],
      ['synthesize the app', () => run(process.execPath, ['app.js'], { cwd: work, env: { CDK_OUTDIR: output } })],
    ];
  }

  private async install(packages: string, work: string) {
    const modules = join(work, 'node_modules');
    const unpacked = join(modules, 'cdk-decouple');
    mkdirSync(unpacked, { recursive: true });
    for (const name of DEPENDENCIES) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
    cpSync(join(ROOT, 'test', 'languages', 'typescript'), work, { recursive: true });
    writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, target: 'es2022', module: 'node16', moduleResolution: 'node16', types: ['node'], skipLibCheck: true },
      files: ['app.ts'],
    }));
    const archive = readdirSync(packages).find(file => file.endsWith('.tgz'))!;
    const finished = await run('tar', ['-xzf', join(packages, archive), '--strip-components=1', '-C', unpacked]);
    return finished.code === 0 ? succeeded() : finished;
  }
}
