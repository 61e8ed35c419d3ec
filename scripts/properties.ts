import { spawnSync } from 'child_process';
import { join } from 'path';

// The longer run of the random input: twenty times as much as in the test command, and from another seed every time.
const { PROPERTY_RUNS = '20', PROPERTY_SEED = `${Math.floor(Math.random() * 2 ** 31)}` } = process.env;
if (!/^-?\d+$/.test(PROPERTY_SEED) || !Number.isSafeInteger(Number(PROPERTY_SEED))) refuse(`PROPERTY_SEED is the whole number that the draws follow from, not '${PROPERTY_SEED}'.`);
if (!/^\d+(\.\d+)?$/.test(PROPERTY_RUNS) || !(Number(PROPERTY_RUNS) > 0)) refuse(`PROPERTY_RUNS is a number above 0, how many times the usual draws are made, not '${PROPERTY_RUNS}'.`);
console.log(`PROPERTY_RUNS=${PROPERTY_RUNS} PROPERTY_SEED=${PROPERTY_SEED}`);

const jest = ['--ci', '--coverage=false', '--selectProjects', 'proof', 'proof-latest', '--testPathPatterns', 'test/properties', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [require.resolve('../node_modules/jest/bin/jest.js'), ...jest], {
  cwd: join(__dirname, '..'), stdio: 'inherit', env: { ...process.env, PROPERTY_RUNS, PROPERTY_SEED },
});
process.exitCode = status ?? 1;

function refuse(why: string): never {
  console.error(why);
  process.exit(1);
}
