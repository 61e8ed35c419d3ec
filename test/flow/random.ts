/** A generator of numbers from 0 up to 1 that gives the same ones for the same seed (Park and Miller's). */
export function seeded(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  const next = () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
  // The first ones of neighbouring seeds are neighbours too.
  for (let skipped = 0; skipped < 10; skipped++) next();
  return next;
}

/** The seed in an environment variable, or one of its own for each run; what is not a whole number ends the process before it starts anything. */
export function seedFrom(variable: string): number {
  const text = process.env[variable];
  if (!text) return Math.floor(Math.random() * 2 ** 32);
  const seed = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(seed)) return seed;
  console.error(`${variable} is the whole number that the draws follow from, not '${text}'.`);
  process.exit(1);
}
