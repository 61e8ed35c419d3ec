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
  const expected = Object.entries(PROTOCOLS).map(([protocol, supported]) => [
    `\`${protocol}\``, supported.form?.allowed ?? `an ARN of \`${supported.arnOf}\``, ...columns.map(column => supported[column] ? 'yes' : 'no'),
  ]);
  expect(table('protocol')).toEqual(expected);
});
