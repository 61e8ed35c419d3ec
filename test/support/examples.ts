import { existsSync, readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import * as cdk from 'aws-cdk-lib';
import * as ts from 'typescript';

const ROOT = join(__dirname, '..', '..', 'examples');

/** The folders under examples/ that are CDK apps. */
export const EXAMPLES = readdirSync(ROOT).filter(name => existsSync(join(ROOT, name, 'cdk.json'))).sort();

/**
 * Builds the app of an example with the context of its cdk.json, as the CLI would, and with other context beside it.
 *
 * The file makes the app at its top level, as a user's does. So it is run afresh each time, with an App that is watched, and on the
 * same modules as the test: cdk-nag knows the resources of its own copy of the CDK only.
 */
export function buildExample(name: string, moreContext: Record<string, unknown> = {}): cdk.App {
  const { context } = JSON.parse(readFileSync(join(ROOT, name, 'cdk.json'), 'utf8'));
  const { outputText } = ts.transpileModule(readFileSync(join(ROOT, name, 'app.ts'), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
  const built: cdk.App[] = [];
  class WatchedApp extends cdk.App {
    constructor(props: cdk.AppProps = {}) {
      super({ ...props, context: { ...context, ...moreContext }, analyticsReporting: false });
      built.push(this);
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const load = (id: string) => id === 'aws-cdk-lib' ? { ...cdk, App: WatchedApp } : require(id);
  new Function('require', 'exports', '__dirname', outputText)(load, {}, join(ROOT, name));
  if (built.length !== 1) throw new Error(`examples/${name}/app.ts makes ${built.length} apps instead of one`);
  return built[0];
}
