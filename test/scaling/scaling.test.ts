import { existsSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { percentile, playAll, scalingDocument } from './document';
import { SubjectName } from './subjects';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'scaling.md');

const played = playAll();
const rowsOf = (trace: string) => [...played].find(([{ name }]) => name === trace)![1];
const of = (trace: string, name: SubjectName) => rowsOf(trace)[name];
const hours = (trace: string, name: SubjectName) => of(trace, name).instanceMinutes / 60;

/** What the library scales. */
const OURS: SubjectName[] = ['Ec2Workers', 'Ec2Workers, onSteps', 'Ec2Workers, min: 1', 'FargateWorkers', 'FargateWorkers, onSteps', 'FargateWorkers, min: 1'];
const FROM_ZERO = OURS.filter(name => !name.endsWith('min: 1'));

test('docs/scaling.md is current (npm run docs:scaling)', () => {
  const rendered = scalingDocument(played);
  if (process.env.SCALING_WRITE) writeFileSync(DOCUMENT, rendered);
  expect(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : 'nothing').toBe(rendered);
});

describe('all workers', () => {
  test.each([...played.keys()].map(({ name }) => name))('%s: no message is lost', trace => {
    const lost = Object.entries(rowsOf(trace)).filter(([, { left }]) => left > 0);
    expect(lost.map(([name]) => name)).toEqual([]);
    const dead = Object.values(rowsOf(trace)).map(({ deadLetters }) => deadLetters);
    expect(new Set(dead)).toEqual(new Set([trace === 'poison' ? 48 : 0]));
  });
});

describe.each(OURS)('%s', name => {
  test.each([...played.keys()].map(trace => trace.name))('%s: no work is lost when workers end', trace => {
    expect(of(trace, name).redelivered).toBe(0);
  });

  test('the ramp: the acceptable latency of 5 minutes is kept but for a tenth, with few turns', () => {
    expect(percentile(of('ramp', name), 0.99)).toBeLessThanOrEqual(330);
    expect(of('ramp', name).turns).toBeLessThanOrEqual(13);
    // The work itself is 22 worker-hours.
    expect(hours('ramp', name)).toBeLessThanOrEqual(26);
  });

  test('the spike is worked off within 9 minutes, with one turn', () => {
    expect(percentile(of('spike', name), 1)).toBeLessThanOrEqual(9 * 60);
    expect(of('spike', name).turns).toBe(1);
  });

  test('the spike after an hour without a message is worked off within 10 minutes', () => {
    expect(percentile(of('spike from zero', name), 1)).toBeLessThanOrEqual(10 * 60);
  });

  test('gaps in the metrics cost at most 2 minutes, and no more than 10% of the worker-hours', () => {
    expect(percentile(of('metric gaps', name), 1)! - percentile(of('ramp', name), 1)!).toBeLessThanOrEqual(160);
    expect(hours('metric gaps', name)).toBeLessThanOrEqual(1.1 * hours('ramp', name));
  });

  test('poison messages do not keep more workers than the others need', () => {
    expect(Math.max(...of('poison', name).wanted)).toBe(2);
    expect(of('poison', name).wanted.at(-1)).toBeLessThanOrEqual(1);
  });
});

describe.each(FROM_ZERO)('%s, from zero', name => {
  test('nothing runs on an idle day', () => {
    expect(of('idle day', name)).toMatchObject({ instanceMinutes: 0, launches: 0, turns: 0 });
  });

  test('one message an hour: one worker for each, which is started and ended once', () => {
    const { launches, turns, latencies } = of('one an hour', name);
    expect([launches, turns]).toEqual([24, 47]);
    expect(Math.max(...latencies)).toBeLessThanOrEqual(5);
    expect(hours('one an hour', name)).toBeLessThanOrEqual(7);
  });

  test('after 6 hours without metrics a message waits as long as they do, and starts one worker', () => {
    const { launches, latencies } = of('one in 8 hours', name);
    expect(launches).toBe(6);
    expect(Math.max(...latencies)).toBeGreaterThan(15);
    expect(Math.max(...latencies)).toBeLessThanOrEqual(20);
  });

  test('nothing is left running after a burst', () => {
    expect(of('spike from zero', name).wanted.at(-1)).toBe(0);
  });
});

describe('beside the others', () => {
  test('the example of AWS ends workers with messages, which are received again', () => {
    expect(of('ramp', 'the example of AWS').redelivered).toBeGreaterThan(0);
    expect(of('long work', 'the example of AWS').redelivered).toBeGreaterThan(0);
  });

  test('an Auto Scaling group from zero is through a burst before one that keeps an instance', () => {
    const longest = (name: SubjectName) => percentile(of('spike from zero', name), 1)!;
    expect(longest('Ec2Workers')).toBeLessThan(longest('Ec2Workers, min: 1'));
  });

  test('the pattern is faster in the ramp for twice the worker-hours, and turns more often', () => {
    const [pattern, ours] = [of('ramp', 'QueueProcessingFargateService'), of('ramp', 'FargateWorkers')];
    expect(percentile(pattern, 0.5)!).toBeLessThan(percentile(ours, 0.5)!);
    expect(pattern.instanceMinutes / ours.instanceMinutes).toBeGreaterThan(1.8);
    expect(pattern.turns).toBeGreaterThan(3 * ours.turns);
  });
});
