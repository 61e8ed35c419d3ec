import { ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Interface, createInterface } from 'node:readline';
import { describeBatches } from '../flow/batch-checks';
import { after, before } from '../flow/runner';

let python: ChildProcessWithoutNullStreams;
let lines: Interface;
/** Fails when the process ends before its time. */
let ended: Promise<never>;
let processed: string[] = [];

before(() => {
  python = spawn(process.env.CDK_DECOUPLE_PYTHON!, [join(__dirname, 'powertools_handler.py')]);
  python.stderr.pipe(process.stderr);
  ended = new Promise((_, reject) => python.once('exit', code => reject(new Error(`the function ended with ${code}`))));
  ended.catch(() => undefined);
  lines = createInterface({ input: python.stdout });
});
after(() => python.kill());

describeBatches({
  name: 'Powertools for AWS Lambda (Python)',
  invoke: async (processor, event) => {
    const answer = new Promise<string>(resolve => lines.once('line', resolve));
    python.stdin.write(`${JSON.stringify({ processor, event })}\n`);
    const { response, error, processed: more } = JSON.parse(await Promise.race([answer, ended]));
    processed.push(...more);
    if (error) throw new Error(error);
    return response;
  },
  processed: async () => {
    const all = processed;
    processed = [];
    return all;
  },
});
