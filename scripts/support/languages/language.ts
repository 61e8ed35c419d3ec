import { join } from 'path';
import { Finished } from '../process';

export const ROOT = join(__dirname, '..', '..', '..');

/** Where the apps are, and where everything is written. */
export interface Folders {
  /** The generated packages, a folder for each language of jsii. */
  readonly packages: string;
  /** For the build of one language. */
  readonly work: string;
  /** What rosetta translated, in all languages. */
  readonly tablet: string;
  /** The cloud assembly of one language. */
  readonly output: string;
}

export interface Done extends Finished {
  /** Printed although the step succeeded. */
  readonly note?: string;
}

export type Step = [name: string, run: () => Promise<Done> | Done];

/** How the app is built from the generated package and synthesized: the steps in order, of which the first that fails is the last. */
export interface Language {
  readonly name: string;
  /** The target of jsii-pacmak. */
  readonly target: string;
  /** Whether the app is written in this language, and the last step writes its template. */
  readonly hasApp: boolean;
  steps(folders: Folders): Step[];
}

export function succeeded(output = ''): Done {
  return { code: 0, output, stdout: output, seconds: 0 };
}

export function failed(output: string): Done {
  return { code: 1, output, stdout: '', seconds: 0 };
}

/** Runs a program that has to be there, and says how to get it otherwise. */
export async function needed(finished: Promise<Finished>, otherwise: string): Promise<Done> {
  const { code, output } = await finished;
  return code === 0 ? succeeded(output) : failed(`${output.trimEnd()}\n${otherwise}`);
}
