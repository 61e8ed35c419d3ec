import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';
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

for (const file of sources(SOURCES)) {
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true).forEachChild(node => {
    if (!(ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) || !has(node, ts.SyntaxKind.ExportKeyword)) return;
    for (const member of node.members) {
      if (member.name === undefined || member.name.getText().startsWith('_')) continue;
      const name = `${node.name!.text}.${member.name.getText()}`;
      if (ts.isPropertySignature(member)) {
        PROPS.push(name);
        docs.set(name, member.getFullText().slice(0, member.getLeadingTriviaWidth()));
      }
      // A class that extends another is a construct, whose factories are other ways to create it.
      if (ts.isMethodDeclaration(member) && has(member, ts.SyntaxKind.StaticKeyword) && !node.heritageClauses) FACTORIES.push(name);
    }
  });
}

function has(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(modifier => modifier.kind === kind);
}

/** Every public source file: what is in a folder named `private` stays out of the assembly. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'private' ? [] : sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}
