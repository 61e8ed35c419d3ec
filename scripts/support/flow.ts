import { nodeTests } from './node-tests';
import { Outcome } from './stage';

/** Sends messages through the emulator, deployed from the templates in a folder, and counts the tests by file. */
export function flow(root: string, temp: string, templates: string): Promise<Outcome> {
  return nodeTests(root, temp, 'flow', { CDK_DECOUPLE_TEMPLATES: templates });
}
