import { readFileSync, readdirSync } from 'fs';
import { join, relative } from 'path';
import { App, Annotations, Stack, Validations } from 'aws-cdk-lib';
import { version } from 'aws-cdk-lib/package.json';
import { Construct, IConstruct } from 'constructs';
import * as ts from 'typescript';
import { warn } from '../../src/private/warnings';
import { newStack, warningsOf } from '../support/template';
import { LISTED_WARNINGS } from '../support/warning-list';

const ROOT = join(__dirname, '..', '..');
const PREFIX = 'cdk-decouple:';

/** The files of the folders, and the files given themselves. */
function files(paths: string[], ending: string): string[] {
  return paths.flatMap(path => path.endsWith(ending)
    ? [path]
    : readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith(ending) && !/(^|\/)(node_modules|cdk\.out)\//.test(name)).map(name => join(path, name)));
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The ids that the sources emit: whole, or what follows the name of a construct that is only known when they run. */
const emitted = { whole: new Set<string>(), endings: new Set<string>(), unread: [] as string[] };

const sources = files(['src'], '.ts').map(path => ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true));

/** Which parameter of a function is the id of a warning, by the name of the function. */
const idParameters = new Map([['warn', 1]]);
sources.forEach(source => walk(source, node => {
  if (!ts.isFunctionDeclaration(node)) return;
  const index = node.parameters.findIndex(({ name }) => name.getText() === 'warningId');
  if (index >= 0) idParameters.set(node.name!.text, index);
}));
sources.forEach(source => walk(source, node => {
  if (ts.isCallExpression(node) && idParameters.has(node.expression.getText())) record(node.arguments[idParameters.get(node.expression.getText())!]);
  if ((ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && node.name.getText() === 'warningId' && node.initializer) record(node.initializer);
}));

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild(child => walk(child, visit));
}

function record(id: ts.Expression): void {
  if (ts.isStringLiteralLike(id)) emitted.whole.add(PREFIX + id.text);
  else if (ts.isTemplateExpression(id) && id.head.text === '' && id.templateSpans.length === 1) emitted.endings.add(id.templateSpans[0].literal.text);
  else if (id.getText() !== 'warningId') emitted.unread.push(`${relative(ROOT, id.getSourceFile().fileName)}: ${id.getText()}`);
}

describe('the ids of warnings', () => {
  test('that the sources emit can all be read', () => {
    expect(emitted.unread).toEqual([]);
    expect(emitted.whole.size).toBeGreaterThan(15);
    expect(emitted.endings.size).toBeGreaterThan(2);
  });

  test('are listed once each, in docs/warnings.md', () => {
    expect(LISTED_WARNINGS.filter((id, index) => LISTED_WARNINGS.indexOf(id) !== index)).toEqual([]);
    expect([...emitted.whole].filter(id => !LISTED_WARNINGS.includes(id))).toEqual([]);
    // Which constructs emit these shows when they do: test/support/setup.ts refuses one that is not listed.
    expect([...emitted.endings].filter(ending => !LISTED_WARNINGS.some(id => id.endsWith(ending)))).toEqual([]);
  });

  test('that are listed are emitted', () => {
    expect(LISTED_WARNINGS.filter(id => !emitted.whole.has(id) && ![...emitted.endings].some(ending => id.endsWith(ending)))).toEqual([]);
  });

  const texts = [
    ...files(['README.md', 'CONTRIBUTING.md', 'docs', 'decisions', 'src', 'examples'], '.md').map(path => [path, read(path)]),
    ...files(['src', 'examples'], '.ts').map(path => [path, read(path).match(/\/\*[^]*?\*\/|\/\/.*|acknowledge[^;]*/g)?.join('\n') ?? '']),
  ];

  test('are whole and listed wherever users read them', () => {
    const unprefixed = new RegExp(`(?<!${PREFIX})\\b(${LISTED_WARNINGS.map(id => id.slice(PREFIX.length).replace('.', '\\.')).join('|')})\\b`, 'g');
    const mentions = (pattern: RegExp) => texts.flatMap(([path, text]) => (text.match(pattern) ?? []).map(mention => `${path}: ${mention}`));
    expect(mentions(unprefixed)).toEqual([]);
    const whole = mentions(new RegExp(`\\b${PREFIX}[A-Z]\\w*\\.\\w+`, 'g'));
    expect(whole.length).toBeGreaterThan(LISTED_WARNINGS.length);
    expect(whole.filter(mention => !LISTED_WARNINGS.includes(mention.split(': ')[1]))).toEqual([]);
  });
});

describe('a warning is acknowledged', () => {
  const id = 'WorkQueue.importedKey';

  /** How many warnings remain of one that is acknowledged before or after it is given. */
  function remaining(acknowledge: (at: { app: App; stack: Stack; construct: Construct }) => void, when: 'before' | 'after'): number {
    const stack = newStack();
    const at = { app: stack.node.root as App, stack, construct: new Construct(stack, 'Orders') };
    if (when === 'before') acknowledge(at);
    warn(at.construct, id, 'mind this');
    if (when === 'after') acknowledge(at);
    return warningsOf(stack).length;
  }

  const byAnnotations = (scope: IConstruct, what = PREFIX + id) => Annotations.of(scope).acknowledgeWarning(what, 'is there');
  const byValidations = (scope: IConstruct, what = PREFIX + id) => Validations.of(scope).acknowledge({ id: what, reason: 'is there' });

  test('by its whole id, and not without the prefix', () => {
    expect(remaining(({ stack }) => byAnnotations(stack), 'after')).toBe(0);
    expect(remaining(({ stack }) => byAnnotations(stack, id), 'after')).toBe(1);
    expect(remaining(({ stack }) => byValidations(stack, id), 'after')).toBe(1);
  });

  test('after it on the construct and on every parent, before it on the stack and not on the app', () => {
    for (const on of ['construct', 'stack', 'app'] as const) expect(remaining(at => byAnnotations(at[on]), 'after')).toBe(0);
    expect(remaining(({ stack }) => byAnnotations(stack), 'before')).toBe(0);
    expect(remaining(({ app }) => byAnnotations(app), 'before')).toBe(1);
  });

  // The version docs/warnings.md names: what came before looks for another id than the one that was given.
  const left = Number(version.split('.')[1]) >= 270 ? 0 : 1;

  test(`by Validations ${left ? 'not yet' : 'as well'}`, () => {
    for (const on of ['construct', 'stack', 'app'] as const) expect(remaining(at => byValidations(at[on]), 'after')).toBe(left);
    expect(remaining(({ stack }) => byValidations(stack), 'before')).toBe(left);
    expect(remaining(({ app }) => byValidations(app), 'before')).toBe(1);
  });

  test('by Validations with the reason in the metadata', () => {
    const stack = newStack();
    byValidations(stack);
    expect(stack.node.metadata.map(({ data }) => Object.values(data as object))).toContainEqual(['is there']);
  });
});
