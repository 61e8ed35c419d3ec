import { execFile } from 'child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'fs';
import { builtinModules } from 'module';
import { tmpdir } from 'os';
import { dirname, join } from 'path';
import { InstalledApp, PACKAGE, ROOT } from './installed-app';
import { EXAMPLES } from '../support/examples';

// Real processes, the CDK CLI among them.
jest.setTimeout(300_000);

let temp: string;
let library: InstalledApp;
/** The templates of `npm run synth`, which synthesizes all examples in one process; those of the stage `examples`, if it has run. */
let written = process.env.CDK_DECOUPLE_TEMPLATES ?? '';

beforeAll(async () => {
  temp = mkdtempSync(join(tmpdir(), 'cdk-decouple-examples-'));
  library = new InstalledApp();
  if (written !== '') return;
  written = join(temp, 'written');
  expect(await run(ROOT, process.execPath, 'scripts/run.cjs', 'synth', `--output=${written}`)).toMatch(/^12 templates from 11 examples in .* Any tool/m);
});

afterAll(() => {
  library.dispose();
  rmSync(temp, { recursive: true, force: true });
});

/** In `npm run test:examples` also one of those whose files are equal but for the app. */
const COPIED = process.env.ALL_EXAMPLES ? ['order-processing', 'fan-out'] : ['order-processing'];

test.each(COPIED)('%s, copied out of the repository and installed, gives the same template byte by byte', async example => {
  const copy = copyOut(example);
  expect(await npx(copy, 'cdk', 'synth', '--quiet')).not.toMatch(/error/i);
  const templates = templatesIn(join(copy, 'cdk.out'));
  expect(Object.keys(templates)).toHaveLength(1);
  expect(templates).toEqual(templatesIn(join(written, example)));
});

describe.each(EXAMPLES.filter(example => example !== 'order-processing'))('%s, which is not copied out each time', example => {
  const read = (name: string, file: string) => readFileSync(join(ROOT, 'examples', name, file), 'utf8');

  test.each(['package.json', 'tsconfig.json', 'cdk.json'])('its %s is that of an example that is', file => {
    // One example also has what runs in the account.
    const own = read(example, file).replace(`-example-${example}"`, '-example-fan-out"').replace(/^ +"@aws-sdk\/client-sqs": "\^3",\n/m, '')
      // Another has two stacks.
      .replace(/,\n +"@aws-cdk\/core:defaultCrossStackReferences": "strong"/, '');
    expect(['fan-out', 'order-processing'].map(copied => read(copied, file))).toContain(own);
  });

  test('imports only what its package.json names, and Node.js', () => {
    const { dependencies } = JSON.parse(read(example, 'package.json'));
    const sources = readdirSync(join(ROOT, 'examples', example)).filter(file => file.endsWith('.ts')).map(file => read(example, file));
    const imported = sources.flatMap(source => [...source.matchAll(/(?:from|require\() *'(?:node:)?([^']+)'/g)].map(([, name]) => name));
    expect(imported).not.toEqual([]);
    const packageOf = (name: string) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
    expect(imported.filter(name => !builtinModules.includes(name) && !Object.keys(dependencies).includes(packageOf(name)))).toEqual([]);
  });
});

test('a copy has the types of the library, under the options of its own tsconfig.json', async () => {
  expect(await npx(copyOut('order-processing'), 'tsc')).toBe('');
});

test('in its folder in the repository an example gives the same template, without an install', async () => {
  const output = join(temp, 'in-its-folder');
  await npx(join(ROOT, 'examples', 'fan-out'), 'cdk', 'synth', '--quiet', '--output', output);
  expect(templatesIn(output)).toEqual(templatesIn(join(written, 'fan-out')));
});

/** A copy with what its package.json names: the packed library, and links to the rest, so that the test needs no network. */
function copyOut(example: string): string {
  const copy = mkdtempSync(join(temp, `${example}-`));
  cpSync(join(ROOT, 'examples', example), copy, { recursive: true });
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const target = join(modules, name);
    mkdirSync(dirname(target), { recursive: true });
    if (name === PACKAGE.name) cpSync(join(library.folder, 'node_modules', name), target, { recursive: true });
    else symlinkSync(join(ROOT, 'node_modules', name), target, 'junction');
    const { bin } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
    const commands: Record<string, string> = typeof bin === 'string' ? { [name]: bin } : bin ?? {};
    for (const [command, file] of Object.entries(commands)) symlinkSync(join(target, file), join(modules, '.bin', command));
  }
  return copy;
}

/** The templates of a cloud assembly by file name, as they were written. */
function templatesIn(assembly: string): Record<string, string> {
  const files = readdirSync(assembly).filter(file => file.endsWith('.template.json'));
  return Object.fromEntries(files.map(file => [file, readFileSync(join(assembly, file), 'utf8')]));
}

/** Runs a command of the app. */
function npx(folder: string, ...args: string[]): Promise<string> {
  return run(folder, process.platform === 'win32' ? 'npx.cmd' : 'npx', ...args);
}

/** Fails with what the command printed. */
function run(folder: string, command: string, ...args: string[]): Promise<string> {
  // So that npx, also the one of cdk.json, fetches nothing.
  const npm = { npm_config_offline: 'true', npm_config_cache: join(temp, 'npm-cache'), npm_config_update_notifier: 'false', npm_config_loglevel: 'error' };
  // The npm that runs the tests says by variables that the commands of the repository are those of the app.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const env: NodeJS.ProcessEnv = { ...inherited, ...npm, AWS_EC2_METADATA_DISABLED: 'true', NODE_ENV: undefined, NODE_PATH: '' };
  return new Promise((resolve, reject) => execFile(command, args, { cwd: folder, env }, (error, stdout, stderr) =>
    error ? reject(new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)) : resolve(`${stdout}${stderr}`)));
}
