import { readFileSync } from 'fs';
import { join } from 'path';
import { CONSUME_ACTIONS } from '../../src/queues/private/work-queue-grants';
import { CLIENT_ACTIONS, WITHOUT_PREDEFINED_QUEUES } from '../flow/client-actions';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');

/** The rows of the table of clients: name, version, actions, what is needed in addition. */
const ROWS = [...read('src', 'workers', 'README.md').split('\n## Clients\n')[1].matchAll(/^\| \[([^\]]+)\]\(\S+\) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
  .map(([, name, version, calls, more]) => ({ name, version, calls: actionsIn(calls), more }));

function actionsIn(text: string): string[] {
  return [...text.matchAll(/`(sqs:\w+)`/g)].map(([, action]) => action);
}

test('the manual names the clients that are tested, and what they call', () => {
  expect(Object.fromEntries(ROWS.map(({ name, calls }) => [name, calls]))).toEqual(CLIENT_ACTIONS);
});

test('the manual names the versions that are tested', () => {
  const { devDependencies } = JSON.parse(read('package.json'));
  const pinned = Object.fromEntries([...read('test', 'clients', 'requirements.txt').matchAll(/^([\w-]+)==(\S+)$/gm)].map(([, name, version]) => [name.replace(/_/g, '-'), version]));
  for (const { name, version } of ROWS.filter(row => row.name !== 'container-workers')) expect([name, version]).toEqual([name, devDependencies[name] ?? pinned[name]]);
  expect(ROWS[0].version).toContain(`boto3 ${pinned.boto3}`);
});

test('grantConsumeMessages grants what the clients call, and the manual names what it does not', () => {
  expect(Object.values(CLIENT_ACTIONS).flat().filter(action => !CONSUME_ACTIONS.includes(action))).toEqual([]);
  expect(CONSUME_ACTIONS).not.toContain(WITHOUT_PREDEFINED_QUEUES);
  expect(ROWS.filter(({ more }) => more !== 'nothing').map(({ name, more }) => [name, actionsIn(more)])).toEqual([['celery', [WITHOUT_PREDEFINED_QUEUES]]]);
});
