import { existsSync } from 'fs';
import { join } from 'path';
import { read } from './blocks';
import { PROTOCOLS, Protocol } from '../../src/fanout/private/protocols';

/** The cells of the table with this first column. */
function table(heading: string): string[][] {
  const lines = read('src/fanout/README.md').split('\n');
  const start = lines.findIndex(line => line.startsWith(`| ${heading} |`));
  const rows = lines.slice(start + 2, lines.findIndex((line, index) => index > start && !line.startsWith('|')));
  return rows.map(row => row.split('|').slice(1, -1).map(cell => cell.trim()));
}

test('the table of protocols in the manual is that of the checks', () => {
  const columns: (keyof Protocol)[] = ['fifo', 'crossRegion', 'rawMessageDelivery', 'deliveryPolicy', 'largeMessages'];
  const expected = Object.entries(PROTOCOLS).map(([protocol, supported]) => [`\`${protocol}\``, ...columns.map(column => supported[column] ? 'yes' : 'no')]);
  expect(table('protocol')).toEqual(expected);
});

test('each subscriber of the manual has a test of the name that the table gives', () => {
  const rows = table('subscriber');
  expect(rows).toHaveLength(7);
  for (const row of rows) {
    const [, name, file] = /^`([^`]+)` in `([^`]+)`$/.exec(row[row.length - 1])!;
    expect(existsSync(join(__dirname, '..', '..', file))).toBe(true);
    const titles = [...read(file).matchAll(/(?:test|describe)[^\n]*?\('([^\n]+?)', |\]\)\('([^\n]+?)', /g)].map(([, title, each]) => title ?? each);
    expect(titles.filter(title => title.includes(name))).not.toEqual([]);
  }
});
