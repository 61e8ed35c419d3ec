import { existsSync, readFileSync, readdirSync } from 'fs';
import { dirname, join } from 'path';
import * as ts from 'typescript';

const SOURCES = join(__dirname, '../../../src');

/** The public API as the sources declare it, by the names of types as they are written there. */
export interface PublicApi {
  /** Fields of each struct, inherited ones included, with their types. */
  readonly structs: Map<string, Map<string, string>>;
  /** Values of each enum. */
  readonly enums: Map<string, string[]>;
  /** `Class()`, `Class.method` and getters, with the types of the parameters. */
  readonly callables: Map<string, string[]>;
}

export function publicApi(rooms: readonly string[]): PublicApi {
  const files = rooms.flatMap(room => exportedFiles(join(SOURCES, room, 'index.ts')));
  const declarations = files.flatMap(file => [...parse(file).statements]).filter(isExported);
  const interfaces = new Map(declarations.filter(ts.isInterfaceDeclaration).map(one => [one.name.text, one]));
  // jsii adds the fields of a private interface to those that extend it.
  const hidden = rooms.flatMap(privateFiles).flatMap(file => [...parse(file).statements]);
  const bases = new Map([...hidden.filter(ts.isInterfaceDeclaration).map(one => [one.name.text, one] as const), ...interfaces]);
  // And the members of a private class.
  const baseClasses = new Map(hidden.filter(ts.isClassDeclaration).map(one => [one.name!.text, one]));
  return {
    // An interface with an I is one of behavior, which a construct implements (jsii).
    structs: new Map([...interfaces].filter(([name]) => !/^I[A-Z]/.test(name)).map(([name, one]) => [name, fieldsOf(one, bases)])),
    enums: new Map(declarations.filter(ts.isEnumDeclaration).map(({ name, members }) => [
      name.text, members.map(({ initializer }) => (initializer as ts.StringLiteral).text),
    ])),
    callables: new Map(declarations.filter(ts.isClassDeclaration).flatMap(one => callablesOf(one.name!.text, one, baseClasses))),
  };
}

function exportedFiles(index: string): string[] {
  return parse(index).statements.filter(ts.isExportDeclaration).map(({ moduleSpecifier }) => join(dirname(index), `${(moduleSpecifier as ts.StringLiteral).text}.ts`));
}

function privateFiles(room: string): string[] {
  const folder = join(SOURCES, room, 'private');
  return existsSync(folder) ? readdirSync(folder).map(file => join(folder, file)) : [];
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf-8'), ts.ScriptTarget.ES2022, true);
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function fieldsOf(one: ts.InterfaceDeclaration, all: Map<string, ts.InterfaceDeclaration>): Map<string, string> {
  const parents = (one.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => all.get(expression.getText())));
  return new Map([
    ...parents.flatMap(parent => parent ? [...fieldsOf(parent, all)] : []),
    ...one.members.filter(ts.isPropertySignature).filter(({ name }) => !name.getText().startsWith('_')).map(({ name, type }) => [name.getText(), type!.getText()] as [string, string]),
  ]);
}

function callablesOf(type: string, one: ts.ClassDeclaration, bases: Map<string, ts.ClassDeclaration>): [string, string[]][] {
  const parents = (one.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => bases.get(expression.getText())));
  const inherited = parents.flatMap(parent => parent ? callablesOf(type, parent, bases) : []);
  const own = one.members.flatMap((member): [string, string[]][] => {
    const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []).map(({ kind }) => kind) : [];
    const callable = ts.isConstructorDeclaration(member) || ts.isMethodDeclaration(member) || ts.isGetAccessorDeclaration(member);
    const hidden = modifiers.some(kind => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword);
    if (!callable || hidden || member.name?.getText().startsWith('_')) return [];
    const name = ts.isConstructorDeclaration(member) ? `${type}()` : `${type}.${member.name.getText()}`;
    return [[name, member.parameters.map(({ type: parameter }) => parameter?.getText() ?? '')]];
  });
  // Those of the class itself last: they replace the inherited ones of the same name in a map.
  return [...inherited, ...own];
}
