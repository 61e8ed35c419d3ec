import { spawnSync } from 'child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { Duration } from 'aws-cdk-lib';
import { InFlightProtection } from '../../src/workers';
import { finishWork } from '../../src/workers/private/instance-scripts';

// What runs on an instance before its termination, with programs in place of those of the instance.

/** The metadata: the termination, or the interruption of a Spot instance, begins at the third look. */
const CURL = `#!/bin/bash
case "\${@: -1}" in
  */api/token) echo token;;
  */target-lifecycle-state) echo look >> looks; [ "$ENDING" = group ] && [ $(wc -l < looks) -gt 2 ] && echo Terminated || echo InService;;
  */spot/instance-action) [ "$ENDING" = spot ] && [ $(wc -l < looks) -gt 2 ] || exit 22;;
  */aws:autoscaling:groupName) echo my-group;;
  */instance-id) echo i-1;;
  *) exit 22;;
esac
`;
/** The hook is not reached at first. */
const AWS = `#!/bin/bash
echo "$*" >> calls
[ "$2" = complete-lifecycle-action ] && [ $(grep -c complete calls) -lt 3 ] && exit 255
[ "$2" = record-lifecycle-action-heartbeat ] && [ $(grep -c record calls) -lt 2 ] && exit 255
exit 0
`;
const SYSTEMCTL = '#!/bin/bash\necho "$*" >> stopped\n/bin/sleep $WORK\necho finished >> calls\n';

function run(ending: string, timeout: Duration | undefined, work = 0.2) {
  const folder = mkdtempSync(join(tmpdir(), 'finish-work-'));
  const programs = { 'curl': CURL, 'aws': AWS, 'systemctl': SYSTEMCTL, 'sleep': '#!/bin/bash\n/bin/sleep 0.1\n', 'finish-work': finishWork('worker@*', timeout) };
  try {
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    const { status } = spawnSync(join(folder, 'finish-work'), { cwd: folder, encoding: 'utf8', timeout: 20_000, env: { PATH: `${folder}:${process.env.PATH}`, ENDING: ending, WORK: `${work}` } });
    const lines = (file: string) => existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').split('\n').filter(line => line !== '') : [];
    return { status, calls: lines('calls'), looks: lines('looks').length, stopped: lines('stopped') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const names = `--lifecycle-hook-name ${InFlightProtection.HOOK_NAME} --instance-id i-1 --auto-scaling-group-name my-group`;

test.each(['group', 'spot'])('the workers are stopped at the beginning of a termination (%s), which goes on when they have finished', ending => {
  const { status, calls, looks, stopped } = run(ending, Duration.minutes(10));
  expect({ status, looks, stopped }).toEqual({ status: 0, looks: 3, stopped: ['stop worker@*'] });
  expect(calls).toEqual(['finished', ...Array(3).fill(`autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE ${names}`)]);
});

test('the hook is told that they still work, and again if that fails', () => {
  const { calls } = run('group', Duration.seconds(3), 2.2);
  const beats = calls.slice(0, calls.indexOf('finished'));
  expect(beats.length).toBeGreaterThanOrEqual(2);
  expect(new Set(beats)).toEqual(new Set([`autoscaling record-lifecycle-action-heartbeat ${names}`]));
});

test('without a hook the workers are stopped, and nobody is told', () => {
  expect(run('spot', undefined)).toMatchObject({ status: 0, calls: ['finished'], stopped: ['stop worker@*'] });
});
