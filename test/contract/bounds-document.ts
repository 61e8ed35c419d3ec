import { readFileSync, readdirSync } from 'fs';
import { basename, join } from 'path';
import * as ts from 'typescript';
import { Bound } from '../../src/private/bounds';

const SRC = join(__dirname, '..', '..', 'src');

/** A table of bounds: `export const WORK_QUEUE = { … } satisfies BoundsOf<WorkQueueProps>`. */
export interface BoundsTable {
  /** The submodule. */
  readonly room: string;
  /** The props, as `satisfies BoundsOf<…>` names them, or the name of the constant. */
  readonly props: string;
  /** The docstring of the constant; empty where it has none. */
  readonly text: string;
  readonly bounds: Record<string, Bound<unknown>>;
}

/** The tables of all `src/<room>/private/<name>-bounds.ts`, by room and as they follow each other in their file. */
export function boundsTables(): BoundsTable[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).map(file => file.split('\\').join('/'));
  return files.filter(file => /^[^/]+\/private\/[^/]+-bounds\.ts$/.test(file)).sort().flatMap(file => tablesOf(
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    file.split('/')[0], file, readFileSync(join(SRC, file), 'utf8'), require(join(SRC, file)),
  ));
}

/** The tables of one file. A table of no props, and a bound by itself, have the name of their constant. */
export function tablesOf(room: string, file: string, source: string, exported: Record<string, unknown>): BoundsTable[] {
  const named = titles(file, source);
  return Object.entries(exported).filter(([, value]) => holdsBounds(value)).map(([name, value]) => {
    const words = name.toLowerCase().replace(/_/g, ' ');
    const bounds = value instanceof Bound ? { [words]: value } : value as Record<string, unknown>;
    return {
      room,
      props: named.get(name)?.props ?? `${words[0].toUpperCase()}${words.slice(1)}`,
      text: named.get(name)?.text ?? '',
      bounds: Object.fromEntries(Object.entries(bounds).filter((entry): entry is [string, Bound<unknown>] => entry[1] instanceof Bound)),
    };
  });
}

function holdsBounds(value: unknown): boolean {
  if (value instanceof Bound) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(one => one instanceof Bound);
}

/** What the tables of a file are of, and what is said of them, by the name of the constant. */
function titles(file: string, source: string): Map<string, { props?: string; text: string }> {
  const parsed = ts.createSourceFile(basename(file), source, ts.ScriptTarget.ES2022, true);
  const found = new Map<string, { props?: string; text: string }>();
  for (const statement of parsed.statements.filter(ts.isVariableStatement)) {
    const text = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join('\n');
    for (const { name, initializer } of statement.declarationList.declarations) {
      const type = initializer && ts.isSatisfiesExpression(initializer) ? initializer.type : undefined;
      const isTable = type && ts.isTypeReferenceNode(type) && type.typeName.getText() === 'BoundsOf';
      found.set(name.getText(), { props: isTable ? type.typeArguments?.[0].getText() : undefined, text });
    }
  }
  return found;
}

/** A prop whose docstring names a default of its own, which is the one in its table or is out of date. */
export interface DocumentedDefault {
  readonly prop: string;
  /** As the docstring has it: `Duration.days(4)`. */
  readonly documented: string;
  /** The bounds of the prop that have a default: several where what it is for decides. */
  readonly bounds: readonly Bound<unknown>[];
}

/** The literal `@default` of each prop that has a default in a table. */
export function documentedDefaults(tables: readonly BoundsTable[]): DocumentedDefault[] {
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
    .map(file => ts.createSourceFile(file, readFileSync(join(SRC, file), 'utf8'), ts.ScriptTarget.ES2022, true));
  const interfaces = sources.flatMap(({ statements }) => statements.filter(ts.isInterfaceDeclaration));
  return interfaces.flatMap(({ name: { text: props }, members }) => {
    const own = tables.filter(table => table.props.split(' & ').flatMap(name => withParents(name, interfaces)).includes(props));
    return members.flatMap(member => {
      const prop = member.name?.getText() ?? '';
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
      const documented = /^(?:\d+$|(?:Duration|Size)\.\w+\(\d+\)$)/.exec(ts.getTextOfJSDocComment(tag?.comment) ?? '')?.[0];
      const bounds = own.map(table => table.bounds[prop]).filter(bound => bound?.default !== undefined);
      return documented !== undefined && bounds.length > 0 ? [{ prop: `${props}.${prop}`, documented, bounds }] : [];
    });
  });
}

/** An interface and those that it extends, which declare a part of its props. */
function withParents(name: string, interfaces: readonly ts.InterfaceDeclaration[]): string[] {
  const parents = interfaces.filter(one => one.name.text === name).flatMap(({ heritageClauses = [] }) => [...heritageClauses])
    .flatMap(({ types }) => types.map(({ expression }) => expression.getText()));
  return [name, ...parents.flatMap(parent => withParents(parent, interfaces))];
}

/** docs/bounds.md. */
export function render(tables: BoundsTable[]): string {
  const count = tables.reduce((sum, { bounds }) => sum + Object.keys(bounds).length, 0);
  const rooms = [...new Set(tables.map(({ room }) => room))];
  return `${[
    '# Bounds',
    '',
    '<!-- Generated from the tables of bounds in src by `npm run docs:bounds`; the tests fail when it is not current. -->',
    '',
    `${count} props have bounds, which are inclusive. The library refuses a value outside them at synthesis, with an error that says what to do.`,
    'A value is a multiple of its step. The bounds of a string or list are its number of characters or items.',
    ...rooms.flatMap(room => ['', `## ${room}`, ...tables.filter(table => table.room === room).flatMap(section)]),
  ].join('\n')}\n`;
}

function section({ props, text, bounds }: BoundsTable): string[] {
  return [
    '',
    `### ${props}`,
    '',
    ...text === '' ? [] : [text.replace(/\s+/g, ' '), ''],
    '| prop | minimum | maximum | step | default | what to do |',
    '|---|---|---|---|---|---|',
    ...Object.entries(bounds).map(([prop, { texts, fix }]) =>
      `| ${[`\`${prop}\``, texts.min, texts.max ?? 'none', texts.step ?? 'any', texts.default ?? '', fix].map(cell).join(' | ')} |`),
  ];
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\|/g, '\\|');
}
