import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { CACHE } from '../cache';
import { withoutIndirectLines } from '../go-module';
import { run } from '../process';
import { countExamples } from './examples';
import { Folders, Language, ROOT, Step, failed, needed } from './language';

/** Since 1.21 the go command fetches the newer toolchain that a `go.mod` asks for. */
const HOW_TO_GET_IT = 'Go 1.21 or newer is needed: https://go.dev/dl/, or on Debian and Ubuntu apt-get install golang where it is that new.';

export class Go implements Language {
  public readonly name = 'Go';
  public readonly target = 'go';
  public readonly hasApp = true;

  public steps({ packages, tablet, work, output }: Folders): Step[] {
    const library = join(packages, this.target, 'cdkdecouple');
    const env = { GOFLAGS: '-mod=mod -modcacherw -buildvcs=false', GOMODCACHE: join(CACHE, 'go'), GOTOOLCHAIN: 'auto', GO111MODULE: 'on', CDK_OUTDIR: output };
    const module = () => /^module (\S+)/m.exec(readFileSync(join(library, 'go.mod'), 'utf8'))![1];
    return [
      ['Go', async () => {
        const version = await needed(run('go', ['version']), HOW_TO_GET_IT);
        const minor = Number(/go1\.(\d+)/.exec(version.stdout)?.[1]);
        return version.code !== 0 || minor >= 21 ? version : failed(`${version.stdout.trim()}\n${HOW_TO_GET_IT}`);
      }],
      ['compile the app', () => {
        withoutIndirectLines(library);
        const go = /^go \S+/m.exec(readFileSync(join(library, 'go.mod'), 'utf8'))![0];
        mkdirSync(work, { recursive: true });
        cpSync(join(ROOT, 'test', 'languages', 'go'), work, { recursive: true });
        writeFileSync(join(work, 'go.mod'), `module shop\n\n${go}\n\nrequire ${module()} v0.0.0\n\nreplace ${module()} => ${library}\n`);
        return run('go', ['build', '-o', 'shop', '.'], { cwd: work, env });
      }],
      ['go vet', () => run('go', ['vet', '.', `${module()}/...`], { cwd: work, env })],
      ['synthesize the app', () => run(join(work, 'shop'), [], { cwd: work, env })],
      ['translated examples', () => countExamples(tablet, 'go')],
    ];
  }
}
