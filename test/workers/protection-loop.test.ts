import { spawnSync } from 'child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';

// The loop of the README for a task, with a program in place of the ECS agent.

const README = readFileSync(join(__dirname, '..', '..', 'src', 'workers', 'README.md'), 'utf8');
const LOOP = /```sh\n(protect\(\)[^`]*)```/.exec(README)![1];

/** Refuses the protection, as ECS does for a task that it wants to stop, or grants it. The task is stopped during the call `STOP`. */
const CURL = `#!/bin/bash
echo "\${@: -1}" >> calls
[ $(wc -l < calls) -eq $STOP ] && kill -TERM $WORKER
if [ -n "$REFUSES" ]; then echo '{"failure": {"Reason": "DEPLOYMENT_BLOCKED"}}'; else echo '{"protection": {}}'; fi
`;

function run(stop: number, refuses: string) {
  const folder = mkdtempSync(join(tmpdir(), 'protection-loop-'));
  const programs = {
    curl: CURL, sleep: '#!/bin/bash\n/bin/sleep 0.05\n', worker: `#!/bin/bash\nexport WORKER=$$\nwork_on_one_message() { echo work >> calls; }\n${LOOP}`,
  };
  try {
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    const { status } = spawnSync(join(folder, 'worker'), {
      cwd: folder, timeout: 5_000, killSignal: 'SIGKILL', env: { PATH: `${folder}:${process.env.PATH}`, ECS_AGENT_URI: 'http://agent', STOP: `${stop}`, REFUSES: refuses },
    });
    const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];
    return { isEnded: status !== null, calls: calls.map(call => call.includes('true') ? 'on' : call.includes('false') ? 'off' : call) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a task that is stopped while its protection is refused ends', () => {
  expect(run(3, 'always')).toEqual({ isEnded: true, calls: ['on', 'on', 'on'] });
});

test('a task that is stopped while it turns its protection on receives nothing more, and turns it off', () => {
  // The calls of the agent are counted with the work between them.
  expect(run(4, '')).toEqual({ isEnded: true, calls: ['on', 'work', 'off', 'on', 'off'] });
});

test('a task that is stopped while it turns its protection off ends', () => {
  expect(run(3, '')).toEqual({ isEnded: true, calls: ['on', 'work', 'off'] });
});
