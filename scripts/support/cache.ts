import { createHash } from 'crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';

/** What the scripts download and install, outside of the repository and kept for the next run. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk-decouple');

/**
 * A folder that is filled once for the same inputs.
 *
 * It is filled under another name and renamed when it is complete: what an interrupted run left behind is not taken for it, and runs at the same
 * time do not disturb each other. Programs with their own path inside, such as the scripts of a virtual environment, have to be run by an interpreter.
 */
export async function cached(name: string, inputs: readonly string[], fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, `${name}-${createHash('sha256').update(inputs.join('\n')).digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(CACHE, { recursive: true });
  try {
    await fill(unfinished);
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
