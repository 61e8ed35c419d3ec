import * as runner from 'node:test';
import { versionOf } from './engine';
import { GAPS, Gap } from './gaps';

/**
 * A check of what AWS does and the engine does not. It is run, and skipped by its name if it fails as the table of gaps says. If it passes,
 * the table is out of date, which is a failure.
 */
export function itIsAGap(key: keyof typeof GAPS, body: () => Promise<void>): void {
  const { engine, check, instead, symptom }: Gap = GAPS[key];
  void runner.it(check, async test => {
    try {
      await body();
    } catch (error) {
      if (!symptom.test((error as Error).message)) throw error;
      test.skip(`${engine} ${versionOf(engine)}: ${instead}`);
      return;
    }
    throw new Error(`${engine} ${versionOf(engine)} does this now: delete ${key} from test/deploy/gaps.ts and make this an ordinary check`);
  });
}
