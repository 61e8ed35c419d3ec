import * as fc from 'fast-check';
import { Draw, Family, draws, perform } from './draws';
import { Mode } from './values';
import { removeOutput } from './world';
import { FLAG_SET, WITH_FLAGS } from '../../support/flag-differences';

/** Each of the two flag sets has a quarter of the draws, and other ones unless the seed is given. */
const SHARE = 1 / 4;
const SEED = Number(process.env.PROPERTY_SEED ?? (WITH_FLAGS ? 20_261_122 : 20_261_121));
const FACTOR = Number(process.env.PROPERTY_RUNS ?? 1);
if (!Number.isSafeInteger(SEED) || !(FACTOR > 0)) {
  throw new Error('PROPERTY_SEED is a whole number, and PROPERTY_RUNS how many times the usual number of draws are made');
}

/** A counterexample that is still being made smaller after this time is reported as it is. */
const TIME_LIMIT = 300_000 * Math.max(1, FACTOR);

// The CDK takes many stack traces, which nobody reads unless a draw fails.
Error.stackTraceLimit = 0;
const TRACED = 12;

afterAll(removeOutput);

/**
 * Draws uses of the library and shows that each ends in good templates or in a good error.
 *
 * `PROPERTY_SEED` changes the draws, `PROPERTY_RUNS` multiplies their number.
 */
export function everyDraw({ name, share, steps, scenes }: Family): void {
  describe(name, () => {
    const counts = { templates: 0, errors: 0, uses: new Map<string, number>() };
    const started = Date.now();
    afterAll(() => {
      const uses = [...counts.uses].sort().map(([what, count]) => `${what} ${count}`).join(', ');
      // eslint-disable-next-line no-console
      console.info(`properties ${FLAG_SET}, ${name}: ${counts.templates + counts.errors} draws, ${counts.templates} good templates, ${counts.errors} good errors; `
        + `seed ${SEED}; ${Math.round((Date.now() - started) / 1000)} s; ${uses}`);
    });

    test.each(Object.entries(share) as [Mode, number][])('%s draws, a quarter of %i', (mode, number) => {
      fc.assert(fc.property(draws(mode, steps, scenes), (draw: Draw) => {
        const { errors } = traced(() => perform(draw, counts.templates));
        counts[errors.length > 0 ? 'errors' : 'templates']++;
        draw.steps.forEach(({ what }) => counts.uses.set(what, (counts.uses.get(what) ?? 0) + 1));
      }), { seed: SEED, numRuns: Math.ceil(number * SHARE * FACTOR), interruptAfterTimeLimit: TIME_LIMIT, markInterruptAsFailure: true });
    }, 2 * TIME_LIMIT);
  });
}

/** Once more with a stack trace when it fails. */
function traced<T>(run: () => T): T {
  try {
    return run();
  } catch {
    Error.stackTraceLimit = TRACED;
    try {
      return run();
    } finally {
      Error.stackTraceLimit = 0;
    }
  }
}
