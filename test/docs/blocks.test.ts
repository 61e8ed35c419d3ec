import * as ts from 'typescript';
import { Block, DOCUMENTS, blocksOf, docstringExamples } from './blocks';

const BLOCKS = [...DOCUMENTS.flatMap(blocksOf), ...docstringExamples()];
const parse = ({ where, code }: Block) => ts.createSourceFile(`${where}.ts`, code, ts.ScriptTarget.Latest, true);

/** Every node of a block that is of a kind. */
function nodes<T extends ts.Node>(block: Block, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node) => {
    if (is(node)) found.push(node);
    node.forEachChild(visit);
  };
  visit(parse(block));
  return found;
}

/** What is wrong, with the place of the block. */
const problems = (check: (block: Block) => readonly string[]) => BLOCKS.flatMap(block => check(block).map(problem => `${block.where}: ${problem}`));

test('there are blocks, in documents and in docstrings', () => {
  expect(BLOCKS.length).toBeGreaterThan(50);
  expect(docstringExamples().length).toBeGreaterThan(4);
});

// That it imports and declares everything it uses is compiled: rosetta/default.ts-fixture has nothing but the stack, and a complete block not even that.
test('each begins with its imports', () => {
  expect(problems(block => ts.isImportDeclaration(parse(block).statements[0]) ? [] : [parse(block).statements[0].getText()])).toEqual([]);
});

describe('for the translation to Java and Go', () => {
  test('a module is imported as a whole, and ours under its name', () => {
    const whole = /^import \* as (\w+) from '(?:aws-cdk-lib(?:\/aws-[a-z0-9-]+)?|constructs|cdk-decouple\/(\w+))';$/;
    expect(problems(block => nodes(block, ts.isImportDeclaration).map(node => node.getText()).filter(text => {
      const [, name, room] = whole.exec(text) ?? [];
      return !name || (room && name !== room);
    }))).toEqual([]);
  });

  test('no variable has the name of a module', () => {
    const modules = new Set(BLOCKS.flatMap(block => nodes(block, ts.isNamespaceImport).map(node => node.name.text)));
    expect(modules).toContain('queues');
    const named = (block: Block) => nodes(block, ts.isVariableDeclaration).map(node => node.name.getText());
    expect(problems(block => named(block).filter(name => modules.has(name)))).toEqual([]);
  });

  test('there is no template literal, and no property without a value', () => {
    const without = (block: Block) => [...nodes(block, ts.isTemplateExpression), ...nodes(block, ts.isShorthandPropertyAssignment)];
    expect(problems(block => without(block).map(node => node.getText()))).toEqual([]);
  });
});
