import { readFileSync, readdirSync } from 'fs';
import { join, sep } from 'path';
import * as ts from 'typescript';

const SOURCES = join(__dirname, '..', '..', 'src');

/** What users can write, read from the sources: the compiled assembly may be missing, or be of yesterday. */
export const PROPS: string[] = [];

/** The static factories of the union-like classes, as `Class.method`. */
export const FACTORIES: string[] = [];

const docs = new Map<string, string>();

/** The docstring of a prop. */
export function docsOf(prop: string): string {
  return docs.get(prop) ?? '';
}

const files = sources(SOURCES).map(file => ({
  isPrivate: file.includes(join(sep, 'private', sep)),
  declarations: [...ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true).statements].filter(isExportedType),
}));

/** jsii adds the props of a private interface to those that extend it. */
const hidden = new Map(files.filter(({ isPrivate }) => isPrivate).flatMap(({ declarations }) => declarations).map(node => [node.name!.text, node]));

for (const node of files.filter(({ isPrivate }) => !isPrivate).flatMap(({ declarations }) => declarations)) {
  const extended = ts.isInterfaceDeclaration(node) ? (node.heritageClauses ?? []).flatMap(({ types }) => [...types]) : [];
  const bases = extended.map(({ expression }) => expression.getText());
  for (const member of [...bases.flatMap(base => [...hidden.get(base)?.members ?? []]), ...node.members]) {
    if (member.name === undefined || member.name.getText().startsWith('_')) continue;
    const name = `${node.name!.text}.${member.name.getText()}`;
    // An interface by the name of a behavior is implemented by a construct, not passed as props.
    if (ts.isPropertySignature(member) && !/^I[A-Z]/.test(node.name!.text)) {
      PROPS.push(name);
      docs.set(name, member.getFullText().slice(0, member.getLeadingTriviaWidth()));
    }
    // A class that extends another is a construct, whose factories are other ways to create it.
    if (ts.isMethodDeclaration(member) && has(member, ts.SyntaxKind.StaticKeyword) && !node.heritageClauses) FACTORIES.push(name);
  }
}

function isExportedType(node: ts.Statement): node is ts.InterfaceDeclaration | ts.ClassDeclaration {
  return (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) && has(node, ts.SyntaxKind.ExportKeyword);
}

function has(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(modifier => modifier.kind === kind);
}

/** Every source file. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}
