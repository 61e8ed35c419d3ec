import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import * as ts from 'typescript';

const TESTS = join(__dirname, '..');

/** A test by its file and its full title, as they are in the sources. */
export interface NamedTest {
  /** Below `test/`. */
  readonly file: string;
  /** The titles of its `describe` blocks and its own, with ` > ` between them. Placeholders such as `%s` and `${name}` stay as they are. */
  readonly title: string;
  /** A string of the row that counts, for a test that runs for each row of a table. */
  readonly row?: string;
}

/** Names tests of a file. */
export function inFile(file: string): (title: string, row?: string) => NamedTest {
  return (title, row) => ({ file, title, row });
}

/** A test that the sources have. */
interface FoundTest {
  readonly title: string;
  /** The strings in the tables that it, or one of its `describe` blocks, runs for. */
  readonly rows: ReadonlySet<string>;
}

/** What jest, or a template literal, replaces in a title. */
const PLACEHOLDER = /%[sdipjo#]|\$\{[^}]*\}/;

const SUITE = 'describe';
const TEST = ['test', 'it'];
/** A test that does not run holds nothing. */
const NOT_RUN = ['skip', 'todo', 'failing'];

const known = new Map<string, FoundTest[]>();

/** The tests of a file, without those that are skipped. */
export function testsIn(file: string): FoundTest[] {
  const found = known.get(file) ?? testsOf(readFileSync(join(TESTS, file), 'utf8'));
  known.set(file, found);
  return found;
}

/** The tests of a source, without those that are skipped. */
export function testsOf(code: string): FoundTest[] {
  const source = ts.createSourceFile('tests.ts', code, ts.ScriptTarget.Latest, true);
  const constants = constantsOf(source);
  const found: FoundTest[] = [];

  function visit(node: ts.Node, titles: string[], tables: ts.Expression[]): void {
    const block = ts.isCallExpression(node) ? blockOf(node) : undefined;
    if (block?.runs === false) return;
    if (block?.isTest) {
      const strings = [...tables, ...block.tables].flatMap(table => stringsIn(table, constants));
      found.push({ title: [...titles, block.title].join(' > '), rows: new Set(strings) });
      return;
    }
    const inner = block ? [...tables, ...block.tables] : ts.isForOfStatement(node) ? [...tables, node.expression] : tables;
    ts.forEachChild(node, child => visit(child, block ? [...titles, block.title] : titles, inner));
  }

  visit(source, [], []);
  return found;
}

/** A call of `describe`, `test` or `it`. */
interface Block {
  readonly isTest: boolean;
  readonly title: string;
  readonly tables: ts.Expression[];
  readonly runs: boolean;
}

function blockOf({ expression, arguments: [title] }: ts.CallExpression): Block | undefined {
  // `test.each(table)('title', …)` calls what `test.each(table)` returns.
  const isEach = ts.isCallExpression(expression);
  const names = namesIn(isEach ? expression.expression : expression);
  const [first, ...others] = names;
  if (first !== SUITE && !TEST.includes(first)) return undefined;
  if ((others.includes('each') && !isEach) || title === undefined) return undefined;
  return {
    isTest: first !== SUITE,
    title: titleOf(title),
    tables: isEach ? [...expression.arguments] : [],
    runs: !others.some(name => NOT_RUN.includes(name)),
  };
}

/** `test`, `each` of `test.each`; nothing of another expression. */
function namesIn(expression: ts.Expression): string[] {
  if (ts.isIdentifier(expression)) return [expression.text];
  return ts.isPropertyAccessExpression(expression) ? [...namesIn(expression.expression), expression.name.text] : [''];
}

function titleOf(title: ts.Expression): string {
  if (ts.isStringLiteralLike(title)) return title.text;
  return ts.isTemplateExpression(title) ? title.getText().slice(1, -1) : title.getText();
}

/** The constants of a file, wherever they are declared, by their names. */
function constantsOf(source: ts.SourceFile): Map<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) constants.set(node.name.text, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return constants;
}

/** The strings in the expression of a table, and in the constants that it names. */
function stringsIn(table: ts.Expression, constants: Map<string, ts.Expression>): string[] {
  const seen = new Set<ts.Node>();
  const strings: string[] = [];
  const visit = (node: ts.Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    // The name of a property is a string of a table, too: `Object.entries({ … })`.
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) strings.push(node.name.text);
    const constant = ts.isIdentifier(node) ? constants.get(node.text) : undefined;
    if (constant) visit(constant);
    ts.forEachChild(node, visit);
  };
  visit(table);
  return strings;
}

/** Why a test with this name cannot hold anything; undefined if it is there. */
export function problemOf({ file, title, row }: NamedTest): string | undefined {
  if (!existsSync(join(TESTS, file))) return `test/${file} does not exist`;
  const found = testsIn(file).filter(test => test.title === title);
  if (found.length === 0) return `test/${file} has no test '${title}'`;
  const named = row === undefined ? found : found.filter(({ rows }) => rows.has(row));
  if (named.length === 0) return `test/${file}: the table of '${title}' has no row with '${row}'`;
  return named.length === 1 ? undefined : `test/${file} has ${named.length} tests '${title}'; rename one, or name a row`;
}

/** The title for readers: with the row in place of its first placeholder, and an ellipsis in place of the others. */
export function readable({ title, row }: NamedTest): string {
  const filled = row === undefined ? title : title.replace(PLACEHOLDER, () => row);
  const shown = filled.replace(new RegExp(PLACEHOLDER, 'g'), '…').replace(/ \([…, ]+\)/g, '').replace(/…+/g, '…').replace(/ > /g, ' › ');
  return row === undefined || filled !== title ? shown : `${shown} (${row})`;
}
