import { problemOf, readable, testsOf } from './named-tests';

const SOURCE = `
const KINDS = { Lambda: 1, 'a queue': 2 };
const rows = [['one', 1], ['two', 2]];
const more = rows.map(row => [...row, 'more']);
test('alone', () => {});
describe('outer', () => {
  it("it's inner", () => {});
  describe.each<[string, number]>(Object.entries(KINDS))('of %s', (_, kind) => {
    test.each(more)('row %s', () => {});
    for (const name of ['First', 'Second']) it(\`in a loop (\${name})\`, () => {});
  });
});
test.skip('skipped', () => {});
describe.skip('skipped', () => { test('inside', () => {}); });
test.skip.each(rows)('skipped %s', () => {});
test.todo('to do');
expect(test.length).toBe('not a test');
`;

test('tests are found by their full titles, in blocks, tables and loops, and those that are skipped are not', () => {
  expect(testsOf(SOURCE).map(({ title }) => title)).toEqual(['alone', "outer > it's inner", 'outer > of %s > row %s', 'outer > of %s > in a loop (${name})']);
});

test('the rows of a test are the strings in the tables of its blocks, and in the constants that these name', () => {
  const [alone, inner, ofTables, inLoop] = testsOf(SOURCE).map(({ rows }) => [...rows].sort());
  expect([alone, inner]).toEqual([[], []]);
  expect(ofTables).toEqual(['Lambda', 'a queue', 'more', 'one', 'two']);
  expect(inLoop).toEqual(['First', 'Lambda', 'Second', 'a queue']);
});

describe('a name', () => {
  const file = 'rules/named-tests.test.ts';

  test.each([['a row', 1], ['another row', 2]])('of a test that is there is fine: %s', (row, title) => {
    expect([row, title]).toHaveLength(2);
    expect(problemOf({ file, title: 'a name > of a test that is there is fine: %s', row })).toBeUndefined();
    expect(problemOf({ file, title: 'a name > of a test that is there is fine: %s' })).toBeUndefined();
  });

  test.each([
    ['file', { file: 'rules/renamed.test.ts', title: 'a name' }, 'test/rules/renamed.test.ts does not exist'],
    ['title', { file, title: 'a name > of a test that was renamed' }, "has no test 'a name > of a test that was renamed'"],
    ['block', { file, title: 'of a test that is there is fine: %s' }, 'has no test'],
    ['row', { file, title: 'a name > of a test that is there is fine: %s', row: 'a row that was renamed' }, "no row with 'a row that was renamed'"],
  ])('of another %s is told', (_, named, problem) => {
    expect(problemOf(named)).toContain(problem);
  });

  describe('of two tests with one title', () => {
    test.each([['this']])('in %s table', row => expect(row).toBe('this'));
    test.each([['that']])('in %s table', row => expect(row).toBe('that'));

    test('needs a row that one of them has', () => {
      const title = 'a name > of two tests with one title > in %s table';
      expect(problemOf({ file, title })).toContain('has 2 tests');
      expect(problemOf({ file, title, row: 'that' })).toBeUndefined();
    });
  });

  test('is shown with its row, and with an ellipsis for the rest', () => {
    const shown = (title: string, row?: string) => readable({ file, title, row });
    expect(shown('plain')).toBe('plain');
    expect(shown('of %s to %s', 'one')).toBe('of one to …');
    expect(shown('of %s to ${name}')).toBe('of … to …');
    expect(shown('block > of an example (%#)')).toBe('block › of an example');
    expect(shown('of two (%s, %s) and ${a}${b}')).toBe('of two and …');
    expect(shown('of a table', 'one')).toBe('of a table (one)');
  });
});
