import { execFile, execFileSync } from 'child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';

export const ROOT = join(__dirname, '..', '..');
export const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Names of the public submodules, from the `exports` of the package. */
export const SUBMODULES = Object.keys(PACKAGE.exports).filter(path => /^\.\/[a-z-]+$/.test(path)).map(path => path.slice(2));

/** What an app gets beside our package. Links, so that the tests need no network. */
const PEERS = ['aws-cdk-lib', 'constructs', 'typescript', '@types/node', 'undici-types'];

/** An app outside the repository with the packed package installed. */
export class InstalledApp {
  public readonly folder = mkdtempSync(join(tmpdir(), 'cdk-decouple-app-'));
  /** Paths in the tarball. */
  public readonly contents: string[];

  constructor() {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder];
    const [packed] = JSON.parse(execFileSync(npm, pack, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    this.contents = packed.files.map((file: { path: string }) => file.path);

    const target = join(this.folder, 'node_modules', PACKAGE.name);
    mkdirSync(target, { recursive: true });
    execFileSync('tar', ['-xzf', join(this.folder, packed.filename), '--strip-components=1', '-C', target]);
    for (const peer of PEERS) {
      const link = join(this.folder, 'node_modules', peer);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', peer), link, 'junction');
    }
    this.write('package.json', JSON.stringify({ name: 'app', private: true }));
  }

  public write(file: string, text: string): string {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Runs a script with Node.js in the app's folder and returns what it printed, or the failure as text. */
  public async node(...args: string[]): Promise<string> {
    const env = { ...process.env, CDK_VALIDATION: 'false', NODE_PATH: '' };
    return new Promise(resolve => execFile(process.execPath, args, { cwd: this.folder, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}` : stdout)));
  }

  /** Runs the TypeScript compiler on projects, and returns what it complains about in each. */
  public async compile(...projects: string[]): Promise<string[]> {
    const output = await this.node(join(__dirname, 'compile-projects.cjs'), ...projects);
    try {
      return JSON.parse(output);
    } catch {
      throw new Error(output);
    }
  }

  public dispose() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
