import { readFileSync, readdirSync, readlinkSync } from 'fs';
import { join } from 'path';

const LISTEN = '0A';
/** As /proc writes them: four or sixteen bytes, each group of four in the byte order of the machine. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/**
 * The TCP ports on which a process or a descendant of it listens at an address other than loopback. Undefined where there is no /proc to
 * look at.
 */
export function exposedPorts(pid: number, proc = '/proc'): number[] | undefined {
  const parents = parentsOfProcesses(proc);
  if (parents === undefined) return undefined;
  const sockets = new Set(descendants(pid, parents).flatMap(one => socketsOf(join(proc, `${one}`, 'fd'))));
  return ['tcp', 'tcp6'].flatMap(table => rowsOf(join(proc, 'net', table)))
    .filter(({ state, inode }) => state === LISTEN && sockets.has(inode))
    .filter(({ address }) => !LOOPBACK.test(address))
    .map(({ port }) => port);
}

function parentsOfProcesses(proc: string): Map<number, number> | undefined {
  try {
    return new Map(readdirSync(proc).filter(name => /^\d+$/.test(name)).flatMap(name => {
      // The name of the program stands in parentheses, and may have spaces and parentheses.
      const stat = attempt(() => readFileSync(join(proc, name, 'stat'), 'utf8'));
      return stat === undefined ? [] : [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
    }));
  } catch {
    return undefined;
  }
}

function descendants(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const children = [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  return [pid, ...children.flatMap(child => descendants(child, parents))];
}

function socketsOf(folder: string): string[] {
  const links = attempt(() => readdirSync(folder)) ?? [];
  return links.flatMap(name => /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(join(folder, name))) ?? '')?.[1] ?? []);
}

function rowsOf(file: string) {
  const lines = (attempt(() => readFileSync(file, 'utf8')) ?? '').trim().split('\n').slice(1);
  return lines.map(line => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local.split(':');
    return { address, port: parseInt(port, 16), state, inode };
  });
}

/** Processes end while they are looked at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
