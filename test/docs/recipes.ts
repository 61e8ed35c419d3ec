import * as cdk from 'aws-cdk-lib';
import * as ts from 'typescript';
import { Block, blocksOf, read } from './blocks';

/** What a complete block synthesizes. */
export interface Built { readonly app: cdk.App; readonly templates: Record<string, any>; readonly messages: string[] }

/** Runs a complete block on the modules of the test, and synthesizes the app that it creates. */
export function build(block: Block): Built {
  const { outputText } = ts.transpileModule(block.code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const apps: cdk.App[] = [];
  class WatchedApp extends cdk.App {
    constructor() {
      super({ analyticsReporting: false });
      apps.push(this);
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const load = (id: string) => id === 'aws-cdk-lib' ? { ...cdk, App: WatchedApp } : require(id);
  new Function('require', 'exports', outputText)(load, {});
  if (apps.length !== 1) throw new Error(`${block.where} creates ${apps.length} apps instead of one`);
  const { stacks } = apps[0].synth();
  return {
    app: apps[0],
    templates: Object.fromEntries(stacks.map(stack => [stack.stackName, stack.template])),
    messages: stacks.flatMap(stack => stack.messages.filter(message => message.level !== 'info').map(message => JSON.stringify(message.entry.data))),
  };
}

/** The blocks under a heading of the second level. */
export function recipeBlocks(title: string): Block[] {
  const document = read('docs/cookbook.md');
  const line = (index: number) => document.slice(0, index).split('\n').length;
  const start = document.indexOf(`\n## ${title}\n`);
  if (start < 0) throw new Error(`docs/cookbook.md has no recipe named ${title}`);
  const end = document.indexOf('\n## ', start + 1);
  const [from, to] = [line(start), end < 0 ? Infinity : line(end)];
  return blocksOf('docs/cookbook.md').filter(({ where }) => {
    const at = Number(where.split(':')[1]);
    return at > from && at <= to;
  });
}
