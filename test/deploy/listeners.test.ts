import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { exposedPorts } from '../../scripts/support/listeners';

/** What Linux shows of processes and of their sockets. */
const proc = mkdtempSync(join(tmpdir(), 'cdk-decouple-proc-'));
afterAll(() => rmSync(proc, { recursive: true, force: true }));

function process(pid: number, parent: number, inodes: number[]) {
  mkdirSync(join(proc, `${pid}`, 'fd'), { recursive: true });
  writeFileSync(join(proc, `${pid}`, 'stat'), `${pid} (python (3)) S ${parent} ${pid} ${pid} 0`);
  inodes.forEach((inode, index) => symlinkSync(`socket:[${inode}]`, join(proc, `${pid}`, 'fd', `${index + 3}`)));
}

const row = (local: string, state: string, inode: number) => `  0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  0  0 ${inode} 1`;

beforeAll(() => {
  process(10, 1, [100, 101]);
  process(11, 10, [102, 103, 104]);
  process(12, 11, [105]);
  process(20, 1, [106]);
  mkdirSync(join(proc, 'net'));
  writeFileSync(join(proc, 'net', 'tcp'), ['  sl  local_address', row('0100007F:1F90', '0A', 100), row('00000000:1F91', '01', 101), row('00000000:1F92', '0A', 102), row('00000000:1F93', '0A', 106)].join('\n'));
  writeFileSync(join(proc, 'net', 'tcp6'), ['  sl  local_address', row(`${'0'.repeat(24)}01000000:1F94`, '0A', 103), row(`${'0'.repeat(16)}FFFF00000100007F:1F95`, '0A', 104), row(`${'0'.repeat(32)}:1F96`, '0A', 105)].join('\n'));
});

test('a port at all addresses is found, of the process and of its descendants', () => {
  expect(exposedPorts(10, proc)).toEqual([8082, 8086]);
});

test('a port of another process is not', () => {
  expect(exposedPorts(12, proc)).toEqual([8086]);
  expect(exposedPorts(20, proc)).toEqual([8083]);
});

test('connections, and listeners at the loopback addresses of both families, are not', () => {
  process(30, 1, [100, 101, 103, 104]);
  expect(exposedPorts(30, proc)).toEqual([]);
});

test('without /proc nothing is known', () => {
  expect(exposedPorts(10, join(proc, 'missing'))).toBeUndefined();
});
