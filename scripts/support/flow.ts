import { nodeTests } from './node-tests';
import { Outcome } from './stage';

/** Sends messages through the emulator, deployed from the templates in a folder, and counts the tests by file. */
export async function flow(root: string, temp: string, templates: string): Promise<Outcome> {
  // Without the skipped tests, of which there are none: a stage that has `skipped` was not run.
  const { tallies, output, figures } = await nodeTests(root, temp, 'flow', { CDK_DECOUPLE_TEMPLATES: templates });
  return { tallies, output, figures };
}
