import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

const EXAMPLE = join(__dirname, '..', '..', 'examples', 'container-workers');

/** What a worker can do wrong, each of which a check has to find. */
export type Fault = 'deletes before it works' | 'sends no heartbeat' | 'ignores SIGTERM' | 'receives without protection';

/** A worker of the example container-workers, as a program that can be started. */
export interface ContainerProgram {
  readonly language: string;
  /** The faults, as replacements in the source: of a text that has to be there, by another. */
  readonly faults: Record<Fault, readonly [string | RegExp, string]>;
  /** The interpreter and its arguments. */
  readonly command: readonly string[];
  /** Path of the worker. */
  readonly source: string;
  /** Writes a worker into a folder, and returns the path. */
  write(folder: string, source: string): string;
}

export const TYPESCRIPT: ContainerProgram = {
  language: 'TypeScript',
  command: [process.execPath, join(__dirname, 'container-main.cjs')],
  source: join(EXAMPLE, 'typescript', 'worker.ts'),
  faults: {
    'deletes before it works': [/( +await work\(message\);\n)([^]*?DeleteMessageCommand.*\n)/, '$2$1'],
    'sends no heartbeat': ['extend(message, visibilityTimeout)', 'Promise.resolve()'],
    'ignores SIGTERM': ['isStopping = true;', ''],
    'receives without protection': ["return 'protection' in (await answer.json() as object);", 'return true;'],
  },
  write(folder, source) {
    // Compiled once, so that a process starts in the time that its image would take.
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
    return written(folder, 'worker.js', outputText);
  },
};

/** @param interpreter a Python that has boto3 */
export function pythonProgram(interpreter: string): ContainerProgram {
  return {
    language: 'Python',
    command: [interpreter, join(__dirname, 'container_main.py')],
    source: join(EXAMPLE, 'python', 'worker.py'),
    faults: {
      'deletes before it works': [/( +work\(message\)\n)([^]*?delete_message.*\n)/, '$2$1'],
      'sends no heartbeat': ['sqs.change_message_visibility(', 'dict('],
      'ignores SIGTERM': ['stopping.set()', 'None'],
      'receives without protection': ['return "protection" in json.load(answer)', 'return True'],
    },
    write: (folder, source) => written(folder, 'worker.py', source),
  };
}

/** Writes the worker of the example into a folder, as it is or with a fault. */
export function writeWorker(program: ContainerProgram, folder: string, fault?: Fault): string {
  const source = readFileSync(program.source, 'utf8');
  if (!fault) return program.write(folder, source);
  const faulty = source.replace(...program.faults[fault]);
  assert.notEqual(faulty, source, `the ${program.language} worker has nothing to replace for: ${fault}`);
  return program.write(folder, faulty);
}

function written(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
