import { join } from 'path';

/** An app as the CDK CLI would run it: in this folder, with this environment. */
export interface Job {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly env: Record<string, string>;
}

/** What is sent to the parent when a job begins, and when it has ended without a word or an error. */
export interface Message {
  readonly event: 'begun' | 'done';
  readonly name: string;
}

// Runs apps one after another in this process, so that aws-cdk-lib and its validation engine are loaded once. An app that ends the
// process takes the jobs after it along; the parent starts another process for them.
const jobs: Job[] = JSON.parse(process.argv[2]);
let current: Job | undefined;
let quiet = true;

function begin() {
  current = jobs.shift();
  if (!current) return;
  process.send!({ event: 'begun', name: current.name } satisfies Message);
  quiet = true;
  process.exitCode = undefined;
  Object.assign(process.env, current.env);
  process.chdir(current.folder);
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  require(join(current.folder, current.file));
}

function end() {
  if (current && quiet && !process.exitCode) process.send!({ event: 'done', name: current.name } satisfies Message);
  process.exitCode = 0;
}

process.stdout.write = process.stderr.write = () => {
  quiet = false;
  return true;
};

// Emitted when an app has nothing left to do. It is also when the app is synthesized, by a listener that the app adds after this one.
process.on('beforeExit', () => {
  if (!current) return;
  setImmediate(() => {
    end();
    begin();
  });
});

begin();
