import { read } from './blocks';
import { ServiceSource } from '../../src/access';
import { CatalogService, ROLE_SERVICES, SERVICES } from '../../src/access/private/service-catalog';

const PRINCIPAL = /^`([a-z\d.-]+\.amazonaws\.com)`$/;
const cellsOf = (line: string) => line.split('|').slice(1, -1).map(cell => cell.trim());
const rows = read('src/access/README.md').split('\n').filter(line => line.startsWith('| ')).map(cellsOf);
const rowsWith = (cells: number) => rows.filter(row => row.length === cells && PRINCIPAL.test(row[0]))
  .map(([principal, ...rest]) => [PRINCIPAL.exec(principal)![1], ...rest]);

/** Of these, the source is always one resource. */
const NAMED = ['sns.amazonaws.com', 's3.amazonaws.com'];

function factsOf(service: string, { sendsTo, fifo, sameRegion, sameAccount, unconditional, anySource }: CatalogService): string[] {
  const conditions = anySource || NAMED.includes(service) ? '`aws:SourceArn`, `aws:SourceAccount`' : '`aws:SourceAccount`';
  return [
    sendsTo.map(target => `${target}s`).join(', '),
    fifo === undefined ? 'not documented' : fifo ? 'yes' : 'no',
    [...sameRegion ? ['Region'] : [], ...sameAccount ? ['account'] : []].join(', '),
    unconditional ? 'none' : conditions,
  ];
}

test('the table of services in the README of the submodule has the facts of the catalog', () => {
  const written = rowsWith(6).map(([service, , ...facts]) => [service, ...facts]);
  expect(written).toEqual(Object.entries(SERVICES).map(([service, known]) => [service, ...factsOf(service, known)]));
});

test('so has that of services with a role', () => {
  expect(rowsWith(3).map(([service, role]) => [service, role])).toEqual(Object.entries(ROLE_SERVICES));
});

test('every source is in the table, and none that does not exist', () => {
  const named = new Set(rows.filter(({ length }) => length === 6).flatMap(row => row[1].match(/(?<=ServiceSource\.)\w+/g) ?? []));
  const factories = Object.getOwnPropertyNames(ServiceSource).filter(name => !['length', 'name', 'prototype'].includes(name) && !/^_|^\[/.test(name));
  expect([...named].sort()).toEqual(factories.sort());
});
