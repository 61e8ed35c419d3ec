import { spawnSync } from 'child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { InFlightProtection } from '../../src/workers';
import { buildExample } from '../support/examples';

/** The script of the worker, as the instance of the example writes it. */
function workerOf(name: string): string {
  const stack = buildExample(name).node.children.find(child => 'templateFile' in child) as Stack;
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::EC2::LaunchTemplate'));
  const parts: unknown[] = Properties.LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1];
  const text = parts.map(part => typeof part === 'string' ? part : 'token').join('');
  return /<<'END'\n([^]*?)\nEND\n/.exec(text)![1];
}

/** Two messages, of which the first fails to be received once; then the termination, whose hook is not reached at first. */
const AWS = `#!/bin/bash
echo "$1 $2" >> calls
calls=$(grep -c "^$1 $2" calls)
case "$2" in
  receive-message)
    case $calls in 1) exit 255;; 2) printf 'handle-1\\tfirst message\\n';; 3) echo None;; 4) ;; *) printf 'handle-2\\tsecond \\\\ message\\nmore\\n'; touch ending;; esac;;
  delete-message) echo "$*" >> deleted;;
  complete-lifecycle-action) [ $calls -lt 3 ] && exit 255; echo "$*" > completed;;
esac
`;
const CURL = `#!/bin/bash
case "\${@: -1}" in
  */api/token) echo token;;
  */target-lifecycle-state) [ -e ending ] && echo Terminated || echo InService;;
  */aws:autoscaling:groupName) echo my-group;;
  */instance-id) echo i-1;;
  *) exit 22;;
esac
`;

test.each(['ec2-workers', 'order-processing'])('the worker of the example %s keeps its part of the contract', name => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-'));
  const write = (file: string, text: string) => {
    writeFileSync(join(folder, file), text);
    chmodSync(join(folder, file), 0o755);
  };
  write('aws', AWS);
  write('curl', CURL);
  write('sleep', '#!/bin/bash\n');
  write('worker', workerOf(name));
  const { status, stdout } = spawnSync(join(folder, 'worker'), {
    cwd: folder, encoding: 'utf8', timeout: 20_000, env: { PATH: `${folder}:${process.env.PATH}`, QUEUE_URL: 'https://queue' },
  });
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  expect(status).toBe(0);
  expect(stdout).toMatch(/ first message\n[^]* second \\ message\n/);
  expect(read('deleted')).toBe([1, 2].map(n => `sqs delete-message --queue-url https://queue --receipt-handle handle-${n}\n`).join(''));
  expect(read('completed')).toContain(`--lifecycle-hook-name ${InFlightProtection.HOOK_NAME} --auto-scaling-group-name my-group --instance-id i-1`);
  expect(read('calls').match(/complete-lifecycle-action/g)).toHaveLength(3);
});
